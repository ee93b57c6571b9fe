//! Names of Kafka's settings that ackscope does not model: they are refused by name, and not taken for
//! misspellings. Those with more to say stand in the table of keys with a reason.

/// Whatever begins like this, of brokers and clients.
pub(super) const PREFIXES: &str = "ssl. sasl. security. remote.log. metrics. listener.";

/// Of a producer (`ProducerConfig`).
pub(super) const PRODUCER: &str = "
bootstrap.servers bootstrap.controllers client.id client.dns.lookup client.rack key.serializer
value.serializer interceptor.classes metric.reporters enable.metrics.push send.buffer.bytes
receive.buffer.bytes metadata.max.idle.ms metadata.recovery.rebootstrap.trigger.ms
partitioner.adaptive.partitioning.enable partitioner.availability.timeout.ms partitioner.ignore.keys
compression.gzip.level compression.lz4.level compression.zstd.level config.providers";

/// Of a consumer (`ConsumerConfig`).
pub(super) const CONSUMER: &str = "
bootstrap.servers client.id client.dns.lookup client.rack key.deserializer value.deserializer
interceptor.classes metric.reporters enable.metrics.push send.buffer.bytes receive.buffer.bytes
connections.max.idle.ms metadata.recovery.rebootstrap.trigger.ms check.crcs
exclude.internal.topics allow.auto.create.topics group.remote.assignor share.acknowledgement.mode
share.acquire.mode config.providers";

/// Of a topic (`TopicConfig`).
pub(super) const TOPIC: &str = "
segment.index.bytes segment.jitter.ms index.interval.bytes file.delete.delay.ms delete.retention.ms
min.compaction.lag.ms max.compaction.lag.ms min.cleanable.dirty.ratio preallocate message.timestamp.type
message.timestamp.before.max.ms message.timestamp.after.max.ms message.downconversion.enable
message.format.version leader.replication.throttled.replicas follower.replication.throttled.replicas
remote.storage.enable remote.log.copy.disable remote.log.delete.on.disable local.retention.ms
local.retention.bytes compression.gzip.level compression.lz4.level compression.zstd.level internal.segment.bytes";

/// Of a broker or a controller (`KafkaConfig` and the classes that it is made of).
pub(super) const BROKER: &str = "
add.partitions.to.txn.retry.backoff.max.ms add.partitions.to.txn.retry.backoff.ms advertised.listeners
alter.config.policy.class.name alter.log.dirs.replication.quota.window.num
alter.log.dirs.replication.quota.window.size.seconds authorizer.class.name background.threads broker.id
broker.rack client.quota.callback.class compression.gzip.level compression.lz4.level compression.type
compression.zstd.level connection.failed.authentication.delay.ms connections.max.idle.ms
connections.max.reauth.ms controller.listener.names controller.performance.always.log.threshold.ms
controller.performance.sample.period.ms controller.quota.window.num controller.quota.window.size.seconds
controller.quorum.append.max.linger.ms controller.quorum.auto.join.enable
controller.quorum.bootstrap.servers controller.quorum.retry.backoff.ms controller.quorum.voters
create.topic.policy.class.name delegation.token.expiry.check.interval.ms delegation.token.expiry.time.ms
delegation.token.max.lifetime.ms delegation.token.secret.key delete.records.purgatory.purge.interval.requests
delete.topic.enable early.start.listeners fetch.max.bytes fetch.purgatory.purge.interval.requests
follower.fetch.last.tiered.offset.enable group.consumer.assignors group.consumer.max.heartbeat.interval.ms
group.consumer.max.session.timeout.ms group.consumer.max.size group.consumer.migration.policy
group.consumer.min.heartbeat.interval.ms group.consumer.min.session.timeout.ms
group.consumer.regex.refresh.interval.ms group.coordinator.rebalance.protocols group.coordinator.threads
group.max.size group.share.assignors group.share.delivery.count.limit group.share.enable
group.share.heartbeat.interval.ms group.share.max.size group.share.session.timeout.ms group.version
inter.broker.listener.name inter.broker.protocol.version
kafka.metrics.polling.interval.secs kafka.metrics.reporters kraft.version listeners
log.cleaner.backoff.ms log.cleaner.dedupe.buffer.size log.cleaner.delete.retention.ms log.cleaner.enable
log.cleaner.io.buffer.load.factor log.cleaner.io.buffer.size log.cleaner.io.max.bytes.per.second
log.cleaner.max.compaction.lag.ms log.cleaner.min.cleanable.ratio log.cleaner.min.compaction.lag.ms
log.cleaner.threads log.cleanup.policy log.dir log.dirs log.flush.start.offset.checkpoint.interval.ms
log.index.interval.bytes log.index.size.max.bytes log.local.retention.bytes
log.local.retention.ms log.message.timestamp.before.max.ms log.message.timestamp.type log.preallocate
log.roll.jitter.hours log.roll.jitter.ms
log.segment.delete.delay.ms max.connection.creation.rate max.connections max.connections.per.ip
max.connections.per.ip.overrides max.incremental.fetch.session.cache.slots max.request.partition.size.limit
metadata.log.dir metadata.log.max.record.bytes.between.snapshots metadata.log.max.snapshot.interval.ms
metadata.log.segment.bytes metadata.log.segment.ms metadata.max.retention.bytes metadata.max.retention.ms
metadata.version metric.reporters node.id num.io.threads num.network.threads
num.replica.alter.log.dirs.threads offset.metadata.max.bytes offsets.load.buffer.size
offsets.topic.compression.codec offsets.topic.segment.bytes
principal.builder.class process.roles producer.purgatory.purge.interval.requests queued.max.request.bytes
queued.max.requests quota.window.num quota.window.size.seconds replica.fetch.response.max.bytes
replica.selector.class replica.socket.receive.buffer.bytes replication.quota.window.num
replication.quota.window.size.seconds server.max.startup.time.ms share.version
socket.connection.setup.timeout.max.ms socket.connection.setup.timeout.ms socket.listen.backlog.size
socket.receive.buffer.bytes socket.request.max.bytes socket.send.buffer.bytes streams.version
telemetry.max.bytes transaction.remove.expired.transaction.cleanup.interval.ms
transaction.state.log.load.buffer.size transaction.state.log.segment.bytes
unstable.api.versions.enable unstable.feature.versions.enable";

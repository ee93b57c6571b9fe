//! The rows of the table of keys.

use super::keys::{Default, Key, Kind};

/// Kafka's INT.
const INT: i64 = i32::MAX as i64;
/// Kafka's LONG.
const LONG: i64 = i64::MAX;

const NO_TRANSACTIONS: &str = "transactions are not modelled yet";
const NO_CONSUMER_PROTOCOL: &str = "only the classic group protocol is modelled";
const SAID_BY_COMMIT: &str = "ackscope says it by `commit` (\"auto\" switches automatic commits on)";

/// Above the first section.
pub(super) const ROOT: &[Key] = &[
    Key::free("format", "must be given", 1, 1, "version of the file format"),
    Key::open("title", Kind::Text, "must be given", "what the run shows, in one line"),
    Key::open("about", Kind::Text, "none", "what to know about it"),
    Key::int("seed", 1, 0, (1 << 53) - 1, "source of every latency and jitter"),
];

/// `stop = { … }`
pub(super) const STOP: &[Key] =
    &[Key::int("after_ms", 60_000, 1, 86_400_000, "latest end of the run, in virtual time")];

/// `[cluster]`
pub(super) const CLUSTER: &[Key] = &[
    Key::int("brokers", 3, 1, 5, "number of brokers: broker-1 and so on"),
    Key::int("broker_start_ms", 2300, 0, 600_000, "from the start of a broker's process to its registration"),
    Key::int("client_start_ms", 1000, 0, 600_000, "from the start of a client's process to its first step"),
    Key::int(
        "broker.session.timeout.ms",
        9000,
        1,
        INT,
        "the controller fences a broker that it has not heard from for so long",
    ),
    Key::int(
        "broker.heartbeat.interval.ms",
        2000,
        1,
        INT,
        "between two heartbeats of a broker to the controller",
    ),
    Key::int(
        "replica.lag.time.max.ms",
        30_000,
        1,
        LONG,
        "a follower that has not caught up for so long leaves the ISR",
    ),
    Key::int("replica.fetch.wait.max.ms", 500, 0, INT, "how long a follower's fetch waits for data"),
    Key::int("replica.fetch.min.bytes", 1, 0, INT, "bytes that a follower's fetch waits for"),
    Key::int(
        "replica.fetch.max.bytes",
        1_048_576,
        0,
        INT,
        "bytes of one partition in an answer to a follower",
    ),
    Key::int("replica.fetch.backoff.ms", 1000, 0, INT, "how long a follower rests after an error"),
    Key::int("replica.socket.timeout.ms", 30_000, 1, INT, "how long a follower waits for a connection"),
    Key::int(
        "replica.high.watermark.checkpoint.interval.ms",
        5000,
        1,
        LONG,
        "between two writes of the high watermarks to disk",
    ),
    Key::int("request.timeout.ms", 30_000, 1, INT, "how long a broker waits for another one's answer"),
    Key::int(
        "controller.socket.timeout.ms",
        30_000,
        1,
        INT,
        "how long a broker waits for the controller's answer",
    ),
    Key::int("eligible.leader.replicas.version", 1, 0, 1, "1: eligible leader replicas are kept (KIP-966)")
        .dangerous(&["0"]),
    Key::choice(
        "truncation",
        "epoch",
        &["high-watermark", "epoch-101", "epoch-279", "epoch"],
        "by what a follower cuts its log: \"high-watermark\" up to 0.10.2, \"epoch-101\" from 0.11 (KIP-101), \
         \"epoch-279\" in 2.0 (KIP-279), \"epoch\" today (KIP-320, KIP-595)",
    )
    .dangerous(&["high-watermark", "epoch-101", "epoch-279"]),
    Key::bool(
        "hw_requires_min_isr",
        true,
        "the high watermark stands still below min.insync.replicas; false is the rule up to 3.6",
    )
    .dangerous(&["false"]),
    Key::bool(
        "min_isr_clamped_to_rf",
        true,
        "min.insync.replicas asks for no more than there are replicas; false is the rule up to 3.6",
    ),
    Key::bool("auto.leader.rebalance.enable", true, "leadership goes back to the preferred replica"),
    Key::int(
        "leader.imbalance.check.interval.seconds",
        300,
        1,
        LONG,
        "between two looks for misplaced leaders",
    ),
    Key::int(
        "leader.imbalance.per.broker.percentage",
        10,
        0,
        INT,
        "no effect: only the controller of the time of ZooKeeper read it",
    ),
    Key::bool("controlled.shutdown.enable", true, "a broker that is stopped hands over its leadership first"),
    Key::int("log.flush.scheduler.interval.ms", LONG, 1, LONG, "between two looks for logs to be flushed"),
    Key::int("log.flush.interval.messages", LONG, 1, LONG, "messages after which a log is flushed to disk"),
    Key::free(
        "log.flush.interval.ms",
        "log.flush.scheduler.interval.ms",
        0,
        LONG,
        "age at which a log is flushed to disk",
    ),
    Key::int(
        "log.retention.check.interval.ms",
        300_000,
        1,
        LONG,
        "between two looks for segments that are old enough to be deleted",
    ),
    Key::int("log.initial.task.delay.ms", 30_000, 0, LONG, "before the first of these looks"),
    Key::int("min.insync.replicas", 1, 1, INT, "size that the ISR needs for a write with acks=all"),
    Key::bool(
        "unclean.leader.election.enable",
        false,
        "a replica out of the ISR may lead when nobody else can",
    )
    .dangerous(&["true"]),
    Key::int("message.max.bytes", 1_048_588, 0, INT, "largest batch that a broker takes"),
    Key::free(
        "offsets.topic.replication.factor",
        "min(3, brokers)",
        1,
        5,
        "copies of the committed offsets (Kafka's default is 3)",
    )
    .dangerous(&["1"]),
    Key::int(
        "offsets.topic.num.partitions",
        1,
        1,
        1,
        "partitions of the committed offsets (Kafka's default is 50)",
    )
    .limit("ackscope models one partition of __consumer_offsets"),
    Key::int(
        "offsets.retention.minutes",
        10_080,
        1,
        INT,
        "offsets of a group that has had no member for so long are forgotten",
    ),
    Key::int(
        "offsets.retention.check.interval.ms",
        600_000,
        1,
        LONG,
        "between two looks for offsets that are old enough to be forgotten",
    ),
    Key::int("offset.commit.timeout.ms", 5000, 1, INT, "how long a commit waits for the copies"),
    Key::int(
        "group.initial.rebalance.delay.ms",
        3000,
        0,
        INT,
        "how long an empty group waits for more members",
    ),
    Key::int(
        "group.min.session.timeout.ms",
        6000,
        1,
        INT,
        "least session.timeout.ms that a consumer may have",
    ),
    Key::int(
        "group.max.session.timeout.ms",
        1_800_000,
        1,
        INT,
        "most session.timeout.ms that a consumer may have",
    ),
    Key::int(
        "producer.id.expiration.ms",
        86_400_000,
        1,
        INT,
        "a broker forgets a producer whose last record is so old, and then takes any sequence of it",
    ),
    Key::int(
        "producer.id.expiration.check.interval.ms",
        600_000,
        1,
        INT,
        "between two looks for producers to be forgotten",
    ),
    Key::int("num.replica.fetchers", 1, 1, 1, "fetchers of a follower per leader")
        .limit("ackscope models one"),
    Key::int("transaction.version", 2, 2, 2, "feature level of transactions").limit(NO_TRANSACTIONS),
    Key::refuse("default.replication.factor", "the topic's own `replication.factor` says it"),
    Key::refuse("num.partitions", "the topic's own `partitions` says it"),
    Key::refuse("auto.create.topics.enable", "the topic is there before the first producer starts"),
    Key::refuse(
        "unclean.leader.election.interval.ms",
        "an unclean election takes place at once where it is allowed",
    ),
    Key::refuse(
        "log.flush.offset.checkpoint.interval.ms",
        "recovery is modelled by what was flushed, not by checkpoints",
    ),
    Key::refuse(
        "num.recovery.threads.per.data.dir",
        "the time that recovery takes is part of `broker_start_ms`",
    ),
    Key::refuse("log.segment.bytes", "segments end by age only"),
    Key::refuse("log.retention.ms", "the topic's own `retention.ms` says it"),
    Key::refuse("log.retention.minutes", "the topic's own `retention.ms` says it"),
    Key::refuse("log.retention.hours", "the topic's own `retention.ms` says it"),
    Key::refuse("log.retention.bytes", "logs are deleted by age only"),
    Key::refuse("log.roll.ms", "the topic's own `segment.ms` says it"),
    Key::refuse("log.roll.hours", "the topic's own `segment.ms` says it"),
    Key::refuse("log.message.timestamp.after.max.ms", "timestamps are not modelled"),
    Key::refuse("initial.broker.registration.timeout.ms", "a broker registers until it succeeds"),
    Key::refuse("controller.quorum.election.timeout.ms", "one controller is modelled, without a quorum"),
    Key::refuse("controller.quorum.fetch.timeout.ms", "one controller is modelled, without a quorum"),
    Key::refuse("controller.quorum.request.timeout.ms", "one controller is modelled, without a quorum"),
    Key::refuse("controller.quorum.election.backoff.max.ms", "one controller is modelled, without a quorum"),
    Key::refuse("controller.quorum.append.linger.ms", "one controller is modelled, without a quorum"),
    Key::refuse("metadata.max.idle.interval.ms", "the metadata log is modelled without no-op records"),
    Key::refuse("transaction.state.log.replication.factor", NO_TRANSACTIONS),
    Key::refuse("transaction.state.log.min.isr", NO_TRANSACTIONS),
    Key::refuse("transaction.state.log.num.partitions", NO_TRANSACTIONS),
    Key::refuse("transaction.max.timeout.ms", NO_TRANSACTIONS),
    Key::refuse("transaction.abort.timed.out.transaction.cleanup.interval.ms", NO_TRANSACTIONS),
    Key::refuse("transaction.partition.verification.enable", NO_TRANSACTIONS),
    Key::refuse("transactional.id.expiration.ms", NO_TRANSACTIONS),
    Key::refuse("group.consumer.session.timeout.ms", NO_CONSUMER_PROTOCOL),
    Key::refuse("group.consumer.heartbeat.interval.ms", NO_CONSUMER_PROTOCOL),
    Key::refuse("group.coordinator.append.linger.ms", "the coordinator appends each commit by itself"),
    Key::refuse("log.dir.failure.timeout.ms", "a broker has one log directory, and stops when it fails"),
];

/// `[topic]`
pub(super) const TOPIC: &[Key] = &[
    Key::int("partitions", 1, 1, 3, "number of partitions of the topic `events`"),
    Key::free(
        "replication.factor",
        "min(3, brokers)",
        1,
        INT,
        "copies of each partition, the leader's counted",
    )
    .dangerous(&["1"]),
    Key::free(
        "min.insync.replicas",
        "the cluster's",
        1,
        INT,
        "size that the ISR needs for a write with acks=all",
    )
    .dangerous(&["1"]),
    Key::open(
        "unclean.leader.election.enable",
        Kind::Bool,
        "the cluster's",
        "a replica out of the ISR may lead when nobody else can",
    )
    .dangerous(&["true"]),
    Key::free(
        "max.message.bytes",
        "the cluster's message.max.bytes",
        0,
        INT,
        "largest batch that the topic takes",
    ),
    Key::free(
        "flush.messages",
        "the cluster's log.flush.interval.messages",
        1,
        LONG,
        "messages after which a log is flushed to disk",
    ),
    Key::free(
        "flush.ms",
        "the cluster's log.flush.interval.ms",
        0,
        LONG,
        "age at which a log is flushed to disk",
    ),
    Key::choice("cleanup.policy", "delete", &["delete"], "what becomes of old records")
        .limit("compaction is not modelled"),
    Key::choice("compression.type", "producer", &["producer", "uncompressed"], "how batches are stored")
        .limit("compression is not modelled"),
    Key::int(
        "retention.ms",
        604_800_000,
        -1,
        LONG,
        "age at which a segment is deleted, read or not; -1: never",
    )
    .dangerous(&["0"]),
    Key::int(
        "segment.ms",
        604_800_000,
        1,
        LONG,
        "age at which a new segment is begun; only whole ones are deleted",
    ),
    Key::refuse("retention.bytes", "logs are deleted by age only"),
    Key::refuse("segment.bytes", "segments end by age only"),
];

/// `[producer]`
pub(super) const PRODUCER: &[Key] = &[
    Key::int("count", 1, 1, 3, "number of producers, all alike"),
    Key::int("records", 20, 0, 1_000_000, "records that each of them sends"),
    Key::int("every_ms", 100, 0, 86_400_000, "between the starts of two send() calls; 0 = all at once"),
    Key::choice("wait", "none", &["none", "each"], "each: the next send() only after the last one completed"),
    Key::int("resend", 0, 0, 1000, "how often the application sends a record again that failed"),
    Key::choice(
        "on_restart",
        "unacked",
        &["unacked", "replay"],
        "where a restarted producer begins: its first record without an ack, or its first",
    ),
    Key::choice("acks", "all", &["all", "-1", "1", "0"], "what a produce request waits for")
        .dangerous(&["0", "1"]),
    Key::bool("enable.idempotence", true, "the broker drops what it has already stored of this producer")
        .dangerous(&["false"]),
    Key::int("retries", INT, 0, INT, "how often the client sends a batch again by itself"),
    Key::int("retry.backoff.ms", 100, 0, LONG, "how long the client rests before it sends again"),
    Key::int("retry.backoff.max.ms", 1000, 0, LONG, "most that this rest grows to"),
    Key::int("reconnect.backoff.ms", 50, 0, LONG, "how long the client rests before it connects again"),
    Key::int("reconnect.backoff.max.ms", 1000, 0, LONG, "most that this rest grows to"),
    Key::int("request.timeout.ms", 30_000, 0, INT, "how long the client waits for an answer"),
    Key::int(
        "delivery.timeout.ms",
        120_000,
        0,
        INT,
        "how long after send() has returned the client gives a record up",
    ),
    Key::int("max.block.ms", 60_000, 0, LONG, "how long send() waits for metadata or memory"),
    Key::int("linger.ms", 5, 0, LONG, "how long a batch waits for more records"),
    Key::int("batch.size", 16_384, 0, INT, "bytes at which a batch is full; 1 means one for each record"),
    Key::int("buffer.memory", 33_554_432, 0, LONG, "bytes of records that may wait to be sent"),
    Key::int("max.request.size", 1_048_576, 0, INT, "largest record and request that the client sends"),
    Key::int(
        "max.in.flight.requests.per.connection",
        5,
        1,
        INT,
        "requests to one broker that may wait for an answer",
    ),
    Key::int("metadata.max.age.ms", 300_000, 0, LONG, "age at which the client asks anew who leads"),
    Key::int(
        "socket.connection.setup.timeout.ms",
        10_000,
        0,
        LONG,
        "how long the client waits for a connection",
    ),
    Key::int("socket.connection.setup.timeout.max.ms", 30_000, 0, LONG, "most that this grows to"),
    Key::choice(
        "metadata.recovery.strategy",
        "rebootstrap",
        &["rebootstrap", "none"],
        "whether a client that reaches none of the brokers it knows begins again with bootstrap.servers",
    ),
    Key::choice("compression.type", "none", &["none"], "how batches are compressed")
        .limit("compression is not modelled"),
    Key::choice(
        "partitioner.class",
        "null",
        &["null"],
        "what decides on a record's partition (Kafka's default: its key)",
    )
    .limit("a partitioner of your own is not modelled"),
    Key::refuse("transactional.id", NO_TRANSACTIONS),
    Key::refuse("transaction.timeout.ms", NO_TRANSACTIONS),
    Key::refuse("transaction.two.phase.commit.enable", NO_TRANSACTIONS),
    Key::refuse("connections.max.idle.ms", "idle connections stay open"),
];

/// Kafka's assignors that are modelled.
pub(super) const ASSIGNORS: [&str; 2] = [
    "org.apache.kafka.clients.consumer.RangeAssignor",
    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
];

/// `[consumer]`
pub(super) const CONSUMER: &[Key] = &[
    Key::int("members", 1, 1, 3, "number of consumers, all in one group"),
    Key::choice(
        "start",
        "at-once",
        &["at-once", "after-producers"],
        "whether all have their partitions before the first send(), or start after the last",
    ),
    Key::open(
        "members_start_ms",
        Kind::Ints(86_400_000),
        "none",
        "when each member starts, counted from the producers' start",
    ),
    Key::choice(
        "commit",
        "after-processing",
        &["after-processing", "before-processing", "async", "auto", "in-database"],
        "when offsets are committed",
    )
    .dangerous(&["before-processing"]),
    Key::int(
        "workers",
        0,
        0,
        8,
        "threads that records are handed to; commits follow that, whatever becomes of the record. 0: none",
    )
    .dangerous(&["1", "2", "3", "4", "5", "6", "7", "8"]),
    Key::int("commit_every", 1, 1, 1_000_000, "commit at each n-th record handed out"),
    Key::choice(
        "effect",
        "plain",
        &[
            "plain",
            "dedup-table",
            "note-first",
            "transaction",
            "version-check",
            "version-reread",
            "sequence-check",
            "external-call",
        ],
        "what guards the effect of a record; transaction: the database's, not Kafka's; external-call: the effect is a call to a service",
    ),
    Key::bool(
        "idempotency_key",
        false,
        "external-call: an id comes with the call, and the service ignores a second one",
    ),
    Key::int("process_ms", 0, 0, 86_400_000, "time spent on a record before it is checked or applied"),
    Key::choice(
        "dedup_by",
        "event",
        &["event", "offset"],
        "the id that is looked up and noted (sequence-check: compared): the event's own, or partition and offset",
    )
    .dangerous(&["offset"]),
    Key::choice(
        "dedup_in",
        "database",
        &["database", "memory"],
        "where ids are noted; what is in memory goes with its process",
    )
    .dangerous(&["memory"]),
    Key::free("remember_ms", "for ever", 1, 86_400_000, "how long a noted id is kept"),
    Key::open("fails", Kind::Records, "none", "records whose processing fails each time"),
    Key::choice(
        "on_failure",
        "retry",
        &["retry", "skip", "dead-letter"],
        "what becomes of a record that cannot be processed",
    )
    .dangerous(&["skip"]),
    Key::bool(
        "offset_check",
        false,
        "in-database: overwrite the stored offset only if it is the expected one",
    ),
    Key::bool(
        "fencing",
        false,
        "the generation in which a partition was assigned comes with each statement, and an older one is refused",
    ),
    Key::choice(
        "auto.offset.reset",
        "latest",
        &["earliest", "latest", "none"],
        "where to begin without a valid offset: none is committed any more, or it is out of range",
    )
    .limit("a reset by duration is not modelled"),
    Key::int("auto.commit.interval.ms", 5000, 0, INT, "between two automatic commits"),
    Key::int("max.poll.records", 500, 1, INT, "records that one poll() returns at most"),
    Key::int(
        "max.poll.interval.ms",
        300_000,
        1,
        INT,
        "a member that has not polled for so long leaves the group",
    ),
    Key::int(
        "session.timeout.ms",
        45_000,
        0,
        INT,
        "a member that has not been heard of for so long is removed",
    ),
    Key::int("heartbeat.interval.ms", 3000, 0, INT, "between two heartbeats to the group's coordinator"),
    Key::int("fetch.min.bytes", 1, 0, INT, "bytes that a fetch waits for"),
    Key::int("fetch.max.wait.ms", 500, 0, INT, "how long a fetch waits for data"),
    Key::int("fetch.max.bytes", 52_428_800, 0, INT, "bytes of an answer to a fetch"),
    Key::int("max.partition.fetch.bytes", 1_048_576, 0, INT, "bytes of one partition in it"),
    Key::int("request.timeout.ms", 30_000, 0, INT, "how long the client waits for an answer"),
    Key::int("default.api.timeout.ms", 60_000, 0, INT, "how long a call such as a commit tries again"),
    Key::int("retry.backoff.ms", 100, 0, LONG, "how long the client rests before it asks again"),
    Key::int("retry.backoff.max.ms", 1000, 0, LONG, "most that this rest grows to"),
    Key::int("reconnect.backoff.ms", 50, 0, LONG, "how long the client rests before it connects again"),
    Key::int("reconnect.backoff.max.ms", 1000, 0, LONG, "most that this rest grows to"),
    Key::choice(
        "metadata.recovery.strategy",
        "rebootstrap",
        &["rebootstrap", "none"],
        "whether a client that reaches none of the brokers it knows begins again with bootstrap.servers",
    ),
    Key::int("metadata.max.age.ms", 300_000, 0, LONG, "age at which the client asks anew who leads"),
    Key::int(
        "socket.connection.setup.timeout.ms",
        10_000,
        0,
        LONG,
        "how long the client waits for a connection",
    ),
    Key::int("socket.connection.setup.timeout.max.ms", 30_000, 0, LONG, "most that this grows to"),
    Key::open(
        "partition.assignment.strategy",
        Kind::Choices(&ASSIGNORS),
        "RangeAssignor, CooperativeStickyAssignor",
        "how partitions are shared out, the one preferred first",
    )
    .limit("the round-robin and the sticky assignor are not modelled"),
    Key::choice(
        "isolation.level",
        "read_uncommitted",
        &["read_uncommitted"],
        "whether aborted records are seen",
    )
    .limit(NO_TRANSACTIONS),
    Key::choice("group.protocol", "classic", &["classic"], "who shares out the partitions")
        .limit(NO_CONSUMER_PROTOCOL),
    Key::refuse("enable.auto.commit", SAID_BY_COMMIT),
    Key::refuse("group.id", "all members are in one group"),
    Key::refuse("group.instance.id", "static membership is not modelled"),
    Key::refuse("topic", "consumers read `events`; a second topic comes with transactions"),
];

/// `[network]`
pub(super) const NETWORK: &[Key] = &[Key::open(
    "latency_us",
    Kind::Ints(60_000_000),
    "[200, 600]",
    "how long a message is on its way: least and most, in microseconds",
)
.default(Default::Ints(&[200, 600]))];

/// A `[[fault]]`, `when` left out.
pub(super) const FAULT: &[Key] = &[
    Key::open("name", Kind::Text, "none", "what other faults call it"),
    Key::open(
        "do",
        Kind::Choice(&[
            "kill",
            "power-loss",
            "clean-stop",
            "restart",
            "pause",
            "resume",
            "cut",
            "heal",
            "reset",
            "drop-next",
            "delay-next",
            "disk-full",
            "disk-slow",
        ]),
        "must be given",
        "what happens",
    ),
    Key::open("on", Kind::Text, "must be given", "to which node, or to which link between two"),
    Key::open("message", Kind::Text, "none", "drop-next, delay-next: which kind of message"),
    Key::free("by_ms", "none", 0, 86_400_000, "delay-next, disk-slow: by how much"),
    Key::free("for_ms", "none", 0, 86_400_000, "pause, cut, disk-full, disk-slow: for how long"),
    Key::free(
        "restart_after_ms",
        "none",
        0,
        86_400_000,
        "kill, power-loss, clean-stop: when it starts again",
    ),
    Key::bool("silent", false, "power-loss: the whole machine is gone, and nobody is told"),
];

const fn count(name: &'static str, doc: &'static str) -> Key {
    Key::free(name, "none", 1, u32::MAX as i64, doc)
}

/// The `when` of a fault.
pub(super) const WHEN: &[Key] = &[
    Key::free("at_us", "none", 0, 86_400_000_000, "at this moment, in microseconds of virtual time"),
    count("sent", "at least n send() calls made"),
    count("acked", "at least n send() calls completed well"),
    count("failed", "at least n send() calls completed with an error"),
    count("appended", "at least n records appended by leaders, copies counted"),
    count("delivered", "at least n records handed to the application"),
    count("applied", "at least n effects applied"),
    count("recorded", "at least n ids recorded"),
    count("committed", "offsets have grown by at least n records"),
    count("isr_size", "partition 0's ISR has exactly n members, and has changed"),
    count("elected", "at least n leaders of partition 0 were elected after the first"),
    Key::open("after", Kind::Text, "none", "that fault has fired"),
    Key::free("ms", "0", 0, 86_400_000, "so long ago"),
    Key::free("producer", "any", 1, 3, "counts only this producer"),
    Key::free("consumer", "any", 1, 3, "counts only this consumer"),
    Key::free("partition", "any", 0, 2, "counts only this partition"),
];

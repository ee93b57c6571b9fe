//! The settings of a run, parsed: whatever holds a [`Config`] holds values that Kafka would accept.
//!
//! Names, defaults and meaning are Kafka's 4.4.0 unless a field's text names no key in backquotes.
//! Lengths of time are [`Micros`]; sizes are bytes.

pub mod keys;
pub mod raw;

mod key_list;
mod limits;
mod resolve;
mod resolve_fault;
#[cfg(test)]
pub(crate) mod testing;
mod unmodelled;

pub use limits::Refusal;
pub use resolve::{Resolved, STEP_BUDGET};

use super::ids::{BrokerId, BrokerSet, Micros, NodeId, RecordId, Topic, TopicPartition};

/// Everything that a run depends on but its faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Source of every latency and jitter.
    pub seed: u64,
    /// Latest end of the run.
    pub stop_after: Micros,
    /// Most steps that a run may take.
    pub step_budget: u32,
    /// Brokers and controller.
    pub cluster: ClusterConfig,
    /// The topic `events`.
    pub topic: TopicConfig,
    /// The producers, all alike.
    pub producer: ProducerConfig,
    /// The consumer group, where there is one.
    pub consumer: Option<ConsumerConfig>,
    /// One-way latency of a message: least and most.
    pub latency: (Micros, Micros),
    /// A rule broken on purpose, to prove that a checker sees it. No scenario file can set it.
    pub mutant: Option<Mutant>,
}

/// A rule broken on purpose: each must be reported by the invariant that it is named for
/// (numbers as in `check::invariants`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// I1: the controller elects a leader without raising the leader epoch.
    ElectionKeepsEpoch,
    /// I2: the controller elects a leader that is not in the ISR and does not put it there.
    LeaderOutsideIsr,
    /// I3: members of the ISR stay in the ELR.
    ElrNotPurged,
    /// I4: truncation does not cut the epoch cache.
    EpochCacheNotTruncated,
    /// I5: a follower takes the leader's high watermark as it is, beyond its own log end.
    FollowerHighWatermarkUnclamped,
    /// I6: the leader lets its high watermark fall with the slowest in-sync replica.
    HighWatermarkFalls,
    /// I7: a broker applies a partition registration older than the one it has.
    StaleRegistrationApplied,
    /// I9: a broker that is fenced leaves only the ISRs of partitions that it leads.
    FencedStaysInIsr,
    /// I10: a follower ignores a diverging epoch and goes on appending.
    NoTruncationOnDivergence,
    /// I11: a leader takes a change of the ISR for refused when its request is not answered.
    UnansweredIsrChangeDropped,
    /// I12: a leader commits without the followers that it wants out of the ISR before they are out.
    PendingShrinkRelaxes,
    /// I13: a broker that ended without a clean shutdown stays in the ELR.
    UncleanStaysEligible,
    /// I14: a broker that leaves the ISR does not enter the ELR.
    FencedLosesElr,
    /// I15: a consumer takes the records of a batch that begins before its position for those from there on.
    BatchReadFromPosition,
    /// I16: the leader answers `acks=all` as it answers `acks=1`.
    AckBeforeHighWatermark,
    /// I17: the high watermark moves whatever the size of the ISR (as up to 3.6).
    CommitsBelowMinIsr,
    /// I10: the leader takes a fetch for an acknowledgement although the follower's log parts from its own.
    DivergentFetchCounts,
    /// I18: the leader takes a fetch for an acknowledgement of what it answers with.
    FetchCountsAhead,
    /// I19: of several changes of a partition that a broker reads at once, it knows the first.
    MetadataRecordSkipped,
    /// I20: the broker remembers one batch of each producer instead of five.
    DedupCacheOfOne,
    /// I20: the broker remembers four batches of each producer instead of five.
    DedupCacheOfFour,
    /// I21: a batch that waits to be sent again lets newer ones pass.
    BackoffLetsPass,
    /// I20 and I21: an idempotent producer re-enqueues at the head and the broker takes any sequence.
    RetriesOutOfSequence,
    /// I22: a new leader appends the last batch of its predecessor once more.
    NewLeaderRepeatsBatch,
    /// I10 and I22: a follower stores the previous batch again under the next one's offsets.
    FollowerInventsBatch,
    /// I23: the leader answers a produce request that it did not append.
    AckWithoutAppend,
    /// I24: the time that a batch has to be delivered begins anew with each attempt.
    RetryRestartsTimeout,
    /// I30: a consumer that takes a partition over begins one behind the committed offset.
    ResumesPastCommitted,
    /// I31 and I32: an application that is to commit after its work commits before it, and the other way round.
    CommitOrderSwapped,
    /// I33: the coordinator takes commits of any generation.
    AnyGenerationCommits,
    /// I33: whoever assigns gives each member the first partition.
    PartitionGivenTwice,
    /// I34: a consumer is served up to the log's end.
    ConsumersReadUncommitted,
    /// I39: a follower that is out of the ISR is never asked to be let in again.
    IsrNeverGrows,
    /// I40: a transaction pays without looking whether the id is noted.
    PaysWithoutLooking,
}

/// Brokers and controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterConfig {
    /// Number of brokers, 1 to 5.
    pub brokers: u8,
    /// From the start of a broker's process to its first registration attempt.
    pub broker_start: Micros,
    /// From the start of a client's process to its first step.
    pub client_start: Micros,
    /// `broker.session.timeout.ms`: the controller fences a broker that it has not heard from for so long.
    pub broker_session_timeout: Micros,
    /// `broker.heartbeat.interval.ms`
    pub broker_heartbeat_interval: Micros,
    /// `replica.lag.time.max.ms`
    pub replica_lag_time_max: Micros,
    /// `replica.fetch.wait.max.ms`
    pub replica_fetch_wait_max: Micros,
    /// `replica.fetch.min.bytes`
    pub replica_fetch_min_bytes: u32,
    /// `replica.fetch.max.bytes`, per partition.
    pub replica_fetch_max_bytes: u32,
    /// `replica.fetch.backoff.ms`
    pub replica_fetch_backoff: Micros,
    /// `replica.socket.timeout.ms`: guards connecting only.
    pub replica_socket_timeout: Micros,
    /// `replica.high.watermark.checkpoint.interval.ms`
    pub high_watermark_checkpoint_interval: Micros,
    /// `request.timeout.ms` of the broker: a fetch of a follower that is not answered is given up.
    pub request_timeout: Micros,
    /// `controller.socket.timeout.ms`: an AlterPartition that is not answered is sent again.
    pub controller_socket_timeout: Micros,
    /// `eligible.leader.replicas.version`: whether eligible leader replicas are kept (KIP-966).
    pub elr: bool,
    /// How a follower that begins to follow makes its log agree with the leader's: older versions had other rules.
    pub truncation: Truncation,
    /// The high watermark stands still while the ISR is smaller than `min.insync.replicas` (KAFKA-15583, from 3.7).
    pub high_watermark_requires_min_isr: bool,
    /// Leaders ask for no more in-sync replicas than there are replicas (`Partition.effectiveMinIsr`, from 3.7).
    pub min_isr_clamped: bool,
    /// `producer.id.expiration.ms`
    pub producer_id_expiration: Micros,
    /// `producer.id.expiration.check.interval.ms`
    pub producer_id_expiration_check_interval: Micros,
    /// `auto.leader.rebalance.enable`
    pub auto_leader_rebalance: bool,
    /// `leader.imbalance.check.interval.seconds`
    pub leader_imbalance_check_interval: Micros,
    /// `leader.imbalance.per.broker.percentage`
    pub leader_imbalance_percentage: u32,
    /// `controlled.shutdown.enable`
    pub controlled_shutdown: bool,
    /// `log.flush.scheduler.interval.ms`; none = never.
    pub flush_scheduler_interval: Option<Micros>,
    /// `min.insync.replicas` of the cluster: what `__consumer_offsets` lives by.
    pub min_insync_replicas: u8,
    /// `unclean.leader.election.enable` of the cluster, likewise.
    pub unclean_leader_election: bool,
    /// `log.flush.interval.messages` of the cluster; none = never by count.
    pub flush_messages: Option<u64>,
    /// `log.flush.interval.ms` of the cluster; none = when the scheduler comes by.
    pub flush_ms: Option<Micros>,
    /// `offsets.retention.minutes`
    pub offsets_retention: Micros,
    /// `offsets.retention.check.interval.ms`
    pub offsets_retention_check: Micros,
    /// `log.retention.check.interval.ms`
    pub retention_check_interval: Micros,
    /// `log.initial.task.delay.ms`: before the first look for old segments.
    pub initial_task_delay: Micros,
    /// `message.max.bytes`
    pub message_max_bytes: u32,
    /// `offsets.topic.replication.factor`, at most the number of brokers.
    pub offsets_replication_factor: u8,
    /// `offset.commit.timeout.ms`
    pub offset_commit_timeout: Micros,
    /// `group.initial.rebalance.delay.ms`
    pub group_initial_rebalance_delay: Micros,
    /// `group.min.session.timeout.ms`
    pub group_min_session_timeout: Micros,
    /// `group.max.session.timeout.ms`
    pub group_max_session_timeout: Micros,
}

/// The topic `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// Number of partitions, 1 to 3.
    pub partitions: u8,
    /// `replication.factor`, at most the number of brokers.
    pub replication_factor: u8,
    /// `min.insync.replicas`
    pub min_insync_replicas: u8,
    /// `unclean.leader.election.enable`
    pub unclean_leader_election: bool,
    /// `retention.ms`; none = for ever.
    pub retention: Option<Micros>,
    /// `segment.ms`
    pub segment: Micros,
    /// `max.message.bytes`
    pub max_message_bytes: u32,
    /// `flush.messages`; none = never by count.
    pub flush_messages: Option<u64>,
    /// `flush.ms`; none = when the scheduler comes by.
    pub flush_ms: Option<Micros>,
}

/// The producers, all alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerConfig {
    /// Number of producers, 1 to 3.
    pub count: u8,
    /// Records that each sends.
    pub records: u32,
    /// Between the starts of two send() calls; 0 = all at once.
    pub every: Micros,
    /// The next send() only after the last completed.
    pub wait_each: bool,
    /// How often the application sends a record that failed again.
    pub resend: u32,
    /// A restarted producer begins at its first record again instead of at its first never-acked one.
    pub replay_on_restart: bool,
    /// `acks`
    pub acks: Acks,
    /// `enable.idempotence`, after Kafka's own rules of what an unset value means.
    pub idempotence: bool,
    /// `retries`
    pub retries: u32,
    /// `retry.backoff.ms`
    pub retry_backoff: Micros,
    /// `retry.backoff.max.ms`
    pub retry_backoff_max: Micros,
    /// `reconnect.backoff.ms`
    pub reconnect_backoff: Micros,
    /// `reconnect.backoff.max.ms`
    pub reconnect_backoff_max: Micros,
    /// `request.timeout.ms`
    pub request_timeout: Micros,
    /// `delivery.timeout.ms`
    pub delivery_timeout: Micros,
    /// `max.block.ms`
    pub max_block: Micros,
    /// `linger.ms`
    pub linger: Micros,
    /// `batch.size`; a record larger than that gets a batch of its own, so 1 means a batch for each.
    pub batch_size: u32,
    /// `buffer.memory`
    pub buffer_memory: u64,
    /// `max.request.size`
    pub max_request_size: u32,
    /// `max.in.flight.requests.per.connection`
    pub max_in_flight: u32,
    /// `metadata.max.age.ms`
    pub metadata_max_age: Micros,
    /// `metadata.recovery.strategy=rebootstrap` (KIP-899)
    pub rebootstraps: bool,
    /// `socket.connection.setup.timeout.ms`
    pub connection_setup_timeout: Micros,
    /// `socket.connection.setup.timeout.max.ms`
    pub connection_setup_timeout_max: Micros,
}

/// `acks`: what a produce request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// `0`: nothing; no answer is sent.
    None,
    /// `1`: the leader's append.
    Leader,
    /// `all` (`-1`): every member of the ISR as it is.
    All,
}

/// The consumer group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerConfig {
    /// Number of members, 1 to 3.
    pub members: u8,
    /// Members start when every send() has completed instead of before the first one.
    pub start_after_producers: bool,
    /// When each member starts, counted from the producers' start (overrides `start_after_producers`).
    pub members_start: Option<Vec<Micros>>,
    /// When offsets are committed.
    pub commit: CommitMode,
    /// Commit what was handed out at each n-th record handed out.
    pub commit_every: u32,
    /// Threads that records are handed to; 0 = the loop that polls does all.
    pub workers: u8,
    /// What an event does to the account, and what guards it.
    pub effect: Effect,
    /// Time spent on a record between its delivery and the check or effect.
    pub process: Micros,
    /// External-call only: the service notes the id that comes with the call, and ignores a second one.
    pub idempotency_key: bool,
    /// An id is the record's partition and offset instead of the event's own.
    pub dedup_by_offset: bool,
    /// Ids are kept in the memory of the consumer's process instead of the database.
    pub dedup_in_memory: bool,
    /// How long a noted id is kept; none = for ever.
    pub remember: Option<Micros>,
    /// Records whose processing fails each time.
    pub fails: Vec<RecordId>,
    /// What becomes of them.
    pub on_failure: OnFailure,
    /// In-database only: overwrite the stored offset only if it is the expected one.
    pub offset_check: bool,
    /// Each statement says in which generation the consumer was given the partition; the database refuses one from
    /// before what it has seen.
    pub fencing: bool,
    /// `partition.assignment.strategy`: the one that the group comes to use.
    pub assignor: Assignor,
    /// `auto.offset.reset`
    pub auto_offset_reset: AutoOffsetReset,
    /// `auto.commit.interval.ms`
    pub auto_commit_interval: Micros,
    /// `max.poll.records`
    pub max_poll_records: u32,
    /// `max.poll.interval.ms`
    pub max_poll_interval: Micros,
    /// `session.timeout.ms`
    pub session_timeout: Micros,
    /// `heartbeat.interval.ms`
    pub heartbeat_interval: Micros,
    /// `fetch.min.bytes`
    pub fetch_min_bytes: u32,
    /// `fetch.max.wait.ms`
    pub fetch_max_wait: Micros,
    /// `fetch.max.bytes`
    pub fetch_max_bytes: u32,
    /// `max.partition.fetch.bytes`
    pub max_partition_fetch_bytes: u32,
    /// `request.timeout.ms`
    pub request_timeout: Micros,
    /// `default.api.timeout.ms`
    pub default_api_timeout: Micros,
    /// `retry.backoff.ms`
    pub retry_backoff: Micros,
    /// `retry.backoff.max.ms`
    pub retry_backoff_max: Micros,
    /// `reconnect.backoff.ms`
    pub reconnect_backoff: Micros,
    /// `reconnect.backoff.max.ms`
    pub reconnect_backoff_max: Micros,
    /// `metadata.max.age.ms`
    pub metadata_max_age: Micros,
    /// `metadata.recovery.strategy=rebootstrap` (KIP-899)
    pub rebootstraps: bool,
    /// `socket.connection.setup.timeout.ms`
    pub connection_setup_timeout: Micros,
    /// `socket.connection.setup.timeout.max.ms`
    pub connection_setup_timeout_max: Micros,
}

/// How a follower makes its log agree with its leader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// Up to 0.10.2: to the high watermark that it knows, which may be behind (KIP-101 tells what that loses).
    HighWatermark,
    /// 0.11 to 1.x: to where the leader says that its last epoch ended, asked once (KIP-101; KIP-279 tells what that
    /// leaves).
    Epoch101,
    /// 2.0: as that, but asked again until both know the epoch; a fetch says in which epoch it is made only later
    /// (KIP-279; KIP-320 tells what that leaves).
    Epoch279,
    /// From 2.7: with each fetch, to where the epochs of both logs part (KIP-279, KIP-320).
    Epoch,
}

/// When a consumer commits offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitMode {
    /// delivered → committed → effect
    BeforeProcessing,
    /// delivered → effect → committed
    AfterProcessing,
    /// As after-processing, but commitAsync(): not waited for, and not tried again.
    Async,
    /// `enable.auto.commit=true`: inside poll(), the positions that earlier polls reached.
    Auto,
    /// The offset is stored in the database, in one transaction with the effect.
    InDatabase,
}

/// What an event does to the account, and what guards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Pay, whatever was paid before.
    Plain,
    /// Look the id up, pay, then note the id: separate steps.
    DedupTable,
    /// Note the id, then pay: separate steps.
    NoteFirst,
    /// Look the id up, pay and note the id in one database transaction.
    Transaction,
    /// `UPDATE … AND version = <version in the message>`
    VersionCheck,
    /// As version-check, but with the version read just before.
    VersionReread,
    /// `UPDATE … WHERE last < <number in the message>`: of the account, or of the partition.
    SequenceCheck,
    /// A call to a service out of the database, which pays.
    ExternalCall,
}

/// What becomes of a record that cannot be processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The consumer seeks back to it and reads it again.
    Retry,
    /// It is left out.
    Skip,
    /// It is put into a table of the database, and left out.
    DeadLetter,
}

/// `partition.assignment.strategy`: how partitions are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignor {
    /// Eager: everything is revoked, then each member gets a range.
    Range,
    /// Only what moves is revoked.
    CooperativeSticky,
}

/// `auto.offset.reset`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoOffsetReset {
    /// The first offset of the log.
    Earliest,
    /// The high watermark.
    Latest,
    /// No policy: the consumer ends with an exception.
    None,
}

impl Config {
    /// Every broker.
    pub fn brokers(&self) -> impl Iterator<Item = BrokerId> + use<> {
        (1..=self.cluster.brokers).map(BrokerId)
    }

    /// Every node: controller, brokers, producers, members of the group, and the database where there is a group.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        let brokers = self.brokers().map(NodeId::from);
        let producers = (1..=self.producer.count).map(NodeId::Producer);
        let consumers = (1..=self.members()).map(NodeId::Consumer);
        let database = self.consumer.is_some().then_some(NodeId::Database);
        std::iter::once(NodeId::Controller).chain(brokers).chain(producers).chain(consumers).chain(database)
    }

    /// Number of members of the group; 0 without one.
    pub fn members(&self) -> u8 {
        self.consumer.as_ref().map_or(0, |consumer| consumer.members)
    }

    /// Every partition of every topic, `events` first.
    pub fn partitions(&self) -> impl Iterator<Item = TopicPartition> + use<> {
        let offsets = self.consumer.is_some().then_some(TopicPartition::OFFSETS);
        (0..self.topic.partitions).map(TopicPartition::events).chain(offsets)
    }

    /// Replicas in assignment order; the first is the preferred leader.
    pub fn replicas(&self, partition: TopicPartition) -> impl Iterator<Item = BrokerId> + use<> {
        let brokers = self.cluster.brokers;
        (0..self.replication_factor(partition))
            .map(move |i| BrokerId(1 + (partition.partition() + i) % brokers))
    }

    /// Number of replicas, not above that of brokers.
    fn replication_factor(&self, partition: TopicPartition) -> u8 {
        match partition.topic() {
            Topic::Events => self.topic.replication_factor,
            Topic::ConsumerOffsets => self.cluster.offsets_replication_factor,
        }
    }

    /// Replicas as a set.
    pub fn replica_set(&self, partition: TopicPartition) -> BrokerSet {
        self.replicas(partition).collect()
    }

    /// `min.insync.replicas` in force for a partition, not above its number of replicas
    /// (`Partition.effectiveMinIsr`, from 3.7).
    pub fn effective_min_isr(&self, partition: TopicPartition) -> u32 {
        self.min_isr(partition).min(self.replication_factor(partition).into())
    }

    /// What a leader asks for: older ones asked for more than there are.
    pub fn leaders_min_isr(&self, partition: TopicPartition) -> u32 {
        if self.cluster.min_isr_clamped { self.effective_min_isr(partition) } else { self.min_isr(partition) }
    }

    fn min_isr(&self, partition: TopicPartition) -> u32 {
        u32::from(match partition.topic() {
            Topic::Events => self.topic.min_insync_replicas,
            Topic::ConsumerOffsets => self.cluster.min_insync_replicas,
        })
    }

    /// Whether an unclean leader may be elected for a partition.
    pub fn unclean_leader_election(&self, partition: TopicPartition) -> bool {
        match partition.topic() {
            Topic::Events => self.topic.unclean_leader_election,
            Topic::ConsumerOffsets => self.cluster.unclean_leader_election,
        }
    }

    /// Unflushed messages at which an append flushes; none = never.
    pub fn flush_messages(&self, partition: TopicPartition) -> Option<u64> {
        match partition.topic() {
            Topic::Events => self.topic.flush_messages,
            Topic::ConsumerOffsets => self.cluster.flush_messages,
        }
    }

    /// Age of the last flush at which the scheduler flushes; none = never.
    pub fn flush_ms(&self, partition: TopicPartition) -> Option<Micros> {
        match partition.topic() {
            Topic::Events => self.topic.flush_ms,
            Topic::ConsumerOffsets => self.cluster.flush_ms,
        }
    }
}

impl ClusterConfig {
    /// Whether the group coordinator takes a member with this `session.timeout.ms`
    /// (`GroupCoordinatorService.joinGroup`).
    pub(crate) fn takes_session(&self, timeout: Micros) -> bool {
        (self.group_min_session_timeout..=self.group_max_session_timeout).contains(&timeout)
    }
}

impl ConsumerConfig {
    /// Whether ids are noted, so that a record can be known again.
    pub fn notes_ids(&self) -> bool {
        matches!(self.effect, Effect::DedupTable | Effect::NoteFirst | Effect::Transaction)
            || self.effect == Effect::ExternalCall && self.idempotency_key
    }

    /// Whether `poll()` commits by itself.
    pub fn auto_commit(&self) -> bool {
        self.commit == CommitMode::Auto
    }
}

//! What happened: small facts in the past tense, and the trace that they make.
//!
//! Nothing in the simulation decides by reading a trace. Screen, checkers, command line and tests read
//! nothing else (but the [`World`](super::World) at a moment).

use super::hash::Digest;
use super::ids::{
    BatchId, BrokerEpoch, BrokerId, BrokerSet, ConnectionId, FaultId, LeaderEpoch, MessageId, NodeId, Offset,
    PartitionEpoch, RecordId, StepNo, Time, TopicPartition,
};
use super::message::{Error, Kind};

/// One visible change. The node that it happened at stands in the [`Observation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    // Interventions. Observed at the node that was hit, or at the sender of the link.
    /// A fault fired on a node; what it did follows.
    FaultFired {
        /// Which.
        fault: FaultId,
    },
    /// A fault fired but found nothing to do: a kill of what is dead, say.
    FaultHadNoEffect {
        /// Which.
        fault: FaultId,
    },
    /// What this node sends to `to` is held from now on.
    LinkCut {
        /// The fault.
        fault: FaultId,
        /// The receiver.
        to: NodeId,
    },
    /// What was held, and what this node sends to `to`, gets through again.
    LinkHealed {
        /// The fault that healed it, or whose time was over.
        fault: FaultId,
        /// The receiver.
        to: NodeId,
    },
    /// The connections between this node and `to` were closed.
    LinkReset {
        /// The fault.
        fault: FaultId,
        /// The other end.
        to: NodeId,
    },
    /// The next message of a kind from this node to `to` will be lost.
    DropArmed {
        /// The fault.
        fault: FaultId,
        /// The receiver.
        to: NodeId,
        /// The kind.
        kind: Kind,
    },
    /// The next message of a kind from this node to `to` will come late.
    DelayArmed {
        /// The fault.
        fault: FaultId,
        /// The receiver.
        to: NodeId,
        /// The kind.
        kind: Kind,
    },
    /// The disk of this broker fails, or is slow, from now on.
    DiskFailed {
        /// The fault.
        fault: FaultId,
    },
    /// The disk of this broker works again.
    DiskHealed {
        /// The fault.
        fault: FaultId,
    },

    // Processes.
    /// A process of this node began.
    Started {
        /// Which: rises with each start.
        incarnation: u16,
    },
    /// The process was killed; its page cache survives.
    Killed {
        /// The fault.
        fault: FaultId,
    },
    /// The machine lost power; what was not flushed is gone.
    PowerLost {
        /// The fault.
        fault: FaultId,
        /// Nobody is told.
        silent: bool,
    },
    /// An orderly shutdown began.
    Stopping {
        /// The fault.
        fault: FaultId,
    },
    /// The process ended by itself: after an orderly shutdown, or because it could not go on.
    Stopped,
    /// The process stands still.
    Paused {
        /// The fault.
        fault: FaultId,
    },
    /// The process goes on.
    Resumed,

    // Network.
    /// This node opened a connection.
    ConnectionOpened {
        /// Its number.
        connection: ConnectionId,
        /// The other end.
        to: NodeId,
    },
    /// This node learned that a connection is closed, or closed it itself.
    ConnectionClosed {
        /// Its number.
        connection: ConnectionId,
        /// The other end.
        to: NodeId,
        /// Why.
        why: CloseReason,
    },
    /// This node sent a message.
    MessageSent {
        /// Its number.
        message: MessageId,
        /// Its kind.
        kind: Kind,
        /// To whom.
        to: NodeId,
        /// The request that it answers.
        in_reply_to: Option<MessageId>,
    },
    /// This node got a message.
    MessageDelivered {
        /// Its number.
        message: MessageId,
    },
    /// A message of this node does not get through for now.
    MessageHeld {
        /// Its number.
        message: MessageId,
        /// The cut, or the drop that silenced the connection.
        fault: FaultId,
    },
    /// A message of this node was delayed.
    MessageDelayed {
        /// Its number.
        message: MessageId,
        /// The fault.
        fault: FaultId,
    },
    /// A message of this node is lost for good.
    MessageLost {
        /// Its number.
        message: MessageId,
        /// The fault that ate it, or that closed its connection or ended its receiver; none = a node closed
        /// the connection by itself.
        fault: Option<FaultId>,
    },

    // Producer. A record is an event of the shop; a batch may hold several.
    /// The application called send().
    Sent {
        /// The record.
        record: RecordId,
        /// Where the partitioner puts it.
        partition: TopicPartition,
        /// The how-many-th time that the application sends it, from 0.
        resend: u16,
    },
    /// send() stands still: it has no metadata, or no memory.
    SendBlocked {
        /// The record.
        record: RecordId,
    },
    /// The record waits in the accumulator.
    Buffered {
        /// The record.
        record: RecordId,
    },
    /// The producer has its id.
    ProducerIdObtained {
        /// The id.
        id: u32,
        /// Its epoch.
        epoch: i16,
    },
    /// A batch is part of a produce request that was just sent: one attempt.
    ProduceAttempted {
        /// The request.
        message: MessageId,
        /// The batch.
        batch: BatchId,
        /// The how-many-th attempt, from 1.
        attempt: u16,
        /// The broker.
        to: BrokerId,
    },
    /// The answer to an attempt came.
    ProduceAnswered {
        /// The request.
        request: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// Its error, if any.
        error: Option<Error>,
    },
    /// An attempt ended without an answer: timed out (REQUEST_TIMED_OUT) or disconnected (NETWORK_EXCEPTION).
    ProduceUnanswered {
        /// The request.
        request: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// Which of the two.
        error: Error,
    },
    /// A batch waits to be sent again.
    RetryQueued {
        /// The batch.
        batch: BatchId,
        /// Attempts so far.
        attempts: u16,
        /// Why.
        error: Error,
    },
    /// A batch reached `delivery.timeout.ms`.
    BatchExpired {
        /// The partition.
        partition: TopicPartition,
        /// The batch, if it was ever sent.
        batch: Option<BatchId>,
    },
    /// A batch was too large for the broker and is split.
    BatchSplit {
        /// The batch.
        batch: BatchId,
    },
    /// A client request with a batch outcome of unknown sequence: nothing new goes to this partition for now.
    SequenceUnresolved {
        /// The partition.
        partition: TopicPartition,
    },
    /// The idempotent producer began a new epoch; sequences of that partition begin at 0 again.
    ProducerEpochBumped {
        /// The partition.
        partition: TopicPartition,
        /// The new epoch.
        epoch: i16,
    },
    /// The application's callback: the record is stored.
    Acked {
        /// The record.
        record: RecordId,
        /// Its offset; none with `acks=0`.
        offset: Option<Offset>,
    },
    /// The application's callback, or send() itself: the record failed.
    Failed {
        /// The record.
        record: RecordId,
        /// With what.
        error: Error,
    },
    /// A client learned who leads what, from a broker.
    MetadataUpdated {
        /// Who told it.
        from: BrokerId,
    },

    // Broker.
    /// The leader appended a batch.
    Appended {
        /// The batch.
        batch: BatchId,
        /// Its first offset.
        base_offset: Offset,
        /// The leader's epoch.
        leader_epoch: LeaderEpoch,
        /// The partition.
        partition: TopicPartition,
    },
    /// A follower appended what it fetched.
    Replicated {
        /// The batch.
        batch: BatchId,
        /// Its first offset.
        base_offset: Offset,
        /// Epoch of the leader that appended it first.
        leader_epoch: LeaderEpoch,
        /// The partition.
        partition: TopicPartition,
    },
    /// The leader has this batch already (one of the producer's last five) and does not append it again.
    DuplicateFound {
        /// The batch sent again.
        batch: BatchId,
        /// Where it stands.
        base_offset: Offset,
    },
    /// The leader refuses a batch; nothing is appended.
    AppendRefused {
        /// The batch.
        batch: BatchId,
        /// Why.
        error: Error,
    },
    /// A produce request with `acks=all` waits for the high watermark.
    ProduceWaits {
        /// The request.
        request: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// What the high watermark must reach.
        required: Offset,
    },
    /// What the broker answers for a partition of a produce request, sent or not (`acks=0`).
    ProduceDecided {
        /// The request.
        request: MessageId,
        /// The partition.
        partition: TopicPartition,
        /// Its error, if any.
        error: Option<Error>,
        /// First offset, where there is none.
        base_offset: Option<Offset>,
    },
    /// A replica's log is on disk up to here.
    Flushed {
        /// The partition.
        partition: TopicPartition,
        /// One past the last offset on disk.
        to: Offset,
    },
    /// A power loss took the end of a log.
    UnflushedLost {
        /// The partition.
        partition: TopicPartition,
        /// Where the log ended.
        from: Offset,
        /// Where it ends now.
        to: Offset,
    },
    /// A follower cut its log to match the leader's.
    Truncated {
        /// The partition.
        partition: TopicPartition,
        /// Where the log ended.
        from: Offset,
        /// Where it ends now.
        to: Offset,
        /// The leader that it follows.
        leader: BrokerId,
    },
    /// A replica's high watermark moved (on a follower, or at a start, also down).
    HighWatermarkMoved {
        /// The partition.
        partition: TopicPartition,
        /// From.
        from: Offset,
        /// To.
        to: Offset,
    },
    /// The leader learned from a fetch how far a follower's log reaches.
    FollowerFetched {
        /// The partition.
        partition: TopicPartition,
        /// The follower.
        follower: BrokerId,
        /// Its log end offset.
        log_end: Offset,
    },
    /// This broker leads a partition, as it believes.
    BecameLeader {
        /// The partition.
        partition: TopicPartition,
        /// Its epoch.
        leader_epoch: LeaderEpoch,
        /// Where its log ends.
        log_end: Offset,
    },
    /// This broker follows, as it believes.
    BecameFollower {
        /// The partition.
        partition: TopicPartition,
        /// Whom, if anybody.
        leader: Option<BrokerId>,
        /// The leader's epoch.
        leader_epoch: LeaderEpoch,
    },
    /// The leader asks the controller for another ISR.
    IsrChangeProposed {
        /// The partition.
        partition: TopicPartition,
        /// The ISR as it knows it.
        from: BrokerSet,
        /// The one wanted.
        to: BrokerSet,
    },
    /// The controller refused it.
    IsrChangeRefused {
        /// The partition.
        partition: TopicPartition,
        /// Why.
        error: Error,
    },
    /// A broker applied a partition's registration.
    RegistrationApplied {
        /// The partition.
        partition: TopicPartition,
        /// Which.
        partition_epoch: PartitionEpoch,
        /// The ISR.
        isr: BrokerSet,
    },
    /// A replica's log was loaded at a start.
    LogLoaded {
        /// The partition.
        partition: TopicPartition,
        /// Where it ends.
        log_end: Offset,
        /// Its high watermark, as checkpointed.
        high_watermark: Offset,
        /// After a clean shutdown.
        clean: bool,
    },
    /// The group coordinator stored a committed offset (its own log; not yet replicated).
    OffsetStored {
        /// The partition of `events`.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
    },
    /// The group coordinator began to rebalance.
    RebalanceStarted {
        /// The generation that ended.
        generation: u32,
    },
    /// A member was dropped, or left.
    MemberRemoved {
        /// The consumer.
        consumer: u8,
        /// Because its session or rebalance time-out ended (else it left).
        expired: bool,
    },
    /// Everybody joined; a new generation begins.
    GenerationStarted {
        /// The generation.
        generation: u32,
        /// Members.
        members: u8,
    },

    // Controller.
    /// A broker registered; it is fenced for now.
    BrokerRegistered {
        /// The broker.
        broker: BrokerId,
        /// Its epoch.
        epoch: BrokerEpoch,
        /// It did not shut down in order.
        unclean: bool,
    },
    /// A broker may not register while the session of its last process lives.
    RegistrationRefused {
        /// The broker.
        broker: BrokerId,
    },
    /// A broker is fenced.
    BrokerFenced {
        /// The broker.
        broker: BrokerId,
        /// Its session ended (else it said that it stops).
        expired: bool,
    },
    /// A broker is unfenced.
    BrokerUnfenced {
        /// The broker.
        broker: BrokerId,
    },
    /// A partition's registration changed.
    PartitionChanged {
        /// The partition.
        partition: TopicPartition,
        /// The leader.
        leader: Option<BrokerId>,
        /// Its epoch.
        leader_epoch: LeaderEpoch,
        /// The partition epoch.
        partition_epoch: PartitionEpoch,
        /// The ISR.
        isr: BrokerSet,
        /// The ELR.
        elr: BrokerSet,
        /// Why.
        why: ChangeReason,
        /// The leader was elected though it may lack committed records.
        unclean: bool,
    },

    // Consumer.
    /// A consumer knows its partitions.
    Assigned {
        /// Partitions of `events`, as bits.
        partitions: u8,
        /// The generation.
        generation: u32,
    },
    /// A consumer gave partitions up (or lost them).
    Revoked {
        /// Partitions of `events`, as bits.
        partitions: u8,
    },
    /// A consumer will read a partition from here.
    PositionSet {
        /// The partition.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
        /// Where it got that from.
        source: PositionSource,
    },
    /// poll() handed a record to the application.
    Delivered {
        /// The record.
        record: RecordId,
        /// The partition.
        partition: TopicPartition,
        /// Its offset.
        offset: Offset,
    },
    /// The application leaves a record alone, or its update hit no row.
    Skipped {
        /// The record.
        record: RecordId,
        /// Why.
        why: SkipReason,
    },
    /// The application asks for offsets to be committed.
    CommitSent {
        /// A partition of `events`.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
    },
    /// They are.
    Committed {
        /// A partition of `events`.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
        /// Records by which the committed offset grew.
        grew: u32,
    },
    /// They are not.
    CommitFailed {
        /// Why.
        error: Error,
    },
    /// The consumer's application ended with an exception.
    ConsumerFailed {
        /// Which.
        error: Error,
    },

    // Database.
    /// An account was paid; the effect of a record.
    Applied {
        /// The record.
        record: RecordId,
        /// The consumer that did it.
        consumer: u8,
        /// The account's version after it.
        version: u32,
    },
    /// An id was noted in the dedup table.
    Recorded {
        /// The record.
        record: RecordId,
        /// The consumer that did it.
        consumer: u8,
    },
    /// The database stored an offset.
    OffsetStoredInDatabase {
        /// The partition of `events`.
        partition: TopicPartition,
        /// The next offset to read.
        offset: Offset,
        /// Records by which the stored offset grew.
        grew: u32,
        /// The consumer that did it.
        consumer: u8,
    },
    /// A transaction was rolled back: a guard did not hold, or the database stopped in the middle.
    RolledBack {
        /// The consumer whose it was.
        consumer: u8,
    },

    /// The run came to its end.
    Ended {
        /// How.
        why: EndReason,
    },

    /// A broker forgot what it knew of a producer's sequences on a partition (`producer.id.expiration.ms`).
    ProducerForgotten {
        /// The partition.
        partition: TopicPartition,
        /// The producer's id.
        id: u32,
    },

    // Older rules only.
    /// A follower's fetcher ended by an exception: what it got does not fit behind its log, or it may not cut its log
    /// to the leader's shorter one.
    FetcherEnded {
        /// The partition.
        partition: TopicPartition,
        /// The leader that it follows.
        leader: BrokerId,
    },

    // Digests hold the places of variants, so new ones come last.
    /// The note of an id was looked for and had had its time (`remember_ms`): it is gone.
    Forgotten {
        /// The record.
        record: RecordId,
        /// The consumer that looked for it.
        consumer: u8,
    },
    /// A replica deleted what stood before an offset: its time was over (`retention.ms`), or the leader's log begins
    /// there.
    LogStartMoved {
        /// The partition.
        partition: TopicPartition,
        /// Where the log began.
        from: Offset,
        /// Where it begins now; not before its end, so that may have moved as well.
        to: Offset,
    },
    /// The group coordinator forgot the group's committed offsets: nobody had been in it for
    /// `offsets.retention.minutes`.
    OffsetsExpired,
    /// A call got no answer, and the application makes it once more.
    CalledAgain {
        /// The record.
        record: RecordId,
    },
    /// The application could not process a record.
    ProcessingFailed {
        /// The record.
        record: RecordId,
    },
    /// A record was put into the table of dead letters.
    DeadLettered {
        /// The record.
        record: RecordId,
        /// The consumer that did it.
        consumer: u8,
    },
    /// The application has not called poll() for `max.poll.interval.ms`: the consumer leaves the group by itself.
    PollTimedOut,
}

/// Why a connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseReason {
    /// The other end closed it, or ended.
    ClosedByPeer,
    /// A fault reset it.
    Reset,
    /// Nobody listens there.
    Refused,
    /// The connection was not set up in time (`socket.connection.setup.timeout.ms`).
    SetupTimedOut,
    /// A request on it was not answered in time (`request.timeout.ms`).
    RequestTimedOut,
    /// This node has no more use for it.
    Closed,
}

/// Why a partition's registration changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChangeReason {
    /// The topic was created.
    Created,
    /// A broker was fenced.
    BrokerFenced,
    /// A broker was unfenced.
    BrokerUnfenced,
    /// A broker registered anew without a clean shutdown, or after one.
    BrokerRegistered,
    /// A broker shuts down in order.
    ControlledShutdown,
    /// The leader asked for it.
    AlterPartition,
    /// Leadership went back to the preferred replica.
    PreferredLeader,
    /// The periodic look for partitions without a leader.
    UncleanScan,
}

/// Where a consumer got its position from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PositionSource {
    /// The committed offset.
    Committed,
    /// The offset stored in the database.
    Stored,
    /// `auto.offset.reset=earliest`
    Earliest,
    /// `auto.offset.reset=latest`
    Latest,
    /// The log was truncated: where it began to differ (KIP-320).
    Diverged,
    /// The offset was not in the log: `auto.offset.reset=earliest`
    OutOfRangeEarliest,
    /// The offset was not in the log: `auto.offset.reset=latest`
    OutOfRangeLatest,
}

/// Why a record had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// Its id was noted before.
    Seen,
    /// The account does not have the version that the message expects.
    Version,
    /// The stored offset is not the expected one.
    StoredOffset,
    /// The account has taken a later one.
    Overtaken,
    /// The database has seen a newer owner of the partition.
    Fenced,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Everything has settled.
    Settled,
    /// `stop.after_ms` was reached.
    StopTime,
    /// The step budget was reached.
    StepBudget,
}

/// A fact, where and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Observation {
    /// The step in which it happened.
    pub step: StepNo,
    /// The node that it happened at.
    pub node: NodeId,
    /// What happened.
    pub fact: Fact,
}

/// A step of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepInfo {
    /// When.
    pub at: Time,
    /// The step that scheduled it; itself for the first ones.
    pub parent: StepNo,
    /// Place of its first observation in the trace.
    pub first: u32,
}

/// What happened in a run, in order.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Facts in order of steps.
    pub observations: Vec<Observation>,
    /// Steps by number.
    pub steps: Vec<StepInfo>,
}

impl Trace {
    /// When an observation was made.
    pub fn at(&self, observation: &Observation) -> Time {
        self.steps[observation.step.0 as usize].at
    }

    /// Facts of one step.
    pub fn of_step(&self, step: StepNo) -> &[Observation] {
        let first = |n: usize| self.steps.get(n).map_or(self.observations.len(), |info| info.first as usize);
        &self.observations[first(step.0 as usize)..first(step.0 as usize + 1)]
    }

    /// A number that differs where traces differ, the same natively and in WebAssembly.
    pub fn digest(&self) -> u64 {
        use std::hash::Hasher;
        let mut digest = Digest::default();
        for observation in &self.observations {
            digest.add(&self.at(observation).0);
            digest.add(observation);
        }
        digest.finish()
    }
}

const _: () = assert!(size_of::<Fact>() <= 24 && size_of::<Observation>() <= 32);

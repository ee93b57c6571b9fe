//! What chains of causes are made of.

use crate::sim::config::Acks;
use crate::sim::{
    BrokerId, BrokerSet, Error, FaultId, LeaderEpoch, NodeId, Offset, PositionSource, RecordId, SkipReason,
    StepNo,
};

/// A link of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// When.
    pub step: StepNo,
    /// What.
    pub kind: LinkKind,
}

/// What can be a link of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    // What was broken around it.
    /// Nothing got through from one node to another.
    Cut {
        /// The fault.
        fault: FaultId,
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
    },
    /// A process ended, or stood still.
    Down {
        /// Whose.
        node: NodeId,
        /// The fault; none = it ended by itself.
        fault: Option<FaultId>,
        /// How.
        how: Downfall,
    },
    /// A process began anew.
    Restarted {
        /// Whose.
        node: NodeId,
    },
    /// The disk of a broker failed, or was slow from then on.
    DiskFailed {
        /// The fault.
        fault: FaultId,
        /// Whose.
        broker: BrokerId,
        /// It is only slow.
        slow: bool,
    },
    /// A connection was reset.
    Reset {
        /// The fault.
        fault: FaultId,
        /// One end.
        from: NodeId,
        /// The other.
        to: NodeId,
    },
    /// A broker closed the connection of a client.
    Closed {
        /// The client.
        client: NodeId,
        /// The broker.
        broker: BrokerId,
    },

    // Between producer and leader.
    /// It waited in the producer's memory and no request ever held it.
    NeverSent,
    /// send() stood still with it: the producer knew no leader, or had no memory.
    Blocked,
    /// A produce request with it was lost.
    RequestLost {
        /// The fault; none = a connection was given up.
        fault: Option<FaultId>,
        /// The broker that did not get it.
        broker: BrokerId,
    },
    /// A produce request with it came late.
    RequestLate {
        /// The fault.
        fault: FaultId,
        /// The broker that got it in the end.
        broker: BrokerId,
    },
    /// A leader refused it.
    Refused {
        /// Who.
        broker: BrokerId,
        /// Why.
        error: Error,
    },
    /// A batch before it was given up, and what became of its sequence numbers is open.
    SequenceUnresolved,
    /// A leader appended it.
    Appended {
        /// Who.
        broker: BrokerId,
        /// Where.
        offset: Offset,
    },
    /// The leader's answer was lost, or comes too late.
    AnswerLost {
        /// The fault; none = a connection was given up.
        fault: Option<FaultId>,
        /// The leader.
        broker: BrokerId,
    },
    /// The leader never answered: it waited for copies, or ended before.
    NeverAnswered {
        /// The leader.
        broker: BrokerId,
    },
    /// The producer gave an attempt up.
    GaveUp {
        /// The broker that it had asked.
        broker: BrokerId,
        /// Timed out or disconnected.
        error: Error,
    },
    /// The producer sent the same batch again.
    Retried {
        /// To whom.
        broker: BrokerId,
        /// The how-many-th attempt.
        attempt: u16,
    },
    /// The producer sent it again under a new epoch, so that no broker could know it as the same.
    RetriedUnderNewSequence {
        /// To whom.
        broker: BrokerId,
        /// The epoch.
        producer_epoch: i16,
    },
    /// The broker had forgotten the producer, and what it had stored of it (`producer.id.expiration.ms`).
    ProducerForgotten {
        /// The broker.
        broker: BrokerId,
    },
    /// `delivery.timeout.ms` was over.
    Expired,
    /// The application was told that it failed.
    Failed {
        /// With what.
        error: Error,
    },
    /// The application called send() with it once more.
    SentAgain {
        /// The how-many-th time.
        resend: u16,
    },
    /// A leader appended it once more.
    AppendedAgain {
        /// Who.
        broker: BrokerId,
        /// Where.
        offset: Offset,
    },
    /// A record that was sent later stands before it.
    Overtaken {
        /// Which.
        by: RecordId,
        /// Where that one stands.
        offset: Offset,
    },
    /// The application was told that it is stored without any broker having said so (`acks=0`).
    AckedUnseen,
    /// The application was told that it is stored when the leader had the only copy.
    AckedByLeaderAlone {
        /// The leader.
        broker: BrokerId,
        /// What the producer asked for.
        acks: Acks,
        /// The in-sync replicas of that moment.
        isr: BrokerSet,
    },
    /// The application was told that it is stored when these had copies.
    AckedWithCopies {
        /// Who.
        copies: BrokerSet,
        /// The in-sync replicas of that moment.
        isr: BrokerSet,
    },

    // In the store.
    /// Fewer replicas were in sync from then on.
    IsrShrunk {
        /// Those left.
        to: BrokerSet,
    },
    /// Nobody leads from then on.
    NoLeader {
        /// In-sync replicas, all down.
        isr: BrokerSet,
        /// Eligible leader replicas, all down.
        elr: BrokerSet,
    },
    /// Another log became the one that counts.
    Elected {
        /// Whose.
        broker: BrokerId,
        /// In which epoch.
        leader_epoch: LeaderEpoch,
        /// Where it ends; none = that broker never got to lead.
        log_end: Option<Offset>,
        /// Though it was not known to have all committed records.
        unclean: bool,
    },
    /// A power loss took the end of a log.
    UnflushedLost {
        /// Whose.
        broker: BrokerId,
        /// Where the log ends now.
        to: Offset,
    },
    /// A follower cut its log to match the leader's.
    Truncated {
        /// Whose.
        broker: BrokerId,
        /// Where it ends now.
        to: Offset,
        /// Whom it follows.
        leader: BrokerId,
    },
    /// The leader deleted it: its segment was older than `retention.ms`.
    Deleted {
        /// The leader.
        broker: BrokerId,
        /// Where it stood.
        offset: Offset,
    },
    /// At the end a copy stands on a broker that does not lead.
    LeftBehind {
        /// Whose log.
        broker: BrokerId,
        /// Where.
        offset: Offset,
    },
    /// At the end it stands in the leader's log, where no consumer may read it.
    AboveHighWatermark {
        /// The leader.
        broker: BrokerId,
        /// Where it stands.
        offset: Offset,
        /// What is committed ends here.
        high_watermark: Offset,
    },

    // At the consumers.
    /// A consumer began to read here.
    PositionSet {
        /// Who.
        consumer: u8,
        /// The next offset to read.
        offset: Offset,
        /// Where it got that from.
        source: PositionSource,
    },
    /// It was handed to an application.
    Delivered {
        /// Whose.
        consumer: u8,
        /// Where it stands.
        offset: Offset,
    },
    /// A committed offset passed it before it took effect.
    CommittedBeforeEffect {
        /// Whose.
        consumer: u8,
        /// Where it stands.
        offset: Offset,
    },
    /// A committed offset passed its place before it stood there.
    CommittedBeforeStored {
        /// Whose.
        consumer: u8,
        /// What was committed.
        offset: Offset,
    },
    /// Another record was read from its place before it stood there.
    ReadBeforeStored {
        /// By whom.
        consumer: u8,
        /// From where.
        offset: Offset,
    },
    /// A commit was refused, or got no answer.
    CommitFailed {
        /// Whose.
        consumer: u8,
        /// Why.
        error: Error,
    },
    /// A commit that nobody waited for did not arrive.
    CommitLost {
        /// Whose.
        consumer: u8,
        /// The fault that ate it.
        fault: FaultId,
    },
    /// The group coordinator lost committed offsets.
    OffsetsLost {
        /// The coordinator.
        broker: BrokerId,
    },
    /// The group coordinator forgot committed offsets: nobody had been in the group for too long.
    OffsetsExpired,
    /// The group went on without a member.
    MemberRemoved {
        /// Which.
        consumer: u8,
        /// It had not been heard from in time (else it left).
        expired: bool,
    },
    /// The group shared its partitions out anew.
    Rebalanced {
        /// Members from then on.
        members: u8,
    },
    /// A consumer's application ended with an exception.
    ConsumerFailed {
        /// Whose.
        consumer: u8,
        /// Which.
        error: Error,
    },
    /// The account waits for another payment first.
    AccountWaits {
        /// For which.
        missing: RecordId,
    },
    /// poll() was not called for `max.poll.interval.ms`.
    PollTimedOut {
        /// By whose application.
        consumer: u8,
    },
    /// Its id was noted where nobody else sees it, and where it goes with the process.
    RecordedInMemory {
        /// By whom.
        consumer: u8,
    },
    /// The account took a later one first.
    PaidBefore {
        /// Which.
        later: RecordId,
    },
    /// Its id was noted.
    Recorded {
        /// By whom.
        consumer: u8,
    },
    /// The note of its id had had its time.
    Forgotten {
        /// Who looked for it.
        consumer: u8,
    },
    /// No answer to the call came, and the application called again.
    CalledAgain {
        /// Whose.
        consumer: u8,
        /// The fault that ate the answer, if one did.
        fault: Option<FaultId>,
    },
    /// The application could not process it.
    ProcessingFailed {
        /// Whose.
        consumer: u8,
    },
    /// It was put aside as a dead letter.
    DeadLettered {
        /// By whom.
        consumer: u8,
    },
    /// A record before it fails each time that it is read, and is read again and again.
    HeldUp {
        /// Which.
        by: RecordId,
    },
    /// The application left it alone, or its update hit no row.
    Skipped {
        /// Whose.
        consumer: u8,
        /// Why.
        why: SkipReason,
    },
    /// It was paid.
    Applied {
        /// By whom.
        consumer: u8,
    },
    /// It was paid once more.
    AppliedAgain {
        /// By whom.
        consumer: u8,
    },
    /// Nobody was there to read it when the run ended.
    NeverDelivered,
}

/// How a process came to be of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downfall {
    /// It was killed; its page cache survived.
    Killed,
    /// The machine lost power.
    PowerLost,
    /// It shut down.
    Stopped,
    /// It stood still.
    Paused,
}

impl Link {
    /// The link without what differs from record to record of one story.
    pub(super) fn shared(self) -> Link {
        use LinkKind::*;
        let kind = match self.kind {
            Cut { .. } | Down { .. } | Restarted { .. } | DiskFailed { .. } | Reset { .. } => return self,
            IsrShrunk { .. } | NoLeader { .. } | Elected { .. } | UnflushedLost { .. } => return self,
            Truncated { .. } | PositionSet { .. } | OffsetsLost { .. } | MemberRemoved { .. } => return self,
            Rebalanced { .. } | ConsumerFailed { .. } | OffsetsExpired => return self,
            Appended { broker, .. } => Appended { broker, offset: 0 },
            AppendedAgain { broker, .. } => AppendedAgain { broker, offset: 0 },
            Overtaken { by, .. } => Overtaken { by: RecordId::new(by.producer(), 0), offset: 0 },
            Deleted { broker, .. } => Deleted { broker, offset: 0 },
            LeftBehind { broker, .. } => LeftBehind { broker, offset: 0 },
            AboveHighWatermark { broker, high_watermark, .. } => {
                AboveHighWatermark { broker, offset: 0, high_watermark }
            }
            Delivered { consumer, .. } => Delivered { consumer, offset: 0 },
            CommittedBeforeEffect { consumer, .. } => CommittedBeforeEffect { consumer, offset: 0 },
            CommittedBeforeStored { consumer, .. } => CommittedBeforeStored { consumer, offset: 0 },
            ReadBeforeStored { consumer, .. } => ReadBeforeStored { consumer, offset: 0 },
            same @ (NeverSent
            | Blocked
            | Closed { .. }
            | RequestLost { .. }
            | RequestLate { .. }
            | SequenceUnresolved
            | AccountWaits { .. }
            | PaidBefore { .. }
            | PollTimedOut { .. }
            | Refused { .. }
            | AnswerLost { .. }
            | NeverAnswered { .. }
            | GaveUp { .. }
            | Retried { .. }
            | RetriedUnderNewSequence { .. }
            | ProducerForgotten { .. }
            | Expired
            | Failed { .. }
            | SentAgain { .. }
            | AckedUnseen
            | AckedByLeaderAlone { .. }
            | AckedWithCopies { .. }
            | CommitFailed { .. }
            | CommitLost { .. }
            | Recorded { .. }
            | RecordedInMemory { .. }
            | Forgotten { .. }
            | CalledAgain { .. }
            | ProcessingFailed { .. }
            | DeadLettered { .. }
            | HeldUp { .. }
            | Skipped { .. }
            | Applied { .. }
            | AppliedAgain { .. }
            | NeverDelivered) => same,
        };
        Link { step: StepNo(0), kind }
    }
}

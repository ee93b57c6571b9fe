//! Why a promise was broken: one rule for each kind of violation, over a record's fate and the ends of its
//! messages.
//!
//! A chain is no walk up the parents of an event: the cut and the ack are no ancestors of the truncation. Each
//! link is a fact of the trace, with its step; the words for it are made elsewhere.

use super::report::Report;
use crate::sim::config::Acks;
use crate::sim::{
    BrokerId, BrokerSet, Error, FaultId, LeaderEpoch, NodeId, Offset, PositionSource, RecordId, SkipReason,
    StepNo, TopicPartition, Trace, World,
};

mod consumed;
mod evidence;
mod explain;
mod produced;
mod remedy;
mod stored;
mod words;

pub use explain::{Explanation, explain};
pub use remedy::{Advice, Proof, Remedy, Setting, SettingValue};

use super::fates::Fates;
use evidence::Evidence;

/// What was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A partition has no leader.
    LogUnreadable,
    /// Acked, and not in the log.
    LostAfterAck,
    /// Failed or unknown, and not in the log. No promise, but a loss all the same.
    LostUnacked,
    /// Failed, yet in the log.
    Ghost,
    /// More than one copy in the log.
    DuplicatedInLog,
    /// Behind a record that was sent later.
    OutOfOrder,
    /// In the log, without effect.
    NeverApplied,
    /// More than one effect.
    AppliedTwice,
}

impl Violation {
    /// Those that befall single records.
    pub const OF_RECORDS: [Violation; 7] = [
        Violation::LostAfterAck,
        Violation::LostUnacked,
        Violation::Ghost,
        Violation::DuplicatedInLog,
        Violation::OutOfOrder,
        Violation::NeverApplied,
        Violation::AppliedTwice,
    ];

    /// Records that it befell in a run.
    pub fn records(self, report: &Report) -> Vec<RecordId> {
        let verdict = report.verdict.as_ref();
        let consumption = report.consumption.as_ref();
        let listed = |records: Option<&Vec<RecordId>>| records.cloned().unwrap_or_default();
        let counted = |records: Option<&Vec<(RecordId, u32)>>| {
            records.into_iter().flatten().map(|(record, _)| *record).collect()
        };
        match self {
            Violation::LogUnreadable => Vec::new(),
            Violation::LostAfterAck => listed(verdict.map(|verdict| &verdict.lost_after_ack)),
            Violation::LostUnacked => listed(verdict.map(|verdict| &verdict.lost_unacked)),
            Violation::Ghost => listed(verdict.map(|verdict| &verdict.ghost)),
            Violation::DuplicatedInLog => counted(verdict.map(|verdict| &verdict.duplicated_in_log)),
            Violation::OutOfOrder => listed(verdict.map(|verdict| &verdict.out_of_order)),
            Violation::NeverApplied => listed(consumption.and_then(|done| done.never_applied.as_ref())),
            Violation::AppliedTwice => counted(consumption.map(|done| &done.applied_twice)),
        }
    }
}

/// Why something was broken: a chain of facts, and what would have prevented it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What was broken.
    pub violation: Violation,
    /// The partition.
    pub partition: TopicPartition,
    /// For whom: records whose chains differ only in what belongs to each of them. The links are the first one's.
    pub records: Vec<RecordId>,
    /// What led to it, in order.
    pub links: Vec<Link>,
    /// What would have prevented it.
    pub remedy: Remedy,
}

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
    /// The group coordinator lost committed offsets.
    OffsetsLost {
        /// The coordinator.
        broker: BrokerId,
    },
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
    /// Its id was noted.
    Recorded {
        /// By whom.
        consumer: u8,
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

/// Every violation of a run with its cause; those of the same chain stand together.
pub fn why(world: &World, trace: &Trace, report: &Report) -> Vec<Cause> {
    let fates = Fates::new(world, trace);
    causes(&Evidence::new(world, trace, &fates), report, None)
}

/// The same over fates that are there already.
pub fn why_with(world: &World, trace: &Trace, fates: &Fates, report: &Report) -> Vec<Cause> {
    causes(&Evidence::new(world, trace, fates), report, None)
}

/// Causes of all violations, or of those that concern one record.
fn causes(evidence: &Evidence<'_>, report: &Report, only: Option<RecordId>) -> Vec<Cause> {
    let mut causes = Causes { all: Vec::new(), only };
    for (log, partition) in report.log.iter().zip((0..).map(TopicPartition::events)) {
        if log.is_none() {
            causes.add(stored::log_unreadable(evidence, partition));
        }
    }
    for violation in Violation::OF_RECORDS {
        causes.each(&violation.records(report), |record| match violation {
            Violation::LogUnreadable => None,
            Violation::LostAfterAck => stored::lost_after_ack(evidence, record),
            Violation::LostUnacked => stored::lost_unacked(evidence, record),
            Violation::Ghost => produced::ghost(evidence, record),
            Violation::DuplicatedInLog => produced::duplicated(evidence, record),
            Violation::OutOfOrder => produced::out_of_order(evidence, report, record),
            Violation::NeverApplied => consumed::never_applied(evidence, record),
            Violation::AppliedTwice => consumed::applied_twice(evidence, record),
        });
    }
    causes.all
}

/// Causes so far, those of the same chain as one.
struct Causes {
    all: Vec<Cause>,
    only: Option<RecordId>,
}

impl Causes {
    /// As many chains as are looked back at for the same one, so that a run where each record has a chain of its
    /// own does not take quadratic time.
    const LOOK_BACK: usize = 32;

    fn each<'a>(
        &mut self,
        records: impl IntoIterator<Item = &'a RecordId>,
        rule: impl Fn(RecordId) -> Option<Cause>,
    ) {
        let only = self.only;
        let concerned = records.into_iter().filter(|record| only.is_none_or(|only| only == **record));
        concerned.filter_map(|record| rule(*record)).for_each(|cause| self.add(cause));
    }

    fn add(&mut self, cause: Cause) {
        let same = self.all.iter_mut().rev().take(Causes::LOOK_BACK).find(|other| other.same_chain(&cause));
        match same {
            Some(other) => other.records.extend(cause.records),
            None => self.all.push(cause),
        }
    }
}

impl Cause {
    /// A chain in order of its steps, without repetitions.
    fn new(
        violation: Violation,
        partition: TopicPartition,
        record: Option<RecordId>,
        mut links: Vec<Link>,
        remedy: Remedy,
    ) -> Cause {
        links.sort_by_key(|link| link.step);
        let mut kept: Vec<Link> = Vec::with_capacity(links.len());
        for link in links {
            if kept.contains(&link) {
                continue;
            }
            // Of an ISR that shrinks twice in a row only the end counts.
            let shrinks = |link: &Link| matches!(link.kind, LinkKind::IsrShrunk { .. });
            if shrinks(&link) && kept.last().is_some_and(shrinks) {
                kept.pop();
            }
            kept.push(link);
        }
        Cause { violation, partition, records: record.into_iter().collect(), links: kept, remedy }
    }

    fn same_chain(&self, other: &Cause) -> bool {
        let shared = |cause: &Cause| -> Vec<Link> { cause.links.iter().map(|link| link.shared()).collect() };
        self.violation == other.violation
            && self.partition == other.partition
            && self.links.len() == other.links.len()
            && self.remedy == other.remedy
            && shared(self) == shared(other)
    }
}

impl Link {
    /// The link without what differs from record to record of one story.
    fn shared(self) -> Link {
        use LinkKind::*;
        let kind = match self.kind {
            Cut { .. } | Down { .. } | Restarted { .. } | DiskFailed { .. } | Reset { .. } => return self,
            IsrShrunk { .. } | NoLeader { .. } | Elected { .. } | UnflushedLost { .. } => return self,
            Truncated { .. } | PositionSet { .. } | OffsetsLost { .. } | MemberRemoved { .. } => return self,
            Rebalanced { .. } | ConsumerFailed { .. } => return self,
            Appended { broker, .. } => Appended { broker, offset: 0 },
            AppendedAgain { broker, .. } => AppendedAgain { broker, offset: 0 },
            Overtaken { by, .. } => Overtaken { by: RecordId::new(by.producer(), 0), offset: 0 },
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
            | Refused { .. }
            | AnswerLost { .. }
            | NeverAnswered { .. }
            | GaveUp { .. }
            | Retried { .. }
            | RetriedUnderNewSequence { .. }
            | Expired
            | Failed { .. }
            | SentAgain { .. }
            | AckedUnseen
            | AckedByLeaderAlone { .. }
            | AckedWithCopies { .. }
            | CommitFailed { .. }
            | Recorded { .. }
            | Skipped { .. }
            | Applied { .. }
            | AppliedAgain { .. }
            | NeverDelivered) => same,
        };
        Link { step: StepNo(0), kind }
    }
}

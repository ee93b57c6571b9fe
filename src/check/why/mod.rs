//! Why a promise was broken: one rule for each kind of violation, over a record's fate and the ends of its
//! messages.
//!
//! A chain is no walk up the parents of an event: the cut and the ack are no ancestors of the truncation. Each
//! link is a fact of the trace, with its step; the words for it are made elsewhere.

use super::log::LogVerdict;
use super::report::Report;
use crate::sim::order::sort_by_number;
use crate::sim::{RecordId, TopicPartition, Trace, World};

mod consumed;
mod evidence;
mod explain;
mod link;
mod positions;
mod produced;
mod remedy;
mod stored;
mod words;

pub use explain::{Explanation, explain};
pub use link::{Downfall, Link, LinkKind};
pub use remedy::{Advice, Helps, Proof, Remedy, Setting, SettingValue};

use super::fates::Fates;
use evidence::Evidence;

/// What was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// A partition has no leader.
    LogUnreadable,
    /// Acked, not in the log, and missed: not deleted in its time once it had taken effect.
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
            Violation::LostAfterAck => verdict.into_iter().flat_map(LogVerdict::missed).collect(),
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
        sort_by_number(&mut links, |link| link.step.0.into());
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

//! Whether a setting would have prevented what went wrong: never said before it was tried, with the same seed, the
//! same workload and the same faults.

use super::simulate;
use crate::check::{Cause, Outcome, Proof, Report, Setting, Violation, report};
use crate::sim::config::Resolved;
use crate::sim::config::raw::{RawScenario, RawValue};
use crate::sim::{EndReason, RecordId, Scenario};

/// A run that went wrong.
#[derive(Clone, Copy, Debug)]
pub struct Tried<'a> {
    /// What was run, as a file says it.
    pub raw: &'a RawScenario,
    /// What was run.
    pub scenario: &'a Scenario,
    /// What came of it.
    pub report: &'a Report,
}

impl Tried<'_> {
    /// The change of settings that prevents what a cause led to: the mildest under which nothing else goes wrong
    /// either, or the mildest that prevents at least this. None where no candidate does.
    pub fn proof(&self, cause: &Cause) -> Option<Proof> {
        let mut first = None;
        for settings in &cause.remedy.candidates {
            match self.prove(cause, settings) {
                Some(proof) if proof.nothing_wrong => return Some(proof),
                proof => first = first.or(proof),
            }
        }
        first
    }

    /// Whether settings prevent what a cause led to.
    pub fn prove(&self, cause: &Cause, settings: &[Setting]) -> Option<Proof> {
        let mut raw = self.raw.clone();
        for setting in settings {
            raw.set(setting.section, setting.key, RawValue::from(setting.value));
        }
        let Ok(Resolved::Scenario(mut scenario)) = raw.resolve() else { return None };
        scenario.config.step_budget = self.scenario.config.step_budget;
        let run = simulate(&scenario);
        let report = report(&scenario, &run.world, &run.trace);
        let helps = report.end != Some(EndReason::StepBudget) && prevented(cause, self.report, &report);
        helps.then(|| Proof { settings: settings.to_vec(), nothing_wrong: report.promise_kept() })
    }
}

/// Whether what a cause led to in one run does not happen in another, to its records or to any that it spared.
fn prevented(cause: &Cause, was: &Report, is: &Report) -> bool {
    if cause.violation == Violation::LogUnreadable {
        let gone = |report: &Report, place: usize| report.log.get(place).is_none_or(Option::is_none);
        let place = cause.partition.index();
        return !gone(is, place) && (0..is.log.len()).all(|i| !gone(is, i) || gone(was, i));
    }
    // A log that nobody can read says nothing of what is in it.
    if is.verdict.is_none() {
        return false;
    }
    let (before, now) = (cause.violation.records(was), cause.violation.records(is));
    let spared = |record: &RecordId| before.contains(record) && !cause.records.contains(record);
    now.iter().all(spared) && cause.records.iter().all(|record| ends_well(cause.violation, *record, is))
}

/// Whether a record came to the end that a violation denied it, and did not escape by another way out.
fn ends_well(violation: Violation, record: RecordId, report: &Report) -> bool {
    let acked = report.outcome(record) == Some(Outcome::Acked);
    let kept = || !Violation::LostAfterAck.records(report).contains(&record);
    let effects = || {
        let applied = report.consumption.as_ref().map(|consumption| &consumption.applied);
        let count = applied.and_then(|applied| applied.iter().find(|(id, _)| *id == record));
        count.map_or(0, |(_, count)| *count)
    };
    match violation {
        // No ack is no promise.
        Violation::LogUnreadable | Violation::LostAfterAck => report.outcome(record).is_some(),
        Violation::LostUnacked => report.outcome(record).is_some() && kept(),
        Violation::Ghost => matches!(report.outcome(record), Some(Outcome::Acked | Outcome::Failed(_))),
        Violation::DuplicatedInLog | Violation::OutOfOrder => acked && kept(),
        Violation::NeverApplied => effects() > 0,
        Violation::AppliedTwice => effects() == 1,
    }
}

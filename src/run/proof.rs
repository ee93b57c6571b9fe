//! Whether a setting would have prevented what went wrong: never said before it was tried, with the same seed, the
//! same workload and the same faults.

use super::simulate;
use crate::check::{Cause, Helps, Outcome, Proof, Report, Setting, Violation, report};
use crate::sim::config::Resolved;
use crate::sim::config::raw::{RawScenario, RawValue};
use crate::sim::{EndReason, FaultId, RecordId, Scenario, When};

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
    /// The change of settings that prevents what a cause led to: the one that helps most, of equals the mildest. None
    /// where no candidate does.
    pub fn proof(&self, cause: &Cause) -> Option<Proof> {
        let mut best = None;
        for settings in &cause.remedy.candidates {
            let Some(proof) = self.prove(cause, settings) else { continue };
            let rank = match proof.helps {
                // Kafka's own advice is to rely on replicas instead (`TopicConfig.FLUSH_MESSAGES_INTERVAL_DOC`).
                Helps::Wholly if proof.flushes() => 2,
                Helps::Wholly => return Some(proof),
                Helps::ForFewer { .. } | Helps::Unstruck if !proof.flushes() => 1,
                Helps::Only => 3,
                _ => 4,
            };
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, proof));
            }
        }
        best.map(|(_, proof)| proof)
    }

    /// Whether settings prevent what a cause led to.
    pub fn prove(&self, cause: &Cause, settings: &[Setting]) -> Option<Proof> {
        let mut raw = self.raw.clone();
        for setting in settings {
            raw.set(setting.section, setting.key, RawValue::from(setting.value));
        }
        let Ok(Resolved::Scenario(mut scenario)) = raw.resolve() else { return None };
        scenario.config.step_budget = self.scenario.config.step_budget;
        let ending = self.ends(cause, &scenario)?;
        // A fault that waits for something may wait for ever now. Only when it strikes as it did is anything proved.
        if ending.unstruck && self.ends(cause, &self.pinned(scenario)).is_none() {
            return None;
        }
        Some(Proof { settings: settings.to_vec(), helps: ending.helps })
    }

    /// How a scenario ends, if what a cause led to does not happen in it and nothing else is worse.
    fn ends(&self, cause: &Cause, scenario: &Scenario) -> Option<Ending> {
        let run = simulate(scenario);
        let report = report(scenario, &run.world, &run.trace);
        if report.end == Some(EndReason::StepBudget) || !prevented(cause, self.report, &report) {
            return None;
        }
        let sent = scenario.config.producer.records * u32::from(scenario.config.producer.count);
        let told = report.result.iter().filter(|(_, outcome)| *outcome != Outcome::Unknown).count() as u32;
        let missed = |fault| !self.report.faults_never_fired.contains(fault);
        let unstruck = report.faults_never_fired.iter().any(missed);
        let helps = how_far(cause, self.report, &report, Pace { waits: told < sent, unstruck })?;
        Some(Ending { helps, unstruck })
    }

    /// The same with each fault at the moment at which it struck.
    fn pinned(&self, mut scenario: Scenario) -> Scenario {
        let run = simulate(self.scenario);
        for (id, fault) in (0..).map(FaultId).zip(&mut scenario.faults) {
            if let Some(at) = run.world.fired_at(id) {
                fault.when = When { at: Some(at.0), ..When::default() };
            }
        }
        scenario
    }
}

/// How a run ends in which a violation does not happen.
struct Ending {
    helps: Helps,
    /// A fault did not strike that did.
    unstruck: bool,
}

/// What a run did not come to.
#[derive(Clone, Copy)]
struct Pace {
    /// Writes stood still until the end.
    waits: bool,
    /// A fault did not strike that did.
    unstruck: bool,
}

/// How far one run is what another should have been; none if something else is worse in it.
fn how_far(cause: &Cause, was: &Report, is: &Report, pace: Pace) -> Option<Helps> {
    let acked = |report: &Report| {
        report.result.iter().filter(|(_, outcome)| *outcome == Outcome::Acked).count() as u32
    };
    let (before, now) = (acked(was), acked(is));
    // What is no longer acknowledged may fail: that is told by how many are. And where writes stand still until the
    // end, what is in the log was not passed over: nobody has come to it.
    let harmed = |violation: Violation| match violation {
        Violation::LostUnacked => 0,
        Violation::NeverApplied if pace.waits => 0,
        _ => harm(violation, is),
    };
    let broken: Vec<Violation> = Violation::OF_RECORDS.into_iter().filter(|v| harmed(*v) > 0).collect();
    let mut worse =
        broken.iter().filter(|v| **v != cause.violation && harmed(**v) > harm(**v, was)).peekable();
    if worse.peek().is_some() {
        let twice = |v: &Violation| matches!(v, Violation::DuplicatedInLog | Violation::AppliedTwice);
        let lost = matches!(
            cause.violation,
            Violation::LostAfterAck | Violation::LostUnacked | Violation::NeverApplied
        );
        (lost && worse.all(twice)).then_some(Helps::Twice)
    } else if !broken.is_empty() {
        Some(Helps::Only)
    } else if now < before {
        Some(Helps::ForFewer { acked: now, before })
    } else if pace.unstruck {
        Some(Helps::Unstruck)
    } else {
        Some(Helps::Wholly)
    }
}

/// How much of a violation there is in a run: records, or effects and copies too many.
fn harm(violation: Violation, report: &Report) -> u32 {
    let counted = match violation {
        Violation::DuplicatedInLog => report.verdict.as_ref().map(|verdict| &verdict.duplicated_in_log),
        Violation::AppliedTwice => report.consumption.as_ref().map(|done| &done.applied_twice),
        _ => return violation.records(report).len() as u32,
    };
    counted.into_iter().flatten().map(|(_, times)| times - 1).sum()
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
        // No ack is no promise, and what was never sent has none either.
        Violation::LogUnreadable | Violation::LostAfterAck => true,
        Violation::LostUnacked => report.outcome(record).is_some() && kept(),
        Violation::Ghost => matches!(report.outcome(record), Some(Outcome::Acked | Outcome::Failed(_))),
        Violation::DuplicatedInLog | Violation::OutOfOrder => acked && kept(),
        Violation::NeverApplied => effects() > 0,
        Violation::AppliedTwice => effects() == 1,
    }
}

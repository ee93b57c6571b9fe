//! One schedule run under all invariants, and the smallest one that still breaks the same.

use ackscope::check::{
    Fates, FinalLog, Invariant, Invariants, PartitionHistory, Report, explain, invariants, report, why_with,
};
use ackscope::run::write::to_toml;
use ackscope::sim::config::keys::Section;
use ackscope::sim::config::raw::{RawScenario, RawValue};
use ackscope::sim::config::{Acks, Effect, Mutant, Resolved};
use ackscope::sim::{Fact, Observation, RecordId, Scenario, Step, Trace, World, ms};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

const STEP_BUDGET: u32 = 60_000;

/// Invariants that a schedule breaks, the run over.
pub(super) fn breaks(scenario: &Scenario) -> BTreeSet<Invariant> {
    let (mut world, mut trace) = (World::new(scenario), Trace::default());
    let mut judge = Invariants::new(&scenario.config);
    loop {
        let first = trace.observations.len();
        let step = world.step(&mut trace);
        let facts = trace.observations[first..].iter();
        facts.for_each(|fact| judge.observe(world.arena(), trace.at(fact), fact));
        judge.after_step(&world);
        if let Step::Ended(_) = step {
            return judge.breaches().iter().map(|breach| breach.invariant).collect();
        }
    }
}

/// What went wrong, as far as two runs are compared by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Breach(Invariant),
    /// Engine and facts disagree on a log.
    FactsIncomplete,
    /// Steps taken one by one and facts read at the end were judged differently.
    JudgedTwice,
    LostWithoutCause,
    AppliedTwice,
    Panicked,
}

/// A schedule that broke something.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) wrong: Wrong,
    pub(super) details: String,
}

/// A seed's schedule as it can be run; none where Kafka would refuse it, or a draw named what is not there.
pub(super) fn resolve(raw: &RawScenario, mutant: Option<Mutant>) -> Option<Scenario> {
    match raw.resolve() {
        Ok(Resolved::Scenario(mut scenario)) => {
            scenario.config.step_budget = STEP_BUDGET;
            if scenario.config.topic.retention.is_some_and(|retention| retention < scenario.config.stop_after)
            {
                // Less than the minute that a file can ask for: so offsets are forgotten within these short runs.
                scenario.config.cluster.offsets_retention = ms(1_000);
                scenario.config.cluster.offsets_retention_check = ms(500);
            }
            scenario.config.mutant = mutant;
            Some(scenario)
        }
        Ok(Resolved::Refused(_)) | Err(_) => None,
    }
}

thread_local! {
    /// A panic on this thread is caught and told later.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Keeps what [`judge`] catches from being printed.
pub(super) fn catch_quietly() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !QUIET.get() {
            before(info);
        }
    }));
}

/// Runs a schedule. `see` gets every fact.
pub(super) fn judge(scenario: &Scenario, see: &mut dyn FnMut(&Observation)) -> Result<(), Failure> {
    QUIET.set(true);
    let run = catch_unwind(AssertUnwindSafe(|| run(scenario, see)));
    QUIET.set(false);
    run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Failure { wrong: Wrong::Panicked, details: text.unwrap_or_default() })
    })
}

fn run(scenario: &Scenario, see: &mut dyn FnMut(&Observation)) -> Result<(), Failure> {
    let (mut world, mut trace) = (World::new(scenario), Trace::default());
    let mut judge = Invariants::new(&scenario.config);
    loop {
        let first = trace.observations.len();
        let step = world.step(&mut trace);
        for observation in &trace.observations[first..] {
            see(observation);
            judge.observe(world.arena(), trace.at(observation), observation);
        }
        judge.after_step(&world);
        if let Some(breach) = judge.breaches().first() {
            return Err(Failure { wrong: Wrong::Breach(breach.invariant), details: breach.to_string() });
        }
        if let Step::Ended(_) = step {
            break;
        }
    }
    at_the_end(scenario, &world, &trace, &judge)
}

fn at_the_end(scenario: &Scenario, world: &World, trace: &Trace, judge: &Invariants) -> Result<(), Failure> {
    let fail = |wrong, details| Err(Failure { wrong, details });
    if !judge.log_agrees(world) {
        return fail(Wrong::FactsIncomplete, "a log is not what the facts say".to_owned());
    }
    if let Some(breach) = invariants(world, trace).first() {
        return fail(Wrong::JudgedTwice, breach.to_string());
    }
    let report = report(scenario, world, trace);
    let fates = Fates::new(world, trace);
    // That each violation has a cause is shown elsewhere; here that finding it never fails.
    why_with(world, trace, &fates, &report);
    if let Some(lost) = lost_without_cause(world, trace, &report) {
        return fail(Wrong::LostWithoutCause, told(world, trace, &report, Some(&lost)));
    }
    // What is known by its own id for ever has one effect.
    let once = scenario.config.consumer.as_ref().is_some_and(|consumer| {
        matches!(consumer.effect, Effect::Transaction | Effect::ExternalCall)
            && consumer.notes_ids()
            && !consumer.dedup_by_offset
            && consumer.remember.is_none()
    });
    let twice = report.consumption.as_ref().map_or(0, |consumption| consumption.applied_twice.len());
    if once && twice > 0 {
        let twice = report.consumption.iter().flat_map(|consumption| &consumption.applied_twice).next();
        return fail(Wrong::AppliedTwice, told(world, trace, &report, twice.map(|(record, _)| record)));
    }
    Ok(())
}

/// The story of a record.
fn told(world: &World, trace: &Trace, report: &Report, record: Option<&RecordId>) -> String {
    let story = record.and_then(|record| explain(world, trace, report, *record));
    story.map(|story| story.to_string()).unwrap_or_default()
}

/// I16 with the oracle of the fact pack: what was acked with acks=all is gone from the leader's log only where
/// power was lost or an election was unclean. (It may stand there above a high watermark that waits for the ISR.)
fn lost_without_cause(world: &World, trace: &Trace, report: &Report) -> Option<RecordId> {
    // Or was deleted in its time.
    let excused = |observation: &Observation| {
        matches!(
            observation.fact,
            Fact::UnflushedLost { .. }
                | Fact::LogStartMoved { .. }
                | Fact::PartitionChanged { unclean: true, .. }
        )
    };
    if world.config().producer.acks != Acks::All || trace.observations.iter().any(excused) {
        return None;
    }
    let led = |(log, history): (&FinalLog, &PartitionHistory)| {
        let last_leader = history.last_leader();
        let replica = log.replicas.iter().find(|(broker, _)| *broker == last_leader);
        replica.map_or_else(Vec::new, |(_, records)| records.clone())
    };
    let kept: BTreeSet<RecordId> =
        report.final_logs.iter().zip(&report.partitions).flat_map(led).map(|(_, _, id)| id).collect();
    let lost = report.verdict.iter().flat_map(|verdict| &verdict.lost_after_ack);
    lost.copied().find(|record| !kept.contains(record))
}

/// The smallest schedule that can be found in a few hundred tries which breaks the same.
pub(super) fn shrink(raw: &RawScenario, wrong: &Wrong, mutant: Option<Mutant>) -> String {
    let mut smallest = raw.clone();
    let mut tries = 400;
    'again: loop {
        for candidate in smaller(&smallest) {
            tries -= 1;
            if tries == 0 {
                break 'again;
            }
            let Some(scenario) = resolve(&candidate, mutant) else { continue };
            if judge(&scenario, &mut |_| {}).is_err_and(|failure| failure.wrong == *wrong) {
                smallest = candidate;
                continue 'again;
            }
        }
        break;
    }
    to_toml(&smallest)
}

/// Schedules with one thing less: a fault, a section, a setting, a record.
fn smaller(raw: &RawScenario) -> Vec<RawScenario> {
    let mut all = Vec::new();
    for i in 0..raw.faults.len() {
        let mut less = raw.clone();
        less.faults.remove(i);
        all.push(less);
    }
    let kept = |section: Section, key: &str| {
        matches!(section, Section::Root | Section::Stop) || key == "records" || key == "brokers"
    };
    for (section, entries) in raw.sections() {
        for entry in entries {
            if kept(section, &entry.key) {
                continue;
            }
            let mut less = raw.clone();
            less.unset(section, &entry.key);
            all.push(less);
        }
    }
    if let Some(RawValue::Int(records)) = raw.get(Section::Producer, "records") {
        for fewer in [records / 2, records - 1] {
            let mut less = raw.clone();
            less.set(Section::Producer, "records", fewer.max(1));
            if fewer >= 1 && fewer < *records {
                all.push(less);
            }
        }
    }
    all
}

//! One schedule run under all invariants, and the smallest one that still breaks the same.

use crate::oracle::{Seen, unexplained};
use ackscope::check::{Fall, Fates, Invariant, Invariants, Report, explain, invariants, report, why_with};
use ackscope::run::write::to_toml;
use ackscope::sim::config::keys::Section;
use ackscope::sim::config::raw::{RawScenario, RawValue};
use ackscope::sim::config::{Mutant, Resolved};
use ackscope::sim::{Observation, RecordId, Scenario, Step, StepNo, Trace, World, ms};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

const STEP_BUDGET: u32 = 200_000;

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
            judge.at_end(&world);
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
    /// The funnel counts fewer records than can be read.
    Funnel,
    /// A promise broke, and the oracle knows no reason for it.
    Unexplained(Fall),
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

/// What runs have shown.
#[derive(Clone, Default)]
pub(super) struct Shown {
    /// Promises that broke for one reason only.
    pub(super) alone: Seen,
    /// Runs at whose end the cluster had to be whole.
    pub(super) recovered: u64,
}

impl Shown {
    pub(super) fn add(&mut self, other: Shown) {
        for (pair, seed) in other.alone {
            let first = self.alone.entry(pair).or_insert(seed);
            *first = seed.min(*first);
        }
        self.recovered += other.recovered;
    }
}

/// Runs a schedule. `see` gets every fact.
pub(super) fn judge(
    scenario: &Scenario,
    shown: &mut Shown,
    see: &mut dyn FnMut(&Observation),
) -> Result<(), Failure> {
    QUIET.set(true);
    let run = catch_unwind(AssertUnwindSafe(|| run(scenario, shown, see)));
    QUIET.set(false);
    run.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Failure { wrong: Wrong::Panicked, details: text.unwrap_or_default() })
    })
}

fn run(scenario: &Scenario, shown: &mut Shown, see: &mut dyn FnMut(&Observation)) -> Result<(), Failure> {
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
        if let Step::Ended(_) = step {
            shown.recovered += u64::from(judge.at_end(&world));
        }
        if let Some(breach) = judge.breaches().first() {
            return Err(Failure { wrong: Wrong::Breach(breach.invariant), details: breach.to_string() });
        }
        if let Step::Ended(_) = step {
            break;
        }
    }
    at_the_end(scenario, &world, &trace, &judge, shown)
}

fn at_the_end(
    scenario: &Scenario,
    world: &World,
    trace: &Trace,
    judge: &Invariants,
    shown: &mut Shown,
) -> Result<(), Failure> {
    let fail = |wrong, details| Err(Failure { wrong, details });
    if !judge.log_agrees(world) {
        return fail(Wrong::FactsIncomplete, "a log is not what the facts say".to_owned());
    }
    if let Some(breach) = invariants(world, trace).first() {
        return fail(Wrong::JudgedTwice, breach.to_string());
    }
    let report = report(scenario, world, trace);
    let fates = Fates::new(world, trace);
    // A leader may be new and not know yet how far others have it: then fewer can be read than were stored.
    let stored = fates.funnel(StepNo(trace.steps.len() as u32)).stored;
    let readable: BTreeSet<RecordId> = report.log.iter().flatten().flatten().copied().collect();
    if readable.len() > stored as usize {
        return fail(Wrong::Funnel, format!("{stored} stored, {} readable", readable.len()));
    }
    // That each violation has a cause is shown elsewhere; here that finding it never fails.
    why_with(world, trace, &fates, &report);
    let seed = scenario.config.seed;
    if let Some((record, fall)) = unexplained(world, trace, &report, seed, &mut shown.alone) {
        return fail(Wrong::Unexplained(fall), told(world, trace, &report, record));
    }
    Ok(())
}

/// The story of a record.
fn told(world: &World, trace: &Trace, report: &Report, record: RecordId) -> String {
    let story = explain(world, trace, report, record);
    story.map(|story| story.to_string()).unwrap_or_default()
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
            if judge(&scenario, &mut Shown::default(), &mut |_| {})
                .is_err_and(|failure| failure.wrong == *wrong)
            {
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

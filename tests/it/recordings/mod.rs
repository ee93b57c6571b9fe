//! Every recorded case: what the engine does with the file that a real Kafka cluster was given.
//!
//! Each runs with a hundred seeds, or with `ACKSCOPE_SEEDS=3`. The cases that agree in every key stand in
//! `tests/recordings/agreed.txt`, what came of each in `src/docs/recordings.md`; `UPDATE_EXPECT=1` rewrites both.

mod compare;
mod free;
mod page;
mod recording;

use ackscope::run::catalogue::BuiltIn;
use ackscope::run::file::ScenarioFile;
use ackscope::sim::Fault;
use ackscope::sim::config::{Config, Resolved};
use free::{FREE, short};
use recording::{DIR, Recording, names, run};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const SEEDS: u64 = 100;

/// How many seeds, and whether that is as many as the written results stand for.
fn seeds() -> (u64, bool) {
    let seeds = std::env::var("ACKSCOPE_SEEDS").map_or(SEEDS, |n| n.parse().expect("a number of seeds"));
    (seeds, seeds == SEEDS)
}

#[test]
fn every_case_that_agreed_agrees() {
    let (seeds, all_seeds) = seeds();
    let cases = compare_all(seeds);
    println!("{}", table(&cases));
    let agreeing: Vec<&str> =
        cases.iter().filter(|case| case.differs.is_empty()).map(|case| case.name()).collect();
    let list = Path::new(DIR).join("agreed.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&list, agreeing.join("\n") + "\n").expect("the list can be written");
    } else {
        let agreed = std::fs::read_to_string(&list).unwrap_or_default();
        let lost: Vec<&str> = agreed.lines().filter(|name| !agreeing.contains(name)).collect();
        let won: Vec<&&str> =
            agreeing.iter().filter(|name| !agreed.lines().any(|line| line == **name)).collect();
        let details: String =
            cases.iter().filter(|case| lost.contains(&case.name())).map(Case::details).collect();
        assert!(lost.is_empty(), "no longer as recorded: {lost:?}\n{details}");
        assert!(
            won.is_empty(),
            "now as recorded: {won:?}. Run again with UPDATE_EXPECT=1 and commit the list."
        );
    }
    if all_seeds {
        nothing_is_free_that_never_differs(&cases);
        page::compare(&cases);
    }
}

/// What is left to chance must have been seen to fall another way, or it hides an error to come.
fn nothing_is_free_that_never_differs(cases: &[Case]) {
    for free in FREE {
        for of in free.cases {
            let case = cases.iter().find(|case| short(case.name()) == *of).expect("a case of that name");
            let seen: Vec<&&str> = free.keys.iter().filter(|key| case.by_chance.contains(**key)).collect();
            assert!(!seen.is_empty(), "{of} never differs in {:?}: nothing needs to be free", free.keys);
        }
    }
}

/// What differs in one case: `ACKSCOPE_CASE=s03a cargo test --test it recordings -- --nocapture`.
#[test]
fn one_case_in_detail() {
    let Ok(prefix) = std::env::var("ACKSCOPE_CASE") else { return };
    let seeds = std::env::var("ACKSCOPE_SEEDS").map_or(1, |n| n.parse().expect("a number of seeds"));
    for name in names().iter().filter(|name| name.starts_with(&prefix)) {
        println!("{}", Case::compare(name, seeds).details());
    }
}

/// Every case by name, two at a time.
fn compare_all(seeds: u64) -> Vec<Case> {
    let names = names();
    let (first, second) = names.split_at(names.len() / 2);
    let compare = |names: &[String]| names.iter().map(|n| Case::compare(n, seeds)).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| compare(second));
        let mut cases = compare(first);
        cases.extend(other.join().expect("panics are caught case by case"));
        cases
    })
}

/// A case, and in what it differs from the recording.
struct Case {
    recording: Recording,
    agrees: usize,
    /// Key, ours (with the seed), theirs.
    differs: BTreeMap<String, (String, String)>,
    /// Keys that some seed left as recorded only up to what is left to chance.
    by_chance: BTreeSet<String>,
    /// What came of it, in words, with each of the seeds.
    told: BTreeSet<String>,
}

impl Case {
    fn compare(name: &str, seeds: u64) -> Case {
        let mut case = Case {
            recording: Recording::read(name),
            agrees: 0,
            differs: BTreeMap::new(),
            by_chance: BTreeSet::new(),
            told: BTreeSet::new(),
        };
        for seed in 1..=seeds {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case.compare_run(seed))) {
                let what = panic.downcast_ref::<String>().cloned();
                let what = what.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                let what = format!("seed {seed}: {}", what.unwrap_or_default());
                case.differs.insert("(panicked)".to_owned(), (what, String::new()));
            }
        }
        case
    }

    fn compare_run(&mut self, seed: u64) {
        let ours = run(&self.recording.file, seed);
        let found = self.recording.difference(&ours);
        self.agrees = found.agrees;
        self.by_chance.extend(found.by_chance);
        for (key, (own, theirs)) in found.differs {
            self.differs.entry(key).or_insert((format!("seed {seed}: {own}"), theirs));
        }
        for key in self.recording.lacks(&ours) {
            let no_such = || (ours[key].to_string(), "no such key".to_owned());
            self.differs.entry(key.clone()).or_insert_with(no_such);
        }
        self.told.insert(page::told(&|key| std::slice::from_ref(&ours[key])));
    }

    fn name(&self) -> &str {
        &self.recording.name
    }

    fn details(&self) -> String {
        let mut text = format!("{}\n", self.name());
        for (key, (ours, theirs)) in &self.differs {
            _ = writeln!(text, "  {key}\n    ours {ours}\n   theirs {theirs}");
        }
        text
    }
}

fn table(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let differs: Vec<&str> = case.differs.keys().map(String::as_str).collect();
        _ = writeln!(text, "{:60} {:3} keys agree  {}", case.name(), case.agrees, differs.join(", "));
    }
    let all = cases.iter().filter(|case| case.differs.is_empty()).count();
    _ = writeln!(text, "{all} of {} cases agree in every key", cases.len());
    text
}

/// Seeds with which a built-in scenario must come out as the case that it is taken for.
const SEEDS_OF_THE_CATALOGUE: u64 = 10;

/// The recorded case that a built-in scenario is, and whether the consumers were recorded too: where they were
/// not, the scenario has some of its own, and what the recording says comes out all the same.
pub(super) fn recorded_as(built_in: &BuiltIn) -> Option<(String, bool)> {
    let file = built_in.file();
    let ours = essence(&file);
    let name = names().into_iter().find(|name| {
        let recorded = essence(&Recording::read(name).file);
        let mut ours = ours.clone();
        if recorded.0.consumer.is_none() {
            leave_consumers_out(&mut ours.0, &recorded.0);
        }
        recorded == ours
    })?;
    let recording = Recording::read(&name);
    let as_recorded = |seed| recording.difference(&run(&file, seed)).differs.is_empty();
    if !(1..=SEEDS_OF_THE_CATALOGUE).all(as_recorded) {
        return None;
    }
    Some((recording.short().to_owned(), essence(&recording.file).0.consumer.is_some()))
}

/// All that a run depends on but its seed, and what the client says to it.
fn essence(file: &ScenarioFile) -> (Config, Vec<Fault>, Option<&'static str>) {
    let (scenario, refused) = match &file.resolved {
        Resolved::Scenario(scenario) => (scenario, None),
        Resolved::Refused(refusal) => (&refusal.scenario, Some(refusal.exception)),
    };
    let mut config = scenario.config.clone();
    config.seed = 0;
    let nameless = |fault: &Fault| Fault { name: None, ..fault.clone() };
    (config, scenario.faults.iter().map(nameless).collect(), refused)
}

/// Takes the consumers away, and what only matters with them.
fn leave_consumers_out(config: &mut Config, like: &Config) {
    config.consumer = None;
    config.cluster.offsets_replication_factor = like.cluster.offsets_replication_factor;
    config.cluster.offset_commit_timeout = like.cluster.offset_commit_timeout;
    config.cluster.group_initial_rebalance_delay = like.cluster.group_initial_rebalance_delay;
    config.cluster.group_min_session_timeout = like.cluster.group_min_session_timeout;
    config.cluster.group_max_session_timeout = like.cluster.group_max_session_timeout;
}

//! A recorded case: the file that a real Kafka cluster was given, and what it did.

use super::compare::{comparable, freed};
use super::free::short;
use ackscope::check::{Refusal, Report, report};
use ackscope::run::file::{self, ScenarioFile};
use ackscope::run::simulate;
use ackscope::sim::Scenario;
use ackscope::sim::config::Resolved;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub(super) const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
/// Measured on a real clock, so never equal.
const TIMES: [&str; 2] = ["unavailable_ms", "timeline"];
/// What only a simulation can say.
const OURS_ONLY: [&str; 8] =
    ["scenario", "seed", "digest", "steps", "end", "price", "faults_never_fired", "unavailable_ms"];

pub(super) struct Recording {
    pub name: String,
    pub file: ScenarioFile,
    json: Value,
}

/// How a result differs from a recording: by key, ours and theirs.
#[derive(Default)]
pub(super) struct Difference {
    /// Keys that are as recorded.
    pub agrees: usize,
    pub differs: BTreeMap<String, (String, String)>,
    /// Keys that are as recorded only up to what is left to chance.
    pub by_chance: BTreeSet<String>,
}

/// Every case by name.
pub(super) fn names() -> Vec<String> {
    let files = std::fs::read_dir(DIR).expect("recordings are there").flatten();
    let paths = files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = paths.map(stem).collect();
    names.sort();
    names
}

impl Recording {
    pub fn read(name: &str) -> Recording {
        let text = |ending: &str| {
            std::fs::read_to_string(Path::new(DIR).join(format!("{name}.{ending}")))
                .expect("the case is there")
        };
        let json = serde_json::from_str(&text("json")).expect("a recording is JSON");
        let file = file::parse(&text("toml")).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
        Recording { name: name.to_owned(), file, json }
    }

    /// What it is called for short.
    pub fn short(&self) -> &str {
        short(&self.name)
    }

    pub fn runs(&self) -> usize {
        self.json["runs"].as_u64().expect("a number") as usize
    }

    /// What a key was, each time where it was not always the same.
    pub fn values<'a>(&'a self, key: &str) -> &'a [Value] {
        match (self.json["same_in_all_runs"].get(key), self.json["differing"].get(key)) {
            (Some(value), _) => std::slice::from_ref(value),
            (None, Some(values)) => values.as_array().expect("one for each run"),
            (None, None) => &[],
        }
    }

    fn keys(&self) -> impl Iterator<Item = &String> {
        let keys = |of: &str| self.json[of].as_object().expect("an object").keys();
        keys("same_in_all_runs").chain(keys("differing"))
    }

    /// How what came of a simulated run differs.
    pub fn difference(&self, ours: &Value) -> Difference {
        let producers = ours["result"].as_object().expect("an object").keys().map(|id| id.split('-').next());
        let several = producers.collect::<BTreeSet<_>>().len() > 1;
        let mut found = Difference::default();
        for key in self.keys().filter(|key| !TIMES.contains(&key.as_str())) {
            let seen = |value: &Value| comparable(key, value, several);
            let part = |value: &Value| freed(&self.name, key, seen(value));
            let (whole, own) = (seen(&ours[key]), part(&ours[key]));
            if self.values(key).iter().all(|theirs| part(theirs) != own) {
                let theirs: Vec<String> = self.values(key).iter().map(|v| part(v).to_string()).collect();
                found.differs.insert(key.clone(), (own.to_string(), theirs.join("\n     or ")));
                continue;
            }
            found.agrees += 1;
            if self.values(key).iter().all(|theirs| seen(theirs) != whole) {
                found.by_chance.insert(key.clone());
            }
        }
        found
    }

    /// Keys that a simulated run has and the recording lacks.
    pub fn lacks<'a>(&'a self, ours: &'a Value) -> impl Iterator<Item = &'a String> {
        let known: BTreeSet<&String> = self.keys().collect();
        let ours = ours.as_object().expect("an object").keys();
        ours.filter(move |key| !known.contains(key) && !OURS_ONLY.contains(&key.as_str()))
    }
}

/// What comes of a file with another seed.
pub(super) fn run(file: &ScenarioFile, seed: u64) -> Value {
    let with_seed = |scenario: &Scenario| {
        let mut scenario = scenario.clone();
        scenario.config.seed = seed;
        scenario
    };
    match &file.resolved {
        Resolved::Scenario(scenario) => run_to_the_end(&with_seed(scenario)).to_json(),
        Resolved::Refused(refusal) => {
            let mut report = run_to_the_end(&with_seed(&refusal.scenario));
            report.refused = Some(Refusal {
                exception: refusal.exception.to_string(),
                cause: refusal.cause.map(|cause| cause.to_string()),
            });
            report.to_json()
        }
    }
}

fn run_to_the_end(scenario: &Scenario) -> Report {
    let run = simulate(scenario);
    report(scenario, &run.world, &run.trace)
}

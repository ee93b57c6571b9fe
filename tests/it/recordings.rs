//! Every recorded case: what the engine does with the file that a real Kafka cluster was given.
//!
//! Each runs with a hundred seeds, or with `ACKSCOPE_SEEDS=3`. The cases that agree in every key stand in
//! `tests/recordings/agreed.txt`; `UPDATE_EXPECT=1` rewrites that list.

use ackscope::check::{Refusal, Report, report};
use ackscope::run::file;
use ackscope::sim::config::Resolved;
use ackscope::sim::{Scenario, Step, Trace, World};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings");
const SEEDS: u64 = 100;
/// Measured on a real clock, so never equal.
const TIMES: [&str; 2] = ["unavailable_ms", "timeline"];

#[test]
fn every_case_that_agreed_agrees() {
    let seeds = std::env::var("ACKSCOPE_SEEDS").map_or(SEEDS, |n| n.parse().expect("a number of seeds"));
    let cases = compare_all(seeds);
    println!("{}", table(&cases));
    let agreeing: Vec<&str> =
        cases.iter().filter(|case| case.differs.is_empty()).map(|case| case.name.as_str()).collect();
    let list = Path::new(DIR).join("agreed.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&list, agreeing.join("\n") + "\n").expect("the list can be written");
        return;
    }
    let agreed = std::fs::read_to_string(&list).unwrap_or_default();
    let lost: Vec<&str> = agreed.lines().filter(|name| !agreeing.contains(name)).collect();
    let won: Vec<&&str> = agreeing.iter().filter(|name| !agreed.lines().any(|line| line == **name)).collect();
    let details: String =
        cases.iter().filter(|case| lost.contains(&&*case.name)).map(Case::details).collect();
    assert!(lost.is_empty(), "no longer as recorded: {lost:?}\n{details}");
    assert!(won.is_empty(), "now as recorded: {won:?}. Run again with UPDATE_EXPECT=1 and commit the list.");
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

fn names() -> Vec<String> {
    let files = std::fs::read_dir(DIR).expect("recordings are there").flatten();
    let paths = files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut names: Vec<String> = paths.map(stem).collect();
    names.sort();
    names
}

/// A case, and in what it differs from the recording.
struct Case {
    name: String,
    agrees: usize,
    /// Key, ours (with the seed), theirs.
    differs: BTreeMap<String, (String, String)>,
}

impl Case {
    fn compare(name: &str, seeds: u64) -> Case {
        let recorded =
            std::fs::read_to_string(Path::new(DIR).join(format!("{name}.json"))).expect("recorded");
        let recorded: Value = serde_json::from_str(&recorded).expect("a recording is JSON");
        let mut case = Case { name: name.to_owned(), agrees: 0, differs: BTreeMap::new() };
        for seed in 1..=seeds {
            match catch_unwind(AssertUnwindSafe(|| run(name, seed))) {
                Ok(ours) => case.compare_run(seed, &recorded, &ours),
                Err(panic) => {
                    let what = panic.downcast_ref::<String>().cloned();
                    let what = what.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                    let what = format!("seed {seed}: {}", what.unwrap_or_default());
                    case.differs.insert("(panicked)".to_owned(), (what, String::new()));
                }
            }
        }
        case
    }

    fn compare_run(&mut self, seed: u64, recorded: &Value, ours: &Value) {
        let same = recorded["same_in_all_runs"].as_object().expect("an object");
        let differing = recorded["differing"].as_object().expect("an object");
        let producers = ours["result"].as_object().expect("an object").keys().map(|id| id.split('-').next());
        let several = producers.collect::<std::collections::BTreeSet<_>>().len() > 1;
        let name = self.name.clone();
        let comparable = |key: &str, value: &Value| freed(&name, key, comparable(key, value, several));
        self.agrees = 0;
        let one = same.iter().map(|(key, value)| (key, std::slice::from_ref(value)));
        let any =
            differing.iter().map(|(key, values)| (key, &**values.as_array().expect("one for each run")));
        for (key, values) in one.chain(any).filter(|(key, _)| !TIMES.contains(&key.as_str())) {
            let own = comparable(key, &ours[key]);
            if values.iter().any(|theirs| comparable(key, theirs) == own) {
                self.agrees += 1;
            } else if !self.differs.contains_key(key) {
                let theirs: Vec<String> = values.iter().map(|v| comparable(key, v).to_string()).collect();
                self.differs.insert(key.clone(), (format!("seed {seed}: {own}"), theirs.join("\n     or ")));
            }
        }
        let extra = ours.as_object().expect("an object").keys().filter(|key| {
            !same.contains_key(*key) && !differing.contains_key(*key) && !OURS_ONLY.contains(&key.as_str())
        });
        for key in extra {
            self.differs.entry(key.clone()).or_insert((ours[key].to_string(), "no such key".to_owned()));
        }
    }

    fn details(&self) -> String {
        let mut text = format!("{}\n", self.name);
        for (key, (ours, theirs)) in &self.differs {
            _ = writeln!(text, "  {key}\n    ours {ours}\n   theirs {theirs}");
        }
        text
    }
}

/// What only a simulation can say.
const OURS_ONLY: [&str; 8] =
    ["scenario", "seed", "digest", "steps", "end", "price", "faults_never_fired", "unavailable_ms"];

fn table(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        let differs: Vec<&str> = case.differs.keys().map(String::as_str).collect();
        _ = writeln!(text, "{:60} {:3} keys agree  {}", case.name, case.agrees, differs.join(", "));
    }
    let all = cases.iter().filter(|case| case.differs.is_empty()).count();
    _ = writeln!(text, "{all} of {} cases agree in every key", cases.len());
    text
}

fn run(name: &str, seed: u64) -> Value {
    let text =
        std::fs::read_to_string(Path::new(DIR).join(format!("{name}.toml"))).expect("the case is there");
    let file = file::parse(&text).unwrap_or_else(|errors| panic!("{name}: {errors:?}"));
    match file.resolved {
        Resolved::Scenario(mut scenario) => {
            scenario.config.seed = seed;
            run_to_the_end(&scenario).to_json()
        }
        Resolved::Refused(refusal) => {
            let mut report = run_to_the_end(&refusal.scenario);
            report.refused = Some(Refusal {
                exception: refusal.exception.to_string(),
                cause: refusal.cause.map(|cause| cause.to_string()),
            });
            report.to_json()
        }
    }
}

fn run_to_the_end(scenario: &Scenario) -> Report {
    let (mut world, mut trace) = (World::new(scenario), Trace::default());
    while let Step::Taken = world.step(&mut trace) {}
    report(scenario, &world, &trace)
}

/// What the recorded runs happened to agree in, though timing decides it. Each is seen to go the other way with
/// some seed; everything else about these cases is compared as it stands.
const FREE: &[(&str, &[&str], Freedom)] = &[
    // Both brokers die at once, or come back at once: whose session ends first, or who has caught up first, is
    // decided by the phase of their heartbeats and fetches.
    ("s06a", &["isr"], Freedom::Interchangeable([2, 3])),
    ("s06d", &["isr"], Freedom::Interchangeable([2, 3])),
    ("s26a", &["isr"], Freedom::Interchangeable([2, 3])),
    ("s28", &["isr"], Freedom::Interchangeable([2, 3])),
    ("s19", &["isr"], Freedom::Interchangeable([1, 2])),
    ("s32", &["isr"], Freedom::Interchangeable([1, 2])),
    ("s48", &["isr"], Freedom::Interchangeable([1, 2])),
    // Client and leader give the same request up after the same `request.timeout.ms`: who is first is decided by
    // a fraction of a millisecond.
    ("s23b", &["attempts"], Freedom::TimedOutByEither),
    ("s26a", &["attempts"], Freedom::TimedOutByEither),
    ("s29c", &["attempts"], Freedom::TimedOutByEither),
    // Whether an attempt falls between the old leader's return and the election, or between that and the ISR's
    // growth, is decided by a back-off.
    ("s07b", &["attempts"], Freedom::RefusedMeanwhile),
    // All three lose power at once and the one fenced last leads: any of them, after one election or two.
    (
        "s09a",
        &[
            "leaders",
            "isr",
            "final_leader",
            "final_leader_epoch",
            "final_replica_logs",
            "leader_batches",
            "attempts",
        ],
        Freedom::Unchecked,
    ),
    // Three producers send at their own pace when the leader dies: which records it had is nobody's to say. That
    // all are stored once and in order is compared.
    ("m01", &["attempts", "final_replica_logs", "leader_batches"], Freedom::Unchecked),
];

/// What of a key is left to chance.
#[derive(Clone, Copy)]
enum Freedom {
    /// Which of these two it is, not how many of them.
    Interchangeable([u64; 2]),
    /// Whether an attempt that timed out was given up by the client or by the leader.
    TimedOutByEither,
    /// Attempts that found a broker which did not lead, or led alone.
    RefusedMeanwhile,
    /// All of it.
    Unchecked,
}

/// A comparable value without what is left to chance.
fn freed(case: &str, key: &str, value: Value) -> Value {
    let of_case = FREE
        .iter()
        .filter(|(prefix, keys, _)| case.starts_with(&format!("{prefix}-")) && keys.contains(&key));
    of_case.fold(value, |value, (.., freedom)| match freedom {
        Freedom::Unchecked => Value::Null,
        Freedom::Interchangeable(two) => list(&value).map(|isr| anonymous(isr, two)).collect(),
        Freedom::TimedOutByEither => each(&value, |attempts| {
            folded(list(attempts).map(|attempt| {
                let mut attempt = attempt.clone();
                if attempt["answer"] == "REQUEST_TIMED_OUT" {
                    attempt["answer"] = "none".into();
                }
                attempt
            }))
        }),
        Freedom::RefusedMeanwhile => each(&value, |attempts| {
            let refused = |attempt: &&Value| {
                attempt["answer"] == "NOT_LEADER_OR_FOLLOWER" || attempt["answer"] == "NOT_ENOUGH_REPLICAS"
            };
            folded(list(attempts).filter(|attempt| !refused(attempt)).cloned())
        }),
    })
}

/// An ISR with two of its members as one number: how many of them are in it.
fn anonymous(isr: &Value, two: &[u64; 2]) -> Value {
    let is_free = |id: &&Value| id.as_u64().is_some_and(|id| two.contains(&id));
    let fixed: Vec<Value> = list(isr).filter(|id| !is_free(id)).cloned().collect();
    let free = list(isr).filter(is_free).count();
    Value::from(vec![Value::from(fixed), Value::from(free)])
}

/// A value as it is compared: repeated attempts as one, and with several producers nothing of their order.
fn comparable(key: &str, value: &Value, several: bool) -> Value {
    match key {
        "attempts" => attempts(value, several),
        "log" if several => each(value, by_producer),
        "final_replica_logs" if several => each(value, |logs| each(logs, records_by_producer)),
        "leader_batches" if several => each(value, batches_without_order),
        _ => value.clone(),
    }
}

fn each(map: &Value, of: impl Fn(&Value) -> Value) -> Value {
    let Some(map) = map.as_object() else { return map.clone() };
    map.iter().map(|(key, value)| (key.clone(), of(value))).collect::<Map<_, _>>().into()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn grouped<'a>(values: impl Iterator<Item = (String, &'a Value)>) -> BTreeMap<String, Vec<&'a Value>> {
    let mut groups: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    values.for_each(|(group, value)| groups.entry(group).or_default().push(value));
    groups
}

fn producer_of(id: &Value) -> String {
    id.as_str().and_then(|id| id.split('-').next()).unwrap_or_default().to_owned()
}

fn by_producer(ids: &Value) -> Value {
    let groups = grouped(list(ids).map(|id| (producer_of(id), id)));
    serde_json::to_value(groups).expect("values are values")
}

fn records_by_producer(records: &Value) -> Value {
    let groups = grouped(list(records).map(|record| (producer_of(&record[2]), record)));
    let without_offset = |records: Vec<&Value>| -> Value {
        records.into_iter().map(|record| Value::from(vec![record[1].clone(), record[2].clone()])).collect()
    };
    groups.into_iter().map(|(group, records)| (group, without_offset(records))).collect::<Map<_, _>>().into()
}

fn batches_without_order(batches: &Value) -> Value {
    let mut batches: Vec<String> = list(batches)
        .map(|batch| Value::from(&list(batch).cloned().collect::<Vec<_>>()[1..]).to_string())
        .collect();
    batches.sort();
    batches.into()
}

/// Per partition (and producer, where there are several), with consecutive repeats as one.
fn attempts(value: &Value, several: bool) -> Value {
    let group = |attempt: &Value| {
        let producer = if several { attempt["producer"].to_string() } else { String::new() };
        format!("{}{producer}", attempt["partition"])
    };
    let groups = grouped(list(value).map(|attempt| (group(attempt), attempt)));
    let comparable = |attempts: Vec<&Value>| {
        let mut folded = folded(attempts.into_iter().cloned());
        if several {
            folded.as_array_mut().into_iter().flatten().for_each(|a| a["base_offset"] = Value::Null);
        }
        folded
    };
    groups.into_iter().map(|(group, attempts)| (group, comparable(attempts))).collect::<Map<_, _>>().into()
}

/// Consecutive repeats as one.
fn folded(attempts: impl Iterator<Item = Value>) -> Value {
    let mut folded: Vec<Value> = Vec::new();
    for attempt in attempts {
        let repeats = |last: &Value| ["ids", "broker", "answer"].iter().all(|k| last[k] == attempt[k]);
        if !folded.last().is_some_and(repeats) {
            folded.push(attempt);
        }
    }
    folded.into()
}

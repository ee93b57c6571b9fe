//! `src/docs/recordings.md`, and its short form in the README: written from what the comparison found, so that
//! neither can say anything else.

use super::Case;
use super::free::{Free, short};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

const PAGE: &str = "src/docs/recordings.md";
const BEGIN: &str = "<!-- recordings: written by `UPDATE_EXPECT=1 cargo test --test it recordings` -->\n";
const END: &str = "<!-- recordings: end -->";

/// Cases by what they are about, by how their names begin.
const GROUPS: &[(&str, &[&str])] = &[
    ("Requests and answers that get lost, retries", &["t", "s01", "s02", "s10", "s11", "s16", "s18"]),
    ("Order, and settings that are refused", &["s13", "s14", "s15"]),
    ("Producers that die", &["s17", "m01"]),
    ("Brokers that die, lose power or stop", &["f", "s03", "s04", "s05", "s06", "s08", "s12", "m03"]),
    ("Who may lead", &["s07", "s09", "s19", "s23", "s24", "s30", "s32"]),
    ("Too few in-sync replicas", &["s25", "s26", "s27", "s28", "s29"]),
    ("Commits, rebalances, lost positions", &["s4", "s5", "x"]),
    ("One effect for each message", &["d", "s60", "s61", "s62", "s63", "s64", "s68"]),
];

/// Compares what is written with what the cases say, or writes it anew.
pub(super) fn compare(cases: &[Case]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("there is one");
    let (before, rest) = readme.split_once(BEGIN).expect("the README has a place for the table");
    let (_, after) = rest.split_once(END).expect("the place has an end");
    for (name, text) in
        [(PAGE, page(cases)), ("README.md", format!("{before}{BEGIN}{}{END}{after}", short_table(cases)))]
    {
        let path = root.join(name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &text).expect("can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        let differ = || written.lines().zip(text.lines()).find(|(written, now)| written != now);
        assert!(
            written == text,
            "{name} says something else than the cases: `UPDATE_EXPECT=1 cargo test --test it recordings` rewrites \
             it.\nfirst difference (written, now): {:?}",
            differ()
        );
    }
}

fn grouped(cases: &[Case]) -> Vec<(&'static str, Vec<&Case>)> {
    let begins = |case: &&Case, group: &[&str]| group.iter().any(|name| case.name().starts_with(name));
    let groups: Vec<(&str, Vec<&Case>)> = GROUPS
        .iter()
        .map(|(title, group)| (*title, cases.iter().filter(|case| begins(case, group)).collect()))
        .collect();
    let all: usize = groups.iter().map(|(_, cases)| cases.len()).sum();
    assert_eq!(all, cases.len(), "each case is in one group");
    groups
}

fn page(cases: &[Case]) -> String {
    let free = cases.iter().filter(|case| Free::of(case.name()).next().is_some()).count();
    let equal = cases.iter().filter(|case| case.differs.is_empty()).count();
    let mut text = format!(
        "<!-- Written by `UPDATE_EXPECT=1 cargo test --test it recordings`, which also fails where this page says \
         something else than the runs. -->\n\
         # Compared with a real Kafka cluster\n\n\
         {} scenario files were given to Apache Kafka 4.4.0 ([how](../../tests/recordings/README.md)) and are given to \
         ackscope, with {} seeds each. Every key of the result is compared: what the producer was told of each record, \
         the log, every replica's log at the end, the history of leaders, ISR and ELR, every attempt with its answer, \
         what was delivered, applied and paid. {equal} of {} cases come out as recorded with every seed. Left out are \
         lengths of time on the wall clock, which are never equal; and in {free} cases something is left free that \
         timing decides on a real cluster as well, named below.\n\n\
         Where Kafka's own runs differed, they stand beside each other; ackscope has to do what one of them did.\n",
        cases.len(),
        super::SEEDS,
        cases.len(),
    );
    for (title, cases) in grouped(cases) {
        _ = write!(text, "\n## {title}\n\n| case | what Kafka did | what ackscope does |\n|---|---|---|\n");
        for case in cases {
            text += &row(case);
        }
    }
    text += "\n## What is left free, and why\n\n| cases | what | why |\n|---|---|---|\n";
    let mut reasons: Vec<(&Free, Vec<&str>)> = Vec::new();
    for free in super::FREE {
        match reasons.iter_mut().find(|(other, _)| (other.what, other.why) == (free.what, free.why)) {
            Some((_, cases)) => cases.extend(free.cases),
            None => reasons.push((free, free.cases.to_vec())),
        }
    }
    for (free, cases) in reasons {
        _ = writeln!(text, "| {} | {} | {} |", cases.join(", "), free.what, free.why);
    }
    text
}

fn row(case: &Case) -> String {
    let name = case.name();
    let recorded: BTreeSet<String> = (0..case.recording.runs())
        .map(|run| {
            told(&|key| {
                let values = case.recording.values(key);
                values.get(run).or(values.first()).map_or(&[], std::slice::from_ref)
            })
        })
        .collect();
    let mut ours = if case.told.is_subset(&recorded) { "the same".to_owned() } else { either(&case.told) };
    if !case.differs.is_empty() {
        let keys: Vec<&str> = case.differs.keys().map(String::as_str).collect();
        ours = format!("{}; **differs** in {}", either(&case.told), keys.join(", "));
    }
    for free in Free::of(name) {
        _ = write!(ours, "; free: {}", free.what);
    }
    let title = case.recording.file.raw.title();
    format!(
        "| [{}](../../tests/recordings/{name}.toml) {} | {} | {ours} |\n",
        short(name),
        title.replace('|', "\\|"),
        either(&recorded)
    )
}

/// What came of a case, said once as far as it is always the same.
fn either(told: &BTreeSet<String>) -> String {
    let each: Vec<Vec<&str>> = told.iter().map(|line| line.split("; ").collect()).collect();
    let same =
        (0..each[0].len()).take_while(|n| each.iter().all(|parts| parts.get(*n) == each[0].get(*n))).count();
    let differing: Vec<String> =
        each.iter().map(|parts| parts[same..].join("; ")).filter(|rest| !rest.is_empty()).collect();
    let same = each[0][..same].join("; ");
    if differing.is_empty() { same } else { format!("{same}; {}", differing.join(", *or* ")) }
}

fn short_table(cases: &[Case]) -> String {
    let mut text = "| what happens | recorded cases | as recorded | of those, free where timing decides |\n|---|--:|--:|--:|\n".to_owned();
    for (title, cases) in grouped(cases) {
        let equal: Vec<&&Case> = cases.iter().filter(|case| case.differs.is_empty()).collect();
        let free = equal.iter().filter(|case| Free::of(case.name()).next().is_some()).count();
        _ = writeln!(text, "| {title} | {} | {} | {free} |", cases.len(), equal.len());
    }
    text
}

/// A result in a line. `value` gives what a key holds, or nothing.
pub(super) fn told<'a>(value: &dyn Fn(&str) -> &'a [Value]) -> String {
    let get = |key: &str| value(key).first().unwrap_or(&Value::Null);
    if let Some(exception) = get("refused").as_str() {
        return format!("the client refuses its settings: {exception}");
    }
    let mut parts = vec![answers(get("result"))];
    for (key, what) in [
        ("lost_after_ack", "lost all the same"),
        ("lost_unacked", "not stored"),
        ("ghost", "failed, yet stored"),
        ("duplicated_in_log", "stored more than once"),
        ("out_of_order", "out of order"),
        ("never_applied", "never paid"),
        ("applied_twice", "paid more than once"),
    ] {
        match ids(get(key)) {
            ids if ids.is_empty() => {}
            ids => parts.push(format!("{what}: {ids}")),
        }
    }
    if let Some(leaders) = get("leaders").as_array().filter(|leaders| leaders.len() > 1) {
        let name = |leader: &Value| match leader.as_i64() {
            Some(-1) => "nobody".to_owned(),
            _ => leader.to_string(),
        };
        parts.push(format!("leads: {}", leaders.iter().map(name).collect::<Vec<_>>().join(", ")));
    }
    if let (Some(expected), Some(actual)) = (get("balance_expected").as_u64(), get("balance_actual").as_u64())
    {
        parts.push(format!("¥{actual} of ¥{expected}"));
    }
    parts.join("; ")
}

/// What the producer was told.
fn answers(result: &Value) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in result.as_object().into_iter().flat_map(|map| map.values()) {
        *counts.entry(answer.as_str().unwrap_or_default()).or_default() += 1;
    }
    let in_words = |(answer, count): (&&str, &usize)| match answer.split_once(':') {
        Some((_, exception)) => format!("{count} failed with {exception}"),
        None if *answer == "acked" => format!("{count} acknowledged"),
        None => format!("{count} never answered"),
    };
    if counts.is_empty() {
        "nothing sent".to_owned()
    } else {
        counts.iter().map(in_words).collect::<Vec<_>>().join(", ")
    }
}

/// Ids, or ids with a count, those that follow each other as a range.
fn ids(value: &Value) -> String {
    let all: Vec<(&str, Option<u64>)> = match value {
        Value::Array(ids) => ids.iter().filter_map(|id| Some((id.as_str()?, None))).collect(),
        Value::Object(ids) => ids.iter().map(|(id, times)| (id.as_str(), times.as_u64())).collect(),
        Value::String(text) => return text.clone(),
        _ => return String::new(),
    };
    let number = |id: &str| id.split_once('-').and_then(|(_, number)| number.parse::<u32>().ok());
    let mut runs: Vec<(&str, &str, Option<u64>)> = Vec::new();
    for (id, times) in all {
        match runs.last_mut() {
            Some((_, last, same)) if *same == times && number(last).map(|n| n + 1) == number(id) => {
                *last = id
            }
            _ => runs.push((id, id, times)),
        }
    }
    let in_words = |(first, last, times): &(&str, &str, Option<u64>)| {
        let range = if first == last { (*first).to_owned() } else { format!("{first} to {last}") };
        times.map_or(range.clone(), |times| format!("{range} ×{times}"))
    };
    runs.iter().map(in_words).collect::<Vec<_>>().join(", ")
}

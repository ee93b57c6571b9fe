//! What each built-in scenario is called, what it can be found by, and which of them a real cluster was given: drawn
//! from the files and their runs, and kept beside them in a table so that nobody has to run a hundred scenarios to
//! search.

use crate::catalogue::{STANDSTILL, outcome, run, scenario};
use crate::recordings::recorded_as;
use ackscope::check::Report;
use ackscope::run::catalogue::{BETWEEN, BuiltIn, CATALOGUE};
use ackscope::run::simulate;
use ackscope::sim::config::Resolved;
use ackscope::sim::config::raw::{Entry, RawValue};
use ackscope::sim::{Error, Fact, Message, Scenario, Step, Trace, World};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// `UPDATE_EXPECT=1 cargo test --test it index` rewrites it.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/run/catalogue/index.txt");
/// A fault that only ends another one is nothing to look for.
const MENDS: [&str; 3] = ["heal", "restart", "resume"];

#[test]
fn the_table_says_what_the_runs_say() {
    let mut text = String::new();
    let common = common_settings();
    for built_in in CATALOGUE {
        let report = run(built_in, 1);
        let mut tags = symptoms(built_in, &report);
        let trace = simulate(&scenario(built_in).0).trace;
        tags.extend(events(&trace).into_iter().map(str::to_owned));
        tags.extend(errors(&scenario(built_in).0).into_iter().map(str::to_owned));
        if let Resolved::Refused(refusal) = built_in.file().resolved {
            tags.extend([refusal.exception.to_string()]);
        }
        tags.extend(faults(built_in));
        let (shared, own): (Vec<String>, Vec<String>) =
            settings(built_in).partition(|setting| common.contains(setting));
        tags.extend(own);
        if let Some((case, whole)) = recorded_as(built_in) {
            tags.push(format!("{}:{case}", if whole { "recorded" } else { "log-recorded" }));
        }
        let (tags, shared) = (tags.join(" "), shared.join(" "));
        let titles = [built_in.words().title, built_in.words_in_chinese().title];
        _ = writeln!(text, "{}", [built_in.id, titles[0], titles[1], &tags, &shared].join(BETWEEN));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(TABLE, &text).expect("the table can be written");
    }
    let written = std::fs::read_to_string(TABLE).expect("there is a table");
    for (now, written) in text.lines().zip(written.lines()) {
        assert_eq!(now, written, "`UPDATE_EXPECT=1 cargo test --test it index` rewrites the table");
    }
    assert_eq!(text.lines().count(), written.lines().count(), "a line for each scenario");
}

fn symptoms(built_in: &BuiltIn, report: &Report) -> Vec<String> {
    let outcome = outcome(built_in.id, report);
    let happened = [
        (!outcome.lost_after_ack.is_empty(), "lost"),
        (!outcome.lost_unacked.is_empty(), "not-stored"),
        (!outcome.ghost.is_empty(), "ghost"),
        (!outcome.duplicated_in_log.is_empty(), "duplicate"),
        (!outcome.out_of_order.is_empty(), "out-of-order"),
        (!outcome.never_applied.is_empty(), "skipped"),
        (!outcome.applied_twice.is_empty(), "paid-twice"),
        (report.unavailable >= STANDSTILL, "unavailable"),
    ];
    happened.iter().filter(|(happened, _)| *happened).map(|(_, name)| (*name).to_owned()).collect()
}

/// What happens inside the cluster that has a name of its own.
fn events(trace: &Trace) -> Vec<&'static str> {
    let any = |test: fn(&Fact) -> bool| trace.observations.iter().any(|observation| test(&observation.fact));
    let happened = [
        (any(|fact| matches!(fact, Fact::PartitionChanged { unclean: true, .. })), "unclean-election"),
        (any(|fact| matches!(fact, Fact::Truncated { from, to, .. } if from > to)), "truncated"),
        (any(|fact| matches!(fact, Fact::MemberRemoved { .. })), "rebalance"),
    ];
    happened.iter().filter(|(happened, _)| *happened).map(|(_, name)| *name).collect()
}

/// Every error that a broker answers or a client comes to, by Kafka's name.
fn errors(scenario: &Scenario) -> Vec<&'static str> {
    let (mut world, mut trace) = (World::new(scenario), Trace::default());
    let mut errors = BTreeSet::new();
    while let Step::Taken = world.step(&mut trace) {
        // Every message is on its way for a while, so none is missed.
        errors.extend(world.in_flight().flat_map(|message| answered(&message.envelope.body)));
    }
    errors.extend(trace.observations.iter().filter_map(|seen| told(&seen.fact)));
    errors.into_iter().map(Error::name).collect()
}

/// What an answer refuses.
fn answered(message: &Message) -> Vec<Error> {
    let each = |results: Vec<Option<Error>>| results.into_iter().flatten().collect();
    match message {
        Message::ProduceResponse(all) => each(all.iter().map(|(_, part)| part.result.err()).collect()),
        Message::FetchResponse(all) => each(all.iter().map(|(_, part)| part.error).collect()),
        Message::ListOffsetsResponse(all) => each(all.iter().map(|(_, part)| part.err()).collect()),
        Message::OffsetForLeaderEpochResponse(all) => each(all.iter().map(|(_, part)| part.err()).collect()),
        Message::AlterPartitionResponse(Ok(all)) => {
            each(all.iter().map(|(_, part)| part.as_ref().err().copied()).collect())
        }
        Message::FindCoordinatorResponse(Err(error))
        | Message::JoinGroupResponse(Err(error))
        | Message::SyncGroupResponse(Err(error))
        | Message::HeartbeatResponse(Err(error))
        | Message::OffsetCommitResponse(Err(error))
        | Message::OffsetFetchResponse(Err(error))
        | Message::BrokerRegistrationResponse(Err(error))
        | Message::BrokerHeartbeatResponse(Err(error))
        | Message::AlterPartitionResponse(Err(error)) => vec![*error],
        _ => Vec::new(),
    }
}

/// What a client says by itself.
fn told(fact: &Fact) -> Option<Error> {
    match *fact {
        Fact::ProduceUnanswered { error, .. }
        | Fact::Failed { error, .. }
        | Fact::CommitFailed { error }
        | Fact::ConsumerFailed { error } => Some(error),
        // With acks=0 nobody is answered, and the broker's log says why.
        Fact::AppendRefused { error, .. } => Some(error),
        _ => None,
    }
}

fn faults(built_in: &BuiltIn) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for entry in built_in.file().raw.faults.iter().flat_map(|fault| &fault.entries) {
        if let ("do" | "message", RawValue::Text(word)) = (entry.key.as_str(), &entry.value)
            && !words.contains(word)
            && !MENDS.contains(&word.as_str())
        {
            words.push(word.clone());
        }
    }
    words
}

/// `acks=1`: Kafka's keys, and those of ours that are set to a word.
fn settings(built_in: &BuiltIn) -> impl Iterator<Item = String> {
    let raw = built_in.file().raw;
    let entries: Vec<Entry> = raw
        .sections()
        .skip_while(|(section, _)| section.name().is_empty())
        .flat_map(|(_, e)| e.to_vec())
        .collect();
    entries.into_iter().filter_map(|Entry { key, value }| match value {
        RawValue::Text(word) => Some(format!("{key}={word}")),
        RawValue::Bool(value) => Some(format!("{key}={value}")),
        RawValue::Int(value) if key.contains('.') => Some(format!("{key}={value}")),
        RawValue::Int(_) | RawValue::List(_) => None,
    })
}

/// What most scenarios have tells nothing about one.
fn common_settings() -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    CATALOGUE.iter().flat_map(settings).for_each(|setting| *counts.entry(setting).or_default() += 1);
    counts.into_iter().filter(|(_, count)| *count > CATALOGUE.len() / 2).map(|(setting, _)| setting).collect()
}

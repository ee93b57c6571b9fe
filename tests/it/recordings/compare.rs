//! Results as they are compared: without what is nobody's to say.

use super::free::{Free, Freedom};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A comparable value without what is left to chance.
pub(super) fn freed(case: &str, key: &str, value: Value) -> Value {
    let of_key = Free::of(case).filter(|free| free.keys.contains(&key));
    of_key.fold(value, |value, free| match free.freedom {
        Freedom::Unchecked => Value::Null,
        Freedom::Interchangeable(two) => list(&value).map(|isr| anonymous(isr, &two)).collect(),
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
pub(super) fn comparable(key: &str, value: &Value, several: bool) -> Value {
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

pub(super) fn list(value: &Value) -> impl Iterator<Item = &Value> {
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

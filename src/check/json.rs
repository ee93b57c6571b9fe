//! The result as JSON, in the shape of the recordings: the same keys in the same order.

use super::attempts::{Answer, Attempt};
use super::history::PartitionHistory;
use super::log::FinalLog;
use super::outcomes::Outcome;
use super::price::Latency;
use super::report::Report;
use crate::sim::{BrokerId, BrokerSet, EndReason, FaultId, RecordId};
use serde_json::{Map, Value, json};

/// What stands in place of a key that is drawn from a log which nobody can read.
const UNREADABLE: &str = "log unreadable";

impl Report {
    /// The object that `ackscope run --json` prints.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        if let Some(scenario) = &self.scenario {
            put("scenario", json!(scenario));
        }
        put("seed", json!(self.seed));
        put("digest", json!(format!("{:016x}", self.digest)));
        put("steps", json!(self.steps.0));
        put("end", json!(self.end.map(end_reason)));
        put("result", by_id(&self.result, |outcome| json!(outcome_text(outcome))));
        if let Some(refused) = &self.refused {
            put("refused", json!(refused.exception));
            if let Some(cause) = &refused.cause {
                put("refused_cause", json!(cause));
            }
        }
        self.put_logs(&mut object);
        self.put_consumption(&mut object);
        self.put_partitions(&mut object);
        object.insert("attempts".to_owned(), self.attempts.iter().map(attempt).collect());
        object.insert("unavailable_ms".to_owned(), json!(self.unavailable / 1000));
        object.insert("price".to_owned(), self.price_json());
        let names = self.faults_never_fired.iter().map(|(id, name)| fault_name(*id, name.as_deref()));
        object.insert("faults_never_fired".to_owned(), names.collect());
        Value::Object(object)
    }

    fn put_logs(&self, object: &mut Map<String, Value>) {
        let log = self.log.iter().map(|ids| ids.as_ref().map_or(json!("no leader"), |ids| list(ids)));
        object.insert("log".to_owned(), by_partition(log));
        let verdict = self.verdict.as_ref();
        let mut put = |key: &str, value: Option<Value>| {
            object.insert(key.to_owned(), value.unwrap_or(json!(UNREADABLE)));
        };
        put("lost_after_ack", verdict.map(|v| list(&v.lost_after_ack)));
        put("lost_unacked", verdict.map(|v| list(&v.lost_unacked)));
        put("ghost", verdict.map(|v| list(&v.ghost)));
        put("duplicated_in_log", verdict.map(|v| by_id(&v.duplicated_in_log, |n| json!(n))));
        put("out_of_order", verdict.map(|v| list(&v.out_of_order)));
    }

    fn put_consumption(&self, object: &mut Map<String, Value>) {
        let Some(consumption) = &self.consumption else { return };
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("delivered", by_id(&consumption.delivered, |n| json!(n)));
        put("applied", by_id(&consumption.applied, |n| json!(n)));
        let never_applied = consumption.never_applied.as_deref();
        put("never_applied", never_applied.map_or(json!(UNREADABLE), list));
        put("applied_twice", by_id(&consumption.applied_twice, |n| json!(n)));
        put("balance_expected", json!(consumption.balance_expected));
        put("balance_actual", json!(consumption.balance_actual));
    }

    fn put_partitions(&self, object: &mut Map<String, Value>) {
        let mut put = |key: &str, of: fn(&PartitionHistory) -> Value| {
            let mut values = self.partitions.iter().map(of);
            let one = self.partitions.len() == 1;
            let value = if one { values.next().unwrap_or_default() } else { by_partition(values) };
            object.insert(key.to_owned(), value);
        };
        put("leaders", |history| history.leaders.iter().map(|id| leader(*id)).collect());
        put("isr", |history| history.isr.iter().map(|set| brokers(*set)).collect());
        put("elr", |history| history.elr.iter().map(|set| brokers(*set)).collect());
        put("final_leader", |history| leader(history.final_leader));
        put("final_leader_epoch", |history| json!(history.final_leader_epoch));
        put("final_isr", |history| brokers(history.final_isr));
        put("final_elr", |history| brokers(history.final_elr));
        object.insert("final_replica_logs".to_owned(), replica_logs(&self.final_logs));
        object.insert("leader_batches".to_owned(), by_partition(self.final_logs.iter().map(leader_batches)));
    }

    fn price_json(&self) -> Value {
        let latency = |latency: Option<Latency>| latency.map(|l| json!({ "p50": l.p50, "p99": l.p99 }));
        json!({
            "produce_latency_us": latency(self.price.produce),
            "end_to_end_latency_us": latency(self.price.end_to_end),
            "records_per_second": self.price.records_per_second,
            "bytes_replicated": self.price.bytes_replicated,
            "flushes": self.price.flushes,
        })
    }
}

fn end_reason(why: EndReason) -> &'static str {
    match why {
        EndReason::Settled => "settled",
        EndReason::StopTime => "stop-time",
        EndReason::StepBudget => "step-budget",
    }
}

fn outcome_text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Acked => "acked".to_owned(),
        Outcome::Failed(error) => format!("failed:{}", error.exception()),
        Outcome::Unknown => "unknown".to_owned(),
    }
}

fn fault_name(id: FaultId, name: Option<&str>) -> Value {
    name.map_or_else(|| json!(format!("fault {}", id.0 + 1)), |name| json!(name))
}

fn list(ids: &[RecordId]) -> Value {
    ids.iter().map(|id| json!(id.to_string())).collect()
}

fn by_id<T>(values: &[(RecordId, T)], value: impl Fn(&T) -> Value) -> Value {
    values.iter().map(|(id, v)| (id.to_string(), value(v))).collect::<Map<_, _>>().into()
}

fn by_partition(values: impl Iterator<Item = Value>) -> Value {
    values.enumerate().map(|(i, value)| (i.to_string(), value)).collect::<Map<_, _>>().into()
}

fn leader(id: Option<BrokerId>) -> Value {
    id.map_or(json!(-1), |id| json!(id.0))
}

fn brokers(set: BrokerSet) -> Value {
    set.iter().map(|id| json!(id.0)).collect()
}

/// By broker, then by partition.
fn replica_logs(logs: &[FinalLog]) -> Value {
    let mut by_broker: Vec<(BrokerId, Map<String, Value>)> = Vec::new();
    for (partition, log) in logs.iter().enumerate() {
        for (broker, records) in &log.replicas {
            let records = records.iter().map(|(offset, epoch, id)| json!([offset, epoch, id.to_string()]));
            let place = match by_broker.binary_search_by_key(broker, |(id, _)| *id) {
                Ok(place) => place,
                Err(place) => {
                    by_broker.insert(place, (*broker, Map::new()));
                    place
                }
            };
            by_broker[place].1.insert(partition.to_string(), records.collect());
        }
    }
    by_broker.into_iter().map(|(id, logs)| (id.0.to_string(), logs.into())).collect::<Map<_, _>>().into()
}

fn leader_batches(log: &FinalLog) -> Value {
    let batches = log.leader_batches.iter();
    batches
        .map(|b| json!([b.base_offset, b.leader_epoch, b.producer_epoch, b.base_sequence, b.records]))
        .collect()
}

fn attempt(attempt: &Attempt) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("producer", json!(format!("producer-{}", attempt.producer)));
    put("broker", json!(attempt.broker.0));
    put("partition", json!(attempt.partition.partition()));
    put("ids", list(&attempt.ids));
    if let Some((epoch, sequence)) = attempt.sequence {
        put("producer_epoch", json!(epoch));
        put("sequence", json!(sequence));
    }
    put("reached", json!(attempt.reached));
    put("answer", json!(attempt.answer.as_ref().map_or("none", answer_text)));
    put("base_offset", json!(attempt.answer.and_then(|answer| answer.ok().flatten())));
    if let Some(lost) = &attempt.lost_answer {
        put("lost_answer", json!(answer_text(lost)));
    }
    Value::Object(object)
}

fn answer_text(answer: &Answer) -> &'static str {
    match answer {
        Ok(_) => "ok",
        Err(error) => error.name(),
    }
}

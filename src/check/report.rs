//! The result object: one value for a whole run, with every key that a recording of a real cluster has.

use super::attempts::{Attempt, Attempts};
use super::history::{Histories, PartitionHistory};
use super::log::{FinalLog, LogVerdict};
use super::outcomes::{Consumption, Outcome, Outcomes};
use super::price::{Price, Prices};
use crate::sim::{
    EndReason, FaultId, Micros, PerRecord, RecordId, Scenario, StepNo, TopicPartition, Trace, World,
};

/// The result of a run ("The result" of the scenario format).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Name of the scenario file. Whoever read the file puts it here.
    pub scenario: Option<String>,
    /// Source of every latency and jitter.
    pub seed: u64,
    /// Digest of the trace.
    pub digest: u64,
    /// Events taken.
    pub steps: StepNo,
    /// How the run ended; none = it has not (the report is of the run so far).
    pub end: Option<EndReason>,
    /// The client refused its settings, and nothing was sent.
    pub refused: Option<Refusal>,
    /// What the producer was told of each record that it sent, by record.
    pub result: Vec<(RecordId, Outcome)>,
    /// Each partition's log up to the high watermark; none = it has no leader. By number of the partition.
    pub log: Vec<Option<Vec<RecordId>>>,
    /// What is drawn from the logs; none = one of them is unreadable.
    pub verdict: Option<LogVerdict>,
    /// What became of the records at the consumers; none without a group.
    pub consumption: Option<Consumption>,
    /// Leaders, ISR and ELR, by number of the partition.
    pub partitions: Vec<PartitionHistory>,
    /// Each partition's replicas at the end, by number of the partition.
    pub final_logs: Vec<FinalLog>,
    /// Offsets below the high watermark at which an in-sync replica has another record than the leader, in all
    /// partitions: what followers of older versions could leave for good (KIP-101, KIP-279).
    pub replicas_differ: usize,
    /// Every produce request, per partition, in order of sending.
    pub attempts: Vec<Attempt>,
    /// Longest time without an ack while a producer had a record open.
    pub unavailable: Micros,
    /// What the promise cost.
    pub price: Price,
    /// Faults that never fired, by place in the scenario, with their names.
    pub faults_never_fired: Vec<(FaultId, Option<String>)>,
}

/// Why a client did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Simple class name of the exception.
    pub exception: String,
    /// That of its cause.
    pub cause: Option<String>,
}

/// Folds a run into its result. `world` is the world at the end of `trace`.
pub fn report(scenario: &Scenario, world: &World, trace: &Trace) -> Report {
    let config = world.config();
    let mut outcomes = Outcomes::default();
    let mut attempts = Attempts::default();
    let mut histories = Histories::new(config);
    let mut prices = Prices::default();
    for observation in &trace.observations {
        let at = trace.at(observation);
        outcomes.observe(at, observation);
        attempts.observe(world, observation);
        histories.observe(observation);
        prices.observe(world.arena(), at, observation);
    }
    let partitions: Vec<PartitionHistory> = histories.finish(world);
    let tps = || (0..config.topic.partitions).map(TopicPartition::events);
    let log: Vec<_> = tps().map(|tp| super::log::readable(world, tp)).collect();
    let result = outcomes.result();
    let consumption = config.consumer.as_ref().map(|_| outcomes.consumption(world, &log));
    let mut verdict = LogVerdict::of(&result, &log);
    if let (Some(verdict), Some(consumption)) = (&mut verdict, &consumption) {
        let deleted = super::log::deleted(world, trace);
        let mut paid: PerRecord<bool> = PerRecord::default();
        consumption.applied.iter().for_each(|(record, _)| *paid.of(*record) = true);
        let lost = verdict.lost_after_ack.iter().copied();
        verdict.expired = lost.filter(|record| deleted.get(*record) && paid.get(*record)).collect();
    }
    let final_logs: Vec<FinalLog> =
        tps().zip(&partitions).map(|(tp, history)| FinalLog::of(world, tp, history.last_leader())).collect();
    Report {
        scenario: None,
        seed: scenario.config.seed,
        digest: trace.digest(),
        steps: world.steps(),
        end: world.ended(),
        refused: None,
        consumption,
        replicas_differ: partitions
            .iter()
            .zip(&final_logs)
            .zip(&log)
            .map(|((history, logs), log)| logs.differ(history, log.as_ref().map_or(0, Vec::len)))
            .sum(),
        final_logs,
        result,
        log,
        verdict,
        partitions,
        attempts: attempts.finish(),
        unavailable: outcomes.unavailable(world.now()),
        price: prices.finish(),
        faults_never_fired: never_fired(world),
    }
}

fn never_fired(world: &World) -> Vec<(FaultId, Option<String>)> {
    let faults = world.faults().iter().enumerate();
    faults
        .map(|(i, fault)| (FaultId(i as u16), fault))
        .filter(|(id, _)| world.fired_at(*id).is_none())
        .map(|(id, fault)| (id, fault.name.clone()))
        .collect()
}

impl Report {
    /// Whether every record that was promised is there once, in order, and took effect once.
    pub fn promise_kept(&self) -> bool {
        let consumed = self.consumption.as_ref().is_none_or(Consumption::as_promised);
        self.verdict.as_ref().is_some_and(LogVerdict::as_promised) && consumed
    }

    /// What the command line exits with: 0 = as promised, 1 = a guarantee broke, 2 = the settings were refused
    /// or the step budget was reached.
    pub fn exit_code(&self) -> u8 {
        if self.refused.is_some() || self.end == Some(EndReason::StepBudget) {
            2
        } else {
            u8::from(!self.promise_kept())
        }
    }
}

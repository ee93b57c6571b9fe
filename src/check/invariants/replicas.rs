//! I4 to I7 and I10: what brokers make of logs, high watermarks and registrations.

use super::{Breaches, Invariant};
use crate::check::replicas::{Appended, Log, Replicas, appended};
use crate::sim::config::{Config, Truncation};
use crate::sim::{
    Arena, BrokerId, Entry, Fact, LeaderEpoch, NodeId, Observation, PartitionEpoch, StepNo, TopicPartition,
    World,
};

/// A broker's process, as far as it is judged.
#[derive(Clone, Copy, Debug, Default)]
struct Process {
    /// What it leads.
    leads: [bool; TopicPartition::MAX],
    /// The registration that it last applied.
    applied: [PartitionEpoch; TopicPartition::MAX],
}

#[derive(Clone, Debug)]
pub(super) struct Brokers {
    processes: [Process; 5],
    /// Logs whose epoch caches are still to be compared, and when they changed.
    changed: Vec<(StepNo, BrokerId, TopicPartition)>,
    /// Brokers that have a replica at all.
    brokers: u8,
    /// Logs are made to agree by their epochs; up to 0.10.2 they could differ for good (KIP-101).
    by_epoch: bool,
}

impl Brokers {
    pub(super) fn new(config: &Config) -> Brokers {
        let mut processes = [Process::default(); 5];
        for partition in config.partitions() {
            let first = config.replicas(partition).next().expect("a partition has a replica");
            processes[first.index()].leads[partition.index()] = true;
        }
        Brokers {
            processes,
            changed: Vec::new(),
            brokers: config.cluster.brokers,
            by_epoch: config.cluster.truncation == Truncation::Epoch,
        }
    }

    /// Judges what a fact does to the log that it meets.
    pub(super) fn before(
        &mut self,
        arena: &Arena,
        logs: &Replicas,
        observation: &Observation,
        breaches: &mut Breaches,
    ) {
        let (step, NodeId::Broker(n)) = (observation.step, observation.node) else { return };
        let broker = BrokerId(n);
        if let Some(appended) = appended(arena, &observation.fact) {
            self.append(logs, step, broker, appended, breaches);
            return;
        }
        let process = &mut self.processes[broker.index()];
        match observation.fact {
            Fact::Started { .. } | Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => {
                *process = Process::default();
            }
            Fact::BecameLeader { partition, .. } => {
                process.leads[partition.index()] = true;
                self.changed.push((step, broker, partition));
            }
            Fact::BecameFollower { partition, .. } => process.leads[partition.index()] = false,
            Fact::HighWatermarkMoved { partition, from, to } if process.leads[partition.index()] => {
                breaches.unless(from <= to, Invariant::HighWatermarkMonotonic, step, || {
                    format!("{partition} on leading broker-{n}: high watermark from {from} to {to}")
                });
            }
            Fact::RegistrationApplied { partition, partition_epoch, .. } => {
                let applied = &mut process.applied[partition.index()];
                breaches.unless(*applied <= partition_epoch, Invariant::RegistrationMonotonic, step, || {
                    format!("{partition} on broker-{n}: partition epoch {partition_epoch} after {applied}")
                });
                *applied = partition_epoch;
            }
            Fact::Truncated { partition, .. }
            | Fact::UnflushedLost { partition, .. }
            | Fact::LogStartMoved { partition, .. }
            | Fact::LogLoaded { partition, .. } => self.changed.push((step, broker, partition)),
            _ => {}
        }
    }

    fn append(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        broker: BrokerId,
        appended: Appended,
        breaches: &mut Breaches,
    ) {
        let Appended { partition, entry, .. } = appended;
        let log = logs.log(broker, partition);
        let last_epoch = log.entries().last().map_or(0, |last| last.leader_epoch);
        let follows = entry.base_offset == log.end() && entry.leader_epoch >= last_epoch;
        breaches.unless(follows, Invariant::LogShape, step, || {
            format!(
                "{partition} on broker-{}: offset {} of epoch {} behind end {} of epoch {last_epoch}",
                broker.0,
                entry.base_offset,
                entry.leader_epoch,
                log.end()
            )
        });
        for other in (1..=self.brokers).map(BrokerId).filter(|other| *other != broker) {
            let before = (log.entries().last(), log.start);
            let matches = !self.by_epoch || matches(before, &entry, logs.log(other, partition));
            breaches.unless(matches, Invariant::LogMatching, step, || {
                format!(
                    "{partition}: broker-{} and broker-{} differ at or before offset {} of epoch {}",
                    broker.0, other.0, entry.base_offset, entry.leader_epoch
                )
            });
        }
        if self.changed.last().is_none_or(|last| *last != (step, broker, partition)) {
            self.changed.push((step, broker, partition));
        }
    }

    /// Judges what a fact made of a log.
    pub(super) fn after(&mut self, logs: &Replicas, observation: &Observation, breaches: &mut Breaches) {
        let (step, NodeId::Broker(n)) = (observation.step, observation.node) else { return };
        let (Fact::HighWatermarkMoved { partition, .. } | Fact::LogLoaded { partition, .. }) =
            observation.fact
        else {
            return;
        };
        let log = logs.log(BrokerId(n), partition);
        breaches.unless(
            (log.start..=log.end()).contains(&log.high_watermark),
            Invariant::OffsetsOrdered,
            step,
            || {
                format!(
                    "{partition} on broker-{n}: high watermark {} outside {}..={}",
                    log.high_watermark,
                    log.start,
                    log.end()
                )
            },
        );
    }

    pub(super) fn compare_epoch_caches(&mut self, world: &World, logs: &Replicas, breaches: &mut Breaches) {
        for (step, broker, partition) in self.changed.drain(..) {
            let Some(replica) = world.replica(broker, partition) else { continue };
            let log = logs.log(broker, partition);
            breaches.unless(cache_agrees(replica.epochs, log), Invariant::LogShape, step, || {
                let last = log.entries().last().map(|entry| (entry.base_offset, entry.leader_epoch));
                let cache = replica.epochs;
                format!("{partition} on broker-{}: epoch cache {cache:?}, last entry {last:?}", broker.0)
            });
        }
    }
}

/// Whether an append leaves two logs the same up to their last common offset and epoch. That they were so before
/// is given, so only the entry and the one before it are compared.
fn matches((before, own_start): (Option<&Entry>, u32), entry: &Entry, other: &Log) -> bool {
    let place = other.place(entry.base_offset);
    let Some(theirs) = other.entries().get(place) else { return true };
    if (theirs.base_offset, theirs.leader_epoch) != (entry.base_offset, entry.leader_epoch) {
        return true;
    }
    let theirs_before = place.checked_sub(1).map(|place| &other.entries()[place]);
    // What stood before it may have been deleted from one of them.
    let deleted = before.is_none() || theirs_before.is_none();
    let same = before == theirs_before || deleted && (other.start > 0 || own_start > 0);
    theirs.batch == entry.batch && same
}

/// Whether an epoch cache says where each epoch of a log begins. An epoch may be there that has written nothing
/// yet, if it begins at the end.
fn cache_agrees(cache: &[(LeaderEpoch, u32)], log: &Log) -> bool {
    let rises = cache.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
    let begins_there = |(epoch, start): &(LeaderEpoch, u32)| match log.at(*start) {
        Some(entry) => entry.base_offset == *start && entry.leader_epoch == *epoch,
        None => *start == log.end(),
    };
    let newest = log.entries().last().map(|entry| entry.leader_epoch);
    let known = newest.is_none_or(|epoch| cache.iter().any(|(known, _)| *known == epoch));
    rises && cache.iter().all(begins_there) && known
}

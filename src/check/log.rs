//! What stands in the logs at the end, and what that says about the promise.

use super::history::PartitionHistory;
use super::outcomes::Outcome;
use super::replicas::Replicas;
use crate::sim::order::sort_by_number;
use crate::sim::{
    BrokerId, Fact, LeaderEpoch, Offset, PerRecord, ProcessState, RecordId, TopicPartition, Trace, World,
};

/// What the logs say of the records that were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogVerdict {
    /// Acked, and not in the log.
    pub lost_after_ack: Vec<RecordId>,
    /// Those of them that took effect, and whose time was over (`retention.ms`): nobody misses them.
    pub expired: Vec<RecordId>,
    /// Failed or unknown, and not in the log.
    pub lost_unacked: Vec<RecordId>,
    /// Failed, yet in the log.
    pub ghost: Vec<RecordId>,
    /// Records with more than one copy in the log, and how many.
    pub duplicated_in_log: Vec<(RecordId, u32)>,
    /// Records whose first copy stands behind that of a record which the same producer sent later to the same
    /// partition.
    pub out_of_order: Vec<RecordId>,
}

impl LogVerdict {
    /// Draws the verdict; none where a log is unreadable.
    pub(super) fn of(result: &[(RecordId, Outcome)], log: &[Option<Vec<RecordId>>]) -> Option<LogVerdict> {
        let mut copies: PerRecord<u32> = PerRecord::default();
        let mut verdict = LogVerdict::default();
        for ids in log {
            let ids = ids.as_ref()?;
            ids.iter().for_each(|id| *copies.of(*id) += 1);
            verdict.out_of_order.extend(out_of_order(ids));
        }
        sort_by_number(&mut verdict.out_of_order, |id| (*id).into());
        for (id, outcome) in result {
            let place = match (outcome, copies.get(*id) > 0) {
                (Outcome::Acked, false) => &mut verdict.lost_after_ack,
                (Outcome::Failed(_) | Outcome::Unknown, false) => &mut verdict.lost_unacked,
                (Outcome::Failed(_), true) => &mut verdict.ghost,
                (Outcome::Acked | Outcome::Unknown, true) => continue,
            };
            place.push(*id);
        }
        verdict.duplicated_in_log = copies.iter().filter(|(_, n)| *n > 1).collect();
        Some(verdict)
    }

    /// Acked, not in the log, and missed.
    pub fn missed(&self) -> impl Iterator<Item = RecordId> {
        // Both are in the same order.
        let mut expired = self.expired.iter().peekable();
        self.lost_after_ack.iter().copied().filter(move |record| expired.next_if_eq(&record).is_none())
    }

    pub(super) fn as_promised(&self) -> bool {
        self.lost_after_ack.is_empty()
            && self.ghost.is_empty()
            && self.duplicated_in_log.is_empty()
            && self.out_of_order.is_empty()
    }
}

/// Records that some replica deleted because their time was over (`retention.ms`).
pub(super) fn deleted(world: &World, trace: &Trace) -> PerRecord<bool> {
    let mut deleted = PerRecord::default();
    if world.config().topic.retention.is_none() {
        return deleted;
    }
    let (arena, mut logs) = (world.arena(), Replicas::default());
    for observation in &trace.observations {
        if let (Fact::LogStartMoved { partition, from, to }, Some(broker)) =
            (observation.fact, observation.node.broker())
        {
            let gone = logs.log(broker, partition).records(arena, from..to.max(from));
            gone.for_each(|(_, record)| *deleted.of(record) = true);
        }
        logs.observe(arena, observation);
    }
    deleted
}

/// Records whose first copy stands behind that of a later one. A producer numbers its records as it sends them.
fn out_of_order(ids: &[RecordId]) -> Vec<RecordId> {
    let mut latest: [u32; 3] = [0; 3];
    let mut seen = PerRecord::default();
    let mut behind = Vec::new();
    for id in ids.iter().filter(|id| !seen.replace(**id, true)) {
        let latest = &mut latest[usize::from(id.producer()) - 1];
        if id.number() < *latest {
            behind.push(*id);
        }
        *latest = id.number().max(*latest);
    }
    behind
}

/// Ids of a partition in offset order up to the high watermark; none = nobody leads it.
pub(super) fn readable(world: &World, partition: TopicPartition) -> Option<Vec<RecordId>> {
    let leader = world.registration(partition).leader?;
    if matches!(world.process(leader.into()), ProcessState::Down { .. }) {
        return None;
    }
    let replica = world.replica(leader, partition)?;
    let below = replica.log.iter().take_while(|entry| entry.base_offset < replica.high_watermark);
    Some(
        below
            .flat_map(|entry| {
                let committed = replica.high_watermark - entry.base_offset;
                world.records(entry.batch).take(committed as usize)
            })
            .collect(),
    )
}

/// Distinct ids of all partitions by producer and number; none where a log is unreadable.
pub(super) fn ids_of(log: &[Option<Vec<RecordId>>]) -> Option<Vec<RecordId>> {
    let mut ids = Vec::new();
    for partition in log {
        ids.extend_from_slice(partition.as_ref()?);
    }
    sort_by_number(&mut ids, |id| (*id).into());
    ids.dedup();
    Some(ids)
}

/// A partition's replicas at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalLog {
    /// Each replica's records: offset, epoch of the leader that appended it, id.
    pub replicas: Vec<(BrokerId, Vec<(Offset, LeaderEpoch, RecordId)>)>,
    /// Batches of the last leader's log.
    pub leader_batches: Vec<LeaderBatch>,
}

/// A batch of the last leader's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderBatch {
    /// Offset of its first record.
    pub base_offset: Offset,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
    /// Epoch of its producer; −1 without idempotence.
    pub producer_epoch: i16,
    /// Sequence of its first record; −1 without idempotence.
    pub base_sequence: i32,
    /// Number of records.
    pub records: u32,
}

impl FinalLog {
    /// Offsets at which an in-sync replica has another record than the leader, among the leader's first ones.
    pub(super) fn differ(&self, history: &PartitionHistory, committed: usize) -> usize {
        let records = |broker| self.replicas.iter().find(|(of, _)| *of == broker).map(|(_, records)| records);
        let Some(leader) = history.final_leader.and_then(records) else { return 0 };
        let in_sync = self.replicas.iter().filter(|(broker, _)| history.final_isr.contains(*broker));
        // Each log is in order of its offsets.
        let others = |(at, _, record): &&(Offset, LeaderEpoch, RecordId)| {
            in_sync.clone().any(|(_, records)| {
                let found = records.binary_search_by_key(at, |(offset, ..)| *offset);
                found.is_ok_and(|place| records[place].2 != *record)
            })
        };
        leader.iter().take(committed).filter(others).count()
    }

    pub(super) fn of(world: &World, partition: TopicPartition, last_leader: BrokerId) -> FinalLog {
        let mut brokers: Vec<BrokerId> = world.config().replicas(partition).collect();
        sort_by_number(&mut brokers, |broker| broker.0.into());
        let replicas = brokers.into_iter().filter_map(|broker| {
            let log = world.replica(broker, partition)?.log;
            let records = log.iter().flat_map(|entry| {
                let ids = (entry.base_offset..).zip(world.records(entry.batch));
                ids.map(|(offset, id)| (offset, entry.leader_epoch, id))
            });
            Some((broker, records.collect()))
        });
        let leader = world.replica(last_leader, partition);
        let leader_batches = leader.iter().flat_map(|replica| replica.log.iter()).map(|entry| {
            let batch = world.arena().batch(entry.batch);
            LeaderBatch {
                base_offset: entry.base_offset,
                leader_epoch: entry.leader_epoch,
                producer_epoch: batch.producer.map_or(-1, |producer| producer.epoch),
                base_sequence: batch.base_sequence,
                records: batch.count,
            }
        });
        FinalLog { replicas: replicas.collect(), leader_batches: leader_batches.collect() }
    }
}

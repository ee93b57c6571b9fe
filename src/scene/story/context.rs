//! What a caption has to know beside its fact, gathered as the trace is followed.

use crate::check::Replicas;
use crate::sim::{
    Action, Arena, BrokerId, Fact, FaultId, Kind, NodeId, Observation, PerRecord, RecordId, StepNo,
    TopicPartition, World,
};

/// What a caption may have to know beside the fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::scene) struct Context {
    /// Acknowledged records: that the new leader lacks; or that a log just lost and no other has.
    pub(in crate::scene) acked_missing: u32,
    /// It was before: the record in this log, or paid, or (where it failed) stored all the same; the node up; the
    /// producer able to send.
    pub(in crate::scene) again: bool,
    /// The record left its producer at least once.
    pub(in crate::scene) attempted: bool,
    /// First and last record of the batch.
    pub(in crate::scene) records: Option<(RecordId, RecordId)>,
    /// The message that it is about, and who should have got it.
    pub(in crate::scene) message: Option<(Kind, NodeId)>,
    /// A fault ate the message, and its connection says nothing from then on.
    pub(in crate::scene) silent: bool,
    /// The disk still writes, but takes its time.
    pub(in crate::scene) slow: bool,
}

/// A record that a log once had and lost.
#[derive(Clone, Copy, Debug)]
struct Dropped {
    /// The cursor right after it.
    step: StepNo,
    broker: BrokerId,
    partition: TopicPartition,
    record: RecordId,
}

/// First and last record of a batch.
fn ends(mut records: impl Iterator<Item = RecordId>) -> Option<(RecordId, RecordId)> {
    let first = records.next()?;
    Some((first, records.last().unwrap_or(first)))
}

/// What has happened so far, as far as captions need it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    replicas: Replicas,
    acked: PerRecord<bool>,
    /// Records that some leader appended, by partition.
    appended: [PerRecord<bool>; 3],
    applied: PerRecord<bool>,
    attempted: PerRecord<bool>,
    /// Nodes whose process ended once.
    ended: Vec<NodeId>,
    /// Producers that had somebody to send to since they started.
    able: Vec<NodeId>,
    dropped: Vec<Dropped>,
    /// Kinds and receivers of all messages, by their number.
    messages: Vec<(Kind, NodeId)>,
    /// Faults that eat a message.
    drops: Vec<FaultId>,
}

impl Memory {
    /// Takes in what was observed, and says what its caption has to know.
    pub(super) fn observe(&mut self, world: &World, observation: &Observation) -> Context {
        let arena = world.arena();
        // Before the logs follow: what a cut removes is still there.
        let mut context = self.context(arena, observation);
        self.replicas.observe(arena, observation);
        if let Fact::DiskFailed { fault } = observation.fact {
            let action = world.faults().get(usize::from(fault.0)).map(|fault| fault.action);
            context.slow = matches!(action, Some(Action::DiskSlow { .. }));
        }
        context
    }

    fn context(&mut self, arena: &Arena, observation: &Observation) -> Context {
        let mut context = Context::default();
        match observation.fact {
            Fact::Acked { record, .. } => {
                self.acked.replace(record, true);
            }
            Fact::Appended { batch, partition, .. } if partition.is_events() => {
                for record in arena.records(batch) {
                    let known = self.appended[partition.index()].replace(record, true);
                    context.again |= known && self.has(arena, observation.node, partition, record);
                }
                context.records = ends(arena.records(batch));
            }
            Fact::ProduceAttempted { batch, .. } => {
                arena.records(batch).for_each(|record| *self.attempted.of(record) = true);
                context.records = ends(arena.records(batch));
            }
            Fact::DuplicateFound { batch, .. } | Fact::AppendRefused { batch, .. } => {
                context.records = ends(arena.records(batch));
            }
            Fact::Failed { record, .. } => {
                context.attempted = self.attempted.get(record);
                context.again = self.appended.iter().any(|appended| appended.get(record));
            }
            Fact::Skipped { record, .. } => context.again = self.applied.get(record),
            Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => {
                self.ended.push(observation.node);
            }
            Fact::Started { .. } => {
                context.again = self.ended.contains(&observation.node);
                self.able.retain(|node| *node != observation.node);
            }
            Fact::Buffered { .. } if !self.able.contains(&observation.node) => {
                self.able.push(observation.node)
            }
            Fact::SendBlocked { .. } => context.again = self.able.contains(&observation.node),
            Fact::Applied { record, .. } => context.again = self.applied.replace(record, true),
            Fact::BecameLeader { partition, .. } if partition.is_events() => {
                context.acked_missing = self.missing_at(arena, observation.node, partition);
            }
            Fact::Truncated { partition, from, to, .. } | Fact::UnflushedLost { partition, from, to }
                if partition.is_events() =>
            {
                let Some(broker) = observation.node.broker() else { return context };
                let cut = self.replicas.log(broker, partition).records(arena, to..from);
                let cut: Vec<RecordId> = cut.map(|(_, record)| record).collect();
                let step = StepNo(observation.step.0 + 1);
                self.dropped.extend(cut.iter().map(|record| Dropped {
                    step,
                    broker,
                    partition,
                    record: *record,
                }));
                let mut acked: PerRecord<bool> = PerRecord::default();
                cut.iter().for_each(|record| *acked.of(*record) = self.acked.get(*record));
                let others = self.replicas.of(partition).filter(|(other, _)| *other != broker);
                let elsewhere = others.map(|(_, log)| log.records(arena, 0..log.end()));
                // The same log may hold it twice, too.
                let before = self.replicas.log(broker, partition).records(arena, 0..to);
                elsewhere.flatten().chain(before).for_each(|(_, record)| {
                    *acked.of(record) = false;
                });
                context.acked_missing = acked.iter().filter(|(_, missing)| *missing).count() as u32;
            }
            Fact::MessageSent { message, kind, to, .. } => {
                self.messages.resize(message.0 as usize + 1, (kind, to));
            }
            Fact::MessageLost { message, fault } => {
                context.message = self.messages.get(message.0 as usize).copied();
                context.silent = fault.is_some_and(|fault| self.drops.contains(&fault));
            }
            Fact::DropArmed { fault, .. } => self.drops.push(fault),
            _ => {}
        }
        context
    }

    /// Whether a broker's own log has a record.
    fn has(&self, arena: &Arena, node: NodeId, partition: TopicPartition, record: RecordId) -> bool {
        let log = node.broker().map(|broker| self.replicas.log(broker, partition));
        log.is_some_and(|log| log.records(arena, 0..log.end()).any(|(_, other)| other == record))
    }

    /// Records that a log lost up to a cursor.
    pub(super) fn dropped(
        &self,
        broker: BrokerId,
        partition: TopicPartition,
        cursor: StepNo,
    ) -> impl Iterator<Item = RecordId> {
        let until = self.dropped.partition_point(|dropped| dropped.step <= cursor);
        let here = move |dropped: &&Dropped| (dropped.broker, dropped.partition) == (broker, partition);
        self.dropped[..until].iter().filter(here).map(|dropped| dropped.record)
    }

    /// Acknowledged records of a partition that are not in this broker's log.
    fn missing_at(&self, arena: &Arena, node: NodeId, partition: TopicPartition) -> u32 {
        let Some(broker) = node.broker() else { return 0 };
        let log = self.replicas.log(broker, partition);
        let mut missing = self.appended[partition.index()].clone();
        log.records(arena, 0..log.end()).for_each(|(_, record)| *missing.of(record) = false);
        missing.iter().filter(|(record, missing)| *missing && self.acked.get(*record)).count() as u32
    }
}

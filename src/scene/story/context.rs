//! What a caption has to know beside its fact, gathered as the trace is followed.

use crate::check::Replicas;
use crate::sim::{Arena, Fact, FaultId, Kind, NodeId, Observation, RecordId, TopicPartition};
use std::collections::BTreeSet;

/// What a caption may have to know beside the fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::scene) struct Context {
    /// Acknowledged records: that the new leader lacks; or that a log just lost and no other has.
    pub(in crate::scene) acked_missing: u32,
    /// The record was appended, or paid, before.
    pub(in crate::scene) again: bool,
    /// What kind of message it is about.
    pub(in crate::scene) kind: Option<Kind>,
    /// A fault ate the message, and its connection says nothing from then on.
    pub(in crate::scene) silent: bool,
}

/// What has happened so far, as far as captions need it.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    replicas: Replicas,
    acked: BTreeSet<RecordId>,
    /// Records that some leader appended, by partition.
    appended: [BTreeSet<RecordId>; 3],
    applied: BTreeSet<RecordId>,
    /// Kinds of all messages, by their number.
    kinds: Vec<Kind>,
    /// Faults that eat a message.
    drops: Vec<FaultId>,
}

impl Memory {
    /// Takes in what was observed, and says what its caption has to know.
    pub(super) fn observe(&mut self, arena: &Arena, observation: &Observation) -> Context {
        // Before the logs follow: what a cut removes is still there.
        let context = self.context(arena, observation);
        self.replicas.observe(arena, observation);
        context
    }

    fn context(&mut self, arena: &Arena, observation: &Observation) -> Context {
        let mut context = Context::default();
        match observation.fact {
            Fact::Acked { record, .. } => {
                self.acked.insert(record);
            }
            Fact::Appended { batch, partition, .. } if partition.is_events() => {
                for record in arena.records(batch) {
                    context.again |= !self.appended[partition.index()].insert(record);
                }
            }
            Fact::Applied { record, .. } => context.again = !self.applied.insert(record),
            Fact::BecameLeader { partition, .. } if partition.is_events() => {
                context.acked_missing = self.missing_at(arena, observation.node, partition);
            }
            Fact::Truncated { partition, from, to, .. } | Fact::UnflushedLost { partition, from, to }
                if partition.is_events() =>
            {
                let Some(broker) = observation.node.broker() else { return context };
                let cut = self.replicas.log(broker, partition).records(arena, to..from);
                let mut acked: BTreeSet<RecordId> =
                    cut.map(|(_, record)| record).filter(|record| self.acked.contains(record)).collect();
                let others = self.replicas.of(partition).filter(|(other, _)| *other != broker);
                let elsewhere = others.map(|(_, log)| log.records(arena, 0..log.end()));
                // The same log may hold it twice, too.
                let before = self.replicas.log(broker, partition).records(arena, 0..to);
                elsewhere.flatten().chain(before).for_each(|(_, record)| {
                    acked.remove(&record);
                });
                context.acked_missing = acked.len() as u32;
            }
            Fact::MessageSent { message, kind, .. } => {
                self.kinds.resize(message.0 as usize + 1, kind);
            }
            Fact::MessageLost { message, fault } => {
                context.kind = self.kinds.get(message.0 as usize).copied();
                context.silent = fault.is_some_and(|fault| self.drops.contains(&fault));
            }
            Fact::DropArmed { fault, .. } => self.drops.push(fault),
            _ => {}
        }
        context
    }

    /// Acknowledged records of a partition that are not in this broker's log.
    fn missing_at(&self, arena: &Arena, node: NodeId, partition: TopicPartition) -> u32 {
        let Some(broker) = node.broker() else { return 0 };
        let log = self.replicas.log(broker, partition);
        let there: BTreeSet<RecordId> = log.records(arena, 0..log.end()).map(|(_, record)| record).collect();
        let here = &self.appended[partition.index()];
        here.difference(&there).filter(|record| self.acked.contains(record)).count() as u32
    }
}

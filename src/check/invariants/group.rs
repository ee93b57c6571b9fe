//! I33: a generation of the group gives a partition to one member, and takes commits of its own members only.
//! Where more failed than is tolerated, a coordinator may know of no generation and count anew.

use super::committed::Committed;
use super::{Breaches, Invariant};
use crate::sim::{
    Arena, BrokerId, Content, Fact, Kind, MessageId, NodeId, Observation, ProcessState, StepNo,
    TopicPartition, World,
};
use std::collections::BTreeMap;

/// A commit that a coordinator takes in this step, with the request that arrived in it.
#[derive(Clone, Copy, Debug)]
struct Taken {
    step: StepNo,
    coordinator: BrokerId,
    request: MessageId,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    /// Who was given each partition, by generation.
    owners: BTreeMap<u32, [Option<u8>; 3]>,
    /// Generation of the member that sent each commit.
    commits: BTreeMap<MessageId, u32>,
    /// Commits sent in this step, whose generation is still to be looked up.
    sent: Vec<(MessageId, u8)>,
    arrived: Option<(StepNo, MessageId)>,
    /// A generation was agreed on. The one that the run begins with was not: nothing of it is stored yet, and
    /// whoever becomes the coordinator then counts from it anew.
    agreed: bool,
    taken: Option<Taken>,
}

impl Group {
    pub(super) fn observe(
        &mut self,
        arena: &Arena,
        committed: &Committed,
        observation: &Observation,
        breaches: &mut Breaches,
    ) {
        let &Observation { step, node, fact } = observation;
        match (fact, node) {
            (Fact::GenerationStarted { .. }, _) => self.agreed = true,
            (Fact::Assigned { partitions, generation }, NodeId::Consumer(n)) if self.agreed => {
                let owners = self.owners.entry(generation).or_default();
                for (p, owner) in owners.iter_mut().enumerate().filter(|(p, _)| partitions & 1 << p != 0) {
                    let other = owner.replace(n).filter(|other| *other != n);
                    let void = !committed.holds_good(TopicPartition::OFFSETS);
                    breaches.unless(void || other.is_none(), Invariant::OneOwner, step, || {
                        format!(
                            "partition {p}: consumer-{n} and {other:?} both own it in generation {generation}"
                        )
                    });
                }
            }
            (Fact::MessageSent { message, kind: Kind::OffsetCommitRequest, .. }, NodeId::Consumer(n)) => {
                self.sent.push((message, n));
            }
            (Fact::MessageDelivered { message }, NodeId::Broker(_)) => self.arrived = Some((step, message)),
            (Fact::Appended { partition: TopicPartition::OFFSETS, batch, .. }, NodeId::Broker(n)) => {
                let offsets = matches!(arena.batch(batch).content, Content::Offsets { .. });
                // What waited for the disk, or behind another request, is not known to belong to what arrived.
                if let Some((_, request)) = self.arrived.filter(|(at, _)| offsets && *at == step) {
                    self.taken = Some(Taken { step, coordinator: BrokerId(n), request });
                }
            }
            _ => {}
        }
    }

    /// Generations stand in no fact.
    pub(super) fn compare_generations(&mut self, world: &World, breaches: &mut Breaches) {
        for (message, consumer) in self.sent.drain(..) {
            // Of a process that ended in this very step it is not to be had.
            let process = world.process(NodeId::Consumer(consumer));
            if !matches!(process, ProcessState::Down { .. } | ProcessState::Starting) {
                self.commits.insert(message, world.generation(consumer));
            }
        }
        let Some(Taken { step, coordinator, request }) = self.taken.take() else { return };
        let Some(sent) = self.commits.remove(&request) else { return };
        let stands = world.group_generation(coordinator);
        breaches.unless(sent == stands, Invariant::OneOwner, step, || {
            format!("broker-{} takes a commit of generation {sent} in generation {stands}", coordinator.0)
        });
    }
}

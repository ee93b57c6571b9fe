//! How leaders, ISR and ELR of a partition changed, as the controller's log has it.

use crate::sim::config::Config;
use crate::sim::{BrokerId, BrokerSet, Fact, LeaderEpoch, Observation, TopicPartition, World};

/// A partition from its creation to the end of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionHistory {
    /// Leaders in order; none = nobody led.
    pub leaders: Vec<Option<BrokerId>>,
    /// In-sync replicas in order of change.
    pub isr: Vec<BrokerSet>,
    /// Eligible leader replicas in order of change.
    pub elr: Vec<BrokerSet>,
    /// Who leads at the end.
    pub final_leader: Option<BrokerId>,
    /// In which epoch.
    pub final_leader_epoch: LeaderEpoch,
    /// In-sync replicas at the end.
    pub final_isr: BrokerSet,
    /// Eligible leader replicas at the end.
    pub final_elr: BrokerSet,
}

impl PartitionHistory {
    /// The one who led last.
    pub fn last_leader(&self) -> BrokerId {
        self.leaders.iter().rev().find_map(|leader| *leader).expect("a new partition has a leader")
    }
}

/// The fold.
#[derive(Debug)]
pub(super) struct Histories(Vec<PartitionHistory>);

impl Histories {
    /// Partitions as they are created: the first replica leads, all are in sync.
    pub(super) fn new(config: &Config) -> Histories {
        let created = |partition| PartitionHistory {
            leaders: vec![config.replicas(partition).next()],
            isr: vec![config.replica_set(partition)],
            elr: vec![BrokerSet::EMPTY],
            final_leader: None,
            final_leader_epoch: 0,
            final_isr: BrokerSet::EMPTY,
            final_elr: BrokerSet::EMPTY,
        };
        Histories((0..config.topic.partitions).map(TopicPartition::events).map(created).collect())
    }

    pub(super) fn observe(&mut self, observation: &Observation) {
        let Fact::PartitionChanged { partition, leader, isr, elr, .. } = observation.fact else { return };
        if !partition.is_events() {
            return;
        }
        let history = &mut self.0[usize::from(partition.partition())];
        push_change(&mut history.leaders, leader);
        push_change(&mut history.isr, isr);
        push_change(&mut history.elr, elr);
    }

    pub(super) fn finish(mut self, world: &World) -> Vec<PartitionHistory> {
        for (history, partition) in self.0.iter_mut().zip((0..3).map(TopicPartition::events)) {
            let registration = world.registration(partition);
            history.final_leader = registration.leader;
            history.final_leader_epoch = registration.leader_epoch;
            history.final_isr = registration.isr;
            history.final_elr = registration.elr;
        }
        self.0
    }
}

fn push_change<T: PartialEq>(history: &mut Vec<T>, now: T) {
    if history.last() != Some(&now) {
        history.push(now);
    }
}

//! I1 to I3 and I9: what the controller writes of partitions, and who takes himself for a leader.

use super::{Breaches, Invariant};
use crate::sim::config::Config;
use crate::sim::{
    BrokerId, BrokerSet, Fact, LeaderEpoch, NodeId, Observation, PartitionEpoch, StepNo, TopicPartition,
};

/// The last registration of a partition, and what it must fit.
#[derive(Clone, Debug)]
struct Registered {
    replicas: BrokerSet,
    min_isr: u32,
    leader: Option<BrokerId>,
    leader_epoch: LeaderEpoch,
    partition_epoch: PartitionEpoch,
    isr: BrokerSet,
    /// Who led in each epoch, as controller and brokers have it.
    leaders: Vec<Option<BrokerId>>,
}

#[derive(Clone, Debug)]
pub(super) struct Registrations {
    partitions: [Option<Registered>; TopicPartition::MAX],
    elr: bool,
    fenced: BrokerSet,
}

impl Registrations {
    pub(super) fn new(config: &Config) -> Registrations {
        let mut partitions = [const { None }; TopicPartition::MAX];
        for partition in config.partitions() {
            let leader = config.replicas(partition).next();
            partitions[partition.index()] = Some(Registered {
                replicas: config.replica_set(partition),
                min_isr: config.effective_min_isr(partition),
                leader,
                leader_epoch: 0,
                partition_epoch: 0,
                isr: config.replica_set(partition),
                leaders: vec![leader],
            });
        }
        Registrations { partitions, elr: config.cluster.elr, fenced: BrokerSet::EMPTY }
    }

    pub(super) fn observe(&mut self, observation: &Observation, breaches: &mut Breaches) {
        let &Observation { step, node, fact } = observation;
        match (fact, node) {
            (Fact::BecameLeader { partition, leader_epoch, .. }, NodeId::Broker(n)) => {
                let Some(registered) = &mut self.partitions[partition.index()] else { return };
                registered.leads(step, partition, leader_epoch, BrokerId(n), breaches);
            }
            (
                Fact::PartitionChanged { partition, leader, leader_epoch, partition_epoch, isr, elr, .. },
                _,
            ) => {
                let Some(registered) = &mut self.partitions[partition.index()] else { return };
                registered.changed(step, partition, (leader, leader_epoch, partition_epoch), breaches);
                if let Some(leader) = leader {
                    breaches.unless(isr.contains(leader), Invariant::LeaderInIsr, step, || {
                        format!("{partition}: broker-{} leads, the ISR is {isr}", leader.0)
                    });
                }
                registered.isr = isr;
                registered.judge_fenced(step, partition, self.elr, self.fenced, breaches);
                let fits = registered.fits(self.elr, isr, elr);
                breaches.unless(fits, Invariant::IsrElrShape, step, || {
                    format!("{partition}: ISR {isr}, ELR {elr}, replicas {}", registered.replicas)
                });
            }
            (Fact::BrokerFenced { broker, .. } | Fact::BrokerRegistered { broker, .. }, _) => {
                self.fenced = self.fenced.with(broker);
                for (index, registered) in self.partitions.iter().enumerate() {
                    let Some(registered) = registered else { continue };
                    let partition = TopicPartition::at(index);
                    registered.judge_fenced(step, partition, self.elr, BrokerSet::of(broker), breaches);
                }
            }
            (Fact::BrokerUnfenced { broker }, _) => self.fenced = self.fenced.without(broker),
            _ => {}
        }
    }
}

impl Registered {
    fn judge_fenced(
        &self,
        step: StepNo,
        partition: TopicPartition,
        with_elr: bool,
        fenced: BrokerSet,
        breaches: &mut Breaches,
    ) {
        let inside = self.isr.intersection(fenced);
        let last_member = !with_elr && self.isr.len() == 1;
        breaches.unless(inside.is_empty() || last_member, Invariant::FencedOutsideIsr, step, || {
            format!("{partition}: {inside} of the ISR {} is fenced", self.isr)
        });
    }

    fn changed(
        &mut self,
        step: StepNo,
        partition: TopicPartition,
        (leader, leader_epoch, partition_epoch): (Option<BrokerId>, LeaderEpoch, PartitionEpoch),
        breaches: &mut Breaches,
    ) {
        let rises = partition_epoch > self.partition_epoch
            && leader_epoch >= self.leader_epoch
            && (leader == self.leader || leader_epoch > self.leader_epoch);
        breaches.unless(rises, Invariant::LeaderEpochUnique, step, || {
            format!(
                "{partition}: leader {:?} epoch {} after {:?} epoch {}, partition epoch {partition_epoch} after {}",
                leader, leader_epoch, self.leader, self.leader_epoch, self.partition_epoch
            )
        });
        (self.leader, self.leader_epoch, self.partition_epoch) = (leader, leader_epoch, partition_epoch);
        if let Some(leader) = leader {
            self.leads(step, partition, leader_epoch, leader, breaches);
        }
    }

    fn leads(
        &mut self,
        step: StepNo,
        partition: TopicPartition,
        epoch: LeaderEpoch,
        leader: BrokerId,
        breaches: &mut Breaches,
    ) {
        let place = epoch as usize;
        if place >= self.leaders.len() {
            self.leaders.resize(place + 1, None);
        }
        let before = *self.leaders[place].get_or_insert(leader);
        breaches.unless(before == leader, Invariant::LeaderEpochUnique, step, || {
            format!("{partition}: broker-{} and broker-{} lead in epoch {epoch}", before.0, leader.0)
        });
    }

    fn fits(&self, with_elr: bool, isr: BrokerSet, elr: BrokerSet) -> bool {
        let apart = isr.intersection(elr).is_empty();
        let within = isr.union(elr).minus(self.replicas).is_empty();
        let sized = if with_elr {
            isr.len() < self.min_isr || elr.is_empty()
        } else {
            !isr.is_empty() && elr.is_empty()
        };
        apart && within && sized
    }
}

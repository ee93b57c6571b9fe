//! I11 to I14, I16 and I17: what is committed, who has it, and what was promised.
//!
//! *Committed* is what stands below the highest high watermark that a leader reached while the controller held
//! it to be the leader. What more than the tolerated failures take away is no longer committed: such a loss is a
//! finding, which the report tells of. Tolerated is all but these: the rules of older versions (a cut to the high
//! watermark; a high watermark that moves below the ISR's minimum, with ELR); an unclean election; without ELR, a power
//! loss that took a record from every member of the ISR. One hole is Kafka's own: a leader forgets which ISR it
//! asked for when it reads the registration that it has once more (`Partition.makeLeader` refuses only what is
//! older), and may commit without a member that is just being let in. Such a member is excused.
//!
//! Names follow `KafkaReplication.tla` (StrongIsr, WeakIsr) and `kip_966_properties.tla`.

mod judge;

use super::{Breaches, Invariant};
use crate::check::replicas::{Log, Replicas};
use crate::sim::config::{Acks, Config, Truncation};
use crate::sim::{
    Arena, BrokerId, BrokerSet, Entry, Fact, LeaderEpoch, NodeId, Observation, Offset, PartitionEpoch,
    RecordId, RoleView, StepNo, TopicPartition, World,
};

/// What a broker believes that leads.
#[derive(Clone, Copy, Debug)]
struct Belief {
    epoch: LeaderEpoch,
    isr: BrokerSet,
    partition_epoch: PartitionEpoch,
    /// It asked for another ISR.
    asked: bool,
    /// It forgot what it asked for: it read the registration that it had once more.
    forgot: bool,
}

/// A partition as the controller holds it, and what was ever committed and promised in it.
#[derive(Clone, Debug)]
struct Partition {
    id: TopicPartition,
    replicas: BrokerSet,
    min_isr: u32,
    elr_on: bool,
    leader: Option<BrokerId>,
    epoch: LeaderEpoch,
    isr: BrokerSet,
    elr: BrokerSet,
    /// What is committed, from offset 0 on.
    committed: Vec<Entry>,
    /// What a leader acknowledged with `acks=all`.
    acked: Vec<Entry>,
    /// Leaders of older epochs may have committed what is no more.
    void_before: LeaderEpoch,
    /// What stands before it was deleted in its time by somebody: the others need not have it, who may have had
    /// something else there and learn of the deletion first.
    expired: Offset,
    /// Where a power loss cut each log, since its broker last joined the ISR.
    cut: [Option<Offset>; 5],
    /// Brokers that joined the ISR while the leader had forgotten that it asked for them.
    unheard: BrokerSet,
    /// Brokers whose process ended without an orderly shutdown, since they last joined the ISR.
    unclean: BrokerSet,
    beliefs: [Option<Belief>; 5],
    /// Leaders whose high watermark rose in this step.
    risen: BrokerSet,
    /// Something changed in this step.
    changed: bool,
    /// The leader's ISR or the controller's may have changed in this step.
    isr_changed: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Committed {
    partitions: [Option<Partition>; TopicPartition::MAX],
    acks_all: bool,
    /// The rules of today.
    safe: bool,
    gated: bool,
    step: StepNo,
    /// Brokers with a process.
    up: BrokerSet,
    /// Brokers whose registered process is the one that runs.
    registered: BrokerSet,
    stopping: BrokerSet,
}

impl Belief {
    /// What a broker believes when it begins to lead.
    fn new(epoch: LeaderEpoch) -> Belief {
        Belief { epoch, isr: BrokerSet::EMPTY, partition_epoch: 0, asked: false, forgot: false }
    }
}

impl Committed {
    pub(super) fn new(config: &Config) -> Committed {
        let mut partitions = [const { None }; TopicPartition::MAX];
        for id in config.partitions() {
            partitions[id.index()] = Some(Partition {
                id,
                replicas: config.replica_set(id),
                min_isr: config.effective_min_isr(id),
                elr_on: config.cluster.elr,
                leader: config.replicas(id).next(),
                epoch: 0,
                isr: config.replica_set(id),
                elr: BrokerSet::EMPTY,
                committed: Vec::new(),
                acked: Vec::new(),
                void_before: 0,
                expired: 0,
                cut: [None; 5],
                unheard: BrokerSet::EMPTY,
                unclean: BrokerSet::EMPTY,
                beliefs: [None; 5],
                risen: BrokerSet::EMPTY,
                changed: false,
                isr_changed: false,
            });
        }
        Committed {
            partitions,
            acks_all: config.producer.acks == Acks::All,
            safe: config.cluster.truncation == Truncation::Epoch
                && (config.cluster.high_watermark_requires_min_isr || !config.cluster.elr),
            gated: config.cluster.high_watermark_requires_min_isr,
            step: StepNo(0),
            up: config.brokers().collect(),
            registered: config.brokers().collect(),
            stopping: BrokerSet::EMPTY,
        }
    }

    /// Whether no more failed than is tolerated, so far.
    pub(super) fn holds_good(&self, id: TopicPartition) -> bool {
        self.safe && self.partitions[id.index()].as_ref().is_some_and(|partition| partition.void_before == 0)
    }

    /// Whether who begins to lead in an epoch has to have all that is committed.
    pub(super) fn binds(&self, id: TopicPartition, epoch: LeaderEpoch) -> bool {
        let current = |partition: &Partition| epoch >= partition.epoch;
        self.holds_good(id) && self.partitions[id.index()].as_ref().is_some_and(current)
    }

    /// Whether what was read at an offset need not be there: deleted in its time, or taken by power from every
    /// member of the ISR, without ELR. A leader that shuts down may have let it be read uncommitted.
    pub(super) fn may_be_gone(&self, id: TopicPartition, offset: Offset) -> bool {
        self.partitions[id.index()].as_ref().is_some_and(|partition| {
            let cut = |id: BrokerId| partition.cut[id.index()].is_some_and(|to| to <= offset);
            offset < partition.expired || partition.of_last_members(cut)
        })
    }

    /// The record that is committed at an offset, if one is.
    pub(super) fn record_at(&self, arena: &Arena, id: TopicPartition, offset: Offset) -> Option<RecordId> {
        let committed = &self.partitions[id.index()].as_ref()?.committed;
        let entry = committed.get(committed.partition_point(|entry| entry.end() <= offset))?;
        arena.record(entry.batch, offset.checked_sub(entry.base_offset)?)
    }

    /// Follows a fact; `logs` have followed it already. What a step did is judged when it is over.
    pub(super) fn observe(&mut self, logs: &Replicas, observation: &Observation, breaches: &mut Breaches) {
        let &Observation { step, node, fact } = observation;
        if !self.safe {
            return;
        }
        if step != self.step {
            self.end_step(logs, breaches);
            self.step = step;
        }
        match (fact, node) {
            (Fact::Started { .. }, NodeId::Broker(n)) => self.up = self.up.with(BrokerId(n)),
            (Fact::Stopping { .. }, NodeId::Broker(n)) => self.stopping = self.stopping.with(BrokerId(n)),
            (Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped, NodeId::Broker(n)) => {
                let clean = fact == Fact::Stopped && self.stopping.contains(BrokerId(n));
                self.ended(BrokerId(n), clean);
            }
            (Fact::BrokerRegistered { broker, .. }, _) => {
                if self.up.contains(broker) {
                    self.registered = self.registered.with(broker);
                }
                self.partitions.iter_mut().flatten().for_each(|partition| partition.changed = true);
            }
            (Fact::PartitionChanged { partition, .. }, _) => {
                if let Some(partition) = &mut self.partitions[partition.index()] {
                    partition.change(logs, self.registered, &fact);
                }
            }
            (Fact::ConnectionClosed { .. }, NodeId::Broker(_)) => {
                self.partitions.iter_mut().flatten().for_each(|partition| partition.isr_changed = true);
            }
            (Fact::LogStartMoved { partition, to, .. }, _) => {
                if let Some(partition) = &mut self.partitions[partition.index()] {
                    partition.expired = partition.expired.max(to);
                }
            }
            (fact, NodeId::Broker(n)) => self.of_replica(logs, step, BrokerId(n), fact, breaches),
            _ => {}
        }
    }

    /// What happens to a replica.
    fn of_replica(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        broker: BrokerId,
        fact: Fact,
        breaches: &mut Breaches,
    ) {
        let place = match fact {
            Fact::UnflushedLost { partition, .. }
            | Fact::Truncated { partition, .. }
            | Fact::BecameLeader { partition, .. }
            | Fact::BecameFollower { partition, .. }
            | Fact::RegistrationApplied { partition, .. }
            | Fact::HighWatermarkMoved { partition, .. }
            | Fact::IsrChangeProposed { partition, .. }
            | Fact::IsrChangeRefused { partition, .. }
            | Fact::ProduceDecided { partition, .. } => partition.index(),
            _ => return,
        };
        let Some(partition) = &mut self.partitions[place] else { return };
        partition.changed = true;
        match fact {
            Fact::UnflushedLost { to, .. } => {
                let cut = &mut partition.cut[broker.index()];
                *cut = Some(cut.map_or(to, |before| before.min(to)));
            }
            Fact::BecameLeader { leader_epoch: epoch, .. } => {
                partition.judge_leader(logs, step, broker, epoch, breaches);
                partition.beliefs[broker.index()] = Some(Belief::new(epoch));
                partition.isr_changed = true;
            }
            Fact::BecameFollower { .. } => partition.beliefs[broker.index()] = None,
            Fact::RegistrationApplied { isr, partition_epoch, .. } => {
                if let Some(belief) = &mut partition.beliefs[broker.index()] {
                    let known = partition_epoch == belief.partition_epoch;
                    belief.forgot = known && (belief.forgot || belief.asked);
                    belief.asked &= known;
                    (belief.isr, belief.partition_epoch) = (isr, partition_epoch);
                }
                partition.isr_changed = true;
            }
            Fact::HighWatermarkMoved { from, to, .. } if from < to => {
                partition.risen = partition.risen.with(broker);
            }
            Fact::ProduceDecided { error: None, base_offset: Some(base), .. } if self.acks_all => {
                partition.acknowledge(logs, step, broker, base, breaches);
            }
            Fact::IsrChangeProposed { .. } => {
                if let Some(belief) = &mut partition.beliefs[broker.index()] {
                    belief.asked = true;
                }
                partition.isr_changed = true;
            }
            Fact::IsrChangeRefused { .. } => partition.isr_changed = true,
            _ => {}
        }
    }

    fn ended(&mut self, broker: BrokerId, clean: bool) {
        self.up = self.up.without(broker);
        self.registered = self.registered.without(broker);
        self.stopping = self.stopping.without(broker);
        for partition in self.partitions.iter_mut().flatten() {
            partition.beliefs[broker.index()] = None;
            partition.changed = true;
            if !clean {
                partition.unclean = partition.unclean.with(broker);
            }
        }
    }

    /// Judges what the facts of a step come to.
    pub(super) fn end_step(&mut self, logs: &Replicas, breaches: &mut Breaches) {
        for partition in self.partitions.iter_mut().flatten() {
            if std::mem::take(&mut partition.changed) {
                partition.judge(logs, self.step, self.registered, self.gated, breaches);
            }
        }
    }

    /// Whether the leader counts everybody whom the controller holds to be in sync. What it asked for and
    /// did not hear of stands in no fact.
    pub(super) fn compare_isrs(&mut self, world: &World, breaches: &mut Breaches) {
        for partition in self.partitions.iter_mut().flatten() {
            if !std::mem::take(&mut partition.isr_changed) {
                continue;
            }
            let Some(leader) = partition.leader else { continue };
            let Some(replica) = world.replica(leader, partition.id) else { continue };
            let RoleView::Leader { isr, pending } = replica.role else { continue };
            let stands = |belief: Belief| belief.epoch == partition.epoch && !belief.forgot;
            if replica.leader_epoch != partition.epoch
                || !partition.beliefs[leader.index()].is_some_and(stands)
            {
                continue;
            }
            let maximal = isr.union(pending.unwrap_or(isr));
            breaches.unless(partition.isr.minus(maximal).is_empty(), Invariant::StrongIsr, self.step, || {
                format!(
                    "{}: broker-{} counts {maximal}, the ISR is {}",
                    partition.id, leader.0, partition.isr
                )
            });
        }
    }
}

impl Partition {
    /// The controller changed the registration.
    fn change(&mut self, logs: &Replicas, registered: BrokerSet, fact: &Fact) {
        let Fact::PartitionChanged { leader, leader_epoch, isr, elr, unclean, .. } = *fact else { return };
        if let Some(leader) = leader.filter(|_| unclean) {
            self.void(logs.log(leader, self.id), leader_epoch);
        }
        // Whoever joins must have everything again, if it did not fail between its fetch and its joining.
        for id in isr.minus(self.isr).intersection(registered).iter() {
            self.cut[id.index()] = None;
            self.unclean = self.unclean.without(id);
            self.unheard = self.unheard.without(id);
            if leader.and_then(|id| self.beliefs[id.index()]).is_some_and(|belief| belief.forgot) {
                self.unheard = self.unheard.with(id);
            }
        }
        (self.leader, self.epoch, self.isr, self.elr) = (leader, leader_epoch, isr, elr);
        (self.changed, self.isr_changed) = (true, true);
    }

    /// More failed than is tolerated: what a leader does not have is committed no more. A leader of an older
    /// epoch that was not told may even go on to commit alone.
    fn void(&mut self, log: &Log, epoch: LeaderEpoch) {
        self.void_before = epoch;
        self.committed.truncate(self.kept(log));
        let acked = std::mem::take(&mut self.acked);
        self.acked = acked.into_iter().filter(|entry| self.holds(log, entry)).collect();
    }
}

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
            let last = !partition.elr_on && !partition.isr.is_empty() && partition.isr.iter().all(cut);
            offset < partition.expired || last
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

    /// Whether a new leader, no older than the controller's, has all that is committed and acknowledged. (The
    /// controller may also elect who just lost power and is not yet missed; it never comes to lead.)
    fn judge_leader(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        leader: BrokerId,
        epoch: LeaderEpoch,
        breaches: &mut Breaches,
    ) {
        if epoch < self.epoch {
            return;
        }
        let log = logs.log(leader, self.id);
        let missing = self.committed.get(self.kept(log)).copied();
        let broken = self.acked.iter().find(|entry| !self.holds(log, entry)).copied();
        let mut excused = false;
        for (entry, invariant) in [(missing, Invariant::LeaderComplete), (broken, Invariant::AckedDurable)] {
            let Some(entry) = entry else { continue };
            let taken = self.unheard.contains(leader) || self.taken_by_power(logs, &entry);
            excused |= taken;
            breaches.unless(taken, invariant, step, || {
                format!("{}: broker-{} leads in epoch {epoch} without {entry:?}", self.id, leader.0)
            });
        }
        if excused {
            self.void(log, epoch);
        }
    }

    /// Without ELR the last member of the ISR keeps its seat, whatever it lost: so where all members lost an
    /// entry, more failed than is tolerated.
    fn taken_by_power(&self, logs: &Replicas, entry: &Entry) -> bool {
        !self.elr_on && !self.isr.is_empty() && self.isr.iter().all(|id| self.lost(logs, id, entry))
    }

    /// Whether a power loss took an entry, and it did not come back (or its leader never waited for it).
    fn lost(&self, logs: &Replicas, id: BrokerId, entry: &Entry) -> bool {
        let excused = self.unheard.contains(id) || self.cut[id.index()].is_some_and(|to| to < entry.end());
        excused && !self.holds(logs.log(id, self.id), entry)
    }

    /// A leader says that what stands at `base` is stored.
    fn acknowledge(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        broker: BrokerId,
        base: Offset,
        breaches: &mut Breaches,
    ) {
        let Some(belief) = self.beliefs[broker.index()] else { return };
        let Some(entry) = logs.log(broker, self.id).at(base).copied() else { return };
        if belief.epoch < self.void_before || self.acked.contains(&entry) {
            return;
        }
        let leads = |id: &BrokerId| self.beliefs[id.index()].is_some_and(|other| other.epoch == self.epoch);
        if let Some(leader) = self.leader.filter(|id| *id != broker && leads(id)) {
            let kept = self.holds(logs.log(leader, self.id), &entry) || self.taken_by_power(logs, &entry);
            breaches.unless(kept, Invariant::AckedDurable, step, || {
                format!(
                    "{}: broker-{} acknowledged {entry:?}, broker-{} leads without it",
                    self.id, broker.0, leader.0
                )
            });
        }
        self.acked.push(entry);
    }

    fn judge(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        registered: BrokerSet,
        gated: bool,
        breaches: &mut Breaches,
    ) {
        let risen = std::mem::take(&mut self.risen);
        for (index, belief) in self.beliefs.into_iter().enumerate() {
            let (id, Some(belief)) = (BrokerId(index as u8 + 1), belief) else { continue };
            if risen.contains(id) {
                self.judge_rise(logs, step, id, (belief, gated), breaches);
            }
            if belief.epoch >= self.void_before {
                self.judge_isr(logs, step, id, belief, breaches);
            }
        }
        self.judge_candidates(logs, step, registered, breaches);
        self.judge_globally(logs, step, breaches);
    }

    fn judge_rise(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        id: BrokerId,
        (belief, gated): (Belief, bool),
        breaches: &mut Breaches,
    ) {
        breaches.unless(!gated || belief.isr.len() >= self.min_isr, Invariant::MinIsrGates, step, || {
            format!("{}: broker-{} commits with the ISR {}", self.id, id.0, belief.isr)
        });
        if (self.leader, self.epoch) != (Some(id), belief.epoch) {
            return;
        }
        let log = logs.log(id, self.id);
        let from = log.place(self.end());
        let news = log.entries()[from..].iter().take_while(|entry| entry.end() <= log.high_watermark);
        self.committed.extend(news.copied());
    }

    fn end(&self) -> Offset {
        self.committed.last().map_or(0, Entry::end)
    }

    /// StrongIsr and WeakIsr: what stands below a leader's high watermark is with every member of the
    /// controller's ISR, and of its own.
    fn judge_isr(
        &self,
        logs: &Replicas,
        step: StepNo,
        id: BrokerId,
        belief: Belief,
        breaches: &mut Breaches,
    ) {
        let log = logs.log(id, self.id);
        let Some(place) = log.place(log.high_watermark).checked_sub(1) else { return };
        let last = log.entries()[place];
        for (isr, invariant) in [(self.isr, Invariant::StrongIsr), (belief.isr, Invariant::WeakIsr)] {
            for member in isr.iter() {
                let has = self.holds(logs.log(member, self.id), &last) || self.lost(logs, member, &last);
                breaches.unless(has, invariant, step, || {
                    format!(
                        "{}: broker-{} of the ISR {isr} lacks {last:?}, below the high watermark of broker-{}",
                        self.id, member.0, id.0
                    )
                });
            }
        }
    }

    /// Leader-candidate completeness: whoever may be elected and runs has all that is committed.
    fn judge_candidates(
        &self,
        logs: &Replicas,
        step: StepNo,
        registered: BrokerSet,
        breaches: &mut Breaches,
    ) {
        for id in self.isr.union(self.elr).intersection(registered).iter() {
            let end = logs.log(id, self.id).end();
            let last_member = !self.elr_on && self.isr == BrokerSet::of(id);
            let excused = self.unheard.contains(id)
                || last_member && self.cut[id.index()].is_some_and(|to| to < self.end());
            breaches.unless(
                end.max(self.expired) >= self.end() || excused,
                Invariant::LeaderComplete,
                step,
                || {
                    format!(
                        "{}: broker-{} may be elected and ends at {end}; committed up to {}",
                        self.id,
                        id.0,
                        self.end()
                    )
                },
            );
        }
    }

    /// What is committed is with somebody who may be elected.
    fn judge_globally(&self, logs: &Replicas, step: StepNo, breaches: &mut Breaches) {
        let electable = self.isr.union(self.elr);
        let kept = electable.iter().map(|id| self.kept(logs.log(id, self.id))).max().unwrap_or(0);
        let Some(entry) = self.committed.get(kept) else { return };
        // After an unclean election the ISR may be smaller than its minimum without an ELR.
        let excused = if self.elr_on && self.void_before == 0 {
            self.unclean.intersection(self.replicas).len() >= self.min_isr
        } else {
            electable.iter().all(|id| self.lost(logs, id, entry))
        };
        breaches.unless(excused, Invariant::NoCommittedRecordLost, step, || {
            format!("{}: nobody of {electable} has {entry:?}", self.id)
        });
    }

    /// Whether a log has an entry, or it was deleted in its time.
    fn holds(&self, log: &Log, entry: &Entry) -> bool {
        entry.end() <= self.expired.max(log.start) || log.at(entry.base_offset) == Some(entry)
    }

    /// How many of the first committed entries a log has. Logs that agree on one agree on all before it.
    fn kept(&self, log: &Log) -> usize {
        match self.committed.last() {
            Some(last) if !self.holds(log, last) => {
                self.committed.partition_point(|entry| self.holds(log, entry))
            }
            _ => self.committed.len(),
        }
    }
}

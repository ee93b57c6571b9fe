//! What a broker believes of the cluster: the metadata log as far as it has read it, and what follows from
//! it for its replicas (`BrokerMetadataPublisher`, `ReplicaManager.applyDelta`, `Partition.makeLeader`,
//! `Partition.makeFollower`).

use super::Broker;
use super::replica::{Leadership, Role};
use crate::sim::batch::{MetadataRecord, Registration};
use crate::sim::config::{Mutant, Truncation};
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerEpoch, BrokerId, BrokerSet, LeaderEpoch, PerPartition, TopicPartition};

/// The cluster as a broker believes it to be.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// One past the last metadata record read.
    pub(crate) offset: u32,
    fenced: BrokerSet,
    registered: BrokerSet,
    shutting_down: BrokerSet,
    epochs: [BrokerEpoch; 5],
    partitions: PerPartition<Registration>,
}

impl Image {
    /// Nothing is known.
    pub(crate) fn new() -> Image {
        Image {
            offset: 0,
            fenced: BrokerSet::EMPTY,
            registered: BrokerSet::EMPTY,
            shutting_down: BrokerSet::EMPTY,
            epochs: [0; 5],
            partitions: PerPartition::default(),
        }
    }

    /// Brokers that are not fenced.
    pub(crate) fn alive(&self) -> BrokerSet {
        self.registered.minus(self.fenced)
    }

    /// Who leads a partition.
    pub(crate) fn leader(&self, partition: TopicPartition) -> Option<BrokerId> {
        self.partitions.get(partition)?.leader
    }

    /// Leaders with their epochs.
    pub(crate) fn leaders(&self) -> PerPartition<(Option<BrokerId>, LeaderEpoch)> {
        self.partitions.map(|registration| (registration.leader, registration.leader_epoch))
    }

    /// A partition's registration.
    pub(crate) fn registration(&self, partition: TopicPartition) -> Option<&Registration> {
        self.partitions.get(partition)
    }

    /// Epochs of all brokers, by number minus one.
    pub(crate) fn epochs(&self) -> [BrokerEpoch; 5] {
        self.epochs
    }

    /// Whether a broker may join an ISR: it is neither fenced nor shutting down, and the fetch was made by the
    /// process that is registered (`Partition.isReplicaIsrEligible`; KIP-841, KIP-903).
    pub(crate) fn eligible(&self, broker: BrokerId, epoch: BrokerEpoch) -> bool {
        self.alive().contains(broker)
            && !self.shutting_down.contains(broker)
            && self.epochs[broker.index()] == epoch
    }

    /// Reads a record. Returns the partition that it is about, if it is about one.
    fn apply(&mut self, record: &MetadataRecord) -> Option<TopicPartition> {
        match *record {
            MetadataRecord::Register { broker, epoch } => {
                self.registered = self.registered.with(broker);
                self.fenced = self.fenced.with(broker);
                self.shutting_down = self.shutting_down.without(broker);
                self.epochs[broker.index()] = epoch;
            }
            MetadataRecord::Fence { broker } => self.fenced = self.fenced.with(broker),
            MetadataRecord::Unfence { broker } => self.fenced = self.fenced.without(broker),
            MetadataRecord::ControlledShutdown { broker } => {
                self.shutting_down = self.shutting_down.with(broker)
            }
            MetadataRecord::Partition { partition, registration } => {
                self.partitions.insert(partition, registration);
                return Some(partition);
            }
        }
        None
    }
}

impl Broker {
    /// Reads the metadata log up to `end` and acts on what changed: the last state of each partition counts.
    pub(super) fn apply_metadata(&mut self, cx: &mut Cx<'_>, end: u32) {
        let mut changed = [false; TopicPartition::MAX];
        while self.image.offset < end {
            let record = cx.kernel.arena.metadata[self.image.offset as usize];
            self.image.offset += 1;
            if let MetadataRecord::Partition { partition, .. } = record
                && changed[partition.index()]
                && cx.mutant(Mutant::MetadataRecordSkipped)
            {
                continue;
            }
            if let Some(partition) = self.image.apply(&record) {
                changed[partition.index()] = true;
            }
        }
        for (index, _) in changed.iter().enumerate().filter(|(_, changed)| **changed) {
            let partition = TopicPartition::at(index);
            let registration = *self.image.registration(partition).expect("it changed");
            self.apply_registration(cx, partition, registration);
        }
        self.adjust_fetchers(cx);
        // A broker that was unfenced, or fenced, may change what counts for an ISR or a high watermark.
        for index in 0..TopicPartition::MAX {
            self.maybe_advance(cx, TopicPartition::at(index));
        }
    }

    /// Acts on a partition's registration, unless it is older than what this broker has.
    pub(super) fn apply_registration(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        registration: Registration,
    ) {
        let Some(replica) = self.replicas.get_mut(partition) else { return };
        let stale = registration.partition_epoch < replica.partition_epoch;
        if stale && !cx.mutant(Mutant::StaleRegistrationApplied) {
            return;
        }
        let led_before = replica.leadership().is_some();
        let same_epoch = registration.leader_epoch == replica.leader_epoch;
        replica.partition_epoch = registration.partition_epoch;
        if registration.leader == Some(self.id) {
            if led_before && same_epoch {
                self.update_isr(cx, partition, registration);
            } else {
                self.become_leader(cx, partition, registration);
            }
        } else {
            self.become_follower(cx, partition, registration, led_before);
        }
        let (partition_epoch, isr) = (registration.partition_epoch, registration.isr);
        cx.record(Fact::RegistrationApplied { partition, partition_epoch, isr });
    }

    fn update_isr(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, registration: Registration) {
        let leadership = self.replicas.get_mut(partition).and_then(|r| r.leadership_mut()).expect("it leads");
        if leadership.isr != registration.isr {
            cx.note_change();
        }
        leadership.isr = registration.isr;
        leadership.recovering = registration.recovering;
        leadership.pending = None;
        self.isr_changes.forget(partition);
        self.maybe_advance(cx, partition);
        self.check_produces(cx, partition);
    }

    /// The new leader's epoch begins where its log ends; it writes nothing of its own, and its high watermark
    /// stays where it knew it to be until followers fetch past it.
    fn become_leader(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, registration: Registration) {
        let replica = self.replicas.get_mut(partition).expect("checked by the caller");
        let log_end = replica.log.end();
        let leader_epoch = registration.leader_epoch;
        replica.leader_epoch = leader_epoch;
        (replica.last_leader, replica.truncating) = (Some((self.id, leader_epoch)), false);
        // In 0.11 an epoch was noted with its first record only (`Partition.makeLeader` before KAFKA-7415).
        if cx.config().cluster.truncation != Truncation::Epoch101 {
            replica.log.assign_epoch(leader_epoch, log_end);
        }
        let leadership = Leadership::new(registration.isr, log_end, registration.recovering, cx.now());
        replica.role = Role::Leader(leadership);
        self.isr_changes.forget(partition);
        cx.record(Fact::BecameLeader { partition, leader_epoch, log_end });
        if cx.mutant(Mutant::NewLeaderRepeatsBatch)
            && let Some(last) = replica.log.entries().last().map(|entry| entry.batch)
        {
            replica.log.append(&cx.kernel.arena, last, leader_epoch, usize::MAX);
            cx.record(Fact::Appended { batch: last, base_offset: log_end, leader_epoch, partition });
        }
        cx.note_change();
        if registration.recovering {
            self.propose_isr(cx, partition, registration.isr);
        }
        if partition == TopicPartition::OFFSETS {
            self.load_group(cx);
        }
        self.maybe_advance(cx, partition);
    }

    fn load_group(&mut self, cx: &mut Cx<'_>) {
        if std::mem::take(&mut self.group_stands) {
            // The run begins with a group that has joined already.
            let mut out = Vec::new();
            self.group.begin_expiry(cx);
            self.group.start(cx, &mut out);
            self.carry_out(cx, out);
            return;
        }
        let Some(replica) = self.replicas.get(TopicPartition::OFFSETS) else { return };
        let batches: Vec<_> =
            replica.log.entries().iter().map(|entry| *cx.kernel.arena.batch(entry.batch)).collect();
        self.group.load(cx, batches.iter());
    }

    fn become_follower(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        registration: Registration,
        led_before: bool,
    ) {
        let replica = self.replicas.get_mut(partition).expect("checked by the caller");
        let follows = matches!(replica.role, Role::Follower { leader } if leader == registration.leader);
        let same = !led_before && replica.leader_epoch == registration.leader_epoch && follows;
        replica.leader_epoch = registration.leader_epoch;
        replica.role = Role::Follower { leader: registration.leader };
        if same {
            return;
        }
        cx.note_change();
        let (leader, leader_epoch) = (registration.leader, registration.leader_epoch);
        cx.record(Fact::BecameFollower { partition, leader, leader_epoch });
        self.isr_changes.forget(partition);
        self.reset_fetch(partition);
        if let Some(leader) = leader {
            self.begin_to_follow(cx, partition, leader, leader_epoch);
        }
        if led_before {
            self.fail_produces(cx, partition);
            self.answer_parked(cx, partition);
            if partition == TopicPartition::OFFSETS {
                let mut out = Vec::new();
                self.group.resign(cx, &mut out);
                self.carry_out(cx, out);
            }
        }
    }
}

//! The world as others may see it: what the page draws and what a result is made of.

use super::batch::{Arena, Registration};
use super::config::Config;
use super::cow::CowVec;
use super::cx::Scheduled;
use super::ids::{
    BatchId, BrokerEpoch, BrokerId, BrokerSet, FaultId, LeaderEpoch, NodeId, Offset, RecordId, StepNo, Time,
    TopicPartition,
};
use super::message::Entry;
use super::network::{Connection, InFlight, LinkFault};
use super::world::World;

/// How a node's process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessState {
    /// It runs.
    Running,
    /// It stands still.
    Paused(FaultId),
    /// It was started and is not yet at work: a broker that is not registered, a client before its first step.
    Starting,
    /// It is shutting down in order.
    Stopping,
    /// There is none. Who ended it, and whether by power loss.
    Down {
        /// The fault, if one did.
        by: Option<FaultId>,
        /// The machine lost power.
        power: bool,
    },
}

/// What a replica is, as its broker believes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleView {
    /// It leads.
    Leader {
        /// The ISR as it was committed, as far as the leader knows.
        isr: BrokerSet,
        /// The ISR that it asked for.
        pending: Option<BrokerSet>,
    },
    /// It follows.
    Follower {
        /// Whom; none = the partition is offline.
        leader: Option<BrokerId>,
    },
}

/// A replica: a partition on a broker.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaView<'a> {
    /// The partition.
    pub partition: TopicPartition,
    /// Leader or follower, as the broker believes.
    pub role: RoleView,
    /// Leader epoch that it believes in.
    pub leader_epoch: LeaderEpoch,
    /// Its log, oldest first. What is not flushed is in the page cache only.
    pub log: &'a CowVec<Entry>,
    /// Its first offset; what stood before was deleted.
    pub log_start: Offset,
    /// One past its last offset.
    pub log_end: Offset,
    /// Its high watermark.
    pub high_watermark: Offset,
    /// One past the last offset on disk.
    pub flushed: Offset,
    /// Leader epochs with their first offsets, as its epoch cache has them.
    pub epochs: &'a [(LeaderEpoch, Offset)],
}

/// A producer: application and client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerView {
    /// Records that the application has sent.
    pub sent: u32,
    /// Records acknowledged.
    pub acked: u32,
    /// Records failed for good (a failed record that is sent again counts only then).
    pub failed: u32,
    /// Records waiting in the accumulator.
    pub buffered: u32,
    /// Produce requests without an answer yet.
    pub in_flight: u32,
    /// Records to be sent in all.
    pub total: u32,
}

/// What a consumer's application is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumerStep {
    /// It polls.
    Polling,
    /// A record was handed to it; what follows depends on commit order and effect.
    Delivered(RecordId),
    /// It asks the database about a record's id, or the account's version.
    Checking(RecordId),
    /// It pays.
    Applying(RecordId),
    /// It notes a record's id.
    Recording(RecordId),
    /// It puts a record aside that it could not process.
    SettingAside(RecordId),
    /// It commits offsets.
    Committing,
    /// It ended with an exception.
    Failed,
}

/// A consumer: application and client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsumerView {
    /// Partitions of `events` that it has, as bits.
    pub assigned: u8,
    /// Next offset to read, by number of the partition.
    pub positions: [Option<Offset>; 3],
    /// What it last committed or found committed, by number of the partition.
    pub committed: [Option<Offset>; 3],
    /// What its application is doing; with workers, what the loop that hands records to them is doing.
    pub step: ConsumerStep,
    /// Workers that have a record in hand.
    pub at_work: u8,
    /// Records that wait for a worker.
    pub queued: u32,
}

/// An account in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What was paid into it, in ¥.
    pub amount: u32,
    /// How often.
    pub version: u32,
}

impl World {
    /// The settings of the run.
    pub fn config(&self) -> &Config {
        &self.kernel.config
    }

    /// The moment.
    pub fn now(&self) -> Time {
        self.kernel.now
    }

    /// Steps taken so far.
    pub fn steps(&self) -> StepNo {
        self.kernel.step
    }

    /// Bytes of an event that waits, without its time and place in the order.
    pub const EVENT_BYTES: usize = size_of::<Scheduled>();

    /// Events that wait.
    pub fn pending(&self) -> usize {
        self.kernel.queue.len()
    }

    /// Batches and the metadata log.
    pub fn arena(&self) -> &Arena {
        &self.kernel.arena
    }

    /// Events of a batch.
    pub fn records(&self, batch: BatchId) -> impl Iterator<Item = RecordId> {
        self.kernel.arena.records(batch)
    }

    /// Open connections.
    pub fn connections(&self) -> &[Connection] {
        self.kernel.network.connections()
    }

    /// Messages in flight, held ones among them.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlight> {
        self.kernel.network.in_flight()
    }

    /// Faults in force on links.
    pub fn link_faults(&self) -> &[LinkFault] {
        &self.kernel.network.faults
    }

    /// How a node's process is.
    pub fn process(&self, node: NodeId) -> ProcessState {
        self.process_state(node)
    }

    /// What the controller holds true of a partition.
    pub fn registration(&self, partition: TopicPartition) -> Registration {
        self.controller.registration(partition)
    }

    /// Whether the controller holds a broker fenced.
    pub fn fenced(&self, broker: BrokerId) -> bool {
        self.controller.fenced(broker)
    }

    /// A broker's epoch as it knows it.
    pub fn broker_epoch(&self, broker: BrokerId) -> BrokerEpoch {
        self.brokers[broker.index()].epoch()
    }

    /// A replica, where the broker has one.
    pub fn replica(&self, broker: BrokerId, partition: TopicPartition) -> Option<ReplicaView<'_>> {
        self.brokers[broker.index()].replica(partition)
    }

    /// What a broker knows of a partition, and how far it has read the metadata log for that.
    pub fn metadata_of(&self, broker: BrokerId, partition: TopicPartition) -> (u32, Option<&Registration>) {
        self.brokers[broker.index()].metadata(partition)
    }

    /// The generation of the group, as a broker knows it that coordinates it.
    pub fn group_generation(&self, broker: BrokerId) -> u32 {
        self.brokers[broker.index()].generation()
    }

    /// The generation of the group that a consumer is in, by number; 0 = none.
    pub fn generation(&self, number: u8) -> u32 {
        self.consumers[usize::from(number) - 1].generation()
    }

    /// Whether a consumer's application ended with an exception, by number.
    pub fn consumer_failed(&self, number: u8) -> bool {
        self.consumers[usize::from(number) - 1].failed()
    }

    /// A producer, by number.
    pub fn producer(&self, number: u8) -> ProducerView {
        self.producers[usize::from(number) - 1].view()
    }

    /// A consumer, by number.
    pub fn consumer(&self, number: u8) -> ConsumerView {
        self.consumers[usize::from(number) - 1].view()
    }

    /// Offsets of `events` that the group coordinator's log holds as committed, by number of the partition.
    pub fn committed_offsets(&self) -> [Option<Offset>; 3] {
        let leader = self.controller.registration(TopicPartition::OFFSETS).leader;
        leader.map_or([None; 3], |leader| self.brokers[leader.index()].committed_offsets())
    }

    /// Accounts, by number of the producer that pays into them.
    pub fn accounts(&self) -> &[Account] {
        self.database.accounts()
    }

    /// Records that were put aside as dead letters, repetitions counted.
    pub fn dead_letters(&self) -> u32 {
        self.database.dead_letters()
    }

    /// Offsets stored in the database, by number of the partition.
    pub fn stored_offsets(&self) -> [Option<Offset>; 3] {
        self.database.stored_offsets()
    }
}

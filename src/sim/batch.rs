//! What never changes once it is there: batches, and the records of the metadata log. Logs, messages and
//! facts hold ids; the arena holds what they mean.

use super::cow::CowVec;
use super::ids::{
    BatchId, BrokerEpoch, BrokerId, BrokerSet, LeaderEpoch, Offset, PartitionEpoch, ProducerIdAndEpoch,
    RecordId, Time, TopicPartition,
};
use super::message::MemberId;

/// A record batch as a broker stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The partition that it is for.
    pub partition: TopicPartition,
    /// What it holds.
    pub content: Content,
    /// Producer id and epoch; none without idempotence.
    pub producer: Option<ProducerIdAndEpoch>,
    /// Sequence of its first record; −1 without idempotence.
    pub base_sequence: i32,
    /// Number of records, so of offsets that it takes.
    pub count: u32,
    /// When its last record was given to send() (`maxTimestamp`, `CreateTime`): what segments and producers age by.
    pub timestamp: Time,
    /// Size in bytes, as `batch.size` and `max.message.bytes` count it.
    pub size: u32,
}

impl Batch {
    /// Sequence of its last record; −1 without idempotence.
    pub fn last_sequence(&self) -> i32 {
        if self.base_sequence < 0 { -1 } else { self.base_sequence + self.count as i32 - 1 }
    }
}

/// What a batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Events of the shop: a run of the arena's records.
    Records {
        /// Place of the first one.
        start: u32,
    },
    /// Offsets that a group commits, one record for each partition.
    Offsets {
        /// By number of the partition of `events`.
        offsets: [Option<Offset>; 3],
    },
    /// Tombstones for all offsets that the group has committed.
    NoOffsets,
    /// A group's generation and members.
    Group {
        /// Place among the arena's groups.
        place: u32,
    },
}

/// What the log of `__consumer_offsets` says of the group itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMetadata {
    /// The generation.
    pub generation: u32,
    /// The member that assigns.
    pub leader: Option<MemberId>,
    /// Members with their partitions, as bits.
    pub members: Vec<(MemberId, u8)>,
    /// When it was written (`current_state_timestamp`).
    pub at: Time,
}

/// A record of the metadata log, which the controller writes and every broker reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataRecord {
    /// A broker's process registered; it is fenced until an [`MetadataRecord::Unfence`] follows.
    Register {
        /// The broker.
        broker: BrokerId,
        /// Its epoch: the offset of this record.
        epoch: BrokerEpoch,
    },
    /// A broker's session ended, or it stopped.
    Fence {
        /// The broker.
        broker: BrokerId,
    },
    /// A broker is alive and has caught up with the metadata log.
    Unfence {
        /// The broker.
        broker: BrokerId,
    },
    /// A broker is shutting down in order.
    ControlledShutdown {
        /// The broker.
        broker: BrokerId,
    },
    /// A partition's registration as it now is.
    Partition {
        /// The partition.
        partition: TopicPartition,
        /// Its registration.
        registration: Registration,
    },
}

/// What the controller holds true of a partition (`PartitionRegistration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Registration {
    /// The leader; none = offline.
    pub leader: Option<BrokerId>,
    /// Rises with each change of leader, "no leader" included.
    pub leader_epoch: LeaderEpoch,
    /// Rises with each change.
    pub partition_epoch: PartitionEpoch,
    /// In-sync replicas.
    pub isr: BrokerSet,
    /// Eligible leader replicas (KIP-966).
    pub elr: BrokerSet,
    /// The last leader before there was none, while ISR and ELR are empty (`lastKnownElr`).
    pub last_known_leader: Option<BrokerId>,
    /// The leader was elected although it may lack committed records (`LeaderRecoveryState.RECOVERING`).
    pub recovering: bool,
}

/// Everything that was ever batched or written to the metadata log.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    records: CowVec<RecordId>,
    batches: CowVec<Batch>,
    groups: CowVec<GroupMetadata>,
    /// The metadata log. A broker knows a prefix of it. The controllers fsync it, so it is never lost.
    pub metadata: CowVec<MetadataRecord>,
}

impl Arena {
    /// Makes a batch of events.
    pub fn add_records(
        &mut self,
        partition: TopicPartition,
        records: impl IntoIterator<Item = RecordId>,
        producer: Option<ProducerIdAndEpoch>,
        base_sequence: i32,
        timestamp: Time,
        size: u32,
    ) -> BatchId {
        let start = self.records.len() as u32;
        records.into_iter().for_each(|id| self.records.push(id));
        let count = self.records.len() as u32 - start;
        self.add(Batch {
            partition,
            content: Content::Records { start },
            producer,
            base_sequence,
            count,
            timestamp,
            size,
        })
    }

    /// The same records under another producer epoch and sequence: what an epoch bump makes of a batch.
    pub fn renumber(&mut self, batch: BatchId, producer: ProducerIdAndEpoch, base_sequence: i32) -> BatchId {
        let old = *self.batch(batch);
        self.add(Batch { producer: Some(producer), base_sequence, ..old })
    }

    /// Makes a batch of committed offsets.
    pub fn add_offsets(&mut self, offsets: [Option<Offset>; 3]) -> BatchId {
        let count = offsets.iter().flatten().count() as u32;
        self.add(Batch {
            partition: TopicPartition::OFFSETS,
            content: Content::Offsets { offsets },
            producer: None,
            base_sequence: -1,
            count,
            timestamp: Time(0),
            size: 61 + 60 * count,
        })
    }

    /// Makes a batch of so many tombstones for committed offsets.
    pub fn add_no_offsets(&mut self, count: u32) -> BatchId {
        self.add(Batch {
            partition: TopicPartition::OFFSETS,
            content: Content::NoOffsets,
            producer: None,
            base_sequence: -1,
            count,
            timestamp: Time(0),
            size: 61 + 30 * count,
        })
    }

    /// Makes a batch of one record that tells of the group.
    pub fn add_group(&mut self, group: GroupMetadata) -> BatchId {
        let place = self.groups.len() as u32;
        let size = 61 + 60 * (1 + group.members.len() as u32);
        self.groups.push(group);
        self.add(Batch {
            partition: TopicPartition::OFFSETS,
            content: Content::Group { place },
            producer: None,
            base_sequence: -1,
            count: 1,
            timestamp: Time(0),
            size,
        })
    }

    /// What a batch tells of the group.
    pub fn group(&self, place: u32) -> &GroupMetadata {
        &self.groups[place as usize]
    }

    fn add(&mut self, batch: Batch) -> BatchId {
        self.batches.push(batch);
        BatchId(self.batches.len() as u32 - 1)
    }

    /// A batch.
    pub fn batch(&self, id: BatchId) -> &Batch {
        &self.batches[id.0 as usize]
    }

    /// Ids of a batch's events in order; none for a batch of offsets.
    pub fn records(&self, id: BatchId) -> impl Iterator<Item = RecordId> {
        let batch = self.batch(id);
        let (start, count) = match batch.content {
            Content::Records { start } => (start as usize, batch.count as usize),
            Content::Offsets { .. } | Content::NoOffsets | Content::Group { .. } => (0, 0),
        };
        self.records.iter_from(start).take(count).copied()
    }

    /// One event of a batch, by its place in it.
    pub fn record(&self, id: BatchId, i: u32) -> Option<RecordId> {
        let batch = self.batch(id);
        match batch.content {
            Content::Records { start } if i < batch.count => self.records.get((start + i) as usize).copied(),
            _ => None,
        }
    }

    /// Number of batches made so far.
    pub fn len(&self) -> usize {
        self.batches.len()
    }

    /// Whether nothing was batched yet.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }
}

//! The logs of all replicas as the facts tell of them, whatever the engine itself holds.

use crate::sim::{
    Arena, BatchId, BrokerId, Entry, Fact, LeaderEpoch, Observation, Offset, RecordId, TopicPartition,
};
use std::ops::Range;

/// Most brokers that a cluster can have.
const BROKERS: usize = 5;

/// One replica.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    entries: Vec<Entry>,
    /// The first offset: what stood before was deleted.
    pub(super) start: Offset,
    /// As its broker believes.
    pub(super) high_watermark: Offset,
    /// One past the last offset on disk.
    pub(super) flushed: Offset,
}

impl Log {
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One past the last offset.
    pub(crate) fn end(&self) -> Offset {
        self.entries.last().map_or(self.start, Entry::end)
    }

    /// Place of the first entry that ends behind `offset`.
    pub(crate) fn place(&self, offset: Offset) -> usize {
        self.entries.partition_point(|entry| entry.end() <= offset)
    }

    /// The entry at an offset.
    pub(crate) fn at(&self, offset: Offset) -> Option<&Entry> {
        self.entries.get(self.place(offset)).filter(|entry| entry.base_offset <= offset)
    }

    /// Records at offsets of a range.
    pub(crate) fn records(
        &self,
        arena: &Arena,
        range: Range<Offset>,
    ) -> impl Iterator<Item = (Offset, RecordId)> {
        let within = range.clone();
        self.entries[self.place(range.start)..]
            .iter()
            .take_while(move |entry| entry.base_offset < range.end)
            .flat_map(|entry| (entry.base_offset..entry.end()).zip(arena.records(entry.batch)))
            .filter(move |(offset, _)| within.contains(offset))
    }

    fn cut(&mut self, to: Offset) {
        while self.end() > to {
            let Some(last) = self.entries.last_mut() else {
                self.start = to;
                break;
            };
            if last.base_offset < to {
                last.count = to - last.base_offset;
            } else {
                self.entries.pop();
            }
        }
        self.high_watermark = self.high_watermark.min(to);
        self.flushed = self.flushed.min(to);
    }
}

/// All replicas of all partitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replicas {
    logs: [[Log; TopicPartition::MAX]; BROKERS],
}

impl Replicas {
    pub(crate) fn log(&self, broker: BrokerId, partition: TopicPartition) -> &Log {
        &self.logs[broker.index()][partition.index()]
    }

    /// Every broker's log of a partition; empty where it has no replica.
    pub(crate) fn of(&self, partition: TopicPartition) -> impl Iterator<Item = (BrokerId, &Log)> {
        (1..).map(BrokerId).zip(self.logs.iter().map(move |logs| &logs[partition.index()]))
    }

    /// Follows a fact. Whoever needs what a cut removes looks before.
    pub(crate) fn observe(&mut self, arena: &Arena, observation: &Observation) {
        let Some(broker) = observation.node.broker() else { return };
        let logs = &mut self.logs[broker.index()];
        if let Some(appended) = appended(arena, &observation.fact) {
            logs[appended.partition.index()].entries.push(appended.entry);
            return;
        }
        match observation.fact {
            Fact::Truncated { partition, to, .. } | Fact::UnflushedLost { partition, to, .. } => {
                logs[partition.index()].cut(to);
            }
            Fact::LogStartMoved { partition, to, .. } => {
                let log = &mut logs[partition.index()];
                let gone = log.place(to);
                log.entries.drain(..gone);
                log.start = to;
            }
            Fact::Flushed { partition, to } => logs[partition.index()].flushed = to,
            Fact::HighWatermarkMoved { partition, to, .. } => logs[partition.index()].high_watermark = to,
            Fact::LogLoaded { partition, high_watermark, .. } => {
                logs[partition.index()].high_watermark = high_watermark;
            }
            _ => {}
        }
    }
}

/// What an append adds to a log, and whether a leader or a follower appended it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appended {
    pub(super) partition: TopicPartition,
    pub(super) entry: Entry,
    pub(super) by_leader: bool,
}

/// The append that a fact tells of.
pub(super) fn appended(arena: &Arena, fact: &Fact) -> Option<Appended> {
    let made = |batch: BatchId, base_offset: Offset, leader_epoch: LeaderEpoch| Entry {
        batch,
        base_offset,
        count: arena.batch(batch).count,
        leader_epoch,
    };
    match *fact {
        Fact::Appended { batch, base_offset, leader_epoch, partition } => {
            Some(Appended { partition, entry: made(batch, base_offset, leader_epoch), by_leader: true })
        }
        Fact::Replicated { batch, base_offset, leader_epoch, partition } => {
            Some(Appended { partition, entry: made(batch, base_offset, leader_epoch), by_leader: false })
        }
        _ => None,
    }
}

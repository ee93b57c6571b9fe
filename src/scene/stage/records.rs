//! Records of a log's end, and where else a record stands. Logs may be long: only their ends are read.

use crate::sim::{BrokerId, Offset, RecordId, ReplicaView, World};

/// So many records before the ones that are shown are looked at for a first copy, and so many on both sides of a
/// record's offset in the other logs.
const LOOK_BACK: usize = 64;

/// The end of a log.
pub(super) struct Tail {
    records: Vec<(Offset, RecordId)>,
    shown: usize,
    end: Offset,
}

impl Tail {
    /// At most `most` records.
    pub(super) fn of(world: &World, replica: &ReplicaView<'_>, most: usize) -> Tail {
        let from = replica.log_end.saturating_sub((most + LOOK_BACK) as u32);
        let records = between(world, replica, from, replica.log_end);
        let shown = most.min(records.len());
        Tail { records, shown, end: replica.log_end }
    }

    /// The records shown, oldest first: offset, record, and whether the record stands earlier in the log as well.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Offset, RecordId, bool)> {
        let first = self.records.len() - self.shown;
        self.records[first..].iter().enumerate().map(move |(i, (offset, record))| {
            (*offset, *record, self.records[..first + i].iter().any(|(_, earlier)| earlier == record))
        })
    }

    /// Offset of the first record shown.
    pub(super) fn first(&self) -> Offset {
        self.records.get(self.records.len() - self.shown).map_or(self.end, |(offset, _)| *offset)
    }
}

/// Records of a log with offsets in `from..to`.
fn between(world: &World, replica: &ReplicaView<'_>, from: Offset, to: Offset) -> Vec<(Offset, RecordId)> {
    let start = replica.log.partition_point(|entry| entry.end() <= from);
    let mut records = Vec::new();
    for place in start..replica.log.len() {
        let entry = replica.log[place];
        if entry.base_offset >= to {
            break;
        }
        let skipped = from.saturating_sub(entry.base_offset);
        let wanted = (entry.base_offset + skipped..to).zip(world.records(entry.batch).skip(skipped as usize));
        records.extend(wanted);
    }
    records
}

/// The record at an offset of a log.
pub(super) fn record_at(world: &World, replica: &ReplicaView<'_>, offset: Offset) -> Option<RecordId> {
    between(world, replica, offset, offset.checked_add(1)?).first().map(|(_, record)| *record)
}

/// Whether a record stands near a log's end.
pub(super) fn has(world: &World, replica: &ReplicaView<'_>, record: RecordId) -> bool {
    let from = replica.log_end.saturating_sub(LOOK_BACK as u32);
    between(world, replica, from, replica.log_end).iter().any(|(_, other)| *other == record)
}

/// Finds records of one broker's log that stand in no other broker's log, running or not.
pub(super) struct Others<'a> {
    world: &'a World,
    logs: Vec<ReplicaView<'a>>,
}

impl<'a> Others<'a> {
    /// The other replicas of a broker's replica.
    pub(super) fn of(world: &'a World, broker: BrokerId, replica: &ReplicaView<'_>) -> Others<'a> {
        let others = world.config().replicas(replica.partition).filter(|other| *other != broker);
        Others { world, logs: others.filter_map(|other| world.replica(other, replica.partition)).collect() }
    }

    /// Whether no other log has a record. With a single replica that would say nothing.
    pub(super) fn lack(&self, offset: Offset, record: RecordId) -> bool {
        !self.logs.is_empty() && !self.logs.iter().any(|log| self.has(log, offset, record))
    }

    /// A copy stands at the same offset; a record sent again may stand near it, or at the end.
    fn has(&self, log: &ReplicaView<'_>, offset: Offset, record: RecordId) -> bool {
        let found = |from: Offset, to: Offset| {
            between(self.world, log, from, to).iter().any(|(_, other)| *other == record)
        };
        let back = LOOK_BACK as u32;
        found(offset, offset.saturating_add(1))
            || found(offset.saturating_sub(back), offset.saturating_add(back))
            || found(log.log_end.saturating_sub(back), log.log_end)
    }
}

/// What stands on a packet: its number, and its producer's where there are several.
pub(super) fn label(world: &World, record: RecordId) -> String {
    if world.config().producer.count > 1 {
        format!("{}·{}", record.producer(), record.number())
    } else {
        record.number().to_string()
    }
}

/// What stands on a packet of `count` records from `first` to `last`.
pub(super) fn label_of_batch(world: &World, first: RecordId, last: RecordId, count: u32) -> String {
    let run = first.producer() == last.producer() && last.number() + 1 == first.number() + count;
    match count {
        1 => label(world, first),
        _ if run => format!("{}–{}", label(world, first), last.number()),
        _ => format!("{} +{}", label(world, first), count - 1),
    }
}

//! What an idempotent producer keeps of its sequences (`TransactionManager`, `TxnPartitionEntry`), the
//! transactional half left out.

use super::accumulator::{Key, increment};
use crate::sim::ids::{ProducerIdAndEpoch, Time, TopicPartition};
use crate::sim::message::Error;

/// A batch with sequences whose outcome is open, in flight or waiting to be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tracked {
    pub(super) key: Key,
    pub(super) producer: ProducerIdAndEpoch,
    pub(super) base: i32,
    pub(super) count: u32,
}

/// What is kept of a partition.
#[derive(Clone, Debug)]
struct Entry {
    /// The producer id and epoch that its sequences belong to.
    producer: Option<ProducerIdAndEpoch>,
    next_sequence: i32,
    /// −1: none.
    last_acked: i32,
    /// By sequence.
    tracked: Vec<Tracked>,
    /// The sequence after a batch of unknown outcome.
    unresolved: Option<i32>,
    /// The next epoch bump is for this partition.
    rewrite: bool,
}

impl Entry {
    fn new() -> Entry {
        Entry {
            producer: None,
            next_sequence: 0,
            last_acked: -1,
            tracked: Vec::new(),
            unresolved: None,
            rewrite: false,
        }
    }

    /// `TxnPartitionEntry.startSequencesAtBeginning`
    fn start_at_beginning(&mut self, producer: ProducerIdAndEpoch) {
        let mut sequence = 0;
        for tracked in &mut self.tracked {
            (tracked.producer, tracked.base) = (producer, sequence);
            sequence = increment(sequence, tracked.count);
        }
        self.producer = Some(producer);
        self.next_sequence = sequence;
        self.last_acked = -1;
    }
}

/// Where the producer id comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdState {
    /// It is to be asked for, not before this moment.
    Wanted(Time),
    /// InitProducerId is in flight.
    Asked,
    /// Here it is.
    Known(ProducerIdAndEpoch),
}

/// Producer id, epoch and sequences of one producer's process.
#[derive(Clone, Debug)]
pub(super) struct Idempotence {
    pub(super) id: IdState,
    bump_required: bool,
    entries: Vec<Entry>,
}

/// What an epoch bump did to a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bumped {
    pub(super) partition: TopicPartition,
    pub(super) producer: ProducerIdAndEpoch,
    /// Batches with their new sequences.
    pub(super) renumbered: Vec<Tracked>,
}

impl Idempotence {
    pub(super) fn new(partitions: u8) -> Idempotence {
        Idempotence {
            id: IdState::Wanted(Time(0)),
            bump_required: false,
            entries: vec![Entry::new(); usize::from(partitions)],
        }
    }

    fn entry(&mut self, partition: TopicPartition) -> &mut Entry {
        &mut self.entries[partition.index()]
    }

    /// Producer id and epoch, if there are.
    pub(super) fn producer(&self) -> Option<ProducerIdAndEpoch> {
        match self.id {
            IdState::Known(producer) => Some(producer),
            _ => None,
        }
    }

    /// Whether the first batch of a partition may be drained, given its first sequence if it has one: a new
    /// batch waits while an older epoch is in flight or an outcome is unknown; of those sent before, only the
    /// one with the lowest open sequence goes (`RecordAccumulator.shouldStopDrainBatchesForPartition`).
    pub(super) fn may_drain(&self, partition: TopicPartition, sequence: Option<i32>) -> bool {
        let Some(producer) = self.producer() else { return false };
        let entry = &self.entries[partition.index()];
        match (sequence, entry.tracked.first()) {
            (Some(base), Some(lowest)) => base == lowest.base,
            (Some(_), None) => true,
            (None, first) => {
                let stale = entry.producer != Some(producer);
                !(first.is_some() && stale) && entry.unresolved.is_none()
            }
        }
    }

    /// Sequences for a batch that is drained for the first time. The flag says that the partition begins a
    /// new epoch (`maybeUpdateProducerIdAndEpoch`, `incrementSequenceNumber`, `addInFlightBatch`).
    pub(super) fn assign(
        &mut self,
        partition: TopicPartition,
        count: u32,
    ) -> Option<(ProducerIdAndEpoch, i32, bool)> {
        let producer = self.producer()?;
        let entry = self.entry(partition);
        let stale = entry.producer != Some(producer);
        let moved = stale && entry.producer.is_some();
        if stale && entry.tracked.is_empty() {
            entry.start_at_beginning(producer);
        }
        let base = entry.next_sequence;
        entry.next_sequence = increment(base, count);
        Some((producer, base, moved))
    }

    /// Keeps track of a batch that has sequences.
    pub(super) fn track(&mut self, partition: TopicPartition, new: Tracked) {
        let order = |t: &Tracked| (t.producer, t.base);
        let tracked = &mut self.entry(partition).tracked;
        let place = tracked.partition_point(|other| order(other) < order(&new));
        tracked.insert(place, new);
    }

    /// No longer does so.
    pub(super) fn untrack(&mut self, partition: TopicPartition, key: Key) {
        self.entry(partition).tracked.retain(|tracked| tracked.key != key);
    }

    /// A batch is stored, or was all along (`handleCompletedBatch`): also one that had been given up.
    pub(super) fn completed(&mut self, partition: TopicPartition, key: Key, last_sequence: i32) {
        let entry = self.entry(partition);
        entry.last_acked = entry.last_acked.max(last_sequence);
        self.untrack(partition, key);
    }

    /// A batch failed for good (`handleFailedBatch`). `adjust`: the broker refused it, so its sequences are
    /// missing in the log, and only a new epoch closes the gap.
    pub(super) fn failed(&mut self, partition: TopicPartition, key: Key, error: Error, adjust: bool) {
        self.untrack(partition, key);
        if error == Error::OutOfOrderSequenceNumber || adjust {
            self.request_bump(partition);
        }
    }

    /// Whether an error of a batch is worth another attempt (`TransactionManager.canRetry`).
    pub(super) fn can_retry(
        &mut self,
        partition: TopicPartition,
        error: Error,
        base: i32,
        renumbered: bool,
    ) -> bool {
        if error != Error::OutOfOrderSequenceNumber {
            return super::outcome::retriable(error);
        }
        let entry = &self.entries[partition.index()];
        let next = base - entry.last_acked == 1;
        match entry.unresolved {
            // Not the next one in line: an earlier batch is presumably failing too.
            None if renumbered || !next => {}
            None => self.request_bump(partition),
            Some(after_gap) if after_gap == base => self.request_bump(partition),
            Some(_) => {}
        }
        true
    }

    fn request_bump(&mut self, partition: TopicPartition) {
        self.bump_required = true;
        self.entry(partition).rewrite = true;
    }

    /// A batch that had been sent more than once expired: whether its sequences are in the log is unknown
    /// (`markSequenceUnresolved`).
    pub(super) fn mark_unresolved(&mut self, partition: TopicPartition, last_sequence: i32) {
        let next = increment(last_sequence, 1);
        let entry = self.entry(partition);
        entry.unresolved = Some(entry.unresolved.map_or(next, |known| known.max(next)));
    }

    /// When nothing is in flight any more, the last acknowledged sequence tells whether there is a gap
    /// (`maybeResolveSequences`).
    pub(super) fn maybe_resolve(&mut self) {
        for entry in &mut self.entries {
            if entry.unresolved.is_none() || !entry.tracked.is_empty() {
                continue;
            }
            entry.unresolved = None;
            if entry.next_sequence - entry.last_acked != 1 {
                self.bump_required = true;
                entry.rewrite = true;
            }
        }
    }

    /// Begins the epoch that was asked for: without a broker, and for the partitions that need it only; the
    /// others follow when they have nothing in flight (KIP-360, `bumpIdempotentProducerEpoch`). After the last
    /// epoch a new id is asked for, and the partitions wait for that.
    pub(super) fn bump_if_required(&mut self, now: Time) -> Vec<Bumped> {
        if !self.bump_required {
            return Vec::new();
        }
        let IdState::Known(old) = self.id else { return Vec::new() };
        let Some(epoch) = old.epoch.checked_add(1) else {
            self.id = IdState::Wanted(now);
            return Vec::new();
        };
        self.begin(ProducerIdAndEpoch { epoch, ..old })
    }

    /// Takes an id and epoch into use, and renumbers what asked for it.
    pub(super) fn begin(&mut self, producer: ProducerIdAndEpoch) -> Vec<Bumped> {
        self.id = IdState::Known(producer);
        self.bump_required = false;
        let mut bumped = Vec::new();
        for (i, entry) in self.entries.iter_mut().enumerate().filter(|(_, entry)| entry.rewrite) {
            entry.rewrite = false;
            entry.unresolved = None;
            entry.start_at_beginning(producer);
            let renumbered = entry.tracked.clone();
            bumped.push(Bumped { partition: TopicPartition::events(i as u8), producer, renumbered });
        }
        bumped
    }
}

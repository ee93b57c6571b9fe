//! A replica's log: batches, what of them is on disk, the high watermark, leader epochs, and what the
//! broker remembers of each producer (`UnifiedLog`, `LeaderEpochFileCache`, `ProducerStateManager`).
//!
//! An append goes to the operating system's page cache. It survives the death of the process, not the loss
//! of power: then only what was flushed remains.

use crate::sim::batch::{Arena, Batch};
use crate::sim::cow::CowVec;
use crate::sim::ids::{BatchId, LeaderEpoch, Micros, Offset, ProducerIdAndEpoch, Time};
use crate::sim::message::{Entry, EpochEnd, Error};

/// Batches of each producer that a broker remembers (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const BATCHES_TO_RETAIN: usize = 5;

/// What a broker remembers of a producer on a partition.
#[derive(Clone, Debug)]
struct ProducerState {
    producer: ProducerIdAndEpoch,
    /// Time stamp of the last record (`ProducerStateEntry.lastTimestamp`).
    last_timestamp: Time,
    /// The last batches, oldest first: first and last sequence, first offset.
    batches: Vec<(i32, i32, Offset)>,
}

impl ProducerState {
    fn new(producer: ProducerIdAndEpoch) -> ProducerState {
        ProducerState { producer, last_timestamp: Time(0), batches: Vec::new() }
    }

    /// What a snapshot has of it: the last batch alone (`ProducerStateManager.PRODUCER_SNAPSHOT_ENTRY_SCHEMA`).
    fn snapshot(&self) -> ProducerState {
        let last = self.batches.last().copied();
        ProducerState { batches: last.into_iter().collect(), ..self.clone() }
    }
}

/// What the sequence check makes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is new.
    New,
    /// One of the producer's last five batches: it stands at this offset.
    Duplicate(Offset),
    /// It is refused.
    Refused(Error),
}

/// A file of a log, as far as retention asks. Where it ends the next one begins.
#[derive(Clone, Debug)]
struct Segment {
    base_offset: Offset,
    /// Time stamps of its first batch and of its newest one; none while it is empty.
    times: Option<(Time, Time)>,
    /// The snapshot that was taken when it began.
    producers: Vec<ProducerState>,
}

/// A replica's log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    entries: CowVec<Entry>,
    /// The first offset that may be read (`logStartOffset`).
    start: Offset,
    /// Oldest first; the last one is appended to.
    segments: Vec<Segment>,
    end: Offset,
    /// One past the last offset on disk.
    flushed: Offset,
    pub(crate) last_flush: Time,
    high_watermark: Offset,
    /// The high watermark as the checkpoint file has it.
    checkpointed: Offset,
    /// Leader epochs with their first offsets.
    epochs: Vec<(LeaderEpoch, Offset)>,
    producers: Vec<ProducerState>,
}

impl Log {
    /// Batches, oldest first.
    pub(crate) fn entries(&self) -> &CowVec<Entry> {
        &self.entries
    }

    /// One past the last offset.
    pub(crate) fn end(&self) -> Offset {
        self.end
    }

    /// The first offset that may be read.
    pub(crate) fn start(&self) -> Offset {
        self.start
    }

    /// One past the last offset on disk.
    pub(crate) fn flushed(&self) -> Offset {
        self.flushed
    }

    /// One past the last offset known to be committed.
    pub(crate) fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Leader epochs with their first offsets.
    pub(crate) fn epochs(&self) -> &[(LeaderEpoch, Offset)] {
        &self.epochs
    }

    /// Epoch of the last record before `offset`.
    pub(crate) fn epoch_before(&self, offset: Offset) -> Option<LeaderEpoch> {
        if self.entries.is_empty() {
            return self.epochs.last().map(|(epoch, _)| *epoch).filter(|_| offset > 0);
        }
        let place = self.entries.partition_point(|entry| entry.end() < offset);
        self.entries.get(place).filter(|_| offset > 0).map(|entry| entry.leader_epoch)
    }

    /// Moves the high watermark; the caller says whether it may fall.
    pub(crate) fn set_high_watermark(&mut self, to: Offset) {
        self.high_watermark = to;
    }

    /// Writes the checkpoint file of high watermarks.
    pub(crate) fn checkpoint_high_watermark(&mut self) {
        self.checkpointed = self.high_watermark;
    }

    /// Everything up to here is on disk.
    pub(crate) fn flush(&mut self, to: Offset, now: Time) {
        self.flushed = self.flushed.max(to.min(self.end));
        self.last_flush = now;
    }

    /// Appends a batch at the end. As leader or follower: producers' state follows the batches without a
    /// check, which is why it survives a change of leader.
    pub(crate) fn append(&mut self, arena: &Arena, id: BatchId, leader_epoch: LeaderEpoch, retain: usize) {
        let batch = arena.batch(id);
        let entry = Entry { batch: id, base_offset: self.end, count: batch.count, leader_epoch };
        self.entries.push(entry);
        // An epoch that this broker began as leader and wrote nothing in may be newer than what it copies now
        // (`UnifiedLog.truncateTo` cuts the cache even where there is nothing to cut from the log).
        self.epochs.retain(|(_, start)| *start < entry.base_offset);
        self.assign_epoch(leader_epoch, entry.base_offset);
        self.note_producer(batch, entry.base_offset, retain);
        self.end = entry.end();
        self.note_time(batch.timestamp);
    }

    fn note_time(&mut self, at: Time) {
        if let Some(active) = self.segments.last_mut() {
            let (first, newest) = active.times.unwrap_or((at, at));
            active.times = Some((first, newest.max(at)));
        }
    }

    // Segments and retention.

    /// Begins a new segment before a batch is appended, if the one in use has taken batches for so long
    /// (`LogSegment.shouldRoll`: by time stamps; segments that are full by size are not modelled). Returns whether
    /// it did: then all before is flushed soon (`UnifiedLog.roll`).
    pub(crate) fn maybe_roll(&mut self, timestamp: Time, segment_ms: Micros) -> bool {
        let Some(active) = self.segments.last() else {
            self.roll();
            return false;
        };
        let over = active.times.is_some_and(|(first, _)| timestamp.since(first) > segment_ms);
        if over {
            self.roll();
        }
        over
    }

    fn roll(&mut self) {
        let producers = self.producers.iter().map(ProducerState::snapshot).collect();
        self.segments.push(Segment { base_offset: self.end, times: None, producers });
    }

    /// Deletes the oldest segments whose newest batch is older than `retention` and all of which is committed; if
    /// that is all of them a new one is begun first (`UnifiedLog.deletableSegments`, `deleteSegments`). Returns
    /// whether there was one.
    pub(crate) fn delete_old(&mut self, now: Time, retention: Micros) -> bool {
        let ends = self.segments.iter().skip(1).map(|next| next.base_offset).chain([self.end]);
        let old = |(segment, end): &(&Segment, Offset)| {
            self.high_watermark >= *end
                && segment.times.is_some_and(|(_, newest)| now.since(newest) > retention)
        };
        let Some((_, to)) = self.segments.iter().zip(ends).take_while(old).last() else { return false };
        if to == self.end && self.segments.last().is_some_and(|active| active.times.is_some()) {
            self.roll();
        }
        self.start_at(to);
        true
    }

    /// What stands before an offset is gone (`maybeIncrementLogStartOffset`, `truncateFullyAndStartAt`), and does
    /// not wait for its segment to be deleted. What is remembered of producers stays.
    pub(crate) fn start_at(&mut self, to: Offset) {
        let gone = self.entries.partition_point(|entry| entry.end() <= to);
        let mut kept = CowVec::default();
        self.entries.iter_from(gone).for_each(|entry| kept.push(*entry));
        self.entries = kept;
        (self.start, self.end) = (to, self.end.max(to));
        (self.flushed, self.high_watermark) = (self.flushed.max(to), self.high_watermark.max(to));
        let first = self.segments.partition_point(|segment| segment.base_offset <= to).max(1) - 1;
        self.segments.drain(..first.min(self.segments.len()));
        // The epoch at the new start begins there now (`LeaderEpochFileCache.truncateFromStart`).
        let first = self.epochs.partition_point(|(_, start)| *start <= to).max(1) - 1;
        self.epochs.drain(..first.min(self.epochs.len()));
        if let Some((_, start)) = self.epochs.first_mut() {
            *start = (*start).max(to);
        }
    }

    /// Notes that an epoch begins at an offset, unless a newer or the same one is known
    /// (`LeaderEpochFileCache.assign`).
    pub(crate) fn assign_epoch(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self.epochs.last().is_none_or(|(last, _)| *last < epoch) {
            // An epoch that wrote nothing is superseded by one that begins at the same offset.
            self.epochs.retain(|(_, other)| *other < start);
            self.epochs.push((epoch, start));
        }
    }

    fn note_producer(&mut self, batch: &Batch, base_offset: Offset, retain: usize) {
        let Some(producer) = batch.producer else { return };
        let place = match self.producers.iter().position(|state| state.producer.id == producer.id) {
            Some(place) => place,
            None => {
                self.producers.push(ProducerState::new(producer));
                self.producers.len() - 1
            }
        };
        let state = &mut self.producers[place];
        if state.producer != producer {
            *state = ProducerState::new(producer);
        }
        state.last_timestamp = batch.timestamp;
        if state.batches.len() >= retain.min(BATCHES_TO_RETAIN) {
            state.batches.remove(0);
        }
        state.batches.push((batch.base_sequence, batch.last_sequence(), base_offset));
    }

    /// Forgets producers whose last record is so old (`ProducerStateManager.removeExpiredProducers`), whether or not it
    /// is still in the log (KIP-360): their ids.
    pub(crate) fn forget_producers(&mut self, now: Time, after: Micros) -> Vec<u32> {
        let expired = |state: &ProducerState| now.since(state.last_timestamp) >= after;
        let ids =
            self.producers.iter().filter(|state| expired(state)).map(|state| state.producer.id).collect();
        self.producers.retain(|state| !expired(state));
        ids
    }

    /// Checks a client's batch against what is remembered of its producer: of one that is not known any sequence is
    /// taken, be it new or forgotten. UNKNOWN_PRODUCER_ID was what brokers up to 2.4 answered instead
    /// (`ProducerAppendInfo.maybeValidateDataBatch`, `ProducerStateEntry.findDuplicateBatch`; KIP-98, KIP-360).
    pub(crate) fn admit(&self, batch: &Batch) -> Admission {
        let Some(producer) = batch.producer else { return Admission::New };
        let Some(state) = self.producers.iter().find(|state| state.producer.id == producer.id) else {
            return Admission::New;
        };
        let (first, last) = (batch.base_sequence, batch.last_sequence());
        if state.producer.epoch == producer.epoch
            && let Some((_, _, offset)) = state.batches.iter().find(|(f, l, _)| (*f, *l) == (first, last))
        {
            return Admission::Duplicate(*offset);
        }
        if producer.epoch < state.producer.epoch {
            return Admission::Refused(Error::InvalidProducerEpoch);
        }
        let next = if producer.epoch > state.producer.epoch {
            0
        } else {
            state.batches.last().map_or(0, |(_, last, _)| last.wrapping_add(1).max(0))
        };
        if first == next { Admission::New } else { Admission::Refused(Error::OutOfOrderSequenceNumber) }
    }

    /// The largest epoch not above `epoch`, and where it ends (`LeaderEpochFileCache.endOffsetFor`).
    pub(crate) fn end_of_epoch(&self, epoch: LeaderEpoch) -> EpochEnd {
        match self.epochs.last() {
            Some((newest, _)) if *newest == epoch => EpochEnd { epoch: Some(epoch), end: self.end },
            Some((newest, _)) if *newest < epoch => EpochEnd { epoch: None, end: 0 },
            None => EpochEnd { epoch: None, end: 0 },
            Some(_) => {
                let next = self.epochs.partition_point(|(known, _)| *known <= epoch);
                let end = self.epochs[next].1;
                match next.checked_sub(1) {
                    Some(at) => EpochEnd { epoch: Some(self.epochs[at].0), end },
                    None => EpochEnd { epoch: Some(epoch), end },
                }
            }
        }
    }

    /// Where an epoch ended, as 0.11 answered a follower: without saying which epoch that is, and with 0 where it knew
    /// of no such (`LeaderEpochFileCache.endOffsetFor` of 0.11; KIP-101).
    pub(crate) fn end_of_epoch_by_kip_101(&self, epoch: LeaderEpoch) -> EpochEnd {
        let first = self.epochs.first().map(|(first, _)| *first);
        let end = if self.epochs.last().is_some_and(|(newest, _)| *newest == epoch) {
            self.end
        } else if first.is_some_and(|first| first <= epoch) {
            self.epochs.iter().find(|(known, _)| *known > epoch).map_or(0, |(_, start)| *start)
        } else {
            0
        };
        EpochEnd { epoch: None, end }
    }

    /// Where a follower cuts its log when the leader's says that `diverging` is the largest epoch they may
    /// share, and whether they agree then, as far as the follower can tell
    /// (`AbstractFetcherThread.getOffsetTruncationState`; KIP-279).
    pub(crate) fn truncation_point(&self, diverging: EpochEnd) -> (Offset, bool) {
        let Some(epoch) = diverging.epoch else { return (diverging.end.min(self.end), true) };
        let own = self.end_of_epoch(epoch);
        match own.epoch {
            Some(known) if known == epoch => (own.end.min(diverging.end), true),
            Some(_) => (own.end.min(self.end), false),
            None => (diverging.end.min(self.end), true),
        }
    }

    /// Cuts the log; producers' state is rebuilt from what remains (`UnifiedLog.truncateTo`).
    pub(crate) fn truncate_to(&mut self, arena: &Arena, to: Offset, keep_epochs: bool) {
        if !keep_epochs {
            // Also one that begins at the end and has written nothing.
            self.epochs.retain(|(_, start)| *start < to);
        }
        if to >= self.end {
            return;
        }
        let kept = self.entries.partition_point(|entry| entry.end() <= to);
        self.entries.truncate(kept);
        self.start = self.start.min(to);
        self.end = self.entries.last().map_or(self.start, Entry::end);
        self.segments.retain(|segment| segment.base_offset <= self.end);
        if let Some(active) = self.segments.last_mut().filter(|active| active.base_offset == self.end) {
            active.times = None;
        }
        self.flushed = self.flushed.min(self.end);
        self.high_watermark = self.high_watermark.min(self.end);
        if !keep_epochs {
            self.epochs.retain(|(_, start)| *start < self.end);
        }
        self.rebuild_producers(arena);
    }

    /// From the newest snapshot and the batches behind it. One where the log begins, or before, is removed: what was
    /// deleted is not remembered then (`ProducerStateManager.truncateAndReload`, `UnifiedLog.rebuildProducerState`).
    fn rebuild_producers(&mut self, arena: &Arena) {
        let newest = self.segments.iter().rev().find(|segment| segment.base_offset > self.start);
        let from = newest.map_or(self.start, |segment| segment.base_offset);
        self.producers = newest.map_or_else(Vec::new, |segment| segment.producers.clone());
        let entries: Vec<Entry> =
            self.entries.iter().filter(|entry| entry.base_offset >= from).copied().collect();
        for entry in entries {
            self.note_producer(arena.batch(entry.batch), entry.base_offset, BATCHES_TO_RETAIN);
        }
    }

    /// What the machine finds when it comes back after it lost power. Returns where the log ended before.
    pub(crate) fn lose_power(&mut self, arena: &Arena) -> Offset {
        let before = self.end;
        self.truncate_to(arena, self.flushed, false);
        before
    }

    /// Loads the log when a process starts: epochs as the batches imply, high watermark as checkpointed
    /// (`LogLoader`, `Partition.createLog`). After a clean shutdown the producers come from the snapshot taken then
    /// (`UnifiedLog.close`), else from batches: also those that had been forgotten.
    pub(crate) fn load(&mut self, arena: &Arena, clean: bool) {
        if clean && self.end > self.start {
            self.producers = self.producers.iter().map(ProducerState::snapshot).collect();
        } else {
            self.rebuild_producers(arena);
        }
        self.epochs.retain(|(_, start)| *start < self.end);
        self.checkpointed = self.checkpointed.clamp(self.start, self.end);
        self.high_watermark = self.checkpointed;
    }
}

//! Where records wait to be sent: a queue of batches for each partition (`RecordAccumulator`), and the
//! memory that they may take (`BufferPool`).
//!
//! A queue has two parts. In front stand batches that were sent before, or that a split made: few, at most
//! what was in flight. Behind them stand those that were never sent: perhaps hundreds of thousands.

use super::memory::CowQueue;
use super::size::{BATCH_OVERHEAD, record_size, upper_bound};
use crate::sim::config::ProducerConfig;
use crate::sim::ids::{BatchId, LeaderEpoch, Micros, ProducerIdAndEpoch, RecordId, Time, TopicPartition};
use std::collections::VecDeque;

/// Place of a batch among those that were drained.
pub(super) type Key = u32;

/// A batch that was drained at least once, or that a split made (`ProducerBatch`).
#[derive(Clone, Copy, Debug)]
pub(super) struct ProducerBatch {
    pub(super) partition: TopicPartition,
    /// What it is in the arena; changes when an epoch bump renumbers it.
    pub(super) id: BatchId,
    pub(super) count: u32,
    pub(super) size: u32,
    /// What it holds of `buffer.memory`; nothing for one that a split made.
    pub(super) memory: u32,
    /// A split made it.
    pub(super) split: bool,
    /// When its first record was appended: `delivery.timeout.ms` runs from here, through splits too.
    pub(super) created: Time,
    /// When it was last queued.
    pub(super) last_attempt: Time,
    /// Attempts that ended in another one.
    pub(super) attempts: u32,
    /// It was queued again after an attempt (`inRetry`).
    pub(super) retry: bool,
    /// How long it waits after `last_attempt`.
    pub(super) backoff: Micros,
    /// The newest leader epoch that it met, and how many attempts it had made by then.
    pub(super) leader_epoch: Option<LeaderEpoch>,
    pub(super) attempts_at_leader_change: u32,
    /// Producer and first sequence; none without idempotence.
    pub(super) sequence: Option<(ProducerIdAndEpoch, i32)>,
    /// An epoch bump gave it new sequences (`sequenceHasBeenReset`).
    pub(super) renumbered: bool,
    /// It succeeded or failed; a request that carries it may still be in flight.
    pub(super) done: bool,
    /// It was drained into a request, about to be sent or in flight: also one that expires meanwhile is sent.
    pub(super) on_wire: bool,
}

impl ProducerBatch {
    /// Sequence of its last record; −1 without idempotence.
    pub(super) fn last_sequence(&self) -> i32 {
        self.sequence.map_or(-1, |(_, base)| increment(base, self.count) - 1)
    }

    /// `ProducerBatch.maybeUpdateLeaderEpoch`
    pub(super) fn note_leader_epoch(&mut self, epoch: LeaderEpoch) {
        if self.leader_epoch.is_none_or(|known| known < epoch) {
            self.leader_epoch = Some(epoch);
            self.attempts_at_leader_change = self.attempts;
        }
    }

    /// Until when it waits; nothing if the leader changed since its last attempt (KIP-951,
    /// `ProducerBatch.hasLeaderChangedForTheOngoingRetry`).
    pub(super) fn backs_off_until(&self) -> Option<Time> {
        let waits = self.attempts > 0 && self.attempts_at_leader_change != self.attempts;
        waits.then(|| self.last_attempt.plus(self.backoff))
    }
}

/// The sequence `by` records further, around the end (`DefaultRecordBatch.incrementSequence`).
pub(super) fn increment(sequence: i32, by: u32) -> i32 {
    ((i64::from(sequence) + i64::from(by)) & i64::from(i32::MAX)) as i32
}

/// A batch that was never drained. Its records stand in its queue's `records`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fresh {
    pub(super) created: Time,
    /// When its last record was appended.
    pub(super) latest: Time,
    pub(super) count: u32,
    pub(super) size: u32,
    /// No more is written than this (`MemoryRecordsBuilder.writeLimit`), and so much was allocated.
    limit: u32,
}

impl Fresh {
    /// What it took of `buffer.memory`.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    fn full(&self) -> bool {
        self.limit <= self.size
    }
}

/// Batches for one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionQueue {
    /// Batches to be sent again, or made by a split, in order of sending.
    pub(super) again: VecDeque<Key>,
    fresh: CowQueue<Fresh>,
    /// Records of the fresh batches, in order.
    records: CowQueue<RecordId>,
    /// Something is in flight, and nothing may overtake it (`max.in.flight.requests.per.connection=1`).
    pub(super) muted: bool,
    /// Batches in flight whose outcome is open, in order of sending (`Sender.inFlightBatches`).
    pub(super) in_flight: Vec<Key>,
}

impl PartitionQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.again.is_empty() && self.fresh.is_empty()
    }
}

/// All that waits to be sent, and what is known of what was.
#[derive(Clone, Debug)]
pub(super) struct Accumulator {
    pub(super) partitions: Vec<PartitionQueue>,
    batches: Vec<Option<ProducerBatch>>,
    vacant: Vec<Key>,
    free_memory: u64,
    batch_size: u32,
    linger: Micros,
    delivery_timeout: Micros,
    /// A send() waits for memory, so nothing lingers.
    pub(super) exhausted: bool,
    /// The producer is closing, so nothing lingers.
    pub(super) closed: bool,
    /// Records that wait.
    pub(super) buffered: u32,
}

impl Accumulator {
    pub(super) fn new(config: &ProducerConfig, partitions: u8) -> Accumulator {
        Accumulator {
            partitions: vec![PartitionQueue::default(); usize::from(partitions)],
            batches: Vec::new(),
            vacant: Vec::new(),
            free_memory: config.buffer_memory,
            batch_size: config.batch_size,
            linger: config.linger,
            delivery_timeout: config.delivery_timeout,
            exhausted: false,
            closed: false,
            buffered: 0,
        }
    }

    /// Puts a record into the last batch of its partition, or into a new one; false if there is no memory
    /// for that (`RecordAccumulator.append`).
    pub(super) fn append(&mut self, partition: TopicPartition, record: RecordId, now: Time) -> bool {
        let queue = &mut self.partitions[partition.index()];
        if let Some(last) = queue.fresh.back_mut() {
            let size = record_size(record, last.count, now.ms().saturating_sub(last.created.ms()));
            if last.size + size <= last.limit {
                last.size += size;
                last.count += 1;
                last.latest = now;
                queue.records.push(record);
                self.buffered += 1;
                return true;
            }
        }
        let limit = upper_bound(record).max(self.batch_size);
        let Some(free) = self.free_memory.checked_sub(limit.into()) else { return false };
        self.free_memory = free;
        let size = BATCH_OVERHEAD + record_size(record, 0, 0);
        queue.fresh.push(Fresh { created: now, latest: now, count: 1, size, limit });
        queue.records.push(record);
        self.buffered += 1;
        true
    }

    /// Gives memory back.
    pub(super) fn deallocate(&mut self, memory: u32) {
        self.free_memory += u64::from(memory);
    }

    pub(super) fn batch(&self, key: Key) -> &ProducerBatch {
        self.batches[key as usize].as_ref().expect("a key belongs to a batch until it is dropped")
    }

    pub(super) fn batch_mut(&mut self, key: Key) -> &mut ProducerBatch {
        self.batches[key as usize].as_mut().expect("a key belongs to a batch until it is dropped")
    }

    /// Takes a batch into account.
    pub(super) fn add(&mut self, batch: ProducerBatch) -> Key {
        match self.vacant.pop() {
            Some(key) => {
                self.batches[key as usize] = Some(batch);
                key
            }
            None => {
                self.batches.push(Some(batch));
                self.batches.len() as u32 - 1
            }
        }
    }

    /// Forgets a batch that is done, unless a request still carries it: then it keeps its memory, too, which
    /// the network may still read from (KAFKA-19012).
    pub(super) fn forget(&mut self, key: Key) {
        let ProducerBatch { done, on_wire, memory, .. } = *self.batch(key);
        if done && !on_wire {
            self.deallocate(memory);
            self.batches[key as usize] = None;
            self.vacant.push(key);
        }
    }

    /// Until when the first batch of a partition waits: for its backoff, or, not yet full, for `linger.ms`
    /// (`RecordAccumulator.batchReady`). None: nothing waits there.
    pub(super) fn ready_at(&self, partition: TopicPartition) -> Option<Time> {
        let queue = &self.partitions[partition.index()];
        if let Some(key) = queue.again.front() {
            return Some(self.batch(*key).backs_off_until().unwrap_or(Time(0)));
        }
        let first = queue.fresh.front()?;
        let at_once = queue.fresh.len() > 1 || first.full() || self.exhausted || self.closed;
        Some(if at_once { Time(0) } else { first.created.plus(self.linger) })
    }

    /// When the next batch expires, in a queue or in flight.
    pub(super) fn expires_at(&self) -> Option<Time> {
        (0..self.partitions.len())
            .map(TopicPartition::at)
            .flat_map(|p| [self.queue_expires_at(p), self.in_flight_expires_at(p)])
            .flatten()
            .min()
    }

    /// When the first batch of a partition's queue expires.
    pub(super) fn queue_expires_at(&self, partition: TopicPartition) -> Option<Time> {
        let queue = &self.partitions[partition.index()];
        let created = match queue.again.front() {
            Some(key) => self.batch(*key).created,
            None => queue.fresh.front()?.created,
        };
        Some(created.plus(self.delivery_timeout))
    }

    /// When the first batch that is in flight expires.
    pub(super) fn in_flight_expires_at(&self, partition: TopicPartition) -> Option<Time> {
        let first = *self.partitions[partition.index()].in_flight.first()?;
        Some(self.batch(first).created.plus(self.delivery_timeout))
    }

    /// Whether a batch has reached `delivery.timeout.ms`.
    pub(super) fn expired(&self, key: Key, now: Time) -> bool {
        now.since(self.batch(key).created) >= self.delivery_timeout
    }

    /// The first batch that was never drained.
    pub(super) fn first_fresh(&self, partition: TopicPartition) -> Option<&Fresh> {
        self.partitions[partition.index()].fresh.front()
    }

    /// Takes it out, with its records.
    pub(super) fn take_fresh(
        &mut self,
        partition: TopicPartition,
    ) -> Option<(Fresh, impl Iterator<Item = RecordId>)> {
        let queue = &mut self.partitions[partition.index()];
        let fresh = queue.fresh.pop()?;
        self.buffered -= fresh.count;
        Some((fresh, (0..fresh.count).filter_map(|_| queue.records.pop())))
    }

    /// Makes a drained batch of a fresh one.
    pub(super) fn drained(
        &mut self,
        partition: TopicPartition,
        fresh: Fresh,
        id: BatchId,
        sequence: Option<(ProducerIdAndEpoch, i32)>,
        leader_epoch: LeaderEpoch,
    ) -> Key {
        self.add(ProducerBatch {
            partition,
            id,
            count: fresh.count,
            size: fresh.size,
            memory: fresh.limit,
            split: false,
            created: fresh.created,
            last_attempt: fresh.created,
            attempts: 0,
            retry: false,
            backoff: 0,
            leader_epoch: Some(leader_epoch),
            attempts_at_leader_change: 0,
            sequence,
            renumbered: false,
            done: false,
            on_wire: false,
        })
    }

    /// Queues a batch again: at the head, or, by `in_sequence`, behind those of lower sequence
    /// (`RecordAccumulator.reenqueue`, `insertInSequenceOrder`).
    pub(super) fn requeue(&mut self, key: Key, in_sequence: bool) {
        let batch = self.batch(key);
        let (partition, count, base) = (batch.partition.index(), batch.count, batch.sequence);
        let lower = |other: &Key| match (self.batch(*other).sequence, base) {
            (Some((_, other)), Some((_, base))) => other < base,
            _ => false,
        };
        let again = &self.partitions[partition].again;
        let place = if in_sequence { again.iter().take_while(|other| lower(other)).count() } else { 0 };
        self.partitions[partition].again.insert(place, key);
        self.buffered += count;
    }

    /// Takes the first batch that waits to be sent again.
    pub(super) fn take_again(&mut self, partition: TopicPartition) -> Option<Key> {
        let key = self.partitions[partition.index()].again.pop_front()?;
        self.buffered -= self.batch(key).count;
        Some(key)
    }

    /// Cuts a batch's records into parts of at most `batch.size`, or, if it is itself a part, of about half its
    /// size (`RecordAccumulator.splitAndReenqueue`, `ProducerBatch.split`; halved since KAFKA-8350): how many
    /// records each has, and its size.
    pub(super) fn parts(&self, key: Key, records: &[RecordId]) -> Vec<(u32, u32)> {
        let batch = self.batch(key);
        let largest = records.iter().map(|record| upper_bound(*record)).max().unwrap_or(0);
        let target = if batch.split { largest.max(batch.size / 2) } else { self.batch_size };
        let mut parts: Vec<(u32, u32)> = Vec::new();
        let mut limit = 0;
        for record in records {
            if let Some((count, size)) = parts.last_mut() {
                let more = record_size(*record, *count, 0);
                if *size + more <= limit {
                    (*count, *size) = (*count + 1, *size + more);
                    continue;
                }
            }
            limit = upper_bound(*record).max(target);
            parts.push((1, BATCH_OVERHEAD + record_size(*record, 0, 0)));
        }
        parts
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.partitions.iter().all(PartitionQueue::is_empty)
    }
}

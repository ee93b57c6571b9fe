//! What becomes of an attempt, and of a batch: success, failure, another attempt, smaller batches, expiry
//! (`Sender.handleProduceResponse`, `completeBatch`, `sendProducerData`).

use super::Producer;
use super::accumulator::{Key, ProducerBatch, increment};
use super::idempotence::IdState;
use super::sender::{Callbacks, Records, Tag};
use crate::sim::client::{Backoff, Draw, Unanswered};
use crate::sim::config::Mutant;
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{MessageId, Offset, RecordId, Time, TopicPartition};
use crate::sim::message::{Error, Message, ProduceResult};

/// Whether an error is a `RetriableException` (classes of `org.apache.kafka.common.errors`).
pub(super) fn retriable(error: Error) -> bool {
    invalid_metadata(error)
        || matches!(
            error,
            Error::CorruptMessage
                | Error::RequestTimedOut
                | Error::NotEnoughReplicas
                | Error::NotEnoughReplicasAfterAppend
                | Error::UnknownLeaderEpoch
                | Error::OffsetNotAvailable
                | Error::NotController
                | Error::CoordinatorLoadInProgress
                | Error::CoordinatorNotAvailable
                | Error::NotCoordinator
        )
}

/// Whether an error is an `InvalidMetadataException`: the client asks for fresh metadata.
fn invalid_metadata(error: Error) -> bool {
    matches!(
        error,
        Error::UnknownTopicOrPartition
            | Error::LeaderNotAvailable
            | Error::NotLeaderOrFollower
            | Error::NetworkException
            | Error::KafkaStorageError
            | Error::FencedLeaderEpoch
    )
}

impl Producer {
    /// An answer to a request of this producer.
    pub(super) fn on_answer(&mut self, cx: &mut Cx<'_>, tag: Tag, request: MessageId, body: Message) {
        match (tag, body) {
            (Tag::Init, Message::InitProducerIdResponse(producer)) => {
                cx.record(Fact::ProducerIdObtained { id: producer.id, epoch: producer.epoch });
                if let Some(idempotence) = &mut self.sender.idempotence {
                    let bumped = idempotence.begin(producer);
                    self.renumber(cx, bumped);
                }
            }
            (Tag::Produce(keys), Message::ProduceResponse(results)) => {
                for (partition, key) in keys.iter() {
                    self.on_result(cx, request, partition, *key, results.get(partition));
                }
            }
            // No broker answers otherwise.
            (Tag::Init | Tag::Produce(_), _) => {}
        }
    }

    fn on_result(
        &mut self,
        cx: &mut Cx<'_>,
        request: MessageId,
        partition: TopicPartition,
        key: Key,
        result: Option<&ProduceResult>,
    ) {
        let outcome = result.map_or(Err(Error::UnknownServerError), |result| result.result);
        cx.record(Fact::ProduceAnswered { request, partition, error: outcome.err() });
        self.sender.accumulator.batch_mut(key).on_wire = false;
        self.on_outcome(cx, key, outcome.map(Some));
        if let (Err(Error::NotLeaderOrFollower | Error::FencedLeaderEpoch), Some((leader, epoch))) =
            (outcome, result.and_then(|result| result.current_leader))
        {
            self.sender.client.update_leader(partition, leader, epoch);
        }
    }

    /// Requests ended without an answer, the oldest first (`Sender.handleProduceResponse`).
    pub(super) fn on_unanswered(&mut self, cx: &mut Cx<'_>, ended: Vec<Unanswered<Tag>>) {
        for Unanswered { tag, request, timed_out } in ended {
            match tag {
                Tag::Init => {
                    let again = cx.now().plus(self.config.retry_backoff);
                    if let Some(idempotence) = &mut self.sender.idempotence {
                        idempotence.id = IdState::Wanted(again);
                    }
                }
                Tag::Produce(keys) => {
                    let error = if timed_out { Error::RequestTimedOut } else { Error::NetworkException };
                    for (partition, key) in keys.iter() {
                        cx.record(Fact::ProduceUnanswered { request, partition, error });
                        self.sender.accumulator.batch_mut(*key).on_wire = false;
                        self.on_outcome(cx, *key, Err(error));
                    }
                }
            }
        }
    }

    /// What an attempt came to (`Sender.completeBatch`).
    pub(super) fn on_outcome(&mut self, cx: &mut Cx<'_>, key: Key, outcome: Result<Option<Offset>, Error>) {
        let batch = *self.sender.accumulator.batch(key);
        match outcome {
            Ok(offset) => {
                if let Some(idempotence) = &mut self.sender.idempotence {
                    idempotence.completed(batch.partition, key, batch.last_sequence());
                }
                self.finish(key, Ok(offset));
            }
            Err(Error::MessageTooLarge) if batch.count > 1 && !batch.done => self.split(cx, key),
            Err(error) => {
                if self.can_retry(cx, key, error) {
                    self.retry(cx, key, error);
                } else if !batch.done {
                    let adjust = batch.attempts < self.config.retries;
                    if let Some(idempotence) = &mut self.sender.idempotence {
                        idempotence.failed(batch.partition, key, error, adjust);
                    }
                    self.finish(key, Err(error));
                } else {
                    self.sender.accumulator.forget(key);
                }
                if invalid_metadata(error) {
                    self.sender.client.request_update();
                }
            }
        }
        self.sender.accumulator.partitions[batch.partition.index()].muted = false;
        self.retry_blocked(cx);
    }

    /// `Sender.canRetry`
    fn can_retry(&mut self, cx: &Cx<'_>, key: Key, error: Error) -> bool {
        let batch = *self.sender.accumulator.batch(key);
        if batch.done
            || batch.attempts >= self.config.retries
            || self.sender.accumulator.expired(key, cx.now())
        {
            return false;
        }
        match (&mut self.sender.idempotence, batch.sequence) {
            (Some(idempotence), Some((_, base))) => {
                idempotence.can_retry(batch.partition, error, base, batch.renumbered)
            }
            _ => retriable(error),
        }
    }

    fn retry(&mut self, cx: &mut Cx<'_>, key: Key, error: Error) {
        let backoff = Backoff { initial: self.config.retry_backoff, max: self.config.retry_backoff_max };
        let batch = self.sender.accumulator.batch_mut(key);
        let parts = [u64::from(batch.id.0), u64::from(batch.attempts)];
        batch.backoff = backoff.after(cx, batch.attempts, Draw::Retry, parts);
        batch.attempts += 1;
        batch.last_attempt = cx.now();
        batch.retry = true;
        let attempts = batch.attempts.min(u16::MAX.into()) as u16;
        cx.record(Fact::RetryQueued { batch: batch.id, attempts, error });
        if cx.mutant(Mutant::RetryRestartsTimeout) {
            batch.created = cx.now();
        }
        let partition = batch.partition.index();
        self.sender.accumulator.partitions[partition].in_flight.retain(|other| *other != key);
        let in_sequence = self.config.idempotence && !cx.mutant(Mutant::RetriesOutOfSequence);
        self.sender.accumulator.requeue(key, in_sequence);
    }

    /// A batch succeeded or failed. One that had already done so is left as it was, whatever comes later
    /// (`ProducerBatch.done`).
    fn finish(&mut self, key: Key, outcome: Result<Option<Offset>, Error>) {
        let batch = self.sender.accumulator.batch_mut(key);
        if !batch.done {
            batch.done = true;
            let ProducerBatch { partition, id, count, on_wire, .. } = *batch;
            let memory = if on_wire { 0 } else { std::mem::take(&mut batch.memory) };
            let queue = &mut self.sender.accumulator.partitions[partition.index()];
            queue.in_flight.retain(|other| *other != key);
            let records = Records::Batch(id);
            self.sender.callbacks.push_back(Callbacks { records, outcome, called: 0, count, memory });
        }
        self.sender.accumulator.forget(key);
    }

    /// The broker takes no batch of that size: its records are sent in smaller ones, as if it had not been
    /// tried (`RecordAccumulator.splitAndReenqueue`).
    fn split(&mut self, cx: &mut Cx<'_>, key: Key) {
        let big = *self.sender.accumulator.batch(key);
        cx.record(Fact::BatchSplit { batch: big.id });
        if let Some(idempotence) = &mut self.sender.idempotence {
            idempotence.untrack(big.partition, key);
        }
        for part in self.parts(cx, key, big).into_iter().rev() {
            let key = self.sender.accumulator.add(part);
            self.track(key);
            self.sender.accumulator.requeue(key, self.config.idempotence);
        }
        let queue = &mut self.sender.accumulator.partitions[big.partition.index()];
        queue.in_flight.retain(|other| *other != key);
        self.sender.accumulator.batch_mut(key).done = true;
        self.sender.accumulator.forget(key);
    }

    /// What a batch is split into: as old as it is, never tried, and together of its sequences.
    fn parts(&mut self, cx: &mut Cx<'_>, key: Key, big: ProducerBatch) -> Vec<ProducerBatch> {
        let records: Vec<RecordId> = cx.arena().records(big.id).collect();
        let latest = cx.arena().batch(big.id).timestamp;
        let (mut parts, mut start) = (Vec::new(), 0);
        for (count, size) in self.sender.accumulator.parts(key, &records) {
            let sequence = big.sequence.map(|(producer, base)| (producer, increment(base, start)));
            let (producer, base) = sequence.unzip();
            let part = records[start as usize..(start + count) as usize].iter().copied();
            let base = base.unwrap_or(-1);
            let id = cx.arena().add_records(big.partition, part, producer, base, latest, size);
            start += count;
            parts.push(ProducerBatch {
                id,
                count,
                size,
                memory: 0,
                split: true,
                last_attempt: big.created,
                attempts: 0,
                retry: false,
                backoff: 0,
                leader_epoch: None,
                attempts_at_leader_change: 0,
                sequence,
                renumbered: false,
                on_wire: false,
                ..big
            });
        }
        parts
    }

    // Expiry.

    /// Fails one batch that has reached `delivery.timeout.ms`: of those that wait, then of those in flight,
    /// whose requests go on (`RecordAccumulator.expiredBatches`, `Sender.getExpiredInflightBatches`).
    pub(super) fn expire_batch(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        let accumulator = &self.sender.accumulator;
        let partitions = || (0..self.partitions).map(TopicPartition::events);
        let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
        if let Some(partition) = partitions().find(|p| due(accumulator.queue_expires_at(*p))) {
            match self.sender.accumulator.take_again(partition) {
                Some(key) => self.expire_drained(cx, key),
                None => self.expire_fresh(cx, partition),
            }
        } else if let Some(partition) = partitions().find(|p| due(accumulator.in_flight_expires_at(*p))) {
            let key = self.sender.accumulator.partitions[partition.index()].in_flight[0];
            self.expire_drained(cx, key);
        }
    }

    /// Its sequences stay as they are: the batch may be in the log.
    fn expire_drained(&mut self, cx: &mut Cx<'_>, key: Key) {
        let ProducerBatch { partition, id, retry, .. } = *self.sender.accumulator.batch(key);
        let last_sequence = self.sender.accumulator.batch(key).last_sequence();
        cx.record(Fact::BatchExpired { partition, batch: Some(id) });
        if let Some(idempotence) = &mut self.sender.idempotence {
            idempotence.failed(partition, key, Error::RequestTimedOut, false);
            if retry {
                idempotence.mark_unresolved(partition, last_sequence);
                cx.record(Fact::SequenceUnresolved { partition });
            }
        }
        self.finish(key, Err(Error::RequestTimedOut));
    }

    fn expire_fresh(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) {
        let Some((fresh, records)) = self.sender.accumulator.take_fresh(partition) else { return };
        let records = records.collect();
        cx.record(Fact::BatchExpired { partition, batch: None });
        self.sender.callbacks.push_back(Callbacks {
            records: Records::List(records),
            outcome: Err(Error::RequestTimedOut),
            called: 0,
            count: fresh.count,
            memory: fresh.limit(),
        });
    }
}

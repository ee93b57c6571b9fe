//! Produce requests: append, flush, and the wait of `acks=all` (`ReplicaManager.appendRecords`,
//! `Partition.appendRecordsToLeader`, `DelayedProduce`).

use super::log::Admission;
use super::{Broker, FLUSH_TIME, Timer};
use crate::sim::config::{Acks, Mutant};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact};
use crate::sim::ids::{
    BatchId, ConnectionId, LeaderEpoch, MessageId, Micros, Offset, PerPartition, TopicPartition,
};
use crate::sim::message::{Envelope, Error, Message, ProduceResult};
use crate::sim::queue::Ticket;

/// Who waits for a produce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiter {
    /// A client's request.
    Client(ConnectionId),
    /// The group coordinator of this broker.
    Group(u64),
}

/// A produce request that is being handled.
#[derive(Clone, Debug)]
pub(crate) struct Produce {
    waiter: Waiter,
    request: MessageId,
    acks: Acks,
    timeout: Micros,
    /// Batches that are still to be appended.
    todo: PerPartition<BatchId>,
    /// What is decided.
    results: PerPartition<ProduceResult>,
    /// Appended batches that wait: first offset, and what the high watermark must reach.
    waiting: PerPartition<(Offset, Offset)>,
    /// All is appended; the answer may be given.
    appended: bool,
    /// When `acks=all` has waited long enough.
    time_out: Option<Ticket>,
}

/// Numbers of the coordinator's own produces, told from those of messages.
const GROUP: u32 = 1 << 31;

impl Broker {
    pub(super) fn on_produce(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        let (connection, request) = (envelope.connection, envelope.id);
        let Message::ProduceRequest(body) = envelope.body else { return };
        self.produces.push(Produce {
            waiter: Waiter::Client(connection),
            request,
            acks: body.acks,
            timeout: body.timeout,
            todo: body.batches,
            results: PerPartition::default(),
            waiting: PerPartition::default(),
            appended: false,
            time_out: None,
        });
        self.begin_append(cx, request);
    }

    /// Appends a batch of the group coordinator with `acks=all` (`CoordinatorPartitionWriter`).
    pub(super) fn append_for_group(&mut self, cx: &mut Cx<'_>, batch: BatchId, token: u64) {
        let request = MessageId(GROUP | token as u32);
        let todo = [(TopicPartition::OFFSETS, batch)].into_iter().collect();
        self.produces.push(Produce {
            waiter: Waiter::Group(token),
            request,
            acks: Acks::All,
            timeout: cx.config().cluster.offset_commit_timeout,
            todo,
            results: PerPartition::default(),
            waiting: PerPartition::default(),
            appended: false,
            time_out: None,
        });
        self.begin_append(cx, request);
    }

    fn begin_append(&mut self, cx: &mut Cx<'_>, request: MessageId) {
        if self.disk_delay > 0 {
            cx.set_timer(self.disk_delay, Timer::Append(request).into());
        } else {
            self.append_next(cx, request);
        }
    }

    /// Appends the next batch; each is a moment of its own.
    pub(super) fn append_next(&mut self, cx: &mut Cx<'_>, request: MessageId) {
        let Some(place) = self.produces.iter().position(|p| p.request == request) else { return };
        let acks = self.produces[place].acks;
        let next = self.produces[place].todo.keys().next();
        let mut flush = 0;
        if let Some(partition) = next {
            let batch = self.produces[place].todo.remove(partition).expect("it is there");
            match self.append_as_leader(cx, partition, batch, acks) {
                Ok((base, required)) => {
                    flush = self.flush_after_append(cx, partition);
                    self.produces[place].waiting.insert(partition, (base, required));
                }
                Err(error) => {
                    cx.record(Fact::AppendRefused { batch, error });
                    let current_leader = self.current_leader(partition, error);
                    let result = ProduceResult { result: Err(error), current_leader };
                    self.decide(cx, place, partition, result);
                }
            }
        }
        if self.produces[place].todo.is_empty() {
            cx.set_timer(flush, Timer::Appended(request).into());
        } else {
            cx.set_timer(flush + self.disk_delay, Timer::Append(request).into());
        }
    }

    /// With NOT_LEADER_OR_FOLLOWER the new leader goes along (KIP-951).
    fn current_leader(
        &self,
        partition: TopicPartition,
        error: Error,
    ) -> Option<(crate::sim::ids::BrokerId, LeaderEpoch)> {
        let registration = self.image.registration(partition)?;
        (error == Error::NotLeaderOrFollower).then_some((registration.leader?, registration.leader_epoch))
    }

    /// Checks and appends a batch. Returns its first offset and what the high watermark must reach.
    fn append_as_leader(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        id: BatchId,
        acks: Acks,
    ) -> Result<(Offset, Offset), Error> {
        let config = cx.config();
        let replica = self.replicas.get_mut(partition).ok_or(Error::NotLeaderOrFollower)?;
        let leader_epoch = replica.leader_epoch;
        let Some(leadership) = replica.leadership() else { return Err(Error::NotLeaderOrFollower) };
        if acks == Acks::All && leadership.isr.len() < config.leaders_min_isr(partition) {
            return Err(Error::NotEnoughReplicas);
        }
        let batch = *cx.kernel.arena.batch(id);
        if partition.is_events() && batch.size > config.topic.max_message_bytes {
            return Err(Error::MessageTooLarge);
        }
        if !cx.mutant(Mutant::RetriesOutOfSequence) {
            match replica.log.admit(&batch) {
                Admission::New => {}
                Admission::Duplicate(base_offset) => {
                    cx.record(Fact::DuplicateFound { batch: id, base_offset });
                    return Ok((base_offset, base_offset + batch.count));
                }
                // What a broker that remembers too little cannot tell from something new.
                Admission::Refused(Error::OutOfOrderSequenceNumber) if cx.mutant(Mutant::DedupCacheOfOne) => {
                }
                Admission::Refused(error) => return Err(error),
            }
        }
        let base_offset = replica.log.end();
        if cx.mutant(Mutant::AckWithoutAppend) && base_offset > 2 {
            return Ok((base_offset - 1, base_offset));
        }
        self.roll_if_old(cx, partition, batch.timestamp);
        let retain = retained(cx);
        let replica = self.replicas.get_mut(partition).expect("found above");
        replica.log.append(&cx.kernel.arena, id, leader_epoch, retain);
        cx.record(Fact::Appended { batch: id, base_offset, leader_epoch, partition });
        Ok((base_offset, base_offset + batch.count))
    }

    /// A log with as many unflushed messages as `log.flush.interval.messages` allows is flushed within the
    /// append, so before the answer, on leader and follower alike (`UnifiedLog.append`). Returns how long it takes.
    pub(super) fn flush_after_append(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) -> Micros {
        let Some(limit) = cx.config().flush_messages(partition) else { return 0 };
        let Some(replica) = self.replicas.get(partition) else { return 0 };
        let unflushed = replica.log.end() - replica.log.flushed();
        if u64::from(unflushed) < limit {
            return 0;
        }
        let takes = FLUSH_TIME + self.disk_delay;
        cx.set_timer(takes, Timer::Flushed(partition, replica.log.end()).into());
        takes
    }

    pub(super) fn flushed(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, to: Offset) {
        let Some(replica) = self.replicas.get_mut(partition) else { return };
        let before = replica.log.flushed();
        replica.log.flush(to, cx.now());
        let to = replica.log.flushed();
        if to > before {
            cx.record(Fact::Flushed { partition, to });
        }
    }

    /// The flush scheduler flushes logs whose last flush is old enough (`LogManager.flushDirtyLogs`).
    pub(super) fn flush_old(&mut self, cx: &mut Cx<'_>) {
        let Some(interval) = cx.config().cluster.flush_scheduler_interval else { return };
        let takes = FLUSH_TIME + self.disk_delay;
        for (partition, replica) in self.replicas.iter().filter(|_| self.lifecycle.loaded()) {
            let age = cx.config().flush_ms(partition).unwrap_or(interval);
            let dirty = replica.log.flushed() < replica.log.end();
            if dirty && cx.now().since(replica.log.last_flush) >= age {
                cx.set_timer(takes, Timer::Flushed(partition, replica.log.end()).into());
            }
        }
        cx.set_timer(interval, Timer::FlushScheduler.into());
    }

    /// Everything of a request is appended: followers may have it, and the answer may be due.
    pub(super) fn appended(&mut self, cx: &mut Cx<'_>, request: MessageId) {
        let Some(place) = self.produces.iter().position(|p| p.request == request) else { return };
        self.produces[place].appended = true;
        let waiting = self.produces[place].waiting.clone();
        if self.produces[place].acks != Acks::All || cx.mutant(Mutant::AckBeforeHighWatermark) {
            for (partition, (base, _)) in waiting.iter() {
                self.produces[place].waiting.remove(partition);
                let result = ProduceResult { result: Ok(*base), current_leader: None };
                self.decide(cx, place, partition, result);
            }
        } else {
            for (partition, (_, required)) in waiting.iter() {
                cx.record(Fact::ProduceWaits { request, partition, required: *required });
            }
            if !waiting.is_empty() {
                let time_out =
                    cx.set_timer(self.produces[place].timeout, Timer::ProduceTimeout(request).into());
                self.produces[place].time_out = Some(time_out);
            }
        }
        self.finish_if_decided(cx, request);
        for partition in waiting.keys() {
            self.maybe_advance(cx, partition);
            self.check_produces(cx, partition);
            self.answer_parked(cx, partition);
        }
    }

    fn decide(&mut self, cx: &mut Cx<'_>, place: usize, partition: TopicPartition, result: ProduceResult) {
        let produce = &mut self.produces[place];
        produce.results.insert(partition, result);
        if matches!(produce.waiter, Waiter::Client(_)) {
            let (error, base_offset) = (result.result.err(), result.result.ok());
            cx.record(Fact::ProduceDecided { request: produce.request, partition, error, base_offset });
        }
    }

    /// Looks again at what waits for a partition's high watermark (`Partition.checkEnoughReplicasReachOffset`).
    pub(super) fn check_produces(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) {
        let Some(replica) = self.replicas.get(partition) else { return };
        let Some(leadership) = replica.leadership() else { return };
        let high_watermark = replica.log.high_watermark();
        let enough = leadership.maximal_isr().len() >= cx.config().leaders_min_isr(partition);
        let mut decided = Vec::new();
        for place in 0..self.produces.len() {
            let Some((base, required)) = self.produces[place].waiting.get(partition).copied() else {
                continue;
            };
            if !self.produces[place].appended
                || self.produces[place].acks != Acks::All
                || high_watermark < required
            {
                continue;
            }
            self.produces[place].waiting.remove(partition);
            let result = if enough { Ok(base) } else { Err(Error::NotEnoughReplicasAfterAppend) };
            self.decide(cx, place, partition, ProduceResult { result, current_leader: None });
            decided.push(self.produces[place].request);
        }
        for request in decided {
            self.finish_if_decided(cx, request);
        }
    }

    /// Leadership is lost: what waits may be in the next leader's log, or not.
    pub(super) fn fail_produces(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) {
        let error = Error::NotLeaderOrFollower;
        let current_leader = self.current_leader(partition, error);
        let mut decided = Vec::new();
        for place in 0..self.produces.len() {
            if self.produces[place].appended && self.produces[place].waiting.remove(partition).is_some() {
                self.decide(cx, place, partition, ProduceResult { result: Err(error), current_leader });
                decided.push(self.produces[place].request);
            }
        }
        for request in decided {
            self.finish_if_decided(cx, request);
        }
    }

    pub(super) fn produce_timed_out(&mut self, cx: &mut Cx<'_>, request: MessageId) {
        let Some(place) = self.produces.iter().position(|p| p.request == request) else { return };
        let waiting: Vec<TopicPartition> = self.produces[place].waiting.keys().collect();
        for partition in waiting {
            self.produces[place].waiting.remove(partition);
            let result = Err(Error::RequestTimedOut);
            self.decide(cx, place, partition, ProduceResult { result, current_leader: None });
        }
        self.finish_if_decided(cx, request);
    }

    /// Answers when every partition of a request is decided.
    fn finish_if_decided(&mut self, cx: &mut Cx<'_>, request: MessageId) {
        let Some(place) = self.produces.iter().position(|p| p.request == request) else { return };
        let produce = &self.produces[place];
        if !produce.appended || !produce.waiting.is_empty() || !produce.todo.is_empty() {
            return;
        }
        let mut produce = self.produces.swap_remove(place);
        cx.cancel(&mut produce.time_out);
        match produce.waiter {
            Waiter::Group(token) => {
                let result = produce.results.iter().find_map(|(_, r)| r.result.err()).map_or(Ok(()), Err);
                let mut out = Vec::new();
                self.group.on_appended(cx, token, result, &mut out);
                self.carry_out(cx, out);
            }
            Waiter::Client(connection) if produce.acks == Acks::None => {
                // Nobody waits for an answer: an error can only be told by closing the connection
                // (`KafkaApis.handleProduceRequest`).
                if produce.results.iter().any(|(_, r)| r.result.is_err()) {
                    cx.close(connection, CloseReason::Closed);
                    self.inbound.retain(|inbound| inbound.connection != connection);
                } else {
                    self.unmute(cx, connection, request);
                }
            }
            Waiter::Client(connection) => {
                self.respond(cx, connection, request, Message::ProduceResponse(produce.results));
            }
        }
    }
}

/// Batches of a producer that are remembered, if not as many as the log itself does.
pub(super) fn retained(cx: &Cx<'_>) -> usize {
    if cx.mutant(Mutant::DedupCacheOfOne) {
        1
    } else if cx.mutant(Mutant::DedupCacheOfFour) {
        4
    } else {
        usize::MAX
    }
}

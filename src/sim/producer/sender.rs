//! The sender's thread (`Sender.runOnce`, `sendProducerData`): which batches are sent when, and what
//! becomes of them.
//!
//! The thread sleeps in `NetworkClient.poll` and wakes up for what arrives, and when the time of something
//! that it knows of has come. It looks for requests that timed out only when it is awake, and sleeps for
//! `request.timeout.ms` at most; so the time-out of a request may be noticed late.

use super::accumulator::{Accumulator, Key};
use super::application::Phase;
use super::idempotence::{Bumped, IdState, Idempotence, Tracked};
use super::{Producer, Timer, client_config};
use crate::sim::client::{Client, Draw, Peer};
use crate::sim::config::{Acks, Mutant, ProducerConfig};
use crate::sim::cx::{self, Cx};
use crate::sim::fact::Fact;
use crate::sim::ids::{
    BatchId, BrokerId, BrokerSet, LeaderEpoch, Offset, PerPartition, RecordId, Time, TopicPartition,
};
use crate::sim::message::{Error, Message, ProduceRequest};
use std::collections::VecDeque;

/// What a request of a producer was for.
#[derive(Clone, Debug)]
pub(super) enum Tag {
    /// InitProducerId.
    Init,
    /// Batches.
    Produce(PerPartition<Key>),
}

/// Callbacks of a batch that wait to be called.
#[derive(Clone, Debug)]
pub(super) struct Callbacks {
    pub(super) records: Records,
    pub(super) outcome: Result<Option<Offset>, Error>,
    /// Records whose callback was called.
    pub(super) called: u32,
    pub(super) count: u32,
    /// Memory that is given back when all were.
    pub(super) memory: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Records {
    /// Of a batch that was drained.
    Batch(BatchId),
    /// Of one that never was.
    List(Vec<RecordId>),
}

/// What the sender's thread holds.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) client: Client<Tag>,
    pub(super) accumulator: Accumulator,
    pub(super) idempotence: Option<Idempotence>,
    /// Requests drained but not yet sent: callbacks of batches that expired meanwhile come first.
    outgoing: Vec<(BrokerId, PerPartition<Key>)>,
    draining_done: bool,
    pub(super) callbacks: VecDeque<Callbacks>,
    callback_armed: bool,
    /// Where the last drain of each broker's partitions stopped.
    drain_index: [u8; 6],
    /// When something that a pass saw will be ready.
    ready_at: Time,
    /// When the thread wakes up by itself, and timers set so far for that, the latest first.
    wake_at: Time,
    timers: Vec<Time>,
    /// The process stood still: what arrived meanwhile is looked at before anything is sent.
    catching_up: bool,
    passes: u32,
}

/// Never.
const NEVER: Time = Time(u64::MAX);

impl Sender {
    pub(super) fn new(config: &ProducerConfig, partitions: u8, brokers: u8) -> Sender {
        Sender {
            client: Client::new(client_config(config), brokers),
            accumulator: Accumulator::new(config, partitions),
            idempotence: config.idempotence.then(|| Idempotence::new(partitions)),
            outgoing: Vec::new(),
            draining_done: false,
            callbacks: VecDeque::new(),
            callback_armed: false,
            drain_index: [0; 6],
            ready_at: NEVER,
            wake_at: NEVER,
            timers: Vec::new(),
            catching_up: false,
            passes: 0,
        }
    }
}

impl Producer {
    /// Lets the sender's thread work until it would sleep. While callbacks wait it stands still: it is the
    /// thread that calls them.
    pub(super) fn run(&mut self, cx: &mut Cx<'_>) {
        self.exit_if_closed(cx);
        if matches!(self.app.phase, Phase::Down | Phase::Starting) || self.sender.catching_up {
            return;
        }
        loop {
            if !self.sender.callbacks.is_empty() {
                return self.arm_callback(cx);
            }
            if !self.sender.draining_done {
                self.drain(cx);
                self.sender.draining_done = true;
            }
            let expiry = self.sender.accumulator.expires_at().unwrap_or(NEVER);
            if expiry <= cx.now() {
                self.expire_batch(cx);
                continue;
            }
            self.sender.draining_done = false;
            let sent = self.send_outgoing(cx);
            let metadata_in = self.sender.client.maybe_update(cx);
            let ended = self.sender.client.expire(cx);
            if sent || !ended.is_empty() {
                self.on_unanswered(cx, ended);
                continue;
            }
            self.sleep(cx, expiry.min(cx.now().plus(metadata_in)));
            break;
        }
        self.exit_if_closed(cx);
    }

    fn exit_if_closed(&mut self, cx: &mut Cx<'_>) {
        if self.app.phase != Phase::Closing {
            return;
        }
        let sender = &self.sender;
        let idle = sender.accumulator.is_empty() && sender.outgoing.is_empty() && sender.callbacks.is_empty();
        if idle && sender.client.in_flight() == 0 {
            self.app.phase = Phase::Down;
            cx.exit();
        }
    }

    // Waking up.

    fn sleep(&mut self, cx: &mut Cx<'_>, until: Time) {
        // A thread wakes up some fraction of a millisecond after the time that it asked for.
        self.sender.passes += 1;
        let late = cx.draw_between(1, 1000, [Draw::Wake as u64, u64::from(self.sender.passes), 0]);
        let longest = cx.now().plus(self.config.request_timeout + late);
        self.sender.wake_at = self.sender.ready_at.min(until).min(longest);
        self.set_alarm(cx);
    }

    /// Sets a timer for the moment of waking up, unless an earlier one will fire first and look again.
    fn set_alarm(&mut self, cx: &mut Cx<'_>) {
        let sender = &mut self.sender;
        if sender.timers.last().is_none_or(|first| sender.wake_at < *first) {
            sender.timers.push(sender.wake_at);
            cx.set_timer(sender.wake_at.since(cx.now()), cx::Timer::Producer(Timer::Wake));
        }
    }

    pub(super) fn on_wake(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        while self.sender.timers.last().is_some_and(|at| *at <= now) {
            self.sender.timers.pop();
        }
        if self.sender.wake_at <= now {
            self.catch_up_if_late(cx, self.sender.wake_at);
            self.run(cx);
        } else {
            self.set_alarm(cx);
        }
    }

    /// A timer that fires late tells that the process stood still. Its thread comes back from the selector
    /// with all that arrived meanwhile, before it sends anything.
    pub(super) fn catch_up_if_late(&mut self, cx: &mut Cx<'_>, due: Time) {
        if due < cx.now() && !self.sender.catching_up {
            self.sender.catching_up = true;
            cx.set_timer(0, cx::Timer::Producer(Timer::CaughtUp));
        }
    }

    pub(super) fn on_caught_up(&mut self, cx: &mut Cx<'_>) {
        self.sender.catching_up = false;
        self.run(cx);
    }

    // Callbacks.

    fn arm_callback(&mut self, cx: &mut Cx<'_>) {
        if !self.sender.callback_armed {
            self.sender.callback_armed = true;
            cx.set_timer(0, cx::Timer::Producer(Timer::Callback));
        }
    }

    /// Calls the callback of one record.
    pub(super) fn on_callback_due(&mut self, cx: &mut Cx<'_>) {
        self.sender.callback_armed = false;
        let Some(callbacks) = self.sender.callbacks.front_mut() else { return self.run(cx) };
        let i = callbacks.called;
        callbacks.called += 1;
        let record = match &callbacks.records {
            Records::Batch(id) => cx.arena().record(*id, i),
            Records::List(list) => list.get(i as usize).copied(),
        };
        let outcome = callbacks.outcome.map(|base| base.map(|base| base + i));
        if callbacks.called >= callbacks.count {
            let memory = callbacks.memory;
            self.sender.callbacks.pop_front();
            self.sender.accumulator.deallocate(memory);
        }
        if let Some(record) = record {
            self.complete(cx, record, outcome);
        }
        self.retry_blocked(cx);
        self.run(cx);
    }

    // Draining.

    /// Takes what can be sent: at most one batch of each partition, for brokers that can take a request
    /// (`RecordAccumulator.ready`, `drain`).
    fn drain(&mut self, cx: &mut Cx<'_>) {
        self.sender.ready_at = NEVER;
        self.prepare_sequences(cx);
        let ready = self.ready_brokers(cx);
        for broker in ready.iter() {
            let peer = Peer::client(broker);
            if self.sender.client.ready(cx, peer) {
                self.drain_broker(cx, broker);
            } else if let Some(delay) = self.sender.client.connect_delay(peer, cx.now()) {
                self.sender.ready_at = self.sender.ready_at.min(cx.now().plus(delay));
            }
        }
    }

    /// Leaders of partitions with a batch that is ready.
    fn ready_brokers(&mut self, cx: &Cx<'_>) -> BrokerSet {
        let mut ready = BrokerSet::EMPTY;
        let sender = &mut self.sender;
        for partition in (0..self.partitions).map(TopicPartition::events) {
            let queue = &sender.accumulator.partitions[partition.index()];
            if queue.is_empty() {
                continue;
            }
            let (muted, again) = (queue.muted, queue.again.front().copied());
            let known = sender.client.leader(partition);
            if let (Some((_, epoch)), Some(key)) = (known, again) {
                sender.accumulator.batch_mut(key).note_leader_epoch(epoch);
            }
            let Some(leader) = known.and_then(|(leader, _)| leader) else {
                sender.client.request_update();
                continue;
            };
            let at = sender.accumulator.ready_at(partition).unwrap_or(NEVER);
            if muted {
                continue;
            }
            if at <= cx.now() {
                ready = ready.with(leader);
            } else {
                sender.ready_at = sender.ready_at.min(at);
            }
        }
        ready
    }

    /// `RecordAccumulator.drainBatchesForOneNode`
    fn drain_broker(&mut self, cx: &mut Cx<'_>, broker: BrokerId) {
        let led: PerPartition<LeaderEpoch> = (0..self.partitions)
            .map(TopicPartition::events)
            .filter_map(|p| {
                let (leader, epoch) = self.sender.client.leader(p)?;
                (leader == Some(broker)).then_some((p, epoch))
            })
            .collect();
        let place = usize::from(broker.0).min(self.sender.drain_index.len() - 1);
        let start = usize::from(self.sender.drain_index[place]);
        let (mut size, mut batches) = (0, PerPartition::default());
        let count = led.len();
        for i in (0..count).map(|i| (start + i) % count) {
            let Some((partition, epoch)) = led.iter().nth(i) else { break };
            self.sender.drain_index[place] = i as u8;
            match self.drain_partition(cx, partition, *epoch, size) {
                Drained::Nothing => {}
                Drained::Stop => break,
                Drained::Batch(key) => {
                    size += self.sender.accumulator.batch(key).size;
                    batches.insert(partition, key);
                }
            }
        }
        if !batches.is_empty() {
            self.sender.outgoing.push((broker, batches));
        }
    }

    fn drain_partition(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        epoch: u32,
        size: u32,
    ) -> Drained {
        let any_order = cx.mutant(Mutant::RetriesOutOfSequence);
        let now = cx.now();
        let queue = &self.sender.accumulator.partitions[partition.index()];
        if queue.muted {
            return Drained::Nothing;
        }
        let passes = |key: &Key| {
            let until = self.sender.accumulator.batch(*key).backs_off_until();
            cx.mutant(Mutant::BackoffLetsPass) && until.is_some_and(|until| until > now)
        };
        let again = queue.again.front().copied().filter(|key| !passes(key));
        let (first_size, sequence) = if let Some(key) = again {
            let batch = self.sender.accumulator.batch_mut(key);
            batch.note_leader_epoch(epoch);
            if batch.backs_off_until().is_some_and(|until| until > now) {
                return Drained::Nothing;
            }
            (batch.size, batch.sequence.map(|(_, base)| base))
        } else {
            let Some(fresh) = self.sender.accumulator.first_fresh(partition) else { return Drained::Nothing };
            (fresh.size, None)
        };
        if size > 0 && size + first_size > self.config.max_request_size {
            return Drained::Stop;
        }
        if let Some(idempotence) = &self.sender.idempotence
            && !(any_order && sequence.is_some())
            && !idempotence.may_drain(partition, sequence)
        {
            return Drained::Stop;
        }
        let key = match again {
            Some(_) => self.sender.accumulator.take_again(partition),
            None => self.drain_fresh(cx, partition, epoch),
        };
        let Some(key) = key else { return Drained::Nothing };
        self.sender.accumulator.batch_mut(key).on_wire = true;
        let queue = &mut self.sender.accumulator.partitions[partition.index()];
        queue.in_flight.push(key);
        // `Sender`'s `guaranteeMessageOrder`
        queue.muted = self.config.max_in_flight == 1;
        Drained::Batch(key)
    }

    /// Closes a batch and gives it its sequences.
    fn drain_fresh(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, epoch: u32) -> Option<Key> {
        let count = self.sender.accumulator.first_fresh(partition)?.count;
        let mut sequence = None;
        if let Some(idempotence) = &mut self.sender.idempotence {
            let (producer, base, moved) = idempotence.assign(partition, count)?;
            sequence = Some((producer, base));
            if moved {
                cx.record(Fact::ProducerEpochBumped { partition, epoch: producer.epoch });
            }
        }
        let (fresh, records) = self.sender.accumulator.take_fresh(partition)?;
        let (producer, base) = sequence.unzip();
        let base = base.unwrap_or(-1);
        let id = cx.arena().add_records(partition, records, producer, base, fresh.latest, fresh.size);
        let key = self.sender.accumulator.drained(partition, fresh, id, sequence, epoch);
        self.track(key);
        Some(key)
    }

    pub(super) fn track(&mut self, key: Key) {
        let batch = self.sender.accumulator.batch(key);
        if let (Some(idempotence), Some((producer, base))) = (&mut self.sender.idempotence, batch.sequence) {
            let count = batch.count;
            idempotence.track(batch.partition, Tracked { key, producer, base, count });
        }
    }

    // Sequences.

    /// Producer id and epoch, before anything is drained (`TransactionManager.maybeResolveSequences`,
    /// `bumpIdempotentEpochAndResetIdIfNeeded`, `Sender.maybeSendAndPollTransactionalRequest`).
    fn prepare_sequences(&mut self, cx: &mut Cx<'_>) {
        let Some(idempotence) = &mut self.sender.idempotence else { return };
        idempotence.maybe_resolve();
        let bumped = idempotence.bump_if_required(cx.now());
        if !bumped.is_empty() {
            self.renumber(cx, bumped);
        }
        self.ask_for_id(cx);
    }

    pub(super) fn renumber(&mut self, cx: &mut Cx<'_>, bumped: Vec<Bumped>) {
        for Bumped { partition, producer, renumbered } in bumped {
            cx.record(Fact::ProducerEpochBumped { partition, epoch: producer.epoch });
            for Tracked { key, base, .. } in renumbered {
                let batch = self.sender.accumulator.batch_mut(key);
                batch.id = cx.arena().renumber(batch.id, producer, base);
                batch.sequence = Some((producer, base));
                batch.renumbered = true;
            }
        }
    }

    fn ask_for_id(&mut self, cx: &mut Cx<'_>) {
        let sender = &mut self.sender;
        let Some(idempotence) = &mut sender.idempotence else { return };
        let IdState::Wanted(at) = idempotence.id else { return };
        if !sender.client.knows_cluster() {
            return;
        }
        if at > cx.now() {
            sender.ready_at = sender.ready_at.min(at);
            return;
        }
        let Some(peer) = sender.client.least_loaded(cx).peer else { return };
        if sender.client.ready(cx, peer) {
            sender.client.send(cx, peer, Message::InitProducerIdRequest, Tag::Init);
            idempotence.id = IdState::Asked;
        }
    }

    // Sending.

    /// Sends what was drained; whether anything was.
    fn send_outgoing(&mut self, cx: &mut Cx<'_>) -> bool {
        let mut outgoing = std::mem::take(&mut self.sender.outgoing);
        let any = !outgoing.is_empty();
        for (broker, keys) in outgoing.drain(..) {
            self.send_request(cx, broker, keys);
        }
        // Empty, but with its memory.
        self.sender.outgoing = outgoing;
        any
    }

    /// `Sender.sendProduceRequest`
    fn send_request(&mut self, cx: &mut Cx<'_>, broker: BrokerId, keys: PerPartition<Key>) {
        let peer = Peer::client(broker);
        if !self.sender.client.can_send(peer) {
            // The connection was lost while callbacks were called: as if nothing had been drained.
            keys.iter().for_each(|(partition, key)| self.undrain(partition, *key));
            return;
        }
        let accumulator = &self.sender.accumulator;
        let batches = keys.map(|key| accumulator.batch(*key).id);
        let acks = self.config.acks;
        let body =
            Message::ProduceRequest(ProduceRequest { acks, timeout: self.config.request_timeout, batches });
        let answered = acks != Acks::None;
        let message = if answered {
            self.sender.client.send(cx, peer, body, Tag::Produce(keys.clone()))
        } else {
            self.sender.client.send_unanswered(cx, peer, body)
        };
        for (_, key) in keys.iter() {
            let batch = self.sender.accumulator.batch_mut(*key);
            batch.on_wire = answered;
            let attempt = batch.attempts.saturating_add(1).min(u16::MAX.into()) as u16;
            cx.record(Fact::ProduceAttempted { message, batch: batch.id, attempt, to: broker });
        }
        if !answered {
            // Handed to the socket: `NetworkClient.handleCompletedSends`.
            keys.iter().for_each(|(_, key)| self.on_outcome(cx, *key, Ok(None)));
        }
    }

    fn undrain(&mut self, partition: TopicPartition, key: Key) {
        let queue = &mut self.sender.accumulator.partitions[partition.index()];
        queue.in_flight.retain(|other| *other != key);
        queue.muted = false;
        self.sender.accumulator.batch_mut(key).on_wire = false;
        if self.sender.accumulator.batch(key).done {
            self.sender.accumulator.forget(key);
        } else {
            self.sender.accumulator.requeue(key, self.config.idempotence);
        }
    }
}

/// What a partition gave to a request.
enum Drained {
    Nothing,
    /// Nothing, and no further partition is looked at.
    Stop,
    Batch(Key),
}

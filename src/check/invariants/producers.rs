//! I20 to I23: what stands in logs of a producer, and what it was told.

use super::{Breaches, Invariant};
use crate::check::replicas::{Appended, Log, Replicas, appended};
use crate::sim::config::{Acks, Config};
use crate::sim::{
    Arena, Batch, BatchId, BrokerId, Entry, Error, Fact, LeaderEpoch, NodeId, Observation,
    ProducerIdAndEpoch, RecordId, StepNo, TopicPartition,
};

/// As many of a producer's last batches a broker knows again (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const RETAINED: usize = 5;

/// A producer's last batches in one log.
#[derive(Clone, Debug)]
struct Session {
    producer: ProducerIdAndEpoch,
    /// First and last sequence, oldest first.
    batches: Vec<(i32, i32)>,
    /// The highest record among batches of this epoch that were sent once.
    latest: u32,
}

/// What is known of a record.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// How often send() was called with it.
    sends: u8,
    appended: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Producers {
    acks: Acks,
    /// Without idempotence order holds only for one request in flight.
    one_in_flight: bool,
    /// A log may have several segments, so that there are snapshots of what is known of producers.
    rolls: bool,
    sessions: [[Vec<Session>; TopicPartition::MAX]; 5],
    /// The highest record of each producer in each log, among those sent once.
    latest: [[[u32; 3]; TopicPartition::MAX]; 5],
    /// Brokers that each batch was sent to, by number of the batch.
    sent_to: Vec<u8>,
    /// What leaders wrote at each offset.
    written: [Vec<Vec<(LeaderEpoch, BatchId)>>; TopicPartition::MAX],
    records: [Vec<Known>; 3],
}

impl Producers {
    pub(super) fn new(config: &Config) -> Producers {
        Producers {
            acks: config.producer.acks,
            one_in_flight: config.producer.max_in_flight == 1,
            rolls: config.topic.segment < config.stop_after,
            sessions: Default::default(),
            latest: Default::default(),
            sent_to: Vec::new(),
            written: Default::default(),
            records: Default::default(),
        }
    }

    /// Judges a fact by the logs that it meets.
    pub(super) fn before(
        &mut self,
        arena: &Arena,
        logs: &Replicas,
        observation: &Observation,
        breaches: &mut Breaches,
    ) {
        let &Observation { step, node, fact } = observation;
        match (fact, node) {
            (Fact::Sent { record, .. }, _) => {
                let known = self.known(record);
                known.sends = known.sends.saturating_add(1);
            }
            (Fact::ProduceAttempted { batch, to, .. }, _) => {
                let place = batch.0 as usize;
                if place >= self.sent_to.len() {
                    self.sent_to.resize(place + 1, 0);
                }
                self.sent_to[place] |= 1 << to.0;
            }
            (Fact::Acked { record, .. }, _) => {
                let sound = self.acks == Acks::None || self.known(record).appended;
                breaches.unless(sound, Invariant::ResultSound, step, || {
                    format!("{record} was acked, and no leader ever appended it")
                });
            }
            (Fact::AppendRefused { batch, error: Error::OutOfOrderSequenceNumber }, NodeId::Broker(n)) => {
                let found = self.find(BrokerId(n), arena.batch(batch));
                breaches.unless(!found, Invariant::IdempotentOnce, step, || {
                    format!("broker-{n} does not know batch {} again, which it has", batch.0)
                });
            }
            (Fact::DuplicateFound { batch, base_offset }, NodeId::Broker(n)) => {
                let sent = arena.batch(batch);
                let log = logs.log(BrokerId(n), sent.partition);
                // What a producer wrote is remembered for longer than it is kept.
                let same = base_offset < log.start
                    || log.at(base_offset).is_some_and(|entry| same_batch(arena.batch(entry.batch), sent));
                breaches.unless(same, Invariant::IdempotentOnce, step, || {
                    format!("broker-{n} takes batch {} for what stands at {base_offset}", batch.0)
                });
            }
            (_, NodeId::Broker(n)) => {
                if let Some(appended) = appended(arena, &fact) {
                    self.append(arena, logs, step, BrokerId(n), appended, breaches);
                }
            }
            _ => {}
        }
    }

    /// Follows logs that were cut, or read again.
    pub(super) fn after(&mut self, arena: &Arena, logs: &Replicas, observation: &Observation) {
        let NodeId::Broker(n) = observation.node else { return };
        if let Fact::Truncated { partition, .. }
        | Fact::UnflushedLost { partition, .. }
        | Fact::LogLoaded { partition, .. } = observation.fact
        {
            let broker = BrokerId(n);
            self.sessions[broker.index()][partition.index()].clear();
            self.latest[broker.index()][partition.index()] = [0; 3];
            for entry in logs.log(broker, partition).entries() {
                self.follow(arena, broker, partition, entry);
            }
            // A snapshot has no more of a producer than its last batch.
            if self.rolls || matches!(observation.fact, Fact::LogLoaded { clean: true, .. }) {
                for session in &mut self.sessions[broker.index()][partition.index()] {
                    session.batches.drain(..session.batches.len().saturating_sub(1));
                }
            }
        }
    }

    fn known(&mut self, record: RecordId) -> &mut Known {
        let records = &mut self.records[usize::from(record.producer()) - 1];
        let place = record.number() as usize - 1;
        if place >= records.len() {
            records.resize(place + 1, Known::default());
        }
        &mut records[place]
    }

    fn session(&self, broker: BrokerId, batch: &Batch) -> Option<&Session> {
        let id = batch.producer?.id;
        let sessions = &self.sessions[broker.index()][batch.partition.index()];
        sessions.iter().find(|session| session.producer.id == id)
    }

    /// Whether a broker has a batch among the last ones of its producer.
    fn find(&self, broker: BrokerId, batch: &Batch) -> bool {
        let same = |session: &Session| {
            Some(session.producer) == batch.producer
                && session.batches.contains(&(batch.base_sequence, batch.last_sequence()))
        };
        self.session(broker, batch).is_some_and(same)
    }

    fn append(
        &mut self,
        arena: &Arena,
        logs: &Replicas,
        step: StepNo,
        broker: BrokerId,
        appended: Appended,
        breaches: &mut Breaches,
    ) {
        let Appended { partition, entry, by_leader } = appended;
        if by_leader {
            let batch = *arena.batch(entry.batch);
            self.judge_origin(step, broker, partition, entry.batch, breaches);
            self.judge_sequence(step, broker, &batch, breaches);
            self.judge_order(arena, logs.log(broker, partition), step, broker, entry.batch, breaches);
            self.write(arena, partition, &entry);
        } else {
            let written = self.written[partition.index()].get(entry.base_offset as usize);
            let copied = written.is_some_and(|all| all.contains(&(entry.leader_epoch, entry.batch)));
            breaches.unless(copied, Invariant::NoInvention, step, || {
                format!(
                    "{partition} on broker-{}: no leader wrote batch {} at {} in epoch {}",
                    broker.0, entry.batch.0, entry.base_offset, entry.leader_epoch
                )
            });
        }
        self.follow(arena, broker, partition, &entry);
    }

    fn judge_origin(
        &self,
        step: StepNo,
        broker: BrokerId,
        partition: TopicPartition,
        batch: BatchId,
        breaches: &mut Breaches,
    ) {
        // What a coordinator writes into its own topic comes from no produce request.
        let sent = !partition.is_events()
            || self.sent_to.get(batch.0 as usize).is_some_and(|brokers| brokers & 1 << broker.0 != 0);
        breaches.unless(sent, Invariant::NoInvention, step, || {
            format!("{partition}: batch {} was never sent to broker-{}", batch.0, broker.0)
        });
    }

    /// Whether a batch follows the last one of its producer's epoch. A broker that knows nothing of a producer
    /// takes any sequence, and a new epoch begins anew.
    fn judge_sequence(&self, step: StepNo, broker: BrokerId, batch: &Batch, breaches: &mut Breaches) {
        let Some(session) = self.session(broker, batch) else { return };
        let Some(producer) = batch.producer.filter(|producer| *producer == session.producer) else { return };
        let last = session.batches.last().map_or(-1, |(_, last)| *last);
        breaches.unless(batch.base_sequence == last + 1, Invariant::IdempotentOnce, step, || {
            format!(
                "{} on broker-{}: sequence {} of producer {} epoch {} behind {last}",
                batch.partition, broker.0, batch.base_sequence, producer.id, producer.epoch
            )
        });
    }

    /// Whether a batch stands behind all that was sent before it, leaving out what was sent more than once.
    fn judge_order(
        &mut self,
        arena: &Arena,
        log: &Log,
        step: StepNo,
        broker: BrokerId,
        id: BatchId,
        breaches: &mut Breaches,
    ) {
        let batch = arena.batch(id);
        let Some(first) = arena.records(id).next() else { return };
        if self.known(first).sends > 1 {
            return;
        }
        let latest = match (batch.producer, self.session(broker, batch)) {
            (Some(producer), Some(session)) if session.producer == producer => session.latest,
            (None, _) if self.one_in_flight => {
                let partition = batch.partition.index();
                self.latest[broker.index()][partition][usize::from(first.producer()) - 1]
            }
            _ => return,
        };
        // A second copy stands behind its first one.
        let holds = first.number() > latest || log.start > 0 || holds_record(arena, log, first);
        breaches.unless(holds, Invariant::ProducerOrder, step, || {
            let partition = batch.partition;
            format!("{partition} on broker-{}: {first} behind p{}-{latest}", broker.0, first.producer())
        });
    }

    fn write(&mut self, arena: &Arena, partition: TopicPartition, entry: &Entry) {
        let written = &mut self.written[partition.index()];
        let place = entry.base_offset as usize;
        if place >= written.len() {
            written.resize(place + 1, Vec::new());
        }
        written[place].push((entry.leader_epoch, entry.batch));
        for record in arena.records(entry.batch) {
            self.known(record).appended = true;
        }
    }

    /// Takes over what an entry says of its producer.
    fn follow(&mut self, arena: &Arena, broker: BrokerId, partition: TopicPartition, entry: &Entry) {
        let batch = arena.batch(entry.batch);
        let once: Option<RecordId> = arena.records(entry.batch).last().filter(|r| self.known(*r).sends <= 1);
        if let Some(record) = once {
            let latest = &mut self.latest[broker.index()][partition.index()];
            let latest = &mut latest[usize::from(record.producer()) - 1];
            *latest = record.number().max(*latest);
        }
        let Some(producer) = batch.producer else { return };
        let sessions = &mut self.sessions[broker.index()][partition.index()];
        let fresh = Session { producer, batches: Vec::new(), latest: 0 };
        let place = match sessions.iter().position(|session| session.producer.id == producer.id) {
            Some(place) => place,
            None => {
                sessions.push(fresh.clone());
                sessions.len() - 1
            }
        };
        let session = &mut sessions[place];
        if session.producer != producer {
            *session = fresh;
        }
        if session.batches.len() == RETAINED {
            session.batches.remove(0);
        }
        session.batches.push((batch.base_sequence, batch.last_sequence()));
        session.latest = session.latest.max(once.map_or(0, RecordId::number));
    }
}

fn same_batch(a: &Batch, b: &Batch) -> bool {
    (a.producer, a.base_sequence, a.count) == (b.producer, b.base_sequence, b.count)
}

fn holds_record(arena: &Arena, log: &Log, record: RecordId) -> bool {
    log.entries().iter().rev().any(|entry| arena.records(entry.batch).any(|other| other == record))
}

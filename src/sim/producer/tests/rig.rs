//! A producer with brokers that answer as a test tells them to.

use super::super::{Producer, Timer};
use crate::sim::batch::Arena;
use crate::sim::config::keys::Section;
use crate::sim::config::{Acks, Config, Mutant, ProducerConfig, testing};
use crate::sim::cx::{Cx, Event, Kernel, Timer as AnyTimer};
use crate::sim::fact::{CloseReason, Fact, Trace};
use crate::sim::ids::{
    BatchId, BrokerId, BrokerSet, ConnectionId, LeaderEpoch, MessageId, NodeId, PerPartition,
    ProducerIdAndEpoch, RecordId, StepNo, Time, TopicPartition,
};
use crate::sim::message::{ClusterView, Envelope, Error, Message, ProduceResult};
use crate::sim::network::{Carried, End, Network};
use crate::sim::queue::Queue;
use crate::sim::trigger::Counters;
use std::collections::VecDeque;
use std::sync::Arc;

pub(super) const P0: TopicPartition = TopicPartition::events(0);

/// What a broker makes of a produce request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It appends and says so.
    Ok,
    /// It appends and says nothing.
    Silence,
    /// It appends and says so so late, in µs.
    Late(u64),
    /// It refuses.
    Refuse(Error),
    /// It refuses and names the leader.
    NotLeader(BrokerId, LeaderEpoch),
}

/// One attempt at one partition, as it reached a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) at: Time,
    pub(super) broker: u8,
    pub(super) partition: TopicPartition,
    /// Numbers of the records.
    pub(super) records: Vec<u32>,
    pub(super) epoch: i16,
    pub(super) sequence: i32,
}

pub(super) struct Rig {
    pub(super) producer: Producer,
    pub(super) kernel: Kernel,
    pub(super) trace: Trace,
    /// What to answer to the next produce requests; then [`Answer::Ok`].
    pub(super) answers: VecDeque<Answer>,
    /// What else to answer with from then on.
    pub(super) otherwise: Answer,
    pub(super) attempts: Vec<Attempt>,
    /// Brokers whose machine is gone without a word.
    pub(super) silent: BrokerSet,
    /// Brokers that refuse connections.
    pub(super) down: BrokerSet,
    pub(super) leader: (Option<BrokerId>, LeaderEpoch),
    pub(super) exited: bool,
    offsets: [u32; 3],
    produced: u32,
}

/// Kafka's defaults, but one batch for each record and no lingering.
pub(super) fn config(change: impl FnOnce(&mut ProducerConfig)) -> Config {
    let mut config = testing::config(|raw| {
        testing::quick_cluster(raw);
        raw.set(Section::Producer, "records", 5_i64);
        raw.set(Section::Producer, "enable.idempotence", false);
        raw.set(Section::Producer, "request.timeout.ms", 2_000_i64);
        raw.set(Section::Producer, "delivery.timeout.ms", 20_000_i64);
        raw.set(Section::Producer, "linger.ms", 0_i64);
        raw.set(Section::Producer, "batch.size", 1_i64);
    });
    change(&mut config.producer);
    config
}

impl Rig {
    /// A producer that has just started, at time 0.
    pub(super) fn new(config: Config) -> Rig {
        let config = Arc::new(config);
        let kernel = Kernel {
            now: Time(0),
            step: StepNo(0),
            queue: Queue::default(),
            network: Network::default(),
            arena: Arena::default(),
            counters: Counters::new(config.topic.partitions),
            exits: Vec::new(),
            last_change: Time(0),
            config: Arc::clone(&config),
        };
        let mut rig = Rig {
            producer: Producer::new(&config, 1),
            kernel,
            trace: Trace::default(),
            answers: VecDeque::new(),
            otherwise: Answer::Ok,
            attempts: Vec::new(),
            silent: BrokerSet::EMPTY,
            down: BrokerSet::EMPTY,
            leader: (Some(BrokerId(1)), 0),
            exited: false,
            offsets: [0; 3],
            produced: 0,
        };
        rig.act(|producer, cx| producer.start(cx, true));
        rig
    }

    pub(super) fn with(change: impl FnOnce(&mut ProducerConfig)) -> Rig {
        Rig::new(config(change))
    }

    pub(super) fn mutant(mutant: Mutant, change: impl FnOnce(&mut ProducerConfig)) -> Rig {
        Rig::new(Config { mutant: Some(mutant), ..config(change) })
    }

    /// Lets the producer act.
    pub(super) fn act(&mut self, act: impl FnOnce(&mut Producer, &mut Cx<'_>)) {
        let Rig { producer, kernel, trace, .. } = self;
        act(producer, &mut Cx { kernel, trace, node: NodeId::Producer(1), incarnation: 1 });
        self.exited |= self.kernel.exits.pop().is_some();
    }

    /// Takes every event up to a moment.
    pub(super) fn run_to(&mut self, until: Time) {
        while self.kernel.queue.next_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.kernel.now = until;
    }

    /// Takes one event.
    pub(super) fn step(&mut self) {
        let (at, scheduled) = self.kernel.queue.pop().expect("the sender wakes up again and again");
        self.kernel.now = at;
        self.kernel.step.0 += 1;
        match scheduled.event {
            Event::Arrive { connection, at, carried } => self.arrive(connection, at, carried),
            Event::SetupTimeout { connection } => {
                let open = self.kernel.network.get(connection).is_none_or(|c| c.open || c.client_closed);
                if !open {
                    self.close(connection, CloseReason::SetupTimedOut);
                }
            }
            Event::Timer { timer: AnyTimer::Producer(timer), .. } => self.timer(timer),
            _ => {}
        }
    }

    fn timer(&mut self, timer: Timer) {
        self.act(|producer, cx| producer.on_timer(cx, timer));
    }

    fn arrive(&mut self, connection: ConnectionId, at: End, carried: Carried) {
        let Some(found) = self.kernel.network.get(connection) else { return };
        let (closed, node) = (found.closed(at), found.node(at));
        match carried {
            Carried::Message(place) => {
                let envelope = self.kernel.network.take(place);
                if closed {
                    return;
                }
                match (node.broker(), envelope.body.kind().is_response()) {
                    (Some(broker), _) => self.serve(broker, envelope),
                    (None, _) if matches!(envelope.body, Message::ApiVersionsResponse) => {
                        self.kernel.network.get_mut(connection).expect("it arrived by it").open = true;
                        self.act(|producer, cx| producer.on_connected(cx, connection));
                    }
                    (None, _) => self.act(|producer, cx| producer.on_message(cx, envelope)),
                }
            }
            Carried::Close(why) if !closed && at == End::Client => self.close(connection, why),
            Carried::Close(_) => {}
        }
    }

    fn close(&mut self, connection: ConnectionId, why: CloseReason) {
        self.kernel.close_end(&mut self.trace, connection, End::Client, None, CloseReason::ClosedByPeer);
        self.kernel.close_end(&mut self.trace, connection, End::Server, None, CloseReason::ClosedByPeer);
        self.act(|producer, cx| producer.on_closed(cx, connection, why));
    }

    /// Closes every connection to a broker, as a reset does.
    pub(super) fn reset(&mut self, broker: u8) {
        let gone: Vec<ConnectionId> = self
            .kernel
            .network
            .connections()
            .iter()
            .filter(|c| c.server == NodeId::Broker(broker) && !c.client_closed)
            .map(|c| c.id)
            .collect();
        gone.into_iter().for_each(|id| self.close(id, CloseReason::Reset));
    }

    fn reply(&mut self, to: &Envelope, body: Message) {
        self.kernel.send(&mut self.trace, to.to, to.connection, Some(to.id), body);
    }

    fn serve(&mut self, broker: BrokerId, request: Box<Envelope>) {
        if self.silent.contains(broker) {
            return;
        }
        if self.down.contains(broker) {
            return self.kernel.close_end(
                &mut self.trace,
                request.connection,
                End::Server,
                None,
                CloseReason::Refused,
            );
        }
        match &request.body {
            Message::ApiVersionsRequest => self.reply(&request, Message::ApiVersionsResponse),
            Message::MetadataRequest => {
                let all = 1..=self.kernel.config.cluster.brokers;
                let up = all.map(BrokerId).collect::<BrokerSet>().minus(self.down).minus(self.silent);
                let partitions = (0..self.kernel.config.topic.partitions).map(TopicPartition::events);
                let leaders = partitions.map(|p| (p, self.leader)).collect();
                self.reply(&request, Message::MetadataResponse(ClusterView { brokers: up, leaders }));
            }
            Message::InitProducerIdRequest => {
                self.reply(&request, Message::InitProducerIdResponse(ProducerIdAndEpoch { id: 7, epoch: 0 }));
            }
            Message::ProduceRequest(produce) => {
                let batches = produce.batches.clone();
                self.produce(broker, &request, &batches);
            }
            _ => {}
        }
    }

    fn produce(&mut self, broker: BrokerId, request: &Envelope, batches: &PerPartition<BatchId>) {
        self.produced += 1;
        let answer = self.answers.pop_front().unwrap_or(self.otherwise);
        let mut results = PerPartition::default();
        for (partition, id) in batches.iter() {
            let batch = *self.kernel.arena.batch(*id);
            self.attempts.push(Attempt {
                at: self.kernel.now,
                broker: broker.0,
                partition,
                records: self.kernel.arena.records(*id).map(RecordId::number).collect(),
                epoch: batch.producer.map_or(-1, |producer| producer.epoch),
                sequence: batch.base_sequence,
            });
            let end = &mut self.offsets[partition.index()];
            let (result, current_leader) = match answer {
                Answer::Refuse(error) => (Err(error), None),
                Answer::NotLeader(leader, epoch) => (Err(Error::NotLeaderOrFollower), Some((leader, epoch))),
                _ => {
                    *end += batch.count;
                    (Ok(*end - batch.count), None)
                }
            };
            results.insert(partition, ProduceResult { result, current_leader });
        }
        let acks = self.kernel.config.producer.acks;
        if acks == Acks::None || answer == Answer::Silence {
            return;
        }
        self.reply(request, Message::ProduceResponse(results));
        if let Answer::Late(by) = answer {
            self.delay_last(by);
        }
    }

    /// Holds the answer just sent back: it is taken off its way and set on it later.
    fn delay_last(&mut self, by: u64) {
        let mut events = Vec::new();
        let mut last = None;
        while let Some((at, scheduled)) = self.kernel.queue.pop() {
            if let Event::Arrive { carried: Carried::Message(place), .. } = scheduled.event
                && matches!(self.kernel.network.peek(place).envelope.body, Message::ProduceResponse(_))
            {
                last = Some(events.len());
            }
            events.push((at, scheduled));
        }
        for (i, (at, scheduled)) in events.into_iter().enumerate() {
            let at = if Some(i) == last { at.plus(by) } else { at };
            self.kernel.queue.push(at, crate::sim::queue::Rank::Node, scheduled);
        }
    }

    // What happened.

    pub(super) fn facts(&self) -> impl Iterator<Item = Fact> {
        self.trace.observations.iter().filter(|o| o.node == NodeId::Producer(1)).map(|o| o.fact)
    }

    /// Numbers of the records of each attempt.
    pub(super) fn tried(&self) -> Vec<u32> {
        self.attempts.iter().flat_map(|attempt| attempt.records.clone()).collect()
    }

    /// Epochs and sequences of attempts.
    pub(super) fn sequences(&self) -> Vec<(i16, i32)> {
        self.attempts.iter().map(|attempt| (attempt.epoch, attempt.sequence)).collect()
    }

    /// Outcomes of records in order of their callbacks: number, and the error if there was one.
    pub(super) fn outcomes(&self) -> Vec<(u32, Option<Error>)> {
        self.facts()
            .filter_map(|fact| match fact {
                Fact::Acked { record, .. } => Some((record.number(), None)),
                Fact::Failed { record, error } => Some((record.number(), Some(error))),
                _ => None,
            })
            .collect()
    }

    /// Numbers of the records acknowledged.
    pub(super) fn acked(&self) -> Vec<u32> {
        self.outcomes().into_iter().filter(|(_, error)| error.is_none()).map(|(n, _)| n).collect()
    }

    /// Produce requests sent so far.
    pub(super) fn requests(&self) -> Vec<MessageId> {
        let mut all: Vec<MessageId> = self
            .facts()
            .filter_map(|fact| match fact {
                Fact::ProduceAttempted { message, .. } => Some(message),
                _ => None,
            })
            .collect();
        all.dedup();
        all
    }
}

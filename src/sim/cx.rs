//! What a node may ask of the world. Nodes decide, the world executes: no node sees the queue, another
//! node, or a random number that is not a hash of what it belongs to.

use super::batch::Arena;
use super::config::{Config, Mutant};
use super::fact::{CloseReason, Fact, Observation, Trace};
use super::ids::{ConnectionId, FaultId, MessageId, Micros, NodeId, StepNo, Time};
use super::message::{Channel, Envelope, Message};
use super::network::{Carried, End, InFlight, LinkEffect, Network};
use super::queue::{Queue, Rank, Ticket};
use super::trigger::Counters;
use super::{broker, consumer, controller, database, hash, producer};
use std::sync::Arc;

/// What can be scheduled.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// Something arrives at an end of a connection.
    Arrive { connection: ConnectionId, at: End, carried: Carried },
    /// A connection must be open by now.
    SetupTimeout { connection: ConnectionId },
    /// A timer of a process.
    Timer { node: NodeId, incarnation: u16, timer: Timer },
    /// A fault by the clock.
    Fault(FaultId),
    /// The time of a fault is over.
    Lift(FaultId),
    /// A process starts.
    Start { node: NodeId },
    /// A look whether the run has settled.
    EndCheck,
}

/// A timer of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Broker(broker::Timer),
    Controller(controller::Timer),
    Producer(producer::Timer),
    Consumer(consumer::Timer),
    Database(database::Timer),
}

/// An event with the step that scheduled it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scheduled {
    pub(crate) parent: StepNo,
    pub(crate) event: Event,
}

/// What all nodes share: clock, queue, network, arena, counters.
#[derive(Clone, Debug)]
pub(crate) struct Kernel {
    pub(crate) config: Arc<Config>,
    pub(crate) now: Time,
    pub(crate) step: StepNo,
    pub(crate) queue: Queue<Scheduled>,
    pub(crate) network: Network,
    pub(crate) arena: Arena,
    pub(crate) counters: Counters,
    /// Processes that asked to end in this step.
    pub(crate) exits: Vec<NodeId>,
    /// The last moment at which anything that the end waits for changed.
    pub(crate) last_change: Time,
}

impl Kernel {
    /// Schedules an event.
    pub(crate) fn schedule(&mut self, at: Time, rank: Rank, event: Event) -> Ticket {
        self.queue.push(at, rank, Scheduled { parent: self.step, event })
    }

    /// Records a fact.
    pub(crate) fn record(&mut self, trace: &mut Trace, node: NodeId, fact: Fact) {
        self.counters.note(node, &fact, &self.arena);
        trace.observations.push(Observation { step: self.step, node, fact });
    }

    /// Sends a message over a connection.
    pub(crate) fn send(
        &mut self,
        trace: &mut Trace,
        from: NodeId,
        connection: ConnectionId,
        in_reply_to: Option<MessageId>,
        body: Message,
    ) -> MessageId {
        let id = self.network.next_message();
        let kind = body.kind();
        let Some(link) = self.network.place(connection) else { return id };
        let found = self.network.at(link);
        let end = found.end_of(from);
        let (to, towards, alive) = (found.node(end.other()), end.other(), !found.closed(end));
        self.record(trace, from, Fact::MessageSent { message: id, kind, to, in_reply_to });
        if !alive {
            self.record(trace, from, Fact::MessageLost { message: id, fault: None });
            return id;
        }
        let mut extra = 0;
        if !self.network.faults.is_empty()
            && let Some(armed) = self.network.take_armed(from, to, kind)
        {
            match armed.effect {
                LinkEffect::DelayNext(_, by) => {
                    extra = by;
                    self.record(trace, from, Fact::MessageDelayed { message: id, fault: armed.fault });
                }
                LinkEffect::DropNext(_) | LinkEffect::Cut => {
                    self.network.at_mut(link).towards_mut(towards).silent.get_or_insert(armed.fault);
                    self.record(trace, from, Fact::MessageLost { message: id, fault: Some(armed.fault) });
                    return id;
                }
            }
        }
        let latency = self.network.latency(&self.config, link, towards, kind) + extra;
        let envelope = Box::new(Envelope { id, connection, from, to, in_reply_to, sent_at: self.now, body });
        let place = self.network.carry(InFlight { envelope, arrives_at: None, held_by: None });
        self.convey_by(trace, link, towards, Carried::Message(place), latency);
        id
    }

    /// Lets something travel towards an end of a connection, behind what already travels there.
    pub(crate) fn convey(
        &mut self,
        trace: &mut Trace,
        connection: ConnectionId,
        towards: End,
        carried: Carried,
        latency: Micros,
    ) {
        if let Some(link) = self.network.place(connection) {
            self.convey_by(trace, link, towards, carried, latency);
        }
    }

    /// The same, by the connection's place.
    fn convey_by(&mut self, trace: &mut Trace, link: usize, towards: End, carried: Carried, latency: Micros) {
        let found = self.network.at(link);
        let (connection, from, to) = (found.id, found.node(towards.other()), found.node(towards));
        let direction = found.towards(towards);
        let holder = direction.silent.or_else(|| {
            let cut = if self.network.faults.is_empty() { None } else { self.network.cut(from, to) };
            // Behind what is held, even when the cut is no more, until that has been let go.
            cut.or_else(|| direction.held.first().and_then(|first| self.holder_of(*first)))
        });
        if let Some(fault) = holder {
            if let Carried::Message(place) = carried {
                let message = self.network.carried(place);
                message.held_by = Some(fault);
                message.arrives_at = None;
                let message = message.envelope.id;
                self.record(trace, from, Fact::MessageHeld { message, fault });
            }
            self.network.at_mut(link).towards_mut(towards).held.push(carried);
            return;
        }
        let now = self.now;
        let direction = self.network.at_mut(link).towards_mut(towards);
        let arrival = now.plus(latency).max(direction.last_arrival);
        direction.last_arrival = arrival;
        if let Carried::Message(place) = carried {
            let message = self.network.carried(place);
            message.arrives_at = Some(arrival);
            message.held_by = None;
        }
        self.schedule(arrival, Rank::Node, Event::Arrive { connection, at: towards, carried });
    }

    /// A link is cut: what is on its way stops there, ahead of what is sent from now on.
    pub(crate) fn hold_in_flight(&mut self, trace: &mut Trace, from: NodeId, to: NodeId, fault: FaultId) {
        for place in self.network.on_their_way(from, to, self.now) {
            let message = self.network.carried(place);
            (message.arrives_at, message.held_by) = (None, Some(fault));
            let (connection, message) = (message.envelope.connection, message.envelope.id);
            let Some(found) = self.network.get_mut(connection) else { continue };
            let towards = found.end_of(to);
            found.towards_mut(towards).held.push(Carried::Message(place));
            self.record(trace, from, Fact::MessageHeld { message, fault });
        }
    }

    fn holder_of(&self, carried: Carried) -> Option<FaultId> {
        match carried {
            Carried::Message(place) => self.network.peek(place).held_by,
            Carried::Close(_) => None,
        }
    }

    /// Closes one end of a connection and tells the other, as the kernel does for a socket.
    pub(crate) fn close_end(
        &mut self,
        trace: &mut Trace,
        connection: ConnectionId,
        end: End,
        by: Option<FaultId>,
        told: CloseReason,
    ) {
        let Some(found) = self.network.get_mut(connection) else { return };
        if found.closed(end) {
            return;
        }
        found.close(end);
        found.closed_by = found.closed_by.or(by);
        if found.closed(end.other()) {
            self.forget(trace, connection);
            return;
        }
        let latency = self.config.latency.0;
        self.convey(trace, connection, end.other(), Carried::Close(told), latency);
    }

    /// Forgets a connection; what it still held is lost.
    pub(crate) fn forget(&mut self, trace: &mut Trace, connection: ConnectionId) {
        let Some(gone) = self.network.forget(connection) else { return };
        if let Some(ticket) = gone.setup {
            self.queue.cancel(ticket);
        }
        for carried in gone.to_client.held.into_iter().chain(gone.to_server.held) {
            if let Carried::Message(place) = carried {
                let fault = gone.closed_by.or(self.network.peek(place).held_by);
                let lost = self.network.take(place);
                self.record(trace, lost.from, Fact::MessageLost { message: lost.id, fault });
            }
        }
    }
}

/// What a node may ask of the world while it handles an event.
pub(crate) struct Cx<'a> {
    pub(crate) kernel: &'a mut Kernel,
    pub(crate) trace: &'a mut Trace,
    /// The node that acts.
    pub(crate) node: NodeId,
    /// Which process of it.
    pub(crate) incarnation: u16,
}

impl Cx<'_> {
    /// The moment.
    pub(crate) fn now(&self) -> Time {
        self.kernel.now
    }

    /// The settings of the run.
    pub(crate) fn config(&self) -> &Arc<Config> {
        &self.kernel.config
    }

    /// Whether a rule is broken on purpose. The page breaks none, and is built without the code for it.
    pub(crate) fn mutant(&self, mutant: Mutant) -> bool {
        cfg!(any(test, feature = "cli")) && self.kernel.config.mutant == Some(mutant)
    }

    /// Batches and the metadata log.
    pub(crate) fn arena(&mut self) -> &mut Arena {
        &mut self.kernel.arena
    }

    /// Records a fact of this node.
    pub(crate) fn record(&mut self, fact: Fact) {
        self.kernel.record(self.trace, self.node, fact);
    }

    /// Schedules a timer of this process. It does not fire if the process ends first; it fires late if the
    /// process stands still, and then whoever set it must see that it still matters.
    pub(crate) fn set_timer(&mut self, after: Micros, timer: Timer) -> Ticket {
        let at = self.kernel.now.plus(after);
        let (node, incarnation) = (self.node, self.incarnation);
        self.kernel.schedule(at, Rank::Node, Event::Timer { node, incarnation, timer })
    }

    /// Takes a timer back, if there is one: a time-out that has lost its meaning does not wait for its end.
    pub(crate) fn cancel(&mut self, ticket: &mut Option<Ticket>) {
        if let Some(ticket) = ticket.take() {
            self.kernel.queue.cancel(ticket);
        }
    }

    /// Opens a connection. `on_connected` or `on_closed` follows; `setup_timeout` is
    /// `socket.connection.setup.timeout.ms`.
    pub(crate) fn connect(&mut self, to: NodeId, channel: Channel, setup_timeout: Micros) -> ConnectionId {
        let connection = self.kernel.network.open(self.node, to, channel);
        self.record(Fact::ConnectionOpened { connection, to });
        let at = self.kernel.now.plus(setup_timeout);
        let ticket = self.kernel.schedule(at, Rank::Node, Event::SetupTimeout { connection });
        self.kernel.network.get_mut(connection).expect("just opened").setup = Some(ticket);
        self.send(connection, Message::ApiVersionsRequest);
        connection
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, connection: ConnectionId, body: Message) -> MessageId {
        self.kernel.send(self.trace, self.node, connection, None, body)
    }

    /// Answers a request over the connection that it came by.
    pub(crate) fn reply(&mut self, connection: ConnectionId, request: MessageId, body: Message) -> MessageId {
        self.kernel.send(self.trace, self.node, connection, Some(request), body)
    }

    /// Closes this node's end of a connection. `on_closed` is not called for it. `why` goes into the trace;
    /// the other end learns that it was closed.
    pub(crate) fn close(&mut self, connection: ConnectionId, why: CloseReason) {
        let Some(found) = self.kernel.network.get(connection) else { return };
        let end = found.end_of(self.node);
        if found.closed(end) {
            return;
        }
        let to = found.node(end.other());
        self.record(Fact::ConnectionClosed { connection, to, why });
        self.kernel.close_end(self.trace, connection, end, None, CloseReason::ClosedByPeer);
    }

    /// Ends this process in order.
    pub(crate) fn exit(&mut self) {
        self.kernel.exits.push(self.node);
    }

    /// A number from `least` to `most` drawn from what it belongs to (and the seed).
    pub(crate) fn draw_between(&self, least: u64, most: u64, parts: [u64; 3]) -> u64 {
        let [a, b, c] = parts;
        hash::draw_between(least, most, &[self.kernel.config.seed, u64::from(self.node.number()), a, b, c])
    }

    /// Something changed that the end of the run waits for: a leader, an ISR, a broker's state, a step of a
    /// client. The run ends when nothing has for two seconds.
    pub(crate) fn note_change(&mut self) {
        self.kernel.last_change = self.kernel.now;
    }
}

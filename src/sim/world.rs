//! The world: all nodes, the event queue, the network between them, and the faults that hit them.

mod ending;
mod faults;

use super::batch::{Arena, MetadataRecord};
use super::broker::Broker;
use super::config::Config;
use super::consumer::Consumer;
use super::controller::Controller;
use super::cx::{Cx, Event, Kernel, Scheduled, Timer};
use super::database::Database;
use super::fact::{CloseReason, EndReason, Fact, StepInfo, Trace};
use super::fault::Fault;
use super::ids::{BrokerId, ConnectionId, FaultId, Micros, NodeId, StepNo, Time, TopicPartition};
use super::message::Message;
use super::network::{Carried, End, Network};
use super::producer::Producer;
use super::queue::{Queue, Rank};
use super::trigger::Counters;
use super::view::ProcessState;
use ending::END_CHECK_EVERY;
use faults::Progress;
use std::sync::Arc;

/// What was decided before a run: all that its outcome depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The settings.
    pub config: Config,
    /// The faults, in file order.
    pub faults: Vec<Fault>,
}

/// What a call of [`World::step`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It took an event.
    Taken,
    /// Nothing: the run has ended.
    Ended(EndReason),
}

/// A node's process.
#[derive(Clone, Debug, Default)]
struct Process {
    /// Rises with each start; 0 = never started.
    incarnation: u16,
    running: bool,
    paused: Option<FaultId>,
    stopping: Option<FaultId>,
    died_by: Option<FaultId>,
    power: bool,
    /// The machine is gone and its connections with it, but nobody was told.
    silent: bool,
    /// A start is scheduled.
    restarting: bool,
    /// Starts so long after the orderly shutdown under way ends.
    restart_after_stop: Option<Micros>,
    /// What reached it while it stood still.
    backlog: Vec<Event>,
}

/// The simulated world at a moment. A copy is a snapshot: stepping it on gives the same facts again.
#[derive(Clone, Debug)]
pub struct World {
    pub(crate) kernel: Kernel,
    pub(crate) controller: Controller,
    pub(crate) brokers: Vec<Broker>,
    pub(crate) producers: Vec<Producer>,
    pub(crate) consumers: Vec<Consumer>,
    pub(crate) database: Database,
    processes: Vec<Process>,
    faults: Arc<Vec<Fault>>,
    progress: Vec<Progress>,
    /// Faults that wait for something to have happened since they were armed may be due.
    last_leader: BrokerId,
    ended: Option<EndReason>,
}

/// Who uses the library may run worlds side by side.
const _: () = {
    const fn goes_to_another_thread<T: Send>() {}
    goes_to_another_thread::<World>()
};

impl World {
    /// A cluster with all brokers up and the topic created, at the moment when the producers may start.
    pub fn new(scenario: &Scenario) -> World {
        let config = Arc::new(scenario.config.clone());
        let arena = Arena::default();
        let kernel = Kernel {
            now: Time(0),
            step: StepNo(0),
            queue: Queue::default(),
            network: Network::default(),
            arena,
            counters: Counters::new(config.topic.partitions),
            exits: Vec::new(),
            last_change: Time(0),
            config: Arc::clone(&config),
        };
        let mut world = World {
            controller: Controller::new(&config),
            brokers: config.brokers().map(|id| Broker::new(&config, id)).collect(),
            producers: (1..=config.producer.count).map(|n| Producer::new(&config, n)).collect(),
            consumers: (1..=config.members()).map(|n| Consumer::new(&config, n)).collect(),
            database: Database::new(&config),
            processes: vec![Process::default(); PLACES],
            faults: Arc::new(Vec::new()),
            progress: Vec::new(),
            last_leader: config
                .replicas(TopicPartition::events(0))
                .next()
                .expect("a partition has a replica"),
            ended: None,
            kernel,
        };
        for broker in config.brokers() {
            world.kernel.arena.metadata.push(MetadataRecord::Register { broker, epoch: broker.0.into() });
        }
        for broker in config.brokers() {
            world.kernel.arena.metadata.push(MetadataRecord::Unfence { broker });
        }
        for partition in config.partitions() {
            let registration = world.controller.registration(partition);
            world.kernel.arena.metadata.push(MetadataRecord::Partition { partition, registration });
        }
        for node in config.nodes() {
            let at = world.starts_at(node);
            world.process_mut(node).restarting = true;
            world.kernel.schedule(at, Rank::Node, Event::Start { node });
        }
        world.kernel.schedule(Time(0).plus(END_CHECK_EVERY), Rank::End, Event::EndCheck);
        for fault in &scenario.faults {
            world.add_fault(fault.clone());
        }
        world
    }

    /// When a node's first process starts. Consumers that join later than the producers start like any
    /// restarted process; their own settings say when.
    fn starts_at(&self, node: NodeId) -> Time {
        let Some(consumer) = &self.kernel.config.consumer else { return Time(0) };
        match (node, &consumer.members_start) {
            (NodeId::Consumer(n), Some(at)) => Time(at.get(usize::from(n) - 1).copied().unwrap_or(0)),
            (NodeId::Consumer(_), None) if consumer.start_after_producers => Time(u64::MAX),
            _ => Time(0),
        }
    }

    /// Adds a fault at the cursor. It can only fire from now on: a moment that has passed is now.
    pub fn inject(&mut self, fault: Fault) {
        self.add_fault(fault);
    }

    fn add_fault(&mut self, fault: Fault) {
        let id = FaultId(self.progress.len() as u16);
        let mut progress = Progress::default();
        if fault.when.after.is_none() {
            progress.isr_changes_at_arming = Some(self.controller.isr_changes());
        }
        self.progress.push(progress);
        // A fault that waits for its time only is an event; one that waits for more is looked at after each step,
        // and at its time.
        if let Some(at) = fault.when.at {
            self.kernel.schedule(Time(at).max(self.kernel.now), Rank::Fault(id), Event::Fault(id));
        }
        Arc::make_mut(&mut self.faults).push(fault);
        self.kernel.counters.dirty = true;
    }

    /// The faults of the run, those injected among them.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// When a fault fired, if it has.
    pub fn fired_at(&self, fault: FaultId) -> Option<Time> {
        self.progress[usize::from(fault.0)].fired_at
    }

    /// How the run ended, if it has.
    pub fn ended(&self) -> Option<EndReason> {
        self.ended
    }

    /// Takes the earliest event and all that it leads to at once.
    pub fn step(&mut self, trace: &mut Trace) -> Step {
        if let Some(why) = self.ended {
            return Step::Ended(why);
        }
        let Some((at, Scheduled { parent, event })) = self.kernel.queue.pop() else {
            unreachable!("the look whether the run has settled is always scheduled");
        };
        if at.0 > self.kernel.config.stop_after {
            self.kernel.now = Time(self.kernel.config.stop_after);
            trace.steps.push(StepInfo {
                at: self.kernel.now,
                parent,
                first: trace.observations.len() as u32,
            });
            return self.end(trace, EndReason::StopTime);
        }
        self.kernel.now = at;
        trace.steps.push(StepInfo { at, parent, first: trace.observations.len() as u32 });
        self.dispatch(trace, event);
        if !self.kernel.exits.is_empty() {
            self.end_processes(trace);
        }
        self.start_late_consumers();
        self.fire_due_faults(trace);
        if let Some(why) = self.ended {
            self.kernel.record(trace, NodeId::Controller, Fact::Ended { why });
        }
        self.kernel.step.0 += 1;
        if self.ended.is_none() && self.kernel.step.0 >= self.kernel.config.step_budget {
            return self.end(trace, EndReason::StepBudget);
        }
        Step::Taken
    }

    fn end(&mut self, trace: &mut Trace, why: EndReason) -> Step {
        self.ended = Some(why);
        if trace.steps.len() <= self.kernel.step.0 as usize {
            let first = trace.observations.len() as u32;
            trace.steps.push(StepInfo { at: self.kernel.now, parent: self.kernel.step, first });
        }
        self.kernel.record(trace, NodeId::Controller, Fact::Ended { why });
        self.kernel.step.0 += 1;
        Step::Taken
    }

    fn dispatch(&mut self, trace: &mut Trace, event: Event) {
        match event {
            Event::Arrive { connection, at, carried } => self.arrive(trace, connection, at, carried),
            Event::SetupTimeout { connection } => self.setup_timeout(trace, connection),
            Event::Timer { node, incarnation, timer } => {
                let process = self.process_of(node);
                if !process.running || process.incarnation != incarnation {
                    return;
                }
                if process.paused.is_some() {
                    self.process_mut(node).backlog.push(event);
                    return;
                }
                self.on_timer(trace, node, timer);
            }
            Event::Fault(id) => {
                if self.holds(id, true) {
                    self.fire(trace, id);
                }
            }
            Event::Lift(id) => self.lift(trace, id),
            Event::Start { node } => {
                if self.process_of(node).restarting {
                    self.start_process(trace, node);
                }
            }
            Event::EndCheck => self.end_check(),
        }
    }

    // Nodes.

    fn process_of(&self, node: NodeId) -> &Process {
        &self.processes[place(node)]
    }

    fn process_mut(&mut self, node: NodeId) -> &mut Process {
        &mut self.processes[place(node)]
    }

    /// How a node's process is.
    pub(crate) fn process_state(&self, node: NodeId) -> ProcessState {
        let process = self.process_of(node);
        if !process.running {
            return ProcessState::Down { by: process.died_by, power: process.power };
        }
        if let Some(fault) = process.paused {
            return ProcessState::Paused(fault);
        }
        if process.stopping.is_some() {
            return ProcessState::Stopping;
        }
        match node {
            NodeId::Broker(n) if self.brokers[usize::from(n) - 1].starting() => ProcessState::Starting,
            NodeId::Controller if self.controller.starting() => ProcessState::Starting,
            _ => ProcessState::Running,
        }
    }

    fn on_timer(&mut self, trace: &mut Trace, node: NodeId, timer: Timer) {
        let (nodes, mut cx) = self.acting(trace, node);
        let cx = &mut cx;
        match (node, timer) {
            (NodeId::Broker(n), Timer::Broker(t)) => nodes.brokers[usize::from(n) - 1].on_timer(cx, t),
            (NodeId::Controller, Timer::Controller(t)) => nodes.controller.on_timer(cx, t),
            (NodeId::Producer(n), Timer::Producer(t)) => nodes.producers[usize::from(n) - 1].on_timer(cx, t),
            (NodeId::Consumer(n), Timer::Consumer(t)) => nodes.consumers[usize::from(n) - 1].on_timer(cx, t),
            (NodeId::Database, Timer::Database(t)) => nodes.database.on_timer(cx, t),
            _ => unreachable!("a timer belongs to the kind of node that set it"),
        }
    }

    /// All nodes, and the context in which one of them acts.
    fn acting<'a>(&'a mut self, trace: &'a mut Trace, node: NodeId) -> (Nodes<'a>, Cx<'a>) {
        let incarnation = self.process_of(node).incarnation;
        let World { kernel, controller, brokers, producers, consumers, database, .. } = self;
        let nodes = Nodes { controller, brokers, producers, consumers, database };
        (nodes, Cx { kernel, trace, node, incarnation })
    }

    // Network.

    fn arrive(&mut self, trace: &mut Trace, connection: ConnectionId, at: End, carried: Carried) {
        if let Carried::Message(place) = carried
            && !self.kernel.network.is_due(place, connection, self.kernel.now)
        {
            // A cut took it off its way meanwhile.
            return;
        }
        let Some(found) = self.kernel.network.get(connection) else {
            self.lose(trace, carried, None);
            return;
        };
        let (node, from) = (found.node(at), found.node(at.other()));
        if found.closed(at) {
            let by = found.closed_by;
            self.lose(trace, carried, by);
            return;
        }
        // What was on the way when the link was cut is held as well.
        if !self.kernel.network.faults.is_empty() && self.kernel.network.cut(from, node).is_some() {
            self.kernel.convey(trace, connection, at, carried, 0);
            return;
        }
        let process = self.process_of(node);
        if process.paused.is_some() {
            self.process_mut(node).backlog.push(Event::Arrive { connection, at, carried });
            return;
        }
        if !process.running {
            self.refuse(trace, connection, at, carried);
            return;
        }
        match carried {
            Carried::Close(why) => self.closed(trace, connection, at, None, why),
            Carried::Message(place) => {
                let envelope = self.kernel.network.take(place);
                self.kernel.record(trace, node, Fact::MessageDelivered { message: envelope.id });
                match envelope.body {
                    Message::ApiVersionsRequest => self.accept(trace, node, connection, envelope.id),
                    Message::ApiVersionsResponse => self.connected(trace, node, connection),
                    _ => self.on_message(trace, node, envelope),
                }
            }
        }
    }

    /// Something arrived at a machine without the process.
    fn refuse(&mut self, trace: &mut Trace, connection: ConnectionId, at: End, carried: Carried) {
        let (by, silent) = {
            let process = self.process_of(self.kernel.network.get(connection).expect("it arrived").node(at));
            (process.died_by, process.silent)
        };
        self.lose(trace, carried, by);
        if !silent {
            self.kernel.close_end(trace, connection, at, by, CloseReason::Refused);
        }
    }

    fn lose(&mut self, trace: &mut Trace, carried: Carried, fault: Option<FaultId>) {
        if let Carried::Message(place) = carried {
            let lost = self.kernel.network.take(place);
            self.kernel.record(trace, lost.from, Fact::MessageLost { message: lost.id, fault });
        }
    }

    /// A process that listens answers the handshake.
    fn accept(
        &mut self,
        trace: &mut Trace,
        node: NodeId,
        connection: ConnectionId,
        request: super::ids::MessageId,
    ) {
        let listens = match node {
            NodeId::Broker(n) => self.brokers[usize::from(n) - 1].listening(),
            NodeId::Controller => !self.controller.starting(),
            _ => true,
        };
        if listens {
            self.kernel.send(trace, node, connection, Some(request), Message::ApiVersionsResponse);
        } else {
            self.kernel.close_end(trace, connection, End::Server, None, CloseReason::Refused);
        }
    }

    fn connected(&mut self, trace: &mut Trace, node: NodeId, connection: ConnectionId) {
        let opened = self.kernel.network.get_mut(connection).expect("it arrived by it");
        opened.open = true;
        if let Some(ticket) = opened.setup.take() {
            self.kernel.queue.cancel(ticket);
        }
        self.on_connected(trace, node, connection);
    }

    fn setup_timeout(&mut self, trace: &mut Trace, connection: ConnectionId) {
        let Some(found) = self.kernel.network.get(connection) else { return };
        if found.open || found.client_closed {
            return;
        }
        let client = found.client;
        if self.process_of(client).paused.is_some() {
            self.process_mut(client).backlog.push(Event::SetupTimeout { connection });
            return;
        }
        self.closed(trace, connection, End::Client, None, CloseReason::SetupTimedOut);
    }

    /// An end of a connection learns that it is closed.
    fn closed(
        &mut self,
        trace: &mut Trace,
        connection: ConnectionId,
        end: End,
        by: Option<FaultId>,
        why: CloseReason,
    ) {
        let Some(found) = self.kernel.network.get(connection) else { return };
        if found.closed(end) {
            return;
        }
        let (node, to) = (found.node(end), found.node(end.other()));
        let told = if why == CloseReason::Reset { CloseReason::Reset } else { CloseReason::ClosedByPeer };
        self.kernel.close_end(trace, connection, end, by, told);
        self.kernel.record(trace, node, Fact::ConnectionClosed { connection, to, why });
        if self.process_of(node).running {
            self.on_closed(trace, node, connection, why);
        }
    }

    // Processes.

    fn start_process(&mut self, trace: &mut Trace, node: NodeId) {
        let gone: Vec<(ConnectionId, End)> = self.ends_of(node).collect();
        let now = self.kernel.now;
        let process = self.process_mut(node);
        let first = process.incarnation == 0 && now == Time(0);
        let (by, silent) = (process.died_by, process.silent);
        *process = Process { incarnation: process.incarnation + 1, running: true, ..Process::default() };
        let incarnation = process.incarnation;
        // A machine that comes back knows none of its old connections and resets them.
        if silent {
            for (connection, end) in gone {
                self.kernel.close_end(trace, connection, end, by, CloseReason::Reset);
            }
        }
        if !first {
            self.kernel.last_change = self.kernel.now;
        }
        self.kernel.record(trace, node, Fact::Started { incarnation });
        self.start(trace, node, first);
    }

    fn ends_of(&self, node: NodeId) -> impl Iterator<Item = (ConnectionId, End)> {
        self.kernel.network.connections().iter().filter_map(move |connection| {
            let end = connection.end_of(node);
            (connection.node(end) == node && !connection.closed(end)).then_some((connection.id, end))
        })
    }

    /// A process ends at once. `by`: the fault that ended it.
    fn die(&mut self, trace: &mut Trace, node: NodeId, by: Option<FaultId>, power: bool, silent: bool) {
        let ends: Vec<(ConnectionId, End)> = self.ends_of(node).collect();
        let process = self.process_mut(node);
        let backlog = std::mem::take(&mut process.backlog);
        *process = Process {
            incarnation: process.incarnation,
            died_by: by,
            power,
            silent,
            restarting: process.restarting,
            ..Process::default()
        };
        for event in backlog {
            if let Event::Arrive { carried, .. } = event {
                self.lose(trace, carried, by);
            }
        }
        if !silent {
            for (connection, end) in ends {
                self.kernel.close_end(trace, connection, end, by, CloseReason::ClosedByPeer);
            }
        }
        self.kernel.last_change = self.kernel.now;
        self.on_death(trace, node, power);
    }

    /// Ends processes that asked for it.
    fn end_processes(&mut self, trace: &mut Trace) {
        while let Some(node) = self.kernel.exits.pop() {
            let process = self.process_mut(node);
            let (by, restart) = (process.stopping, process.restart_after_stop);
            self.kernel.record(trace, node, Fact::Stopped);
            self.die(trace, node, by, false, false);
            if let Some(after) = restart {
                self.schedule_start(node, after);
            }
        }
    }

    fn schedule_start(&mut self, node: NodeId, after: Micros) {
        self.process_mut(node).restarting = true;
        self.kernel.schedule(self.kernel.now.plus(after), Rank::Repair, Event::Start { node });
    }

    /// Members that wait for the producers start when every send() has completed.
    fn start_late_consumers(&mut self) {
        let Some(consumer) = &self.kernel.config.consumer else { return };
        if !consumer.start_after_producers || consumer.members_start.is_some() || !self.producers_done() {
            return;
        }
        for n in 1..=self.kernel.config.members() {
            let process = self.process_mut(NodeId::Consumer(n));
            if process.incarnation == 0 && process.restarting {
                process.restarting = false;
                self.schedule_start(NodeId::Consumer(n), 0);
                self.process_mut(NodeId::Consumer(n)).incarnation = 1;
            }
        }
    }

    /// Bytes that a copy of this world takes beyond what it shares, about.
    pub fn bytes(&self) -> usize {
        size_of::<World>()
            + self.kernel.queue.bytes()
            + self.kernel.network.bytes()
            + self.processes.len() * size_of::<Process>()
            + self.brokers.len() * size_of::<Broker>()
            + self.producers.len() * size_of::<Producer>()
            + self.consumers.len() * size_of::<Consumer>()
    }
}

/// Places in the vector of processes.
const PLACES: usize = 13;

fn place(node: NodeId) -> usize {
    match node {
        NodeId::Controller => 0,
        NodeId::Broker(n) => usize::from(n),
        NodeId::Producer(n) => 5 + usize::from(n),
        NodeId::Consumer(n) => 8 + usize::from(n),
        NodeId::Database => 12,
    }
}

/// All nodes, apart from the kernel that they act through.
struct Nodes<'a> {
    controller: &'a mut Controller,
    brokers: &'a mut Vec<Broker>,
    producers: &'a mut Vec<Producer>,
    consumers: &'a mut Vec<Consumer>,
    database: &'a mut Database,
}

/// Lets a node act: calls the same method of whichever it is.
macro_rules! each_node {
    ($(fn $method:ident(&mut self, cx $(, $arg:ident: $type:ty)*);)*) => {
        impl World {
            $(fn $method(&mut self, trace: &mut Trace, node: NodeId $(, $arg: $type)*) {
                let (nodes, mut cx) = self.acting(trace, node);
                let cx = &mut cx;
                match node {
                    NodeId::Controller => nodes.controller.$method(cx $(, $arg)*),
                    NodeId::Broker(n) => nodes.brokers[usize::from(n) - 1].$method(cx $(, $arg)*),
                    NodeId::Producer(n) => nodes.producers[usize::from(n) - 1].$method(cx $(, $arg)*),
                    NodeId::Consumer(n) => nodes.consumers[usize::from(n) - 1].$method(cx $(, $arg)*),
                    NodeId::Database => nodes.database.$method(cx $(, $arg)*),
                }
            })*
        }
    };
}

each_node! {
    fn start(&mut self, cx, first: bool);
    fn on_message(&mut self, cx, envelope: Box<super::message::Envelope>);
    fn on_connected(&mut self, cx, connection: ConnectionId);
    fn on_closed(&mut self, cx, connection: ConnectionId, why: CloseReason);
    fn on_death(&mut self, cx, power: bool);
    fn on_stop(&mut self, cx);
}

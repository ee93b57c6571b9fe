//! Faults: when each is due, whom it hits, what it does, and how it is lifted.

use super::World;
use crate::sim::broker::Broker;
use crate::sim::cx::Event;
use crate::sim::fact::{CloseReason, Fact, Trace};
use crate::sim::fault::{Action, End as Who, Target};
use crate::sim::ids::{ConnectionId, FaultId, Micros, NodeId, Time, TopicPartition};
use crate::sim::network::{Carried, End, LinkEffect, LinkFault};
use crate::sim::queue::Rank;
use std::sync::Arc;

/// How far a fault has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub(super) fired_at: Option<Time>,
    /// Nodes or senders and receivers that it hit.
    pub(super) hit: Vec<(NodeId, Option<NodeId>)>,
    /// What it did lasts.
    pub(super) lasting: bool,
    /// Changes of partition 0's ISR when it was armed.
    pub(super) isr_changes_at_arming: Option<u32>,
}

impl World {
    /// Fires faults whose conditions hold, in file order, again and again until none is due.
    pub(super) fn fire_due_faults(&mut self, trace: &mut Trace) {
        if let Some(leader) = self.controller.registration(TopicPartition::events(0)).leader {
            self.last_leader = leader;
        }
        if !self.kernel.counters.dirty {
            return;
        }
        loop {
            self.kernel.counters.dirty = false;
            let due = (0..self.progress.len() as u16).map(FaultId).find(|id| self.holds(*id, false));
            let Some(id) = due else { break };
            self.fire(trace, id);
            self.kernel.counters.dirty = true;
        }
    }

    /// Whether a fault that has not fired is due. A moment is over only when it is the fault's turn within it.
    pub(super) fn holds(&self, id: FaultId, its_turn: bool) -> bool {
        let (fault, progress) = (&self.faults[usize::from(id.0)], &self.progress[usize::from(id.0)]);
        let when = &fault.when;
        if progress.fired_at.is_some() {
            return false;
        }
        let registration = || self.controller.registration(TopicPartition::events(0));
        when.at.is_none_or(|at| self.kernel.now > Time(at) || its_turn && self.kernel.now == Time(at))
            && when.counts.iter().all(|(count, n)| self.kernel.counters.count(*count, when) >= *n)
            && when.elected.is_none_or(|n| self.controller.elections() >= n)
            && when.isr_size.is_none_or(|n| {
                registration().isr.len() == n
                    && progress
                        .isr_changes_at_arming
                        .is_some_and(|armed| self.controller.isr_changes() > armed)
            })
            && when.after.is_none_or(|(other, ms)| {
                let fired = self.progress[usize::from(other.0)].fired_at;
                fired.is_some_and(|at| self.kernel.now >= at.plus(ms))
            })
    }

    pub(super) fn fire(&mut self, trace: &mut Trace, id: FaultId) {
        let faults = Arc::clone(&self.faults);
        let fault = &faults[usize::from(id.0)];
        self.progress[usize::from(id.0)].fired_at = Some(self.kernel.now);
        self.kernel.last_change = self.kernel.now;
        // Faults that wait for this one are armed now, and looked at when their time has come.
        for (i, other) in faults.iter().enumerate() {
            if let Some((after, ms)) = other.when.after
                && after == id
            {
                self.progress[i].isr_changes_at_arming = Some(self.controller.isr_changes());
                let id = FaultId(i as u16);
                self.kernel.schedule(self.kernel.now.plus(ms), Rank::Fault(id), Event::Fault(id));
            }
        }
        let targets = self.targets(&fault.on);
        self.progress[usize::from(id.0)].hit = targets.clone();
        for (node, to) in targets {
            match to {
                None => self.hit_node(trace, id, fault.action, node),
                Some(to) => self.hit_link(trace, id, fault.action, node, to),
            }
        }
        if let Some(after) = lasting(fault.action) {
            self.progress[usize::from(id.0)].lasting = true;
            self.kernel.schedule(self.kernel.now.plus(after), Rank::Repair, Event::Lift(id));
        }
    }

    /// What a target means at this moment: nodes, or senders with receivers.
    fn targets(&self, target: &Target) -> Vec<(NodeId, Option<NodeId>)> {
        match target {
            Target::Node(Who::Hit(fault)) => self.progress[usize::from(fault.0)].hit.clone(),
            Target::Node(who) => self.nodes(*who, &[]).into_iter().map(|node| (node, None)).collect(),
            Target::Link { from, to, both } => {
                let (senders, receivers) = match (from, to) {
                    (Who::Everyone, to) => {
                        let to = self.nodes(*to, &[]);
                        (self.nodes(Who::Everyone, &to), to)
                    }
                    (from, to) => {
                        let from = self.nodes(*from, &[]);
                        let to = self.nodes(*to, &from);
                        (from, to)
                    }
                };
                let mut links = Vec::new();
                for a in &senders {
                    for b in receivers.iter().filter(|b| *b != a) {
                        links.push((*a, Some(*b)));
                        if *both {
                            links.push((*b, Some(*a)));
                        }
                    }
                }
                links
            }
        }
    }

    fn nodes(&self, who: Who, others: &[NodeId]) -> Vec<NodeId> {
        let config = &self.kernel.config;
        let followers = || {
            config.replicas(TopicPartition::events(0)).filter(|id| *id != self.last_leader).map(NodeId::from)
        };
        match who {
            Who::Node(node) => vec![node],
            Who::Leader => vec![self.last_leader.into()],
            Who::Follower(n) => followers().nth(usize::from(n) - 1).into_iter().collect(),
            Who::Followers => followers().collect(),
            Who::Everyone => config.nodes().filter(|node| !others.contains(node)).collect(),
            Who::Hit(fault) => {
                self.progress[usize::from(fault.0)].hit.iter().map(|(node, _)| *node).collect()
            }
        }
    }

    fn hit_node(&mut self, trace: &mut Trace, id: FaultId, action: Action, node: NodeId) {
        let process = self.process_of(node);
        let (running, paused) = (process.running, process.paused.is_some());
        let acts = match action {
            Action::Restart => !running && !process.restarting,
            Action::Pause { .. } => running && !paused,
            Action::Resume => paused,
            Action::DiskFull { .. } | Action::DiskSlow { .. } => node.broker().is_some(),
            Action::CleanStop { .. } => running && process.stopping.is_none(),
            _ => running,
        };
        if !acts {
            self.kernel.record(trace, node, Fact::FaultHadNoEffect { fault: id });
            return;
        }
        self.kernel.record(trace, node, Fact::FaultFired { fault: id });
        match action {
            Action::Kill { restart_after } => {
                self.kernel.record(trace, node, Fact::Killed { fault: id });
                self.die(trace, node, Some(id), false, false);
                if let Some(after) = restart_after {
                    self.schedule_start(node, after);
                }
            }
            Action::PowerLoss { silent, restart_after } => {
                self.kernel.record(trace, node, Fact::PowerLost { fault: id, silent });
                self.die(trace, node, Some(id), true, silent);
                if let Some(after) = restart_after {
                    self.schedule_start(node, after);
                }
            }
            Action::CleanStop { restart_after } => {
                self.kernel.record(trace, node, Fact::Stopping { fault: id });
                let process = self.process_mut(node);
                process.stopping = Some(id);
                process.restart_after_stop = restart_after;
                self.on_stop(trace, node);
                self.end_processes(trace);
            }
            Action::Restart => self.schedule_start(node, 0),
            Action::Pause { .. } => {
                self.process_mut(node).paused = Some(id);
                self.kernel.record(trace, node, Fact::Paused { fault: id });
            }
            Action::Resume => self.resume(trace, node),
            Action::DiskFull { .. } => {
                self.kernel.record(trace, node, Fact::DiskFailed { fault: id });
                self.broker_mut(node).set_disk_failed(true);
                if running {
                    self.kernel.record(trace, node, Fact::Stopped);
                    self.die(trace, node, Some(id), false, false);
                }
            }
            Action::DiskSlow { by, .. } => {
                self.kernel.record(trace, node, Fact::DiskFailed { fault: id });
                self.broker_mut(node).set_disk_delay(by);
            }
            Action::Cut { .. }
            | Action::Heal
            | Action::Reset
            | Action::DropNext { .. }
            | Action::DelayNext { .. } => {
                unreachable!("parsing refuses a link's fault on a node")
            }
        }
    }

    fn broker_mut(&mut self, node: NodeId) -> &mut Broker {
        let id = node.broker().expect("parsing refuses a disk's fault on anything but a broker");
        &mut self.brokers[id.index()]
    }

    fn resume(&mut self, trace: &mut Trace, node: NodeId) {
        let process = self.process_mut(node);
        process.paused = None;
        let backlog = std::mem::take(&mut process.backlog);
        self.kernel.record(trace, node, Fact::Resumed);
        self.kernel.last_change = self.kernel.now;
        let now = self.kernel.now;
        for event in backlog {
            if let Event::Arrive { carried: Carried::Message(place), .. } = event {
                self.kernel.network.carried(place).arrives_at = Some(now);
            }
            self.kernel.schedule(now, Rank::Node, event);
        }
    }

    fn hit_link(&mut self, trace: &mut Trace, fault: FaultId, action: Action, from: NodeId, to: NodeId) {
        match action {
            Action::Cut { .. } => {
                self.kernel.record(trace, from, Fact::LinkCut { fault, to });
                self.kernel.hold_in_flight(trace, from, to, fault);
                self.kernel.network.faults.push(LinkFault { from, to, fault, effect: LinkEffect::Cut });
            }
            Action::Heal => self.heal(trace, fault, from, to, |_| true),
            Action::Reset => {
                self.kernel.record(trace, from, Fact::LinkReset { fault, to });
                let between: Vec<ConnectionId> = self
                    .kernel
                    .network
                    .connections()
                    .iter()
                    .filter(|c| (c.client, c.server) == (from, to) || (c.server, c.client) == (from, to))
                    .map(|c| c.id)
                    .collect();
                for connection in between {
                    self.reset(trace, connection, fault);
                }
            }
            Action::DropNext { message: kind } => {
                self.kernel.record(trace, from, Fact::DropArmed { fault, to, kind });
                let effect = LinkEffect::DropNext(kind);
                self.kernel.network.faults.push(LinkFault { from, to, fault, effect });
            }
            Action::DelayNext { message: kind, by } => {
                self.kernel.record(trace, from, Fact::DelayArmed { fault, to, kind });
                let effect = LinkEffect::DelayNext(kind, by);
                self.kernel.network.faults.push(LinkFault { from, to, fault, effect });
            }
            _ => unreachable!("parsing refuses a node's fault on a link"),
        }
    }

    /// Closes both ends of a connection; what is on the way is lost. A process that stands still finds that out when
    /// it goes on, behind what had reached its machine before and ahead of what still comes.
    fn reset(&mut self, trace: &mut Trace, connection: ConnectionId, fault: FaultId) {
        let Some(found) = self.kernel.network.get_mut(connection) else { return };
        found.closed_by = Some(fault);
        let why = CloseReason::Reset;
        let ends = [End::Client, End::Server].map(|at| (at, found.node(at), found.node(at.other())));
        let open = ends.map(|(at, ..)| !found.closed(at));
        let (paused, awake): (Vec<_>, Vec<_>) = (0..2)
            .filter(|end| open[*end])
            .map(|end| ends[end])
            .partition(|(_, node, _)| self.process_of(*node).paused.is_some());
        for &(at, node, _) in &paused {
            let event = Event::Arrive { connection, at, carried: Carried::Close(why) };
            self.process_mut(node).backlog.push(event);
        }
        for &(at, ..) in &awake {
            self.kernel.network.get_mut(connection).expect("found above").close(at);
        }
        if paused.is_empty() {
            self.kernel.forget(trace, connection);
        }
        for (_, node, to) in awake {
            if self.process_of(node).running {
                self.kernel.record(trace, node, Fact::ConnectionClosed { connection, to, why });
                self.on_closed(trace, node, connection, why);
            }
        }
    }

    /// Takes cuts of a link back and lets go what they held.
    fn heal(
        &mut self,
        trace: &mut Trace,
        fault: FaultId,
        from: NodeId,
        to: NodeId,
        which: impl Fn(FaultId) -> bool,
    ) {
        let ours =
            |f: &LinkFault| f.from == from && f.to == to && f.effect == LinkEffect::Cut && which(f.fault);
        let before = self.kernel.network.faults.len();
        self.kernel.network.faults.retain(|f| !ours(f));
        if self.kernel.network.faults.len() == before || self.kernel.network.cut(from, to).is_some() {
            return;
        }
        self.kernel.record(trace, from, Fact::LinkHealed { fault, to });
        let held: Vec<(ConnectionId, End)> = self
            .kernel
            .network
            .connections()
            .iter()
            .filter(|c| (c.client, c.server) == (from, to) || (c.server, c.client) == (from, to))
            .map(|c| (c.id, c.end_of(to)))
            .collect();
        for (connection, towards) in held {
            let direction =
                self.kernel.network.get_mut(connection).expect("just listed").towards_mut(towards);
            if direction.silent.is_some() {
                continue;
            }
            let held = std::mem::take(&mut direction.held);
            let closed = self.kernel.network.get(connection).filter(|c| c.closed(towards.other()));
            let lost_to = closed.map(|c| c.closed_by);
            for carried in held {
                // Whoever sent it has closed the connection meanwhile: only that news still arrives.
                if let (Some(by), Carried::Message(_)) = (lost_to, carried) {
                    self.lose(trace, carried, by.or(Some(fault)));
                    continue;
                }
                let latency = self.kernel.config.latency.0;
                self.kernel.convey(trace, connection, towards, carried, latency);
            }
        }
    }

    /// The time of a fault is over.
    pub(super) fn lift(&mut self, trace: &mut Trace, id: FaultId) {
        let progress = &mut self.progress[usize::from(id.0)];
        progress.lasting = false;
        let hit = progress.hit.clone();
        let action = self.faults[usize::from(id.0)].action;
        self.kernel.last_change = self.kernel.now;
        for (node, to) in hit {
            match (action, to) {
                (Action::Pause { .. }, _) if self.process_of(node).paused == Some(id) => {
                    self.resume(trace, node)
                }
                (Action::Cut { .. }, Some(to)) => self.heal(trace, id, node, to, |fault| fault == id),
                (Action::DiskFull { .. }, _) => {
                    self.kernel.record(trace, node, Fact::DiskHealed { fault: id });
                    self.broker_mut(node).set_disk_failed(false);
                }
                (Action::DiskSlow { .. }, _) => {
                    self.kernel.record(trace, node, Fact::DiskHealed { fault: id });
                    self.broker_mut(node).set_disk_delay(0);
                }
                _ => {}
            }
        }
    }
}

/// How long a fault lasts, where its file says so.
fn lasting(action: Action) -> Option<Micros> {
    match action {
        Action::Pause { lasting }
        | Action::Cut { lasting }
        | Action::DiskFull { lasting }
        | Action::DiskSlow { lasting, .. } => lasting,
        _ => None,
    }
}

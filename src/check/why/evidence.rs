//! What rules look at: the few facts of a run that can be links, kept by what they are about.

mod group;

use super::{Downfall, Link, LinkKind};
use crate::check::fates::{Fate, Fates};
use crate::sim::config::Config;
use crate::sim::{
    Action, BatchId, BrokerId, BrokerSet, CloseReason, Fact, FaultId, Kind, LeaderEpoch, MessageId, NodeId,
    Observation, Offset, PerRecord, RecordId, StepNo, TopicPartition, Trace, World,
};
use group::Group;
pub(super) use group::GroupEvent;
use litemap::LiteMap;

/// A change of a partition's registration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) step: StepNo,
    pub(super) leader: Option<BrokerId>,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) isr: BrokerSet,
    pub(super) elr: BrokerSet,
    pub(super) unclean: bool,
}

/// How a log lost its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogCut {
    pub(super) step: StepNo,
    pub(super) broker: BrokerId,
    pub(super) partition: TopicPartition,
    pub(super) to: Offset,
    /// Whom it follows; none = power loss.
    pub(super) leader: Option<BrokerId>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mail {
    pub(super) sent: StepNo,
    pub(super) delivered: Option<StepNo>,
    pub(super) lost: Option<(StepNo, Option<FaultId>)>,
    /// Held for a while, or for good.
    pub(super) held: Option<(StepNo, FaultId)>,
    pub(super) delayed: Option<(StepNo, FaultId)>,
    /// The answer to it.
    pub(super) answer: Option<MessageId>,
    answers_statement: bool,
}

/// A connection that ended without a fault on it.
#[derive(Clone, Copy, Debug)]
struct Close {
    step: StepNo,
    client: NodeId,
    broker: BrokerId,
}

/// Facts that can be links.
pub(super) struct Evidence<'a> {
    pub(super) world: &'a World,
    pub(super) config: &'a Config,
    fates: &'a Fates,
    /// Processes that ended, stood still or began, in order.
    processes: Vec<(StepNo, NodeId, Option<(Option<FaultId>, Downfall)>)>,
    /// Cuts (true) and heals of what one node sends to another, in order.
    cuts: Vec<(StepNo, NodeId, NodeId, Option<FaultId>)>,
    /// Connections that were reset: when, between whom, by what.
    resets: Vec<(StepNo, NodeId, NodeId, FaultId)>,
    /// Connections that a broker closed on a client.
    closes: Vec<Close>,
    /// Disks that failed or went slow, or (none) work again, in order.
    disks: Vec<(StepNo, BrokerId, Option<FaultId>)>,
    /// Producers that gave a batch up without knowing what became of its sequence numbers.
    unresolved: Vec<(StepNo, NodeId, TopicPartition)>,
    /// Brokers that forgot a producer.
    forgotten: Vec<(StepNo, BrokerId, TopicPartition)>,
    changes: [Vec<Change>; TopicPartition::MAX],
    /// Where logs ended when their brokers began to lead.
    led_from: Vec<(StepNo, BrokerId, TopicPartition, LeaderEpoch, Offset)>,
    pub(super) log_cuts: Vec<LogCut>,
    mail: LiteMap<MessageId, Mail>,
    /// Requests with a batch that was sent before under another epoch or sequence, with the new epoch.
    renumbered: LiteMap<MessageId, i16>,
    /// Producer id and epoch under which a batch that begins with a record was last sent.
    sequences: PerRecord<Option<(u32, i16)>>,
    group: Group,
    pub(super) end: StepNo,
}

impl<'a> Evidence<'a> {
    pub(super) fn new(world: &'a World, trace: &Trace, fates: &'a Fates) -> Evidence<'a> {
        let mut evidence = Evidence {
            world,
            config: world.config(),
            fates,
            processes: Vec::new(),
            cuts: Vec::new(),
            resets: Vec::new(),
            closes: Vec::new(),
            disks: Vec::new(),
            unresolved: Vec::new(),
            forgotten: Vec::new(),
            changes: Default::default(),
            led_from: Vec::new(),
            log_cuts: Vec::new(),
            mail: LiteMap::new(),
            renumbered: LiteMap::new(),
            sequences: PerRecord::default(),
            group: Group::new(world.config()),
            end: StepNo((trace.steps.len() as u32).saturating_sub(1)),
        };
        for observation in &trace.observations {
            evidence.processes(observation);
            evidence.messages(observation);
            evidence.store(observation);
            evidence.group.observe(observation);
        }
        evidence
    }

    fn processes(&mut self, observation: &Observation) {
        let &Observation { step, node, fact } = observation;
        let event = match fact {
            Fact::Killed { fault } => Some((Some(fault), Downfall::Killed)),
            Fact::PowerLost { fault, .. } => Some((Some(fault), Downfall::PowerLost)),
            Fact::Stopped => Some((self.why_stopping(node), Downfall::Stopped)),
            Fact::Stopping { fault } => Some((Some(fault), Downfall::Stopped)),
            Fact::Paused { fault } => Some((Some(fault), Downfall::Paused)),
            Fact::Started { .. } | Fact::Resumed => None,
            Fact::LinkCut { fault, to } => return self.cuts.push((step, node, to, Some(fault))),
            Fact::LinkReset { fault, to } => return self.resets.push((step, node, to, fault)),
            Fact::LinkHealed { to, .. } => return self.cuts.push((step, node, to, None)),
            _ => return self.surroundings(observation),
        };
        self.processes.push((step, node, event));
    }

    fn surroundings(&mut self, observation: &Observation) {
        let &Observation { step, node, fact } = observation;
        match (fact, node) {
            (Fact::DiskFailed { fault }, NodeId::Broker(n)) => {
                self.disks.push((step, BrokerId(n), Some(fault)));
            }
            (Fact::DiskHealed { .. }, NodeId::Broker(n)) => self.disks.push((step, BrokerId(n), None)),
            (Fact::ConnectionClosed { to: NodeId::Broker(n), why: CloseReason::ClosedByPeer, .. }, _) => {
                self.closes.push(Close { step, client: node, broker: BrokerId(n) });
            }
            (Fact::SequenceUnresolved { partition }, _) => self.unresolved.push((step, node, partition)),
            _ => {}
        }
    }

    fn why_stopping(&self, node: NodeId) -> Option<FaultId> {
        let last = self.processes.iter().rev().find(|(_, other, _)| *other == node);
        last.and_then(|(_, _, event)| event.and_then(|(fault, _)| fault))
    }

    fn messages(&mut self, observation: &Observation) {
        let step = observation.step;
        match observation.fact {
            Fact::MessageSent {
                message,
                kind: kind @ (Kind::ProduceRequest | Kind::DatabaseResponse),
                ..
            } => {
                let answers_statement = kind == Kind::DatabaseResponse;
                self.mail.insert(message, Mail { sent: step, answers_statement, ..Mail::default() });
            }
            Fact::MessageSent {
                message, kind: Kind::ProduceResponse, in_reply_to: Some(request), ..
            } => {
                self.mail.insert(message, Mail { sent: step, ..Mail::default() });
                if let Some(mail) = self.mail.get_mut(&request) {
                    mail.answer = Some(message);
                }
            }
            Fact::ProduceAttempted { message, batch, .. } => self.note_sequence(message, batch),
            Fact::MessageDelivered { message } => {
                self.mail_mut(message, |mail| mail.delivered = Some(step));
            }
            Fact::MessageLost { message, fault } => {
                self.mail_mut(message, |mail| mail.lost = Some((step, fault)));
            }
            Fact::MessageHeld { message, fault } => {
                self.mail_mut(message, |mail| {
                    mail.held.get_or_insert((step, fault));
                });
            }
            Fact::MessageDelayed { message, fault } => {
                self.mail_mut(message, |mail| mail.delayed = Some((step, fault)));
            }
            _ => {}
        }
    }

    /// Notes a batch whose first record was sent before in another batch.
    fn note_sequence(&mut self, request: MessageId, batch: BatchId) {
        let arena = self.world.arena();
        let Some(producer) = arena.batch(batch).producer else { return };
        let Some(first) = arena.records(batch).next() else { return };
        let before = self.sequences.replace(first, Some((producer.id, producer.epoch)));
        if before.is_some_and(|before| before.0 == producer.id && before.1 != producer.epoch) {
            self.renumbered.insert(request, producer.epoch);
        }
    }

    fn mail_mut(&mut self, message: MessageId, note: impl FnOnce(&mut Mail)) {
        if let Some(mail) = self.mail.get_mut(&message) {
            note(mail);
        }
    }

    fn store(&mut self, observation: &Observation) {
        let &Observation { step, node, fact } = observation;
        match (fact, node) {
            (Fact::PartitionChanged { partition, leader, leader_epoch, isr, elr, unclean, .. }, _) => {
                let change = Change { step, leader, leader_epoch, isr, elr, unclean };
                self.changes[partition.index()].push(change);
            }
            (Fact::BecameLeader { partition, leader_epoch, log_end }, NodeId::Broker(n)) => {
                self.led_from.push((step, BrokerId(n), partition, leader_epoch, log_end));
            }
            (Fact::ProducerForgotten { partition, .. }, NodeId::Broker(n)) => {
                self.forgotten.push((step, BrokerId(n), partition));
            }
            (Fact::UnflushedLost { partition, to, .. }, NodeId::Broker(n)) => {
                self.log_cuts.push(LogCut { step, broker: BrokerId(n), partition, to, leader: None });
            }
            (Fact::Truncated { partition, to, leader, .. }, NodeId::Broker(n)) => {
                let leader = Some(leader);
                self.log_cuts.push(LogCut { step, broker: BrokerId(n), partition, to, leader });
            }
            _ => {}
        }
    }

    // Questions.

    pub(super) fn fate(&self, record: RecordId) -> Option<Fate<'a>> {
        self.fates.of(record)
    }

    pub(super) fn mail(&self, message: MessageId) -> Mail {
        self.mail.get(&message).copied().unwrap_or_default()
    }

    /// The fault that ate an answer of the database in a span of steps.
    pub(super) fn answer_eaten(&self, from: StepNo, to: StepNo) -> Option<FaultId> {
        let within = |mail: &&Mail| mail.answers_statement && from <= mail.sent && mail.sent <= to;
        let mut eaten = self.mail.values().filter(within);
        eaten.find_map(|mail| mail.lost.and_then(|(_, fault)| fault).or(mail.held.map(|(_, fault)| fault)))
    }

    /// The new epoch, where a request sent again what had been sent under another one.
    pub(super) fn new_sequence(&self, request: MessageId) -> Option<i16> {
        self.renumbered.get(&request).copied()
    }

    /// That a broker forgot a producer between two steps.
    pub(super) fn forgot(
        &self,
        broker: BrokerId,
        partition: TopicPartition,
        from: StepNo,
        to: StepNo,
    ) -> Option<Link> {
        let is = |(at, who, of): &&(StepNo, BrokerId, TopicPartition)| {
            (*who, *of) == (broker, partition) && (from..to).contains(at)
        };
        let (at, ..) = self.forgotten.iter().rev().find(is)?;
        Some(Link { step: *at, kind: LinkKind::ProducerForgotten { broker } })
    }

    /// Changes of a partition's registration, in order.
    pub(super) fn changes(&self, partition: TopicPartition) -> &[Change] {
        &self.changes[partition.index()]
    }

    /// Changes that raised the leader epoch.
    pub(super) fn elections(&self, partition: TopicPartition) -> impl Iterator<Item = &Change> {
        let mut epoch = 0;
        self.changes(partition).iter().filter(move |change| {
            let raised = change.leader_epoch > epoch;
            epoch = change.leader_epoch;
            raised
        })
    }

    /// The change that put a broker out of the ISR for good, up to a moment.
    pub(super) fn left_isr(
        &self,
        partition: TopicPartition,
        broker: BrokerId,
        step: StepNo,
    ) -> Option<Change> {
        let changes = self.changes_until(partition, step);
        let place = changes.iter().rposition(|change| change.isr.contains(broker)).map_or(0, |i| i + 1);
        changes.get(place).copied()
    }

    /// The last change up to a moment, where nobody leads since then.
    pub(super) fn leaderless(&self, partition: TopicPartition, step: StepNo) -> Option<Link> {
        let last = self.changes_until(partition, step).last().filter(|change| change.leader.is_none())?;
        Some(Link { step: last.step, kind: LinkKind::NoLeader { isr: last.isr, elr: last.elr } })
    }

    /// Changes up to the end of a step.
    fn changes_until(&self, partition: TopicPartition, step: StepNo) -> &[Change] {
        let changes = self.changes(partition);
        &changes[..changes.partition_point(|change| change.step <= step)]
    }

    /// The ISR at a moment.
    pub(super) fn isr(&self, partition: TopicPartition, step: StepNo) -> BrokerSet {
        let last = self.changes_until(partition, step).last();
        last.map_or_else(|| self.config.replica_set(partition), |change| change.isr)
    }

    /// The leader at a moment, or the last one before there was none.
    pub(super) fn last_leader(&self, partition: TopicPartition, step: StepNo) -> BrokerId {
        let changes = self.changes_until(partition, step).iter().rev();
        changes
            .filter_map(|change| change.leader)
            .next()
            .unwrap_or_else(|| self.config.replicas(partition).next().expect("a partition has a replica"))
    }

    /// The change that last made an ISR smaller, up to a moment.
    pub(super) fn shrunk(&self, partition: TopicPartition, step: StepNo) -> Option<Link> {
        let changes = self.changes_until(partition, step);
        let before = |i: usize| {
            i.checked_sub(1).map_or_else(|| self.config.replica_set(partition), |i| changes[i].isr)
        };
        let place = (0..changes.len()).rev().find(|i| changes[*i].isr.len() < before(*i).len())?;
        let change = changes[place];
        Some(Link { step: change.step, kind: LinkKind::IsrShrunk { to: change.isr } })
    }

    /// Where a broker's log ended when it began to lead in an epoch.
    pub(super) fn led_from(
        &self,
        broker: BrokerId,
        partition: TopicPartition,
        epoch: LeaderEpoch,
    ) -> Option<Offset> {
        let is = |led: &&(StepNo, BrokerId, TopicPartition, LeaderEpoch, Offset)| {
            (led.1, led.2, led.3) == (broker, partition, epoch)
        };
        self.led_from.iter().find(is).map(|led| led.4)
    }

    /// How a process was of no use at a moment.
    pub(super) fn down(&self, node: NodeId, step: StepNo) -> Option<Link> {
        let mut events = self.processes.iter().filter(|(at, other, _)| *other == node && *at <= step);
        let (at, _, event) = events.next_back()?;
        let (fault, how) = (*event)?;
        Some(Link { step: *at, kind: LinkKind::Down { node, fault, how } })
    }

    /// How a process was of no use at a moment, and the disk that ended it.
    pub(super) fn why_down(&self, node: NodeId, step: StepNo) -> Vec<Link> {
        self.with_disk(self.down(node, step))
    }

    /// The last time up to a moment that a process went down, up again since or not.
    pub(super) fn last_down(&self, node: NodeId, step: StepNo) -> Option<Link> {
        let events = self.processes.iter().rev().filter(|(at, other, _)| *other == node && *at <= step);
        events
            .filter_map(|(at, _, event)| {
                let (fault, how) = (*event)?;
                Some(Link { step: *at, kind: LinkKind::Down { node, fault, how } })
            })
            .next()
    }

    /// The first time that a process went down in a span of steps.
    pub(super) fn went_down(&self, node: NodeId, from: StepNo, to: StepNo) -> Option<Link> {
        let within = |at: StepNo| from <= at && at <= to;
        let events = self.processes.iter().filter(|(at, other, _)| *other == node && within(*at));
        events
            .filter_map(|(at, _, event)| {
                let (fault, how) = (*event)?;
                Some(Link { step: *at, kind: LinkKind::Down { node, fault, how } })
            })
            .next()
    }

    /// The same with the disk that ended it.
    pub(super) fn why_went_down(&self, node: NodeId, from: StepNo, to: StepNo) -> Vec<Link> {
        self.with_disk(self.went_down(node, from, to))
    }

    /// A broker ends by itself where its disk fails.
    fn with_disk(&self, down: Option<Link>) -> Vec<Link> {
        let disk = down.and_then(|link| match link.kind {
            LinkKind::Down { node: NodeId::Broker(n), fault: None, how: Downfall::Stopped } => {
                self.disk(BrokerId(n), link.step)
            }
            _ => None,
        });
        disk.into_iter().chain(down).collect()
    }

    /// The fault in force on a disk at a moment.
    pub(super) fn disk(&self, broker: BrokerId, step: StepNo) -> Option<Link> {
        let mut events = self.disks.iter().filter(|(at, other, _)| *other == broker && *at <= step);
        let (at, _, fault) = events.next_back()?;
        let fault = (*fault)?;
        let slow = matches!(self.world.faults().get(usize::from(fault.0))?.action, Action::DiskSlow { .. });
        Some(Link { step: *at, kind: LinkKind::DiskFailed { fault, broker, slow } })
    }

    /// The last time that a process began in a span of steps.
    pub(super) fn restarted(&self, node: NodeId, from: StepNo, to: StepNo) -> Option<Link> {
        let began = |(at, other, event): &&(StepNo, NodeId, Option<(Option<FaultId>, Downfall)>)| {
            *other == node && from <= *at && *at <= to && event.is_none()
        };
        let (at, ..) = self.processes.iter().rev().find(began)?;
        Some(Link { step: *at, kind: LinkKind::Restarted { node } })
    }

    /// The cut in force at a moment on what one node sends to another.
    pub(super) fn cut(&self, from: NodeId, to: NodeId, step: StepNo) -> Option<Link> {
        let mut of_link = self.cuts.iter().filter(|(at, a, b, _)| (*a, *b) == (from, to) && *at <= step);
        let (at, _, _, fault) = of_link.next_back()?;
        Some(Link { step: *at, kind: LinkKind::Cut { fault: (*fault)?, from, to } })
    }

    /// The first cut of a span of steps on what one node sends to another, or the one in force when it begins.
    pub(super) fn cut_between(&self, a: NodeId, b: NodeId, from: StepNo, to: StepNo) -> Option<Link> {
        let began = self.cuts.iter().find_map(|(at, x, y, fault)| {
            let here = (*x, *y) == (a, b) && from <= *at && *at <= to;
            Some(Link {
                step: *at,
                kind: LinkKind::Cut { fault: (*fault).filter(|_| here)?, from: a, to: b },
            })
        });
        self.cut(a, b, from).or(began)
    }

    /// Whether a record stands in the log, as far as consumers may read it.
    pub(super) fn stands(&self, fate: Fate<'_>) -> bool {
        let leader = self.world.registration(fate.partition).leader;
        let replica = leader.and_then(|leader| self.world.replica(leader, fate.partition));
        let high_watermark = replica.map_or(0, |replica| replica.high_watermark);
        let readable = |broker, offset| Some(broker) == leader && offset < high_watermark;
        fate.end().copies.iter().any(|copy| readable(copy.broker, copy.offset))
    }

    /// The fault that reset the connections between two nodes in a span of steps, and when.
    pub(super) fn reset(&self, a: NodeId, b: NodeId, from: StepNo, to: StepNo) -> Option<(StepNo, FaultId)> {
        let between = |(at, x, y, _): &&(StepNo, NodeId, NodeId, FaultId)| {
            ((*x, *y) == (a, b) || (*x, *y) == (b, a)) && from <= *at && *at <= to
        };
        self.resets.iter().find(between).map(|(at, _, _, fault)| (*at, *fault))
    }

    /// When a broker closed the connection of a client in a span of steps.
    pub(super) fn closed(
        &self,
        client: NodeId,
        broker: BrokerId,
        from: StepNo,
        to: StepNo,
    ) -> Option<StepNo> {
        let is = |c: &&Close| c.client == client && c.broker == broker && from <= c.step && c.step <= to;
        self.closes.iter().find(is).map(|close| close.step)
    }

    /// The last time up to a moment that a producer gave a batch up with its sequence numbers still open.
    pub(super) fn sequence_unresolved(
        &self,
        producer: NodeId,
        partition: TopicPartition,
        step: StepNo,
    ) -> Option<Link> {
        let is = |(at, who, of): &&(StepNo, NodeId, TopicPartition)| {
            (*who, *of) == (producer, partition) && *at <= step
        };
        let (at, ..) = self.unresolved.iter().rev().find(is)?;
        Some(Link { step: *at, kind: LinkKind::SequenceUnresolved })
    }

    /// What kept one node from hearing another at a moment: that one is down, or a link is cut.
    pub(super) fn apart(&self, node: NodeId, other: NodeId, step: StepNo) -> Vec<Link> {
        let down = self.why_down(node, step);
        if !down.is_empty() {
            return down;
        }
        self.cut(node, other, step).or_else(|| self.cut(other, node, step)).into_iter().collect()
    }

    /// What kept a replica out of the controller's sight at a moment.
    pub(super) fn unheard(&self, broker: BrokerId, step: StepNo) -> Vec<Link> {
        let links = self.apart(broker.into(), NodeId::Controller, step);
        if links.is_empty() { self.why_down(NodeId::Controller, step) } else { links }
    }
}

//! What rules look at: the few facts of a run that can be links, kept by what they are about.

use super::{Downfall, Link, LinkKind};
use crate::check::fates::{Fate, Fates};
use crate::sim::config::Config;
use crate::sim::{
    BatchId, BrokerId, BrokerSet, Error, Fact, FaultId, Kind, LeaderEpoch, MessageId, NodeId, Observation,
    Offset, PositionSource, RecordId, StepNo, TopicPartition, Trace, World,
};
use std::collections::BTreeMap;

/// A change of a partition's registration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) step: StepNo,
    pub(super) leader: Option<BrokerId>,
    pub(super) leader_epoch: LeaderEpoch,
    pub(super) isr: BrokerSet,
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
}

/// Something that happened to a consumer or its group.
#[derive(Clone, Copy, Debug)]
pub(super) enum GroupEvent {
    Position { consumer: u8, partition: TopicPartition, offset: Offset, source: PositionSource },
    CommitFailed { consumer: u8, error: Error },
    Removed { consumer: u8, expired: bool },
    Failed { consumer: u8, error: Error },
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
    changes: [Vec<Change>; TopicPartition::MAX],
    /// Where logs ended when their brokers began to lead.
    led_from: Vec<(StepNo, BrokerId, TopicPartition, LeaderEpoch, Offset)>,
    pub(super) log_cuts: Vec<LogCut>,
    mail: BTreeMap<MessageId, Mail>,
    /// Requests with a batch that was sent before under another epoch or sequence, with the new epoch.
    renumbered: BTreeMap<MessageId, i16>,
    /// Producer id and epoch under which a batch that begins with a record was last sent.
    sequences: BTreeMap<RecordId, (u32, i16)>,
    /// In order.
    group: Vec<(StepNo, GroupEvent)>,
    /// Commits that reached further than any before, by partition: when, whose, how far.
    commits: [Vec<(StepNo, u8, Offset)>; 3],
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
            changes: Default::default(),
            led_from: Vec::new(),
            log_cuts: Vec::new(),
            mail: BTreeMap::new(),
            renumbered: BTreeMap::new(),
            sequences: BTreeMap::new(),
            group: Vec::new(),
            commits: Default::default(),
            end: StepNo((trace.steps.len() as u32).saturating_sub(1)),
        };
        for observation in &trace.observations {
            evidence.processes(observation);
            evidence.messages(observation);
            evidence.store(observation);
            evidence.consumers(observation);
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
            _ => return,
        };
        self.processes.push((step, node, event));
    }

    fn why_stopping(&self, node: NodeId) -> Option<FaultId> {
        let last = self.processes.iter().rev().find(|(_, other, _)| *other == node);
        last.and_then(|(_, _, event)| event.and_then(|(fault, _)| fault))
    }

    fn messages(&mut self, observation: &Observation) {
        let step = observation.step;
        match observation.fact {
            Fact::MessageSent { message, kind: Kind::ProduceRequest, .. } => {
                self.mail.insert(message, Mail { sent: step, ..Mail::default() });
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
        let before = self.sequences.insert(first, (producer.id, producer.epoch));
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
            (Fact::PartitionChanged { partition, leader, leader_epoch, isr, unclean, .. }, _) => {
                let change = Change { step, leader, leader_epoch, isr, unclean };
                self.changes[partition.index()].push(change);
            }
            (Fact::BecameLeader { partition, leader_epoch, log_end }, NodeId::Broker(n)) => {
                self.led_from.push((step, BrokerId(n), partition, leader_epoch, log_end));
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

    fn consumers(&mut self, observation: &Observation) {
        let &Observation { step, node, fact } = observation;
        let event = match (fact, node) {
            (Fact::MemberRemoved { consumer, expired }, _) => GroupEvent::Removed { consumer, expired },
            (Fact::OffsetStoredInDatabase { partition, offset, consumer, .. }, _) => {
                return self.committed(step, consumer, partition, offset);
            }
            (Fact::Committed { partition, offset, .. }, NodeId::Consumer(n)) => {
                return self.committed(step, n, partition, offset);
            }
            (Fact::PositionSet { partition, offset, source }, NodeId::Consumer(consumer)) => {
                GroupEvent::Position { consumer, partition, offset, source }
            }
            (Fact::CommitFailed { error }, NodeId::Consumer(consumer)) => {
                GroupEvent::CommitFailed { consumer, error }
            }
            (Fact::ConsumerFailed { error }, NodeId::Consumer(consumer)) => {
                GroupEvent::Failed { consumer, error }
            }
            _ => return,
        };
        self.group.push((step, event));
    }

    fn committed(&mut self, step: StepNo, consumer: u8, partition: TopicPartition, offset: Offset) {
        let commits = &mut self.commits[partition.index()];
        if commits.last().is_none_or(|(_, _, before)| *before < offset) {
            commits.push((step, consumer, offset));
        }
    }

    // Questions.

    pub(super) fn fate(&self, record: RecordId) -> Option<Fate<'a>> {
        self.fates.of(record)
    }

    pub(super) fn mail(&self, message: MessageId) -> Mail {
        self.mail.get(&message).copied().unwrap_or_default()
    }

    /// The new epoch, where a request sent again what had been sent under another one.
    pub(super) fn new_sequence(&self, request: MessageId) -> Option<i16> {
        self.renumbered.get(&request).copied()
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

    /// The leader at a moment, or before there was none.
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

    /// The fault that reset the connections between two nodes in a span of steps, and when.
    pub(super) fn reset(&self, a: NodeId, b: NodeId, from: StepNo, to: StepNo) -> Option<(StepNo, FaultId)> {
        let between = |(at, x, y, _): &&(StepNo, NodeId, NodeId, FaultId)| {
            ((*x, *y) == (a, b) || (*x, *y) == (b, a)) && from <= *at && *at <= to
        };
        self.resets.iter().find(between).map(|(at, _, _, fault)| (*at, *fault))
    }

    /// What kept one node from hearing another at a moment: that one is down, or a link is cut.
    pub(super) fn apart(&self, node: NodeId, other: NodeId, step: StepNo) -> Option<Link> {
        self.down(node, step).or_else(|| self.cut(node, other, step)).or_else(|| self.cut(other, node, step))
    }

    /// What happened to the group in a span of steps.
    pub(super) fn group(&self, from: StepNo, to: StepNo) -> &[(StepNo, GroupEvent)] {
        let place = |step: StepNo| self.group.partition_point(|(at, _)| *at < step);
        &self.group[place(from)..place(StepNo(to.0.saturating_add(1))).max(place(from))]
    }

    /// The first commit that passed an offset: when, whose, how far.
    pub(super) fn commit_past(
        &self,
        partition: TopicPartition,
        offset: Offset,
    ) -> Option<(StepNo, u8, Offset)> {
        self.commits[partition.index()].iter().find(|(_, _, to)| *to > offset).copied()
    }
}

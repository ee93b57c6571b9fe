//! What happened to consumers and their group: positions, commits, deliveries, who left and who came.

use super::Evidence;
use crate::sim::config::{CommitMode, Config, ConsumerConfig};
use crate::sim::{
    Error, Fact, FaultId, Kind, MessageId, NodeId, Observation, Offset, PositionSource, StepNo,
    TopicPartition,
};
use litemap::LiteMap;

/// Something that happened to a consumer or its group.
#[derive(Clone, Copy, Debug)]
pub(in crate::check::why) enum GroupEvent {
    Position { consumer: u8, partition: TopicPartition, offset: Offset, source: PositionSource },
    CommitFailed { consumer: u8, error: Error },
    Removed { consumer: u8, expired: bool },
    Rebalanced { members: u8 },
    Failed { consumer: u8, error: Error },
    PollTimedOut { consumer: u8 },
    OffsetsExpired,
}

/// Facts of consumers and their group that can be links.
pub(super) struct Group {
    /// In order.
    events: Vec<(StepNo, GroupEvent)>,
    /// Commits that reached further than any before, by partition: when, whose, how far.
    commits: [Vec<(StepNo, u8, Offset)>; 3],
    /// Deliveries that reached further than any before, by partition: when, to whom, from where.
    reads: [Vec<(StepNo, u8, Offset)>; 3],
    asynchronous: bool,
    /// Asynchronous commits on their way, and those that a fault ate: when each was sent, and by whom.
    commits_sent: LiteMap<MessageId, (StepNo, NodeId)>,
    commits_eaten: Vec<(StepNo, NodeId, FaultId)>,
}

impl Group {
    pub(super) fn new(config: &Config) -> Group {
        let asynchronous = |consumer: &ConsumerConfig| consumer.commit == CommitMode::Async;
        Group {
            events: Vec::new(),
            commits: Default::default(),
            reads: Default::default(),
            asynchronous: config.consumer.as_ref().is_some_and(asynchronous),
            commits_sent: LiteMap::new(),
            commits_eaten: Vec::new(),
        }
    }

    pub(super) fn observe(&mut self, observation: &Observation) {
        if self.asynchronous {
            self.async_commits(observation);
        }
        self.consumers(observation);
    }

    fn async_commits(&mut self, observation: &Observation) {
        match observation.fact {
            Fact::MessageSent { message, kind: Kind::OffsetCommitRequest, .. } => {
                self.commits_sent.insert(message, (observation.step, observation.node));
            }
            Fact::MessageLost { message, fault: Some(fault) } | Fact::MessageHeld { message, fault } => {
                let eaten = self.commits_sent.remove(&message);
                self.commits_eaten.extend(eaten.map(|(step, node)| (step, node, fault)));
            }
            _ => {}
        }
    }

    fn consumers(&mut self, observation: &Observation) {
        let &Observation { step, node, fact } = observation;
        let event = match (fact, node) {
            (Fact::MemberRemoved { consumer, expired }, _) => GroupEvent::Removed { consumer, expired },
            (Fact::OffsetsExpired, _) => GroupEvent::OffsetsExpired,
            (Fact::PollTimedOut, NodeId::Consumer(consumer)) => GroupEvent::PollTimedOut { consumer },
            (Fact::GenerationStarted { members, .. }, _) => GroupEvent::Rebalanced { members },
            (Fact::OffsetStoredInDatabase { partition, offset, consumer, .. }, _) => {
                return self.committed(step, consumer, partition, offset);
            }
            (Fact::Committed { partition, offset, .. }, NodeId::Consumer(n)) => {
                return self.committed(step, n, partition, offset);
            }
            (Fact::Delivered { partition, offset, .. }, NodeId::Consumer(consumer)) => {
                let reads = &mut self.reads[partition.index()];
                if reads.last().is_none_or(|(_, _, before)| *before < offset) {
                    reads.push((step, consumer, offset));
                }
                return;
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
        self.events.push((step, event));
    }

    fn committed(&mut self, step: StepNo, consumer: u8, partition: TopicPartition, offset: Offset) {
        let commits = &mut self.commits[partition.index()];
        if commits.last().is_none_or(|(_, _, before)| *before < offset) {
            commits.push((step, consumer, offset));
        }
    }
}

impl Evidence<'_> {
    /// The first asynchronous commit of a consumer that a fault ate in a span of steps: when, and which fault.
    pub(in crate::check::why) fn commit_eaten(
        &self,
        node: NodeId,
        from: StepNo,
        to: StepNo,
    ) -> Option<(StepNo, FaultId)> {
        let within = |(at, who, _): &&(StepNo, NodeId, FaultId)| *who == node && from <= *at && *at <= to;
        self.group.commits_eaten.iter().find(within).map(|(at, _, fault)| (*at, *fault))
    }

    /// What happened to the group in a span of steps.
    pub(in crate::check::why) fn group(&self, from: StepNo, to: StepNo) -> &[(StepNo, GroupEvent)] {
        let place = |step: StepNo| self.group.events.partition_point(|(at, _)| *at < step);
        &self.group.events[place(from)..place(StepNo(to.0.saturating_add(1))).max(place(from))]
    }

    /// The first commit that passed an offset: when, whose, how far.
    pub(in crate::check::why) fn commit_past(
        &self,
        partition: TopicPartition,
        offset: Offset,
    ) -> Option<(StepNo, u8, Offset)> {
        self.group.commits[partition.index()].iter().find(|(_, _, to)| *to > offset).copied()
    }

    /// The first delivery from an offset or behind it: when, to whom, from where.
    pub(in crate::check::why) fn read_past(
        &self,
        partition: TopicPartition,
        offset: Offset,
    ) -> Option<(StepNo, u8, Offset)> {
        self.group.reads[partition.index()].iter().find(|(_, _, at)| *at >= offset).copied()
    }
}

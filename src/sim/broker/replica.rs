//! A partition on a broker: its log and, on the leader, what it knows of the others
//! (`Partition`, `Replica`; TLA+ `KafkaReplication`).

use super::log::Log;
use crate::sim::config::Mutant;
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{
    BrokerEpoch, BrokerId, BrokerSet, LeaderEpoch, Offset, PartitionEpoch, Time, TopicPartition,
};

/// A partition on a broker.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    pub(crate) partition: TopicPartition,
    /// The brokers that the partition was assigned to.
    assigned: BrokerSet,
    pub(crate) log: Log,
    pub(crate) role: Role,
    /// The leader epoch that this broker believes in.
    pub(crate) leader_epoch: LeaderEpoch,
    /// The registration that it last applied.
    pub(crate) partition_epoch: PartitionEpoch,
    /// Whom it followed last in this process, itself where it led, and in which epoch (`Partition.leaderReplicaIdOpt`).
    pub(crate) last_leader: Option<(BrokerId, LeaderEpoch)>,
    /// Its log is still to be cut before it may fetch (older rules of truncation only).
    pub(crate) truncating: bool,
}

/// What a replica is, as its broker believes.
#[derive(Clone, Debug)]
pub(crate) enum Role {
    Leader(Leadership),
    Follower { leader: Option<BrokerId> },
}

/// What a leader knows.
#[derive(Clone, Debug)]
pub(crate) struct Leadership {
    /// The ISR that the controller committed.
    pub(crate) isr: BrokerSet,
    /// The ISR that was asked for and is not answered yet (`PendingShrinkIsr`, `PendingExpandIsr`).
    pub(crate) pending: Option<BrokerSet>,
    /// Where this leader's epoch begins.
    pub(crate) epoch_start: Offset,
    /// The election was unclean; the controller is still to be told that all is well again.
    pub(crate) recovering: bool,
    /// By broker number minus one.
    pub(crate) followers: [FollowerState; 5],
}

/// What a leader knows of a follower (`ReplicaState`).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FollowerState {
    /// Its log end offset: the offset that it last asked for.
    pub(crate) log_end: Option<Offset>,
    pub(crate) last_caught_up: Time,
    last_fetch: Time,
    /// Where the leader's log ended at that fetch.
    leader_end_at_last_fetch: Offset,
    pub(crate) broker_epoch: BrokerEpoch,
    /// It was in sync when this leader began, which counts as having caught up then.
    known: bool,
}

impl FollowerState {
    /// A fetch came in (`Replica.updateFetchStateOrThrow`).
    pub(crate) fn fetched(
        &mut self,
        offset: Offset,
        leader_end: Offset,
        now: Time,
        broker_epoch: BrokerEpoch,
    ) {
        if offset >= leader_end {
            self.last_caught_up = now;
            self.known = true;
        } else if self.log_end.is_some() && offset >= self.leader_end_at_last_fetch {
            self.last_caught_up = self.last_caught_up.max(self.last_fetch);
            self.known = true;
        }
        self.log_end = Some(offset);
        self.leader_end_at_last_fetch = leader_end;
        self.last_fetch = now;
        self.broker_epoch = broker_epoch;
    }

    /// Whether it counts as in sync at `now` (`ReplicaState.isCaughtUp`).
    pub(crate) fn caught_up(&self, leader_end: Offset, now: Time, lag_max: u64) -> bool {
        self.log_end == Some(leader_end) || self.known && now.since(self.last_caught_up) <= lag_max
    }
}

impl Leadership {
    /// What it is when it begins: members of the ISR count as caught up now.
    pub(crate) fn new(isr: BrokerSet, epoch_start: Offset, recovering: bool, now: Time) -> Leadership {
        let mut followers = [FollowerState::default(); 5];
        for id in isr.iter() {
            let follower = &mut followers[id.index()];
            (follower.last_caught_up, follower.known) = (now, true);
        }
        Leadership { isr, pending: None, epoch_start, recovering, followers }
    }

    /// The ISR with every member that it has or may get: who must have a record before it is committed.
    /// A pending shrink keeps the old set, a pending expand counts the new member already.
    pub(crate) fn maximal_isr(&self) -> BrokerSet {
        self.pending.map_or(self.isr, |pending| self.isr.union(pending))
    }
}

impl Replica {
    /// An empty replica that follows nobody yet.
    pub(crate) fn new(partition: TopicPartition, assigned: BrokerSet) -> Replica {
        Replica {
            partition,
            assigned,
            log: Log::default(),
            role: Role::Follower { leader: None },
            leader_epoch: 0,
            partition_epoch: 0,
            last_leader: None,
            truncating: false,
        }
    }

    /// Whether it follows that one.
    pub(crate) fn follows(&self, whom: BrokerId) -> bool {
        matches!(self.role, Role::Follower { leader } if leader == Some(whom))
    }

    /// What it knows as leader.
    pub(crate) fn leadership(&self) -> Option<&Leadership> {
        match &self.role {
            Role::Leader(leadership) => Some(leadership),
            Role::Follower { .. } => None,
        }
    }

    /// What it knows as leader, to be changed.
    pub(crate) fn leadership_mut(&mut self) -> Option<&mut Leadership> {
        match &mut self.role {
            Role::Leader(leadership) => Some(leadership),
            Role::Follower { .. } => None,
        }
    }

    /// Moves the leader's high watermark to what all that must have a record have, if it may move
    /// (`Partition.maybeIncrementLeaderHW`; the halt below min ISR: KAFKA-15583, from 3.7, a switch). Returns whether
    /// it did.
    pub(crate) fn maybe_advance_high_watermark(
        &mut self,
        cx: &mut Cx<'_>,
        me: BrokerId,
        eligible: impl Fn(BrokerId, BrokerEpoch) -> bool,
    ) -> bool {
        let min_isr = cx.config().leaders_min_isr(self.partition);
        let lag_max = cx.config().cluster.replica_lag_time_max;
        let (end, now) = (self.log.end(), cx.now());
        let Some(leadership) = self.leadership() else { return false };
        let halts = cx.config().cluster.high_watermark_requires_min_isr;
        if leadership.isr.len() < min_isr && halts && !cx.mutant(Mutant::CommitsBelowMinIsr) {
            return false;
        }
        let relaxed = leadership.pending.filter(|_| cx.mutant(Mutant::PendingShrinkRelaxes));
        let maximal = relaxed.unwrap_or(leadership.maximal_isr());
        let mut reached = end;
        for id in self.assigned.without(me).iter() {
            let follower = &leadership.followers[id.index()];
            let counts = maximal.contains(id)
                || follower.caught_up(end, now, lag_max) && eligible(id, follower.broker_epoch);
            if counts {
                reached = reached.min(follower.log_end.unwrap_or(0));
            }
        }
        let from = self.log.high_watermark();
        let falls = reached < from && cx.mutant(Mutant::HighWatermarkFalls);
        if reached <= from && !falls {
            return false;
        }
        self.log.set_high_watermark(reached);
        cx.record(Fact::HighWatermarkMoved { partition: self.partition, from, to: reached });
        true
    }
}

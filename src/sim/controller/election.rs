//! Who leads a partition, and who may: pure functions over a [`Registration`].
//!
//! Source: `PartitionChangeBuilder` (methods named at each rule), KIP-966 for eligible leader replicas.

use crate::sim::batch::Registration;
use crate::sim::config::{Config, Mutant};
use crate::sim::ids::{BrokerId, BrokerSet, TopicPartition};

/// What is fixed while a registration changes.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Replicas in assignment order.
    pub(crate) replicas: Vec<BrokerId>,
    /// `min.insync.replicas` in force.
    pub(crate) min_isr: u32,
    /// Eligible leader replicas are kept.
    pub(crate) elr: bool,
    /// How far an election may go.
    pub(crate) election: Election,
    /// A rule broken on purpose.
    pub(crate) mutant: Option<Mutant>,
}

/// How far an election may go (`PartitionChangeBuilder.Election`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Election {
    /// Back to the first replica, if it is in the ISR.
    Preferred,
    /// A member of the ISR, or of the ELR.
    Online,
    /// Anybody who is there, rather than nobody.
    Unclean,
}

impl Rules {
    /// The rules of a partition.
    pub(crate) fn of(config: &Config, partition: TopicPartition) -> Rules {
        let unclean = config.unclean_leader_election(partition);
        Rules {
            replicas: config.replicas(partition).collect(),
            min_isr: config.effective_min_isr(partition),
            elr: config.cluster.elr,
            election: if unclean { Election::Unclean } else { Election::Online },
            mutant: config.mutant,
        }
    }
}

/// What is to become of a partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// The ISR wanted.
    pub(crate) isr: BrokerSet,
    /// Brokers that ended without a clean shutdown: they may lack what they had acknowledged.
    pub(crate) unclean_shutdown: BrokerSet,
    /// Whether the leader is still to recover from an unclean election.
    pub(crate) recovering: bool,
}

impl Target {
    /// The ISR without some brokers, all else as it is.
    pub(crate) fn without(now: &Registration, gone: BrokerSet) -> Target {
        Target { isr: now.isr.minus(gone), unclean_shutdown: BrokerSet::EMPTY, recovering: now.recovering }
    }
}

/// A registration that differs from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The registration.
    pub(crate) registration: Registration,
    /// Its leader was elected although it may lack committed records.
    pub(crate) unclean: bool,
}

/// The registration that follows from a target, if it differs (`PartitionChangeBuilder.build`).
/// `active` brokers are unfenced and not shutting down.
pub(crate) fn elect(now: &Registration, target: Target, active: BrokerSet, rules: &Rules) -> Option<Change> {
    let (mut isr, mut elr) = (target.isr, target_elr(now, target, rules));
    let (leader, unclean) = choose(now, isr, elr, active, rules);
    let mut next = Registration { recovering: target.recovering, ..*now };
    if leader != now.leader {
        next.leader = leader;
        if rules.mutant != Some(Mutant::ElectionKeepsEpoch) || leader.is_none() {
            next.leader_epoch += 1;
        }
        if let Some(leader) = leader
            && rules.mutant != Some(Mutant::LeaderOutsideIsr)
        {
            // `tryElection`: whoever is taken from the ELR is all of the ISR, likewise after an unclean election.
            if unclean {
                (isr, elr) = (BrokerSet::of(leader), BrokerSet::EMPTY);
            } else if elr.contains(leader) && !isr.contains(leader) {
                (isr, elr) = (BrokerSet::of(leader), elr.without(leader));
            }
        }
        next.recovering |= unclean;
    }
    // Without ELR the last member stays listed: somebody has to be known to have everything.
    next.isr = if isr.is_empty() && !rules.elr { now.isr } else { isr };
    next.elr = elr;
    next.last_known_leader = last_known_leader(now, &next, rules);
    if next == *now {
        return None;
    }
    next.partition_epoch += 1;
    Some(Change { registration: next, unclean: unclean && leader != now.leader })
}

/// Who stays eligible below the minimum ISR (`maybePopulateTargetElr`).
fn target_elr(now: &Registration, target: Target, rules: &Rules) -> BrokerSet {
    if !rules.elr {
        return BrokerSet::EMPTY;
    }
    let candidates = now.isr.union(now.elr).minus(target.unclean_shutdown);
    if rules.mutant == Some(Mutant::FencedLosesElr) {
        return now.elr.minus(target.unclean_shutdown).minus(target.isr);
    }
    if rules.mutant == Some(Mutant::ElrNotPurged) {
        return if target.isr.len() >= rules.min_isr { now.elr } else { candidates };
    }
    if target.isr.len() >= rules.min_isr { BrokerSet::EMPTY } else { candidates.minus(target.isr) }
}

/// The leader, and whether it may lack committed records (`electAnyLeader`, `electPreferredLeader`).
fn choose(
    now: &Registration,
    isr: BrokerSet,
    elr: BrokerSet,
    active: BrokerSet,
    rules: &Rules,
) -> (Option<BrokerId>, bool) {
    let candidates = if isr.is_empty() { elr } else { isr };
    let valid = |id: &BrokerId| candidates.contains(*id) && active.contains(*id);
    let replicas = || rules.replicas.iter().copied();
    let preferred = replicas().next().filter(|_| rules.election == Election::Preferred).filter(valid);
    if let Some(leader) = preferred.or(now.leader.filter(valid)) {
        return (Some(leader), false);
    }
    if rules.mutant == Some(Mutant::LeaderOutsideIsr)
        && let Some(outside) = replicas().find(|id| active.contains(*id) && !isr.contains(*id))
    {
        return (Some(outside), false);
    }
    if let Some(leader) = replicas().find(valid) {
        return (Some(leader), false);
    }
    // `canElectLastKnownLeader`, with the test of KAFKA-19522 (4.1) that it is there at all.
    if rules.elr
        && isr.is_empty()
        && elr.is_empty()
        && let Some(last) = now.last_known_leader.filter(|id| active.contains(*id))
    {
        return (Some(last), true);
    }
    // The first live replica in assignment order, not the one with the longest log.
    let unclean = replicas().find(|id| rules.election == Election::Unclean && active.contains(*id));
    (unclean, unclean.is_some())
}

/// The leader that the partition lost when its ISR became empty (`maybeUpdateLastKnownLeader`).
fn last_known_leader(now: &Registration, next: &Registration, rules: &Rules) -> Option<BrokerId> {
    if !rules.elr || next.leader.is_some() {
        return None;
    }
    let emptied = next.isr.is_empty() && !now.isr.is_empty();
    if emptied { now.leader.or(now.last_known_leader) } else { now.last_known_leader }
}

//! What a leader may ask of the ISR.
//!
//! Source: `ReplicationControlManager.alterPartition`, `validateAlterPartitionData`; KIP-497, KIP-841, KIP-903.

use super::Controller;
use super::election::{Rules, Target, elect};
use crate::sim::batch::Registration;
use crate::sim::cx::Cx;
use crate::sim::fact::ChangeReason;
use crate::sim::ids::{BrokerId, BrokerSet, PerPartition, TopicPartition};
use crate::sim::message::{AlterPartition, Error, IsrChange};

impl Controller {
    /// A leader wants other ISRs. Each partition is decided for itself.
    pub(super) fn alter_partition(
        &mut self,
        cx: &mut Cx<'_>,
        request: &AlterPartition,
    ) -> Result<PerPartition<Result<Registration, Error>>, Error> {
        if self.entry(request.broker).is_none_or(|entry| entry.epoch != request.broker_epoch) {
            return Err(Error::StaleBrokerEpoch);
        }
        let answers = request
            .partitions
            .iter()
            .map(|(partition, wanted)| (partition, self.alter_one(cx, request.broker, partition, wanted)));
        Ok(answers.collect())
    }

    fn alter_one(
        &mut self,
        cx: &mut Cx<'_>,
        leader: BrokerId,
        partition: TopicPartition,
        wanted: &IsrChange,
    ) -> Result<Registration, Error> {
        let now = *self.partitions.get(partition).ok_or(Error::UnknownTopicOrPartition)?;
        let rules = Rules::of(cx.config(), partition);
        refusal(&now, leader, wanted, rules.replicas.iter().copied().collect()).map_or(Ok(()), Err)?;
        if wanted.isr.iter().any(|id| !self.eligible(id, wanted)) {
            return Err(Error::IneligibleReplica);
        }
        let target = Target {
            isr: wanted.isr,
            unclean_shutdown: BrokerSet::EMPTY,
            recovering: now.recovering && !wanted.recovered,
        };
        // Nothing to change: the answer to an earlier request was lost, or the ISR is as wanted.
        let Some(change) = elect(&now, target, self.active(), &rules) else { return Ok(now) };
        self.commit(cx, partition, change, ChangeReason::AlterPartition);
        if change.registration.leader == now.leader {
            Ok(change.registration)
        } else {
            Err(Error::NewLeaderElected)
        }
    }

    /// Whether a broker may be in an ISR: unfenced, not shutting down, and the process that the leader means
    /// (`ineligibleReplicasForIsr`).
    fn eligible(&self, id: BrokerId, wanted: &IsrChange) -> bool {
        self.entry(id)
            .is_some_and(|entry| entry.active() && wanted.broker_epochs.get(id.index()) == Some(&entry.epoch))
    }
}

/// Why a request is refused, whoever its replicas are, in the order of Kafka's tests.
pub(super) fn refusal(
    now: &Registration,
    leader: BrokerId,
    wanted: &IsrChange,
    replicas: BrokerSet,
) -> Option<Error> {
    if wanted.leader_epoch > now.leader_epoch || wanted.partition_epoch > now.partition_epoch {
        // Kafka's controller concludes that it is no longer the active one.
        return Some(Error::NotController);
    }
    if wanted.leader_epoch < now.leader_epoch {
        return Some(Error::FencedLeaderEpoch);
    }
    if now.leader != Some(leader) {
        return Some(Error::InvalidRequest);
    }
    if wanted.partition_epoch < now.partition_epoch {
        return Some(Error::InvalidUpdateVersion);
    }
    let recovering = now.recovering && !wanted.recovered;
    let sound = wanted.isr.minus(replicas).is_empty()
        && wanted.isr.contains(leader)
        && !(recovering && wanted.isr.len() > 1);
    (!sound).then_some(Error::InvalidRequest)
}

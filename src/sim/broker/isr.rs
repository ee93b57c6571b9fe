//! Who is in sync, as the leader sees it, and how it asks the controller for another ISR
//! (`Partition.maybeShrinkIsr`, `maybeExpandIsr`; `AlterPartitionManager`).

use super::{Broker, Timer};
use crate::sim::batch::Registration;
use crate::sim::config::Mutant;
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerId, BrokerSet, MessageId, PerPartition, TopicPartition, ms};
use crate::sim::message::{AlterPartition, Error, IsrChange, Message};

/// Changes that are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct IsrChanges {
    /// Not yet sent, or to be sent again.
    unsent: PerPartition<IsrChange>,
    /// Sent: one request is in flight for the whole broker.
    in_flight: Option<(MessageId, PerPartition<IsrChange>)>,
}

impl IsrChanges {
    /// The partition's registration changed: what was asked for is void.
    pub(crate) fn forget(&mut self, partition: TopicPartition) {
        self.unsent.remove(partition);
    }
}

/// Before a request that the controller could not take is sent again.
const RETRY: u64 = ms(50);

impl Broker {
    /// Followers that have not caught up within `replica.lag.time.max.ms` leave the ISR. The look comes every
    /// half of that, so it takes up to one and a half of it (`ReplicaManager.maybeShrinkIsr`).
    pub(super) fn shrink_isrs(&mut self, cx: &mut Cx<'_>) {
        let lag_max = cx.config().cluster.replica_lag_time_max;
        let now = cx.now();
        for index in 0..TopicPartition::MAX {
            let partition = TopicPartition::at(index);
            let Some(replica) = self.replicas.get(partition) else { continue };
            let end = replica.log.end();
            let Some(leadership) = replica.leadership() else { continue };
            if leadership.pending.is_some() {
                continue;
            }
            let lags = |id: &BrokerId| !leadership.followers[id.index()].caught_up(end, now, lag_max);
            let out: BrokerSet = leadership.isr.without(self.id).iter().filter(lags).collect();
            if !out.is_empty() {
                let isr = leadership.isr.minus(out);
                self.propose_isr(cx, partition, isr);
            }
        }
        cx.set_timer(lag_max / 2, Timer::IsrExpiration.into());
    }

    /// A follower that has reached the high watermark and the start of the leader's epoch may join
    /// (`Partition.isFollowerInSync`).
    pub(super) fn maybe_expand_isr(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        follower: BrokerId,
    ) {
        let Some(replica) = self.replicas.get(partition) else { return };
        let high_watermark = replica.log.high_watermark();
        let Some(leadership) = replica.leadership() else { return };
        let state = &leadership.followers[follower.index()];
        let log_end = state.log_end.unwrap_or(0);
        let joins = !cx.mutant(Mutant::IsrNeverGrows)
            && leadership.pending.is_none()
            && !leadership.isr.contains(follower)
            && log_end >= high_watermark
            && log_end >= leadership.epoch_start
            && self.image.eligible(follower, state.broker_epoch);
        if joins {
            let isr = leadership.isr.with(follower);
            self.propose_isr(cx, partition, isr);
        }
    }

    /// Asks the controller for an ISR; until it answers, the old and the new one both count. While a request for
    /// the partition is in flight, even one that is void, it asks for nothing (`AlterPartitionManager.submit`,
    /// OPERATION_NOT_ATTEMPTED).
    pub(super) fn propose_isr(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, isr: BrokerSet) {
        let (me, my_epoch, image_epochs) = (self.id, self.epoch(), self.image.epochs());
        if self.isr_changes.in_flight.as_ref().is_some_and(|(_, asked)| asked.get(partition).is_some()) {
            return;
        }
        let Some(replica) = self.replicas.get_mut(partition) else { return };
        let (leader_epoch, partition_epoch) = (replica.leader_epoch, replica.partition_epoch);
        let Some(leadership) = replica.leadership_mut() else { return };
        leadership.pending = Some(isr);
        let from = leadership.isr;
        let mut broker_epochs = image_epochs;
        broker_epochs[me.index()] = my_epoch;
        for id in isr.without(me).without(me).iter() {
            // A member that never fetched from this leader is vouched for by the metadata.
            let seen = leadership.followers[id.index()].broker_epoch;
            if seen != 0 {
                broker_epochs[id.index()] = seen;
            }
        }
        let recovered = leadership.recovering;
        let change = IsrChange { leader_epoch, partition_epoch, isr, broker_epochs, recovered };
        self.isr_changes.unsent.insert(partition, change);
        cx.record(Fact::IsrChangeProposed { partition, from, to: isr });
        self.send_alter_partition(cx);
    }

    /// Sends what is unsent, unless a request is in flight or the controller is not reached.
    pub(super) fn send_alter_partition(&mut self, cx: &mut Cx<'_>) {
        if self.isr_changes.in_flight.is_some() || self.isr_changes.unsent.is_empty() {
            return;
        }
        let Some(connection) = self.lifecycle.alter_partition.ready() else { return };
        let partitions = std::mem::take(&mut self.isr_changes.unsent);
        let request =
            AlterPartition { broker: self.id, broker_epoch: self.epoch(), partitions: partitions.clone() };
        let message = cx.send(connection, Message::AlterPartitionRequest(request));
        self.isr_changes.in_flight = Some((message, partitions));
        self.lifecycle.alter_partition.sent(cx, message, cx.config().cluster.controller_socket_timeout);
    }

    /// The request in flight will not be answered: it is sent again over the next connection.
    pub(super) fn alter_partition_failed(&mut self, cx: &Cx<'_>) {
        if let Some((_, partitions)) = self.isr_changes.in_flight.take() {
            for (partition, change) in partitions.iter() {
                if cx.mutant(Mutant::UnansweredIsrChangeDropped) {
                    let replica = self.replicas.get_mut(partition);
                    if let Some(leadership) = replica.and_then(|replica| replica.leadership_mut()) {
                        leadership.pending = None;
                    }
                }
                self.send_again(partition, *change);
            }
        }
    }

    fn send_again(&mut self, partition: TopicPartition, change: IsrChange) {
        let stands = self.replicas.get(partition).is_some_and(|replica| {
            replica.partition_epoch == change.partition_epoch
                && replica.leadership().is_some_and(|leadership| leadership.pending == Some(change.isr))
        });
        if stands && self.isr_changes.unsent.get(partition).is_none() {
            self.isr_changes.unsent.insert(partition, change);
        }
    }

    pub(super) fn on_alter_partition(
        &mut self,
        cx: &mut Cx<'_>,
        request: MessageId,
        answer: Result<PerPartition<Result<Registration, Error>>, Error>,
    ) {
        let Some((_, asked)) = self.isr_changes.in_flight.take_if(|(message, _)| *message == request) else {
            return;
        };
        for (partition, change) in asked.iter() {
            // An answer to what the leader wants no more is out of date (`Partition.submitAlterPartition`).
            let leadership = self.replicas.get(partition).and_then(|replica| replica.leadership());
            let wanted = leadership.is_some_and(|leadership| leadership.pending == Some(change.isr));
            if !wanted && !cx.mutant(Mutant::StaleRegistrationApplied) {
                continue;
            }
            let result = match &answer {
                Ok(partitions) => {
                    partitions.get(partition).copied().unwrap_or(Err(Error::UnknownServerError))
                }
                Err(error) => Err(*error),
            };
            match result {
                Ok(registration) => self.isr_committed(cx, partition, registration),
                Err(error) => self.isr_refused(cx, partition, *change, error),
            }
        }
        self.send_alter_partition(cx);
    }

    fn isr_committed(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, registration: Registration) {
        let newer =
            self.replicas.get(partition).is_some_and(|r| registration.partition_epoch >= r.partition_epoch);
        if newer || cx.mutant(Mutant::StaleRegistrationApplied) {
            self.apply_registration(cx, partition, registration);
        }
    }

    /// What a refusal means for the change (`Partition.handleAlterPartitionError`): take it back, wait for
    /// metadata, or ask again.
    fn isr_refused(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, change: IsrChange, error: Error) {
        cx.record(Fact::IsrChangeRefused { partition, error });
        match error {
            Error::IneligibleReplica => {
                let replica = self.replicas.get_mut(partition);
                if let Some(leadership) = replica.and_then(|replica| replica.leadership_mut()) {
                    leadership.pending = None;
                }
            }
            Error::UnknownTopicOrPartition
            | Error::FencedLeaderEpoch
            | Error::InvalidUpdateVersion
            | Error::InvalidRequest
            | Error::NewLeaderElected => {}
            _ => {
                self.send_again(partition, change);
                cx.set_timer(RETRY, Timer::AlterPartition.into());
            }
        }
    }
}

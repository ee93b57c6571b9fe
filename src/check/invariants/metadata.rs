//! I10, I18 and I19: what a leader knows of its followers, and what brokers know of the metadata log.

use super::{Breaches, Invariant};
use crate::check::replicas::Replicas;
use crate::sim::config::{Config, Truncation};
use crate::sim::{
    BrokerId, Fact, LeaderEpoch, MetadataRecord, NodeId, Observation, Offset, StepNo, TopicPartition, World,
};

/// Whom a broker's process follows, in which epoch.
type Follows = Option<(BrokerId, LeaderEpoch)>;

#[derive(Clone, Debug)]
pub(super) struct Metadata {
    follows: [[Follows; TopicPartition::MAX]; 5],
    leads: [[Option<LeaderEpoch>; TopicPartition::MAX]; 5],
    by_epoch: bool,
    /// Brokers that read on in this step.
    read: Vec<(StepNo, BrokerId)>,
}

impl Metadata {
    pub(super) fn new(config: &Config) -> Metadata {
        let mut this = Metadata {
            follows: Default::default(),
            leads: Default::default(),
            by_epoch: config.cluster.truncation == Truncation::Epoch,
            read: Vec::new(),
        };
        for partition in config.partitions() {
            let leader = config.replicas(partition).next().expect("a partition has a replica");
            for broker in config.replicas(partition) {
                this.follows[broker.index()][partition.index()] = Some((leader, 0));
            }
            this.follows[leader.index()][partition.index()] = None;
            this.leads[leader.index()][partition.index()] = Some(0);
        }
        this
    }

    /// Follows a fact; `logs` have followed it already.
    pub(super) fn observe(&mut self, logs: &Replicas, observation: &Observation, breaches: &mut Breaches) {
        let (step, NodeId::Broker(n)) = (observation.step, observation.node) else { return };
        let broker = BrokerId(n);
        let (follows, leads) = (&mut self.follows[broker.index()], &mut self.leads[broker.index()]);
        match observation.fact {
            Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => {
                (*follows, *leads) = Default::default();
            }
            Fact::BecameLeader { partition, leader_epoch, .. } => {
                follows[partition.index()] = None;
                leads[partition.index()] = Some(leader_epoch);
            }
            Fact::BecameFollower { partition, leader, leader_epoch } => {
                follows[partition.index()] = leader.map(|leader| (leader, leader_epoch));
                leads[partition.index()] = None;
            }
            Fact::FollowerFetched { partition, follower, log_end } => {
                self.judge_fetch(logs, step, broker, (partition, follower, log_end), breaches);
            }
            Fact::RegistrationApplied { .. } => self.read.push((step, broker)),
            _ => {}
        }
    }

    /// A fetch acknowledges what the leader has, too: a follower whose log parts from its own before that offset
    /// has to cut it first (KIP-320). One that follows somebody else by now may have cut its log meanwhile.
    fn judge_fetch(
        &self,
        logs: &Replicas,
        step: StepNo,
        leader: BrokerId,
        (partition, follower, log_end): (TopicPartition, BrokerId, Offset),
        breaches: &mut Breaches,
    ) {
        let epoch = self.leads[leader.index()][partition.index()];
        let same = self.follows[follower.index()][partition.index()] == epoch.map(|epoch| (leader, epoch));
        let Some(last) = log_end.checked_sub(1).filter(|_| same) else { return };
        let entry = |id: BrokerId| logs.log(id, partition).at(last);
        let end = logs.log(follower, partition).end();
        breaches.unless(log_end <= end, Invariant::FetchAcknowledges, step, || {
            format!(
                "{partition}: broker-{} takes broker-{} to end at {log_end}, not {end}",
                leader.0, follower.0
            )
        });
        let deleted = [leader, follower].into_iter().any(|id| last < logs.log(id, partition).start);
        let holds = !self.by_epoch || log_end > end || deleted || entry(follower) == entry(leader);
        breaches.unless(holds, Invariant::LogMatching, step, || {
            format!(
                "{partition}: broker-{} takes broker-{} to have all up to {log_end}, which has {:?} there",
                leader.0,
                follower.0,
                entry(follower)
            )
        });
    }

    /// What a broker knows is what a prefix of the metadata log says: the last record of each partition.
    pub(super) fn compare_images(&mut self, world: &World, breaches: &mut Breaches) {
        for (step, broker) in self.read.drain(..) {
            for partition in world.config().partitions() {
                let (end, known) = world.metadata_of(broker, partition);
                let log = &world.arena().metadata;
                let said =
                    (0..end as usize).rev().filter_map(|place| log.get(place)).find_map(
                        |record| match record {
                            MetadataRecord::Partition { partition: id, registration } if *id == partition => {
                                Some(registration)
                            }
                            _ => None,
                        },
                    );
                breaches.unless(known == said, Invariant::MetadataPrefix, step, || {
                    format!(
                        "{partition}: broker-{} knows {known:?}, the log up to {end} says {said:?}",
                        broker.0
                    )
                });
            }
        }
    }
}

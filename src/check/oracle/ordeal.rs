//! What each record went through, read from a trace.

use super::Ordeal;
use crate::check::replicas::{Appended, Replicas, appended};
use crate::sim::config::Config;
use crate::sim::{
    Arena, BatchId, BrokerId, BrokerSet, Error, Fact, LeaderEpoch, MessageId, NodeId, Observation, RecordId,
    TopicPartition, Trace, World,
};
use std::collections::BTreeMap;

/// An attempt to send a record.
#[derive(Clone, Copy, Debug)]
struct Attempt {
    request: MessageId,
    batch: BatchId,
    /// It may have been appended, and the client has not heard so.
    unclear: bool,
    /// The client has heard so.
    stored: bool,
}

#[derive(Clone, Debug)]
struct Story {
    ordeal: Ordeal,
    partition: TopicPartition,
    sends: u32,
    /// Of this send().
    attempts: Vec<Attempt>,
    /// An attempt of an earlier one was appended, or may have been.
    unclear: bool,
    /// It was reported failed. What was drained by then is sent all the same (`Sender.sendProducerData`).
    failed: bool,
    /// The first epoch in which a leader appended it.
    epoch: Option<LeaderEpoch>,
    /// Who lost it with its power, and does not have it again.
    lacking: BrokerSet,
}

#[derive(Clone, Copy, Debug, Default)]
struct Partition {
    isr: BrokerSet,
    /// Epoch of the last unclean election.
    unclean: LeaderEpoch,
    /// The last epoch.
    epoch: LeaderEpoch,
    forgot: bool,
    any_sequence: bool,
}

/// What all records of a run went through.
#[derive(Clone, Debug)]
pub struct Ordeals {
    stories: BTreeMap<RecordId, Story>,
    partitions: [Partition; TopicPartition::MAX],
    logs: Replicas,
}

impl Ordeals {
    /// Reads a whole run. `world` is the world at the end of `trace`.
    pub fn of(world: &World, trace: &Trace) -> Ordeals {
        let mut this = Ordeals::new(world.config());
        for observation in &trace.observations {
            this.observe(world.arena(), observation);
        }
        this
    }

    /// What a record went through; none = it was never sent.
    pub fn get(&self, record: RecordId) -> Option<Ordeal> {
        let story = self.stories.get(&record)?;
        let partition = &self.partitions[story.partition.index()];
        Some(Ordeal {
            stored: story.epoch.is_some(),
            unclean_election: story.epoch.is_some_and(|epoch| epoch < partition.unclean),
            deposed: story.epoch.is_some_and(|epoch| epoch < partition.epoch),
            leader_changed: partition.epoch > 0,
            producer_forgotten: partition.forgot,
            any_sequence_taken: partition.any_sequence,
            ..story.ordeal
        })
    }

    fn new(config: &Config) -> Ordeals {
        let mut partitions = [Partition::default(); TopicPartition::MAX];
        for partition in config.partitions() {
            partitions[partition.index()].isr = config.replica_set(partition);
        }
        Ordeals { stories: BTreeMap::new(), partitions, logs: Replicas::default() }
    }

    fn observe(&mut self, arena: &Arena, observation: &Observation) {
        match (observation.fact, observation.node) {
            (Fact::Sent { record, partition, .. }, _) => self.sent(record, partition),
            (Fact::Failed { record, .. }, _) => {
                if let Some(story) = self.stories.get_mut(&record) {
                    story.failed = true;
                    story.ordeal.unclear |=
                        story.unclear || story.attempts.iter().any(|attempt| attempt.unclear);
                }
            }
            (Fact::ProduceAttempted { message, batch, .. }, _) => self.attempted(arena, message, batch),
            (Fact::ProduceAnswered { request, partition, error }, _) => {
                // What these say of the append stands in `Sender.completeBatch` and `Errors`.
                let unclear = matches!(
                    error,
                    Some(
                        Error::RequestTimedOut
                            | Error::NotEnoughReplicasAfterAppend
                            | Error::NotLeaderOrFollower
                            | Error::KafkaStorageError
                    )
                );
                self.ended(request, partition, unclear, error.is_none());
            }
            (Fact::LogStartMoved { partition, to, .. }, NodeId::Broker(n)) => {
                let gone: Vec<RecordId> = {
                    let log = self.logs.log(BrokerId(n), partition);
                    log.records(arena, log.start..to).map(|(_, record)| record).collect()
                };
                for record in gone {
                    if let Some(story) = self.stories.get_mut(&record) {
                        story.ordeal.deleted = true;
                    }
                }
            }
            (Fact::ProducerForgotten { partition, .. }, _) => {
                self.partitions[partition.index()].forgot = true;
            }
            (Fact::UnflushedLost { partition, from, to }, NodeId::Broker(n)) => {
                let lost: Vec<RecordId> = {
                    let log = self.logs.log(BrokerId(n), partition);
                    log.records(arena, to..from).map(|(_, record)| record).collect()
                };
                for record in lost {
                    if let Some(story) = self.stories.get_mut(&record) {
                        story.lacking = story.lacking.with(BrokerId(n));
                    }
                }
                self.notice_last_member(partition);
            }
            (Fact::PartitionChanged { partition, leader_epoch, isr, unclean, .. }, _) => {
                let changed = &mut self.partitions[partition.index()];
                changed.isr = isr;
                changed.epoch = leader_epoch;
                if unclean {
                    changed.unclean = leader_epoch;
                }
                self.notice_last_member(partition);
            }
            (fact, NodeId::Broker(n)) => {
                if let Some(appended) = appended(arena, &fact) {
                    self.note_first_sequence(arena, BrokerId(n), &appended);
                    for record in arena.records(appended.entry.batch) {
                        if let Some(story) = self.stories.get_mut(&record) {
                            story.lacking = story.lacking.without(BrokerId(n));
                            if appended.by_leader {
                                let epoch = appended.entry.leader_epoch;
                                story.epoch = Some(story.epoch.map_or(epoch, |first| first.min(epoch)));
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        self.logs.observe(arena, observation);
    }

    /// `logs` have not followed the append yet.
    fn note_first_sequence(&mut self, arena: &Arena, broker: BrokerId, appended: &Appended) {
        let batch = arena.batch(appended.entry.batch);
        let Some(producer) = batch.producer.filter(|_| appended.by_leader && batch.base_sequence > 0) else {
            return;
        };
        let log = self.logs.log(broker, appended.partition);
        let mut known = log.entries().iter().filter_map(|entry| arena.batch(entry.batch).producer);
        self.partitions[appended.partition.index()].any_sequence |=
            known.all(|other| other.id != producer.id);
    }

    fn sent(&mut self, record: RecordId, partition: TopicPartition) {
        let story = self.stories.entry(record).or_insert_with(|| Story {
            ordeal: Ordeal::default(),
            partition,
            sends: 0,
            attempts: Vec::new(),
            unclear: false,
            failed: false,
            epoch: None,
            lacking: BrokerSet::EMPTY,
        });
        story.sends += 1;
        story.ordeal.sent_again = story.sends > 1;
        story.failed = false;
        story.unclear |= story.attempts.drain(..).any(|attempt| attempt.unclear || attempt.stored);
    }

    fn attempted(&mut self, arena: &Arena, request: MessageId, batch: BatchId) {
        for record in arena.records(batch) {
            let Some(story) = self.stories.get_mut(&record) else { continue };
            let ordeal = &mut story.ordeal;
            ordeal.tried_again |= !story.attempts.is_empty();
            ordeal.retried_blindly |= story.attempts.iter().any(|attempt| attempt.unclear);
            let producer = arena.batch(batch).producer;
            let other = |attempt: &Attempt| arena.batch(attempt.batch).producer != producer;
            ordeal.unclear |= story.failed;
            ordeal.renumbered |= story.attempts.iter().any(other);
            story.attempts.push(Attempt { request, batch, unclear: true, stored: false });
        }
    }

    /// An attempt whose end is known: until an answer comes it may have been appended.
    fn ended(&mut self, request: MessageId, partition: TopicPartition, unclear: bool, stored: bool) {
        for story in self.stories.values_mut().filter(|story| story.partition == partition) {
            for attempt in story.attempts.iter_mut().filter(|attempt| attempt.request == request) {
                (attempt.unclear, attempt.stored) = (unclear, stored);
            }
        }
    }

    fn notice_last_member(&mut self, partition: TopicPartition) {
        let isr = self.partitions[partition.index()].isr;
        if isr.len() == 1 {
            let stories = self.stories.values_mut().filter(|story| story.partition == partition);
            for story in stories.filter(|story| !story.lacking.intersection(isr).is_empty()) {
                story.ordeal.last_member_lost = true;
            }
        }
    }
}

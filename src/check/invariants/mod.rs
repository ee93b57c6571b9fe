//! What holds in every run, whatever was broken in it: a breach is a mistake of the simulation, never a lesson.
//!
//! Names and numbers are those of `src/docs` and of [`Mutant`]. Everything is judged
//! by facts alone: the logs of replicas are put together from what was appended, copied and cut, apart from what
//! the engine itself holds. Only what stands in no fact (epoch caches, an ISR that was asked for) is looked at in
//! the world, after the step that changed it.
//!
//! Some hold only as long as no more fails than is tolerated. Beyond that a loss is what Kafka does, and the
//! report tells of it; the module that judges an invariant says where it ends.
//! Checkers look at the ends of logs, where something changed, never at whole logs step by step.

mod committed;
mod consumers;
mod controller;
mod group;
mod liveness;
mod metadata;
mod producers;
mod replicas;

use super::replicas::Replicas;
use crate::sim::config::{Config, Mutant};
use crate::sim::{Arena, Observation, StepNo, Time, Trace, World};
use committed::Committed;
use consumers::Consumers;
use controller::Registrations;
use group::Group;
use liveness::Liveness;
use metadata::Metadata;
use producers::Producers;
use replicas::Brokers;
use std::fmt;

/// Something that holds in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: a leader epoch has one leader, and epochs rise with each change.
    LeaderEpochUnique,
    /// I2: who leads is in the ISR.
    LeaderInIsr,
    /// I3: ISR and ELR are apart and of replicas; a full ISR leaves no ELR; without ELR no ISR is empty.
    IsrElrShape,
    /// I4: offsets follow each other, epochs never fall along a log, and the epoch cache says what the log says.
    LogShape,
    /// I5: no high watermark is above its log's end.
    OffsetsOrdered,
    /// I6: a leader's high watermark never falls within its epoch.
    HighWatermarkMonotonic,
    /// I7: no process acts on a registration older than one that it has.
    RegistrationMonotonic,
    /// I9: who is fenced is in no ISR, except as its last member without ELR.
    FencedOutsideIsr,
    /// I10: logs with the same offset and epoch are the same up to there.
    LogMatching,
    /// I11: what a leader committed is with every member of the controller's ISR, and the leader counts them all.
    StrongIsr,
    /// I12: what a leader committed is with every member of the ISR that it knows.
    WeakIsr,
    /// I13: who leads, or runs and may be elected, has all that is committed.
    LeaderComplete,
    /// I14: what is committed is with somebody who may be elected.
    NoCommittedRecordLost,
    /// I15: nobody reads two records at one offset, or one that is gone later.
    ConsistentRead,
    /// I16: what was acknowledged with `acks=all` is in the log of every later leader.
    AckedDurable,
    /// I17: the high watermark moves only while the ISR has its minimum.
    MinIsrGates,
    /// I18: what a leader holds a follower to have, it has.
    FetchAcknowledges,
    /// I19: what a broker knows is what a prefix of the metadata log says.
    MetadataPrefix,
    /// I20: a producer's batches stand once in a log, without gaps, within an epoch of its.
    IdempotentOnce,
    /// I21: with idempotence, or one request in flight, records stand in the order in which they were sent.
    ProducerOrder,
    /// I22: what stands in a log was sent to a leader, and copied from one.
    NoInvention,
    /// I23: what was acked was appended.
    ResultSound,
    /// I24: a send() ends within `max.block.ms` and `delivery.timeout.ms`.
    SendCompletes,
    /// I30: a consumer begins at the committed offset, and is handed offset by offset.
    DeliveryInOrder,
    /// I31: where commits follow the work, what is committed was worked on.
    CommitAfterWork,
    /// I32: where the work follows commits, what is worked on was committed.
    CommitBeforeWork,
    /// I33: a generation of the group gives a partition to one member, and takes commits of its own members only.
    OneOwner,
    /// I34: nobody is handed what no high watermark has passed.
    FetchBound,
    /// I39: a cluster that nothing is wrong with any more becomes whole, and what waited for it ends well.
    Recovers,
    /// I40: an effect that is guarded happens once.
    EffectOnce,
}

impl Invariant {
    /// Every one.
    pub const ALL: &[Invariant] = &[
        Invariant::LeaderEpochUnique,
        Invariant::LeaderInIsr,
        Invariant::IsrElrShape,
        Invariant::LogShape,
        Invariant::OffsetsOrdered,
        Invariant::HighWatermarkMonotonic,
        Invariant::RegistrationMonotonic,
        Invariant::FencedOutsideIsr,
        Invariant::LogMatching,
        Invariant::StrongIsr,
        Invariant::WeakIsr,
        Invariant::LeaderComplete,
        Invariant::NoCommittedRecordLost,
        Invariant::ConsistentRead,
        Invariant::AckedDurable,
        Invariant::MinIsrGates,
        Invariant::FetchAcknowledges,
        Invariant::MetadataPrefix,
        Invariant::IdempotentOnce,
        Invariant::ProducerOrder,
        Invariant::NoInvention,
        Invariant::ResultSound,
        Invariant::SendCompletes,
        Invariant::DeliveryInOrder,
        Invariant::CommitAfterWork,
        Invariant::CommitBeforeWork,
        Invariant::OneOwner,
        Invariant::FetchBound,
        Invariant::Recovers,
        Invariant::EffectOnce,
    ];
}

impl Invariant {
    /// Broken rules that it must see, though no other does.
    pub fn mutants(self) -> &'static [Mutant] {
        match self {
            Invariant::LeaderEpochUnique => &[Mutant::ElectionKeepsEpoch],
            Invariant::LeaderInIsr => &[Mutant::LeaderOutsideIsr],
            Invariant::IsrElrShape => &[Mutant::ElrNotPurged],
            Invariant::LogShape => &[Mutant::EpochCacheNotTruncated],
            Invariant::OffsetsOrdered => &[Mutant::FollowerHighWatermarkUnclamped],
            Invariant::HighWatermarkMonotonic => &[Mutant::HighWatermarkFalls],
            Invariant::RegistrationMonotonic => &[Mutant::StaleRegistrationApplied],
            Invariant::FencedOutsideIsr => &[Mutant::FencedStaysInIsr],
            Invariant::LogMatching => &[Mutant::NoTruncationOnDivergence, Mutant::DivergentFetchCounts],
            Invariant::StrongIsr => &[Mutant::UnansweredIsrChangeDropped],
            Invariant::WeakIsr => &[Mutant::PendingShrinkRelaxes],
            Invariant::LeaderComplete => &[Mutant::UncleanStaysEligible],
            Invariant::NoCommittedRecordLost => &[Mutant::FencedLosesElr],
            Invariant::ConsistentRead => &[Mutant::BatchReadFromPosition],
            Invariant::FetchAcknowledges => &[Mutant::FetchCountsAhead],
            Invariant::MetadataPrefix => &[Mutant::MetadataRecordSkipped],
            Invariant::AckedDurable => &[Mutant::AckBeforeHighWatermark],
            Invariant::MinIsrGates => &[Mutant::CommitsBelowMinIsr],
            Invariant::IdempotentOnce => &[Mutant::DedupCacheOfOne, Mutant::DedupCacheOfFour],
            Invariant::ProducerOrder => &[Mutant::BackoffLetsPass],
            Invariant::NoInvention => &[Mutant::NewLeaderRepeatsBatch],
            Invariant::ResultSound => &[Mutant::AckWithoutAppend],
            Invariant::SendCompletes => &[Mutant::RetryRestartsTimeout],
            Invariant::DeliveryInOrder => &[Mutant::ResumesPastCommitted],
            Invariant::CommitAfterWork | Invariant::CommitBeforeWork => &[Mutant::CommitOrderSwapped],
            Invariant::OneOwner => &[Mutant::AnyGenerationCommits, Mutant::PartitionGivenTwice],
            Invariant::FetchBound => &[Mutant::ConsumersReadUncommitted],
            Invariant::Recovers => &[Mutant::IsrNeverGrows],
            Invariant::EffectOnce => &[Mutant::PaysWithoutLooking],
        }
    }
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub step: StepNo,
    /// What was seen, for people.
    pub details: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at step {}: {}", self.invariant, self.step.0, self.details)
    }
}

/// Breaches so far. Beyond a few nobody reads on.
#[derive(Clone, Debug, Default)]
struct Breaches(Vec<Breach>);

impl Breaches {
    const MOST: usize = 64;

    fn unless(&mut self, holds: bool, invariant: Invariant, step: StepNo, details: impl FnOnce() -> String) {
        if !holds && self.0.len() < Breaches::MOST {
            self.0.push(Breach { invariant, step, details: details() });
        }
    }
}

/// All invariants, fed with a run's facts in order.
#[derive(Clone, Debug)]
pub struct Invariants {
    logs: Replicas,
    registrations: Registrations,
    brokers: Brokers,
    producers: Producers,
    committed: Committed,
    metadata: Metadata,
    consumers: Consumers,
    group: Group,
    liveness: Liveness,
    breaches: Breaches,
}

impl Invariants {
    /// Before the first step.
    pub fn new(config: &Config) -> Invariants {
        Invariants {
            logs: Replicas::default(),
            registrations: Registrations::new(config),
            brokers: Brokers::new(config),
            producers: Producers::new(config),
            committed: Committed::new(config),
            metadata: Metadata::new(config),
            consumers: Consumers::new(config),
            group: Group::default(),
            liveness: Liveness::new(config),
            breaches: Breaches::default(),
        }
    }

    /// Judges a fact. The arena may know more than was known then.
    pub fn observe(&mut self, arena: &Arena, at: Time, observation: &Observation) {
        let Invariants { logs, registrations, brokers, producers, committed, breaches, .. } = self;
        registrations.observe(observation, breaches);
        // An append is judged by the log that it meets.
        brokers.before(arena, logs, observation, breaches);
        producers.before(arena, logs, observation, breaches);
        logs.observe(arena, observation);
        brokers.after(logs, observation, breaches);
        producers.after(arena, logs, observation);
        committed.observe(logs, observation, breaches);
        self.metadata.observe(logs, observation, breaches);
        self.consumers.observe(arena, logs, committed, observation, breaches);
        self.group.observe(arena, committed, observation, breaches);
        self.liveness.observe(at, observation, breaches);
    }

    /// Judges what a step's facts come to, and compares what stands in no fact with the world.
    pub fn after_step(&mut self, world: &World) {
        self.end_step();
        let Invariants { logs, brokers, committed, breaches, .. } = self;
        brokers.compare_epoch_caches(world, logs, breaches);
        committed.compare_isrs(world, breaches);
        self.metadata.compare_images(world, breaches);
        self.group.compare_generations(world, breaches);
    }

    /// Judges what a whole run comes to, when it has ended. Whether everything had to be whole by then.
    pub fn at_end(&mut self, world: &World) -> bool {
        self.liveness.at_end(world, &self.committed, &mut self.breaches)
    }

    fn end_step(&mut self) {
        self.committed.end_step(&self.logs, &mut self.breaches);
    }

    /// What did not hold so far.
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches.0
    }

    /// Whether a broker's log is, in the world, what the facts say.
    pub fn log_agrees(&self, world: &World) -> bool {
        let config = world.config();
        config.partitions().all(|partition| {
            config.replicas(partition).all(|broker| {
                let log = self.logs.log(broker, partition);
                world.replica(broker, partition).is_some_and(|replica| {
                    replica.log.len() == log.entries().len()
                        && replica.log.iter().zip(log.entries()).all(|(a, b)| a == b)
                        && (replica.log_start, replica.log_end) == (log.start, log.end())
                        && replica.high_watermark == log.high_watermark
                })
            })
        })
    }
}

/// Judges a whole run by its facts.
pub fn invariants(world: &World, trace: &Trace) -> Vec<Breach> {
    let mut invariants = Invariants::new(world.config());
    for observation in &trace.observations {
        invariants.observe(world.arena(), trace.at(observation), observation);
    }
    invariants.end_step();
    invariants.breaches.0
}

//! I24, I39 and I40: a send() comes to an end, a cluster that nothing is wrong with any more becomes whole, and an
//! effect that is guarded happens once.
//!
//! I39 binds where everything runs and is connected, and nothing was broken for as long as settings let anybody
//! wait for anything ([`patience`]). A partition that nobody may lead (all that could were lost) excuses whoever
//! waits for it. Followers of older versions could stop fetching for good, so only today's are judged.

use super::committed::Committed;
use super::{Breaches, Invariant};
use crate::sim::config::{AutoOffsetReset, CommitMode, Config, ConsumerConfig, Effect, Truncation};
use crate::sim::{
    Fact, Micros, NodeId, Observation, Offset, ProcessState, RecordId, Registration, ReplicaView, StepNo,
    Time, TopicPartition, World, ms,
};
use std::collections::{BTreeMap, VecDeque};

/// One pass of a sender's thread, which wakes up a little late.
const LOOP: Micros = ms(10);

#[derive(Clone, Debug)]
pub(super) struct Liveness {
    /// Open send() calls, and when each is over.
    open: [VecDeque<(RecordId, Time)>; 3],
    /// Since when each producer stands still.
    paused: [Option<Time>; 3],
    /// Most that a send() takes. None: batches that are retried stand before older ones, which expire only behind
    /// them (`RecordAccumulator.expiredBatches` looks at the first).
    longest: Option<Micros>,
    /// When something was last broken, mended or lost.
    disturbed: Time,
    broken_disks: u8,
    refused_commits: bool,
    /// What was appended to `__consumer_offsets` so lately that copies may be under way: when, and from which offset. A
    /// consumer that commits by itself does so to the very end.
    copying: VecDeque<(Time, Offset)>,
    /// How long it takes until every follower has a record and knows it committed.
    copied_within: Micros,
    effects: BTreeMap<RecordId, u32>,
    once: bool,
    least_once: bool,
}

impl Liveness {
    pub(super) fn new(config: &Config) -> Liveness {
        Liveness {
            open: Default::default(),
            paused: [None; 3],
            longest: (config.producer.idempotence || config.producer.max_in_flight == 1)
                .then(|| config.producer.max_block + config.producer.delivery_timeout + LOOP),
            disturbed: Time(0),
            broken_disks: 0,
            refused_commits: false,
            copying: VecDeque::new(),
            copied_within: config.cluster.replica_fetch_wait_max + ms(100),
            effects: BTreeMap::new(),
            once: config.consumer.as_ref().is_some_and(happens_at_most_once),
            least_once: config.topic.retention.is_none()
                && config.consumer.as_ref().is_some_and(happens_at_least_once),
        }
    }

    pub(super) fn observe(&mut self, at: Time, observation: &Observation, breaches: &mut Breaches) {
        let &Observation { step, node, fact } = observation;
        self.judge_sends(step, at, breaches);
        match (fact, node) {
            (Fact::Sent { record, .. }, NodeId::Producer(n)) => {
                if let Some(longest) = self.longest {
                    self.open[usize::from(n) - 1].push_back((record, at.plus(longest)));
                }
            }
            (Fact::Acked { record, .. } | Fact::Failed { record, .. }, NodeId::Producer(n)) => {
                let open = &mut self.open[usize::from(n) - 1];
                if let Some(place) = open.iter().position(|(other, _)| *other == record) {
                    open.remove(place);
                }
            }
            (
                Fact::Started { .. } | Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped,
                NodeId::Producer(n),
            ) => {
                self.open[usize::from(n) - 1].clear();
                self.paused[usize::from(n) - 1] = None;
            }
            (Fact::Paused { .. }, NodeId::Producer(n)) => self.paused[usize::from(n) - 1] = Some(at),
            (Fact::Resumed, NodeId::Producer(n)) => {
                let place = usize::from(n) - 1;
                // What waits for metadata has its delivery time still before it; for what is over there is a pass left.
                let stood = self.paused[place].take().map_or(0, |since| at.since(since));
                self.open[place].iter_mut().for_each(|(_, end)| *end = at.max(*end).plus(stood.max(LOOP)));
            }
            (Fact::DiskFailed { .. }, NodeId::Broker(n)) => self.broken_disks |= 1 << n,
            (Fact::DiskHealed { .. }, NodeId::Broker(n)) => self.broken_disks &= !(1 << n),
            (Fact::CommitFailed { .. }, _) => self.refused_commits = true,
            (Fact::Appended { partition: TopicPartition::OFFSETS, base_offset, .. }, _) => {
                self.copying.push_back((at, base_offset));
            }
            (Fact::Applied { record, .. }, _) => self.applied(step, record, breaches),
            _ => {}
        }
        while self.copying.front().is_some_and(|(then, _)| at.since(*then) > self.copied_within) {
            self.copying.pop_front();
        }
        if disturbs(&fact) {
            self.disturbed = at;
        }
    }

    /// Every send() completes within `max.block.ms` and `delivery.timeout.ms` (I24).
    fn judge_sends(&mut self, step: StepNo, at: Time, breaches: &mut Breaches) {
        for (n, open) in (1..).zip(&mut self.open) {
            if self.paused[n - 1].is_some() {
                continue;
            }
            while let Some((record, end)) = open.front().copied().filter(|(_, end)| *end < at) {
                open.pop_front();
                breaches.unless(false, Invariant::SendCompletes, step, || {
                    format!(
                        "producer-{n}: send() of {record} was to end at {} us, and has not at {} us",
                        end.0, at.0
                    )
                });
            }
        }
    }

    fn applied(&mut self, step: StepNo, record: RecordId, breaches: &mut Breaches) {
        let times = self.effects.entry(record).or_default();
        *times += 1;
        breaches.unless(*times == 1 || !self.once, Invariant::EffectOnce, step, || {
            format!("{record} took effect {times} times")
        });
    }

    /// Judges the end of a run. Whether everything had to be whole by then.
    pub(super) fn at_end(&self, world: &World, committed: &Committed, breaches: &mut Breaches) -> bool {
        let config = world.config();
        let calm = world.now().since(self.disturbed) >= patience(config);
        let todays = config.cluster.truncation == Truncation::Epoch && config.cluster.min_isr_clamped;
        if !calm || !todays || self.broken_disks != 0 || !all_well(world) {
            return false;
        }
        let step = world.steps();
        let mut fail = |what: String| breaches.unless(false, Invariant::Recovers, step, || what);
        for broker in config.brokers().filter(|broker| world.fenced(*broker)) {
            fail(format!("broker-{} is still fenced", broker.0));
        }
        let mut led = true;
        for partition in config.partitions() {
            let registration = world.registration(partition);
            led &= registration.leader.is_some();
            let copying = self.copying.front().filter(|_| partition == TopicPartition::OFFSETS);
            let settled = copying.map_or(Offset::MAX, |(_, from)| *from);
            let outpaced = partition == TopicPartition::OFFSETS && commits_outpace_copies(config);
            if let Some(wrong) = not_whole(world, partition, &registration, settled).filter(|_| !outpaced) {
                fail(format!("{partition}: {wrong}"));
            }
        }
        if !led {
            return true;
        }
        if !world.producers_done() {
            fail("a producer still has a send() open".to_owned());
        }
        let fails = config.consumer.as_ref().is_some_and(|consumer| !consumer.fails.is_empty());
        if !fails && !world.consumers_done() {
            fail("the group has not read to the high watermark".to_owned());
        }
        let read = config.members() > 0 && (1..=config.members()).any(|n| !world.consumer_failed(n));
        let kept = config.partitions().all(|partition| committed.holds_good(partition));
        if self.least_once && read && kept && !self.refused_commits {
            self.judge_effects(world, breaches);
        }
        true
    }

    /// What is committed took effect (I40).
    fn judge_effects(&self, world: &World, breaches: &mut Breaches) {
        for partition in world.config().partitions().filter(|partition| partition.is_events()) {
            let leader = world.registration(partition).leader;
            let Some(replica) = leader.and_then(|id| world.replica(id, partition)) else { continue };
            for record in replica.log.iter().flat_map(|entry| world.records(entry.batch)) {
                breaches.unless(
                    self.effects.contains_key(&record),
                    Invariant::EffectOnce,
                    world.steps(),
                    || format!("{partition}: {record} stands in the log and never took effect"),
                );
            }
        }
    }
}

/// Whether the effect and what guards it are one atomic step (patterns D3, D4, D11 and D10 with the version that
/// the message carries), so that it happens at most once whatever is handed out how often.
fn happens_at_most_once(consumer: &ConsumerConfig) -> bool {
    let known_for_ever = !consumer.dedup_by_offset && consumer.remember.is_none();
    match consumer.effect {
        Effect::VersionCheck => true,
        _ if !known_for_ever => false,
        Effect::Transaction => true,
        Effect::ExternalCall => consumer.idempotency_key,
        Effect::SequenceCheck => true,
        Effect::DedupTable | Effect::NoteFirst => consumer.commit == CommitMode::InDatabase,
        Effect::Plain | Effect::VersionReread => false,
    }
}

/// Whether everything in the log takes effect: nothing is committed before it has, nothing is skipped by a reset,
/// and no guard holds an effect for done that is not. (A version check holds up whatever arrives out of turn, a sequence check drops it.)
fn happens_at_least_once(consumer: &ConsumerConfig) -> bool {
    let guarded = match consumer.effect {
        Effect::Plain | Effect::DedupTable | Effect::Transaction | Effect::ExternalCall => true,
        Effect::NoteFirst => consumer.commit == CommitMode::InDatabase,
        Effect::VersionCheck | Effect::VersionReread | Effect::SequenceCheck => false,
    };
    guarded
        && consumer.workers == 0
        && consumer.fails.is_empty()
        && !matches!(consumer.commit, CommitMode::BeforeProcessing | CommitMode::Async)
        && consumer.auto_offset_reset == AutoOffsetReset::Earliest
        && (consumer.offset_check || consumer.fencing || consumer.commit != CommitMode::InDatabase)
}

/// Whether consumers that commit by themselves may write faster than followers copy that fetch a few batches at a time.
fn commits_outpace_copies(config: &Config) -> bool {
    /// Less than this holds too few commits for a round trip at any pace.
    const FEW: u32 = 4_096;
    let Some(consumer) = config.consumer.as_ref().filter(|consumer| consumer.auto_commit()) else {
        return false;
    };
    let between = consumer.auto_commit_interval / Micros::from(config.members()).max(1);
    config.cluster.replica_fetch_max_bytes < FEW && between < 2 * config.latency.1 + LOOP
}

/// How long anybody may wait for what will not come, one after the other.
fn patience(config: &Config) -> Micros {
    let cluster = &config.cluster;
    let brokers = cluster.broker_session_timeout
        + cluster.broker_start
        + 2 * cluster.request_timeout
        + 2 * cluster.controller_socket_timeout
        + 2 * cluster.replica_lag_time_max;
    let producer = &config.producer;
    let producers = producer.max_block + producer.delivery_timeout + producer.request_timeout;
    let consumers = config.consumer.as_ref().map_or(0, |consumer| {
        consumer.session_timeout
            + consumer.max_poll_interval
            + 2 * consumer.request_timeout
            + consumer.default_api_timeout
    });
    brokers + producers.max(consumers) + ms(5_000)
}

/// Something is broken, mended, or does not get through.
fn disturbs(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::FaultFired { .. }
            | Fact::Started { .. }
            | Fact::Stopped
            | Fact::Resumed
            | Fact::LinkCut { .. }
            | Fact::LinkHealed { .. }
            | Fact::LinkReset { .. }
            | Fact::DropArmed { .. }
            | Fact::DelayArmed { .. }
            | Fact::DiskHealed { .. }
            | Fact::MessageHeld { .. }
            | Fact::MessageDelayed { .. }
            | Fact::MessageLost { fault: Some(_), .. }
    )
}

/// Every process runs, and nothing stands between any two. (A broker that does not come up is judged.)
fn all_well(world: &World) -> bool {
    let runs = |node: NodeId| {
        matches!(world.process(node), ProcessState::Running)
            || node.broker().is_some() && world.process(node) == ProcessState::Starting
    };
    world.config().nodes().all(runs) && world.link_faults().is_empty()
}

/// What a partition lacks, of what its log has below `settled`.
fn not_whole(
    world: &World,
    partition: TopicPartition,
    registration: &Registration,
    settled: Offset,
) -> Option<String> {
    let config = world.config();
    let replicas = config.replica_set(partition);
    let Some(leader) = registration.leader else {
        let electable = registration.isr.union(registration.elr);
        return (!electable.is_empty()).then(|| format!("nobody leads, though {electable} may"));
    };
    if registration.isr != replicas {
        return Some(format!("the ISR is {}, not {replicas}", registration.isr));
    }
    let log = world.replica(leader, partition)?;
    let all = log.log_end.min(settled);
    let whole = |replica: ReplicaView<'_>| {
        (all..=log.log_end).contains(&replica.log_end)
            && (all..=log.log_end).contains(&replica.high_watermark)
    };
    let behind = replicas.iter().find(|id| world.replica(*id, partition).is_none_or(|of| !whole(of)));
    behind.map(|id| format!("broker-{} has not all {all} offsets, or does not know them committed", id.0))
}

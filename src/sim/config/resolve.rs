//! From what was written to what can be run: every key checked, defaults filled in, contradictions found, and
//! Kafka's own refusals told apart from mistakes in the file.

use super::key_list::ASSIGNORS;
use super::keys::{Default, Section};
use super::limits::{Refusal, consumer_refusal, contradictions, producer_refusal};
use super::raw::{Place, Problem, RawScenario, Value, check};
use super::{
    Acks, Assignor, AutoOffsetReset, ClusterConfig, CommitMode, Config, ConsumerConfig, Effect, OnFailure,
    ProducerConfig, TopicConfig, Truncation,
};
use crate::sim::ids::{Micros, ms};
use crate::sim::world::Scenario;
use litemap::LiteMap;

/// Most steps of a run, unless it is given more.
pub const STEP_BUDGET: u32 = 5_000_000;

/// What a scenario that has nothing wrong with it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// It can be run.
    Scenario(Scenario),
    /// A client refuses its settings, as Kafka's would: nothing is sent.
    Refused(Refusal),
}

impl RawScenario {
    /// Checks everything, and says all that is wrong at once.
    pub fn resolve(&self) -> Result<Resolved, Vec<Problem>> {
        let mut settings = Settings::of(self);
        settings.require("format", "begin the file with `format = 1`");
        settings
            .require("title", "add a line such as `title = \"Leader is killed before the followers copy\"`");
        let config = config(&settings);
        contradictions(&config, &mut settings);
        let (faults, wrong) = super::resolve_fault::faults(&self.faults, &config);
        settings.problems.extend(wrong);
        if !settings.problems.is_empty() {
            return Err(settings.problems);
        }
        let scenario = Scenario { config, faults };
        Ok(match producer_refusal(&settings, &scenario).or_else(|| consumer_refusal(&scenario)) {
            Some(refusal) => Resolved::Refused(refusal),
            None => Resolved::Scenario(scenario),
        })
    }
}

/// Settings by name, each with a value that its key can hold.
pub(super) struct Settings<'a> {
    set: LiteMap<(Section, &'a str), Value>,
    has_consumer: bool,
    problems: Vec<Problem>,
}

impl<'a> Settings<'a> {
    fn of(raw: &'a RawScenario) -> Settings<'a> {
        let mut settings = Settings {
            set: LiteMap::new(),
            has_consumer: raw.has_section(Section::Consumer),
            problems: Vec::new(),
        };
        for (section, entries) in raw.sections() {
            for entry in entries {
                match check(Place::Settings(section), entry) {
                    Ok(value) => _ = settings.set.insert((section, &entry.key), value),
                    Err(problem) => settings.problems.push(problem),
                }
            }
        }
        settings
    }

    fn require(&mut self, key: &'static str, remedy: &str) {
        if !self.is_set(Section::Root, key) && !self.has_problem(Section::Root, key) {
            let place = Place::Settings(Section::Root);
            self.problems.push(Problem::new(place, key, format!("`{key}` is missing"), remedy));
        }
    }

    pub(super) fn is_set(&self, section: Section, key: &str) -> bool {
        self.set.contains_key(&(section, key))
    }

    fn has_problem(&self, section: Section, key: &str) -> bool {
        self.problems.iter().any(|problem| problem.place == Place::Settings(section) && problem.key == key)
    }

    /// Reports a contradiction, unless one of the keys is wrong by itself.
    pub(super) fn contradiction(&mut self, keys: &[(Section, &str)], what: String, remedy: String) {
        if !keys.iter().any(|(section, key)| self.has_problem(*section, key)) {
            let (section, key) =
                keys.iter().find(|(section, key)| self.is_set(*section, key)).unwrap_or(&keys[0]);
            self.problems.push(Problem::new(Place::Settings(*section), *key, what, remedy));
        }
    }

    fn default(section: Section, key: &str) -> Default {
        section.key(key).unwrap_or_else(|| panic!("{key} stands in the table of keys")).default
    }

    /// A number that is set, or its default; none where that depends on others.
    pub(super) fn int_if_any(&self, section: Section, key: &str) -> Option<u64> {
        match (self.set.get(&(section, key)), Self::default(section, key)) {
            (Some(Value::Int(n)), _) => Some(*n as u64),
            (_, Default::Int(n)) => Some(n as u64),
            _ => None,
        }
    }

    fn int(&self, section: Section, key: &str) -> u64 {
        self.int_if_any(section, key).unwrap_or_else(|| panic!("{key} has a number as its default"))
    }

    fn int32(&self, section: Section, key: &str) -> u32 {
        u32::try_from(self.int(section, key)).unwrap_or(u32::MAX)
    }

    fn int8(&self, section: Section, key: &str) -> u8 {
        u8::try_from(self.int(section, key)).unwrap_or(u8::MAX)
    }

    fn ms(&self, section: Section, key: &str) -> Micros {
        ms(self.int(section, key))
    }

    pub(super) fn bool(&self, section: Section, key: &str) -> bool {
        match (self.set.get(&(section, key)), Self::default(section, key)) {
            (Some(Value::Bool(value)), _) => *value,
            (_, Default::Bool(value)) => value,
            _ => panic!("{key} is true or false"),
        }
    }

    fn text<'s>(&'s self, section: Section, key: &'s str) -> &'s str {
        match (self.set.get(&(section, key)), Self::default(section, key)) {
            (Some(Value::Text(text)), _) => text,
            (_, Default::Text(text)) => text,
            _ => panic!("{key} has a text as its default"),
        }
    }

    pub(super) fn ints<'s>(&'s self, section: Section, key: &'s str) -> Option<&'s [i64]> {
        match (self.set.get(&(section, key)), Self::default(section, key)) {
            (Some(Value::Ints(values)), _) => Some(values),
            (_, Default::Ints(values)) => Some(values),
            _ => None,
        }
    }
}

fn config(settings: &Settings) -> Config {
    let cluster = cluster(settings);
    let latency = settings.ints(Section::Network, "latency_us").unwrap_or_default();
    let latency = |i: usize| latency.get(i).map_or(0, |us| *us as u64);
    Config {
        seed: settings.int(Section::Root, "seed"),
        stop_after: settings.ms(Section::Stop, "after_ms"),
        step_budget: STEP_BUDGET,
        topic: topic(settings, &cluster),
        cluster,
        producer: producer(settings),
        consumer: settings.has_consumer.then(|| consumer(settings)),
        latency: (latency(0), latency(1)),
        mutant: None,
    }
}

/// Kafka's "never" for a number of messages or milliseconds.
const NEVER: u64 = i64::MAX as u64;

fn cluster(settings: &Settings) -> ClusterConfig {
    let ms = |key| settings.ms(Section::Cluster, key);
    let int = |key| settings.int(Section::Cluster, key);
    let int32 = |key| settings.int32(Section::Cluster, key);
    let bool = |key| settings.bool(Section::Cluster, key);
    let brokers = settings.int8(Section::Cluster, "brokers");
    let scheduler = some_unless_never(int("log.flush.scheduler.interval.ms")).map(super::super::ids::ms);
    let flush_ms = settings.int_if_any(Section::Cluster, "log.flush.interval.ms").map(super::super::ids::ms);
    let copies = settings.int_if_any(Section::Cluster, "offsets.topic.replication.factor");
    ClusterConfig {
        brokers,
        broker_start: ms("broker_start_ms"),
        client_start: ms("client_start_ms"),
        broker_session_timeout: ms("broker.session.timeout.ms"),
        broker_heartbeat_interval: ms("broker.heartbeat.interval.ms"),
        replica_lag_time_max: ms("replica.lag.time.max.ms"),
        replica_fetch_wait_max: ms("replica.fetch.wait.max.ms"),
        replica_fetch_min_bytes: int32("replica.fetch.min.bytes"),
        replica_fetch_max_bytes: int32("replica.fetch.max.bytes"),
        replica_fetch_backoff: ms("replica.fetch.backoff.ms"),
        replica_socket_timeout: ms("replica.socket.timeout.ms"),
        high_watermark_checkpoint_interval: ms("replica.high.watermark.checkpoint.interval.ms"),
        request_timeout: ms("request.timeout.ms"),
        controller_socket_timeout: ms("controller.socket.timeout.ms"),
        elr: int("eligible.leader.replicas.version") == 1,
        truncation: match settings.text(Section::Cluster, "truncation") {
            "high-watermark" => Truncation::HighWatermark,
            "epoch-101" => Truncation::Epoch101,
            "epoch-279" => Truncation::Epoch279,
            _ => Truncation::Epoch,
        },
        high_watermark_requires_min_isr: bool("hw_requires_min_isr"),
        min_isr_clamped: bool("min_isr_clamped_to_rf"),
        producer_id_expiration: ms("producer.id.expiration.ms"),
        producer_id_expiration_check_interval: ms("producer.id.expiration.check.interval.ms"),
        auto_leader_rebalance: bool("auto.leader.rebalance.enable"),
        leader_imbalance_check_interval: ms("leader.imbalance.check.interval.seconds").saturating_mul(1000),
        leader_imbalance_percentage: int32("leader.imbalance.per.broker.percentage"),
        controlled_shutdown: bool("controlled.shutdown.enable"),
        flush_scheduler_interval: scheduler,
        min_insync_replicas: settings.int8(Section::Cluster, "min.insync.replicas"),
        unclean_leader_election: bool("unclean.leader.election.enable"),
        flush_messages: some_unless_never(int("log.flush.interval.messages")),
        // Without an age of its own a log is flushed at the scheduler's pace.
        flush_ms: flush_ms.or(scheduler),
        offsets_retention: int("offsets.retention.minutes").saturating_mul(60_000_000),
        offsets_retention_check: ms("offsets.retention.check.interval.ms"),
        retention_check_interval: ms("log.retention.check.interval.ms"),
        initial_task_delay: ms("log.initial.task.delay.ms"),
        message_max_bytes: int32("message.max.bytes"),
        offsets_replication_factor: copies.map_or(brokers.min(3), |copies| copies as u8),
        offset_commit_timeout: ms("offset.commit.timeout.ms"),
        group_initial_rebalance_delay: ms("group.initial.rebalance.delay.ms"),
        group_min_session_timeout: ms("group.min.session.timeout.ms"),
        group_max_session_timeout: ms("group.max.session.timeout.ms"),
    }
}

fn some_unless_never(n: u64) -> Option<u64> {
    (n != NEVER).then_some(n)
}

fn topic(settings: &Settings, cluster: &ClusterConfig) -> TopicConfig {
    let int = |key| settings.int_if_any(Section::Topic, key);
    let int8 = |key, otherwise| int(key).map_or(otherwise, |n| u8::try_from(n).unwrap_or(u8::MAX));
    let unclean = settings.set.get(&(Section::Topic, "unclean.leader.election.enable"));
    TopicConfig {
        partitions: settings.int8(Section::Topic, "partitions"),
        replication_factor: int8("replication.factor", cluster.brokers.min(3)),
        min_insync_replicas: int8("min.insync.replicas", cluster.min_insync_replicas),
        unclean_leader_election: match unclean {
            Some(Value::Bool(value)) => *value,
            _ => cluster.unclean_leader_election,
        },
        retention: int("retention.ms").filter(|n| *n <= NEVER).map(ms),
        segment: settings.ms(Section::Topic, "segment.ms"),
        max_message_bytes: int("max.message.bytes").map_or(cluster.message_max_bytes, |n| n as u32),
        flush_messages: int("flush.messages").map_or(cluster.flush_messages, some_unless_never),
        flush_ms: int("flush.ms").map_or(cluster.flush_ms, |n| some_unless_never(n).map(ms)),
    }
}

fn producer(settings: &Settings) -> ProducerConfig {
    let ms = |key| settings.ms(Section::Producer, key);
    let int32 = |key| settings.int32(Section::Producer, key);
    let acks = match settings.text(Section::Producer, "acks") {
        "0" => Acks::None,
        "1" => Acks::Leader,
        _ => Acks::All,
    };
    let (linger, request_timeout) = (ms("linger.ms"), ms("request.timeout.ms"));
    let mut delivery_timeout = ms("delivery.timeout.ms");
    if !settings.is_set(Section::Producer, "delivery.timeout.ms") {
        // Kafka raises its own default silently, and refuses a value of the user's.
        delivery_timeout = delivery_timeout.max(linger.saturating_add(request_timeout));
    }
    let wanted = settings.bool(Section::Producer, "enable.idempotence");
    let explicit = settings.is_set(Section::Producer, "enable.idempotence");
    let possible = acks == Acks::All && int32("retries") > 0;
    ProducerConfig {
        count: settings.int8(Section::Producer, "count"),
        records: int32("records"),
        every: ms("every_ms"),
        wait_each: settings.text(Section::Producer, "wait") == "each",
        resend: int32("resend"),
        replay_on_restart: settings.text(Section::Producer, "on_restart") == "replay",
        acks,
        // Nobody asked for it: Kafka leaves it off without a word where the other settings rule it out.
        idempotence: wanted && (explicit || possible),
        retries: int32("retries"),
        retry_backoff: ms("retry.backoff.ms").min(ms("retry.backoff.max.ms")),
        retry_backoff_max: ms("retry.backoff.max.ms"),
        reconnect_backoff: ms("reconnect.backoff.ms"),
        reconnect_backoff_max: reconnect_backoff_max(settings, Section::Producer),
        request_timeout,
        delivery_timeout,
        max_block: ms("max.block.ms"),
        linger,
        batch_size: int32("batch.size").max(1),
        buffer_memory: settings.int(Section::Producer, "buffer.memory"),
        max_request_size: int32("max.request.size"),
        max_in_flight: int32("max.in.flight.requests.per.connection"),
        metadata_max_age: ms("metadata.max.age.ms"),
        rebootstraps: settings.text(Section::Producer, "metadata.recovery.strategy") == "rebootstrap",
        connection_setup_timeout: ms("socket.connection.setup.timeout.ms")
            .min(ms("socket.connection.setup.timeout.max.ms")),
        connection_setup_timeout_max: ms("socket.connection.setup.timeout.max.ms"),
    }
}

/// Where only `reconnect.backoff.ms` was set it does not grow
/// (`CommonClientConfigs.postProcessReconnectBackoffConfigs`).
fn reconnect_backoff_max(settings: &Settings, section: Section) -> Micros {
    let only_first = settings.is_set(section, "reconnect.backoff.ms")
        && !settings.is_set(section, "reconnect.backoff.max.ms");
    settings.ms(section, if only_first { "reconnect.backoff.ms" } else { "reconnect.backoff.max.ms" })
}

fn consumer(settings: &Settings) -> ConsumerConfig {
    let ms = |key| settings.ms(Section::Consumer, key);
    let int32 = |key| settings.int32(Section::Consumer, key);
    let text = |key| settings.text(Section::Consumer, key);
    let starts = settings.ints(Section::Consumer, "members_start_ms");
    ConsumerConfig {
        members: settings.int8(Section::Consumer, "members"),
        start_after_producers: text("start") == "after-producers",
        members_start: starts
            .map(|starts| starts.iter().map(|start| super::super::ids::ms(*start as u64)).collect()),
        commit: match text("commit") {
            "before-processing" => CommitMode::BeforeProcessing,
            "async" => CommitMode::Async,
            "auto" => CommitMode::Auto,
            "in-database" => CommitMode::InDatabase,
            _ => CommitMode::AfterProcessing,
        },
        commit_every: int32("commit_every"),
        effect: match text("effect") {
            "dedup-table" => Effect::DedupTable,
            "note-first" => Effect::NoteFirst,
            "transaction" => Effect::Transaction,
            "version-check" => Effect::VersionCheck,
            "version-reread" => Effect::VersionReread,
            "sequence-check" => Effect::SequenceCheck,
            "external-call" => Effect::ExternalCall,
            _ => Effect::Plain,
        },
        workers: settings.int8(Section::Consumer, "workers"),
        process: ms("process_ms"),
        idempotency_key: settings.bool(Section::Consumer, "idempotency_key"),
        dedup_by_offset: text("dedup_by") == "offset",
        dedup_in_memory: text("dedup_in") == "memory",
        remember: settings.int_if_any(Section::Consumer, "remember_ms").map(super::super::ids::ms),
        fails: match settings.set.get(&(Section::Consumer, "fails")) {
            Some(Value::Records(records)) => records.clone(),
            _ => Vec::new(),
        },
        on_failure: match text("on_failure") {
            "skip" => OnFailure::Skip,
            "dead-letter" => OnFailure::DeadLetter,
            _ => OnFailure::Retry,
        },
        offset_check: settings.bool(Section::Consumer, "offset_check"),
        fencing: settings.bool(Section::Consumer, "fencing"),
        assignor: assignor(settings),
        auto_offset_reset: match text("auto.offset.reset") {
            "earliest" => AutoOffsetReset::Earliest,
            "none" => AutoOffsetReset::None,
            _ => AutoOffsetReset::Latest,
        },
        auto_commit_interval: ms("auto.commit.interval.ms"),
        max_poll_records: int32("max.poll.records"),
        max_poll_interval: ms("max.poll.interval.ms"),
        session_timeout: ms("session.timeout.ms"),
        heartbeat_interval: ms("heartbeat.interval.ms"),
        fetch_min_bytes: int32("fetch.min.bytes"),
        fetch_max_wait: ms("fetch.max.wait.ms"),
        fetch_max_bytes: int32("fetch.max.bytes"),
        max_partition_fetch_bytes: int32("max.partition.fetch.bytes"),
        request_timeout: ms("request.timeout.ms"),
        default_api_timeout: ms("default.api.timeout.ms"),
        retry_backoff: ms("retry.backoff.ms").min(ms("retry.backoff.max.ms")),
        retry_backoff_max: ms("retry.backoff.max.ms"),
        reconnect_backoff: ms("reconnect.backoff.ms"),
        reconnect_backoff_max: reconnect_backoff_max(settings, Section::Consumer),
        metadata_max_age: ms("metadata.max.age.ms"),
        rebootstraps: text("metadata.recovery.strategy") == "rebootstrap",
        connection_setup_timeout: ms("socket.connection.setup.timeout.ms")
            .min(ms("socket.connection.setup.timeout.max.ms")),
        connection_setup_timeout_max: ms("socket.connection.setup.timeout.max.ms"),
    }
}

/// Members that support an eager assignor rebalance eagerly, so that the cooperative one takes it alone.
fn assignor(settings: &Settings) -> Assignor {
    match settings.set.get(&(Section::Consumer, "partition.assignment.strategy")) {
        Some(Value::Texts(names)) if names.iter().all(|name| name == ASSIGNORS[1]) => {
            Assignor::CooperativeSticky
        }
        _ => Assignor::Range,
    }
}

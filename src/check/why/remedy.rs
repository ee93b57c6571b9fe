//! What would have prevented a violation: settings to try, in order, or what to do where none helps.
//!
//! A candidate is a guess by rule. Whoever shows it runs the scenario again with it and says what came of it.

use crate::sim::config::keys::Section;
use crate::sim::config::raw::RawValue;
use crate::sim::config::{Acks, CommitMode, Config, ConsumerConfig, Effect, Truncation};
use crate::sim::{Micros, TopicPartition, ms};

/// What would have prevented a violation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedy {
    /// Changes of settings, each to be tried by itself, the mildest first.
    pub candidates: Vec<Vec<Setting>>,
    /// What helps beyond settings.
    pub advice: Option<Advice>,
}

/// A setting and its value, as a scenario file says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Where.
    pub section: Section,
    /// Which.
    pub key: &'static str,
    /// What.
    pub value: SettingValue,
}

impl Setting {
    /// The version of Kafka from which on it is so, where the file's key stands for a rule of versions and no cluster
    /// can be set to it.
    pub fn since(&self) -> Option<&'static str> {
        // KIP-320.
        (self.key == "truncation").then_some("2.1")
    }
}

/// A value, of the type that the file has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// A word.
    Text(&'static str),
    /// A number.
    Number(u32),
    /// Yes or no.
    Flag(bool),
}

impl From<SettingValue> for RawValue {
    fn from(value: SettingValue) -> RawValue {
        match value {
            SettingValue::Text(text) => RawValue::Text(text.to_owned()),
            SettingValue::Number(number) => RawValue::Int(number.into()),
            SettingValue::Flag(flag) => RawValue::Bool(flag),
        }
    }
}

/// What helps where no setting does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Advice {
    /// Keep events in the application until their ack, and send them again after a restart (an outbox).
    KeepUntilAcked,
    /// After an error the record may be in the log all the same: take it for unknown, not for failed.
    TakeForUnknown,
    /// The log can hold an event twice: let the consumer know it by its id.
    DedupAtConsumer,
    /// Bring a broker back that has the records.
    BringBrokerBack,
    /// More must break at once than these settings can bear: spread replicas over machines that do not fail
    /// together.
    SpreadReplicas,
    /// Start a consumer again.
    BringConsumerBack,
    /// Make the record, or the limit on its size, fit.
    FitTheSize,
    /// An ack that does not stand for copies is no promise.
    WaitForCopies,
    /// Wait for a replica that has the records rather than let another one lead.
    WaitForInSync,
    /// Heal what keeps the consumer from what it needs.
    MendWhatIsBroken,
    /// Let a new group begin with what is there.
    StartAtTheBeginning,
    /// The log need not be in order of sending: let the consumer put events in order by a number of their own.
    OrderAtConsumer,
    /// Commit an offset only when the effect is there.
    CommitBehindEffect,
    /// Keep ids for longer than a record can take to come again.
    RememberLonger,
    /// Put what cannot be processed aside, and hand it in again when the cause is mended.
    MendProcessing,
    /// Send an idempotency key with the call.
    KeyWithCall,
    /// Keep records for longer than a consumer can be away.
    KeepLonger,
    /// Bring about the effect, and note that it is there, in one transaction.
    EffectWithNote,
}

/// Settings that were tried, with the same faults, and help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The settings.
    pub settings: Vec<Setting>,
    /// How far.
    pub helps: Helps,
}

impl Proof {
    /// Whether each batch is to be flushed, which has its price.
    pub fn flushes(&self) -> bool {
        self.settings.iter().any(|setting| setting.key == "flush.messages")
    }
}

/// How far settings help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Helps {
    /// Every fault strikes that did, no fewer records are acknowledged, and nothing goes wrong.
    Wholly,
    /// Nothing goes wrong, but fewer records are acknowledged: they are refused, or wait.
    ForFewer {
        /// So many.
        acked: u32,
        /// Without the settings so many were.
        before: u32,
    },
    /// Nothing goes wrong, but not every fault strikes that did.
    Unstruck,
    /// What they are against does not happen; something else goes wrong as it did.
    Only,
    /// What would have been lost is not, but more is stored or takes effect twice.
    Twice,
}

impl Remedy {
    pub(super) fn of(candidates: Vec<Vec<Setting>>, advice: impl Into<Option<Advice>>) -> Remedy {
        Remedy { candidates, advice: advice.into() }
    }
}

fn text(section: Section, key: &'static str, value: &'static str) -> Setting {
    Setting { section, key, value: SettingValue::Text(value) }
}

fn number(section: Section, key: &'static str, value: u32) -> Setting {
    Setting { section, key, value: SettingValue::Number(value) }
}

fn flag(section: Section, key: &'static str, value: bool) -> Setting {
    Setting { section, key, value: SettingValue::Flag(value) }
}

/// What decides how an acked record could be lost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    /// Only the leader had it when it was acked.
    pub(super) alone: bool,
    /// An unclean election decided.
    pub(super) unclean: bool,
    /// A power loss took a copy.
    pub(super) power: bool,
    /// The leader has it, above a high watermark that waits for replicas.
    pub(super) waits: bool,
    /// A copy stood somewhere when a leader without one was elected.
    pub(super) copy_elsewhere: bool,
}

/// Settings under which the record would have been kept.
pub(super) fn against_loss(config: &Config, loss: Loss) -> Remedy {
    let events = TopicPartition::events(0);
    let replicas = u32::from(config.topic.replication_factor);
    let min_isr = config.effective_min_isr(events);
    let mut ladder = Ladder::default();
    let mut acks = Vec::new();
    if config.producer.acks != Acks::All {
        acks.push(text(Section::Producer, "acks", "all"));
    }
    if min_isr < 2 && replicas > 1 && (loss.alone || loss.copy_elsewhere) {
        acks.push(number(Section::Topic, "min.insync.replicas", 2));
    }
    ladder.offer(acks);
    if loss.waits {
        return Remedy::of(ladder.candidates, Advice::BringBrokerBack);
    }
    let unclean = loss.unclean && config.unclean_leader_election(events);
    if unclean {
        ladder.offer(vec![flag(Section::Topic, "unclean.leader.election.enable", false)]);
    }
    if config.cluster.truncation != Truncation::Epoch {
        ladder.offer(vec![text(Section::Cluster, "truncation", "epoch")]);
    }
    if !config.cluster.elr && loss.copy_elsewhere {
        ladder.offer(vec![number(Section::Cluster, "eligible.leader.replicas.version", 1)]);
    }
    if replicas == 1 && config.cluster.brokers > 1 && loss.power {
        let factor = u32::from(config.cluster.brokers.min(3));
        let mut settings = vec![number(Section::Topic, "replication.factor", factor)];
        if min_isr < 2 {
            settings.push(number(Section::Topic, "min.insync.replicas", 2));
        }
        ladder.offer(settings);
    }
    if loss.power && config.topic.flush_messages != Some(1) {
        ladder.offer(vec![number(Section::Topic, "flush.messages", 1)]);
    }
    let advice = if loss.power {
        Advice::SpreadReplicas
    } else if unclean {
        Advice::WaitForInSync
    } else {
        Advice::WaitForCopies
    };
    Remedy::of(ladder.candidates, advice)
}

/// Changes one by one, and after each all of them so far.
#[derive(Default)]
struct Ladder {
    candidates: Vec<Vec<Setting>>,
    all: Vec<Setting>,
}

impl Ladder {
    fn offer(&mut self, settings: Vec<Setting>) {
        if settings.is_empty() {
            return;
        }
        self.all.extend(settings.iter().copied());
        let alone = self.all.len() == settings.len();
        self.candidates.push(settings);
        if !alone {
            self.candidates.push(self.all.clone());
        }
    }
}

/// Longer patience of the client, where it was cut short.
pub(super) fn patience(config: &Config) -> Vec<Vec<Setting>> {
    /// Kafka's own default.
    const DELIVERY_TIMEOUT: Micros = ms(120_000);
    let producer = &config.producer;
    let mut settings = Vec::new();
    if producer.delivery_timeout < DELIVERY_TIMEOUT {
        settings.push(number(Section::Producer, "delivery.timeout.ms", 120_000));
    }
    if producer.retries < i32::MAX as u32 {
        settings.push(number(Section::Producer, "retries", i32::MAX as u32));
    }
    if settings.is_empty() { Vec::new() } else { vec![settings] }
}

/// The application sends a failed record again. It may be there all the same, so that whoever reads must know it again.
pub(super) fn resend(config: &Config) -> Vec<Setting> {
    let mut settings = vec![number(Section::Producer, "resend", config.producer.resend + 1)];
    settings.extend(one_transaction(config).into_iter().flatten());
    settings
}

/// The brokers know a batch that is sent again.
pub(super) fn idempotence(config: &Config) -> Vec<Setting> {
    let mut settings = vec![flag(Section::Producer, "enable.idempotence", true)];
    if config.producer.acks != Acks::All {
        settings.push(text(Section::Producer, "acks", "all"));
    }
    if config.producer.max_in_flight > 5 {
        settings.push(number(Section::Producer, "max.in.flight.requests.per.connection", 5));
    }
    if config.producer.retries == 0 {
        settings.push(number(Section::Producer, "retries", i32::MAX as u32));
    }
    settings
}

/// Brokers that remember a producer for as long as they do by default.
pub(super) fn remembered(config: &Config) -> Vec<Vec<Setting>> {
    const DAY: Micros = ms(86_400_000);
    if config.cluster.producer_id_expiration >= DAY {
        return Vec::new();
    }
    vec![vec![number(Section::Cluster, "producer.id.expiration.ms", 86_400_000)]]
}

pub(super) fn one_in_flight() -> Vec<Setting> {
    vec![number(Section::Producer, "max.in.flight.requests.per.connection", 1)]
}

pub(super) fn more_replicas(config: &Config) -> Vec<Vec<Setting>> {
    let most = config.cluster.brokers.min(3);
    if config.topic.replication_factor >= most {
        return Vec::new();
    }
    vec![vec![number(Section::Topic, "replication.factor", most.into())]]
}

pub(super) fn earliest() -> Vec<Setting> {
    vec![text(Section::Consumer, "auto.offset.reset", "earliest")]
}

/// A session that the group coordinator takes: the default, or what of its bounds is next to it.
pub(super) fn session(config: &Config) -> Vec<Vec<Setting>> {
    const DEFAULT: Micros = ms(45_000);
    let cluster = &config.cluster;
    let session = DEFAULT.max(cluster.group_min_session_timeout).min(cluster.group_max_session_timeout);
    let as_number = |time: Micros| u32::try_from(time / ms(1)).unwrap_or(u32::MAX);
    let mut settings = vec![number(Section::Consumer, "session.timeout.ms", as_number(session))];
    if config.consumer.as_ref().is_some_and(|consumer| consumer.heartbeat_interval >= session) {
        // A third at most, says Kafka (`CommonClientConfigs.HEARTBEAT_INTERVAL_MS_DOC`).
        settings.push(number(Section::Consumer, "heartbeat.interval.ms", as_number(session / 3)));
    }
    vec![settings]
}

/// Fewer records between two calls of poll(), or more time for them: what the exception itself asks for
/// (`CommitFailedException`). The first does not make the group wait longer for a member that hangs.
pub(super) fn poll_in_time(config: &Config) -> Vec<Vec<Setting>> {
    const DEFAULT: Micros = ms(300_000);
    let Some(consumer) = &config.consumer else { return Vec::new() };
    let mut candidates = Vec::new();
    if consumer.max_poll_records > 1 {
        candidates.push(vec![number(Section::Consumer, "max.poll.records", 1)]);
    }
    if consumer.max_poll_interval < DEFAULT {
        candidates.push(vec![number(Section::Consumer, "max.poll.interval.ms", 300_000)]);
    }
    candidates
}

/// Commits before the group takes partitions away. An application does it in
/// `ConsumerRebalanceListener.onPartitionsRevoked`; a consumer that commits by itself does so there, too
/// (`ConsumerCoordinator.onJoinPrepare`). Or a commit after each record, so that nothing is left to commit.
pub(super) fn commit_on_revoke(config: &Config) -> Vec<Vec<Setting>> {
    let Some(consumer) = config.consumer.as_ref().filter(|consumer| consumer.workers == 0) else {
        return Vec::new();
    };
    let each = number(Section::Consumer, "commit_every", 1);
    let by_itself = text(Section::Consumer, "commit", "auto");
    match consumer.commit {
        CommitMode::Auto | CommitMode::InDatabase => Vec::new(),
        _ if consumer.commit_every == 1 => vec![vec![by_itself]],
        _ => vec![vec![by_itself, each], vec![each]],
    }
}

/// The effect first, the commit behind it.
pub(super) fn commit_after(config: &Config) -> Vec<Vec<Setting>> {
    if config.consumer.as_ref().is_some_and(|consumer| consumer.workers > 0) {
        return vec![vec![number(Section::Consumer, "workers", 0)]];
    }
    let mode = config.consumer.as_ref().map(|consumer| consumer.commit);
    match mode {
        Some(CommitMode::BeforeProcessing | CommitMode::Auto) => {
            vec![vec![text(Section::Consumer, "commit", "after-processing")]]
        }
        _ => Vec::new(),
    }
}

/// Effects that a second delivery from the same place does not repeat.
pub(super) fn once_only(config: &Config) -> Vec<Vec<Setting>> {
    let mut candidates = one_transaction(config);
    candidates.extend(stored_offsets(config));
    candidates
}

/// The effect and the offset behind it at once.
pub(super) fn stored_offsets(config: &Config) -> Vec<Vec<Setting>> {
    match &config.consumer {
        Some(ConsumerConfig { effect: Effect::ExternalCall, .. } | ConsumerConfig { workers: 1.., .. }) => {
            Vec::new()
        }
        Some(consumer) if consumer.commit != CommitMode::InDatabase && consumer.commit_every == 1 => {
            vec![at_once(consumer, text(Section::Consumer, "commit", "in-database"))]
        }
        _ => Vec::new(),
    }
}

/// The effect and the note of its id at once.
pub(super) fn one_transaction(config: &Config) -> Vec<Vec<Setting>> {
    match &config.consumer {
        Some(consumer) if consumer.effect == Effect::ExternalCall => {
            if consumer.idempotency_key {
                return Vec::new();
            }
            vec![vec![flag(Section::Consumer, "idempotency_key", true)]]
        }
        Some(consumer) if consumer.effect != Effect::Transaction => {
            vec![at_once(consumer, text(Section::Consumer, "effect", "transaction"))]
        }
        _ => Vec::new(),
    }
}

/// A setting by which the database does all in one transaction: then it notes ids, too.
fn at_once(consumer: &ConsumerConfig, setting: Setting) -> Vec<Setting> {
    let mut settings = vec![setting];
    if consumer.dedup_in_memory {
        settings.push(text(Section::Consumer, "dedup_in", "database"));
    }
    settings
}

/// Ids that outlive the process that noted them, and that others see.
pub(super) fn noted_in_database(config: &Config) -> Vec<Vec<Setting>> {
    match &config.consumer {
        Some(consumer) if consumer.dedup_in_memory => {
            vec![vec![text(Section::Consumer, "dedup_in", "database")]]
        }
        _ => Vec::new(),
    }
}

/// The event's own id instead of its place in the log.
pub(super) fn own_id(config: &Config) -> Vec<Vec<Setting>> {
    match &config.consumer {
        Some(consumer) if consumer.dedup_by_offset => {
            vec![vec![text(Section::Consumer, "dedup_by", "event")]]
        }
        _ => Vec::new(),
    }
}

/// What fails does not hold up what comes after it.
pub(super) fn dead_letter() -> Vec<Setting> {
    vec![text(Section::Consumer, "on_failure", "dead-letter")]
}

/// Records that are kept for a week, as Kafka does where nobody says otherwise.
pub(super) fn keep_longer() -> Vec<Setting> {
    vec![number(Section::Topic, "retention.ms", 604_800_000)]
}

/// Offsets that outlive the absence of their group by a week, as Kafka's do where nobody says otherwise.
pub(super) fn keep_offsets() -> Vec<Setting> {
    vec![number(Section::Cluster, "offsets.retention.minutes", 10_080)]
}

/// Ids that are kept for a day.
pub(super) fn remember() -> Vec<Vec<Setting>> {
    vec![vec![number(Section::Consumer, "remember_ms", 86_400_000)]]
}

/// One order for all records.
pub(super) fn one_partition(config: &Config) -> Vec<Vec<Setting>> {
    if config.topic.partitions > 1 { vec![vec![number(Section::Topic, "partitions", 1)]] } else { Vec::new() }
}

//! What would have prevented a violation: settings to try, in order, or what to do where none helps.
//!
//! A candidate is a guess by rule. Whoever shows it runs the scenario again with it and says what came of it.

use crate::sim::config::keys::Section;
use crate::sim::config::raw::RawValue;
use crate::sim::config::{Acks, CommitMode, Config, Effect};
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
    if loss.waits {
        return Remedy::of(Vec::new(), Advice::BringBrokerBack);
    }
    let replicas = u32::from(config.topic.replication_factor);
    let min_isr = config.effective_min_isr(TopicPartition::events(0));
    let mut acks = Vec::new();
    if config.producer.acks != Acks::All {
        acks.push(text(Section::Producer, "acks", "all"));
    }
    if min_isr < 2 && replicas > 1 && loss.alone {
        acks.push(number(Section::Topic, "min.insync.replicas", 2));
    }
    let mut candidates = Vec::new();
    let mut all: Vec<Setting> = Vec::new();
    let mut offer = |settings: Vec<Setting>| {
        if settings.is_empty() {
            return;
        }
        all.extend(settings.iter().copied());
        candidates.push(settings);
        if all.len() > candidates.last().map_or(0, Vec::len) {
            candidates.push(all.clone());
        }
    };
    offer(acks);
    if loss.unclean {
        offer(vec![flag(Section::Topic, "unclean.leader.election.enable", false)]);
    }
    if !config.cluster.elr && loss.copy_elsewhere && min_isr > 1 {
        offer(vec![number(Section::Cluster, "eligible.leader.replicas.version", 1)]);
    }
    if replicas == 1 && config.cluster.brokers > 1 && loss.power {
        let factor = u32::from(config.cluster.brokers.min(3));
        let mut settings = vec![number(Section::Topic, "replication.factor", factor)];
        if min_isr < 2 {
            settings.push(number(Section::Topic, "min.insync.replicas", 2));
        }
        offer(settings);
    }
    if loss.power && config.topic.flush_messages != Some(1) {
        offer(vec![number(Section::Topic, "flush.messages", 1)]);
    }
    candidates.dedup();
    Remedy::of(candidates, loss.power.then_some(Advice::SpreadReplicas))
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

/// The application sends a failed record again.
pub(super) fn resend(config: &Config) -> Vec<Setting> {
    vec![number(Section::Producer, "resend", config.producer.resend + 1)]
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

/// The effect first, the commit behind it.
pub(super) fn commit_after(config: &Config) -> Vec<Vec<Setting>> {
    let mode = config.consumer.as_ref().map(|consumer| consumer.commit);
    match mode {
        Some(CommitMode::BeforeProcessing | CommitMode::Auto) => {
            vec![vec![text(Section::Consumer, "commit", "after-processing")]]
        }
        _ => Vec::new(),
    }
}

/// Effects that a second delivery does not repeat.
pub(super) fn once_only(config: &Config) -> Vec<Vec<Setting>> {
    let Some(consumer) = &config.consumer else { return Vec::new() };
    let mut candidates = Vec::new();
    if consumer.effect != Effect::Transaction {
        candidates.push(vec![text(Section::Consumer, "effect", "transaction")]);
    }
    if consumer.commit != CommitMode::InDatabase {
        candidates.push(vec![text(Section::Consumer, "commit", "in-database")]);
    }
    candidates
}

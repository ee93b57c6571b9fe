//! What does not go together: contradictions, and what Kafka's clients refuse with an exception of their own.

use super::keys::Section;
use super::resolve::Settings;
use super::{Acks, CommitMode, Config, Effect};
use crate::sim::ids::RecordId;
use crate::sim::world::Scenario;

/// How a Kafka client refuses its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Simple class name of the exception.
    pub exception: &'static str,
    /// That of its cause.
    pub cause: Option<&'static str>,
    /// What it says.
    pub message: String,
    /// Settings that it is about.
    pub keys: Vec<(Section, &'static str)>,
    /// What the cluster does meanwhile: nobody sends anything.
    pub scenario: Scenario,
}

pub(super) fn contradictions(config: &Config, settings: &mut Settings) {
    let brokers = config.cluster.brokers;
    let factor = settings.int_if_any(Section::Topic, "replication.factor").unwrap_or(0);
    let of_offsets = settings.int_if_any(Section::Cluster, "offsets.topic.replication.factor").unwrap_or(0);
    let factors = [
        (Section::Topic, "replication.factor", factor),
        (Section::Cluster, "offsets.topic.replication.factor", of_offsets),
    ];
    for (section, key, factor) in factors {
        if factor > u64::from(brokers) {
            settings.contradiction(
                &[(section, key), (Section::Cluster, "brokers")],
                format!("`{key}` is {factor}, but the cluster has {}", brokers_text(brokers)),
                format!(
                    "Kafka does not create such a topic (InvalidReplicationFactorException): lower it to {brokers}"
                ),
            );
        }
    }
    fetch_contradictions(config, settings);
    consumer_contradictions(config, settings);
    let latency = settings.ints(Section::Network, "latency_us");
    if let Some(latency) = latency
        && !(latency.len() == 2 && latency[0] <= latency[1])
    {
        settings.contradiction(
            &[(Section::Network, "latency_us")],
            format!("`latency_us` cannot be {latency:?}"),
            "give the least and the most, such as [200, 600]".to_owned(),
        );
    }
}

fn brokers_text(brokers: u8) -> String {
    if brokers == 1 { "one broker".to_owned() } else { format!("{brokers} brokers") }
}

/// What keeps a broker from starting (`KafkaConfig.validateValues`).
fn fetch_contradictions(config: &Config, settings: &mut Settings) {
    let cluster = &config.cluster;
    let limits = [
        ("replica.socket.timeout.ms", cluster.replica_socket_timeout),
        ("replica.lag.time.max.ms", cluster.replica_lag_time_max),
    ];
    for (key, limit) in limits {
        if cluster.replica_fetch_wait_max > limit {
            settings.contradiction(
                &[(Section::Cluster, "replica.fetch.wait.max.ms"), (Section::Cluster, key)],
                format!("`replica.fetch.wait.max.ms` is more than `{key}`: no broker starts with that"),
                format!("lower `replica.fetch.wait.max.ms` to {} or less", limit / 1000),
            );
        }
    }
}

fn consumer_contradictions(config: &Config, settings: &mut Settings) {
    let Some(consumer) = &config.consumer else { return };
    if let Some(starts) = &consumer.members_start {
        if starts.len() != usize::from(consumer.members) {
            let (starts, members) = (starts.len(), consumer.members);
            settings.contradiction(
                &[(Section::Consumer, "members_start_ms"), (Section::Consumer, "members")],
                format!("`members_start_ms` gives {starts}, but `members` is {members}"),
                "give one moment for each member".to_owned(),
            );
        }
        if consumer.start_after_producers {
            settings.contradiction(
                &[(Section::Consumer, "members_start_ms"), (Section::Consumer, "start")],
                "`start` and `members_start_ms` both say when members start".to_owned(),
                "leave one of them out".to_owned(),
            );
        }
    }
    let by_itself = matches!(consumer.commit, CommitMode::Auto | CommitMode::InDatabase);
    if by_itself && consumer.commit_every != 1 {
        settings.contradiction(
            &[(Section::Consumer, "commit_every")],
            "`commit_every` has no meaning where the consumer itself commits nothing".to_owned(),
            "leave it out, or commit \"after-processing\" or \"before-processing\"".to_owned(),
        );
    }
    let calls = consumer.effect == Effect::ExternalCall;
    if consumer.idempotency_key && !calls {
        settings.contradiction(
            &[(Section::Consumer, "idempotency_key"), (Section::Consumer, "effect")],
            "`idempotency_key` comes with a call, and this `effect` calls nobody".to_owned(),
            "add `effect = \"external-call\"`, or leave it out".to_owned(),
        );
    }
    if calls && consumer.commit == CommitMode::InDatabase {
        settings.contradiction(
            &[(Section::Consumer, "effect"), (Section::Consumer, "commit")],
            "a call out of the database cannot be in one transaction with an offset in it".to_owned(),
            "commit \"after-processing\", or choose another effect".to_owned(),
        );
    }
    if consumer.workers > 0 && consumer.commit == CommitMode::InDatabase {
        settings.contradiction(
            &[(Section::Consumer, "workers"), (Section::Consumer, "commit")],
            "with `workers` commits follow the hand-out; an offset in the database comes with the effect"
                .to_owned(),
            "leave `workers` out, or commit \"auto\", \"async\" or \"after-processing\"".to_owned(),
        );
    }
    for key in ["dedup_by", "dedup_in", "remember_ms"] {
        let compares = key == "dedup_by" && consumer.effect == Effect::SequenceCheck;
        if settings.is_set(Section::Consumer, key) && !consumer.notes_ids() && !compares {
            settings.contradiction(
                &[(Section::Consumer, key), (Section::Consumer, "effect")],
                format!("`{key}` is about ids that are noted, and this `effect` notes none"),
                "take an effect such as \"transaction\", or \"external-call\" with an `idempotency_key`, or leave it \
                 out"
                    .to_owned(),
            );
        }
    }
    let by_step = matches!(consumer.effect, Effect::DedupTable | Effect::NoteFirst);
    if consumer.dedup_in_memory && (!by_step || consumer.commit == CommitMode::InDatabase) {
        settings.contradiction(
            &[(Section::Consumer, "dedup_in"), (Section::Consumer, "effect"), (Section::Consumer, "commit")],
            "ids in memory cannot be noted in one transaction of the database, nor by a service".to_owned(),
            "take `effect = \"dedup-table\"` or \"note-first\", and no `commit = \"in-database\"`, or leave it out"
                .to_owned(),
        );
    }
    if settings.is_set(Section::Consumer, "on_failure") && consumer.fails.is_empty() {
        settings.contradiction(
            &[(Section::Consumer, "on_failure"), (Section::Consumer, "fails")],
            "`on_failure` says what becomes of records that fail, and none does".to_owned(),
            "name them, such as `fails = [\"p1-3\"]`, or leave it out".to_owned(),
        );
    }
    let producer = &config.producer;
    let unknown = |id: &&RecordId| id.producer() > producer.count || id.number() > producer.records;
    if let Some(id) = consumer.fails.iter().find(unknown) {
        settings.contradiction(
            &[(Section::Consumer, "fails"), (Section::Producer, "records")],
            format!("`fails` names {id}, which nobody sends"),
            format!("name records up to p{}-{}", producer.count, producer.records),
        );
    }
    if consumer.offset_check && consumer.commit != CommitMode::InDatabase {
        settings.contradiction(
            &[(Section::Consumer, "offset_check")],
            "`offset_check` guards an offset that is stored in the database".to_owned(),
            "add `commit = \"in-database\"`, or leave it out".to_owned(),
        );
    }
}

/// `ProducerConfig.postProcessAndValidateIdempotenceConfigs`, then `KafkaProducer.configureDeliveryTimeout`.
pub(super) fn producer_refusal(settings: &Settings, scenario: &Scenario) -> Option<Refusal> {
    const P: Section = Section::Producer;
    let producer = &scenario.config.producer;
    let wanted = settings.bool(P, "enable.idempotence");
    let explicit = settings.is_set(P, "enable.idempotence");
    let refused = |message: &str, key| {
        refusal(scenario, "ConfigException", None, message, P, &[key, "enable.idempotence"])
    };
    if wanted && explicit && producer.retries == 0 {
        return Some(refused("Must set retries to non-zero when using the idempotent producer.", "retries"));
    }
    if wanted && explicit && producer.acks != Acks::All {
        let message = "Must set acks to all in order to use the idempotent producer. Otherwise we cannot \
                       guarantee idempotence.";
        return Some(refused(message, "acks"));
    }
    if wanted && producer.max_in_flight > 5 {
        let message = format!(
            "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. \
             Current value is {}.",
            producer.max_in_flight
        );
        return Some(refused(&message, "max.in.flight.requests.per.connection"));
    }
    (producer.delivery_timeout < producer.linger.saturating_add(producer.request_timeout)).then(|| {
        let message = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
        let keys = ["delivery.timeout.ms", "linger.ms", "request.timeout.ms"];
        refusal(scenario, "KafkaException", Some("ConfigException"), message, P, &keys)
    })
}

/// The constructor of `Heartbeat`, and with it that of `KafkaConsumer`: no process of the group ever starts.
///
/// A session that the coordinator does not take is no such case: a consumer starts with it, and its join is refused.
pub(super) fn consumer_refusal(scenario: &Scenario) -> Option<Refusal> {
    let consumer = scenario.config.consumer.as_ref()?;
    (consumer.heartbeat_interval >= consumer.session_timeout).then(|| {
        refusal(
            scenario,
            "KafkaException",
            Some("IllegalArgumentException"),
            "Heartbeat must be set lower than the session timeout",
            Section::Consumer,
            &["heartbeat.interval.ms", "session.timeout.ms"],
        )
    })
}

fn refusal(
    scenario: &Scenario,
    exception: &'static str,
    cause: Option<&'static str>,
    message: &str,
    section: Section,
    keys: &[&'static str],
) -> Refusal {
    let mut silent = Scenario { faults: Vec::new(), ..scenario.clone() };
    silent.config.producer.records = 0;
    if section == Section::Consumer {
        silent.config.consumer = None;
    }
    let keys = keys.iter().map(|key| (section, *key)).collect();
    Refusal { exception, cause, message: message.to_owned(), keys, scenario: silent }
}

//! The settings that the panel offers, under their names in the scenario file, each with the choices worth trying.

use crate::scene::Lang;
use crate::sim::config::keys::Section;
use crate::sim::config::raw::RawValue;
use crate::sim::config::{Acks, CommitMode, Config, Effect};

/// A setting of the panel.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its section.
    pub section: Section,
    /// Its key.
    pub key: &'static str,
    /// Its choices; none = any number.
    pub choices: &'static [&'static str],
    /// What holds in a run.
    pub current: fn(&Config) -> String,
    kind: Kind,
}

/// How a choice is written in the file.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Number,
    Bool,
}

/// A heading and the settings under it.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// What they belong to, in both languages.
    pub title: (&'static str, &'static str),
    /// The settings.
    pub fields: &'static [Field],
}

impl Group {
    /// Its heading.
    pub fn title(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.title.0,
            Lang::Zh => self.title.1,
        }
    }
}

/// As many retries as there can be.
const MANY: &str = "2147483647";
/// Never.
const NEVER: &str = "9223372036854775807";

impl Field {
    const fn text(
        section: Section,
        key: &'static str,
        choices: &'static [&'static str],
        current: fn(&Config) -> String,
    ) -> Field {
        Field { section, key, choices, current, kind: Kind::Text }
    }

    const fn number(
        section: Section,
        key: &'static str,
        choices: &'static [&'static str],
        current: fn(&Config) -> String,
    ) -> Field {
        Field { section, key, choices, current, kind: Kind::Number }
    }

    const fn flag(section: Section, key: &'static str, current: fn(&Config) -> String) -> Field {
        Field { section, key, choices: &["false", "true"], current, kind: Kind::Bool }
    }

    /// A choice as a value of the file. What is no number stays a text, to be refused by whoever reads it.
    pub fn value(&self, choice: &str) -> RawValue {
        match self.kind {
            Kind::Text => RawValue::from(choice),
            Kind::Number => {
                choice.trim().parse::<i64>().map_or_else(|_| RawValue::from(choice), RawValue::from)
            }
            Kind::Bool => RawValue::from(choice == "true"),
        }
    }

    /// A value of the file as a choice.
    pub fn choice(&self, value: &RawValue) -> String {
        match value {
            RawValue::Bool(value) => value.to_string(),
            RawValue::Int(value) => value.to_string(),
            RawValue::Text(value) => value.clone(),
            RawValue::List(_) => String::new(),
        }
    }

    /// A choice in few letters.
    pub fn label(&self, choice: &'static str, lang: Lang) -> &'static str {
        match (lang, choice) {
            (_, MANY | NEVER) => "∞",
            (Lang::En, "true") => "on",
            (Lang::En, "false") => "off",
            (Lang::Zh, "true") => "开",
            (Lang::Zh, "false") => "关",
            (Lang::En, "before-processing") => "before",
            (Lang::Zh, "before-processing") => "处理前",
            (Lang::En, "after-processing") => "after",
            (Lang::Zh, "after-processing") => "处理后",
            (Lang::Zh, "async") => "异步",
            (Lang::Zh, "auto") => "自动",
            (Lang::En, "in-database") => "in database",
            (Lang::Zh, "in-database") => "存数据库",
            (Lang::Zh, "plain") => "直接付",
            (Lang::En, "dedup-table") => "dedup",
            (Lang::Zh, "dedup-table") => "去重表",
            (Lang::En, "transaction") => "DB txn",
            (Lang::Zh, "transaction") => "库事务",
            (Lang::En, "version-check") => "version",
            (Lang::Zh, "version-check") => "版本号",
            (Lang::En, "sequence-check") => "number",
            (Lang::Zh, "sequence-check") => "序号",
            (Lang::En, "external-call") => "call",
            (Lang::Zh, "external-call") => "外部调用",
            _ => choice,
        }
    }

    /// Whether a choice gives away a guarantee, as the table of keys has it.
    pub fn dangerous(&self, choice: &str) -> bool {
        self.section.key(self.key).is_some_and(|key| key.dangerous.contains(&choice))
    }

    /// What it does, in one line.
    pub fn doc(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.section.key(self.key).map_or("", |key| key.doc),
            Lang::Zh => DOCS.iter().find(|(key, _)| *key == self.key).map_or("", |(_, doc)| doc),
        }
    }

    /// Whether the setting has a meaning in a run.
    pub fn applies(&self, config: &Config) -> bool {
        self.section != Section::Consumer || config.consumer.is_some()
    }
}

/// What settings do, in Chinese; in English the table of keys has it.
const DOCS: &[(&str, &str)] = &[
    ("acks", "发送请求等到什么才算成功"),
    ("enable.idempotence", "broker 认出并丢弃该生产者重复发来的批次"),
    ("retries", "客户端自动重发一批的次数"),
    ("max.in.flight.requests.per.connection", "对一个 broker 同时等待回答的请求数"),
    ("count", "生产者的个数，彼此相同"),
    ("records", "每个生产者发送的记录数"),
    ("min.insync.replicas", "acks=all 写入时 ISR 至少要有的副本数"),
    ("unclean.leader.election.enable", "别无选择时，ISR 之外的副本也可以当 leader"),
    ("log.flush.interval.messages", "攒够多少条消息就刷盘"),
    ("eligible.leader.replicas.version", "1：保留 eligible leader replicas（KIP-966）"),
    ("brokers", "broker 的个数：broker-1、broker-2……"),
    ("partitions", "topic `events` 的分区数"),
    ("commit", "什么时候提交 offset"),
    ("effect", "用什么防止重复生效；事务是数据库的，不是 Kafka 的；external-call：效果是调用外部服务"),
    ("members", "消费者的个数，同属一个组"),
    ("seed", "所有延迟和抖动的来源"),
];

fn acks(config: &Config) -> String {
    match config.producer.acks {
        Acks::None => "0",
        Acks::Leader => "1",
        Acks::All => "all",
    }
    .to_owned()
}

fn commit(config: &Config) -> String {
    config
        .consumer
        .as_ref()
        .map_or("", |consumer| match consumer.commit {
            CommitMode::BeforeProcessing => "before-processing",
            CommitMode::AfterProcessing => "after-processing",
            CommitMode::Async => "async",
            CommitMode::Auto => "auto",
            CommitMode::InDatabase => "in-database",
        })
        .to_owned()
}

fn effect(config: &Config) -> String {
    config
        .consumer
        .as_ref()
        .map_or("", |consumer| match consumer.effect {
            Effect::Plain => "plain",
            Effect::DedupTable => "dedup-table",
            Effect::NoteFirst => "note-first",
            Effect::Transaction => "transaction",
            Effect::VersionCheck => "version-check",
            Effect::ExternalCall => "external-call",
            Effect::VersionReread => "version-reread",
            Effect::SequenceCheck => "sequence-check",
        })
        .to_owned()
}

fn flush(config: &Config) -> String {
    config.topic.flush_messages.map_or_else(|| NEVER.to_owned(), |n| n.to_string())
}

/// Everything that the panel offers.
pub const GROUPS: &[Group] = &[
    Group {
        title: ("Producer", "生产者"),
        fields: &[
            Field::text(Section::Producer, "acks", &["0", "1", "all"], acks),
            Field::flag(Section::Producer, "enable.idempotence", |c| c.producer.idempotence.to_string()),
            Field::number(Section::Producer, "retries", &["0", "3", MANY], |c| {
                c.producer.retries.to_string()
            }),
            Field::number(
                Section::Producer,
                "max.in.flight.requests.per.connection",
                &["1", "5", "10"],
                |c| c.producer.max_in_flight.to_string(),
            ),
            Field::number(Section::Producer, "count", &["1", "2", "3"], |c| c.producer.count.to_string()),
            Field::number(Section::Producer, "records", &[], |c| c.producer.records.to_string()),
        ],
    },
    Group {
        title: ("Brokers", "Broker"),
        fields: &[
            Field::number(Section::Topic, "min.insync.replicas", &["1", "2", "3"], |c| {
                c.topic.min_insync_replicas.to_string()
            }),
            Field::flag(Section::Topic, "unclean.leader.election.enable", |c| {
                c.topic.unclean_leader_election.to_string()
            }),
            Field::number(Section::Cluster, "log.flush.interval.messages", &["1", "10", NEVER], flush),
            Field::number(Section::Cluster, "eligible.leader.replicas.version", &["0", "1"], |c| {
                u8::from(c.cluster.elr).to_string()
            }),
            Field::number(Section::Cluster, "brokers", &["1", "2", "3", "4", "5"], |c| {
                c.cluster.brokers.to_string()
            }),
            Field::number(Section::Topic, "partitions", &["1", "2", "3"], |c| c.topic.partitions.to_string()),
        ],
    },
    Group {
        title: ("Consumer and database", "消费者与数据库"),
        fields: &[
            Field::text(
                Section::Consumer,
                "commit",
                &["before-processing", "after-processing", "async", "auto", "in-database"],
                commit,
            ),
            Field::text(
                Section::Consumer,
                "effect",
                &["plain", "dedup-table", "transaction", "version-check", "sequence-check", "external-call"],
                effect,
            ),
            Field::flag(Section::Consumer, "fencing", |c| {
                c.consumer.as_ref().is_some_and(|consumer| consumer.fencing).to_string()
            }),
            Field::number(Section::Consumer, "members", &["1", "2", "3"], |c| c.members().to_string()),
        ],
    },
    Group {
        title: ("Chance", "随机"),
        fields: &[Field::number(Section::Root, "seed", &[], |c| c.seed.to_string())],
    },
];

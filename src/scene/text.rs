//! Small helpers of all that is said.

use super::Lang;
use crate::sim::config::Acks;
use crate::sim::{Error, NodeId};

/// What a node is called in a sentence.
pub(super) fn node_name(node: NodeId, lang: Lang) -> String {
    match (lang, node) {
        (_, NodeId::Broker(n)) => format!("broker-{n}"),
        (Lang::En, NodeId::Controller) => "the controller".to_owned(),
        (Lang::En, NodeId::Producer(1)) => "the shop".to_owned(),
        (Lang::Zh, NodeId::Producer(1)) => "商店".to_owned(),
        (Lang::En, NodeId::Producer(n)) => format!("shop {n}"),
        (Lang::En, NodeId::Consumer(n)) => format!("consumer-{n}"),
        (Lang::En, NodeId::Database) => "the account's database".to_owned(),
        (Lang::Zh, NodeId::Controller) => "控制器".to_owned(),
        (Lang::Zh, NodeId::Producer(n)) => format!("商店 {n}"),
        (Lang::Zh, NodeId::Consumer(n)) => format!("消费者 {n}"),
        (Lang::Zh, NodeId::Database) => "账户数据库".to_owned(),
    }
}

/// `3 packets sent`, `1 packet sent`.
pub(super) fn packets(n: usize, lang: Lang, done: &str) -> String {
    match lang {
        Lang::En => format!("{n} {} {done}", if n == 1 { "packet" } else { "packets" }),
        Lang::Zh => format!("{n} 个红包{done}"),
    }
}

/// Begins with a capital.
pub(super) fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    // ASCII is all that English sentences begin with; the tables of all other capitals weigh 6 KB.
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// The value of `acks`.
pub(super) fn acks_value(acks: Acks) -> &'static str {
    match acks {
        Acks::None => "0",
        Acks::Leader => "1",
        Acks::All => "all",
    }
}

/// What an error says in plain words, with Kafka's name where there are none.
pub(super) fn error_text(error: Error, lang: Lang) -> String {
    let (en, zh) = match error {
        Error::NotEnoughReplicas => ("too few replicas are in sync", "同步副本不够"),
        Error::NotEnoughReplicasAfterAppend => {
            ("too few replicas were in sync once it was stored", "写入后同步副本不够")
        }
        Error::NotLeaderOrFollower => ("it does not lead", "它不是 leader"),
        Error::RequestTimedOut => ("no answer in time", "等不到回音，超时"),
        Error::NetworkException => ("the connection was lost", "连接断了"),
        Error::MessageTooLarge => ("it is too large", "消息太大"),
        Error::OutOfOrderSequenceNumber => ("a packet before it is missing", "前面缺了红包"),
        Error::InvalidProducerEpoch => ("it comes from an old epoch of the producer", "来自生产者的旧 epoch"),
        Error::FencedLeaderEpoch => ("the leader epoch is an old one", "leader epoch 已过期"),
        Error::IllegalGeneration => ("the group has gone on without it", "消费组已经换代"),
        Error::UnknownMemberId => ("the group no longer knows this member", "消费组已不认得这个成员"),
        Error::RebalanceInProgress => ("the group is rebalancing", "消费组正在重平衡"),
        Error::InvalidSessionTimeout => {
            ("brokers allow no such session.timeout.ms", "broker 不允许这样的 session.timeout.ms")
        }
        Error::KafkaStorageError => ("its disk failed", "磁盘坏了"),
        Error::BufferExhausted => ("its memory is full", "缓冲区满了"),
        _ => return error.name().to_owned(),
    };
    match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    }
}

/// A sentence with its gaps filled: `$1` stands for the second of `gaps`.
pub(super) fn fill(sentence: &str, gaps: &[String]) -> String {
    let mut filled = String::new();
    for (i, part) in sentence.split('$').enumerate() {
        let (gap, rest) = part.split_at(usize::from(i > 0).min(part.len()));
        let gap = gap.bytes().next().and_then(|digit| gaps.get(usize::from(digit.wrapping_sub(b'0'))));
        filled += gap.map_or("", String::as_str);
        filled += rest;
    }
    filled
}

/// A space wherever a Latin letter or a digit meets a Chinese character, as one sets it.
pub(super) fn spaced(text: &str) -> String {
    let mut spaced = String::new();
    let mut last = ' ';
    for c in text.chars() {
        let chinese = |c: char| ('\u{4e00}'..'\u{a000}').contains(&c);
        if (chinese(last) && c.is_ascii_alphanumeric()) || (last.is_ascii_alphanumeric() && chinese(c)) {
            spaced.push(' ');
        }
        spaced.push(c);
        last = c;
    }
    spaced
}

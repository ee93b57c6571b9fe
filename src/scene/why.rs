//! Why something went wrong, in words: a sentence for each link of a chain, and what would have prevented it.

use super::Lang;
use super::text::{acks_value, capital, error_text, fill, node_name, spaced};
use crate::check::{Advice, Cause, Downfall, LinkKind, Remedy, Setting, SettingValue, Violation};
use crate::sim::config::Acks;
use crate::sim::order::sort_by_number;
use crate::sim::{BrokerSet, Error, NodeId, PositionSource, RecordId, SkipReason};

/// What goes into a gap of a sentence.
#[derive(Clone, Copy)]
enum Gap {
    Nothing,
    Node(NodeId),
    /// Names of brokers as a set.
    Brokers(BrokerSet),
    Number(u64),
    /// An error in plain words.
    Error(Error),
    /// An error as a client names it.
    Exception(Error),
    /// In English and in Chinese.
    Words(&'static str, &'static str),
}

/// A sentence in both languages whose gaps are not filled yet: `$0` to `$3`.
struct Said {
    en: &'static str,
    zh: &'static str,
    gaps: [Gap; 4],
}

/// A link of a chain as one sentence.
pub fn why_text(kind: &LinkKind, lang: Lang) -> String {
    let Said { en, zh, gaps } = words(*kind);
    let gaps = gaps.map(|gap| gap.text(lang));
    match lang {
        Lang::En => capital(&fill(en, &gaps)) + ".",
        Lang::Zh => spaced(&fill(zh, &gaps)) + "。",
    }
}

impl Gap {
    fn text(self, lang: Lang) -> String {
        match (self, lang) {
            (Gap::Nothing, _) => String::new(),
            (Gap::Node(node), _) => node_name(node, lang),
            (Gap::Brokers(brokers), _) => brokers.to_string(),
            (Gap::Number(number), _) => number.to_string(),
            (Gap::Error(error), _) => error_text(error, lang),
            (Gap::Exception(error), _) => error.exception().to_string(),
            (Gap::Words(words, _), Lang::En) | (Gap::Words(_, words), Lang::Zh) => words.to_owned(),
        }
    }
}

fn node(node: impl Into<NodeId>) -> Gap {
    Gap::Node(node.into())
}

fn member(n: u8) -> Gap {
    Gap::Node(NodeId::Consumer(n))
}

fn number(number: impl Into<u64>) -> Gap {
    Gap::Number(number.into())
}

/// A sentence with what fills its gaps.
fn say<const N: usize>(with: [Gap; N], en: &'static str, zh: &'static str) -> Said {
    let mut gaps = [Gap::Nothing; 4];
    gaps[..N].copy_from_slice(&with);
    Said { en, zh, gaps }
}

fn words(kind: LinkKind) -> Said {
    match kind {
        // What was broken around a packet.
        LinkKind::Cut { from, to, .. } => say(
            [node(from), node(to)],
            "nothing gets through from $0 to $1, and nobody is told",
            "$0 到 $1 的网络断了，没有人被告知",
        ),
        LinkKind::Down { node: which, how, .. } => {
            let how = match how {
                Downfall::Killed => Gap::Words("was killed", "被杀掉"),
                Downfall::PowerLost => Gap::Words("lost power", "断电"),
                Downfall::Stopped => Gap::Words("shut down", "停机"),
                Downfall::Paused => Gap::Words("stood still", "停住了"),
            };
            say([node(which), how], "$0 $1", "$0$1")
        }
        LinkKind::Restarted { node: which } => say([node(which)], "$0 came back", "$0重新启动"),
        LinkKind::DiskFailed { broker, slow: false, .. } => {
            say([node(broker)], "the disk of $0 failed", "$0 的磁盘坏了")
        }
        LinkKind::DiskFailed { broker, slow: true, .. } => {
            say([node(broker)], "the disk of $0 became slow", "$0 的磁盘变慢了")
        }
        LinkKind::Reset { from, to, .. } => say(
            [node(from), node(to)],
            "the connection between $0 and $1 was reset",
            "$0 与 $1 之间的连接被重置",
        ),
        LinkKind::Closed { client, broker } => {
            say([node(broker), node(client)], "$0 closed the connection of $1", "$0 关闭了$1的连接")
        }
        LinkKind::IsrShrunk { to } if to.is_empty() => {
            say([], "no replica is in sync from here on", "从此没有一个副本是同步的")
        }
        LinkKind::IsrShrunk { to } => {
            let are = Gap::Words(if to.len() == 1 { "is" } else { "are" }, "");
            say([Gap::Brokers(to), are], "only $0 $1 in sync from here on", "从此只有 $0 是同步副本")
        }
        LinkKind::NoLeader { isr, elr } if isr.is_empty() && !elr.is_empty() => say(
            [Gap::Brokers(elr)],
            "nobody can lead: nobody is in sync any more, and who may have everything, the ELR $0, is away",
            "没有人能当 leader：同步副本一个不剩，可能有全部数据的（ELR $0）又不在",
        ),
        LinkKind::NoLeader { isr, .. } if isr.is_empty() => say(
            [],
            "nobody can lead: nobody is in sync any more, or known to have everything",
            "没有人能当 leader：同步副本一个不剩，也没有谁确知有全部数据",
        ),
        LinkKind::NoLeader { isr, .. } => say(
            [Gap::Brokers(isr)],
            "nobody can lead: the controller hears from none of the in-sync replicas $0",
            "没有人能当 leader：控制器联系不上任何同步副本 $0",
        ),

        // Between the shop and the leader.
        LinkKind::NeverSent => {
            say([], "it waited in the shop's memory and was never sent", "它一直在商店的内存里，从未发出")
        }
        LinkKind::Blocked => say(
            [],
            "the shop's send() stood still, for max.block.ms at most: it knew no leader, or had no memory left",
            "商店的 send() 卡住了，最多等 max.block.ms：找不到 leader，或内存已满",
        ),
        LinkKind::RequestLate { broker, .. } => {
            say([node(broker)], "the request with it reached $0 late", "带着它的请求很晚才到达 $0")
        }
        LinkKind::SequenceUnresolved => say(
            [],
            "the shop gave an earlier packet up without knowing whether its sequence number was used",
            "商店放弃了前面的红包，却不知道它的序号用没用掉",
        ),
        LinkKind::RequestLost { broker, .. } => {
            say([node(broker)], "the request with it never reached $0", "带着它的请求没有到达 $0")
        }
        LinkKind::Refused { broker, error } => {
            say([node(broker), Gap::Error(error)], "$0 refused it: $1", "$0 拒绝了它：$1")
        }
        LinkKind::Appended { broker, offset } => {
            say([node(broker), number(offset)], "$0 stored it at offset $1", "$0 把它存在 offset $1")
        }
        LinkKind::AnswerLost { broker, .. } => {
            say([node(broker)], "$0's answer did not arrive in time", "$0 的回音没有及时到达")
        }
        LinkKind::NeverAnswered { broker } => say(
            [node(broker)],
            "$0 never answered: it was still waiting for copies, or ended first",
            "$0 没有回答：它还在等副本，或者先停了",
        ),
        LinkKind::GaveUp { broker, error } => {
            say([node(broker), Gap::Error(error)], "the shop gave up waiting for $0: $1", "商店不再等 $0：$1")
        }
        LinkKind::Retried { broker, attempt } => say(
            [node(broker), number(attempt)],
            "the shop sent it again, to $0 (attempt $1)",
            "商店把它重发给 $0（第 $1 次）",
        ),
        LinkKind::RetriedUnderNewSequence { broker, producer_epoch } => say(
            [node(broker), number(producer_epoch.unsigned_abs())],
            "the shop sent it again to $0 under its new epoch $1, so that nobody could know it",
            "商店以新 epoch $1 把它重发给 $0，没有人能认出它",
        ),
        LinkKind::ProducerForgotten { broker } => say(
            [node(broker)],
            "$0 forgot the shop: producer.id.expiration.ms was over",
            "$0 忘了商店：producer.id.expiration.ms 已过",
        ),
        LinkKind::AppendedAgain { broker, offset } => say(
            [node(broker), number(offset)],
            "$0 stored it again, at offset $1",
            "$0 又存了一份，在 offset $1",
        ),
        LinkKind::Overtaken { by, offset } => say(
            [number(by.number()), number(offset)],
            "packet $0 was stored before it, at offset $1",
            "红包 $0 抢在它前面，存在 offset $1",
        ),

        // What the shop was told.
        LinkKind::Expired => say(
            [],
            "delivery.timeout.ms was over before an answer came",
            "delivery.timeout.ms 到了还没有回音",
        ),
        LinkKind::Failed { error } => {
            say([Gap::Exception(error)], "the shop was told that it failed: $0", "商店得知它失败了：$0")
        }
        LinkKind::SentAgain { .. } => say(
            [],
            "the shop called send() with it once more: to the brokers a new packet",
            "商店又 send() 了一次：对 broker 来说是新红包",
        ),
        LinkKind::AckedUnseen => say(
            [],
            "the shop took it for stored without asking anybody (acks=0)",
            "商店没问任何人就当它存好了（acks=0）",
        ),
        LinkKind::AckedByLeaderAlone { broker, acks: Acks::All, isr } => say(
            [node(broker), Gap::Brokers(isr)],
            "the shop was told “stored”, and only $0 had it: acks=all waits for the ISR, and that was $1",
            "只有 $0 有它时，商店就得到“存好了”：acks=all 只等 ISR，而 ISR 是 $1",
        ),
        LinkKind::AckedByLeaderAlone { broker, acks, .. } => say(
            [node(broker), Gap::Words(acks_value(acks), acks_value(acks))],
            "the shop was told “stored”, and only $0 had it (acks=$1)",
            "只有 $0 有它时，商店就得到“存好了”（acks=$1）",
        ),
        LinkKind::AckedWithCopies { copies, isr } => say(
            [Gap::Brokers(copies), Gap::Brokers(isr)],
            "the shop was told “stored”, and $0 had it (ISR $1)",
            "$0 都有它时，商店得到“存好了”（ISR $1）",
        ),

        // In the logs.
        LinkKind::Elected { broker, leader_epoch, log_end, unclean } => {
            let how = if unclean {
                Gap::Words("uncleanly elected", "以 unclean 方式选为")
            } else {
                Gap::Words("elected", "被选为")
            };
            let (broker, epoch) = (node(broker), number(leader_epoch));
            match log_end {
                None => say([broker, how, epoch], "$0 was $1 leader, epoch $2", "$0 $1 leader，epoch $2"),
                Some(end) => say(
                    [broker, how, epoch, number(end)],
                    "$0 was $1 leader, epoch $2; its log ends at $3",
                    "$0 $1 leader，epoch $2；它的日志到 $3 为止",
                ),
            }
        }
        LinkKind::UnflushedLost { broker, to } => say(
            [node(broker), number(to)],
            "what $0 had not flushed to disk is gone: its log ends at $1",
            "$0 没刷盘的内容没了：日志到 $1 为止",
        ),
        LinkKind::Truncated { broker, to, leader } => say(
            [node(broker), number(to), node(leader)],
            "$0 cut its log off at $1 to match its leader $2",
            "$0 把日志截到 $1，与 leader $2 一致",
        ),
        LinkKind::Deleted { broker, offset } => say(
            [node(broker), number(offset)],
            "$0 deleted it at offset $1: it was older than retention.ms",
            "$0 删掉了 offset $1 的它：超过了 retention.ms",
        ),
        LinkKind::LeftBehind { broker, offset } => say(
            [node(broker), number(offset)],
            "in the end $0 still has it at offset $1, but does not lead",
            "最后 $0 还在 offset $1 留着它，却不是 leader",
        ),
        LinkKind::AboveHighWatermark { broker, offset, high_watermark } => say(
            [node(broker), number(offset), number(high_watermark)],
            "in the end it stands at offset $1 of $0, above the high watermark $2: nobody may read it",
            "最后它在 $0 的 offset $1，高于高水位 $2：没有人能读",
        ),
        LinkKind::OffsetsExpired => say(
            [],
            "the group was empty for offsets.retention.minutes, and its offsets were forgotten",
            "消费组空了 offsets.retention.minutes 之久，它的 offset 被忘掉",
        ),
        LinkKind::CommitLost { consumer, .. } => say(
            [member(consumer)],
            "a commit of $0 did not arrive, and it did not wait for an answer",
            "$0 的一次提交没有到达，它也没有等回音",
        ),
        LinkKind::OffsetsLost { broker } => {
            say([node(broker)], "$0 lost committed offsets of the consumers", "$0 丢了消费者提交的 offset")
        }

        // On the way to the account.
        LinkKind::PositionSet { consumer, offset, source } => say(
            [member(consumer), number(offset), position(source)],
            "$0 reads on from offset $1: $2",
            "$0 从 offset $1 开始读：$2",
        ),
        LinkKind::Delivered { consumer, offset } => {
            say([member(consumer), number(offset)], "$0 got it from offset $1", "$0 从 offset $1 拿到它")
        }
        LinkKind::CommittedBeforeEffect { consumer, .. } => say(
            [member(consumer)],
            "$0 committed past it before it was paid",
            "$0 还没付款就提交了越过它的 offset",
        ),
        LinkKind::CommittedBeforeStored { consumer, offset } => say(
            [member(consumer), number(offset)],
            "$0 committed offset $1 when another packet stood in its place",
            "$0 提交 offset $1 时，它的位置上还是别的红包",
        ),
        LinkKind::ReadBeforeStored { consumer, offset } => say(
            [member(consumer), number(offset)],
            "$0 read another packet from offset $1, before this one stood there",
            "它还没存进来时，$0 已经在 offset $1 读到了别的红包",
        ),
        LinkKind::CommitFailed { consumer, error } => {
            say([member(consumer), Gap::Error(error)], "a commit of $0 failed: $1", "$0 的一次提交失败：$1")
        }
        LinkKind::NeverDelivered => {
            say([], "nobody had read it when the run ended", "运行结束时还没有人读到它")
        }

        // At the account.
        LinkKind::MemberRemoved { consumer, expired: true } => say(
            [member(consumer)],
            "the group went on without $0, not heard from in time",
            "太久没有 $0 的消息，消费组不再等它",
        ),
        LinkKind::MemberRemoved { consumer, expired: false } => {
            say([member(consumer)], "$0 left the group", "$0 离开了消费组")
        }
        LinkKind::Rebalanced { members } => say(
            [number(members), Gap::Words(if members == 1 { "member" } else { "members" }, "")],
            "the group shared out anew who reads what: $0 $1",
            "消费组重新分配了分区：现有 $0 个成员",
        ),
        LinkKind::AccountWaits { missing } => {
            say([number(missing.number())], "the account still waited for packet $0", "账户还在等红包 $0")
        }
        LinkKind::PollTimedOut { consumer } => say(
            [member(consumer)],
            "$0 had not called poll() for max.poll.interval.ms, and left the group",
            "$0 超过 max.poll.interval.ms 没有调用 poll()，离开了消费组",
        ),
        LinkKind::PaidBefore { later } => {
            say([number(later.number())], "the account took packet $0 first", "账户先收了红包 $0")
        }
        LinkKind::ConsumerFailed { consumer, error } => {
            say([member(consumer), Gap::Exception(error)], "$0 ended with $1", "$0 因 $1 退出")
        }
        LinkKind::RecordedInMemory { consumer } => say(
            [member(consumer)],
            "$0 noted its id, in its own memory only",
            "$0 记下了它的 id，但只在自己的内存里",
        ),
        LinkKind::Recorded { consumer } => say([member(consumer)], "$0 noted its id", "$0 记下了它的 id"),
        LinkKind::Forgotten { consumer } => say(
            [member(consumer)],
            "$0 found no note of it: remember_ms was over",
            "$0 查不到它的记录：remember_ms 已过",
        ),
        LinkKind::CalledAgain { consumer, .. } => {
            say([member(consumer)], "no answer came, and $0 called again", "没有等到回音，$0 又调用了一次")
        }
        LinkKind::ProcessingFailed { consumer } => {
            say([member(consumer)], "$0 could not process it", "$0 处理它时失败了")
        }
        LinkKind::DeadLettered { consumer } => {
            say([member(consumer)], "$0 put it aside: a dead letter", "$0 把它放进了死信表")
        }
        LinkKind::HeldUp { by } => say(
            [number(by.number())],
            "packet $0 before it fails, and is read again and again",
            "前面的红包 $0 总是失败，被一遍遍重读",
        ),
        LinkKind::Skipped { consumer, why } => {
            let (en, zh) = skipped(why);
            say([member(consumer), Gap::Words(en, zh)], "$0 left it alone: $1", "$0 没有处理它：$1")
        }
        LinkKind::Applied { consumer } => say([member(consumer)], "$0 paid it", "$0 付了款"),
        LinkKind::AppliedAgain { consumer } => say([member(consumer)], "$0 paid it again", "$0 又付了一次款"),
    }
}

fn position(source: PositionSource) -> Gap {
    let (en, zh) = match source {
        PositionSource::Committed => ("the committed one", "已提交的位置"),
        PositionSource::Stored => ("the one stored in the database", "数据库里存的位置"),
        PositionSource::Earliest => (
            "no offset was there (auto.offset.reset=earliest)",
            "没有可用的 offset（auto.offset.reset=earliest）",
        ),
        PositionSource::Latest => (
            "no offset was there (auto.offset.reset=latest)",
            "没有可用的 offset（auto.offset.reset=latest）",
        ),
        PositionSource::OutOfRangeEarliest => (
            "the other was out of range (auto.offset.reset=earliest)",
            "原来的 offset 不在日志里（auto.offset.reset=earliest）",
        ),
        PositionSource::OutOfRangeLatest => (
            "the other was out of range (auto.offset.reset=latest)",
            "原来的 offset 不在日志里（auto.offset.reset=latest）",
        ),
        PositionSource::Diverged => ("where the log began to differ", "日志开始不同的位置"),
    };
    Gap::Words(en, zh)
}

/// Why a packet had no effect.
pub(super) fn skipped(why: SkipReason) -> (&'static str, &'static str) {
    match why {
        SkipReason::Seen => ("its id had been noted before", "它的 id 已经记过"),
        SkipReason::Version => ("the account has another version", "账户版本不符"),
        SkipReason::StoredOffset => ("the stored offset is another one", "数据库里的 offset 不符"),
        SkipReason::Overtaken => {
            ("its number is not above the account's last", "它的序号不大于账户最后记下的")
        }
        SkipReason::Fenced => ("a newer owner of the partition has written", "分区的新主人已经写过"),
    }
}

/// Packets as a list that is short enough to read: `11–15`, `3, 7–9`.
pub fn packet_list(records: &[RecordId]) -> String {
    const MOST: usize = 4;
    let several = records.iter().any(|record| record.producer() != 1);
    let mut sorted = records.to_vec();
    sort_by_number(&mut sorted, |record| (*record).into());
    let mut spans: Vec<(RecordId, u32)> = Vec::new();
    for record in sorted {
        match spans.last_mut() {
            Some((first, last)) if first.producer() == record.producer() && *last + 1 == record.number() => {
                *last += 1;
            }
            _ => spans.push((record, record.number())),
        }
    }
    let write = |(first, last): &(RecordId, u32)| {
        let prefix = if several { format!("{}·", first.producer()) } else { String::new() };
        if first.number() == *last {
            format!("{prefix}{last}")
        } else {
            format!("{prefix}{}–{last}", first.number())
        }
    };
    let mut list = spans.iter().take(MOST).map(write).collect::<Vec<_>>().join(", ");
    if spans.len() > MOST {
        list.push_str(", …");
    }
    list
}

/// The question that a chain answers.
pub fn why_title(cause: &Cause, lang: Lang) -> String {
    let list = packet_list(&cause.records);
    let one = cause.records.len() == 1;
    let (packets, were) = if one { ("packet", "was") } else { ("packets", "were") };
    match lang {
        Lang::En => match cause.violation {
            Violation::LogUnreadable => "Why can the log not be read?".to_owned(),
            Violation::LostAfterAck => format!("Why {were} {packets} {list} lost?"),
            Violation::LostUnacked => format!("Why did {packets} {list} never get stored?"),
            Violation::Ghost => format!(
                "Why {were} {packets} {list} stored although {} failed?",
                if one { "it" } else { "they" }
            ),
            Violation::DuplicatedInLog => format!("Why {were} {packets} {list} stored twice?"),
            Violation::OutOfOrder => {
                format!("Why {} {packets} {list} out of order?", if one { "is" } else { "are" })
            }
            Violation::NeverApplied => format!("Why {were} {packets} {list} never paid?"),
            Violation::AppliedTwice => format!("Why {were} {packets} {list} paid twice?"),
        },
        Lang::Zh => match cause.violation {
            Violation::LogUnreadable => "为什么日志读不了？".to_owned(),
            Violation::LostAfterAck => format!("红包 {list} 为什么丢了？"),
            Violation::LostUnacked => format!("红包 {list} 为什么没有存下？"),
            Violation::Ghost => format!("红包 {list} 明明失败了，为什么还是存下了？"),
            Violation::DuplicatedInLog => format!("红包 {list} 为什么存了两份？"),
            Violation::OutOfOrder => format!("红包 {list} 为什么乱序了？"),
            Violation::NeverApplied => format!("红包 {list} 为什么没有付？"),
            Violation::AppliedTwice => format!("红包 {list} 为什么付了两次？"),
        },
    }
}

/// What would have prevented it: a sentence with the settings of the first candidate, or advice.
pub fn remedy_text(remedy: &Remedy, lang: Lang) -> String {
    match (lang, remedy.candidates.first()) {
        (Lang::En, Some(settings)) => format!("Try the same faults with {}.", settings_text(settings)),
        (Lang::Zh, Some(settings)) => format!("同样的故障，试试 {}。", settings_text(settings)),
        (_, None) => remedy.advice.map(|advice| advice_text(advice, lang).to_owned()).unwrap_or_default(),
    }
}

/// Settings as Kafka's own file has them. One that stands for a rule of versions says which.
pub fn settings_text(settings: &[Setting]) -> String {
    let write = |setting: &Setting| {
        let written = match setting.value {
            SettingValue::Text(text) => format!("{}={text}", setting.key),
            SettingValue::Number(number) => format!("{}={number}", setting.key),
            SettingValue::Flag(flag) => format!("{}={flag}", setting.key),
        };
        setting.since().map_or(written.clone(), |version| format!("Kafka ≥ {version} ({written})"))
    };
    settings.iter().map(write).collect::<Vec<_>>().join(", ")
}

/// What helps where no setting does.
pub fn advice_text(advice: Advice, lang: Lang) -> &'static str {
    match (lang, advice) {
        (Lang::En, Advice::KeepUntilAcked) => {
            "Keep each packet in the shop's own database until its ack, and send it again after a restart."
        }
        (Lang::En, Advice::TakeForUnknown) => {
            "An error means that nobody knows, not that nothing was stored."
        }
        (Lang::En, Advice::DedupAtConsumer) => {
            "The log can hold a packet twice: let the consumer know it by its id."
        }
        (Lang::En, Advice::BringBrokerBack) => "Bring a broker back that has the packets.",
        (Lang::En, Advice::SpreadReplicas) => {
            "No setting bears this: keep copies on machines that do not fail together."
        }
        (Lang::En, Advice::BringConsumerBack) => "Start a consumer again.",
        (Lang::En, Advice::FitTheSize) => "Make the packet, or the limit on its size, fit.",
        (Lang::Zh, Advice::KeepUntilAcked) => "把红包留在商店自己的数据库里，确认之后再删，重启后重发。",
        (Lang::Zh, Advice::TakeForUnknown) => "报错表示没人知道结果，不表示没存下。",
        (Lang::Zh, Advice::DedupAtConsumer) => "日志里可能有两份：让消费者按 id 认出它。",
        (Lang::Zh, Advice::BringBrokerBack) => "让存有红包的 broker 回来。",
        (Lang::Zh, Advice::SpreadReplicas) => "没有设置能扛住：把副本放在不会一起出事的机器上。",
        (Lang::Zh, Advice::BringConsumerBack) => "重新启动一个消费者。",
        (Lang::En, Advice::WaitForCopies) => {
            "Wait for an answer that stands for copies: acks=all, with min.insync.replicas of 2 or more."
        }
        (Lang::En, Advice::WaitForInSync) => {
            "Wait for a replica that has the packets rather than let another one lead."
        }
        (Lang::En, Advice::MendWhatIsBroken) => "Mend what keeps the consumer from what it needs.",
        (Lang::En, Advice::StartAtTheBeginning) => "Let a new group start at the beginning of the log.",
        (Lang::En, Advice::OrderAtConsumer) => {
            "Let the consumer put packets in order by a number of their own."
        }
        (Lang::En, Advice::CommitBehindEffect) => "Commit an offset only when the payment is there.",
        (Lang::En, Advice::EffectWithNote) => "Pay, and note that it is paid, in one transaction.",
        (Lang::En, Advice::RememberLonger) => "Keep ids for longer than a packet can take to come again.",
        (Lang::Zh, Advice::RememberLonger) => "id 要记得比重新投递可能隔的时间更久。",
        (Lang::En, Advice::MendProcessing) => {
            "Put what fails aside, mend what it fails by, and hand it in again."
        }
        (Lang::Zh, Advice::MendProcessing) => "把失败的放到一边，修好原因，再重新投递。",
        (Lang::En, Advice::KeyWithCall) => "Send an id with the call, by which the bank knows it again.",
        (Lang::Zh, Advice::KeyWithCall) => "调用时带上幂等键，让银行认出重复的请求。",
        (Lang::En, Advice::KeepLonger) => "Keep packets for longer than a consumer can be away.",
        (Lang::Zh, Advice::KeepLonger) => "消息要留得比消费者可能停机的时间更久。",
        (Lang::Zh, Advice::WaitForCopies) => {
            "等到的回音要代表多个副本：acks=all，并让 min.insync.replicas 至少为 2。"
        }
        (Lang::Zh, Advice::WaitForInSync) => "宁可等有数据的副本回来，也不要让别的副本当 leader。",
        (Lang::Zh, Advice::MendWhatIsBroken) => "修好消费者依赖的那一环。",
        (Lang::Zh, Advice::StartAtTheBeginning) => "让新的消费组从日志开头读起。",
        (Lang::Zh, Advice::OrderAtConsumer) => "让消费者按消息自带的序号排序。",
        (Lang::Zh, Advice::CommitBehindEffect) => "付款生效之后再提交 offset。",
        (Lang::Zh, Advice::EffectWithNote) => "把付款和“已付”的记录放进同一个事务。",
        (Lang::Zh, Advice::FitTheSize) => "让红包的大小与上限相符。",
    }
}

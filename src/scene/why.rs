//! Why something went wrong, in words: a sentence for each link of a chain, and what would have prevented it.

use super::Lang;
use super::text::{acks_value, capital, error_text, node_name, spaced};
use crate::check::{Advice, Cause, Downfall, LinkKind, Remedy, Setting, SettingValue, Violation};
use crate::sim::config::Acks;
use crate::sim::order::sort_by_number;
use crate::sim::{BrokerId, NodeId, PositionSource, RecordId, SkipReason};

/// English and Chinese.
type Both = (String, String);

/// A link of a chain as one sentence.
pub fn why_text(kind: &LinkKind, lang: Lang) -> String {
    let (en, zh) = words(*kind);
    match lang {
        Lang::En => format!("{}.", capital(&en)),
        Lang::Zh => format!("{}。", spaced(&zh)),
    }
}

fn en(node: NodeId) -> String {
    node_name(node, Lang::En)
}

fn zh(node: NodeId) -> String {
    node_name(node, Lang::Zh)
}

fn consumer(n: u8) -> Both {
    (en(NodeId::Consumer(n)), zh(NodeId::Consumer(n)))
}

fn both(en: impl Into<String>, zh: impl Into<String>) -> Both {
    (en.into(), zh.into())
}

fn plural(count: u8, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}

fn words(kind: LinkKind) -> Both {
    match kind {
        // What was broken around a packet.
        LinkKind::Cut { from, to, .. } => both(
            format!("nothing gets through from {} to {}, and nobody is told", en(from), en(to)),
            format!("{} 到 {} 的网络断了，没有人被告知", zh(from), zh(to)),
        ),
        LinkKind::Down { node, how, .. } => {
            let how = match how {
                Downfall::Killed => ("was killed", "被杀掉"),
                Downfall::PowerLost => ("lost power", "断电"),
                Downfall::Stopped => ("shut down", "停机"),
                Downfall::Paused => ("stood still", "停住了"),
            };
            both(format!("{} {}", en(node), how.0), format!("{}{}", zh(node), how.1))
        }
        LinkKind::Restarted { node } => {
            both(format!("{} came back", en(node)), format!("{}重新启动", zh(node)))
        }
        LinkKind::DiskFailed { broker: BrokerId(n), slow: false, .. } => {
            both(format!("the disk of broker-{n} failed"), format!("broker-{n} 的磁盘坏了"))
        }
        LinkKind::DiskFailed { broker: BrokerId(n), slow: true, .. } => {
            both(format!("the disk of broker-{n} became slow"), format!("broker-{n} 的磁盘变慢了"))
        }
        LinkKind::Reset { from, to, .. } => both(
            format!("the connection between {} and {} was reset", en(from), en(to)),
            format!("{} 与 {} 之间的连接被重置", zh(from), zh(to)),
        ),
        LinkKind::Closed { client, broker: BrokerId(n) } => both(
            format!("broker-{n} closed the connection of {}", en(client)),
            format!("broker-{n} 关闭了{}的连接", zh(client)),
        ),
        LinkKind::IsrShrunk { to } if to.is_empty() => {
            both("no replica is in sync from here on", "从此没有一个副本是同步的")
        }
        LinkKind::IsrShrunk { to } => both(
            format!("only {to} {} in sync from here on", if to.len() == 1 { "is" } else { "are" }),
            format!("从此只有 {to} 是同步副本"),
        ),
        LinkKind::NoLeader { isr } if isr.is_empty() => both(
            "nobody can lead: no replica is known to have everything",
            "没有人能当 leader：哪个副本都不能确定数据齐全",
        ),
        LinkKind::NoLeader { isr } => both(
            format!("nobody can lead: the controller hears from none of the in-sync replicas {isr}"),
            format!("没有人能当 leader：controller 联系不上任何同步副本 {isr}"),
        ),

        // Between the shop and the leader.
        LinkKind::NeverSent => {
            both("it waited in the shop's memory and was never sent", "它一直在商店的内存里，从未发出")
        }
        LinkKind::Blocked => both(
            "the shop's send() stood still: it knew no leader, or had no memory left",
            "商店的 send() 卡住了：找不到 leader，或内存已满",
        ),
        LinkKind::RequestLate { broker: BrokerId(n), .. } => both(
            format!("the request with it reached broker-{n} late"),
            format!("带着它的请求很晚才到达 broker-{n}"),
        ),
        LinkKind::SequenceUnresolved => both(
            "the shop gave an earlier packet up without knowing whether its sequence number was used",
            "商店放弃了前面的红包，却不知道它的序号用没用掉",
        ),
        LinkKind::RequestLost { broker: BrokerId(n), .. } => both(
            format!("the request with it never reached broker-{n}"),
            format!("带着它的请求没有到达 broker-{n}"),
        ),
        LinkKind::Refused { broker: BrokerId(n), error } => both(
            format!("broker-{n} refused it: {}", error_text(error, Lang::En)),
            format!("broker-{n} 拒绝了它：{}", error_text(error, Lang::Zh)),
        ),
        LinkKind::Appended { broker: BrokerId(n), offset } => both(
            format!("broker-{n} stored it at offset {offset}"),
            format!("broker-{n} 把它存在 offset {offset}"),
        ),
        LinkKind::AnswerLost { broker: BrokerId(n), .. } => both(
            format!("broker-{n}'s answer did not arrive in time"),
            format!("broker-{n} 的回音没有及时到达"),
        ),
        LinkKind::NeverAnswered { broker: BrokerId(n) } => both(
            format!("broker-{n} never answered: it was still waiting for copies, or ended first"),
            format!("broker-{n} 没有回答：它还在等副本，或者先停了"),
        ),
        LinkKind::GaveUp { broker: BrokerId(n), error } => both(
            format!("the shop gave up waiting for broker-{n}: {}", error_text(error, Lang::En)),
            format!("商店不再等 broker-{n}：{}", error_text(error, Lang::Zh)),
        ),
        LinkKind::Retried { broker: BrokerId(n), attempt } => both(
            format!("the shop sent it again, to broker-{n} (attempt {attempt})"),
            format!("商店把它重发给 broker-{n}（第 {attempt} 次）"),
        ),
        LinkKind::RetriedUnderNewSequence { broker: BrokerId(n), producer_epoch } => both(
            format!(
                "the shop sent it again to broker-{n} under its new epoch {producer_epoch}, so that nobody could know it"
            ),
            format!("商店以新纪元 {producer_epoch} 把它重发给 broker-{n}，没有人能认出它"),
        ),
        LinkKind::ProducerForgotten { broker: BrokerId(n) } => both(
            format!("broker-{n} forgot the shop: producer.id.expiration.ms was over"),
            format!("broker-{n} 忘了商店：producer.id.expiration.ms 已过"),
        ),
        LinkKind::AppendedAgain { broker: BrokerId(n), offset } => both(
            format!("broker-{n} stored it again, at offset {offset}"),
            format!("broker-{n} 又存了一份，在 offset {offset}"),
        ),
        LinkKind::Overtaken { by, offset } => both(
            format!("packet {} was stored before it, at offset {offset}", by.number()),
            format!("红包 {} 抢在它前面，存在 offset {offset}", by.number()),
        ),

        // What the shop was told.
        LinkKind::Expired => {
            both("delivery.timeout.ms was over before an answer came", "delivery.timeout.ms 到了还没有回音")
        }
        LinkKind::Failed { error } => both(
            format!("the shop was told that it failed: {}", error.exception()),
            format!("商店得知它失败了：{}", error.exception()),
        ),
        LinkKind::SentAgain { .. } => both(
            "the shop called send() with it once more: to the brokers a new packet",
            "商店又 send() 了一次：对 broker 来说是新红包",
        ),
        LinkKind::AckedUnseen => both(
            "the shop took it for stored without asking anybody (acks=0)",
            "商店没问任何人就当它存好了（acks=0）",
        ),
        LinkKind::AckedByLeaderAlone { broker: BrokerId(n), acks: Acks::All, isr } => both(
            format!(
                "the shop was told “stored”, and only broker-{n} had it: acks=all waits for the ISR, and that was {isr}"
            ),
            format!("只有 broker-{n} 有它时，商店就得到“存好了”：acks=all 只等 ISR，而 ISR 是 {isr}"),
        ),
        LinkKind::AckedByLeaderAlone { broker: BrokerId(n), acks, .. } => both(
            format!("the shop was told “stored”, and only broker-{n} had it (acks={})", acks_value(acks)),
            format!("只有 broker-{n} 有它时，商店就得到“存好了”（acks={}）", acks_value(acks)),
        ),
        LinkKind::AckedWithCopies { copies, isr } => both(
            format!("the shop was told “stored”, and {copies} had it (ISR {isr})"),
            format!("{copies} 都有它时，商店得到“存好了”（ISR {isr}）"),
        ),

        // In the logs.
        LinkKind::Elected { broker: BrokerId(n), leader_epoch, log_end, unclean } => {
            let how = if unclean {
                ("uncleanly elected", "被非受控地选为")
            } else {
                ("elected", "被选为")
            };
            let end = log_end.map_or_else(Default::default, |end| {
                (format!("; its log ends at {end}"), format!("；它的日志到 {end} 为止"))
            });
            both(
                format!("broker-{n} was {} leader, epoch {leader_epoch}{}", how.0, end.0),
                format!("broker-{n} {} leader，纪元 {leader_epoch}{}", how.1, end.1),
            )
        }
        LinkKind::UnflushedLost { broker: BrokerId(n), to } => both(
            format!("what broker-{n} had not flushed to disk is gone: its log ends at {to}"),
            format!("broker-{n} 没刷盘的内容没了：日志到 {to} 为止"),
        ),
        LinkKind::Truncated { broker: BrokerId(n), to, leader } => both(
            format!("broker-{n} cut its log off at {to} to match its leader broker-{}", leader.0),
            format!("broker-{n} 把日志截到 {to}，与 leader broker-{} 一致", leader.0),
        ),
        LinkKind::Deleted { broker: BrokerId(n), offset } => both(
            format!("broker-{n} deleted it at offset {offset}: it was older than retention.ms"),
            format!("broker-{n} 删掉了 offset {offset} 的它：超过了 retention.ms"),
        ),
        LinkKind::LeftBehind { broker: BrokerId(n), offset } => both(
            format!("in the end broker-{n} still has it at offset {offset}, but does not lead"),
            format!("最后 broker-{n} 还在 offset {offset} 留着它，却不是 leader"),
        ),
        LinkKind::AboveHighWatermark { broker: BrokerId(n), offset, high_watermark } => both(
            format!(
                "in the end it stands at offset {offset} of broker-{n}, above the high watermark {high_watermark}: nobody may read it"
            ),
            format!("最后它在 broker-{n} 的 offset {offset}，高于高水位 {high_watermark}：没有人能读"),
        ),
        LinkKind::OffsetsExpired => both(
            "the group was empty for offsets.retention.minutes, and its offsets were forgotten",
            "消费组空了 offsets.retention.minutes 之久，它的 offset 被忘掉",
        ),
        LinkKind::CommitLost { consumer: n, .. } => {
            let name = consumer(n);
            both(
                format!("a commit of {} did not arrive, and it did not wait for an answer", name.0),
                format!("{} 的一次提交没有到达，它也没有等回音", name.1),
            )
        }
        LinkKind::OffsetsLost { broker: BrokerId(n) } => both(
            format!("broker-{n} lost committed offsets of the consumers"),
            format!("broker-{n} 丢了消费者提交的 offset"),
        ),

        // On the way to the account.
        LinkKind::PositionSet { consumer: n, offset, source } => {
            let source = position(source);
            let name = consumer(n);
            both(
                format!("{} reads on from offset {offset}: {}", name.0, source.0),
                format!("{} 从 offset {offset} 开始读：{}", name.1, source.1),
            )
        }
        LinkKind::Delivered { consumer: n, offset } => {
            let name = consumer(n);
            both(
                format!("{} got it from offset {offset}", name.0),
                format!("{} 从 offset {offset} 拿到它", name.1),
            )
        }
        LinkKind::CommittedBeforeEffect { consumer: n, .. } => {
            let name = consumer(n);
            both(
                format!("{} committed past it before it was paid", name.0),
                format!("{} 还没付款就提交了越过它的 offset", name.1),
            )
        }
        LinkKind::CommittedBeforeStored { consumer: n, offset } => {
            let name = consumer(n);
            both(
                format!("{} committed offset {offset} when another packet stood in its place", name.0),
                format!("{} 提交 offset {offset} 时，它的位置上还是别的红包", name.1),
            )
        }
        LinkKind::ReadBeforeStored { consumer: n, offset } => {
            let name = consumer(n);
            both(
                format!("{} read another packet from offset {offset}, before this one stood there", name.0),
                format!("它还没存进来时，{} 已经在 offset {offset} 读到了别的红包", name.1),
            )
        }
        LinkKind::CommitFailed { consumer: n, error } => {
            let name = consumer(n);
            both(
                format!("a commit of {} failed: {}", name.0, error_text(error, Lang::En)),
                format!("{} 的一次提交失败：{}", name.1, error_text(error, Lang::Zh)),
            )
        }
        LinkKind::NeverDelivered => both("nobody had read it when the run ended", "运行结束时还没有人读到它"),

        // At the account.
        LinkKind::MemberRemoved { consumer: n, expired } => {
            let name = consumer(n);
            if expired {
                both(
                    format!("the group went on without {}, not heard from in time", name.0),
                    format!("太久没有 {} 的消息，消费组不再等它", name.1),
                )
            } else {
                both(format!("{} left the group", name.0), format!("{} 离开了消费组", name.1))
            }
        }
        LinkKind::Rebalanced { members } => both(
            format!("the group shared out anew who reads what: {members} {}", plural(members, "member")),
            format!("消费组重新分配了分区：现有 {members} 个成员"),
        ),
        LinkKind::AccountWaits { missing } => both(
            format!("the account still waited for packet {}", missing.number()),
            format!("账户还在等红包 {}", missing.number()),
        ),
        LinkKind::ConsumerFailed { consumer: n, error } => {
            let name = consumer(n);
            both(
                format!("{} ended with {}", name.0, error.exception()),
                format!("{} 因 {} 退出", name.1, error.exception()),
            )
        }
        LinkKind::Recorded { consumer: n } => {
            let name = consumer(n);
            both(format!("{} noted its id", name.0), format!("{} 记下了它的 id", name.1))
        }
        LinkKind::Forgotten { consumer: n } => {
            let name = consumer(n);
            both(
                format!("{} found no note of it: remember_ms was over", name.0),
                format!("{} 查不到它的记录：remember_ms 已过", name.1),
            )
        }
        LinkKind::CalledAgain { consumer: n, .. } => {
            let name = consumer(n);
            both(
                format!("no answer came, and {} called again", name.0),
                format!("没有等到回音，{} 又调用了一次", name.1),
            )
        }
        LinkKind::ProcessingFailed { consumer: n } => {
            let name = consumer(n);
            both(format!("{} could not process it", name.0), format!("{} 处理它时失败了", name.1))
        }
        LinkKind::DeadLettered { consumer: n } => {
            let name = consumer(n);
            both(format!("{} put it aside: a dead letter", name.0), format!("{} 把它放进了死信表", name.1))
        }
        LinkKind::HeldUp { by } => both(
            format!("packet {} before it fails, and is read again and again", by.number()),
            format!("前面的红包 {} 总是失败，被一遍遍重读", by.number()),
        ),
        LinkKind::Skipped { consumer: n, why } => {
            let (name, why) = (consumer(n), skipped(why));
            both(format!("{} left it alone: {}", name.0, why.0), format!("{} 没有处理它：{}", name.1, why.1))
        }
        LinkKind::Applied { consumer: n } => {
            let name = consumer(n);
            both(format!("{} paid it", name.0), format!("{} 付了款", name.1))
        }
        LinkKind::AppliedAgain { consumer: n } => {
            let name = consumer(n);
            both(format!("{} paid it again", name.0), format!("{} 又付了一次款", name.1))
        }
    }
}

fn position(source: PositionSource) -> (&'static str, &'static str) {
    match source {
        PositionSource::Committed => ("the committed one", "已提交的位置"),
        PositionSource::Stored => ("the one stored in the database", "数据库里存的位置"),
        PositionSource::Earliest => {
            ("nothing was committed (auto.offset.reset=earliest)", "没有提交过（auto.offset.reset=earliest）")
        }
        PositionSource::Latest => {
            ("nothing was committed (auto.offset.reset=latest)", "没有提交过（auto.offset.reset=latest）")
        }
        PositionSource::Diverged => ("where the log began to differ", "日志开始不同的位置"),
    }
}

/// Why a packet had no effect.
pub(super) fn skipped(why: SkipReason) -> (&'static str, &'static str) {
    match why {
        SkipReason::Seen => ("its id had been noted before", "它的 id 已经记过"),
        SkipReason::Version => ("the account has another version", "账户版本不符"),
        SkipReason::StoredOffset => ("the stored offset is another one", "数据库里的 offset 不符"),
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

/// Settings as Kafka's own file has them.
pub fn settings_text(settings: &[Setting]) -> String {
    let write = |setting: &Setting| match setting.value {
        SettingValue::Text(text) => format!("{}={text}", setting.key),
        SettingValue::Number(number) => format!("{}={number}", setting.key),
        SettingValue::Flag(flag) => format!("{}={flag}", setting.key),
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
        (Lang::Zh, Advice::OrderAtConsumer) => "让消费者按消息自带的编号排序。",
        (Lang::Zh, Advice::CommitBehindEffect) => "付款生效之后再提交 offset。",
        (Lang::Zh, Advice::EffectWithNote) => "把付款和“已付”的记录放进同一个事务。",
        (Lang::Zh, Advice::FitTheSize) => "让红包的大小与上限相符。",
    }
}

//! What is said under the stage: what just happened, and why it matters.

use super::story::Context;
use super::{Caption, Lang};
use crate::sim::config::{Acks, Config, OnFailure};
use crate::sim::{Fact, Kind, NodeId, SkipReason};

/// Whether the loss of a message is no step of the story: when a node dies, its peers lose many a request by which
/// they only ask who is there. What a fault was told to drop is always one.
pub(super) fn is_noise(fact: &Fact, context: Context) -> bool {
    let Fact::MessageLost { .. } = fact else { return false };
    let tells = [
        Kind::ProduceRequest,
        Kind::ProduceResponse,
        Kind::OffsetCommitRequest,
        Kind::OffsetCommitResponse,
        Kind::AlterPartitionRequest,
        Kind::AlterPartitionResponse,
    ];
    !context.silent && !context.kind.is_some_and(|kind| tells.contains(&kind))
}

/// Whether a fact's caption stays for a while, instead of making room for the next routine one.
pub(super) fn lingers(fact: &Fact, context: Context) -> bool {
    match fact {
        Fact::Killed { .. }
        | Fact::PowerLost { .. }
        | Fact::Stopping { .. }
        | Fact::Paused { .. }
        | Fact::LinkCut { .. }
        | Fact::LinkReset { .. }
        | Fact::UnflushedLost { .. }
        | Fact::Truncated { .. }
        | Fact::LogStartMoved { .. }
        | Fact::Failed { .. }
        | Fact::DuplicateFound { .. }
        | Fact::Skipped { .. }
        | Fact::Forgotten { .. }
        | Fact::OffsetsExpired
        | Fact::CalledAgain { .. }
        | Fact::ProcessingFailed { .. }
        | Fact::DeadLettered { .. }
        | Fact::CommitFailed { .. }
        | Fact::Ended { .. } => true,
        Fact::BecameLeader { leader_epoch, .. } => *leader_epoch > 0,
        Fact::MessageLost { fault, .. } => fault.is_some(),
        Fact::Appended { .. } | Fact::Applied { .. } => context.again,
        _ => false,
    }
}

/// The caption of a fact; none for facts that say nothing by themselves.
pub(super) fn caption(
    fact: &Fact,
    node: NodeId,
    config: &Config,
    context: Context,
    lang: Lang,
) -> Option<Caption> {
    let (en, zh) = words(fact, node, config, context)?;
    let (strong, rest) = match lang {
        Lang::En => en,
        Lang::Zh => zh,
    };
    Some(Caption { strong, rest })
}

type Both = ((String, String), (String, String));

fn both(en: (String, &str), zh: (String, &str)) -> Option<Both> {
    Some(((en.0, en.1.to_owned()), (zh.0, zh.1.to_owned())))
}

fn words(fact: &Fact, node: NodeId, config: &Config, context: Context) -> Option<Both> {
    let acks = config.producer.acks;
    match *fact {
        Fact::Sent { record, .. } => both(
            (format!("The shop sends packet {}.", record.number()), ""),
            (format!("商店发出第 {} 个红包。", record.number()), ""),
        ),
        Fact::Appended { partition, .. } if partition.is_events() && context.again => both(
            (
                format!("{node} stores a packet that it already has."),
                "To the broker it is a new one: nothing tells it that this is the same.",
            ),
            (
                format!("{node} 把已有的红包又存了一份。"),
                "对 broker 来说这是一条新消息：没有任何东西告诉它这是同一个。",
            ),
        ),
        Fact::Appended { partition, .. } if partition.is_events() => both(
            (format!("{node} appends it to its log: page cache first, disk later."), ""),
            (format!("{node} 追加到日志：先进页缓存，之后才落盘。"), ""),
        ),
        Fact::Acked { record, .. } => match acks {
            Acks::None => both(
                (format!("Packet {} counts as sent: acks=0 asks nobody.", record.number()), ""),
                (format!("红包 {} 就算发出了：acks=0 不等任何人回答。", record.number()), ""),
            ),
            Acks::Leader => both(
                (
                    format!("The shop is told that packet {} is stored.", record.number()),
                    "With acks=1 one copy is enough to say yes.",
                ),
                (
                    format!("商店得到答复：红包 {} 已存好。", record.number()),
                    "acks=1 时，有一份副本就算成功。",
                ),
            ),
            Acks::All => both(
                (
                    format!("The shop is told that packet {} is stored.", record.number()),
                    "Every in-sync replica has it.",
                ),
                (format!("商店得到答复：红包 {} 已存好。", record.number()), "所有同步副本都有了它。"),
            ),
        },
        Fact::Failed { record, error } => both(
            (
                format!("send() of packet {} fails: {}.", record.number(), error.exception()),
                "No answer is not a No: it may be stored all the same.",
            ),
            (
                format!("红包 {} 发送失败：{}。", record.number(), error.exception()),
                "没有回音不等于没写进去：它可能已经存下了。",
            ),
        ),
        Fact::Killed { .. } => both(
            (
                format!("{node} is killed."),
                "What it wrote to the page cache survives; its connections close at once.",
            ),
            (format!("{node} 被杀掉。"), "写进页缓存的内容还在；它的连接立刻断开。"),
        ),
        Fact::PowerLost { .. } => both(
            (format!("{node} loses power."), "What was only in the page cache is gone."),
            (format!("{node} 断电。"), "只在页缓存里的内容没有了。"),
        ),
        Fact::Stopping { .. } => {
            both((format!("{node} shuts down in order."), ""), (format!("{node} 正常关闭。"), ""))
        }
        Fact::Paused { .. } => both(
            (
                format!("{node} stands still, like in a long garbage collection."),
                "Nobody is told; its connections stay open.",
            ),
            (format!("{node} 停住了，就像一次很长的 GC。"), "没有人被告知；连接仍然开着。"),
        ),
        Fact::Resumed => both((format!("{node} goes on."), ""), (format!("{node} 继续运行。"), "")),
        Fact::Started { incarnation } if incarnation > 1 => {
            both((format!("{node} starts again."), ""), (format!("{node} 重新启动。"), ""))
        }
        Fact::LinkCut { to, .. } => both(
            (
                format!("Nothing gets through from {node} to {to} any more."),
                "Nobody is told: only time-outs will show it.",
            ),
            (format!("{node} 到 {to} 的网络断了。"), "没有人被告知：只有超时才会暴露。"),
        ),
        Fact::LinkHealed { to, .. } => {
            both((format!("{node} reaches {to} again."), ""), (format!("{node} 到 {to} 的网络恢复。"), ""))
        }
        Fact::LinkReset { to, .. } => both(
            (format!("The connections between {node} and {to} are reset."), "What was on the way is lost."),
            (format!("{node} 与 {to} 之间的连接被重置。"), "路上的消息丢了。"),
        ),
        Fact::MessageLost { fault: Some(_), .. } => {
            let kind = context.kind?.name();
            let why = if context.silent {
                (
                    "Nobody is told: whoever waits for it waits for a time-out.",
                    "没有人被告知：等它的一方只能等到超时。",
                )
            } else {
                ("Its connection is closed; what was on the way is gone.", "连接已关闭，路上的消息没有了。")
            };
            both(
                (format!("A {kind} of {node} is lost."), why.0),
                (format!("{node} 的一个 {kind} 丢了。"), why.1),
            )
        }
        Fact::BecameLeader { leader_epoch, .. } if leader_epoch > 0 && context.acked_missing > 0 => {
            let n = context.acked_missing;
            let reason = match acks {
                Acks::All => ("They were committed and are not there.", "它们曾经提交，现在却不在。"),
                Acks::Leader => (
                    "One copy was enough to say yes, and it is not here.",
                    "一份副本就算成功，而这份不在这里。",
                ),
                Acks::None => ("Nobody was asked whether they were stored.", "从没问过它们存好了没有。"),
            };
            both(
                (
                    format!(
                        "{node} leads now, and {n} acknowledged packet{} not in its log.",
                        if n == 1 { " is" } else { "s are" }
                    ),
                    reason.0,
                ),
                (format!("{node} 成为 leader，但有 {n} 个已确认的红包不在它的日志里。"), reason.1),
            )
        }
        Fact::BecameLeader { leader_epoch, .. } if leader_epoch > 0 => both(
            (
                format!("{node} leads now, in epoch {leader_epoch}."),
                "Every acknowledged packet is in its log.",
            ),
            (format!("{node} 成为 leader，纪元 {leader_epoch}。"), "所有已确认的红包都在它的日志里。"),
        ),
        Fact::UnflushedLost { from, to, .. } => both(
            (
                format!(
                    "{node} comes up without {} record{} of its log.",
                    from - to,
                    if from - to == 1 { "" } else { "s" }
                ),
                "They had never been flushed to disk.",
            ),
            (format!("{node} 的日志少了 {} 条。", from - to), "它们从未刷到磁盘。"),
        ),
        Fact::Truncated { from, to, leader, .. } => {
            let n = from - to;
            let (en, zh) = match context.acked_missing {
                0 => (
                    "A follower must match its leader.".to_owned(),
                    "follower 必须与 leader 一致。".to_owned(),
                ),
                all if all == n => (
                    "They were acknowledged. Now they are nowhere.".to_owned(),
                    "它们曾被确认，现在哪里都没有了。".to_owned(),
                ),
                some => (
                    format!("{some} of them had been acknowledged, and no other broker has them."),
                    format!("其中 {some} 条曾被确认，别的 broker 上也没有。"),
                ),
            };
            both(
                (
                    format!(
                        "{node} cuts {n} record{} off to match broker-{}.",
                        if n == 1 { "" } else { "s" },
                        leader.0
                    ),
                    &en,
                ),
                (format!("{node} 截断 {n} 条，以便与 broker-{} 一致。", leader.0), &zh),
            )
        }
        Fact::LogStartMoved { from, to, .. } => both(
            (
                format!(
                    "{node} deletes {} record{} older than retention.ms.",
                    to - from,
                    if to - from == 1 { "" } else { "s" }
                ),
                "Whether anybody has read them does not matter.",
            ),
            (format!("{node} 删除了 {} 条超过 retention.ms 的消息。", to - from), "有没有人读过，都照删。"),
        ),
        Fact::DuplicateFound { .. } => both(
            (
                format!("{node} has this batch already and does not store it again."),
                "The producer's id and sequence number tell it so.",
            ),
            (format!("{node} 认出这批已经存过，不再重复存。"), "靠的是生产者 id 和序号。"),
        ),
        Fact::AppendRefused { error, .. } => both(
            (
                format!("{node} refuses the batch: {error}."),
                "Nothing is stored; the producer will try again if it may.",
            ),
            (format!("{node} 拒绝这批消息：{error}。"), "什么都没有存；生产者可以的话会重试。"),
        ),
        Fact::BrokerFenced { broker, .. } => both(
            (format!("The controller has not heard from broker-{} and fences it.", broker.0), ""),
            (format!("controller 收不到 broker-{} 的心跳，把它隔离。", broker.0), ""),
        ),
        Fact::Delivered { record, .. } => both(
            (format!("The consumer gets packet {}.", record.number()), ""),
            (format!("消费者拿到红包 {}。", record.number()), ""),
        ),
        Fact::Applied { record, .. } if context.again => both(
            (
                format!("Packet {} is paid a second time.", record.number()),
                "It was delivered again, and nothing recognised it.",
            ),
            (format!("红包 {} 又付了一次。", record.number()), "它被再次投递，而没有任何东西认出它。"),
        ),
        Fact::Applied { record, .. } => both(
            (format!("Packet {} is paid: ¥20.", record.number()), ""),
            (format!("红包 {} 入账：¥20。", record.number()), ""),
        ),
        Fact::Skipped { record, why } => {
            let why = match why {
                SkipReason::Seen => ("Its id was noted before.", "它的 id 已经记过。"),
                SkipReason::Version => (
                    "The account no longer has the version that the message expects.",
                    "账户版本与消息里的不符。",
                ),
                SkipReason::StoredOffset => {
                    ("The stored offset is not the expected one.", "存储的 offset 与预期不符。")
                }
            };
            both(
                (format!("Packet {} comes again and is not paid.", record.number()), why.0),
                (format!("红包 {} 又来了，没有重复付款。", record.number()), why.1),
            )
        }
        Fact::ProcessingFailed { record } => {
            let then = match config.consumer.as_ref().map(|consumer| consumer.on_failure) {
                Some(OnFailure::Skip) => {
                    ("It is left out, and the next one is read.", "跳过它，继续读下一个。")
                }
                Some(OnFailure::DeadLetter) => ("It is to be put aside.", "把它放到一边。"),
                _ => ("It will be read again, and all behind it waits.", "过会儿再读它，后面的都得等。"),
            };
            both(
                (format!("Packet {} cannot be processed.", record.number()), then.0),
                (format!("红包 {} 处理失败。", record.number()), then.1),
            )
        }
        Fact::OffsetsExpired => both(
            (
                format!("{node} forgets what the group has committed: nobody was in it for too long."),
                "auto.offset.reset decides where it begins again.",
            ),
            (
                format!("消费组空了太久，{node} 忘掉它提交的 offset。"),
                "再来时从哪里读，由 auto.offset.reset 决定。",
            ),
        ),
        Fact::CalledAgain { record } => both(
            (
                format!("The call for packet {} got no answer, and is made again.", record.number()),
                "No answer is not a No: it may have been paid.",
            ),
            (
                format!("红包 {} 的调用没有回音，再调一次。", record.number()),
                "没有回音不等于没付：也许已经付了。",
            ),
        ),
        Fact::DeadLettered { record, .. } => both(
            (format!("Packet {} is a dead letter now.", record.number()), "It is kept beside, and not paid."),
            (format!("红包 {} 进了死信表。", record.number()), "它留在一边，没有付款。"),
        ),
        Fact::Forgotten { record, .. } => both(
            (
                format!("The note of packet {} is gone: its time was over.", record.number()),
                "Nothing knows it again.",
            ),
            (format!("红包 {} 的 id 记录已过期。", record.number()), "没有任何东西还认得它。"),
        ),
        Fact::Committed { offset, .. } => both(
            (format!("The consumer has committed offset {offset}."), "A restart would begin there."),
            (format!("消费者提交了 offset {offset}。"), "重启后会从这里开始。"),
        ),
        Fact::CommitFailed { error } => both(
            (format!("The commit is refused: {error}."), "What was already paid stays paid."),
            (format!("提交被拒绝：{error}。"), "已经付的款不会撤回。"),
        ),
        Fact::Ended { .. } => both(("The run has settled.".to_owned(), ""), ("运行结束。".to_owned(), "")),
        _ => None,
    }
}

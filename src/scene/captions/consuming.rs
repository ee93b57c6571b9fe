//! The way out: the group, the consumer, the account.

use super::{Said, Teller, one, say};
use crate::sim::config::{Effect, OnFailure};
use crate::sim::{Error, Fact, NodeId, Offset, PositionSource, RecordId, SkipReason};

impl Teller<'_> {
    /// The way out.
    pub(super) fn consuming(&self, fact: &Fact) -> Option<Said> {
        match *fact {
            Fact::Delivered { record, .. } => {
                one(self.number(record), ["$0 gets packet $1.", ""], ["$0拿到红包 $1。", ""])
            }
            Fact::Applied { record, .. } if self.context.again => one(
                self.number(record),
                ["Packet $1 is paid once more.", "It was delivered again, and nothing recognised it."],
                ["红包 $1 又付了一次。", "它被再次投递，而没有任何东西认出它。"],
            ),
            Fact::Applied { record, .. } => {
                one(self.number(record), ["Packet $1 is paid: ¥20.", ""], ["红包 $1 入账：¥20。", ""])
            }
            Fact::Skipped { record, why } => self.skipped(record, why),
            Fact::Recorded { record, .. } if self.in_memory() => one(
                self.number(record),
                ["The id of packet $1 is noted.", "Only the memory of $0 has it."],
                ["红包 $1 的 id 记下了。", "只在$0的内存里。"],
            ),
            Fact::Recorded { record, .. } => one(
                self.number(record),
                ["The id of packet $1 is noted.", ""],
                ["红包 $1 的 id 记下了。", ""],
            ),
            Fact::OffsetStoredInDatabase { offset, .. } => one(
                offset.to_string(),
                ["Offset $1 is stored with the payment.", "Either both are there, or neither."],
                ["offset $1 与付款一起存下。", "要么都在，要么都不在。"],
            ),
            Fact::ProcessingFailed { record } => {
                let [en, zh] = match self.config.consumer.as_ref().map(|consumer| consumer.on_failure) {
                    Some(OnFailure::Skip) => {
                        ["It is left out, and the next one is read.", "跳过它，继续读下一个。"]
                    }
                    Some(OnFailure::DeadLetter) => ["It is to be put aside.", "把它放到一边。"],
                    _ => ["It will be read again, and all behind it waits.", "过会儿再读它，后面的都得等。"],
                };
                one(self.number(record), ["Packet $1 cannot be processed.", en], ["红包 $1 处理失败。", zh])
            }
            Fact::OffsetsExpired => say(
                [
                    "$0 forgets what the group has committed: nobody was in it for too long.",
                    "auto.offset.reset decides where it begins again.",
                ],
                ["消费组空了太久，$0忘掉它提交的 offset。", "再来时从哪里读，由 auto.offset.reset 决定。"],
            ),
            Fact::CalledAgain { record } => one(
                self.number(record),
                [
                    "The call for packet $1 got no answer, and is made again.",
                    "No answer is not a No: it may have been paid.",
                ],
                ["红包 $1 的调用没有回音，再调一次。", "没有回音不等于没付：也许已经付了。"],
            ),
            Fact::DeadLettered { record, .. } => one(
                self.number(record),
                ["Packet $1 is a dead letter now.", "It is kept beside, and not paid."],
                ["红包 $1 进了死信表。", "它留在一边，没有付款。"],
            ),
            Fact::Forgotten { record, .. } => one(
                self.number(record),
                ["The note of packet $1 is gone: its time was over.", "Nothing knows it again."],
                ["红包 $1 的 id 记录已过期。", "没有任何东西还认得它。"],
            ),
            Fact::RolledBack { .. } if self.calls() => say(
                ["The call changes nothing at the bank.", "What comes with a known key is not paid again."],
                ["这次调用没有改动银行的账。", "幂等键已经见过，就不再付款。"],
            ),
            Fact::RolledBack { .. } => say(
                ["The transaction is rolled back.", "Nothing of it remains."],
                ["事务回滚了。", "什么都没有留下。"],
            ),
            Fact::Committed { offset, .. } => one(
                offset.to_string(),
                ["$0 has committed offset $1.", "A restart would begin there."],
                ["$0提交了 offset $1。", "重启后会从这里开始。"],
            ),
            Fact::CommitFailed { error } => one(
                self.error(error),
                ["The commit of $0 is refused: $1.", "What was already paid stays paid."],
                ["$0的提交被拒绝：$1。", "已经付的款不会撤回。"],
            ),
            Fact::ConsumerFailed { error: error @ Error::InvalidSessionTimeout } => one(
                error.exception().to_owned(),
                [
                    "$0 ends with $1.",
                    "Its session.timeout.ms is outside the bounds that brokers set, so it may not join the group.",
                ],
                ["$0以 $1 退出。", "它的 session.timeout.ms 超出 broker 允许的范围，不能加入消费组。"],
            ),
            Fact::ConsumerFailed { error } => one(
                error.exception().to_owned(),
                ["$0 ends with $1.", "Nothing is read until somebody decides where to begin."],
                ["$0以 $1 退出。", "在有人决定从哪里开始之前，什么都不读。"],
            ),
            Fact::PollTimedOut => say(
                [
                    "$0 has not called poll() for max.poll.interval.ms, and leaves the group.",
                    "It still works on what it has.",
                ],
                ["$0超过 max.poll.interval.ms 没有调用 poll()，离开消费组。", "手上的活它还在干。"],
            ),
            Fact::MemberRemoved { consumer, expired } => {
                let name = self.name(NodeId::Consumer(consumer));
                if expired {
                    one(
                        name,
                        [
                            "The group goes on without $1: not heard from in time.",
                            "Its partitions are free for others.",
                        ],
                        ["太久没有 $1 的消息，消费组不再等它。", "它的分区可以给别人。"],
                    )
                } else {
                    one(name, ["$1 leaves the group.", ""], ["$1 离开消费组。", ""])
                }
            }
            Fact::PositionSet { offset, source, .. } if offset > 0 => self.position(offset, source),
            _ => None,
        }
    }

    /// Whether money is paid by a call out of the house.
    fn calls(&self) -> bool {
        self.config.consumer.as_ref().is_some_and(|consumer| consumer.effect == Effect::ExternalCall)
    }

    /// Whether ids are noted in the memory of a process.
    fn in_memory(&self) -> bool {
        self.config.consumer.as_ref().is_some_and(|consumer| consumer.dedup_in_memory)
    }

    fn skipped(&self, record: RecordId, why: SkipReason) -> Option<Said> {
        let (en, zh) = match (why, self.context.again) {
            (SkipReason::Seen, true) => ("Its id was noted before.", "它的 id 已经记过。"),
            (SkipReason::Seen, false) => {
                ("Its id was noted before, but the payment never happened.", "它的 id 记过了，钱却从未付过。")
            }
            (SkipReason::Version, true) => (
                "The account no longer has the version that the message expects.",
                "账户已不是消息里期望的版本。",
            ),
            (SkipReason::Version, false) => (
                "The account has not the version that the message expects: one before it is missing.",
                "账户不是消息里期望的版本：前面少了一个。",
            ),
            (SkipReason::StoredOffset, _) => {
                ("The stored offset is not the expected one.", "存储的 offset 与预期不符。")
            }
            (SkipReason::Overtaken, true) => {
                ("The account has come as far as this one, or further.", "账户已经收到它或更靠后的了。")
            }
            (SkipReason::Overtaken, false) => (
                "The account has taken a later one, so this passes for a repeat.",
                "账户已收过更靠后的，它被当成重复。",
            ),
            (SkipReason::Fenced, _) => (
                "Another consumer holds the partition now: an old generation is refused.",
                "分区已归另一个消费者：旧的 generation 被拒绝。",
            ),
        };
        let n = self.number(record);
        if self.context.again {
            one(
                n,
                ["Packet $1 comes again and is not paid again.", en],
                ["红包 $1 又来了，没有重复付款。", zh],
            )
        } else {
            one(n, ["Packet $1 is not paid.", en], ["红包 $1 没有付款。", zh])
        }
    }

    fn position(&self, offset: Offset, source: PositionSource) -> Option<Said> {
        let (en, zh) = match source {
            PositionSource::Committed => ("That is the committed offset.", "这是已提交的 offset。"),
            PositionSource::Stored => ("That is the offset in the database.", "这是数据库里的 offset。"),
            PositionSource::Earliest => (
                "No offset holds: auto.offset.reset=earliest.",
                "没有可用的 offset：auto.offset.reset=earliest。",
            ),
            PositionSource::Latest => (
                "No offset holds: auto.offset.reset=latest skips what is there.",
                "没有可用的 offset：auto.offset.reset=latest，跳过已有的消息。",
            ),
            PositionSource::OutOfRangeEarliest => (
                "Its offset is not in the log: auto.offset.reset=earliest.",
                "它的 offset 不在日志里：auto.offset.reset=earliest。",
            ),
            PositionSource::OutOfRangeLatest => (
                "Its offset is not in the log: auto.offset.reset=latest skips what is there.",
                "它的 offset 不在日志里：auto.offset.reset=latest，跳过已有的消息。",
            ),
            PositionSource::Diverged => ("The log was cut off there.", "日志在那里被截断了。"),
        };
        one(offset.to_string(), ["$0 reads from offset $1.", en], ["$0从 offset $1 开始读。", zh])
    }
}

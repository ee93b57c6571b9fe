//! In store: logs, leaders, in-sync replicas.

use super::{Both, Said, Teller, one, say, with};
use crate::sim::config::Acks;
use crate::sim::{BrokerSet, Fact, TopicPartition};

const GONE: Both = ["They were acknowledged. Now they are nowhere.", "它们曾被确认，现在哪里都没有了。"];
const SOME_GONE: Both = [
    "Some of them had been acknowledged, and no other broker has them.",
    "其中有些曾被确认，别的 broker 上也没有。",
];

impl Teller<'_> {
    /// In store.
    pub(super) fn storing(&self, fact: &Fact) -> Option<Said> {
        match *fact {
            Fact::Appended { partition, .. } if !partition.is_events() => None,
            Fact::Appended { .. } if self.context.again => one(
                self.packets(),
                [
                    "$0 stores $1 a second time.",
                    "To the broker it is new: nothing tells it that it has it already.",
                ],
                ["$0把$1又存了一份。", "对 broker 来说它是新的：没有任何东西告诉它已经存过。"],
            ),
            Fact::Appended { .. } => one(
                self.packets(),
                ["$0 appends $1 to its log.", "Page cache first, disk later."],
                ["$0把$1追加到日志。", "先进页缓存，之后才落盘。"],
            ),
            Fact::DuplicateFound { .. } => one(
                self.packets(),
                [
                    "$0 has $1 already and does not store it again.",
                    "The producer's id and sequence number tell it so.",
                ],
                ["$0认出$1已经存过，不再重复存。", "靠的是生产者 id 和序号。"],
            ),
            Fact::AppendRefused { error, .. } => with(
                [self.packets(), self.error(error)],
                ["$0 refuses $1: $2.", "Nothing is stored this time."],
                ["$0拒绝$1：$2。", "这一次什么都没有存。"],
            ),
            Fact::BecameLeader { leader_epoch, partition, .. } if leader_epoch > 0 => self.elected(partition),
            Fact::UnflushedLost { from, to, .. } => {
                let rest = match self.context.acked_missing {
                    0 => ["They had never been flushed to disk.", "它们从未刷到磁盘。"],
                    all if all == from - to => GONE,
                    _ => SOME_GONE,
                };
                one(
                    (from - to).to_string(),
                    ["$0 comes up without the last $1 of its log.", rest[0]],
                    ["$0启动后，日志末尾少了 $1 条。", rest[1]],
                )
            }
            Fact::Truncated { from, to, leader, .. } => {
                let rest = match self.context.acked_missing {
                    0 => ["A follower must match its leader.", "follower 必须与 leader 一致。"],
                    all if all == from - to => GONE,
                    _ => SOME_GONE,
                };
                with(
                    [(from - to).to_string(), self.name(leader.into())],
                    ["$0 cuts the last $1 off its log, to match $2.", rest[0]],
                    ["$0截掉日志末尾 $1 条，以便与 $2 一致。", rest[1]],
                )
            }
            Fact::LogStartMoved { from, to, .. } => one(
                (to - from).to_string(),
                [
                    "$0 deletes the first $1 of its log, older than retention.ms.",
                    "Whether anybody has read them does not matter.",
                ],
                ["$0删除了日志开头超过 retention.ms 的 $1 条。", "有没有人读过，都照删。"],
            ),
            Fact::IsrChangeProposed { partition, from, to } if partition.is_events() => self.isr(from, to),
            Fact::PartitionChanged { partition, leader: None, .. } if partition.is_events() => say(
                [
                    "Nobody leads now: no broker that may is there.",
                    "Nothing can be written or read until one returns.",
                ],
                ["现在没有 leader：能当的都不在。", "在有人回来之前，不能写也不能读。"],
            ),
            Fact::BrokerFenced { broker, expired: true } => one(
                self.name(broker.into()),
                ["The controller has not heard from $1 and fences it.", "A fenced broker may not lead."],
                ["控制器收不到 $1 的心跳，把它隔离。", "被隔离的不能当 leader。"],
            ),
            _ => None,
        }
    }

    fn elected(&self, partition: TopicPartition) -> Option<Said> {
        let missing = self.context.acked_missing;
        let of = self.partition(partition);
        if missing == 0 {
            return one(
                of,
                ["$0 leads$1 now.", "Every acknowledged packet is in its log."],
                ["$0 现在是$1 leader。", "所有已确认的红包都在它的日志里。"],
            );
        }
        let rest = match self.config.producer.acks {
            Acks::All => ["They were committed, and they are not here.", "它们曾经提交，这里却没有。"],
            Acks::Leader => {
                ["One copy was enough to say yes, and it is not here.", "一份副本就算成功，而这份不在这里。"]
            }
            Acks::None => ["Nobody was asked whether they were stored.", "从没问过它们存好了没有。"],
        };
        let en = if missing == 1 {
            ["$0 leads$1 now, and $2 acknowledged packet is not in its log.", rest[0]]
        } else {
            ["$0 leads$1 now, and $2 acknowledged packets are not in its log.", rest[0]]
        };
        with(
            [of, missing.to_string()],
            en,
            ["$0 现在是$1 leader，有 $2 个已确认的红包不在它的日志里。", rest[1]],
        )
    }

    fn isr(&self, from: BrokerSet, to: BrokerSet) -> Option<Said> {
        let (out, back) = (from.minus(to), to.minus(from));
        if out.is_empty() && back.is_empty() {
            return None;
        }
        if out.is_empty() {
            return one(
                self.brokers(back),
                ["$0 takes $1 back into the ISR.", "Caught up again."],
                ["$0让 $1 回到 ISR。", "日志追上了。"],
            );
        }
        let all = self.config.producer.acks == Acks::All;
        let rest = if all && to.len() < u32::from(self.config.topic.min_insync_replicas) {
            [
                "That is fewer than min.insync.replicas: acks=all is refused.",
                "少于 min.insync.replicas：acks=all 会被拒绝。",
            ]
        } else if all && to.len() == 1 {
            ["acks=all now waits for the leader alone.", "acks=all 现在只等 leader 自己。"]
        } else {
            ["Not caught up for replica.lag.time.max.ms.", "超过 replica.lag.time.max.ms 没有追上。"]
        };
        one(self.brokers(out), ["$0 takes $1 out of the ISR.", rest[0]], ["$0把 $1 移出 ISR。", rest[1]])
    }
}

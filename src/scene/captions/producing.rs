//! The way in: from the shop to the broker.

use super::{Said, Teller, one, say, with};
use crate::scene::text::capital;
use crate::sim::config::Acks;
use crate::sim::{Error, Fact, RecordId};

impl Teller<'_> {
    /// The way in.
    pub(super) fn producing(&self, fact: &Fact) -> Option<Said> {
        match *fact {
            Fact::Sent { record, resend: 0, .. } => {
                one(self.number(record), ["$0 sends packet $1.", ""], ["$0发出红包 $1。", ""])
            }
            Fact::Sent { record, .. } => one(
                self.number(record),
                ["The application sends packet $1 again.", "To Kafka it is a new message."],
                ["应用再次发送红包 $1。", "对 Kafka 来说这是一条新消息。"],
            ),
            Fact::SendBlocked { record } if !self.context.again => one(
                self.number(record),
                [
                    "Packet $1 waits a moment.",
                    "The producer has just started and first asks which broker leads.",
                ],
                ["红包 $1 稍等片刻。", "生产者刚启动，先要问清谁是 leader。"],
            ),
            // By then a producer that lost sight of all brokers begins anew (KIP-899).
            Fact::SendBlocked { record } => one(
                self.number(record),
                [
                    "Packet $1 has to wait.",
                    "The producer's memory is full, or it has lost sight of every broker.",
                ],
                ["红包 $1 只能等待。", "生产者的缓冲区满了，或者一个 broker 都联系不上。"],
            ),
            Fact::ProduceAttempted { attempt, to, .. } if attempt > 1 => with(
                [self.packets(), self.name(to.into())],
                ["$0 sends $1 to $2 again.", ""],
                ["$0把$1重新发给 $2。", ""],
            ),
            Fact::ProduceUnanswered { error: Error::RequestTimedOut, .. } => say(
                ["$0 gets no answer in time.", "It cannot know whether the packet is stored."],
                ["$0等不到答复，超时了。", "红包到底存了没有，它无从知道。"],
            ),
            Fact::ProduceUnanswered { .. } => say(
                [
                    "The connection of $0 closes before the answer comes.",
                    "It cannot know whether the packet is stored.",
                ],
                ["答复没来，$0的连接就断了。", "红包到底存了没有，它无从知道。"],
            ),
            Fact::Acked { record, .. } => {
                let n = self.number(record);
                match self.config.producer.acks {
                    Acks::None => one(
                        n,
                        ["Packet $1 counts as sent.", "acks=0 asks nobody."],
                        ["红包 $1 就算发出了。", "acks=0 不等任何人回答。"],
                    ),
                    Acks::Leader => one(
                        n,
                        [
                            "$0 is told that packet $1 is stored.",
                            "With acks=1 one copy is enough to say yes.",
                        ],
                        ["$0得到答复：红包 $1 已存好。", "acks=1 时，有一份副本就算成功。"],
                    ),
                    Acks::All => one(
                        n,
                        ["$0 is told that packet $1 is stored.", "Every in-sync replica has it."],
                        ["$0得到答复：红包 $1 已存好。", "所有同步副本都有了它。"],
                    ),
                }
            }
            Fact::Failed { record, error } => self.failed(record, error),
            _ => None,
        }
    }

    fn failed(&self, record: RecordId, error: Error) -> Option<Said> {
        let silent = matches!(error, Error::RequestTimedOut | Error::NetworkException);
        let (en, zh) = match (silent, self.context.attempted, self.context.again) {
            (true, false, _) => ("It never left the shop.", "它根本没有离开商店。"),
            (true, true, true) => (
                "No answer is not a No: a broker has stored it all the same.",
                "没有回音不等于没写进去：broker 已经存下了它。",
            ),
            (true, true, false) => (
                "No answer is not a No, but this time nothing was stored.",
                "没有回音不等于没写进去，不过这次确实没存。",
            ),
            (false, _, _) => ("$2.", "$2。"),
        };
        let why = if silent { error.exception().to_owned() } else { capital(&self.error(error)) };
        let strong = if silent { ["Packet $1 fails: $2.", en] } else { ["Packet $1 fails.", en] };
        let strong_zh =
            if silent { ["红包 $1 发送失败：$2。", zh] } else { ["红包 $1 发送失败。", zh] };
        with([self.number(record), why], strong, strong_zh)
    }
}

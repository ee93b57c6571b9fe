//! What is broken or mended.

use super::{Said, Teller, one, say, with};
use crate::sim::config::CommitMode;
use crate::sim::{Fact, Kind, NodeId};

impl Teller<'_> {
    /// Something was broken or mended.
    pub(super) fn fault(&self, fact: &Fact) -> Option<Said> {
        match *fact {
            Fact::Killed { .. } => self.killed(),
            Fact::PowerLost { .. } => say(
                ["$0 loses power.", "What was only in the page cache is gone."],
                ["$0断电。", "只在页缓存里的内容没有了。"],
            ),
            Fact::Stopping { .. } => self.stopping(),
            Fact::Paused { .. } => say(
                [
                    "$0 stands still, like in a long garbage collection.",
                    "Nobody is told; its connections stay open.",
                ],
                ["$0停住了，就像一次很长的 GC。", "没有人被告知；连接仍然开着。"],
            ),
            Fact::Resumed => say(
                ["$0 goes on.", "It does not know that it stood still."],
                ["$0继续运行。", "它不知道自己停过。"],
            ),
            Fact::Started { .. } if self.context.again => say(["$0 starts again.", ""], ["$0重新启动。", ""]),
            Fact::Started { incarnation } if incarnation > 1 => say(["$0 starts.", ""], ["$0启动。", ""]),
            // A cut from everybody is also one from those to whom nothing was ever said.
            Fact::LinkCut { to, .. } | Fact::LinkHealed { to, .. } if !self.talk(to) => None,
            Fact::LinkCut { to, .. } => one(
                self.name(to),
                [
                    "Nothing gets through from $0 to $1 any more.",
                    "Nobody is told: only time-outs will show it.",
                ],
                ["$0到$1的网络断了。", "没有人被告知：只有超时才会暴露。"],
            ),
            Fact::LinkHealed { to, .. } => {
                one(self.name(to), ["$0 reaches $1 again.", ""], ["$0到$1的网络恢复。", ""])
            }
            Fact::LinkReset { to, .. } => one(
                self.name(to),
                ["The connections between $0 and $1 are reset.", "What was on the way is lost."],
                ["$0与$1之间的连接被重置。", "路上的消息丢了。"],
            ),
            Fact::DropArmed { to, kind, .. } => with(
                [kind.to_string(), self.name(to)],
                ["The next $1 from $0 to $2 will be lost.", ""],
                ["$0到$2的下一个 $1 会丢。", ""],
            ),
            Fact::DelayArmed { to, kind, .. } => with(
                [kind.to_string(), self.name(to)],
                ["The next $1 from $0 to $2 will be late.", ""],
                ["$0到$2的下一个 $1 会迟到。", ""],
            ),
            Fact::DiskFailed { .. } if self.context.slow => say(
                ["The disk of $0 becomes slow.", "Even a write into the page cache has to wait for it."],
                ["$0的磁盘变慢了。", "连写页缓存都得等它。"],
            ),
            Fact::DiskFailed { .. } => say(
                ["The disk of $0 fails.", "A broker that cannot write stops itself."],
                ["$0的磁盘坏了。", "写不了盘的 broker 会自己停止。"],
            ),
            Fact::MessageLost { .. } => self.lost(),
            Fact::Ended { .. } => say(["The run has settled.", ""], ["运行结束。", ""]),
            _ => None,
        }
    }

    fn killed(&self) -> Option<Said> {
        let (en, zh) = match self.node {
            NodeId::Broker(_) => (
                "What it wrote to the page cache survives; its connections close at once.",
                "写进页缓存的内容还在；它的连接立刻断开。",
            ),
            NodeId::Producer(_) => {
                ("It will never hear what became of what it sent.", "它发出的消息结果如何，再也听不到了。")
            }
            NodeId::Consumer(_) => match self.config.consumer.as_ref().map(|consumer| consumer.commit) {
                Some(CommitMode::InDatabase) => {
                    ("Whoever goes on begins at the stored offset.", "接手者从存储的 offset 开始。")
                }
                _ => ("Whoever goes on begins at the committed offset.", "接手者从已提交的 offset 开始。"),
            },
            NodeId::Controller => (
                "Brokers go on with what they know; nobody can be elected meanwhile.",
                "broker 按已知的信息继续；这期间无法选举。",
            ),
            NodeId::Database => ("What it had not committed is rolled back.", "没有提交的事务回滚。"),
        };
        say(["$0 is killed.", en], ["$0被杀掉。", zh])
    }

    fn stopping(&self) -> Option<Said> {
        let (en, zh) = match self.node {
            NodeId::Broker(_) => {
                ("It hands over what it leads before it goes.", "它先交出 leader 身份，再停止。")
            }
            NodeId::Consumer(_) => ("It leaves its group before it goes.", "它先离开消费组，再停止。"),
            _ => ("", ""),
        };
        say(["$0 shuts down in order.", en], ["$0正常关闭。", zh])
    }

    /// Whether this node ever talks to that one.
    fn talk(&self, to: NodeId) -> bool {
        let rank = |node: NodeId| match node {
            NodeId::Producer(_) => 0,
            NodeId::Broker(_) => 1,
            NodeId::Consumer(_) => 2,
            NodeId::Database => 3,
            NodeId::Controller => 4,
        };
        let (low, high) = (rank(self.node).min(rank(to)), rank(self.node).max(rank(to)));
        matches!((low, high), (0, 1) | (1, 1) | (1, 2) | (1, 4) | (2, 3))
    }

    fn lost(&self) -> Option<Said> {
        let (kind, to) = self.context.message?;
        let (en, zh) = match kind {
            _ if !self.context.silent => {
                ("Its connection is closed; what was on the way is gone.", "连接已关闭，路上的消息没有了。")
            }
            Kind::ProduceRequest | Kind::ProduceResponse => (
                "The shop hears nothing: a lost request and a lost answer look the same to it.",
                "商店听不到回音：丢的是请求还是答复，它分不清。",
            ),
            _ => (
                "Nobody is told: whoever waits for it waits for a time-out.",
                "没有人被告知：等它的一方只能等到超时。",
            ),
        };
        with(
            [kind.to_string(), self.name(to)],
            ["The $1 from $0 to $2 is lost.", en],
            ["$0到$2的 $1 丢了。", zh],
        )
    }
}

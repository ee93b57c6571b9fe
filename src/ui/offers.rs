//! What can be done to something on the stage at the cursor, as faults of a scenario file. The one place of the
//! page that knows which messages run along which link.

use crate::scene::{HotTarget, Icon, Lang};
use crate::sim::config::raw::{RawFault, RawValue};
use crate::sim::{LinkEffect, NodeId, ProcessState, TopicPartition, World};

/// How much later a delayed message comes.
const DELAY_MS: i64 = 1_000;
/// How long the pause of the panel's button lasts.
const PAUSE_MS: i64 = 10_000;

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it does, in the file's word.
    action: &'static str,
    /// To what, in the file's words.
    on: String,
    /// The message that it is about.
    message: Option<&'static str>,
    /// Another key with its value.
    extra: Option<(&'static str, i64)>,
    /// The machine is gone without a word.
    silent: bool,
}

impl Offer {
    fn new(action: &'static str, on: impl Into<String>) -> Offer {
        Offer { action, on: on.into(), message: None, extra: None, silent: action == "power-loss" }
    }

    fn message(action: &'static str, on: &str, message: &'static str) -> Offer {
        let extra = (action == "delay-next").then_some(("by_ms", DELAY_MS));
        Offer { message: Some(message), extra, ..Offer::new(action, on) }
    }

    /// The fault at a moment.
    pub fn fault(&self, at_us: i64) -> RawFault {
        let mut fault = RawFault::at(at_us, self.action, &self.on);
        if let Some(message) = self.message {
            fault = fault.with("message", message);
        }
        if let Some((key, value)) = self.extra {
            fault = fault.with(key, value);
        }
        if self.silent {
            fault = fault.with("silent", true);
        }
        fault
    }

    /// A picture of it.
    pub fn icon(&self) -> Icon {
        icon(self.action)
    }

    /// What it does, in a few words.
    pub fn label(&self, lang: Lang) -> String {
        match self.message {
            Some(message) => format!("{} {message}", verb(self.action, lang)),
            None => verb(self.action, lang).to_owned(),
        }
    }

    /// What it does and to what.
    pub fn full_label(&self, lang: Lang) -> String {
        describe_parts(self.action, &self.on, self.message, lang)
    }
}

/// What a fault does and to what.
pub fn describe(fault: &RawFault, lang: Lang) -> String {
    let text = |key: &str| match fault.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    {
        Some(RawValue::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    describe_parts(text("do").unwrap_or(""), text("on").unwrap_or(""), text("message"), lang)
}

/// A picture of what a fault does.
pub fn icon_of(fault: &RawFault) -> Icon {
    let action = fault.entries.iter().find(|entry| entry.key == "do").map(|entry| &entry.value);
    match action {
        Some(RawValue::Text(action)) => icon(action),
        _ => Icon::Cross,
    }
}

fn describe_parts(action: &str, on: &str, message: Option<&str>, lang: Lang) -> String {
    let on = on.replace(" -> ", " → ").replace(" - ", " ⇄ ");
    let verb = verb(action, lang);
    match (lang, message) {
        (Lang::En, Some(message)) => format!("{verb} {message}, {on}"),
        (Lang::Zh, Some(message)) => format!("{on}：{verb} {message}"),
        (Lang::En, None) => format!("{verb}: {on}"),
        (Lang::Zh, None) => format!("{on}：{verb}"),
    }
}

fn verb(action: &str, lang: Lang) -> &'static str {
    match (lang, action) {
        (Lang::En, "kill") => "Kill the process",
        (Lang::Zh, "kill") => "杀掉进程",
        (Lang::En, "power-loss") => "Pull the power",
        (Lang::Zh, "power-loss") => "断电",
        (Lang::En, "clean-stop") => "Stop in order",
        (Lang::Zh, "clean-stop") => "正常停止",
        (Lang::En, "restart") => "Start again",
        (Lang::Zh, "restart") => "重新启动",
        (Lang::En, "pause") => "Freeze",
        (Lang::Zh, "pause") => "冻结",
        (Lang::En, "resume") => "Unfreeze",
        (Lang::Zh, "resume") => "解冻",
        (Lang::En, "cut") => "Cut the link",
        (Lang::Zh, "cut") => "切断链路",
        (Lang::En, "heal") => "Heal the link",
        (Lang::Zh, "heal") => "恢复链路",
        (Lang::En, "reset") => "Close the connections",
        (Lang::Zh, "reset") => "断开连接",
        (Lang::En, "drop-next") => "Lose the next",
        (Lang::Zh, "drop-next") => "丢掉下一个",
        (Lang::En, "delay-next") => "Delay by 1 s the next",
        (Lang::Zh, "delay-next") => "延迟 1 秒：下一个",
        (Lang::En, "disk-full") => "Fill the disk",
        (Lang::Zh, "disk-full") => "写满磁盘",
        _ => "?",
    }
}

fn icon(action: &str) -> Icon {
    match action {
        "kill" => Icon::Skull,
        "power-loss" => Icon::Bolt,
        "pause" => Icon::Pause,
        "restart" | "resume" | "heal" => Icon::Restart,
        "cut" => Icon::Scissors,
        "drop-next" => Icon::Trap,
        "delay-next" => Icon::Clock,
        "disk-full" => Icon::Disk,
        _ => Icon::Cross,
    }
}

/// What can be done to something as the world is.
pub fn offers(target: HotTarget, world: &World) -> Vec<Offer> {
    match target {
        HotTarget::Node(node) => for_node(node, world),
        HotTarget::Link(a, b) => for_link(a, b, world),
    }
}

fn for_node(node: NodeId, world: &World) -> Vec<Offer> {
    let all = |actions: &[&'static str]| {
        actions.iter().map(|action| Offer::new(action, node.to_string())).collect::<Vec<_>>()
    };
    match (world.process(node), node) {
        (ProcessState::Down { .. }, _) => all(&["restart"]),
        (ProcessState::Paused(_), _) => all(&["resume", "kill"]),
        (_, NodeId::Broker(_)) => all(&["kill", "power-loss", "clean-stop", "pause", "disk-full"]),
        (_, NodeId::Consumer(_)) => all(&["kill", "clean-stop", "pause"]),
        (_, NodeId::Producer(_) | NodeId::Controller) => all(&["kill", "pause"]),
        (_, NodeId::Database) => all(&["kill"]),
    }
}

fn for_link(a: NodeId, b: NodeId, world: &World) -> Vec<Offer> {
    let both = format!("{a} - {b}");
    let cut = world.link_faults().iter().any(|fault| {
        matches!(fault.effect, LinkEffect::Cut)
            && ((fault.from, fault.to) == (a, b) || (fault.to, fault.from) == (a, b))
    });
    let mut offers = vec![Offer::new(if cut { "heal" } else { "cut" }, &*both), Offer::new("reset", &*both)];
    let (client, server) = ends(a, b, world);
    for action in ["drop-next", "delay-next"] {
        for (message, answers) in messages(client, server) {
            let (from, to) = if *answers { (server, client) } else { (client, server) };
            offers.push(Offer::message(action, &format!("{from} -> {to}"), message));
        }
    }
    offers
}

/// Who asks and who answers.
fn ends(a: NodeId, b: NodeId, world: &World) -> (NodeId, NodeId) {
    let rank = |node: NodeId| match node {
        NodeId::Producer(_) | NodeId::Consumer(_) => 0,
        NodeId::Broker(_) => {
            let leads = world.registration(TopicPartition::events(0)).leader == node.broker();
            1 + u8::from(leads)
        }
        NodeId::Controller | NodeId::Database => 3,
    };
    if rank(a) <= rank(b) { (a, b) } else { (b, a) }
}

/// Messages worth losing on a link, and whether each is an answer.
fn messages(client: NodeId, server: NodeId) -> &'static [(&'static str, bool)] {
    match (client, server) {
        (NodeId::Producer(_), _) => &[("ProduceRequest", false), ("ProduceResponse", true)],
        (NodeId::Consumer(_), NodeId::Database) => &[("DatabaseRequest", false), ("DatabaseResponse", true)],
        (NodeId::Consumer(_), _) => {
            &[("FetchResponse", true), ("OffsetCommitRequest", false), ("OffsetCommitResponse", true)]
        }
        (NodeId::Broker(_), NodeId::Controller) => {
            &[("BrokerHeartbeatRequest", false), ("AlterPartitionRequest", false)]
        }
        _ => &[("FetchRequest", false), ("FetchResponse", true)],
    }
}

/// What the panel offers, whoever leads.
pub fn by_role(consumer: bool) -> Vec<Offer> {
    let mut offers = vec![
        Offer::new("kill", "leader"),
        Offer::new("power-loss", "leader"),
        Offer { extra: Some(("for_ms", PAUSE_MS)), ..Offer::new("pause", "leader") },
        Offer::new("cut", "followers - leader"),
        Offer::message("drop-next", "producer-1 -> leader", "ProduceRequest"),
        Offer::message("drop-next", "leader -> producer-1", "ProduceResponse"),
    ];
    if consumer {
        offers.push(Offer { extra: Some(("restart_after_ms", 1_000)), ..Offer::new("kill", "consumer-1") });
    }
    offers
}

//! Links: who talks to whom, and what is wrong with it.

use super::frame::Frame;
use super::pen::{Ink, Pen};
use super::state::is_down;
use super::text::{Word, word};
use super::ways::{Way, along, curves};
use super::within;
use crate::scene::{Area, Dash, HotTarget, Icon, Lang, Point, Role, Segment, View};
use crate::sim::{LinkEffect, NodeId, TopicPartition, World};

/// A link and what there is to say about it.
struct Link {
    ends: (NodeId, NodeId),
    way: Way,
    in_use: bool,
    trouble: Option<Trouble>,
}

/// What is wrong with a link; the worst comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trouble {
    Cut,
    Trap,
    Late,
}

impl Trouble {
    fn of(world: &World, ends: (NodeId, NodeId)) -> Option<Trouble> {
        let faults = world
            .link_faults()
            .iter()
            .filter(|fault| (fault.from, fault.to) == ends || (fault.to, fault.from) == ends);
        faults
            .map(|fault| match fault.effect {
                LinkEffect::Cut => Trouble::Cut,
                LinkEffect::DropNext(_) => Trouble::Trap,
                LinkEffect::DelayNext(..) => Trouble::Late,
            })
            .min()
    }

    fn icon(self) -> Icon {
        match self {
            Trouble::Cut => Icon::Scissors,
            Trouble::Trap => Icon::Trap,
            Trouble::Late => Icon::Clock,
        }
    }

    fn word(self) -> Word {
        match self {
            Trouble::Cut => Word::Cut,
            Trouble::Trap => Word::Trap,
            Trouble::Late => Word::Late,
        }
    }
}

/// Brokers that lead a partition of `events`, and those that have it, as bits.
struct Roles {
    leaders: u8,
    /// By leader: the brokers that follow it.
    followers: [u8; 8],
}

impl Roles {
    fn of(world: &World) -> Roles {
        let mut roles = Roles { leaders: 0, followers: [0; 8] };
        for tp in (0..world.config().topic.partitions).map(TopicPartition::events) {
            let Some(leader) = world.registration(tp).leader else { continue };
            roles.leaders |= 1 << leader.0;
            roles.followers[usize::from(leader.0)] |= world.config().replica_set(tp).without(leader).0;
        }
        roles
    }

    fn leads(&self, n: u8) -> bool {
        self.leaders & 1 << n != 0
    }

    fn follow(&self, a: u8, b: u8) -> bool {
        self.followers[usize::from(a)] & 1 << b != 0 || self.followers[usize::from(b)] & 1 << a != 0
    }
}

/// Whether a link is drawn where nothing is wrong with it, and whether it is in use.
fn role(roles: &Roles, ends: (NodeId, NodeId)) -> (bool, bool) {
    match ends {
        (NodeId::Producer(_), NodeId::Broker(n)) => (true, roles.leads(n)),
        (NodeId::Broker(a), NodeId::Broker(b)) => (roles.follow(a, b), roles.follow(a, b)),
        (NodeId::Broker(n), NodeId::Consumer(_)) => (roles.leads(n), true),
        (NodeId::Consumer(_), NodeId::Database) => (true, true),
        _ => (false, false),
    }
}

/// Pairs of nodes that may talk, each once.
fn pairs(world: &World) -> Vec<(NodeId, NodeId)> {
    let config = world.config();
    let brokers: Vec<NodeId> = config.brokers().map(NodeId::from).collect();
    let mut pairs = Vec::new();
    for (i, broker) in brokers.iter().enumerate() {
        pairs.extend((1..=config.producer.count).map(|n| (NodeId::Producer(n), *broker)));
        pairs.extend(brokers[i + 1..].iter().map(|other| (*broker, *other)));
        pairs.extend((1..=config.members()).map(|n| (*broker, NodeId::Consumer(n))));
        pairs.push((*broker, NodeId::Controller));
    }
    pairs.extend((1..=config.members()).map(|n| (NodeId::Consumer(n), NodeId::Database)));
    pairs
}

/// Links that are drawn: those that the run uses, and those with which something is wrong.
fn links(world: &World, frame: &Frame) -> Vec<Link> {
    let roles = Roles::of(world);
    // What is in use lies over what is not.
    let (mut links, mut over) = (Vec::new(), Vec::new());
    for ends in pairs(world) {
        let (drawn, in_use) = role(&roles, ends);
        let trouble = Trouble::of(world, ends);
        if let (true, Some(way)) = (drawn || trouble.is_some(), frame.way(ends.0, ends.1)) {
            let layer = if in_use { &mut over } else { &mut links };
            layer.push(Link { ends, way, in_use, trouble });
        }
    }
    links.append(&mut over);
    links
}

pub(super) fn draw(pen: &mut Pen, world: &World, frame: &Frame, view: &View) {
    for link in links(world, frame) {
        let down = is_down(world, link.ends.0) || is_down(world, link.ends.1);
        let (role, width, dash) = match (link.trouble, down, link.in_use) {
            (Some(Trouble::Cut), _, _) => (Role::InkSoft, 1.6, Dash::Dots),
            (_, true, _) => (Role::InkFaint, 1.2, Dash::Long),
            (_, false, true) => (Role::InkSoft, 1.8, Dash::None),
            (_, false, false) => (Role::InkFaint, 1.2, Dash::None),
        };
        let mut line = vec![Segment::Move(link.way[0])];
        line.extend(curves(&link.way).map(|[_, a, b, end]| Segment::Cubic(a, b, end)));
        pen.line(line, role, width, dash);
        if frame.compact || link.ends.1 != NodeId::Controller {
            hotspot(pen, link.ends, spot(frame, &link), link.trouble, view.lang);
        }
    }
    for n in 1..=world.config().cluster.brokers {
        if let Some(area) = frame.handle(n) {
            to_controller(pen, world, (NodeId::Broker(n), NodeId::Controller), area, view.lang);
        }
    }
}

/// Most of the time there is nothing to see between a broker and the controller: its number is enough.
fn to_controller(pen: &mut Pen, world: &World, ends: (NodeId, NodeId), area: Area, lang: Lang) {
    let trouble = Trouble::of(world, ends);
    let (x, y) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
    match trouble {
        Some(trouble) => pen.icon(x, y, 15.0, trouble.icon(), Role::Ink),
        None => {
            let chip = Area { x: area.x + 2.0, y: area.y + 2.0, w: area.w - 4.0, h: area.h - 4.0 };
            pen.chip(chip, Role::CardDown);
            let number = ends.0.broker().map_or(0, |id| id.0).to_string();
            pen.text(x, y + 4.0, number, Ink::new(11.0, 600, Role::InkSoft).middle());
        }
    }
    hotspot(pen, ends, area, trouble, lang);
}

/// Marks of what is wrong, over the cards.
pub(super) fn marks(pen: &mut Pen, world: &World, frame: &Frame) {
    for link in links(world, frame) {
        let Some(trouble) = link.trouble else { continue };
        let at = handle(frame, &link);
        pen.dot(at.x, at.y, 9.5, Role::Paper);
        pen.icon(at.x, at.y, 15.0, trouble.icon(), Role::Ink);
    }
}

/// Where a link is marked and clicked: where it lies apart from the others.
fn handle(frame: &Frame, link: &Link) -> Point {
    let share = match link.ends {
        (NodeId::Broker(_), NodeId::Consumer(_)) if frame.narrow => 0.3,
        (NodeId::Producer(_), _) if frame.narrow => 0.72,
        (NodeId::Producer(_), _) | (_, NodeId::Controller) => 0.62,
        _ => 0.5,
    };
    along(&link.way, share)
}

fn spot(frame: &Frame, link: &Link) -> Area {
    const SIDE: f32 = 24.0;
    let at = handle(frame, link);
    Area {
        x: within(at.x - SIDE / 2.0, 0.0, frame.width - SIDE),
        y: within(at.y - SIDE / 2.0, 0.0, frame.height - SIDE),
        w: SIDE,
        h: SIDE,
    }
}

fn hotspot(pen: &mut Pen, ends: (NodeId, NodeId), area: Area, trouble: Option<Trouble>, lang: Lang) {
    let trouble = trouble.map_or(String::new(), |trouble| format!(", {}", word(lang, trouble.word())));
    let label = format!("{} {} – {}{trouble}", word(lang, Word::Link), ends.0, ends.1);
    pen.link(HotTarget::Link(ends.0, ends.1), area, label);
}

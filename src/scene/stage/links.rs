//! Links: who talks to whom, and what is wrong with it.

use super::frame::{Frame, along};
use super::pen::Pen;
use crate::scene::{Area, Dash, HotTarget, Icon, Lang, Role, Segment, View};
use crate::sim::{LinkEffect, NodeId, ProcessState, TopicPartition, World};

/// Links that are drawn, each once.
pub(super) fn drawn(world: &World) -> Vec<(NodeId, NodeId)> {
    let config = world.config();
    let brokers: Vec<NodeId> = config.brokers().map(NodeId::from).collect();
    let mut links = Vec::new();
    for n in 1..=config.producer.count {
        links.extend(brokers.iter().map(|broker| (NodeId::Producer(n), *broker)));
    }
    for (i, a) in brokers.iter().enumerate() {
        links.extend(brokers[i + 1..].iter().map(|b| (*a, *b)));
    }
    for n in 1..=config.members() {
        links.extend(brokers.iter().map(|broker| (*broker, NodeId::Consumer(n))));
        links.push((NodeId::Consumer(n), NodeId::Database));
    }
    links
}

pub(super) fn draw(pen: &mut Pen, world: &World, frame: &Frame, view: &View) {
    let leads = |node: NodeId| {
        world
            .config()
            .partitions()
            .filter(|partition: &TopicPartition| partition.is_events())
            .any(|partition| world.registration(partition).leader.map(NodeId::from) == Some(node))
    };
    for (a, b) in drawn(world) {
        let Some(way) = frame.way(a, b) else { continue };
        let cut = |from: NodeId, to: NodeId| {
            world.link_faults().iter().any(|f| f.from == from && f.to == to && f.effect == LinkEffect::Cut)
        };
        let is_cut = cut(a, b) || cut(b, a);
        let down = |node: NodeId| matches!(world.process(node), ProcessState::Down { .. });
        let in_use = a.broker().is_none() && b.broker().is_none() || leads(a) || leads(b);
        let between_brokers = a.broker().is_some() && b.broker().is_some();
        // On one column, only the ways in use are drawn: the others would cross the cards.
        let visible = !frame.narrow || in_use && !between_brokers || is_cut;
        let dash = if is_cut || down(a) || down(b) { Dash::Dots } else { Dash::None };
        let (role, width) = if in_use && !is_cut { (Role::InkSoft, 1.5) } else { (Role::InkFaint, 1.0) };
        if visible {
            let segments = vec![Segment::Move(way[0]), Segment::Cubic(way[1], way[2], way[3])];
            pen.line(segments, role, width, dash);
        }
        let middle = along(way, 0.5);
        let mark = if is_cut { Some(Icon::Scissors) } else { armed(world, a, b) };
        if let Some(icon) = mark.filter(|_| visible || is_cut) {
            pen.dot(middle.x, middle.y, 10.0, Role::Paper);
            pen.icon(middle.x, middle.y, 16.0, icon, Role::Ink);
        }
        if visible || between_brokers {
            let area = Area { x: middle.x - 14.0, y: middle.y - 14.0, w: 28.0, h: 28.0 };
            let label = match view.lang {
                Lang::En => format!("link {a} – {b}"),
                Lang::Zh => format!("链路 {a} – {b}"),
            };
            pen.hotspot(HotTarget::Link(a, b), area, label);
        }
    }
}

fn armed(world: &World, a: NodeId, b: NodeId) -> Option<Icon> {
    let between = |from: NodeId, to: NodeId| (from, to) == (a, b) || (from, to) == (b, a);
    let fault = world.link_faults().iter().find(|f| between(f.from, f.to) && f.effect != LinkEffect::Cut)?;
    Some(match fault.effect {
        LinkEffect::DelayNext(..) => Icon::Clock,
        _ => Icon::Trap,
    })
}

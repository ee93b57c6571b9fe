//! What the controller holds, and the legend.

use super::frame::Frame;
use super::pen::{Ink, Pen};
use super::state::state;
use super::text::{Word, choose, epoch, fit, width_of, word};
use crate::scene::{Area, HotTarget, Lang, Packet, PacketStyle, Point, Role, View};
use crate::sim::{LinkEffect, NodeId, TopicPartition, World};

/// From one row of the legend to the next.
pub(super) const LEGEND_ROW: f32 = 22.0;

const SOFT: Ink = Ink::new(12.0, 400, Role::InkSoft);

pub(super) fn controller(pen: &mut Pen, world: &World, frame: &Frame, view: &View) {
    let (lang, area) = (view.lang, frame.controller);
    let state =
        state(world, NodeId::Controller, lang).map_or(String::new(), |(said, _)| format!(" · {said}"));
    let name = format!("{}{state}", word(lang, Word::Controller));
    let mut lines: Vec<[String; 2]> =
        (0..world.config().topic.partitions).map(|p| registration(world, lang, p)).collect();
    lines.extend(absent(world, lang).map(|said| [said.clone(), said]));
    let spoken: Vec<&str> = lines.iter().map(|[long, _]| long.as_str()).collect();
    pen.hotspot(HotTarget::Node(NodeId::Controller), area, format!("{name}, {}", spoken.join(", ")));
    let strong = Ink::new(12.5, 650, Role::InkSoft);
    let room = frame.handle(world.config().cluster.brokers).map_or(area.w, |last| last.x - area.x);
    pen.text(area.x, area.y + 15.0, fit(name.clone(), 12.5, room), strong);
    if frame.compact && !frame.narrow {
        let x = area.x + width_of(&name, 12.5) + 10.0;
        lines.reverse();
        let all: Vec<String> = lines.into_iter().map(|[long, _]| long).collect();
        pen.text(x, area.y + 15.0, fit(all.join(" · "), 12.0, area.x + area.w - x), SOFT);
        return;
    }
    for (i, wordings) in lines.into_iter().enumerate() {
        let y = area.y + 33.0 + 16.0 * i as f32;
        pen.text(area.x, y, choose(wordings, 12.0, area.w), SOFT);
    }
}

/// A partition as the controller holds it.
fn registration(world: &World, lang: Lang, p: u8) -> [String; 2] {
    let held = world.registration(TopicPartition::events(p));
    let which = if world.config().topic.partitions > 1 { format!("p{p}: ") } else { String::new() };
    let leader = match held.leader {
        Some(id) => format!("{} {}", word(lang, Word::Leader), id.0),
        None => word(lang, Word::NoLeader).to_owned(),
    };
    let elr = if held.elr.is_empty() { String::new() } else { format!(" · ELR {}", held.elr) };
    let rest = format!("ISR {}{elr}", held.isr);
    [
        format!("{which}{leader} · {} · {rest}", epoch(held.leader_epoch)),
        format!("{which}{} · {rest}", epoch(held.leader_epoch)),
    ]
}

/// Who is fenced, and who cannot talk to the controller.
fn absent(world: &World, lang: Lang) -> Option<String> {
    let list = |kind: Word, of: &dyn Fn(NodeId) -> bool| {
        let found = world.config().brokers().map(NodeId::from).filter(|node| of(*node));
        let found: Vec<String> = found.map(|node| node.to_string()).collect();
        (!found.is_empty()).then(|| format!("{} {}", found.join(", "), word(lang, kind)))
    };
    let cut = |node: NodeId| {
        let there = (node, NodeId::Controller);
        world.link_faults().iter().any(|fault| {
            fault.effect == LinkEffect::Cut
                && ((fault.from, fault.to) == there || (fault.to, fault.from) == there)
        })
    };
    let fenced = |node: NodeId| node.broker().is_some_and(|id| world.fenced(id));
    let said: Vec<String> =
        [list(Word::Fenced, &fenced), list(Word::CutOff, &cut)].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(" · "))
}

pub(super) fn legend(pen: &mut Pen, area: Area, lang: Lang) {
    const APART: f32 = 12.0;
    let entries = [
        (PacketStyle::Solid, false, Word::OnDisk),
        (PacketStyle::Outlined, false, Word::PageCache),
        (PacketStyle::Outlined, true, Word::OnlyCopy),
        (PacketStyle::Gone, false, Word::Gone),
    ];
    let width = |said| 19.0 + width_of(word(lang, said), 11.0) + APART;
    let in_a_row = entries.iter().map(|(.., said)| width(*said)).sum::<f32>() <= area.w + APART;
    let (mut x, mut y) = (area.x + 2.0, area.y + 12.0);
    for (i, (style, only_here, said)) in entries.into_iter().enumerate() {
        // Two and two below each other, where there is room for two rows; else the last one is left out.
        if !in_a_row && area.h >= 2.0 * LEGEND_ROW {
            (x, y) = (area.x + 2.0 + (i % 2) as f32 * 100.0, area.y + 12.0 + (i / 2) as f32 * LEGEND_ROW);
        } else if x + width(said) - APART > area.x + area.w {
            return;
        }
        pen.packet(Packet {
            at: Point { x: x + 6.5, y },
            w: 13.0,
            h: 16.0,
            label: String::new(),
            style,
            only_here,
            doubled: false,
            stripes: 0,
            opacity: 1.0,
        });
        pen.text(x + 19.0, y + 4.0, word(lang, said), Ink::new(11.0, 400, Role::InkSoft));
        x += width(said);
    }
}

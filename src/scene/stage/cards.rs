//! Cards: shop, brokers with their logs, consumers, account, controller.

use super::frame::Frame;
use super::pen::{Ink, Pen};
use crate::scene::{
    Anchor, Area, Dash, HotTarget, Icon, Lang, Packet, PacketStyle, Point, Role, Segment, View,
};
use crate::sim::{
    BrokerId, ConsumerStep, NodeId, ProcessState, RecordId, ReplicaView, RoleView, TopicPartition, World,
};

const TITLE: Ink = Ink::new(13.0, 700, Role::Ink);
const SMALL: Ink = Ink::new(12.0, 400, Role::InkSoft);
const TINY: Ink = Ink::new(11.0, 400, Role::InkSoft);

/// A word in the language of the view.
fn say(view: &View, en: &str, zh: &str) -> String {
    match view.lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    }
}

/// How wide a text is, about.
pub(super) fn width_of(text: &str, size: f32) -> f32 {
    text.chars().map(|c| if c.is_ascii() { 0.56 * size } else { size }).sum()
}

/// As much of a text as fits.
fn fit(text: String, size: f32, width: f32) -> String {
    if width_of(&text, size) <= width {
        return text;
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width_of(&kept, size) + 2.0 * size > width {
            break;
        }
        kept.push(c);
    }
    kept + "…"
}

pub(super) fn draw(pen: &mut Pen, world: &World, frame: &Frame, view: &View) {
    for (n, area) in (1..).zip(&frame.producers) {
        shop(pen, world, frame, view, n, *area);
    }
    for (n, area) in (1..).zip(&frame.brokers) {
        broker(pen, world, frame, view, BrokerId(n), *area);
    }
    for (n, area) in (1..).zip(&frame.consumers) {
        consumer(pen, world, view, n, *area);
    }
    if let Some(area) = frame.account {
        account(pen, world, view, area);
    }
    controller(pen, world, view, frame.controller);
}

/// Card, outline and state of a node's process.
fn plain(pen: &mut Pen, world: &World, node: NodeId, area: Area) -> bool {
    let down = matches!(world.process(node), ProcessState::Down { .. } | ProcessState::Starting);
    let (fill, dash) = if down { (Role::CardDown, Dash::Long) } else { (Role::Card, Dash::None) };
    pen.card(area, fill, if down { Role::InkSoft } else { Role::Line }, dash);
    down
}

fn state(world: &World, node: NodeId, view: &View) -> Option<(String, Option<Icon>)> {
    Some(match world.process(node) {
        ProcessState::Running => return None,
        ProcessState::Paused(_) => (say(view, "stands still", "停住"), Some(Icon::Pause)),
        ProcessState::Starting => (say(view, "starting", "启动中"), Some(Icon::Restart)),
        ProcessState::Stopping => (say(view, "shutting down", "正在关闭"), None),
        ProcessState::Down { power: true, .. } => (say(view, "no power", "断电"), Some(Icon::Bolt)),
        ProcessState::Down { by: None, .. } => (say(view, "not started", "未启动"), None),
        ProcessState::Down { .. } => (say(view, "killed", "已杀掉"), Some(Icon::Skull)),
    })
}

fn hotspot(pen: &mut Pen, world: &World, view: &View, node: NodeId, area: Area, more: &str) {
    let state = state(world, node, view).map_or(String::new(), |(words, _)| format!(", {words}"));
    pen.hotspot(HotTarget::Node(node), area, format!("{node}{state}{more}"));
}

fn shop(pen: &mut Pen, world: &World, frame: &Frame, view: &View, n: u8, area: Area) {
    let node = NodeId::Producer(n);
    plain(pen, world, node, area);
    let seen = world.producer(n);
    let (x, inner) = (area.x + 10.0, area.w - 20.0);
    let several = frame.producers.len() > 1;
    let name =
        if several { format!("{} {n}", say(view, "Shop", "商店")) } else { say(view, "Shop", "商店") };
    let status = state(world, node, view).map_or(String::new(), |(words, _)| format!(" · {words}"));
    pen.text(x, area.y + 19.0, fit(name + &status, 13.0, inner), TITLE);
    let sent = match view.lang {
        Lang::En => format!("{} of {} sent", seen.sent, seen.total),
        Lang::Zh => format!("已发 {}/{}", seen.sent, seen.total),
    };
    let told = match view.lang {
        Lang::En => format!("told “stored”: {}", seen.acked),
        Lang::Zh => format!("答复“已存”：{}", seen.acked),
    };
    let green = Ink::new(12.0, 600, Role::Green);
    if frame.narrow {
        let line = format!("{sent} · {told}");
        pen.text(x, area.y + 38.0, fit(line, 12.0, inner), SMALL);
    } else {
        pen.text(x, area.y + 39.0, fit(sent, 12.0, inner), SMALL);
        let waiting = match view.lang {
            Lang::En => format!("in flight {} · waiting {}", seen.in_flight, seen.buffered),
            Lang::Zh => format!("在途 {} · 缓冲 {}", seen.in_flight, seen.buffered),
        };
        pen.text(x, area.y + 57.0, fit(waiting, 11.0, inner), TINY);
        pen.text(x, area.y + 77.0, fit(told, 12.0, inner), green);
    }
    hotspot(pen, world, view, node, area, "");
}

fn broker(pen: &mut Pen, world: &World, frame: &Frame, view: &View, id: BrokerId, area: Area) {
    let node = NodeId::from(id);
    let first = TopicPartition::events(0);
    let replica = world.replica(id, first);
    let believes = replica.is_some_and(|replica| matches!(replica.role, RoleView::Leader { .. }));
    let leads = world.registration(first).leader == Some(id);
    let down = matches!(world.process(node), ProcessState::Down { .. } | ProcessState::Starting);
    let (fill, stroke, dash) = match (down, leads) {
        (true, _) => (Role::CardDown, Role::InkSoft, Dash::Long),
        (false, true) => (Role::CardBlue, Role::Blue, Dash::None),
        (false, false) => (Role::Card, Role::Line, Dash::None),
    };
    pen.card(area, fill, stroke, dash);
    let y = area.y + if frame.narrow { 18.0 } else { 22.0 };
    let x = area.x + 12.0;
    pen.text(x, y, node.to_string(), TITLE);
    let mut at = x + width_of(&node.to_string(), 13.0) + 10.0;
    let (words, role) = role_words(world, view, id, leads, believes, down);
    if leads && !down {
        pen.icon(at + 6.0, y - 4.0, 13.0, Icon::Crown, Role::Blue);
        at += 18.0;
    } else if let Some((_, Some(icon))) = state(world, node, view) {
        pen.icon(at + 6.0, y - 4.0, 13.0, icon, Role::InkSoft);
        at += 18.0;
    }
    let end = replica.map_or(String::new(), |replica| match view.lang {
        Lang::En => format!("end {}", replica.log_end),
        Lang::Zh => format!("末尾 {}", replica.log_end),
    });
    let room = area.x + area.w - 16.0 - width_of(&end, 11.0) - at;
    pen.text(at, y, fit(words, 12.0, room), Ink::new(12.0, if leads { 600 } else { 400 }, role));
    pen.text(area.x + area.w - 12.0, y, end, TINY.end());
    for p in 0..world.config().topic.partitions {
        let top = area.y + if frame.narrow { 24.0 } else { 30.0 } + f32::from(p) * frame.row;
        let row = Area { x, y: top, w: area.w - 24.0, h: frame.row };
        if let Some(replica) = world.replica(id, TopicPartition::events(p)) {
            log(pen, world, id, &replica, row, down);
        }
    }
    let more = if leads { say(view, ", leader", "，leader") } else { String::new() };
    hotspot(pen, world, view, node, area, &more);
}

fn role_words(
    world: &World,
    view: &View,
    id: BrokerId,
    leads: bool,
    believes: bool,
    down: bool,
) -> (String, Role) {
    let node = NodeId::from(id);
    let first = TopicPartition::events(0);
    let registration = world.registration(first);
    if let Some((words, _)) = state(world, node, view).filter(|_| down) {
        return (words, Role::InkSoft);
    }
    if leads {
        let epoch = registration.leader_epoch;
        return match view.lang {
            Lang::En => (format!("leader · epoch {epoch} · ISR {}", registration.isr), Role::Blue),
            Lang::Zh => (format!("leader · 纪元 {epoch} · ISR {}", registration.isr), Role::Blue),
        };
    }
    let words = if believes {
        say(view, "believes that it leads", "以为自己还是 leader")
    } else if world.fenced(id) {
        say(view, "fenced", "被隔离")
    } else if world.replica(id, first).is_none() {
        say(view, "no replica", "没有副本")
    } else if registration.isr.contains(id) {
        say(view, "follower · in sync", "follower · 同步")
    } else {
        say(view, "follower · out of sync", "follower · 未同步")
    };
    let words = match world.process(node) {
        ProcessState::Paused(_) => format!("{words} · {}", say(view, "stands still", "停住")),
        ProcessState::Stopping => format!("{words} · {}", say(view, "shutting down", "正在关闭")),
        _ => words,
    };
    (words, Role::InkSoft)
}

/// Records from the end of a log, newest last: at most `most`, with their offsets.
fn tail(world: &World, replica: &ReplicaView<'_>, most: usize) -> Vec<(u32, RecordId)> {
    let mut records = Vec::new();
    let mut place = replica.log.len();
    while place > 0 && records.len() < most {
        place -= 1;
        let entry = replica.log[place];
        let batch: Vec<_> = (entry.base_offset..).zip(world.records(entry.batch)).collect();
        records.extend(batch.into_iter().rev());
    }
    records.truncate(most);
    records.reverse();
    records
}

fn log(pen: &mut Pen, world: &World, id: BrokerId, replica: &ReplicaView<'_>, row: Area, down: bool) {
    let cell = if row.h < 34.0 { 18.0 } else { 20.0 };
    let (w, h, step) = (cell - 2.0, cell, cell + 1.0);
    let base = row.y + row.h - 5.0;
    let ground =
        vec![Segment::Move(Point { x: row.x, y: base }), Segment::Line(Point { x: row.x + row.w, y: base })];
    pen.line(ground, Role::Line, 1.0, Dash::None);
    let mut left = row.x;
    if world.config().topic.partitions > 1 {
        pen.text(left, base - 6.0, format!("p{}", replica.partition.partition()), TINY);
        left += 20.0;
    }
    // Room for the replication lane at the right edge, and for what a long log hides.
    let room = (((row.x + row.w - 8.0 - left) / step) as usize).max(1);
    let hidden = replica.log_end as usize > room;
    let most = if hidden { room.saturating_sub(3).max(1) } else { room };
    let records = tail(world, replica, most);
    let first = records.first().map_or(0, |(offset, _)| *offset);
    if hidden {
        pen.text(left, base - 6.0, format!("0–{}", first.saturating_sub(1)), TINY);
        left += 3.0 * step;
    }
    let several = world.config().producer.count > 1;
    let shown = world.config().partitions().filter(|p| p.is_events()).count() > 0;
    for (i, (offset, record)) in records.iter().enumerate().filter(|_| shown) {
        let doubled = records[..i].iter().any(|(_, other)| other == record);
        pen.packet(Packet {
            at: Point { x: left + i as f32 * step + w / 2.0, y: base - 3.0 - h / 2.0 },
            w,
            h,
            label: if several {
                format!("{}·{}", record.producer(), record.number())
            } else {
                record.number().to_string()
            },
            style: if *offset < replica.flushed { PacketStyle::Solid } else { PacketStyle::Outlined },
            only_here: only_here(world, id, replica.partition, *record),
            doubled,
            stripes: record.producer() - 1,
            opacity: if down { 0.55 } else { 1.0 },
        });
    }
    let hw = replica.high_watermark.saturating_sub(first) as f32;
    let x = (left + hw * step - 1.0).min(row.x + row.w);
    if replica.high_watermark > 0 && replica.high_watermark >= first && !down {
        let marker = vec![Segment::Move(Point { x, y: base - h - 7.0 }), Segment::Line(Point { x, y: base })];
        pen.line(marker, Role::Green, 2.0, Dash::None);
        if row.h >= 34.0 {
            pen.text(
                x,
                base - h - 9.0,
                "HW",
                Ink { anchor: Anchor::Middle, ..Ink::new(11.0, 700, Role::Green) },
            );
        }
    }
}

/// Whether no other broker's log has the record near its end: the only live copy (the tails are compared).
fn only_here(world: &World, id: BrokerId, partition: TopicPartition, record: RecordId) -> bool {
    let replicas = world.config().replica_set(partition);
    if replicas.len() < 2 {
        return false;
    }
    replicas.iter().filter(|other| *other != id).all(|other| {
        let Some(replica) = world.replica(other, partition) else { return true };
        let from = replica.log.len().saturating_sub(64);
        !replica.log.iter_from(from).any(|entry| world.records(entry.batch).any(|id| id == record))
    })
}

fn consumer(pen: &mut Pen, world: &World, view: &View, n: u8, area: Area) {
    let node = NodeId::Consumer(n);
    plain(pen, world, node, area);
    let seen = world.consumer(n);
    let (x, inner) = (area.x + 10.0, area.w - 18.0);
    let several = world.config().members() > 1;
    let base = say(view, "Consumer", "消费者");
    let name = if several { format!("{base} {n}") } else { base };
    let status = state(world, node, view).map_or(String::new(), |(words, _)| format!(" · {words}"));
    pen.text(x, area.y + 19.0, fit(name + &status, 13.0, inner), TITLE);
    let list = |offsets: [Option<u32>; 3]| {
        let known: Vec<String> = offsets.iter().flatten().map(u32::to_string).collect();
        if known.is_empty() { "–".to_owned() } else { known.join(", ") }
    };
    let position = format!("{} {}", say(view, "position", "位置"), list(seen.positions));
    let committed = format!("{} {}", say(view, "committed", "已提交"), list(seen.committed));
    pen.text(x, area.y + 38.0, fit(position, 12.0, inner), SMALL);
    pen.text(x, area.y + 55.0, fit(committed, 12.0, inner), SMALL);
    let (doing, busy) = match seen.step {
        ConsumerStep::Polling => (say(view, "polls", "拉取中"), false),
        ConsumerStep::Delivered(record) => {
            (format!("{} {}", say(view, "got", "拿到"), record.number()), true)
        }
        ConsumerStep::Checking(record) => {
            (format!("{} {}", say(view, "checks", "检查"), record.number()), true)
        }
        ConsumerStep::Applying(record) => {
            (format!("{} {}", say(view, "pays", "付款"), record.number()), true)
        }
        ConsumerStep::Recording(record) => {
            (format!("{} {}", say(view, "notes", "记录"), record.number()), true)
        }
        ConsumerStep::Committing => (say(view, "commits", "提交中"), true),
        ConsumerStep::Failed => (say(view, "failed", "出错退出"), true),
    };
    pen.dot(x + 4.0, area.y + 68.0, 4.0, if busy { Role::Packet } else { Role::InkFaint });
    pen.text(x + 13.0, area.y + 72.0, fit(doing, 12.0, inner - 13.0), SMALL);
    hotspot(pen, world, view, node, area, "");
}

fn account(pen: &mut Pen, world: &World, view: &View, area: Area) {
    plain(pen, world, NodeId::Database, area);
    let (x, inner) = (area.x + 10.0, area.w - 20.0);
    pen.text(x, area.y + 19.0, say(view, "Account", "账户"), TITLE);
    let paid: u32 = world.accounts().iter().map(|account| account.amount).sum();
    let due: u32 = (1..=world.config().producer.count).map(|n| world.producer(n).total * 20).sum();
    let size = if area.h > 90.0 { 26.0 } else { 20.0 };
    pen.text(x, area.y + 26.0 + size, fit(format!("¥{paid}"), size, inner), Ink::new(size, 700, Role::Ink));
    let bar = Area { x, y: area.y + 34.0 + size, w: inner, h: 6.0 };
    pen.bar(bar, Role::Line);
    if due > 0 && paid > 0 {
        pen.bar(Area { w: inner * (paid as f32 / due as f32).min(1.0), ..bar }, Role::Packet);
    }
    let of = match view.lang {
        Lang::En => format!("of ¥{due} due"),
        Lang::Zh => format!("应付 ¥{due}"),
    };
    pen.text(x, bar.y + 20.0, fit(of, 11.0, inner), TINY);
    hotspot(pen, world, view, NodeId::Database, area, &format!(", ¥{paid}"));
}

fn controller(pen: &mut Pen, world: &World, view: &View, area: Area) {
    let registration = world.registration(TopicPartition::events(0));
    let status =
        state(world, NodeId::Controller, view).map_or(String::new(), |(words, _)| format!(" · {words}"));
    let name = format!("controller{status}");
    pen.text(area.x + 2.0, area.y + 14.0, name, Ink::new(12.0, 600, Role::InkSoft));
    let fenced: Vec<String> =
        world.config().brokers().filter(|id| world.fenced(*id)).map(|id| id.0.to_string()).collect();
    let mut words = match (view.lang, registration.leader) {
        (Lang::En, Some(id)) => {
            format!("leader broker-{}, epoch {}, ISR {}", id.0, registration.leader_epoch, registration.isr)
        }
        (Lang::Zh, Some(id)) => {
            format!("leader broker-{}，纪元 {}，ISR {}", id.0, registration.leader_epoch, registration.isr)
        }
        (Lang::En, None) => format!("no leader, ISR {}", registration.isr),
        (Lang::Zh, None) => format!("没有 leader，ISR {}", registration.isr),
    };
    if !registration.elr.is_empty() {
        words += &format!(", ELR {}", registration.elr);
    }
    if !fenced.is_empty() {
        words += &match view.lang {
            Lang::En => format!(", fenced: {}", fenced.join(", ")),
            Lang::Zh => format!("，被隔离：{}", fenced.join(", ")),
        };
    }
    pen.text(area.x + 2.0, area.y + 30.0, fit(words, 11.0, area.w - 4.0), TINY);
    hotspot(pen, world, view, NodeId::Controller, area, "");
}

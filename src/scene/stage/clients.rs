//! Cards of the shop, of consumers and of the account.

use super::frame::Frame;
use super::pen::{Ink, Pen};
use super::state::{plain_card, state};
use super::text::{
    Word, choose, dead_letters, due, fit, in_flight, sent, told, version, width_of, width_of_bold, word,
    workers,
};
use crate::scene::{Area, HotTarget, Lang, Role, View};
use crate::sim::config::{CommitMode, ConsumerConfig, Effect};
use crate::sim::{Account, ConsumerStep, ConsumerView, NodeId, Offset, World};

/// What is paid for each record.
const PRICE: u32 = 20;

const TITLE: Ink = Ink::new(14.0, 650, Role::Ink);
const PLAIN: Ink = Ink::new(13.0, 400, Role::Ink);
const SOFT: Ink = Ink::new(12.0, 400, Role::InkSoft);
const GREEN: Ink = Ink::new(13.0, 600, Role::Green);

/// Title with the state of the process behind it; hands the state back where there is no room for it.
fn title(
    pen: &mut Pen,
    world: &World,
    lang: Lang,
    node: NodeId,
    area: Area,
    name: &str,
) -> Option<&'static str> {
    let (x, y, right) = (area.x + 12.0, area.y + 22.0, area.x + area.w - 10.0);
    pen.text(x, y, fit(name.to_owned(), 14.0, right - x), TITLE);
    let (said, icon) = state(world, node, lang)?;
    let at = x + width_of_bold(name, 14.0) + 7.0;
    let beside = at + if icon.is_some() { 17.0 } else { 0.0 };
    let fits = beside + width_of(said, 12.0) <= right;
    if let Some(icon) = icon {
        pen.icon(if fits { at + 6.0 } else { right - 6.0 }, y - 4.5, 12.0, icon, Role::InkSoft);
    }
    if fits {
        pen.text(beside, y, said, SOFT);
    }
    (!fits).then_some(said)
}

/// What a reader who does not see the card is told first.
fn spoken(world: &World, lang: Lang, node: NodeId, name: &str) -> String {
    let state = state(world, node, lang).map_or(String::new(), |(said, _)| format!(", {said}"));
    format!("{name}, {node}{state}")
}

/// `Shop`, or `Shop 2` where there are several.
fn numbered(lang: Lang, kind: Word, n: u8, of: usize) -> String {
    let name = word(lang, kind);
    if of > 1 { format!("{name} {n}") } else { name.to_owned() }
}

pub(super) fn shop(pen: &mut Pen, world: &World, frame: &Frame, view: &View, n: u8, area: Area) {
    let (lang, node, seen) = (view.lang, NodeId::Producer(n), world.producer(n));
    plain_card(pen, world, node, area);
    let several = frame.producers.len();
    let name = numbered(lang, Word::Shop, n, several);
    let state_below = title(pen, world, lang, node, area, &name);
    let (x, room) = (area.x + 12.0, area.w - 20.0);
    let lines = [
        (sent(lang, seen.sent, seen.total), PLAIN),
        (in_flight(lang, seen.in_flight, seen.failed), PLAIN),
        (told(lang, seen.acked), GREEN),
    ];
    let label = format!("{}, {}, {}", spoken(world, lang, node, &name), lines[0].0[0], lines[2].0[0]);
    pen.hotspot(HotTarget::Node(node), area, label);
    if frame.narrow && several == 1 {
        let [(sent, _), (flight, _), (told, _)] = lines;
        let flight = if state(world, node, lang).is_some() { Default::default() } else { flight };
        return shop_in_a_line(pen, area, sent, flight, told);
    }
    let roomy = area.h > 120.0;
    if roomy {
        let below = state_below.map_or_else(|| node.to_string(), str::to_owned);
        pen.text(x, area.y + 42.0, fit(below, 12.5, room), Ink::new(12.5, 400, Role::InkSoft));
    }
    let (first, apart) = match (roomy, frame.narrow) {
        (true, _) => (69.0, 21.0),
        (false, true) => (40.0, 15.0),
        (false, false) => (45.0, 20.0),
    };
    for (i, (wordings, ink)) in lines.into_iter().enumerate() {
        let fits = |n: usize, size| width_of(&wordings[n], size) <= room;
        let size = if fits(0, 13.0) {
            13.0
        } else if fits(1, 12.0) {
            12.0
        } else {
            11.0
        };
        let said = choose(wordings, size, room);
        pen.text(x, area.y + first + apart * i as f32, said, Ink { size, ..ink });
    }
}

/// The one shop of a narrow stage, as wide as the stage.
fn shop_in_a_line(pen: &mut Pen, area: Area, sent: [String; 2], flight: [String; 2], told: [String; 2]) {
    let (x, room) = (area.x + 12.0, area.w - 20.0);
    let [long, short] = sent;
    let fits = width_of(&long, 13.0) + width_of(&told[0], 13.0) + 24.0 <= room;
    let sent = if fits { long } else { short };
    let at = x + width_of(&sent, 13.0) + 10.0;
    pen.text(x, area.y + 43.0, sent, PLAIN);
    pen.text(at, area.y + 43.0, choose(told, 13.0, x + room - at), GREEN);
    pen.text(area.x + area.w - 12.0, area.y + 22.0, choose(flight, 12.0, room / 2.0), SOFT.end());
}

/// Offsets of the partitions in their order, a dash for each that has none.
fn listed(world: &World, offsets: [Option<Offset>; 3]) -> String {
    if offsets == [None; 3] {
        return "–".to_owned();
    }
    let shown = offsets.iter().take(usize::from(world.config().topic.partitions));
    let each: Vec<String> = shown.map(|offset| offset.map_or("–".to_owned(), |n| n.to_string())).collect();
    each.join(",")
}

/// Whether offsets are stored in the database instead of committed.
fn in_database(world: &World) -> bool {
    world.config().consumer.as_ref().is_some_and(|consumer| consumer.commit == CommitMode::InDatabase)
}

/// The rows of a consumer's card in the order of its work: which is under way, and its words.
fn steps(world: &World, lang: Lang, seen: &ConsumerView) -> [(bool, String); 3] {
    let (current, doing, record) = match seen.step {
        ConsumerStep::Polling | ConsumerStep::Failed => (3, Word::Paid, None),
        ConsumerStep::Delivered(record) => (0, Word::Paid, Some(record)),
        ConsumerStep::Checking(record) => (1, Word::Checks, Some(record)),
        ConsumerStep::Applying(record) => (1, Word::Paid, Some(record)),
        ConsumerStep::SettingAside(record) => (1, Word::SetsAside, Some(record)),
        ConsumerStep::Recording(record) => (1, Word::Notes, Some(record)),
        ConsumerStep::Committing => (2, Word::Paid, None),
    };
    let numbered = |row: u8, said: Word| match record.filter(|_| row == current) {
        Some(record) => format!("{} {}", word(lang, said), super::records::label(world, record)),
        None => word(lang, said).to_owned(),
    };
    let committed = if in_database(world) {
        format!("{} {}", word(lang, Word::Stored), listed(world, world.stored_offsets()))
    } else {
        format!("{} {}", word(lang, Word::Committed), listed(world, seen.committed))
    };
    let delivered = (current == 0, numbered(0, Word::Delivered));
    if let Some(of) = world.config().consumer.as_ref().map(|consumer| consumer.workers).filter(|n| *n > 0) {
        let said = workers(lang, seen.at_work, of, seen.queued);
        return [delivered, (current == 2, committed), (seen.at_work > 0, said)];
    }
    let (paid, committed) = ((current == 1, numbered(1, doing)), (current == 2, committed));
    let commit = world.config().consumer.as_ref().map(|consumer| consumer.commit);
    if commit == Some(CommitMode::BeforeProcessing) {
        [delivered, committed, paid]
    } else {
        [delivered, paid, committed]
    }
}

pub(super) fn consumer(pen: &mut Pen, world: &World, frame: &Frame, view: &View, n: u8, area: Area) {
    let (lang, node, seen) = (view.lang, NodeId::Consumer(n), world.consumer(n));
    plain_card(pen, world, node, area);
    let name = numbered(lang, Word::Consumer, n, frame.consumers.len());
    let state_below = title(pen, world, lang, node, area, &name);
    let (x, room) = (area.x + 12.0, area.w - 20.0);
    let position = format!("{} {}", word(lang, Word::Position), listed(world, seen.positions));
    let label = format!("{}, {position}", spoken(world, lang, node, &name));
    pen.hotspot(HotTarget::Node(node), area, label);
    let roomy = area.h > 120.0;
    let below = state_below.map_or(position, str::to_owned);
    pen.text(x, area.y + if roomy { 42.0 } else { 40.0 }, fit(below, 12.0, room), SOFT);
    let (first, apart) = if roomy { (67.0, 22.0) } else { (60.0, 18.0) };
    for (i, (active, said)) in steps(world, lang, &seen).into_iter().enumerate() {
        let y = area.y + first + apart * i as f32;
        let (r, dot, ink) = if active {
            (5.5, Role::Packet, Ink::new(12.5, 650, Role::Ink))
        } else {
            (4.0, Role::InkFaint, Ink::new(12.5, 400, Role::InkSoft))
        };
        pen.dot(x + 5.0, y - 4.5, r, dot);
        let (at, room) = (x + 16.0, area.w - 34.0);
        let size = if width_of(&said, 12.5) <= room { 12.5 } else { 11.0 };
        pen.text(at, y, fit(said, size, room), Ink { size, ..ink });
    }
}

pub(super) fn account(pen: &mut Pen, world: &World, view: &View, area: Area) {
    let (lang, node) = (view.lang, NodeId::Database);
    plain_card(pen, world, node, area);
    let calls = |consumer: &ConsumerConfig| consumer.effect == Effect::ExternalCall;
    let called = world.config().consumer.as_ref().is_some_and(calls);
    let name = word(lang, if called { Word::Bank } else { Word::Account });
    let state_below = title(pen, world, lang, node, area, name);
    let (x, room) = (area.x + 12.0, area.w - 24.0);
    let accounts = world.accounts();
    let paid: u32 = accounts.iter().map(|account| account.amount).sum();
    let sent: u32 = (1..=world.config().producer.count).map(|n| world.producer(n).sent).sum();
    let owed = sent * PRICE;
    let large = format!("¥{paid}");
    let owed_said = due(lang, owed);
    let mut label = format!("{}, {large} {}", spoken(world, lang, node, name), owed_said[0]);
    if world.dead_letters() > 0 {
        label = format!("{label}, {}", dead_letters(lang, world.dead_letters())[0]);
    }
    pen.hotspot(HotTarget::Node(node), area, label);
    let roomy = area.h > 120.0;
    let (line, amount, bar) = if roomy { (42.0, 76.0, 88.0) } else { (39.0, 63.0, 70.0) };
    let below = match (state_below, world.dead_letters()) {
        (Some(state), _) => state.to_owned(),
        (None, 0) if called => String::new(),
        (None, 0) => versions(lang, accounts),
        (None, n) => choose(dead_letters(lang, n), 12.0, room),
    };
    pen.text(x, area.y + line, fit(below, 12.0, room), SOFT);
    let size: f32 = if roomy { 26.0 } else { 22.0 };
    let size = size.min(size * room / width_of_bold(&large, size)).max(12.0);
    pen.text(x, area.y + amount, large, Ink::new(size, 650, Role::Ink));
    paid_of(pen, Area { x, y: area.y + bar, w: room, h: if roomy { 9.0 } else { 7.0 } }, paid, owed);
    pen.text(x, area.y + bar + if roomy { 28.0 } else { 21.0 }, choose(owed_said, 12.0, room), SOFT);
}

/// One account's version, or what each of several holds.
fn versions(lang: Lang, accounts: &[Account]) -> String {
    match accounts {
        [] => String::new(),
        [account] => version(lang, account.version),
        _ => {
            let each: Vec<String> = accounts.iter().map(|account| account.amount.to_string()).collect();
            each.join(" ")
        }
    }
}

/// The bar: red up to what is due, gold beyond it.
fn paid_of(pen: &mut Pen, bar: Area, paid: u32, owed: u32) {
    pen.bar(bar, Role::Line);
    let whole = paid.max(owed) as f32;
    if paid > owed {
        pen.bar(bar, Role::Gold);
    }
    let share = if whole > 0.0 { paid.min(owed) as f32 / whole } else { 0.0 };
    if share > 0.0 {
        pen.bar(Area { w: (bar.w * share).max(bar.h), ..bar }, Role::Packet);
    }
}

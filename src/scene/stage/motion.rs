//! What moves: messages on their ways, at a moment of screen time.

use super::Stage;
use super::frame::Frame;
use super::pen::{Ink, Pen};
use super::records::{label_of_batch, record_at};
use super::text::{width_of, width_of_bold};
use super::ways::along;
use super::within;
use crate::scene::{Area, Icon, Packet, PacketStyle, Point, Role, ScreenUs, Shape, Story, View};
use crate::sim::{
    BatchId, Booking, DatabaseRequest, DatabaseResponse, Entry, Envelope, InFlight, Message, NodeId,
    PerPartition, ProduceResult, TopicPartition, World,
};

/// Draws what moves at a moment of screen time; `world` and `stage` are those of that moment's step.
pub fn motion(world: &World, stage: &Stage, story: &Story, at: ScreenUs, view: &View) -> Vec<Shape> {
    let mut pen = Pen::default();
    let mut held: Vec<((NodeId, NodeId), u8)> = Vec::new();
    for message in world.in_flight() {
        let Some(look) = Look::of(world, &message.envelope) else { continue };
        let (from, to) = (message.envelope.from, message.envelope.to);
        let Some(way) = stage.frame.way(from, to) else { continue };
        let stands = message.arrives_at.is_none();
        let before = if stands { count(&mut held, (from, to)) } else { 0 };
        if before >= look.most_held() {
            continue;
        }
        let share = if stands { held_at(&stage.frame, from, to) } else { share(story, message, at, view) };
        let place = along(&way, share - 0.05 * f32::from(before));
        let (aside, above) = look.pause(below_brokers(&stage.frame, to));
        look.draw(&mut pen, &stage.frame, lane(&stage.frame, &way), place);
        if stands && before == 0 {
            pen.icon(place.x - aside, place.y - above, 13.0, Icon::Pause, Role::Ink);
        }
    }
    pen.shapes
}

/// How many came before this one on its link.
fn count(held: &mut Vec<((NodeId, NodeId), u8)>, ends: (NodeId, NodeId)) -> u8 {
    let place = held.iter().position(|(known, _)| *known == ends).unwrap_or_else(|| {
        held.push((ends, 0));
        held.len() - 1
    });
    let before = held[place].1;
    held[place].1 = before.saturating_add(1);
    before
}

/// Where on its way a message stands that gets no further: before the mark of what holds it up. Where links of brokers
/// begin they lie too close together, and one column has the mark elsewhere.
fn held_at(frame: &Frame, from: NodeId, to: NodeId) -> f32 {
    let among_brokers = from.broker().is_some() && to.broker().is_some();
    if frame.narrow || among_brokers { 0.5 } else { 0.3 }
}

/// Whether what stands on its way to a node stands between the brokers' cards and the one below them.
fn below_brokers(frame: &Frame, to: NodeId) -> bool {
    frame.narrow && frame.consumers.len() == 1 && to.broker().is_none()
}

/// How much of its way a message has behind it.
fn share(story: &Story, message: &InFlight, at: ScreenUs, view: &View) -> f32 {
    let Some(arrives) = message.arrives_at.filter(|_| !view.reduced_motion) else { return 0.5 };
    let clock = story.clock();
    let (start, end) = (clock.to_screen(message.envelope.sent_at), clock.to_screen(arrives));
    eased(at.saturating_sub(start) as f32 / end.saturating_sub(start).max(1) as f32)
}

/// Slow at both ends, steady between.
fn eased(share: f32) -> f32 {
    const SOFT: f32 = 0.15;
    let t = within(share, 0.0, 1.0);
    let speed = 1.0 / (1.0 - SOFT);
    if t < SOFT {
        t * t / (2.0 * SOFT) * speed
    } else if t > 1.0 - SOFT {
        1.0 - (1.0 - t) * (1.0 - t) / (2.0 * SOFT) * speed
    } else {
        (t - SOFT / 2.0) * speed
    }
}

/// How a message looks; most are not drawn.
enum Look {
    /// Records.
    Packet { label: String, count: u32, stripes: u8 },
    /// What a producer is told.
    Answer { good: bool, said: String },
    /// Anything else worth seeing.
    Note { said: String, role: Role },
}

impl Look {
    fn of(world: &World, envelope: &Envelope) -> Option<Look> {
        match &envelope.body {
            Message::ProduceRequest(request) => {
                let batches = request.batches.iter().map(|(_, batch)| *batch);
                Look::records(world, batches)
            }
            Message::FetchResponse(partitions) => {
                let entries = partitions.iter().filter(|(tp, _)| tp.is_events());
                Look::records(world, entries.flat_map(|(_, fetched)| fetched.entries.iter().map(|e| e.batch)))
            }
            Message::ProduceResponse(results) => Some(Look::answer(world, envelope.from, results)),
            Message::OffsetCommitRequest(commit) => {
                let offsets: Vec<String> = commit.offsets.iter().flatten().map(u32::to_string).collect();
                Some(Look::Note { said: format!("commit {}", offsets.join(" · ")), role: Role::InkSoft })
            }
            Message::OffsetCommitResponse(result) => Some(match result {
                Ok(()) => Look::Note { said: "ok".to_owned(), role: Role::Green },
                Err(error) => Look::Note { said: error.name().to_owned(), role: Role::Ink },
            }),
            Message::AlterPartitionRequest(change) => {
                let (_, change) = change.partitions.iter().find(|(tp, _)| tp.is_events())?;
                Some(Look::Note { said: format!("ISR {}", change.isr), role: Role::InkSoft })
            }
            Message::DatabaseRequest(request, _) => Some(Look::statement(*request)),
            Message::DatabaseResponse(response) => Some(Look::outcome(*response)),
            _ => None,
        }
    }

    /// Batches of events as one packet; none where there are none.
    fn records(world: &World, batches: impl Iterator<Item = BatchId>) -> Option<Look> {
        let (mut first, mut last, mut count) = (None, None, 0);
        for id in batches {
            let batch = world.arena().batch(id);
            first = first.or_else(|| world.records(id).next());
            last = Some((id, batch.count));
            count += batch.count;
        }
        let (first, (last, in_last)) = (first?, last?);
        let last = world.records(last).nth(in_last.saturating_sub(1) as usize)?;
        let label = label_of_batch(world, first, last, count);
        Some(Look::Packet { label, count, stripes: first.producer() - 1 })
    }

    fn answer(world: &World, from: NodeId, results: &PerPartition<ProduceResult>) -> Look {
        if let Some(error) = results.iter().find_map(|(_, result)| result.result.err()) {
            return Look::Answer { good: false, said: error.name().to_owned() };
        }
        let stored = results.iter().find_map(|(tp, result)| stored_at(world, from, tp, result.result.ok()?));
        Look::Answer { good: true, said: stored.map_or("ok".to_owned(), |label| format!("ok {label}")) }
    }

    /// How many are drawn that stand on one link, so that a long cut does not pile them up.
    fn most_held(&self) -> u8 {
        if matches!(self, Look::Packet { .. }) { 4 } else { 1 }
    }

    /// How far to the left and above it is said that it stands: not in its words, nor in a card that is near.
    fn pause(&self, below_brokers: bool) -> (f32, f32) {
        match self {
            Look::Note { .. } => (13.0, -1.5),
            Look::Packet { .. } if below_brokers => (23.0, 0.0),
            _ => (0.0, 22.0),
        }
    }

    fn statement(request: DatabaseRequest) -> Look {
        let said = match request {
            DatabaseRequest::Pay(..) | DatabaseRequest::PayAndStore { booking: Booking::Payment, .. } => {
                "+¥20"
            }
            DatabaseRequest::SetAside(_)
            | DatabaseRequest::PayAndStore { booking: Booking::DeadLetter, .. } => "DLQ",
            DatabaseRequest::PayAndStore { booking: Booking::Nothing, .. } => "offset",
            DatabaseRequest::IsRecorded(..) => "id?",
            DatabaseRequest::Record(..) => "id",
            DatabaseRequest::ReadVersion(_) => "v?",
            DatabaseRequest::ReadOffsets(_) => "?",
        };
        Look::Note { said: said.to_owned(), role: Role::InkSoft }
    }

    fn outcome(response: DatabaseResponse) -> Look {
        let done =
            !matches!(response, DatabaseResponse::Updated(0) | DatabaseResponse::Recorded { new: false });
        Look::Note { said: String::new(), role: if done { Role::Green } else { Role::Ink } }
    }

    fn draw(self, pen: &mut Pen, frame: &Frame, lane: Lane, at: Point) {
        match self {
            Look::Packet { label, count, stripes } => {
                packet(pen, frame, at, [label, format!("×{count}")], stripes)
            }
            Look::Answer { good, said } => answer(pen, frame, lane, at, good, said),
            Look::Note { said, role } => {
                pen.dot(at.x, at.y, 4.0, role);
                if !said.is_empty() {
                    words(pen, lane, Point { x: at.x, y: at.y - 8.0 }, said, role);
                }
            }
        }
    }
}

/// The records of a batch, by where it stands in the log of the broker that stored it.
fn stored_at(world: &World, broker: NodeId, tp: TopicPartition, base: u32) -> Option<String> {
    let replica = world.replica(broker.broker()?, tp)?;
    let place = replica.log.partition_point(|entry| entry.end() <= base);
    let entry: Entry = *replica.log.get(place)?;
    let first = record_at(world, &replica, base)?;
    let last = world.records(entry.batch).nth(entry.count.checked_sub(1)? as usize)?;
    Some(label_of_batch(world, first, last, entry.end() - base))
}

/// How far a packet reaches into a broker's card: no further than the words in it begin.
const INTO: f32 = 12.0;

/// A packet with the first of two labels that has room beside the cards.
pub(super) fn packet(pen: &mut Pen, frame: &Frame, at: Point, labels: [String; 2], stripes: u8) {
    let (least, h) = if frame.narrow || frame.compact { (20.0, 24.0) } else { (24.0, 29.0) };
    let width = |label: &str| (width_of(label, 11.5) + 8.0).max(least);
    let (left, right) = beside_brokers(frame, at, h);
    let [long, short] = labels;
    let label = if width(&long) <= right - left { long } else { short };
    let w = width(&label);
    let x = within(at.x, left + w / 2.0, right - w / 2.0);
    pen.packet(Packet {
        at: Point { x, y: at.y },
        w,
        h,
        label,
        style: PacketStyle::Solid,
        only_here: false,
        doubled: false,
        stripes,
        opacity: 1.0,
    });
}

/// Left and right end of the place for a packet of this height: on the stage, beside the brokers at its side.
fn beside_brokers(frame: &Frame, at: Point, h: f32) -> (f32, f32) {
    let (mut left, mut right) = (1.0, frame.width - 1.0);
    let at_its_side = |card: &&Area| card.y < at.y + h / 2.0 && at.y - h / 2.0 < card.y + card.h;
    if let Some(card) = frame.brokers.iter().find(at_its_side) {
        if at.x < card.x + card.w / 2.0 {
            right = card.x + INTO;
        } else {
            left = card.x + card.w - INTO;
        }
    }
    (left, right)
}

/// An arrow with its words below, beside the way that requests take.
fn answer(pen: &mut Pen, frame: &Frame, lane: Lane, at: Point, good: bool, said: String) {
    let role = if good { Role::Green } else { Role::Ink };
    let (icon, below) = if frame.narrow { (Icon::ArrowUp, 0.0) } else { (Icon::ArrowLeft, 16.0) };
    let at = Point { x: at.x, y: at.y + below };
    pen.icon(at.x, at.y, 17.0, icon, role);
    words(pen, lane, Point { x: at.x, y: at.y + 19.0 }, said, role);
}

/// Left and right end of the place for words.
type Lane = (f32, f32);

/// Between the cards that a way joins, where there is something between them; else the stage.
fn lane(frame: &Frame, way: &[Point]) -> Lane {
    let (start, end) = (way[0], way[way.len() - 1]);
    let lane = (start.x.min(end.x), start.x.max(end.x));
    if lane.1 - lane.0 < 20.0 { (0.0, frame.width) } else { lane }
}

/// Words at a point, between cards if there is room and on paper, so that they are readable; none where others stand
/// already.
fn words(pen: &mut Pen, (left, right): Lane, at: Point, said: String, role: Role) {
    let w = width_of_bold(&said, 11.5);
    let (least, most) = (left + w / 2.0 + 3.0, right - w / 2.0 - 3.0);
    let x = if least < most { within(at.x, least, most) } else { left.midpoint(right) };
    let paper = Area { x: x - w / 2.0 - 2.0, y: at.y - 10.5, w: w + 4.0, h: 14.0 };
    if pen.patch(paper) {
        pen.text(x, at.y, said, Ink::new(11.5, 600, role).middle());
    }
}

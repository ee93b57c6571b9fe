//! What moves: messages on their ways, at a moment of screen time.

use super::Stage;
use super::frame::{Frame, along};
use super::pen::{Ink, Pen};
use crate::scene::{Icon, Packet, PacketStyle, Point, Role, ScreenUs, Shape, Story, View};
use crate::sim::{InFlight, Message, NodeId, RecordId, World};

/// Draws what moves at a moment of screen time; `world` and `stage` are those of that moment's step.
pub fn motion(world: &World, stage: &Stage, story: &Story, at: ScreenUs, view: &View) -> Vec<Shape> {
    let mut pen = Pen::default();
    for message in world.in_flight() {
        draw(&mut pen, world, &stage.frame, story, message, at, view);
    }
    pen.shapes
}

fn draw(
    pen: &mut Pen,
    world: &World,
    frame: &Frame,
    story: &Story,
    message: &InFlight,
    at: ScreenUs,
    view: &View,
) {
    let Some(look) = Look::of(world, &message.envelope.body) else { return };
    let (from, to) = (message.envelope.from, message.envelope.to);
    let Some(way) = frame.way(from, to) else { return };
    let held = message.arrives_at.is_none();
    let share = match message.arrives_at {
        Some(_) if view.reduced_motion => 0.5,
        Some(arrives) => {
            let clock = story.clock();
            let (start, end) = (clock.to_screen(message.envelope.sent_at), clock.to_screen(arrives));
            eased(at.saturating_sub(start) as f32 / (end - start).max(1) as f32)
        }
        None => 0.42,
    };
    let place = along(way, share);
    look.draw(pen, world, place, from, to);
    if held {
        pen.icon(place.x + 16.0, place.y - 12.0, 13.0, Icon::Pause, Role::Ink);
    }
}

/// Slow at both ends, steady between.
fn eased(share: f32) -> f32 {
    let t = share.clamp(0.0, 1.0);
    const SOFT: f32 = 0.15;
    let steady = 1.0 / (1.0 - SOFT);
    if t < SOFT {
        t * t / (2.0 * SOFT) * steady
    } else if t > 1.0 - SOFT {
        1.0 - (1.0 - t) * (1.0 - t) / (2.0 * SOFT) * steady
    } else {
        (t - SOFT / 2.0) * steady
    }
}

/// How a message looks; most are not drawn.
enum Look {
    Records(Vec<RecordId>),
    Answer(String),
    Note,
}

impl Look {
    fn of(world: &World, body: &Message) -> Option<Look> {
        Some(match body {
            Message::ProduceRequest(_) | Message::FetchResponse(_) => {
                let batches = body.batches();
                let records: Vec<RecordId> = batches
                    .iter()
                    .filter(|(partition, _)| partition.is_events())
                    .flat_map(|(_, batch)| world.records(*batch))
                    .take(100)
                    .collect();
                if records.is_empty() {
                    return None;
                }
                Look::Records(records)
            }
            Message::ProduceResponse(results) => {
                let error = results.iter().find_map(|(_, result)| result.result.err());
                Look::Answer(error.map_or("ok".to_owned(), |error| error.name().to_owned()))
            }
            Message::OffsetCommitRequest(_)
            | Message::OffsetCommitResponse(_)
            | Message::AlterPartitionRequest(_) => Look::Note,
            Message::DatabaseRequest(_) => Look::Note,
            _ => return None,
        })
    }

    fn draw(self, pen: &mut Pen, world: &World, at: Point, from: NodeId, to: NodeId) {
        match self {
            Look::Records(records) => {
                let name = |id: &RecordId| {
                    if world.config().producer.count > 1 {
                        format!("{}·{}", id.producer(), id.number())
                    } else {
                        id.number().to_string()
                    }
                };
                let (first, last) = (&records[0], &records[records.len() - 1]);
                let label = if records.len() == 1 {
                    name(first)
                } else {
                    format!("{}–{}", name(first), name(last))
                };
                let w = (label.chars().count() as f32 * 7.0 + 10.0).max(20.0);
                pen.packet(Packet {
                    at,
                    w,
                    h: 22.0,
                    label,
                    style: PacketStyle::Solid,
                    only_here: false,
                    doubled: records.len() > 1,
                    stripes: first.producer() - 1,
                    opacity: 1.0,
                });
            }
            Look::Answer(words) => {
                let back = matches!(to, NodeId::Producer(_)) && from.broker().is_some();
                let icon = if back { Icon::ArrowLeft } else { Icon::ArrowRight };
                let role = if words == "ok" { Role::Green } else { Role::Ink };
                pen.icon(at.x, at.y, 16.0, icon, role);
                pen.text(at.x, at.y + 19.0, words, Ink::new(11.0, 700, role).middle());
            }
            Look::Note => pen.dot(at.x, at.y, 4.0, Role::InkSoft),
        }
    }
}

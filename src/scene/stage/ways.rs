//! The curves along which links run and messages travel.
//!
//! Left to right: shop – brokers – consumer are joined edge to edge, brokers among themselves by arcs at their
//! right. In one column two gutters beside the brokers' cards carry everything, so that a message never crosses
//! the log of a broker that it is not for.

use super::frame::Frame;
use crate::scene::{Area, Point};
use crate::sim::NodeId;

/// A cubic curve.
type Way = [Point; 4];

fn middle_x(area: Area) -> f32 {
    area.x + area.w / 2.0
}

fn middle_y(area: Area) -> f32 {
    area.y + area.h / 2.0
}

fn right(area: Area) -> f32 {
    area.x + area.w
}

fn bottom(area: Area) -> f32 {
    area.y + area.h
}

fn p(x: f32, y: f32) -> Point {
    Point { x, y }
}

/// A curve that leaves and arrives horizontally.
fn across(from: Point, to: Point) -> Way {
    let x = from.x.midpoint(to.x);
    [from, p(x, from.y), p(x, to.y), to]
}

/// A curve that leaves and arrives vertically.
fn down(from: Point, to: Point) -> Way {
    let y = from.y.midpoint(to.y);
    [from, p(from.x, y), p(to.x, y), to]
}

/// On which side of a link a node stands.
fn rank(node: NodeId) -> u8 {
    match node {
        NodeId::Producer(_) => 0,
        NodeId::Broker(n) => n,
        NodeId::Consumer(_) => 20,
        NodeId::Database => 21,
        NodeId::Controller => 22,
    }
}

/// The way of what `from` sends to `to`.
pub(super) fn way(frame: &Frame, from: NodeId, to: NodeId) -> Option<Way> {
    if rank(from) > rank(to) {
        let mut back = way(frame, to, from)?;
        back.reverse();
        return Some(back);
    }
    let (a, b) = (frame.card(from)?, frame.card(to)?);
    match (from, to) {
        (NodeId::Producer(_), NodeId::Broker(n)) => Some(to_broker(frame, a, b, n)),
        (NodeId::Broker(x), NodeId::Broker(y)) => Some(between_brokers(frame, a, b, y - x)),
        (NodeId::Broker(_), NodeId::Consumer(n)) => Some(to_consumer(frame, a, b, n)),
        (NodeId::Consumer(n), NodeId::Database) => Some(to_account(frame, a, b, n)),
        // In one column the controller is too far down: its handles say whom it does not hear.
        (NodeId::Broker(_), NodeId::Controller) if frame.narrow => None,
        (NodeId::Broker(_), NodeId::Controller) => Some(to_controller(a, b)),
        _ => None,
    }
}

fn to_broker(frame: &Frame, shop: Area, broker: Area, n: u8) -> Way {
    let end = p(broker.x, middle_y(broker));
    if frame.narrow {
        let x = broker.x - 12.0;
        let start = p(if shop.x < x { x } else { middle_x(shop) }, bottom(shop));
        return [start, p(x, start.y.midpoint(end.y)), p(x, end.y), end];
    }
    let fan = f32::from(n) - (frame.brokers.len() as f32 + 1.0) / 2.0;
    across(p(right(shop), middle_y(shop) + 10.0 * fan), end)
}

fn between_brokers(frame: &Frame, upper: Area, lower: Area, apart: u8) -> Way {
    let bulge = if frame.narrow {
        12.0
    } else {
        let lane = frame.consumers.first().map_or(frame.width, |consumer| consumer.x) - right(upper);
        (22.0 + 13.0 * (f32::from(apart) - 1.0)).min(lane - 14.0)
    };
    let (start, end) = (p(right(upper), middle_y(upper) + 16.0), p(right(lower), middle_y(lower) - 16.0));
    let x = right(upper) + bulge * 4.0 / 3.0;
    [start, p(x, start.y), p(x, end.y), end]
}

fn to_consumer(frame: &Frame, broker: Area, consumer: Area, n: u8) -> Way {
    let start = p(right(broker), middle_y(broker));
    if !frame.narrow {
        return across(start, p(consumer.x, middle_y(consumer)));
    }
    if frame.consumers.len() == 1 {
        let (x, end) = (right(broker) + 18.0, p(right(consumer) - 30.0, consumer.y));
        return [start, p(x, start.y.midpoint(end.y)), p(x, end.y - 10.0), end];
    }
    // Down the gutter, past the ones above.
    let (x, end) = (right(broker) + 16.0 + 6.0 * f32::from(n), p(right(consumer), middle_y(consumer)));
    [start, p(x, start.y), p(x, end.y), end]
}

fn to_account(frame: &Frame, consumer: Area, account: Area, n: u8) -> Way {
    if frame.slim && usize::from(n) == frame.consumers.len() {
        return down(p(middle_x(consumer), bottom(consumer)), p(middle_x(consumer), account.y));
    }
    if frame.slim {
        // Past the ones below.
        let (start, end) = (p(right(consumer), middle_y(consumer)), p(right(account), middle_y(account)));
        let x = start.x + (frame.width - start.x) * (1.1 - 0.2 * f32::from(n));
        return [start, p(x, start.y), p(x, end.y), end];
    }
    if account.x < consumer.x {
        return across(p(consumer.x, middle_y(consumer)), p(right(account), middle_y(account)));
    }
    across(p(right(consumer), middle_y(consumer)), p(account.x, middle_y(account)))
}

fn to_controller(broker: Area, note: Area) -> Way {
    if note.x > right(broker) {
        return across(p(right(broker), middle_y(broker) + 14.0), p(note.x - 4.0, note.y + 12.0));
    }
    let x = broker.x - 34.0;
    let start = p(broker.x, middle_y(broker) + 14.0);
    let end = p(broker.x.max(note.x) - 2.0, note.y + 10.0);
    [start, p(x, start.y), p(x, end.y), end]
}

/// A point of a cubic curve.
pub(super) fn along(way: Way, t: f32) -> Point {
    let [a, b, c, d] = way;
    let u = 1.0 - t;
    let mix = |a: f32, b: f32, c: f32, d: f32| {
        u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
    };
    p(mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y))
}

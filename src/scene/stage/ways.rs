//! The curves along which links run and messages travel.
//!
//! Left to right: shop – brokers – consumer are joined edge to edge, brokers among themselves by arcs at their
//! right. In one column two gutters beside the brokers' cards carry everything, so that a message never crosses
//! the log of a broker that it is not for.

use super::frame::Frame;
use crate::scene::{Area, Point};
use crate::sim::NodeId;

/// Cubic curves, one after the other: a point, and then three for each.
pub(super) type Way = Vec<Point>;

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
    vec![from, p(x, from.y), p(x, to.y), to]
}

/// A curve that leaves and arrives vertically.
fn down(from: Point, to: Point) -> Way {
    let y = from.y.midpoint(to.y);
    vec![from, p(from.x, y), p(to.x, y), to]
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

/// A gutter is entered so far from the brokers' cards that a packet is not beside one before: it would have to jump.
const CLEAR: f32 = 12.0;

fn to_broker(frame: &Frame, shop: Area, broker: Area, n: u8) -> Way {
    let end = p(broker.x, middle_y(broker));
    if frame.narrow {
        let x = broker.x - 12.0;
        if shop.x < x {
            let start = p(x, bottom(shop));
            return vec![start, p(x, start.y.midpoint(end.y)), p(x, end.y), end];
        }
        // Above all brokers to the gutter.
        let gutter = p(x, frame.brokers[0].y - CLEAR);
        let mut way = down(p(middle_x(shop), bottom(shop)), gutter);
        way.extend([p(x, gutter.y.midpoint(end.y)), p(x, end.y), end]);
        return way;
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
    vec![start, p(x, start.y), p(x, end.y), end]
}

fn to_consumer(frame: &Frame, broker: Area, consumer: Area, n: u8) -> Way {
    let start = p(right(broker), middle_y(broker));
    if !frame.narrow {
        return across(start, p(consumer.x, middle_y(consumer)));
    }
    if frame.consumers.len() == 1 {
        // Below all brokers to the card.
        let x = right(broker) + 18.0;
        let gutter = p(x, frame.brokers.last().map_or(start.y, |last| bottom(*last) + CLEAR));
        let mut way = vec![start, p(x, start.y), p(x, start.y.midpoint(gutter.y)), gutter];
        way.extend_from_slice(&down(gutter, p(right(consumer) - 30.0, consumer.y))[1..]);
        return way;
    }
    // Down the gutter, past the ones above.
    let (x, end) = (right(broker) + 16.0 + 6.0 * f32::from(n), p(right(consumer), middle_y(consumer)));
    vec![start, p(x, start.y), p(x, end.y), end]
}

fn to_account(frame: &Frame, consumer: Area, account: Area, n: u8) -> Way {
    if frame.slim && usize::from(n) == frame.consumers.len() {
        return down(p(middle_x(consumer), bottom(consumer)), p(middle_x(consumer), account.y));
    }
    if frame.slim {
        // Past the ones below.
        let (start, end) = (p(right(consumer), middle_y(consumer)), p(right(account), middle_y(account)));
        let x = start.x + (frame.width - start.x) * (1.1 - 0.2 * f32::from(n));
        return vec![start, p(x, start.y), p(x, end.y), end];
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
    vec![start, p(x, start.y), p(x, end.y), end]
}

/// The curves of a way.
pub(super) fn curves(way: &[Point]) -> impl Iterator<Item = [Point; 4]> {
    (0..way.len() / 3).map(|i| [way[3 * i], way[3 * i + 1], way[3 * i + 2], way[3 * i + 3]])
}

/// How long a curve is, about: it leaves and arrives along one axis.
fn length([a, _, _, d]: [Point; 4]) -> f32 {
    ((a.x - d.x).abs() + (a.y - d.y).abs()).max(1.0)
}

/// A point of a way; `t` is the share of the way that lies before it, from 0 to 1.
pub(super) fn along(way: &[Point], t: f32) -> Point {
    let mut rest = t * curves(way).map(length).sum::<f32>();
    let mut at = p(0.0, 0.0);
    for curve in curves(way) {
        let share = rest / length(curve);
        at = on_curve(curve, share.min(1.0));
        if share <= 1.0 {
            break;
        }
        rest -= length(curve);
    }
    at
}

/// A point of a cubic curve.
fn on_curve([a, b, c, d]: [Point; 4], t: f32) -> Point {
    let u = 1.0 - t;
    let mix = |a: f32, b: f32, c: f32, d: f32| {
        u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
    };
    p(mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y))
}

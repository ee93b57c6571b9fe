//! Where everything stands: a function of how many there are and how wide the stage is.

use crate::scene::{Area, Point, View};
use crate::sim::config::Config;
use crate::sim::{BrokerId, NodeId};

/// Places of cards.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Frame {
    /// One column instead of left to right.
    pub(super) narrow: bool,
    pub(super) height: f32,
    pub(super) producers: Vec<Area>,
    pub(super) brokers: Vec<Area>,
    pub(super) consumers: Vec<Area>,
    pub(super) account: Option<Area>,
    pub(super) controller: Area,
    /// Height of a row of a log.
    pub(super) row: f32,
}

const GAP: f32 = 14.0;

impl Frame {
    /// The frame of a configuration.
    pub fn of(config: &Config, view: &View) -> Frame {
        if view.width < 760 { Frame::narrow(config, view) } else { Frame::wide(config, view) }
    }

    fn row(view: &View) -> f32 {
        if view.compact || view.width < 760 { 30.0 } else { 36.0 }
    }

    fn wide(config: &Config, view: &View) -> Frame {
        let width = view.width as f32;
        let margin = 12.0;
        let row = Frame::row(view);
        let rows = f32::from(config.topic.partitions);
        let header = if view.compact { 30.0 } else { 38.0 };
        let card_h = header + rows * row + 10.0;
        let count = f32::from(config.cluster.brokers);
        let gap = if view.compact { 10.0 } else { 16.0 };
        let note_h = 40.0;
        let brokers_h = count * card_h + (count - 1.0) * gap;
        let left_w = (width * 0.13).clamp(120.0, 150.0);
        let right_w = if config.consumer.is_some() { (width * 0.235).clamp(230.0, 262.0) } else { 0.0 };
        let lane = (width * 0.09).clamp(56.0, 130.0);
        let broker_x = margin + left_w + lane;
        let right_lane = if config.consumer.is_some() { (width * 0.07).clamp(48.0, 90.0) } else { 0.0 };
        let broker_w = width - broker_x - right_lane - right_w - margin;
        let producer_h = 92.0;
        let producers_h = f32::from(config.producer.count) * (producer_h + GAP) - GAP;
        let consumers_h = f32::from(config.members()) * (104.0 + GAP) - GAP;
        let body = brokers_h.max(producers_h).max(consumers_h + GAP + note_h);
        let top = margin;
        let stack = |n: u8, x: f32, w: f32, h: f32, space: f32| -> Vec<Area> {
            let total = f32::from(n) * h + f32::from(n.max(1) - 1) * space;
            let first = top + (body - total) / 2.0;
            (0..n).map(|i| Area { x, y: first + f32::from(i) * (h + space), w, h }).collect()
        };
        let producers = stack(config.producer.count, margin, left_w, producer_h, GAP);
        let brokers = stack(config.cluster.brokers, broker_x, broker_w, card_h, gap);
        let right = width - margin - right_w;
        let consumer_w = (right_w - GAP) * 0.52;
        let consumers = stack(config.members(), right, consumer_w, 104.0, GAP);
        let account = config.consumer.as_ref().map(|_| Area {
            x: right + consumer_w + GAP,
            y: top + (body - 104.0) / 2.0,
            w: right_w - consumer_w - GAP,
            h: 104.0,
        });
        let controller = Area { x: broker_x, y: top + body + 8.0, w: broker_w.max(260.0), h: note_h };
        Frame {
            narrow: false,
            height: top + body + 8.0 + note_h + 4.0,
            producers,
            brokers,
            consumers,
            account,
            controller,
            row,
        }
    }

    fn narrow(config: &Config, view: &View) -> Frame {
        let width = view.width as f32;
        let margin = 8.0;
        let inner = width - 2.0 * margin;
        let row = Frame::row(view);
        let header = 26.0;
        let lane = if view.compact { 22.0 } else { 30.0 };
        let mut y = margin;
        let across = |n: u8, y: f32, x: f32, w: f32, h: f32| -> Vec<Area> {
            let count = f32::from(n.max(1));
            let each = (w - (count - 1.0) * 8.0) / count;
            (0..n).map(|i| Area { x: x + f32::from(i) * (each + 8.0), y, w: each, h }).collect()
        };
        let producers = across(config.producer.count, y, margin, inner, 50.0);
        y += 50.0 + lane;
        let card_h = header + f32::from(config.topic.partitions) * row + 6.0;
        let mut brokers = Vec::new();
        for _ in 0..config.cluster.brokers {
            brokers.push(Area { x: margin, y, w: inner, h: card_h });
            y += card_h + 8.0;
        }
        y += lane - 8.0;
        let (mut consumers, mut account) = (Vec::new(), None);
        if config.consumer.is_some() {
            let account_w = (inner * 0.36).max(96.0);
            consumers = across(config.members(), y, margin, inner - account_w - 12.0, 78.0);
            account = Some(Area { x: width - margin - account_w, y, w: account_w, h: 78.0 });
            y += 78.0 + 6.0;
        }
        let controller = Area { x: margin, y, w: inner, h: 34.0 };
        Frame { narrow: true, height: y + 36.0, producers, brokers, consumers, account, controller, row }
    }

    /// The card of a node.
    pub(super) fn card(&self, node: NodeId) -> Option<Area> {
        match node {
            NodeId::Controller => Some(self.controller),
            NodeId::Broker(n) => self.brokers.get(usize::from(n) - 1).copied(),
            NodeId::Producer(n) => self.producers.get(usize::from(n) - 1).copied(),
            NodeId::Consumer(n) => self.consumers.get(usize::from(n) - 1).copied(),
            NodeId::Database => self.account,
        }
    }

    /// The way from one node to another: a cubic curve.
    pub(super) fn way(&self, from: NodeId, to: NodeId) -> Option<[Point; 4]> {
        let (a, b) = (self.card(from)?, self.card(to)?);
        if let (Some(x), Some(y)) = (from.broker(), to.broker()) {
            return Some(self.between_brokers(x, y, a, b));
        }
        let middle = |area: Area| (area.x + area.w / 2.0, area.y + area.h / 2.0);
        if self.narrow && (a.y - b.y).abs() > 1.0 {
            let down = a.y < b.y;
            // What goes to a broker further down goes past the others at the side.
            let side = |area: Area, other: Area| {
                let share = if down { 0.5 } else { 0.56 };
                if area.w > other.w {
                    middle(other).0.clamp(area.x + 10.0, area.x + area.w - 10.0)
                } else {
                    area.x + area.w * share
                }
            };
            let start = Point { x: side(a, b), y: if down { a.y + a.h } else { a.y } };
            let end = Point { x: side(b, a), y: if down { b.y } else { b.y + b.h } };
            let bend = (end.y - start.y) / 2.0;
            return Some([
                start,
                Point { x: start.x, y: start.y + bend },
                Point { x: end.x, y: end.y - bend },
                end,
            ]);
        }
        let right = a.x < b.x;
        let start = Point { x: if right { a.x + a.w } else { a.x }, y: middle(a).1 };
        let end = Point { x: if right { b.x } else { b.x + b.w }, y: middle(b).1 };
        let bend = (end.x - start.x) / 2.0;
        Some([start, Point { x: start.x + bend, y: start.y }, Point { x: end.x - bend, y: end.y }, end])
    }

    /// Replication goes along the right edge of the cards, each pair in a lane of its own.
    fn between_brokers(&self, from: BrokerId, to: BrokerId, a: Area, b: Area) -> [Point; 4] {
        let apart = f32::from(from.0.abs_diff(to.0));
        let x = a.x + a.w - 28.0 - 18.0 * (apart - 1.0).min(2.0);
        let down = a.y < b.y;
        let start = Point { x, y: if down { a.y + a.h } else { a.y } };
        let end = Point { x, y: if down { b.y } else { b.y + b.h } };
        let bend = (end.y - start.y) / 3.0;
        [start, Point { x, y: start.y + bend }, Point { x, y: end.y - bend }, end]
    }
}

/// A point of a cubic curve.
pub(super) fn along(way: [Point; 4], t: f32) -> Point {
    let [a, b, c, d] = way;
    let u = 1.0 - t;
    let mix = |a: f32, b: f32, c: f32, d: f32| {
        u * u * u * a + 3.0 * u * u * t * b + 3.0 * u * t * t * c + t * t * t * d
    };
    Point { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) }
}

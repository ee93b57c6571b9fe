//! Where everything stands: a function of how many there are and how wide the stage is, so that nothing jumps
//! while a run plays.

use super::notes::LEGEND_ROW;
use super::ways::{self, Way};
use super::within;
use crate::scene::{Area, View};
use crate::sim::config::Config;
use crate::sim::{BrokerId, NodeId, TopicPartition};

/// How many of what there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) producers: u8,
    pub(super) brokers: u8,
    pub(super) partitions: u8,
    /// Logs that a broker has at the most.
    pub(super) logs: u8,
    pub(super) consumers: u8,
}

impl Counts {
    pub(super) fn of(config: &Config) -> Counts {
        Counts {
            producers: config.producer.count,
            brokers: config.cluster.brokers,
            partitions: config.topic.partitions,
            logs: config.brokers().map(|id| logs(config, id).len() as u8).max().unwrap_or(0),
            consumers: config.members(),
        }
    }
}

/// Partitions of `events` of which a broker has a replica.
pub(super) fn logs(config: &Config, broker: BrokerId) -> Vec<TopicPartition> {
    let all = (0..config.topic.partitions).map(TopicPartition::events);
    all.filter(|partition| config.replica_set(*partition).contains(broker)).collect()
}

/// Sizes of brokers' cards, and inside them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rows {
    /// From the card's upper edge to its first row.
    pub(super) header: f32,
    /// Above a log's packets: room for the mark of the high watermark.
    pub(super) above: f32,
    /// Height of a packet in a log.
    pub(super) cell: f32,
    /// Below the last row.
    pub(super) foot: f32,
    /// Between two cards.
    gap: f32,
}

/// All brokers should be seen at once, over caption, transport and verdict, in a window that is 800 pixels high.
const AT_ONCE: f32 = 412.0;

impl Rows {
    /// From one row to the next.
    pub(super) fn pitch(self) -> f32 {
        self.above + self.cell + 6.0
    }

    /// From the card's upper edge to the base line of its title.
    pub(super) fn title(self) -> f32 {
        if self.header < 28.0 { 18.0 } else { 23.0 }
    }

    fn of(counts: Counts, view: &View, narrow: bool) -> Rows {
        let rows = |header, above, cell, foot, gap| Rows { header, above, cell, foot, gap };
        let cell = if counts.logs > 1 { 21.0 } else { 25.0 };
        match (narrow, view.compact) {
            (_, true) => rows(23.0, 15.0, 20.0, 5.0, if narrow { 8.0 } else { 9.0 }),
            (true, false) => rows(27.0, 15.0, cell, 8.0, 12.0),
            (false, false) => {
                let sizes = [rows(34.0, 15.0, cell, 10.0, 20.0), rows(28.0, 15.0, 18.0, 4.0, 14.0)];
                let fits = |rows: &Rows| rows.all(counts) <= AT_ONCE;
                sizes.into_iter().find(fits).unwrap_or(rows(25.0, 12.0, 16.0, 2.0, 10.0))
            }
        }
    }

    /// Height of all cards.
    fn all(self, counts: Counts) -> f32 {
        tall(counts.brokers, self.card(counts), self.gap)
    }

    fn card(self, counts: Counts) -> f32 {
        self.header + f32::from(counts.logs) * self.pitch() + self.foot
    }
}

/// Places of cards.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frame {
    /// One column instead of left to right.
    pub(super) narrow: bool,
    /// The account stands below the consumers.
    pub(super) slim: bool,
    pub(super) compact: bool,
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) producers: Vec<Area>,
    pub(super) brokers: Vec<Area>,
    pub(super) consumers: Vec<Area>,
    pub(super) account: Option<Area>,
    pub(super) controller: Area,
    pub(super) legend: Option<Area>,
    pub(super) rows: Rows,
}

/// `n` areas of a size, one below the other.
fn stack(n: u8, first: Area, gap: f32) -> Vec<Area> {
    (0..n).map(|i| Area { y: first.y + f32::from(i) * (first.h + gap), ..first }).collect()
}

/// Height of a stack.
fn tall(n: u8, each: f32, gap: f32) -> f32 {
    if n == 0 { 0.0 } else { f32::from(n) * (each + gap) - gap }
}

/// Height of what the controller has to say.
fn note_height(counts: Counts) -> f32 {
    24.0 + 16.0 * (f32::from(counts.partitions) + 1.0)
}

/// Beyond this width of the controller's note its handles stay near its name.
const HANDLES: f32 = 320.0;

/// Height of the legend, in two rows.
const LEGEND: f32 = 26.0 + LEGEND_ROW;

/// Columns of the stage that reads from left to right.
struct Columns {
    margin: f32,
    shop: f32,
    broker_x: f32,
    broker: f32,
    right_x: f32,
    consumer: f32,
    account: f32,
}

/// Between the consumer's card and the account's: room for what is said on the way.
const BESIDE: f32 = 34.0;

impl Columns {
    fn of(counts: Counts, view: &View, slim: bool) -> Columns {
        let width = view.width as f32;
        let margin = match (view.compact, width < 1100.0) {
            (true, _) => 8.0,
            (false, true) => 14.0,
            (false, false) => 20.0,
        };
        let shop = if view.compact { 112.0 } else { within(width * 0.128, 118.0, 156.0) };
        let left_lane = if view.compact { 62.0 } else { within(width * 0.125, 84.0, 150.0) };
        let (consumer, account) = match (counts.consumers, slim) {
            (0, _) => (0.0, 0.0),
            // Offsets of several partitions stand in one row.
            (_, true) if counts.partitions > 1 => (150.0, 0.0),
            (_, true) => (within(width * 0.15, 112.0, 136.0), 0.0),
            (_, false) => {
                let consumer = if counts.partitions > 1 { 152.0 } else { 136.0 };
                (consumer, within(width * 0.1, 104.0, 130.0))
            }
        };
        let right = if account > 0.0 { consumer + BESIDE + account } else { consumer };
        let right_lane = match (counts.consumers, view.compact) {
            (0, _) => 44.0,
            (_, true) => 52.0,
            _ => within(width * 0.085, 62.0, 104.0),
        };
        let broker_x = margin + shop + left_lane;
        let broker = width - margin - right - right_lane - broker_x;
        Columns { margin, shop, broker_x, broker, right_x: width - margin - right, consumer, account }
    }
}

/// Between two cards of a kind, one below the other.
const BELOW: f32 = 12.0;

/// Between the last consumer and the account below it.
const TO_ACCOUNT: f32 = 20.0;

/// Heights of cards on the stage that reads from left to right.
struct Heights {
    /// All broker cards together.
    brokers: f32,
    shop: f32,
    consumer: f32,
    account: f32,
    /// Controller and legend, where they stand below the consumers.
    notes: f32,
    slim: bool,
}

impl Heights {
    fn of(counts: Counts, view: &View, slim: bool) -> Heights {
        Heights {
            brokers: Rows::of(counts, view, false).all(counts),
            shop: if view.compact || counts.producers > 1 { 98.0 } else { 132.0 },
            consumer: if slim || counts.consumers > 1 { 108.0 } else { 132.0 },
            account: if slim { 102.0 } else { 132.0 },
            notes: if counts.consumers > 0 && !slim { note_height(counts) + 18.0 + LEGEND } else { 0.0 },
            slim,
        }
    }

    /// The column of consumers, with the account where it stands below them.
    fn right(&self, counts: Counts) -> f32 {
        let under = if self.slim && counts.consumers > 0 { TO_ACCOUNT + self.account } else { 0.0 };
        tall(counts.consumers, self.consumer, BELOW) + under
    }

    /// The tallest column.
    fn body(&self, counts: Counts) -> f32 {
        let shops = tall(counts.producers, self.shop, BELOW);
        self.brokers.max(shops).max(self.right(counts) + self.notes)
    }

    /// Where the account stands: below the consumers or beside them.
    fn account(&self, counts: Counts, columns: &Columns, consumer: Area) -> Area {
        let consumers = tall(counts.consumers, self.consumer, BELOW);
        if self.slim {
            return Area { y: consumer.y + consumers + TO_ACCOUNT, h: self.account, ..consumer };
        }
        Area {
            x: consumer.x + consumer.w + BESIDE,
            y: consumer.y + (consumers - self.account) / 2.0,
            w: columns.account,
            h: self.account,
        }
    }
}

impl Frame {
    pub(super) fn of(counts: Counts, view: &View) -> Frame {
        let one_column_below = if view.compact { 640 } else { 700 };
        if view.width < one_column_below { Frame::narrow(counts, view) } else { Frame::wide(counts, view) }
    }

    fn wide(counts: Counts, view: &View) -> Frame {
        let slim = view.compact || view.width < 1000;
        let columns = Columns::of(counts, view, slim);
        let heights = Heights::of(counts, view, slim);
        let rows = Rows::of(counts, view, false);
        let top = if view.compact { 8.0 } else { 22.0 };
        let body = heights.body(counts);
        // In the middle, but not so low that its end would be below what is seen.
        let middle = |h: f32| top + ((body - h) / 2.0).min((AT_ONCE - h).max(0.0));
        let broker_h = rows.card(counts);
        let place = |x: f32, y: f32, w: f32, h: f32| Area { x, y, w, h };
        let broker = place(columns.broker_x, middle(heights.brokers), columns.broker, broker_h);
        let shops = tall(counts.producers, heights.shop, BELOW);
        let shop = place(columns.margin, middle(shops), columns.shop, heights.shop);
        let right = heights.right(counts);
        let right_y = middle(right).min(top + body - right - heights.notes);
        let consumer = place(columns.right_x, right_y, columns.consumer, heights.consumer);
        let mut frame = Frame {
            slim,
            compact: view.compact,
            width: view.width as f32,
            height: top + body + top,
            producers: stack(counts.producers, shop, BELOW),
            brokers: stack(counts.brokers, broker, rows.gap),
            consumers: stack(counts.consumers, consumer, BELOW),
            account: (counts.consumers > 0).then(|| heights.account(counts, &columns, consumer)),
            rows,
            ..Frame::default()
        };
        if heights.notes > 0.0 {
            let w = columns.consumer + BESIDE + columns.account;
            frame.notes_aside(counts, columns.right_x, right_y + right + 18.0, w);
        } else {
            frame.notes_below(counts, columns.broker_x, columns.margin, top + body + 8.0);
        }
        frame
    }

    /// Controller and legend under the consumer.
    fn notes_aside(&mut self, counts: Counts, x: f32, y: f32, w: f32) {
        let h = note_height(counts);
        self.controller = Area { x, y, w, h };
        self.legend = Some(Area { x, y: y + h, w, h: LEGEND });
    }

    /// Controller and legend under everything.
    fn notes_below(&mut self, counts: Counts, x: f32, margin: f32, y: f32) {
        let h = if self.compact { 24.0 } else { note_height(counts) };
        let legend = 258.0;
        let x = if self.compact { margin } else { x };
        let w = self.width - margin - legend - 10.0 - x;
        self.controller = Area { x, y, w, h };
        let rows = if self.compact { 24.0 } else { LEGEND };
        self.legend = Some(Area { x: self.width - margin - legend, y, w: legend, h: rows });
        self.height = y + h + if self.compact { 4.0 } else { 8.0 };
    }

    fn narrow(counts: Counts, view: &View) -> Frame {
        let width = view.width as f32;
        let (margin, gutter) = (6.0, 24.0);
        let inner = width - 2.0 * margin;
        let rows = Rows::of(counts, view, true);
        let shop_h = if counts.producers > 1 { 78.0 } else { 54.0 };
        let each = (inner + 8.0) / f32::from(counts.producers) - 8.0;
        let shop = |i: u8| Area { x: margin + f32::from(i) * (each + 8.0), y: margin, w: each, h: shop_h };
        let lane = if view.compact { 26.0 } else { 34.0 };
        let mut y = margin + shop_h + lane;
        let broker = Area { x: margin + gutter, y, w: inner - 2.0 * gutter, h: rows.card(counts) };
        y += rows.all(counts);
        let mut frame = Frame {
            narrow: true,
            compact: view.compact,
            width,
            producers: (0..counts.producers).map(shop).collect(),
            brokers: stack(counts.brokers, broker, rows.gap),
            rows,
            ..Frame::default()
        };
        if counts.consumers > 0 {
            y += lane;
            let share = if counts.consumers > 1 { 0.36 } else { 0.4 };
            let account_w = within(inner * share, 112.0, 190.0);
            let (h, beside) = (108.0, inner - account_w);
            if counts.consumers == 1 {
                frame.consumers = vec![Area { x: margin, y, w: beside - BESIDE, h }];
                frame.account = Some(Area { x: margin + beside, y, w: account_w, h });
            } else {
                // Several stand on the right, where the gutter comes down.
                let (x, w) = (margin + account_w + BESIDE, beside - BESIDE - gutter);
                frame.consumers = stack(counts.consumers, Area { x, y, w, h }, 10.0);
                frame.account = Some(Area { x: margin, y, w: account_w, h });
            }
            y += tall(counts.consumers, h, 10.0);
        }
        let h = note_height(counts);
        frame.controller = Area { x: margin, y: y + 10.0, w: inner, h };
        frame.legend = Some(Area { x: margin, y: y + 10.0 + h, w: inner, h: LEGEND });
        frame.height = y + h + 14.0 + LEGEND;
        frame
    }

    /// The card of a node.
    pub(super) fn card(&self, node: NodeId) -> Option<Area> {
        let at = |areas: &[Area], n: u8| areas.get(usize::from(n).checked_sub(1)?).copied();
        match node {
            NodeId::Controller => Some(self.controller),
            NodeId::Broker(n) => at(&self.brokers, n),
            NodeId::Producer(n) => at(&self.producers, n),
            NodeId::Consumer(n) => at(&self.consumers, n),
            NodeId::Database => self.account,
        }
    }

    /// Where the link of a broker to the controller is clicked; a low stage has no room for it.
    pub(super) fn handle(&self, broker: u8) -> Option<Area> {
        let from_right = self.brokers.len() as f32 - f32::from(broker) + 1.0;
        let x = self.controller.x + self.controller.w.min(HANDLES) - 28.0 * from_right;
        (!self.compact).then_some(Area { x, y: self.controller.y - 3.0, w: 26.0, h: 24.0 })
    }

    /// The way of what one node sends to another.
    pub(super) fn way(&self, from: NodeId, to: NodeId) -> Option<Way> {
        ways::way(self, from, to)
    }
}

//! A broker's card: who it is, what it believes, and its logs.

use super::frame::{Frame, Rows, logs};
use super::pen::{Ink, Pen};
use super::records::{Others, Tail, has, label};
use super::state::{is_off, state};
use super::text::{Word, choose, end, epoch, width_of, width_of_bold, word};
use crate::scene::{
    Area, Dash, HotTarget, Icon, Lang, Packet, PacketStyle, Point, Role, Segment, Story, View,
};
use crate::sim::{BrokerId, NodeId, ProcessState, RecordId, ReplicaView, RoleView, TopicPartition, World};

/// A broker and where it is drawn.
struct Card<'a> {
    world: &'a World,
    story: &'a Story,
    frame: &'a Frame,
    lang: Lang,
    id: BrokerId,
    area: Area,
    /// Its process does nothing.
    off: bool,
}

pub(super) fn draw(
    pen: &mut Pen,
    (world, story): (&World, &Story),
    frame: &Frame,
    view: &View,
    id: BrokerId,
    area: Area,
) {
    let off = is_off(world, id.into());
    let card = Card { world, story, frame, lang: view.lang, id, area, off };
    card.ground(pen);
    card.title(pen);
    for (n, partition) in (0..).zip(logs(world.config(), id)) {
        if let Some(replica) = world.replica(id, partition) {
            Row::of(&card, &replica, n).draw(pen);
        }
    }
}

/// Partitions of `events`.
fn partitions(world: &World) -> impl Iterator<Item = TopicPartition> + use<> {
    (0..world.config().topic.partitions).map(TopicPartition::events)
}

/// `p0, p2`
fn names(partitions: &[TopicPartition], between: &str) -> String {
    let names: Vec<String> = partitions.iter().map(|tp| format!("p{}", tp.partition())).collect();
    names.join(between)
}

impl Card<'_> {
    /// Partitions that it leads as the controller holds it.
    fn leads(&self) -> Vec<TopicPartition> {
        partitions(self.world).filter(|tp| self.world.registration(*tp).leader == Some(self.id)).collect()
    }

    fn ground(&self, pen: &mut Pen) {
        let stopping = self.world.process(self.id.into()) == ProcessState::Stopping;
        if self.off || stopping || self.world.fenced(self.id) {
            pen.card(self.area, Role::CardDown, Role::InkSoft, 1.2, Dash::Long);
        } else if self.leads().is_empty() {
            pen.card(self.area, Role::Card, Role::InkFaint, 1.2, Dash::None);
        } else {
            pen.card(self.area, Role::CardBlue, Role::Blue, 1.8, Dash::None);
        }
    }

    /// Name, role, where its logs end.
    fn title(&self, pen: &mut Pen) {
        let node = NodeId::from(self.id);
        let y = self.area.y + self.frame.rows.title();
        let x = self.area.x + 12.0;
        let name = node.to_string();
        let faded = if self.off { Role::InkSoft } else { Role::Ink };
        pen.text(x, y, name.clone(), Ink::new(14.0, 650, faded));
        let right = self.area.x + self.area.w - 12.0;
        let ends = self.ends(right - x - width_of(&name, 14.0));
        let mut at = x + width_of_bold(&name, 14.0) + 6.0;
        let room = |at: f32| right - width_of(&ends, 12.0) - 10.0 - at;
        let (icon, wordings, role) = self.role();
        if let Some(icon) = icon {
            pen.icon(at + 6.0, y - 4.5, 13.0, icon, role);
            at += 17.0;
        }
        let weight = if role == Role::Blue { 650 } else { 400 };
        let said = choose(wordings, 13.0, room(at));
        pen.hotspot(HotTarget::Node(node), self.area, self.spoken(&said));
        pen.text(at, y, said, Ink::new(13.0, weight, role));
        pen.text(right, y, ends, Ink::new(12.0, 400, Role::InkSoft).end());
    }

    /// Picture, wordings from long to short, and colour of what it does.
    fn role(&self) -> (Option<Icon>, [String; 2], Role) {
        let lang = self.lang;
        let leads = self.leads();
        let state = state(self.world, self.id.into(), lang);
        if let (true, Some((said, icon))) = (self.off, state) {
            let still = format!("{said} · {}", word(lang, Word::StillRegistered));
            let long = if leads.is_empty() { said.to_owned() } else { still };
            return (icon, [long, said.to_owned()], Role::InkSoft);
        }
        let suffix = match state {
            Some((said, _)) => format!(" · {said}"),
            None if self.world.fenced(self.id) => format!(" · {}", word(lang, Word::Fenced)),
            None => String::new(),
        };
        if !leads.is_empty() {
            let (long, short) = self.leader_words(&leads);
            return (Some(Icon::Crown), [long + &suffix, short], Role::Blue);
        }
        let short = self.follower_words();
        let follower = word(lang, Word::Follower);
        let long = match short {
            Word::InSync | Word::OutOfSync => format!("{follower} · {}", word(lang, short)),
            _ => word(lang, short).to_owned(),
        };
        let role = if short == Word::BelievesItLeads { Role::Ink } else { Role::InkSoft };
        (None, [long + &suffix, word(lang, short).to_owned()], role)
    }

    fn leader_words(&self, leads: &[TopicPartition]) -> (String, String) {
        let leader = word(self.lang, Word::Leader);
        if self.world.config().topic.partitions > 1 {
            return (format!("{leader} · {}", names(leads, ", ")), names(leads, ","));
        }
        let of = epoch(self.world.registration(leads[0]).leader_epoch);
        (format!("{leader} · {of}"), format!("{leader} {}", self.world.registration(leads[0]).leader_epoch))
    }

    fn follower_words(&self) -> Word {
        let world = self.world;
        let mut hosted = partitions(world).filter_map(|tp| world.replica(self.id, tp)).peekable();
        if hosted.peek().is_none() {
            return Word::NoReplica;
        }
        let (mut believes, mut in_sync) = (false, true);
        for replica in hosted {
            believes |= matches!(replica.role, RoleView::Leader { .. });
            in_sync &= world.registration(replica.partition).isr.contains(self.id);
        }
        match (believes, in_sync) {
            (true, _) => Word::BelievesItLeads,
            (false, true) => Word::InSync,
            (false, false) => Word::OutOfSync,
        }
    }

    /// Where its logs end, in as many words as leave room for the rest.
    fn ends(&self, room: f32) -> String {
        let replicas = partitions(self.world).filter_map(|tp| self.world.replica(self.id, tp));
        let ends: Vec<String> = replicas.map(|replica| replica.log_end.to_string()).collect();
        if ends.is_empty() {
            return String::new();
        }
        let mut long = end(self.lang, &ends.join(" · "), self.off);
        if let ([first], false) =
            (self.leads().as_slice(), self.off || self.world.config().topic.partitions > 1)
        {
            let isr = self.world.registration(*first).isr.to_string();
            long += &format!(" · ISR {}", isr.trim_matches(['{', '}']));
        }
        let short = end(self.lang, &ends.join("·"), false);
        if width_of(&long, 12.0) + 170.0 <= room { long } else { short }
    }

    /// What a reader who does not see the card is told of it.
    fn spoken(&self, said: &str) -> String {
        let ends: Vec<String> = partitions(self.world)
            .filter_map(|tp| self.world.replica(self.id, tp))
            .map(|replica| replica.log_end.to_string())
            .collect();
        format!("{}, {said}, {}", NodeId::from(self.id), end(self.lang, &ends.join(", "), false))
    }
}

/// A log in a card.
struct Row<'a> {
    card: &'a Card<'a>,
    replica: &'a ReplicaView<'a>,
    /// Left end of the log and right end of its ground.
    x: f32,
    right: f32,
    /// Upper edge of the packets.
    top: f32,
    /// Width of a packet, and from one to the next.
    cell: f32,
    step: f32,
}

impl<'a> Row<'a> {
    /// The `n`-th of a card, from 0.
    fn of(card: &'a Card<'a>, replica: &'a ReplicaView<'a>, n: u8) -> Row<'a> {
        let config = card.world.config();
        let Rows { header, above, .. } = card.frame.rows;
        let digits = config.producer.records.max(1).ilog10() as f32 + 1.0;
        let letters = digits + if config.producer.count > 1 { 2.0 } else { 0.0 };
        let cell = (7.0 * letters + 4.0).max(21.0);
        Row {
            card,
            replica,
            x: card.area.x + 12.0 + if config.topic.partitions > 1 { 34.0 } else { 0.0 },
            right: card.area.x + card.area.w - 12.0,
            top: card.area.y + header + f32::from(n) * card.frame.rows.pitch() + above,
            cell,
            step: cell + 4.0,
        }
    }

    fn draw(&self, pen: &mut Pen) {
        let (height, left) = (self.card.frame.rows.cell, self.card.area.x + 12.0);
        let base = self.top + height + 4.0;
        pen.line(
            vec![Segment::Move(Point { x: left, y: base }), Segment::Line(Point { x: self.right, y: base })],
            Role::Line,
            2.0,
            Dash::None,
        );
        self.name(pen, left);
        let room = (((self.right - self.x + 4.0) / self.step) as usize).max(1);
        let start = self.replica.log_start;
        let all = (self.replica.log_end - start) as usize;
        let mut gone = self.gone();
        // What is there has half the room, if it needs it, and stands apart.
        let most = room.saturating_sub(all + 1).max(room / 2).max(1);
        if gone.len() > most {
            let unseen = gone.len() - most + 1;
            gone.truncate(most - 1);
            gone.push(format!("+{unseen}"));
        }
        self.draw_gone(pen, &gone);
        let room = (room - gone.len()).saturating_sub(usize::from(!gone.is_empty())).max(1);
        let hidden_slots = if all > room || start > 0 {
            self.slots_before(self.replica.log_end as usize).min(room - 1)
        } else {
            0
        };
        let tail = Tail::of(self.card.world, self.replica, room - hidden_slots);
        let first = tail.first();
        if start > 0 && start == first {
            self.deleted(pen, hidden_slots, start);
        } else if hidden_slots > 0 {
            let y = self.top + height / 2.0 + 4.0;
            pen.text(self.x, y, format!("1–{first}"), Ink::new(11.0, 400, Role::InkSoft));
        }
        let x = self.x + hidden_slots as f32 * self.step;
        self.packets(pen, &tail, x);
        self.high_watermark(pen, first, x, base);
    }

    /// What was deleted, in the place of as many packets.
    fn deleted(&self, pen: &mut Pen, slots: usize, start: u32) {
        let (w, h) = (slots as f32 * self.step - 4.0, self.card.frame.rows.cell);
        pen.packet(Packet {
            at: Point { x: self.x + w / 2.0, y: self.top + h / 2.0 },
            w,
            h,
            label: format!("1–{start}"),
            style: PacketStyle::Gone,
            only_here: false,
            doubled: false,
            stripes: 0,
            opacity: 1.0,
        });
    }

    /// How many packets' room the words for what is hidden take.
    fn slots_before(&self, hidden: usize) -> usize {
        ((width_of(&format!("1–{hidden}"), 11.0) + 2.0) / self.step).ceil() as usize
    }

    /// `p0`, with a crown where this broker leads it.
    fn name(&self, pen: &mut Pen, left: f32) {
        let world = self.card.world;
        if world.config().topic.partitions < 2 {
            return;
        }
        let tp = self.replica.partition;
        let y = self.top + self.card.frame.rows.cell / 2.0 + 4.0;
        pen.text(left, y, format!("p{}", tp.partition()), Ink::new(12.0, 400, Role::InkSoft));
        if world.registration(tp).leader == Some(self.card.id) {
            pen.icon(left + 23.0, y - 4.0, 12.0, Icon::Crown, Role::Blue);
        }
    }

    fn packets(&self, pen: &mut Pen, tail: &Tail, x: f32) {
        let world = self.card.world;
        let others = Others::of(world, self.card.id, self.replica);
        let h = self.card.frame.rows.cell;
        for (i, (offset, record, doubled)) in tail.iter().enumerate() {
            let only_here = others.lack(offset, record);
            pen.packet(Packet {
                at: Point { x: x + i as f32 * self.step + self.cell / 2.0, y: self.top + h / 2.0 },
                w: self.cell,
                h,
                label: label(world, record),
                style: if offset < self.replica.flushed { PacketStyle::Solid } else { PacketStyle::Outlined },
                only_here,
                doubled,
                stripes: record.producer() - 1,
                opacity: if self.card.off && !only_here { 0.45 } else { 1.0 },
            });
        }
    }

    /// What this log has lost and not got back, the latest first.
    fn gone(&self) -> Vec<String> {
        let (world, card) = (self.card.world, self.card);
        let dropped = card.story.dropped(card.id, self.replica.partition, world.steps());
        let mut gone: Vec<RecordId> = dropped.filter(|record| !has(world, self.replica, *record)).collect();
        gone.reverse();
        gone.dedup();
        gone.into_iter().map(|record| label(world, record)).collect()
    }

    /// Draws it at the other end of the row.
    fn draw_gone(&self, pen: &mut Pen, gone: &[String]) {
        let h = self.card.frame.rows.cell;
        for (i, label) in gone.iter().enumerate() {
            pen.packet(Packet {
                at: Point { x: self.right - self.cell / 2.0 - i as f32 * self.step, y: self.top + h / 2.0 },
                w: self.cell,
                h,
                label: label.clone(),
                style: PacketStyle::Gone,
                only_here: false,
                doubled: false,
                stripes: 0,
                opacity: 1.0,
            });
        }
    }

    fn high_watermark(&self, pen: &mut Pen, first: u32, x: f32, base: f32) {
        let mark = self.replica.high_watermark;
        if self.card.off || self.replica.log_end == 0 || mark < first {
            return;
        }
        let x = x + (mark - first) as f32 * self.step - 2.0;
        let line =
            vec![Segment::Move(Point { x, y: self.top - 4.0 }), Segment::Line(Point { x, y: base + 1.0 })];
        pen.line(line, Role::Green, 2.0, Dash::None);
        // Before the first packet it would stand on the card's edge.
        let said = x.max(self.card.area.x + 15.0);
        pen.text(said, self.top - 5.5, "HW", Ink::new(11.0, 700, Role::Green).middle());
    }
}

use super::frame::{Counts, Frame};
use super::{Stage, layout, motion};
use crate::run::catalogue::{CATALOGUE, find};
use crate::run::timeline::{Cursor, Timeline};
use crate::scene::{Anchor, Area, HotTarget, Icon, Lang, Packet, PacketStyle, Point, Shape, Story, View};
use crate::sim::config::Resolved;
use crate::sim::{NodeId, Scenario, StepNo, World};

const WIDTHS: [u32; 8] = [320, 360, 480, 680, 768, 1000, 1160, 1400];

fn view(width: u32) -> View {
    View { width, lang: Lang::En, reduced_motion: false, compact: false }
}

/// As many as a cluster can have of everything, one combination after the other.
fn counts() -> impl Iterator<Item = Counts> {
    (0..5 * 3 * 3 * 4).map(|i: u8| Counts {
        brokers: 1 + i % 5,
        partitions: 1 + i / 5 % 3,
        logs: 1 + i / 5 % 3,
        producers: 1 + i / 15 % 3,
        consumers: i / 45,
    })
}

/// A built-in scenario.
fn scenario(id: &str) -> Scenario {
    match find(id).expect("it is built in").file().resolved {
        Resolved::Scenario(scenario) => scenario,
        Resolved::Refused(refusal) => refusal.scenario,
    }
}

/// A world with so many of everything, after a few thousand steps of a run that knows nothing of faults.
fn world(counts: Counts) -> World {
    let mut config = scenario("calm").config;
    config.cluster.brokers = counts.brokers;
    config.topic.partitions = counts.partitions;
    config.topic.replication_factor = counts.brokers.min(3);
    config.topic.min_insync_replicas = 1;
    config.cluster.offsets_replication_factor = counts.brokers.min(3);
    config.producer.count = counts.producers;
    match &mut config.consumer {
        Some(consumer) if counts.consumers > 0 => consumer.members = counts.consumers,
        consumer => *consumer = None,
    }
    let mut world = World::new(&Scenario { config, faults: Vec::new() });
    let mut trace = crate::sim::Trace::default();
    for _ in 0..3000 {
        world.step(&mut trace);
    }
    world
}

fn inside_of(area: Area, at: Point) -> bool {
    area.overlaps(Area { x: at.x, y: at.y, w: 0.0, h: 0.0 })
}

fn inside(stage: &Stage, area: Area) -> bool {
    let slack = 0.01;
    area.x >= -slack
        && area.y >= -slack
        && area.x + area.w <= stage.width as f32 + slack
        && area.y + area.h <= stage.height as f32 + slack
}

fn cards(stage: &Stage) -> Vec<Area> {
    let card = |shape: &Shape| match shape {
        Shape::Rect { area, stroke: Some(_), .. } => Some(*area),
        _ => None,
    };
    stage.shapes.iter().filter_map(card).collect()
}

/// Where a text stands: a Latin letter is a little more than half as wide as it is high, a Chinese one a square.
fn extent(shape: &Shape) -> Option<(Area, &str, f32)> {
    let Shape::Text { at, text, size, anchor, .. } = shape else { return None };
    let w: f32 = text.chars().map(|c| if (c as u32) < 0x2e80 { 0.56 * size } else { *size }).sum();
    let x = match anchor {
        Anchor::Start => at.x,
        Anchor::Middle => at.x - w / 2.0,
        Anchor::End => at.x - w,
    };
    Some((Area { x, y: at.y - 0.8 * size, w, h: *size }, text, *size))
}

fn packets(stage: &Stage) -> impl Iterator<Item = &Packet> {
    stage.shapes.iter().filter_map(|shape| match shape {
        Shape::Packet(packet) => Some(packet),
        _ => None,
    })
}

/// What holds of every picture.
fn check(stage: &Stage, what: &str) {
    let cards = cards(stage);
    for (i, card) in cards.iter().enumerate() {
        assert!(inside(stage, *card), "{what}: {card:?} in {} × {}", stage.width, stage.height);
        assert!(card.w >= 80.0 && card.h >= 50.0, "{what}: {card:?}");
        for other in &cards[..i] {
            assert!(!card.overlaps(*other), "{what}: {card:?} and {other:?}");
        }
    }
    for (area, text, size) in stage.shapes.iter().filter_map(extent) {
        assert!(inside(stage, area), "{what}: “{text}” at {area:?} in {} × {}", stage.width, stage.height);
        assert!(size >= 11.0, "{what}: “{text}” is set in {size}");
        if let Some(card) = cards.iter().find(|card| card.overlaps(area)) {
            let (left, right) = (card.x - 0.01, card.x + card.w + 0.01);
            assert!(area.x >= left && area.x + area.w <= right, "{what}: “{text}” leaves its card");
        }
    }
    for packet in packets(stage) {
        let area = Area {
            x: packet.at.x - packet.w / 2.0,
            y: packet.at.y - packet.h / 2.0,
            w: packet.w,
            h: packet.h,
        };
        assert!(inside(stage, area), "{what}: {packet:?}");
    }
    for spot in &stage.hotspots {
        assert!(inside(stage, spot.area) && !spot.label.is_empty(), "{what}: {spot:?}");
    }
}

#[test]
fn everything_fits_at_every_width() {
    for counts in counts() {
        let world = world(counts);
        let story = Story::default();
        for width in WIDTHS {
            for (lang, compact) in [(Lang::En, false), (Lang::Zh, false), (Lang::En, true)] {
                let view = View { lang, compact, ..view(width) };
                let stage = layout(&world, &story, &view);
                check(&stage, &format!("{counts:?} at {width}, {lang:?}, compact {compact}"));
            }
        }
    }
}

#[test]
fn every_node_can_be_clicked() {
    for counts in counts() {
        let world = world(counts);
        for width in WIDTHS {
            let stage = layout(&world, &Story::default(), &view(width));
            for node in world.config().nodes() {
                let found = stage.hotspots.iter().filter(|spot| spot.target == HotTarget::Node(node)).count();
                assert_eq!(found, 1, "{node} of {counts:?} at {width}");
            }
        }
    }
}

#[test]
fn ways_stay_on_the_stage_and_end_at_their_cards() {
    for counts in counts() {
        for width in WIDTHS {
            let frame = Frame::of(counts, &view(width));
            let nodes = (1..=counts.brokers).map(NodeId::Broker);
            let ends = nodes.flat_map(|broker| {
                (1..=counts.producers)
                    .map(NodeId::Producer)
                    .chain((1..=counts.consumers).map(NodeId::Consumer))
                    .chain([NodeId::Controller])
                    .map(move |other| (broker, other))
            });
            for (a, b) in ends {
                let Some(way) = frame.way(a, b) else {
                    assert!(frame.narrow && b == NodeId::Controller, "{a} {b} {counts:?} {width}");
                    continue;
                };
                for i in 0..=20 {
                    let at = super::ways::along(&way, i as f32 / 20.0);
                    assert!((0.0..=frame.width).contains(&at.x), "{a} {b} {counts:?} {width}: {at:?}");
                    assert!((0.0..=frame.height).contains(&at.y), "{a} {b} {counts:?} {width}: {at:?}");
                }
                let mut back = frame.way(b, a).unwrap();
                back.reverse();
                assert_eq!(way, back);
            }
        }
    }
}

#[test]
fn a_way_crosses_no_card_but_those_that_it_joins() {
    for counts in counts() {
        for width in WIDTHS {
            for compact in [false, true] {
                let frame = Frame::of(counts, &View { compact, ..view(width) });
                let brokers = || (1..=counts.brokers).map(NodeId::Broker);
                let producers = || (1..=counts.producers).map(NodeId::Producer);
                let consumers = || (1..=counts.consumers).map(NodeId::Consumer);
                let account = (counts.consumers > 0).then_some(NodeId::Database);
                let nodes: Vec<NodeId> =
                    producers().chain(brokers()).chain(consumers()).chain(account).collect();
                for (a, b) in nodes.iter().flat_map(|a| nodes.iter().map(move |b| (*a, *b))) {
                    if a == b {
                        continue;
                    }
                    let Some(way) = frame.way(a, b) else { continue };
                    for at in (0..=40).map(|i| super::ways::along(&way, i as f32 / 40.0)) {
                        let over = nodes
                            .iter()
                            .filter(|node| **node != a && **node != b)
                            .find(|node| inside_of(frame.card(**node).unwrap(), at));
                        assert_eq!(over, None, "{a} {b} {counts:?} {width} {compact}: {at:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_card_is_as_high_as_the_logs_that_it_has() {
    let timeline = Timeline::run(scenario("one-partition-power-loss"));
    let counts = Counts::of(timeline.last().config());
    assert_eq!((counts.brokers, counts.partitions, counts.logs), (3, 3, 1));
    for width in WIDTHS {
        let stage = layout(timeline.last(), &Story::default(), &view(width));
        let one = Frame::of(Counts { partitions: 1, ..counts }, &view(width));
        for id in [1, 2, 3] {
            let area = stage.frame.card(NodeId::Broker(id)).unwrap();
            assert_eq!(area.h, one.card(NodeId::Broker(id)).unwrap().h, "at {width}");
            assert!(packets(&stage).any(|packet| !packet.label.is_empty() && inside_of(area, packet.at)));
        }
    }
}

#[test]
fn what_is_held_on_a_link_has_one_mark() {
    // Several commits are held on one link.
    let timeline = Timeline::run(scenario("async-commits-lost"));
    let story = Story::of(timeline.trace(), timeline.last());
    for width in WIDTHS {
        let stage = layout(timeline.last(), &story, &view(width));
        let shapes = motion(timeline.last(), &stage, &story, story.screen_of(timeline.end()), &view(width));
        let dots = shapes.iter().filter(|shape| matches!(shape, Shape::Circle { .. })).count();
        let words: Vec<&str> = shapes.iter().filter_map(extent).map(|(_, said, _)| said).collect();
        assert_eq!((dots, words), (1, vec!["commit 4"]), "at {width}");
    }
}

/// Middles of pictures of a kind.
fn icons(shapes: &[Shape], kind: Icon) -> Vec<Area> {
    let found = shapes.iter().filter_map(|shape| match shape {
        Shape::Icon { at, size, icon, .. } if *icon == kind => Some((*at, *size)),
        _ => None,
    });
    found.map(|(at, size)| Area { x: at.x - size / 2.0, y: at.y - size / 2.0, w: size, h: size }).collect()
}

#[test]
fn that_something_is_held_is_said_beside_words_cards_and_the_mark_of_the_cut() {
    let mut seen = 0;
    for id in ["opening", "poison-aside", "async-commits-lost", "committed-and-cut", "reset-makes-a-copy"] {
        let timeline = Timeline::run(scenario(id));
        let story = Story::of(timeline.trace(), timeline.last());
        let mut cursor = Cursor::new(&timeline);
        for at in moments(&timeline, 100) {
            cursor.seek(&timeline, at);
            for width in WIDTHS {
                let stage = layout(cursor.world(), &story, &view(width));
                let moving = motion(cursor.world(), &stage, &story, story.screen_of(at), &view(width));
                let words = moving.iter().filter_map(extent).map(|(area, ..)| area);
                let mut others: Vec<Area> = words.chain(icons(&stage.shapes, Icon::Scissors)).collect();
                others.extend(cards(&stage));
                for pause in icons(&moving, Icon::Pause) {
                    seen += 1;
                    let over = others.iter().find(|other| pause.overlaps(**other));
                    assert_eq!(over, None, "{id} at {width}: {pause:?}");
                }
            }
        }
    }
    assert!(seen > 100, "{seen} held");
}

#[test]
fn offsets_of_several_partitions_keep_their_places() {
    let timeline = Timeline::run(scenario("second-member-joins"));
    for width in WIDTHS {
        let stage = layout(timeline.last(), &Story::default(), &view(width));
        let said: Vec<&str> = stage.shapes.iter().filter_map(extent).map(|(_, said, _)| said).collect();
        for words in ["position 1,6,–", "position –,–,2", "committed 1,4,1", "committed –,–,1"] {
            assert!(said.contains(&words), "{words} at {width}: {said:?}");
        }
    }
}

#[test]
fn what_several_shops_were_told_is_not_cut() {
    let counts = Counts { producers: 3, brokers: 3, partitions: 3, logs: 3, consumers: 3 };
    let world = world(counts);
    assert!((1..=3).any(|n| world.producer(n).acked > 9), "two digits");
    for width in [360, 680, 768, 1160] {
        for lang in [Lang::En, Lang::Zh] {
            let stage = layout(&world, &Story::default(), &View { lang, ..view(width) });
            let said = stage.shapes.iter().filter_map(extent).map(|(_, said, _)| said);
            let told: Vec<&str> = said.filter(|said| said.contains('“')).collect();
            assert!(told.len() >= 3 && told.iter().all(|said| !said.ends_with('…')), "{width}: {told:?}");
        }
    }
}

/// A world with several shops, each of which sends all that it has at once.
fn busy(brokers: u8) -> Timeline {
    let mut scenario = scenario("calm");
    let config = &mut scenario.config;
    config.cluster.brokers = brokers;
    config.producer.count = 2;
    let producer = &mut config.producer;
    (producer.records, producer.every, producer.wait_each) = (60, 20_000, false);
    (producer.batch_size, producer.linger) = (16_384, 300_000);
    Timeline::run(scenario)
}

#[test]
fn a_packet_on_its_way_covers_no_words_in_a_brokers_card() {
    let mut wide = 0;
    for brokers in [3, 5] {
        let timeline = busy(brokers);
        let story = Story::of(timeline.trace(), timeline.last());
        let mut cursor = Cursor::new(&timeline);
        for at in moments(&timeline, 400) {
            cursor.seek(&timeline, at);
            for width in WIDTHS {
                let view = view(width);
                let stage = layout(cursor.world(), &story, &view);
                for shape in motion(cursor.world(), &stage, &story, story.screen_of(at), &view) {
                    let Shape::Packet(packet) = shape else { continue };
                    wide += u32::from(packet.w > 40.0);
                    let area = Area {
                        x: packet.at.x - packet.w / 2.0,
                        y: packet.at.y - packet.h / 2.0,
                        w: packet.w,
                        h: packet.h,
                    };
                    for card in &stage.frame.brokers {
                        let words = Area { x: card.x + 12.5, w: card.w - 25.0, ..*card };
                        assert!(!area.overlaps(words), "{width}: {packet:?} over {card:?}");
                    }
                }
            }
        }
    }
    assert!(wide > 20, "{wide} wide packets");
}

#[test]
fn a_packet_goes_its_way_without_a_jump() {
    for counts in counts() {
        for (width, compact) in WIDTHS.into_iter().flat_map(|width| [(width, false), (width, true)]) {
            let frame = Frame::of(counts, &View { compact, ..view(width) });
            let brokers = || (1..=counts.brokers).map(NodeId::Broker);
            let others = || {
                let producers = (1..=counts.producers).map(NodeId::Producer);
                producers.chain((1..=counts.consumers).map(NodeId::Consumer))
            };
            let ends = brokers().flat_map(|a| others().chain(brokers()).map(move |b| (a, b)));
            for (a, b) in ends.filter(|(a, b)| a != b) {
                let way = frame.way(a, b).expect("messages pass between them");
                let mut last: Option<(Point, Point)> = None;
                for at in (0..=200).map(|i| super::ways::along(&way, i as f32 / 200.0)) {
                    let mut pen = super::pen::Pen::default();
                    super::motion::packet(&mut pen, &frame, at, ["7".to_owned(), "×1".to_owned()], 0);
                    let Some(Shape::Packet(packet)) = pen.shapes.first() else { panic!("a packet is drawn") };
                    if let Some((way, drawn)) = last.replace((at, packet.at)) {
                        let jump = (packet.at.x - drawn.x).abs() - (at.x - way.x).abs();
                        assert!(jump < 3.0, "{a} {b} {counts:?} {width} {compact}: {jump} at {at:?}");
                    }
                }
            }
        }
    }
}

/// At 1280 × 800 the stage is 1158 pixels wide, and the deck leaves it 448 of the height.
#[test]
fn all_brokers_are_seen_at_once_in_a_usual_window() {
    for (brokers, logs) in [(3, 1), (3, 2), (3, 3), (4, 1), (4, 2), (5, 1)] {
        for (producers, consumers) in [(1, 0), (1, 1), (1, 2), (1, 3), (3, 3)] {
            let counts = Counts { producers, brokers, partitions: logs, logs, consumers };
            let frame = Frame::of(counts, &view(1158));
            let last = frame.brokers.last().unwrap();
            assert!(last.y + last.h <= 448.0, "{counts:?}: {last:?}");
        }
    }
}

#[test]
fn a_compact_stage_is_low() {
    let counts = Counts { producers: 1, brokers: 3, partitions: 1, logs: 1, consumers: 1 };
    let compact = View { compact: true, ..view(680) };
    assert!(Frame::of(counts, &compact).height <= 300.0);
}

/// Cursors spread over a run.
fn moments(timeline: &Timeline, n: u32) -> impl Iterator<Item = StepNo> + use<> {
    let end = timeline.end().0;
    (0..=n).map(move |i| StepNo((u64::from(end) * u64::from(i) / u64::from(n)) as u32))
}

#[test]
fn built_in_scenarios_fit_at_any_moment() {
    for scenario in CATALOGUE {
        let timeline = Timeline::run(self::scenario(scenario.id));
        let story = Story::of(timeline.trace(), timeline.last());
        let mut cursor = Cursor::new(&timeline);
        for at in moments(&timeline, 40) {
            cursor.seek(&timeline, at);
            for (width, lang) in [(320, Lang::Zh), (360, Lang::En), (768, Lang::En), (1160, Lang::En)] {
                let view = View { lang, ..view(width) };
                let mut stage = layout(cursor.world(), &story, &view);
                check(&stage, &format!("{} after {} at {width}", scenario.id, at.0));
                let moving = motion(cursor.world(), &stage, &story, story.screen_of(at), &view);
                stage.shapes = moving;
                let words: Vec<(Area, &str, f32)> = stage.shapes.iter().filter_map(extent).collect();
                for (i, (area, text, _)) in words.iter().enumerate() {
                    let wide = area.x >= -0.01 && area.x + area.w <= stage.width as f32 + 0.01;
                    assert!(wide, "{}: “{text}” at {area:?}", scenario.id);
                    let over = words[..i].iter().find(|(other, ..)| area.overlaps(*other));
                    assert_eq!(over, None, "{}: “{text}” at {width}", scenario.id);
                }
            }
        }
    }
}

#[test]
fn only_copies_wear_a_ring() {
    let timeline = Timeline::run(scenario("leader-dies-before-copy"));
    let mut cursor = Cursor::new(&timeline);
    let dead_with_only_copies = moments(&timeline, 400).any(|at| {
        cursor.seek(&timeline, at);
        let world = cursor.world();
        let stage = layout(world, &Story::default(), &view(1160));
        let ringed = packets(&stage).filter(|packet| packet.only_here && packet.opacity == 1.0);
        let labels: Vec<&str> =
            ringed.map(|packet| &*packet.label).filter(|label| !label.is_empty()).collect();
        super::state::is_down(world, NodeId::Broker(1)) && labels == ["11", "12", "13", "14", "15"]
    });
    assert!(dead_with_only_copies);
    cursor.seek(&timeline, timeline.end());
    let stage = layout(cursor.world(), &Story::default(), &view(1160));
    let ringed = packets(&stage).filter(|packet| packet.only_here && !packet.label.is_empty()).count();
    assert_eq!(ringed, 0, "what was cut off is nobody's any more, and all else was copied");
}

#[test]
fn a_second_copy_shows_behind_the_first() {
    let timeline = Timeline::run(scenario("retry-makes-a-copy"));
    let stage = layout(timeline.last(), &Story::default(), &view(1400));
    assert!(packets(&stage).any(|packet| packet.doubled));
    let on_stage = |packet: &&Packet| !packet.label.is_empty();
    assert!(packets(&stage).filter(on_stage).all(|packet| packet.style != PacketStyle::Gone));
}

#[test]
fn what_a_log_has_lost_stays_to_be_seen() {
    let timeline = Timeline::run(scenario("opening"));
    let story = Story::of(timeline.trace(), timeline.last());
    for width in [360, 768, 1160] {
        let stage = layout(timeline.last(), &story, &view(width));
        let gone = packets(&stage).filter(|packet| packet.style == PacketStyle::Gone);
        let mut gone: Vec<&str> =
            gone.map(|packet| &*packet.label).filter(|label| !label.is_empty()).collect();
        gone.sort();
        assert_eq!(gone, ["6", "7", "8"], "at {width}");
        let there =
            packets(&stage).filter(|packet| packet.style != PacketStyle::Gone && packet.label == "12");
        assert_eq!(there.count(), 3, "at {width}");
    }
}

#[test]
fn what_has_no_room_among_the_lost_is_counted() {
    let timeline = Timeline::run(scenario("unclean-election"));
    let story = Story::of(timeline.trace(), timeline.last());
    for width in [320, 360, 768, 1160] {
        let stage = layout(timeline.last(), &story, &view(width));
        let card = stage.frame.card(NodeId::Broker(1)).unwrap();
        let gone = packets(&stage).filter(|packet| packet.style == PacketStyle::Gone);
        let here = gone.filter(|packet| inside_of(card, packet.at));
        let each = here.map(|packet| packet.label.strip_prefix('+').map_or(1, |n| n.parse::<u32>().unwrap()));
        assert_eq!(each.sum::<u32>(), 10, "at {width}");
    }
}

#[test]
fn the_controllers_links_can_be_clicked() {
    let timeline = Timeline::run(scenario("calm"));
    for width in WIDTHS {
        let stage = layout(timeline.last(), &Story::default(), &view(width));
        let to_controller = stage
            .hotspots
            .iter()
            .filter(|spot| matches!(spot.target, HotTarget::Link(NodeId::Broker(_), NodeId::Controller)));
        let areas: Vec<Area> = to_controller.map(|spot| spot.area).collect();
        assert_eq!(areas.len(), 3, "at {width}");
        assert!(areas.iter().all(|area| area.w >= 24.0 && area.h >= 24.0));
        assert!(!areas[0].overlaps(areas[1]) && !areas[1].overlaps(areas[2]));
    }
}

#[test]
fn records_travel_and_stand_still_for_those_who_want_it() {
    let timeline = Timeline::run(scenario("calm"));
    let story = Story::of(timeline.trace(), timeline.last());
    let mut cursor = Cursor::new(&timeline);
    let (mut travelled, mut answered) = (0, 0);
    for at in moments(&timeline, 500) {
        cursor.seek(&timeline, at);
        for reduced_motion in [false, true] {
            let view = View { reduced_motion, ..view(1160) };
            let stage = layout(cursor.world(), &story, &view);
            for shape in motion(cursor.world(), &stage, &story, story.screen_of(at), &view) {
                match shape {
                    Shape::Packet(packet) if !packet.label.is_empty() => travelled += 1,
                    Shape::Text { text, .. } if text.starts_with("ok ") => answered += 1,
                    _ => {}
                }
            }
        }
    }
    assert!(travelled > 20 && answered > 5, "{travelled} packets, {answered} answers");
}

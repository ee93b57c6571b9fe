//! A scenario from a seed. Each concern draws from a stream of its own, so that a new draw in one does not shift
//! the others.

use ackscope::sim::config::keys::Section;
use ackscope::sim::config::raw::{Entry, RawFault, RawScenario, RawValue};

/// SplitMix64.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

struct Stream(u64);

impl Stream {
    fn new(seed: u64, concern: u64) -> Stream {
        Stream(mix(mix(seed) ^ concern))
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 = mix(self.0);
        self.0 % n
    }

    fn between(&mut self, least: u64, most: u64) -> i64 {
        (least + self.below(most - least + 1)) as i64
    }

    /// True in `n` of `of` draws.
    fn chance(&mut self, n: u64, of: u64) -> bool {
        self.below(of) < n
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// What was drawn first and decides what can be drawn later.
struct Shape {
    brokers: u64,
    replicas: u64,
    partitions: u64,
    producers: u64,
    records: u64,
    members: u64,
}

/// The scenario of a seed. It may be one that Kafka refuses.
pub(super) fn scenario(seed: u64) -> RawScenario {
    let mut raw = RawScenario::default();
    raw.set(Section::Root, "format", 1_i64);
    raw.set(Section::Root, "title", "Swarm");
    raw.set(Section::Root, "seed", (seed % (1 << 53)) as i64);
    raw.set(Section::Stop, "after_ms", 25_000_i64);
    let shape = shape(&mut Stream::new(seed, 0));
    cluster(&mut raw, &mut Stream::new(seed, 1), &shape);
    topic(&mut raw, &mut Stream::new(seed, 2), &shape);
    producer(&mut raw, &mut Stream::new(seed, 3), &shape);
    if shape.members > 0 {
        consumer(&mut raw, &mut Stream::new(seed, 4), &shape);
        application(&mut raw, &mut Stream::new(seed, 6), &shape);
        if Stream::new(seed, 9).chance(1, 40) {
            // Less than any session that is drawn: every join is refused.
            raw.set(Section::Cluster, "group.max.session.timeout.ms", 900_i64);
        }
    }
    if Stream::new(seed, 7).chance(1, 5) {
        retention(&mut raw, &mut Stream::new(seed, 8));
    }
    faults(&mut raw, &mut Stream::new(seed, 5), &shape);
    raw
}

/// When everything is mended, and until when nothing more happens, in ms.
#[cfg(not(target_arch = "wasm32"))]
const MENDED: i64 = 12_000;
#[cfg(not(target_arch = "wasm32"))]
const WATCHED: i64 = 55_000;

/// The schedule of a seed, and then everything is mended and left alone for as long as its settings, which are
/// impatient ones, let anybody wait.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn healing(seed: u64) -> RawScenario {
    let mut raw = scenario(seed);
    raw.set(Section::Stop, "after_ms", 60_000_i64);
    raw.set(Section::Cluster, "request.timeout.ms", 1000_i64);
    raw.set(Section::Cluster, "controller.socket.timeout.ms", 1000_i64);
    raw.set(Section::Cluster, "replica.lag.time.max.ms", 1500_i64);
    raw.set(Section::Producer, "delivery.timeout.ms", 8000_i64);
    raw.set(Section::Producer, "max.block.ms", 3000_i64);
    let shape = shape(&mut Stream::new(seed, 0));
    if shape.members > 0 {
        raw.set(Section::Consumer, "session.timeout.ms", 2000_i64);
        raw.set(Section::Consumer, "max.poll.interval.ms", 5000_i64);
        raw.set(Section::Consumer, "request.timeout.ms", 1000_i64);
        raw.set(Section::Consumer, "default.api.timeout.ms", 3000_i64);
    }
    let mut nodes = vec!["controller".to_owned()];
    nodes.extend((1..=shape.brokers).map(|n| format!("broker-{n}")));
    nodes.extend((1..=shape.producers).map(|n| format!("producer-{n}")));
    nodes.extend((1..=shape.members).map(|n| format!("consumer-{n}")));
    nodes.extend((shape.members > 0).then(|| "database".to_owned()));
    for node in &nodes {
        for action in ["resume", "restart"] {
            raw.add_fault(RawFault::at(MENDED * 1000, action, node));
        }
        raw.add_fault(RawFault::at(MENDED * 1000, "heal", &format!("{node} - *")));
    }
    // A run goes on as long as a fault is still to come: this one finds nothing to do.
    raw.add_fault(RawFault::at(WATCHED * 1000, "resume", "controller"));
    raw
}

fn shape(s: &mut Stream) -> Shape {
    let brokers = s.pick(&[1, 2, 3, 3, 3, 3, 4, 5]);
    let producers = s.pick(&[1, 1, 1, 2, 3]);
    Shape {
        brokers,
        replicas: s.pick(&[1, 2, 3, 3, 3]).min(brokers),
        partitions: s.pick(&[1, 1, 1, 2, 3]),
        producers,
        records: s.between(1, 12 / producers) as u64,
        members: s.pick(&[0, 0, 1, 1, 2, 3]),
    }
}

fn maybe(raw: &mut RawScenario, s: &mut Stream, section: Section, key: &str, values: &[i64]) {
    if s.chance(1, 2) {
        raw.set(section, key, s.pick(values));
    }
}

fn cluster(raw: &mut RawScenario, s: &mut Stream, shape: &Shape) {
    let cluster = Section::Cluster;
    raw.set(cluster, "brokers", shape.brokers as i64);
    raw.set(cluster, "broker.session.timeout.ms", s.pick(&[1000_i64, 1500, 3000]));
    raw.set(cluster, "broker.heartbeat.interval.ms", s.pick(&[200_i64, 500]));
    raw.set(cluster, "replica.lag.time.max.ms", s.pick(&[600_i64, 1500, 3000]));
    raw.set(cluster, "broker_start_ms", s.pick(&[20_i64, 300, 2300]));
    raw.set(cluster, "client_start_ms", s.pick(&[10_i64, 200, 1000]));
    raw.set(cluster, "eligible.leader.replicas.version", s.pick(&[0_i64, 1]));
    maybe(raw, s, cluster, "controller.socket.timeout.ms", &[1000, 5000]);
    maybe(raw, s, cluster, "request.timeout.ms", &[1000, 5000]);
    maybe(raw, s, cluster, "replica.fetch.max.bytes", &[1, 200]);
    maybe(raw, s, cluster, "replica.fetch.backoff.ms", &[50, 300]);
    maybe(raw, s, cluster, "replica.high.watermark.checkpoint.interval.ms", &[500, 5000]);
    maybe(raw, s, cluster, "leader.imbalance.check.interval.seconds", &[1, 3]);
    maybe(raw, s, cluster, "log.flush.scheduler.interval.ms", &[300, 2000]);
    raw.set(cluster, "group.initial.rebalance.delay.ms", s.pick(&[0_i64, 300]));
    raw.set(cluster, "group.min.session.timeout.ms", 500_i64);
    if s.chance(1, 4) {
        raw.set(cluster, "auto.leader.rebalance.enable", false);
    }
    if s.chance(1, 6) {
        raw.set(cluster, "controlled.shutdown.enable", false);
    }
    if s.chance(1, 3) {
        raw.set(cluster, "unclean.leader.election.enable", true);
    }
    if s.chance(1, 4) {
        let range = s.pick(&[[50_i64, 50], [100, 5000], [1000, 60_000]]);
        raw.set(Section::Network, "latency_us", RawValue::List(range.map(RawValue::Int).to_vec()));
    }
    if s.chance(1, 16) {
        raw.set(cluster, "truncation", s.pick(&["high-watermark", "epoch-101", "epoch-279"]));
    }
    if s.chance(1, 16) {
        raw.set(cluster, "hw_requires_min_isr", false);
    }
}

fn topic(raw: &mut RawScenario, s: &mut Stream, shape: &Shape) {
    raw.set(Section::Topic, "partitions", shape.partitions as i64);
    raw.set(Section::Topic, "replication.factor", shape.replicas as i64);
    raw.set(Section::Topic, "min.insync.replicas", s.between(1, shape.replicas));
    maybe(raw, s, Section::Topic, "flush.messages", &[1, 2, 5]);
    maybe(raw, s, Section::Topic, "flush.ms", &[200, 1000]);
}

fn producer(raw: &mut RawScenario, s: &mut Stream, shape: &Shape) {
    let producer = Section::Producer;
    raw.set(producer, "count", shape.producers as i64);
    raw.set(producer, "records", shape.records as i64);
    raw.set(producer, "every_ms", s.pick(&[0_i64, 1, 20, 100, 400]));
    if s.chance(1, 3) {
        raw.set(producer, "wait", "each");
    }
    let acks = s.pick(&["all", "all", "all", "1", "0"]);
    raw.set(producer, "acks", acks);
    raw.set(producer, "enable.idempotence", s.chance(2, 3) && acks == "all");
    raw.set(producer, "max.in.flight.requests.per.connection", s.pick(&[1_i64, 2, 5, 5]));
    maybe(raw, s, producer, "resend", &[0, 0, 1, 3]);
    if s.chance(1, 5) {
        raw.set(producer, "on_restart", "replay");
    }
    raw.set(producer, "linger.ms", s.pick(&[0_i64, 0, 5, 50]));
    raw.set(producer, "batch.size", s.pick(&[1_i64, 1, 200, 16_384]));
    raw.set(producer, "request.timeout.ms", s.pick(&[300_i64, 1000, 3000]));
    raw.set(producer, "delivery.timeout.ms", s.pick(&[3100_i64, 8000, 20_000]));
    raw.set(producer, "max.block.ms", s.pick(&[500_i64, 3000, 10_000]));
    maybe(raw, s, producer, "retries", &[1, 3, 10]);
    maybe(raw, s, producer, "retry.backoff.ms", &[0, 10, 500]);
}

fn consumer(raw: &mut RawScenario, s: &mut Stream, shape: &Shape) {
    let consumer = Section::Consumer;
    raw.set(consumer, "members", shape.members as i64);
    if s.chance(1, 4) {
        raw.set(consumer, "start", "after-producers");
    }
    let commits = ["after-processing", "after-processing", "before-processing", "auto", "in-database"];
    let commit = s.pick(&commits);
    raw.set(consumer, "commit", commit);
    let effects = [
        "plain",
        "dedup-table",
        "note-first",
        "transaction",
        "version-check",
        "version-reread",
        "sequence-check",
    ];
    raw.set(consumer, "effect", s.pick(&effects));
    if commit.ends_with("processing") {
        maybe(raw, s, consumer, "commit_every", &[1, 2, 3]);
    }
    maybe(raw, s, consumer, "process_ms", &[0, 5, 300]);
    raw.set(consumer, "session.timeout.ms", s.pick(&[1000_i64, 2000, 6000]));
    raw.set(consumer, "heartbeat.interval.ms", s.pick(&[200_i64, 300]));
    raw.set(consumer, "auto.offset.reset", s.pick(&["earliest", "earliest", "latest", "none"]));
    maybe(raw, s, consumer, "max.poll.interval.ms", &[1500, 5000]);
    maybe(raw, s, consumer, "max.poll.records", &[1, 3]);
    maybe(raw, s, consumer, "auto.commit.interval.ms", &[100, 1000]);
    maybe(raw, s, consumer, "request.timeout.ms", &[1000, 3000]);
    maybe(raw, s, consumer, "default.api.timeout.ms", &[3000, 10_000]);
    if s.chance(1, 3) {
        let strategies = ["RangeAssignor", "CooperativeStickyAssignor"];
        let strategy = format!("org.apache.kafka.clients.consumer.{}", s.pick(&strategies));
        raw.set(consumer, "partition.assignment.strategy", &*strategy);
    }
}

fn retention(raw: &mut RawScenario, s: &mut Stream) {
    // That a group's offsets are forgotten takes a minute: `judge::resolve` makes it shorter.
    raw.set(Section::Topic, "retention.ms", s.pick(&[0_i64, 300, 2000]));
    raw.set(Section::Topic, "segment.ms", s.pick(&[1_i64, 100, 5000]));
    raw.set(Section::Cluster, "log.retention.check.interval.ms", s.pick(&[100_i64, 1000]));
    raw.set(Section::Cluster, "log.initial.task.delay.ms", s.pick(&[0_i64, 500]));
}

/// What the application does beside the usual.
fn application(raw: &mut RawScenario, s: &mut Stream, shape: &Shape) {
    let consumer = Section::Consumer;
    let said = |raw: &RawScenario, key: &str, words: &[&str]| match raw.get(consumer, key) {
        Some(RawValue::Text(word)) => words.contains(&word.as_str()),
        _ => false,
    };
    if said(raw, "commit", &["after-processing"]) && s.chance(1, 5) {
        raw.set(consumer, "commit", "async");
    }
    if !said(raw, "commit", &["in-database"]) && s.chance(1, 5) {
        raw.set(consumer, "effect", "external-call");
        raw.set(consumer, "idempotency_key", s.chance(2, 3));
    }
    let key = matches!(raw.get(consumer, "idempotency_key"), Some(RawValue::Bool(true)));
    if key || said(raw, "effect", &["dedup-table", "note-first", "transaction"]) {
        if s.chance(1, 4) {
            raw.set(consumer, "dedup_by", "offset");
        }
        if s.chance(1, 4) {
            raw.set(consumer, "remember_ms", s.pick(&[1_i64, 500, 3000]));
        }
    }
    if said(raw, "effect", &["sequence-check"]) && s.chance(1, 4) {
        raw.set(consumer, "dedup_by", "offset");
    }
    let stored = said(raw, "commit", &["in-database"]);
    if said(raw, "effect", &["dedup-table", "note-first"]) && !stored && s.chance(1, 4) {
        raw.set(consumer, "dedup_in", "memory");
    }
    if s.chance(1, 4) {
        raw.set(consumer, "fencing", true);
    }
    if !said(raw, "commit", &["in-database"]) && s.chance(1, 5) {
        raw.set(consumer, "workers", s.pick(&[1_i64, 2, 3]));
    }
    if s.chance(1, 6) {
        let record = format!("p{}-{}", s.between(1, shape.producers), s.between(1, shape.records));
        raw.set(consumer, "fails", RawValue::List(vec![(&*record).into()]));
        raw.set(consumer, "on_failure", s.pick(&["retry", "skip", "dead-letter"]));
    }
}

fn faults(raw: &mut RawScenario, s: &mut Stream, shape: &Shape) {
    for i in 0..s.pick(&[1, 2, 2, 3, 3, 4, 5, 7]) {
        let fault = RawFault { entries: what(s, shape, i), when: when(s, shape, i) };
        raw.faults.push(fault);
    }
}

fn when(s: &mut Stream, shape: &Shape, i: u64) -> Vec<Entry> {
    let all = shape.records * shape.producers;
    let mut when = Vec::new();
    match s.below(10) {
        0..=2 => when.push(Entry::new("at_us", s.between(0, 6_000_000))),
        3..=4 if i > 0 => {
            when.push(Entry::new("after", &*format!("f{}", s.below(i))));
            when.push(Entry::new("ms", s.pick(&[0_i64, 1, 100, 700, 3000])));
        }
        5 => when.push(Entry::new("isr_size", s.between(1, shape.replicas))),
        6 => when.push(Entry::new("elected", s.between(1, 2))),
        n => {
            let counts: &[&str] = if shape.members > 0 && n == 9 {
                &["delivered", "applied", "committed"]
            } else {
                &["sent", "acked", "appended", "appended"]
            };
            when.push(Entry::new(s.pick(counts), s.between(1, all)));
        }
    }
    when
}

fn node(s: &mut Stream, shape: &Shape) -> String {
    match s.below(12) {
        0..=2 => "leader".to_owned(),
        3..=6 => format!("broker-{}", s.between(1, shape.brokers)),
        7 if shape.replicas > 1 => "follower-1".to_owned(),
        8 => format!("producer-{}", s.between(1, shape.producers)),
        9 | 10 if shape.members > 0 => format!("consumer-{}", s.between(1, shape.members)),
        11 if shape.members > 0 => "database".to_owned(),
        _ => "controller".to_owned(),
    }
}

fn link(s: &mut Stream, shape: &Shape) -> String {
    let a = node(s, shape);
    let mut b = match s.below(6) {
        0 => "*".to_owned(),
        1 => "controller".to_owned(),
        2 if shape.replicas > 1 => "followers".to_owned(),
        _ => node(s, shape),
    };
    if a == b {
        "*".clone_into(&mut b);
    }
    format!("{a} {} {b}", s.pick(&["-", "-", "->"]))
}

const LATE: [&str; 5] =
    ["ProduceRequest", "ProduceResponse", "FetchRequest", "FetchResponse", "OffsetCommitResponse"];
const LATE_ANSWERS: [&str; 3] = ["AlterPartitionResponse", "FetchResponse", "BrokerHeartbeatResponse"];

/// What happens and to what; `i`: its place, which is its name.
fn what(s: &mut Stream, shape: &Shape, i: u64) -> Vec<Entry> {
    let mut entries = vec![Entry::new("name", &*format!("f{i}"))];
    let mut add = |key: &str, value: RawValue| entries.push(Entry::new(key, value));
    let back = s.pick(&[0_i64, 50, 500, 2000, 4000]);
    let comes_back = s.chance(7, 8);
    let action = s.below(20);
    let (word, on) = match action {
        0..=3 => ("kill", node(s, shape)),
        4..=6 => ("power-loss", format!("broker-{}", s.between(1, shape.brokers))),
        7 => ("power-loss", "leader".to_owned()),
        8..=9 => ("clean-stop", format!("broker-{}", s.between(1, shape.brokers))),
        10..=11 => ("pause", node(s, shape)),
        12..=14 => ("cut", link(s, shape)),
        15..=16 => ("reset", link(s, shape)),
        17 => ("drop-next", format!("leader - producer-{}", s.between(1, shape.producers))),
        18 if s.chance(1, 2) => ("delay-next", link(s, shape)),
        18 => ("delay-next", format!("controller -> broker-{}", s.between(1, shape.brokers))),
        _ => {
            let word = s.pick(&["disk-full", "disk-slow"]);
            (word, format!("broker-{}", s.between(1, shape.brokers)))
        }
    };
    add("do", word.into());
    add("on", (&*on).into());
    match word {
        "kill" | "clean-stop" if comes_back => add("restart_after_ms", back.into()),
        "power-loss" => {
            if comes_back {
                add("restart_after_ms", back.into());
            }
            if s.chance(1, 3) {
                add("silent", true.into());
            }
        }
        "pause" | "cut" | "disk-full" if comes_back => add("for_ms", (back + 100).into()),
        "drop-next" => add("message", s.pick(&["ProduceRequest", "ProduceResponse"]).into()),
        "delay-next" => {
            let kinds = if on.starts_with("controller -> b") { &LATE_ANSWERS[..] } else { &LATE[..] };
            add("message", s.pick(kinds).into());
            add("by_ms", (back + 1).into());
        }
        "disk-slow" => {
            add("by_ms", s.pick(&[5_i64, 400]).into());
            add("for_ms", (back + 100).into());
        }
        _ => {}
    }
    entries
}

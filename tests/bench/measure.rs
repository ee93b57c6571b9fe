//! What both targets measure: the engine beside a bare event loop in the same run, snapshots, seeking.

use ackscope::run::{file, timeline::Timeline};
use ackscope::sim::config::Resolved;
use ackscope::sim::{Fact, Scenario, Step, StepNo, Trace, World};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A clock: milliseconds since some moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;

/// Three brokers, one producer that sends in a pipeline, one consumer.
fn scenario(records: u32) -> Scenario {
    let text = format!(
        "format = 1\ntitle = \"Many records\"\n[cluster]\nbrokers = 3\n[topic]\n\"min.insync.replicas\" = 2\n[producer]\nrecords = {records}\n\
         every_ms = 1\n\"linger.ms\" = 0\n\"batch.size\" = 1\n[consumer]\n\"auto.offset.reset\" = \"earliest\"\n\
         commit_every = 10\n[network]\nlatency_us = [200, 600]\n[stop]\nafter_ms = 600000\n"
    );
    match file::parse(&text).expect("it is well formed").resolved {
        Resolved::Scenario(scenario) => scenario,
        Resolved::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// So many events at least are measured at a time.
const EVENTS: u32 = 200_000;
/// Each figure is the best of so many. They take turns, so that a noisy neighbour meets all of them.
const ROUNDS: usize = 15;

/// What was measured of the engine.
#[derive(Clone, Copy)]
struct Engine {
    per_second: f64,
    /// Events of one run.
    events: u32,
    /// How many wait on average.
    waiting: usize,
}

/// Runs the engine. Its facts are read as they come and forgotten, in memory that is there already, or `kept` as a
/// whole trace, in new memory.
fn engine(records: u32, kept: bool, clock: Clock<'_>) -> Engine {
    /// So many steps' facts are read at a time.
    const AT_A_TIME: u32 = 256;
    let start = World::new(&scenario(records));
    let (mut seconds, mut events, mut runs) = (0.0, 0, 0);
    let (mut waiting, mut looks, mut acked) = (0, 0, 0);
    let mut count = |trace: &mut Trace| {
        acked += trace.observations.iter().filter(|o| matches!(o.fact, Fact::Acked { .. })).count();
        trace.observations.clear();
        trace.steps.clear();
    };
    let mut trace = Trace::default();
    while events < EVENTS {
        let mut world = start.clone();
        if kept {
            trace = Trace::default();
        }
        let from = clock();
        while let Step::Taken = world.step(&mut trace) {
            if world.steps().0.is_multiple_of(AT_A_TIME) {
                waiting += world.pending();
                looks += 1;
                if !kept {
                    count(&mut trace);
                }
            }
        }
        seconds += (clock() - from) / 1000.0;
        count(&mut trace);
        events += world.steps().0;
        runs += 1;
    }
    assert_eq!(acked, (records * runs) as usize, "every record was acknowledged");
    Engine { per_second: f64::from(events) / seconds, events: events / runs, waiting: waiting / looks.max(1) }
}

/// An event as the engine's queue has it: when it is due, its rank, its order among equals, and what it is.
type Entry = (u64, u8, u64, [u32; World::EVENT_BYTES.div_ceil(4)]);

/// Events per second of a loop that takes the first entry from a binary heap and puts it back later.
fn bare_loop(steps: u32, waiting: usize, clock: Clock<'_>) -> f64 {
    let mut heap: BinaryHeap<Reverse<Entry>> = BinaryHeap::new();
    let mut drawn = 1_u64;
    let mut next = || {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        drawn >> 54
    };
    let mut order = 0;
    for n in 0..waiting.max(1) {
        heap.push(Reverse((next(), 0, order, [n as u32; _])));
        order += 1;
    }
    let start = clock();
    let mut sum = 0_u64;
    for _ in 0..steps {
        let Reverse((at, rank, _, event)) = heap.pop().expect("as many go in as come out");
        sum = sum.wrapping_add(event[0].into());
        heap.push(Reverse((at + next(), rank, order, event)));
        order += 1;
    }
    let seconds = (clock() - start) / 1000.0;
    assert!(sum > 0 || waiting <= 1, "the loop must not be thrown away");
    f64::from(steps) / seconds
}

/// Measures and prints.
pub fn run(clock: Clock<'_>, print: &dyn Fn(String)) {
    for records in [10, 1_000, 10_000, 100_000] {
        let Engine { events, waiting, .. } = engine(records, false, clock);
        let [mut bare, mut read, mut kept] = [0.0_f64; 3];
        for _ in 0..ROUNDS {
            bare = bare.max(bare_loop(EVENTS, waiting, clock));
            read = read.max(engine(records, false, clock).per_second);
            kept = kept.max(engine(records, true, clock).per_second);
        }
        print(format!(
            "{records:>7} records {events:>8} events, {waiting:>2} waiting: bare loop {:>5.1} M/s, engine {:>4.2} M/s = {:.2} of it; \
             with the whole trace kept {:>4.2} M/s = {:.2}",
            bare / 1e6,
            read / 1e6,
            read / bare,
            kept / 1e6,
            kept / bare,
        ));
    }
    let timeline = Timeline::run(scenario(4_000));
    let steps = timeline.end().0;
    print(format!(
        "seek in a run of {steps} events, {} bytes per snapshot:",
        timeline.world_at(StepNo(steps / 2)).bytes()
    ));
    for tenth in [1, 5, 9] {
        let start = clock();
        let world = timeline.world_at(StepNo(steps / 10 * tenth + 7));
        print(format!("  to step {:>9}  {:>6.2} ms", world.steps().0, clock() - start));
    }
}

//! What both targets measure: the engine beside a bare event loop in the same run, snapshots, seeking.

use ackscope::run::{file, timeline::Timeline};
use ackscope::sim::config::Resolved;
use ackscope::sim::{Queue, Rank, Scenario, Step, StepNo, Time, Trace, World};

/// A clock: milliseconds since some moment.
pub type Clock<'a> = &'a dyn Fn() -> f64;

/// Three brokers, one producer that sends in a pipeline, one consumer.
fn scenario(records: u32) -> Scenario {
    let text = format!(
        "format = 1\ntitle = \"Many records\"\n[cluster]\nbrokers = 3\n[topic]\n\"min.insync.replicas\" = 2\n[producer]\nrecords = {records}\n\
         every_ms = 1\n\"linger.ms\" = 0\n\"batch.size\" = 1\n[consumer]\n\"auto.offset.reset\" = \"earliest\"\n\
         commit_every = 10\n[network]\nlatency_us = [200, 600]\n"
    );
    match file::parse(&text).expect("it is well formed").resolved {
        Resolved::Scenario(scenario) => scenario,
        Resolved::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// Events per second of a run, its steps, and the mean number of events that waited.
fn engine(records: u32, clock: Clock<'_>) -> (f64, u32, usize) {
    let mut world = World::new(&scenario(records));
    let mut trace = Trace::default();
    let (mut waiting, mut looks) = (0, 0);
    let start = clock();
    while let Step::Taken = world.step(&mut trace) {
        if world.steps().0.is_multiple_of(1024) {
            waiting += world.pending();
            looks += 1;
        }
    }
    let seconds = (clock() - start) / 1000.0;
    (f64::from(world.steps().0) / seconds, world.steps().0, waiting / looks.max(1))
}

/// Events per second of the queue alone, with entries as large and as many waiting.
fn bare(steps: u32, waiting: usize, clock: Clock<'_>) -> f64 {
    let mut queue: Queue<[u64; 4]> = Queue::default();
    let mut drawn = 1_u64;
    let mut next = || {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        drawn >> 54
    };
    for n in 0..waiting.max(1) {
        queue.push(Time(next()), Rank::Node, [n as u64; 4]);
    }
    let start = clock();
    let mut sum = 0_u64;
    for _ in 0..steps {
        let (at, event) = queue.pop().expect("as many go in as come out");
        sum = sum.wrapping_add(event[0]);
        queue.push(Time(at.0 + next()), Rank::Node, event);
    }
    let seconds = (clock() - start) / 1000.0;
    assert!(sum > 0 || waiting <= 1, "the loop must not be thrown away");
    f64::from(steps) / seconds
}

/// Measures and prints.
pub fn run(clock: Clock<'_>, print: &dyn Fn(String)) {
    for records in [10, 1_000, 10_000, 100_000] {
        let (events, steps, waiting) = engine(records, clock);
        let loop_alone = bare(steps.max(200_000), waiting, clock);
        print(format!(
            "{records:>7} records {steps:>9} events  engine {:>6.2} M/s  bare loop {:>6.2} M/s  ratio {:.2}  waiting {waiting}",
            events / 1e6,
            loop_alone / 1e6,
            events / loop_alone
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

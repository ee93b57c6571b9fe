use super::*;
use crate::run::catalogue::CATALOGUE;
use crate::run::file::parse;
use crate::sim::config::Resolved;
use crate::sim::{Action, NodeId, Target, When};

fn scenario(id: &str) -> Scenario {
    let built_in = CATALOGUE.iter().find(|built_in| built_in.id == id).expect("the catalogue has it");
    resolved(built_in.text())
}

fn resolved(text: &str) -> Scenario {
    match parse(text).expect("a right file").resolved {
        Resolved::Scenario(scenario) => scenario,
        Resolved::Refused(refusal) => panic!("{}", refusal.message),
    }
}

fn long() -> Scenario {
    resolved(
        "format = 1\ntitle = \"long\"\nstop = { after_ms = 600000 }\n[producer]\nrecords = 5000\nevery_ms = 5\n\
         \"linger.ms\" = 0\n\"batch.size\" = 1\n[consumer]",
    )
}

fn kill(at: Time) -> Fault {
    Fault {
        name: None,
        when: When { at: Some(at.0), ..When::default() },
        action: Action::Kill { restart_after: None },
        on: Target::Node(crate::sim::End::Node(NodeId::Broker(1))),
    }
}

/// What of a world can be told from outside, in a few words.
fn looks(world: &World) -> String {
    let brokers = world.config().brokers().map(|broker| {
        let replica = world.replica(broker, crate::sim::TopicPartition::events(0));
        format!(
            "{:?} {:?}",
            world.process(broker.into()),
            replica.map(|r| (r.log_end, r.high_watermark, r.role))
        )
    });
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        world.steps(),
        world.now(),
        world.producer(1),
        world.in_flight().count(),
        brokers.collect::<Vec<_>>()
    )
}

#[test]
fn any_moment_is_the_one_that_was() {
    let scenario = scenario("opening");
    let timeline = Timeline::run(scenario.clone());
    let mut world = World::new(&scenario);
    let mut trace = Trace::default();
    let mut past = vec![looks(&world)];
    while let Step::Taken = world.step(&mut trace) {
        past.push(looks(&world));
    }
    assert_eq!(timeline.end().0 as usize + 1, past.len());
    let mut cursor = Cursor::new(&timeline);
    let order = (0..past.len()).map(|n| n * 7919 % past.len());
    for step in order.chain((0..past.len()).rev().step_by(97)) {
        cursor.seek(&timeline, StepNo(step as u32));
        assert_eq!(looks(cursor.world()), past[step]);
    }
}

#[test]
fn a_fork_keeps_the_past_and_equals_the_run_that_had_the_fault_from_the_beginning() {
    let scenario = scenario("opening");
    let timeline = Timeline::run(scenario.clone());
    for share in [0, 1, 3, 5, 8, 9, 10] {
        let cursor = StepNo(timeline.end().0 / 10 * share);
        let fault = kill(timeline.time_at(cursor));
        let mut computation = timeline.fork_at(cursor, fault.clone());
        while !computation.advance(100) {}
        let forked = computation.finish();
        let mut whole = scenario.clone();
        whole.faults.push(fault);
        let anew = Timeline::run(whole);
        assert_eq!(forked.trace().digest(), anew.trace().digest(), "forked at {cursor:?}");
        assert_eq!(forked.scenario(), anew.scenario());
        let before = timeline.trace().steps[..cursor.0 as usize].to_vec();
        assert_eq!(forked.trace().steps[..cursor.0 as usize], before);
        let early = StepNo(cursor.0 / 2);
        assert_eq!(looks(&forked.world_at(early)), looks(&timeline.world_at(early)));
        assert_eq!(looks(&forked.world_at(forked.end())), looks(&anew.world_at(anew.end())));
    }
}

#[test]
fn a_fork_at_the_end_goes_on() {
    let timeline = Timeline::run(scenario("opening"));
    let mut computation = timeline.fork_at(timeline.end(), kill(timeline.time_at(timeline.end())));
    while !computation.advance(100) {}
    let forked = computation.finish();
    assert!(forked.end() > timeline.end());
    assert!(forked.last().fired_at(crate::sim::FaultId(forked.scenario().faults.len() as u16 - 1)).is_some());
}

#[test]
fn worlds_kept_are_few_and_close() {
    let timeline = Timeline::run(long());
    let kept: Vec<u32> = timeline.snapshots.kept.iter().map(|world| world.steps().0).collect();
    assert!(timeline.end().0 > 100_000, "{:?}", timeline.end());
    assert!(kept.len() <= MOST_SNAPSHOTS + 1 && kept.len() > MOST_SNAPSHOTS / 2);
    let widest = kept.windows(2).map(|two| two[1] - two[0]).max().unwrap();
    assert!(widest <= 2 * timeline.end().0 / MOST_SNAPSHOTS as u32 + CLOSEST, "{widest}");
}

#[test]
fn moments_and_cursors_agree() {
    let timeline = Timeline::run(scenario("opening"));
    assert_eq!(timeline.time_at(StepNo(0)), Time(0));
    for step in [1, 100, timeline.end().0] {
        let at = timeline.time_at(StepNo(step));
        let cursor = timeline.cursor_at(at);
        assert!(cursor.0 >= step && timeline.time_at(cursor) == at);
    }
}

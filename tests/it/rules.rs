//! Rules of Kafka that no built-in scenario turns on: each by a scenario of its own.

use ackscope::check::{Report, explain, report};
use ackscope::run::file;
use ackscope::run::simulate;
use ackscope::sim::config::Resolved;
use ackscope::sim::{CloseReason, Fact, NodeId, RecordId, Scenario, Trace};

/// The scenario of a file in which nothing is refused.
pub(super) fn resolved(text: &str) -> Scenario {
    let parsed = file::parse(text).unwrap_or_else(|errors| panic!("{errors:?} in\n{text}"));
    let Resolved::Scenario(scenario) = parsed.resolved else { panic!("nothing to be refused in\n{text}") };
    scenario
}

/// What comes of a scenario file, and what happened.
pub(super) fn run(text: &str) -> (Report, Trace) {
    let scenario = resolved(text);
    let run = simulate(&scenario);
    (report(&scenario, &run.world, &run.trace), run.trace)
}

/// The machine takes the reset, and the process hears of it when it goes on, after whatever had arrived before: here a
/// request, which is stored although nobody can be told.
#[test]
fn a_process_that_stands_still_hears_of_a_reset_afterwards() {
    const FILE: &str = r#"
format = 1
title = "Reset while it stands still"

[cluster]
brokers = 1

[producer]
records = 4
"linger.ms" = 0
acks = "1"
"enable.idempotence" = false

[[fault]]
name = "still"
when = { acked = 2 }
do = "pause"
on = "broker-1"
for_ms = 1000

[[fault]]
when = { sent = 3, after = "still", ms = 300 }
do = "reset"
on = "producer-1 - broker-1"
"#;
    let (report, trace) = run(FILE);
    let told = |node| {
        let reset = |fact| matches!(fact, Fact::ConnectionClosed { why: CloseReason::Reset, .. });
        let told = trace.observations.iter().filter(|o| o.node == node && reset(o.fact));
        told.map(|o| trace.steps[o.step.0 as usize].at).collect::<Vec<_>>()
    };
    let at = |wanted: fn(Fact) -> bool| {
        let found = trace.observations.iter().find(|o| wanted(o.fact)).expect("it happened");
        trace.steps[found.step.0 as usize].at
    };
    let reset = at(|fact| matches!(fact, Fact::LinkReset { .. }));
    let resumed = at(|fact| matches!(fact, Fact::Resumed));
    assert!(reset < resumed);
    let (producer, broker) = (told(NodeId::Producer(1)), told(NodeId::Broker(1)));
    assert!(!producer.is_empty() && producer.iter().all(|at| *at == reset), "{producer:?}, not {reset:?}");
    assert!(!broker.is_empty() && broker.iter().all(|at| *at == resumed), "{broker:?}, not {resumed:?}");
    let copies = report.verdict.expect("a leader").duplicated_in_log;
    assert_eq!(copies.iter().map(|(id, n)| (id.number(), *n)).collect::<Vec<_>>(), [(3, 2)]);
}

/// A consumer that commits by itself, at so many milliseconds, and whatever else is to be said of it.
fn auto_commit(interval: u32, rest: &str) -> (Report, Trace) {
    run(&format!(
        r#"
format = 1
title = "A consumer that waits"

[cluster]
brokers = 1
"broker.session.timeout.ms" = 3000
"group.initial.rebalance.delay.ms" = 0
"group.min.session.timeout.ms" = 1000
"log.flush.scheduler.interval.ms" = 400
"log.flush.interval.ms" = 300

[topic]
"flush.messages" = 1

[producer]
records = 6
every_ms = 20
"delivery.timeout.ms" = 30000
"request.timeout.ms" = 3000

[consumer]
commit = "auto"
"auto.commit.interval.ms" = {interval}
"session.timeout.ms" = 3000
"heartbeat.interval.ms" = 1000
{rest}"#
    ))
}

const NOBODY: [u32; 0] = [];

fn paid_twice(report: &Report) -> Vec<u32> {
    let consumed = report.consumption.as_ref().expect("there is a consumer");
    consumed.applied_twice.iter().map(|(id, _)| id.number()).collect()
}

/// `ConsumerCoordinator.poll` commits whenever the time has come, also while no record does.
#[test]
fn a_consumer_that_waits_commits() {
    const KILLED: &str = r#"
"auto.offset.reset" = "earliest"

[[fault]]
when = { applied = 6, at_us = 2000000 }
do = "kill"
on = "consumer-1"
restart_after_ms = 100
"#;
    assert_eq!(paid_twice(&auto_commit(500, KILLED).0), NOBODY);
    assert_eq!(paid_twice(&auto_commit(5000, KILLED).0), [1, 2, 3, 4, 5, 6]);
}

/// It commits the same again: the broker, which lost the commit but not the group, then has it anew.
#[test]
fn a_consumer_that_waits_commits_again() {
    const LOST: &str = r#"
"auto.offset.reset" = "earliest"

[[fault]]
when = { committed = 6 }
do = "power-loss"
on = "broker-1"
restart_after_ms = 100

[[fault]]
when = { at_us = KILLED }
do = "kill"
on = "consumer-1"
restart_after_ms = 100
"#;
    let killed_at = |us| paid_twice(&auto_commit(500, &LOST.replace("KILLED", us)).0);
    assert_eq!(killed_at("1000000"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(killed_at("12000000"), NOBODY);
}

/// Also a position that nothing was read from is committed (`SubscriptionState.allConsumed`): whatever is stored while
/// it is down is read afterwards, although a new group would begin at the end.
#[test]
fn a_consumer_that_found_nothing_commits_where_it_stands() {
    const EARLY: &str = r#"
"auto.offset.reset" = "latest"

[[fault]]
when = { at_us = 5000 }
do = "cut"
on = "producer-1 - broker-1"
for_ms = 2000

[[fault]]
when = { at_us = 1500000 }
do = "kill"
on = "consumer-1"
restart_after_ms = 4000
"#;
    let missed = |interval| auto_commit(interval, EARLY).0.consumption.expect("a consumer").never_applied;
    assert_eq!(missed(500), Some(Vec::new()));
    assert_eq!(missed(5000).map(|missed| missed.len()), Some(6));
}

/// To commit the same again is no change that a run would wait for.
#[test]
fn commits_while_waiting_do_not_keep_a_run_from_its_end() {
    let (report, trace) = auto_commit(0, "");
    let sent = trace.observations.iter().filter(|o| matches!(o.fact, Fact::CommitSent { .. })).count();
    let grew = trace.observations.iter().filter(|o| matches!(o.fact, Fact::Committed { .. })).count();
    assert!(sent > 1000 && grew < 10, "{sent} commits, {grew} of them changed something");
    assert!(trace.steps.last().expect("steps").at.ms() < 5_000, "{report:?}");
}

/// Where nobody leads, it is said who may lead once it is back.
#[test]
fn who_may_lead_again_is_named() {
    const FILE: &str = r#"
format = 1
title = "All are down"
stop = { after_ms = 20000 }

[cluster]
brokers = 3
"broker.session.timeout.ms" = 3000
"broker.heartbeat.interval.ms" = 500

[topic]
"min.insync.replicas" = 2

[producer]
records = 5
wait = "each"

[[fault]]
when = { acked = 3 }
do = "kill"
on = "broker-2"

[[fault]]
name = "third"
when = { isr_size = 2 }
do = "kill"
on = "broker-3"

[[fault]]
when = { after = "third", isr_size = 1 }
do = "kill"
on = "broker-1"
"#;
    let scenario = resolved(FILE);
    let run = simulate(&scenario);
    let report = report(&scenario, &run.world, &run.trace);
    let story =
        explain(&run.world, &run.trace, &report, RecordId::new(1, 1)).expect("it was sent").to_string();
    assert!(story.contains("nobody leads: the ISR is {}, the ELR {1, 3}"), "{story}");
}

//! The rules of older versions lose what today's keep, in the very same scenario.

use ackscope::check::report;
use ackscope::run::file;
use ackscope::sim::config::Resolved;
use ackscope::sim::{Step, Trace, World};
use serde_json::json;

/// Quick fencing, and leaders that stay where they are.
const CLUSTER: &str = r#"
format = 1
title = "Under two rules"
stop = { after_ms = 40000 }

[cluster]
brokers = 3
"broker.session.timeout.ms" = 3000
"broker.heartbeat.interval.ms" = 500
"replica.lag.time.max.ms" = 3000
"auto.leader.rebalance.enable" = false
"group.initial.rebalance.delay.ms" = 0
"#;

/// KIP-101: broker-3 has the fourth record, but does not know yet that it is committed. It begins to follow
/// broker-2, is cut off from it, and is elected when that one dies.
const FOLLOWER_BEHIND: &str = r#"
[topic]
"replication.factor" = 3
"min.insync.replicas" = 2

[producer]
records = 4
wait = "each"
acks = "all"
"linger.ms" = 0
"batch.size" = 1

[[fault]]
when = { acked = 4 }
do = "cut"
on = "broker-2 -> broker-3"

[[fault]]
when = { acked = 4 }
do = "kill"
on = "broker-1"
restart_after_ms = 15000

[[fault]]
when = { elected = 1 }
do = "kill"
on = "broker-2"
restart_after_ms = 15000

[[fault]]
when = { elected = 2 }
do = "heal"
on = "broker-2 -> broker-3"
"#;

/// KAFKA-15583: the ISR is the leader alone, below min ISR, and acks=1 goes on.
const READ_BELOW_MIN_ISR: &str = r#"
[topic]
"replication.factor" = 3
"min.insync.replicas" = 2

[producer]
records = 60
wait = "each"
acks = "1"
"enable.idempotence" = false
"linger.ms" = 0
"batch.size" = 1

[consumer]
"auto.offset.reset" = "earliest"

[[fault]]
name = "alone"
when = { acked = 5 }
do = "kill"
on = "broker-2"

[[fault]]
when = { after = "alone" }
do = "kill"
on = "broker-3"
"#;

/// What comes of a scenario under a rule, a line of `[cluster]`.
fn outcome(rule: &str, scenario: &str) -> serde_json::Value {
    let parsed = file::parse(&format!("{CLUSTER}{rule}\n{scenario}")).expect("a right file");
    let Resolved::Scenario(scenario) = parsed.resolved else { panic!("nothing to be refused") };
    let (mut world, mut trace) = (World::new(&scenario), Trace::default());
    while let Step::Taken = world.step(&mut trace) {}
    report(&scenario, &world, &trace).to_json()
}

#[test]
fn cutting_to_the_high_watermark_loses_what_is_committed() {
    let lost = |rule| outcome(rule, FOLLOWER_BEHIND)["lost_after_ack"].clone();
    assert_eq!(lost("truncation = \"high-watermark\""), json!(["p1-4"]));
    assert_eq!(lost("truncation = \"epoch\""), json!([]));
}

#[test]
fn below_min_isr_records_were_read_up_to_3_6() {
    let read = |rule| outcome(rule, READ_BELOW_MIN_ISR)["applied"].as_object().map(serde_json::Map::len);
    assert_eq!(read("hw_requires_min_isr = false"), Some(60));
    let now = read("hw_requires_min_isr = true");
    assert!(now < Some(60), "{now:?} records were read");
}

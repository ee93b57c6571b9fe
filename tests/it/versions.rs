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

/// KIP-101's second scenario: the leader loses the power, and with it the second record, which had not been flushed;
/// its follower, whose process was killed, has it, and knows that it was committed. The leader comes back first
/// and appends another one at its offset.
const LEADER_FORGETS: &str = r#"
"eligible.leader.replicas.version" = 0
broker_start_ms = 500
"replica.high.watermark.checkpoint.interval.ms" = 200
"log.flush.scheduler.interval.ms" = 8000

[topic]
"replication.factor" = 2
"flush.ms" = 0

[producer]
records = 3
every_ms = 8500
acks = "all"
"linger.ms" = 0
"batch.size" = 1

[[fault]]
name = "second"
when = { acked = 2 }
do = "heal"
on = "broker-1 - broker-2"

[[fault]]
name = "killed"
when = { after = "second", ms = 800 }
do = "kill"
on = "broker-2"

[[fault]]
when = { after = "killed", isr_size = 1 }
do = "power-loss"
on = "broker-1"
restart_after_ms = 2000
"#;

/// Then the follower comes back.
const BEHIND_THE_THIRD: &str = r#"
[[fault]]
when = { acked = 3 }
do = "restart"
on = "broker-2"
"#;

/// The same, but it comes back before anything else was appended.
const BEFORE_THE_THIRD: &str = r#"
[[fault]]
when = { elected = 1 }
do = "restart"
on = "broker-2"
"#;

/// KAFKA-6361, for which KIP-279 was made: broker-1 has records that broker-2 never got; broker-2 leads for a while,
/// which broker-1 never learns from it; then broker-1 leads again and goes on behind its own records.
const FAST_LEADERS: &str = r#"
[topic]
"replication.factor" = 2
"unclean.leader.election.enable" = true

[producer]
records = 40
acks = "1"
"enable.idempotence" = false
"max.in.flight.requests.per.connection" = 1
"request.timeout.ms" = 1000

[[fault]]
name = "apart"
when = { acked = 10 }
do = "cut"
on = "broker-1 - broker-2"

[[fault]]
when = { acked = 20 }
do = "kill"
on = "broker-1"
restart_after_ms = 5000

[[fault]]
when = { acked = 30 }
do = "kill"
on = "broker-2"
restart_after_ms = 12000

[[fault]]
name = "together"
when = { acked = 35 }
do = "heal"
on = "broker-1 - broker-2"
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

/// Every rule of truncation, oldest first.
const RULES: [&str; 4] = ["high-watermark", "epoch-101", "epoch-279", "epoch"];

/// What comes of a scenario under each of them, by `what` of its outcome.
fn under_each<T>(scenario: &str, what: impl Fn(serde_json::Value) -> T) -> [T; 4] {
    RULES.map(|rule| what(outcome(&format!("truncation = \"{rule}\""), scenario)))
}

/// Whether the logs of two brokers are the same at the end.
fn logs_agree(outcome: serde_json::Value) -> bool {
    let logs = &outcome["final_replica_logs"];
    assert!(logs["1"]["0"].as_array().is_some_and(|log| !log.is_empty()), "{outcome}");
    logs["1"]["0"] == logs["2"]["0"]
}

/// KIP-101's first scenario.
#[test]
fn cutting_to_the_high_watermark_loses_what_is_committed() {
    let lost = under_each(FOLLOWER_BEHIND, |outcome| outcome["lost_after_ack"].clone());
    assert_eq!(lost, [json!(["p1-4"]), json!([]), json!([]), json!([])]);
}

#[test]
fn the_high_watermark_says_nothing_of_what_another_leader_wrote() {
    let scenario = format!("{LEADER_FORGETS}{BEHIND_THE_THIRD}");
    assert_eq!(under_each(&scenario, logs_agree), [false, true, true, true]);
}

/// Up to 1.0 a follower with a longer log than its leader's ends its process, where unclean elections are off.
#[test]
fn a_follower_ends_rather_than_cut_what_is_committed() {
    let scenario = format!("{LEADER_FORGETS}{BEFORE_THE_THIRD}");
    assert_eq!(
        under_each(&scenario, |o| o["final_isr"].clone()),
        [json!([1]), json!([1, 2]), json!([1, 2]), json!([1, 2])]
    );
    let unclean = scenario.replace("[topic]", "[topic]\n\"unclean.leader.election.enable\" = true");
    assert_eq!(under_each(&unclean, |o| o["final_isr"].clone()), [(); 4].map(|()| json!([1, 2])));
}

/// To ask once is to take one leader's records for another's. The oldest rule does well here: it cuts all that is
/// not known to be committed.
#[test]
fn leaders_that_follow_each_other_fast_leave_two_logs() {
    let single = "records = 40\n\"linger.ms\" = 0\n\"batch.size\" = 1";
    let scenario = FAST_LEADERS.replace("records = 40", single);
    assert_eq!(under_each(&scenario, logs_agree), [true, false, true, true]);
}

/// The same, where the follower's log ends in the middle of a batch of the leader's: KAFKA-6361's other case. The
/// fetcher's thread ends, and the follower never comes back into the ISR.
#[test]
fn a_batch_that_does_not_fit_ends_the_fetcher() {
    let batches = "records = 60\nevery_ms = 20\n\"linger.ms\" = 50\n\"batch.size\" = 170";
    let scenario = FAST_LEADERS.replace("records = 40", batches).replace("{ acked = 30 }", "{ acked = 25 }");
    assert_eq!(
        under_each(&scenario, |outcome| (outcome["final_isr"].clone(), logs_agree(outcome))),
        [(json!([1, 2]), true), (json!([1]), false), (json!([1, 2]), true), (json!([1, 2]), true)]
    );
}

#[test]
fn below_min_isr_records_were_read_up_to_3_6() {
    let read = |rule| outcome(rule, READ_BELOW_MIN_ISR)["applied"].as_object().map(serde_json::Map::len);
    assert_eq!(read("hw_requires_min_isr = false"), Some(60));
    let now = read("hw_requires_min_isr = true");
    assert!(now < Some(60), "{now:?} records were read");
}

/// Three in-sync replicas asked for where there are two: older leaders took that literally.
#[test]
fn min_isr_above_the_number_of_replicas_refused_every_write_up_to_3_6() {
    const TWO_REPLICAS: &str = r#"
[topic]
"replication.factor" = 2
"min.insync.replicas" = 3

[producer]
records = 3
"delivery.timeout.ms" = 5000
"request.timeout.ms" = 2000
"#;
    let of = |rule| {
        let outcome = outcome(rule, TWO_REPLICAS);
        let refused = outcome["attempts"].to_string().contains("\"NOT_ENOUGH_REPLICAS\"");
        (outcome["result"]["p1-1"].clone(), refused)
    };
    assert_eq!(of("min_isr_clamped_to_rf = true"), (json!("acked"), false));
    assert_eq!(of("min_isr_clamped_to_rf = false"), (json!("failed:TimeoutException"), true));
}

/// S26b: the ISR falls below min ISR while a record waits for its copies. Older leaders committed it all the same, and
/// answered that too few have it: a retry, unless recognised, is a copy. Today's wait until the ISR has grown again.
#[test]
fn too_few_replicas_after_the_append() {
    const ISR_FALLS: &str = r#"
[topic]
"replication.factor" = 3
"min.insync.replicas" = 2

[producer]
records = 4
wait = "each"
"enable.idempotence" = IDEMPOTENT
"linger.ms" = 0
"batch.size" = 1
"request.timeout.ms" = 8000
"delivery.timeout.ms" = 30000

[[fault]]
when = { acked = 2 }
do = "cut"
on = "broker-1 - broker-2"

[[fault]]
name = "apart"
when = { acked = 2 }
do = "cut"
on = "broker-1 - broker-3"

[[fault]]
name = "alone"
when = { after = "apart", isr_size = 1 }
do = "heal"
on = "broker-1 - broker-2"

[[fault]]
when = { after = "alone" }
do = "heal"
on = "broker-1 - broker-3"
"#;
    let of = |rule: &str, idempotent: &str| {
        let outcome = outcome(rule, &ISR_FALLS.replace("IDEMPOTENT", idempotent));
        let answers = outcome["attempts"].to_string();
        let after_append = answers.contains("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
        (after_append, outcome["duplicated_in_log"].clone())
    };
    let older = "hw_requires_min_isr = false";
    assert_eq!(of(older, "false"), (true, json!({"p1-3": 2})));
    assert_eq!(of(older, "true"), (true, json!({})));
    assert_eq!(of("", "false"), (false, json!({})));
}

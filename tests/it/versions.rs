//! The rules of older versions lose what today's keep, in the very same scenario.

use crate::rules::run;
use ackscope::run::catalogue::find;
use serde_json::{Value, json};

/// Every rule of truncation, oldest first.
const RULES: [&str; 4] = ["high-watermark", "epoch-101", "epoch-279", "epoch"];

/// The file of a built-in scenario, with some of its text replaced.
pub(super) fn built_in(id: &str, replaced: &[(&str, &str)]) -> String {
    let mut text = find(id).expect("it is built in").text().to_owned();
    for (from, to) in replaced {
        assert!(text.contains(from), "{id} has {from}");
        text = text.replace(from, to);
    }
    text
}

/// What comes of a scenario under each rule of truncation, by `what` of its outcome.
fn under_each<T>(text: &str, what: impl Fn(Value) -> T) -> [T; 4] {
    let (head, tail) = text.split_once("\ntruncation = \"").expect("a scenario of an older version");
    let (_, tail) = tail.split_once('"').expect("a text");
    RULES.map(|rule| what(run(&format!("{head}\ntruncation = \"{rule}\"{tail}")).0.to_json()))
}

/// Whether the logs of two brokers are the same at the end.
fn logs_agree(outcome: &Value, one: &str, other: &str) -> bool {
    let logs = &outcome["final_replica_logs"];
    assert!(logs[one]["0"].as_array().is_some_and(|log| !log.is_empty()), "{outcome}");
    logs[one]["0"] == logs[other]["0"]
}

/// KIP-101's first scenario.
#[test]
fn cutting_to_the_high_watermark_loses_what_is_committed() {
    let lost = under_each(&built_in("committed-and-cut", &[]), |outcome| outcome["lost_after_ack"].clone());
    assert_eq!(lost, [json!(["p1-4"]), json!([]), json!([]), json!([])]);
}

/// KIP-101's second scenario.
#[test]
fn the_high_watermark_says_nothing_of_what_another_leader_wrote() {
    let scenario = built_in("two-packets-at-one-offset", &[]);
    assert_eq!(under_each(&scenario, |outcome| logs_agree(&outcome, "1", "2")), [false, true, true, true]);
}

/// The same, but the follower is back before anything else was appended. Up to 1.0 one with a longer log than its
/// leader's ends its process, where unclean elections are off.
#[test]
fn a_follower_ends_rather_than_cut_what_is_committed() {
    let early = ("when = { acked = 3 }", "when = { elected = 1 }");
    let scenario = built_in("two-packets-at-one-offset", &[early]);
    assert_eq!(
        under_each(&scenario, |o| o["final_isr"].clone()),
        [json!([1]), json!([1, 2]), json!([1, 2]), json!([1, 2])]
    );
    let unclean = ("[topic]", "[topic]\n\"unclean.leader.election.enable\" = true");
    let scenario = built_in("two-packets-at-one-offset", &[early, unclean]);
    assert_eq!(under_each(&scenario, |o| o["final_isr"].clone()), [(); 4].map(|()| json!([1, 2])));
}

/// KAFKA-6361, for which KIP-279 was made: to ask once is to take one leader's records for another's. The oldest rule
/// does well here: it cuts all that is not known to be committed.
#[test]
fn leaders_that_follow_each_other_fast_leave_two_logs() {
    let scenario = built_in("asked-once", &[]);
    assert_eq!(under_each(&scenario, |outcome| logs_agree(&outcome, "1", "2")), [true, false, true, true]);
}

/// The same, where the follower's log ends in the middle of a batch of the leader's: KAFKA-6361's other case. The
/// fetcher's thread ends, and the follower never comes back into the ISR.
#[test]
fn a_batch_that_does_not_fit_ends_the_fetcher() {
    let batches = [
        ("records = 16\nevery_ms = 100", "records = 60\nevery_ms = 20"),
        ("\"linger.ms\" = 0\n\"batch.size\" = 1", "\"linger.ms\" = 50\n\"batch.size\" = 170"),
        ("acked = 4 ", "acked = 10 "),
        ("acked = 8 ", "acked = 20 "),
        ("acked = 12 ", "acked = 25 "),
        ("acked = 14 ", "acked = 35 "),
    ];
    let of = |outcome: Value| (outcome["final_isr"].clone(), logs_agree(&outcome, "1", "2"));
    assert_eq!(
        under_each(&built_in("asked-once", &batches), of),
        [(json!([1, 2]), true), (json!([1]), false), (json!([1, 2]), true), (json!([1, 2]), true)]
    );
}

/// KIP-320: every election is clean and every ack is a whole ISR's, and yet a record is lost as long as nobody says
/// in which epoch he fetches.
#[test]
fn a_follower_of_an_older_epoch_counts_for_what_it_does_not_have() {
    let scenario = built_in("copy-of-an-older-epoch", &[]);
    let lost = under_each(&scenario, |outcome| outcome["lost_after_ack"].clone());
    assert_eq!(lost, [json!(["p1-5"]), json!(["p1-5"]), json!(["p1-5"]), json!([])]);
    assert_eq!(under_each(&scenario, |outcome| logs_agree(&outcome, "2", "3")), [true, false, false, true]);
}

/// A scenario with what is to be said of its parts, each as lines.
fn written(cluster: &str, topic: &str, producer: &str, rest: &str) -> Value {
    let text = format!(
        r#"
format = 1
title = "Under two rules"
stop = {{ after_ms = 40000 }}

[cluster]
brokers = 3
"broker.session.timeout.ms" = 3000
"broker.heartbeat.interval.ms" = 500
"replica.lag.time.max.ms" = 3000
"auto.leader.rebalance.enable" = false
"group.initial.rebalance.delay.ms" = 0
{cluster}

[topic]
{topic}

[producer]
wait = "each"
"linger.ms" = 0
"batch.size" = 1
{producer}

{rest}"#
    );
    run(&text).0.to_json()
}

/// Three replicas, and two that must be in sync.
const TWO_OF_THREE: &str = "\"replication.factor\" = 3\n\"min.insync.replicas\" = 2";

/// KAFKA-15583: the ISR is the leader alone, below min ISR, and acks=1 goes on.
#[test]
fn below_min_isr_records_were_read_up_to_3_6() {
    const ACKS_1: &str = "records = 60\nacks = \"1\"\n\"enable.idempotence\" = false";
    const ALONE: &str = r#"
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
    let read = |rule| {
        let outcome = written(rule, TWO_OF_THREE, ACKS_1, ALONE);
        outcome["applied"].as_object().map(serde_json::Map::len)
    };
    assert_eq!(read("hw_requires_min_isr = false"), Some(60));
    let now = read("hw_requires_min_isr = true");
    assert!(now < Some(60), "{now:?} records were read");
}

/// Three in-sync replicas asked for where there are two: older leaders took that literally.
#[test]
fn min_isr_above_the_number_of_replicas_refused_every_write_up_to_3_6() {
    const TOPIC: &str = "\"replication.factor\" = 2\n\"min.insync.replicas\" = 3";
    const PRODUCER: &str = "records = 3\n\"delivery.timeout.ms\" = 5000\n\"request.timeout.ms\" = 2000";
    let of = |rule| {
        let outcome = written(rule, TOPIC, PRODUCER, "");
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
    const PRODUCER: &str = "records = 4\n\"request.timeout.ms\" = 8000\n\"delivery.timeout.ms\" = 30000";
    const ISR_FALLS: &str = r#"
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
        let producer = format!("{PRODUCER}\n\"enable.idempotence\" = {idempotent}");
        let outcome = written(rule, TWO_OF_THREE, &producer, ISR_FALLS);
        let answers = outcome["attempts"].to_string();
        let after_append = answers.contains("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
        (after_append, outcome["duplicated_in_log"].clone())
    };
    let older = "hw_requires_min_isr = false";
    assert_eq!(of(older, "false"), (true, json!({"p1-3": 2})));
    assert_eq!(of(older, "true"), (true, json!({})));
    assert_eq!(of("", "false"), (false, json!({})));
}

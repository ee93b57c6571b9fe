use super::*;
use crate::sim::config::{Acks, Assignor, Refusal};
use expect_test::{Expect, expect};
use std::path::PathBuf;

fn recordings() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let files = std::fs::read_dir(folder).expect("the recordings are there");
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn errors(text: &str) -> String {
    match parse(text) {
        Ok(_) => "nothing wrong\n".to_owned(),
        Err(errors) => errors.iter().map(|error| format!("{error}\n")).collect(),
    }
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&errors(text));
}

/// A file with a valid head: line 3 is the first of `rest`.
fn file(rest: &str) -> String {
    format!("format = 1\ntitle = \"t\"\n{rest}")
}

fn resolved(rest: &str) -> Resolved {
    parse(&file(rest)).unwrap_or_else(|errors| panic!("{errors:?}")).resolved
}

fn scenario(rest: &str) -> crate::sim::Scenario {
    match resolved(rest) {
        Resolved::Scenario(scenario) => scenario,
        Resolved::Refused(refusal) => panic!("refused: {}", refusal.message),
    }
}

fn refused(rest: &str) -> String {
    match resolved(rest) {
        Resolved::Refused(Refusal { exception, cause, message, .. }) => {
            format!("{exception} ({}): {message}", cause.unwrap_or("-"))
        }
        Resolved::Scenario(_) => "not refused".to_owned(),
    }
}

#[test]
fn every_recorded_file_is_read_and_refused_as_recorded() {
    let files = recordings();
    assert!(files.len() > 60, "recordings are missing");
    for path in files {
        let text = std::fs::read_to_string(&path).expect("readable");
        let file = parse(&text).unwrap_or_else(|errors| panic!("{}: {errors:#?}", path.display()));
        let recording = std::fs::read_to_string(path.with_extension("json")).expect("readable");
        let recording: serde_json::Value = serde_json::from_str(&recording).expect("JSON");
        let recorded = &recording["same_in_all_runs"];
        let (exception, cause) = match &file.resolved {
            Resolved::Scenario(_) => (None, None),
            Resolved::Refused(refusal) => (Some(refusal.exception), refusal.cause),
        };
        assert_eq!(recorded["refused"].as_str(), exception, "{}", path.display());
        assert_eq!(recorded["refused_cause"].as_str(), cause, "{}", path.display());
    }
}

#[test]
fn a_short_file_has_kafkas_defaults() {
    let config = scenario("").config;
    assert_eq!(config.cluster.brokers, 3);
    assert_eq!(config.topic.replication_factor, 3);
    assert_eq!(config.producer.acks, Acks::All);
    assert!(config.producer.idempotence);
    assert_eq!(config.producer.linger, 5_000);
    assert_eq!(config.topic.flush_messages, None);
    assert_eq!(config.consumer, None);
    assert_eq!(config.latency, (200, 600));
}

#[test]
fn an_empty_section_is_a_group() {
    let consumer = scenario("[consumer]").config.consumer.expect("a group");
    assert_eq!((consumer.members, consumer.assignor), (1, Assignor::Range));
}

#[test]
fn values_are_taken_as_their_type_or_as_text() {
    let text = "[producer]\nacks = 1\n\"linger.ms\" = \"7\"\n\"enable.idempotence\" = \"false\"";
    let producer = scenario(text).config.producer;
    assert_eq!((producer.acks, producer.linger, producer.idempotence), (Acks::Leader, 7_000, false));
}

#[test]
fn idempotence_that_nobody_asked_for_is_left_off_without_a_word() {
    assert!(!scenario("[producer]\nacks = 1").config.producer.idempotence);
    assert!(!scenario("[producer]\nretries = 0").config.producer.idempotence);
}

#[test]
fn a_delivery_timeout_of_kafkas_own_is_raised() {
    let text = "[producer]\n\"request.timeout.ms\" = 200000";
    assert_eq!(scenario(text).config.producer.delivery_timeout, 200_005_000);
}

#[test]
fn topics_inherit_from_the_cluster() {
    let text = "[cluster]\n\"log.flush.interval.messages\" = 3\n\"min.insync.replicas\" = 2\n\
                \"log.flush.scheduler.interval.ms\" = 1000";
    let topic = scenario(text).config.topic;
    assert_eq!((topic.flush_messages, topic.min_insync_replicas), (Some(3), 2));
    assert_eq!(topic.flush_ms, Some(1_000_000));
}

#[test]
fn a_cooperative_group_names_no_other_assignor() {
    let of = |text: &str| scenario(&format!("[consumer]\n{text}")).config.consumer.expect("a group").assignor;
    let [range, cooperative] = ["Range", "CooperativeSticky"]
        .map(|name| format!("org.apache.kafka.clients.consumer.{name}Assignor"));
    assert_eq!(
        of(&format!("\"partition.assignment.strategy\" = \"{cooperative}\"")),
        Assignor::CooperativeSticky
    );
    assert_eq!(
        of(&format!("\"partition.assignment.strategy\" = \"{range}, {cooperative}\"")),
        Assignor::Range
    );
}

#[test]
fn what_kafka_refuses_is_refused_with_its_exception() {
    let got: Vec<String> = [
        "[producer]\nacks = 1\n\"enable.idempotence\" = true",
        "[producer]\nretries = 0\n\"enable.idempotence\" = true",
        "[producer]\n\"max.in.flight.requests.per.connection\" = 6",
        "[producer]\nacks = 1\n\"max.in.flight.requests.per.connection\" = 6",
        "[producer]\n\"enable.idempotence\" = false\n\"max.in.flight.requests.per.connection\" = 6",
        "[producer]\n\"delivery.timeout.ms\" = 1000",
        "[consumer]\n\"heartbeat.interval.ms\" = 60000",
        "[consumer]\n\"session.timeout.ms\" = 5000",
    ]
    .map(refused)
    .into();
    expect![[r#"
        ConfigException (-): Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.
        ConfigException (-): Must set retries to non-zero when using the idempotent producer.
        ConfigException (-): To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is 6.
        ConfigException (-): To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is 6.
        not refused
        KafkaException (ConfigException): delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms
        KafkaException (IllegalArgumentException): Heartbeat must be set lower than the session timeout
        not refused
    "#]]
    .assert_eq(&got.iter().map(|line| format!("{line}\n")).collect::<String>());
}

#[test]
fn what_is_wrong_is_said_all_at_once() {
    check(
        r#"
titel = "No title"
[cluster]
brokers = 9
"broker.sesion.timeout.ms" = 3000
"ssl.protocol" = "TLS"
"background.threads" = 4
"log.segment.bytes" = 1000
"offsets.topic.num.partitions" = 50
linger.ms = 5
replica.lag.time.max.ms = 3000
[producer]
acks = 2
records = 1.5
every_ms = "soon"
"min.insync.replicas" = 2
"compression.type" = "gzip"
[consumer]
effect = "external"
workers = 4
"isolation.level" = "read_committed"
"group.protocol" = "consumer"
"partition.assignment.strategy" = "org.apache.kafka.clients.consumer.RoundRobinAssignor"
[processor]
members = 1
[prodcuer]
"#,
        expect![[r#"
            1:1: `format` is missing; begin the file with `format = 1`
            1:1: `title` is missing; add a line such as `title = "Leader is killed before the followers copy"`
            2:1: `titel` is unknown at the top of the file; did you mean `title`?
            4:1: `brokers` cannot be 9; give it a whole number from 1 to 5; its default is 3
            5:1: `broker.sesion.timeout.ms` is unknown in [cluster]; did you mean `broker.session.timeout.ms`?
            6:1: `ssl.protocol` is a Kafka setting that ackscope does not model; leave it out
            7:1: `background.threads` is a Kafka setting that ackscope does not model; leave it out
            8:1: `log.segment.bytes` cannot be set: segments end by age only; leave it out
            9:1: `offsets.topic.num.partitions` cannot be 50 (ackscope models one partition of __consumer_offsets); give it 1
            10:1: `linger.ms` has dots in it, which TOML takes for tables; put it in quotes: "linger.ms", and into [producer]
            11:1: `replica.lag.time.max.ms` has dots in it, which TOML takes for tables; put it in quotes: "replica.lag.time.max.ms"
            13:1: `acks` cannot be 2; give it "all", "-1", "1" or "0"; its default is "all"
            14:1: `records` cannot be 1.5, which is no whole number; give a whole number, a text in quotes, true, false or an array of those
            15:1: `every_ms` cannot be "soon"; give it a whole number from 0 to 86400000; its default is 100
            16:1: `min.insync.replicas` is unknown in [producer]; it belongs into [cluster]
            17:1: `compression.type` cannot be "gzip" (compression is not modelled); give it "none"
            19:1: `effect` cannot be "external"; give it "plain", "dedup-table", "note-first", "transaction", "version-check", "version-reread", "sequence-check" or "external-call"; its default is "plain"
            21:1: `isolation.level` cannot be "read_committed" (transactions are not modelled yet); give it "read_uncommitted"
            22:1: `group.protocol` cannot be "consumer" (only the classic group protocol is modelled); give it "classic"
            23:1: `partition.assignment.strategy` cannot be "org.apache.kafka.clients.consumer.RoundRobinAssignor" (the round-robin and the sticky assignor are not modelled); give it "org.apache.kafka.clients.consumer.RangeAssignor" or "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"
            24:2: [processor] is not modelled yet: Kafka's transactions come later; leave the section out
            26:2: there is no section [prodcuer]; did you mean [producer]?
        "#]],
    );
}

#[test]
fn what_does_not_go_with_an_effect_is_found() {
    check(
        &file(
            r#"[producer]
records = 5
[consumer]
commit = "in-database"
effect = "external-call"
fails = ["p1-9", "p2-1"]
"#,
        ),
        expect![[r#"
            7:1: a call out of the database cannot be in one transaction with an offset in it; commit "after-processing", or choose another effect
            8:1: `fails` names p1-9, which nobody sends; name records up to p1-5
        "#]],
    );
    check(
        &file("[consumer]\nremember_ms = 5\n"),
        expect![[r#"
            4:1: `remember_ms` is about ids that are noted, and this `effect` notes none; take an effect such as "transaction", or "external-call" with an `idempotency_key`, or leave it out
        "#]],
    );
    check(
        &file("[consumer]\nidempotency_key = true\non_failure = \"skip\"\n"),
        expect![[r#"
            4:1: `idempotency_key` comes with a call, and this `effect` calls nobody; add `effect = "external-call"`, or leave it out
            5:1: `on_failure` says what becomes of records that fail, and none does; name them, such as `fails = ["p1-3"]`, or leave it out
        "#]],
    );
    check(
        &file("[consumer]\nfails = [3]\n"),
        expect![[r#"
            4:1: `fails` cannot be [3]; give it names of records, such as ["p1-3"]
        "#]],
    );
}

#[test]
fn contradictions_are_found() {
    check(
        &file(
            r#"[cluster]
brokers = 2
"offsets.topic.replication.factor" = 3
"replica.lag.time.max.ms" = 100
[topic]
"replication.factor" = 3
[consumer]
members = 2
members_start_ms = [0]
start = "after-producers"
commit = "auto"
commit_every = 5
offset_check = true
effect = "transaction"
dedup_in = "memory"
[network]
latency_us = [600, 200]
"#,
        ),
        expect![[r#"
            5:1: `offsets.topic.replication.factor` is 3, but the cluster has 2 brokers; Kafka does not create such a topic (InvalidReplicationFactorException): lower it to 2
            6:1: `replica.fetch.wait.max.ms` is more than `replica.lag.time.max.ms`: no broker starts with that; lower `replica.fetch.wait.max.ms` to 100 or less
            8:1: `replication.factor` is 3, but the cluster has 2 brokers; Kafka does not create such a topic (InvalidReplicationFactorException): lower it to 2
            11:1: `members_start_ms` gives 1, but `members` is 2; give one moment for each member
            14:1: `commit_every` has no meaning where the consumer itself commits nothing; leave it out, or commit "after-processing" or "before-processing"
            15:1: `offset_check` guards an offset that is stored in the database; add `commit = "in-database"`, or leave it out
            17:1: ids in memory cannot be noted in one transaction of the database, nor by a service; take `effect = "dedup-table"` or "note-first", and no `commit = "in-database"`, or leave it out
            19:1: `latency_us` cannot be [600, 200]; give the least and the most, such as [200, 600]
        "#]],
    );
}

#[test]
fn targets_that_do_not_exist_are_named() {
    let fault = |on: &str, action: &str| {
        format!("[[fault]]\nwhen = {{ acked = 1 }}\ndo = \"{action}\"\non = \"{on}\"\n")
    };
    let text = file(
        &[
            "[topic]\n\"replication.factor\" = 2\n".to_owned(),
            fault("broker-7", "kill"),
            fault("follower-2", "kill"),
            fault("consumer-1", "kill"),
            fault("producer-2 - leader", "cut"),
            fault("database", "kill"),
            fault("laeder", "kill"),
            fault("@nobody", "kill"),
            fault("* - *", "cut"),
            fault("*", "kill"),
            fault("here", "kill"),
        ]
        .concat(),
    );
    check(
        &text,
        expect![[r#"
            8:1: there is no "broker-7": `brokers` is 3; name one that there is
            12:1: there is no "follower-2": `replication.factor` is 2, so that partition 0 has one follower; name one that there is
            16:1: there is no "consumer-1": the scenario has no [consumer]; name one that there is
            20:1: there is no "producer-2": `count` is 1; name one that there is
            24:1: there is no "database": the scenario has no [consumer]; name one that there is
            28:1: there is no "laeder"; did you mean "leader"?
            32:1: no fault is called "nobody"; give that fault `name = "nobody"`
            36:1: "* - *" has the same on both ends; name two different nodes
            40:1: "*" is everyone but the other end of a link; name one node, such as "leader"
            44:1: there is no "here"; name a node such as broker-1, producer-1, leader, or a link such as "leader - *"
        "#]],
    );
}

#[test]
fn what_does_not_go_together_in_a_fault_is_named() {
    check(
        &file(
            r#"
[[fault]]
name = "one"
when = { after = "two" }
do = "cut"
on = "leader"
[[fault]]
name = "two"
when = { after = "one", ms = 5 }
do = "kill"
on = "leader - *"
for_ms = 100
[[fault]]
name = "two"
when = {}
do = "cut"
on = "leader - *"
restart_after_ms = 5
silent = true
[[fault]]
do = "drop-next"
on = "leader -> producer-1"
[[fault]]
when = { acked = 5, ms = 3 }
do = "delay-next"
on = "leader -> producer-1"
message = "ProduceRespons"
[[fault]]
when = { aked = 5 }
do = "expldoe"
on = "leader"
[[fault]]
when = { delivered = 5, producer = 2, isr_size = 4 }
do = "power-loss"
on = "producer-1"
[[fault]]
when = { after = "tow" }
[[fault]]
when = { consumer = 1 }
do = "drop-next"
message = "FetchResponse"
by_ms = 4
on = "leader -> leader"
"#,
        ),
        expect![[r#"
            8:1: "leader" is a node, and this hits what is between two; name a link, such as "leader - *"
            13:1: "leader - *" is a link, and this hits a node; name one node, such as "leader"
            14:1: `for_ms` does not go with `do = "kill"`; leave it out (`kill` takes `restart_after_ms`)
            15:1: fault 3 does not say when; add for example `when = { acked = 10 }`
            16:1: faults 2 and 3 are both called "two"; give one of them another name
            20:1: `restart_after_ms` does not go with `do = "cut"`; leave it out (`cut` takes `for_ms`)
            21:1: `silent` does not go with `do = "cut"`; leave it out (`cut` takes `for_ms`)
            22:1: fault 4 does not say when; add for example `when = { acked = 10 }`
            23:1: `do = "drop-next"` needs `message`; add for example `message = "ProduceResponse"`
            26:21: `ms` counts from another fault, and none is named; add `after = "name of that fault"`
            27:1: `do = "delay-next"` needs `by_ms`; add for example `by_ms = 1000`
            29:1: no message is called "ProduceRespons"; did you mean "ProduceResponse"?
            31:10: `aked` is unknown in the `when` of fault 6; did you mean `acked`?
            32:1: `do` cannot be "expldoe"; give it "kill", "power-loss", "clean-stop", "restart", "pause", "resume", "cut", "heal", "reset", "drop-next", "delay-next", "disk-full" or "disk-slow"
            35:10: nothing is ever delivered: nobody consumes; add [consumer]
            35:25: there is no such producer (the scenario has 1); name one that there is, or make more of them
            35:39: the ISR never has more than 3 members; ask for less, or raise `replication.factor`
            37:1: only a broker has a disk here, and "producer-1" is none; name a broker, or use `do = "kill"`
            38:1: fault 8 has no `do`; say what happens, such as `do = "kill"`
            38:1: fault 8 has no `on`; say what it hits, such as `on = "leader"`
            39:10: no fault is called "tow"; did you mean "two"?
            41:10: there is no such consumer (the scenario has 0); name one that there is, or make more of them
            41:10: `consumer` narrows a count, and there is none; add one, such as `acked = 10`
            44:1: `by_ms` does not go with `do = "drop-next"`; leave it out (`drop-next` takes `message`)
            45:1: "leader -> leader" has the same on both ends; name two different nodes
        "#]],
    );
}

#[test]
fn faults_that_wait_for_each_other_are_found() {
    check(
        &file(
            r#"
[[fault]]
name = "one"
when = { after = "two" }
do = "cut"
on = "leader - *"
[[fault]]
name = "two"
when = { after = "one" }
do = "kill"
on = "@one"
[[fault]]
name = "three"
when = { after = "one" }
do = "heal"
on = "@three"
"#,
        ),
        expect![[r#"
            6:10: fault 1 waits for itself, by way of `after`; let one of them fire by a count
            11:10: fault 2 waits for itself, by way of `after`; let one of them fire by a count
            13:1: "@one" is a link, and this hits a node; name what it hits
            18:1: fault 3 names itself; name another fault, or a node
        "#]],
    );
}

#[test]
fn not_toml_is_said_with_its_line_and_the_rest_is_judged_too() {
    check(
        "format = 1\ntitle = \"t\n[cluster]\nbrokers = 99\n[producer\nrecords == 4\nacks = \"2\"\n",
        expect![[r#"
            2:11: not TOML: invalid basic string, expected `"`; write `key = value`, keys of Kafka's and texts in quotes
            4:1: `brokers` cannot be 99; give it a whole number from 1 to 5; its default is 3
            5:10: not TOML: unclosed table, expected `]`; write `key = value`, keys of Kafka's and texts in quotes
            6:10: not TOML: extra `=`, expected nothing; write `key = value`, keys of Kafka's and texts in quotes
            6:12: not TOML: unexpected key or value, expected newline, `#`; write `key = value`, keys of Kafka's and texts in quotes
        "#]],
    );
    check(
        "\u{0}\u{1}PK binary",
        expect![[r#"
        1:1: not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`; write `key = value`, keys of Kafka's and texts in quotes
        1:6: not TOML: key with no value, expected `=`; write `key = value`, keys of Kafka's and texts in quotes
    "#]],
    );
    check(
        "",
        expect![[r#"
        1:1: `format` is missing; begin the file with `format = 1`
        1:1: `title` is missing; add a line such as `title = "Leader is killed before the followers copy"`
    "#]],
    );
    check(
        "format = 2\ntitle = \"t\"\nstop = 4\nfault = 3\n[fault]\ndo = \"kill\"",
        expect![[r#"
            1:1: `format` cannot be 2; give it 1
            3:1: `stop` is a section, not a setting; write `stop = { after_ms = 60000 }`
            5:2: not TOML: duplicate key; write `key = value`, keys of Kafka's and texts in quotes
        "#]],
    );
}

#[test]
fn no_file_is_too_large_or_nested_too_deeply() {
    check(
        &"# \n".repeat(1 << 19),
        expect![[r#"
        1:1: 1572864 bytes are more than the 1048576 that a scenario file may have; is this the right file?
    "#]],
    );
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("a = {}", "{ a = ".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
        format!("x = {{ {}a = 1 }}", "\"a\" . ".repeat(100_000)),
        format!("a = {}", format!("{{ {}b = ", "a.".repeat(15)).repeat(10_000)),
    ] {
        assert!(parse(&text).is_err());
    }
}

#[test]
fn a_sentence_full_of_dots_is_no_dotted_key() {
    let about = "One. Two are here. ".repeat(40);
    scenario(&format!("about = \"\"\"\n{about}\n\"\"\"\n# {}\n", ".".repeat(100)));
}

use super::*;
use crate::run::catalogue::CATALOGUE;
use expect_test::{Expect, expect};
use serde_json::json;
use std::path::PathBuf;

/// What is printed, what is complained about, and the exit code.
fn ackscope(arguments: &[&str]) -> (String, String, u8) {
    let arguments = std::iter::once(&"ackscope").chain(arguments);
    let arguments = Arguments::try_parse_from(arguments).unwrap_or_else(|error| panic!("{error}"));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = execute(&arguments.command, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(out), text(err), code)
}

fn check(arguments: &[&str], expected: Expect) {
    let (out, err, code) = ackscope(arguments);
    expected.assert_eq(&format!("{out}--\n{err}-- {code}\n"));
}

/// A file for one test.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Temporary {
        let path = std::env::temp_dir().join(format!("ackscope-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).expect("can be written");
        Temporary(path)
    }

    /// Output with the file's path left out.
    fn run(&self) -> (String, u8) {
        let path = self.0.to_str().expect("UTF-8");
        let (out, err, code) = ackscope(&["run", path]);
        assert_eq!(out, "");
        (err.replace(path, "FILE"), code)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_run_ends_with_what_broke_and_what_it_cost() {
    let (out, err, code) = ackscope(&["run", "retry-makes-a-copy"]);
    // Latencies and digests change with the engine, verdicts do not.
    let verdict: Vec<&str> = out.lines().take_while(|line| !line.starts_with("unavailable")).collect();
    expect![[r#"
        The retry stores a packet twice

        lost after ack   -
        lost unacked     -
        ghosts           -
        twice in the log 1: p1-3 ×2
        out of order     -
        never applied    -
        applied twice    1: p1-3 ×2
        balance          ¥180 of ¥160
        sent, acked      8, 8
    "#]]
    .assert_eq(&(verdict.join("\n") + "\n"));
    assert_eq!((err.as_str(), code), ("", 1));
    assert!(out.ends_with("\na guarantee broke\n"));
}

#[test]
fn exit_codes_tell_what_became_of_the_promise() {
    assert_eq!(ackscope(&["run", "calm"]).2, 0);
    assert_eq!(ackscope(&["run", "opening", "--json"]).2, 1);
    assert_eq!(ackscope(&["run", "calm", "--max-steps", "50"]).2, 2);
}

#[test]
fn a_step_budget_that_is_reached_gives_the_result_so_far() {
    let (out, err, code) = ackscope(&["run", "calm", "--max-steps", "50", "--json"]);
    let object: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(object["end"], "step-budget");
    assert_eq!((err.as_str(), code), ("", 2));
}

#[test]
fn refused_settings_are_told_and_the_object_is_printed() {
    let file = "tests/recordings/s15b-refused-acks-1.toml";
    check(
        &["run", file],
        expect![[r#"
            Idempotence on, asked for explicitly, with acks=1: the producer does not start

            refused          ConfigException: nothing was sent
            --
            error: ConfigException: Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.
              help: the client does not start; change acks or enable.idempotence
            -- 2
        "#]],
    );
    let object: serde_json::Value =
        serde_json::from_str(&ackscope(&["run", file, "--json"]).0).expect("JSON");
    assert_eq!(object["scenario"], "s15b-refused-acks-1.toml");
    assert_eq!(object["refused"], "ConfigException");
}

#[test]
fn a_seed_can_be_given() {
    let digest = |seed: &str| {
        let (out, ..) = ackscope(&["run", "calm", "--json", "--seed", seed]);
        let object: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        object["digest"].as_str().expect("a digest").to_owned()
    };
    assert_eq!(digest("1"), digest("1"));
    assert_ne!(digest("1"), digest("2"));
    check(
        &["run", "calm", "--seed=-1"],
        expect![[r#"
            --
            error: `seed` cannot be -1
              help: give it a whole number from 0 to 9007199254740991; its default is 1
            -- 2
        "#]],
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    check(
        &["run", "openning"],
        expect![[r#"
            --
            error: openning: No such file or directory (os error 2)
              help: did you mean the built-in scenario opening?
            -- 2
        "#]],
    );
    check(
        &["run", "no/such/file.toml"],
        expect![[r#"
            --
            error: no/such/file.toml: No such file or directory (os error 2)
              help: name a file, or a built-in scenario (`ackscope scenarios` lists them)
            -- 2
        "#]],
    );
    let wrong = Temporary::new("wrong", b"format = 1\ntitle = \"t\"\n[producer]\nack = 1\nrecords = -4\n");
    expect![[r#"
        FILE:4:1: error: `ack` is unknown in [producer]
          help: did you mean `acks`?
        FILE:5:1: error: `records` cannot be -4
          help: give it a whole number from 0 to 1000000; its default is 20
    "#]]
    .assert_eq(&wrong.run().0);
    let binary = Temporary::new("binary", &[0xff, 0xfe, 0x00]);
    expect![[r#"
        error: FILE: not a text in UTF-8
    "#]]
    .assert_eq(&binary.run().0);
    let large = Temporary::new("large", &vec![b'#'; 3 << 20]);
    expect![[r#"
        FILE:1:1: error: more than 1048576 bytes
          help: is this the right file?
    "#]]
    .assert_eq(&large.run().0);
    assert_eq!(large.run().1, 2);
}

#[test]
fn a_record_is_explained() {
    let (out, err, code) = ackscope(&["explain", "opening", "--record", "p1-7"]);
    assert!(out.starts_with("p1-7\n") && out.contains("Why it was lost after its ack:"), "{out}");
    assert_eq!((err.as_str(), code), ("", 0));
    let (out, ..) = ackscope(&["explain", "producer-forgotten", "--record", "p1-6"]);
    let forgot = "broker-1 forgot the producer: producer.id.expiration.ms was over";
    assert!(out.contains(forgot) && out.contains("\"producer.id.expiration.ms\" = 86400000"), "{out}");
    let (out, ..) = ackscope(&["explain", "copy-of-an-older-epoch", "--record", "p1-5"]);
    assert!(out.contains("With [cluster] truncation = \"epoch\" nothing goes wrong."), "{out}");
    let version = "That is no setting of Kafka's: it stands for followers of Kafka 2.1 or later";
    assert!(out.contains(version), "{out}");
    check(
        &["explain", "opening", "--record", "p1-99"],
        expect![[r#"
            --
            error: p1-99 was never sent
              help: opening has p1-1 to p1-12
            -- 2
        "#]],
    );
}

#[test]
fn records_are_named_as_in_the_result() {
    assert_eq!(record_id("p2-31"), Ok(RecordId::new(2, 31)));
    for wrong in ["", "7", "p1", "p1-", "p0-1", "p4-1", "p1-0", "p1-1000001", "p1-x", "1-1"] {
        assert!(record_id(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn built_in_scenarios_are_listed() {
    let (out, _, code) = ackscope(&["scenarios"]);
    assert_eq!((out.lines().count(), code), (CATALOGUE.len(), 0));
    let (out, ..) = ackscope(&["scenarios", "--json"]);
    let all: Vec<serde_json::Value> = serde_json::from_str(&out).expect("JSON");
    assert_eq!(all[0]["id"], "opening");
    assert!(all[0]["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "acks=1")));
    let recorded = |id: &str| all.iter().find(|all| all["id"] == id).expect("is listed")["recorded"].clone();
    assert_eq!((recorded("opening"), recorded("leader-dies-before-copy")), (json!(null), json!("s03a")));
}

#[test]
fn built_in_scenarios_are_found_by_words() {
    check(
        &["scenarios", "not_enough_replicas", "acks=all", "ghost"],
        expect![[r#"
            isr-falls-while-waiting  S26a  Refused again and again, and stored all the same
            stored-and-refused       S26b  Stored, and refused all the same
            --
            -- 0
        "#]],
    );
    check(
        &["scenarios", "disk-full", "foobar"],
        expect![[r#"
        disk-fails  S31   The leader's disk fails, and the broker stops
        --
        note: no scenario has `foobar`
        -- 0
    "#]],
    );
    check(
        &["scenarios", "--json", "NOT_ENOUGH_REPLICSA"],
        expect![[r#"
        []
        --
        error: no scenario has `NOT_ENOUGH_REPLICSA`
          help: did you mean `NOT_ENOUGH_REPLICAS`?
        -- 2
    "#]],
    );
    check(
        &["scenarios", "zookeeper"],
        expect![[r#"
        --
        error: no scenario has `zookeeper`
          help: `ackscope scenarios` lists all
        -- 2
    "#]],
    );
    check(
        &["scenarios", "acks=0", "rebalance"],
        expect![[r#"
        --
        error: no scenario has all of `acks=0 rebalance`
          help: fewer words find more
        -- 2
    "#]],
    );
}

#[test]
fn a_trace_has_a_line_for_each_observation() {
    let (out, ..) = ackscope(&["run", "calm", "--trace"]);
    assert!(out.lines().any(|line| line.contains("producer-1") && line.contains("Acked")));
}

/// A reader that has seen enough.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for arguments in [["run", "opening"], ["run", "calm"], ["scenarios", "--json"]] {
        let parsed = Arguments::parse_from(std::iter::once("ackscope").chain(arguments));
        let mut err = Vec::new();
        let code = execute(&parsed.command, &mut Closed, &mut err);
        assert_eq!((code, err.len()), (u8::from(arguments[1] == "opening"), 0));
    }
}

#[test]
fn replicas_that_differ_are_told() {
    let (out, ..) = ackscope(&["run", "two-packets-at-one-offset"]);
    assert!(out.contains("replicas differ  at 1 offset below the high watermark\n"), "{out}");
    let (out, ..) = ackscope(&["run", "opening"]);
    assert!(!out.contains("replicas differ"), "{out}");
}

#[test]
fn what_was_paid_before_it_was_deleted_is_told_apart() {
    let (out, ..) = ackscope(&["run", "deleted-unread"]);
    assert!(out.contains("deleted, paid    5: p1-1, p1-2, p1-3, p1-4, p1-5\n"), "{out}");
    let (out, ..) = ackscope(&["explain", "deleted-unread", "--record", "p1-1"]);
    assert!(out.contains("retention.ms was over") && !out.contains("Why "), "{out}");
    let (out, ..) = ackscope(&["explain", "deleted-unread", "--record", "p1-6"]);
    assert!(out.contains("Why it was lost after its ack"), "{out}");
}

//! How a member comes to be outside its group, what that costs, and what is said to help.

use crate::rules::{resolved, run};
use crate::versions::built_in;
use ackscope::check::{Cause, Helps, LinkKind, Proof, Report, Setting, SettingValue, Violation, report, why};
use ackscope::run::proof::Tried;
use ackscope::run::{Run, file, simulate};
use ackscope::sim::{Error, Fact, NodeId, RecordId, Trace};

/// A scenario, run, and all that went wrong in it with what is proved to help.
fn remedies(text: &str) -> (Report, Vec<(Cause, Option<Proof>)>) {
    let (raw, scenario) = (file::parse(text).expect("a right file").raw, resolved(text));
    let Run { world, trace } = simulate(&scenario);
    let report = report(&scenario, &world, &trace);
    let tried = Tried { raw: &raw, scenario: &scenario, report: &report };
    let causes = why(&world, &trace, &report);
    let proved = causes.into_iter().map(|cause| (cause.clone(), tried.proof(&cause))).collect();
    (report, proved)
}

/// What is proved to help against a violation that has one cause, and how far.
fn remedy(text: &str, violation: Violation) -> (Vec<(&'static str, SettingValue)>, Helps) {
    let proved = remedies(text).1.into_iter().find(|(cause, _)| cause.violation == violation);
    let proof = proved.expect("it happens").1.expect("something helps");
    (proof.settings.iter().map(|setting| (setting.key, setting.value)).collect(), proof.helps)
}

fn facts_of(trace: &Trace, node: NodeId) -> Vec<Fact> {
    trace.observations.iter().filter(|o| o.node == node).map(|o| o.fact).collect()
}

/// The consumer starts as it would with any other session; it is its join that is refused.
#[test]
fn a_session_out_of_bounds_ends_the_consumer_and_nobody_else() {
    let at_once = ("start = \"after-producers\"", "start = \"at-once\"");
    let two_members = ("start = \"after-producers\"", "members = 2\nmembers_start_ms = [0, 500]");
    let above = ("\"session.timeout.ms\" = 3000", "\"session.timeout.ms\" = 1800001");
    for replaced in [&[][..], &[at_once], &[two_members], &[above]] {
        let (report, trace) = run(&built_in("session-refused", replaced));
        let json = report.to_json();
        assert_eq!(json["result"].as_object().map(serde_json::Map::len), Some(10), "{replaced:?}");
        assert!(json["result"].as_object().unwrap().values().all(|told| told == "acked"), "{replaced:?}");
        assert_eq!(json["delivered"], serde_json::json!({}), "{replaced:?}");
        for member in 1..=if replaced == [two_members] { 2 } else { 1 } {
            let facts = facts_of(&trace, NodeId::Consumer(member));
            let ended = Fact::ConsumerFailed { error: Error::InvalidSessionTimeout };
            assert_eq!(facts.iter().filter(|fact| **fact == ended).count(), 1, "{replaced:?}");
            assert!(!facts.iter().any(|fact| matches!(fact, Fact::Assigned { .. })), "{replaced:?}");
        }
        assert!(!trace.observations.iter().any(|o| matches!(o.fact, Fact::GenerationStarted { .. })));
    }
}

/// Both bounds are within.
#[test]
fn a_session_at_a_bound_is_taken() {
    for bound in ["6000", "1800000"] {
        let at_bound = format!("\"session.timeout.ms\" = {bound}");
        let (report, _) = run(&built_in("session-refused", &[("\"session.timeout.ms\" = 3000", &at_bound)]));
        assert_eq!(report.consumption.expect("a consumer").applied.len(), 10, "{bound}");
    }
}

/// Whose application has ended has nothing to finish: it stops at once, and may be started again.
#[test]
fn a_consumer_that_ended_can_be_stopped() {
    let stop = "\n[[fault]]\nwhen = { at_us = 9000000 }\ndo = \"clean-stop\"\non = \"consumer-1\"\n";
    let (_, trace) = run(&(built_in("session-refused", &[]) + stop));
    let facts = facts_of(&trace, NodeId::Consumer(1));
    let ended = facts.iter().position(|fact| matches!(fact, Fact::ConsumerFailed { .. }));
    let stopped = facts.iter().position(|fact| matches!(fact, Fact::Stopped));
    assert!(ended.is_some() && ended < stopped, "{facts:?}");
}

#[test]
fn a_refused_session_is_named_and_one_within_bounds_helps() {
    let text = built_in("session-refused", &[]);
    let (_, proved) = remedies(&text);
    let ended = LinkKind::ConsumerFailed { consumer: 1, error: Error::InvalidSessionTimeout };
    assert!(proved[0].0.links.iter().any(|link| link.kind == ended), "{:?}", proved[0].0.links);
    let session = |ms| vec![("session.timeout.ms", SettingValue::Number(ms))];
    assert_eq!(remedy(&text, Violation::NeverApplied), (session(45_000), Helps::Wholly));
    let narrow = ("\"group.min.session.timeout.ms\" = 6000", "\"group.max.session.timeout.ms\" = 10000");
    let above = ("\"session.timeout.ms\" = 3000", "\"session.timeout.ms\" = 20000");
    let slow = ("\"heartbeat.interval.ms\" = 1000", "\"heartbeat.interval.ms\" = 15000");
    let text = built_in("session-refused", &[narrow, above, slow]);
    let mut settings = session(10_000);
    settings.push(("heartbeat.interval.ms", SettingValue::Number(3_333)));
    assert_eq!(remedy(&text, Violation::NeverApplied), (settings, Helps::Wholly));
}

/// Its heartbeats go on while it works, and it leaves by itself; what it pays afterwards it cannot commit.
#[test]
fn who_does_not_poll_in_time_leaves_and_pays_all_the_same() {
    let (_, trace) = run(&built_in("slow-between-polls", &[]));
    let third = RecordId::new(1, 3);
    let at = |node, wanted: &dyn Fn(&Fact) -> bool| {
        let place = trace.observations.iter().position(|o| o.node == node && wanted(&o.fact));
        place.unwrap_or_else(|| panic!("nothing of the kind at {node}"))
    };
    let (first, second) = (NodeId::Consumer(1), NodeId::Consumer(2));
    let paid_by = |who| {
        at(
            NodeId::Database,
            &move |fact| matches!(fact, Fact::Applied { record, consumer, .. } if *record == third && *consumer == who),
        )
    };
    let story = [
        at(first, &|fact| matches!(fact, Fact::Delivered { record, .. } if *record == third)),
        at(first, &|fact| *fact == Fact::PollTimedOut),
        at(NodeId::Broker(1), &|fact| *fact == Fact::MemberRemoved { consumer: 1, expired: false }),
        at(second, &|fact| matches!(fact, Fact::Delivered { record, .. } if *record == third)),
        paid_by(1),
        at(first, &|fact| *fact == Fact::CommitFailed { error: Error::UnknownMemberId }),
        paid_by(2),
    ];
    assert!(story.is_sorted(), "{story:?}");
    assert_eq!(Error::UnknownMemberId.exception(), "CommitFailedException");
}

#[test]
fn that_a_member_left_is_told_once() {
    for (cause, _) in remedies(&built_in("slow-between-polls", &[])).1 {
        let told =
            |kind: &dyn Fn(&LinkKind) -> bool| cause.links.iter().filter(|link| kind(&link.kind)).count();
        assert_eq!(told(&|kind| matches!(kind, LinkKind::PollTimedOut { .. })), 1, "{cause:?}");
        assert_eq!(told(&|kind| matches!(kind, LinkKind::MemberRemoved { .. })), 0, "{cause:?}");
    }
}

#[test]
fn fewer_records_a_poll_help_or_else_more_time() {
    let one = vec![("max.poll.records", SettingValue::Number(1))];
    let text = built_in("slow-between-polls", &[]);
    assert_eq!(remedy(&text, Violation::AppliedTwice), (one, Helps::Wholly));
    // Each of them takes too long by itself.
    let slower = [
        ("process_ms = 2500", "process_ms = 7000"),
        ("\"max.poll.records\" = 4", "\"max.poll.records\" = 1"),
    ];
    let longer = vec![("max.poll.interval.ms", SettingValue::Number(300_000))];
    let text = built_in("slow-between-polls", &slower);
    assert_eq!(remedy(&text, Violation::AppliedTwice), (longer, Helps::Wholly));
}

/// An orderly rebalance waits for a commit, if somebody makes one.
#[test]
fn what_is_committed_as_partitions_move_is_not_paid_again() {
    let by_itself = [("commit", SettingValue::Text("auto")), ("commit_every", SettingValue::Number(1))];
    for id in [
        "rebalance-without-commit",
        "second-member-joins",
        "second-member-joins-cooperative",
        "member-leaves",
    ] {
        let helps = remedy(&built_in(id, &[]), Violation::AppliedTwice);
        assert_eq!(helps, (by_itself.to_vec(), Helps::Wholly), "{id}");
    }
    // A member that was given up cannot commit any more, whoever asks it to.
    let (_, proved) = remedies(&built_in("zombie-pays-twice", &[]));
    let commits =
        |settings: &Vec<Setting>| settings.iter().any(|setting| setting.value == SettingValue::Text("auto"));
    assert!(
        !proved.is_empty() && !proved.iter().any(|(cause, _)| cause.remedy.candidates.iter().any(commits))
    );
}

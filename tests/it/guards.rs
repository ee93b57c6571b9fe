//! What guards an effect outside Kafka: where each guard helps and where it does not, in otherwise equal scenarios.

use crate::rules::{resolved, run};
use crate::versions::built_in;
use ackscope::check::{LinkKind, report, why};
use ackscope::run::simulate;
use serde_json::{Value, json};

/// What comes of a built-in scenario with some of its text replaced.
fn outcome(id: &str, replaced: &[(&str, &str)]) -> Value {
    run(&built_in(id, replaced)).0.to_json()
}

/// The new owner brings its token along when it asks where to begin, so a zombie cannot store an offset behind its back.
#[test]
fn a_fenced_zombie_neither_pays_nor_stores() {
    let stored = "commit = \"in-database\"";
    let fenced = format!("{stored}\nfencing = true");
    let without = outcome("zombie-overwrites-offset", &[]);
    assert_ne!(without["applied_twice"], json!({}));
    let with = outcome("zombie-overwrites-offset", &[(stored, &fenced)]);
    assert_eq!((&with["applied_twice"], &with["never_applied"]), (&json!({}), &json!([])));
}

/// A partition that stays with its owner through a cooperative rebalance keeps its token: nothing of what it does is
/// refused.
#[test]
fn who_keeps_a_partition_is_not_fenced() {
    let effect = "effect = \"plain\"";
    let fenced = format!("{effect}\nfencing = true");
    for id in ["second-member-joins-cooperative", "second-member-joins"] {
        let (without, with) = (outcome(id, &[]), outcome(id, &[(effect, &fenced)]));
        assert_eq!(with["applied"], without["applied"], "{id}");
        assert_eq!(with["never_applied"], json!([]), "{id}");
    }
}

/// Ids in memory know again what comes to the same process: here copies in the log.
#[test]
fn the_same_process_knows_its_ids() {
    let (effect, by_step) = ("effect = \"dedup-table\"", "effect = \"dedup-table\"\ndedup_in = \"memory\"");
    let found = outcome("copies-found-in-table", &[(effect, by_step)]);
    assert_ne!(found["duplicated_in_log"], json!({}));
    assert_eq!((&found["applied_twice"], &found["never_applied"]), (&json!({}), &json!([])));
}

/// The highest offset of a partition says nothing of a second copy further on; the number in the message does.
#[test]
fn the_highest_offset_lets_copies_pass() {
    let effect = "effect = \"transaction\"";
    let by_offset = ("dedup_by = \"offset\"", "dedup_by = \"offset\"");
    let by_event = ("dedup_by = \"offset\"", "dedup_by = \"event\"");
    let checked = (effect, "effect = \"sequence-check\"");
    assert_eq!(outcome("known-by-offset", &[checked, by_offset])["applied_twice"], json!({"p1-6": 2}));
    assert_eq!(outcome("known-by-offset", &[checked, by_event])["applied_twice"], json!({}));
}

/// All that led to what went wrong in a built-in scenario.
fn causes(id: &str) -> Vec<LinkKind> {
    let scenario = resolved(&built_in(id, &[]));
    let run = simulate(&scenario);
    let causes = why(&run.world, &run.trace, &report(&scenario, &run.world, &run.trace));
    causes.iter().flat_map(|cause| &cause.links).map(|link| link.kind).collect()
}

/// Why a packet was paid twice says where its id stood.
#[test]
fn a_cause_names_the_memory_that_is_gone() {
    for id in ["ids-in-memory", "ids-in-memory-of-another"] {
        let links = causes(id);
        assert!(links.contains(&LinkKind::RecordedInMemory { consumer: 1 }), "{id}: {links:?}");
    }
}

/// Why a packet was dropped as a repeat names the later one that came first.
#[test]
fn a_cause_names_what_was_paid_before() {
    let links = causes("reversed-order-sequence-check");
    assert!(links.iter().any(|kind| matches!(kind, LinkKind::PaidBefore { later } if later.number() == 8)));
}

//! What guards an effect outside Kafka: where each guard helps and where it does not, in otherwise equal scenarios.

use crate::rules::run;
use crate::versions::built_in;
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

//! The order of steps, which names every point where a consumer can die.

use super::application::{Action, plan, work_plan};
use crate::sim::config::{Assignor, AutoOffsetReset, CommitMode, ConsumerConfig, Effect, OnFailure};

fn consumer(commit: CommitMode, effect: Effect) -> ConsumerConfig {
    ConsumerConfig {
        members: 1,
        start_after_producers: false,
        members_start: None,
        commit,
        commit_every: 1,
        workers: 0,
        effect,
        process: 0,
        idempotency_key: false,
        dedup_by_offset: false,
        remember: None,
        fails: Vec::new(),
        on_failure: OnFailure::Retry,
        offset_check: false,
        assignor: Assignor::Range,
        auto_offset_reset: AutoOffsetReset::Earliest,
        auto_commit_interval: 5_000_000,
        max_poll_records: 500,
        max_poll_interval: 300_000_000,
        session_timeout: 45_000_000,
        heartbeat_interval: 3_000_000,
        fetch_min_bytes: 1,
        fetch_max_wait: 500_000,
        fetch_max_bytes: 50 << 20,
        max_partition_fetch_bytes: 1 << 20,
        request_timeout: 30_000_000,
        default_api_timeout: 60_000_000,
        retry_backoff: 100_000,
        retry_backoff_max: 1_000_000,
        reconnect_backoff: 50_000,
        reconnect_backoff_max: 1_000_000,
        metadata_max_age: 300_000_000,
        rebootstraps: true,
        connection_setup_timeout: 10_000_000,
        connection_setup_timeout_max: 30_000_000,
    }
}

/// The table "Steps of a consumer" of the scenario format.
#[test]
fn steps_follow_commit_order_and_effect() {
    use Action::*;
    let steps = |commit, effect| plan(&consumer(commit, effect), false);
    assert_eq!(steps(CommitMode::BeforeProcessing, Effect::Plain), [Commit, Work, Pay]);
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::Plain), [Work, Pay, Commit]);
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::DedupTable), [Work, LookUp, Pay, Note, Commit]);
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::NoteFirst), [Work, NoteFirst, Pay, Commit]);
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::Transaction), [Work, PayOnce, Commit]);
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::VersionCheck), [Work, PayIfVersion, Commit]);
    assert_eq!(
        steps(CommitMode::AfterProcessing, Effect::VersionReread),
        [Work, ReadVersion, PayIfRead, Commit]
    );
    assert_eq!(steps(CommitMode::InDatabase, Effect::Plain), [Work, PayAndStore]);
    assert_eq!(steps(CommitMode::Auto, Effect::Plain), [Work, Pay]);
    assert_eq!(steps(CommitMode::Async, Effect::Plain), [Work, Pay, Commit]);
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::ExternalCall), [Work, Call, Commit]);
}

/// The loop commits what it has handed over; whoever processes a record never commits.
#[test]
fn with_workers_commits_follow_the_hand_out() {
    use Action::*;
    let consumer = |commit| ConsumerConfig { workers: 2, ..consumer(commit, Effect::DedupTable) };
    assert_eq!(plan(&consumer(CommitMode::AfterProcessing), false), [HandOver, Commit]);
    assert_eq!(plan(&consumer(CommitMode::BeforeProcessing), false), [Commit, HandOver]);
    assert_eq!(plan(&consumer(CommitMode::Auto), false), [HandOver]);
    assert_eq!(work_plan(&consumer(CommitMode::AfterProcessing), false), [Work, LookUp, Pay, Note]);
    assert_eq!(work_plan(&consumer(CommitMode::Async), true), [Work, Fail]);
}

/// A record that fails has no effect; what follows depends on `on_failure`.
#[test]
fn a_failure_stands_in_the_place_of_the_effect() {
    use Action::*;
    let steps = |commit, on_failure| {
        plan(&ConsumerConfig { on_failure, ..consumer(commit, Effect::DedupTable) }, true)
    };
    let (after, stored) = (CommitMode::AfterProcessing, CommitMode::InDatabase);
    assert_eq!(steps(after, OnFailure::Retry), [Work, Fail, Commit]);
    assert_eq!(steps(after, OnFailure::Skip), [Work, Fail, Commit]);
    assert_eq!(steps(after, OnFailure::DeadLetter), [Work, Fail, SetAside, Commit]);
    assert_eq!(steps(CommitMode::BeforeProcessing, OnFailure::Skip), [Commit, Work, Fail]);
    assert_eq!(steps(stored, OnFailure::Retry), [Work, Fail]);
    assert_eq!(steps(stored, OnFailure::DeadLetter), [Work, Fail, PayAndStore]);
}

//! The order of steps, which names every point where a consumer can die.

use super::application::{Action, plan, work_plan};
use crate::sim::config::keys::Section;
use crate::sim::config::{CommitMode, ConsumerConfig, Effect, OnFailure, testing};

fn consumer(commit: CommitMode, effect: Effect) -> ConsumerConfig {
    let config = testing::config(|raw| {
        testing::quick_cluster(raw);
        raw.add_section(Section::Consumer);
    });
    ConsumerConfig { commit, effect, ..config.consumer.expect("its section is there") }
}

/// The table "Steps of a consumer" of the scenario format.
#[test]
fn steps_follow_commit_order_and_effect() {
    use Action::*;
    let steps = |commit, effect| plan(&consumer(commit, effect), commit, false).concat();
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
    assert_eq!(steps(CommitMode::AfterProcessing, Effect::SequenceCheck), [Work, PayIfNewer, Commit]);
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
    let steps = |commit| plan(&consumer(commit), commit, false).concat();
    assert_eq!(steps(CommitMode::AfterProcessing), [HandOver, Commit]);
    assert_eq!(steps(CommitMode::BeforeProcessing), [Commit, HandOver]);
    assert_eq!(steps(CommitMode::Auto), [HandOver]);
    assert_eq!(work_plan(&consumer(CommitMode::AfterProcessing), false).concat(), [Work, LookUp, Pay, Note]);
    assert_eq!(work_plan(&consumer(CommitMode::Async), true).concat(), [Work, Fail]);
}

/// A record that fails has no effect; what follows depends on `on_failure`.
#[test]
fn a_failure_stands_in_the_place_of_the_effect() {
    use Action::*;
    let steps = |commit, on_failure| {
        plan(&ConsumerConfig { on_failure, ..consumer(commit, Effect::DedupTable) }, commit, true).concat()
    };
    let (after, stored) = (CommitMode::AfterProcessing, CommitMode::InDatabase);
    assert_eq!(steps(after, OnFailure::Retry), [Work, Fail, Commit]);
    assert_eq!(steps(after, OnFailure::Skip), [Work, Fail, Commit]);
    assert_eq!(steps(after, OnFailure::DeadLetter), [Work, Fail, SetAside, Commit]);
    assert_eq!(steps(CommitMode::BeforeProcessing, OnFailure::Skip), [Commit, Work, Fail]);
    assert_eq!(steps(stored, OnFailure::Retry), [Work, Fail]);
    assert_eq!(steps(stored, OnFailure::DeadLetter), [Work, Fail, PayAndStore]);
}

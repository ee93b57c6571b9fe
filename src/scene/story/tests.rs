use super::{Beat, Story};
use crate::run::catalogue::CATALOGUE;
use crate::run::timeline::{Cursor, Timeline};
use crate::scene::Lang;
use crate::sim::config::Resolved;
use crate::sim::{BrokerId, Fact, RecordId, StepNo, TopicPartition, World};
use std::collections::BTreeSet;

fn run(id: &str) -> Timeline {
    let built_in = CATALOGUE.iter().find(|built_in| built_in.id == id).expect("it is built in");
    match built_in.file().resolved {
        Resolved::Scenario(scenario) => Timeline::run(scenario),
        Resolved::Refused(refusal) => Timeline::run(refusal.scenario),
    }
}

/// Ids in one broker's log as the engine holds it.
fn ids(world: &World, broker: u8, partition: TopicPartition) -> BTreeSet<RecordId> {
    let replica = world.replica(BrokerId(broker), partition);
    replica
        .iter()
        .flat_map(|replica| replica.log.iter())
        .flat_map(|entry| world.records(entry.batch))
        .collect()
}

/// Ids in any log.
fn anywhere(world: &World, partition: TopicPartition) -> BTreeSet<RecordId> {
    (1..=world.config().cluster.brokers).flat_map(|broker| ids(world, broker, partition)).collect()
}

/// What captions say is missing is missing from the logs that the engine holds at that moment.
#[test]
fn what_is_said_to_be_lost_is_in_no_log() {
    let (mut elections, mut cuts, mut harmless) = (0, 0, 0);
    for built_in in CATALOGUE {
        let timeline = run(built_in.id);
        let story = Story::of(timeline.trace(), timeline.last());
        let mut cursor = Cursor::new(&timeline);
        for beat in &story.beats {
            let acked = || -> BTreeSet<RecordId> {
                let before = timeline.trace().observations.iter().take_while(|o| o.step.0 < beat.step.0);
                before
                    .filter_map(|o| match o.fact {
                        Fact::Acked { record, .. } => Some(record),
                        _ => None,
                    })
                    .collect()
            };
            let place = format!("{} at step {}", built_in.id, beat.step.0);
            match beat.fact {
                Fact::Truncated { partition, .. } | Fact::UnflushedLost { partition, .. } => {
                    cursor.seek(&timeline, StepNo(beat.step.0 - 1));
                    let before = anywhere(cursor.world(), partition);
                    cursor.seek(&timeline, beat.step);
                    let after = anywhere(cursor.world(), partition);
                    let lost = before.difference(&after).filter(|id| acked().contains(id)).count();
                    // One step may take it from several brokers, one after the other.
                    let cut_here = |other: &&Beat| match other.fact {
                        Fact::Truncated { partition: cut, .. }
                        | Fact::UnflushedLost { partition: cut, .. } => {
                            other.step == beat.step && cut == partition
                        }
                        _ => false,
                    };
                    let said: u32 =
                        story.beats.iter().filter(cut_here).map(|beat| beat.context.acked_missing).sum();
                    assert_eq!(said as usize, lost, "{place}");
                    *if lost > 0 { &mut cuts } else { &mut harmless } += 1;
                }
                Fact::BecameLeader { partition, .. } if partition.is_events() => {
                    cursor.seek(&timeline, beat.step);
                    let broker = beat.node.broker().expect("a broker leads").0;
                    let there = ids(cursor.world(), broker, partition);
                    let of_partition = timeline.trace().observations.iter().filter_map(|o| match o.fact {
                        Fact::Appended { batch, partition: home, .. } if home == partition => Some(batch),
                        _ => None,
                    });
                    let appended: BTreeSet<RecordId> =
                        of_partition.flat_map(|batch| timeline.last().records(batch)).collect();
                    let missing =
                        acked().iter().filter(|id| appended.contains(id) && !there.contains(id)).count();
                    assert_eq!(beat.context.acked_missing as usize, missing, "{place}");
                    elections += u32::from(missing > 0);
                }
                _ => {}
            }
        }
    }
    assert!(
        elections > 5 && cuts > 5 && harmless > 5,
        "{elections} elections, {cuts} cuts, {harmless} harmless"
    );
}

/// What a dead node's peers asked it in vain is no step of the story; what a fault was told to drop is.
#[test]
fn a_lost_message_is_told_of_where_it_matters() {
    let said = |id: &str| -> Vec<String> {
        let timeline = run(id);
        let story = Story::of(timeline.trace(), timeline.last());
        let lost = story.beats.iter().filter(|beat| matches!(beat.fact, Fact::MessageLost { .. }));
        lost.filter_map(|beat| story.words(beat, Lang::En)).map(|caption| caption.strong).collect()
    };
    assert_eq!(said("retries-3-request-lost"), ["The ProduceRequest from the shop to broker-1 is lost."]);
    assert!(said("opening").iter().all(|caption| caption.contains("Produce")), "{:?}", said("opening"));
}

/// The captions of facts of a kind.
fn captions_of(id: &str, is: fn(&Fact) -> bool) -> Vec<String> {
    let timeline = run(id);
    let story = Story::of(timeline.trace(), timeline.last());
    let beats = story.beats.iter().filter(|beat| is(&beat.fact));
    beats.filter_map(|beat| story.words(beat, Lang::En)).map(|caption| caption.strong).collect()
}

#[test]
fn captions_tell_apart_what_one_fact_can_mean() {
    let disk = |id| captions_of(id, |fact| matches!(fact, Fact::DiskFailed { .. }));
    assert_eq!(disk("disk-fails"), ["The disk of broker-1 fails."]);
    assert_eq!(disk("acks-all-slow-disk"), ["The disk of broker-2 becomes slow."]);
    let rolled_back = |id| captions_of(id, |fact| matches!(fact, Fact::RolledBack { .. }));
    assert_eq!(rolled_back("one-transaction"), ["The transaction is rolled back."]);
    assert_eq!(rolled_back("call-with-key"), ["The call changes nothing at the bank."]);
}

#[test]
fn a_producer_that_has_just_started_has_no_full_memory() {
    let rest = |timeline: &Timeline| -> Vec<String> {
        let story = Story::of(timeline.trace(), timeline.last());
        let beats = story.beats.iter().filter(|beat| matches!(beat.fact, Fact::SendBlocked { .. }));
        beats.filter_map(|beat| story.words(beat, Lang::En)).map(|caption| caption.rest).collect()
    };
    let at_first = "The producer has just started and first asks which broker leads.";
    for built_in in CATALOGUE {
        // Refused settings send nothing.
        if let Some(said) = rest(&run(built_in.id)).first() {
            assert_eq!(said, at_first, "{}", built_in.id);
        }
    }
    let mut scenario = run("calm").scenario().clone();
    let producer = &mut scenario.config.producer;
    (producer.buffer_memory, producer.every, producer.wait_each) = (250, 0, false);
    let said = rest(&Timeline::run(scenario));
    assert_eq!(said[0], at_first);
    assert!(said.len() > 1 && said[1..].iter().all(|rest| rest.contains("memory is full")), "{said:?}");
}

//! Logs and the leader's rules, on their own.

use super::log::{Admission, Log};
use super::replica::{FollowerState, Leadership};
use crate::sim::batch::Arena;
use crate::sim::hash::draw_between;
use crate::sim::ids::{BatchId, BrokerId, BrokerSet, ProducerIdAndEpoch, RecordId, Time, TopicPartition, ms};
use crate::sim::message::{EpochEnd, Error};

const P0: TopicPartition = TopicPartition::events(0);
const PRODUCER: ProducerIdAndEpoch = ProducerIdAndEpoch { id: 7, epoch: 0 };

fn batch(arena: &mut Arena, sequence: i32, producer: ProducerIdAndEpoch) -> BatchId {
    let record = RecordId::new(1, sequence as u32 + 1);
    arena.add_records(P0, [record], Some(producer), sequence, Time(ms(sequence as u64)), 70)
}

/// A log with a batch for each epoch given.
fn log_of(arena: &mut Arena, epochs: &[u32]) -> Log {
    let mut log = Log::default();
    for (sequence, epoch) in epochs.iter().enumerate() {
        let id = batch(arena, sequence as i32, PRODUCER);
        log.append(arena, id, *epoch, usize::MAX);
    }
    log
}

/// T-B7, T-B8: the death of a process takes nothing; a loss of power takes what was not flushed, no more.
#[test]
fn power_loss_takes_the_unflushed_suffix() {
    let mut arena = Arena::default();
    let mut log = log_of(&mut arena, &[0, 0, 1, 1]);
    log.set_high_watermark(4);
    log.checkpoint_high_watermark();
    log.flush(3, Time(9));
    let mut killed = log.clone();
    killed.load(&arena, false);
    assert_eq!((killed.end(), killed.high_watermark()), (4, 4));
    assert_eq!(log.lose_power(&arena), 4);
    log.load(&arena, false);
    assert_eq!((log.end(), log.flushed(), log.high_watermark()), (3, 3, 3));
    assert_eq!(log.epochs(), [(0, 0), (1, 2)]);
}

/// A process that starts anew knows of a producer what the newest snapshot says, and the batches behind it. A
/// snapshot has its last batch alone; where the log begins there is none.
#[test]
fn a_snapshot_has_the_last_batch_alone() {
    let mut arena = Arena::default();
    let mut log = Log::default();
    let ids = [0, 1, 2, 3].map(|sequence| batch(&mut arena, sequence, PRODUCER));
    for id in ids {
        log.maybe_roll(arena.batch(id).timestamp, ms(1));
        log.append(&arena, id, 0, usize::MAX);
    }
    log.set_high_watermark(4);
    let known = |log: &Log| ids.map(|id| matches!(log.admit(arena.batch(id)), Admission::Duplicate(_)));
    assert_eq!(known(&log), [true; 4]);
    let mut clean = log.clone();
    clean.load(&arena, true);
    assert_eq!(known(&clean), [false, false, false, true]);
    let mut killed = log.clone();
    killed.load(&arena, false);
    assert_eq!(known(&killed), [false, true, true, true], "the segment in use begins behind the second one");
    assert!(log.delete_old(Time(ms(100)), ms(3)));
    assert_eq!((log.start(), known(&log)), (4, [true; 4]), "what is deleted is remembered");
    for clean in [false, true] {
        let mut log = log.clone();
        log.load(&arena, clean);
        assert_eq!(log.admit(arena.batch(ids[0])), Admission::New, "the producer is not known any more");
    }
}

/// Only whole segments go, the oldest first, and only what is committed; what is remembered of a producer stays.
#[test]
fn old_segments_are_deleted_whole() {
    let mut arena = Arena::default();
    let mut log = Log::default();
    for sequence in 0..4 {
        let id = batch(&mut arena, sequence, PRODUCER);
        log.maybe_roll(arena.batch(id).timestamp, ms(1));
        log.append(&arena, id, 0, usize::MAX);
    }
    log.set_high_watermark(3);
    assert!(!log.delete_old(Time(ms(5)), ms(10)), "nothing is old enough");
    assert!(log.delete_old(Time(ms(5)), ms(3)), "the first two, not the younger two");
    assert_eq!((log.start(), log.end(), log.entries().len()), (2, 4, 2));
    assert!(!log.delete_old(Time(ms(100)), ms(3)), "the last one is not committed");
    log.set_high_watermark(4);
    assert!(log.delete_old(Time(ms(100)), ms(3)), "the segment in use is closed and deleted as well");
    assert_eq!((log.start(), log.end(), log.entries().len()), (4, 4, 0));
    assert_eq!(log.epochs(), [(0, 4)]);
    assert_eq!(log.admit(arena.batch(BatchId(3))), Admission::Duplicate(3));
    assert!(!log.delete_old(Time(ms(200)), ms(3)), "an empty segment stays");
}

/// After a start the high watermark is what the checkpoint file says, so it may be lower than what was seen.
#[test]
fn high_watermark_after_a_start_is_the_checkpointed_one() {
    let mut arena = Arena::default();
    let mut log = log_of(&mut arena, &[0, 0, 0]);
    log.set_high_watermark(1);
    log.checkpoint_high_watermark();
    log.set_high_watermark(3);
    log.load(&arena, false);
    assert_eq!(log.high_watermark(), 1);
}

/// T-B12: exactly the last five batches are known.
#[test]
fn five_batches_of_a_producer_are_remembered() {
    let mut arena = Arena::default();
    let log = log_of(&mut arena, &[0; 7]);
    let mut admit = |sequence| {
        let id = batch(&mut arena, sequence, PRODUCER);
        log.admit(arena.batch(id))
    };
    assert_eq!(admit(1), Admission::Refused(Error::OutOfOrderSequenceNumber));
    assert_eq!(admit(2), Admission::Duplicate(2));
    assert_eq!(admit(6), Admission::Duplicate(6));
    assert_eq!(admit(7), Admission::New);
    assert_eq!(admit(8), Admission::Refused(Error::OutOfOrderSequenceNumber));
}

#[test]
fn a_new_epoch_begins_at_zero_and_an_old_one_is_refused() {
    let mut arena = Arena::default();
    let mut log = log_of(&mut arena, &[0, 0]);
    let bumped = ProducerIdAndEpoch { epoch: 1, ..PRODUCER };
    let late = batch(&mut arena, 1, bumped);
    assert_eq!(log.admit(arena.batch(late)), Admission::Refused(Error::OutOfOrderSequenceNumber));
    let first = batch(&mut arena, 0, bumped);
    assert_eq!(log.admit(arena.batch(first)), Admission::New);
    log.append(&arena, first, 0, usize::MAX);
    let old = batch(&mut arena, 2, PRODUCER);
    assert_eq!(log.admit(arena.batch(old)), Admission::Refused(Error::InvalidProducerEpoch));
}

/// What a follower remembers of a producer is what its log holds, also after a truncation.
#[test]
fn truncation_forgets_sequences_that_are_gone() {
    let mut arena = Arena::default();
    let mut log = log_of(&mut arena, &[0, 0, 0]);
    log.truncate_to(&arena, 2, false);
    let again = batch(&mut arena, 2, PRODUCER);
    assert_eq!(log.admit(arena.batch(again)), Admission::New);
}

/// A producer is forgotten by the age of its last record. Then any sequence of it is new, one that is in the log too
/// (S33). A start without a clean shutdown reads the log, and so remembers it again.
#[test]
fn a_forgotten_producer_may_say_anything() {
    let mut arena = Arena::default();
    let mut log = log_of(&mut arena, &[0, 0, 0]);
    let [again, far] = [2, 40].map(|sequence| batch(&mut arena, sequence, PRODUCER));
    let (again, far) = (*arena.batch(again), *arena.batch(far));
    assert!(log.forget_producers(Time(ms(2) + 9_999), 10_000).is_empty());
    assert_eq!(log.admit(&again), Admission::Duplicate(2));
    assert_eq!(log.admit(&far), Admission::Refused(Error::OutOfOrderSequenceNumber));
    assert_eq!(log.forget_producers(Time(ms(2) + 10_000), 10_000), [PRODUCER.id]);
    assert_eq!((log.admit(&again), log.admit(&far)), (Admission::New, Admission::New));
    log.load(&arena, true);
    assert_eq!(log.admit(&again), Admission::New);
    log.load(&arena, false);
    assert_eq!(log.admit(&again), Admission::Duplicate(2));
}

/// T-B10: for any two histories the follower's cuts end, with logs that agree (KIP-101, KIP-279).
#[test]
fn divergence_ends_with_equal_logs() {
    for seed in 0..2_000 {
        let mut arena = Arena::default();
        let history = |who: u64| -> Vec<u32> {
            let length = draw_between(0, 8, &[seed, who, 1]);
            let mut epoch = 0;
            (0..length)
                .map(|n| {
                    // Epochs of both interleave, so that each may know some that the other does not.
                    epoch += draw_between(0, 2, &[seed, who, 2, n]) as u32;
                    epoch
                })
                .collect()
        };
        // An epoch has one leader, so what both have of it is the same: a shared part, then own epochs.
        let shared = history(0);
        let own = |who: u64, parity: u32| {
            let base = shared.last().copied().unwrap_or(0) + 1;
            let tail = history(who).into_iter().map(move |epoch| (base + epoch) * 2 + parity);
            shared.iter().map(|epoch| epoch * 2).chain(tail).collect::<Vec<_>>()
        };
        let leader = log_of(&mut arena, &own(1, 0));
        let mut follower = log_of(&mut arena, &own(2, 1));
        for _ in 0..20 {
            let Some(last) = follower.epoch_before(follower.end()) else { break };
            let known = leader.end_of_epoch(last);
            let agrees = known.epoch == Some(last) && known.end >= follower.end();
            if agrees {
                break;
            }
            // A leader that knows no such epoch answers OFFSET_OUT_OF_RANGE; the follower cuts to its end.
            let to = match known.epoch {
                None => leader.end().min(follower.end().saturating_sub(1)),
                Some(_) => follower.truncation_point(known).0,
            };
            assert!(to < follower.end(), "seed {seed}: a cut must make progress");
            follower.truncate_to(&arena, to, false);
        }
        let epochs = |log: &Log| log.entries().iter().map(|e| e.leader_epoch).collect::<Vec<_>>();
        let (ours, theirs) = (epochs(&follower), epochs(&leader));
        assert_eq!(ours[..], theirs[..ours.len()], "seed {seed}");
    }
}

/// The answer to a question about an epoch that the leader never had.
#[test]
fn end_of_an_unknown_epoch() {
    let mut arena = Arena::default();
    let log = log_of(&mut arena, &[1, 1, 4]);
    assert_eq!(log.end_of_epoch(4), EpochEnd { epoch: Some(4), end: 3 });
    assert_eq!(log.end_of_epoch(2), EpochEnd { epoch: Some(1), end: 2 });
    assert_eq!(log.end_of_epoch(0), EpochEnd { epoch: Some(0), end: 0 });
    assert_eq!(log.end_of_epoch(9).epoch, None);
}

/// 0.11 did not say of which epoch it speaks, and knew nothing of epochs before its first or after its last.
#[test]
fn end_of_an_epoch_by_kip_101() {
    let mut arena = Arena::default();
    let log = log_of(&mut arena, &[1, 1, 4]);
    let ends = [0, 1, 2, 3, 4, 9].map(|epoch| log.end_of_epoch_by_kip_101(epoch));
    assert_eq!(ends, [0, 2, 2, 2, 3, 0].map(|end| EpochEnd { epoch: None, end }));
}

/// T-B4: a follower with all that the leader has is in sync, however long ago it fetched.
#[test]
fn an_idle_follower_stays_in_sync() {
    let mut follower = FollowerState::default();
    follower.fetched(5, 5, Time(0), 1);
    assert!(follower.caught_up(5, Time(ms(99_000)), ms(3_000)));
    assert!(!follower.caught_up(6, Time(ms(3_001)), ms(3_000)));
}

/// A follower that always has what the leader had at its last fetch keeps up, though it never has all.
#[test]
fn a_follower_one_fetch_behind_is_in_sync() {
    let mut follower = FollowerState::default();
    for n in 0..10_u32 {
        follower.fetched(n, n + 1, Time(ms(1_000) * u64::from(n)), 1);
    }
    assert!(follower.caught_up(11, Time(ms(10_000)), ms(3_000)));
}

/// T-B5: a pending expand counts the new member already, a pending shrink keeps the old one.
#[test]
fn maximal_isr_holds_both() {
    let set = |ids: &[u8]| ids.iter().map(|id| BrokerId(*id)).collect::<BrokerSet>();
    let mut leadership = Leadership::new(set(&[1, 2]), 0, false, Time(0));
    leadership.pending = Some(set(&[1, 2, 3]));
    assert_eq!(leadership.maximal_isr(), set(&[1, 2, 3]));
    leadership.pending = Some(set(&[1]));
    assert_eq!(leadership.maximal_isr(), set(&[1, 2]));
}

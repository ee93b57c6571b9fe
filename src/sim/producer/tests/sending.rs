//! What the sender makes of answers, of silence and of time.

use super::super::accumulator::increment;
use super::super::idempotence::{Bumped, IdState, Idempotence, Tracked};
use super::rig::{Answer, P0, Rig, config};
use crate::sim::config::Mutant;
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerId, BrokerSet, NodeId, ProducerIdAndEpoch, Time, TopicPartition, ms};
use crate::sim::message::Error;

// Retries and order.

/// T-P4: cancelled from the oldest on, each pushed to the head (S13b, S13c).
#[test]
fn a_disconnect_reverses_what_was_in_flight() {
    let mut rig = Rig::with(|c| (c.every, c.max_in_flight, c.records) = (ms(20), 3, 6));
    rig.answers.extend([Answer::Silence; 3]);
    rig.run_to(Time(ms(200)));
    rig.reset(1);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.tried(), [1, 2, 3, 3, 2, 1, 4, 5, 6]);
}

#[test]
fn an_idempotent_producer_keeps_the_order() {
    let mut rig = Rig::with(|c| (c.every, c.max_in_flight, c.records, c.idempotence) = (ms(20), 3, 6, true));
    rig.answers.extend([Answer::Silence; 3]);
    rig.run_to(Time(ms(200)));
    rig.reset(1);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.tried(), [1, 2, 3, 1, 2, 3, 4, 5, 6]);
    assert_eq!(rig.attempts.iter().map(|a| a.sequence).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2, 3, 4, 5]);
    assert_eq!(rig.acked(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_mutant_forgets_the_order() {
    let mut rig = Rig::mutant(Mutant::RetriesOutOfSequence, |c| {
        (c.every, c.max_in_flight, c.records, c.idempotence) = (ms(20), 3, 4, true);
    });
    rig.answers.extend([Answer::Silence; 3]);
    rig.run_to(Time(ms(200)));
    rig.reset(1);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.tried(), [1, 2, 3, 3, 2, 1, 4]);
}

#[test]
fn one_in_flight_is_never_overtaken() {
    let mut rig = Rig::with(|c| (c.every, c.max_in_flight, c.records) = (ms(20), 1, 4));
    rig.answers.extend([Answer::Refuse(Error::NotEnoughReplicas); 3]);
    rig.run_to(Time(ms(3_000)));
    assert_eq!(rig.tried(), [1, 1, 1, 1, 2, 3, 4]);
    let wait = |n: usize| rig.attempts[n].at.since(rig.attempts[n - 1].at) / 1000;
    assert!(
        (80..=122).contains(&wait(1)) && (160..=242).contains(&wait(2)) && (320..=482).contains(&wait(3))
    );
}

/// S13a
#[test]
fn without_idempotence_a_later_batch_overtakes_a_failing_one() {
    let mut rig = Rig::with(|c| (c.every, c.records) = (ms(20), 3));
    rig.answers.extend([Answer::Refuse(Error::NotEnoughReplicas)]);
    rig.run_to(Time(ms(3_000)));
    // Nothing is drained past a batch that backs off; what is in flight already gets through.
    assert_eq!(rig.tried(), [1, 1, 2, 3]);
    let mut rig = Rig::with(|c| (c.every, c.records) = (0, 3));
    rig.answers.extend([Answer::Refuse(Error::NotEnoughReplicas)]);
    rig.run_to(Time(ms(3_000)));
    assert_eq!(rig.tried(), [1, 2, 3, 1]);
}

/// T-P2
#[test]
fn one_request_that_times_out_ends_all_of_its_connection() {
    let mut rig = Rig::with(|c| (c.every, c.records) = (ms(500), 3));
    rig.answers.extend([Answer::Silence; 3]);
    rig.run_to(Time(ms(1_990)));
    assert_eq!(rig.requests().len(), 3);
    rig.run_to(Time(ms(8_000)));
    let unanswered: Vec<Error> = rig
        .facts()
        .filter_map(|fact| match fact {
            Fact::ProduceUnanswered { error, .. } => Some(error),
            _ => None,
        })
        .collect();
    assert_eq!(unanswered, [Error::RequestTimedOut; 3]);
    assert_eq!(rig.tried(), [1, 2, 3, 3, 2, 1]);
}

/// The sleep in `NetworkClient.poll` is as long as the time-out and begins with each waking.
#[test]
fn a_time_out_is_noticed_at_the_next_waking_only() {
    let mut rig = Rig::with(|c| {
        (c.records, c.wait_each, c.request_timeout, c.delivery_timeout) = (2, true, ms(7_000), ms(8_000));
    });
    rig.answers.extend([Answer::Silence; 2]);
    rig.leader = (None, 0);
    rig.run_to(Time(ms(3_000)));
    rig.leader = (Some(BrokerId(1)), 1);
    rig.run_to(Time(ms(14_900)));
    // The first expired after 8 s. Its request, sent after 3 or 4 s, timed out 7 s later, unnoticed.
    assert_eq!(rig.tried(), [1, 2]);
    assert!(rig.attempts[0].at < Time(ms(4_200)));
    rig.run_to(Time(ms(15_500)));
    assert_eq!(rig.tried(), [1, 2, 2]);
}

#[test]
fn retries_are_counted() {
    let mut rig = Rig::with(|c| (c.records, c.retries) = (1, 2));
    rig.otherwise = Answer::Refuse(Error::NotEnoughReplicas);
    rig.run_to(Time(ms(5_000)));
    assert_eq!(rig.tried(), [1, 1, 1]);
    assert_eq!(rig.outcomes(), [(1, Some(Error::NotEnoughReplicas))]);
}

/// KIP-951: the broker names the new leader, and the batch goes there without a wait.
#[test]
fn a_named_leader_is_asked_at_once() {
    let mut rig = Rig::with(|c| c.records = 1);
    rig.answers.extend([Answer::NotLeader(BrokerId(2), 1)]);
    rig.leader = (Some(BrokerId(1)), 0);
    rig.run_to(Time(ms(60)));
    rig.leader = (Some(BrokerId(2)), 1);
    rig.run_to(Time(ms(500)));
    assert_eq!(rig.attempts.iter().map(|a| a.broker).collect::<Vec<_>>(), [1, 2]);
    assert!(rig.attempts[1].at.since(rig.attempts[0].at) < ms(10));
}

#[test]
fn after_a_disconnect_the_new_leader_is_found_by_metadata() {
    let mut rig = Rig::with(|c| (c.records, c.wait_each) = (2, true));
    rig.answers.extend([Answer::Ok, Answer::Silence]);
    rig.run_to(Time(ms(150)));
    rig.down = BrokerSet::of(BrokerId(1));
    rig.leader = (None, 1);
    rig.reset(1);
    rig.run_to(Time(ms(3_000)));
    assert_eq!(rig.tried(), [1, 2]);
    rig.leader = (Some(BrokerId(3)), 2);
    rig.run_to(Time(ms(4_200)));
    assert_eq!(rig.attempts.last().unwrap().broker, 3);
    assert_eq!(rig.acked(), [1, 2]);
}

// Delivery time-out.

/// T-P1
#[test]
fn the_deadline_runs_from_the_creation_of_the_batch() {
    let mut rig = Rig::with(|c| {
        (c.records, c.linger, c.request_timeout, c.delivery_timeout) = (1, ms(600), ms(300), ms(1_000));
        c.batch_size = 16_384;
    });
    rig.otherwise = Answer::Silence;
    rig.run_to(Time(ms(1_100)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::RequestTimedOut))]);
    assert!(rig.facts().any(|fact| matches!(fact, Fact::BatchExpired { batch: Some(_), .. })));
}

/// T-P3: S18
#[test]
fn a_success_after_the_expiry_is_ignored() {
    let mut rig = Rig::with(|c| {
        (c.records, c.wait_each, c.request_timeout, c.delivery_timeout) = (2, true, ms(5_000), ms(1_000));
        c.idempotence = true;
    });
    rig.answers.extend([Answer::Late(ms(1_500))]);
    rig.run_to(Time(ms(4_000)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::RequestTimedOut)), (2, None)]);
    assert_eq!(rig.sequences(), [(0, 0), (0, 1)]);
}

/// Never sent: known not to be written.
#[test]
fn a_batch_can_expire_without_having_been_sent() {
    let mut rig = Rig::with(|c| (c.records, c.delivery_timeout) = (3, ms(1_500)));
    rig.run_to(Time(ms(50)));
    rig.down = (1..=3).map(BrokerId).collect();
    (1..=3).for_each(|broker| rig.reset(broker));
    rig.run_to(Time(ms(90)));
    rig.run_to(Time(ms(4_000)));
    assert_eq!(rig.tried(), [1]);
    assert!(!rig.facts().any(|fact| matches!(fact, Fact::BatchExpired { batch: Some(_), .. })));
}

// Idempotence.

/// T-P8: an expired batch that had been sent twice leaves its sequence open; with nothing in flight any more
/// the gap is real, and a new epoch begins (S18a).
#[test]
fn an_unknown_outcome_ends_in_a_new_epoch() {
    let mut rig = Rig::with(|c| {
        (c.records, c.wait_each, c.idempotence) = (3, true, true);
        (c.request_timeout, c.delivery_timeout) = (ms(500), ms(1_300));
    });
    rig.answers.extend([Answer::Ok, Answer::Silence, Answer::Silence, Answer::Silence]);
    rig.run_to(Time(ms(5_000)));
    assert_eq!(rig.outcomes(), [(1, None), (2, Some(Error::RequestTimedOut)), (3, None)]);
    assert_eq!(rig.sequences().last(), Some(&(1, 0)));
    assert!(rig.facts().any(|fact| fact == Fact::SequenceUnresolved { partition: P0 }));
    assert!(rig.facts().any(|fact| fact == Fact::ProducerEpochBumped { partition: P0, epoch: 1 }));
}

/// A batch that expires during its first attempt is not marked so: its successor meets a gap (S18d).
#[test]
fn an_expiry_in_the_first_attempt_poisons_the_next_record() {
    let mut rig = Rig::with(|c| {
        (c.records, c.wait_each, c.idempotence) = (3, true, true);
        (c.request_timeout, c.delivery_timeout) = (ms(1_600), ms(2_000));
    });
    rig.answers.extend([Answer::Silence; 2]);
    rig.answers.extend([Answer::Refuse(Error::OutOfOrderSequenceNumber); 2]);
    rig.leader = (None, 0);
    rig.run_to(Time(ms(700)));
    rig.leader = (Some(BrokerId(1)), 1);
    rig.run_to(Time(ms(9_000)));
    let late = Some(Error::RequestTimedOut);
    assert_eq!(rig.outcomes(), [(1, late), (2, late), (3, None)]);
    assert_eq!(rig.sequences(), [(0, 0), (0, 1), (0, 1), (0, 1), (1, 0)]);
}

/// S32: the broker lost acknowledged data; the producer goes on in a new epoch and says nothing.
#[test]
fn a_gap_behind_the_last_ack_ends_in_a_new_epoch() {
    let mut rig = Rig::with(|c| (c.records, c.wait_each, c.idempotence) = (4, true, true));
    rig.answers.extend([Answer::Ok, Answer::Ok, Answer::Refuse(Error::OutOfOrderSequenceNumber)]);
    rig.run_to(Time(ms(3_000)));
    assert_eq!(rig.sequences(), [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]);
    assert_eq!(rig.acked(), [1, 2, 3, 4]);
}

#[test]
fn an_earlier_batch_that_fails_too_is_waited_for() {
    let mut rig = Rig::with(|c| (c.every, c.records, c.idempotence) = (0, 3, true));
    rig.answers.extend([
        Answer::Refuse(Error::NotEnoughReplicas),
        Answer::Refuse(Error::OutOfOrderSequenceNumber),
        Answer::Refuse(Error::OutOfOrderSequenceNumber),
    ]);
    rig.run_to(Time(ms(3_000)));
    assert_eq!(rig.sequences(), [(0, 0), (0, 1), (0, 2), (0, 0), (0, 1), (0, 2)]);
    assert_eq!(rig.acked(), [1, 2, 3]);
}

/// T-P8: the partition that asks for a new epoch is renumbered; the others keep their sequences until nothing
/// of theirs is in flight.
#[test]
fn an_epoch_bump_renumbers_only_the_partition_that_needs_it() {
    const P1: TopicPartition = TopicPartition::events(1);
    let old = ProducerIdAndEpoch { id: 7, epoch: 0 };
    let new = ProducerIdAndEpoch { epoch: 1, ..old };
    let mut state = Idempotence::new(2);
    state.begin(old);
    for (partition, key, count) in [(P0, 0, 2), (P0, 1, 1), (P1, 2, 1), (P1, 3, 1)] {
        let (producer, base, moved) = state.assign(partition, count).unwrap();
        assert!(!moved);
        state.track(partition, Tracked { key, producer, base, count });
    }
    state.completed(P0, 0, 1);
    // The next one in line meets a gap: the broker lost what it had acknowledged.
    assert!(state.can_retry(P0, Error::OutOfOrderSequenceNumber, 2, false));
    let renumbered = vec![Tracked { key: 1, producer: new, base: 0, count: 1 }];
    assert_eq!(state.bump_if_required(Time(0)), [Bumped { partition: P0, producer: new, renumbered }]);
    assert_eq!(state.bump_if_required(Time(0)), []);
    assert!(state.may_drain(P0, Some(0)) && state.may_drain(P1, Some(0)) && !state.may_drain(P1, Some(1)));
    assert!(state.may_drain(P0, None) && !state.may_drain(P1, None));
    state.completed(P1, 2, 0);
    state.completed(P1, 3, 1);
    assert!(state.may_drain(P1, None));
    assert_eq!(state.assign(P1, 1), Some((new, 0, true)));
}

/// After the last epoch there is a new id, and the partition that asked waits for it.
#[test]
fn epochs_end() {
    let last = ProducerIdAndEpoch { id: 7, epoch: i16::MAX };
    let mut state = Idempotence::new(1);
    state.begin(last);
    let (producer, base, _) = state.assign(P0, 1).unwrap();
    state.track(P0, Tracked { key: 0, producer, base, count: 1 });
    assert!(state.can_retry(P0, Error::OutOfOrderSequenceNumber, 0, false));
    assert_eq!(state.bump_if_required(Time(5)), []);
    assert_eq!((state.id, state.may_drain(P0, Some(0))), (IdState::Wanted(Time(5)), false));
    let fresh = ProducerIdAndEpoch { id: 8, epoch: 0 };
    assert_eq!(state.begin(fresh)[0].renumbered, [Tracked { key: 0, producer: fresh, base: 0, count: 1 }]);
}

#[test]
fn sequences_begin_again_behind_the_last_one() {
    assert_eq!(
        (increment(i32::MAX, 1), increment(i32::MAX - 1, 1), increment(i32::MAX, 3)),
        (0, i32::MAX, 2)
    );
}

#[test]
fn an_old_epoch_fails_the_batch_and_begins_a_new_one() {
    let mut rig = Rig::with(|c| (c.records, c.wait_each, c.idempotence) = (2, true, true));
    rig.answers.extend([Answer::Refuse(Error::InvalidProducerEpoch)]);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::InvalidProducerEpoch)), (2, None)]);
    assert_eq!(rig.sequences(), [(0, 0), (1, 0)]);
}

// Size.

/// The first split makes parts of `batch.size`, which the batch fitted into already; the next ones halve.
#[test]
fn a_batch_too_large_for_the_broker_is_split() {
    for idempotent in [false, true] {
        let mut rig = Rig::with(|c| {
            (c.every, c.records, c.linger, c.idempotence) = (0, 8, ms(20), idempotent);
            (c.batch_size, c.retries) = (400, 1);
        });
        rig.answers.extend([Answer::Refuse(Error::MessageTooLarge); 2]);
        rig.run_to(Time(ms(500)));
        let all: Vec<u32> = (1..=8).collect();
        assert_eq!((&rig.attempts[0].records, &rig.attempts[1].records), (&all, &all));
        assert!(rig.attempts.len() > 3);
        assert_eq!((rig.acked(), &rig.tried()[16..]), (all.clone(), &all[..]));
        if idempotent {
            let parts = rig.attempts[1..].iter().map(|a| (a.records[0] as i32 - 1, a.sequence));
            parts.for_each(|(expected, sequence)| assert_eq!(sequence, expected));
        }
        assert_eq!(rig.facts().filter(|fact| matches!(fact, Fact::BatchSplit { .. })).count(), 2);
    }
}

#[test]
fn a_single_record_too_large_for_the_broker_fails() {
    let mut rig = Rig::with(|c| c.records = 1);
    rig.answers.extend([Answer::Refuse(Error::MessageTooLarge)]);
    rig.run_to(Time(ms(500)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::MessageTooLarge))]);
}

// Metadata.

/// With every known broker out of reach the client forgets the cluster, so that a later send() waits for
/// metadata, and fails without them.
#[test]
fn a_client_without_any_known_broker_begins_again_with_bootstrap() {
    let mut cfg = config(|c| {
        (c.records, c.wait_each, c.idempotence) = (3, true, true);
        (c.every, c.max_block) = (ms(1_000), ms(4_000));
    });
    cfg.cluster.brokers = 1;
    let mut rig = Rig::new(cfg);
    rig.run_to(Time(ms(500)));
    rig.down = BrokerSet::of(BrokerId(1));
    rig.reset(1);
    rig.run_to(Time(ms(20_000)));
    let late = Some(Error::RequestTimedOut);
    assert_eq!(rig.outcomes(), [(1, None), (2, late), (3, late)]);
    assert_eq!(rig.facts().filter(|fact| matches!(fact, Fact::Buffered { .. })).count(), 1);
    assert!(rig.attempts.len() == 1 && rig.producer.done());
}

/// `metadata.recovery.strategy=none`: it goes on trying the brokers that it knows, and send() does not wait.
#[test]
fn a_client_that_does_not_begin_again_keeps_what_it_knows() {
    let mut cfg = config(|c| {
        (c.records, c.wait_each, c.idempotence) = (3, true, true);
        (c.every, c.max_block, c.rebootstraps) = (ms(1_000), ms(4_000), false);
        c.delivery_timeout = ms(6_000);
    });
    cfg.cluster.brokers = 1;
    let mut rig = Rig::new(cfg);
    rig.run_to(Time(ms(500)));
    rig.down = BrokerSet::of(BrokerId(1));
    rig.reset(1);
    rig.run_to(Time(ms(20_000)));
    let late = Some(Error::RequestTimedOut);
    assert_eq!(rig.outcomes(), [(1, None), (2, late), (3, late)]);
    assert_eq!(rig.facts().filter(|fact| matches!(fact, Fact::Buffered { .. })).count(), 3);
    // Only the first waited, before anything was known.
    assert_eq!(rig.facts().filter(|fact| matches!(fact, Fact::SendBlocked { .. })).count(), 1);
}

#[test]
fn reconnecting_slows_down() {
    let mut rig = Rig::with(|c| c.records = 1);
    rig.run_to(Time(ms(50)));
    rig.down = (1..=3).map(BrokerId).collect();
    (1..=3).for_each(|broker| rig.reset(broker));
    rig.run_to(Time(ms(30_000)));
    let opened =
        rig.facts().filter(|fact| matches!(fact, Fact::ConnectionOpened { to: NodeId::Broker(_), .. }));
    let opened = opened.count();
    assert!((25..400).contains(&opened), "{opened} connections in 30 s");
}

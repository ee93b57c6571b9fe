//! The producer by itself: what it sends, when, and what it makes of the answers.

mod rig;

use super::memory::{CowQueue, Marks};
use super::partitioner::{murmur2, partition_of};
use super::size::{Text, record_size, upper_bound};
use crate::sim::client::Backoff;
use crate::sim::config::{Acks, Mutant};
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerId, BrokerSet, NodeId, RecordId, Time, TopicPartition, ms};
use crate::sim::message::Error;
use rig::{Answer, P0, Rig, config};

// Pure parts.

#[test]
fn murmur2_gives_kafkas_own_test_values() {
    for (text, hash) in [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ] {
        assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
    }
}

#[test]
fn a_records_text_is_its_id() {
    for record in [RecordId::new(1, 1), RecordId::new(3, 90), RecordId::new(2, RecordId::MAX_NUMBER)] {
        assert_eq!(Text::of(record).as_bytes(), record.to_string().as_bytes());
    }
    assert!((1..20).any(|n| partition_of(RecordId::new(1, n), 3) != partition_of(RecordId::new(1, 1), 3)));
}

/// With `batch.size=1` no second record fits into what the first one was given.
#[test]
fn the_smallest_batch_has_no_room_for_another_record() {
    for number in [1, 9, 10, 99, 100, 999_999] {
        let (first, next) = (RecordId::new(1, number), RecordId::new(1, number + 1));
        assert!(61 + record_size(first, 0, 0) + record_size(next, 1, 0) > upper_bound(first));
    }
}

/// T-P7
#[test]
fn a_backoff_doubles_with_a_fifth_of_jitter_up_to_its_limit() {
    let backoff = Backoff { initial: ms(100), max: ms(1_000) };
    for (attempts, least, most) in
        [(0, 80, 120), (1, 160, 240), (3, 640, 960), (4, 800, 1_000), (70, 800, 1_000)]
    {
        assert_eq!(backoff.with(attempts, |least, _| least), ms(least));
        assert_eq!(backoff.with(attempts, |_, most| most), ms(most));
    }
    let constant = Backoff { initial: ms(500), max: ms(300) };
    assert_eq!(constant.with(3, |least, _| least), ms(300));
}

#[test]
fn marks_know_the_first_number_without_one() {
    let mut marks = Marks::default();
    assert_eq!(marks.first_unmarked(), 1);
    [1, 2, 4, 200].into_iter().for_each(|n| marks.insert(n));
    assert_eq!((marks.first_unmarked(), marks.count()), (3, 4));
    marks.insert(3);
    assert_eq!(marks.first_unmarked(), 5);
    marks.remove(2);
    assert_eq!((marks.first_unmarked(), marks.count()), (2, 4));
}

#[test]
fn a_shared_queue_is_first_in_first_out() {
    let mut queue = CowQueue::default();
    (0..600).for_each(|n| queue.push(n));
    let copy = queue.clone();
    assert_eq!((0..600).map(|_| queue.pop().unwrap()).collect::<Vec<_>>(), (0..600).collect::<Vec<_>>());
    assert!(queue.is_empty() && queue.pop().is_none() && queue.back_mut().is_none());
    assert_eq!((copy.len(), copy.front()), (600, Some(&0)));
}

// The application.

#[test]
fn a_warm_producer_sends_its_first_record_at_once() {
    let mut rig = Rig::with(|c| c.idempotence = true);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.acked(), [1, 2, 3, 4, 5]);
    assert_eq!(rig.sequences(), [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)]);
    let sent: Vec<Time> = rig
        .trace
        .observations
        .iter()
        .filter(|o| matches!(o.fact, Fact::Sent { .. }))
        .map(|o| Time(u64::from(o.step.0)))
        .collect();
    assert_eq!(sent.len(), 5);
    assert!(rig.attempts[0].at < Time(ms(10)) && rig.producer.done());
    assert!(rig.attempts[1].at > Time(ms(100)) && rig.attempts[1].at < Time(ms(101)));
    let view = rig.producer.view();
    assert_eq!((view.sent, view.acked, view.failed, view.buffered, view.in_flight), (5, 5, 0, 0, 0));
}

#[test]
fn all_at_once_still_means_one_step_for_each_send() {
    let mut rig = Rig::with(|c| (c.every, c.batch_size) = (0, 16_384));
    rig.run_to(Time(ms(200)));
    let mut steps: Vec<u32> = rig
        .trace
        .observations
        .iter()
        .filter(|o| matches!(o.fact, Fact::Sent { .. } | Fact::Acked { .. }))
        .map(|o| o.step.0)
        .collect();
    steps.dedup();
    assert_eq!(steps.len(), 10);
    assert!(rig.attempts.len() < 5, "records that wait for metadata share a batch");
}

#[test]
fn waiting_for_each_sends_one_after_the_other() {
    let mut rig = Rig::with(|c| (c.wait_each, c.every) = (true, ms(100)));
    rig.answers.extend([Answer::Ok, Answer::Ok, Answer::Late(ms(500))]);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.tried(), [1, 2, 3, 4, 5]);
    let gap = |n: usize| rig.attempts[n].at.since(rig.attempts[n - 1].at) / 1000;
    assert!((97..=101).contains(&gap(1)) && (99..=101).contains(&gap(2)));
    assert!((500..=502).contains(&gap(3)), "the fourth waits for the third");
}

/// What the application sends again is a new record to the producer (S16).
#[test]
fn a_failed_record_is_sent_again_before_new_ones() {
    let mut rig = Rig::with(|c| (c.wait_each, c.resend, c.records, c.idempotence) = (true, 1, 3, true));
    rig.answers.extend([Answer::Ok, Answer::Refuse(Error::UnknownServerError)]);
    rig.run_to(Time(ms(2_000)));
    assert_eq!(rig.tried(), [1, 2, 2, 3]);
    assert_eq!(rig.outcomes()[1..3], [(2, Some(Error::UnknownServerError)), (2, None)]);
    // The broker refused it, so its sequence would be missing: a new epoch.
    assert_eq!(rig.sequences(), [(0, 0), (0, 1), (1, 0), (1, 1)]);
    let resends: Vec<u16> = rig
        .facts()
        .filter_map(|fact| match fact {
            Fact::Sent { resend, .. } => Some(resend),
            _ => None,
        })
        .collect();
    assert_eq!(resends, [0, 0, 1, 0]);
    assert_eq!(rig.producer.view().failed, 0);
}

#[test]
fn a_restarted_application_begins_with_the_first_record_never_acknowledged() {
    for (replay, first) in [(false, 3), (true, 1)] {
        let mut rig = Rig::with(|c| (c.wait_each, c.replay_on_restart) = (true, replay));
        rig.answers.extend([Answer::Ok, Answer::Ok, Answer::Silence]);
        rig.run_to(Time(ms(300)));
        rig.act(|producer, cx| producer.on_death(cx, false));
        rig.kernel.queue = Default::default();
        rig.kernel.network = Default::default();
        assert!(!rig.producer.done());
        rig.attempts.clear();
        rig.act(|producer, cx| producer.start(cx, false));
        rig.run_to(Time(ms(1_290)));
        assert!(rig.attempts.is_empty());
        rig.run_to(Time(ms(5_000)));
        assert_eq!(rig.tried(), (first..=5).collect::<Vec<_>>());
        assert!(rig.producer.done());
    }
}

#[test]
fn an_orderly_end_waits_for_what_is_buffered() {
    let mut rig = Rig::with(|c| (c.linger, c.batch_size) = (ms(10_000), 16_384));
    rig.run_to(Time(ms(250)));
    assert!(rig.attempts.is_empty() && rig.producer.view().buffered == 3);
    rig.act(|producer, cx| producer.on_stop(cx));
    rig.run_to(Time(ms(260)));
    assert_eq!((rig.acked(), rig.exited), (vec![1, 2, 3], true));
}

// send().

/// T-P10: without metadata a record never gets as far as the accumulator.
#[test]
fn a_send_without_metadata_fails_after_max_block_and_leaves_no_trace() {
    let mut rig = Rig::with(|c| (c.max_block, c.records, c.wait_each) = (ms(800), 2, true));
    rig.down = (1..=3).map(BrokerId).collect();
    rig.run_to(Time(ms(3_000)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::RequestTimedOut)), (2, Some(Error::RequestTimedOut))]);
    assert!(rig.attempts.is_empty() && !rig.facts().any(|fact| matches!(fact, Fact::Buffered { .. })));
    assert!(rig.producer.done());
}

#[test]
fn a_send_without_memory_waits_for_it_and_fails() {
    let mut rig = Rig::with(|c| (c.buffer_memory, c.every, c.max_block) = (250, 0, ms(500)));
    rig.otherwise = Answer::Silence;
    rig.run_to(Time(ms(1_900)));
    let failed = Some(Error::BufferExhausted);
    assert_eq!(rig.outcomes(), [(3, failed), (4, failed), (5, failed)]);
    rig.otherwise = Answer::Ok;
    rig.run_to(Time(ms(5_000)));
    assert_eq!(rig.outcomes().len(), 5);
    assert!(rig.producer.done());
}

#[test]
fn memory_that_comes_free_lets_a_send_go_on() {
    let mut rig = Rig::with(|c| (c.buffer_memory, c.every, c.records) = (250, 0, 40));
    rig.run_to(Time(ms(1_000)));
    assert_eq!(rig.acked(), (1..=40).collect::<Vec<_>>());
    assert!(rig.facts().any(|fact| matches!(fact, Fact::SendBlocked { .. })));
}

#[test]
fn a_record_above_max_request_size_fails_in_send() {
    let mut rig = Rig::with(|c| (c.max_request_size, c.records) = (90, 1));
    rig.run_to(Time(ms(500)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::MessageTooLarge))]);
}

#[test]
fn a_batch_is_sent_when_it_is_full_or_has_lingered() {
    let mut rig = Rig::with(|c| (c.every, c.records, c.linger, c.batch_size) = (0, 100, ms(50), 200));
    rig.run_to(Time(ms(1_000)));
    let counts: Vec<usize> = rig.attempts.iter().map(|attempt| attempt.records.len()).collect();
    assert_eq!(counts.iter().sum::<usize>(), 100);
    assert!(counts[..counts.len() - 1].iter().all(|n| (5..=8).contains(n)), "{counts:?}");
    assert!(rig.attempts.last().unwrap().at > Time(ms(50)));
}

#[test]
fn with_acks_0_success_is_the_hand_over_to_the_socket() {
    let mut rig = Rig::with(|c| (c.acks, c.records) = (Acks::None, 3));
    rig.run_to(Time(ms(150)));
    rig.silent = BrokerSet::of(BrokerId(1));
    rig.run_to(Time(ms(1_000)));
    assert_eq!((rig.acked(), rig.tried()), (vec![1, 2, 3], vec![1, 2]));
    assert!(rig.facts().any(|fact| matches!(fact, Fact::Acked { offset: None, .. })));
}

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

/// T-P8: partitions that did not ask for it keep their sequences until nothing of theirs is in flight.
#[test]
fn an_epoch_bump_renumbers_only_the_partition_that_needs_it() {
    let mut cfg = config(|c| (c.every, c.records, c.idempotence) = (0, 9, true));
    cfg.topic.partitions = 2;
    let of = |p: u8| {
        (1..=9).filter(|n| partition_of(RecordId::new(1, *n), 2) == TopicPartition::events(p)).count()
    };
    assert!(of(0) > 1 && of(1) > 1);
    let mut rig = Rig::new(cfg);
    rig.run_to(Time(ms(500)));
    let sequences = |p: u8| {
        let of_partition = rig.attempts.iter().filter(|a| a.partition == TopicPartition::events(p));
        of_partition.map(|a| (a.epoch, a.sequence)).collect::<Vec<_>>()
    };
    for p in 0..2 {
        assert_eq!(sequences(p), (0..of(p) as i32).map(|s| (0, s)).collect::<Vec<_>>());
    }
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

#[test]
fn a_batch_too_large_for_the_broker_is_split() {
    for idempotent in [false, true] {
        let mut rig = Rig::with(|c| {
            (c.every, c.records, c.linger, c.idempotence) = (0, 6, ms(20), idempotent);
            c.batch_size = 400;
        });
        rig.answers.extend([Answer::Refuse(Error::MessageTooLarge)]);
        rig.run_to(Time(ms(15)));
        // Smaller batches from here on, so that the parts differ from the whole.
        rig.producer.config.batch_size = 100;
        rig.producer.sender.accumulator.set_batch_size(100);
        rig.run_to(Time(ms(500)));
        assert_eq!(rig.attempts[0].records, [1, 2, 3, 4, 5, 6]);
        assert!(rig.attempts.len() > 2);
        assert_eq!(rig.acked(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(rig.tried()[6..], [1, 2, 3, 4, 5, 6]);
        if idempotent {
            let parts = rig.attempts[1..].iter().map(|a| (a.records[0] as i32 - 1, a.sequence));
            parts.for_each(|(expected, sequence)| assert_eq!(sequence, expected));
        }
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

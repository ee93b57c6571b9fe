//! The producer by itself: what it sends, when, and what it makes of the answers.

mod rig;
mod sending;

use super::memory::{CowQueue, Marks};
use super::partitioner::{murmur2, partition_of};
use super::size::{Text, record_size, upper_bound};
use crate::sim::client::Backoff;
use crate::sim::config::Acks;
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerId, BrokerSet, RecordId, Time, ms};
use crate::sim::message::Error;
use rig::{Answer, Rig};

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
    assert_eq!(rig.facts().filter(|fact| matches!(fact, Fact::Sent { .. })).count(), 5);
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

/// The network may still read from what an expired batch held (KAFKA-19012).
#[test]
fn a_batch_in_flight_keeps_its_memory_until_its_request_ends() {
    let mut rig = Rig::with(|c| {
        (c.buffer_memory, c.every, c.records, c.acks) = (100, 0, 2, Acks::Leader);
        (c.request_timeout, c.delivery_timeout) = (ms(3_000), ms(1_000));
    });
    rig.answers.extend([Answer::Late(ms(2_000))]);
    rig.run_to(Time(ms(1_900)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::RequestTimedOut))]);
    rig.run_to(Time(ms(2_100)));
    assert_eq!(rig.acked(), [2]);
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

/// Nothing waits for memory that there can never be: send() throws at once.
#[test]
fn a_batch_above_buffer_memory_is_refused_by_send() {
    let mut rig = Rig::with(|c| (c.buffer_memory, c.batch_size, c.records, c.every) = (1_000, 1_001, 2, 0));
    rig.run_to(Time(ms(100)));
    assert_eq!(rig.outcomes(), [(1, Some(Error::IllegalArgument)), (2, Some(Error::IllegalArgument))]);
    assert!(!rig.facts().any(|fact| matches!(fact, Fact::Buffered { .. })));
    let mut rig = Rig::with(|c| (c.buffer_memory, c.batch_size, c.records) = (1_000, 1_000, 2));
    rig.run_to(Time(ms(500)));
    assert_eq!(rig.acked(), [1, 2]);
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

use crate::check::log::LogVerdict;
use crate::check::outcomes::{Outcome, Outcomes};
use crate::check::price::{Latency, Prices};
use crate::sim::{Arena, Error, Fact, FaultId, NodeId, Observation, RecordId, StepNo, Time, TopicPartition};

const P1: NodeId = NodeId::Producer(1);

fn id(number: u32) -> RecordId {
    RecordId::new(1, number)
}

fn ids(numbers: &[u32]) -> Vec<RecordId> {
    numbers.iter().map(|n| id(*n)).collect()
}

fn sent(number: u32, resend: u16) -> Fact {
    Fact::Sent { record: id(number), partition: TopicPartition::events(0), resend }
}

fn acked(number: u32) -> Fact {
    Fact::Acked { record: id(number), offset: None }
}

fn failed(number: u32) -> Fact {
    Fact::Failed { record: id(number), error: Error::RequestTimedOut }
}

fn fold(facts: &[(u64, NodeId, Fact)]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for (at, node, fact) in facts {
        outcomes.observe(Time(*at), &Observation { step: StepNo(0), node: *node, fact: *fact });
    }
    outcomes
}

#[test]
fn what_was_acked_once_stays_acked() {
    let killed = Fact::Killed { fault: FaultId(0) };
    let outcomes = fold(&[
        (0, P1, sent(1, 0)),
        (1, P1, acked(1)),
        (2, P1, sent(2, 0)),
        (3, P1, failed(2)),
        (4, P1, sent(3, 0)),
        (5, P1, failed(3)),
        (6, P1, sent(3, 1)),
        (7, P1, acked(3)),
        (8, P1, sent(4, 0)),
        (9, P1, killed),
        (10, P1, sent(1, 0)),
    ]);
    let failed = Outcome::Failed(Error::RequestTimedOut);
    let expected = [Outcome::Acked, failed, Outcome::Acked, Outcome::Unknown];
    assert_eq!(outcomes.result(), (1..).map(id).zip(expected).collect::<Vec<_>>());
}

#[test]
fn unavailable_is_the_longest_wait_for_an_ack() {
    let facts = [
        (0, P1, sent(1, 0)),
        (100, P1, acked(1)),
        // Nothing open: this wait does not count.
        (5_000, P1, sent(2, 0)),
        (5_100, P1, sent(3, 0)),
        (5_200, P1, acked(2)),
        (5_900, P1, acked(3)),
    ];
    assert_eq!(fold(&facts).unavailable(Time(9_000)), 700);
    assert_eq!(fold(&facts[..4]).unavailable(Time(9_000)), 4_000, "still waiting at the end");
}

#[test]
fn a_verdict_is_drawn_from_the_logs() {
    let failed = Outcome::Failed(Error::RequestTimedOut);
    let result = [
        (id(1), Outcome::Acked),
        (id(2), Outcome::Acked),
        (id(3), failed),
        (id(4), failed),
        (id(5), Outcome::Unknown),
        (id(6), Outcome::Unknown),
    ];
    let log = [Some(ids(&[1, 3, 3])), Some(ids(&[5]))];
    let verdict = LogVerdict::of(&result, &log).expect("both are readable");
    assert_eq!(verdict.lost_after_ack, ids(&[2]));
    assert_eq!(verdict.ghost, ids(&[3]));
    assert_eq!(verdict.lost_unacked, ids(&[4, 6]));
    assert_eq!(verdict.duplicated_in_log, [(id(3), 2)]);
    assert_eq!(LogVerdict::of(&result, &[None]), None);
}

#[test]
fn out_of_order_is_who_stands_behind_a_later_one() {
    let order = |numbers: &[u32]| LogVerdict::of(&[], &[Some(ids(numbers))]).expect("readable").out_of_order;
    assert_eq!(order(&[1, 2, 3]), []);
    assert_eq!(order(&[3, 2, 1]), ids(&[1, 2]));
    assert_eq!(order(&[1, 2, 3, 3, 2, 1]), [], "copies behind their firsts");
}

#[test]
fn latency_by_nearest_rank() {
    let mut prices = Prices::default();
    let observe = |prices: &mut Prices, at, fact| {
        prices.observe(&Arena::default(), Time(at), &Observation { step: StepNo(0), node: P1, fact });
    };
    for n in 1..=100 {
        observe(&mut prices, 0, sent(n, 0));
        observe(&mut prices, u64::from(n), acked(n));
    }
    let price = prices.finish();
    assert_eq!(price.produce, Some(Latency { p50: 50, p99: 99 }));
    assert_eq!(price.end_to_end, None);
    assert_eq!(price.records_per_second, 1_000_000);
}

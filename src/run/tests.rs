use super::*;
use crate::sim::config::Resolved;
use crate::sim::{Fact, FaultId};

/// How many facts of a sort there were before the first fault fired.
fn before_fault(when: &str, wanted: impl Fn(&Fact) -> bool) -> usize {
    let text = format!(
        "format = 1\ntitle = \"t\"\n[topic]\npartitions = 3\n[producer]\ncount = 2\nrecords = 12\nwait = \"each\"\n\
         [consumer]\nmembers = 1\n\"auto.offset.reset\" = \"earliest\"\n\
         [[fault]]\nwhen = {{ {when} }}\ndo = \"pause\"\non = \"controller\"\n"
    );
    let Resolved::Scenario(scenario) = file::parse(&text).expect("a right file").resolved else {
        panic!("it can be run")
    };
    let run = simulate(&scenario);
    assert!(run.world.fired_at(FaultId(0)).is_some(), "{when} never held");
    let facts = run.trace.observations.iter().map(|observation| observation.fact);
    facts.take_while(|fact| !matches!(fact, Fact::FaultFired { .. })).filter(wanted).count()
}

#[test]
fn a_count_is_narrowed_by_producer_and_partition() {
    let sent_to = |p| {
        let when = format!("acked = 3, partition = {p}");
        before_fault(&when, |fact| matches!(fact, Fact::Sent { partition, .. } if partition.partition() == p))
    };
    for partition in 0..3 {
        assert!((3..=4).contains(&sent_to(partition)), "{}", sent_to(partition));
    }
    let acked = before_fault(
        "acked = 5, producer = 2",
        |fact| matches!(fact, Fact::Acked { record, .. } if record.producer() == 2),
    );
    assert_eq!(acked, 5);
    let applied = before_fault(
        "applied = 2, partition = 1, consumer = 1",
        |fact| matches!(fact, Fact::Delivered { partition, .. } if partition.partition() == 1),
    );
    assert_eq!(applied, 2);
}

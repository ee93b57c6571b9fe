//! The closed-form oracle against the simulation: what came out of a run must have a reason, and each reason must
//! be one for which it does come out.

use crate::rules::resolved;
use ackscope::check::{Because, Fall, Ordeals, Report, TABLE, Terms, because, report};
use ackscope::run::catalogue::{CATALOGUE, find};
use ackscope::run::{Run, simulate};
use ackscope::sim::config::{Mutant, Resolved};
use ackscope::sim::{ProcessState, RecordId, RoleView, Scenario, Trace, World};
use expect_test::expect;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Promises that broke for one reason only, and where that was first seen.
pub(crate) type Seen = BTreeMap<(Fall, Because), u64>;

/// What broke, record by record. A record is lost where somebody leads without it: what waits above the high
/// watermark is still there, and while nobody leads it may come back.
fn broken(world: &World, report: &Report) -> Vec<(RecordId, Fall)> {
    let Some(verdict) = &report.verdict else { return Vec::new() };
    let (mut broken, mut held, mut led) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for partition in world.config().partitions().filter(|partition| partition.is_events()) {
        let registration = world.registration(partition);
        let Some(leader) = registration.leader else { continue };
        let Some(replica) = world.replica(leader, partition) else { continue };
        let leads = matches!(replica.role, RoleView::Leader { .. })
            && replica.leader_epoch == registration.leader_epoch
            && world.process(leader.into()) == ProcessState::Running;
        if leads {
            led.insert(partition);
            held.extend(replica.log.iter().flat_map(|entry| world.records(entry.batch)));
        }
    }
    let all_led = led.len() == usize::from(world.config().topic.partitions);
    let lost = verdict.lost_after_ack.iter().filter(|record| all_led && !held.contains(record));
    broken.extend(lost.map(|record| (*record, Fall::LostAfterAck)));
    broken.extend(verdict.duplicated_in_log.iter().map(|(record, _)| (*record, Fall::Duplicated)));
    broken.extend(verdict.ghost.iter().map(|record| (*record, Fall::Ghost)));
    broken.extend(verdict.out_of_order.iter().map(|record| (*record, Fall::OutOfOrder)));
    broken
}

/// The first promise that broke without a reason. `seen` learns which broke for one reason only.
pub(crate) fn unexplained(
    world: &World,
    trace: &Trace,
    report: &Report,
    seed: u64,
    seen: &mut Seen,
) -> Option<(RecordId, Fall)> {
    let broken = broken(world, report);
    if broken.is_empty() {
        return None;
    }
    let ordeals = Ordeals::of(world, trace);
    for (record, fall) in broken {
        let ordeal = ordeals.get(record).expect("a verdict is about what was sent");
        match because(&Terms::of(world.config()), &ordeal, fall)[..] {
            [] => return Some((record, fall)),
            [only] => _ = seen.entry((fall, only)).or_insert(seed),
            _ => {}
        }
    }
    None
}

/// Too rare for random schedules; [`renumbering_may_store_a_record_twice`] shows it.
const RENUMBERED: (Fall, Because) = (Fall::Duplicated, Because::Renumbered);
/// Too rare for random schedules; [`a_leader_that_knows_nothing_takes_any_sequence`] shows it.
const ANY_SEQUENCE: (Fall, Because) = (Fall::OutOfOrder, Because::AnySequenceTaken);
/// Takes longer than random schedules last; the catalogue has it.
const FORGOTTEN: (Fall, Because) = (Fall::Duplicated, Because::ProducerForgotten);

/// Which reasons were never the only one.
pub(crate) fn never_alone(seen: &Seen) -> Vec<(Fall, Because)> {
    let all = TABLE.iter().flat_map(|(fall, reasons)| reasons.iter().map(|reason| (*fall, *reason)));
    let elsewhere = [RENUMBERED, ANY_SEQUENCE, FORGOTTEN];
    all.filter(|pair| !elsewhere.contains(pair) && !seen.contains_key(pair)).collect()
}

/// Runs a scenario in which a promise breaks for one reason only.
fn breaks_alone(text: &str, pair: (Fall, Because)) {
    let scenario = resolved(text);
    let Run { world, trace } = simulate(&scenario);
    let mut seen = Seen::new();
    let report = report(&scenario, &world, &trace);
    assert_eq!(unexplained(&world, &trace, &report, 0, &mut seen), None);
    assert!(seen.contains_key(&pair), "{:?}", report.verdict);
}

/// Two batches are on their way to the old leader when the producer hears of the new one, which gets the third. It
/// knows nothing of the producer, so it takes the third; the others come behind it (KIP-360).
#[test]
fn a_leader_that_knows_nothing_takes_any_sequence() {
    let text = r#"
format = 1
title = "Any sequence"
seed = 54585
[cluster]
brokers = 4
"broker.session.timeout.ms" = 3000
"leader.imbalance.check.interval.seconds" = 1
[producer]
count = 3
records = 3
"batch.size" = 1
retries = 10
[consumer]
[network]
latency_us = [1000, 60000]
[[fault]]
when = { sent = 5 }
do = "power-loss"
on = "broker-1"
restart_after_ms = 50
"#;
    breaks_alone(text, ANY_SEQUENCE);
}

/// The followers are cut off. The leader gives the first batch up while the producer stands still until that batch's
/// own time is over: it fails with its sequences given back, so a new epoch begins (`Sender.failBatch`). The second
/// one, which is in the log by then, loses its answer and is sent again under the new epoch.
#[test]
fn renumbering_may_store_a_record_twice() {
    let text = r#"
format = 1
title = "Renumbered"
[cluster]
brokers = 3
"replica.lag.time.max.ms" = 10000
[producer]
records = 2
every_ms = 1000
"linger.ms" = 0
"request.timeout.ms" = 3000
"delivery.timeout.ms" = 3100
[[fault]]
when = { at_us = 0 }
do = "cut"
on = "followers - leader"
for_ms = 3700
[[fault]]
when = { at_us = 2900000 }
do = "pause"
on = "producer-1"
for_ms = 400
[[fault]]
when = { at_us = 3400000 }
do = "reset"
on = "leader - producer-1"
"#;
    breaks_alone(text, RENUMBERED);
}

#[test]
fn the_catalogue_has_its_reasons() {
    let mut seen = Seen::new();
    for built_in in CATALOGUE {
        let Resolved::Scenario(scenario) = built_in.file().resolved else { continue };
        let Run { world, trace } = simulate(&scenario);
        let report = report(&scenario, &world, &trace);
        let unexplained = unexplained(&world, &trace, &report, 0, &mut seen);
        assert_eq!(unexplained, None, "{}", built_in.id);
    }
    assert!(seen.contains_key(&FORGOTTEN));
}

/// Whoever ended uncleanly must be out of ISR and ELR, or the oracle knows no reason for what is lost with it.
#[test]
fn with_elr_nothing_explains_a_loss_by_who_keeps_its_seat() {
    let built_in = find("last-replica-standing-elr").expect("it is built in");
    let Resolved::Scenario(mut scenario) = built_in.file().resolved else { panic!("nothing to be refused") };
    for (mutant, explained) in [(None, true), (Some(Mutant::UncleanStaysEligible), false)] {
        scenario.config.mutant = mutant;
        let Run { world, trace } = simulate(&scenario);
        let report = report(&scenario, &world, &trace);
        let unexplained = unexplained(&world, &trace, &report, 0, &mut Seen::new());
        assert_eq!(unexplained.is_none(), explained, "{mutant:?}: {unexplained:?}, {:?}", report.verdict);
    }
}

/// A way to lose replicas: S03 to S09 of what people ask for.
#[derive(Clone, Copy, Debug)]
struct Blow {
    acks: &'static str,
    min_isr: i64,
    power: bool,
    flushed: bool,
    elr: bool,
    unclean: bool,
    /// Brokers that are hit.
    hit: i64,
    /// All at once, or each when the one before is fenced.
    at_once: bool,
    /// The first one hit comes back first.
    first_back_first: bool,
}

impl Blow {
    fn all() -> Vec<Blow> {
        let mut all = Vec::new();
        for acks in ["0", "1", "all"] {
            for min_isr in 1..=3 {
                for hit in 1..=3 {
                    for bits in 0..64_u32 {
                        let bit = |n: u32| bits & 1 << n != 0;
                        all.push(Blow {
                            acks,
                            min_isr,
                            power: bit(0),
                            flushed: bit(1),
                            elr: bit(2),
                            unclean: bit(3),
                            hit,
                            at_once: bit(4),
                            first_back_first: bit(5),
                        });
                    }
                }
            }
        }
        all
    }

    fn scenario(self) -> Scenario {
        let Blow { acks, min_isr, elr, unclean, .. } = self;
        let flush = if self.flushed { "\"flush.messages\" = 1" } else { "" };
        let mut text = format!(
            r#"
format = 1
title = "A blow"
stop = {{ after_ms = 30000 }}
[cluster]
brokers = 3
"broker.session.timeout.ms" = 1500
"broker.heartbeat.interval.ms" = 300
"replica.lag.time.max.ms" = 3000
broker_start_ms = 300
"auto.leader.rebalance.enable" = false
"unclean.leader.election.enable" = {unclean}
"eligible.leader.replicas.version" = {elr}
[topic]
"min.insync.replicas" = {min_isr}
{flush}
[producer]
records = 10
every_ms = 300
acks = "{acks}"
"enable.idempotence" = false
"linger.ms" = 0
"batch.size" = 1
"request.timeout.ms" = 1000
"delivery.timeout.ms" = 4000
"#,
            elr = u8::from(elr),
        );
        // What is acknowledged by its leader alone must be seen to be with nobody else.
        text += r#"
[[fault]]
when = { acked = 3 }
do = "cut"
on = "followers - leader"
for_ms = 600
"#;
        let word = if self.power { "power-loss" } else { "kill" };
        let spacing = if self.at_once { 0 } else { 2500 };
        for n in 1..=self.hit {
            let turn = if self.first_back_first { n } else { 4 - n };
            let back = 9000 + 2500 * turn - spacing * (n - 1);
            _ = write!(
                text,
                r#"
[[fault]]
name = "f{n}"
when = {when}
do = "{word}"
on = "broker-{n}"
restart_after_ms = {back}
"#,
                when = if n == 1 {
                    "{ acked = 4 }".to_owned()
                } else {
                    format!("{{ after = \"f{}\", ms = {spacing} }}", n - 1)
                },
            );
        }
        resolved(&text)
    }

    /// What may not be lost by the settings alone: with all replicas in sync at the blow, one that is not hit has
    /// everything.
    fn safe(self) -> bool {
        self.acks == "all" && (self.hit < 3 || (!self.power || self.flushed) && !self.unclean)
    }
}

/// Settings against what hits the replicas: {acks} × {min ISR} × {kill, power loss} × {flushed or not} × {ELR} ×
/// {unclean election} × {one, two, three brokers}, at once or in turn, back in either order. Beside each row: in
/// how many of its runs (eight for a kill, four for a power loss), by unclean election off and on, something
/// acknowledged was lost. ELR makes no difference to any row. Rows of `acks=0`, and those without a loss, are left out.
#[test]
fn what_a_blow_takes() {
    let mut seen = Seen::new();
    // By what was done, the minimum ISR and ELR.
    let mut lost_runs: BTreeMap<(String, i64, bool), [u32; 2]> = BTreeMap::new();
    for (place, blow) in (0..).zip(Blow::all()) {
        let scenario = blow.scenario();
        let Run { world, trace } = simulate(&scenario);
        let report = report(&scenario, &world, &trace);
        let lost = broken(&world, &report).iter().any(|(_, fall)| *fall == Fall::LostAfterAck);
        assert!(!(lost && blow.safe()), "{blow:?} lost what it may not");
        assert_eq!(unexplained(&world, &trace, &report, place, &mut seen), None, "{blow:?}");
        let Blow { acks, min_isr, hit, elr, .. } = blow;
        let how = match (blow.power, blow.flushed) {
            (false, _) => "kill",
            (true, true) => "power, flushed",
            (true, false) => "power",
        };
        if acks != "0" {
            let row = (format!("acks={acks:<3} hit {hit} {how:<14}"), min_isr, elr);
            lost_runs.entry(row).or_default()[usize::from(blow.unclean)] += u32::from(lost);
        }
    }
    let mut rows: BTreeMap<(&str, [u32; 2]), Vec<String>> = BTreeMap::new();
    for ((what, min_isr, elr), lost) in &lost_runs {
        assert_eq!(lost, &lost_runs[&(what.clone(), *min_isr, !elr)], "{what}, min ISR {min_isr}: ELR");
        if !elr && *lost != [0, 0] {
            rows.entry((what, *lost)).or_default().push(min_isr.to_string());
        }
    }
    let table: String = rows
        .iter()
        .map(|((what, lost), min_isr)| format!("{what} min ISR {:<7} {lost:?}\n", min_isr.join(", ")))
        .collect();
    expect![[r#"
        acks=1   hit 1 kill           min ISR 1, 2, 3 [8, 8]
        acks=1   hit 1 power          min ISR 1, 2, 3 [4, 4]
        acks=1   hit 1 power, flushed min ISR 1, 2, 3 [4, 4]
        acks=1   hit 2 kill           min ISR 1, 2, 3 [8, 8]
        acks=1   hit 2 power          min ISR 1, 2, 3 [4, 4]
        acks=1   hit 2 power, flushed min ISR 1, 2, 3 [4, 4]
        acks=1   hit 3 kill           min ISR 1, 2, 3 [8, 6]
        acks=1   hit 3 power          min ISR 1, 2, 3 [4, 4]
        acks=1   hit 3 power, flushed min ISR 1, 2, 3 [4, 3]
        acks=all hit 3 kill           min ISR 1, 2    [0, 2]
        acks=all hit 3 power          min ISR 1, 2, 3 [4, 4]
        acks=all hit 3 power, flushed min ISR 1, 2    [0, 1]
    "#]]
    .assert_eq(&table);
}

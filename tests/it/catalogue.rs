//! Every built-in scenario comes out as its title says, whatever the latencies.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use ackscope::check::{Report, report};
use ackscope::run::catalogue::{BuiltIn, CATALOGUE, find};
use ackscope::run::file::parse;
use ackscope::run::simulate;
use ackscope::run::write::to_toml;
use ackscope::scene::Story;
use ackscope::sim::RecordId;
use ackscope::sim::config::Resolved;
use ackscope::sim::config::keys::Section;
use ackscope::sim::config::raw::RawValue;

const SEEDS: i64 = 20;

/// What comes of a scenario: numbers of producer-1's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outcome {
    lost_after_ack: &'static [u32],
    lost_unacked: &'static [u32],
    ghost: &'static [u32],
    duplicated_in_log: &'static [u32],
    out_of_order: &'static [u32],
    never_applied: &'static [u32],
    applied_twice: &'static [u32],
    /// Money on the accounts.
    balance: u64,
}

const NOTHING: Outcome = Outcome {
    lost_after_ack: &[],
    lost_unacked: &[],
    ghost: &[],
    duplicated_in_log: &[],
    out_of_order: &[],
    never_applied: &[],
    applied_twice: &[],
    balance: 0,
};

/// By id.
const EXPECTED: &[(&str, Outcome)] = &[
    ("opening", Outcome { lost_after_ack: &[6, 7, 8], balance: 180, ..NOTHING }),
    ("calm", Outcome { balance: 200, ..NOTHING }),
    ("acks-0-connection-reset", Outcome { lost_after_ack: &[4, 5, 6], balance: 140, ..NOTHING }),
    ("killed-before-flush", Outcome { lost_unacked: &[1, 2, 3, 4, 5], ..NOTHING }),
    ("timeout-is-no-no", Outcome { ghost: &[3], balance: 160, ..NOTHING }),
    ("retry-makes-a-copy", Outcome { duplicated_in_log: &[3], applied_twice: &[3], balance: 180, ..NOTHING }),
    ("retry-idempotent", Outcome { balance: 160, ..NOTHING }),
    ("leader-dies-before-ack", Outcome { balance: 160, ..NOTHING }),
    (
        "application-resends",
        Outcome { duplicated_in_log: &[3], applied_twice: &[3], balance: 180, ..NOTHING },
    ),
    ("refused-then-accepted", Outcome { out_of_order: &[3], balance: 120, ..NOTHING }),
    ("three-in-flight-reversed", Outcome { out_of_order: &[4, 5], balance: 160, ..NOTHING }),
    (
        "three-in-flight-copied",
        Outcome { duplicated_in_log: &[4, 5, 6], applied_twice: &[4, 5, 6], balance: 220, ..NOTHING },
    ),
    ("one-in-flight", Outcome { duplicated_in_log: &[4], applied_twice: &[4], balance: 180, ..NOTHING }),
    ("three-in-flight-idempotent", Outcome { balance: 160, ..NOTHING }),
    ("one-replica-killed", Outcome { balance: 200, ..NOTHING }),
    ("one-replica-power-loss", Outcome { lost_after_ack: &[1, 2, 3, 4, 5], balance: 100, ..NOTHING }),
    ("one-replica-power-loss-flushed", Outcome { balance: 200, ..NOTHING }),
    ("leader-dies-before-copy", Outcome { lost_after_ack: &[6, 7], balance: 200, ..NOTHING }),
    ("leader-power-loss", Outcome { balance: 240, ..NOTHING }),
    ("all-power-loss", Outcome { lost_after_ack: &[1, 2, 3, 4, 5], balance: 100, ..NOTHING }),
    ("isr-of-one", Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7], balance: 100, ..NOTHING }),
    ("last-replica-standing", Outcome { lost_after_ack: &[1, 2, 3, 4, 5], balance: 100, ..NOTHING }),
    ("last-replica-standing-elr", Outcome { balance: 200, ..NOTHING }),
    ("both-replicas-power-loss-elr", Outcome { lost_after_ack: &[1, 2, 3, 4, 5], balance: 100, ..NOTHING }),
    ("unclean-election", Outcome { lost_after_ack: &[4, 5, 6, 7, 8, 9], balance: 160, ..NOTHING }),
    ("zombie-leader", Outcome { lost_after_ack: &[4, 5, 6, 7, 8, 9], balance: 200, ..NOTHING }),
    ("zombie-leader-acks-all", Outcome { balance: 200, ..NOTHING }),
    ("commit-before-processing", Outcome { never_applied: &[3], balance: 80, ..NOTHING }),
    ("commit-after-processing", Outcome { applied_twice: &[3], balance: 120, ..NOTHING }),
    ("dedup-table", Outcome { applied_twice: &[3], balance: 120, ..NOTHING }),
    ("note-first", Outcome { never_applied: &[3], balance: 80, ..NOTHING }),
    ("one-transaction", Outcome { balance: 100, ..NOTHING }),
    ("version-in-message", Outcome { balance: 100, ..NOTHING }),
    ("version-reread", Outcome { applied_twice: &[3], balance: 120, ..NOTHING }),
];

fn run(scenario: &BuiltIn, seed: i64) -> Report {
    let mut raw = scenario.file().raw;
    raw.set(Section::Root, "seed", seed);
    let Ok(Resolved::Scenario(scenario)) = raw.resolve() else { panic!("{} can be run", scenario.id) };
    let run = simulate(&scenario);
    report(&scenario, &run.world, &run.trace)
}

fn numbers(ids: impl IntoIterator<Item = RecordId>) -> &'static [u32] {
    ids.into_iter().map(RecordId::number).collect::<Vec<u32>>().leak()
}

fn outcome(id: &str, report: &Report) -> Outcome {
    let verdict = report.verdict.clone().unwrap_or_else(|| panic!("{id} has no leader at the end"));
    let consumed = report.consumption.as_ref().unwrap_or_else(|| panic!("{id} has a consumer"));
    Outcome {
        lost_after_ack: numbers(verdict.lost_after_ack),
        lost_unacked: numbers(verdict.lost_unacked),
        ghost: numbers(verdict.ghost),
        duplicated_in_log: numbers(verdict.duplicated_in_log.iter().map(|(id, _)| *id)),
        out_of_order: numbers(verdict.out_of_order),
        never_applied: numbers(consumed.never_applied.clone().unwrap_or_default()),
        applied_twice: numbers(consumed.applied_twice.iter().map(|(id, _)| *id)),
        balance: consumed.balance_actual,
    }
}

#[test]
fn every_scenario_comes_out_as_expected_with_each_seed() {
    let mut wrong = String::new();
    for built_in in CATALOGUE {
        let expected = EXPECTED.iter().find(|(id, _)| *id == built_in.id);
        let (_, expected) = expected.unwrap_or_else(|| panic!("nothing is expected of {}", built_in.id));
        for seed in 1..=SEEDS {
            let report = run(built_in, seed);
            let got = outcome(built_in.id, &report);
            if got != *expected || !report.faults_never_fired.is_empty() {
                let unfired = &report.faults_never_fired;
                wrong += &format!("{} seed {seed}: {got:?}, never fired: {unfired:?}\n", built_in.id);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(CATALOGUE.len(), EXPECTED.len());
}

#[test]
fn every_scenario_is_found_by_its_id_and_survives_being_written() {
    for built_in in CATALOGUE {
        assert_eq!(find(built_in.id).map(|found| found.text), Some(built_in.text));
        let file = built_in.file();
        assert_eq!(parse(&to_toml(&file.raw)).expect("written right"), file, "{}", built_in.id);
        assert!(matches!(file.raw.get(Section::Root, "title"), Some(RawValue::Text(_))));
        assert!(file.raw.title().len() < 110, "{} has a long title", built_in.id);
    }
}

/// What plays when the page is opened: a reader gives it 20 to 25 seconds.
#[test]
fn the_first_scenario_is_short() {
    assert_eq!(CATALOGUE[0].id, "opening");
    let Resolved::Scenario(scenario) = CATALOGUE[0].file().resolved else { panic!("it can be run") };
    let run = simulate(&scenario);
    let screen = Story::of(&run.trace, &run.world).screen_of(run.world.steps());
    assert!((20_000_000..=25_000_000).contains(&screen), "{screen} µs on screen");
    assert!(scenario.config.producer.records <= 20);
}

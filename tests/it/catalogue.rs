//! Every built-in scenario comes out as its title says, whatever the latencies.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use ackscope::check::{Report, report};
use ackscope::run::catalogue::{BuiltIn, CATALOGUE, find};
use ackscope::run::file::parse;
use ackscope::run::simulate;
use ackscope::run::write::to_toml;
use ackscope::scene::Story;
use ackscope::sim::config::Resolved;
use ackscope::sim::{Micros, RecordId, Scenario};

const SEEDS: u64 = 20;
/// The page plays each within about 25 s, and at most seven more for what has to be read.
const MOST_ON_SCREEN: u64 = 33_000_000;

/// What comes of a scenario: numbers of producer-1's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub lost_after_ack: &'static [u32],
    pub lost_unacked: &'static [u32],
    pub ghost: &'static [u32],
    pub duplicated_in_log: &'static [u32],
    pub out_of_order: &'static [u32],
    pub never_applied: &'static [u32],
    pub applied_twice: &'static [u32],
    /// Money on the accounts.
    pub balance: u64,
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

/// By id, in the order of the catalogue.
const EXPECTED: &[(&str, Outcome)] = &[
    ("opening", Outcome { lost_after_ack: &[6, 7, 8], balance: 180, ..NOTHING }),
    ("calm", Outcome { balance: 200, ..NOTHING }),
    ("acks-0-connection-reset", Outcome { lost_after_ack: &[6, 7, 8], balance: 180, ..NOTHING }),
    ("acks-0-too-large", Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8], ..NOTHING }),
    ("acks-1-too-large", Outcome { lost_unacked: &[1, 2, 3, 4, 5], ..NOTHING }),
    ("killed-before-flush", Outcome { lost_unacked: &[1, 2, 3, 4, 5], ..NOTHING }),
    ("timeout-is-no-no", Outcome { ghost: &[6], balance: 240, ..NOTHING }),
    ("timeout-and-not-stored", Outcome { lost_unacked: &[6], balance: 220, ..NOTHING }),
    ("never-sent-expires", Outcome { lost_unacked: &[11, 12], balance: 200, ..NOTHING }),
    ("producer-killed-in-flight", Outcome { balance: 120, ..NOTHING }),
    ("retry-makes-a-copy", Outcome { duplicated_in_log: &[3], applied_twice: &[3], balance: 180, ..NOTHING }),
    ("reset-makes-a-copy", Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 260, ..NOTHING }),
    (
        "retries-3-answer-lost",
        Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 260, ..NOTHING },
    ),
    ("retries-3-request-lost", Outcome { balance: 240, ..NOTHING }),
    ("refused-then-accepted", Outcome { out_of_order: &[3], balance: 120, ..NOTHING }),
    ("three-in-flight-reversed", Outcome { out_of_order: &[6, 7], balance: 240, ..NOTHING }),
    (
        "three-in-flight-copied",
        Outcome { duplicated_in_log: &[6, 7, 8], applied_twice: &[6, 7, 8], balance: 300, ..NOTHING },
    ),
    ("one-in-flight", Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 260, ..NOTHING }),
    ("three-in-flight-idempotent", Outcome { balance: 240, ..NOTHING }),
    ("one-replica-killed", Outcome { balance: 300, ..NOTHING }),
    (
        "one-replica-power-loss",
        Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], balance: 100, ..NOTHING },
    ),
    ("one-replica-power-loss-flushed", Outcome { balance: 300, ..NOTHING }),
    ("one-partition-power-loss", Outcome { lost_after_ack: &[1, 3, 4, 6, 7, 8], balance: 240, ..NOTHING }),
    ("leader-dies-before-copy", Outcome { lost_after_ack: &[11, 12, 13, 14, 15], balance: 300, ..NOTHING }),
    ("leader-dies-before-copy-acks-all", Outcome { balance: 400, ..NOTHING }),
    ("clean-stop-acks-1", Outcome { balance: 400, ..NOTHING }),
    ("clean-stop-while-cut-off", Outcome { lost_after_ack: &[6, 7, 8, 9, 10], balance: 200, ..NOTHING }),
    ("isr-of-one", Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], balance: 100, ..NOTHING }),
    ("isr-of-one-killed", Outcome { balance: 300, ..NOTHING }),
    ("follower-cannot-fetch", Outcome { balance: 300, ..NOTHING }),
    (
        "follower-stuck-copies",
        Outcome { ghost: &[6], duplicated_in_log: &[6], applied_twice: &[6], balance: 160, ..NOTHING },
    ),
    ("min-isr-three", Outcome { balance: 240, ..NOTHING }),
    ("two-followers-down", Outcome { balance: 240, ..NOTHING }),
    ("acked-but-unreadable", Outcome { lost_after_ack: &[4, 5, 6, 7, 8, 9], balance: 160, ..NOTHING }),
    ("read-and-then-gone", Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9], balance: 280, ..NOTHING }),
    ("isr-falls-while-waiting", Outcome { ghost: &[6], balance: 240, ..NOTHING }),
    ("stored-and-refused", Outcome { ghost: &[6], balance: 240, ..NOTHING }),
    ("leader-power-loss", Outcome { balance: 400, ..NOTHING }),
    (
        "last-replica-standing",
        Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], balance: 100, ..NOTHING },
    ),
    ("last-replica-standing-elr", Outcome { balance: 300, ..NOTHING }),
    ("both-replicas-power-loss-elr", Outcome { lost_after_ack: &[1, 2, 3, 4, 5], balance: 100, ..NOTHING }),
    ("all-power-loss", Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], balance: 100, ..NOTHING }),
    (
        "unclean-election",
        Outcome { lost_after_ack: &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15], balance: 200, ..NOTHING },
    ),
    (
        "zombie-alone-in-isr",
        Outcome { lost_after_ack: &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15], balance: 200, ..NOTHING },
    ),
    (
        "truncated-below-the-consumer",
        Outcome { lost_after_ack: &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15], balance: 400, ..NOTHING },
    ),
    ("committed-and-cut", Outcome { lost_after_ack: &[4], balance: 60, ..NOTHING }),
    ("two-packets-at-one-offset", Outcome { lost_after_ack: &[2], balance: 40, ..NOTHING }),
    ("asked-once", Outcome { lost_after_ack: &[9, 10, 11, 12], balance: 240, ..NOTHING }),
    ("copy-of-an-older-epoch", Outcome { lost_after_ack: &[5], ghost: &[4], balance: 140, ..NOTHING }),
    (
        "gap-goes-on-silently",
        Outcome { lost_after_ack: &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15], balance: 200, ..NOTHING },
    ),
    ("expired-poisons-the-next", Outcome { lost_unacked: &[6, 7], balance: 160, ..NOTHING }),
    (
        "zombie-leader",
        Outcome { lost_after_ack: &[6, 7, 8, 9, 10, 11, 12, 13, 14, 15], balance: 200, ..NOTHING },
    ),
    ("zombie-leader-acks-all", Outcome { balance: 300, ..NOTHING }),
    ("commit-before-processing", Outcome { never_applied: &[5], balance: 180, ..NOTHING }),
    ("commit-after-processing", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("crash-before-effect", Outcome { balance: 200, ..NOTHING }),
    ("async-commits-lost", Outcome { applied_twice: &[3, 4, 5, 6, 7, 8], balance: 320, ..NOTHING }),
    ("auto-commit-crash", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("workers-lose", Outcome { never_applied: &[5, 6, 7, 8, 9, 10], balance: 80, ..NOTHING }),
    ("rebalance-without-commit", Outcome { applied_twice: &[1, 2, 3, 4, 5], balance: 260, ..NOTHING }),
    ("second-member-joins", Outcome { applied_twice: &[6, 7, 8, 9], balance: 260, ..NOTHING }),
    ("second-member-joins-cooperative", Outcome { applied_twice: &[9], balance: 200, ..NOTHING }),
    ("member-leaves", Outcome { applied_twice: &[5, 7, 8, 9], balance: 260, ..NOTHING }),
    ("zombie-pays-twice", Outcome { applied_twice: &[2], balance: 140, ..NOTHING }),
    ("pause-alone", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("slow-between-polls", Outcome { applied_twice: &[3], balance: 100, ..NOTHING }),
    ("latest-misses-all", Outcome { never_applied: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], ..NOTHING }),
    (
        "out-of-range-earliest",
        Outcome {
            lost_after_ack: &[9, 10],
            applied_twice: &[1, 2, 3, 4, 5, 6, 7, 8],
            balance: 380,
            ..NOTHING
        },
    ),
    (
        "committed-offsets-lost",
        Outcome { applied_twice: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], balance: 400, ..NOTHING },
    ),
    ("offsets-forgotten", Outcome { applied_twice: &[1, 2, 3, 4, 5, 6, 7, 8], balance: 320, ..NOTHING }),
    (
        "out-of-range-latest",
        Outcome { lost_after_ack: &[9, 10], never_applied: &[11], balance: 200, ..NOTHING },
    ),
    (
        "offset-in-another-log",
        Outcome {
            lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            never_applied: &[11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
            balance: 240,
            ..NOTHING
        },
    ),
    ("deleted-unread", Outcome { lost_after_ack: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], balance: 100, ..NOTHING }),
    ("acks-all-slow-disk", Outcome { balance: 160, ..NOTHING }),
    ("acks-1-slow-disk", Outcome { balance: 160, ..NOTHING }),
    ("retry-idempotent", Outcome { balance: 240, ..NOTHING }),
    ("late-answer-idempotent", Outcome { balance: 240, ..NOTHING }),
    ("leader-dies-before-ack", Outcome { balance: 240, ..NOTHING }),
    ("producer-restarts", Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 260, ..NOTHING }),
    ("dedup-table", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("zombie-dedup-table", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("zombie-before-check", Outcome { balance: 200, ..NOTHING }),
    ("forgotten-too-soon", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("ids-in-memory", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("ids-in-memory-of-another", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("note-first", Outcome { never_applied: &[3], balance: 80, ..NOTHING }),
    ("commit-first-with-table", Outcome { never_applied: &[5], balance: 180, ..NOTHING }),
    ("one-transaction", Outcome { balance: 200, ..NOTHING }),
    ("zombie-one-transaction", Outcome { balance: 120, ..NOTHING }),
    ("copies-found-in-table", Outcome { duplicated_in_log: &[6], balance: 200, ..NOTHING }),
    ("known-by-offset", Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 220, ..NOTHING }),
    ("offset-in-database", Outcome { balance: 200, ..NOTHING }),
    ("zombie-overwrites-offset", Outcome { applied_twice: &[5, 6, 7, 8, 9, 10], balance: 320, ..NOTHING }),
    ("zombie-offset-check", Outcome { balance: 120, ..NOTHING }),
    ("zombie-fenced", Outcome { balance: 120, ..NOTHING }),
    ("crash-fenced", Outcome { applied_twice: &[5], balance: 220, ..NOTHING }),
    ("version-in-message", Outcome { balance: 200, ..NOTHING }),
    ("version-reread", Outcome { applied_twice: &[3], balance: 120, ..NOTHING }),
    ("copies-meet-version", Outcome { duplicated_in_log: &[6], balance: 200, ..NOTHING }),
    (
        "reversed-order-version-check",
        Outcome { out_of_order: &[6, 7], never_applied: &[7, 8, 9, 10, 11, 12], balance: 120, ..NOTHING },
    ),
    (
        "lost-record-version-check",
        Outcome { lost_after_ack: &[9, 10], never_applied: &[11, 12, 13, 14, 15], balance: 160, ..NOTHING },
    ),
    ("number-in-message", Outcome { balance: 200, ..NOTHING }),
    (
        "reversed-order-sequence-check",
        Outcome { out_of_order: &[6, 7], never_applied: &[6, 7], balance: 200, ..NOTHING },
    ),
    (
        "application-resends",
        Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 260, ..NOTHING },
    ),
    ("producer-forgotten", Outcome { duplicated_in_log: &[6], applied_twice: &[6], balance: 260, ..NOTHING }),
    ("poison-blocks", Outcome { never_applied: &[3, 8], balance: 120, ..NOTHING }),
    ("poison-aside", Outcome { never_applied: &[3], balance: 100, ..NOTHING }),
    ("call-crash", Outcome { applied_twice: &[3], balance: 120, ..NOTHING }),
    ("call-answer-lost", Outcome { applied_twice: &[3], balance: 120, ..NOTHING }),
    ("call-with-key", Outcome { balance: 100, ..NOTHING }),
    ("follower-killed", Outcome { balance: 300, ..NOTHING }),
    ("controller-killed", Outcome { balance: 240, ..NOTHING }),
    ("leader-dies-without-controller", Outcome { balance: 300, ..NOTHING }),
    ("disk-fails", Outcome { balance: 200, ..NOTHING }),
    ("refused-in-flight-6", NOTHING),
    ("refused-acks-1", NOTHING),
    ("session-refused", Outcome { never_applied: &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], ..NOTHING }),
];

/// What is run, and whether a client refuses to.
pub(super) fn scenario(built_in: &BuiltIn) -> (Scenario, bool) {
    match built_in.file().resolved {
        Resolved::Scenario(scenario) => (scenario, false),
        Resolved::Refused(refusal) => (refusal.scenario, true),
    }
}

pub(super) fn run(built_in: &BuiltIn, seed: u64) -> Report {
    let (mut scenario, _) = scenario(built_in);
    scenario.config.seed = seed;
    let run = simulate(&scenario);
    report(&scenario, &run.world, &run.trace)
}

fn numbers(ids: impl IntoIterator<Item = RecordId>) -> &'static [u32] {
    ids.into_iter().map(RecordId::number).collect::<Vec<u32>>().leak()
}

pub(super) fn outcome(id: &str, report: &Report) -> Outcome {
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
    let ids: Vec<&str> = CATALOGUE.iter().map(|built_in| built_in.id).collect();
    assert_eq!(ids, EXPECTED.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    let mut wrong = String::new();
    for (built_in, (_, expected)) in CATALOGUE.iter().zip(EXPECTED) {
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
}

/// What the list of canonical scenarios says of each row: acknowledged records lost, told failed or not stored
/// though never acknowledged (a ghost, say), copies in the log, effects twice, out of order, effects missing,
/// writes standing still. Y = happens, N = never, P = either, - = not said.
const ROWS: &[(&str, &str)] = &[
    ("S00", "NNNNNNN"),
    ("S01", "Y-NNNNN"),
    ("S02", "Y-NNNNN"),
    ("S03", "YNNNNNP"),
    ("S04", "NNNNNNY"),
    ("S05", "PPNNNNY"),
    ("S06", "PPNNNNY"),
    ("S07a", "YPNNNNY"),
    ("S07b", "NPNNNNY"),
    ("S07c", "YPNNNNY"),
    ("S08", "NPNNNNY"),
    ("S09", "YPNNNNY"),
    ("S10", "NNYPPNP"),
    ("S11", "NNNNNNP"),
    ("S12", "NNNNNNY"),
    ("S13a", "NNNNYNP"),
    ("S13b", "NNNNYNP"),
    // The first copies are in order; what is out of order are the second ones.
    ("S13c", "NNYPPNP"),
    ("S13d", "NNPPNNP"),
    ("S14", "NNNNNNP"),
    // The client does not start.
    ("S15", "NNNNNNN"),
    ("S16", "NNYPPNP"),
    ("S17", "NNYPPNP"),
    ("S18", "NYNPPNP"),
    ("S19", "YPNPNNP"),
    ("S20", "Y-NNNNN"),
    // That logs come to differ is compared in `versions`.
    ("S21", "P-----P"),
    ("S22", "P-----N"),
    ("S23a", "YNNPNNP"),
    ("S23b", "NPNNNNP"),
    ("S24", "YPNPNNP"),
    ("S25a", "YNNNNNP"),
    ("S25b", "Y-NPNNP"),
    ("S26a", "NYNPPNY"),
    ("S26b", "NYNPPNY"),
    ("S27", "NNNNNNY"),
    ("S28", "NNNNNNY"),
    ("S29", "NPPPPNP"),
    ("S30", "NNNNNNP"),
    ("S31", "NPNNNNP"),
    ("S32", "YNNNNNP"),
    ("S33", "NNPPNNP"),
    ("S36", "NYNNNN-"),
    ("S40", "NN-YNN-"),
    ("S41", "NN-PNY-"),
    ("S42", "NN-NNY-"),
    ("S43", "NN-YNN-"),
    // That effects interleave shows in their order, not in the log's.
    ("S44", "NN-YNN-"),
    ("S45", "NN-YNN-"),
    ("S46", "NN-YNN-"),
    ("S47", "NN-NNY-"),
    ("S48", "YP-PNP-"),
    ("S49", "-N-YNN-"),
    ("S50", "-N-NNY-"),
    // Gone from the log, so lost: the list says it of what nobody had read.
    ("S51", "YNNNNN-"),
    ("S52", "NN-YNN-"),
    // Not lost for good: what fails, and what waits behind it, has no effect when the run is stopped.
    ("S53", "NN-NNY-"),
    ("S54", "NN-NNY-"),
    ("S55", "NN-YNN-"),
    ("S60", "NN-YNN-"),
    ("S61", "NN-YNN-"),
    ("S62", "NN-NNY-"),
    ("S63", "NN-NNN-"),
    ("S64", "NN-NNN-"),
    ("S65", "NNYYNN-"),
    ("S66", "NN-YNN-"),
    ("S67", "NN-YNN-"),
    ("S68", "NN-NNN-"),
    ("S72", "NN-YNN-"),
    ("D6", "NN-NNN-"),
    ("D8", "NN-YNN-"),
    ("D11", "NN-NNN-"),
    ("D13", "NN-NNN-"),
];
/// Writes that stand still for so long are unavailable.
pub(super) const STANDSTILL: Micros = 2_500_000;

#[test]
fn every_scenario_shows_what_its_row_says() {
    let mut wrong = String::new();
    for built_in in CATALOGUE.iter().filter(|built_in| !built_in.row.is_empty()) {
        let cells = ROWS.iter().find(|(row, _)| *row == built_in.row).expect("a row of the list").1;
        let report = run(built_in, 1);
        let got = outcome(built_in.id, &report);
        let happens = [
            !got.lost_after_ack.is_empty(),
            !got.lost_unacked.is_empty() || !got.ghost.is_empty(),
            !got.duplicated_in_log.is_empty(),
            !got.applied_twice.is_empty(),
            !got.out_of_order.is_empty(),
            !got.never_applied.is_empty(),
            report.unavailable >= STANDSTILL,
        ];
        for (n, (cell, happens)) in cells.chars().zip(happens).enumerate() {
            if (cell == 'Y' && !happens) || (cell == 'N' && happens) {
                wrong += &format!("{} ({}): column {n} is {cell}\n", built_in.id, built_in.row);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_client_refuses_two_of_them() {
    let refused = CATALOGUE.iter().filter(|built_in| scenario(built_in).1);
    let rows: Vec<&str> = refused.map(|built_in| built_in.row).collect();
    assert_eq!(rows, ["S15", "S15"]);
}

#[test]
fn every_scenario_is_found_by_its_id_and_survives_being_written() {
    for built_in in CATALOGUE {
        assert_eq!(find(built_in.id).map(|found| found.text()), Some(built_in.text()));
        let file = built_in.file();
        assert_eq!(parse(&to_toml(&file.raw)).expect("written right"), file, "{}", built_in.id);
        let words = built_in.words();
        assert_eq!((file.raw.title(), file.raw.about()), (words.title, words.about));
        for words in [words, built_in.words_in_chinese()] {
            assert!((1..80).contains(&words.title.chars().count()), "{}", built_in.id);
            assert!((1..220).contains(&words.about.chars().count()), "{}", built_in.id);
        }
    }
}

/// How long a run takes on screen.
fn screen_us(built_in: &BuiltIn) -> u64 {
    let run = simulate(&scenario(built_in).0);
    Story::of(&run.trace, &run.world).screen_of(run.world.steps())
}

/// What plays when the page is opened: long enough for a story, short enough for a reader with half a minute.
#[test]
fn the_first_scenario_is_short() {
    assert_eq!(CATALOGUE[0].id, "opening");
    let screen = screen_us(&CATALOGUE[0]);
    assert!((20_000_000..=25_000_000).contains(&screen), "{screen} µs on screen");
}

#[test]
fn no_scenario_takes_long() {
    for built_in in CATALOGUE {
        let screen = screen_us(built_in);
        assert!(screen <= MOST_ON_SCREEN, "{}: {screen} µs on screen", built_in.id);
    }
}

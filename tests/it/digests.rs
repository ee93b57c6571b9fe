//! The same scenario leaves the same trace natively and in WebAssembly, bit for bit.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::draw;
use ackscope::run;
use ackscope::sim::config::Resolved;

/// Digests of the catalogue's traces, one line each, and of random schedules, many to a line.
/// `UPDATE_EXPECT=1 cargo test --test it digests` rewrites it.
const EXPECTED: &str = include_str!("digests.txt");

/// Random schedules reach settings and faults that no story of the catalogue needs.
const SCHEDULES: u64 = 300;
const TO_A_LINE: u64 = 50;
const STEP_BUDGET: u32 = 20_000;

fn digests() -> String {
    let mut lines = String::new();
    for entry in run::catalogue::CATALOGUE {
        let file = entry.file();
        if let Resolved::Scenario(scenario) = file.resolved {
            let run = run::simulate(&scenario);
            lines += &format!("{} {:016x} {}\n", entry.id, run.trace.digest(), run.trace.steps.len());
        }
    }
    for first in (0..SCHEDULES).step_by(TO_A_LINE as usize) {
        let (mut digest, mut steps) = (0_u64, 0);
        for seed in first..first + TO_A_LINE {
            if let Ok(Resolved::Scenario(mut scenario)) = draw::scenario(seed).resolve() {
                scenario.config.step_budget = STEP_BUDGET;
                let trace = run::simulate(&scenario).trace;
                digest = digest.rotate_left(1) ^ trace.digest();
                steps += trace.steps.len();
            }
        }
        lines += &format!("schedules-{first} {digest:016x} {steps}\n");
    }
    lines
}

#[test]
fn traces_are_the_same_on_both_targets() {
    let ours = digests();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/digests.txt");
        std::fs::write(path, ours).expect("the list can be written");
        return;
    }
    for (mine, expected) in ours.lines().zip(EXPECTED.lines()) {
        assert_eq!(mine, expected, "a trace changed: rewrite the list if it should have");
    }
    assert_eq!(ours.lines().count(), EXPECTED.lines().count(), "scenarios with a digest");
}

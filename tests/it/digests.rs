//! The same scenario leaves the same trace natively and in WebAssembly, bit for bit.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use ackscope::run;
use ackscope::sim::config::Resolved;

/// Digests of the catalogue's traces, one line each. `UPDATE_EXPECT=1 cargo test --test it digests` rewrites it.
const EXPECTED: &str = include_str!("digests.txt");

fn digests() -> String {
    let mut lines = String::new();
    for entry in run::catalogue::CATALOGUE {
        let file = entry.file();
        if let Resolved::Scenario(scenario) = file.resolved {
            let run = run::simulate(&scenario);
            lines += &format!("{} {:016x} {}\n", entry.id, run.trace.digest(), run.trace.steps.len());
        }
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

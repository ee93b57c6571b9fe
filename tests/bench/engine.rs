//! `cargo bench --bench engine`
mod measure;

use ackscope::run::{file, simulate};
use ackscope::sim::config::Resolved;

/// The longest recorded case may take so long.
const LONGEST: f64 = 50.0;
const RUNS: usize = 5;

fn main() {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let start = std::time::Instant::now();
    let clock = || start.elapsed().as_secs_f64() * 1000.0;
    measure::run(&clock, &|line| println!("{line}"));
    recordings(&clock);
}

/// Simulates every recorded case: the longest ones, by the best of some runs.
fn recordings(clock: measure::Clock<'_>) {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings"));
    let paths = files.expect("recordings are there").flatten().map(|entry| entry.path());
    let mut cases = Vec::new();
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let text = std::fs::read_to_string(&path).expect("a case is a file");
        let Resolved::Scenario(scenario) = file::parse(&text).expect("a case is right").resolved else {
            continue;
        };
        let (mut best, mut steps) = (f64::MAX, 0);
        for _ in 0..RUNS {
            let start = clock();
            steps = simulate(&scenario).trace.steps.len();
            best = best.min(clock() - start);
        }
        cases.push((best, steps, path.file_stem().unwrap_or_default().to_string_lossy().into_owned()));
    }
    cases.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{} recorded cases, the longest of them:", cases.len());
    for (ms, steps, name) in &cases[..5] {
        println!("  {ms:>7.2} ms  {steps:>7} steps  {name}");
    }
    assert!(cases[0].0 <= LONGEST, "the longest case takes more than {LONGEST} ms");
}

//! All tests, one step after the other, the quickest to fail first.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::install;
use crate::page;
use crate::project::{Outcome, Project, clock, run as run_command};

/// One step: its name, what it shows, and how it is run.
struct Step {
    name: &'static str,
    shows: &'static str,
    run: fn(&Project) -> Outcome,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", shows: "the code is formatted", run: fmt },
    Step { name: "clippy", shows: "no warnings natively", run: clippy },
    Step { name: "clippy-web", shows: "no warnings in the page's part", run: clippy_web },
    Step { name: "test", shows: "tests pass natively", run: test },
    Step { name: "test-web", shows: "tests pass as WebAssembly in a browser", run: test_web },
    Step { name: "doc", shows: "the documentation has no broken link", run: doc },
    Step { name: "page", shows: "the page can be built", run: page::build },
    Step { name: "weight", shows: "the page is light enough", run: weight },
    Step { name: "e2e", shows: "the built page works in a browser", run: e2e },
];

/// The page's part of the package, as WebAssembly.
const WEB: [&str; 5] = ["--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "web"];

/// Lists the steps.
pub(crate) fn list() {
    for step in STEPS {
        println!("  {:<11} {}", step.name, step.shows);
    }
}

/// Runs the steps of these names, or all, up to the first that fails.
pub(crate) fn run(project: &Project, names: &[String]) -> Outcome {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(format!("`{unknown}` is no step of the tests; `cargo tool help` lists them."));
    }
    install::for_tests(project)?;
    let chosen = STEPS.iter().filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));
    let mut times: Vec<(&Step, Duration)> = Vec::new();
    let mut failure = Ok(());
    for step in chosen {
        project.say(&format!("{}: {}", step.name, step.shows));
        let started = Instant::now();
        let outcome = (step.run)(project);
        times.push((step, started.elapsed()));
        if let Err(sentence) = outcome {
            failure = Err(format!("FAILED at {}. {sentence}", step.name));
            break;
        }
    }
    eprintln!();
    for (position, (step, time)) in times.iter().enumerate() {
        let result = if failure.is_err() && position + 1 == times.len() { "FAILED" } else { "ok" };
        eprintln!("  {:<11} {:>9}  {result}", step.name, clock(*time));
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    eprintln!("  {:<11} {:>9}", "together", clock(total));
    failure
}

fn fmt(project: &Project) -> Outcome {
    run_command(project.cargo().args(["fmt", "--check"]), "`cargo fmt` puts it right.")
}

fn clippy(project: &Project) -> Outcome {
    let mut command = project.cargo();
    command.args(["clippy", "--all-targets", "--", "-D", "warnings"]);
    run_command(&mut command, "Mend what is listed above.")
}

fn clippy_web(project: &Project) -> Outcome {
    let mut command = project.cargo();
    command.arg("clippy").args(WEB).args(["--lib", "--bin", "web", "--test", "it", "--test", "web"]);
    command.args(["--bench", "engine_wasm", "--bench", "frames"]);
    run_command(command.args(["--", "-D", "warnings"]), "Mend what is listed above.")
}

fn test(project: &Project) -> Outcome {
    run_command(project.cargo().arg("test"), "`cargo test` runs this step alone.")
}

fn test_web(project: &Project) -> Outcome {
    let mut command = project.cargo();
    command.arg("test").args(WEB).args(["--test", "it", "--test", "web"]);
    // What a test says comes last then, and not where the runner stood when it gave up.
    command.env("RUST_BACKTRACE", "0");
    run_command(with_browser(project, &mut command), "`cargo test-all test-web` runs this step alone.")
}

fn doc(project: &Project) -> Outcome {
    let mut command = project.cargo();
    command.arg("doc").args(WEB).args(["--lib", "--no-deps", "--document-private-items"]);
    run_command(command.env("RUSTDOCFLAGS", "-D warnings"), "Mend the links listed above.")
}

fn weight(project: &Project) -> Outcome {
    node(project, "tests/e2e/weight.mjs", "Take out of the page what it can do without.")
}

fn e2e(project: &Project) -> Outcome {
    node(
        project,
        "tests/e2e/run.mjs",
        "`node tests/e2e/run.mjs WORD` runs the checks whose names have the word.",
    )
}

fn node(project: &Project, script: &str, otherwise: &str) -> Outcome {
    run_command(with_browser(project, project.command("node").arg(script)), otherwise)
}

/// Tells the tests which browser to use, so that all use the same.
fn with_browser<'a>(project: &Project, command: &'a mut Command) -> &'a mut Command {
    if let Some((chrome, driver)) = install::chrome_and_driver(project) {
        command.env("CHROME", chrome).env("CHROMEDRIVER", driver);
    }
    command
}

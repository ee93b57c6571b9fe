//! Set-up and tests from one place: `cargo serve`, `cargo page`, `cargo test-all`.
//!
//! Installs what is missing, in pinned versions, into the ignored folder `.tools` (and `node_modules`), and
//! calls trunk, cargo and node as a person would. It knows nothing of the simulation and uses no crate.
#![allow(
    clippy::disallowed_methods,
    reason = "it times what it runs and is never part of a run or of the page"
)]

mod install;
mod page;
mod project;
mod steps;

use std::env;
use std::process::ExitCode;

use project::{Outcome, Project};

const HELP: &str = "\
cargo serve [TRUNK OPTIONS]   show the page on http://127.0.0.1:8080, rebuilt at each change
cargo page                    build the page to be shipped, into dist/
cargo test-all [STEP...]      run every test, or these steps only (listed below)
cargo tool install            install what all of these need, and nothing else

Each installs what it misses first. What was installed is in .tools/ and node_modules/; delete them to start
afresh. Steps of test-all:
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let (command, rest) =
        args.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    match run(command, rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("\n{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[String]) -> Outcome {
    let project = Project::open()?;
    match command {
        "serve" => {
            install::for_serving(&project)?;
            page::serve(&project, rest)
        }
        "page" => {
            install::for_page(&project)?;
            page::build(&project)
        }
        "test" => steps::run(&project, rest),
        "install" => install::for_tests(&project),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            steps::list();
            Ok(())
        }
        other => Err(format!("`{other}` is no command; `cargo tool help` lists them.")),
    }
}

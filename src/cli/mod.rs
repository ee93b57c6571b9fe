//! The command line.
//!
//! Exit codes: 0 = as promised, 1 = a guarantee broke, 2 = bad input, refused settings, or a step budget that
//! was reached.

mod list;
mod print;
mod source;

use crate::check::{self, Report};
use crate::run::proof::Tried;
use crate::run::{Run, simulate};
use crate::sim::config::keys::Section;
use crate::sim::config::raw::RawScenario;
use crate::sim::config::{Refusal, Resolved};
use crate::sim::{RecordId, Scenario};
use clap::{Args, Parser, Subcommand};
use source::{Source, load};
use std::io::{self, Write};
use std::process::ExitCode;

/// Bad input.
const BAD_INPUT: u8 = 2;

#[derive(Parser)]
#[command(name = "ackscope", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a scenario: what was lost, what is there twice, and what it cost
    Run(RunArguments),
    /// Tells what happened to one record, and why what went wrong did
    Explain(ExplainArguments),
    /// Lists the built-in scenarios, or those that some words find
    Scenarios(ListArguments),
}

#[derive(Args)]
struct Chosen {
    /// A scenario file, the id of a built-in one, or - for standard input
    #[arg(value_name = "FILE|ID")]
    scenario: String,
    /// Takes this seed instead of the file's
    #[arg(long, value_name = "N")]
    seed: Option<i64>,
    /// Takes at most so many steps
    #[arg(long, value_name = "N")]
    max_steps: Option<u32>,
}

#[derive(Args)]
struct RunArguments {
    #[command(flatten)]
    chosen: Chosen,
    /// Prints the result as one JSON object
    #[arg(long)]
    json: bool,
    /// Prints every observation first
    #[arg(long, conflicts_with = "json")]
    trace: bool,
}

#[derive(Args)]
struct ExplainArguments {
    #[command(flatten)]
    chosen: Chosen,
    /// The record, such as p1-7: the seventh of producer-1
    #[arg(long, value_name = "ID", value_parser = record_id)]
    record: RecordId,
}

#[derive(Args)]
struct ListArguments {
    /// What they have to do with: a setting (acks=1), an error (NOT_ENOUGH_REPLICAS, TimeoutException, a line of
    /// a log), a symptom (duplicate), words of a title, in English or Chinese
    #[arg(value_name = "WORD")]
    words: Vec<String>,
    /// Prints a JSON array
    #[arg(long)]
    json: bool,
}

/// Does what the arguments of the process ask for.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    ExitCode::from(execute(&arguments.command, &mut out, &mut io::stderr().lock()))
}

fn execute(command: &Command, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let done = match command {
        Command::Run(arguments) => prepare(&arguments.chosen).map(|ready| run(arguments, &ready, out, err)),
        Command::Explain(arguments) => {
            prepare(&arguments.chosen).map(|ready| explain(arguments, &ready, out, err))
        }
        Command::Scenarios(arguments) => Ok(list::scenarios(arguments, out, err)),
    };
    match done {
        Ok((code, written)) => match written.and_then(|()| out.flush()) {
            Ok(()) => code,
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => code,
            Err(error) => say(err, &format!("error: cannot write: {error}\n")),
        },
        Err(message) => say(err, &message),
    }
}

/// Tells of bad input. Where even that cannot be written, the exit code has to do.
fn say(err: &mut dyn Write, message: &str) -> u8 {
    _ = err.write_all(message.as_bytes());
    BAD_INPUT
}

/// A scenario to be run.
struct Ready {
    source: Source,
    raw: RawScenario,
    scenario: Scenario,
    refusal: Option<Refusal>,
}

fn prepare(chosen: &Chosen) -> Result<Ready, String> {
    let (source, mut raw) = load(&chosen.scenario)?;
    if let Some(seed) = chosen.seed {
        raw.set(Section::Root, "seed", seed);
    }
    let resolved = raw.resolve().map_err(|problems| {
        problems
            .iter()
            .map(|problem| format!("error: {}\n  help: {}\n", problem.what, problem.remedy))
            .collect::<String>()
    })?;
    let (mut scenario, refusal) = match resolved {
        Resolved::Scenario(scenario) => (scenario, None),
        Resolved::Refused(refusal) => (refusal.scenario.clone(), Some(refusal)),
    };
    if let Some(steps) = chosen.max_steps {
        scenario.config.step_budget = steps;
    }
    Ok(Ready { source, raw, scenario, refusal })
}

fn report(ready: &Ready, run: &Run) -> Report {
    let mut report = check::report(&ready.scenario, &run.world, &run.trace);
    report.scenario = Some(ready.source.name());
    report.refused = ready.refusal.as_ref().map(|refusal| check::Refusal {
        exception: refusal.exception.to_string(),
        cause: refusal.cause.map(|cause| cause.to_string()),
    });
    report
}

/// Exit code and whether it could be written.
type Done = (u8, io::Result<()>);

fn run(arguments: &RunArguments, ready: &Ready, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let run = simulate(&ready.scenario);
    let report = report(ready, &run);
    if let Some(refusal) = &ready.refusal {
        let keys: Vec<&str> = refusal.keys.iter().map(|(_, key)| *key).collect();
        let told = format!("error: {}: {}\n", refusal.exception, refusal.message);
        say(err, &format!("{told}  help: the client does not start; change {}\n", keys.join(" or ")));
    }
    let written = if arguments.json {
        writeln!(out, "{:#}", report.to_json())
    } else {
        let trace = if arguments.trace { print::trace(&run.trace, out) } else { Ok(()) };
        trace.and_then(|()| print::report(ready.raw.title(), &ready.scenario, &report, out))
    };
    (report.exit_code(), written)
}

fn explain(arguments: &ExplainArguments, ready: &Ready, out: &mut dyn Write, err: &mut dyn Write) -> Done {
    let run = simulate(&ready.scenario);
    let report = report(ready, &run);
    match check::explain(&run.world, &run.trace, &report, arguments.record) {
        Some(mut story) => {
            let tried = Tried { raw: &ready.raw, scenario: &ready.scenario, report: &report };
            story.proofs = story.causes.iter().map(|cause| tried.proof(cause)).collect();
            (0, write!(out, "{story}"))
        }
        None => {
            let told = format!("error: {} was never sent\n", arguments.record);
            (
                say(err, &format!("{told}  help: {} has {}\n", ready.source.name(), print::sent(&report))),
                Ok(()),
            )
        }
    }
}

/// Reads `p1-7`.
fn record_id(text: &str) -> Result<RecordId, String> {
    let name = RecordId::parse(text);
    name.ok_or_else(|| "a record is called p<producer>-<number>, such as p1-7".to_owned())
}

#[cfg(test)]
mod tests;

//! The story of one record in plain English, for the command line.

use super::evidence::Evidence;
use super::words::{Happening, Telling, advice_text, violation_text};
use super::{Cause, Helps, Proof, Setting, SettingValue, causes};
use crate::check::fates::{Fates, Moment};
use crate::check::report::Report;
use crate::sim::{Fault, RecordId, StepNo, Time, Trace, World};
use std::fmt;

/// What happened to a record, and why what went wrong did.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The record.
    pub record: RecordId,
    /// What happened to it, and when.
    pub fate: Vec<(Time, Moment)>,
    /// The causes that concern it.
    pub causes: Vec<Cause>,
    /// For each cause the settings that prevent it, where some were found. Whoever tries them puts them here.
    pub proofs: Vec<Option<Proof>>,
    /// When each link of each cause was.
    times: Vec<Vec<Time>>,
    /// Names of the scenario's faults.
    faults: Vec<String>,
}

/// The story of a record; none if it was never sent.
pub fn explain(world: &World, trace: &Trace, report: &Report, record: RecordId) -> Option<Explanation> {
    let fates = Fates::new(world, trace);
    let at = |step: StepNo| trace.steps.get(step.0 as usize).map_or(Time(0), |info| info.at);
    let fate = fates.of(record)?.moments.iter().map(|moment| (at(moment.step), *moment)).collect();
    let causes = causes(&Evidence::new(world, trace, &fates), report, Some(record));
    let times = causes.iter().map(|cause| cause.links.iter().map(|link| at(link.step)).collect()).collect();
    let named = |(i, fault): (usize, &Fault)| {
        fault.name.as_ref().map_or_else(|| format!("fault {}", i + 1), |name| format!("\"{name}\""))
    };
    let faults = world.faults().iter().enumerate().map(named).collect();
    Some(Explanation { record, fate, causes, proofs: Vec::new(), times, faults })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.record)?;
        for (at, moment) in &self.fate {
            writeln!(f, "  {}  {}", Stamp(*at), Happening(moment.what))?;
        }
        for (i, (cause, times)) in self.causes.iter().zip(&self.times).enumerate() {
            writeln!(f, "\nWhy {}:", violation_text(cause.violation))?;
            for (link, at) in cause.links.iter().zip(times) {
                writeln!(f, "  {}  {}", Stamp(*at), Telling(link.kind, &self.faults))?;
            }
            write_remedy(f, cause, self.proofs.get(i).and_then(Option::as_ref))?;
        }
        Ok(())
    }
}

/// Only what was proved is promised.
fn write_remedy(f: &mut fmt::Formatter<'_>, cause: &Cause, proof: Option<&Proof>) -> fmt::Result {
    if let Some(proof @ Proof { settings, helps }) = proof {
        let written: Vec<String> = settings.iter().map(Setting::to_string).collect();
        write!(f, "  With {} ", written.join(", "))?;
        match *helps {
            Helps::Wholly => writeln!(f, "nothing goes wrong."),
            Helps::ForFewer { acked, before } => {
                writeln!(f, "nothing goes wrong, but of {before} records that were acknowledged {acked} are.")
            }
            Helps::Unstruck => writeln!(f, "nothing goes wrong, but not every fault strikes."),
            Helps::Only => writeln!(f, "this does not happen."),
            Helps::Twice => writeln!(f, "this does not happen, but something comes twice."),
        }?;
        if let Some(version) = proof.settings.iter().find_map(Setting::since) {
            writeln!(
                f,
                "  That is no setting of Kafka's: it stands for followers of Kafka {version} or later (KIP-320)."
            )?;
        }
        if proof.flushes() {
            writeln!(
                f,
                "  Each batch then waits for the disk; Kafka advises replicas that do not fail together."
            )?;
        }
        return Ok(());
    }
    match cause.remedy.advice {
        Some(advice) => writeln!(f, "  {}", advice_text(advice)),
        None => Ok(()),
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.key.contains('.') { format!("\"{}\"", self.key) } else { self.key.to_owned() };
        write!(f, "[{}] {key} = ", self.section.name())?;
        match self.value {
            SettingValue::Text(text) => write!(f, "\"{text}\""),
            SettingValue::Number(number) => write!(f, "{number}"),
            SettingValue::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// A moment in seconds.
struct Stamp(Time);

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.0;
        write!(f, "{:>4}.{:06} s", micros / 1_000_000, micros % 1_000_000)
    }
}

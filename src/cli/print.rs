//! A result and a trace for people.

use crate::check::{Latency, LogVerdict, Outcome, Report};
use crate::sim::{EndReason, RecordId, Scenario, Trace};
use std::io::{self, Write};

/// Most ids that a line lists.
const MOST_IDS: usize = 12;

/// Title, verdict, price, and what did not come about.
pub(super) fn report(
    title: &str,
    scenario: &Scenario,
    report: &Report,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{title}\n")?;
    if let Some(refused) = &report.refused {
        let cause = refused.cause.as_ref().map(|cause| format!(", caused by {cause}")).unwrap_or_default();
        return writeln!(out, "refused          {}{cause}: nothing was sent", refused.exception);
    }
    verdict(report, out)?;
    consumption(report, out)?;
    let acked = report.result.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Acked)).count();
    line(out, "sent, acked", &format!("{}, {acked}", report.result.len()))?;
    line(out, "unavailable", &format!("{} ms", report.unavailable / 1000))?;
    price(report, out)?;
    for (id, name) in &report.faults_never_fired {
        let name = name.clone().unwrap_or_else(|| format!("fault {}", id.0 + 1));
        line(out, "never fired", &name)?;
    }
    let end = match report.end {
        Some(EndReason::Settled) => "settled",
        Some(EndReason::StopTime) => "stop.after_ms was reached",
        Some(EndReason::StepBudget) => "the step budget was reached: this is the result so far",
        None => "not yet",
    };
    let (seed, steps) = (scenario.config.seed, report.steps.0);
    line(out, "end", &format!("{end}; seed {seed}, {steps} steps, digest {:016x}", report.digest))?;
    let promise = match report.exit_code() {
        0 => "as promised",
        1 => "a guarantee broke",
        _ => "cut short",
    };
    writeln!(out, "\n{promise}")
}

fn line(out: &mut dyn Write, name: &str, what: &str) -> io::Result<()> {
    writeln!(out, "{name:17}{what}")
}

fn verdict(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(verdict) = &report.verdict else {
        return line(out, "log", "unreadable: a partition has no leader");
    };
    let LogVerdict { lost_after_ack, expired, lost_unacked, ghost, duplicated_in_log, out_of_order } =
        verdict;
    line(out, "lost after ack", &ids(lost_after_ack))?;
    if !expired.is_empty() {
        line(out, "deleted, paid", &ids(expired))?;
    }
    line(out, "lost unacked", &ids(lost_unacked))?;
    line(out, "ghosts", &ids(ghost))?;
    line(out, "twice in the log", &counted(duplicated_in_log))?;
    line(out, "out of order", &ids(out_of_order))?;
    match report.replicas_differ {
        0 => Ok(()),
        n => {
            let offsets = if n == 1 { "offset" } else { "offsets" };
            line(out, "replicas differ", &format!("at {n} {offsets} below the high watermark"))
        }
    }
}

fn consumption(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(consumption) = &report.consumption else { return Ok(()) };
    match &consumption.never_applied {
        Some(never) => line(out, "never applied", &ids(never))?,
        None => line(out, "never applied", "log unreadable")?,
    }
    line(out, "applied twice", &counted(&consumption.applied_twice))?;
    let (actual, expected) = (consumption.balance_actual, consumption.balance_expected);
    line(out, "balance", &format!("¥{actual} of ¥{expected}"))
}

fn price(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let price = &report.price;
    let latency = |latency: Option<Latency>| match latency {
        Some(latency) => format!("p50 {}, p99 {}", millis(latency.p50), millis(latency.p99)),
        None => "none".to_owned(),
    };
    line(out, "produce latency", &latency(price.produce))?;
    line(out, "end to end", &latency(price.end_to_end))?;
    let (rate, bytes, flushes) = (price.records_per_second, price.bytes_replicated, price.flushes);
    line(out, "throughput", &format!("{rate} records/s, {bytes} bytes replicated, {flushes} flushes"))
}

fn millis(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}

fn ids(ids: &[RecordId]) -> String {
    listed(ids, RecordId::to_string)
}

fn counted(ids: &[(RecordId, u32)]) -> String {
    listed(ids, |(id, times)| format!("{id} ×{times}"))
}

fn listed<T>(all: &[T], text: impl Fn(&T) -> String) -> String {
    match all {
        [] => "-".to_owned(),
        all => {
            let first: Vec<String> = all.iter().take(MOST_IDS).map(text).collect();
            let more = all.len().saturating_sub(MOST_IDS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}: {}{more}", all.len(), first.join(", "))
        }
    }
}

/// Which records there are to ask for.
pub(super) fn sent(report: &Report) -> String {
    match (report.result.first(), report.result.last()) {
        (Some((first, _)), Some((last, _))) => format!("{first} to {last}"),
        _ => "sent nothing".to_owned(),
    }
}

/// Every observation, with its moment and its node.
pub(super) fn trace(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    for observation in &trace.observations {
        let micros = trace.at(observation).0;
        let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
        let node = observation.node.to_string();
        writeln!(out, "{seconds:>4}.{micros:06} {node:10} {:?}", observation.fact)?;
    }
    writeln!(out)
}

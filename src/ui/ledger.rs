//! What became of each record, as the ledger shows it: records are columns, places are rows.

use super::run::RunHandle;
use crate::check::{Happened, RecordState, Told};
use crate::sim::{BrokerId, PerRecord, RecordId, StepNo};

/// Most columns; of a longer run those around what went wrong are shown.
const MOST: usize = 120;

/// How a record stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Not there.
    Nothing,
    /// There, once.
    Done,
    /// There more than once.
    Twice,
    /// The producer was told that it failed.
    Failed,
    /// Nobody will ever tell.
    Unknown,
    /// In the page cache.
    Cached,
    /// On disk.
    OnDisk,
    /// Acknowledged, and this is the only copy.
    OnlyHere,
}

/// The column of a record at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The record.
    pub record: RecordId,
    /// Something is wrong with it in the end.
    pub wrong: bool,
    /// Sent, acked, on each broker, paid.
    pub cells: Vec<Cell>,
}

/// Which records a ledger shows: chosen once for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    records: Vec<RecordId>,
    wrong: PerRecord<bool>,
    /// More records than are shown.
    pub more: usize,
}

impl Selection {
    /// The first records, or those around the first that something is wrong with.
    pub fn of(run: &RunHandle) -> Selection {
        let mut wrong = PerRecord::default();
        run.causes.iter().flat_map(|cause| &cause.records).for_each(|record| *wrong.of(*record) = true);
        let all: Vec<RecordId> = run.fates.records().collect();
        let first_wrong = all.iter().position(|record| wrong.get(*record)).unwrap_or(0);
        let start = if all.len() <= MOST { 0 } else { first_wrong.saturating_sub(20).min(all.len() - MOST) };
        let records: Vec<RecordId> = all.iter().skip(start).take(MOST).copied().collect();
        Selection { more: all.len() - records.len(), records, wrong }
    }

    /// How the records stand after so many steps.
    pub fn columns(&self, run: &RunHandle, cursor: StepNo) -> Vec<Column> {
        let brokers: Vec<BrokerId> = run.timeline.scenario().config.brokers().collect();
        let several = run.timeline.scenario().config.topic.replication_factor > 1;
        let group = run.timeline.scenario().config.consumer.is_some();
        let column = |record: &RecordId| {
            let before = cursor.0.checked_sub(1);
            let state = run
                .fates
                .of(*record)
                .zip(before)
                .map(|(fate, step)| fate.at(StepNo(step)))
                .unwrap_or_default();
            let mut cells = vec![count(state.sent), told(&state)];
            cells.extend(brokers.iter().map(|broker| stored(&state, *broker, several)));
            cells.extend(group.then(|| count(state.applied)));
            Column { record: *record, wrong: self.wrong.get(*record), cells }
        };
        self.records.iter().map(column).collect()
    }
}

fn count(n: u32) -> Cell {
    match n {
        0 => Cell::Nothing,
        1 => Cell::Done,
        _ => Cell::Twice,
    }
}

fn told(state: &RecordState) -> Cell {
    match state.told {
        Told::Open => Cell::Nothing,
        Told::Acked => Cell::Done,
        Told::Failed(_) => Cell::Failed,
        Told::Abandoned => Cell::Unknown,
    }
}

/// How a broker's log has a record. That it is the only one says nothing where there are no others.
fn stored(state: &RecordState, broker: BrokerId, several: bool) -> Cell {
    let mut here = state.copies.iter().filter(|copy| copy.broker == broker);
    match (here.next(), here.next()) {
        (None, _) => Cell::Nothing,
        (Some(_), Some(_)) => Cell::Twice,
        (Some(_), None) if several && state.copies.len() == 1 && state.told == Told::Acked => Cell::OnlyHere,
        (Some(copy), None) if copy.flushed => Cell::OnDisk,
        (Some(_), None) => Cell::Cached,
    }
}

/// The moment of a record that a reader wants to see: what went wrong with it, else its last.
pub fn moment_of(run: &RunHandle, record: RecordId) -> Option<StepNo> {
    let fate = run.fates.of(record)?;
    let last = |is: fn(Happened) -> bool| fate.moments.iter().rev().find(|moment| is(moment.what));
    let repeated =
        |is: fn(Happened) -> bool| fate.moments.iter().filter(move |moment| is(moment.what)).nth(1);
    repeated(|what| matches!(what, Happened::Applied { .. }))
        .or_else(|| repeated(|what| matches!(what, Happened::Appended { .. })))
        .or_else(|| last(|what| matches!(what, Happened::Lost { .. })))
        .or_else(|| last(|what| matches!(what, Happened::Failed { .. } | Happened::Abandoned)))
        .or_else(|| last(|what| matches!(what, Happened::Applied { .. })))
        .or_else(|| fate.moments.first())
        .map(|moment| moment.step)
}

//! What must hold: everything that is said about a run after it, folded over its trace and its last world.
//!
//! * [`report()`]: the result object, key by key as the scenario format defines it, and the exit code.
//! * [`fates`](Fates): what happened to each record, indexed so that any moment can be asked for.
//! * [`why()`]: for each violation the chain of causes, and the setting that would have prevented it.
//! * [`because`]: in closed form, for which reasons a promise may be broken at all.
//! * [`invariants()`]: what must hold in every run, whatever was broken. A violation there is our own mistake.
//!
//! Nothing here knows how a run was chosen or how it is drawn, and nothing in the simulation reads any of it.

mod attempts;
mod fates;
mod history;
mod invariants;
#[cfg(feature = "cli")]
mod json;
mod log;
mod oracle;
mod outcomes;
mod price;
mod replicas;
mod report;
mod why;

#[cfg(test)]
mod tests;

pub use attempts::{Answer, Attempt};
pub use fates::{Fate, Fates, Funnel, Happened, Loss, Moment, RecordState, StoredCopy, Told, only_here};
pub use history::PartitionHistory;
pub use invariants::{Breach, Invariant, Invariants, invariants};
pub use log::{FinalLog, LogVerdict};
pub use oracle::{Because, Fall, Ordeal, Ordeals, TABLE, Terms, because};
pub use outcomes::{Consumption, Outcome};
pub use price::{Latency, Price};
pub(crate) use replicas::Replicas;
pub use report::{Refusal, Report, report};
pub use why::{
    Advice, Cause, Downfall, Explanation, Helps, Link, LinkKind, Proof, Remedy, Setting, SettingValue,
    Violation, explain, why, why_with,
};

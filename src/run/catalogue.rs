//! The built-in scenarios, embedded as files. An id names one wherever a file may stand: on the command line, in
//! a link, in the page's `scenario` parameter.

use super::file::{ScenarioFile, parse};

/// Where on a record's way a scenario breaks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nowhere.
    Nowhere,
    /// Between producer and queue.
    OnTheWayIn,
    /// In the queue.
    InStore,
    /// At the consumer.
    WhileConsuming,
    /// Between the effect and what guards it.
    OneEffect,
}

impl Place {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Place::Nowhere => "nothing breaks",
            Place::OnTheWayIn => "on the way in",
            Place::InStore => "in store",
            Place::WhileConsuming => "while consuming",
            Place::OneEffect => "one effect per message",
        }
    }
}

/// A built-in scenario.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its name.
    pub id: &'static str,
    /// Number of the case that it shows, as in the list of canonical scenarios.
    pub row: &'static str,
    /// Where it breaks something.
    pub place: Place,
    /// The file.
    pub text: &'static str,
}

impl BuiltIn {
    /// The file, read.
    pub fn file(&self) -> ScenarioFile {
        parse(self.text).unwrap_or_else(|errors| panic!("{} is a right file: {errors:?}", self.id))
    }
}

/// The scenario of that id.
pub fn find(id: &str) -> Option<&'static BuiltIn> {
    CATALOGUE.iter().find(|scenario| scenario.id == id)
}

/// Lists the files, so that each is named once.
macro_rules! catalogue {
    ($($place:ident { $($row:literal $id:literal)* })*) => {
        /// Every built-in scenario, in the order of the lessons.
        pub const CATALOGUE: &[BuiltIn] = &[$($(BuiltIn {
            id: $id,
            row: $row,
            place: Place::$place,
            text: include_str!(concat!("catalogue/", $id, ".toml")),
        },)*)*];
    };
}

catalogue! {
    InStore {
        "S03" "opening"
    }
    Nowhere {
        "S00" "calm"
    }
    OnTheWayIn {
        "S01" "acks-0-connection-reset"
        "S36" "killed-before-flush"
        "S18" "timeout-is-no-no"
        "S10" "retry-makes-a-copy"
        "S11" "retry-idempotent"
        "S12" "leader-dies-before-ack"
        "S16" "application-resends"
        "S13a" "refused-then-accepted"
        "S13b" "three-in-flight-reversed"
        "S13c" "three-in-flight-copied"
        "S13d" "one-in-flight"
        "S14" "three-in-flight-idempotent"
    }
    InStore {
        "S04" "one-replica-killed"
        "S05" "one-replica-power-loss"
        "S05" "one-replica-power-loss-flushed"
        "S03" "leader-dies-before-copy"
        "S08" "leader-power-loss"
        "S09" "all-power-loss"
        "S06" "isr-of-one"
        "S07a" "last-replica-standing"
        "S07b" "last-replica-standing-elr"
        "S07c" "both-replicas-power-loss-elr"
        "S19" "unclean-election"
        "S23a" "zombie-leader"
        "S23b" "zombie-leader-acks-all"
    }
    WhileConsuming {
        "S42" "commit-before-processing"
        "S43" "commit-after-processing"
    }
    OneEffect {
        "D1" "dedup-table"
        "D2" "note-first"
        "D3" "one-transaction"
        "D10" "version-in-message"
        "D10" "version-reread"
    }
}

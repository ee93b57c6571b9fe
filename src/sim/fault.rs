//! What a reader may break, and when: the interventions of a scenario, as parsed.
//!
//! Meaning of each: the scenario format (`src/docs/scenario-format.md`).

use super::ids::{FaultId, Micros, NodeId};
use super::message::Kind;

/// One fault of a scenario: it fires once, at the moment when all of its conditions first hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What other faults call it.
    pub name: Option<String>,
    /// When it fires.
    pub when: When,
    /// What it does.
    pub action: Action,
    /// To what.
    pub on: Target,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// This moment, after everything else of that microsecond.
    pub at: Option<Micros>,
    /// Counts that must have been reached.
    pub counts: Vec<(Count, u32)>,
    /// Partition 0's ISR has exactly so many members and has changed since the fault was armed.
    pub isr_size: Option<u32>,
    /// So many leaders of partition 0 were elected, the first not counted.
    pub elected: Option<u32>,
    /// That fault fired, so long ago.
    pub after: Option<(FaultId, Micros)>,
    /// Counts only what this producer did (or, for what a consumer did, its records).
    pub producer: Option<u8>,
    /// Counts only what this consumer did.
    pub consumer: Option<u8>,
    /// Counts only this partition of `events`.
    pub partition: Option<u8>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// send() calls made.
    Sent,
    /// send() calls completed well.
    Acked,
    /// send() calls completed with an error.
    Failed,
    /// Records appended by leaders, copies counted.
    Appended,
    /// Records handed to the application.
    Delivered,
    /// Effects applied.
    Applied,
    /// Ids recorded.
    Recorded,
    /// Records by which committed (or stored) offsets have grown.
    Committed,
}

impl Count {
    /// Every count.
    pub const ALL: &[Count] = &[
        Count::Sent,
        Count::Acked,
        Count::Failed,
        Count::Appended,
        Count::Delivered,
        Count::Applied,
        Count::Recorded,
        Count::Committed,
    ];
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The process ends at once; the page cache survives; peers see connections close.
    Kill {
        /// Starts it again after so long.
        restart_after: Option<Micros>,
    },
    /// As kill, and what was not flushed is gone.
    PowerLoss {
        /// The machine is gone: nobody is told.
        silent: bool,
        /// Starts it again after so long.
        restart_after: Option<Micros>,
    },
    /// Orderly shutdown.
    CleanStop {
        /// Starts it again so long after the end of the process.
        restart_after: Option<Micros>,
    },
    /// Starts a process that is down.
    Restart,
    /// The process stands still.
    Pause {
        /// Goes on after so long.
        lasting: Option<Micros>,
    },
    /// The process goes on.
    Resume,
    /// Nothing gets through, and nobody is told.
    Cut {
        /// Heals after so long.
        lasting: Option<Micros>,
    },
    /// Takes a cut back.
    Heal,
    /// Closes the connections.
    Reset,
    /// The next message of a kind is lost, and its connection is silent from then on.
    DropNext {
        /// Which kind.
        message: Kind,
    },
    /// The next message of a kind, and what follows on its connection, comes later.
    DelayNext {
        /// Which kind.
        message: Kind,
        /// By how much.
        by: Micros,
    },
    /// The log directory fails, so the broker stops.
    DiskFull {
        /// The disk works again after so long (a broker started then comes up).
        lasting: Option<Micros>,
    },
    /// Appends and flushes take longer.
    DiskSlow {
        /// By how much each.
        by: Micros,
        /// For so long.
        lasting: Option<Micros>,
    },
}

/// What a fault hits: nodes, or the links between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nodes; or, where the action is one on links, what [`End::Hit`] hit.
    Node(End),
    /// What `from` sends to `to`.
    Link {
        /// Senders.
        from: End,
        /// Receivers.
        to: End,
        /// The other way too.
        both: bool,
    },
}

/// Who, at the moment when the fault fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// This one.
    Node(NodeId),
    /// The leader of partition 0; while there is none, the last one.
    Leader,
    /// The n-th (from 1) of partition 0's replicas but the leader, in assignment order.
    Follower(u8),
    /// All of them.
    Followers,
    /// Everyone but the other end.
    Everyone,
    /// What that fault hit.
    Hit(FaultId),
}

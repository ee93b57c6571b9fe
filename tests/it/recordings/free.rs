//! What the recorded runs happened to agree in, though timing decides it. Each is seen to go the other way with
//! some seed; everything else about these cases is compared as it stands.

/// Something about some cases that is left to chance.
pub(super) struct Free {
    /// The cases, by what stands before the first dash of their names.
    pub cases: &'static [&'static str],
    /// Of which keys.
    pub keys: &'static [&'static str],
    /// What of them.
    pub freedom: Freedom,
    /// The same in words.
    pub what: &'static str,
    /// Why nobody can say.
    pub why: &'static str,
}

/// What of a key is left to chance.
#[derive(Clone, Copy)]
pub(super) enum Freedom {
    /// Which of these two it is, not how many of them.
    Interchangeable([u64; 2]),
    /// Whether an attempt that timed out was given up by the client or by the leader.
    TimedOutByEither,
    /// Attempts that found a broker which did not lead, or led alone.
    RefusedMeanwhile,
    /// All of it.
    Unchecked,
}

const WHICH_OF_TWO: &str = "which of two brokers leaves or joins the ISR first";
const BOTH_AT_ONCE: &str = "both die or come back at once: the phase of their heartbeats and fetches decides";

pub(super) const FREE: &[Free] = &[
    Free {
        cases: &["s06a", "s06d", "s26a", "s28"],
        keys: &["isr"],
        freedom: Freedom::Interchangeable([2, 3]),
        what: WHICH_OF_TWO,
        why: BOTH_AT_ONCE,
    },
    Free {
        cases: &["s19", "s32", "s48"],
        keys: &["isr"],
        freedom: Freedom::Interchangeable([1, 2]),
        what: WHICH_OF_TWO,
        why: BOTH_AT_ONCE,
    },
    Free {
        cases: &["s23b", "s26a", "s29c"],
        keys: &["attempts"],
        freedom: Freedom::TimedOutByEither,
        what: "whether the client or the leader gave an attempt up",
        why: "both wait `request.timeout.ms` for the same request: a fraction of a millisecond decides",
    },
    Free {
        cases: &["s07b"],
        keys: &["attempts"],
        freedom: Freedom::RefusedMeanwhile,
        what: "how many attempts met a broker that could not take them",
        why: "the jitter of a back-off decides whether one falls between the old leader's return and the election, \
              or between that and the growth of the ISR",
    },
    Free {
        cases: &["s09a"],
        keys: &[
            "leaders",
            "isr",
            "final_leader",
            "final_leader_epoch",
            "final_replica_logs",
            "leader_batches",
            "attempts",
        ],
        freedom: Freedom::Unchecked,
        what: "who leads in the end, after one election or two",
        why: "all three lose power at once, and the one that is fenced last leads: any of them",
    },
    Free {
        cases: &["m01"],
        keys: &["attempts", "final_replica_logs", "leader_batches"],
        freedom: Freedom::Unchecked,
        what: "which records of three producers the dead leader had, and their order in the log",
        why: "each sends at its own pace; that all are stored once and in order is compared",
    },
];

impl Free {
    /// What is left free about a case.
    pub fn of(case: &str) -> impl Iterator<Item = &'static Free> {
        let short = short(case).to_owned();
        FREE.iter().filter(move |free| free.cases.contains(&short.as_str()))
    }
}

/// What a case is called for short: `s03a`.
pub(super) fn short(case: &str) -> &str {
    case.split('-').next().unwrap_or(case)
}

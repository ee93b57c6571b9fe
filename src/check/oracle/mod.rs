//! What may become of a record, in closed form: from the settings, and from what it and its partition went
//! through, whatever the simulation makes of it.
//!
//! [`because`] is the whole of it: each way in which a promise breaks has a few reasons, and where none of them
//! holds it does not break. [`Ordeals`] reads from a trace what a record went through. A run that breaks a promise
//! without a reason disagrees with Kafka's documentation or with this table: one of the two is wrong.
//!
//! With ELR, today's truncation and `acks=all`, whatever is lost and was not deleted is lost by an unclean election,
//! in a later epoch than that of its append. That stands on three rules of Kafka:
//!
//! * Who lost something with its power ended uncleanly, and its next registration says so by the epoch in its
//!   clean-shutdown file: it leaves ISR and ELR before anybody may elect it (KIP-966, KAFKA-18106, KAFKA-15586).
//! * What is acknowledged was with at least the minimum ISR, and below that the high watermark stands still: so each
//!   of ISR and ELR that did not lose it has it (KIP-966, KAFKA-15583).
//! * Where nobody is left in either, because as many lost it as the minimum ISR has members or more, only the last
//!   known leader is elected, and that is marked unclean (`PartitionChangeBuilder.canElectLastKnownLeader`).
//!
//! Sources: `design.md` (Message Delivery Semantics, Replicated Logs), KIP-966 (what a lossy shutdown takes),
//! KIP-101, KIP-279 and KIP-320 (truncation), KAFKA-15583 (high watermark below the minimum ISR), KIP-98 and
//! KIP-360 (idempotence, epoch bump), `Sender.canRetry`.

mod ordeal;

pub use ordeal::Ordeals;

use crate::sim::config::{Acks, Config, Truncation};

/// A way in which a promise breaks for a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fall {
    /// Acknowledged, and not in the log of who leads.
    LostAfterAck,
    /// More than one copy.
    Duplicated,
    /// Reported failed, yet there.
    Ghost,
    /// Behind a record that was sent later.
    OutOfOrder,
}

/// Why it may break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// Somebody who may lack it was elected.
    UncleanElection,
    /// Without ELR: power took it from the last member of the ISR, which keeps its seat.
    LastMemberLostIt,
    /// Up to 2.0: followers cut their logs by rules that left a way to lose what is committed.
    OldTruncation,
    /// The leader changed, and no follower had to have it (`acks=1` and `acks=0`).
    LeaderChanged,
    /// Its time was over (`retention.ms`).
    Deleted,
    /// No leader ever took it (`acks=0`).
    NeverStored,
    /// Nobody knew what became of an attempt, and the client tried again without idempotence.
    Retried,
    /// The application sent it again, or a new process of it did.
    SentAgain,
    /// It was sent again under another epoch of its producer, under which no broker knows it.
    Renumbered,
    /// The broker forgot its producer before it came again (`producer.id.expiration.ms`).
    ProducerForgotten,
    /// It was given up while nobody knew what became of an attempt, or who is told knows of no process before.
    GivenUp,
    /// Another request for the partition was under way, without idempotence.
    Overtaken,
    /// A new leader knew nothing of the producer, and took the first sequence that came (KIP-360).
    AnySequenceTaken,
}

/// Every way with each of its reasons.
pub const TABLE: &[(Fall, &[Because])] = &[
    (
        Fall::LostAfterAck,
        &[
            Because::UncleanElection,
            Because::LastMemberLostIt,
            Because::OldTruncation,
            Because::LeaderChanged,
            Because::Deleted,
            Because::NeverStored,
        ],
    ),
    (
        Fall::Duplicated,
        &[Because::Retried, Because::SentAgain, Because::Renumbered, Because::ProducerForgotten],
    ),
    (Fall::Ghost, &[Because::GivenUp]),
    (Fall::OutOfOrder, &[Because::Overtaken, Because::SentAgain, Because::AnySequenceTaken]),
];

/// What settings promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// `acks`
    pub acks: Acks,
    /// `enable.idempotence`
    pub idempotence: bool,
    /// `max.in.flight.requests.per.connection=1`
    pub one_in_flight: bool,
    /// `eligible.leader.replicas.version=1`
    pub elr: bool,
    /// How a follower makes its log agree.
    pub truncation: Truncation,
}

impl Terms {
    /// Those of a run.
    pub fn of(config: &Config) -> Terms {
        Terms {
            acks: config.producer.acks,
            idempotence: config.producer.idempotence,
            one_in_flight: config.producer.max_in_flight == 1,
            elr: config.cluster.elr,
            truncation: config.cluster.truncation,
        }
    }
}

/// What a record and its partition went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ordeal {
    /// A leader appended it.
    pub stored: bool,
    /// An unclean election, in a later epoch than that in which a leader first appended it.
    pub unclean_election: bool,
    /// An election, likewise.
    pub deposed: bool,
    /// An election, at any time.
    pub leader_changed: bool,
    /// A replica that lost it with its power was all of the ISR before it had it again.
    pub last_member_lost: bool,
    /// A replica deleted it in its time.
    pub deleted: bool,
    /// A leader took a later sequence of its producer as the first one that it knew of.
    pub any_sequence_taken: bool,
    /// A broker forgot a producer of its partition.
    pub producer_forgotten: bool,
    /// The client tried it more than once.
    pub tried_again: bool,
    /// It did so although an earlier attempt may have been appended.
    pub retried_blindly: bool,
    /// It did so under another epoch of the producer.
    pub renumbered: bool,
    /// send() was called with it more than once.
    pub sent_again: bool,
    /// It was reported failed while nobody knew whether an attempt had been appended, or when a process before had
    /// had it appended.
    pub unclear: bool,
}

/// The reasons for which a promise may be broken; none = it is kept.
pub fn because(terms: &Terms, ordeal: &Ordeal, fall: Fall) -> Vec<Because> {
    let reasons = TABLE.iter().find(|(other, _)| *other == fall).map_or(&[][..], |(_, reasons)| reasons);
    reasons.iter().copied().filter(|reason| holds(terms, ordeal, *reason)).collect()
}

fn holds(terms: &Terms, ordeal: &Ordeal, reason: Because) -> bool {
    match reason {
        Because::UncleanElection => ordeal.unclean_election,
        Because::LastMemberLostIt => !terms.elr && ordeal.last_member_lost,
        Because::OldTruncation => terms.truncation != Truncation::Epoch && ordeal.deposed,
        Because::LeaderChanged => terms.acks != Acks::All && ordeal.deposed,
        Because::Deleted => ordeal.deleted,
        Because::ProducerForgotten => {
            terms.idempotence && ordeal.producer_forgotten && ordeal.retried_blindly
        }
        Because::AnySequenceTaken => {
            terms.idempotence && !terms.one_in_flight && ordeal.any_sequence_taken && ordeal.tried_again
        }
        Because::NeverStored => terms.acks == Acks::None && !ordeal.stored,
        Because::Retried => !terms.idempotence && ordeal.retried_blindly,
        Because::SentAgain => ordeal.sent_again,
        Because::Renumbered => terms.idempotence && ordeal.renumbered,
        Because::GivenUp => ordeal.unclear,
        Because::Overtaken => {
            let under_way = !terms.one_in_flight || terms.acks == Acks::None;
            !terms.idempotence && under_way && (ordeal.tried_again || ordeal.leader_changed)
        }
    }
}

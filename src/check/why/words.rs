//! Moments, links and advice in plain English. The page has words of its own, in two languages.

use super::{Advice, Downfall, LinkKind, Violation};
use crate::check::fates::{Happened, Loss};
use crate::sim::config::Acks;
use crate::sim::{FaultId, PositionSource, SkipReason};
use std::fmt;

/// What was broken, behind "Why".
pub(super) fn violation_text(violation: Violation) -> &'static str {
    match violation {
        Violation::LogUnreadable => "the log cannot be read",
        Violation::LostAfterAck => "it was lost after its ack",
        Violation::LostUnacked => "it is not in the log",
        Violation::Ghost => "it is in the log although it failed",
        Violation::DuplicatedInLog => "the log has it more than once",
        Violation::OutOfOrder => "it stands behind a later record",
        Violation::NeverApplied => "it had no effect",
        Violation::AppliedTwice => "it had more than one effect",
    }
}

/// What to do where no setting helps.
pub(super) fn advice_text(advice: Advice) -> &'static str {
    match advice {
        Advice::KeepUntilAcked => {
            "Keep events in the application until their ack, and send them again after a restart."
        }
        Advice::TakeForUnknown => "An error means that the outcome is unknown, not that nothing was stored.",
        Advice::DedupAtConsumer => "Let the consumer know an event by its own id.",
        Advice::BringBrokerBack => "Bring a broker back that has the records.",
        Advice::SpreadReplicas => "Spread replicas over machines that do not fail together.",
        Advice::BringConsumerBack => "Start a consumer again.",
        Advice::FitTheSize => "Make the record, or the limit on its size, fit.",
        Advice::WaitForCopies => {
            "Wait for an answer that stands for copies: acks=all, with min.insync.replicas of 2 or more."
        }
        Advice::WaitForInSync => "Wait for a replica that has the records rather than let another one lead.",
        Advice::MendWhatIsBroken => "Mend what keeps the consumer from what it needs.",
        Advice::StartAtTheBeginning => "Let a new group start at the beginning of the log.",
        Advice::OrderAtConsumer => "Let the consumer put events in order by a number of their own.",
        Advice::CommitBehindEffect => "Commit an offset only when the effect is there.",
        Advice::RememberLonger => "Keep ids for longer than a redelivery can take.",
        Advice::MendProcessing => "Put what fails aside, mend what it fails by, and hand it in again.",
        Advice::KeyWithCall => "Send an id with the call, by which the service knows it again.",
        Advice::KeepLonger => "Keep records for longer than a consumer can be away.",
        Advice::EffectWithNote => "Bring about the effect, and note that it is there, in one transaction.",
    }
}

/// A moment of a record in words.
pub(super) struct Happening(pub(super) Happened);

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Happened::Sent { resend: 0 } => write!(f, "sent"),
            Happened::Sent { resend } => write!(f, "sent again by the application ({resend})"),
            Happened::Blocked => write!(f, "send() stands still"),
            Happened::Buffered => write!(f, "waits in the producer's buffer"),
            Happened::Attempted { broker, attempt, .. } => {
                write!(f, "attempt {attempt} goes to broker-{}", broker.0)
            }
            Happened::Answered { error: None, .. } => write!(f, "answer: stored"),
            Happened::Answered { error: Some(error), .. } => write!(f, "answer: {error}"),
            Happened::Unanswered { error, .. } => write!(f, "no answer: {error}"),
            Happened::RetryQueued { error } => write!(f, "waits to be sent again: {error}"),
            Happened::Expired => write!(f, "delivery.timeout.ms is over"),
            Happened::Acked { offset: Some(offset) } => write!(f, "acked at offset {offset}"),
            Happened::Acked { offset: None } => write!(f, "acked"),
            Happened::Failed { error } => write!(f, "failed: {}", error.exception()),
            Happened::Abandoned => write!(f, "its producer ended before it was told anything"),
            Happened::Appended { broker, offset, leader_epoch } => {
                write!(f, "appended by broker-{} at offset {offset}, epoch {leader_epoch}", broker.0)
            }
            Happened::Replicated { broker, offset, .. } => {
                write!(f, "copied by broker-{} at offset {offset}", broker.0)
            }
            Happened::DuplicateFound { broker, offset } => {
                write!(f, "broker-{} has it already at offset {offset}", broker.0)
            }
            Happened::Refused { broker, error } => write!(f, "refused by broker-{}: {error}", broker.0),
            Happened::Flushed { broker, .. } => write!(f, "on the disk of broker-{}", broker.0),
            Happened::Committed { broker, .. } => {
                write!(f, "below the high watermark of broker-{}", broker.0)
            }
            Happened::Lost { broker, how: Loss::Power, .. } => {
                write!(f, "lost with the power of broker-{}", broker.0)
            }
            Happened::Lost { broker, how: Loss::Deleted, .. } => {
                write!(f, "deleted by broker-{}: retention.ms was over", broker.0)
            }
            Happened::Lost { broker, how: Loss::Truncated(leader), .. } => {
                write!(f, "cut from broker-{} to match broker-{}", broker.0, leader.0)
            }
            Happened::Delivered { consumer, offset } => {
                write!(f, "delivered to consumer-{consumer} from offset {offset}")
            }
            Happened::Skipped { consumer, why } => {
                write!(f, "left alone by consumer-{consumer}: {}", skipped(why))
            }
            Happened::Applied { consumer, version } => {
                write!(f, "paid by consumer-{consumer}: version {version}")
            }
            Happened::Recorded { consumer } => write!(f, "noted by consumer-{consumer}"),
            Happened::Forgotten { consumer } => write!(f, "forgotten: consumer-{consumer} finds no note"),
            Happened::CalledAgain { consumer } => write!(f, "no answer: consumer-{consumer} calls again"),
            Happened::ProcessingFailed { consumer } => write!(f, "consumer-{consumer} could not process it"),
            Happened::DeadLettered { consumer } => {
                write!(f, "put aside by consumer-{consumer}: a dead letter")
            }
            Happened::OffsetCommitted { consumer, .. } => {
                write!(f, "passed by the offset that consumer-{consumer} committed")
            }
        }
    }
}

fn skipped(why: SkipReason) -> &'static str {
    match why {
        SkipReason::Seen => "its id was noted before",
        SkipReason::Version => "the account has another version",
        SkipReason::StoredOffset => "the stored offset is another one",
        SkipReason::Overtaken => "its number is not above the account's last",
        SkipReason::Fenced => "a newer owner of the partition has written",
    }
}

fn acks_text(acks: Acks) -> &'static str {
    match acks {
        Acks::None => "0",
        Acks::Leader => "1",
        Acks::All => "all",
    }
}

/// A link in words, with the names of the scenario's faults.
pub(super) struct Telling<'a>(pub(super) LinkKind, pub(super) &'a [String]);

impl Telling<'_> {
    fn by(&self, fault: Option<FaultId>) -> String {
        let name = fault.and_then(|fault| self.1.get(usize::from(fault.0)));
        name.map(|name| format!(" ({name})")).unwrap_or_default()
    }
}

impl fmt::Display for Telling<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            LinkKind::Cut { fault, from, to } => {
                write!(f, "nothing gets through from {from} to {to}{}", self.by(Some(fault)))
            }
            LinkKind::Down { node, fault, how } => {
                let how = match how {
                    Downfall::Killed => "was killed",
                    Downfall::PowerLost => "lost power",
                    Downfall::Stopped => "stopped",
                    Downfall::Paused => "stood still",
                };
                write!(f, "{node} {how}{}", self.by(fault))
            }
            LinkKind::Restarted { node } => write!(f, "{node} began anew"),
            LinkKind::DiskFailed { fault, broker, slow } => {
                let how = if slow { "became slow" } else { "failed" };
                write!(f, "the disk of broker-{} {how}{}", broker.0, self.by(Some(fault)))
            }
            LinkKind::Reset { fault, from, to } => {
                write!(f, "the connection between {from} and {to} was reset{}", self.by(Some(fault)))
            }
            LinkKind::Closed { client, broker } => {
                write!(f, "broker-{} closed the connection of {client}", broker.0)
            }
            LinkKind::NeverSent => write!(f, "it waited in the producer's memory and was never sent"),
            LinkKind::Blocked => {
                write!(
                    f,
                    "send() stood still, for max.block.ms at most: the producer knew no leader, or had no memory"
                )
            }
            LinkKind::RequestLate { fault, broker } => {
                write!(f, "the request to broker-{} came late{}", broker.0, self.by(Some(fault)))
            }
            LinkKind::SequenceUnresolved => {
                write!(f, "a batch before it was given up, its sequence numbers still open")
            }
            LinkKind::RequestLost { fault, broker } => {
                write!(f, "the request did not reach broker-{}{}", broker.0, self.by(fault))
            }
            LinkKind::Refused { broker, error } => write!(f, "broker-{} refused it: {error}", broker.0),
            LinkKind::Appended { broker, offset } => {
                write!(f, "broker-{} appended it at offset {offset}", broker.0)
            }
            LinkKind::AnswerLost { fault, broker } => {
                write!(f, "the answer of broker-{} did not arrive in time{}", broker.0, self.by(fault))
            }
            LinkKind::NeverAnswered { broker } => write!(f, "broker-{} had nothing to answer yet", broker.0),
            LinkKind::GaveUp { broker, error } => {
                write!(f, "the producer gave its request to broker-{} up: {error}", broker.0)
            }
            LinkKind::Retried { broker, attempt } => {
                write!(f, "the producer sent it again, to broker-{} (attempt {attempt})", broker.0)
            }
            LinkKind::RetriedUnderNewSequence { broker, producer_epoch } => write!(
                f,
                "the producer sent it again under its new epoch {producer_epoch}, to broker-{}",
                broker.0
            ),
            LinkKind::ProducerForgotten { broker } => {
                write!(f, "broker-{} forgot the producer: producer.id.expiration.ms was over", broker.0)
            }
            LinkKind::Expired => write!(f, "delivery.timeout.ms was over"),
            LinkKind::Failed { error } => write!(f, "the application was told {}", error.exception()),
            LinkKind::SentAgain { .. } => write!(f, "the application sent it again"),
            LinkKind::AppendedAgain { broker, offset } => {
                write!(f, "broker-{} appended it again at offset {offset}", broker.0)
            }
            LinkKind::Overtaken { by, offset } => {
                write!(f, "{by} was appended before it, at offset {offset}")
            }
            LinkKind::AckedUnseen => write!(f, "acked without an answer (acks=0)"),
            LinkKind::AckedByLeaderAlone { broker, acks, isr } => {
                write!(f, "acked: only broker-{} had it (acks={}, ISR {isr})", broker.0, acks_text(acks))
            }
            LinkKind::AckedWithCopies { copies, isr } => {
                write!(f, "acked: brokers {copies} had it (ISR {isr})")
            }
            LinkKind::IsrShrunk { to } => write!(f, "the ISR became {to}"),
            LinkKind::NoLeader { isr, elr } if elr.is_empty() => {
                write!(f, "nobody leads: the ISR is {isr}")
            }
            LinkKind::NoLeader { isr, elr } => {
                write!(f, "nobody leads: the ISR is {isr}, the ELR {elr}")
            }
            LinkKind::Elected { broker, leader_epoch, log_end, unclean } => {
                let how = if unclean { " uncleanly" } else { "" };
                write!(f, "broker-{} was elected{how} in epoch {leader_epoch}", broker.0)?;
                log_end.map_or(Ok(()), |end| write!(f, ", its log ends at {end}"))
            }
            LinkKind::UnflushedLost { broker, to } => {
                write!(f, "what broker-{} had not flushed is gone: its log ends at {to}", broker.0)
            }
            LinkKind::Truncated { broker, to, leader } => {
                write!(f, "broker-{} cut its log to {to} to match broker-{}", broker.0, leader.0)
            }
            LinkKind::LeftBehind { broker, offset } => {
                write!(f, "at the end broker-{} has it at offset {offset}, and does not lead", broker.0)
            }
            LinkKind::AboveHighWatermark { broker, offset, high_watermark } => write!(
                f,
                "at the end it stands at offset {offset} of broker-{}, above the high watermark {high_watermark}",
                broker.0
            ),
            LinkKind::PositionSet { consumer, offset, source } => {
                let source = match source {
                    PositionSource::Committed => "the committed one",
                    PositionSource::Stored => "the one in the database",
                    PositionSource::Earliest => "auto.offset.reset=earliest",
                    PositionSource::Latest => "auto.offset.reset=latest",
                    PositionSource::OutOfRangeEarliest => {
                        "the other was out of range, auto.offset.reset=earliest"
                    }
                    PositionSource::OutOfRangeLatest => {
                        "the other was out of range, auto.offset.reset=latest"
                    }
                    PositionSource::Diverged => "where the log began to differ",
                };
                write!(f, "consumer-{consumer} reads from offset {offset}: {source}")
            }
            LinkKind::Delivered { consumer, offset } => {
                write!(f, "delivered to consumer-{consumer} from offset {offset}")
            }
            LinkKind::CommittedBeforeEffect { consumer, .. } => {
                write!(f, "consumer-{consumer} committed past it before it took effect")
            }
            LinkKind::CommittedBeforeStored { consumer, offset } => {
                write!(f, "consumer-{consumer} committed {offset} when another record stood in its place")
            }
            LinkKind::ReadBeforeStored { consumer, offset } => {
                write!(f, "consumer-{consumer} read another record from offset {offset}")
            }
            LinkKind::Rebalanced { members: 1 } => write!(f, "the group was rebalanced: 1 member"),
            LinkKind::Rebalanced { members } => write!(f, "the group was rebalanced: {members} members"),
            LinkKind::PollTimedOut { consumer } => {
                write!(
                    f,
                    "consumer-{consumer} had not called poll() for max.poll.interval.ms, and left the group"
                )
            }
            LinkKind::PaidBefore { later } => write!(f, "the account took {later} first"),
            LinkKind::AccountWaits { missing } => write!(f, "the account still waited for {missing}"),
            LinkKind::CommitFailed { consumer, error } => {
                write!(f, "a commit of consumer-{consumer} failed: {error}")
            }
            LinkKind::OffsetsExpired => {
                write!(f, "the group was empty for offsets.retention.minutes: its offsets are forgotten")
            }
            LinkKind::CommitLost { consumer, fault } => {
                write!(f, "a commit of consumer-{consumer} did not arrive{}", self.by(Some(fault)))
            }
            LinkKind::OffsetsLost { broker } => write!(f, "broker-{} lost committed offsets", broker.0),
            LinkKind::MemberRemoved { consumer, expired: true } => {
                write!(f, "the group went on without consumer-{consumer}, not heard from in time")
            }
            LinkKind::MemberRemoved { consumer, expired: false } => write!(f, "consumer-{consumer} left"),
            LinkKind::ConsumerFailed { consumer, error } => {
                write!(f, "consumer-{consumer} ended with {}", error.exception())
            }
            LinkKind::RecordedInMemory { consumer } => {
                write!(f, "consumer-{consumer} noted its id, in its own memory only")
            }
            LinkKind::Recorded { consumer } => write!(f, "consumer-{consumer} noted its id"),
            LinkKind::Deleted { broker, offset } => {
                write!(f, "broker-{} deleted it at offset {offset}: it was older than retention.ms", broker.0)
            }
            LinkKind::Forgotten { consumer } => {
                write!(f, "consumer-{consumer} found no note of it: remember_ms was over")
            }
            LinkKind::CalledAgain { consumer, fault } => {
                write!(f, "no answer came{}, and consumer-{consumer} called again", self.by(fault))
            }
            LinkKind::ProcessingFailed { consumer } => write!(f, "consumer-{consumer} could not process it"),
            LinkKind::DeadLettered { consumer } => {
                write!(f, "consumer-{consumer} put it aside: a dead letter")
            }
            LinkKind::HeldUp { by } => write!(f, "{by} before it fails, and is read again and again"),
            LinkKind::Skipped { consumer, why } => {
                write!(f, "consumer-{consumer} left it alone: {}", skipped(why))
            }
            LinkKind::Applied { consumer } => write!(f, "consumer-{consumer} paid"),
            LinkKind::AppliedAgain { consumer } => write!(f, "consumer-{consumer} paid again"),
            LinkKind::NeverDelivered => write!(f, "nobody had read it when the run ended"),
        }
    }
}

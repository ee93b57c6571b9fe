//! Why the log holds what it should not: a record that failed, a second copy, a wrong order.

use super::evidence::Evidence;
use super::remedy::{self, Advice, Remedy};
use super::stored::attempts;
use super::{Cause, Link, LinkKind, Violation};
use crate::check::fates::{Fate, Happened, Moment};
use crate::check::report::Report;
use crate::sim::{BrokerId, MessageId, NodeId, Offset, RecordId, StepNo};

/// Appended, but the answer did not come before the producer's patience was over.
pub(super) fn ghost(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let mut links = Vec::new();
    if let Some((place, append)) = appends(fate).next() {
        links.push(Link {
            step: append.step,
            kind: LinkKind::Appended { broker: append.broker, offset: append.offset },
        });
        links.extend(unanswered(evidence, fate, place, append));
    }
    for moment in fate.moments {
        let kind = match moment.what {
            Happened::Expired => LinkKind::Expired,
            Happened::Failed { error } => LinkKind::Failed { error },
            _ => continue,
        };
        links.push(Link { step: moment.step, kind });
    }
    let remedy = Remedy::of(remedy::patience(evidence.config), Advice::TakeForUnknown);
    Some(Cause::new(Violation::Ghost, fate.partition, Some(record), links, remedy))
}

/// An append of a record.
#[derive(Clone, Copy, Debug)]
struct Append {
    step: StepNo,
    broker: BrokerId,
    offset: Offset,
}

/// Leaders' appends of a record with their places among its moments.
fn appends(fate: Fate<'_>) -> impl Iterator<Item = (usize, Append)> {
    fate.moments.iter().enumerate().filter_map(|(place, moment)| match moment.what {
        Happened::Appended { broker, offset, .. } => {
            Some((place, Append { step: moment.step, broker, offset }))
        }
        _ => None,
    })
}

/// Why the answer to the request that led to an append did not reach the producer.
fn unanswered(evidence: &Evidence<'_>, fate: Fate<'_>, place: usize, append: Append) -> Vec<Link> {
    let broker = append.broker;
    let Some(request) = request_before(fate.moments, place, broker) else { return Vec::new() };
    let gave_up = fate.moments[place..].iter().find_map(|moment| match moment.what {
        Happened::Unanswered { request: other, error } if other == request => {
            Some(Link { step: moment.step, kind: LinkKind::GaveUp { broker, error } })
        }
        _ => None,
    });
    let end = gave_up.map_or(evidence.end, |link| link.step);
    let mut links: Vec<Link> = answer_lost(evidence, request, broker, end).into_iter().collect();
    if links.is_empty() && gave_up.is_some() {
        links.extend(never_answered(evidence, fate, append, end));
    }
    links.extend(gave_up);
    links
}

fn request_before(moments: &[Moment], place: usize, broker: BrokerId) -> Option<MessageId> {
    moments[..place].iter().rev().find_map(|moment| match moment.what {
        Happened::Attempted { request, broker: to, .. } if to == broker => Some(request),
        _ => None,
    })
}

/// The answer that was under way when the producer gave up.
fn answer_lost(evidence: &Evidence<'_>, request: MessageId, broker: BrokerId, end: StepNo) -> Option<Link> {
    let answer = evidence.mail(evidence.mail(request).answer?);
    if answer.sent > end || answer.delivered.is_some() && answer.delayed.is_none() {
        return None;
    }
    // One that was lost because the producer had given up already came too late by itself.
    let lost = answer.lost.and_then(|(step, fault)| Some((step, fault?)));
    let (step, fault) = answer.held.or(answer.delayed).or(lost)?;
    Some(Link { step, kind: LinkKind::AnswerLost { fault: Some(fault), broker } })
}

/// There was no answer yet: the connection was reset under it, the leader waited for copies, or it ended.
fn never_answered(evidence: &Evidence<'_>, fate: Fate<'_>, append: Append, end: StepNo) -> Vec<Link> {
    let Append { step, broker, .. } = append;
    let producer = NodeId::Producer(fate.record.producer());
    if let Some((step, fault)) = evidence.reset(producer, broker.into(), step, end) {
        return vec![Link { step, kind: LinkKind::AnswerLost { fault: Some(fault), broker } }];
    }
    let mut links = vec![Link { step, kind: LinkKind::NeverAnswered { broker } }];
    let others = evidence.config.replicas(fate.partition).filter(|other| *other != broker);
    let apart: Vec<Link> =
        others.filter_map(|other| evidence.apart(other.into(), broker.into(), step)).collect();
    links.extend(evidence.went_down(broker.into(), step, end).filter(|_| apart.is_empty()));
    links.extend(apart);
    links.extend(evidence.cut(broker.into(), producer, step));
    links
}

/// Appended, the answer lost, sent again by the client or the application, appended again.
pub(super) fn duplicated(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let copies = fate.end().copies;
    let in_log = |append: &Append| copies.iter().any(|copy| copy.offset == append.offset);
    let mut stand = appends(fate).filter(|(_, append)| in_log(append));
    let (first, second) = (stand.next()?, stand.next()?);
    let mut links = vec![Link {
        step: first.1.step,
        kind: LinkKind::Appended { broker: first.1.broker, offset: first.1.offset },
    }];
    links.extend(unanswered(evidence, fate, first.0, first.1));
    let (links_again, again) = sent_again(evidence, fate, first.0, second.0);
    links.extend(links_again);
    links.push(Link {
        step: second.1.step,
        kind: LinkKind::AppendedAgain { broker: second.1.broker, offset: second.1.offset },
    });
    let remedy = against_copies(evidence, again);
    Some(Cause::new(Violation::DuplicatedInLog, fate.partition, Some(record), links, remedy))
}

/// Who sent a record again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// The client, by itself.
    Client,
    /// The application, told of a failure.
    Application,
    /// The application, in a new process.
    NewProcess,
}

/// How a record came to be sent again between two of its moments.
fn sent_again(evidence: &Evidence<'_>, fate: Fate<'_>, from: usize, to: usize) -> (Vec<Link>, Again) {
    let producer = NodeId::Producer(fate.record.producer());
    let between = &fate.moments[from..to];
    let steps = (fate.moments[from].step, fate.moments[to].step);
    let mut links = Vec::new();
    let mut again = Again::Client;
    for moment in between {
        let step = moment.step;
        let kind = match moment.what {
            Happened::Expired => LinkKind::Expired,
            Happened::Failed { error } => LinkKind::Failed { error },
            Happened::Sent { resend } => {
                again = Again::Application;
                links.extend(evidence.went_down(producer, steps.0, step));
                if let Some(restarted) = evidence.restarted(producer, steps.0, step) {
                    again = Again::NewProcess;
                    links.push(restarted);
                }
                LinkKind::SentAgain { resend }
            }
            _ => continue,
        };
        links.push(Link { step, kind });
    }
    // Of the client's retries only the one that led to the copy.
    let retry = between.iter().rev().find_map(|moment| match moment.what {
        Happened::Attempted { broker, attempt, request } => {
            let kind = match evidence.new_sequence(request) {
                Some(producer_epoch) => LinkKind::RetriedUnderNewSequence { broker, producer_epoch },
                None => LinkKind::Retried { broker, attempt },
            };
            Some(Link { step: moment.step, kind })
        }
        _ => None,
    });
    links.extend(retry.filter(|_| again == Again::Client));
    (links, again)
}

fn against_copies(evidence: &Evidence<'_>, again: Again) -> Remedy {
    let config = evidence.config;
    let candidates = match again {
        Again::Client if !config.producer.idempotence => vec![remedy::idempotence(config)],
        Again::Application => remedy::patience(config),
        Again::Client | Again::NewProcess => Vec::new(),
    };
    Remedy::of(candidates, Advice::DedupAtConsumer)
}

/// Its attempt failed, a later record was appended meanwhile, then it was appended itself.
pub(super) fn out_of_order(evidence: &Evidence<'_>, report: &Report, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let log = report.log.get(fate.partition.index())?.as_ref()?;
    let later = |id: &RecordId| id.producer() == record.producer() && id.number() > record.number();
    let overtaker = *log.iter().take_while(|id| **id != record).find(|id| later(id))?;
    let mut links = Vec::new();
    let stands = fate.end().copies.iter().map(|copy| copy.offset).min();
    let append = appends(fate).find(|(_, append)| Some(append.offset) == stands);
    if let Some((place, append)) = append {
        links.extend(attempts(evidence, &fate.moments[..place]));
        links.push(Link {
            step: append.step,
            kind: LinkKind::Appended { broker: append.broker, offset: append.offset },
        });
    }
    let other = evidence.fate(overtaker)?;
    let first = other.end().copies.iter().map(|copy| copy.offset).min();
    if let Some((_, append)) = appends(other).find(|(_, append)| Some(append.offset) == first) {
        let kind = LinkKind::Overtaken { by: overtaker, offset: append.offset };
        links.push(Link { step: append.step, kind });
    }
    let resent = fate.moments.iter().filter(|m| matches!(m.what, Happened::Sent { .. })).count() > 1;
    let mut candidates = Vec::new();
    if !evidence.config.producer.idempotence {
        candidates.push(remedy::idempotence(evidence.config));
        if evidence.config.producer.max_in_flight > 1 {
            candidates.push(remedy::one_in_flight());
        }
    }
    if resent {
        candidates.extend(remedy::patience(evidence.config));
    }
    let advice = resent.then_some(Advice::TakeForUnknown);
    let remedy = Remedy::of(candidates, advice);
    Some(Cause::new(Violation::OutOfOrder, fate.partition, Some(record), links, remedy))
}

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
    let mut links: Vec<Link> = answer_lost(evidence, request, broker).into_iter().collect();
    if links.is_empty() && gave_up.is_some() {
        links.extend(never_answered(evidence, fate, append));
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

fn answer_lost(evidence: &Evidence<'_>, request: MessageId, broker: BrokerId) -> Option<Link> {
    let answer = evidence.mail(evidence.mail(request).answer?);
    if answer.delivered.is_some() && answer.delayed.is_none() {
        return None;
    }
    let by_fault = |(step, fault)| (step, Some(fault));
    let (step, fault) = answer.held.or(answer.delayed).map(by_fault).or(answer.lost)?;
    Some(Link { step, kind: LinkKind::AnswerLost { fault, broker } })
}

/// The leader had nothing to answer yet: it waited for copies, or ended.
fn never_answered(evidence: &Evidence<'_>, fate: Fate<'_>, append: Append) -> Vec<Link> {
    let Append { step, broker, .. } = append;
    let producer = NodeId::Producer(fate.record.producer());
    let mut links = vec![Link { step, kind: LinkKind::NeverAnswered { broker } }];
    let gone = evidence.went_down(broker.into(), step, evidence.end);
    let others = evidence.config.replicas(fate.partition).filter(|other| *other != broker);
    let apart: Vec<Link> =
        others.filter_map(|other| evidence.apart(other.into(), broker.into(), step)).collect();
    links.extend(if apart.is_empty() { gone } else { None });
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
    let (again, by_application) = sent_again(evidence, fate, first.0, second.0);
    links.extend(again);
    links.push(Link {
        step: second.1.step,
        kind: LinkKind::AppendedAgain { broker: second.1.broker, offset: second.1.offset },
    });
    let remedy = against_copies(evidence, by_application);
    Some(Cause::new(Violation::DuplicatedInLog, fate.partition, Some(record), links, remedy))
}

/// How a record came to be sent again between two of its moments, and whether the application did it.
fn sent_again(evidence: &Evidence<'_>, fate: Fate<'_>, from: usize, to: usize) -> (Vec<Link>, bool) {
    let producer = NodeId::Producer(fate.record.producer());
    let between = &fate.moments[from..to];
    let steps = (fate.moments[from].step, fate.moments[to].step);
    let mut links = Vec::new();
    let mut by_application = false;
    for moment in between {
        let step = moment.step;
        let kind = match moment.what {
            Happened::Expired => LinkKind::Expired,
            Happened::Failed { error } => LinkKind::Failed { error },
            Happened::Sent { resend } => {
                by_application = true;
                links.extend(evidence.went_down(producer, steps.0, step));
                links.extend(evidence.restarted(producer, steps.0, step));
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
    links.extend(retry.filter(|_| !by_application));
    (links, by_application)
}

fn against_copies(evidence: &Evidence<'_>, by_application: bool) -> Remedy {
    let config = evidence.config;
    let mut candidates = Vec::new();
    if !config.producer.idempotence && !by_application {
        candidates.push(remedy::idempotence(config));
    }
    if by_application {
        candidates.extend(remedy::patience(config));
    }
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

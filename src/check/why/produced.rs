//! Why the log holds what it should not: a record that failed, a second copy, a wrong order.

use super::evidence::Evidence;
use super::remedy::{self, Advice, Remedy};
use super::stored::{attempts, copy_lost};
use super::{Cause, Link, LinkKind, Violation};
use crate::check::fates::{Fate, Happened, Moment};
use crate::check::report::Report;
use crate::sim::{BrokerId, MessageId, NodeId, Offset, RecordId, StepNo};

/// Appended, but the answer did not come before the producer's patience was over.
pub(super) fn ghost(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let (place, append) = standing(fate).next().or_else(|| appends(fate).next())?;
    let mut links = vec![append.link()];
    links.extend(unanswered(evidence, fate, place, append));
    links.extend(retries_in_vain(evidence, fate, append));
    let told = fate.moments.iter().rev().find(|m| matches!(m.what, Happened::Failed { .. }));
    for moment in fate.moments.iter().filter(|moment| told.is_some_and(|told| told.step == moment.step)) {
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

/// Why sending it again did not help: what became of attempts after the one that was appended.
fn retries_in_vain(evidence: &Evidence<'_>, fate: Fate<'_>, append: Append) -> Vec<Link> {
    let told = fate.moments.iter().rposition(|m| matches!(m.what, Happened::Failed { .. }));
    let from = fate.moments.partition_point(|moment| moment.step <= append.step);
    let until = told.unwrap_or(from).max(from);
    attempts(evidence, fate, &fate.moments[from..until])
}

/// An append of a record.
#[derive(Clone, Copy, Debug)]
struct Append {
    step: StepNo,
    broker: BrokerId,
    offset: Offset,
}

impl Append {
    fn link(self) -> Link {
        Link { step: self.step, kind: LinkKind::Appended { broker: self.broker, offset: self.offset } }
    }

    fn link_again(self) -> Link {
        Link { step: self.step, kind: LinkKind::AppendedAgain { broker: self.broker, offset: self.offset } }
    }
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

/// Those whose copies still stand at the end.
fn standing(fate: Fate<'_>) -> impl Iterator<Item = (usize, Append)> {
    let copies = fate.end().copies;
    appends(fate).filter(move |(_, append)| copies.iter().any(|copy| copy.offset == append.offset))
}

/// Each append of a record, with why its answer did not reach the producer.
pub(super) fn unanswered_appends(evidence: &Evidence<'_>, fate: Fate<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for (place, append) in appends(fate) {
        links.push(append.link());
        links.extend(unanswered(evidence, fate, place, append));
    }
    links
}

/// Why the answer to the request that led to an append did not reach the producer.
fn unanswered(evidence: &Evidence<'_>, fate: Fate<'_>, place: usize, append: Append) -> Vec<Link> {
    let broker = append.broker;
    let Some(request) = request_of(evidence, &fate.moments[..place], append) else { return Vec::new() };
    let gave_up = fate.moments.iter().find_map(|moment| match moment.what {
        Happened::Unanswered { request: other, error } if other == request => {
            Some(Link { step: moment.step, kind: LinkKind::GaveUp { broker, error } })
        }
        _ => None,
    });
    let end = gave_up.map_or(evidence.end, |link| link.step);
    let mut links: Vec<Link> = request_late(evidence, request, broker).into_iter().collect();
    if append.step <= end {
        let lost = answer_lost(evidence, request, broker, end);
        if lost.is_none() && gave_up.is_some() {
            links.extend(never_answered(evidence, fate, append, end));
        }
        links.extend(lost);
    }
    links.extend(gave_up);
    links
}

/// The request that led to an append: the one that its broker got last.
fn request_of(evidence: &Evidence<'_>, before: &[Moment], append: Append) -> Option<MessageId> {
    let requests = before.iter().filter_map(|moment| match moment.what {
        Happened::Attempted { request, broker, .. } if broker == append.broker => Some(request),
        _ => None,
    });
    requests
        .filter_map(|request| Some((evidence.mail(request).delivered?, request)))
        .filter(|(delivered, _)| *delivered <= append.step)
        .max_by_key(|(delivered, _)| *delivered)
        .map(|(_, request)| request)
}

fn request_late(evidence: &Evidence<'_>, request: MessageId, broker: BrokerId) -> Option<Link> {
    let mail = evidence.mail(request);
    let (step, fault) = mail.held.or(mail.delayed)?;
    Some(Link { step, kind: LinkKind::RequestLate { fault, broker } })
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
    let ended = evidence.why_went_down(broker.into(), step, end);
    if ended.is_empty() {
        let others = evidence.config.replicas(fate.partition).filter(|other| *other != broker);
        links.extend(others.flat_map(|other| {
            let apart = evidence.apart(other.into(), broker.into(), end);
            if apart.is_empty() { evidence.disk(other, end).into_iter().collect() } else { apart }
        }));
        links.extend(evidence.disk(broker, end));
    }
    links.extend(ended);
    links.extend(evidence.cut(broker.into(), producer, end));
    links
}

/// Appended, the answer lost, sent again by the client or the application, appended again.
pub(super) fn duplicated(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let (links, remedy) = second_copy(evidence, fate)?;
    Some(Cause::new(Violation::DuplicatedInLog, fate.partition, Some(record), links, remedy))
}

/// How a record came to stand in the log twice, and what would have prevented it.
pub(super) fn second_copy(evidence: &Evidence<'_>, fate: Fate<'_>) -> Option<(Vec<Link>, Remedy)> {
    let mut stand = standing(fate);
    let (first, second) = (stand.next()?, stand.next()?);
    let mut links = vec![first.1.link()];
    links.extend(unanswered(evidence, fate, first.0, first.1));
    let (links_again, again) = sent_again(evidence, fate, first.0, second);
    links.extend(links_again);
    links.push(second.1.link_again());
    Some((links, against_copies(evidence, again)))
}

/// Every append of a record that was lost in between, and by what.
pub(super) fn appended_anew(evidence: &Evidence<'_>, fate: Fate<'_>) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (i, (_, append)) in appends(fate).enumerate() {
        links.push(if i == 0 { append.link() } else { append.link_again() });
    }
    let last = links.last().map_or(StepNo(0), |link| link.step);
    for moment in fate.until(last) {
        if let Happened::Lost { broker, .. } = moment.what {
            links.extend(copy_lost(evidence, fate.partition, moment.step, broker));
        }
    }
    links
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

/// How a record came to be sent again after one of its moments, so that it was appended.
fn sent_again(
    evidence: &Evidence<'_>,
    fate: Fate<'_>,
    from: usize,
    (to, append): (usize, Append),
) -> (Vec<Link>, Again) {
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
    if again == Again::Client {
        links.extend(evidence.forgot(append.broker, fate.partition, steps.0, steps.1));
        links.extend(retry(evidence, fate, to, append));
    }
    (links, again)
}

/// The attempt that led to an append.
fn retry(evidence: &Evidence<'_>, fate: Fate<'_>, place: usize, append: Append) -> Vec<Link> {
    let request = request_of(evidence, &fate.moments[..place], append);
    let attempt = fate.moments[..place].iter().find_map(|moment| match moment.what {
        Happened::Attempted { broker, attempt, request: other } if Some(other) == request => {
            Some((moment.step, broker, attempt))
        }
        _ => None,
    });
    let (Some(request), Some((step, broker, attempt))) = (request, attempt) else { return Vec::new() };
    // The first attempt may arrive behind the second.
    let late: Vec<Link> = request_late(evidence, request, broker).into_iter().collect();
    if attempt <= 1 {
        return late;
    }
    let kind = match evidence.new_sequence(request) {
        Some(producer_epoch) => LinkKind::RetriedUnderNewSequence { broker, producer_epoch },
        None => LinkKind::Retried { broker, attempt },
    };
    late.into_iter().chain([Link { step, kind }]).collect()
}

fn against_copies(evidence: &Evidence<'_>, again: Again) -> Remedy {
    let config = evidence.config;
    let candidates = match again {
        Again::Client if !config.producer.idempotence => vec![remedy::idempotence(config)],
        Again::Application => remedy::patience(config),
        Again::Client => remedy::remembered(config),
        Again::NewProcess => Vec::new(),
    };
    Remedy::of(candidates, Advice::DedupAtConsumer)
}

/// Its attempt failed, a later record was appended meanwhile, then it was appended itself.
pub(super) fn out_of_order(evidence: &Evidence<'_>, report: &Report, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let log = report.log.get(fate.partition.index())?.as_ref()?;
    let later = |id: &RecordId| id.producer() == record.producer() && id.number() > record.number();
    let overtaker = *log.iter().take_while(|id| **id != record).find(|id| later(id))?;
    // A log begins at offset 0.
    let stands = |id: RecordId| log.iter().position(|other| *other == id).map(|place| place as Offset);
    let append = |fate: Fate<'_>| {
        appends(fate).filter(|(_, append)| Some(append.offset) == stands(fate.record)).last()
    };
    let mut links = Vec::new();
    let mut resent = false;
    if let Some((place, append)) = append(fate) {
        let before = &fate.moments[..place];
        links.extend(attempts(evidence, fate, before));
        links.extend(copies_before(evidence, fate, place));
        let sent = before.iter().filter(|m| matches!(m.what, Happened::Sent { .. })).nth(1);
        if let Some(sent) = sent {
            resent = true;
            let first = before.iter().position(|moment| moment == sent).unwrap_or_default();
            let told = before[..first].iter().rev().find_map(|moment| match moment.what {
                Happened::Failed { error } => {
                    Some(Link { step: moment.step, kind: LinkKind::Failed { error } })
                }
                _ => None,
            });
            links.extend(told);
            links.extend(sent_again(evidence, fate, first, (place, append)).0);
        }
        links.push(append.link());
    }
    let other = evidence.fate(overtaker)?;
    if let Some((_, append)) = append(other) {
        let kind = LinkKind::Overtaken { by: overtaker, offset: append.offset };
        links.push(Link { step: append.step, kind });
    }
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
    let remedy = Remedy::of(candidates, Advice::OrderAtConsumer);
    Some(Cause::new(Violation::OutOfOrder, fate.partition, Some(record), links, remedy))
}

/// How a record came to stand in the log as late as it does.
pub(super) fn sent_late(evidence: &Evidence<'_>, fate: Fate<'_>) -> Vec<Link> {
    let Some((place, append)) = standing(fate).next() else { return Vec::new() };
    let mut links = attempts(evidence, fate, &fate.moments[..place]);
    links.push(append.link());
    links
}

/// Copies that a record had before one of its moments and lost again.
fn copies_before(evidence: &Evidence<'_>, fate: Fate<'_>, place: usize) -> Vec<Link> {
    let earlier: Vec<(usize, Append)> = appends(fate).take_while(|(at, _)| *at < place).collect();
    let mut links: Vec<Link> = earlier.iter().map(|(_, append)| append.link()).collect();
    let Some((first, _)) = earlier.first() else { return links };
    for moment in &fate.moments[*first..place] {
        if let Happened::Lost { broker, .. } = moment.what {
            links.extend(copy_lost(evidence, fate.partition, moment.step, broker));
        }
    }
    links
}

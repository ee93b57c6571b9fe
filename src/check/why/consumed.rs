//! Why a record in the log had no effect, or more than one.

use super::evidence::{Evidence, GroupEvent, LogCut};
use super::positions::{committed_by_others, passed_over, read_before_stored, taken_up};
use super::produced::{appended_anew, second_copy, sent_late};
use super::remedy::{self, Advice, Remedy, Setting};
use super::stored::{lost_after_ack, lost_unacked};
use super::{Cause, Downfall, Link, LinkKind, Violation};
use crate::check::fates::{Fate, Happened, Moment, Told};
use crate::sim::config::{CommitMode, Config, Effect, OnFailure};
use crate::sim::order::sort_by_number;
use crate::sim::{BrokerId, Error, NodeId, Offset, RecordId, SkipReason, StepNo, TopicPartition};

/// Never handed out, or handed out and left without effect.
pub(super) fn never_applied(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let (links, remedy) = no_effect(evidence, fate);
    Some(Cause::new(Violation::NeverApplied, fate.partition, Some(record), links, remedy))
}

fn no_effect(evidence: &Evidence<'_>, fate: Fate<'_>) -> (Vec<Link>, Remedy) {
    let delivered = fate.moments.iter().rposition(|m| matches!(m.what, Happened::Delivered { .. }));
    match delivered {
        Some(place) => delivered_in_vain(evidence, fate, place),
        None => never_delivered(evidence, fate),
    }
}

/// It was read, and its processing failed.
fn failed_each_time(fate: Fate<'_>) -> Option<(Vec<Link>, Remedy)> {
    let first = |kind: fn(Happened) -> Option<LinkKind>| {
        fate.moments.iter().find_map(|m| Some(Link { step: m.step, kind: kind(m.what)? }))
    };
    let failed = first(|what| match what {
        Happened::ProcessingFailed { consumer } => Some(LinkKind::ProcessingFailed { consumer }),
        _ => None,
    })?;
    let aside = first(|what| match what {
        Happened::DeadLettered { consumer } => Some(LinkKind::DeadLettered { consumer }),
        Happened::OffsetCommitted { consumer, offset } => {
            Some(LinkKind::CommittedBeforeEffect { consumer, offset })
        }
        _ => None,
    });
    let delivered = fate.moments.iter().find_map(|moment| delivery(*moment));
    let links = delivered.into_iter().chain([failed]).chain(aside).collect();
    Some((links, Remedy::of(Vec::new(), Advice::MendProcessing)))
}

/// The record before it that fails each time, and is read again and again.
fn held_up(evidence: &Evidence<'_>, partition: TopicPartition, offset: Offset) -> Option<Link> {
    let consumer = evidence.config.consumer.as_ref()?;
    let fails = consumer.fails.iter().filter(|_| consumer.on_failure == OnFailure::Retry);
    let held_up = |by: &RecordId| {
        let fate = evidence.fate(*by).filter(|fate| fate.partition == partition)?;
        let before =
            |moment: &&Moment| matches!(moment.what, Happened::Delivered { offset: at, .. } if at < offset);
        fate.moments.iter().find(before)?;
        let failed = fate.first(|what| matches!(what, Happened::ProcessingFailed { .. }))?;
        Some(Link { step: failed.step, kind: LinkKind::HeldUp { by: *by } })
    };
    fails.filter_map(held_up).min_by_key(|link| link.step)
}

fn delivered_in_vain(evidence: &Evidence<'_>, fate: Fate<'_>, place: usize) -> (Vec<Link>, Remedy) {
    if let Some(failed) = failed_each_time(fate) {
        return failed;
    }
    let config = evidence.config;
    let last = fate.moments[place];
    let Happened::Delivered { consumer, offset } = last.what else { return never_delivered(evidence, fate) };
    let mut links = fruitless(evidence, fate, place);
    let commit = fate.first(|what| matches!(what, Happened::OffsetCommitted { .. }));
    let skipped = fate.moments[place..].iter().find_map(|moment| match moment.what {
        Happened::Skipped { why, .. } => Some((moment.step, why)),
        _ => None,
    });
    let remedy = match skipped {
        Some((step, SkipReason::Overtaken)) => {
            let (before, remedy) = overtaken(evidence, fate, step);
            links.extend(before);
            remedy
        }
        Some((_, SkipReason::Seen | SkipReason::StoredOffset | SkipReason::Fenced)) => {
            let mut candidates = remedy::own_id(config);
            candidates.extend(remedy::once_only(config));
            Remedy::of(candidates, Advice::EffectWithNote)
        }
        Some((step, SkipReason::Version)) => {
            let (before, remedy) = account_waits(evidence, fate.record, step);
            links.extend(before);
            remedy
        }
        None => {
            let stopped = stopped(evidence, consumer, fate.partition, last.step);
            links.extend(stopped.iter().copied());
            let passed = passed_over(evidence, fate.partition, offset, last.step);
            links.extend(passed.map(|(link, _)| link));
            if commit.is_some() || passed.is_some() {
                let mut candidates = remedy::commit_after(config);
                candidates.extend(remedy::stored_offsets(config));
                Remedy::of(candidates, Advice::CommitBehindEffect)
            } else {
                no_consumer(evidence, &links)
            }
        }
    };
    // A skip comes after what led to it.
    sort_by_number(&mut links, |link| {
        u64::from(link.step.0) << 1 | u64::from(matches!(link.kind, LinkKind::Skipped { .. }))
    });
    (links, remedy)
}

/// The first delivery and the last one with what followed each, the first commit that passed the record, and
/// what came between two deliveries.
fn fruitless(evidence: &Evidence<'_>, fate: Fate<'_>, last: usize) -> Vec<Link> {
    let first =
        fate.moments.iter().position(|m| matches!(m.what, Happened::Delivered { .. })).unwrap_or(last);
    let second = fate.moments[first + 1..].iter().position(|m| matches!(m.what, Happened::Delivered { .. }));
    let second = second.map_or(fate.moments.len(), |place| first + 1 + place);
    let mut links = Vec::new();
    let mut committed = false;
    for (place, moment) in fate.moments.iter().enumerate() {
        let step = moment.step;
        let told = (first..second).contains(&place) || place >= last;
        let kind = match moment.what {
            Happened::Delivered { consumer, offset } if told => LinkKind::Delivered { consumer, offset },
            Happened::Recorded { consumer } => LinkKind::Recorded { consumer },
            Happened::Skipped { consumer, why } if told => LinkKind::Skipped { consumer, why },
            Happened::OffsetCommitted { consumer, offset } if !committed => {
                committed = true;
                LinkKind::CommittedBeforeEffect { consumer, offset }
            }
            _ => continue,
        };
        links.push(Link { step, kind });
    }
    if let (Happened::Delivered { consumer, .. }, true) = (fate.moments[first].what, first < last) {
        let steps = (fate.moments[first].step, fate.moments[last].step);
        links.extend(why_again(evidence, fate.partition, consumer, steps));
    }
    links
}

/// What ended a consumer after a moment, or kept it from going on until the end.
fn stopped(evidence: &Evidence<'_>, consumer: u8, partition: TopicPartition, from: StepNo) -> Vec<Link> {
    let node = NodeId::Consumer(consumer);
    let mut links: Vec<Link> = evidence.went_down(node, from, evidence.end).into_iter().collect();
    links.extend(failed(evidence, consumer, from).map(|(link, _)| link));
    if links.is_empty() {
        links.extend(blockers(evidence, consumer, partition));
    }
    if links.is_empty() {
        links.extend(evidence.why_went_down(NodeId::Database, from, evidence.end));
    }
    links
}

fn failed(evidence: &Evidence<'_>, consumer: u8, from: StepNo) -> Option<(Link, Error)> {
    evidence.group(from, evidence.end).iter().find_map(|(step, event)| match *event {
        GroupEvent::Failed { consumer: who, error } if who == consumer => {
            Some((Link { step: *step, kind: LinkKind::ConsumerFailed { consumer, error } }, error))
        }
        _ => None,
    })
}

/// What stands between a consumer and all that it needs, at the end: the leader of its partition, the group's
/// coordinator, the database.
fn blockers(evidence: &Evidence<'_>, consumer: u8, partition: TopicPartition) -> Vec<Link> {
    let (node, end) = (NodeId::Consumer(consumer), evidence.end);
    let mut links = evidence.apart(NodeId::Database, node, end);
    for partition in [partition, TopicPartition::OFFSETS] {
        let leader = evidence.world.registration(partition).leader;
        let last: BrokerId = evidence.last_leader(partition, end);
        links.extend(evidence.apart(last.into(), node, end));
        if leader.is_none() {
            links.extend(evidence.leaderless(partition, end));
        }
    }
    links
}

/// What helps where nobody was there to go on.
fn no_consumer(evidence: &Evidence<'_>, links: &[Link]) -> Remedy {
    let ended = |with: Error| {
        let with_it =
            |link: &Link| matches!(link.kind, LinkKind::ConsumerFailed { error, .. } if error == with);
        links.iter().any(with_it)
    };
    if ended(Error::NoOffsetForPartition) {
        return Remedy::of(vec![remedy::earliest()], Advice::BringConsumerBack);
    }
    if ended(Error::InvalidSessionTimeout) {
        return Remedy::of(remedy::session(evidence.config), Advice::BringConsumerBack);
    }
    let broken = |link: &Link| match link.kind {
        LinkKind::Cut { .. } | LinkKind::NoLeader { .. } => true,
        LinkKind::Down { node, .. } => !matches!(node, NodeId::Consumer(_)),
        _ => false,
    };
    let more = if links.iter().any(broken) { remedy::more_replicas(evidence.config) } else { Vec::new() };
    let advice = if links.iter().any(broken) { Advice::MendWhatIsBroken } else { Advice::BringConsumerBack };
    Remedy::of(more, advice)
}

/// No application ever got it: its place had been read when another record stood there, a position behind it
/// was taken up, or nobody reads.
fn never_delivered(evidence: &Evidence<'_>, fate: Fate<'_>) -> (Vec<Link>, Remedy) {
    let partition = fate.partition;
    let copy = fate.end().copies.into_iter().min_by_key(|copy| copy.offset);
    let offset = copy.map_or(0, |copy| copy.offset);
    let is_here = |what| matches!(what, Happened::Appended { offset: at, .. } if at == offset);
    let append = fate.moments.iter().rev().find(|moment| is_here(moment.what));
    let appended = append.map_or(StepNo(0), |moment| moment.step);
    let mut links: Vec<Link> = Vec::new();
    if let Some(Happened::Appended { broker, offset, .. }) = append.map(|moment| moment.what) {
        links.push(Link { step: appended, kind: LinkKind::Appended { broker, offset } });
    }
    let position = passed_over(evidence, partition, offset, StepNo(0));
    if let Some((early, power)) = read_before_stored(evidence, partition, offset, appended) {
        links.extend(early);
        links.extend(position.into_iter().flat_map(|(link, _)| taken_up(evidence, partition, link)));
        let loss = remedy::Loss { alone: true, power, unclean: true, ..remedy::Loss::default() };
        return (links, remedy::against_loss(evidence.config, loss));
    }
    if let Some((link, source)) = position {
        links.extend(taken_up(evidence, partition, link));
        let expired = evidence.group(StepNo(0), link.step).iter().rev();
        let mut expired = expired.filter(|(_, event)| matches!(event, GroupEvent::OffsetsExpired));
        links.extend(expired.next().map(|(step, _)| Link { step: *step, kind: LinkKind::OffsetsExpired }));
        links.extend(committed_by_others(evidence, partition, offset, source));
        return (links, Remedy::of(vec![remedy::earliest()], Advice::StartAtTheBeginning));
    }
    if let Some(link) = held_up(evidence, partition, offset) {
        links.push(link);
        return (links, Remedy::of(vec![remedy::dead_letter()], Advice::MendProcessing));
    }
    links.push(Link { step: evidence.end, kind: LinkKind::NeverDelivered });
    for consumer in 1..=evidence.config.members() {
        let node = NodeId::Consumer(consumer);
        let mut ended = evidence.why_down(node, evidence.end);
        ended.extend(failed(evidence, consumer, StepNo(0)).map(|(link, _)| link));
        if ended.is_empty() {
            ended = blockers(evidence, consumer, partition);
        }
        links.extend(ended);
    }
    let remedy = no_consumer(evidence, &links);
    (links, remedy)
}

/// The payment that an account waits for before it takes this one, and why that was not there; what would have
/// brought it there.
fn account_waits(evidence: &Evidence<'_>, record: RecordId, step: StepNo) -> (Vec<Link>, Remedy) {
    let config = evidence.config;
    let nothing = || (Vec::new(), Remedy::of(remedy::one_transaction(config), Advice::OrderAtConsumer));
    let paid = |id: &RecordId| {
        let applied = |m: &Moment| m.step <= step && matches!(m.what, Happened::Applied { .. });
        evidence.fate(*id).is_some_and(|fate| fate.moments.iter().any(applied))
    };
    let mut earlier = (1..record.number()).map(|number| RecordId::new(record.producer(), number));
    let Some(missing) = earlier.find(|id| !paid(id)) else { return nothing() };
    let Some(fate) = evidence.fate(missing) else { return nothing() };
    let waits = Link { step, kind: LinkKind::AccountWaits { missing } };
    let state = fate.end();
    let (why, mut remedy) = if !evidence.stands(fate) {
        let rule = if state.told == Told::Acked { lost_after_ack } else { lost_unacked };
        rule(evidence, missing).map_or_else(nothing, |cause| (cause.links, cause.remedy))
    } else if state.applied == 0 {
        // It comes before this one, so this ends.
        no_effect(evidence, fate)
    } else {
        (sent_late(evidence, fate), order_kept(evidence))
    };
    let mut links: Vec<Link> = why.into_iter().filter(|link| link.step <= step).collect();
    links.push(waits);
    remedy.candidates.extend(remedy::one_transaction(config));
    remedy.advice = remedy.advice.or(Some(Advice::OrderAtConsumer));
    (links, remedy)
}

/// The later record that was paid before this one, and how that came about: they stand in the log the other way round,
/// or workers were not done in their order.
fn overtaken(evidence: &Evidence<'_>, fate: Fate<'_>, step: StepNo) -> (Vec<Link>, Remedy) {
    let config = evidence.config;
    let by_offset = config.consumer.as_ref().is_some_and(|consumer| consumer.dedup_by_offset);
    let place = |fate: Fate<'_>| Some((fate.partition, fate.end().copies.first()?.offset));
    let behind = |other: Fate<'_>| {
        let (Some((p, mine)), Some((q, its))) = (place(fate), place(other)) else { return false };
        p == q && mine < its
    };
    let later = |other: &Fate<'_>| {
        let same = other.record.producer() == fate.record.producer();
        if by_offset { behind(*other) } else { same && other.record.number() > fate.record.number() }
    };
    let all = (1..=config.producer.count)
        .flat_map(|producer| (1..=config.producer.records).map(move |n| RecordId::new(producer, n)));
    let paid = all.filter_map(|id| {
        let other = evidence.fate(id).filter(later)?;
        let first = other.first(|what| matches!(what, Happened::Applied { .. }))?;
        (first.step < step).then_some((first.step, other))
    });
    let Some((paid_at, other)) = paid.min_by_key(|(at, _)| *at) else {
        return (Vec::new(), order_kept(evidence));
    };
    let (mut links, mut remedy) = if behind(other) {
        (Vec::new(), Remedy::of(remedy::commit_after(config), Advice::OrderAtConsumer))
    } else {
        (sent_late(evidence, fate), order_kept(evidence))
    };
    links.retain(|link| link.step < step);
    links.push(Link { step: paid_at, kind: LinkKind::PaidBefore { later: other.record } });
    remedy.candidates.extend(remedy::one_transaction(config));
    (links, remedy)
}

/// Settings under which records stand in the log, and are read, as they were sent.
fn order_kept(evidence: &Evidence<'_>) -> Remedy {
    let config = evidence.config;
    let mut candidates = Vec::new();
    if !config.producer.idempotence {
        candidates.push(remedy::idempotence(config));
    }
    candidates.extend(remedy::one_partition(config));
    Remedy::of(candidates, Advice::OrderAtConsumer)
}

/// The first two effects, and what led from one to the other.
pub(super) fn applied_twice(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let mut effects = fate.moments.iter().enumerate().filter_map(|(place, moment)| match moment.what {
        Happened::Applied { consumer, .. } => Some((place, *moment, consumer)),
        _ => None,
    });
    let (first, second) = (effects.next()?, effects.next()?);
    let before = delivery_before(fate.moments, first.0);
    let again = delivery_before(fate.moments, second.0);
    let mut links: Vec<Link> = [before, again].into_iter().flatten().filter_map(delivery).collect();
    links.push(Link { step: first.1.step, kind: LinkKind::Applied { consumer: first.2 } });
    links.push(Link { step: second.1.step, kind: LinkKind::AppliedAgain { consumer: second.2 } });
    let from = before.map_or(first.1.step, |moment| moment.step);
    let until = again.map_or(second.1.step, |moment| moment.step);
    let span = &fate.moments[first.0..second.0];
    let forgotten = span.iter().rev().find_map(|moment| match moment.what {
        Happened::Forgotten { consumer } => {
            Some(Link { step: moment.step, kind: LinkKind::Forgotten { consumer } })
        }
        _ => None,
    });
    links.extend(forgotten);
    let in_memory = evidence.config.consumer.as_ref().is_some_and(|consumer| consumer.dedup_in_memory);
    links.extend(span.iter().filter(|_| in_memory).find_map(|moment| match moment.what {
        Happened::Recorded { consumer } => {
            Some(Link { step: moment.step, kind: LinkKind::RecordedInMemory { consumer } })
        }
        _ => None,
    }));
    let mut remedy = if other_copy(before, again) {
        let (copies, mut remedy) =
            second_copy(evidence, fate).unwrap_or_else(|| (appended_anew(evidence, fate), Remedy::default()));
        links.extend(copies);
        remedy.candidates.splice(0..0, remedy::own_id(evidence.config));
        remedy.candidates.extend(remedy::one_transaction(evidence.config));
        remedy
    } else {
        if before == again {
            // The statement reached the database, its answer did not reach the application.
            links.extend(statement_again(evidence, first.2, first.1.step, second.1.step));
            links.extend(span.iter().find_map(|moment| match moment.what {
                Happened::CalledAgain { consumer } => {
                    let fault = evidence.answer_eaten(first.1.step, moment.step);
                    Some(Link { step: moment.step, kind: LinkKind::CalledAgain { consumer, fault } })
                }
                _ => None,
            }));
        } else if until < from {
            // The second effect is that of an application that was given up: it had the record first.
            links.extend(why_again(evidence, fate.partition, second.2, (until, from)));
        } else {
            links.extend(why_again(evidence, fate.partition, first.2, (from, until)));
        }
        let mut candidates = in_time(evidence.config, &links);
        candidates.extend(remedy::once_only(evidence.config));
        Remedy::of(candidates, None)
    };
    remedy.candidates.splice(0..0, remedy::noted_in_database(evidence.config));
    let calls = evidence.config.consumer.as_ref().is_some_and(|c| c.effect == Effect::ExternalCall);
    remedy.advice = Some(if calls { Advice::KeyWithCall } else { Advice::EffectWithNote });
    if links.iter().any(|link| link.kind == LinkKind::OffsetsExpired) {
        remedy.candidates.insert(0, remedy::keep_offsets());
    }
    if forgotten.is_some() {
        remedy.candidates.splice(0..0, remedy::remember());
        remedy.advice = Some(Advice::RememberLonger);
    }
    Some(Cause::new(Violation::AppliedTwice, fate.partition, Some(record), links, remedy))
}

/// What lets a member commit before others get what it has.
fn in_time(config: &Config, links: &[Link]) -> Vec<Vec<Setting>> {
    if links.iter().any(|link| matches!(link.kind, LinkKind::PollTimedOut { .. })) {
        return remedy::poll_in_time(config);
    }
    let in_order = |link: &Link| match link.kind {
        LinkKind::Down { how, .. } => how == Downfall::Stopped,
        LinkKind::MemberRemoved { expired, .. } => !expired,
        LinkKind::ConsumerFailed { .. }
        | LinkKind::CommitLost { .. }
        | LinkKind::OffsetsLost { .. }
        | LinkKind::OffsetsExpired => false,
        _ => true,
    };
    let rebalanced = links.iter().any(|link| matches!(link.kind, LinkKind::Rebalanced { .. }));
    if rebalanced && links.iter().all(in_order) { remedy::commit_on_revoke(config) } else { Vec::new() }
}

/// The delivery that led to an effect: the same consumer's last one before it.
fn delivery_before(moments: &[Moment], effect: usize) -> Option<Moment> {
    let Happened::Applied { consumer, .. } = moments[effect].what else { return None };
    let is = |m: &&Moment| matches!(m.what, Happened::Delivered { consumer: who, .. } if who == consumer);
    moments[..effect].iter().rev().find(is).copied()
}

fn delivery(moment: Moment) -> Option<Link> {
    match moment.what {
        Happened::Delivered { consumer, offset } => {
            Some(Link { step: moment.step, kind: LinkKind::Delivered { consumer, offset } })
        }
        _ => None,
    }
}

/// Whether two deliveries are of two copies in the log.
fn other_copy(first: Option<Moment>, second: Option<Moment>) -> bool {
    let offset = |moment: Option<Moment>| match moment.map(|moment| moment.what) {
        Some(Happened::Delivered { offset, .. }) => Some(offset),
        _ => None,
    };
    offset(first) != offset(second)
}

/// What made an application send a statement again.
fn statement_again(evidence: &Evidence<'_>, consumer: u8, from: StepNo, to: StepNo) -> Vec<Link> {
    let (node, database) = (NodeId::Consumer(consumer), NodeId::Database);
    let mut links = evidence.why_went_down(database, from, to);
    if let Some((step, fault)) = evidence.reset(node, database, from, to) {
        links.push(Link { step, kind: LinkKind::Reset { fault, from: node, to: database } });
    }
    links.extend(evidence.cut_between(database, node, from, to));
    links
}

/// What made the group read a record again that a consumer had been given: a crash, a rebalance, a refused
/// commit, lost offsets; and the position that it began anew from.
fn why_again(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    consumer: u8,
    (from, to): (StepNo, StepNo),
) -> Vec<Link> {
    let mut links = evidence.why_went_down(NodeId::Consumer(consumer), from, to);
    let offsets_lost = |cut: &&LogCut| !cut.partition.is_events() && from <= cut.step && cut.step <= to;
    // Offsets that a database holds are not lost with a log.
    let kept = evidence.config.consumer.as_ref().is_some_and(|c| c.commit == CommitMode::InDatabase);
    for cut in evidence.log_cuts.iter().filter(|_| !kept).filter(offsets_lost) {
        links.extend(evidence.down(cut.broker.into(), cut.step));
        links.push(Link { step: cut.step, kind: LinkKind::OffsetsLost { broker: cut.broker } });
    }
    let eaten = evidence.commit_eaten(NodeId::Consumer(consumer), from, to);
    links.extend(eaten.map(|(step, fault)| Link { step, kind: LinkKind::CommitLost { consumer, fault } }));
    let (mut rebalanced, mut position) = (None, None);
    for (step, event) in evidence.group(from, to) {
        let link = |kind| Link { step: *step, kind };
        match *event {
            GroupEvent::CommitFailed { consumer: who, error } if who == consumer => {
                links.push(link(LinkKind::CommitFailed { consumer: who, error }));
            }
            GroupEvent::Removed { consumer: who, .. }
                if links.last().is_some_and(|last| last.kind == LinkKind::PollTimedOut { consumer: who }) =>
            {
                // That it left is said already.
            }
            GroupEvent::Removed { consumer: who, expired } => {
                if expired {
                    links.extend(silent(evidence, who, *step));
                }
                links.push(link(LinkKind::MemberRemoved { consumer: who, expired }));
            }
            GroupEvent::PollTimedOut { consumer: who } => {
                links.push(link(LinkKind::PollTimedOut { consumer: who }));
            }
            GroupEvent::Failed { consumer: who, error } if who == consumer => {
                links.push(link(LinkKind::ConsumerFailed { consumer: who, error }));
            }
            GroupEvent::OffsetsExpired => links.push(link(LinkKind::OffsetsExpired)),
            GroupEvent::Rebalanced { members } => rebalanced = Some(link(LinkKind::Rebalanced { members })),
            GroupEvent::Position { consumer, partition: of, offset, source } if of == partition => {
                position = Some(link(LinkKind::PositionSet { consumer, offset, source }));
            }
            _ => {}
        }
    }
    links.extend(rebalanced);
    links.extend(position);
    links
}

/// Why nobody heard from a member.
fn silent(evidence: &Evidence<'_>, consumer: u8, step: StepNo) -> Vec<Link> {
    let node = NodeId::Consumer(consumer);
    let coordinator = evidence.last_leader(TopicPartition::OFFSETS, step);
    let down = evidence.why_down(node, step);
    if down.is_empty() { evidence.cut(node, coordinator.into(), step).into_iter().collect() } else { down }
}

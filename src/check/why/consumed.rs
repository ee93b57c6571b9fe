//! Why a record in the log had no effect, or more than one.

use super::evidence::{Evidence, GroupEvent, LogCut};
use super::remedy::{self, Advice, Remedy};
use super::{Cause, Link, LinkKind, Violation};
use crate::check::fates::{Fate, Happened, Moment};
use crate::sim::config::Effect;
use crate::sim::{NodeId, Offset, PositionSource, RecordId, SkipReason, StepNo, TopicPartition};

/// Never handed out, or handed out and left without effect.
pub(super) fn never_applied(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let delivered = fate.moments.iter().rposition(|m| matches!(m.what, Happened::Delivered { .. }));
    let (links, remedy) = match delivered {
        Some(place) => delivered_in_vain(evidence, fate, place),
        None => never_delivered(evidence, fate),
    };
    Some(Cause::new(Violation::NeverApplied, fate.partition, Some(record), links, remedy))
}

fn delivered_in_vain(evidence: &Evidence<'_>, fate: Fate<'_>, place: usize) -> (Vec<Link>, Remedy) {
    let config = evidence.config;
    let mut links = Vec::new();
    let mut skipped = None;
    let mut committed = None;
    for moment in fate.moments {
        let step = moment.step;
        let kind = match moment.what {
            Happened::Delivered { consumer, offset } => LinkKind::Delivered { consumer, offset },
            Happened::Recorded { consumer } => LinkKind::Recorded { consumer },
            Happened::Skipped { consumer, why } => {
                skipped = Some(why);
                LinkKind::Skipped { consumer, why }
            }
            Happened::OffsetCommitted { consumer, offset } if committed.is_none() => {
                committed = Some(step);
                LinkKind::CommittedBeforeEffect { consumer, offset }
            }
            _ => continue,
        };
        links.push(Link { step, kind });
    }
    let last = fate.moments[place];
    if let Happened::Delivered { consumer, .. } = last.what {
        links.extend(evidence.went_down(NodeId::Consumer(consumer), last.step, evidence.end));
        links.extend(failed(evidence, consumer, last.step));
    }
    let effect = config.consumer.as_ref().map(|consumer| consumer.effect);
    let remedy = match skipped {
        Some(SkipReason::Seen) => Remedy::of(remedy::once_only(config), None),
        Some(SkipReason::Version) => {
            let mut candidates = remedy::once_only(config);
            if !config.producer.idempotence {
                candidates.push(remedy::idempotence(config));
            }
            Remedy::of(candidates, Advice::DedupAtConsumer)
        }
        _ if committed.is_some() && effect != Some(Effect::NoteFirst) => {
            Remedy::of(remedy::commit_after(config), None)
        }
        _ => Remedy::of(Vec::new(), Advice::BringConsumerBack),
    };
    (links, remedy)
}

fn failed(evidence: &Evidence<'_>, consumer: u8, from: StepNo) -> Option<Link> {
    evidence.group(from, evidence.end).iter().find_map(|(step, event)| match *event {
        GroupEvent::Failed { consumer: who, error } if who == consumer => {
            Some(Link { step: *step, kind: LinkKind::ConsumerFailed { consumer, error } })
        }
        _ => None,
    })
}

/// No application ever got it: a position behind it was taken up, its place had been read when another record
/// stood there, or nobody reads.
fn never_delivered(evidence: &Evidence<'_>, fate: Fate<'_>) -> (Vec<Link>, Remedy) {
    let offset = fate.end().copies.iter().map(|copy| copy.offset).min().unwrap_or_default();
    let appended = fate.first(|what| matches!(what, Happened::Appended { .. }));
    let appended = appended.map_or(StepNo(0), |moment| moment.step);
    let position = passed_over(evidence, fate.partition, offset);
    if let Some((link, PositionSource::Latest)) = position {
        return (vec![link], Remedy::of(vec![remedy::earliest()], None));
    }
    let is_cut = |cut: &&LogCut| cut.partition == fate.partition && cut.to <= offset && cut.step <= appended;
    if let Some(cut) = evidence.log_cuts.iter().find(is_cut) {
        let commit = evidence.commit_past(fate.partition, offset).filter(|(step, ..)| *step < appended);
        let mut links: Vec<Link> = commit
            .map(|(step, consumer, offset)| Link {
                step,
                kind: LinkKind::CommittedBeforeStored { consumer, offset },
            })
            .into_iter()
            .chain(super::stored::log_cut(evidence, cut))
            .collect();
        links.extend(position.map(|(link, _)| link));
        let loss = remedy::Loss { alone: true, power: cut.leader.is_none(), ..remedy::Loss::default() };
        return (links, remedy::against_loss(evidence.config, loss));
    }
    if let Some((link, _)) = position {
        return (vec![link], Remedy::of(remedy::commit_after(evidence.config), Advice::DedupAtConsumer));
    }
    let mut links = vec![Link { step: evidence.end, kind: LinkKind::NeverDelivered }];
    for consumer in 1..=evidence.config.members() {
        links.extend(evidence.down(NodeId::Consumer(consumer), evidence.end));
        links.extend(failed(evidence, consumer, StepNo(0)));
    }
    (links, Remedy::of(Vec::new(), Advice::BringConsumerBack))
}

/// A position behind an offset, the one taken up last.
fn passed_over(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    offset: Offset,
) -> Option<(Link, PositionSource)> {
    let all = evidence.group(StepNo(0), evidence.end);
    all.iter().rev().find_map(|(step, event)| match *event {
        GroupEvent::Position { consumer, partition: of, offset: next, source }
            if of == partition && next > offset =>
        {
            let kind = LinkKind::PositionSet { consumer, offset: next, source };
            Some((Link { step: *step, kind }, source))
        }
        _ => None,
    })
}

/// The first two effects, and what led from one to the other.
pub(super) fn applied_twice(evidence: &Evidence<'_>, record: RecordId) -> Option<Cause> {
    let fate = evidence.fate(record)?;
    let mut effects = fate.moments.iter().enumerate().filter_map(|(place, moment)| match moment.what {
        Happened::Applied { consumer, .. } => Some((place, *moment, consumer)),
        _ => None,
    });
    let (first, second) = (effects.next()?, effects.next()?);
    let mut links = vec![
        Link { step: first.1.step, kind: LinkKind::Applied { consumer: first.2 } },
        Link { step: second.1.step, kind: LinkKind::AppliedAgain { consumer: second.2 } },
    ];
    let before = delivery_before(fate.moments, first.0);
    let again = delivery_before(fate.moments, second.0);
    if let Some(again) = again.filter(|again| Some(again.step) != before.map(|first| first.step))
        && let Happened::Delivered { consumer, offset } = again.what
    {
        links.push(Link { step: again.step, kind: LinkKind::Delivered { consumer, offset } });
    }
    let mut candidates = remedy::once_only(evidence.config);
    if other_copy(before, again) {
        links.extend(copies(fate));
        if !evidence.config.producer.idempotence {
            candidates.insert(0, remedy::idempotence(evidence.config));
        }
    } else {
        links.extend(redelivery(evidence, fate.partition, first.1.step, first.2, second.1.step));
    }
    let remedy = Remedy::of(candidates, None);
    Some(Cause::new(Violation::AppliedTwice, fate.partition, Some(record), links, remedy))
}

/// The delivery that led to an effect: the same consumer's last one before it.
fn delivery_before(moments: &[Moment], effect: usize) -> Option<Moment> {
    let Happened::Applied { consumer, .. } = moments[effect].what else { return None };
    let is = |m: &&Moment| matches!(m.what, Happened::Delivered { consumer: who, .. } if who == consumer);
    moments[..effect].iter().rev().find(is).copied()
}

/// Whether two deliveries are of two copies in the log.
fn other_copy(first: Option<Moment>, second: Option<Moment>) -> bool {
    let offset = |moment: Option<Moment>| match moment.map(|moment| moment.what) {
        Some(Happened::Delivered { offset, .. }) => Some(offset),
        _ => None,
    };
    offset(first) != offset(second)
}

fn copies(fate: Fate<'_>) -> Vec<Link> {
    let appends = fate.moments.iter().filter_map(|moment| match moment.what {
        Happened::Appended { broker, offset, .. } => Some((moment.step, broker, offset)),
        _ => None,
    });
    appends
        .enumerate()
        .map(|(i, (step, broker, offset))| {
            let kind = if i == 0 {
                LinkKind::Appended { broker, offset }
            } else {
                LinkKind::AppendedAgain { broker, offset }
            };
            Link { step, kind }
        })
        .collect()
}

/// What made the group read a record again: a crash, a rebalance, a refused commit, lost offsets; and the
/// position that it began anew from.
fn redelivery(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    from: StepNo,
    consumer: u8,
    to: StepNo,
) -> Vec<Link> {
    let node = NodeId::Consumer(consumer);
    let mut links: Vec<Link> = evidence.down(node, from).into_iter().collect();
    links.extend(evidence.went_down(node, from, to));
    let offsets_lost = |cut: &&LogCut| !cut.partition.is_events() && from <= cut.step && cut.step <= to;
    for cut in evidence.log_cuts.iter().filter(offsets_lost) {
        links.extend(evidence.down(cut.broker.into(), cut.step));
        links.push(Link { step: cut.step, kind: LinkKind::OffsetsLost { broker: cut.broker } });
    }
    for (step, event) in evidence.group(from, to) {
        let kind = match *event {
            GroupEvent::CommitFailed { consumer, error } => LinkKind::CommitFailed { consumer, error },
            GroupEvent::Removed { consumer, expired } => LinkKind::MemberRemoved { consumer, expired },
            GroupEvent::Failed { consumer, error } => LinkKind::ConsumerFailed { consumer, error },
            GroupEvent::Position { consumer, partition: of, offset, source } if of == partition => {
                LinkKind::PositionSet { consumer, offset, source }
            }
            GroupEvent::Position { .. } => continue,
        };
        links.push(Link { step: *step, kind });
    }
    links
}

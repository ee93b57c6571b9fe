//! Where consumers went on reading, and how that came to lie behind a record: positions taken up anew, and offsets
//! that were read or committed when another record stood there.

use super::evidence::{Evidence, GroupEvent, LogCut};
use super::stored::log_cut;
use super::{Link, LinkKind};
use crate::sim::{Offset, PositionSource, StepNo, TopicPartition};

/// A position that was taken up, and the one that took its place because it was out of range.
pub(super) fn taken_up(evidence: &Evidence<'_>, partition: TopicPartition, first: Link) -> Vec<Link> {
    use PositionSource::{OutOfRangeEarliest, OutOfRangeLatest};
    let after = evidence.group(first.step, evidence.end).iter().filter(|(step, _)| *step > first.step);
    let instead = after.filter_map(|(step, event)| match *event {
        GroupEvent::Position {
            consumer,
            partition: of,
            offset,
            source: source @ (OutOfRangeEarliest | OutOfRangeLatest),
        } if of == partition => {
            Some(Link { step: *step, kind: LinkKind::PositionSet { consumer, offset, source } })
        }
        _ => None,
    });
    std::iter::once(first).chain(instead.take(1)).collect()
}

/// Whoever read or committed past a place before a record stood there, and how the log lost what stood there
/// then; whether power took it.
pub(super) fn read_before_stored(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    offset: Offset,
    appended: StepNo,
) -> Option<(Vec<Link>, bool)> {
    let commit = evidence.commit_past(partition, offset).map(|(step, consumer, offset)| Link {
        step,
        kind: LinkKind::CommittedBeforeStored { consumer, offset },
    });
    let read = evidence
        .read_past(partition, offset)
        .map(|(step, consumer, offset)| Link { step, kind: LinkKind::ReadBeforeStored { consumer, offset } });
    let early = commit.into_iter().chain(read).find(|link| link.step < appended)?;
    let between = |cut: &&LogCut| {
        cut.partition == partition && cut.to <= offset && early.step <= cut.step && cut.step <= appended
    };
    let cut = evidence.log_cuts.iter().find(between)?;
    let mut links = vec![early];
    links.extend(log_cut(evidence, cut));
    Some((links, cut.leader.is_none()))
}

/// The first position behind an offset that was taken up after a moment.
pub(super) fn passed_over(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    offset: Offset,
    from: StepNo,
) -> Option<(Link, PositionSource)> {
    let behind = |event: &GroupEvent| match *event {
        GroupEvent::Position { partition: of, offset: next, .. } => of == partition && next > offset,
        _ => false,
    };
    let all = evidence.group(from, evidence.end);
    // A position that was lost again decides nothing.
    let last = all.iter().rev().take_while(|(_, event)| !before(event, partition, offset));
    last.filter(|(_, event)| behind(event)).last().and_then(|(step, event)| match *event {
        GroupEvent::Position { consumer, offset, source, .. } => {
            Some((Link { step: *step, kind: LinkKind::PositionSet { consumer, offset, source } }, source))
        }
        _ => None,
    })
}

fn before(event: &GroupEvent, partition: TopicPartition, offset: Offset) -> bool {
    matches!(*event, GroupEvent::Position { partition: of, offset: next, .. } if of == partition && next <= offset)
}

/// The commit that a position was taken from.
pub(super) fn committed_by_others(
    evidence: &Evidence<'_>,
    partition: TopicPartition,
    offset: Offset,
    source: PositionSource,
) -> Option<Link> {
    let (step, consumer, offset) = evidence.commit_past(partition, offset)?;
    let taken = matches!(source, PositionSource::Committed | PositionSource::Stored);
    taken.then_some(Link { step, kind: LinkKind::CommittedBeforeStored { consumer, offset } })
}

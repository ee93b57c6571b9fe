//! I15, I30 to I32 and I34: what consumers are handed, from where they begin, and when they commit.
//!
//! Where a commit was refused, the application drops the rest of what its last poll() gave it and polls on: what
//! it leaves out is its own doing. Workers, and records that fail, put orders and commits out of step. What reads as one log (I15) holds as long as no more fails than is tolerated;
//! see [`super::committed`].

use super::committed::Committed;
use super::{Breaches, Invariant};
use crate::check::replicas::Replicas;
use crate::sim::config::{CommitMode, Config};
use crate::sim::{
    Arena, Fact, NodeId, Observation, Offset, PositionSource, RecordId, StepNo, TopicPartition,
};
use std::collections::BTreeMap;

const PARTITIONS: usize = 3;

/// A consumer's process and one partition.
#[derive(Clone, Debug, Default)]
struct Reader {
    owned: bool,
    /// It was just assigned: these offsets it may find committed; none = none is.
    fresh: Option<Vec<Option<Offset>>>,
    /// The offset to be handed out next.
    next: Option<Offset>,
    /// Positions set while records from before them may still be in hand, oldest first.
    moved: Vec<Offset>,
    /// A commit was refused: what the last poll() gave may be left out.
    drops: bool,
    /// Up to where its commits were confirmed.
    confirmed: Offset,
}

/// A record that was handed out last.
#[derive(Clone, Copy, Debug)]
struct InHand {
    record: RecordId,
    partition: TopicPartition,
    offset: Offset,
    /// It took effect, or was left alone on purpose.
    worked: bool,
}

/// Where a consumer stands by a fact of its own.
#[derive(Clone, Copy, Debug)]
struct Spot {
    step: StepNo,
    /// The consumer's number.
    n: u8,
    partition: TopicPartition,
    offset: Offset,
}

#[derive(Clone, Debug, Default)]
struct Process {
    readers: [Reader; PARTITIONS],
    in_hand: Option<InHand>,
}

/// A partition as the group has read it.
#[derive(Clone, Debug, Default)]
struct Partition {
    /// The highest high watermark of any replica.
    highest: Offset,
    /// What was handed out, by offset.
    seen: BTreeMap<Offset, RecordId>,
    /// What the coordinator, or the database, last stored.
    stored: Option<Offset>,
    /// Everything that was ever to be committed.
    sent: Vec<Offset>,
}

#[derive(Clone, Debug)]
pub(super) struct Consumers {
    processes: [Process; 3],
    partitions: [Partition; PARTITIONS],
    commit: Option<CommitMode>,
    each: bool,
    /// The poll loop does all, one record after the other: no worker goes on beside it, and nothing is read again
    /// because it failed.
    in_turn: bool,
    /// Records were deleted in their time.
    deleted: bool,
    /// Another broker became the coordinator: what it found in its log counts, and the old one may still answer.
    coordinator_moved: bool,
}

impl Consumers {
    pub(super) fn new(config: &Config) -> Consumers {
        Consumers {
            processes: Default::default(),
            partitions: Default::default(),
            commit: config.consumer.as_ref().map(|consumer| consumer.commit),
            each: config.consumer.as_ref().is_some_and(|consumer| consumer.commit_every == 1),
            in_turn: config
                .consumer
                .as_ref()
                .is_some_and(|consumer| consumer.workers == 0 && consumer.fails.is_empty()),
            deleted: false,
            coordinator_moved: false,
        }
    }

    /// Follows a fact; `logs` and `committed` have followed it already.
    pub(super) fn observe(
        &mut self,
        arena: &Arena,
        logs: &Replicas,
        committed: &Committed,
        observation: &Observation,
        breaches: &mut Breaches,
    ) {
        let &Observation { step, node, fact } = observation;
        match (fact, node) {
            (Fact::HighWatermarkMoved { partition, to, .. }, _) if partition.is_events() => {
                let highest = &mut self.partitions[partition.index()].highest;
                *highest = to.max(*highest);
            }
            (Fact::BecameLeader { partition, leader_epoch, .. }, NodeId::Broker(_)) => {
                self.coordinator_moved |= partition == TopicPartition::OFFSETS && leader_epoch > 0;
                if partition.is_events() && committed.binds(partition, leader_epoch) {
                    self.judge_leader(arena, logs, committed, observation, breaches);
                }
            }
            (
                Fact::OffsetStored { partition, offset }
                | Fact::OffsetStoredInDatabase { partition, offset, .. },
                _,
            ) => {
                self.partitions[partition.index()].stored = Some(offset);
                for reader in self.readers(partition) {
                    reader.fresh.iter_mut().for_each(|fresh| fresh.push(Some(offset)));
                }
            }
            (Fact::LogStartMoved { .. }, _) => self.deleted = true,
            (Fact::OffsetsExpired, _) => {
                self.partitions.iter_mut().for_each(|partition| partition.stored = None);
                let readers = self.processes.iter_mut().flat_map(|process| &mut process.readers);
                readers.flat_map(|reader| &mut reader.fresh).for_each(|found| found.push(None));
            }
            (Fact::Applied { record, consumer, .. }, _) => self.applied(step, record, consumer, breaches),
            (fact, NodeId::Consumer(n)) => {
                self.of_consumer(arena, committed, step, n, fact, breaches);
            }
            _ => {}
        }
    }

    fn reader(&mut self, spot: Spot) -> &mut Reader {
        &mut self.processes[usize::from(spot.n) - 1].readers[spot.partition.index()]
    }

    fn readers(&mut self, partition: TopicPartition) -> impl Iterator<Item = &mut Reader> {
        self.processes.iter_mut().map(move |process| &mut process.readers[partition.index()])
    }

    fn of_consumer(
        &mut self,
        arena: &Arena,
        committed: &Committed,
        step: StepNo,
        n: u8,
        fact: Fact,
        breaches: &mut Breaches,
    ) {
        let process = &mut self.processes[usize::from(n) - 1];
        match fact {
            Fact::Started { .. } | Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => {
                *process = Process::default();
            }
            Fact::Assigned { partitions, .. } => {
                for (p, reader) in process.readers.iter_mut().enumerate() {
                    let owned = partitions & 1 << p != 0;
                    if owned && !reader.owned {
                        let found = self.partitions[p].stored;
                        *reader = Reader { fresh: Some(vec![found]), ..Reader::default() };
                    }
                    reader.owned = owned;
                }
            }
            Fact::Revoked { partitions } => {
                for (p, reader) in process.readers.iter_mut().enumerate() {
                    reader.owned &= partitions & 1 << p == 0;
                }
            }
            Fact::PositionSet { partition, offset, source } => {
                self.position_set(Spot { step, n, partition, offset }, source, breaches);
            }
            Fact::Delivered { record, partition, offset } => {
                self.delivered(Spot { step, n, partition, offset }, breaches);
                self.judge_read(arena, committed, step, (partition, offset, record), breaches);
                let in_hand = InHand { record, partition, offset, worked: false };
                self.processes[usize::from(n) - 1].in_hand = Some(in_hand);
            }
            Fact::Skipped { record, .. } => {
                if let Some(in_hand) = process.in_hand.as_mut().filter(|in_hand| in_hand.record == record) {
                    in_hand.worked = true;
                }
            }
            Fact::CommitSent { partition, offset } => {
                self.commit_sent(Spot { step, n, partition, offset }, breaches);
            }
            Fact::Committed { partition, offset, .. } => {
                let confirmed = &mut process.readers[partition.index()].confirmed;
                *confirmed = offset.max(*confirmed);
            }
            Fact::CommitFailed { .. } => {
                process.readers.iter_mut().for_each(|reader| reader.drops = true);
            }
            _ => {}
        }
    }

    /// Where a consumer begins (I30): at what is committed, or where the policy says if nothing is.
    fn position_set(&mut self, spot: Spot, source: PositionSource, breaches: &mut Breaches) {
        let Spot { step, n, partition, offset } = spot;
        let moved = self.coordinator_moved && self.commit != Some(CommitMode::InDatabase);
        let sent = self.partitions[partition.index()].sent.contains(&offset);
        let reader = self.reader(spot);
        let Some(found) = reader.fresh.take() else {
            reader.moved.push(offset);
            return;
        };
        reader.next = Some(offset);
        let holds = match source {
            PositionSource::Committed if moved => sent,
            PositionSource::Committed | PositionSource::Stored => found.contains(&Some(offset)),
            PositionSource::Earliest | PositionSource::OutOfRangeEarliest if offset > 0 && !self.deleted => {
                false
            }
            PositionSource::Earliest
            | PositionSource::Latest
            | PositionSource::OutOfRangeEarliest
            | PositionSource::OutOfRangeLatest => moved || found.contains(&None),
            PositionSource::Diverged => false,
        };
        breaches.unless(holds, Invariant::DeliveryInOrder, step, || {
            format!("{partition}: consumer-{n} begins at {offset} ({source:?}), committed are {found:?}")
        });
    }

    /// Offset by offset (I30), and only what is below a high watermark (I34).
    fn delivered(&mut self, spot: Spot, breaches: &mut Breaches) {
        let Spot { step, n, partition, offset } = spot;
        let highest = self.partitions[partition.index()].highest;
        breaches.unless(offset < highest, Invariant::FetchBound, step, || {
            format!("{partition}: consumer-{n} got {offset}; no high watermark was above {highest}")
        });
        let in_turn = self.in_turn;
        let reader = self.reader(spot);
        let jumped = reader.moved.iter().position(|moved| *moved == offset);
        let left_out = std::mem::take(&mut reader.drops) && reader.next.is_some_and(|next| offset > next);
        let holds = !in_turn || jumped.is_some() || left_out || reader.next == Some(offset);
        breaches.unless(holds, Invariant::DeliveryInOrder, step, || {
            format!(
                "{partition}: consumer-{n} got {offset}, expected {:?} or one of {:?}",
                reader.next, reader.moved
            )
        });
        reader.next = Some(offset + 1);
        reader.moved.drain(..jumped.map_or(0, |place| place + 1));
    }

    /// One log is read: a record stands where everybody else found it (I15).
    fn judge_read(
        &mut self,
        arena: &Arena,
        committed: &Committed,
        step: StepNo,
        (partition, offset, record): (TopicPartition, Offset, RecordId),
        breaches: &mut Breaches,
    ) {
        if !committed.holds_good(partition) {
            return;
        }
        let known = self.partitions[partition.index()].seen.insert(offset, record);
        let known = known.or(committed.record_at(arena, partition, offset));
        let same = known.is_none_or(|known| known == record) || committed.may_be_gone(partition, offset);
        breaches.unless(same, Invariant::ConsistentRead, step, || {
            format!("{partition}: {record} was read at {offset}, where {known:?} stands")
        });
    }

    /// What was read stays: a new leader has it (I15).
    fn judge_leader(
        &self,
        arena: &Arena,
        logs: &Replicas,
        committed: &Committed,
        observation: &Observation,
        breaches: &mut Breaches,
    ) {
        let (Fact::BecameLeader { partition, .. }, Some(broker)) =
            (observation.fact, observation.node.broker())
        else {
            return;
        };
        let Some((&offset, &record)) = self.partitions[partition.index()].seen.last_key_value() else {
            return;
        };
        if offset < logs.log(broker, partition).start || committed.may_be_gone(partition, offset) {
            return;
        }
        let found = logs.log(broker, partition).records(arena, offset..offset + 1).next();
        breaches.unless(
            found.is_some_and(|(_, found)| found == record),
            Invariant::ConsistentRead,
            observation.step,
            || format!("{partition}: broker-{} leads without {record} at {offset}, which was read", broker.0),
        );
    }

    /// What is committed was worked on (I31): by the one who commits, since its predecessor's commits were, too.
    fn commit_sent(&mut self, spot: Spot, breaches: &mut Breaches) {
        let Spot { step, n, partition, offset } = spot;
        self.partitions[partition.index()].sent.push(offset);
        let after = matches!(self.commit, Some(CommitMode::AfterProcessing | CommitMode::Auto));
        if !after || !self.in_turn {
            return;
        }
        let process = &self.processes[usize::from(n) - 1];
        let reader = &process.readers[partition.index()];
        let reached = reader.next.max(reader.moved.iter().max().copied()).unwrap_or(0);
        let open = process.in_hand.filter(|held| !held.worked && held.partition == partition);
        let holds = offset <= reached && open.is_none_or(|held| held.offset >= offset);
        breaches.unless(holds, Invariant::CommitAfterWork, step, || {
            format!(
                "{partition}: consumer-{n} commits {offset}; handed out up to {reached}, open is {open:?}"
            )
        });
    }

    /// An effect follows the commit of its record where that is the order (I32).
    fn applied(&mut self, step: StepNo, record: RecordId, consumer: u8, breaches: &mut Breaches) {
        let process = &mut self.processes[usize::from(consumer) - 1];
        let Some(in_hand) = process.in_hand.as_mut().filter(|in_hand| in_hand.record == record) else {
            return;
        };
        in_hand.worked = true;
        let &mut InHand { partition, offset, .. } = in_hand;
        let confirmed = process.readers[partition.index()].confirmed;
        let strict = self.commit == Some(CommitMode::BeforeProcessing) && self.each && self.in_turn;
        let holds = !strict || confirmed > offset;
        breaches.unless(holds, Invariant::CommitBeforeWork, step, || {
            format!(
                "{partition}: consumer-{consumer} applies {offset}, confirmed are commits up to {confirmed}"
            )
        });
    }
}

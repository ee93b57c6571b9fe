//! Positions and fetches (`SubscriptionState`, `FetchCollector`, `OffsetFetcherUtils`; KIP-320).

use super::application::InHand;
use super::{Consumer, Tag};
use crate::sim::client::Peer;
use crate::sim::config::{AutoOffsetReset, Mutant};
use crate::sim::cx::Cx;
use crate::sim::fact::{Fact, PositionSource};
use crate::sim::ids::{
    BrokerId, BrokerSet, LeaderEpoch, Offset, PerPartition, RecordId, Time, TopicPartition,
};
use crate::sim::message::{
    EpochEnd, EpochQuestion, Error, FetchPartition, FetchRequest, FetchedPartition, ListOffset, Message,
};
use std::collections::VecDeque;

/// How far a partition is (`SubscriptionState.FetchStates`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The committed offset is to be asked for.
    Unknown,
    /// It is asked for.
    AskedCommitted,
    /// `auto.offset.reset` decides.
    Reset,
    /// The first offset or the high watermark is asked for.
    AskedReset,
    /// The position is to be checked against the new leader.
    Validate,
    /// The leader is asked.
    AskedEpoch,
    /// It may be fetched.
    Fetching,
    /// A fetch is under way.
    InFlight,
}

/// A partition that a consumer has.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    state: State,
    /// The next offset to hand out; it moves when poll() hands a record out.
    position: Offset,
    /// Leader epoch of the record before it, if one was read.
    last_epoch: Option<LeaderEpoch>,
    /// Leader epoch that was last checked.
    checked_epoch: Option<LeaderEpoch>,
    /// Fetched and not handed out.
    buffered: VecDeque<(RecordId, Offset, LeaderEpoch)>,
    known: bool,
    /// The generation in which it was assigned.
    generation: u32,
    /// From where the fetch under way asked: not from the position, if that was left meanwhile (`seek()`).
    asked: Offset,
    /// Nothing is handed out before (`pause()`).
    rests_until: Time,
}

impl Partition {
    /// A partition whose position is known.
    pub(crate) fn at(position: Offset) -> Partition {
        Partition { state: State::Fetching, position, known: true, ..Partition::unknown(1) }
    }

    /// A partition just assigned, in this generation.
    pub(crate) fn unknown(generation: u32) -> Partition {
        Partition {
            state: State::Unknown,
            position: 0,
            last_epoch: None,
            checked_epoch: None,
            buffered: VecDeque::new(),
            known: false,
            generation,
            asked: 0,
            rests_until: Time(0),
        }
    }

    /// The next offset to hand out, once it is known.
    pub(crate) fn handed_out(&self) -> Option<Offset> {
        self.known.then_some(self.position)
    }

    /// Goes back to a record that was handed out, and rests.
    pub(super) fn seek_back(&mut self, position: Offset, until: Time) {
        self.position = position;
        self.last_epoch = None;
        self.buffered.clear();
        self.rests_until = until;
        if self.state == State::Validate {
            self.state = State::Fetching;
        }
    }

    fn set(&mut self, position: Offset) {
        self.position = position;
        self.state = State::Fetching;
        self.known = true;
        self.buffered.clear();
    }
}

impl Consumer {
    /// Whether poll() would hand out something.
    pub(super) fn has_records(&self, now: Time) -> bool {
        let ready = |p: &Partition| !p.buffered.is_empty() && p.rests_until <= now;
        self.partitions.iter().flatten().any(ready)
    }

    /// When the next partition that rests may be read again.
    pub(super) fn rest_ends(&self, now: Time) -> Option<Time> {
        self.partitions.iter().flatten().map(|partition| partition.rests_until).filter(|at| *at > now).min()
    }

    /// What poll() hands out, `max.poll.records` at most; positions move (`FetchCollector.fetchRecords`).
    pub(super) fn take_records(&mut self, cx: &Cx<'_>) {
        let limit = cx.config().consumer.as_ref().map_or(0, |consumer| consumer.max_poll_records);
        let taken = &mut self.application.batch;
        for (p, partition) in self.partitions.iter_mut().enumerate() {
            let Some(partition) = partition.as_mut().filter(|p| p.rests_until <= cx.now()) else { continue };
            while (taken.len() as u32) < limit
                && let Some((record, offset, epoch)) = partition.buffered.pop_front()
            {
                partition.position = offset + 1;
                partition.last_epoch = Some(epoch);
                let generation = partition.generation;
                taken.push_back(InHand {
                    record,
                    partition: TopicPartition::events(p as u8),
                    offset,
                    generation,
                });
            }
        }
    }

    /// Positions of all partitions, by number.
    pub(super) fn positions(&self) -> [Option<Offset>; 3] {
        self.partitions.each_ref().map(|p| p.as_ref().and_then(Partition::handed_out))
    }

    /// Asks for what each partition lacks: its committed offset, a reset, a check, records.
    pub(super) fn drive_partitions(&mut self, cx: &mut Cx<'_>) {
        if self.partitions.iter().flatten().any(|partition| partition.state == State::Unknown) {
            self.ask_committed(cx);
        }
        self.notice_new_leaders();
        for p in 0..3 {
            let Some(partition) = &self.partitions[p] else { continue };
            match partition.state {
                State::Reset => self.ask_reset(cx, p),
                State::Validate => self.ask_epoch(cx, p),
                _ => {}
            }
        }
        self.fetch(cx);
    }

    fn ask_committed(&mut self, cx: &mut Cx<'_>) {
        let asked = if Consumer::in_database(cx) {
            self.ask_stored_offsets(cx)
        } else if let Some((peer, _)) = self.coordinator_as_member(cx) {
            self.client.send(cx, peer, Message::OffsetFetchRequest, Tag::OffsetFetch);
            true
        } else {
            false
        };
        if asked {
            for partition in self.partitions.iter_mut().flatten().filter(|p| p.state == State::Unknown) {
                partition.state = State::AskedCommitted;
            }
        }
    }

    /// The question for committed offsets came to nothing.
    pub(super) fn positions_unanswered(&mut self) {
        for partition in self.partitions.iter_mut().flatten().filter(|p| p.state == State::AskedCommitted) {
            partition.state = State::Unknown;
        }
    }

    pub(super) fn on_offsets_fetched(&mut self, cx: &mut Cx<'_>, answer: Result<[Option<Offset>; 3], Error>) {
        match answer {
            Ok(offsets) => self.start_at(cx, offsets, PositionSource::Committed),
            Err(error) => {
                self.positions_unanswered();
                self.commit_refused(cx, error);
                self.back_off(cx);
            }
        }
    }

    /// Begins at the offsets found; where there is none `auto.offset.reset` decides.
    pub(super) fn start_at(&mut self, cx: &mut Cx<'_>, offsets: [Option<Offset>; 3], source: PositionSource) {
        for (p, found) in offsets.into_iter().enumerate() {
            let Some(partition) = &mut self.partitions[p] else { continue };
            if partition.state != State::AskedCommitted {
                continue;
            }
            self.committed[p] = found;
            self.application.expected[p] = found;
            match found {
                Some(offset) => {
                    let offset = offset + u32::from(cx.mutant(Mutant::ResumesPastCommitted));
                    partition.set(offset);
                    let partition = TopicPartition::events(p as u8);
                    cx.record(Fact::PositionSet { partition, offset, source });
                    cx.note_change();
                }
                None => partition.state = State::Reset,
            }
        }
    }

    fn policy(cx: &Cx<'_>) -> AutoOffsetReset {
        cx.config().consumer.as_ref().map_or(AutoOffsetReset::Latest, |consumer| consumer.auto_offset_reset)
    }

    fn ask_reset(&mut self, cx: &mut Cx<'_>, p: usize) {
        let which = match Consumer::policy(cx) {
            AutoOffsetReset::Earliest => ListOffset::Earliest,
            AutoOffsetReset::Latest => ListOffset::Latest,
            AutoOffsetReset::None => {
                self.application.fail(cx, Error::NoOffsetForPartition);
                return;
            }
        };
        let partition = TopicPartition::events(p as u8);
        let Some((peer, _)) = self.leader_peer(cx, partition) else { return };
        let body = Message::ListOffsetsRequest([(partition, which)].into_iter().collect());
        self.client.send(cx, peer, body, Tag::ListOffsets);
        if let Some(partition) = &mut self.partitions[p] {
            partition.state = State::AskedReset;
        }
    }

    /// The leader of a partition, if it can be asked now, and the epoch that the client knows.
    fn leader_peer(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) -> Option<(Peer, LeaderEpoch)> {
        let (leader, epoch) = self.client.leader(partition)?;
        let Some(leader) = leader else {
            self.client.request_update();
            return None;
        };
        let peer = Peer::client(leader);
        self.client.ready(cx, peer).then_some((peer, epoch))
    }

    pub(super) fn on_offsets_listed(&mut self, cx: &mut Cx<'_>, answer: PerPartition<Result<Offset, Error>>) {
        let earliest = Consumer::policy(cx) == AutoOffsetReset::Earliest;
        for (id, result) in answer.iter() {
            let Some(partition) = &mut self.partitions[usize::from(id.partition())] else { continue };
            if partition.state != State::AskedReset {
                continue;
            }
            match result {
                Ok(offset) => {
                    // Who has had a position found it out of range.
                    let source = match (earliest, partition.known) {
                        (true, false) => PositionSource::Earliest,
                        (true, true) => PositionSource::OutOfRangeEarliest,
                        (false, false) => PositionSource::Latest,
                        (false, true) => PositionSource::OutOfRangeLatest,
                    };
                    partition.set(*offset);
                    partition.last_epoch = None;
                    cx.record(Fact::PositionSet { partition: id, offset: *offset, source });
                    cx.note_change();
                }
                Err(_) => {
                    partition.state = State::Reset;
                    self.client.request_update();
                    self.back_off(cx);
                }
            }
        }
    }

    /// A partition whose leader epoch has risen is checked before it is read on
    /// (`SubscriptionState.maybeValidatePositionForCurrentLeader`).
    fn notice_new_leaders(&mut self) {
        for (p, partition) in self.partitions.iter_mut().enumerate() {
            let Some(partition) = partition.as_mut().filter(|p| p.state == State::Fetching) else { continue };
            let Some((_, epoch)) = self.client.leader(TopicPartition::events(p as u8)) else { continue };
            if partition.checked_epoch.is_none_or(|known| known < epoch) {
                if partition.checked_epoch.is_some() && partition.last_epoch.is_some() {
                    partition.state = State::Validate;
                } else {
                    partition.checked_epoch = Some(epoch);
                }
            }
        }
    }

    fn ask_epoch(&mut self, cx: &mut Cx<'_>, p: usize) {
        let id = TopicPartition::events(p as u8);
        let Some((peer, current_leader_epoch)) = self.leader_peer(cx, id) else { return };
        let Some(partition) = &mut self.partitions[p] else { return };
        let Some(epoch) = partition.last_epoch else { return };
        partition.state = State::AskedEpoch;
        let question = EpochQuestion { current_leader_epoch: Some(current_leader_epoch), epoch };
        let body = Message::OffsetForLeaderEpochRequest([(id, question)].into_iter().collect());
        self.client.send(cx, peer, body, Tag::EpochEnd);
    }

    /// Where the log was truncated below the position, the consumer silently goes on from there
    /// (`SubscriptionState.maybeCompleteValidation`).
    pub(super) fn on_epoch_ends(&mut self, cx: &mut Cx<'_>, answer: PerPartition<Result<EpochEnd, Error>>) {
        for (id, result) in answer.iter() {
            let known = self.client.leader(id).map(|(_, epoch)| epoch);
            let Some(partition) = &mut self.partitions[usize::from(id.partition())] else { continue };
            if partition.state != State::AskedEpoch {
                continue;
            }
            match result {
                // Without a policy the application is told (`OffsetFetcherUtils.buildLogTruncationException`).
                Ok(EpochEnd { epoch, end })
                    if (epoch.is_none() || *end < partition.position)
                        && Consumer::policy(cx) == AutoOffsetReset::None =>
                {
                    self.application.fail(cx, Error::LogTruncation);
                    return;
                }
                Ok(EpochEnd { epoch: None, .. }) => partition.state = State::Reset,
                Ok(EpochEnd { epoch, end }) if *end < partition.position => {
                    partition.set(*end);
                    partition.last_epoch = *epoch;
                    partition.checked_epoch = known;
                    let source = PositionSource::Diverged;
                    cx.record(Fact::PositionSet { partition: id, offset: *end, source });
                }
                Ok(_) => {
                    partition.state = State::Fetching;
                    partition.checked_epoch = known;
                }
                Err(_) => {
                    partition.state = State::Validate;
                    self.client.request_update();
                    self.back_off(cx);
                }
            }
        }
    }

    /// One fetch to each leader, for partitions of which nothing is buffered.
    fn fetch(&mut self, cx: &mut Cx<'_>) {
        let mut ready = [None; 3];
        for (p, partition) in self.partitions.iter().enumerate() {
            let Some(partition) = partition else { continue };
            let Some((leader, epoch)) = self.client.leader(TopicPartition::events(p as u8)) else { continue };
            if leader.is_none() {
                self.client.request_update();
            } else if partition.state == State::Fetching && partition.buffered.is_empty() {
                ready[p] = leader.map(|leader| (leader, epoch));
            }
        }
        let leaders: BrokerSet = ready.iter().flatten().map(|(leader, _)| *leader).collect();
        for broker in leaders.iter() {
            let peer = Peer::client(broker);
            if self.client.ready(cx, peer) {
                self.fetch_from(cx, peer, ready.map(|found| found.filter(|(leader, _)| *leader == broker)));
            }
        }
    }

    /// Fetches those of the partitions that have an epoch here.
    fn fetch_from(&mut self, cx: &mut Cx<'_>, peer: Peer, epochs: [Option<(BrokerId, LeaderEpoch)>; 3]) {
        let Some(consumer) = &cx.config().consumer else { return };
        let (mut partitions, mut asked) = (PerPartition::default(), [None; 3]);
        for (p, partition) in self.partitions.iter_mut().enumerate() {
            let (Some(partition), Some((_, current_leader_epoch))) = (partition, epochs[p]) else { continue };
            let fetch = FetchPartition {
                offset: partition.position,
                current_leader_epoch: Some(current_leader_epoch),
                last_fetched_epoch: partition.last_epoch,
                max_bytes: consumer.max_partition_fetch_bytes,
            };
            partitions.insert(TopicPartition::events(p as u8), fetch);
            asked[p] = Some(partition.position);
            partition.state = State::InFlight;
            partition.asked = partition.position;
        }
        let request = FetchRequest {
            replica: None,
            max_wait: consumer.fetch_max_wait,
            min_bytes: consumer.fetch_min_bytes,
            max_bytes: consumer.fetch_max_bytes,
            partitions,
        };
        self.client.send(cx, peer, Message::FetchRequest(request), Tag::Fetch(asked));
    }

    /// A fetch or a question about offsets came to nothing.
    pub(super) fn fetch_failed(&mut self, tag: Tag) {
        for partition in self.partitions.iter_mut().flatten() {
            partition.state = match (tag, partition.state) {
                (Tag::Fetch(_), State::InFlight) => State::Fetching,
                (Tag::ListOffsets, State::AskedReset) => State::Reset,
                (Tag::EpochEnd, State::AskedEpoch) => State::Validate,
                (_, state) => state,
            };
        }
    }

    /// The answer to a fetch. One from before a partition was taken away and given back, or read from elsewhere,
    /// does not count (`FetchCollector`: "Discarding stale fetch response").
    pub(super) fn on_fetched(
        &mut self,
        cx: &mut Cx<'_>,
        asked: [Option<Offset>; 3],
        answer: PerPartition<FetchedPartition>,
    ) {
        for (id, fetched) in answer.iter() {
            let Some(partition) = &mut self.partitions[usize::from(id.partition())] else { continue };
            let stale = asked[usize::from(id.partition())] != Some(partition.asked);
            if partition.state != State::InFlight || stale {
                continue;
            }
            partition.state = State::Fetching;
            if partition.asked != partition.position {
                continue;
            }
            match fetched.error {
                None => {
                    self.failures = 0;
                    let shifted = cx.mutant(Mutant::BatchReadFromPosition);
                    for entry in &fetched.entries {
                        let base = if shifted { partition.position } else { 0 }.max(entry.base_offset);
                        let records = cx.kernel.arena.records(entry.batch);
                        for (record, offset) in records.zip(base..entry.end()) {
                            if offset >= partition.position {
                                partition.buffered.push_back((record, offset, entry.leader_epoch));
                            }
                        }
                    }
                }
                Some(Error::OffsetOutOfRange) => {
                    if Consumer::policy(cx) == AutoOffsetReset::None {
                        self.application.fail(cx, Error::OffsetOutOfRange);
                        return;
                    }
                    partition.state = State::Reset;
                }
                Some(_) => {
                    self.client.request_update();
                    self.back_off(cx);
                }
            }
        }
    }

    /// Asks the database for stored offsets, over its own connection. Whether it was asked.
    fn ask_stored_offsets(&mut self, cx: &mut Cx<'_>) -> bool {
        if self.application.hands[0].statement.is_some() {
            return false;
        }
        let fences = cx.config().consumer.as_ref().is_some_and(|consumer| consumer.fencing);
        let held = self.partitions.each_ref().map(|p| p.as_ref().filter(|_| fences));
        let generations = held.map(|p| p.map_or(0, |p| p.generation));
        self.execute(cx, 0, crate::sim::message::DatabaseRequest::ReadOffsets(generations));
        true
    }
}

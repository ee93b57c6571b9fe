//! Fetch requests at a leader, from followers and consumers (`ReplicaManager.fetchMessages`,
//! `Partition.fetchRecords`, `DelayedFetch`).

use super::{Broker, Timer};
use crate::sim::config::{Mutant, Truncation};
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{
    BrokerEpoch, BrokerId, ConnectionId, LeaderEpoch, MessageId, Offset, PerPartition, TopicPartition,
};
use crate::sim::message::{
    Entry, Envelope, EpochEnd, EpochQuestion, Error, FetchPartition, FetchRequest, FetchedPartition, Message,
};
use crate::sim::queue::Ticket;

/// A fetch that waits for data.
#[derive(Clone, Debug)]
pub(crate) struct Parked {
    pub(crate) connection: ConnectionId,
    request: MessageId,
    fetch: FetchRequest,
    /// When it has waited long enough.
    pub(crate) time_out: Option<Ticket>,
}

impl Broker {
    pub(super) fn on_fetch(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        let (connection, request) = (envelope.connection, envelope.id);
        let Message::FetchRequest(fetch) = envelope.body else { return };
        let (answer, urgent) = self.read(cx, &fetch);
        if let Some((follower, epoch)) = fetch.replica {
            for (partition, fetched) in answer.iter() {
                if let Some(reached) = reached(cx, &fetch, partition, fetched) {
                    self.follower_fetched(cx, partition, follower, epoch, reached);
                }
            }
        }
        let bytes = bytes_of(cx, &answer);
        if urgent || bytes >= fetch.min_bytes || fetch.max_wait == 0 || fetch.partitions.is_empty() {
            self.respond(cx, connection, request, Message::FetchResponse(answer));
            return;
        }
        let time_out = Some(cx.set_timer(fetch.max_wait, Timer::FetchTimeout(request).into()));
        self.parked.push(Parked { connection, request, fetch, time_out });
    }

    /// Reads what a fetch asks for, with the high watermark as it stands before this fetch counts
    /// (`Partition.readRecords`). Returns also whether it must be answered at once: an error, or a diverging epoch.
    fn read(&self, cx: &Cx<'_>, fetch: &FetchRequest) -> (PerPartition<FetchedPartition>, bool) {
        let mut answer = PerPartition::default();
        let (mut urgent, mut left) = (false, fetch.max_bytes);
        for (partition, wanted) in fetch.partitions.iter() {
            let nothing = self.nothing(partition);
            let fetched = match self.check_fetch(partition, wanted, fetch.replica.is_some()) {
                Err((error, end)) => {
                    urgent = true;
                    let diverging = Some(EpochEnd { epoch: None, end });
                    FetchedPartition { error: Some(error), diverging, high_watermark: 0, ..nothing }
                }
                Ok(Some(diverging)) => {
                    urgent = true;
                    FetchedPartition { diverging: Some(diverging), ..nothing }
                }
                Ok(None) => {
                    let entries = self.entries(cx, partition, wanted, fetch.replica.is_some(), &mut left);
                    FetchedPartition { entries, ..nothing }
                }
            };
            answer.insert(partition, fetched);
        }
        (answer, urgent)
    }

    fn nothing(&self, partition: TopicPartition) -> FetchedPartition {
        let replica = self.replicas.get(partition);
        FetchedPartition {
            high_watermark: replica.map_or(0, |replica| replica.log.high_watermark()),
            log_start: replica.map_or(0, |replica| replica.log.start()),
            ..FetchedPartition::default()
        }
    }

    /// Whether a fetch may be served: leadership, leader epoch, divergence, range
    /// (`Partition.readRecords`, `localLogWithEpochOrThrow`; KIP-320, KIP-595). An error comes with the log's end.
    fn check_fetch(
        &self,
        partition: TopicPartition,
        wanted: &FetchPartition,
        follower: bool,
    ) -> Result<Option<EpochEnd>, (Error, Offset)> {
        let replica = self.replicas.get(partition).ok_or((Error::UnknownTopicOrPartition, 0))?;
        let end = replica.log.end();
        check_epoch(wanted.current_leader_epoch, replica.leader_epoch).map_err(|error| (error, end))?;
        if replica.leadership().is_none() {
            return Err((Error::NotLeaderOrFollower, end));
        }
        if let Some(last) = wanted.last_fetched_epoch.filter(|_| follower) {
            let known = replica.log.end_of_epoch(last);
            if known.epoch.is_none() {
                return Err((Error::OffsetOutOfRange, end));
            }
            if known.epoch < Some(last) || known.end < wanted.offset {
                return Ok(Some(known));
            }
        }
        let there = (replica.log.start()..=end).contains(&wanted.offset);
        if there { Ok(None) } else { Err((Error::OffsetOutOfRange, end)) }
    }

    /// What a fetch returns: a follower reads to the end of the log, a consumer to the high watermark.
    fn entries(
        &self,
        cx: &Cx<'_>,
        partition: TopicPartition,
        wanted: &FetchPartition,
        follower: bool,
        left: &mut u32,
    ) -> Vec<Entry> {
        let replica = self.replicas.get(partition).expect("it was checked");
        let to_end = follower || cx.mutant(Mutant::ConsumersReadUncommitted);
        let limit = if to_end { replica.log.end() } else { replica.log.high_watermark() };
        if wanted.offset >= limit {
            return Vec::new();
        }
        let entries = replica.log.entries();
        let first = entries.partition_point(|entry| entry.end() <= wanted.offset);
        let mut budget = wanted.max_bytes.min(*left);
        let mut last = first;
        for entry in entries.iter_from(first).take_while(|entry| entry.end() <= limit) {
            let size = cx.kernel.arena.batch(entry.batch).size;
            // The first batch is returned even if it is larger (KIP-74).
            if size > budget && last > first {
                break;
            }
            budget = budget.saturating_sub(size);
            *left = left.saturating_sub(size);
            last += 1;
        }
        (first..last).map(|place| entries[place]).collect()
    }

    /// A follower's fetch says how far its log reaches: that is its acknowledgement
    /// (`Partition.updateFollowerFetchState`). A fetch of an older process does not count (KIP-903).
    fn follower_fetched(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        follower: BrokerId,
        epoch: BrokerEpoch,
        offset: Offset,
    ) {
        if epoch < self.image.epochs()[follower.index()] {
            return;
        }
        let replica = self.replicas.get_mut(partition).expect("it was checked");
        let end = replica.log.end();
        let leadership = replica.leadership_mut().expect("it was checked");
        let state = &mut leadership.followers[follower.index()];
        let before = state.log_end;
        state.fetched(offset, end, cx.now(), epoch);
        if before != Some(offset) {
            cx.record(Fact::FollowerFetched { partition, follower, log_end: offset });
        }
        self.maybe_expand_isr(cx, partition, follower);
        if before != Some(offset) {
            self.maybe_advance(cx, partition);
        }
    }

    /// Moves a partition's high watermark if it may move, and lets go what waited for it.
    pub(super) fn maybe_advance(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) {
        let (id, image) = (self.id, &self.image);
        let Some(replica) = self.replicas.get_mut(partition) else { return };
        if replica.maybe_advance_high_watermark(cx, id, |broker, epoch| image.eligible(broker, epoch)) {
            self.check_produces(cx, partition);
            self.answer_consumers(cx, partition);
        }
    }

    /// Answers what waits for a partition and now finds something, an error among it.
    pub(super) fn answer_parked(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) {
        self.answer_those(cx, |parked| parked.fetch.partitions.get(partition).is_some());
    }

    fn answer_consumers(&mut self, cx: &mut Cx<'_>, partition: TopicPartition) {
        let waits = |p: &Parked| p.fetch.replica.is_none() && p.fetch.partitions.get(partition).is_some();
        self.answer_those(cx, waits);
    }

    /// A fetch that has waited is read anew. It counted when it came, and does not count once more
    /// (`DelayedFetch.onComplete`, `readFromPurgatory`).
    fn answer_those(&mut self, cx: &mut Cx<'_>, which: impl Fn(&Parked) -> bool) {
        let mut place = 0;
        while let Some(parked) = self.parked.get(place) {
            if which(parked) {
                let (answer, urgent) = self.read(cx, &parked.fetch);
                if urgent || bytes_of(cx, &answer) >= parked.fetch.min_bytes {
                    let Parked { connection, request, mut time_out, .. } = self.parked.remove(place);
                    cx.cancel(&mut time_out);
                    self.respond(cx, connection, request, Message::FetchResponse(answer));
                    continue;
                }
            }
            place += 1;
        }
    }

    pub(super) fn fetch_timed_out(&mut self, cx: &mut Cx<'_>, request: MessageId) {
        let Some(place) = self.parked.iter().position(|p| p.request == request) else { return };
        let parked = self.parked.remove(place);
        let (answer, _) = self.read(cx, &parked.fetch);
        self.respond(cx, parked.connection, request, Message::FetchResponse(answer));
    }

    /// Where a leader epoch ended, for a consumer that checks its position (KIP-320), or for a follower under an older
    /// rule, which does not say in which epoch it asks.
    pub(super) fn epoch_end(
        &self,
        cx: &Cx<'_>,
        partition: TopicPartition,
        question: EpochQuestion,
    ) -> Result<EpochEnd, Error> {
        let replica = self.replicas.get(partition).ok_or(Error::NotLeaderOrFollower)?;
        check_epoch(question.current_leader_epoch, replica.leader_epoch)?;
        replica.leadership().ok_or(Error::NotLeaderOrFollower)?;
        let by_kip_101 = cx.config().cluster.truncation == Truncation::Epoch101;
        Ok(if by_kip_101 && question.current_leader_epoch.is_none() {
            replica.log.end_of_epoch_by_kip_101(question.epoch)
        } else {
            replica.log.end_of_epoch(question.epoch)
        })
    }
}

fn check_epoch(asked: Option<LeaderEpoch>, known: LeaderEpoch) -> Result<(), Error> {
    match asked.unwrap_or(known).cmp(&known) {
        std::cmp::Ordering::Less => Err(Error::FencedLeaderEpoch),
        std::cmp::Ordering::Greater => Err(Error::UnknownLeaderEpoch),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

/// How far a follower's log reaches by its fetch, unless that failed or found its log diverging.
fn reached(
    cx: &Cx<'_>,
    fetch: &FetchRequest,
    partition: TopicPartition,
    fetched: &FetchedPartition,
) -> Option<Offset> {
    let diverging = fetched.diverging.is_some() && !cx.mutant(Mutant::DivergentFetchCounts);
    if fetched.error.is_some() || diverging {
        return None;
    }
    let ahead = fetched.entries.last().filter(|_| cx.mutant(Mutant::FetchCountsAhead));
    ahead.map(Entry::end).or_else(|| fetch.partitions.get(partition).map(|wanted| wanted.offset))
}

fn bytes_of(cx: &Cx<'_>, answer: &PerPartition<FetchedPartition>) -> u32 {
    let entries = answer.iter().flat_map(|(_, fetched)| fetched.entries.iter());
    entries.map(|entry| cx.kernel.arena.batch(entry.batch).size).sum()
}

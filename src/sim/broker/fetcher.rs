//! A follower's fetchers, one for each leader that it follows (`ReplicaFetcherThread`,
//! `AbstractFetcherThread`, `BrokerBlockingSender`).

use super::produce::retained;
use super::replica::{Replica, Role};
use super::{Broker, Timer};
use crate::sim::config::{Mutant, Truncation};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact};
use crate::sim::ids::{
    BrokerId, ConnectionId, LeaderEpoch, MessageId, PerPartition, Time, TopicPartition, ms,
};
use crate::sim::message::{Channel, Error, FetchPartition, FetchRequest, FetchedPartition, Message};
use crate::sim::queue::Ticket;

/// A fetcher to one leader.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    pub(crate) leader: BrokerId,
    pub(crate) connection: Option<ConnectionId>,
    connected: bool,
    in_flight: Option<MessageId>,
    /// When that is given up.
    given_up: Option<Ticket>,
    /// In which epoch the last fetch asked.
    asked: PerPartition<Option<LeaderEpoch>>,
    /// What came and is not yet written, on a slow disk.
    unwritten: Option<PerPartition<FetchedPartition>>,
    /// Nothing is asked before.
    back_off_until: Time,
    /// Its thread ended by an exception (older rules only).
    pub(super) ended: bool,
    /// Partitions that are not asked for before; none = not before their leader changes.
    delayed: PerPartition<Option<Time>>,
}

/// `socket.connection.setup.timeout.ms`, the default of a broker's own clients.
const SETUP_TIMEOUT: u64 = ms(10_000);

impl Broker {
    /// Makes sure of a fetcher for each leader that is followed, and of none for others.
    pub(super) fn adjust_fetchers(&mut self, cx: &mut Cx<'_>) {
        let leaders: Vec<BrokerId> = self.followed().map(|(_, leader)| leader).collect();
        let (kept, gone): (Vec<Fetcher>, Vec<Fetcher>) = std::mem::take(&mut self.fetchers)
            .into_iter()
            .partition(|fetcher| leaders.contains(&fetcher.leader));
        self.fetchers = kept;
        for mut fetcher in gone {
            cx.cancel(&mut fetcher.given_up);
            if let Some(connection) = fetcher.connection {
                cx.close(connection, CloseReason::Closed);
            }
        }
        for leader in leaders {
            match self.fetchers.iter().find(|fetcher| fetcher.leader == leader) {
                // A fetcher at rest takes a new partition up at once.
                Some(fetcher) if fetcher.connected && fetcher.in_flight.is_none() => {
                    cx.set_timer(0, Timer::Fetch(leader).into());
                }
                Some(_) => {}
                None => {
                    self.fetchers.push(Fetcher {
                        leader,
                        connection: None,
                        connected: false,
                        in_flight: None,
                        given_up: None,
                        asked: PerPartition::default(),
                        unwritten: None,
                        back_off_until: Time(0),
                        ended: false,
                        delayed: PerPartition::default(),
                    });
                    self.fetch_from(cx, leader);
                }
            }
        }
    }

    fn followed(&self) -> impl Iterator<Item = (TopicPartition, BrokerId)> {
        self.replicas.iter().filter_map(|(partition, replica)| match replica.role {
            Role::Follower { leader: Some(leader) } if leader != self.id => Some((partition, leader)),
            _ => None,
        })
    }

    /// A partition has a new leader: what delayed it counts no more.
    pub(super) fn reset_fetch(&mut self, partition: TopicPartition) {
        for fetcher in &mut self.fetchers {
            fetcher.delayed.remove(partition);
        }
    }

    pub(super) fn fetcher(&mut self, leader: BrokerId) -> Option<&mut Fetcher> {
        self.fetchers.iter_mut().find(|fetcher| fetcher.leader == leader)
    }

    /// Connects, or sends the next fetch.
    pub(super) fn fetch_from(&mut self, cx: &mut Cx<'_>, leader: BrokerId) {
        let now = cx.now();
        let Some(fetcher) = self.fetcher(leader) else { return };
        let busy = fetcher.in_flight.is_some() || fetcher.unwritten.is_some();
        if busy || fetcher.ended || now < fetcher.back_off_until {
            return;
        }
        let Some(connection) = fetcher.connection else {
            // `NetworkClientUtils.awaitReady`, which `BrokerBlockingSender` gives `replica.socket.timeout.ms`.
            let timeout = SETUP_TIMEOUT.min(cx.config().cluster.replica_socket_timeout);
            fetcher.connection = Some(cx.connect(leader.into(), Channel::Replica, timeout));
            return;
        };
        if !fetcher.connected {
            return;
        }
        if self.ask_for_epochs(cx, leader, connection) {
            return;
        }
        let partitions = self.fetch_partitions(cx, leader);
        if partitions.is_empty() {
            return;
        }
        let asked = partitions.map(|fetch| fetch.current_leader_epoch);
        let cluster = &cx.config().cluster;
        let request = FetchRequest {
            replica: Some((self.id, self.epoch())),
            max_wait: cluster.replica_fetch_wait_max,
            min_bytes: cluster.replica_fetch_min_bytes,
            max_bytes: 10 << 20,
            partitions,
        };
        let message = cx.send(connection, Message::FetchRequest(request));
        self.await_answer(cx, leader, message).asked = asked;
    }

    /// A request whose answer never comes is given up after the broker's own `request.timeout.ms`.
    pub(super) fn await_answer(
        &mut self,
        cx: &mut Cx<'_>,
        leader: BrokerId,
        message: MessageId,
    ) -> &mut Fetcher {
        let timeout = cx.config().cluster.request_timeout;
        let given_up = cx.set_timer(timeout, Timer::FetchGivenUp(leader, message).into());
        let fetcher = self.fetcher(leader).expect("it has sent a request");
        (fetcher.in_flight, fetcher.given_up) = (Some(message), Some(given_up));
        fetcher
    }

    /// Partitions followed there that nothing delays.
    pub(super) fn to_be_fetched(
        &self,
        now: Time,
        leader: BrokerId,
    ) -> impl Iterator<Item = (TopicPartition, &Replica)> {
        let fetcher =
            self.fetchers.iter().find(|fetcher| fetcher.leader == leader).expect("the caller has it");
        let due = move |partition| match fetcher.delayed.get(partition) {
            None => true,
            Some(until) => until.is_some_and(|until| now >= until),
        };
        self.replicas.iter().filter(move |(p, _)| self.follows(*p, leader) && due(*p))
    }

    /// What to ask for. Before 2.1 nothing went along to be checked (KIP-320, KIP-595).
    fn fetch_partitions(&self, cx: &Cx<'_>, leader: BrokerId) -> PerPartition<FetchPartition> {
        let by_epoch = cx.config().cluster.truncation == Truncation::Epoch;
        let checks = by_epoch && !cx.mutant(Mutant::NoTruncationOnDivergence);
        let mut wanted = PerPartition::default();
        for (partition, replica) in self.to_be_fetched(cx.now(), leader) {
            let offset = replica.log.end();
            if !replica.truncating {
                let fetch = FetchPartition {
                    offset,
                    current_leader_epoch: by_epoch.then_some(replica.leader_epoch),
                    last_fetched_epoch: replica.log.epoch_before(offset).filter(|_| checks),
                    max_bytes: cx.config().cluster.replica_fetch_max_bytes,
                };
                wanted.insert(partition, fetch);
            }
        }
        wanted
    }

    pub(super) fn fetcher_connected(&mut self, cx: &mut Cx<'_>, leader: BrokerId) {
        if let Some(fetcher) = self.fetcher(leader) {
            fetcher.connected = true;
        }
        self.fetch_from(cx, leader);
    }

    /// The connection is gone: the fetcher rests for `replica.fetch.backoff.ms` and tries again.
    pub(super) fn fetcher_failed(&mut self, cx: &mut Cx<'_>, leader: BrokerId) {
        let back_off = cx.config().cluster.replica_fetch_backoff;
        let until = cx.now().plus(back_off);
        let Some(fetcher) = self.fetcher(leader) else { return };
        fetcher.connection = None;
        fetcher.connected = false;
        fetcher.in_flight = None;
        fetcher.back_off_until = until;
        cx.cancel(&mut fetcher.given_up);
        cx.set_timer(back_off, Timer::Fetch(leader).into());
    }

    pub(super) fn fetch_given_up(&mut self, cx: &mut Cx<'_>, leader: BrokerId, request: MessageId) {
        let Some(fetcher) = self.fetcher(leader) else { return };
        if fetcher.in_flight != Some(request) {
            return;
        }
        if let Some(connection) = fetcher.connection {
            cx.close(connection, CloseReason::RequestTimedOut);
        }
        self.fetcher_failed(cx, leader);
    }

    /// The answer to a fetch came.
    pub(super) fn on_fetched(
        &mut self,
        cx: &mut Cx<'_>,
        connection: ConnectionId,
        request: MessageId,
        answer: PerPartition<FetchedPartition>,
    ) {
        let delay = self.disk_delay;
        let Some(leader) = self.answered(cx, connection, request) else { return };
        let writes = answer.iter().any(|(_, fetched)| !fetched.entries.is_empty());
        if delay > 0 && writes {
            self.fetcher(leader).expect("it was answered").unwritten = Some(answer);
            cx.set_timer(delay, Timer::Fetched(leader).into());
        } else {
            self.write_fetched(cx, leader, &answer);
        }
    }

    /// The disk has had its time.
    pub(super) fn write_unwritten(&mut self, cx: &mut Cx<'_>, leader: BrokerId) {
        if let Some(answer) = self.fetcher(leader).and_then(|fetcher| fetcher.unwritten.take()) {
            self.write_fetched(cx, leader, &answer);
        }
    }

    /// The request in flight over a connection is answered: which leader's that was.
    pub(super) fn answered(
        &mut self,
        cx: &mut Cx<'_>,
        connection: ConnectionId,
        request: MessageId,
    ) -> Option<BrokerId> {
        let found = self.fetchers.iter_mut().find(|fetcher| fetcher.connection == Some(connection));
        let fetcher = found.filter(|fetcher| fetcher.in_flight == Some(request))?;
        fetcher.in_flight = None;
        cx.cancel(&mut fetcher.given_up);
        Some(fetcher.leader)
    }

    pub(super) fn follows(&self, partition: TopicPartition, leader: BrokerId) -> bool {
        leader != self.id && self.replicas.get(partition).is_some_and(|replica| replica.follows(leader))
    }

    /// Writes what was fetched and asks for more.
    fn write_fetched(&mut self, cx: &mut Cx<'_>, leader: BrokerId, answer: &PerPartition<FetchedPartition>) {
        let Some(fetcher) = self.fetcher(leader) else { return };
        let asked = std::mem::take(&mut fetcher.asked);
        let mut flush = 0;
        for (partition, fetched) in answer.iter() {
            let waits = self.replicas.get(partition).is_some_and(|replica| !replica.truncating);
            let still = waits && self.follows(partition, leader);
            let Some(epoch) = asked.get(partition).copied().filter(|_| still) else { continue };
            if let Some(error) = fetched.error {
                self.fetch_error(cx, (leader, partition, epoch), error, fetched);
            } else if let Some(diverging) = fetched.diverging {
                let (to, _) = self.replicas.get(partition).expect("checked").log.truncation_point(diverging);
                self.truncate(cx, partition, to, leader);
            } else if self.out_of_order(cx, partition, fetched) {
                self.end_fetcher(cx, leader, partition);
            } else {
                flush = flush.max(self.append_as_follower(cx, partition, fetched));
            }
        }
        if flush > 0 {
            cx.set_timer(flush, Timer::Fetch(leader).into());
        } else {
            self.fetch_from(cx, leader);
        }
    }

    /// Appends and takes the leader's high watermark as far as its own log reaches
    /// (`ReplicaFetcherThread.processPartitionData`). Returns how long a flush within it takes.
    fn append_as_follower(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        fetched: &FetchedPartition,
    ) -> u64 {
        let retain = retained(cx);
        let replica = self.replicas.get(partition).expect("checked by the caller");
        let mut previous = replica.log.entries().last().map(|entry| entry.batch);
        for entry in &fetched.entries {
            let end = self.replicas.get(partition).map(|replica| replica.log.end());
            if end != Some(entry.base_offset) {
                continue;
            }
            self.roll_if_old(cx, partition, cx.kernel.arena.batch(entry.batch).timestamp);
            let replica = self.replicas.get_mut(partition).expect("checked by the caller");
            let base_offset = replica.log.end();
            let invented = previous.filter(|batch| {
                cx.mutant(Mutant::FollowerInventsBatch)
                    && cx.kernel.arena.batch(*batch).count == entry.count
                    && base_offset % 3 == 2
            });
            let batch = invented.unwrap_or(entry.batch);
            replica.log.append(&cx.kernel.arena, batch, entry.leader_epoch, retain);
            previous = Some(batch);
            cx.record(Fact::Replicated { batch, base_offset, leader_epoch: entry.leader_epoch, partition });
        }
        let replica = self.replicas.get_mut(partition).expect("checked by the caller");
        let from = replica.log.high_watermark();
        // Never before what it deleted itself, or behind its end (`UnifiedLog.updateHighWatermark`).
        let clamped = fetched.high_watermark.clamp(replica.log.start(), replica.log.end());
        let to =
            if cx.mutant(Mutant::FollowerHighWatermarkUnclamped) { fetched.high_watermark } else { clamped };
        if to != from {
            replica.log.set_high_watermark(to);
            cx.record(Fact::HighWatermarkMoved { partition, from, to });
        }
        // What the leader has deleted is deleted here (`LeaderOffsetIncremented`).
        let start = fetched.log_start.min(replica.log.high_watermark());
        if start > replica.log.start() {
            self.start_log_at(cx, partition, start);
        }
        if fetched.entries.is_empty() { 0 } else { self.flush_after_append(cx, partition) }
    }

    pub(super) fn truncate(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, to: u32, leader: BrokerId) {
        let keep_epochs = cx.mutant(Mutant::EpochCacheNotTruncated);
        let replica = self.replicas.get_mut(partition).expect("checked by the caller");
        let (from, high_watermark) = (replica.log.end(), replica.log.high_watermark());
        replica.log.truncate_to(&cx.kernel.arena, to, keep_epochs);
        let to = replica.log.end();
        if to < from {
            cx.record(Fact::Truncated { partition, from, to, leader });
            if high_watermark > to {
                cx.record(Fact::HighWatermarkMoved { partition, from: high_watermark, to });
            }
        }
    }

    fn fetch_error(
        &mut self,
        cx: &mut Cx<'_>,
        (leader, partition, asked_in): (BrokerId, TopicPartition, Option<LeaderEpoch>),
        error: Error,
        fetched: &FetchedPartition,
    ) {
        if error == Error::OffsetOutOfRange {
            // The leader's log ends before ours: cut to its end. It begins behind our end: begin there, with
            // nothing (`AbstractFetcherThread.fetchOffsetAndTruncate`).
            let end = self.replicas.get(partition).map_or(0, |replica| replica.log.end());
            if fetched.log_start > end {
                self.truncate(cx, partition, 0, leader);
                self.start_log_at(cx, partition, fetched.log_start);
                return;
            }
            let to = fetched.diverging.map_or(0, |end| end.end);
            if self.ends_rather_than_cut(cx, partition, to) {
                self.end_fetcher(cx, leader, partition);
                self.begin_shutdown(cx);
            } else {
                self.truncate(cx, partition, to, leader);
            }
            return;
        }
        let known = self.replicas.get(partition).map(|replica| replica.leader_epoch);
        self.delay(cx, leader, partition, error == Error::FencedLeaderEpoch && asked_in == known);
    }

    /// A follower that is fenced waits for metadata, unless they came while its fetch was under way; others try
    /// again (`AbstractFetcherThread.onPartitionFenced`, `delayPartitions`).
    pub(super) fn delay(
        &mut self,
        cx: &mut Cx<'_>,
        leader: BrokerId,
        partition: TopicPartition,
        fenced: bool,
    ) {
        let back_off = cx.config().cluster.replica_fetch_backoff;
        let until = cx.now().plus(back_off);
        let Some(fetcher) = self.fetcher(leader) else { return };
        fetcher.delayed.insert(partition, (!fenced).then_some(until));
        if !fenced {
            cx.set_timer(back_off, Timer::Fetch(leader).into());
        }
    }
}

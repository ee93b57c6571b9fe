//! A follower's fetchers, one for each leader that it follows (`ReplicaFetcherThread`,
//! `AbstractFetcherThread`, `BrokerBlockingSender`).

use super::produce::retained;
use super::replica::Role;
use super::{Broker, Timer};
use crate::sim::config::{Mutant, Truncation};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact};
use crate::sim::ids::{BrokerId, ConnectionId, MessageId, PerPartition, Time, TopicPartition, ms};
use crate::sim::message::{Channel, Error, FetchPartition, FetchRequest, FetchedPartition, Message};

/// A fetcher to one leader.
#[derive(Clone, Debug)]
pub(crate) struct Fetcher {
    pub(crate) leader: BrokerId,
    pub(crate) connection: Option<ConnectionId>,
    connected: bool,
    in_flight: Option<MessageId>,
    /// What came and is not yet written, on a slow disk.
    unwritten: Option<PerPartition<FetchedPartition>>,
    /// Nothing is asked before.
    back_off_until: Time,
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
        for connection in gone.into_iter().filter_map(|fetcher| fetcher.connection) {
            cx.close(connection, CloseReason::Closed);
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
                        unwritten: None,
                        back_off_until: Time(0),
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

    fn fetcher(&mut self, leader: BrokerId) -> Option<&mut Fetcher> {
        self.fetchers.iter_mut().find(|fetcher| fetcher.leader == leader)
    }

    /// Connects, or sends the next fetch.
    pub(super) fn fetch_from(&mut self, cx: &mut Cx<'_>, leader: BrokerId) {
        let now = cx.now();
        let Some(fetcher) = self.fetcher(leader) else { return };
        if fetcher.in_flight.is_some() || fetcher.unwritten.is_some() || now < fetcher.back_off_until {
            return;
        }
        let Some(connection) = fetcher.connection else {
            fetcher.connection = Some(cx.connect(leader.into(), Channel::Replica, SETUP_TIMEOUT));
            return;
        };
        if !fetcher.connected {
            return;
        }
        let partitions = self.fetch_partitions(cx, leader);
        if partitions.is_empty() {
            return;
        }
        let config = cx.config().clone();
        let request = FetchRequest {
            replica: Some((self.id, self.epoch())),
            max_wait: config.cluster.replica_fetch_wait_max,
            min_bytes: config.cluster.replica_fetch_min_bytes,
            max_bytes: 10 << 20,
            partitions,
        };
        let message = cx.send(connection, Message::FetchRequest(request));
        // A fetch whose answer never comes is given up after the broker's own `request.timeout.ms`.
        cx.set_timer(config.cluster.request_timeout, Timer::FetchGivenUp(leader, message).into());
        self.fetcher(leader).expect("found above").in_flight = Some(message);
    }

    fn fetch_partitions(&self, cx: &Cx<'_>, leader: BrokerId) -> PerPartition<FetchPartition> {
        let fetcher =
            self.fetchers.iter().find(|fetcher| fetcher.leader == leader).expect("the caller has it");
        let asked = |partition: &TopicPartition| match fetcher.delayed.get(*partition) {
            None => true,
            Some(until) => until.is_some_and(|until| cx.now() >= until),
        };
        let by_epoch = cx.config().cluster.truncation == Truncation::Epoch;
        let checks = by_epoch && !cx.mutant(Mutant::NoTruncationOnDivergence);
        let followed =
            self.followed().filter(|(_, l)| *l == leader).map(|(partition, _)| partition).filter(asked);
        followed
            .map(|partition| {
                let replica = self.replicas.get(partition).expect("it is followed");
                let offset = replica.log.end();
                let fetch = FetchPartition {
                    offset,
                    current_leader_epoch: replica.leader_epoch,
                    last_fetched_epoch: replica.log.epoch_before(offset).filter(|_| checks),
                    max_bytes: cx.config().cluster.replica_fetch_max_bytes,
                };
                (partition, fetch)
            })
            .collect()
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
        let found = self.fetchers.iter_mut().find(|fetcher| fetcher.connection == Some(connection));
        let Some(fetcher) = found.filter(|fetcher| fetcher.in_flight == Some(request)) else { return };
        fetcher.in_flight = None;
        let leader = fetcher.leader;
        let writes = answer.iter().any(|(_, fetched)| !fetched.entries.is_empty());
        fetcher.unwritten = Some(answer);
        if delay > 0 && writes {
            cx.set_timer(delay, Timer::Fetched(leader).into());
        } else {
            self.write_fetched(cx, leader);
        }
    }

    /// Writes what was fetched and asks for more.
    pub(super) fn write_fetched(&mut self, cx: &mut Cx<'_>, leader: BrokerId) {
        let Some(answer) = self.fetcher(leader).and_then(|fetcher| fetcher.unwritten.take()) else { return };
        let mut flush = 0;
        for (partition, fetched) in answer.iter() {
            let still = matches!(self.replicas.get(partition).map(|r| &r.role),
                Some(Role::Follower { leader: Some(l) }) if *l == leader);
            if !still {
                continue;
            }
            if let Some(error) = fetched.error {
                self.fetch_error(cx, leader, partition, error, fetched);
            } else if let Some(diverging) = fetched.diverging {
                let to = self.replicas.get(partition).expect("checked").log.truncation_point(diverging);
                self.truncate(cx, partition, to, leader);
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
        let replica = self.replicas.get_mut(partition).expect("checked by the caller");
        let mut previous = replica.log.entries().last().map(|entry| entry.batch);
        for entry in &fetched.entries {
            if entry.base_offset != replica.log.end() {
                continue;
            }
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
        let from = replica.log.high_watermark();
        let clamped = fetched.high_watermark.min(replica.log.end());
        let to =
            if cx.mutant(Mutant::FollowerHighWatermarkUnclamped) { fetched.high_watermark } else { clamped };
        if to != from {
            replica.log.set_high_watermark(to);
            cx.record(Fact::HighWatermarkMoved { partition, from, to });
        }
        if fetched.entries.is_empty() { 0 } else { self.flush_after_append(cx, partition) }
    }

    /// Up to 0.10.2 a replica that begins to follow cuts its log to the high watermark that it knows, whatever the
    /// leader has (`ReplicaManager.makeFollowers` of that time; KIP-101).
    pub(super) fn truncate_to_high_watermark(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        leader: BrokerId,
    ) {
        let to = self.replicas.get(partition).expect("it follows").log.high_watermark();
        self.truncate(cx, partition, to, leader);
    }

    fn truncate(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, to: u32, leader: BrokerId) {
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
        leader: BrokerId,
        partition: TopicPartition,
        error: Error,
        fetched: &FetchedPartition,
    ) {
        if error == Error::OffsetOutOfRange {
            // The leader's log ends before ours: cut to its end (`fetchOffsetAndTruncate`).
            let to = fetched.diverging.map_or(0, |end| end.end);
            self.truncate(cx, partition, to, leader);
            return;
        }
        let back_off = cx.config().cluster.replica_fetch_backoff;
        let until = cx.now().plus(back_off);
        let Some(fetcher) = self.fetcher(leader) else { return };
        // A fenced follower waits for metadata; others try again (`onPartitionFenced`, `delayPartitions`).
        let fenced = error == Error::FencedLeaderEpoch;
        fetcher.delayed.insert(partition, (!fenced).then_some(until));
        if !fenced {
            cx.set_timer(back_off, Timer::Fetch(leader).into());
        }
    }
}

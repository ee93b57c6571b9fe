//! What a client knows of the cluster, when it asks for more, and whom (`Metadata`,
//! `NetworkClient.DefaultMetadataUpdater`).

use super::{Client, Draw, Link, LinkState, Peer};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact};
use crate::sim::ids::{BrokerId, BrokerSet, LeaderEpoch, Micros, PerPartition, Time, TopicPartition};
use crate::sim::message::{Channel, ClusterView, Message};

/// When metadata are to be asked for (`Metadata`).
#[derive(Clone, Debug, Default)]
pub(super) struct Refresh {
    requested: bool,
    in_progress: bool,
    /// The last attempt, good or bad.
    last: Option<Time>,
    last_success: Option<Time>,
    /// Failed attempts since the last good one.
    attempts: u32,
    /// Good ones in a row that brought nothing new.
    equivalent: u32,
    /// Least wait after the last attempt, and after equivalent answers.
    backoff: Micros,
    equivalent_backoff: Micros,
    /// Attempts so far: what jitter is drawn for.
    count: u32,
}

impl Refresh {
    /// Nothing is known yet.
    pub(super) fn wanted() -> Refresh {
        Refresh { requested: true, ..Refresh::default() }
    }
}

/// What the client looks for among the brokers (`NetworkClient.leastLoadedNode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeastLoaded {
    /// The broker, if one can be talked to or connected to.
    pub(crate) peer: Option<Peer>,
    /// At least one connection is up.
    any_ready: bool,
}

impl<T: Clone> Client<T> {
    /// Whether it has metadata: brokers, partitions.
    pub(crate) fn knows_cluster(&self) -> bool {
        self.view.is_some()
    }

    /// Leader and leader epoch of a partition, as far as the client knows; the leader is none where nobody
    /// leads or its broker is not among those alive.
    pub(crate) fn leader(&self, partition: TopicPartition) -> Option<(Option<BrokerId>, LeaderEpoch)> {
        let view = self.view.as_ref()?;
        let (leader, epoch) = *view.leaders.get(partition)?;
        Some((leader.filter(|id| view.brokers.contains(*id)), epoch))
    }

    /// Asks for fresh metadata (`Metadata.requestUpdate`).
    pub(crate) fn request_update(&mut self) {
        self.refresh.requested = true;
    }

    /// Takes over the leader that a broker named in an error (KIP-951, `Metadata.updatePartitionLeadership`).
    pub(crate) fn update_leader(&mut self, partition: TopicPartition, leader: BrokerId, epoch: LeaderEpoch) {
        let Some(view) = &mut self.view else { return };
        let Some(known) = view.leaders.get_mut(partition) else { return };
        if epoch <= known.1 {
            return;
        }
        *known = (Some(leader), epoch);
        view.brokers = view.brokers.with(leader);
        self.last_seen.insert(partition, epoch);
    }

    pub(super) fn failed_update(&mut self, cx: &mut Cx<'_>) {
        self.refresh.in_progress = false;
        self.refresh.attempts += 1;
        self.refresh.equivalent = 0;
        self.refreshed(cx);
    }

    fn refreshed(&mut self, cx: &mut Cx<'_>) {
        let refresh = &mut self.refresh;
        refresh.last = Some(cx.now());
        refresh.count += 1;
        let backoff = |attempts: u32, which: u64| {
            self.config.retry_backoff.after(cx, attempts, Draw::Refresh, [u64::from(refresh.count), which])
        };
        refresh.backoff = backoff(refresh.attempts.saturating_sub(1), 0);
        refresh.equivalent_backoff =
            if refresh.equivalent > 0 { backoff(refresh.equivalent - 1, 1) } else { 0 };
    }

    /// `Metadata.update`: older leader epochs than one that was seen are not believed.
    pub(super) fn on_metadata(&mut self, cx: &mut Cx<'_>, from: BrokerId, view: ClusterView) {
        if view.brokers.is_empty() {
            self.failed_update(cx);
            return;
        }
        self.refresh.requested = false;
        self.refresh.in_progress = false;
        self.refresh.last_success = Some(cx.now());
        self.refresh.attempts = 0;
        self.refresh.equivalent += 1;
        let mut leaders = PerPartition::default();
        for (partition, (leader, epoch)) in view.leaders.iter() {
            let seen = self.last_seen.get(partition).copied();
            if seen.is_some_and(|seen| *epoch < seen) {
                let known = self.view.as_ref().and_then(|view| view.leaders.get(partition));
                known.and_then(|known| leaders.insert(partition, *known));
                continue;
            }
            if seen != Some(*epoch) {
                self.refresh.equivalent = 0;
            }
            self.last_seen.insert(partition, *epoch);
            leaders.insert(partition, (*leader, *epoch));
            // LEADER_NOT_AVAILABLE is one of the errors that ask for fresh metadata.
            if leader.is_none_or(|id| !view.brokers.contains(id)) {
                self.refresh.requested = true;
            }
        }
        self.view = Some(ClusterView { brokers: view.brokers, leaders });
        self.refreshed(cx);
        cx.record(Fact::MetadataUpdated { from });
        self.close_bootstrap(cx);
    }

    /// Bootstrap servers have done their part. (A real client leaves these connections to
    /// `connections.max.idle.ms`; nothing more is sent over them.)
    fn close_bootstrap(&mut self, cx: &mut Cx<'_>) {
        for place in 0..usize::from(self.brokers) {
            if let Some(connection) = self.links[place].connection()
                && self.load(place) == 0
            {
                cx.close(connection, CloseReason::Closed);
                let opened = self.links[place].opened;
                self.links[place] = Link { opened, ..Link::new() };
            }
        }
    }

    /// `Metadata.timeToNextUpdate`
    fn time_to_next_update(&self, now: Time) -> Micros {
        let refresh = &self.refresh;
        let age = refresh.last_success.map_or(u64::MAX, |at| now.since(at));
        let expires_in = self.config.metadata_max_age.saturating_sub(age);
        let waited = refresh.last.map_or(u64::MAX, |at| now.since(at));
        // Metadata that are too old are asked for whether or not the last answers brought news.
        let equivalent = if expires_in == 0 { 0 } else { refresh.equivalent_backoff };
        let allowed_in = refresh.backoff.max(equivalent).saturating_sub(waited);
        allowed_in.max(if refresh.requested { 0 } else { expires_in })
    }

    pub(super) fn update_due(&self, now: Time) -> bool {
        !self.refresh.in_progress && self.time_to_next_update(now) == 0
    }

    /// Asks for metadata if they are due, connecting if need be; how long until that is to be tried again
    /// (`DefaultMetadataUpdater.maybeUpdate`).
    pub(crate) fn maybe_update(&mut self, cx: &mut Cx<'_>) -> Micros {
        if self.refresh.in_progress {
            return self.config.request_timeout;
        }
        let wait = self.time_to_next_update(cx.now());
        if wait > 0 {
            return wait;
        }
        let mut found = self.least_loaded(cx);
        let out_of_reach = found.peer.is_none() && !found.any_ready;
        if out_of_reach && self.config.rebootstraps && self.view.is_some() {
            // Every known broker is out of reach: `metadata.recovery.strategy=rebootstrap` (KIP-899) forgets
            // the cluster and begins with the bootstrap servers.
            self.view = None;
            found = self.least_loaded(cx);
        }
        let Some(peer) = found.peer else { return self.config.reconnect_backoff.initial };
        if self.can_send(peer) {
            let timeout = self.config.request_timeout;
            self.dispatch(cx, peer, Message::MetadataRequest, None, timeout);
            self.refresh.in_progress = true;
            return timeout;
        }
        if self.nodes().any(|peer| self.link(peer).is_connecting()) {
            return self.config.reconnect_backoff.initial;
        }
        if self.link(peer).can_connect(cx.now()) {
            self.connect(cx, peer);
            return self.config.reconnect_backoff.initial;
        }
        // Connected, but full: an answer will come, or a time-out.
        Micros::MAX
    }

    /// Brokers that the client would talk to: those it knows, else its bootstrap servers.
    fn nodes(&self) -> impl DoubleEndedIterator<Item = Peer> + use<T> {
        let (brokers, channel) = match &self.view {
            Some(view) => (view.brokers, Channel::Client),
            None => ((1..=self.brokers).map(BrokerId).collect::<BrokerSet>(), Channel::Bootstrap),
        };
        (1..=self.brokers)
            .map(BrokerId)
            .filter(move |id| brokers.contains(*id))
            .map(move |broker| Peer { broker, channel })
    }

    /// The broker that is best asked something that any broker can answer: a connection without requests in
    /// flight, else the one with the fewest, else one being set up, else one that may be opened
    /// (`NetworkClient.leastLoadedNode`).
    pub(crate) fn least_loaded(&mut self, cx: &Cx<'_>) -> LeastLoaded {
        let now = cx.now();
        let count = self.nodes().count();
        self.looks += 1;
        let offset =
            cx.draw_between(0, count as u64 - 1, [Draw::Node as u64, u64::from(self.looks), 0]) as usize;
        let (mut ready, mut connecting, mut connectable) = (None, None, None);
        let mut any_ready = false;
        for peer in self.nodes().chain(self.nodes()).skip(offset).take(count) {
            let link = self.link(peer);
            any_ready |= matches!(link.state, LinkState::Ready(_));
            if self.can_send(peer) {
                let load = self.load(self.place(peer));
                if load == 0 {
                    return LeastLoaded { peer: Some(peer), any_ready: true };
                }
                if ready.is_none_or(|(least, _)| load < least) {
                    ready = Some((load, peer));
                }
            } else if link.is_connecting() {
                connecting = Some(peer);
            } else if link.can_connect(now) && connectable.is_none_or(|(at, _)| at > link.last_attempt) {
                connectable = Some((link.last_attempt, peer));
            }
        }
        let peer = ready.map(|(_, peer)| peer).or(connecting).or(connectable.map(|(_, peer)| peer));
        LeastLoaded { peer, any_ready }
    }
}

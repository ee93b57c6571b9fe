//! What producers and consumers have in common: connections to brokers, requests in flight on them, and
//! what the client knows of the cluster. Models `NetworkClient`, `ClusterConnectionStates`,
//! `InFlightRequests` and `Metadata` of `org.apache.kafka.clients`.
//!
//! The owner calls [`Client::on_connected`], [`Client::on_closed`] and [`Client::on_message`] for what
//! reaches it, and, whenever it acts, [`Client::maybe_update`] and [`Client::expire`] as
//! `NetworkClient.poll` does. What it attached to a request (`T`) comes back with the answer, or with the
//! news that there will be none.

use super::cx::Cx;
use super::fact::{CloseReason, Fact};
use super::ids::{
    BrokerId, BrokerSet, ConnectionId, LeaderEpoch, MessageId, Micros, NodeId, PerPartition, Time,
    TopicPartition,
};
use super::message::{Channel, ClusterView, Envelope, Message};
use std::collections::VecDeque;

/// Settings that producers and consumers share, under Kafka's names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientConfig {
    /// `reconnect.backoff.ms`, `reconnect.backoff.max.ms`
    pub(crate) reconnect_backoff: Backoff,
    /// `retry.backoff.ms`, `retry.backoff.max.ms`
    pub(crate) retry_backoff: Backoff,
    /// `socket.connection.setup.timeout.ms`, `socket.connection.setup.timeout.max.ms`
    pub(crate) setup_timeout: Backoff,
    /// `request.timeout.ms`
    pub(crate) request_timeout: Micros,
    /// `metadata.max.age.ms`
    pub(crate) metadata_max_age: Micros,
    /// `max.in.flight.requests.per.connection`; 100 for a consumer.
    pub(crate) max_in_flight: u32,
}

/// An interval that doubles with each attempt, with 20 % of jitter, up to a limit that the jitter does not
/// exceed (`ExponentialBackoff`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Backoff {
    pub(crate) initial: Micros,
    pub(crate) max: Micros,
}

/// What a drawn number is for, so that two draws never share their parts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Draw {
    /// The wait before a batch is sent again.
    Retry = 1,
    /// The wait before a broker is connected to again.
    Reconnect,
    /// How long a connection may take to be set up.
    Setup,
    /// The wait before metadata are asked for again.
    Refresh,
    /// Which broker is looked at first.
    Node,
    /// How late a thread wakes up.
    Wake,
}

impl Backoff {
    /// The wait after `attempts` earlier ones, drawn for `parts`.
    pub(crate) fn after(self, cx: &Cx<'_>, attempts: u32, draw: Draw, parts: [u64; 2]) -> Micros {
        self.with(attempts, |least, most| cx.draw_between(least, most, [draw as u64, parts[0], parts[1]]))
    }

    /// The same with a given source of numbers between two bounds.
    pub(crate) fn with(self, attempts: u32, draw: impl FnOnce(u64, u64) -> u64) -> Micros {
        if self.max <= self.initial {
            return self.max;
        }
        let doubled = self.initial.saturating_mul(1_u64.checked_shl(attempts).unwrap_or(u64::MAX));
        let term = doubled.min(self.max);
        draw(term / 10 * 8, term / 10 * 12).min(self.max)
    }
}

/// A broker as a client talks to it: over one connection per channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) broker: BrokerId,
    /// [`Channel::Bootstrap`], [`Channel::Client`] or [`Channel::Coordinator`].
    pub(crate) channel: Channel,
}

impl Peer {
    /// A broker that the client knows from metadata.
    pub(crate) fn client(broker: BrokerId) -> Peer {
        Peer { broker, channel: Channel::Client }
    }

    /// A group's coordinator, over a connection of its own.
    pub(crate) fn coordinator(broker: BrokerId) -> Peer {
        Peer { broker, channel: Channel::Coordinator }
    }
}

/// A request that ended without an answer.
#[derive(Clone, Debug)]
pub(crate) struct Unanswered<T> {
    /// What the caller attached to it.
    pub(crate) tag: T,
    /// The request.
    pub(crate) request: MessageId,
    /// A request of its connection timed out (else the connection was lost).
    pub(crate) timed_out: bool,
}

/// What a message was.
#[derive(Clone, Debug)]
pub(crate) enum Received<T> {
    /// The answer to a request of the caller.
    Answer {
        /// What the caller attached to it.
        tag: T,
        /// The request.
        request: MessageId,
        /// Who answers.
        from: Peer,
        /// The answer.
        body: Message,
    },
    /// Metadata, taken in.
    Metadata,
    /// The answer to nothing that is still waited for.
    Stray,
}

/// What the client looks for among the brokers (`NetworkClient.leastLoadedNode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeastLoaded {
    /// The broker, if one can be talked to or connected to.
    pub(crate) peer: Option<Peer>,
    /// At least one connection is up.
    any_ready: bool,
}

#[derive(Clone, Debug)]
struct InFlight<T> {
    request: MessageId,
    sent: Time,
    timeout: Micros,
    /// None: the client's own request for metadata.
    tag: Option<T>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum LinkState {
    #[default]
    Disconnected,
    Connecting(ConnectionId),
    Ready(ConnectionId),
}

/// A connection to a broker, or the want of one (`ClusterConnectionStates.NodeConnectionState`).
#[derive(Clone, Debug)]
struct Link<T> {
    state: LinkState,
    /// The last attempt to connect, or the last disconnect.
    last_attempt: Option<Time>,
    reconnect_backoff: Micros,
    failed_attempts: u32,
    failed_setups: u32,
    /// Connections opened so far: what jitter is drawn for.
    opened: u32,
    in_flight: VecDeque<InFlight<T>>,
}

impl<T> Link<T> {
    fn new() -> Link<T> {
        Link {
            state: LinkState::Disconnected,
            last_attempt: None,
            reconnect_backoff: 0,
            failed_attempts: 0,
            failed_setups: 0,
            opened: 0,
            in_flight: VecDeque::new(),
        }
    }

    fn connection(&self) -> Option<ConnectionId> {
        match self.state {
            LinkState::Disconnected => None,
            LinkState::Connecting(id) | LinkState::Ready(id) => Some(id),
        }
    }

    fn is_connecting(&self) -> bool {
        matches!(self.state, LinkState::Connecting(_))
    }

    fn can_connect(&self, now: Time) -> bool {
        self.state == LinkState::Disconnected
            && self.last_attempt.is_none_or(|at| now.since(at) >= self.reconnect_backoff)
    }
}

/// When metadata are to be asked for (`Metadata`).
#[derive(Clone, Debug, Default)]
struct Refresh {
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

/// Connections, requests in flight and metadata of a client.
#[derive(Clone, Debug)]
pub(crate) struct Client<T> {
    config: ClientConfig,
    brokers: u8,
    links: Vec<Link<T>>,
    refresh: Refresh,
    /// What it knows of the cluster; none = only its bootstrap servers.
    view: Option<ClusterView>,
    /// Newest leader epoch seen of each partition (`Metadata.lastSeenLeaderEpochs`).
    last_seen: PerPartition<LeaderEpoch>,
    looks: u32,
}

/// Channels of a client.
const CHANNELS: [Channel; 3] = [Channel::Bootstrap, Channel::Client, Channel::Coordinator];

impl<T: Clone> Client<T> {
    /// A client that knows nobody but its bootstrap servers: all `brokers` of them.
    pub(crate) fn new(config: ClientConfig, brokers: u8) -> Client<T> {
        let links = (0..CHANNELS.len() * usize::from(brokers)).map(|_| Link::new()).collect();
        let refresh = Refresh { requested: true, ..Refresh::default() };
        Client { config, brokers, links, refresh, view: None, last_seen: PerPartition::default(), looks: 0 }
    }

    fn place(&self, peer: Peer) -> usize {
        let channel = match peer.channel {
            Channel::Bootstrap => 0,
            Channel::Coordinator => 2,
            _ => 1,
        };
        channel * usize::from(self.brokers) + peer.broker.index()
    }

    fn peer(&self, place: usize) -> Peer {
        let brokers = usize::from(self.brokers);
        Peer { broker: BrokerId((place % brokers) as u8 + 1), channel: CHANNELS[place / brokers] }
    }

    fn link(&self, peer: Peer) -> &Link<T> {
        &self.links[self.place(peer)]
    }

    // What it knows.

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

    // Requests.

    /// Whether a request can be sent to a broker now; if there is no connection and one may be opened, opens
    /// it (`NetworkClient.ready`). Metadata that are due come first.
    pub(crate) fn ready(&mut self, cx: &mut Cx<'_>, peer: Peer) -> bool {
        if !self.update_due(cx.now()) && self.can_send(peer) {
            return true;
        }
        if self.link(peer).can_connect(cx.now()) {
            self.connect(cx, peer);
        }
        false
    }

    /// Whether a connection is up and has room for a request (`canSendRequest`).
    pub(crate) fn can_send(&self, peer: Peer) -> bool {
        let link = self.link(peer);
        matches!(link.state, LinkState::Ready(_)) && (link.in_flight.len() as u32) < self.config.max_in_flight
    }

    /// How long a broker without a connection is left alone; none: there is, or will soon be, news of it
    /// (`ClusterConnectionStates.connectionDelay`).
    pub(crate) fn connect_delay(&self, peer: Peer, now: Time) -> Option<Micros> {
        let link = self.link(peer);
        if link.state != LinkState::Disconnected {
            return None;
        }
        let waited = link.last_attempt.map_or(u64::MAX, |at| now.since(at));
        Some(link.reconnect_backoff.saturating_sub(waited))
    }

    /// Sends a request that waits `request.timeout.ms` for its answer. The connection must be up.
    pub(crate) fn send(&mut self, cx: &mut Cx<'_>, peer: Peer, body: Message, tag: T) -> MessageId {
        let timeout = self.config.request_timeout;
        self.send_with_timeout(cx, peer, body, tag, timeout)
    }

    /// Sends a request that waits so long for its answer.
    pub(crate) fn send_with_timeout(
        &mut self,
        cx: &mut Cx<'_>,
        peer: Peer,
        body: Message,
        tag: T,
        timeout: Micros,
    ) -> MessageId {
        self.dispatch(cx, peer, body, Some(tag), timeout)
    }

    /// Sends a request that is not answered (`acks=0`): done when it is handed to the socket.
    pub(crate) fn send_unanswered(&mut self, cx: &mut Cx<'_>, peer: Peer, body: Message) -> MessageId {
        let connection = self.link(peer).connection().expect("the caller saw that the connection is up");
        cx.send(connection, body)
    }

    fn dispatch(
        &mut self,
        cx: &mut Cx<'_>,
        peer: Peer,
        body: Message,
        tag: Option<T>,
        timeout: Micros,
    ) -> MessageId {
        let place = self.place(peer);
        let link = &mut self.links[place];
        let connection = link.connection().expect("the caller saw that the connection is up");
        let request = cx.send(connection, body);
        link.in_flight.push_back(InFlight { request, sent: cx.now(), timeout, tag });
        request
    }

    /// Requests of the caller that wait for an answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.links.iter().flat_map(|link| &link.in_flight).filter(|request| request.tag.is_some()).count()
    }

    /// When the first request in flight times out.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.links.iter().flat_map(|link| &link.in_flight).map(|r| r.sent.plus(r.timeout + 1)).min()
    }

    // Events.

    /// A connection is up. False: it is none of this client's.
    pub(crate) fn on_connected(&mut self, connection: ConnectionId) -> bool {
        let Some(place) = self.place_of(connection) else { return false };
        let link = &mut self.links[place];
        link.state = LinkState::Ready(connection);
        link.failed_attempts = 0;
        link.failed_setups = 0;
        true
    }

    /// A connection is gone: requests in flight on it end, the oldest first.
    pub(crate) fn on_closed(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) -> Vec<Unanswered<T>> {
        match self.place_of(connection) {
            Some(place) => self.disconnected(cx, place, false),
            None => Vec::new(),
        }
    }

    fn place_of(&self, connection: ConnectionId) -> Option<usize> {
        self.links.iter().position(|link| link.connection() == Some(connection))
    }

    /// Finds the request that a message answers; metadata are taken in here.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Envelope) -> Received<T> {
        let Some(place) = self.place_of(envelope.connection) else { return Received::Stray };
        let queue = &mut self.links[place].in_flight;
        let found = queue.iter().position(|request| Some(request.request) == envelope.in_reply_to);
        let Some(InFlight { request, tag, .. }) = found.and_then(|i| queue.remove(i)) else {
            return Received::Stray;
        };
        let from = self.peer(place);
        match (tag, envelope.body) {
            (Some(tag), body) => Received::Answer { tag, request, from, body },
            (None, Message::MetadataResponse(view)) => {
                self.on_metadata(cx, from.broker, view);
                Received::Metadata
            }
            (None, _) => Received::Stray,
        }
    }

    /// Ends what waited too long: each connection with a request whose time is over is closed, and all its
    /// requests end, the oldest first (`NetworkClient.handleTimedOutRequests`).
    pub(crate) fn expire(&mut self, cx: &mut Cx<'_>) -> Vec<Unanswered<T>> {
        let now = cx.now();
        let mut ended = Vec::new();
        for place in 0..self.links.len() {
            let late = |request: &InFlight<T>| now.since(request.sent) > request.timeout;
            // The oldest is the first to be late, unless time-outs differ.
            if !self.links[place].in_flight.iter().any(late) {
                continue;
            }
            if let Some(connection) = self.links[place].connection() {
                cx.close(connection, CloseReason::RequestTimedOut);
            }
            ended.extend(self.disconnected(cx, place, true));
        }
        ended
    }

    /// Closes a connection that is of no more use.
    pub(crate) fn close(&mut self, cx: &mut Cx<'_>, peer: Peer) -> Vec<Unanswered<T>> {
        let place = self.place(peer);
        let Some(connection) = self.links[place].connection() else { return Vec::new() };
        cx.close(connection, CloseReason::Closed);
        self.disconnected(cx, place, false)
    }

    // Connections.

    fn connect(&mut self, cx: &mut Cx<'_>, peer: Peer) {
        let place = self.place(peer);
        let link = &mut self.links[place];
        let parts = [place as u64, u64::from(link.opened)];
        let timeout = self.config.setup_timeout.after(cx, link.failed_setups, Draw::Setup, parts);
        link.opened += 1;
        link.last_attempt = Some(cx.now());
        let connection = cx.connect(NodeId::from(peer.broker), peer.channel, timeout);
        link.state = LinkState::Connecting(connection);
    }

    /// `NetworkClient.processDisconnection`
    fn disconnected(&mut self, cx: &mut Cx<'_>, place: usize, timed_out: bool) -> Vec<Unanswered<T>> {
        let link = &mut self.links[place];
        let parts = [place as u64, u64::from(link.opened)];
        link.failed_setups = if link.is_connecting() { link.failed_setups + 1 } else { 0 };
        link.reconnect_backoff =
            self.config.reconnect_backoff.after(cx, link.failed_attempts, Draw::Reconnect, parts);
        link.failed_attempts += 1;
        link.last_attempt = Some(cx.now());
        link.state = LinkState::Disconnected;
        let mut ended = Vec::new();
        for InFlight { request, tag, .. } in std::mem::take(&mut link.in_flight) {
            match tag {
                Some(tag) => ended.push(Unanswered { tag, request, timed_out }),
                None => self.failed_update(cx),
            }
        }
        // `DefaultMetadataUpdater.handleServerDisconnect`: what the client knows may be stale.
        if self.update_due(cx.now()) {
            self.failed_update(cx);
        }
        self.request_update();
        ended
    }

    // Metadata.

    fn failed_update(&mut self, cx: &mut Cx<'_>) {
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
    fn on_metadata(&mut self, cx: &mut Cx<'_>, from: BrokerId, view: ClusterView) {
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
        for link in &mut self.links[..usize::from(self.brokers)] {
            if let Some(connection) = link.connection()
                && link.in_flight.is_empty()
            {
                cx.close(connection, CloseReason::Closed);
                let opened = link.opened;
                *link = Link { opened, ..Link::new() };
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

    fn update_due(&self, now: Time) -> bool {
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
        if found.peer.is_none() && !found.any_ready && self.view.is_some() {
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
                let load = link.in_flight.len();
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

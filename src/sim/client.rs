//! What producers and consumers have in common: connections to brokers, requests in flight on them, and
//! what the client knows of the cluster. Models `NetworkClient`, `ClusterConnectionStates`,
//! `InFlightRequests` and `Metadata` of `org.apache.kafka.clients`.
//!
//! The owner calls [`Client::on_connected`], [`Client::on_closed`] and [`Client::on_message`] for what
//! reaches it, and, whenever it acts, [`Client::maybe_update`] and [`Client::expire`] as
//! `NetworkClient.poll` does. What it attached to a request (`T`) comes back with the answer, or with the
//! news that there will be none.

mod metadata;

use super::cx::Cx;
use super::fact::CloseReason;
use super::ids::{BrokerId, ConnectionId, LeaderEpoch, MessageId, Micros, NodeId, PerPartition, Time};
use super::message::{Channel, ClusterView, Envelope, Message};
use metadata::Refresh;

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
    /// `metadata.recovery.strategy=rebootstrap`
    pub(crate) rebootstraps: bool,
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

#[derive(Clone, Debug)]
struct InFlight<T> {
    /// Place of its link.
    link: usize,
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
struct Link {
    state: LinkState,
    /// The last attempt to connect, or the last disconnect.
    last_attempt: Option<Time>,
    reconnect_backoff: Micros,
    failed_attempts: u32,
    failed_setups: u32,
    /// Connections opened so far: what jitter is drawn for.
    opened: u32,
}

impl Link {
    fn new() -> Link {
        Link {
            state: LinkState::Disconnected,
            last_attempt: None,
            reconnect_backoff: 0,
            failed_attempts: 0,
            failed_setups: 0,
            opened: 0,
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

/// Connections, requests in flight and metadata of a client.
#[derive(Clone, Debug)]
pub(crate) struct Client<T> {
    config: ClientConfig,
    brokers: u8,
    links: Vec<Link>,
    /// Requests that wait for their answers, the oldest first.
    in_flight: Vec<InFlight<T>>,
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
        let refresh = Refresh::wanted();
        let (in_flight, last_seen) = (Vec::new(), PerPartition::default());
        Client { config, brokers, links, in_flight, refresh, view: None, last_seen, looks: 0 }
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

    fn link(&self, peer: Peer) -> &Link {
        &self.links[self.place(peer)]
    }

    /// Requests in flight on a link.
    fn load(&self, link: usize) -> usize {
        self.in_flight.iter().filter(|request| request.link == link).count()
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
        let place = self.place(peer);
        matches!(self.links[place].state, LinkState::Ready(_))
            && (self.load(place) as u32) < self.config.max_in_flight
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
        let link = self.place(peer);
        let connection = self.links[link].connection().expect("the caller saw that the connection is up");
        let request = cx.send(connection, body);
        self.in_flight.push(InFlight { link, request, sent: cx.now(), timeout, tag });
        request
    }

    /// Requests of the caller that wait for an answer.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.iter().filter(|request| request.tag.is_some()).count()
    }

    /// When the first request in flight times out.
    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.in_flight.iter().map(|r| r.sent.plus(r.timeout + 1)).min()
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
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) -> Received<T> {
        let answered = |request: &InFlight<T>| {
            Some(request.request) == envelope.in_reply_to
                && self.links[request.link].connection() == Some(envelope.connection)
        };
        let Some(found) = self.in_flight.iter().position(answered) else { return Received::Stray };
        let InFlight { link, request, tag, .. } = self.in_flight.remove(found);
        let from = self.peer(link);
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
        let late = |request: &&InFlight<T>| now.since(request.sent) > request.timeout;
        let mut ended = Vec::new();
        while let Some(place) = self.in_flight.iter().filter(late).map(|request| request.link).min() {
            if let Some(connection) = self.links[place].connection() {
                cx.close(connection, CloseReason::RequestTimedOut);
            }
            ended.extend(self.disconnected(cx, place, true));
        }
        ended
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
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.in_flight).into_iter().partition(|request| request.link == place);
        self.in_flight = kept;
        for InFlight { request, tag, .. } in gone {
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
}

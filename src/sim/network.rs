//! Connections between nodes, and what may happen to what they carry.
//!
//! A connection is a byte stream each way: first in, first out, and never a gap. So a message that is
//! dropped silences its direction for good, a delayed one delays what follows, and what is sent over a cut
//! link arrives after the heal unless its connection was closed by then. Who closes a connection, and when,
//! is the nodes' business (`NetworkClient`); that a dead process closes its own is the kernel's.

use super::config::Config;
use super::fact::CloseReason;
use super::hash;
use super::ids::{ConnectionId, FaultId, MessageId, Micros, NodeId, Time};
use super::message::{Channel, Envelope, Kind};
use super::queue::Ticket;
use crate::sim::order::sort_by_number;

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The one that opened it.
    Client,
    /// The one that was called.
    Server,
}

impl End {
    /// The other one.
    pub fn other(self) -> End {
        match self {
            End::Client => End::Server,
            End::Server => End::Client,
        }
    }
}

/// Something that travels through one direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// A message, by its place among those in flight.
    Message(u32),
    /// The end of the stream.
    Close(CloseReason),
}

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
pub struct Direction {
    /// When the last thing sent so far arrives; nothing may arrive before it.
    pub last_arrival: Time,
    /// A message was dropped: nothing arrives any more.
    pub silent: Option<FaultId>,
    /// What a cut holds back, in order.
    pub held: Vec<Carried>,
    /// Messages sent so far, by kind.
    sent: Vec<Sent>,
}

/// Messages of a kind that one end of a connection has sent. The number of each decides its latency.
#[derive(Clone, Copy, Debug)]
struct Sent {
    kind: Kind,
    count: u32,
    /// Drawn from what they have in common.
    drawn: u64,
}

/// A connection between two nodes.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its number.
    pub id: ConnectionId,
    /// Who opened it.
    pub client: NodeId,
    /// Who was called.
    pub server: NodeId,
    /// What for.
    pub channel: Channel,
    /// How many between the same two for the same purpose came before it.
    pub nth: u32,
    /// The handshake is done.
    pub open: bool,
    /// When it must be done.
    pub setup: Option<Ticket>,
    /// The client's end is closed.
    pub client_closed: bool,
    /// The server's end is closed.
    pub server_closed: bool,
    /// The fault that closed it, if one did.
    pub closed_by: Option<FaultId>,
    /// From client to server.
    pub to_server: Direction,
    /// From server to client.
    pub to_client: Direction,
}

impl Connection {
    /// The node at an end.
    pub fn node(&self, end: End) -> NodeId {
        match end {
            End::Client => self.client,
            End::Server => self.server,
        }
    }

    /// The end at which a node sits.
    pub fn end_of(&self, node: NodeId) -> End {
        if node == self.client { End::Client } else { End::Server }
    }

    /// What travels towards an end.
    pub fn towards(&self, end: End) -> &Direction {
        match end {
            End::Client => &self.to_client,
            End::Server => &self.to_server,
        }
    }

    /// What travels towards an end, to be changed.
    pub fn towards_mut(&mut self, end: End) -> &mut Direction {
        match end {
            End::Client => &mut self.to_client,
            End::Server => &mut self.to_server,
        }
    }

    /// Whether an end is closed.
    pub fn closed(&self, end: End) -> bool {
        match end {
            End::Client => self.client_closed,
            End::Server => self.server_closed,
        }
    }

    /// Closes an end.
    pub fn close(&mut self, end: End) {
        match end {
            End::Client => self.client_closed = true,
            End::Server => self.server_closed = true,
        }
    }
}

/// A fault in force on what one node sends to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkFault {
    /// The sender.
    pub from: NodeId,
    /// The receiver.
    pub to: NodeId,
    /// Which fault.
    pub fault: FaultId,
    /// What it does.
    pub effect: LinkEffect,
}

/// What a fault in force does to a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEffect {
    /// Nothing gets through.
    Cut,
    /// The next message of this kind is lost.
    DropNext(Kind),
    /// The next message of this kind comes so much later.
    DelayNext(Kind, Micros),
}

/// A message in flight.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// The message. It passes through many hands, and stays where it is.
    pub envelope: Box<Envelope>,
    /// When it arrives; none while it is held.
    pub arrives_at: Option<Time>,
    /// What holds it.
    pub held_by: Option<FaultId>,
}

/// All connections and all that they carry.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// Connections with at least one end open, by rising number.
    connections: Vec<Connection>,
    opened: u32,
    /// How many connections each pair of nodes opened so far for each purpose.
    opened_between: Vec<(NodeId, NodeId, Channel, u32)>,
    /// Faults in force on links.
    pub faults: Vec<LinkFault>,
    in_flight: Vec<Option<InFlight>>,
    free: Vec<u32>,
    sent: u32,
}

impl Network {
    /// Opens a connection: the caller sends the handshake.
    pub fn open(&mut self, client: NodeId, server: NodeId, channel: Channel) -> ConnectionId {
        let id = ConnectionId(self.opened);
        self.opened += 1;
        let same =
            |(c, s, ch, _): &&mut (NodeId, NodeId, Channel, u32)| (*c, *s, *ch) == (client, server, channel);
        let nth = match self.opened_between.iter_mut().find(same) {
            Some((_, _, _, n)) => {
                *n += 1;
                *n
            }
            None => {
                self.opened_between.push((client, server, channel, 0));
                0
            }
        };
        self.connections.push(Connection {
            id,
            client,
            server,
            channel,
            nth,
            open: false,
            setup: None,
            client_closed: false,
            server_closed: false,
            closed_by: None,
            to_server: Direction::default(),
            to_client: Direction::default(),
        });
        id
    }

    /// The place of a connection, unless both of its ends are closed: it holds until one is opened or forgotten.
    pub fn place(&self, id: ConnectionId) -> Option<usize> {
        // It stands where its number says, or before, as many places as connections between were forgotten: few.
        let first = self.connections.first()?.id;
        let most = (id.0.checked_sub(first.0)? as usize + 1).min(self.connections.len());
        self.connections[..most].iter().rposition(|connection| connection.id == id)
    }

    /// The connection at a place.
    pub fn at(&self, place: usize) -> &Connection {
        &self.connections[place]
    }

    /// The connection at a place, to be changed.
    pub fn at_mut(&mut self, place: usize) -> &mut Connection {
        &mut self.connections[place]
    }

    /// A connection, unless both of its ends are closed.
    pub fn get(&self, id: ConnectionId) -> Option<&Connection> {
        Some(self.at(self.place(id)?))
    }

    /// A connection, to be changed.
    pub fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.place(id).map(|place| self.at_mut(place))
    }

    /// Connections with at least one end open.
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// Forgets a connection whose both ends are closed.
    pub fn forget(&mut self, id: ConnectionId) -> Option<Connection> {
        Some(self.connections.remove(self.place(id)?))
    }

    /// The fault that cuts what `from` sends to `to`, if one does.
    pub fn cut(&self, from: NodeId, to: NodeId) -> Option<FaultId> {
        let cut =
            |fault: &&LinkFault| fault.from == from && fault.to == to && fault.effect == LinkEffect::Cut;
        self.faults.iter().find(cut).map(|fault| fault.fault)
    }

    /// Takes the oldest armed drop or delay that a message meets.
    pub fn take_armed(&mut self, from: NodeId, to: NodeId, kind: Kind) -> Option<LinkFault> {
        let meets = |fault: &LinkFault| {
            fault.from == from
                && fault.to == to
                && match fault.effect {
                    LinkEffect::Cut => false,
                    LinkEffect::DropNext(k) | LinkEffect::DelayNext(k, _) => k == kind,
                }
        };
        let place = self.faults.iter().position(meets)?;
        Some(self.faults.remove(place))
    }

    /// The next message's number.
    pub fn next_message(&mut self) -> MessageId {
        let id = MessageId(self.sent);
        self.sent += 1;
        id
    }

    /// Puts a message among those in flight.
    pub fn carry(&mut self, message: InFlight) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.in_flight.push(None);
            self.in_flight.len() as u32 - 1
        });
        self.in_flight[place as usize] = Some(message);
        place
    }

    /// A message in flight.
    pub fn carried(&mut self, place: u32) -> &mut InFlight {
        self.in_flight[place as usize].as_mut().expect("what is carried is in flight")
    }

    /// A message in flight, to be read.
    pub fn peek(&self, place: u32) -> &InFlight {
        self.in_flight[place as usize].as_ref().expect("what is carried is in flight")
    }

    /// Whether the message at a place arrives now over that connection.
    pub fn is_due(&self, place: u32, connection: ConnectionId, now: Time) -> bool {
        self.in_flight.get(place as usize).and_then(Option::as_ref).is_some_and(|message| {
            message.envelope.connection == connection && message.arrives_at == Some(now)
        })
    }

    /// Places of messages on their way between two nodes that have not arrived by `now`, in order of arrival.
    pub fn on_their_way(&self, from: NodeId, to: NodeId, now: Time) -> Vec<u32> {
        let between = |message: &InFlight| message.envelope.from == from && message.envelope.to == to;
        let mut found: Vec<(Time, MessageId, u32)> = (0..)
            .zip(&self.in_flight)
            .filter_map(|(place, message)| Some((place, message.as_ref()?)))
            .filter(|(_, message)| between(message))
            .filter_map(|(place, message)| Some((message.arrives_at?, message.envelope.id, place)))
            .filter(|(at, _, _)| *at >= now)
            .collect();
        sort_by_number(&mut found, |(_, id, _)| id.0.into());
        sort_by_number(&mut found, |(at, ..)| at.0);
        found.into_iter().map(|(_, _, place)| place).collect()
    }

    /// Takes a message out of flight.
    pub fn take(&mut self, place: u32) -> Box<Envelope> {
        self.free.push(place);
        self.in_flight[place as usize].take().expect("what is carried is in flight").envelope
    }

    /// Messages in flight, in no order that means anything.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlight> {
        self.in_flight.iter().flatten()
    }

    /// One-way latency of the next message of a kind towards an end of the connection at a place.
    pub fn latency(&mut self, config: &Config, place: usize, towards: End, kind: Kind) -> Micros {
        let (least, most) = config.latency;
        let connection = self.at_mut(place);
        let sent = &connection.towards(towards).sent;
        let found = sent.iter().position(|sent| sent.kind == kind).unwrap_or_else(|| {
            let parties = u64::from(connection.client.number()) << 16
                | u64::from(connection.server.number()) << 8
                | connection.channel as u64;
            let drawn = hash::draw(&[config.seed, parties, connection.nth.into(), kind as u64]);
            let sent = &mut connection.towards_mut(towards).sent;
            sent.push(Sent { kind, count: 0, drawn });
            sent.len() - 1
        });
        let sent = &mut connection.towards_mut(towards).sent[found];
        let nth = sent.count;
        sent.count += 1;
        hash::between(least, most, hash::draw_on(sent.drawn, nth.into()))
    }

    /// Bytes that a copy takes, about.
    pub fn bytes(&self) -> usize {
        self.connections.len() * size_of::<Connection>()
            + self.in_flight.len() * (size_of::<Option<InFlight>>() + size_of::<Envelope>())
    }
}

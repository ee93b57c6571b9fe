//! A member of the group, and the requests of its that wait for an answer.

use super::{GroupTimer, Output};
use crate::sim::broker::Timer;
use crate::sim::config::Config;
use crate::sim::cx::{self, Cx};
use crate::sim::ids::{ConnectionId, MessageId, Micros, Time, ms};
use crate::sim::message::{Envelope, MemberId, Message};

/// How long a member that has never been in a generation may wait for one
/// (`classicGroupNewMemberJoinTimeoutMs`).
pub(super) const NEW_MEMBER_JOIN_TIMEOUT: Micros = ms(300_000);

/// A request whose answer waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parked {
    connection: ConnectionId,
    request: MessageId,
}

impl Parked {
    pub(super) fn of(envelope: &Envelope) -> Parked {
        Parked { connection: envelope.connection, request: envelope.id }
    }

    pub(super) fn answer(self, body: Message) -> Output {
        Output::Reply { connection: self.connection, request: self.request, body }
    }
}

/// A member (`ClassicGroupMember`).
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) id: MemberId,
    pub(super) session_timeout: Micros,
    pub(super) rebalance_timeout: Micros,
    /// Partitions that it holds on to, as bits.
    pub(super) owned: u8,
    /// Partitions that it got, as bits.
    pub(super) assignment: u8,
    /// It has never been in a generation.
    pub(super) new: bool,
    /// It asked for its assignment of this generation.
    pub(super) synced: bool,
    /// When its session ends.
    pub(super) deadline: Time,
    /// When the session timer under way fires; the latest one that was set.
    pub(super) timer_at: Option<Time>,
    pub(super) join: Option<Parked>,
    pub(super) sync: Option<Parked>,
}

impl Member {
    pub(super) fn new(id: MemberId, session_timeout: Micros, rebalance_timeout: Micros) -> Member {
        Member {
            id,
            session_timeout,
            rebalance_timeout,
            owned: 0,
            assignment: 0,
            new: true,
            synced: false,
            deadline: Time(0),
            timer_at: None,
            join: None,
            sync: None,
        }
    }

    /// A member of a stable group, as a log tells of it.
    pub(super) fn loaded(config: &Config, id: MemberId, assignment: u8) -> Member {
        let consumer = config.consumer.as_ref().expect("a group has consumers");
        let member = Member::new(id, consumer.session_timeout, consumer.max_poll_interval);
        Member { assignment, new: false, synced: true, ..member }
    }

    /// It gave a sign of life.
    pub(super) fn begin_session(&mut self, cx: &mut Cx<'_>, term: u32) {
        let length = if self.new { NEW_MEMBER_JOIN_TIMEOUT } else { self.session_timeout };
        self.deadline = cx.now().plus(length);
        // A member that has joined has a shorter deadline than a new one.
        if self.timer_at.is_none_or(|at| at > self.deadline) {
            self.set_timer(cx, term);
        }
    }

    /// One timer at a time: when it fires early it is set again for the rest.
    pub(super) fn set_timer(&mut self, cx: &mut Cx<'_>, term: u32) {
        self.timer_at = Some(self.deadline);
        let timer = GroupTimer::Session { member: self.id, term };
        let after = self.deadline.since(cx.now());
        cx.set_timer(after, cx::Timer::Broker(Timer::Group(timer)));
    }
}

//! A consumer's place in its group: finding the coordinator, joining, heartbeats
//! (`AbstractCoordinator`, `ConsumerCoordinator`).

use super::assign::assign;
use super::fetching::Partition;
use super::{Consumer, Tag, Timer};
use crate::sim::client::Peer;
use crate::sim::config::{Assignor, CommitMode, Config, Mutant};
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerId, Time, ms};
use crate::sim::message::{self, Error, JoinGroup, Joined, MemberId, Message, SyncGroup};

/// How far the member is (`MemberState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Not in the group, or to join anew.
    #[default]
    Unjoined,
    /// JoinGroup or SyncGroup is under way.
    Joining,
    /// It has its assignment.
    Stable,
}

/// A consumer's place in its group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    state: State,
    coordinator: Option<BrokerId>,
    /// FindCoordinator is under way.
    pub(crate) finding: bool,
    member: Option<MemberId>,
    generation: u32,
    /// Partitions that it has, as bits.
    pub(crate) assigned: u8,
    /// The next poll() joins anew.
    rejoin: bool,
    heartbeat_in_flight: bool,
    /// The heartbeat timer is set.
    beating: bool,
    /// When the application last called poll().
    pub(crate) polled: Time,
}

impl Membership {
    /// A member that had joined when the run began.
    pub(crate) fn joined(config: &Config, member: MemberId, bits: u8) -> Membership {
        let coordinator = config.replicas(crate::sim::ids::TopicPartition::OFFSETS).next();
        Membership {
            state: State::Stable,
            coordinator,
            member: Some(member),
            generation: 1,
            assigned: bits,
            beating: true,
            ..Membership::default()
        }
    }

    fn who(&self) -> message::Membership {
        let member = self.member.unwrap_or(MemberId { consumer: 0, instance: u16::MAX });
        message::Membership { member, generation: self.generation }
    }

    /// The generation that it joined; 0 = none.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether poll() may hand out records.
    pub(crate) fn stable(&self) -> bool {
        self.state == State::Stable && !self.rejoin
    }
}

impl Consumer {
    /// The coordinator, if it can be asked now; otherwise what is missing is begun.
    fn coordinator(&mut self, cx: &mut Cx<'_>) -> Option<Peer> {
        if let Some(broker) = self.membership.coordinator {
            let peer = Peer::coordinator(broker);
            if self.client.connect_delay(peer, cx.now()).is_none_or(|delay| delay == 0) {
                return (self.client.can_send(peer) || self.client.ready(cx, peer)).then_some(peer);
            }
            // It cannot be reached, so another one may be the coordinator by now (`ensureCoordinatorReady`).
            self.membership.coordinator = None;
            self.back_off(cx);
            return None;
        }
        if !self.membership.finding {
            let peer = self.client.least_loaded(cx).peer?;
            if self.client.can_send(peer) || self.client.ready(cx, peer) {
                self.client.send(cx, peer, Message::FindCoordinatorRequest, Tag::FindCoordinator);
                self.membership.finding = true;
            }
        }
        None
    }

    pub(super) fn on_coordinator(&mut self, cx: &mut Cx<'_>, answer: Result<BrokerId, Error>) {
        self.membership.finding = false;
        match answer {
            Ok(broker) => {
                self.membership.coordinator = Some(broker);
                self.failures = 0;
            }
            Err(error) => {
                self.drop_async_commits(cx, error);
                self.back_off(cx);
            }
        }
    }

    /// The coordinator is not reached any more, or is none: it is looked for anew.
    pub(super) fn coordinator_lost(&mut self, cx: &mut Cx<'_>, tag: Tag) {
        self.membership.coordinator = None;
        self.membership.heartbeat_in_flight = false;
        if matches!(tag, Tag::Join | Tag::Sync) {
            self.membership.state = State::Unjoined;
        }
        if tag == Tag::OffsetFetch {
            self.positions_unanswered();
        }
        self.client.request_update();
        let _ = cx;
    }

    /// Joins the group when poll() is called without being in it, and keeps the coordinator in reach.
    pub(super) fn drive_group(&mut self, cx: &mut Cx<'_>) {
        let wants = self.membership.state == State::Unjoined || self.membership.rejoin;
        if !wants || self.membership.state == State::Joining || !self.application.polls() {
            return;
        }
        if self.membership.state == State::Stable && !self.prepare_rejoin(cx) {
            return;
        }
        let Some(peer) = self.coordinator(cx) else { return };
        let Some(consumer) = &cx.config().consumer else { return };
        let join = JoinGroup {
            consumer: self.number,
            member: self.membership.member,
            session_timeout: consumer.session_timeout,
            rebalance_timeout: consumer.max_poll_interval,
            owned: self.membership.assigned,
        };
        // The answer comes when all have joined (`joinGroupTimeoutMs`).
        let timeout = consumer.request_timeout.max(consumer.max_poll_interval + ms(5_000));
        self.client.send_with_timeout(cx, peer, Message::JoinGroupRequest(join), Tag::Join, timeout);
        self.membership.state = State::Joining;
        self.membership.rejoin = false;
        cx.note_change();
    }

    /// Before it joins anew a member commits if it commits by itself, and gives up what it has, unless the
    /// assignor lets it keep it (`ConsumerCoordinator.onJoinPrepare`). False: the commit is under way.
    fn prepare_rejoin(&mut self, cx: &mut Cx<'_>) -> bool {
        let Some(consumer) = &cx.config().consumer else { return false };
        let assignor = consumer.assignor;
        if consumer.commit == CommitMode::Auto && !self.application.committed_on_revoke {
            self.application.committed_on_revoke = true;
            if let Some(offsets) = self.all_consumed() {
                let patience = consumer.default_api_timeout;
                self.begin_commit(cx, offsets, patience);
                return false;
            }
        }
        if self.application.waits_for_commit() {
            return false;
        }
        self.application.committed_on_revoke = false;
        if assignor == Assignor::Range {
            self.revoke(cx, self.membership.assigned);
        }
        true
    }

    /// Gives partitions up: their positions and what was fetched of them are forgotten.
    fn revoke(&mut self, cx: &mut Cx<'_>, bits: u8) {
        if bits == 0 {
            return;
        }
        self.membership.assigned &= !bits;
        for p in (0..3).filter(|p| bits & 1 << p != 0) {
            self.partitions[p] = None;
        }
        cx.record(Fact::Revoked { partitions: bits });
    }

    pub(super) fn on_joined(&mut self, cx: &mut Cx<'_>, answer: Result<Joined, Error>) {
        match answer {
            Ok(joined) => {
                self.failures = 0;
                self.membership.member = Some(joined.membership.member);
                self.membership.generation = joined.membership.generation;
                let config = cx.config().clone();
                let Some(consumer) = &config.consumer else { return };
                let mut assignments = if joined.leads {
                    assign(consumer.assignor, config.topic.partitions, &joined.members)
                } else {
                    Vec::new()
                };
                if cx.mutant(Mutant::PartitionGivenTwice) {
                    assignments.iter_mut().for_each(|(_, bits)| *bits |= 1);
                }
                let Some(peer) = self.coordinator(cx) else {
                    self.membership.state = State::Unjoined;
                    return;
                };
                let sync = SyncGroup { membership: joined.membership, assignments };
                self.client.send(cx, peer, Message::SyncGroupRequest(sync), Tag::Sync);
            }
            Err(error) => self.join_failed(cx, error),
        }
    }

    fn join_failed(&mut self, cx: &mut Cx<'_>, error: Error) {
        self.membership.state = State::Unjoined;
        match error {
            Error::UnknownMemberId | Error::IllegalGeneration => self.forget_member(cx),
            Error::RebalanceInProgress => {}
            // poll() throws it (`AbstractCoordinator.JoinGroupResponseHandler`: "fatal error").
            Error::InvalidSessionTimeout => self.application.fail(cx, error),
            _ => self.membership.coordinator = None,
        }
        self.back_off(cx);
    }

    /// The group went on without it: what it had is lost, not revoked in order.
    fn forget_member(&mut self, cx: &mut Cx<'_>) {
        self.membership.member = None;
        self.membership.generation = 0;
        self.membership.rejoin = true;
        let assigned = self.membership.assigned;
        self.revoke(cx, assigned);
        if self.membership.state == State::Stable {
            self.membership.state = State::Unjoined;
        }
    }

    pub(super) fn on_synced(&mut self, cx: &mut Cx<'_>, answer: Result<u8, Error>) {
        let bits = match answer {
            Ok(bits) => bits,
            Err(error) => return self.join_failed(cx, error),
        };
        self.membership.state = State::Stable;
        self.failures = 0;
        // commitSync() commits positions of what is assigned: whatever comes and goes has none yet.
        self.application.forget_handed_out(!(self.membership.assigned & bits));
        let lost = self.membership.assigned & !bits;
        if lost != 0 {
            // What moves is let go now; the next round gives it to its new owner (KIP-429).
            self.revoke(cx, lost);
            self.membership.rejoin = true;
        }
        for p in (0..3).filter(|p| bits & !self.membership.assigned & 1 << p != 0) {
            self.partitions[p] = Some(Partition::unknown(self.membership.generation));
        }
        self.membership.assigned = bits;
        self.application.plan_auto_commit(cx);
        cx.record(Fact::Assigned { partitions: bits, generation: self.membership.generation });
        cx.note_change();
        self.begin_heartbeats(cx);
    }

    // Heartbeats.

    fn begin_heartbeats(&mut self, cx: &mut Cx<'_>) {
        if !std::mem::replace(&mut self.membership.beating, true) {
            let interval = cx.config().consumer.as_ref().map_or(0, |consumer| consumer.heartbeat_interval);
            cx.set_timer(interval, Timer::Heartbeat.into());
        }
    }

    /// The heartbeat thread: it runs while the application works, but not while the process stands still.
    pub(super) fn heartbeat(&mut self, cx: &mut Cx<'_>) {
        let Some(consumer) = &cx.config().consumer else { return };
        self.membership.beating = false;
        if self.application.failed {
            return;
        }
        if self.membership.state == State::Stable && self.membership.member.is_some() {
            let working = !self.application.polls();
            if working && cx.now().since(self.membership.polled) > consumer.max_poll_interval {
                // poll() was not called in time: the member leaves by itself.
                cx.record(Fact::PollTimedOut);
                self.leave(cx);
                self.forget_member(cx);
                self.begin_heartbeats(cx);
                return;
            }
            if !self.membership.heartbeat_in_flight
                && let Some(peer) = self.coordinator(cx)
            {
                let who = self.membership.who();
                self.client.send(cx, peer, Message::HeartbeatRequest(who), Tag::Heartbeat);
                self.membership.heartbeat_in_flight = true;
            }
        }
        self.begin_heartbeats(cx);
        self.tick(cx);
    }

    pub(super) fn on_heartbeat(&mut self, cx: &mut Cx<'_>, answer: Result<(), Error>) {
        self.membership.heartbeat_in_flight = false;
        match answer {
            Ok(()) => {}
            Err(Error::RebalanceInProgress) => self.membership.rejoin = true,
            Err(Error::UnknownMemberId | Error::IllegalGeneration) => self.forget_member(cx),
            Err(_) => self.membership.coordinator = None,
        }
    }

    pub(super) fn leave(&mut self, cx: &mut Cx<'_>) {
        if self.membership.member.is_none() {
            return;
        }
        if let Some(peer) = self.coordinator(cx) {
            let who = self.membership.who();
            self.client.send(cx, peer, Message::LeaveGroupRequest(who), Tag::Leave);
        }
    }

    /// Where commits and offsets are asked for, as whom.
    pub(super) fn coordinator_as_member(&mut self, cx: &mut Cx<'_>) -> Option<(Peer, message::Membership)> {
        let peer = self.coordinator(cx)?;
        Some((peer, self.membership.who()))
    }

    /// A commit was refused because the group went on: the next poll() joins anew.
    pub(super) fn commit_refused(&mut self, cx: &mut Cx<'_>, error: Error) {
        match error {
            Error::UnknownMemberId | Error::IllegalGeneration => self.forget_member(cx),
            Error::RebalanceInProgress => self.membership.rejoin = true,
            _ => self.membership.coordinator = None,
        }
    }
}

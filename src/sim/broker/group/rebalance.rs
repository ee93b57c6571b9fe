//! How a generation comes about: members join, the leader assigns, everybody asks for its share
//! (`GroupMetadataManager`, classic protocol).

use super::{GroupCoordinator, GroupTimer, Member, Output, Parked, Pending, State};
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::Micros;
use crate::sim::message::{Envelope, Error, JoinGroup, Joined, MemberId, Membership, Message, SyncGroup};

impl GroupCoordinator {
    /// `GroupMetadataManager.classicGroupJoinToClassicGroup`, without the round that only hands out an id
    /// (`MEMBER_ID_REQUIRED`, KIP-394).
    pub(super) fn on_join(
        &mut self,
        cx: &mut Cx<'_>,
        envelope: &Envelope,
        join: JoinGroup,
        out: &mut Vec<Output>,
    ) {
        let parked = Parked::of(envelope);
        let Some(id) = join.member else {
            let place = self.add(cx, join);
            self.rejoin(cx, place, parked, out);
            return;
        };
        let Some(place) = self.place(id) else {
            out.push(parked.answer(Message::JoinGroupResponse(Err(Error::UnknownMemberId))));
            return;
        };
        let changed = self.members[place].owned != join.owned;
        let current = match self.state {
            State::Empty | State::PreparingRebalance => false,
            // Its answer got lost: the generation stands as long as it wants the same.
            State::CompletingRebalance => !changed,
            // The leader joins anew when it wants another assignment.
            State::Stable => !changed && self.leader != Some(id),
        };
        self.members[place].owned = join.owned;
        if current {
            self.members[place].begin_session(cx, self.term);
            out.push(parked.answer(Message::JoinGroupResponse(Ok(self.joined(place)))));
        } else {
            self.rejoin(cx, place, parked, out);
        }
    }

    fn add(&mut self, cx: &mut Cx<'_>, join: JoinGroup) -> usize {
        let given = &mut self.instances[usize::from(join.consumer)];
        let id = MemberId { consumer: join.consumer, instance: *given };
        *given += 1;
        let mut member = Member::new(id, join.session_timeout, join.rebalance_timeout);
        member.owned = join.owned;
        member.begin_session(cx, self.term);
        self.members.push(member);
        self.leader.get_or_insert(id);
        if let Some((_, more)) = &mut self.initial {
            *more = true;
        }
        self.members.len() - 1
    }

    fn rejoin(&mut self, cx: &mut Cx<'_>, place: usize, parked: Parked, out: &mut Vec<Output>) {
        // An older join of the same member got no answer; nobody waits for it any more.
        self.members[place].join = Some(parked);
        match self.state {
            State::PreparingRebalance => self.maybe_complete_join(cx, out),
            _ => self.prepare_rebalance(cx, out),
        }
    }

    /// `GroupMetadataManager.prepareRebalance`
    pub(super) fn prepare_rebalance(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        for member in &mut self.members {
            if let Some(parked) = member.sync.take() {
                out.push(parked.answer(Message::SyncGroupResponse(Err(Error::RebalanceInProgress))));
            }
        }
        let was_empty = self.state == State::Empty;
        self.state = State::PreparingRebalance;
        self.rebalance += 1;
        cx.record(Fact::RebalanceStarted { generation: self.generation });
        cx.note_change();
        if was_empty {
            let delay = cx.config().cluster.group_initial_rebalance_delay;
            self.initial = Some((self.rebalance_timeout().saturating_sub(delay), false));
            self.set_timer(cx, delay, GroupTimer::Join { rebalance: self.rebalance });
        } else {
            self.initial = None;
            self.set_timer(cx, self.rebalance_timeout(), GroupTimer::Join { rebalance: self.rebalance });
            self.maybe_complete_join(cx, out);
        }
    }

    fn rebalance_timeout(&self) -> Micros {
        self.members.iter().map(|member| member.rebalance_timeout).max().unwrap_or(0)
    }

    pub(super) fn maybe_complete_join(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        if self.initial.is_none() && self.members.iter().all(|member| member.join.is_some()) {
            self.complete_join(cx, out);
        }
    }

    /// The time to join is over. A first rebalance is put off as long as members keep coming
    /// (`GroupMetadataManager.tryCompleteInitialRebalanceElseSchedule`).
    pub(super) fn on_join_timeout(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        if let Some((left, true)) = self.initial
            && left > 0
        {
            let delay = cx.config().cluster.group_initial_rebalance_delay;
            self.initial = Some((left.saturating_sub(delay), false));
            let rebalance = self.rebalance;
            self.set_timer(cx, delay.min(left), GroupTimer::Join { rebalance });
            return;
        }
        self.complete_join(cx, out);
    }

    /// `GroupMetadataManager.completeClassicGroupJoin`: whoever has not joined is out, and a generation begins.
    fn complete_join(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        let gone: Vec<MemberId> =
            self.members.iter().filter(|member| member.join.is_none()).map(|member| member.id).collect();
        for id in gone {
            self.members.retain(|member| member.id != id);
            cx.record(Fact::MemberRemoved { consumer: id.consumer, expired: true });
        }
        self.initial = None;
        self.generation += 1;
        cx.record(Fact::GenerationStarted { generation: self.generation, members: self.members.len() as u8 });
        cx.note_change();
        if self.members.is_empty() {
            (self.state, self.leader, self.empty_since) = (State::Empty, None, cx.now());
            self.store_group(cx, Vec::new(), Pending::Note, out);
            return;
        }
        if self.leader.is_none_or(|leader| self.place(leader).is_none()) {
            self.leader = self.members.first().map(|member| member.id);
        }
        self.state = State::CompletingRebalance;
        self.rebalance += 1;
        for place in 0..self.members.len() {
            let joined = self.joined(place);
            let member = &mut self.members[place];
            (member.new, member.synced) = (false, false);
            member.begin_session(cx, self.term);
            let parked = member.join.take().expect("whoever has not joined is out");
            out.push(parked.answer(Message::JoinGroupResponse(Ok(joined))));
        }
        self.set_timer(cx, self.rebalance_timeout(), GroupTimer::Sync { rebalance: self.rebalance });
    }

    fn joined(&self, place: usize) -> Joined {
        let id = self.members[place].id;
        let leads = self.leader == Some(id);
        Joined {
            membership: Membership { member: id, generation: self.generation },
            leads,
            members: if leads {
                self.members.iter().map(|member| (member.id, member.owned)).collect()
            } else {
                Vec::new()
            },
        }
    }

    // Assigning.

    /// `GroupMetadataManager.classicGroupSyncToClassicGroup`
    pub(super) fn on_sync(
        &mut self,
        cx: &mut Cx<'_>,
        envelope: &Envelope,
        sync: &SyncGroup,
        out: &mut Vec<Output>,
    ) {
        let parked = Parked::of(envelope);
        let place = match self.validate(sync.membership) {
            Ok(place) => place,
            Err(error) => {
                out.push(parked.answer(Message::SyncGroupResponse(Err(error))));
                return;
            }
        };
        self.members[place].synced = true;
        match self.state {
            State::Empty => out.push(parked.answer(Message::SyncGroupResponse(Err(Error::UnknownMemberId)))),
            State::PreparingRebalance => {
                out.push(parked.answer(Message::SyncGroupResponse(Err(Error::RebalanceInProgress))));
            }
            State::CompletingRebalance => {
                self.members[place].sync = Some(parked);
                if self.leader == Some(sync.membership.member) {
                    let assignments = sync.assignments.clone();
                    let pending =
                        Pending::Assignment { generation: self.generation, assignments: assignments.clone() };
                    self.store_group(cx, assignments, pending, out);
                }
            }
            State::Stable => {
                self.members[place].begin_session(cx, self.term);
                let assignment = self.members[place].assignment;
                out.push(parked.answer(Message::SyncGroupResponse(Ok(assignment))));
            }
        }
    }

    /// The leader's assignment is stored, or could not be.
    pub(super) fn on_assigned(
        &mut self,
        cx: &mut Cx<'_>,
        generation: u32,
        assignments: &[(MemberId, u8)],
        result: Result<(), Error>,
        out: &mut Vec<Output>,
    ) {
        if self.state != State::CompletingRebalance || self.generation != generation {
            return;
        }
        if let Err(error) = result {
            for member in &mut self.members {
                if let Some(parked) = member.sync.take() {
                    out.push(parked.answer(Message::SyncGroupResponse(Err(error))));
                }
            }
            self.prepare_rebalance(cx, out);
            return;
        }
        self.state = State::Stable;
        let term = self.term;
        for member in &mut self.members {
            let assigned = assignments.iter().find(|(id, _)| *id == member.id);
            member.assignment = assigned.map_or(0, |(_, bits)| *bits);
            if let Some(parked) = member.sync.take() {
                member.begin_session(cx, term);
                out.push(parked.answer(Message::SyncGroupResponse(Ok(member.assignment))));
            }
        }
    }

    /// Members that did not ask for their assignment are out (`GroupMetadataManager.expirePendingSync`).
    pub(super) fn on_sync_timeout(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        let gone: Vec<MemberId> =
            self.members.iter().filter(|member| !member.synced).map(|member| member.id).collect();
        if gone.is_empty() || !matches!(self.state, State::CompletingRebalance | State::Stable) {
            return;
        }
        for id in gone {
            self.members.retain(|member| member.id != id);
            cx.record(Fact::MemberRemoved { consumer: id.consumer, expired: true });
        }
        self.prepare_rebalance(cx, out);
    }
}

//! The group coordinator, classic protocol: who belongs to the group, which generation stands, and the
//! offsets that it committed.
//!
//! It follows Kafka's `ClassicGroup` and the classic half of `GroupMetadataManager`, with one group. It knows
//! nothing of logs and replicas: what must be stored it hands to the broker as [`Output::Append`], and it
//! answers when [`GroupCoordinator::on_appended`] says that the high watermark has passed the batch (offsets
//! are written with `acks=all`, `CoordinatorPartitionWriter`).

mod member;

use super::super::batch::{Batch, Content, GroupMetadata};
use super::super::config::{Config, Mutant};
use super::super::cx::{self, Cx};
use super::super::fact::Fact;
use super::super::ids::{BatchId, ConnectionId, MessageId, Micros, Offset, Time, TopicPartition};
use super::super::message::{
    Envelope, Error, JoinGroup, Joined, MemberId, Membership, Message, OffsetCommit, SyncGroup,
};
use member::{Member, Parked};

/// What the coordinator wants of its broker.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    /// Answer a request, perhaps one that came long ago.
    Reply {
        /// The connection that it came by.
        connection: ConnectionId,
        /// The request.
        request: MessageId,
        /// The answer.
        body: Message,
    },
    /// Append to `__consumer_offsets` and say when it is replicated.
    Append {
        /// The batch.
        batch: BatchId,
        /// What `on_appended` is to be told.
        token: u64,
    },
}

/// Timers of the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupTimer {
    /// A member's session may have ended.
    Session {
        /// The member.
        member: MemberId,
        /// The coordinator's term in which it was set.
        term: u32,
    },
    /// The time to join is over.
    Join {
        /// The rebalance that it was set in.
        rebalance: u32,
    },
    /// The time to ask for an assignment is over.
    Sync {
        /// The rebalance that it was set in.
        rebalance: u32,
    },
    /// The look for offsets that are old enough to be forgotten.
    Expire {
        /// The coordinator's term in which it was set.
        term: u32,
    },
}

/// How far the group is (`ClassicGroupState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No member.
    Empty,
    /// Members are to join anew.
    PreparingRebalance,
    /// All have joined; the leader is to assign.
    CompletingRebalance,
    /// Everybody may have its assignment.
    Stable,
}

/// An append that is not answered yet.
#[derive(Clone, Debug)]
enum Pending {
    /// A member's commit.
    Offsets { offsets: [Option<Offset>; 3], parked: Parked },
    /// The leader's assignment of a generation.
    Assignment { generation: u32, assignments: Vec<(MemberId, u8)> },
    /// Tombstones for the offsets.
    Expiry,
    /// Nobody waits for it.
    Note,
}

/// The coordinator of the one group, on one broker.
#[derive(Clone, Debug)]
pub(crate) struct GroupCoordinator {
    active: bool,
    /// The group stands as when the run begins, and nothing of it is stored or timed yet.
    fresh: bool,
    /// Rises each time that this broker becomes the coordinator.
    term: u32,
    /// Rises with each rebalance.
    rebalance: u32,
    state: State,
    generation: u32,
    leader: Option<MemberId>,
    /// In order of joining.
    members: Vec<Member>,
    /// The first rebalance of an empty group: what is left of the time that it may be put off, and whether
    /// somebody has joined since the timer was set.
    initial: Option<(Micros, bool)>,
    /// Ids given so far, by number of the consumer.
    instances: [u16; 4],
    /// When it came to have no member.
    empty_since: Time,
    offsets: [Option<Offset>; 3],
    pending: Vec<(u64, Pending)>,
    tokens: u64,
}

impl GroupCoordinator {
    /// Not the coordinator.
    pub(crate) fn new() -> GroupCoordinator {
        GroupCoordinator {
            active: false,
            fresh: false,
            term: 0,
            rebalance: 0,
            state: State::Empty,
            generation: 0,
            leader: None,
            members: Vec::new(),
            initial: None,
            instances: [0; 4],
            empty_since: Time(0),
            offsets: [None; 3],
            pending: Vec::new(),
            tokens: 0,
        }
    }

    /// The coordinator when the run begins: members that start at once have joined, in generation 1.
    pub(crate) fn stable(config: &Config) -> GroupCoordinator {
        let mut this = GroupCoordinator { active: true, ..GroupCoordinator::new() };
        let Some(consumer) = &config.consumer else { return this };
        this.members = consumer
            .initial_assignment(config.topic.partitions)
            .map(|(id, partitions)| Member::loaded(config, id, partitions))
            .collect();
        this.members.iter().for_each(|member| this.instances[usize::from(member.id.consumer)] = 1);
        this.leader = this.members.first().map(|member| member.id);
        if !this.members.is_empty() {
            (this.state, this.generation, this.fresh) = (State::Stable, 1, true);
        }
        this
    }

    /// The broker of a [`GroupCoordinator::stable`] starts: the group is stored and its sessions begin.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        if !std::mem::take(&mut self.fresh) {
            return;
        }
        let members = self.members.iter().map(|member| (member.id, member.assignment)).collect();
        self.store_group(cx, members, Pending::Note, out);
        self.begin_sessions(cx);
    }

    /// This broker became leader of `__consumer_offsets`: the log is replayed, offsets and group. Members get
    /// a fresh session (`GroupMetadataManager.onLoaded`).
    ///
    /// What stands above the high watermark counts as committed from the start here.
    pub(crate) fn load<'a>(&mut self, cx: &mut Cx<'_>, batches: impl Iterator<Item = &'a Batch>) {
        *self = GroupCoordinator {
            active: true,
            term: self.term + 1,
            rebalance: self.rebalance + 1,
            tokens: self.tokens,
            ..GroupCoordinator::new()
        };
        for batch in batches {
            match batch.content {
                Content::Records { .. } => {}
                Content::Offsets { offsets } => self.adopt(offsets),
                Content::NoOffsets => self.offsets = [None; 3],
                Content::Group { place } => {
                    let group = cx.arena().group(place).clone();
                    self.adopt_group(cx.config(), &group);
                }
            }
        }
        self.begin_sessions(cx);
        self.begin_expiry(cx);
    }

    fn adopt_group(&mut self, config: &Config, group: &GroupMetadata) {
        (self.generation, self.empty_since) = (group.generation, group.at);
        self.members = group.members.iter().map(|(id, bits)| Member::loaded(config, *id, *bits)).collect();
        self.leader = group.leader;
        self.state = if self.members.is_empty() { State::Empty } else { State::Stable };
        for (id, _) in &group.members {
            let given = &mut self.instances[usize::from(id.consumer)];
            *given = (*given).max(id.instance + 1);
        }
    }

    fn begin_sessions(&mut self, cx: &mut Cx<'_>) {
        let term = self.term;
        self.members.iter_mut().for_each(|member| member.begin_session(cx, term));
    }

    /// This broker leads no more: whoever waits is told (`GroupMetadataManager.onUnloaded`).
    pub(crate) fn resign(&mut self, _cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        for member in &mut self.members {
            if let Some(parked) = member.join.take() {
                out.push(parked.answer(Message::JoinGroupResponse(Err(Error::NotCoordinator))));
            }
            if let Some(parked) = member.sync.take() {
                out.push(parked.answer(Message::SyncGroupResponse(Err(Error::NotCoordinator))));
            }
        }
        for (_, pending) in self.pending.drain(..) {
            if let Pending::Offsets { parked, .. } = pending {
                out.push(parked.answer(Message::OffsetCommitResponse(Err(Error::NotCoordinator))));
            }
        }
        *self = GroupCoordinator {
            term: self.term + 1,
            rebalance: self.rebalance + 1,
            tokens: self.tokens,
            ..GroupCoordinator::new()
        };
    }

    /// The generation of the group, as it knows it.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Committed offsets, by number of the partition.
    pub(crate) fn offsets(&self) -> [Option<Offset>; 3] {
        self.offsets
    }

    /// A request of a member.
    pub(crate) fn on_request(&mut self, cx: &mut Cx<'_>, envelope: &Envelope, out: &mut Vec<Output>) {
        if !self.active {
            if let Some(body) = refusal(&envelope.body, Error::NotCoordinator) {
                out.push(Parked::of(envelope).answer(body));
            }
            return;
        }
        self.start(cx, out);
        match &envelope.body {
            Message::JoinGroupRequest(join) => self.on_join(cx, envelope, *join, out),
            Message::SyncGroupRequest(sync) => self.on_sync(cx, envelope, sync, out),
            Message::HeartbeatRequest(who) => {
                let body = Message::HeartbeatResponse(self.on_heartbeat(cx, *who));
                out.push(Parked::of(envelope).answer(body));
            }
            Message::LeaveGroupRequest(who) => {
                out.push(Parked::of(envelope).answer(Message::LeaveGroupResponse));
                self.remove(cx, who.member, false, out);
            }
            Message::OffsetCommitRequest(commit) => self.on_commit(cx, envelope, *commit, out),
            Message::OffsetFetchRequest => {
                let body = Message::OffsetFetchResponse(Ok(self.offsets));
                out.push(Parked::of(envelope).answer(body));
            }
            _ => {}
        }
    }

    // Joining.

    /// `GroupMetadataManager.classicGroupJoinToClassicGroup`, without the round that only hands out an id
    /// (`MEMBER_ID_REQUIRED`, KIP-394).
    fn on_join(&mut self, cx: &mut Cx<'_>, envelope: &Envelope, join: JoinGroup, out: &mut Vec<Output>) {
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
    fn prepare_rebalance(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
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

    fn maybe_complete_join(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        if self.initial.is_none() && self.members.iter().all(|member| member.join.is_some()) {
            self.complete_join(cx, out);
        }
    }

    /// The time to join is over. A first rebalance is put off as long as members keep coming
    /// (`GroupMetadataManager.tryCompleteInitialRebalanceElseSchedule`).
    fn on_join_timeout(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
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
    fn on_sync(&mut self, cx: &mut Cx<'_>, envelope: &Envelope, sync: &SyncGroup, out: &mut Vec<Output>) {
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

    fn store_group(
        &mut self,
        cx: &mut Cx<'_>,
        members: Vec<(MemberId, u8)>,
        pending: Pending,
        out: &mut Vec<Output>,
    ) {
        let (generation, leader, at) = (self.generation, self.leader, cx.now());
        let group = GroupMetadata { generation, leader, members, at };
        let batch = cx.arena().add_group(group);
        self.append(batch, pending, out);
    }

    fn append(&mut self, batch: BatchId, pending: Pending, out: &mut Vec<Output>) {
        self.tokens += 1;
        self.pending.push((self.tokens, pending));
        out.push(Output::Append { batch, token: self.tokens });
    }

    /// The leader's assignment is stored, or could not be.
    fn on_assigned(
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
    fn on_sync_timeout(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
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

    // Being there.

    /// `GroupMetadataManager.validateClassicGroupHeartbeat` and its like: a member of this generation.
    fn validate(&self, who: Membership) -> Result<usize, Error> {
        let place = self.place(who.member).ok_or(Error::UnknownMemberId)?;
        if who.generation == self.generation { Ok(place) } else { Err(Error::IllegalGeneration) }
    }

    fn place(&self, id: MemberId) -> Option<usize> {
        self.members.iter().position(|member| member.id == id)
    }

    /// `GroupMetadataManager.classicGroupHeartbeatToClassicGroup`
    fn on_heartbeat(&mut self, cx: &mut Cx<'_>, who: Membership) -> Result<(), Error> {
        let place = self.validate(who)?;
        match self.state {
            State::Empty => return Err(Error::UnknownMemberId),
            State::PreparingRebalance => {
                self.members[place].begin_session(cx, self.term);
                return Err(Error::RebalanceInProgress);
            }
            State::CompletingRebalance | State::Stable => self.members[place].begin_session(cx, self.term),
        }
        Ok(())
    }

    /// `GroupMetadataManager.removeMemberAndUpdateClassicGroup`
    fn remove(&mut self, cx: &mut Cx<'_>, id: MemberId, expired: bool, out: &mut Vec<Output>) {
        let Some(place) = self.place(id) else { return };
        let member = self.members.remove(place);
        cx.record(Fact::MemberRemoved { consumer: id.consumer, expired });
        cx.note_change();
        if let Some(parked) = member.join {
            out.push(parked.answer(Message::JoinGroupResponse(Err(Error::UnknownMemberId))));
        }
        if let Some(parked) = member.sync {
            out.push(parked.answer(Message::SyncGroupResponse(Err(Error::UnknownMemberId))));
        }
        if self.leader == Some(id) {
            self.leader = self.members.first().map(|member| member.id);
        }
        match self.state {
            State::Empty => {}
            State::PreparingRebalance => self.maybe_complete_join(cx, out),
            State::CompletingRebalance | State::Stable => self.prepare_rebalance(cx, out),
        }
    }

    /// A member's session may have ended. One that waits for an answer is not expected to say anything
    /// (`ClassicGroupMember.hasSatisfiedHeartbeat`).
    fn on_session_timer(&mut self, cx: &mut Cx<'_>, id: MemberId, out: &mut Vec<Output>) {
        let Some(place) = self.place(id) else { return };
        let (now, term) = (cx.now(), self.term);
        let member = &mut self.members[place];
        if member.timer_at.is_some_and(|at| at > now) {
            // The timer that counts is still to come.
            return;
        }
        member.timer_at = None;
        if member.deadline > now {
            member.set_timer(cx, term);
        } else if member.new || member.join.is_none() && member.sync.is_none() {
            self.remove(cx, id, true, out);
        }
    }

    // Offsets.

    /// `OffsetMetadataManager.commitOffset`, checks of `ClassicGroup.validateOffsetCommit`. Nothing compares
    /// the offset with the one before: a commit can go backwards.
    fn on_commit(
        &mut self,
        cx: &mut Cx<'_>,
        envelope: &Envelope,
        commit: OffsetCommit,
        out: &mut Vec<Output>,
    ) {
        let parked = Parked::of(envelope);
        let any = cx.mutant(Mutant::AnyGenerationCommits) && !self.members.is_empty();
        let checked = if any { Ok(0) } else { self.validate(commit.membership) };
        let checked = checked.and_then(|place| match self.state {
            _ if any => Ok(place),
            State::CompletingRebalance => Err(Error::RebalanceInProgress),
            _ => Ok(place),
        });
        match checked {
            Ok(place) => {
                // A commit keeps the session alive as a heartbeat does.
                self.members[place].begin_session(cx, self.term);
                let batch = cx.arena().add_offsets(commit.offsets);
                self.append(batch, Pending::Offsets { offsets: commit.offsets, parked }, out);
            }
            Err(error) => out.push(parked.answer(Message::OffsetCommitResponse(Err(error)))),
        }
    }

    /// The high watermark has passed what was appended, or it could not be appended or replicated in time.
    pub(crate) fn on_appended(
        &mut self,
        cx: &mut Cx<'_>,
        token: u64,
        result: Result<(), Error>,
        out: &mut Vec<Output>,
    ) {
        let Some(place) = self.pending.iter().position(|(of, _)| *of == token) else { return };
        let answer = result.map_err(as_coordinator);
        match self.pending.remove(place).1 {
            Pending::Note => {}
            Pending::Expiry => {
                if matches!(result, Ok(()) | Err(Error::RequestTimedOut)) {
                    self.offsets = [None; 3];
                    cx.record(Fact::OffsetsExpired);
                    cx.note_change();
                }
            }
            Pending::Assignment { generation, assignments } => {
                self.on_assigned(cx, generation, &assignments, answer, out);
            }
            Pending::Offsets { offsets, parked } => {
                // Late is not never: what is in the log stays there, and becomes the committed offset.
                if matches!(result, Ok(()) | Err(Error::RequestTimedOut)) {
                    self.adopt(offsets);
                    for (partition, offset) in (0..).zip(offsets).filter_map(|(p, o)| Some((p, o?))) {
                        let partition = TopicPartition::events(partition);
                        cx.record(Fact::OffsetStored { partition, offset });
                    }
                }
                out.push(parked.answer(Message::OffsetCommitResponse(answer)));
            }
        }
    }

    // Offsets that grow old.

    /// The looks for old offsets begin, where any can become old before the run ends.
    pub(crate) fn begin_expiry(&self, cx: &mut Cx<'_>) {
        let cluster = &cx.config().cluster;
        if cluster.offsets_retention < cx.config().stop_after {
            self.set_timer(cx, cluster.offsets_retention_check, GroupTimer::Expire { term: self.term });
        }
    }

    /// Offsets of a group that has had no member for so long are forgotten; those of a group with members are not
    /// (`OffsetMetadataManager.cleanupExpiredOffsets`, `ClassicGroup.offsetExpirationCondition`; KIP-211).
    fn expire_offsets(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        self.begin_expiry(cx);
        let old = cx.now().since(self.empty_since) >= cx.config().cluster.offsets_retention;
        let count = self.offsets.iter().flatten().count() as u32;
        let waits = self.pending.iter().any(|(_, pending)| matches!(pending, Pending::Expiry));
        if self.state == State::Empty && old && count > 0 && !waits {
            let batch = cx.arena().add_no_offsets(count);
            self.append(batch, Pending::Expiry, out);
        }
    }

    fn adopt(&mut self, offsets: [Option<Offset>; 3]) {
        for (mine, new) in self.offsets.iter_mut().zip(offsets) {
            *mine = new.or(*mine);
        }
    }

    // Timers.

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: GroupTimer, out: &mut Vec<Output>) {
        match timer {
            GroupTimer::Session { member, term } => {
                if term == self.term {
                    self.on_session_timer(cx, member, out);
                }
            }
            GroupTimer::Join { rebalance } => {
                if rebalance == self.rebalance && self.state == State::PreparingRebalance {
                    self.on_join_timeout(cx, out);
                }
            }
            GroupTimer::Expire { term } => {
                if term == self.term && self.active {
                    self.expire_offsets(cx, out);
                }
            }
            GroupTimer::Sync { rebalance } => {
                if rebalance == self.rebalance {
                    self.on_sync_timeout(cx, out);
                }
            }
        }
    }

    fn set_timer(&self, cx: &mut Cx<'_>, after: Micros, timer: GroupTimer) {
        cx.set_timer(after, cx::Timer::Broker(super::Timer::Group(timer)));
    }
}

/// What a failed append comes to for a member (`CoordinatorOperationExceptionHelper.handleOperationException`).
fn as_coordinator(error: Error) -> Error {
    match error {
        Error::UnknownTopicOrPartition | Error::NotEnoughReplicas | Error::RequestTimedOut => {
            Error::CoordinatorNotAvailable
        }
        Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
        Error::MessageTooLarge => Error::UnknownServerError,
        other => other,
    }
}

/// The answer that refuses a group request; none for any other message.
pub(crate) fn refusal(request: &Message, error: Error) -> Option<Message> {
    Some(match request {
        Message::JoinGroupRequest(_) => Message::JoinGroupResponse(Err(error)),
        Message::SyncGroupRequest(_) => Message::SyncGroupResponse(Err(error)),
        Message::HeartbeatRequest(_) => Message::HeartbeatResponse(Err(error)),
        Message::LeaveGroupRequest(_) => Message::LeaveGroupResponse,
        Message::OffsetCommitRequest(_) => Message::OffsetCommitResponse(Err(error)),
        Message::OffsetFetchRequest => Message::OffsetFetchResponse(Err(error)),
        _ => return None,
    })
}

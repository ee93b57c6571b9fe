//! The group coordinator, classic protocol: who belongs to the group, which generation stands, and the
//! offsets that it committed. Here is what it keeps and who reaches it; how a generation comes about and what
//! becomes of offsets stands beside it.
//!
//! It follows Kafka's `ClassicGroup` and the classic half of `GroupMetadataManager`, with one group. It knows
//! nothing of logs and replicas: what must be stored it hands to the broker as [`Output::Append`], and it
//! answers when [`GroupCoordinator::on_appended`] says that the high watermark has passed the batch (offsets
//! are written with `acks=all`, `CoordinatorPartitionWriter`).

mod member;
mod offsets;
mod rebalance;

use super::super::batch::{Batch, Content, GroupMetadata};
use super::super::config::Config;
use super::super::cx::{self, Cx};
use super::super::fact::Fact;
use super::super::ids::{BatchId, ConnectionId, MessageId, Micros, Offset, Time};
use super::super::message::{Envelope, Error, MemberId, Membership, Message};
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
        this.members = config
            .initial_assignment()
            .into_iter()
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
        // Looked at before anybody asks whose group it is (`GroupCoordinatorService.joinGroup`).
        if let Message::JoinGroupRequest(join) = &envelope.body
            && !cx.config().cluster.takes_session(join.session_timeout)
        {
            let body = Message::JoinGroupResponse(Err(Error::InvalidSessionTimeout));
            out.push(Parked::of(envelope).answer(body));
            return;
        }
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

    // What is stored.

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
            Pending::Expiry => self.on_expired(cx, result),
            Pending::Assignment { generation, assignments } => {
                self.on_assigned(cx, generation, &assignments, answer, out);
            }
            Pending::Offsets { offsets, parked } => {
                self.on_stored(cx, offsets, result);
                out.push(parked.answer(Message::OffsetCommitResponse(answer)));
            }
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

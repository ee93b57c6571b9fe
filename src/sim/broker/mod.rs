//! A broker: its replicas, their logs, and what it believes of the cluster.
//!
//! It must not know what the controller or another broker holds: all that it acts on has reached it in a
//! message. Sources: `KafkaApis`, `ReplicaManager`, `Partition`, `BrokerLifecycleManager`.

mod fetch;
mod fetcher;
mod group;
mod isr;
mod lifecycle;
mod log;
mod metadata;
mod produce;
mod replica;
mod retention;
#[cfg(test)]
mod tests;
mod truncation;

use super::batch::Registration;
use super::config::Config;
use super::cx::{self, Cx};
use super::fact::{CloseReason, Fact};
use super::ids::{
    BrokerEpoch, BrokerId, ConnectionId, MessageId, Micros, NodeId, Offset, PerPartition, ProducerIdAndEpoch,
    TopicPartition, ms,
};
use super::message::{Channel, ClusterView, Envelope, Error, ListOffset, Message};
use super::view::{ReplicaView, RoleView};
use fetch::Parked;
use fetcher::Fetcher;
use group::{GroupCoordinator, GroupTimer, Output};
use isr::IsrChanges;
use lifecycle::Lifecycle;
use metadata::Image;
use produce::Produce;
use replica::{Replica, Role};
use std::collections::VecDeque;

/// Timers of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The next request of a connection is taken up.
    NextRequest(ConnectionId),
    /// The next batch of a produce request is appended.
    Append(MessageId),
    /// All batches of a produce request are appended.
    Appended(MessageId),
    /// `acks=all` has waited long enough.
    ProduceTimeout(MessageId),
    /// A fetch has waited long enough.
    FetchTimeout(MessageId),
    /// A flush to this offset is done.
    Flushed(TopicPartition, Offset),
    /// The flush scheduler comes by.
    FlushScheduler,
    /// The look for segments that are old enough to be deleted.
    Retention,
    /// High watermarks are written to their checkpoint.
    Checkpoint,
    /// The look for producers that have expired.
    ProducerExpiry,
    /// The follower's fetcher to a leader goes on.
    Fetch(BrokerId),
    /// A follower's fetch is given up.
    FetchGivenUp(BrokerId, MessageId),
    /// What a follower fetched is written, if the disk is slow.
    Fetched(BrokerId),
    /// The look for followers that fell behind.
    IsrExpiration,
    /// AlterPartition is sent.
    AlterPartition,
    /// A request to the controller is given up.
    ControllerTimeout(Channel, MessageId),
    /// A connection to the controller is tried again.
    ControllerConnect(Channel),
    /// The process is up and registers.
    Register,
    /// The next heartbeat.
    Heartbeat,
    /// An orderly shutdown has waited long enough for the controller.
    ShutdownTimeout,
    /// The group coordinator's.
    Group(GroupTimer),
}

impl From<Timer> for cx::Timer {
    fn from(timer: Timer) -> cx::Timer {
        cx::Timer::Broker(timer)
    }
}

/// One flush of a log, on a disk that is well.
const FLUSH_TIME: Micros = ms(2);

/// A connection that a broker was called on. One request is handled at a time: the channel is muted from its
/// receipt to its answer (`SocketServer.processCompletedReceives`, `processCompletedSends`).
#[derive(Clone, Debug)]
struct Inbound {
    connection: ConnectionId,
    busy: Option<MessageId>,
    queue: VecDeque<Box<Envelope>>,
}

impl Inbound {
    /// The request in hand is done.
    fn unmute(&mut self, cx: &mut Cx<'_>) {
        self.busy = None;
        if !self.queue.is_empty() {
            cx.set_timer(0, Timer::NextRequest(self.connection).into());
        }
    }
}

/// A broker.
#[derive(Clone, Debug)]
pub(crate) struct Broker {
    id: BrokerId,
    replicas: PerPartition<Replica>,
    inbound: Vec<Inbound>,
    produces: Vec<Produce>,
    parked: Vec<Parked>,
    fetchers: Vec<Fetcher>,
    isr_changes: IsrChanges,
    lifecycle: Lifecycle,
    image: Image,
    group: GroupCoordinator,
    /// It coordinates a group that had joined when the run began, and has not started yet.
    group_stands: bool,
    /// Producer ids handed out; the controller hands out blocks, so none is used twice.
    producer_ids: u32,
    disk_failed: bool,
    disk_delay: Micros,
}

impl Broker {
    /// A broker as it stands when the run begins: registered, its replicas created, empty, in sync.
    pub(crate) fn new(config: &Config, id: BrokerId) -> Broker {
        let mut replicas = PerPartition::default();
        for partition in config.partitions().filter(|partition| config.replica_set(*partition).contains(id)) {
            replicas.insert(partition, Replica::new(partition, config.replica_set(partition)));
        }
        let leads_group =
            config.consumer.is_some() && config.replicas(TopicPartition::OFFSETS).next() == Some(id);
        Broker {
            id,
            replicas,
            inbound: Vec::new(),
            produces: Vec::new(),
            parked: Vec::new(),
            fetchers: Vec::new(),
            isr_changes: IsrChanges::default(),
            lifecycle: Lifecycle::new(id),
            image: Image::new(),
            group: if leads_group { GroupCoordinator::stable(config) } else { GroupCoordinator::new() },
            group_stands: leads_group,
            producer_ids: 0,
            disk_failed: false,
            disk_delay: 0,
        }
    }

    /// A process of this node starts; `first` = it is as it stands when the run begins.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, first: bool) {
        if self.disk_failed {
            // No log directory can be read: Kafka gives up at once (`LogManager.createAndValidateLogDirs`).
            cx.exit();
            return;
        }
        let config = cx.config().clone();
        cx.set_timer(config.cluster.high_watermark_checkpoint_interval, Timer::Checkpoint.into());
        cx.set_timer(config.cluster.producer_id_expiration_check_interval, Timer::ProducerExpiry.into());
        if let Some(interval) = config.cluster.flush_scheduler_interval {
            cx.set_timer(interval, Timer::FlushScheduler.into());
        }
        self.begin_retention(cx);
        cx.set_timer(config.cluster.replica_lag_time_max / 2, Timer::IsrExpiration.into());
        self.start_lifecycle(cx, first);
    }

    /// A message arrived.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        if envelope.in_reply_to.is_some() {
            self.on_response(cx, envelope);
            return;
        }
        let connection = envelope.connection;
        let inbound = match self.inbound.iter_mut().position(|inbound| inbound.connection == connection) {
            Some(place) => &mut self.inbound[place],
            None => {
                self.inbound.push(Inbound { connection, busy: None, queue: VecDeque::new() });
                self.inbound.last_mut().expect("just pushed")
            }
        };
        if inbound.busy.is_some() || !inbound.queue.is_empty() {
            inbound.queue.push_back(envelope);
            return;
        }
        inbound.busy = Some(envelope.id);
        self.handle(cx, envelope);
    }

    /// A connection that this node asked for is open.
    pub(crate) fn on_connected(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) {
        if let Some(place) = self.fetchers.iter().position(|fetcher| fetcher.connection == Some(connection)) {
            let leader = self.fetchers[place].leader;
            self.fetcher_connected(cx, leader);
        } else {
            self.controller_connected(cx, connection);
        }
    }

    /// A connection was closed by the other end, by a fault, or could not be opened.
    pub(crate) fn on_closed(&mut self, cx: &mut Cx<'_>, connection: ConnectionId, _why: CloseReason) {
        if let Some(place) = self.fetchers.iter().position(|fetcher| fetcher.connection == Some(connection)) {
            let leader = self.fetchers[place].leader;
            self.fetcher_failed(cx, leader);
        } else if self.controller_closed(cx, connection) {
            // Its lifecycle goes on by itself.
        } else {
            self.inbound.retain(|inbound| inbound.connection != connection);
            let (mut gone, kept): (Vec<Parked>, Vec<Parked>) =
                std::mem::take(&mut self.parked).into_iter().partition(|p| p.connection == connection);
            self.parked = kept;
            gone.iter_mut().for_each(|parked| cx.cancel(&mut parked.time_out));
        }
    }

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::NextRequest(connection) => self.next_request(cx, connection),
            Timer::Append(request) => self.append_next(cx, request),
            Timer::Appended(request) => self.appended(cx, request),
            Timer::ProduceTimeout(request) => self.produce_timed_out(cx, request),
            Timer::FetchTimeout(request) => self.fetch_timed_out(cx, request),
            Timer::Flushed(partition, to) => self.flushed(cx, partition, to),
            Timer::FlushScheduler => self.flush_old(cx),
            Timer::Retention => self.delete_old_segments(cx),
            Timer::Checkpoint => {
                self.checkpoint();
                let interval = cx.config().cluster.high_watermark_checkpoint_interval;
                cx.set_timer(interval, Timer::Checkpoint.into());
            }
            Timer::ProducerExpiry => {
                self.forget_producers(cx);
                let interval = cx.config().cluster.producer_id_expiration_check_interval;
                cx.set_timer(interval, Timer::ProducerExpiry.into());
            }
            Timer::Fetch(leader) => self.fetch_from(cx, leader),
            Timer::FetchGivenUp(leader, request) => self.fetch_given_up(cx, leader, request),
            Timer::Fetched(leader) => self.write_unwritten(cx, leader),
            Timer::IsrExpiration => self.shrink_isrs(cx),
            Timer::AlterPartition => self.send_alter_partition(cx),
            Timer::ControllerTimeout(channel, request) => self.controller_timed_out(cx, channel, request),
            Timer::ControllerConnect(channel) => self.connect_controller(cx, channel),
            Timer::Register => self.register(cx),
            Timer::Heartbeat => self.heartbeat(cx),
            Timer::ShutdownTimeout => self.shut_down(cx),
            Timer::Group(timer) => {
                let mut out = Vec::new();
                self.group.on_timer(cx, timer, &mut out);
                self.carry_out(cx, out);
            }
        }
    }

    /// The process is gone, and with it what it held in memory; `power`: what was not flushed as well.
    pub(crate) fn on_death(&mut self, cx: &mut Cx<'_>, power: bool) {
        self.inbound.clear();
        self.produces.clear();
        self.parked.clear();
        self.fetchers.clear();
        self.isr_changes = IsrChanges::default();
        self.image = Image::new();
        self.group = GroupCoordinator::new();
        self.group_stands = false;
        self.lifecycle.on_death();
        for (partition, replica) in self.replicas.iter_mut() {
            replica.role = Role::Follower { leader: None };
            if power {
                let from = replica.log.lose_power(&cx.kernel.arena);
                let to = replica.log.end();
                if to < from {
                    cx.record(Fact::UnflushedLost { partition, from, to });
                }
            }
        }
    }

    /// An orderly shutdown begins; `cx.exit()` ends it.
    pub(crate) fn on_stop(&mut self, cx: &mut Cx<'_>) {
        self.begin_shutdown(cx);
    }

    // Requests.

    fn next_request(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) {
        let Some(inbound) = self.inbound.iter_mut().find(|inbound| inbound.connection == connection) else {
            return;
        };
        if inbound.busy.is_some() {
            return;
        }
        if let Some(envelope) = inbound.queue.pop_front() {
            inbound.busy = Some(envelope.id);
            self.handle(cx, envelope);
        }
    }

    /// The connection over which a request came that is being handled.
    fn busy_with(&mut self, connection: ConnectionId, request: MessageId) -> Option<&mut Inbound> {
        let inbound = self.inbound.iter_mut().find(|inbound| inbound.connection == connection)?;
        (inbound.busy == Some(request)).then_some(inbound)
    }

    /// Answers a request and takes up the next of its connection.
    fn respond(&mut self, cx: &mut Cx<'_>, connection: ConnectionId, request: MessageId, body: Message) {
        if let Some(inbound) = self.busy_with(connection, request) {
            cx.reply(connection, request, body);
            inbound.unmute(cx);
        }
    }

    /// Takes up the next request of a connection whose last one needs no answer.
    fn unmute(&mut self, cx: &mut Cx<'_>, connection: ConnectionId, request: MessageId) {
        if let Some(inbound) = self.busy_with(connection, request) {
            inbound.unmute(cx);
        }
    }

    fn handle(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        let (connection, request) = (envelope.connection, envelope.id);
        let answer = match &envelope.body {
            Message::ProduceRequest(_) => return self.on_produce(cx, envelope),
            Message::FetchRequest(_) => return self.on_fetch(cx, envelope),
            Message::MetadataRequest => Message::MetadataResponse(self.cluster_view()),
            Message::InitProducerIdRequest => {
                self.producer_ids += 1;
                let id = u32::from(self.id.0) * 1_000_000 + self.producer_ids;
                Message::InitProducerIdResponse(ProducerIdAndEpoch { id, epoch: 0 })
            }
            Message::ListOffsetsRequest(wanted) => {
                let offsets = wanted.iter().map(|(tp, which)| (tp, self.list_offset(tp, *which))).collect();
                Message::ListOffsetsResponse(offsets)
            }
            Message::OffsetForLeaderEpochRequest(asked) => {
                let ends =
                    asked.iter().map(|(tp, question)| (tp, self.epoch_end(cx, tp, *question))).collect();
                Message::OffsetForLeaderEpochResponse(ends)
            }
            Message::FindCoordinatorRequest => {
                let leader = self.image.leader(TopicPartition::OFFSETS);
                Message::FindCoordinatorResponse(leader.ok_or(Error::CoordinatorNotAvailable))
            }
            body => match not_coordinator(body) {
                Some(refusal) if !self.coordinates() => refusal,
                Some(_) => {
                    let mut out = Vec::new();
                    self.group.on_request(cx, &envelope, &mut out);
                    return self.carry_out(cx, out);
                }
                None => unreachable!("{} is not for a broker", body.kind()),
            },
        };
        self.respond(cx, connection, request, answer);
    }

    fn coordinates(&self) -> bool {
        self.replicas.get(TopicPartition::OFFSETS).is_some_and(|replica| replica.leadership().is_some())
    }

    /// Carries out what the group coordinator decided.
    fn carry_out(&mut self, cx: &mut Cx<'_>, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Reply { connection, request, body } => self.respond(cx, connection, request, body),
                Output::Append { batch, token } => self.append_for_group(cx, batch, token),
            }
        }
    }

    fn cluster_view(&self) -> ClusterView {
        ClusterView { brokers: self.image.alive(), leaders: self.image.leaders() }
    }

    /// First offset or high watermark; after an election the latter is not known until it has reached the
    /// start of the leader's epoch (`Partition.fetchOffsetForTimestamp`; KIP-207).
    fn list_offset(&self, partition: TopicPartition, which: ListOffset) -> Result<Offset, Error> {
        let replica = self.replicas.get(partition).ok_or(Error::NotLeaderOrFollower)?;
        let leadership = replica.leadership().ok_or(Error::NotLeaderOrFollower)?;
        match which {
            ListOffset::Earliest => Ok(replica.log.start()),
            ListOffset::Latest if replica.log.high_watermark() < leadership.epoch_start => {
                Err(Error::OffsetNotAvailable)
            }
            ListOffset::Latest => Ok(replica.log.high_watermark()),
        }
    }

    /// The periodic look for producers that have expired (`UnifiedLog.producerExpireCheck`).
    fn forget_producers(&mut self, cx: &mut Cx<'_>) {
        if !self.lifecycle.loaded() {
            return;
        }
        let (now, after) = (cx.now(), cx.config().cluster.producer_id_expiration);
        for (partition, replica) in self.replicas.iter_mut() {
            for id in replica.log.forget_producers(now, after) {
                cx.record(Fact::ProducerForgotten { partition, id });
            }
        }
    }

    fn checkpoint(&mut self) {
        if !self.lifecycle.loaded() {
            return;
        }
        for (_, replica) in self.replicas.iter_mut() {
            replica.log.checkpoint_high_watermark();
        }
    }

    // To be seen.

    /// Whether its listeners accept connections: from when it is registered and knows the metadata.
    pub(crate) fn listening(&self) -> bool {
        self.lifecycle.serves()
    }

    /// It has been started and is not yet unfenced.
    pub(crate) fn starting(&self) -> bool {
        self.lifecycle.starting()
    }

    /// Whether the disk is failing; a process on it ends at once (`LogDirFailureChannel`).
    pub(crate) fn set_disk_failed(&mut self, failed: bool) {
        self.disk_failed = failed;
    }

    /// How much longer an append or a flush takes.
    pub(crate) fn set_disk_delay(&mut self, by: Micros) {
        self.disk_delay = by;
    }

    /// Its epoch as it knows it.
    pub(crate) fn epoch(&self) -> BrokerEpoch {
        self.lifecycle.epoch()
    }

    /// A replica, to be seen.
    pub(crate) fn replica(&self, partition: TopicPartition) -> Option<ReplicaView<'_>> {
        let replica = self.replicas.get(partition)?;
        let role = match &replica.role {
            Role::Leader(leadership) => RoleView::Leader { isr: leadership.isr, pending: leadership.pending },
            Role::Follower { leader } => RoleView::Follower { leader: *leader },
        };
        let log = &replica.log;
        Some(ReplicaView {
            partition,
            role,
            leader_epoch: replica.leader_epoch,
            log: log.entries(),
            log_start: log.start(),
            log_end: log.end(),
            high_watermark: log.high_watermark(),
            flushed: log.flushed(),
            epochs: log.epochs(),
        })
    }

    /// How far it has read the metadata log, and what it knows of a partition from that.
    pub(crate) fn metadata(&self, partition: TopicPartition) -> (u32, Option<&Registration>) {
        (self.image.offset, self.image.registration(partition))
    }

    /// As group coordinator: the generation of the group.
    pub(crate) fn generation(&self) -> u32 {
        self.group.generation()
    }

    /// As group coordinator: offsets in its log, by number of the partition.
    pub(crate) fn committed_offsets(&self) -> [Option<Offset>; 3] {
        self.group.offsets()
    }
}

/// For a request to a group coordinator: what a broker answers that is none.
fn not_coordinator(body: &Message) -> Option<Message> {
    let error = Error::NotCoordinator;
    Some(match body {
        Message::JoinGroupRequest(_) => Message::JoinGroupResponse(Err(error)),
        Message::SyncGroupRequest(_) => Message::SyncGroupResponse(Err(error)),
        Message::HeartbeatRequest(_) => Message::HeartbeatResponse(Err(error)),
        Message::LeaveGroupRequest(_) => Message::LeaveGroupResponse,
        Message::OffsetCommitRequest(_) => Message::OffsetCommitResponse(Err(error)),
        Message::OffsetFetchRequest => Message::OffsetFetchResponse(Err(error)),
        _ => return None,
    })
}

/// The controller, as the other end of a connection.
const CONTROLLER: NodeId = NodeId::Controller;

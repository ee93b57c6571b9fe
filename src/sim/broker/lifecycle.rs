//! The life of a broker's process: registration, heartbeats, the metadata log, orderly shutdown
//! (`BrokerLifecycleManager`, `NodeToControllerChannelManager`, `KafkaRaftClient` as observer; KIP-631).

use super::{Broker, CONTROLLER, Timer};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact};
use crate::sim::ids::{BrokerEpoch, BrokerId, ConnectionId, MessageId, Micros, ms};
use crate::sim::message::{BrokerHeartbeat, BrokerState, Channel, Envelope, Error, Message, RegisterBroker};
use crate::sim::queue::Ticket;

/// Before a connection to the controller is tried again.
const RECONNECT: Micros = ms(50);
/// A fetch of the metadata log is given up after `controller.quorum.request.timeout.ms`.
const METADATA_TIMEOUT: Micros = ms(2_000);
/// `socket.connection.setup.timeout.ms`
const SETUP_TIMEOUT: Micros = ms(10_000);
/// An orderly shutdown waits so long for the controller.
const SHUTDOWN_TIMEOUT: Micros = ms(300_000);
/// First wait after a refused registration or heartbeat; it doubles up to a session
/// (`BrokerLifecycleManager.resendExponentialBackoff`).
const REFUSED_RETRY: Micros = ms(100);
/// An orderly shutdown asks again so soon, once; then at the heartbeats' pace (`gotControlledShutdownResponse`).
const SHUTDOWN_RETRY: Micros = ms(50);

/// One of a broker's connections to the controller.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToController {
    connection: Option<ConnectionId>,
    connected: bool,
    in_flight: Option<MessageId>,
    /// When that is given up.
    given_up: Option<Ticket>,
}

/// The channel that AlterPartition goes by.
impl ToController {
    /// The connection, if a request may be sent now.
    pub(crate) fn ready(&self) -> Option<ConnectionId> {
        self.connection.filter(|_| self.connected && self.in_flight.is_none())
    }

    /// An AlterPartition request was sent.
    pub(crate) fn sent(&mut self, cx: &mut Cx<'_>, message: MessageId, timeout: Micros) {
        self.sent_on(cx, Channel::AlterPartition, message, timeout);
    }

    fn sent_on(&mut self, cx: &mut Cx<'_>, channel: Channel, message: MessageId, timeout: Micros) {
        self.in_flight = Some(message);
        self.given_up = Some(cx.set_timer(timeout, Timer::ControllerTimeout(channel, message).into()));
    }
}

/// How far a process has come (`BrokerState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// There is no process, or it does not register yet.
    NotRunning,
    /// It asks to be registered.
    Registering,
    /// It is registered and reads the metadata log up to there.
    CatchingUp,
    /// It knows the metadata and asks to be unfenced.
    Recovering,
    /// It is unfenced.
    Running,
    /// It asks to be let go.
    ShuttingDown,
}

/// The life of a broker's process.
#[derive(Clone, Debug)]
pub(crate) struct Lifecycle {
    phase: Phase,
    incarnation: u16,
    epoch: BrokerEpoch,
    /// The broker epoch in the clean-shutdown file, which lies on the disk.
    clean_shutdown_file: Option<BrokerEpoch>,
    refusals: u32,
    /// The controller has answered that this process may not stop yet.
    held_back: bool,
    heartbeat: ToController,
    /// Where AlterPartition goes.
    pub(crate) alter_partition: ToController,
    metadata: ToController,
    /// When the next heartbeat is due: one moment at a time.
    next_beat: Option<Ticket>,
    /// Logs were loaded by this process.
    loaded: bool,
}

impl Lifecycle {
    /// As it stands when the run begins: registered and unfenced.
    pub(crate) fn new(id: BrokerId) -> Lifecycle {
        Lifecycle {
            phase: Phase::NotRunning,
            incarnation: 0,
            epoch: u32::from(id.0),
            clean_shutdown_file: None,
            refusals: 0,
            held_back: false,
            heartbeat: ToController::default(),
            alter_partition: ToController::default(),
            metadata: ToController::default(),
            next_beat: None,
            loaded: false,
        }
    }

    pub(crate) fn on_death(&mut self) {
        self.phase = Phase::NotRunning;
        self.heartbeat = ToController::default();
        self.alter_partition = ToController::default();
        self.metadata = ToController::default();
        self.next_beat = None;
        (self.refusals, self.held_back) = (0, false);
    }

    /// How long it waits after a refusal.
    fn refused(&mut self, session: Micros) -> Micros {
        let wait = (REFUSED_RETRY << self.refusals.min(16)).min(session);
        self.refusals += 1;
        wait
    }

    pub(crate) fn serves(&self) -> bool {
        matches!(self.phase, Phase::Recovering | Phase::Running | Phase::ShuttingDown)
    }

    pub(crate) fn starting(&self) -> bool {
        matches!(self.phase, Phase::NotRunning | Phase::Registering | Phase::CatchingUp | Phase::Recovering)
    }

    pub(crate) fn epoch(&self) -> BrokerEpoch {
        self.epoch
    }

    /// Whether this process has opened its logs.
    pub(crate) fn loaded(&self) -> bool {
        self.loaded
    }

    fn channel_mut(&mut self, channel: Channel) -> &mut ToController {
        match channel {
            Channel::Heartbeat => &mut self.heartbeat,
            Channel::AlterPartition => &mut self.alter_partition,
            _ => &mut self.metadata,
        }
    }
}

impl Broker {
    pub(super) fn start_lifecycle(&mut self, cx: &mut Cx<'_>, first: bool) {
        self.lifecycle.incarnation = cx.incarnation;
        if first {
            self.lifecycle.phase = Phase::Running;
            self.lifecycle.loaded = true;
            let end = cx.kernel.arena.metadata.len() as u32;
            self.apply_metadata(cx, end);
            for channel in [Channel::Heartbeat, Channel::AlterPartition, Channel::Metadata] {
                self.connect_controller(cx, channel);
            }
        } else {
            self.lifecycle.loaded = false;
            // It has none before it is registered (`BrokerLifecycleManager._brokerEpoch`).
            self.lifecycle.epoch = 0;
            let after = cx.config().cluster.broker_start;
            cx.set_timer(after, Timer::Register.into());
        }
    }

    // Connections to the controller.

    pub(super) fn connect_controller(&mut self, cx: &mut Cx<'_>, channel: Channel) {
        let to = self.lifecycle.channel_mut(channel);
        if to.connection.is_none() {
            to.connection = Some(cx.connect(CONTROLLER, channel, SETUP_TIMEOUT));
        }
    }

    pub(super) fn controller_connected(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) {
        let Some(channel) = self.controller_channel(connection) else { return };
        self.lifecycle.channel_mut(channel).connected = true;
        match channel {
            Channel::Heartbeat if self.lifecycle.phase == Phase::Registering => self.register(cx),
            Channel::Heartbeat => self.beat(cx),
            Channel::AlterPartition => self.send_alter_partition(cx),
            _ => self.fetch_metadata(cx),
        }
    }

    fn controller_channel(&self, connection: ConnectionId) -> Option<Channel> {
        let is = |to: &ToController| to.connection == Some(connection);
        if is(&self.lifecycle.heartbeat) {
            Some(Channel::Heartbeat)
        } else if is(&self.lifecycle.alter_partition) {
            Some(Channel::AlterPartition)
        } else if is(&self.lifecycle.metadata) {
            Some(Channel::Metadata)
        } else {
            None
        }
    }

    /// Whether the connection was one to the controller; then it is tried again.
    pub(super) fn controller_closed(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) -> bool {
        let Some(channel) = self.controller_channel(connection) else { return false };
        let mut gone = std::mem::take(self.lifecycle.channel_mut(channel));
        cx.cancel(&mut gone.given_up);
        if channel == Channel::AlterPartition {
            self.alter_partition_failed(cx);
        }
        cx.set_timer(RECONNECT, Timer::ControllerConnect(channel).into());
        true
    }

    pub(super) fn controller_timed_out(&mut self, cx: &mut Cx<'_>, channel: Channel, request: MessageId) {
        let to = self.lifecycle.channel_mut(channel);
        if to.in_flight != Some(request) {
            return;
        }
        if let Some(connection) = to.connection {
            cx.close(connection, CloseReason::RequestTimedOut);
            self.controller_closed(cx, connection);
        }
    }

    pub(super) fn on_response(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        let Some(request) = envelope.in_reply_to else { return };
        let connection = envelope.connection;
        if let Some(channel) = self.controller_channel(connection) {
            let to = self.lifecycle.channel_mut(channel);
            if to.in_flight == Some(request) {
                to.in_flight = None;
                cx.cancel(&mut to.given_up);
            }
        }
        match envelope.body {
            Message::FetchResponse(answer) => self.on_fetched(cx, connection, request, answer),
            Message::OffsetForLeaderEpochResponse(answer) => {
                self.on_epoch_ends(cx, connection, request, &answer);
            }
            Message::AlterPartitionResponse(answer) => self.on_alter_partition(cx, request, answer),
            Message::MetadataFetchResponse { end } => self.on_metadata(cx, end),
            Message::BrokerRegistrationResponse(answer) => self.on_registered(cx, answer),
            Message::BrokerHeartbeatResponse(answer) => self.on_heartbeat(cx, answer),
            body => unreachable!("{} answers nothing that a broker asks", body.kind()),
        }
    }

    // Registration.

    /// Asks to be registered, over and over while the session of the last process lives.
    pub(super) fn register(&mut self, cx: &mut Cx<'_>) {
        if !matches!(self.lifecycle.phase, Phase::NotRunning | Phase::Registering) {
            return;
        }
        self.lifecycle.phase = Phase::Registering;
        let Some(connection) = self.lifecycle.heartbeat.ready() else {
            self.connect_controller(cx, Channel::Heartbeat);
            return;
        };
        let request = RegisterBroker {
            broker: self.id,
            incarnation: self.lifecycle.incarnation,
            previous_epoch: self.lifecycle.clean_shutdown_file,
        };
        let message = cx.send(connection, Message::BrokerRegistrationRequest(request));
        let timeout = heartbeat_timeout(cx);
        self.lifecycle.heartbeat.sent_on(cx, Channel::Heartbeat, message, timeout);
    }

    fn on_registered(&mut self, cx: &mut Cx<'_>, answer: Result<BrokerEpoch, Error>) {
        if self.lifecycle.phase != Phase::Registering {
            return;
        }
        match answer {
            Ok(epoch) => {
                self.lifecycle.epoch = epoch;
                self.lifecycle.refusals = 0;
                self.lifecycle.phase = Phase::CatchingUp;
                cx.note_change();
                self.connect_controller(cx, Channel::Metadata);
                self.connect_controller(cx, Channel::AlterPartition);
                self.beat(cx);
            }
            Err(_) => {
                let wait = self.lifecycle.refused(cx.config().cluster.broker_session_timeout);
                cx.set_timer(wait, Timer::Register.into());
            }
        }
    }

    // Heartbeats.

    /// The timer of the next heartbeat fired.
    pub(super) fn heartbeat(&mut self, cx: &mut Cx<'_>) {
        self.lifecycle.next_beat = None;
        self.beat(cx);
    }

    fn beat(&mut self, cx: &mut Cx<'_>) {
        if matches!(self.lifecycle.phase, Phase::NotRunning | Phase::Registering) {
            return;
        }
        // While the connection is being made, the heartbeat follows as soon as it stands.
        let Some(connection) = self.lifecycle.heartbeat.ready() else { return };
        let request = BrokerHeartbeat {
            broker: self.id,
            epoch: self.epoch(),
            metadata_offset: self.image.offset,
            want_fence: self.lifecycle.phase == Phase::CatchingUp,
            want_shutdown: self.lifecycle.phase == Phase::ShuttingDown,
        };
        cx.cancel(&mut self.lifecycle.next_beat);
        let message = cx.send(connection, Message::BrokerHeartbeatRequest(request));
        let timeout = heartbeat_timeout(cx);
        self.lifecycle.heartbeat.sent_on(cx, Channel::Heartbeat, message, timeout);
    }

    fn on_heartbeat(&mut self, cx: &mut Cx<'_>, answer: Result<BrokerState, Error>) {
        let cluster = &cx.config().cluster;
        let (mut after, session) = (cluster.broker_heartbeat_interval, cluster.broker_session_timeout);
        match answer {
            Err(_) => after = self.lifecycle.refused(session),
            Ok(state) => {
                self.lifecycle.refusals = 0;
                match self.lifecycle.phase {
                    Phase::Recovering if !state.fenced => {
                        self.lifecycle.phase = Phase::Running;
                        cx.note_change();
                    }
                    Phase::ShuttingDown if state.may_shut_down => return self.shut_down(cx),
                    // What keeps it is mostly over soon.
                    Phase::ShuttingDown if !std::mem::replace(&mut self.lifecycle.held_back, true) => {
                        after = SHUTDOWN_RETRY;
                    }
                    _ => {}
                }
            }
        }
        cx.cancel(&mut self.lifecycle.next_beat);
        self.lifecycle.next_beat = Some(cx.set_timer(after, Timer::Heartbeat.into()));
    }

    // The metadata log.

    fn fetch_metadata(&mut self, cx: &mut Cx<'_>) {
        let Some(connection) = self.lifecycle.metadata.ready() else { return };
        let message = cx.send(connection, Message::MetadataFetchRequest { from: self.image.offset });
        self.lifecycle.metadata.sent_on(cx, Channel::Metadata, message, METADATA_TIMEOUT);
    }

    fn on_metadata(&mut self, cx: &mut Cx<'_>, end: u32) {
        if end > self.image.offset {
            if !self.lifecycle.loaded {
                self.load_logs(cx);
            }
            self.apply_metadata(cx, end);
        }
        if self.lifecycle.phase == Phase::CatchingUp && self.image.offset > self.epoch() {
            // It knows its own registration, so all before it: it asks to be unfenced at once.
            self.lifecycle.phase = Phase::Recovering;
            self.beat(cx);
        }
        self.fetch_metadata(cx);
    }

    fn load_logs(&mut self, cx: &mut Cx<'_>) {
        self.lifecycle.loaded = true;
        // The file is read, then removed (`CleanShutdownFileHandler`).
        let clean = self.lifecycle.clean_shutdown_file.take().is_some();
        for (partition, replica) in self.replicas.iter_mut() {
            let before = replica.log.high_watermark();
            replica.log.load(&cx.kernel.arena, clean);
            let (log_end, high_watermark) = (replica.log.end(), replica.log.high_watermark());
            cx.record(Fact::LogLoaded { partition, log_end, high_watermark, clean });
            if high_watermark != before {
                cx.record(Fact::HighWatermarkMoved { partition, from: before, to: high_watermark });
            }
            replica.leader_epoch = 0;
            replica.partition_epoch = 0;
            (replica.last_leader, replica.truncating) = (None, false);
        }
        if clean {
            // A snapshot is read without those that have expired (`ProducerStateManager.loadFromSnapshot`).
            self.forget_producers(cx);
        }
    }

    // Shutdown.

    pub(super) fn begin_shutdown(&mut self, cx: &mut Cx<'_>) {
        let controlled = cx.config().cluster.controlled_shutdown;
        if !controlled || self.lifecycle.phase != Phase::Running {
            self.shut_down(cx);
            return;
        }
        self.lifecycle.phase = Phase::ShuttingDown;
        cx.set_timer(SHUTDOWN_TIMEOUT, Timer::ShutdownTimeout.into());
        self.beat(cx);
    }

    /// Flushes all logs, writes checkpoints and the clean-shutdown file, and ends. A process that has not loaded
    /// its logs leaves the disk as it found it (`LogManager.shutdown`, `loadLogsCompletedFlags`).
    pub(super) fn shut_down(&mut self, cx: &mut Cx<'_>) {
        if !self.lifecycle.loaded {
            cx.exit();
            return;
        }
        let now = cx.now();
        for (partition, replica) in self.replicas.iter_mut() {
            let (before, end) = (replica.log.flushed(), replica.log.end());
            replica.log.flush(end, now);
            if before < end {
                cx.record(Fact::Flushed { partition, to: end });
            }
            replica.log.checkpoint_high_watermark();
        }
        self.lifecycle.clean_shutdown_file = Some(self.lifecycle.epoch);
        cx.exit();
    }
}

/// Heartbeats and registrations are given up after half a session.
fn heartbeat_timeout(cx: &Cx<'_>) -> Micros {
    let cluster = &cx.config().cluster;
    cluster.controller_socket_timeout.min(cluster.broker_session_timeout / 2)
}

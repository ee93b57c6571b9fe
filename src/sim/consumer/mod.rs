//! A consumer: the application that pays, and its KafkaConsumer.
//!
//! The application polls, works on one record after the other and commits; each of its steps is an event of
//! its own, so that a fault can fall between any two. Sources: `ClassicKafkaConsumer`, `Fetcher`,
//! `ConsumerCoordinator`, `SubscriptionState`.

mod application;
mod assign;
mod commits;
mod fetching;
mod membership;
mod statements;
#[cfg(test)]
mod tests;

use super::client::{Backoff, Client, ClientConfig, Received, Unanswered};
use super::config::{AutoOffsetReset, CommitMode, Config};
use super::cx::{self, Cx};
use super::fact::{CloseReason, Fact};
use super::ids::{BrokerId, ConnectionId, MessageId, Micros, NodeId, Offset, Time, TopicPartition};
use super::message::{Channel, Envelope, Error, Message};
use super::view::ConsumerView;
use application::Application;
use fetching::Partition;
use membership::Membership;

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The application takes its next step.
    Step,
    /// A worker takes its next step.
    Work(usize),
    /// The client looks at what is due.
    Wake,
    /// The heartbeat thread.
    Heartbeat,
    /// The process is up.
    Begin,
    /// A statement is tried again.
    Database,
    /// A call has waited long enough for its answer.
    CallTimeout(MessageId),
}

impl From<Timer> for cx::Timer {
    fn from(timer: Timer) -> cx::Timer {
        cx::Timer::Consumer(timer)
    }
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    /// From where it asked for each partition.
    Fetch([Option<Offset>; 3]),
    ListOffsets,
    EpochEnd,
    FindCoordinator,
    Join,
    Sync,
    Heartbeat,
    Leave,
    OffsetFetch,
    Commit(Commit),
}

/// A commit under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Commit {
    offsets: [Option<Offset>; 3],
    /// The application waits for it.
    sync: bool,
}

/// A consumer.
#[derive(Clone, Debug)]
pub(crate) struct Consumer {
    number: u8,
    client: Client<Tag>,
    membership: Membership,
    partitions: [Option<Partition>; 3],
    /// What it knows to be committed, by number of the partition.
    committed: [Option<Offset>; 3],
    application: Application,
    /// When the client next looks at what is due.
    wake_at: Option<Time>,
    /// Nothing that failed is asked again before.
    back_off_until: Time,
    failures: u32,
    running: bool,
}

impl Consumer {
    /// A consumer as it stands when the run begins.
    pub(crate) fn new(config: &Config, number: u8) -> Consumer {
        Consumer {
            number,
            client: new_client(config),
            membership: Membership::default(),
            partitions: [None, None, None],
            committed: [None; 3],
            application: Application::new(config.consumer.as_ref().map_or(0, |consumer| consumer.workers)),
            wake_at: None,
            back_off_until: Time(0),
            failures: 0,
            running: false,
        }
    }

    /// A process of this node starts; `first` = it is as it stands when the run begins.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, first: bool) {
        let config = cx.config().clone();
        let Some(consumer) = &config.consumer else { return };
        if first
            && consumer.starts_at_once(self.number)
            && !config.cluster.takes_session(consumer.session_timeout)
        {
            // The join that it would have behind it was refused.
            self.begin(cx);
            self.application.fail(cx, Error::InvalidSessionTimeout);
            return;
        }
        let joined = config.initial_assignment();
        let mine = joined.into_iter().find(|(id, _)| id.consumer == self.number && first);
        if let Some((member, bits)) = mine {
            self.membership = Membership::joined(&config, member, bits);
            cx.record(Fact::Assigned { partitions: bits, generation: 1 });
            self.begin(cx);
            if consumer.auto_offset_reset == AutoOffsetReset::None {
                // Nothing is committed (`SubscriptionState.resetInitializingPositions`).
                self.application.fail(cx, Error::NoOffsetForPartition);
                return;
            }
            for p in (0..3).filter(|p| bits & 1 << p != 0) {
                // Nothing is committed and the log is empty: either policy begins at 0.
                self.partitions[p] = Some(Partition::at(0));
                self.application.expected[p] = None;
                let partition = TopicPartition::events(p as u8);
                let source = match consumer.auto_offset_reset {
                    AutoOffsetReset::Earliest => super::fact::PositionSource::Earliest,
                    _ => super::fact::PositionSource::Latest,
                };
                cx.record(Fact::PositionSet { partition, offset: 0, source });
            }
            cx.set_timer(consumer.heartbeat_interval, Timer::Heartbeat.into());
            self.tick(cx);
        } else {
            cx.set_timer(config.cluster.client_start, Timer::Begin.into());
        }
    }

    fn begin(&mut self, cx: &mut Cx<'_>) {
        self.running = true;
        self.application.begin(cx);
        self.membership.polled = cx.now();
    }

    /// A message arrived.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        if let Message::DatabaseResponse(answer) = envelope.body {
            self.on_database(cx, envelope.in_reply_to, answer);
            return;
        }
        if let Received::Answer { tag, from, body, .. } = self.client.on_message(cx, envelope) {
            self.on_answer(cx, tag, from.broker, body);
        }
        self.tick(cx);
    }

    fn on_answer(&mut self, cx: &mut Cx<'_>, tag: Tag, from: BrokerId, body: Message) {
        match (tag, body) {
            (Tag::Fetch(asked), Message::FetchResponse(answer)) => self.on_fetched(cx, asked, answer),
            (Tag::ListOffsets, Message::ListOffsetsResponse(answer)) => self.on_offsets_listed(cx, answer),
            (Tag::EpochEnd, Message::OffsetForLeaderEpochResponse(answer)) => self.on_epoch_ends(cx, answer),
            (Tag::FindCoordinator, Message::FindCoordinatorResponse(answer)) => {
                self.on_coordinator(cx, answer)
            }
            (Tag::Join, Message::JoinGroupResponse(answer)) => self.on_joined(cx, answer),
            (Tag::Sync, Message::SyncGroupResponse(answer)) => self.on_synced(cx, answer),
            (Tag::Heartbeat, Message::HeartbeatResponse(answer)) => self.on_heartbeat(cx, answer),
            (Tag::OffsetFetch, Message::OffsetFetchResponse(answer)) => self.on_offsets_fetched(cx, answer),
            (Tag::Commit(commit), Message::OffsetCommitResponse(answer)) => {
                self.on_commit(cx, commit, answer)
            }
            (Tag::Leave, _) => {}
            (tag, body) => unreachable!("{:?} of broker-{} was answered with {}", tag, from.0, body.kind()),
        }
    }

    /// A connection that this node asked for is open.
    pub(crate) fn on_connected(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) {
        if self.application.database == Some(connection) {
            self.application.database_open = true;
            self.send_statements(cx);
            return;
        }
        self.client.on_connected(connection);
        self.tick(cx);
    }

    /// A connection was closed by the other end, by a fault, or could not be opened.
    pub(crate) fn on_closed(&mut self, cx: &mut Cx<'_>, connection: ConnectionId, _why: CloseReason) {
        if self.application.database == Some(connection) {
            self.database_lost(cx);
            return;
        }
        let ended = self.client.on_closed(cx, connection);
        self.on_unanswered(cx, ended);
        self.tick(cx);
    }

    fn on_unanswered(&mut self, cx: &mut Cx<'_>, ended: Vec<Unanswered<Tag>>) {
        for Unanswered { tag, .. } in ended {
            match tag {
                Tag::Fetch(_) | Tag::ListOffsets | Tag::EpochEnd => self.fetch_failed(tag),
                Tag::Commit(commit) => self.on_commit(cx, commit, Err(Error::NetworkException)),
                Tag::FindCoordinator => {
                    self.membership.finding = false;
                    self.drop_async_commits(cx, Error::CoordinatorNotAvailable);
                }
                _ => self.coordinator_lost(cx, tag),
            }
            self.back_off(cx);
        }
    }

    /// After a failure nothing is asked again for `retry.backoff.ms`, longer with each failure in a row.
    fn back_off(&mut self, cx: &mut Cx<'_>) {
        let Some(consumer) = &cx.config().consumer else { return };
        let backoff = Backoff { initial: consumer.retry_backoff, max: consumer.retry_backoff_max };
        let (failures, now) = (self.failures, cx.now());
        let wait = backoff
            .with(failures, |least, most| cx.draw_between(least, most, [u64::from(failures), now.0, 77]));
        self.failures += 1;
        self.back_off_until = self.back_off_until.max(now.plus(wait));
    }

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Begin => {
                self.begin(cx);
                self.tick(cx);
            }
            Timer::Step => {
                self.application.hands[0].stepping = false;
                self.step(cx);
                self.tick(cx);
            }
            Timer::Work(hand) => self.work(cx, hand),
            Timer::Wake => {
                if self.wake_at.is_some_and(|at| at <= cx.now()) {
                    self.wake_at = None;
                }
                self.tick(cx);
            }
            Timer::Heartbeat => self.heartbeat(cx),
            Timer::Database => self.connect_database(cx),
            Timer::CallTimeout(message) => self.call_timed_out(cx, message),
        }
    }

    /// The process is gone, and with it what it held in memory.
    pub(crate) fn on_death(&mut self, cx: &mut Cx<'_>, _power: bool) {
        *self = Consumer::new(cx.config(), self.number);
    }

    /// An orderly shutdown begins: the record in hand is finished, then close() leaves the group.
    pub(crate) fn on_stop(&mut self, cx: &mut Cx<'_>) {
        if !self.running || self.application.failed {
            cx.exit();
            return;
        }
        self.application.stopping = true;
        self.step_soon(cx);
    }

    /// The client does what is due: time-outs, metadata, group, positions, fetches.
    fn tick(&mut self, cx: &mut Cx<'_>) {
        if !self.running || self.application.failed {
            return;
        }
        let ended = self.client.expire(cx);
        if !ended.is_empty() {
            self.on_unanswered(cx, ended);
        }
        let mut wait = self.client.maybe_update(cx);
        if cx.now() >= self.back_off_until {
            self.send_async_commits(cx);
            self.drive_group(cx);
            self.drive_partitions(cx);
            if self.application.wants_records()
                && let Some(at) = self.maybe_auto_commit(cx)
            {
                wait = wait.min(at.since(cx.now()));
            }
        } else {
            wait = wait.min(self.back_off_until.since(cx.now()));
        }
        if self.application.wants_records() && self.can_step(cx.now()) {
            self.step_soon(cx);
        }
        if let Some(at) = self.rest_ends(cx.now()) {
            wait = wait.min(at.since(cx.now()));
        }
        if let Some(at) = self.client.next_timeout() {
            wait = wait.min(at.since(cx.now()));
        }
        self.wake(cx, wait.max(1));
    }

    fn wake(&mut self, cx: &mut Cx<'_>, after: Micros) {
        let at = cx.now().plus(after);
        if self.wake_at.is_none_or(|known| at < known || known < cx.now()) {
            self.wake_at = Some(at);
            cx.set_timer(after, Timer::Wake.into());
        }
    }

    fn step_soon(&mut self, cx: &mut Cx<'_>) {
        self.go_on(cx, 0);
    }

    /// Its application waits for records and holds none: nothing handed out, no commit or statement under way.
    pub(crate) fn idle(&self) -> bool {
        self.running && self.application.idle()
    }

    /// It ended with an exception.
    pub(crate) fn failed(&self) -> bool {
        self.application.failed
    }

    /// The generation that its member is in; 0 = none.
    pub(crate) fn generation(&self) -> u32 {
        self.membership.generation()
    }

    /// It is to be seen.
    pub(crate) fn view(&self) -> ConsumerView {
        ConsumerView {
            assigned: self.membership.assigned,
            positions: self.partitions.each_ref().map(|p| p.as_ref().and_then(Partition::handed_out)),
            committed: self.committed,
            step: self.application.seen(),
            at_work: self.application.at_work(),
            queued: self.application.queued(),
        }
    }

    fn in_database(cx: &Cx<'_>) -> bool {
        cx.config().consumer.as_ref().is_some_and(|consumer| consumer.commit == CommitMode::InDatabase)
    }
}

fn new_client(config: &Config) -> Client<Tag> {
    let backoff = |initial, max| Backoff { initial, max };
    let consumer = config.consumer.as_ref().expect("a consumer has its section");
    let settings = ClientConfig {
        reconnect_backoff: backoff(consumer.reconnect_backoff, consumer.reconnect_backoff_max),
        retry_backoff: backoff(consumer.retry_backoff, consumer.retry_backoff_max),
        setup_timeout: backoff(consumer.connection_setup_timeout, consumer.connection_setup_timeout_max),
        request_timeout: consumer.request_timeout,
        metadata_max_age: consumer.metadata_max_age,
        rebootstraps: consumer.rebootstraps,
        max_in_flight: 100,
    };
    Client::new(settings, config.cluster.brokers)
}

/// The database, as the other end of a connection.
const DATABASE: (NodeId, Channel) = (NodeId::Database, Channel::Database);

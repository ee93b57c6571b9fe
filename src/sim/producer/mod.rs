//! A producer: the shop's application and its `KafkaProducer`, one process.
//!
//! The application calls send() ([`application`]); records wait in the accumulator ([`accumulator`]) until
//! the sender takes them ([`sender`]), which numbers them if the producer is idempotent ([`idempotence`]);
//! what the attempts come to is in [`outcome`].
//! Each send() and each callback is a step of its own. What a process holds in memory dies with it; the
//! application's note of acknowledged records does not.

mod accumulator;
mod application;
mod idempotence;
mod memory;
mod outcome;
mod partitioner;
mod sender;
mod size;
#[cfg(test)]
mod tests;

pub(crate) use partitioner::partition_of;

use super::client::{Backoff, ClientConfig, Received};
use super::config::{Config, ProducerConfig};
use super::cx::Cx;
use super::fact::CloseReason;
use super::ids::{ConnectionId, Micros};
use super::message::Envelope;
use super::view::ProducerView;
use application::{Application, Phase};
use memory::Marks;
use sender::Sender;

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The process is up and takes its first step.
    Begin,
    /// The application's next send() is due.
    Send,
    /// The next callback is due.
    Callback,
    /// A send() has waited for `max.block.ms`.
    MaxBlock,
    /// The sender's thread wakes up.
    Wake,
    /// It has seen all that arrived while the process stood still.
    CaughtUp,
}

/// A producer: the shop's application and its `KafkaProducer`.
#[derive(Clone, Debug)]
pub(crate) struct Producer {
    number: u8,
    partitions: u8,
    brokers: u8,
    client_start: Micros,
    config: ProducerConfig,
    /// What the application notes durably: records acknowledged.
    acked: Marks,
    /// Records that failed for good.
    failed: Marks,
    /// The furthest record sent.
    sent: u32,
    app: Application,
    sender: Sender,
}

impl Producer {
    /// A producer before its first step.
    pub(crate) fn new(config: &Config, number: u8) -> Producer {
        let partitions = config.topic.partitions;
        let brokers = config.cluster.brokers;
        Producer {
            number,
            partitions,
            brokers,
            client_start: config.cluster.client_start,
            acked: Marks::default(),
            failed: Marks::default(),
            sent: 0,
            app: Application::default(),
            sender: Sender::new(&config.producer, partitions, brokers),
            config: config.producer.clone(),
        }
    }

    /// A process of this node starts; `first` = it is as it stands when the run begins.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, first: bool) {
        self.app.phase = Phase::Starting;
        if first {
            self.begin(cx);
        } else {
            cx.set_timer(self.client_start, super::cx::Timer::Producer(Timer::Begin));
        }
    }

    /// A message arrived.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        match self.sender.client.on_message(cx, envelope) {
            Received::Answer { tag, request, body, .. } => self.on_answer(cx, tag, request, body),
            Received::Metadata => self.retry_blocked(cx),
            Received::Stray => {}
        }
        self.run(cx);
    }

    /// A connection that this node asked for is open.
    pub(crate) fn on_connected(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) {
        self.sender.client.on_connected(connection);
        self.run(cx);
    }

    /// A connection was closed by the other end, by a fault, or could not be opened.
    pub(crate) fn on_closed(&mut self, cx: &mut Cx<'_>, connection: ConnectionId, _why: CloseReason) {
        let ended = self.sender.client.on_closed(cx, connection);
        self.on_unanswered(cx, ended);
        self.run(cx);
    }

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Begin => self.begin(cx),
            Timer::Send => self.on_send_due(cx),
            Timer::Callback => self.on_callback_due(cx),
            Timer::MaxBlock => self.on_max_block(cx),
            Timer::Wake => self.on_wake(cx),
            Timer::CaughtUp => self.on_caught_up(cx),
        }
    }

    /// The process is gone, and with it what it held in memory; `power`: what was not flushed as well.
    pub(crate) fn on_death(&mut self, _cx: &mut Cx<'_>, _power: bool) {
        self.app = Application::default();
        self.sender = Sender::new(&self.config, self.partitions, self.brokers);
    }

    /// An orderly shutdown begins; `cx.exit()` ends it. The application sends no more, and
    /// `KafkaProducer.close()` waits until what is buffered has completed.
    pub(crate) fn on_stop(&mut self, cx: &mut Cx<'_>) {
        self.close(cx);
        self.run(cx);
    }

    /// Every send() that it will ever make has completed.
    pub(crate) fn done(&self) -> bool {
        self.app.all_completed(self.config.records)
    }

    /// It is to be seen.
    pub(crate) fn view(&self) -> ProducerView {
        ProducerView {
            sent: self.sent,
            acked: self.acked.count(),
            failed: self.failed.count(),
            buffered: self.sender.accumulator.buffered,
            in_flight: self.sender.client.in_flight() as u32,
            total: self.config.records,
        }
    }
}

/// The settings that a producer shares with consumers.
fn client_config(config: &ProducerConfig) -> ClientConfig {
    ClientConfig {
        reconnect_backoff: Backoff { initial: config.reconnect_backoff, max: config.reconnect_backoff_max },
        retry_backoff: Backoff { initial: config.retry_backoff, max: config.retry_backoff_max },
        setup_timeout: Backoff {
            initial: config.connection_setup_timeout,
            max: config.connection_setup_timeout_max,
        },
        request_timeout: config.request_timeout,
        metadata_max_age: config.metadata_max_age,
        rebootstraps: config.rebootstraps,
        max_in_flight: config.max_in_flight,
    }
}

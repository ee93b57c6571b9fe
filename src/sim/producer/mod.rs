//! A producer: the shop's application and its KafkaProducer.

use super::config::Config;
use super::cx::Cx;
use super::fact::CloseReason;
use super::ids::*;
use super::message::Envelope;

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {}

/// A producer: the shop's application and its KafkaProducer.
#[derive(Clone, Debug)]
pub(crate) struct Producer {}

impl Producer {
    /// A process of this node starts; `first` = it is as it stands when the run begins.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, first: bool) {}

    /// A message arrived.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Envelope) {}

    /// A connection that this node asked for is open.
    pub(crate) fn on_connected(&mut self, cx: &mut Cx<'_>, connection: ConnectionId) {}

    /// A connection was closed by the other end, by a fault, or could not be opened.
    pub(crate) fn on_closed(&mut self, cx: &mut Cx<'_>, connection: ConnectionId, why: CloseReason) {}

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: Timer) {}

    /// The process is gone, and with it what it held in memory; `power`: what was not flushed as well.
    pub(crate) fn on_death(&mut self, cx: &mut Cx<'_>, power: bool) {}

    /// An orderly shutdown begins; `cx.exit()` ends it.
    pub(crate) fn on_stop(&mut self, cx: &mut Cx<'_>) {
        cx.exit();
    }

    /// A producer before its first step.
    pub(crate) fn new(config: &Config, number: u8) -> Producer {
        todo!()
    }

    /// Every send() that it will ever make has completed.
    pub(crate) fn done(&self) -> bool {
        todo!()
    }

    /// It is to be seen.
    pub(crate) fn view(&self) -> super::view::ProducerView {
        todo!()
    }
}

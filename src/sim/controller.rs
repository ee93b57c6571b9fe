//! The KRaft controller: who is alive, who leads, who is in sync.

use super::config::Config;
use super::cx::Cx;
use super::fact::CloseReason;
use super::ids::*;
use super::message::Envelope;

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {}

/// The KRaft controller: who is alive, who leads, who is in sync.
#[derive(Clone, Debug)]
pub(crate) struct Controller {}

impl Controller {
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

    /// The controller as it stands when the run begins: brokers unfenced, topics created.
    pub(crate) fn new(config: &Config) -> Controller {
        todo!()
    }

    /// What it holds true of a partition.
    pub(crate) fn registration(&self, partition: TopicPartition) -> super::batch::Registration {
        todo!()
    }

    /// Changes of partition 0's ISR so far.
    pub(crate) fn isr_changes(&self) -> u32 {
        todo!()
    }

    /// How often a broker became leader of partition 0, the first one not counted.
    pub(crate) fn elections(&self) -> u32 {
        todo!()
    }

    /// Whether it holds a broker fenced.
    pub(crate) fn fenced(&self, broker: BrokerId) -> bool {
        todo!()
    }
}

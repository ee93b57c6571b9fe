//! A broker: its replicas, their logs, and what it believes of the cluster.

use super::config::Config;
use super::cx::Cx;
use super::fact::CloseReason;
use super::ids::*;
use super::message::Envelope;

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {}

/// A broker: its replicas, their logs, and what it believes of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Broker {}

impl Broker {
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

    /// A broker as it stands when the run begins: registered, its replicas created, empty, in sync.
    pub(crate) fn new(config: &Config, id: BrokerId) -> Broker {
        todo!()
    }

    /// Whether its listeners accept connections: from when it is registered and knows the metadata.
    pub(crate) fn listening(&self) -> bool {
        todo!()
    }

    /// It has done all that it must before it can be called settled: unfenced and caught up.
    pub(crate) fn starting(&self) -> bool {
        todo!()
    }

    /// Whether the disk is failing; a process on it ends at once (`LogDirFailureChannel`).
    pub(crate) fn set_disk_failed(&mut self, failed: bool) {
        todo!()
    }

    /// How much longer an append or a flush takes.
    pub(crate) fn set_disk_delay(&mut self, by: Micros) {
        todo!()
    }

    /// Its epoch as it knows it.
    pub(crate) fn epoch(&self) -> BrokerEpoch {
        todo!()
    }

    /// A replica, to be seen.
    pub(crate) fn replica(&self, partition: TopicPartition) -> Option<super::view::ReplicaView<'_>> {
        todo!()
    }

    /// As group coordinator: offsets in its log, by number of the partition.
    pub(crate) fn committed_offsets(&self) -> [Option<Offset>; 3] {
        todo!()
    }
}

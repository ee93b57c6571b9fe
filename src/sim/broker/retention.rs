//! What becomes of old segments (`LogManager.cleanupLogs`, `UnifiedLog.deleteOldSegments`).

use super::{Broker, FLUSH_TIME, Timer};
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{Offset, Time, TopicPartition};

impl Broker {
    /// The looks for old segments begin, where any can become old before the run ends.
    pub(super) fn begin_retention(&self, cx: &mut Cx<'_>) {
        let config = cx.config();
        if config.topic.retention.is_some_and(|retention| retention < config.stop_after) {
            let delay = config.cluster.initial_task_delay;
            cx.set_timer(delay, Timer::Retention.into());
        }
    }

    /// Leader and followers look for themselves, each by its own log and high watermark.
    pub(super) fn delete_old_segments(&mut self, cx: &mut Cx<'_>) {
        let config = cx.config().clone();
        cx.set_timer(config.cluster.retention_check_interval, Timer::Retention.into());
        let Some(retention) = config.topic.retention.filter(|_| self.lifecycle.loaded()) else { return };
        for partition in (0..config.topic.partitions).map(TopicPartition::events) {
            let Some(replica) = self.replicas.get_mut(partition) else { continue };
            let before = (replica.log.start(), replica.log.flushed());
            if replica.log.delete_old(cx.now(), retention) {
                self.log_starts_later(cx, partition, before);
            }
        }
    }

    /// A log begins at an offset from now on.
    pub(super) fn start_log_at(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, to: Offset) {
        let Some(replica) = self.replicas.get_mut(partition) else { return };
        let before = (replica.log.start(), replica.log.flushed());
        let high_watermark = replica.log.high_watermark();
        replica.log.start_at(to);
        self.log_starts_later(cx, partition, before);
        if high_watermark < to {
            cx.record(Fact::HighWatermarkMoved { partition, from: high_watermark, to });
        }
    }

    fn log_starts_later(
        &self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        (from, flushed): (Offset, Offset),
    ) {
        // A segment may go whose records were gone before, when the leader's log began later.
        let Some(replica) = self.replicas.get(partition).filter(|replica| replica.log.start() > from) else {
            return;
        };
        cx.record(Fact::LogStartMoved { partition, from, to: replica.log.start() });
        if replica.log.flushed() > flushed {
            cx.record(Fact::Flushed { partition, to: replica.log.flushed() });
        }
        cx.note_change();
    }

    /// Before an append: a segment that has been written to for `segment.ms` is closed, and flushed soon.
    pub(super) fn roll_if_old(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, timestamp: Time) {
        let segment_ms = cx.config().topic.segment;
        let Some(replica) = self.replicas.get_mut(partition).filter(|_| partition.is_events()) else {
            return;
        };
        if replica.log.maybe_roll(timestamp, segment_ms) {
            let to = replica.log.end();
            cx.set_timer(FLUSH_TIME + self.disk_delay, Timer::Flushed(partition, to).into());
        }
    }
}

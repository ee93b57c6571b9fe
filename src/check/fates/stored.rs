//! How many records are stored at each moment: distinct ones that a high watermark has passed and that still stand
//! in the log of the leader, or of somebody who may follow it while it is down.

use crate::sim::config::Config;
use crate::sim::{BrokerId, BrokerSet, StepNo, TopicPartition};

/// The fold.
#[derive(Debug)]
pub(super) struct Stored {
    /// By partition: whose logs count.
    logs: Vec<BrokerSet>,
    /// Copies of each record in logs that count, by place.
    copies: Vec<u16>,
    /// By place: a high watermark has passed it.
    committed: Vec<bool>,
    distinct: u32,
    pub(super) series: Vec<(StepNo, u32)>,
}

impl Stored {
    pub(super) fn new(config: &Config, records: usize) -> Stored {
        let first = |partition| config.replicas(partition).take(1).collect();
        let partitions = (0..config.topic.partitions).map(TopicPartition::events);
        Stored {
            logs: partitions.map(first).collect(),
            copies: vec![0; records],
            committed: vec![false; records],
            distinct: 0,
            series: Vec::new(),
        }
    }

    /// Whether a broker's log of a partition of `events` counts.
    pub(super) fn counts(&self, broker: BrokerId, partition: TopicPartition) -> bool {
        self.logs.get(partition.index()).is_some_and(|brokers| brokers.contains(broker))
    }

    /// Other logs count: whose does now, and whose no longer.
    pub(super) fn count(&mut self, partition: TopicPartition, brokers: BrokerSet) -> [BrokerSet; 2] {
        let Some(known) = self.logs.get_mut(partition.index()) else { return [BrokerSet::EMPTY; 2] };
        let before = std::mem::replace(known, brokers);
        [brokers.minus(before), before.minus(brokers)]
    }

    /// A log that counts got these records.
    pub(super) fn add(&mut self, places: &[usize]) {
        for place in places {
            self.copies[*place] += 1;
            self.distinct += u32::from(self.committed[*place] && self.copies[*place] == 1);
        }
    }

    /// A log no longer has them, or no longer counts.
    pub(super) fn remove(&mut self, places: &[usize]) {
        for place in places {
            self.copies[*place] -= 1;
            self.distinct -= u32::from(self.committed[*place] && self.copies[*place] == 0);
        }
    }

    /// A high watermark passed them.
    pub(super) fn commit(&mut self, places: &[usize]) {
        for place in places {
            let news = !std::mem::replace(&mut self.committed[*place], true);
            self.distinct += u32::from(news && self.copies[*place] > 0);
        }
    }

    /// Notes the number when a step changed it.
    pub(super) fn note(&mut self, step: StepNo) {
        match self.series.last_mut() {
            Some((_, n)) if *n == self.distinct => {}
            Some((at, n)) if *at == step => *n = self.distinct,
            None if self.distinct == 0 => {}
            _ => self.series.push((step, self.distinct)),
        }
    }
}

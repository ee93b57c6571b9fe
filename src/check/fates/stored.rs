//! How many records are stored at each moment: distinct ones that a high watermark has passed and that still stand
//! in the log of the leader, or of somebody who may follow it while it is down.

use crate::sim::config::Config;
use crate::sim::{BrokerSet, StepNo, TopicPartition};

/// The fold.
#[derive(Debug)]
pub(super) struct Stored {
    /// By partition: whose logs count.
    pub(super) logs: [BrokerSet; TopicPartition::MAX],
    /// Copies of each record in logs that count, by place.
    copies: Vec<u16>,
    /// By place: a high watermark has passed it.
    committed: Vec<bool>,
    distinct: u32,
    pub(super) series: Vec<(StepNo, u32)>,
}

impl Stored {
    pub(super) fn new(config: &Config, records: usize) -> Stored {
        let mut logs = [BrokerSet::EMPTY; TopicPartition::MAX];
        for partition in (0..config.topic.partitions).map(TopicPartition::events) {
            logs[partition.index()] = config.replicas(partition).take(1).collect();
        }
        Stored {
            logs,
            copies: vec![0; records],
            committed: vec![false; records],
            distinct: 0,
            series: Vec::new(),
        }
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

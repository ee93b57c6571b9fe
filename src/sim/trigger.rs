//! What triggers count, and when a fault's conditions hold.

use super::batch::Arena;
use super::fact::Fact;
use super::fault::{Count, When};
use super::ids::{NodeId, RecordId, TopicPartition};
use super::producer::partition_of;

/// How often what a trigger can count has happened so far, split as far as a trigger can narrow it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    /// By count, producer, consumer (0 = no consumer has part in it) and partition.
    counts: [[[[u32; 3]; 4]; 3]; Count::ALL.len()],
    /// Number of partitions of `events`.
    partitions: u8,
    /// Something was counted since the last look.
    pub(crate) dirty: bool,
}

impl Counters {
    /// Nothing counted yet, of a topic with so many partitions.
    pub(crate) fn new(partitions: u8) -> Counters {
        Counters { partitions, ..Counters::default() }
    }

    /// Counts what a fact tells of.
    pub(crate) fn note(&mut self, node: NodeId, fact: &Fact, arena: &Arena) {
        let consumer = match node {
            NodeId::Consumer(n) => n,
            _ => 0,
        };
        match *fact {
            Fact::Sent { record, partition, .. } => self.add(Count::Sent, record.producer(), 0, partition, 1),
            Fact::Acked { record, .. } => self.add_record(Count::Acked, record, 0),
            Fact::Failed { record, .. } => self.add_record(Count::Failed, record, 0),
            Fact::Appended { batch, partition, .. } if partition.is_events() => {
                let count = arena.batch(batch).count;
                let producer = arena.records(batch).next().map_or(1, |record| record.producer());
                self.add(Count::Appended, producer, 0, partition, count);
            }
            Fact::Delivered { record, partition, .. } => {
                self.add(Count::Delivered, record.producer(), consumer, partition, 1);
            }
            Fact::Applied { record, consumer, .. } => self.add_record(Count::Applied, record, consumer),
            Fact::Recorded { record, consumer } => self.add_record(Count::Recorded, record, consumer),
            Fact::Committed { partition, grew, .. } => {
                self.add(Count::Committed, 1, consumer, partition, grew)
            }
            Fact::OffsetStoredInDatabase { partition, grew, consumer, .. } => {
                self.add(Count::Committed, 1, consumer, partition, grew);
            }
            // What `isr_size` and `elected` look at, read from the controller itself.
            Fact::PartitionChanged { .. } => self.dirty = true,
            _ => {}
        }
    }

    fn add_record(&mut self, count: Count, record: RecordId, consumer: u8) {
        self.add(count, record.producer(), consumer, partition_of(record, self.partitions), 1);
    }

    fn add(&mut self, count: Count, producer: u8, consumer: u8, partition: TopicPartition, by: u32) {
        let split = &mut self.counts[count as usize][usize::from(producer) - 1][usize::from(consumer)];
        split[usize::from(partition.partition())] += by;
        self.dirty = true;
    }

    /// How often a count has happened, narrowed as a trigger asks.
    pub(crate) fn count(&self, count: Count, when: &When) -> u32 {
        let matches = |wanted: Option<u8>, is: usize| wanted.is_none_or(|wanted| usize::from(wanted) == is);
        let mut sum = 0;
        for (producer, by_consumer) in self.counts[count as usize].iter().enumerate() {
            for (consumer, by_partition) in by_consumer.iter().enumerate() {
                for (partition, n) in by_partition.iter().enumerate() {
                    if matches(when.producer, producer + 1)
                        && matches(when.consumer, consumer)
                        && matches(when.partition, partition)
                    {
                        sum += n;
                    }
                }
            }
        }
        sum
    }
}

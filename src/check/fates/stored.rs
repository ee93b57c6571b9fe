//! How many distinct records stand below the high watermark of whoever leads, at each moment.

use crate::check::replicas::Replicas;
use crate::sim::config::Config;
use crate::sim::{Arena, BrokerId, Offset, RecordId, StepNo, TopicPartition};

/// The part of a partition that is counted.
#[derive(Clone, Copy, Debug)]
struct Counted {
    /// Who leads, or led last.
    leader: BrokerId,
    /// Its offsets below this one are counted.
    to: Offset,
}

/// The fold.
#[derive(Debug)]
pub(super) struct Stored {
    counted: Vec<Counted>,
    /// Copies counted of each record, by place.
    copies: Vec<u16>,
    distinct: u32,
    pub(super) series: Vec<(StepNo, u32)>,
}

/// What all counting needs.
#[derive(Clone, Copy)]
pub(super) struct Books<'a> {
    pub(super) replicas: &'a Replicas,
    pub(super) arena: &'a Arena,
    pub(super) place: &'a dyn Fn(RecordId) -> Option<usize>,
}

impl Stored {
    pub(super) fn new(config: &Config, records: usize) -> Stored {
        let first = |partition| config.replicas(partition).next().expect("a partition has a replica");
        let partitions = (0..config.topic.partitions).map(TopicPartition::events);
        Stored {
            counted: partitions.map(|partition| Counted { leader: first(partition), to: 0 }).collect(),
            copies: vec![0; records],
            distinct: 0,
            series: Vec::new(),
        }
    }

    /// A log loses what stands behind `to`; it has not been cut yet.
    pub(super) fn before_cut(
        &mut self,
        books: Books<'_>,
        broker: BrokerId,
        partition: TopicPartition,
        to: Offset,
    ) {
        let Some(counted) = self.of(partition) else { return };
        if counted.leader == broker && to < counted.to {
            self.count_to(books, partition, to);
        }
    }

    /// A log loses what stands before `to`; it is still there.
    pub(super) fn before_deletion(
        &mut self,
        books: Books<'_>,
        broker: BrokerId,
        partition: TopicPartition,
        to: Offset,
    ) {
        let Some(counted) = self.of(partition).filter(|counted| counted.leader == broker) else { return };
        let log = books.replicas.log(broker, partition);
        for (_, record) in log.records(books.arena, 0..to.min(counted.to)) {
            let Some(place) = (books.place)(record) else { continue };
            self.copies[place] -= 1;
            self.distinct -= u32::from(self.copies[place] == 0);
        }
    }

    /// Another broker leads.
    pub(super) fn leads(&mut self, books: Books<'_>, partition: TopicPartition, leader: BrokerId) {
        let Some(counted) = self.of(partition) else { return };
        if counted.leader == leader {
            return;
        }
        self.count_to(books, partition, 0);
        self.counted[partition.index()].leader = leader;
        self.follow(books, leader, partition);
    }

    /// A high watermark or a log end moved.
    pub(super) fn follow(&mut self, books: Books<'_>, broker: BrokerId, partition: TopicPartition) {
        if self.of(partition).is_some_and(|counted| counted.leader == broker) {
            let log = books.replicas.log(broker, partition);
            self.count_to(books, partition, log.high_watermark.min(log.end()));
        }
    }

    fn of(&self, partition: TopicPartition) -> Option<Counted> {
        self.counted.get(partition.index()).copied()
    }

    fn count_to(&mut self, books: Books<'_>, partition: TopicPartition, to: Offset) {
        let Counted { leader, to: from } = self.counted[partition.index()];
        let log = books.replicas.log(leader, partition);
        for (_, record) in log.records(books.arena, from.min(to)..from.max(to)) {
            let Some(place) = (books.place)(record) else { continue };
            let copies = &mut self.copies[place];
            if to > from {
                *copies += 1;
                self.distinct += u32::from(*copies == 1);
            } else {
                *copies -= 1;
                self.distinct -= u32::from(*copies == 0);
            }
        }
        self.counted[partition.index()].to = to;
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

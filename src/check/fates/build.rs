//! One pass over the trace that gives each record its moments.

use super::stored::Stored;
use super::{Fates, Happened, Loss, Moment};
use crate::check::replicas::{Appended, Replicas, appended};
use crate::sim::config::Config;
use crate::sim::{
    Arena, BatchId, BrokerId, BrokerSet, Fact, MessageId, NodeId, Observation, Offset, RecordId, StepNo,
    TopicPartition, Trace, World,
};
use std::ops::Range;

impl Fates {
    /// Reads a whole run. `world` is one that has come at least as far as the trace.
    pub fn new(world: &World, trace: &Trace) -> Fates {
        Fates::read(world.config(), world.arena(), trace)
    }

    pub(in crate::check) fn read(config: &Config, arena: &Arena, trace: &Trace) -> Fates {
        let mut builder = Builder::new(config, arena, trace);
        trace.observations.iter().for_each(|observation| builder.observe(observation));
        let Builder { mut fates, moments, stored, .. } = builder;
        fates.stored = stored.series;
        fates.sort(moments);
        fates
    }

    /// Fates of all that is ever sent, still without moments.
    fn empty(trace: &Trace) -> Fates {
        let mut most = [0_u32; 3];
        for observation in &trace.observations {
            if let Fact::Sent { record, .. } = observation.fact {
                let most = &mut most[usize::from(record.producer()) - 1];
                *most = record.number().max(*most);
            }
        }
        let mut fates = Fates::default();
        for (i, count) in most.into_iter().enumerate() {
            fates.producers[i + 1] = fates.producers[i] + count;
        }
        fates.partitions = vec![TopicPartition::events(0); fates.producers[3] as usize];
        fates
    }

    /// Moments by record; those of one record stay in order.
    fn sort(&mut self, moments: Vec<(u32, Moment)>) {
        let mut starts = vec![0_u32; self.producers[3] as usize + 1];
        moments.iter().for_each(|(place, _)| starts[*place as usize + 1] += 1);
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let nothing = Moment { step: StepNo(0), what: Happened::Blocked };
        let mut next = starts.clone();
        self.moments = vec![nothing; moments.len()];
        for (place, moment) in moments {
            let next = &mut next[place as usize];
            self.moments[*next as usize] = moment;
            *next += 1;
        }
        self.starts = starts;
    }
}

/// What has happened to a record at least once.
#[derive(Clone, Copy, Debug, Default)]
struct Once {
    sent: bool,
    acked: bool,
    paid: bool,
}

struct Builder<'a> {
    arena: &'a Arena,
    fates: Fates,
    replicas: Replicas,
    stored: Stored,
    /// Who leads what, as each broker believes.
    leads: [[bool; TopicPartition::MAX]; 5],
    /// By partition, as the controller holds it: who leads, and who is in ISR or ELR.
    registered: [(Option<BrokerId>, BrokerSet); TopicPartition::MAX],
    /// Brokers without a process.
    down: BrokerSet,
    moments: Vec<(u32, Moment)>,
    /// Batches of produce requests, by rising number of the request.
    requests: Vec<(MessageId, BatchId)>,
    /// By place of the record.
    once: Vec<Once>,
    /// Whether its producer has it open, by place of the record.
    open: Vec<bool>,
    /// The batch that each offset was last committed with.
    committed: [Vec<Option<BatchId>>; TopicPartition::MAX],
    /// The record last delivered at each offset.
    delivered: [Vec<Option<RecordId>>; 3],
}

impl<'a> Builder<'a> {
    fn new(config: &Config, arena: &'a Arena, trace: &Trace) -> Builder<'a> {
        let fates = Fates::empty(trace);
        let records = fates.producers[3] as usize;
        let mut leads = [[false; TopicPartition::MAX]; 5];
        let mut registered = [(None, BrokerSet::EMPTY); TopicPartition::MAX];
        for partition in config.partitions() {
            let first = config.replicas(partition).next().expect("a partition has a replica");
            registered[partition.index()] = (Some(first), config.replica_set(partition));
            leads[first.index()][partition.index()] = true;
        }
        Builder {
            arena,
            fates,
            replicas: Replicas::default(),
            stored: Stored::new(config, records),
            leads,
            registered,
            down: BrokerSet::EMPTY,
            moments: Vec::new(),
            requests: Vec::new(),
            once: vec![Once::default(); records],
            open: vec![false; records],
            committed: Default::default(),
            delivered: Default::default(),
        }
    }

    fn observe(&mut self, observation: &Observation) {
        match observation.node {
            NodeId::Broker(n) => self.at_broker(BrokerId(n), observation),
            NodeId::Producer(n) => self.at_producer(n, observation),
            NodeId::Consumer(n) => self.at_consumer(n, observation),
            NodeId::Database => self.at_database(observation),
            NodeId::Controller => {
                if let Fact::PartitionChanged { partition, leader, isr, elr, .. } = observation.fact {
                    self.registered[partition.index()] = (leader, isr.union(elr));
                    self.reconsider(observation.step, partition);
                }
            }
        }
    }

    /// Whose logs of a partition count. Where nobody may lead, the controller waits for whoever could before.
    fn reconsider(&mut self, step: StepNo, partition: TopicPartition) {
        let (leader, others) = self.registered[partition.index()];
        if !partition.is_events() {
            return;
        }
        let brokers = match leader {
            Some(leader) if !self.down.contains(leader) => BrokerSet::of(leader),
            _ if others.is_empty() => return,
            _ => others,
        };
        let before = self.stored.logs[partition.index()];
        for broker in before.minus(brokers).iter() {
            self.book(step, broker, partition, 0..Offset::MAX, Stored::remove);
        }
        self.stored.logs[partition.index()] = brokers;
        for broker in brokers.minus(before).iter() {
            self.book(step, broker, partition, 0..Offset::MAX, Stored::add);
        }
    }

    /// Books what a range of a log came to or lost, if the log counts.
    fn book(
        &mut self,
        step: StepNo,
        broker: BrokerId,
        partition: TopicPartition,
        range: Range<Offset>,
        how: fn(&mut Stored, &[usize]),
    ) {
        if self.stored.logs[partition.index()].contains(broker) {
            let places = self.places(broker, partition, range);
            how(&mut self.stored, &places);
            self.stored.note(step);
        }
    }

    /// Books what a high watermark passed. It need not be the leader's whose log counts: who was deposed and not told
    /// yet goes on with who follows him.
    fn book_committed(
        &mut self,
        step: StepNo,
        broker: BrokerId,
        partition: TopicPartition,
        range: Range<Offset>,
    ) {
        if partition.is_events() {
            let places = self.places(broker, partition, range);
            self.stored.commit(&places);
            self.stored.note(step);
        }
    }

    /// Places of the records in a range of a log.
    fn places(&self, broker: BrokerId, partition: TopicPartition, range: Range<Offset>) -> Vec<usize> {
        let records = self.replicas.log(broker, partition).records(self.arena, range);
        records.filter_map(|(_, record)| self.fates.place(record)).collect()
    }

    fn push(&mut self, step: StepNo, record: RecordId, what: Happened) {
        if let Some(place) = self.fates.place(record) {
            self.moments.push((place as u32, Moment { step, what }));
        }
    }

    fn push_all(&mut self, step: StepNo, batch: BatchId, what: Happened) {
        let arena = self.arena;
        arena.records(batch).for_each(|record| self.push(step, record, what));
    }

    /// Whether something happens to a record for the first time.
    fn first(&mut self, record: RecordId, what: fn(&mut Once) -> &mut bool) -> bool {
        let Some(place) = self.fates.place(record) else { return false };
        !std::mem::replace(what(&mut self.once[place]), true)
    }

    // Producers.

    fn at_producer(&mut self, producer: u8, observation: &Observation) {
        let step = observation.step;
        match observation.fact {
            Fact::Sent { record, partition, resend } => self.sent(step, record, partition, resend),
            Fact::SendBlocked { record } => self.push(step, record, Happened::Blocked),
            Fact::Buffered { record } => self.push(step, record, Happened::Buffered),
            Fact::ProduceAttempted { message, batch, attempt, to } => {
                self.requests.push((message, batch));
                self.push_all(step, batch, Happened::Attempted { request: message, broker: to, attempt });
            }
            Fact::ProduceAnswered { request, partition, error } => {
                self.push_request(step, request, partition, Happened::Answered { request, error });
            }
            Fact::ProduceUnanswered { request, partition, error } => {
                self.push_request(step, request, partition, Happened::Unanswered { request, error });
            }
            Fact::RetryQueued { batch, error, .. } => {
                self.push_all(step, batch, Happened::RetryQueued { error });
            }
            Fact::BatchExpired { batch: Some(batch), .. } => self.push_all(step, batch, Happened::Expired),
            Fact::Acked { record, offset } => {
                self.completed(step, record, Happened::Acked { offset });
                if self.first(record, |once| &mut once.acked) {
                    self.fates.acked.push(step);
                }
            }
            Fact::Failed { record, error } => self.completed(step, record, Happened::Failed { error }),
            Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => {
                let before = usize::from(producer) - 1;
                for place in self.fates.producers[before]..self.fates.producers[before + 1] {
                    if std::mem::take(&mut self.open[place as usize]) {
                        self.moments.push((place, Moment { step, what: Happened::Abandoned }));
                    }
                }
            }
            _ => {}
        }
    }

    fn sent(&mut self, step: StepNo, record: RecordId, partition: TopicPartition, resend: u16) {
        let Some(place) = self.fates.place(record) else { return };
        self.fates.partitions[place] = partition;
        self.open[place] = true;
        self.push(step, record, Happened::Sent { resend });
        if self.first(record, |once| &mut once.sent) {
            self.fates.sent.push(step);
        }
    }

    fn completed(&mut self, step: StepNo, record: RecordId, what: Happened) {
        let Some(place) = self.fates.place(record) else { return };
        self.open[place] = false;
        self.push(step, record, what);
    }

    fn push_request(&mut self, step: StepNo, request: MessageId, partition: TopicPartition, what: Happened) {
        let first = self.requests.partition_point(|(message, _)| *message < request);
        for i in first..self.requests.len() {
            let (message, batch) = self.requests[i];
            if message != request {
                break;
            }
            if self.arena.batch(batch).partition == partition {
                self.push_all(step, batch, what);
            }
        }
    }

    // Brokers.

    fn at_broker(&mut self, broker: BrokerId, observation: &Observation) {
        let step = observation.step;
        self.before_logs_change(broker, observation);
        self.replicas.observe(self.arena, observation);
        if let Some(appended) = appended(self.arena, &observation.fact) {
            self.append(step, broker, appended);
        }
        match observation.fact {
            Fact::DuplicateFound { batch, base_offset } => {
                let arena = self.arena;
                for (offset, record) in (base_offset..).zip(arena.records(batch)) {
                    self.push(step, record, Happened::DuplicateFound { broker, offset });
                }
            }
            Fact::AppendRefused { batch, error } => {
                self.push_all(step, batch, Happened::Refused { broker, error });
            }
            Fact::BecameLeader { partition, .. } => {
                self.leads[broker.index()][partition.index()] = true;
                // What stands there may be another record than the one that a high watermark passed.
                let to = self.replicas.log(broker, partition).high_watermark;
                self.book_committed(step, broker, partition, 0..to);
            }
            Fact::BecameFollower { partition, .. } => self.leads[broker.index()][partition.index()] = false,
            Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => {
                self.leads[broker.index()] = Default::default();
                self.down = self.down.with(broker);
                for partition in (0..TopicPartition::MAX).map(TopicPartition::at) {
                    self.reconsider(step, partition);
                }
            }
            Fact::Started { .. } => self.down = self.down.without(broker),
            Fact::HighWatermarkMoved { partition, from, to } => {
                if self.leads[broker.index()][partition.index()] {
                    self.commit(step, broker, partition, from, to);
                }
            }
            _ => {}
        }
    }

    /// What can only be said of a log before it is cut or flushed.
    fn before_logs_change(&mut self, broker: BrokerId, observation: &Observation) {
        let step = observation.step;
        match observation.fact {
            Fact::Truncated { partition, to, leader, .. } => {
                self.lose(step, broker, partition, to, Loss::Truncated(leader));
            }
            Fact::UnflushedLost { partition, to, .. } => self.lose(step, broker, partition, to, Loss::Power),
            Fact::LogStartMoved { partition, from, to } => self.delete(step, broker, partition, from, to),
            Fact::Flushed { partition, to } => {
                let log = self.replicas.log(broker, partition);
                let flushed: Vec<_> = log.records(self.arena, log.flushed..to.max(log.flushed)).collect();
                for (offset, record) in flushed {
                    self.push(step, record, Happened::Flushed { broker, offset });
                }
            }
            _ => {}
        }
    }

    fn append(&mut self, step: StepNo, broker: BrokerId, appended: Appended) {
        let Appended { partition, entry, by_leader } = appended;
        let leader_epoch = entry.leader_epoch;
        let arena = self.arena;
        self.book(step, broker, partition, entry.base_offset..entry.end(), Stored::add);
        for (offset, record) in (entry.base_offset..).zip(arena.records(entry.batch)) {
            let what = if by_leader {
                Happened::Appended { broker, offset, leader_epoch }
            } else {
                Happened::Replicated { broker, offset, leader_epoch }
            };
            self.push(step, record, what);
        }
    }

    fn lose(&mut self, step: StepNo, broker: BrokerId, partition: TopicPartition, to: Offset, how: Loss) {
        let log = self.replicas.log(broker, partition);
        let lost: Vec<_> = log.records(self.arena, to..log.end().max(to)).collect();
        for (offset, record) in lost {
            self.push(step, record, Happened::Lost { broker, offset, how });
        }
        self.book(step, broker, partition, to..Offset::MAX, Stored::remove);
    }

    fn delete(
        &mut self,
        step: StepNo,
        broker: BrokerId,
        partition: TopicPartition,
        from: Offset,
        to: Offset,
    ) {
        let log = self.replicas.log(broker, partition);
        let gone: Vec<_> = log.records(self.arena, from..to.max(from)).collect();
        for (offset, record) in gone {
            self.push(step, record, Happened::Lost { broker, offset, how: Loss::Deleted });
        }
        self.book(step, broker, partition, 0..to, Stored::remove);
    }

    fn commit(
        &mut self,
        step: StepNo,
        broker: BrokerId,
        partition: TopicPartition,
        from: Offset,
        to: Offset,
    ) {
        let log = self.replicas.log(broker, partition);
        let committed = &mut self.committed[partition.index()];
        if committed.len() < to as usize {
            committed.resize(to as usize, None);
        }
        let mut passed = Vec::new();
        for (offset, record) in log.records(self.arena, from..to.max(from)) {
            let batch = log.at(offset).map(|entry| entry.batch);
            // A new leader passes again what an old one passed before it.
            if std::mem::replace(&mut committed[offset as usize], batch) != batch {
                passed.push((offset, record));
            }
        }
        for (offset, record) in passed {
            self.push(step, record, Happened::Committed { broker, offset });
        }
        self.book_committed(step, broker, partition, from..to.max(from));
    }

    // Consumers and database.

    fn at_consumer(&mut self, consumer: u8, observation: &Observation) {
        let step = observation.step;
        match observation.fact {
            Fact::Delivered { record, partition, offset } => {
                let at = &mut self.delivered[partition.index()];
                if at.len() <= offset as usize {
                    at.resize(offset as usize + 1, None);
                }
                at[offset as usize] = Some(record);
                self.push(step, record, Happened::Delivered { consumer, offset });
            }
            Fact::CalledAgain { record } => self.push(step, record, Happened::CalledAgain { consumer }),
            Fact::ProcessingFailed { record } => {
                self.push(step, record, Happened::ProcessingFailed { consumer })
            }
            Fact::Skipped { record, why } => self.push(step, record, Happened::Skipped { consumer, why }),
            Fact::Committed { partition, offset, grew } => {
                self.passed(step, consumer, partition, offset, grew);
            }
            fact => self.noted(step, fact),
        }
    }

    /// A committed offset passed what was last delivered below it.
    fn passed(&mut self, step: StepNo, consumer: u8, partition: TopicPartition, to: Offset, grew: u32) {
        for offset in to.saturating_sub(grew)..to {
            let delivered = self.delivered[partition.index()].get(offset as usize).copied().flatten();
            if let Some(record) = delivered {
                self.push(step, record, Happened::OffsetCommitted { consumer, offset });
            }
        }
    }

    fn at_database(&mut self, observation: &Observation) {
        let step = observation.step;
        match observation.fact {
            Fact::Applied { record, consumer, version } => {
                self.push(step, record, Happened::Applied { consumer, version });
                if self.first(record, |once| &mut once.paid) {
                    self.fates.paid.push(step);
                }
            }
            Fact::DeadLettered { record, consumer } => {
                self.push(step, record, Happened::DeadLettered { consumer });
            }
            Fact::OffsetStoredInDatabase { partition, offset, grew, consumer } => {
                self.passed(step, consumer, partition, offset, grew);
            }
            fact => self.noted(step, fact),
        }
    }

    /// Ids, in the database or in the memory of a consumer.
    fn noted(&mut self, step: StepNo, fact: Fact) {
        match fact {
            Fact::Recorded { record, consumer } => self.push(step, record, Happened::Recorded { consumer }),
            Fact::Forgotten { record, consumer } => self.push(step, record, Happened::Forgotten { consumer }),
            _ => {}
        }
    }
}

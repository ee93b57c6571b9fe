//! What happened to each record, in order: built once for a run, then asked for any moment of it.

use crate::sim::{
    BrokerId, Error, LeaderEpoch, MessageId, Offset, ProcessState, RecordId, SkipReason, StepNo,
    TopicPartition, World,
};

mod build;
mod stored;

/// Something that happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub step: StepNo,
    /// What.
    pub what: Happened,
}

/// What can happen to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    // At its producer.
    /// The application called send().
    Sent {
        /// The how-many-th time, from 0.
        resend: u16,
    },
    /// send() stood still.
    Blocked,
    /// It waits in the accumulator.
    Buffered,
    /// A produce request with it was sent.
    Attempted {
        /// The request.
        request: MessageId,
        /// To whom.
        broker: BrokerId,
        /// The how-many-th attempt of its batch, from 1.
        attempt: u16,
    },
    /// The answer to an attempt came.
    Answered {
        /// The request.
        request: MessageId,
        /// Its error, if any.
        error: Option<Error>,
    },
    /// An attempt ended without an answer.
    Unanswered {
        /// The request.
        request: MessageId,
        /// Timed out or disconnected.
        error: Error,
    },
    /// It waits to be sent again.
    RetryQueued {
        /// Why.
        error: Error,
    },
    /// `delivery.timeout.ms` was over.
    Expired,
    /// The application was told that it is stored.
    Acked {
        /// Where; none with `acks=0`.
        offset: Option<Offset>,
    },
    /// The application was told that it failed.
    Failed {
        /// With what.
        error: Error,
    },
    /// Its producer's process ended before the application was told anything.
    Abandoned,

    // In the logs.
    /// A leader appended it.
    Appended {
        /// Who.
        broker: BrokerId,
        /// Where.
        offset: Offset,
        /// In which epoch.
        leader_epoch: LeaderEpoch,
    },
    /// A follower copied it.
    Replicated {
        /// Who.
        broker: BrokerId,
        /// Where.
        offset: Offset,
        /// Epoch of the leader that appended it first.
        leader_epoch: LeaderEpoch,
    },
    /// A leader found that it has it already.
    DuplicateFound {
        /// Who.
        broker: BrokerId,
        /// Where it stands.
        offset: Offset,
    },
    /// A leader refused it.
    Refused {
        /// Who.
        broker: BrokerId,
        /// Why.
        error: Error,
    },
    /// A copy of it is on disk.
    Flushed {
        /// Whose.
        broker: BrokerId,
        /// Where.
        offset: Offset,
    },
    /// The leader's high watermark passed it.
    Committed {
        /// The leader.
        broker: BrokerId,
        /// Where it stands.
        offset: Offset,
    },
    /// A copy of it is gone.
    Lost {
        /// Whose.
        broker: BrokerId,
        /// Where it stood.
        offset: Offset,
        /// How.
        how: Loss,
    },

    // At the consumers and in the database.
    /// poll() handed it to an application.
    Delivered {
        /// Whose.
        consumer: u8,
        /// Where it stands.
        offset: Offset,
    },
    /// The application left it alone, or its update hit no row.
    Skipped {
        /// Whose.
        consumer: u8,
        /// Why.
        why: SkipReason,
    },
    /// It was paid.
    Applied {
        /// By whom.
        consumer: u8,
        /// The account's version after it.
        version: u32,
    },
    /// Its id was noted.
    Recorded {
        /// By whom.
        consumer: u8,
    },
    /// The note of its id had had its time.
    Forgotten {
        /// Who looked for it.
        consumer: u8,
    },
    /// An application made the call for it once more, without an answer to the first one.
    CalledAgain {
        /// Whose.
        consumer: u8,
    },
    /// An application could not process it.
    ProcessingFailed {
        /// Whose.
        consumer: u8,
    },
    /// It was put aside.
    DeadLettered {
        /// By whom.
        consumer: u8,
    },
    /// A committed (or stored) offset passed it.
    OffsetCommitted {
        /// Whose.
        consumer: u8,
        /// Where it stood when it was delivered.
        offset: Offset,
    },
}

/// How a copy was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The machine lost power before it was flushed.
    Power,
    /// The replica cut its log to match this leader's.
    Truncated(BrokerId),
    /// Its segment was old enough to be deleted, or its leader's log begins behind it.
    Deleted,
}

/// The fate of one record.
#[derive(Clone, Copy, Debug)]
pub struct Fate<'a> {
    /// The record.
    pub record: RecordId,
    /// Where the partitioner puts it.
    pub partition: TopicPartition,
    /// What happened to it, in order.
    pub moments: &'a [Moment],
}

/// A copy of a record in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredCopy {
    /// Whose log.
    pub broker: BrokerId,
    /// Where.
    pub offset: Offset,
    /// It is on disk.
    pub flushed: bool,
}

/// What an application knows of a record that it sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Told {
    /// Nothing yet.
    #[default]
    Open,
    /// It is stored.
    Acked,
    /// It failed.
    Failed(Error),
    /// Nothing ever: its process ended.
    Abandoned,
}

/// How a record stands at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordState {
    /// How often send() was called with it.
    pub sent: u32,
    /// What the application knows.
    pub told: Told,
    /// Produce requests with it so far.
    pub attempts: u32,
    /// Its copies in logs, of brokers up or down.
    pub copies: Vec<StoredCopy>,
    /// A leader's high watermark passed a copy that still exists.
    pub committed: bool,
    /// How often it was handed to an application.
    pub delivered: u32,
    /// How often it was paid.
    pub applied: u32,
    /// Its id was noted.
    pub recorded: bool,
    /// A committed offset passed it.
    pub offset_committed: bool,
}

impl<'a> Fate<'a> {
    /// What had happened when `step` was over.
    pub fn until(&self, step: StepNo) -> &'a [Moment] {
        &self.moments[..self.moments.partition_point(|moment| moment.step <= step)]
    }

    /// How the record stood when `step` was over.
    pub fn at(&self, step: StepNo) -> RecordState {
        let mut state = RecordState::default();
        self.until(step).iter().for_each(|moment| state.follow(moment.what));
        state
    }

    /// How it stood at the end.
    pub fn end(&self) -> RecordState {
        self.at(StepNo(u32::MAX))
    }

    /// The first moment at which something happened.
    pub fn first(&self, is: impl Fn(Happened) -> bool) -> Option<Moment> {
        self.moments.iter().copied().find(|moment| is(moment.what))
    }
}

impl RecordState {
    fn follow(&mut self, what: Happened) {
        match what {
            Happened::Sent { .. } => {
                self.sent += 1;
                if self.told != Told::Acked {
                    self.told = Told::Open;
                }
            }
            Happened::Attempted { .. } => self.attempts += 1,
            Happened::Acked { .. } => self.told = Told::Acked,
            Happened::Failed { error } if self.told != Told::Acked => self.told = Told::Failed(error),
            Happened::Abandoned if self.told != Told::Acked => self.told = Told::Abandoned,
            Happened::Appended { broker, offset, .. } | Happened::Replicated { broker, offset, .. } => {
                self.copies.push(StoredCopy { broker, offset, flushed: false });
            }
            Happened::Flushed { broker, offset } => {
                let on_disk = |copy: &&mut StoredCopy| copy.broker == broker && copy.offset == offset;
                self.copies.iter_mut().filter(on_disk).for_each(|copy| copy.flushed = true);
            }
            Happened::Committed { .. } => self.committed = true,
            Happened::Lost { broker, offset, .. } => {
                self.copies.retain(|copy| copy.broker != broker || copy.offset != offset);
                self.committed &= !self.copies.is_empty();
            }
            Happened::Delivered { .. } => self.delivered += 1,
            Happened::Applied { .. } => self.applied += 1,
            Happened::Recorded { .. } => self.recorded = true,
            Happened::Forgotten { .. } => self.recorded = false,
            Happened::OffsetCommitted { .. } => self.offset_committed = true,
            Happened::Blocked
            | Happened::Buffered
            | Happened::Answered { .. }
            | Happened::Unanswered { .. }
            | Happened::RetryQueued { .. }
            | Happened::Expired
            | Happened::Failed { .. }
            | Happened::Abandoned
            | Happened::DuplicateFound { .. }
            | Happened::Refused { .. }
            | Happened::CalledAgain { .. }
            | Happened::ProcessingFailed { .. }
            | Happened::DeadLettered { .. }
            | Happened::Skipped { .. } => {}
        }
    }
}

/// How many records had come how far at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Distinct records sent.
    pub sent: u32,
    /// Those of them acked.
    pub acked: u32,
    /// Distinct records that a high watermark has passed and that still stand in the leader's log, which is what the
    /// verdict reads at the end. While the leader is down or there is none, the logs of all count that may be elected:
    /// ISR and ELR, running or not, or whoever could last where both are empty. So nothing is missing while another
    /// broker has it and can lead, and a record is missing once nobody who has it can be elected.
    pub stored: u32,
    /// Distinct records that were paid, once or more.
    pub paid: u32,
}

/// The fates of all records of a run.
#[derive(Clone, Debug, Default)]
pub struct Fates {
    /// Place of each producer's first record among `partitions` and `starts`; one more for the end.
    producers: [u32; 4],
    partitions: Vec<TopicPartition>,
    /// Place of each record's first moment; one more for the end.
    starts: Vec<u32>,
    moments: Vec<Moment>,
    sent: Vec<StepNo>,
    acked: Vec<StepNo>,
    paid: Vec<StepNo>,
    /// Steps after which another number of records was stored, with that number.
    stored: Vec<(StepNo, u32)>,
}

impl Fates {
    /// Every record that was ever sent, by producer and number.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = RecordId> {
        (0..3_u8).flat_map(|producer| {
            let place = usize::from(producer);
            let count = self.producers[place + 1] - self.producers[place];
            (1..=count).map(move |number| RecordId::new(producer + 1, number))
        })
    }

    /// What happened to a record; none if it was never sent.
    pub fn of(&self, record: RecordId) -> Option<Fate<'_>> {
        let place = self.place(record)?;
        let moments = &self.moments[self.starts[place] as usize..self.starts[place + 1] as usize];
        Some(Fate { record, partition: self.partitions[place], moments })
    }

    fn place(&self, record: RecordId) -> Option<usize> {
        let producer = usize::from(record.producer()) - 1;
        let place = self.producers[producer] + record.number() - 1;
        (place < self.producers[producer + 1]).then_some(place as usize)
    }

    /// How many records had come how far when `step` was over.
    pub fn funnel(&self, step: StepNo) -> Funnel {
        let until = |steps: &[StepNo]| steps.partition_point(|at| *at <= step) as u32;
        let stored = self.stored.partition_point(|(at, _)| *at <= step);
        Funnel {
            sent: until(&self.sent),
            acked: until(&self.acked),
            stored: stored.checked_sub(1).map_or(0, |last| self.stored[last].1),
            paid: until(&self.paid),
        }
    }
}

/// Whether a batch in a broker's log is the only live copy: no other broker that is up has it. While nobody that
/// is up has it, the only copy there is counts.
pub fn only_here(world: &World, partition: TopicPartition, broker: BrokerId, place: usize) -> bool {
    let Some(entry) = world.replica(broker, partition).and_then(|replica| replica.log.get(place)) else {
        return false;
    };
    let up = |id: BrokerId| !matches!(world.process(id.into()), ProcessState::Down { .. });
    let has_it = |id: BrokerId| {
        let Some(replica) = world.replica(id, partition) else { return false };
        let same = replica.log.partition_point(|other| other.base_offset < entry.base_offset);
        replica.log.get(same).is_some_and(|other| {
            (other.batch, other.base_offset, other.leader_epoch)
                == (entry.batch, entry.base_offset, entry.leader_epoch)
        })
    };
    let others: Vec<BrokerId> =
        world.config().replicas(partition).filter(|id| *id != broker && has_it(*id)).collect();
    if up(broker) { !others.into_iter().any(up) } else { others.is_empty() }
}

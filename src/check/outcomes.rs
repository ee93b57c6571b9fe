//! What producers and consumers were told and did, record by record.

use super::report::Report;
use crate::sim::{Error, Fact, Micros, NodeId, Observation, RecordId, Time, World};

/// What a producer was told of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is stored. Once told so, that stands, whatever became of sending it again.
    Acked,
    /// It failed (the last time that it was sent).
    Failed(Error),
    /// Nothing: its client died, or the run ended before.
    Unknown,
}

/// What became of the records at the consumers and in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumption {
    /// How often each was handed to an application, if ever.
    pub delivered: Vec<(RecordId, u32)>,
    /// How often each took effect, if ever.
    pub applied: Vec<(RecordId, u32)>,
    /// Records in the log without an effect; none = the log is unreadable.
    pub never_applied: Option<Vec<RecordId>>,
    /// Records with more than one effect, and how many.
    pub applied_twice: Vec<(RecordId, u32)>,
    /// ¥20 for each distinct record sent.
    pub balance_expected: u64,
    /// What the accounts hold.
    pub balance_actual: u64,
}

impl Consumption {
    pub(super) fn as_promised(&self) -> bool {
        self.never_applied.as_ref().is_some_and(Vec::is_empty) && self.applied_twice.is_empty()
    }
}

/// What an event pays, in ¥.
const PAYMENT: u64 = 20;

/// One record so far.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    sent: bool,
    acked: bool,
    failed: Option<Error>,
    delivered: u32,
    applied: u32,
}

/// A producer's open records, and since when it waits for an ack.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    open: u32,
    since: Time,
}

/// The fold.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    /// By number of the producer, then of the record.
    records: [Vec<Told>; Self::PRODUCERS],
    waiting: [Waiting; Self::PRODUCERS],
    unavailable: Micros,
}

impl Outcomes {
    const PRODUCERS: usize = 3;

    pub(super) fn observe(&mut self, at: Time, observation: &Observation) {
        match observation.fact {
            Fact::Sent { record, .. } => {
                let told = self.told(record);
                told.sent = true;
                told.failed = None;
                let waiting = &mut self.waiting[producer(record)];
                if waiting.open == 0 {
                    waiting.since = at;
                }
                waiting.open += 1;
            }
            Fact::Acked { record, .. } => {
                self.told(record).acked = true;
                self.completed(at, producer(record), true);
            }
            Fact::Failed { record, error } => {
                self.told(record).failed = Some(error);
                self.completed(at, producer(record), false);
            }
            Fact::Killed { .. } | Fact::PowerLost { .. } | Fact::Stopped => self.died(at, observation.node),
            Fact::Delivered { record, .. } => self.told(record).delivered += 1,
            Fact::Applied { record, .. } => self.told(record).applied += 1,
            _ => {}
        }
    }

    fn told(&mut self, record: RecordId) -> &mut Told {
        let records = &mut self.records[producer(record)];
        let place = record.number() as usize - 1;
        if place >= records.len() {
            records.resize(place + 1, Told::default());
        }
        &mut records[place]
    }

    fn completed(&mut self, at: Time, producer: usize, acked: bool) {
        let waiting = &mut self.waiting[producer];
        waiting.open = waiting.open.saturating_sub(1);
        if acked || waiting.open == 0 {
            self.unavailable = self.unavailable.max(at.since(waiting.since));
            waiting.since = at;
        }
    }

    fn died(&mut self, at: Time, node: NodeId) {
        let NodeId::Producer(n) = node else { return };
        let waiting = &mut self.waiting[usize::from(n) - 1];
        if waiting.open > 0 {
            self.unavailable = self.unavailable.max(at.since(waiting.since));
            waiting.open = 0;
        }
    }

    fn iter(&self) -> impl Iterator<Item = (RecordId, &Told)> {
        self.records.iter().zip(1..).flat_map(|(records, producer)| {
            records.iter().zip(1..).map(move |(told, number)| (RecordId::new(producer, number), told))
        })
    }

    /// What each record sent came to.
    pub(super) fn result(&self) -> Vec<(RecordId, Outcome)> {
        let sent = self.iter().filter(|(_, told)| told.sent);
        let outcome = |told: &Told| match (told.acked, told.failed) {
            (true, _) => Outcome::Acked,
            (false, Some(error)) => Outcome::Failed(error),
            (false, None) => Outcome::Unknown,
        };
        sent.map(|(id, told)| (id, outcome(told))).collect()
    }

    /// What the consumers made of it, where the logs hold `log`.
    pub(super) fn consumption(&self, world: &World, log: &[Option<Vec<RecordId>>]) -> Consumption {
        let counted = |count: fn(&Told) -> u32, least: u32| {
            self.iter().map(|(id, told)| (id, count(told))).filter(|(_, n)| *n >= least).collect()
        };
        let applied = |id: RecordId| {
            let records = &self.records[producer(id)];
            records.get(id.number() as usize - 1).is_some_and(|told| told.applied > 0)
        };
        let never_applied = super::log::ids_of(log)
            .map(|ids| ids.into_iter().filter(|id| !applied(*id)).collect::<Vec<RecordId>>());
        let sent = self.iter().filter(|(_, told)| told.sent).count();
        Consumption {
            delivered: counted(|told| told.delivered, 1),
            applied: counted(|told| told.applied, 1),
            never_applied,
            applied_twice: counted(|told| told.applied, 2),
            balance_expected: PAYMENT * sent as u64,
            balance_actual: world.accounts().iter().map(|account| u64::from(account.amount)).sum(),
        }
    }

    /// See [`Report::unavailable`].
    pub(super) fn unavailable(&self, end: Time) -> Micros {
        let open = self.waiting.iter().filter(|waiting| waiting.open > 0);
        open.map(|waiting| end.since(waiting.since)).fold(self.unavailable, Micros::max)
    }
}

fn producer(record: RecordId) -> usize {
    usize::from(record.producer()) - 1
}

impl Report {
    /// What a producer was told of a record; none = it was never sent.
    pub fn outcome(&self, record: RecordId) -> Option<Outcome> {
        let place = self.result.binary_search_by_key(&record, |(id, _)| *id).ok()?;
        Some(self.result[place].1)
    }
}

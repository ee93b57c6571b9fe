//! The database: accounts, noted ids, stored offsets. With `effect = "external-call"` it is that of the service
//! which is called.
//!
//! Each statement, and each transaction, is atomic: it takes its time, then all of it has happened, or none
//! if the database died meanwhile. Its answer travels like any message and can be lost.

use super::config::{Config, Effect, Mutant};
use super::cow::CowVec;
use super::cx::{self, Cx};
use super::fact::{CloseReason, Fact};
use super::ids::{ConnectionId, MessageId, Micros, NodeId, Offset, RecordId, Time};
use super::message::{Booking, DatabaseRequest, DatabaseResponse, DedupId, Envelope, Message};
use super::view::Account;

/// A statement on its own.
const STATEMENT: Micros = 100;
/// A transaction of several, with its commit.
const TRANSACTION: Micros = 300;
/// A call to a service.
const CALL: Micros = 20_000;
/// What an event pays.
const PAYMENT: u32 = 20;

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A statement takes effect.
    Execute(MessageId),
    /// Its answer is sent.
    Answer(MessageId),
}

impl From<Timer> for cx::Timer {
    fn from(timer: Timer) -> cx::Timer {
        cx::Timer::Database(timer)
    }
}

/// A statement that is being carried out.
#[derive(Clone, Debug)]
struct Open {
    connection: ConnectionId,
    id: MessageId,
    consumer: u8,
    request: DatabaseRequest,
    answer: Option<DatabaseResponse>,
}

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    accounts: Vec<Account>,
    /// Until when each noted id is kept (0: not noted): events by producer and number, then places by
    /// partition and offset.
    noted: [CowVec<Time>; 6],
    stored: [Option<Offset>; 3],
    /// Rows in the table of dead letters.
    dead_letters: u32,
    open: Vec<Open>,
}

impl Database {
    /// Empty accounts.
    pub(crate) fn new(config: &Config) -> Database {
        let producers = usize::from(config.producer.count);
        Database {
            accounts: vec![Account::default(); producers],
            noted: Default::default(),
            stored: [None; 3],
            dead_letters: 0,
            open: Vec::new(),
        }
    }

    /// Accounts, by number of the producer.
    pub(crate) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Stored offsets, by number of the partition.
    pub(crate) fn stored_offsets(&self) -> [Option<Offset>; 3] {
        self.stored
    }

    /// Rows in the table of dead letters.
    pub(crate) fn dead_letters(&self) -> u32 {
        self.dead_letters
    }

    /// A process of this node starts.
    pub(crate) fn start(&mut self, _cx: &mut Cx<'_>, _first: bool) {}

    /// A message arrived.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Envelope) {
        let (Message::DatabaseRequest(request), NodeId::Consumer(consumer)) = (envelope.body, envelope.from)
        else {
            return;
        };
        let calls =
            cx.config().consumer.as_ref().is_some_and(|consumer| consumer.effect == Effect::ExternalCall);
        let takes = match request {
            DatabaseRequest::Pay(_) | DatabaseRequest::PayOnce(..) if calls => CALL,
            DatabaseRequest::PayOnce(..) | DatabaseRequest::PayAndStore { .. } => TRANSACTION,
            _ => STATEMENT,
        };
        let (connection, id) = (envelope.connection, envelope.id);
        self.open.push(Open { connection, id, consumer, request, answer: None });
        cx.set_timer(takes, Timer::Execute(id).into());
    }

    /// The database opens no connection.
    pub(crate) fn on_connected(&mut self, _cx: &mut Cx<'_>, _connection: ConnectionId) {}

    /// A session ended. A statement under way is carried out all the same; nobody is told.
    pub(crate) fn on_closed(&mut self, _cx: &mut Cx<'_>, _connection: ConnectionId, _why: CloseReason) {}

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Execute(id) => {
                let Some(place) = self.open.iter().position(|open| open.id == id) else { return };
                let (request, consumer) = (self.open[place].request, self.open[place].consumer);
                let answer = self.execute(cx, request, consumer);
                self.open[place].answer = Some(answer);
                cx.set_timer(0, Timer::Answer(id).into());
            }
            Timer::Answer(id) => {
                let Some(place) = self.open.iter().position(|open| open.id == id) else { return };
                let open = self.open.remove(place);
                if let Some(answer) = open.answer {
                    cx.reply(open.connection, open.id, Message::DatabaseResponse(answer));
                }
            }
        }
    }

    /// The process is gone; what was open is rolled back, what was committed stays.
    pub(crate) fn on_death(&mut self, cx: &mut Cx<'_>, _power: bool) {
        for open in std::mem::take(&mut self.open) {
            if open.answer.is_none() {
                cx.record(Fact::RolledBack { consumer: open.consumer });
            }
        }
    }

    /// An orderly shutdown: what is open is rolled back.
    pub(crate) fn on_stop(&mut self, cx: &mut Cx<'_>) {
        cx.exit();
    }

    fn execute(&mut self, cx: &mut Cx<'_>, request: DatabaseRequest, consumer: u8) -> DatabaseResponse {
        match request {
            DatabaseRequest::IsRecorded(record, id) => {
                DatabaseResponse::IsRecorded(self.is_noted(cx, record, id, consumer))
            }
            DatabaseRequest::Record(record, id) => {
                let new = !self.is_noted(cx, record, id, consumer);
                if new {
                    self.note(cx, record, id, consumer);
                }
                DatabaseResponse::Recorded { new }
            }
            DatabaseRequest::Pay(record) => self.pay(cx, record, consumer),
            DatabaseRequest::PayIfVersion(record, version) => {
                if self.account(record).version == version {
                    self.pay(cx, record, consumer)
                } else {
                    DatabaseResponse::Updated(0)
                }
            }
            DatabaseRequest::PayOnce(record, id) => {
                let noted = self.is_noted(cx, record, id, consumer);
                if noted && !cx.mutant(Mutant::PaysWithoutLooking) {
                    cx.record(Fact::RolledBack { consumer });
                    return DatabaseResponse::Updated(0);
                }
                let paid = self.pay(cx, record, consumer);
                self.note(cx, record, id, consumer);
                paid
            }
            DatabaseRequest::ReadVersion(record) => DatabaseResponse::Version(self.account(record).version),
            DatabaseRequest::SetAside(record) => self.set_aside(cx, record, consumer),
            DatabaseRequest::PayAndStore { record, booking, version, once, partition, offset, expected } => {
                let place = usize::from(partition.partition());
                if expected.is_some_and(|expected| expected != self.stored[place]) {
                    cx.record(Fact::RolledBack { consumer });
                    return DatabaseResponse::Updated(0);
                }
                let skips = booking == Booking::Payment
                    && (once.is_some_and(|id| self.is_noted(cx, record, id, consumer))
                        || version.is_some_and(|version| self.account(record).version != version));
                let answer = if skips {
                    DatabaseResponse::Updated(0)
                } else if booking == Booking::Nothing {
                    DatabaseResponse::Updated(1)
                } else if booking == Booking::DeadLetter {
                    self.set_aside(cx, record, consumer)
                } else {
                    let paid = self.pay(cx, record, consumer);
                    if let Some(id) = once {
                        self.note(cx, record, id, consumer);
                    }
                    paid
                };
                let grew = offset.saturating_sub(self.stored[place].unwrap_or(0));
                self.stored[place] = Some(offset);
                cx.record(Fact::OffsetStoredInDatabase { partition, offset, grew, consumer });
                answer
            }
            DatabaseRequest::ReadOffsets => DatabaseResponse::Offsets(self.stored),
        }
    }

    fn account(&mut self, record: RecordId) -> &mut Account {
        &mut self.accounts[usize::from(record.producer()) - 1]
    }

    fn pay(&mut self, cx: &mut Cx<'_>, record: RecordId, consumer: u8) -> DatabaseResponse {
        let account = self.account(record);
        account.amount += PAYMENT;
        account.version += 1;
        let version = account.version;
        cx.record(Fact::Applied { record, consumer, version });
        cx.note_change();
        DatabaseResponse::Updated(1)
    }

    fn set_aside(&mut self, cx: &mut Cx<'_>, record: RecordId, consumer: u8) -> DatabaseResponse {
        self.dead_letters += 1;
        cx.record(Fact::DeadLettered { record, consumer });
        cx.note_change();
        DatabaseResponse::Updated(1)
    }

    /// Whether an id is noted. A note that has had its time (`remember_ms`) is gone.
    fn is_noted(&mut self, cx: &mut Cx<'_>, record: RecordId, id: DedupId, consumer: u8) -> bool {
        let (table, row) = place_of(record, id);
        let Some(until) = self.noted[table].get_mut(row).filter(|until| **until > Time(0)) else {
            return false;
        };
        let kept = cx.now() < *until;
        if !kept {
            *until = Time(0);
            cx.record(Fact::Forgotten { record, consumer });
        }
        kept
    }

    fn note(&mut self, cx: &mut Cx<'_>, record: RecordId, id: DedupId, consumer: u8) {
        let (table, row) = place_of(record, id);
        let remember = cx.config().consumer.as_ref().and_then(|consumer| consumer.remember);
        let noted = &mut self.noted[table];
        while noted.len() <= row {
            noted.push(Time(0));
        }
        *noted.get_mut(row).expect("made sure of above") =
            remember.map_or(Time(u64::MAX), |remember| cx.now().plus(remember));
        cx.record(Fact::Recorded { record, consumer });
        cx.note_change();
    }
}

/// Where an id is noted: the table and the row.
fn place_of(record: RecordId, id: DedupId) -> (usize, usize) {
    match id {
        DedupId::Event => (usize::from(record.producer()) - 1, record.number() as usize),
        DedupId::Place(partition, offset) => (3 + partition.index(), offset as usize),
    }
}

//! The database: accounts, noted ids, stored offsets. With `effect = "external-call"` it is that of the service
//! which is called.
//!
//! Each statement, and each transaction, is atomic: it takes its time, then all of it has happened, or none
//! if the database died meanwhile. Its answer travels like any message and can be lost.

use super::config::{Config, Effect, Mutant};
use super::cx::{self, Cx};
use super::fact::{CloseReason, Fact};
use super::ids::{ConnectionId, MessageId, Micros, NodeId, Offset, RecordId};
use super::message::{Booking, DatabaseRequest, DatabaseResponse, Envelope, Guard, Message, Token};
use super::notes::{self, Notes};
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
    token: Option<Token>,
    answer: Option<DatabaseResponse>,
}

/// The database.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    accounts: Vec<Account>,
    notes: Notes,
    /// The highest row of [`notes::place_of`] that was paid, by its table.
    highest: [Option<usize>; notes::TABLES],
    stored: [Option<Offset>; 3],
    /// The newest token seen, by number of the partition.
    fences: [u32; 3],
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
            notes: Notes::default(),
            highest: [None; notes::TABLES],
            stored: [None; 3],
            fences: [0; 3],
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
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        let (Message::DatabaseRequest(request, token), NodeId::Consumer(consumer)) =
            (envelope.body, envelope.from)
        else {
            return;
        };
        let calls =
            cx.config().consumer.as_ref().is_some_and(|consumer| consumer.effect == Effect::ExternalCall);
        let takes = match request {
            DatabaseRequest::Pay(..) if calls => CALL,
            DatabaseRequest::Pay(_, Some(Guard::Once(_))) | DatabaseRequest::PayAndStore { .. } => {
                TRANSACTION
            }
            _ => STATEMENT,
        };
        let (connection, id) = (envelope.connection, envelope.id);
        self.open.push(Open { connection, id, consumer, request, token, answer: None });
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
                let Open { request, token, consumer, .. } = self.open[place];
                let answer = if token.is_none_or(|token| self.holds(token)) {
                    self.execute(cx, request, consumer)
                } else {
                    cx.record(Fact::RolledBack { consumer });
                    DatabaseResponse::Fenced
                };
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

    /// Whether nobody has come with a newer token.
    fn holds(&mut self, token: Token) -> bool {
        let fence = &mut self.fences[usize::from(token.partition.partition())];
        *fence = token.generation.max(*fence);
        *fence == token.generation
    }

    fn execute(&mut self, cx: &mut Cx<'_>, request: DatabaseRequest, consumer: u8) -> DatabaseResponse {
        match request {
            DatabaseRequest::IsRecorded(record, id) => {
                DatabaseResponse::IsRecorded(self.notes.hold(cx, record, id, consumer))
            }
            DatabaseRequest::Record(record, id) => {
                let new = !self.notes.hold(cx, record, id, consumer);
                if new {
                    self.notes.add(cx, record, id, consumer);
                }
                DatabaseResponse::Recorded { new }
            }
            DatabaseRequest::Pay(record, guard) => {
                let paid = self.pay(cx, record, guard, consumer);
                if !paid && matches!(guard, Some(Guard::Once(_))) {
                    cx.record(Fact::RolledBack { consumer });
                }
                DatabaseResponse::Updated(paid.into())
            }
            DatabaseRequest::ReadVersion(record) => DatabaseResponse::Version(self.account(record).version),
            DatabaseRequest::SetAside(record) => {
                self.set_aside(cx, record, consumer);
                DatabaseResponse::Updated(1)
            }
            DatabaseRequest::PayAndStore { record, booking, guard, partition, offset, expected } => {
                let place = usize::from(partition.partition());
                if expected.is_some_and(|expected| expected != self.stored[place]) {
                    cx.record(Fact::RolledBack { consumer });
                    return DatabaseResponse::Updated(0);
                }
                let booked = match booking {
                    Booking::Payment => self.pay(cx, record, guard, consumer),
                    Booking::Nothing => true,
                    Booking::DeadLetter => {
                        self.set_aside(cx, record, consumer);
                        true
                    }
                };
                let grew = offset.saturating_sub(self.stored[place].unwrap_or(0));
                self.stored[place] = Some(offset);
                cx.record(Fact::OffsetStoredInDatabase { partition, offset, grew, consumer });
                DatabaseResponse::Updated(booked.into())
            }
            DatabaseRequest::ReadOffsets(generations) => {
                for (fence, generation) in self.fences.iter_mut().zip(generations) {
                    *fence = generation.max(*fence);
                }
                DatabaseResponse::Offsets(self.stored)
            }
        }
    }

    fn account(&mut self, record: RecordId) -> &mut Account {
        &mut self.accounts[usize::from(record.producer()) - 1]
    }

    /// Pays, if what guards the payment lets it; returns whether it did.
    fn pay(&mut self, cx: &mut Cx<'_>, record: RecordId, guard: Option<Guard>, consumer: u8) -> bool {
        let lets = match guard {
            None => true,
            Some(Guard::Version(version)) => self.account(record).version == version,
            Some(Guard::Once(id)) => {
                !self.notes.hold(cx, record, id, consumer) || cx.mutant(Mutant::PaysWithoutLooking)
            }
            Some(Guard::Newer(id)) => {
                let (table, row) = notes::place_of(record, id);
                let highest = &mut self.highest[table];
                let newer = *highest < Some(row);
                *highest = (*highest).max(Some(row));
                newer
            }
        };
        if !lets {
            return false;
        }
        let account = self.account(record);
        account.amount += PAYMENT;
        account.version += 1;
        let version = account.version;
        cx.record(Fact::Applied { record, consumer, version });
        cx.note_change();
        if let Some(Guard::Once(id)) = guard {
            self.notes.add(cx, record, id, consumer);
        }
        true
    }

    fn set_aside(&mut self, cx: &mut Cx<'_>, record: RecordId, consumer: u8) {
        self.dead_letters += 1;
        cx.record(Fact::DeadLettered { record, consumer });
        cx.note_change();
    }
}

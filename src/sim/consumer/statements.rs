//! What the application asks of the database, or of a service that it calls. Its hands share one connection.

use super::application::{Action, InHand};
use super::{Consumer, DATABASE, Timer};
use crate::sim::config::{ConsumerConfig, Effect, OnFailure};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact, PositionSource, SkipReason};
use crate::sim::ids::{MessageId, Micros, ms};
use crate::sim::message::{Booking, DatabaseRequest, DatabaseResponse, DedupId, Guard, Message, Token};

/// How long the application waits for the answer to a call (OkHttp's read time-out).
const CALL_TIMEOUT: Micros = ms(10_000);

/// A statement that is to be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    request: DatabaseRequest,
    sent: Option<MessageId>,
    /// It was sent before, over a connection that is gone.
    again: bool,
}

impl Consumer {
    pub(super) fn pay_and_store(
        &self,
        consumer: &ConsumerConfig,
        InHand { record, partition, offset, .. }: InHand,
        id: DedupId,
    ) -> DatabaseRequest {
        let expected = self.application.expected[usize::from(partition.partition())];
        let booking = match consumer.on_failure {
            _ if !consumer.fails.contains(&record) => Booking::Payment,
            OnFailure::DeadLetter => Booking::DeadLetter,
            OnFailure::Retry | OnFailure::Skip => Booking::Nothing,
        };
        let guard = match consumer.effect {
            Effect::VersionCheck => Some(Guard::Version(record.number() - 1)),
            Effect::SequenceCheck => Some(Guard::Newer(id)),
            _ => consumer.notes_ids().then_some(Guard::Once(id)),
        };
        DatabaseRequest::PayAndStore {
            record,
            booking,
            guard,
            partition,
            offset: offset + 1,
            expected: consumer.offset_check.then_some(expected),
        }
    }

    /// Asks the database something; it is asked again each 100 ms while it cannot be reached.
    pub(super) fn execute(&mut self, cx: &mut Cx<'_>, hand: usize, request: DatabaseRequest) {
        self.application.hands[hand].statement = Some(Statement { request, sent: None, again: false });
        if self.application.database_open {
            self.send_statement(cx, hand);
        } else if self.application.database.is_none() {
            self.connect_database(cx);
        }
    }

    pub(super) fn connect_database(&mut self, cx: &mut Cx<'_>) {
        if self.application.database.is_none() && self.running {
            let (node, channel) = DATABASE;
            self.application.database = Some(cx.connect(node, channel, ms(10_000)));
        }
    }

    /// The connection stands: what waits is sent.
    pub(super) fn send_statements(&mut self, cx: &mut Cx<'_>) {
        (0..self.application.hands.len()).for_each(|hand| self.send_statement(cx, hand));
    }

    fn send_statement(&mut self, cx: &mut Cx<'_>, hand: usize) {
        let Some(connection) = self.application.database else { return };
        let hand = &mut self.application.hands[hand];
        let Some(statement) = &mut hand.statement else { return };
        if statement.sent.is_some() {
            return;
        }
        let fences = cx.config().consumer.as_ref().is_some_and(|consumer| consumer.fencing);
        let held = hand.current.filter(|_| fences);
        let token = held.map(|InHand { partition, generation, .. }| Token { partition, generation });
        let message = cx.send(connection, Message::DatabaseRequest(statement.request, token));
        statement.sent = Some(message);
        if hand.doing == Some(Action::Call)
            && let Some(InHand { record, .. }) = hand.current
        {
            if statement.again {
                cx.record(Fact::CalledAgain { record });
            }
            cx.set_timer(CALL_TIMEOUT, Timer::CallTimeout(message).into());
        }
    }

    /// The hand that waits for the answer to a statement.
    fn waiting_for(&self, message: MessageId) -> Option<usize> {
        let waits = |s: Statement| s.sent == Some(message);
        self.application.hands.iter().position(|hand| hand.statement.is_some_and(waits))
    }

    /// A call that got no answer is given up with its connection, and made anew.
    pub(super) fn call_timed_out(&mut self, cx: &mut Cx<'_>, message: MessageId) {
        let waits = self.waiting_for(message).is_some();
        if let Some(connection) = self.application.database.filter(|_| waits) {
            cx.close(connection, CloseReason::RequestTimedOut);
            self.database_lost(cx);
        }
    }

    /// The answer, if there was to be one, will not come: whether the statement took effect is not known.
    pub(super) fn database_lost(&mut self, cx: &mut Cx<'_>) {
        self.application.database = None;
        self.application.database_open = false;
        let mut wanted = false;
        for statement in self.application.hands.iter_mut().filter_map(|hand| hand.statement.as_mut()) {
            statement.again |= statement.sent.take().is_some();
            wanted = true;
        }
        if wanted {
            cx.set_timer(ms(100), Timer::Database.into());
        }
    }

    pub(super) fn on_database(
        &mut self,
        cx: &mut Cx<'_>,
        request: Option<MessageId>,
        answer: DatabaseResponse,
    ) {
        let Some(hand) = request.and_then(|request| self.waiting_for(request)) else { return };
        let Some(statement) = self.application.hands[hand].statement.take() else { return };
        cx.note_change();
        match (statement.request, answer) {
            (DatabaseRequest::ReadOffsets(_), DatabaseResponse::Offsets(offsets)) => {
                self.start_at(cx, offsets, PositionSource::Stored);
                self.tick(cx);
                return;
            }
            (_, DatabaseResponse::IsRecorded(true)) | (_, DatabaseResponse::Recorded { new: false }) => {
                // A note that stands already is news only to an application that notes first.
                if self.application.hands[hand].doing != Some(Action::Note) {
                    self.skip(cx, hand, SkipReason::Seen);
                }
            }
            (_, DatabaseResponse::Version(version)) => self.application.hands[hand].version_read = version,
            (_, DatabaseResponse::Fenced) => self.skip(cx, hand, SkipReason::Fenced),
            (
                DatabaseRequest::PayAndStore { partition, offset, guard, expected, .. },
                DatabaseResponse::Updated(n),
            ) => {
                if n == 0 {
                    let why = match (guard, expected) {
                        (Some(Guard::Once(_)) | None, Some(_)) => SkipReason::StoredOffset,
                        (Some(guard), _) => held_back(guard),
                        (None, None) => SkipReason::Seen,
                    };
                    self.skip(cx, hand, why);
                }
                let place = usize::from(partition.partition());
                self.application.expected[place] = Some(offset);
                self.committed[place] = Some(offset);
            }
            (DatabaseRequest::Pay(_, Some(guard)), DatabaseResponse::Updated(0)) => {
                self.skip(cx, hand, held_back(guard));
            }
            _ => {}
        }
        self.go_on(cx, hand);
    }

    /// Leaves the rest of the effect out; a commit still follows.
    pub(super) fn skip(&mut self, cx: &mut Cx<'_>, hand: usize, why: SkipReason) {
        let hand = &mut self.application.hands[hand];
        let Some(InHand { record, .. }) = hand.current else { return };
        let effect = hand.todo.iter_mut().filter(|part| !part.contains(&Action::Commit));
        effect.for_each(|part| *part = &[]);
        cx.record(Fact::Skipped { record, why });
    }
}

/// Why an update hit no row.
fn held_back(guard: Guard) -> SkipReason {
    match guard {
        Guard::Version(_) => SkipReason::Version,
        Guard::Once(_) => SkipReason::Seen,
        Guard::Newer(_) => SkipReason::Overtaken,
    }
}

//! The shop's application: when it calls send(), what it does when a record fails, and send() itself up to
//! the accumulator (`KafkaProducer.doSend`).

use super::memory::CowQueue;
use super::partitioner::partition_of;
use super::size::upper_bound;
use super::{Producer, Timer};
use crate::sim::cow::CowVec;
use crate::sim::cx::{self, Cx};
use crate::sim::fact::Fact;
use crate::sim::ids::{Offset, RecordId, Time};
use crate::sim::message::Error;

/// How far the process is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is none.
    #[default]
    Down,
    /// It was started and has not yet taken a step.
    Starting,
    /// It works.
    Running,
    /// It is closing: nothing new is sent.
    Closing,
}

/// A send() that has not returned.
#[derive(Clone, Copy, Debug)]
struct Blocked {
    record: RecordId,
    /// Then `max.block.ms` is over.
    until: Time,
    /// It waits for memory (else for metadata).
    memory: bool,
}

/// What the application holds in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Application {
    pub(super) phase: Phase,
    /// The next record that it has not sent, by number.
    next: u32,
    /// Failed records that are to be sent again.
    resends: CowQueue<u32>,
    /// How often each record was sent again, up to the last one that was.
    tries: CowVec<u16>,
    /// Records sent whose callback has not been called.
    outstanding: u32,
    blocked: Option<Blocked>,
    /// When the last send() started.
    last_start: Option<Time>,
    /// When the next one is due; timers for other moments are void.
    armed: Option<Time>,
}

impl Application {
    pub(super) fn all_completed(&self, records: u32) -> bool {
        self.phase == Phase::Running
            && self.next > records
            && self.resends.is_empty()
            && self.outstanding == 0
    }

    fn tries(&self, number: u32) -> u16 {
        self.tries.get(number as usize - 1).copied().unwrap_or(0)
    }

    fn count_try(&mut self, number: u32) {
        while self.tries.len() < number as usize {
            self.tries.push(0);
        }
        if let Some(tries) = self.tries.get_mut(number as usize - 1) {
            *tries += 1;
        }
    }
}

impl Producer {
    /// The process takes its first step. A restarted application goes on with its first record that was
    /// never acknowledged, or begins again.
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>) {
        self.app.phase = Phase::Running;
        self.app.next = if self.config.replay_on_restart { 1 } else { self.acked.first_unmarked() };
        cx.note_change();
        self.plan_send(cx);
        self.run(cx);
    }

    /// Schedules the next send(), if it is known when that is.
    fn plan_send(&mut self, cx: &mut Cx<'_>) {
        if self.app.phase != Phase::Running || self.app.blocked.is_some() {
            return;
        }
        let now = cx.now();
        let at = if !self.app.resends.is_empty() {
            now
        } else if self.app.next > self.config.records || self.config.wait_each && self.app.outstanding > 0 {
            return;
        } else {
            self.app.last_start.map_or(now, |start| start.plus(self.config.every).max(now))
        };
        if self.app.armed.is_none_or(|armed| at < armed) {
            self.app.armed = Some(at);
            cx.set_timer(at.since(now), cx::Timer::Producer(Timer::Send));
        }
    }

    /// The application calls send(): for a record that failed, if there is one, else for the next.
    pub(super) fn on_send_due(&mut self, cx: &mut Cx<'_>) {
        let Some(at) = self.app.armed.filter(|at| *at <= cx.now()) else { return };
        self.app.armed = None;
        self.catch_up_if_late(cx, at);
        if self.app.phase != Phase::Running || self.app.blocked.is_some() {
            return;
        }
        if let Some(number) = self.app.resends.pop() {
            self.send(cx, number);
        } else if self.app.next <= self.config.records && !(self.config.wait_each && self.app.outstanding > 0)
        {
            self.app.next += 1;
            self.send(cx, self.app.next - 1);
        }
    }

    /// One call of send(), until it returns or blocks.
    fn send(&mut self, cx: &mut Cx<'_>, number: u32) {
        let record = RecordId::new(self.number, number);
        self.app.last_start = Some(cx.now());
        self.app.outstanding += 1;
        self.sent = self.sent.max(number);
        let partition = partition_of(record, self.partitions);
        cx.record(Fact::Sent { record, partition, resend: self.app.tries(number) });
        cx.note_change();
        if self.sender.client.knows_cluster() {
            self.append(cx, record);
        } else {
            // `KafkaProducer.waitOnMetadata`
            self.sender.client.request_update();
            self.block(cx, record, false);
        }
        self.run(cx);
    }

    /// send() stands still, for `max.block.ms` from its start at most.
    fn block(&mut self, cx: &mut Cx<'_>, record: RecordId, memory: bool) {
        let until = match self.app.blocked {
            Some(blocked) => blocked.until,
            None => {
                cx.record(Fact::SendBlocked { record });
                cx.set_timer(self.config.max_block, cx::Timer::Producer(Timer::MaxBlock));
                cx.now().plus(self.config.max_block)
            }
        };
        self.app.blocked = Some(Blocked { record, until, memory });
        self.sender.accumulator.exhausted = memory;
    }

    fn unblock(&mut self) {
        self.app.blocked = None;
        self.sender.accumulator.exhausted = false;
    }

    /// Metadata are there: the record goes into the accumulator, if it may and there is memory.
    fn append(&mut self, cx: &mut Cx<'_>, record: RecordId) {
        let bound = upper_bound(record);
        if bound > self.config.max_request_size || u64::from(bound) > self.config.buffer_memory {
            // `KafkaProducer.ensureValidRecordSize`
            self.unblock();
            self.complete(cx, record, Err(Error::MessageTooLarge));
            return;
        }
        if u64::from(bound.max(self.config.batch_size)) > self.config.buffer_memory {
            // A batch is given `batch.size` at least, and send() throws where that can never be
            // (`RecordAccumulator.append`, `BufferPool.allocate`).
            self.unblock();
            self.complete(cx, record, Err(Error::IllegalArgument));
            return;
        }
        let partition = partition_of(record, self.partitions);
        if self.sender.accumulator.append(partition, record, cx.now()) {
            self.unblock();
            cx.record(Fact::Buffered { record });
            self.plan_send(cx);
        } else {
            self.block(cx, record, true);
        }
    }

    /// What a send() waited for may be there.
    pub(super) fn retry_blocked(&mut self, cx: &mut Cx<'_>) {
        let Some(blocked) = self.app.blocked else { return };
        if blocked.memory || self.sender.client.knows_cluster() {
            self.append(cx, blocked.record);
        }
    }

    /// `max.block.ms` is over. The record was never in the accumulator.
    pub(super) fn on_max_block(&mut self, cx: &mut Cx<'_>) {
        let Some(blocked) = self.app.blocked.filter(|blocked| blocked.until <= cx.now()) else { return };
        self.unblock();
        let error = if blocked.memory { Error::BufferExhausted } else { Error::RequestTimedOut };
        self.complete(cx, blocked.record, Err(error));
        self.run(cx);
    }

    /// The callback of a record.
    pub(super) fn complete(
        &mut self,
        cx: &mut Cx<'_>,
        record: RecordId,
        outcome: Result<Option<Offset>, Error>,
    ) {
        let number = record.number();
        self.app.outstanding = self.app.outstanding.saturating_sub(1);
        match outcome {
            Ok(offset) => {
                cx.record(Fact::Acked { record, offset });
                self.acked.insert(number);
                self.failed.remove(number);
            }
            Err(error) => {
                cx.record(Fact::Failed { record, error });
                self.on_failed(number);
            }
        }
        cx.note_change();
        self.plan_send(cx);
    }

    /// The application sends a failed record again, so often.
    fn on_failed(&mut self, number: u32) {
        if self.app.phase == Phase::Running && u32::from(self.app.tries(number)) < self.config.resend {
            self.app.count_try(number);
            self.app.resends.push(number);
        } else if !self.acked.contains(number) {
            self.failed.insert(number);
        }
    }

    /// The application ends in order: it calls send() no more, and a call that stands still is broken off.
    pub(super) fn close(&mut self, _cx: &mut Cx<'_>) {
        if self.app.blocked.is_some() {
            self.unblock();
            self.app.outstanding = self.app.outstanding.saturating_sub(1);
        }
        self.app.phase = Phase::Closing;
        self.sender.accumulator.closed = true;
    }
}

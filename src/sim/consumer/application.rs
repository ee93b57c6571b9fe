//! What the application does with a record: the steps of the scenario format, one event each.
//!
//! It has a hand for each thread: that of the poll loop, and one for each worker. Without workers the loop does all.
//! With workers it puts each record into their queue and goes on, to commit and to poll, whatever became of it.

use super::commits::CLOSE_TIMEOUT;
use super::statements::Statement;
use super::{Commit, Consumer, Timer};
use crate::sim::config::{CommitMode, ConsumerConfig, Effect, Mutant, OnFailure};
use crate::sim::cx::Cx;
use crate::sim::fact::{Fact, SkipReason};
use crate::sim::ids::{ConnectionId, Micros, Offset, RecordId, Time, TopicPartition, ms};
use crate::sim::message::{DatabaseRequest, DedupId, Error, Guard};
use crate::sim::notes::Notes;
use crate::sim::view::ConsumerStep;
use std::collections::VecDeque;

/// A step with a record in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Commit what was handed out, if it is the turn.
    Commit,
    /// Spend `process_ms`.
    Work,
    /// Look the id up; seen = skip the rest of the effect.
    LookUp,
    /// Note the id; already there = skip the rest of the effect.
    NoteFirst,
    /// Pay.
    Pay,
    /// Note the id.
    Note,
    /// Pay and note in one transaction.
    PayOnce,
    /// Read the account's version.
    ReadVersion,
    /// Pay if the version is the one in the message.
    PayIfVersion,
    /// Pay if the version is the one just read.
    PayIfRead,
    /// Pay if nothing later was paid.
    PayIfNewer,
    /// Pay (or put the record aside) and store the offset in one transaction.
    PayAndStore,
    /// Call the service that pays.
    Call,
    /// Put the record into the workers' queue.
    HandOver,
    /// The processing fails.
    Fail,
    /// Put the record aside.
    SetAside,
}

/// How long a record that failed rests before it is handed out again; other partitions go on meanwhile.
const FAILURE_REST: Micros = ms(1_000);

/// Steps that follow one another.
pub(crate) type Part = &'static [Action];

/// The steps of the poll loop with a record that was handed out; `fails`: its processing will.
pub(crate) fn plan(consumer: &ConsumerConfig, commit: CommitMode, fails: bool) -> [Part; 4] {
    let [work, effect] =
        if consumer.workers > 0 { [&[Action::HandOver], &[] as Part] } else { work_plan(consumer, fails) };
    match commit {
        CommitMode::BeforeProcessing => [&[Action::Commit], work, effect, &[]],
        CommitMode::AfterProcessing | CommitMode::Async => [&[], work, effect, &[Action::Commit]],
        CommitMode::Auto | CommitMode::InDatabase => [&[], work, effect, &[]],
    }
}

/// The steps of whoever processes it.
pub(crate) fn work_plan(consumer: &ConsumerConfig, fails: bool) -> [Part; 2] {
    let stored = consumer.commit == CommitMode::InDatabase;
    let effect: Part = match consumer.effect {
        _ if fails => match consumer.on_failure {
            OnFailure::DeadLetter | OnFailure::Skip if stored => &[Action::Fail, Action::PayAndStore],
            OnFailure::DeadLetter => &[Action::Fail, Action::SetAside],
            OnFailure::Retry | OnFailure::Skip => &[Action::Fail],
        },
        _ if stored => &[Action::PayAndStore],
        Effect::Plain => &[Action::Pay],
        Effect::DedupTable => &[Action::LookUp, Action::Pay, Action::Note],
        Effect::NoteFirst => &[Action::NoteFirst, Action::Pay],
        Effect::Transaction => &[Action::PayOnce],
        Effect::VersionCheck => &[Action::PayIfVersion],
        Effect::VersionReread => &[Action::ReadVersion, Action::PayIfRead],
        Effect::SequenceCheck => &[Action::PayIfNewer],
        Effect::ExternalCall => &[Action::Call],
    };
    [&[Action::Work], effect]
}

/// See [`Mutant::CommitOrderSwapped`].
fn swapped(commit: CommitMode) -> CommitMode {
    match commit {
        CommitMode::BeforeProcessing => CommitMode::AfterProcessing,
        CommitMode::AfterProcessing => CommitMode::BeforeProcessing,
        other => other,
    }
}

/// A record in hand, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct InHand {
    pub(super) record: RecordId,
    pub(super) partition: TopicPartition,
    pub(super) offset: Offset,
    /// The generation in which the partition was assigned.
    pub(super) generation: u32,
}

/// A thread of the application.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand {
    pub(super) current: Option<InHand>,
    /// The steps that it still has to take. A commit is a part of its own.
    pub(super) todo: [Part; 4],
    /// The step that is under way, for the screen.
    pub(super) doing: Option<Action>,
    working_until: Option<Time>,
    pub(super) version_read: u32,
    pub(super) statement: Option<Statement>,
    /// Its timer is set.
    pub(super) stepping: bool,
}

impl Hand {
    fn begin(&mut self, record: InHand, steps: [Part; 4]) {
        (self.current, self.doing, self.todo) = (Some(record), None, steps);
    }

    fn next_step(&mut self) -> Option<Action> {
        let part = self.todo.iter_mut().find(|part| !part.is_empty())?;
        part.split_off_first().copied()
    }

    /// Lets go of its record.
    pub(super) fn drop_record(&mut self) {
        self.current = None;
        self.doing = None;
        self.todo = [&[]; 4];
    }
}

/// The application's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Application {
    /// Handed out by the last poll() and not yet begun.
    pub(super) batch: VecDeque<InHand>,
    /// The poll loop, and the workers.
    pub(super) hands: Vec<Hand>,
    /// What waits for a worker.
    queue: VecDeque<InHand>,
    /// Records handed out since the last commit, and up to where.
    pub(super) handed: u32,
    pub(super) handed_to: [Option<Offset>; 3],
    /// A synchronous commit under way, and when it is given up.
    pub(super) commit: Option<(Commit, Time)>,
    pub(super) commit_sent: bool,
    /// Asynchronous commits that wait for the coordinator to be found, and when close() waits no more for them.
    pub(super) to_commit: VecDeque<Commit>,
    pub(super) close_until: Option<Time>,
    pub(super) next_auto_commit: Time,
    pub(super) committed_on_revoke: bool,
    /// Offsets that the database is expected to hold, for `offset_check`.
    pub(super) expected: [Option<Offset>; 3],
    /// Ids that it has noted in its memory.
    notes: Notes,
    pub(super) database: Option<ConnectionId>,
    pub(super) database_open: bool,
    pub(super) stopping: bool,
    pub(super) failed: bool,
}

impl Application {
    /// An application with so many workers.
    pub(super) fn new(workers: u8) -> Application {
        Application { hands: vec![Hand::default(); 1 + usize::from(workers)], ..Application::default() }
    }

    pub(super) fn begin(&mut self, cx: &mut Cx<'_>) {
        self.plan_auto_commit(cx);
    }

    /// The next commit of its own is due in `auto.commit.interval.ms`. Kafka's clock counts milliseconds.
    pub(super) fn plan_auto_commit(&mut self, cx: &mut Cx<'_>) {
        let interval = cx.config().consumer.as_ref().map_or(0, |consumer| consumer.auto_commit_interval);
        self.next_auto_commit = cx.now().plus(interval.max(ms(1)));
    }

    /// It is inside poll().
    pub(super) fn polls(&self) -> bool {
        self.batch.is_empty() && self.hands[0].current.is_none() && self.commit.is_none()
    }

    pub(super) fn waits_for_commit(&self) -> bool {
        self.commit.is_some()
    }

    pub(super) fn wants_records(&self) -> bool {
        self.polls() && self.hands[0].statement.is_none()
    }

    pub(super) fn idle(&self) -> bool {
        self.wants_records() && self.at_work() == 0
    }

    /// Workers that have a record in hand.
    pub(super) fn at_work(&self) -> u8 {
        self.hands[1..].iter().filter(|hand| hand.current.is_some()).count() as u8
    }

    /// Records that wait for a worker.
    pub(super) fn queued(&self) -> u32 {
        self.queue.len() as u32
    }

    /// What was handed out of partitions, given as bits, is not to be committed any more.
    pub(super) fn forget_handed_out(&mut self, bits: u8) {
        for (p, offset) in self.handed_to.iter_mut().enumerate() {
            *offset = offset.filter(|_| bits & 1 << p == 0);
        }
    }

    /// Ends with an exception.
    pub(super) fn fail(&mut self, cx: &mut Cx<'_>, error: Error) {
        if !std::mem::replace(&mut self.failed, true) {
            cx.record(Fact::ConsumerFailed { error });
            cx.note_change();
        }
    }

    pub(super) fn seen(&self) -> ConsumerStep {
        if self.failed {
            return ConsumerStep::Failed;
        }
        let hand = &self.hands[0];
        let Some(InHand { record, .. }) = hand.current else {
            return if self.commit.is_some() { ConsumerStep::Committing } else { ConsumerStep::Polling };
        };
        match hand.doing {
            None | Some(Action::Work | Action::Fail | Action::HandOver) => ConsumerStep::Delivered(record),
            Some(Action::Commit) => ConsumerStep::Committing,
            Some(Action::LookUp | Action::ReadVersion) => ConsumerStep::Checking(record),
            Some(Action::Note | Action::NoteFirst) => ConsumerStep::Recording(record),
            Some(Action::SetAside) => ConsumerStep::SettingAside(record),
            Some(_) => ConsumerStep::Applying(record),
        }
    }
}

impl Consumer {
    /// Whether the application's next step would do something.
    pub(super) fn can_step(&self, now: Time) -> bool {
        self.application.stopping || self.membership.stable() && self.has_records(now)
    }

    /// The application takes a step.
    pub(super) fn step(&mut self, cx: &mut Cx<'_>) {
        let app = &mut self.application;
        if app.failed || app.hands[0].statement.is_some() || app.commit.is_some() && app.commit_sent {
            return;
        }
        if app.commit.is_some() {
            self.send_commit(cx);
            return;
        }
        if self.works(cx, 0) {
            return;
        }
        cx.note_change();
        if self.application.hands[0].current.is_some() {
            match self.application.hands[0].next_step() {
                Some(action) => self.act(cx, 0, action),
                None => {
                    self.application.hands[0].drop_record();
                    self.step_soon(cx);
                }
            }
        } else if !self.application.stopping {
            self.hand_out(cx);
        } else {
            // Workers finish what they have been given, if they can in time (`ExecutorService.awaitTermination`).
            let until = *self.application.close_until.get_or_insert(cx.now().plus(CLOSE_TIMEOUT));
            if self.application.at_work() == 0 || cx.now() >= until {
                self.close(cx);
            } else {
                self.go_on_after(cx, 0, ms(10));
            }
        }
    }

    /// Whether a hand still spends `process_ms`, or rests.
    fn works(&mut self, cx: &mut Cx<'_>, hand: usize) -> bool {
        let until = &mut self.application.hands[hand].working_until;
        if until.is_some_and(|until| cx.now() < until) {
            return true;
        }
        *until = None;
        false
    }

    /// A worker takes a step.
    pub(super) fn work(&mut self, cx: &mut Cx<'_>, hand: usize) {
        self.application.hands[hand].stepping = false;
        if self.application.failed || self.application.hands[hand].statement.is_some() || self.works(cx, hand)
        {
            return;
        }
        cx.note_change();
        if let Some(action) = self.application.hands[hand].next_step() {
            self.act(cx, hand, action);
            return;
        }
        self.application.hands[hand].drop_record();
        self.employ(cx);
    }

    /// Workers that are free take what waits, the first in the queue first.
    fn employ(&mut self, cx: &mut Cx<'_>) {
        for hand in 1..self.application.hands.len() {
            if self.application.hands[hand].current.is_none()
                && let Some(consumer) = &cx.config().consumer
                && let Some(record) = self.application.queue.pop_front()
            {
                let [work, effect] = work_plan(consumer, consumer.fails.contains(&record.record));
                self.application.hands[hand].begin(record, [work, effect, &[], &[]]);
                self.go_on(cx, hand);
            }
        }
    }

    /// A hand goes on in an event of its own.
    pub(super) fn go_on(&mut self, cx: &mut Cx<'_>, hand: usize) {
        self.go_on_after(cx, hand, 0);
    }

    pub(super) fn go_on_after(&mut self, cx: &mut Cx<'_>, hand: usize, after: Micros) {
        if !std::mem::replace(&mut self.application.hands[hand].stepping, true) {
            let timer = if hand == 0 { Timer::Step } else { Timer::Work(hand) };
            cx.set_timer(after, timer.into());
        }
    }

    /// Hands the next record of the batch to the application; an empty batch means poll().
    fn hand_out(&mut self, cx: &mut Cx<'_>) {
        if self.application.batch.is_empty() {
            self.membership.polled = cx.now();
            self.maybe_auto_commit(cx);
            if !self.membership.stable() {
                return;
            }
            self.take_records(cx);
        }
        let Some(in_hand) = self.application.batch.pop_front() else { return };
        let InHand { record, partition, offset, .. } = in_hand;
        let Some(consumer) = &cx.config().consumer else { return };
        let as_set = consumer.commit;
        let commit = if cx.mutant(Mutant::CommitOrderSwapped) { swapped(as_set) } else { as_set };
        let steps = plan(consumer, commit, consumer.fails.contains(&record));
        self.application.hands[0].begin(in_hand, steps);
        self.application.handed += 1;
        self.application.handed_to[usize::from(partition.partition())] = Some(offset + 1);
        cx.record(Fact::Delivered { record, partition, offset });
        self.step_soon(cx);
    }

    fn act(&mut self, cx: &mut Cx<'_>, hand: usize, action: Action) {
        let Some(in_hand) = self.application.hands[hand].current else { return };
        let InHand { record, partition, offset, .. } = in_hand;
        let Some(consumer) = &cx.config().consumer else { return };
        self.application.hands[hand].doing = Some(action);
        let id = if consumer.dedup_by_offset { DedupId::Place(partition, offset) } else { DedupId::Event };
        let request = match action {
            Action::Work => {
                let takes = consumer.process;
                self.application.hands[hand].working_until = Some(cx.now().plus(takes));
                self.go_on_after(cx, hand, takes);
                return;
            }
            Action::Fail => {
                let (on_failure, [work, effect]) = (consumer.on_failure, work_plan(consumer, true));
                cx.record(Fact::ProcessingFailed { record });
                if on_failure != OnFailure::Retry {
                    self.go_on(cx, hand);
                } else if hand > 0 {
                    // The loop has gone on: the worker keeps the record and tries again.
                    let worker = &mut self.application.hands[hand];
                    worker.todo = [work, effect, &[], &[]];
                    worker.working_until = Some(cx.now().plus(FAILURE_REST));
                    self.go_on_after(cx, hand, FAILURE_REST);
                } else {
                    self.seek_back(cx, partition, offset);
                    self.step_soon(cx);
                }
                return;
            }
            Action::HandOver => {
                self.application.queue.push_back(in_hand);
                self.employ(cx);
                self.go_on(cx, hand);
                return;
            }
            Action::Commit => {
                if self.application.handed >= consumer.commit_every {
                    if consumer.commit == CommitMode::Async {
                        self.commit_async(cx);
                        self.step_soon(cx);
                        return;
                    }
                    let (offsets, patience) = (self.application.handed_to, consumer.default_api_timeout);
                    self.begin_commit(cx, offsets, patience);
                } else {
                    self.step_soon(cx);
                }
                return;
            }
            Action::LookUp | Action::NoteFirst | Action::Note if consumer.dedup_in_memory => {
                let (number, notes) = (self.number, &mut self.application.notes);
                let seen = notes.hold(cx, record, id, number);
                if action != Action::LookUp && !seen {
                    notes.add(cx, record, id, number);
                }
                if action != Action::Note && seen {
                    self.skip(cx, hand, SkipReason::Seen);
                }
                self.go_on(cx, hand);
                return;
            }
            Action::LookUp => DatabaseRequest::IsRecorded(record, id),
            Action::NoteFirst | Action::Note => DatabaseRequest::Record(record, id),
            Action::Call if consumer.idempotency_key => DatabaseRequest::Pay(record, Some(Guard::Once(id))),
            Action::Pay | Action::Call => DatabaseRequest::Pay(record, None),
            Action::PayOnce => DatabaseRequest::Pay(record, Some(Guard::Once(id))),
            Action::PayIfNewer => DatabaseRequest::Pay(record, Some(Guard::Newer(id))),
            Action::ReadVersion => DatabaseRequest::ReadVersion(record),
            Action::PayIfVersion => DatabaseRequest::Pay(record, Some(Guard::Version(record.number() - 1))),
            Action::PayIfRead => {
                let version = self.application.hands[hand].version_read;
                DatabaseRequest::Pay(record, Some(Guard::Version(version)))
            }
            Action::SetAside => DatabaseRequest::SetAside(record),
            Action::PayAndStore => self.pay_and_store(consumer, in_hand, id),
        };
        self.execute(cx, hand, request);
    }

    /// The application seeks back to a record that it could not process, and reads it again after a rest
    /// (`seek()` and `pause()` of that partition).
    fn seek_back(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, offset: Offset) {
        let app = &mut self.application;
        app.hands[0].todo = [&[]; 4];
        app.batch.retain(|in_hand| in_hand.partition != partition);
        let place = usize::from(partition.partition());
        // What was handed out before it may be committed, it itself not.
        let before = Some(offset).filter(|before| self.committed[place].is_none_or(|known| known < *before));
        app.handed_to[place] = before.filter(|before| *before > 0);
        if let Some(partition) = &mut self.partitions[place] {
            partition.seek_back(offset, cx.now().plus(FAILURE_REST));
        }
    }
}

//! What the application does with a record: the steps of the scenario format, one event each.

use super::{Commit, Consumer, DATABASE, Tag, Timer};
use crate::sim::config::{CommitMode, ConsumerConfig, Effect, OnFailure};
use crate::sim::cx::Cx;
use crate::sim::fact::{CloseReason, Fact, PositionSource, SkipReason};
use crate::sim::ids::{ConnectionId, MessageId, Micros, Offset, RecordId, Time, TopicPartition, ms};
use crate::sim::message::{
    Booking, DatabaseRequest, DatabaseResponse, DedupId, Error, Message, OffsetCommit,
};
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
    /// Pay (or put the record aside) and store the offset in one transaction.
    PayAndStore,
    /// Call the service that pays.
    Call,
    /// The processing fails.
    Fail,
    /// Put the record aside.
    SetAside,
}

/// How long the application waits for the answer to a call (OkHttp's read time-out).
const CALL_TIMEOUT: Micros = ms(10_000);

/// How long close() waits (`ConsumerUtils.DEFAULT_CLOSE_TIMEOUT_MS`).
const CLOSE_TIMEOUT: Micros = ms(30_000);

/// How long a record that failed rests before it is handed out again; other partitions go on meanwhile.
const FAILURE_REST: Micros = ms(1_000);

/// The steps of a record after it was handed out; `fails`: its processing will.
pub(crate) fn plan(consumer: &ConsumerConfig, fails: bool) -> Vec<Action> {
    let stored = consumer.commit == CommitMode::InDatabase;
    let effect: &[Action] = match consumer.effect {
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
        Effect::ExternalCall => &[Action::Call],
    };
    let work = [Action::Work];
    let steps: [&[Action]; 3] = match consumer.commit {
        CommitMode::BeforeProcessing => [&[Action::Commit], &work, effect],
        CommitMode::AfterProcessing | CommitMode::Async => [&work, effect, &[Action::Commit]],
        CommitMode::Auto | CommitMode::InDatabase => [&work, effect, &[]],
    };
    steps.concat()
}

/// A statement that is to be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    request: DatabaseRequest,
    sent: Option<MessageId>,
    /// It was sent before, over a connection that is gone.
    again: bool,
}

/// The application's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Application {
    /// Handed out by the last poll() and not yet begun.
    batch: VecDeque<(RecordId, TopicPartition, Offset)>,
    current: Option<(RecordId, TopicPartition, Offset)>,
    todo: VecDeque<Action>,
    /// The step that is under way, for the screen.
    doing: Option<Action>,
    working_until: Option<Time>,
    version_read: u32,
    /// Records handed out since the last commit, and up to where.
    handed: u32,
    handed_to: [Option<Offset>; 3],
    /// A synchronous commit under way, and when it is given up.
    commit: Option<(Commit, Time)>,
    commit_sent: bool,
    /// Asynchronous commits that wait for the coordinator to be found, and when close() waits no more for them.
    to_commit: VecDeque<Commit>,
    close_until: Option<Time>,
    next_auto_commit: Time,
    pub(super) committed_on_revoke: bool,
    /// Offsets that the database is expected to hold, for `offset_check`.
    pub(super) expected: [Option<Offset>; 3],
    pub(super) database: Option<ConnectionId>,
    pub(super) database_open: bool,
    pub(super) statement: Option<Statement>,
    pub(super) stepping: bool,
    pub(super) stopping: bool,
    pub(super) failed: bool,
}

impl Application {
    pub(super) fn begin(&mut self, cx: &mut Cx<'_>) {
        let interval = cx.config().consumer.as_ref().map_or(0, |consumer| consumer.auto_commit_interval);
        self.next_auto_commit = cx.now().plus(interval);
    }

    /// It is inside poll().
    pub(super) fn polls(&self) -> bool {
        self.batch.is_empty() && self.current.is_none() && self.commit.is_none()
    }

    pub(super) fn waits_for_commit(&self) -> bool {
        self.commit.is_some()
    }

    pub(super) fn wants_records(&self) -> bool {
        self.polls() && self.statement.is_none()
    }

    pub(super) fn idle(&self) -> bool {
        self.polls() && self.statement.is_none()
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
        let Some((record, _, _)) = self.current else {
            return if self.commit.is_some() { ConsumerStep::Committing } else { ConsumerStep::Polling };
        };
        match self.doing {
            None | Some(Action::Work | Action::Fail) => ConsumerStep::Delivered(record),
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
        if app.failed || app.statement.is_some() || app.commit.is_some() && app.commit_sent {
            return;
        }
        if app.commit.is_some() {
            self.send_commit(cx);
            return;
        }
        if let Some(until) = app.working_until {
            if cx.now() < until {
                return;
            }
            app.working_until = None;
        }
        cx.note_change();
        if app.current.is_some() {
            match self.application.todo.pop_front() {
                Some(action) => self.act(cx, action),
                None => {
                    self.application.current = None;
                    self.application.doing = None;
                    self.step_soon(cx);
                }
            }
        } else if self.application.stopping {
            self.close(cx);
        } else {
            self.hand_out(cx);
        }
    }

    /// Hands the next record of the batch to the application; an empty batch means poll().
    fn hand_out(&mut self, cx: &mut Cx<'_>) {
        let Some(consumer) = cx.config().consumer.clone() else { return };
        if self.application.batch.is_empty() {
            self.membership.polled = cx.now();
            if consumer.auto_commit() && cx.now() >= self.application.next_auto_commit {
                self.application.next_auto_commit = cx.now().plus(consumer.auto_commit_interval);
                // What earlier polls handed out, so what the application has had its chance to process.
                self.commit_positions(cx, false);
            }
            if !self.membership.stable() {
                return;
            }
            self.application.batch = self.take_records(cx.now(), consumer.max_poll_records);
        }
        let Some((record, partition, offset)) = self.application.batch.pop_front() else { return };
        self.application.current = Some((record, partition, offset));
        self.application.doing = None;
        self.application.todo = plan(&consumer, consumer.fails.contains(&record)).into();
        self.application.handed += 1;
        self.application.handed_to[usize::from(partition.partition())] = Some(offset + 1);
        cx.record(Fact::Delivered { record, partition, offset });
        self.step_soon(cx);
    }

    fn act(&mut self, cx: &mut Cx<'_>, action: Action) {
        let Some((record, partition, offset)) = self.application.current else { return };
        let Some(consumer) = cx.config().consumer.clone() else { return };
        self.application.doing = Some(action);
        let id = if consumer.dedup_by_offset { DedupId::Place(partition, offset) } else { DedupId::Event };
        let request = match action {
            Action::Work => {
                self.application.working_until = Some(cx.now().plus(consumer.process));
                self.application.stepping = true;
                cx.set_timer(consumer.process, Timer::Step.into());
                return;
            }
            Action::Fail => {
                cx.record(Fact::ProcessingFailed { record });
                if consumer.on_failure == OnFailure::Retry {
                    self.seek_back(cx, partition, offset);
                }
                self.step_soon(cx);
                return;
            }
            Action::Commit => {
                if self.application.handed >= consumer.commit_every {
                    if consumer.commit == CommitMode::Async {
                        self.commit_async(cx);
                        self.step_soon(cx);
                        return;
                    }
                    let offsets = self.application.handed_to;
                    self.begin_commit(cx, offsets, consumer.default_api_timeout);
                } else {
                    self.step_soon(cx);
                }
                return;
            }
            Action::LookUp => DatabaseRequest::IsRecorded(record, id),
            Action::NoteFirst | Action::Note => DatabaseRequest::Record(record, id),
            Action::Call if consumer.idempotency_key => DatabaseRequest::PayOnce(record, id),
            Action::Pay | Action::Call => DatabaseRequest::Pay(record),
            Action::PayOnce => DatabaseRequest::PayOnce(record, id),
            Action::ReadVersion => DatabaseRequest::ReadVersion(record),
            Action::PayIfVersion => DatabaseRequest::PayIfVersion(record, record.number() - 1),
            Action::PayIfRead => DatabaseRequest::PayIfVersion(record, self.application.version_read),
            Action::SetAside => DatabaseRequest::SetAside(record),
            Action::PayAndStore => self.pay_and_store(&consumer, (record, id), partition, offset),
        };
        self.execute(cx, request);
    }

    /// The application seeks back to a record that it could not process, and reads it again after a rest
    /// (`seek()` and `pause()` of that partition, as Spring's `DefaultErrorHandler` does).
    fn seek_back(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, offset: Offset) {
        let app = &mut self.application;
        app.todo.clear();
        app.batch.retain(|(_, of, _)| *of != partition);
        let place = usize::from(partition.partition());
        // What was handed out before it may be committed, it itself not.
        let before = Some(offset).filter(|before| self.committed[place].is_none_or(|known| known < *before));
        app.handed_to[place] = before.filter(|before| *before > 0);
        if let Some(partition) = &mut self.partitions[place] {
            partition.seek_back(offset, cx.now().plus(FAILURE_REST));
        }
    }

    fn pay_and_store(
        &self,
        consumer: &ConsumerConfig,
        (record, id): (RecordId, DedupId),
        partition: TopicPartition,
        offset: Offset,
    ) -> DatabaseRequest {
        let expected = self.application.expected[usize::from(partition.partition())];
        let booking = match consumer.on_failure {
            _ if !consumer.fails.contains(&record) => Booking::Payment,
            OnFailure::DeadLetter => Booking::DeadLetter,
            OnFailure::Retry | OnFailure::Skip => Booking::Nothing,
        };
        DatabaseRequest::PayAndStore {
            record,
            booking,
            version: (consumer.effect == Effect::VersionCheck).then(|| record.number() - 1),
            once: consumer.notes_ids().then_some(id),
            partition,
            offset: offset + 1,
            expected: consumer.offset_check.then_some(expected),
        }
    }

    // The database.

    /// Asks the database something; it is asked again each 100 ms while it cannot be reached.
    pub(super) fn execute(&mut self, cx: &mut Cx<'_>, request: DatabaseRequest) {
        self.application.statement = Some(Statement { request, sent: None, again: false });
        if self.application.database_open {
            self.send_statement(cx);
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

    pub(super) fn send_statement(&mut self, cx: &mut Cx<'_>) {
        let Some(connection) = self.application.database else { return };
        let Some(statement) = &mut self.application.statement else { return };
        if statement.sent.is_some() {
            return;
        }
        let message = cx.send(connection, Message::DatabaseRequest(statement.request));
        statement.sent = Some(message);
        if self.application.doing == Some(Action::Call)
            && let Some((record, ..)) = self.application.current
        {
            if statement.again {
                cx.record(Fact::CalledAgain { record });
            }
            cx.set_timer(CALL_TIMEOUT, Timer::CallTimeout(message).into());
        }
    }

    /// A call that got no answer is given up with its connection, and made anew.
    pub(super) fn call_timed_out(&mut self, cx: &mut Cx<'_>, message: MessageId) {
        let waits = self.application.statement.is_some_and(|statement| statement.sent == Some(message));
        if let Some(connection) = self.application.database.filter(|_| waits) {
            cx.close(connection, CloseReason::RequestTimedOut);
            self.database_lost(cx);
        }
    }

    /// The answer, if there was to be one, will not come: whether the statement took effect is not known.
    pub(super) fn database_lost(&mut self, cx: &mut Cx<'_>) {
        self.application.database = None;
        self.application.database_open = false;
        if let Some(statement) = &mut self.application.statement {
            statement.again |= statement.sent.take().is_some();
            cx.set_timer(ms(100), Timer::Database.into());
        }
    }

    pub(super) fn on_database(
        &mut self,
        cx: &mut Cx<'_>,
        request: Option<MessageId>,
        answer: DatabaseResponse,
    ) {
        let Some(statement) = self.application.statement.take_if(|s| s.sent.is_some() && s.sent == request)
        else {
            return;
        };
        cx.note_change();
        match (statement.request, answer) {
            (DatabaseRequest::ReadOffsets, DatabaseResponse::Offsets(offsets)) => {
                self.start_at(cx, offsets, PositionSource::Stored);
                self.tick(cx);
                return;
            }
            (_, DatabaseResponse::IsRecorded(true)) | (_, DatabaseResponse::Recorded { new: false }) => {
                // A note that stands already is news only to an application that notes first.
                if self.application.doing != Some(Action::Note) {
                    self.skip(cx, SkipReason::Seen);
                }
            }
            (_, DatabaseResponse::Version(version)) => self.application.version_read = version,
            (
                DatabaseRequest::PayAndStore { partition, offset, version, expected, .. },
                DatabaseResponse::Updated(n),
            ) => {
                if n == 0 {
                    let why = match (version, expected) {
                        (Some(_), _) => SkipReason::Version,
                        (None, Some(_)) => SkipReason::StoredOffset,
                        (None, None) => SkipReason::Seen,
                    };
                    self.skip(cx, why);
                }
                let place = usize::from(partition.partition());
                self.application.expected[place] = Some(offset);
                self.committed[place] = Some(offset);
            }
            (DatabaseRequest::PayOnce(..), DatabaseResponse::Updated(0)) => self.skip(cx, SkipReason::Seen),
            (_, DatabaseResponse::Updated(0)) => self.skip(cx, SkipReason::Version),
            _ => {}
        }
        self.step_soon(cx);
    }

    /// Leaves the rest of the effect out; a commit still follows.
    fn skip(&mut self, cx: &mut Cx<'_>, why: SkipReason) {
        let Some((record, _, _)) = self.application.current else { return };
        self.application.todo.retain(|action| *action == Action::Commit);
        cx.record(Fact::Skipped { record, why });
    }

    // Commits.

    fn begin_commit(&mut self, cx: &mut Cx<'_>, offsets: [Option<Offset>; 3], patience: u64) {
        let commit = Commit { offsets, sync: true };
        self.application.commit = Some((commit, cx.now().plus(patience)));
        self.application.commit_sent = false;
        self.record_commit(cx, offsets);
        self.send_commit(cx);
    }

    /// commitAsync(): the application goes on at once. Commits go out in the order of the calls; one that fails is
    /// not tried again, so that no older one comes after a newer one (`ConsumerCoordinator.commitOffsetsAsync`).
    fn commit_async(&mut self, cx: &mut Cx<'_>) {
        let offsets = std::mem::take(&mut self.application.handed_to);
        self.application.handed = 0;
        self.record_commit(cx, offsets);
        self.application.to_commit.push_back(Commit { offsets, sync: false });
        if cx.now() >= self.back_off_until {
            self.send_async_commits(cx);
        }
    }

    /// Sends what waits, once the coordinator is reached.
    pub(super) fn send_async_commits(&mut self, cx: &mut Cx<'_>) {
        while let Some(commit) = self.application.to_commit.front().copied() {
            let Some((peer, membership)) = self.coordinator_as_member(cx) else { return };
            self.application.to_commit.pop_front();
            let body = OffsetCommit { membership, offsets: commit.offsets };
            self.client.send(cx, peer, Message::OffsetCommitRequest(body), Tag::Commit(commit));
        }
    }

    /// The look for the coordinator failed, and with it the commits that waited for it.
    pub(super) fn drop_async_commits(&mut self, cx: &mut Cx<'_>, error: Error) {
        for _ in std::mem::take(&mut self.application.to_commit) {
            cx.record(Fact::CommitFailed { error });
        }
    }

    fn record_commit(&mut self, cx: &mut Cx<'_>, offsets: [Option<Offset>; 3]) {
        for (p, offset) in (0..).zip(offsets).filter_map(|(p, offset)| Some((p, offset?))) {
            cx.record(Fact::CommitSent { partition: TopicPartition::events(p), offset });
        }
    }

    /// Sends the synchronous commit under way, once the coordinator is reached.
    fn send_commit(&mut self, cx: &mut Cx<'_>) {
        let Some((commit, until)) = self.application.commit else { return };
        if cx.now() >= until {
            self.on_commit(cx, commit, Err(Error::RequestTimedOut));
            return;
        }
        let target = if cx.now() >= self.back_off_until { self.coordinator_as_member(cx) } else { None };
        let Some((peer, membership)) = target else {
            self.application.stepping = true;
            cx.set_timer(ms(10), Timer::Step.into());
            return;
        };
        let body = OffsetCommit { membership, offsets: commit.offsets };
        self.client.send(cx, peer, Message::OffsetCommitRequest(body), Tag::Commit(commit));
        self.application.commit_sent = true;
    }

    /// Commits the positions of earlier polls. Whether there was anything to commit.
    pub(super) fn commit_positions(&mut self, cx: &mut Cx<'_>, sync: bool) -> bool {
        let mut offsets = self.positions();
        for (offset, committed) in offsets.iter_mut().zip(self.committed) {
            *offset =
                offset.filter(|offset| Some(*offset) != committed && (*offset > 0 || committed.is_some()));
        }
        if offsets.iter().all(Option::is_none) {
            return false;
        }
        if sync {
            let patience = cx.config().consumer.as_ref().map_or(0, |consumer| consumer.default_api_timeout);
            self.begin_commit(cx, offsets, patience);
            return true;
        }
        let Some((peer, membership)) = self.coordinator_as_member(cx) else { return false };
        self.record_commit(cx, offsets);
        let commit = Commit { offsets, sync: false };
        let body = Message::OffsetCommitRequest(OffsetCommit { membership, offsets });
        self.client.send(cx, peer, body, Tag::Commit(commit));
        true
    }

    /// commitSync tries again what may pass; a refusal drops the batch in hand, and the consumer polls on.
    pub(super) fn on_commit(&mut self, cx: &mut Cx<'_>, commit: Commit, answer: Result<(), Error>) {
        cx.note_change();
        match answer {
            Ok(()) => {
                self.failures = 0;
                for (p, offset) in (0..).zip(commit.offsets).filter_map(|(p, offset)| Some((p, offset?))) {
                    let grew = offset.saturating_sub(self.committed[usize::from(p)].unwrap_or(0));
                    self.committed[usize::from(p)] = Some(offset);
                    cx.record(Fact::Committed { partition: TopicPartition::events(p), offset, grew });
                }
                if commit.sync {
                    self.application.commit = None;
                    self.application.handed = 0;
                    self.application.handed_to = [None; 3];
                    self.step_soon(cx);
                }
            }
            Err(error) => {
                let fatal = matches!(
                    error,
                    Error::UnknownMemberId | Error::IllegalGeneration | Error::RebalanceInProgress
                );
                let over = self.application.commit.is_some_and(|(_, until)| cx.now() >= until);
                self.commit_refused(cx, error);
                if commit.sync && !fatal && !over {
                    self.back_off(cx);
                    self.application.commit_sent = false;
                    self.step_soon(cx);
                    return;
                }
                cx.record(Fact::CommitFailed { error });
                if commit.sync {
                    self.application.commit = None;
                    self.application.current = None;
                    self.application.todo.clear();
                    self.application.batch.clear();
                    self.application.handed = 0;
                    self.application.handed_to = [None; 3];
                    self.step_soon(cx);
                }
            }
        }
    }

    /// close(): commits if it commits by itself, waits for commits that are not sent yet, leaves the group, ends
    /// (`ConsumerCoordinator.close`).
    fn close(&mut self, cx: &mut Cx<'_>) {
        let auto = cx.config().consumer.as_ref().is_some_and(ConsumerConfig::auto_commit);
        self.application.batch.clear();
        if auto && !self.application.committed_on_revoke {
            self.application.committed_on_revoke = true;
            if self.commit_positions(cx, true) {
                return;
            }
        }
        if !self.application.to_commit.is_empty() {
            let until = *self.application.close_until.get_or_insert(cx.now().plus(CLOSE_TIMEOUT));
            if cx.now() < until {
                self.application.stepping = true;
                cx.set_timer(ms(10), Timer::Step.into());
                return;
            }
        }
        self.leave(cx);
        cx.exit();
    }
}

//! Commits of a consumer, and its close() (`ConsumerCoordinator`).

use super::{Commit, Consumer, Tag, Timer};
use crate::sim::config::ConsumerConfig;
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{Micros, Offset, Time, TopicPartition, ms};
use crate::sim::message::{Error, Message, OffsetCommit};

/// How long close() waits (`ConsumerUtils.DEFAULT_CLOSE_TIMEOUT_MS`).
pub(super) const CLOSE_TIMEOUT: Micros = ms(30_000);

impl Consumer {
    pub(super) fn begin_commit(&mut self, cx: &mut Cx<'_>, offsets: [Option<Offset>; 3], patience: u64) {
        let commit = Commit { offsets, sync: true };
        self.application.commit = Some((commit, cx.now().plus(patience)));
        self.application.commit_sent = false;
        self.record_commit(cx, offsets);
        self.send_commit(cx);
    }

    /// commitAsync(): the application goes on at once. Commits go out in the order of the calls; one that fails is
    /// not tried again, so that no older one comes after a newer one (`ConsumerCoordinator.commitOffsetsAsync`).
    pub(super) fn commit_async(&mut self, cx: &mut Cx<'_>) {
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
    pub(super) fn send_commit(&mut self, cx: &mut Cx<'_>) {
        let Some((commit, until)) = self.application.commit else { return };
        if cx.now() >= until {
            self.on_commit(cx, commit, Err(Error::RequestTimedOut));
            return;
        }
        let target = if cx.now() >= self.back_off_until { self.coordinator_as_member(cx) } else { None };
        let Some((peer, membership)) = target else {
            self.application.hands[0].stepping = true;
            cx.set_timer(ms(10), Timer::Step.into());
            return;
        };
        let body = OffsetCommit { membership, offsets: commit.offsets };
        self.client.send(cx, peer, Message::OffsetCommitRequest(body), Tag::Commit(commit));
        self.application.commit_sent = true;
    }

    /// poll() commits by itself once `auto.commit.interval.ms` has passed, whether it finds records or waits for them:
    /// what earlier polls handed out, so what the application has had its chance to process
    /// (`ConsumerCoordinator.maybeAutoCommitOffsetsAsync`, `timeToNextPoll`). When it is due next.
    pub(super) fn maybe_auto_commit(&mut self, cx: &mut Cx<'_>) -> Option<Time> {
        let auto = cx.config().consumer.as_ref().is_some_and(ConsumerConfig::auto_commit);
        if !auto || self.application.stopping || !self.membership.stable() {
            return None;
        }
        if cx.now() >= self.application.next_auto_commit {
            match (self.coordinator_as_member(cx), self.all_consumed()) {
                (Some((peer, membership)), Some(offsets)) => {
                    self.application.plan_auto_commit(cx);
                    self.record_commit(cx, offsets);
                    let body = Message::OffsetCommitRequest(OffsetCommit { membership, offsets });
                    self.client.send(cx, peer, body, Tag::Commit(Commit { offsets, sync: false }));
                }
                (Some(_), None) => self.application.plan_auto_commit(cx),
                // It stays due: the connection is being opened, or the coordinator looked for.
                (None, _) => return Some(self.commit_again_at(cx)),
            }
        }
        Some(self.application.next_auto_commit)
    }

    /// When one that failed, but may pass, is made again.
    fn commit_again_at(&self, cx: &mut Cx<'_>) -> Time {
        let backoff = cx.config().consumer.as_ref().map_or(0, |consumer| consumer.retry_backoff);
        cx.now().plus(backoff.max(ms(1)))
    }

    /// The positions of all partitions, also those that are committed already (`SubscriptionState.allConsumed`).
    pub(super) fn all_consumed(&self) -> Option<[Option<Offset>; 3]> {
        Some(self.positions()).filter(|offsets| offsets.iter().any(Option::is_some))
    }

    /// commitSync tries again what may pass; a refusal drops the batch in hand, and the consumer polls on.
    pub(super) fn on_commit(&mut self, cx: &mut Cx<'_>, commit: Commit, answer: Result<(), Error>) {
        let auto = cx.config().consumer.as_ref().is_some_and(ConsumerConfig::auto_commit);
        // A consumer that waits commits the same again and again: nothing changes by that, and a run may end meanwhile.
        if commit.sync || !auto {
            cx.note_change();
        }
        match answer {
            Ok(()) => {
                self.failures = 0;
                for (p, offset) in (0..).zip(commit.offsets).filter_map(|(p, offset)| Some((p, offset?))) {
                    let known = self.committed[usize::from(p)].replace(offset);
                    if auto && known == Some(offset) {
                        continue;
                    }
                    let grew = offset.saturating_sub(known.unwrap_or(0));
                    cx.record(Fact::Committed { partition: TopicPartition::events(p), offset, grew });
                    cx.note_change();
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
                if auto && !commit.sync && !fatal {
                    self.application.next_auto_commit = self.commit_again_at(cx);
                }
                if commit.sync && !fatal && !over {
                    self.back_off(cx);
                    self.application.commit_sent = false;
                    self.step_soon(cx);
                    return;
                }
                cx.record(Fact::CommitFailed { error });
                if commit.sync {
                    self.application.commit = None;
                    self.application.hands[0].drop_record();
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
    pub(super) fn close(&mut self, cx: &mut Cx<'_>) {
        let auto = cx.config().consumer.as_ref().is_some_and(ConsumerConfig::auto_commit);
        self.application.batch.clear();
        if auto && !self.application.committed_on_revoke {
            self.application.committed_on_revoke = true;
            if let Some(offsets) = self.all_consumed() {
                self.begin_commit(cx, offsets, CLOSE_TIMEOUT);
                return;
            }
        }
        if !self.application.to_commit.is_empty() {
            let until = *self.application.close_until.get_or_insert(cx.now().plus(CLOSE_TIMEOUT));
            if cx.now() < until {
                self.go_on_after(cx, 0, ms(10));
                return;
            }
        }
        self.leave(cx);
        cx.exit();
    }
}

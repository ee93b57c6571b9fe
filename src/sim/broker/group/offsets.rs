//! The offsets that the group has committed, and how they grow old (`OffsetMetadataManager`).

use super::{GroupCoordinator, GroupTimer, Output, Parked, Pending, State};
use crate::sim::config::Mutant;
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{Offset, TopicPartition};
use crate::sim::message::{Envelope, Error, Message, OffsetCommit};

impl GroupCoordinator {
    /// `OffsetMetadataManager.commitOffset`, checks of `ClassicGroup.validateOffsetCommit`. Nothing compares
    /// the offset with the one before: a commit can go backwards.
    pub(super) fn on_commit(
        &mut self,
        cx: &mut Cx<'_>,
        envelope: &Envelope,
        commit: OffsetCommit,
        out: &mut Vec<Output>,
    ) {
        let parked = Parked::of(envelope);
        let any = cx.mutant(Mutant::AnyGenerationCommits) && !self.members.is_empty();
        let checked = if any { Ok(0) } else { self.validate(commit.membership) };
        let checked = checked.and_then(|place| match self.state {
            _ if any => Ok(place),
            State::CompletingRebalance => Err(Error::RebalanceInProgress),
            _ => Ok(place),
        });
        match checked {
            Ok(place) => {
                // A commit keeps the session alive as a heartbeat does.
                self.members[place].begin_session(cx, self.term);
                let batch = cx.arena().add_offsets(commit.offsets);
                self.append(batch, Pending::Offsets { offsets: commit.offsets, parked }, out);
            }
            Err(error) => out.push(parked.answer(Message::OffsetCommitResponse(Err(error)))),
        }
    }

    /// A commit is stored, or could not be.
    pub(super) fn on_stored(
        &mut self,
        cx: &mut Cx<'_>,
        offsets: [Option<Offset>; 3],
        result: Result<(), Error>,
    ) {
        // Late is not never: what is in the log stays there, and becomes the committed offset.
        if matches!(result, Ok(()) | Err(Error::RequestTimedOut)) {
            self.adopt(offsets);
            for (partition, offset) in (0..).zip(offsets).filter_map(|(p, o)| Some((p, o?))) {
                let partition = TopicPartition::events(partition);
                cx.record(Fact::OffsetStored { partition, offset });
            }
        }
    }

    /// The looks for old offsets begin, where any can become old before the run ends.
    pub(crate) fn begin_expiry(&self, cx: &mut Cx<'_>) {
        let cluster = &cx.config().cluster;
        if cluster.offsets_retention < cx.config().stop_after {
            self.set_timer(cx, cluster.offsets_retention_check, GroupTimer::Expire { term: self.term });
        }
    }

    /// Offsets of a group that has had no member for so long are forgotten; those of a group with members are not
    /// (`OffsetMetadataManager.cleanupExpiredOffsets`, `ClassicGroup.offsetExpirationCondition`; KIP-211).
    pub(super) fn expire_offsets(&mut self, cx: &mut Cx<'_>, out: &mut Vec<Output>) {
        self.begin_expiry(cx);
        let old = cx.now().since(self.empty_since) >= cx.config().cluster.offsets_retention;
        let count = self.offsets.iter().flatten().count() as u32;
        let waits = self.pending.iter().any(|(_, pending)| matches!(pending, Pending::Expiry));
        if self.state == State::Empty && old && count > 0 && !waits {
            let batch = cx.arena().add_no_offsets(count);
            self.append(batch, Pending::Expiry, out);
        }
    }

    pub(super) fn adopt(&mut self, offsets: [Option<Offset>; 3]) {
        for (mine, new) in self.offsets.iter_mut().zip(offsets) {
            *mine = new.or(*mine);
        }
    }

    /// The tombstones are stored, or could not be.
    pub(super) fn on_expired(&mut self, cx: &mut Cx<'_>, result: Result<(), Error>) {
        if matches!(result, Ok(()) | Err(Error::RequestTimedOut)) {
            self.offsets = [None; 3];
            cx.record(Fact::OffsetsExpired);
            cx.note_change();
        }
    }
}

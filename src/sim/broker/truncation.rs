//! How a follower made its log agree with its leader's in older versions. Today's rule needs nothing of this: the
//! check goes along with each fetch (KIP-595; `check_fetch`, `write_fetched`).
//!
//! * Up to 0.10.2: it cuts to the high watermark that it knows, whatever the leader has, and then fetches
//!   (`ReplicaManager.makeFollowers`). KIP-101 tells what that loses and how logs come to differ.
//! * 0.11 to 1.x: it asks once where its last epoch ended at the leader, and cuts to there
//!   (`ReplicaFetcherThread.maybeTruncate` of 0.11; KIP-101). When leaders follow each other fast, the answer is
//!   about another leader's records (KAFKA-6361).
//! * 2.0: the answer says also which epoch it is about, and the follower asks again until both know the epoch
//!   (`AbstractFetcherThread.getOffsetTruncationState`; KIP-279). Nothing says which epoch a fetch is made in, so a
//!   deposed leader still serves (KIP-320 mended that).

use super::Broker;
use crate::sim::config::Truncation;
use crate::sim::cx::Cx;
use crate::sim::fact::Fact;
use crate::sim::ids::{BrokerId, ConnectionId, LeaderEpoch, MessageId, PerPartition, TopicPartition};
use crate::sim::message::{EpochEnd, EpochQuestion, Error, FetchedPartition, Message};

impl Broker {
    /// A replica begins to follow, or goes on to in a new epoch. Under the same leader as before it cuts nothing
    /// (`Partition.makeFollower`: up to 1.0 whatever the epoch, in 2.0 unless it missed one, KAFKA-7164).
    pub(super) fn begin_to_follow(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        leader: BrokerId,
        epoch: LeaderEpoch,
    ) {
        let rule = cx.config().cluster.truncation;
        let replica = self.replicas.get_mut(partition).expect("it follows");
        let before = replica.last_leader.replace((leader, epoch));
        let goes_on = before.is_some_and(|(last, known)| {
            last == leader && (rule != Truncation::Epoch279 || epoch <= known + 1)
        });
        match rule {
            _ if goes_on => {}
            Truncation::HighWatermark => {
                let to = replica.log.high_watermark();
                self.truncate(cx, partition, to, leader);
            }
            Truncation::Epoch101 | Truncation::Epoch279 => replica.truncating = true,
            Truncation::Epoch => {}
        }
    }

    /// Asks a leader where the last epoch of each log that is still to be cut ended there. False: there is nothing
    /// to ask.
    pub(super) fn ask_for_epochs(
        &mut self,
        cx: &mut Cx<'_>,
        leader: BrokerId,
        connection: ConnectionId,
    ) -> bool {
        if cx.config().cluster.truncation == Truncation::Epoch {
            return false;
        }
        let cut = self.to_be_fetched(cx.now(), leader).filter(|(_, replica)| replica.truncating);
        let cut: Vec<TopicPartition> = cut.map(|(partition, _)| partition).collect();
        let mut questions = PerPartition::default();
        for partition in cut {
            let replica = self.replicas.get_mut(partition).expect("it is followed");
            match replica.log.epochs().last() {
                Some((epoch, _)) => {
                    questions.insert(partition, EpochQuestion { current_leader_epoch: None, epoch: *epoch });
                }
                // It has nothing to ask about (`truncateToHighWatermark`).
                None => self.cut_to(cx, partition, leader, EpochEnd { epoch: None, end: 0 }),
            }
        }
        if questions.is_empty() {
            return false;
        }
        let message = cx.send(connection, Message::OffsetForLeaderEpochRequest(questions));
        self.await_answer(cx, leader, message);
        true
    }

    /// A leader told where epochs ended.
    pub(super) fn on_epoch_ends(
        &mut self,
        cx: &mut Cx<'_>,
        connection: ConnectionId,
        request: MessageId,
        answer: &PerPartition<Result<EpochEnd, Error>>,
    ) {
        let Some(leader) = self.answered(cx, connection, request) else { return };
        for (partition, end) in answer.iter() {
            let asked = self.replicas.get(partition).is_some_and(|replica| replica.truncating);
            if asked && self.follows(partition, leader) {
                match end {
                    Ok(end) => self.cut_to(cx, partition, leader, *end),
                    // Nothing says in which epoch it was asked, so nobody fences it.
                    Err(_) => self.delay(cx, leader, partition, false),
                }
            }
        }
        self.fetch_from(cx, leader);
    }

    /// Cuts a log by what the leader knows: where that is nothing, to the high watermark.
    fn cut_to(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, leader: BrokerId, end: EpochEnd) {
        let replica = self.replicas.get_mut(partition).expect("it is followed");
        let unknown = end.epoch.is_none() && end.end == 0;
        let (to, agreed) =
            if unknown { (replica.log.high_watermark(), true) } else { replica.log.truncation_point(end) };
        replica.truncating = !agreed;
        self.truncate(cx, partition, to, leader);
    }

    /// Whether a follower whose log is longer than its leader's ends its process rather than cut it: up to 1.0, where
    /// unclean elections are not allowed and so it should not have come to this
    /// (`ReplicaFetcherThread.handleOffsetOutOfRange`; KAFKA-7414).
    pub(super) fn ends_rather_than_cut(&self, cx: &Cx<'_>, partition: TopicPartition, to: u32) -> bool {
        let config = cx.config();
        matches!(config.cluster.truncation, Truncation::HighWatermark | Truncation::Epoch101)
            && !config.unclean_leader_election(partition)
            && self.replicas.get(partition).is_some_and(|replica| to < replica.log.end())
    }

    /// Whether what a follower got begins in the middle of a batch, where its own log ends: it cannot be appended
    /// (`Log.append`, "Out of order offsets found"), and that ends the fetcher's thread (`ShutdownableThread.run`).
    pub(super) fn out_of_order(
        &self,
        cx: &Cx<'_>,
        partition: TopicPartition,
        fetched: &FetchedPartition,
    ) -> bool {
        let end = self.replicas.get(partition).map_or(0, |replica| replica.log.end());
        cx.config().cluster.truncation != Truncation::Epoch
            && fetched.entries.first().is_some_and(|entry| entry.base_offset < end && end < entry.end())
    }

    /// A fetcher's thread ends by an exception. Nobody starts it again while anything is followed there.
    pub(super) fn end_fetcher(&mut self, cx: &mut Cx<'_>, leader: BrokerId, partition: TopicPartition) {
        if let Some(fetcher) = self.fetcher(leader) {
            fetcher.ended = true;
            cx.record(Fact::FetcherEnded { partition, leader });
        }
    }
}

//! The KRaft controller: who is alive, who leads, who is in sync.
//!
//! It is a quorum of one. What it decides is a record of the metadata log first, and a fact beside it; the
//! brokers learn of it by reading that log. It knows nothing of logs and high watermarks.
//!
//! Source: `QuorumController`, `ReplicationControlManager`; parts name theirs.

mod brokers;
mod election;
mod isr;
#[cfg(test)]
mod tests;

use super::batch::{MetadataRecord, Registration};
use super::config::Config;
use super::cx::Cx;
use super::fact::{ChangeReason, CloseReason, Fact};
use super::ids::*;
use super::message::{Envelope, Message};
use brokers::BrokerEntry;
use election::{Change, Election, Rules, Target, elect};

/// Timers of this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A process of the controller is up and leads its quorum of one.
    Activate,
    /// A session may have ended.
    Expiry {
        /// When this was to fire.
        due: Time,
    },
    /// A fetch of the metadata log has waited for long enough.
    FetchWait {
        /// Which fetch.
        request: MessageId,
    },
    /// Leadership goes back to the preferred replicas.
    Rebalance,
    /// Partitions without a leader are looked at.
    UncleanScan,
}

/// A partition that nobody leads.
const ABSENT: Registration = Registration {
    leader: None,
    leader_epoch: 0,
    partition_epoch: 0,
    isr: BrokerSet::EMPTY,
    elr: BrokerSet::EMPTY,
    last_known_leader: None,
    recovering: false,
};
/// Longest wait of a fetch of the metadata log (`KafkaRaftClient.MAX_FETCH_WAIT_MS`).
const FETCH_WAIT: Micros = ms(500);
/// `unclean.leader.election.interval.ms`
const UNCLEAN_SCAN_EVERY: Micros = ms(300_000);

/// The KRaft controller: who is alive, who leads, who is in sync.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    // In the metadata log, so it outlives the process.
    partitions: PerPartition<Registration>,
    brokers: Vec<BrokerEntry>,
    // For triggers; over all processes.
    isr_changes: u32,
    elections: u32,
    // The process's own.
    active: bool,
    /// Fetches of the metadata log that wait for news.
    waiting: Vec<MetadataFetch>,
    /// Looks for ended sessions take place at this moment and each eighth of a session after it.
    looks_since: Time,
    /// The next look is scheduled.
    expiry_awaited: bool,
}

/// A fetch of the metadata log.
#[derive(Clone, Copy, Debug)]
struct MetadataFetch {
    connection: ConnectionId,
    request: MessageId,
    from: u32,
}

impl Controller {
    /// The controller as it stands when the run begins: brokers unfenced, topics created.
    pub(crate) fn new(config: &Config) -> Controller {
        let registration = |partition| Registration {
            leader: config.replicas(partition).next(),
            isr: config.replica_set(partition),
            ..ABSENT
        };
        Controller {
            partitions: config.partitions().map(|partition| (partition, registration(partition))).collect(),
            brokers: config.brokers().map(BrokerEntry::initial).collect(),
            isr_changes: 0,
            elections: 0,
            active: false,
            waiting: Vec::new(),
            looks_since: Time(0),
            expiry_awaited: false,
        }
    }

    /// A process of this node starts; `first` = it is as it stands when the run begins.
    pub(crate) fn start(&mut self, cx: &mut Cx<'_>, first: bool) {
        if first {
            self.activate(cx);
        } else {
            // It comes up in the time that a broker needs: a recorded restart fenced a dead broker 5.75 s later with
            // a session of 3 s and looks each 0.375 s.
            set_timer(cx, cx.config().cluster.broker_start, Timer::Activate);
        }
    }

    /// It leads its quorum from now on.
    fn activate(&mut self, cx: &mut Cx<'_>) {
        self.active = true;
        let now = cx.now();
        self.brokers.iter_mut().for_each(|entry| entry.begin_session(now));
        // The first process was at work before the run began: its looks do not begin with it.
        let phase = cx.draw_between(0, cx.config().cluster.broker_session_timeout / 8, [0, 0, 0]);
        self.looks_since = if now == Time(0) { Time(phase) } else { now };
        self.await_expiry(cx);
        if cx.config().cluster.auto_leader_rebalance {
            set_timer(cx, cx.config().cluster.leader_imbalance_check_interval, Timer::Rebalance);
        }
        set_timer(cx, UNCLEAN_SCAN_EVERY, Timer::UncleanScan);
    }

    /// A message arrived.
    pub(crate) fn on_message(&mut self, cx: &mut Cx<'_>, envelope: Box<Envelope>) {
        let (connection, request) = (envelope.connection, envelope.id);
        let answer = match envelope.body {
            Message::BrokerRegistrationRequest(body) => {
                Message::BrokerRegistrationResponse(self.register(cx, body))
            }
            Message::BrokerHeartbeatRequest(body) => {
                Message::BrokerHeartbeatResponse(self.heartbeat(cx, body))
            }
            Message::AlterPartitionRequest(body) => {
                Message::AlterPartitionResponse(self.alter_partition(cx, &body))
            }
            Message::MetadataFetchRequest { from } => {
                self.waiting.push(MetadataFetch { connection, request, from });
                self.answer_fetches(cx);
                if self.waiting.iter().any(|fetch| fetch.request == request) {
                    set_timer(cx, FETCH_WAIT, Timer::FetchWait { request });
                }
                return;
            }
            // Nobody sends a controller anything else.
            _ => return,
        };
        cx.reply(connection, request, answer);
        self.answer_fetches(cx);
    }

    /// A connection that this node asked for is open: it asks for none.
    pub(crate) fn on_connected(&mut self, _cx: &mut Cx<'_>, _connection: ConnectionId) {}

    /// A connection was closed by the other end, by a fault, or could not be opened.
    pub(crate) fn on_closed(&mut self, _cx: &mut Cx<'_>, connection: ConnectionId, _why: CloseReason) {
        self.waiting.retain(|fetch| fetch.connection != connection);
    }

    /// A timer fired.
    pub(crate) fn on_timer(&mut self, cx: &mut Cx<'_>, timer: Timer) {
        match timer {
            Timer::Activate => self.activate(cx),
            Timer::Expiry { due } => self.fence_one_stale_broker(cx, due),
            Timer::FetchWait { request } => {
                if let Some(place) = self.waiting.iter().position(|fetch| fetch.request == request) {
                    let fetch = self.waiting.remove(place);
                    self.answer_fetch(cx, fetch);
                }
            }
            Timer::Rebalance => {
                self.elect_preferred_leaders(cx);
                set_timer(cx, cx.config().cluster.leader_imbalance_check_interval, Timer::Rebalance);
            }
            Timer::UncleanScan => {
                self.elect_unclean_leaders(cx);
                set_timer(cx, UNCLEAN_SCAN_EVERY, Timer::UncleanScan);
            }
        }
        self.answer_fetches(cx);
    }

    /// The process is gone, and with it what it held in memory. The metadata log is fsynced: a power loss
    /// takes nothing more.
    pub(crate) fn on_death(&mut self, _cx: &mut Cx<'_>, _power: bool) {
        self.active = false;
        self.waiting.clear();
        self.expiry_awaited = false;
    }

    /// An orderly shutdown begins; `cx.exit()` ends it.
    pub(crate) fn on_stop(&mut self, cx: &mut Cx<'_>) {
        cx.exit();
    }

    // What others may see.

    /// Its process has not come up yet: it takes no connections.
    pub(crate) fn starting(&self) -> bool {
        !self.active
    }

    /// What it holds true of a partition; of one that the run does not have, that nobody leads it.
    pub(crate) fn registration(&self, partition: TopicPartition) -> Registration {
        self.partitions.get(partition).copied().unwrap_or(ABSENT)
    }

    /// Changes of partition 0's ISR so far.
    pub(crate) fn isr_changes(&self) -> u32 {
        self.isr_changes
    }

    /// How often a broker became leader of partition 0, the first one not counted.
    pub(crate) fn elections(&self) -> u32 {
        self.elections
    }

    /// Whether it holds a broker fenced.
    pub(crate) fn fenced(&self, broker: BrokerId) -> bool {
        self.entry(broker).is_none_or(|entry| entry.fenced)
    }

    // Partitions.

    /// Partitions whose registrations are such.
    fn partitions_where(&self, is: impl Fn(&Registration) -> bool) -> Vec<TopicPartition> {
        self.partitions.iter().filter(|(_, registration)| is(registration)).map(|(tp, _)| tp).collect()
    }

    /// Moves a partition to a target, if that changes anything.
    fn change(
        &mut self,
        cx: &mut Cx<'_>,
        partition: TopicPartition,
        target: Target,
        active: BrokerSet,
        why: ChangeReason,
    ) {
        let rules = Rules::of(cx.config(), partition);
        if let Some(change) = elect(&self.registration(partition), target, active, &rules) {
            self.commit(cx, partition, change, why);
        }
    }

    /// Writes a changed registration into the metadata log.
    fn commit(&mut self, cx: &mut Cx<'_>, partition: TopicPartition, change: Change, why: ChangeReason) {
        let Change { registration, unclean } = change;
        let before = self.partitions.insert(partition, registration);
        if partition == TopicPartition::events(0)
            && let Some(before) = before
        {
            self.isr_changes += u32::from(before.isr != registration.isr);
            self.elections +=
                u32::from(registration.leader.is_some() && registration.leader != before.leader);
        }
        cx.arena().metadata.push(MetadataRecord::Partition { partition, registration });
        let Registration { leader, leader_epoch, partition_epoch, isr, elr, .. } = registration;
        cx.record(Fact::PartitionChanged {
            partition,
            leader,
            leader_epoch,
            partition_epoch,
            isr,
            elr,
            why,
            unclean,
        });
        cx.note_change();
    }

    /// Periodic task `electPreferred`. `leader.imbalance.per.broker.percentage` has no say: a KRaft
    /// controller takes every partition that its preferred replica does not lead
    /// (`ReplicationControlManager.maybeBalancePartitionLeaders`).
    fn elect_preferred_leaders(&mut self, cx: &mut Cx<'_>) {
        for partition in self.partitions_where(|_| true) {
            let now = self.registration(partition);
            let rules = Rules { election: Election::Preferred, ..Rules::of(cx.config(), partition) };
            if now.leader == rules.replicas.first().copied() {
                continue;
            }
            let target = Target::without(&now, BrokerSet::EMPTY);
            if let Some(change) = elect(&now, target, self.active(), &rules) {
                self.commit(cx, partition, change, ChangeReason::PreferredLeader);
            }
        }
    }

    /// Periodic task `electUnclean` (`maybeElectUncleanLeaders`).
    fn elect_unclean_leaders(&mut self, cx: &mut Cx<'_>) {
        for partition in self.partitions_where(|registration| registration.leader.is_none()) {
            if cx.config().unclean_leader_election(partition) {
                let target = Target::without(&self.registration(partition), BrokerSet::EMPTY);
                self.change(cx, partition, target, self.active(), ChangeReason::UncleanScan);
            }
        }
    }

    // The metadata log.

    /// One past the last record of the metadata log.
    fn next_offset(&self, cx: &mut Cx<'_>) -> u32 {
        cx.arena().metadata.len() as u32
    }

    /// Answers fetches for which there is something new.
    fn answer_fetches(&mut self, cx: &mut Cx<'_>) {
        let end = self.next_offset(cx);
        while let Some(place) = self.waiting.iter().position(|fetch| fetch.from < end) {
            let fetch = self.waiting.remove(place);
            self.answer_fetch(cx, fetch);
        }
    }

    fn answer_fetch(&self, cx: &mut Cx<'_>, fetch: MetadataFetch) {
        let end = self.next_offset(cx);
        cx.reply(fetch.connection, fetch.request, Message::MetadataFetchResponse { end });
    }
}

fn set_timer(cx: &mut Cx<'_>, after: Micros, timer: Timer) {
    cx.set_timer(after, super::cx::Timer::Controller(timer));
}

//! What the controller knows of brokers: registrations, which the metadata log holds, and sessions, which a
//! new process of the controller begins anew.
//!
//! Source: `ClusterControlManager`, `BrokerHeartbeatManager`, `BrokerHeartbeatTracker`; KIP-631, KIP-841, KIP-966.

use super::election::Target;
use super::{Controller, Timer, set_timer};
use crate::sim::batch::MetadataRecord;
use crate::sim::config::Mutant;
use crate::sim::cx::Cx;
use crate::sim::fact::{ChangeReason, Fact};
use crate::sim::ids::{BrokerEpoch, BrokerId, BrokerSet, Micros, Time};
use crate::sim::message::{BrokerHeartbeat, BrokerState, Error, RegisterBroker};

/// A broker as the controller knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrokerEntry {
    pub(super) epoch: BrokerEpoch,
    /// The process that registered.
    incarnation: u16,
    /// Where its registration stands in the metadata log.
    registered_at: u32,
    pub(super) fenced: bool,
    pub(super) shutting_down: bool,
    session: Session,
}

/// What no record tells.
#[derive(Clone, Copy, Debug, Default)]
struct Session {
    /// When the broker was last heard from under its present epoch.
    contact: Option<Time>,
    /// How far it has read the metadata log.
    metadata_offset: u32,
    /// Others must have read the metadata log up to here before it may stop (`controlledShutdownOffset`).
    shutdown_offset: Option<u32>,
}

/// What a broker is to the controller (`BrokerControlState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

impl BrokerEntry {
    /// A broker as it stands when the run begins: its first process has registered and is at work.
    pub(super) fn initial(id: BrokerId) -> BrokerEntry {
        BrokerEntry {
            epoch: id.0.into(),
            incarnation: 1,
            registered_at: u32::from(id.0) - 1,
            fenced: false,
            shutting_down: false,
            session: Session::default(),
        }
    }

    /// It may lead and may be in an ISR.
    pub(super) fn active(&self) -> bool {
        !self.fenced && !self.shutting_down
    }

    /// A new process of the controller knows no sessions. Who is unfenced counts as just heard from
    /// (`ClusterControlManager.activate`).
    pub(super) fn begin_session(&mut self, now: Time) {
        self.session = Session { contact: (!self.fenced).then_some(now), ..Session::default() };
    }

    /// The session of an unfenced broker ends when this moment has passed.
    fn expires_at(&self, timeout: Micros) -> Option<Time> {
        self.session.contact.filter(|_| !self.fenced).map(|contact| contact.plus(timeout))
    }

    fn control(&self) -> Control {
        if self.session.shutdown_offset.is_some() {
            Control::ControlledShutdown
        } else if self.fenced {
            Control::Fenced
        } else {
            Control::Unfenced
        }
    }
}

impl Controller {
    pub(super) fn entry(&self, id: BrokerId) -> Option<&BrokerEntry> {
        self.brokers.get(usize::from(id.0).checked_sub(1)?)
    }

    fn entry_mut(&mut self, id: BrokerId) -> &mut BrokerEntry {
        &mut self.brokers[id.index()]
    }

    /// Brokers with their entries.
    fn entries(&self) -> impl Iterator<Item = (BrokerId, &BrokerEntry)> {
        (1..).map(BrokerId).zip(&self.brokers)
    }

    /// Brokers that may lead.
    pub(super) fn active(&self) -> BrokerSet {
        self.entries().filter(|(_, entry)| entry.active()).map(|(id, _)| id).collect()
    }

    // Registration.

    /// A process asks to be let in (`ClusterControlManager.registerBroker`).
    pub(super) fn register(
        &mut self,
        cx: &mut Cx<'_>,
        request: RegisterBroker,
    ) -> Result<BrokerEpoch, Error> {
        let id = request.broker;
        let Some(entry) = self.entry(id).copied() else { return Err(Error::InvalidRequest) };
        if entry.incarnation == request.incarnation {
            // The answer to the first attempt was lost.
            return Ok(entry.epoch);
        }
        // A fenced broker's session binds nobody, nor does that of one that is shutting down (KAFKA-19047, 4.1).
        let timeout = cx.config().cluster.broker_session_timeout;
        if entry.active() && entry.expires_at(timeout).is_some_and(|end| end >= cx.now()) {
            cx.record(Fact::RegistrationRefused { broker: id });
            return Err(Error::DuplicateBrokerRegistration);
        }
        // Kafka compares the epoch in the clean-shutdown file with that of the last registration (KIP-966).
        let unclean = request.previous_epoch != Some(entry.epoch);
        self.end_incarnation(cx, id, unclean);
        let epoch = self.next_offset(cx);
        cx.arena().metadata.push(MetadataRecord::Register { broker: id, epoch });
        *self.entry_mut(id) = BrokerEntry {
            epoch,
            incarnation: request.incarnation,
            registered_at: epoch,
            fenced: true,
            shutting_down: false,
            session: Session::default(),
        };
        cx.record(Fact::BrokerRegistered { broker: id, epoch, unclean });
        cx.note_change();
        Ok(epoch)
    }

    /// The process before is no more: it leaves every ISR. With ELR it stays eligible only after a clean
    /// shutdown (`ReplicationControlManager.handleBrokerShutdown`; KAFKA-18106, KAFKA-15586).
    fn end_incarnation(&mut self, cx: &mut Cx<'_>, id: BrokerId, unclean: bool) {
        let gone = BrokerSet::of(id);
        let purge = unclean && cx.config().cluster.elr && !cx.mutant(Mutant::UncleanStaysEligible);
        for partition in self.partitions_where(|r| r.isr.contains(id) || purge && r.elr.contains(id)) {
            let mut target = Target::without(&self.registration(partition), gone);
            if purge {
                target.unclean_shutdown = gone;
            }
            self.change(cx, partition, target, self.active().minus(gone), ChangeReason::BrokerRegistered);
        }
    }

    // Heartbeats.

    /// A broker is alive (`ReplicationControlManager.processBrokerHeartbeat`).
    pub(super) fn heartbeat(
        &mut self,
        cx: &mut Cx<'_>,
        request: BrokerHeartbeat,
    ) -> Result<BrokerState, Error> {
        let id = request.broker;
        let Some(entry) = self.entry(id).filter(|entry| entry.epoch == request.epoch).copied() else {
            return Err(Error::StaleBrokerEpoch);
        };
        self.entry_mut(id).session.contact = Some(cx.now());
        let caught_up = request.metadata_offset > entry.registered_at;
        let next = self.next_control(id, request, caught_up);
        if next != entry.control() {
            match next {
                Control::Fenced | Control::ShutdownNow => self.fence(cx, id, false),
                Control::Unfenced => self.unfence(cx, id),
                Control::ControlledShutdown => self.begin_controlled_shutdown(cx, id),
            }
        }
        self.entry_mut(id).session.metadata_offset = request.metadata_offset;
        Ok(BrokerState { caught_up, fenced: self.fenced(id), may_shut_down: next == Control::ShutdownNow })
    }

    /// `BrokerHeartbeatManager.calculateNextBrokerState`
    fn next_control(&self, id: BrokerId, request: BrokerHeartbeat, caught_up: bool) -> Control {
        let entry = &self.brokers[id.index()];
        let leads = || !self.partitions_where(|r| r.leader == Some(id)).is_empty();
        match entry.control() {
            Control::Fenced if request.want_shutdown => Control::ShutdownNow,
            Control::Fenced if !request.want_fence && caught_up => Control::Unfenced,
            Control::Fenced => Control::Fenced,
            Control::Unfenced if request.want_fence && request.want_shutdown => Control::ShutdownNow,
            Control::Unfenced if request.want_fence => Control::Fenced,
            Control::Unfenced if request.want_shutdown && leads() => Control::ControlledShutdown,
            Control::Unfenced if request.want_shutdown => Control::ShutdownNow,
            Control::Unfenced => Control::Unfenced,
            Control::ControlledShutdown if leads() => Control::ControlledShutdown,
            Control::ControlledShutdown | Control::ShutdownNow => {
                let read =
                    self.entries().filter(|(_, e)| e.active()).map(|(_, e)| e.session.metadata_offset).min();
                let told = entry.session.shutdown_offset <= read || read.is_none();
                if told { Control::ShutdownNow } else { Control::ControlledShutdown }
            }
        }
    }

    /// `handleBrokerUnfenced`: partitions without a leader get another chance.
    fn unfence(&mut self, cx: &mut Cx<'_>, id: BrokerId) {
        cx.arena().metadata.push(MetadataRecord::Unfence { broker: id });
        self.entry_mut(id).fenced = false;
        cx.record(Fact::BrokerUnfenced { broker: id });
        cx.note_change();
        for partition in self.partitions_where(|r| r.leader.is_none()) {
            let target = Target::without(&self.registration(partition), BrokerSet::EMPTY);
            self.change(cx, partition, target, self.active(), ChangeReason::BrokerUnfenced);
        }
        self.await_expiry(cx);
    }

    /// `handleBrokerInControlledShutdown`: it leaves its ISRs and leads nothing any more.
    fn begin_controlled_shutdown(&mut self, cx: &mut Cx<'_>, id: BrokerId) {
        if !self.brokers[id.index()].shutting_down {
            cx.arena().metadata.push(MetadataRecord::ControlledShutdown { broker: id });
            self.entry_mut(id).shutting_down = true;
            cx.note_change();
        }
        self.leave_isrs(cx, id, ChangeReason::ControlledShutdown);
        self.entry_mut(id).session.shutdown_offset = Some(self.next_offset(cx));
    }

    // Fencing.

    /// `handleBrokerFenced`: it leaves its ISRs, and then is fenced.
    fn fence(&mut self, cx: &mut Cx<'_>, id: BrokerId, expired: bool) {
        if self.fenced(id) {
            return;
        }
        self.leave_isrs(cx, id, ChangeReason::BrokerFenced);
        cx.arena().metadata.push(MetadataRecord::Fence { broker: id });
        let entry = self.entry_mut(id);
        entry.fenced = true;
        entry.shutting_down = false;
        entry.session.shutdown_offset = None;
        cx.record(Fact::BrokerFenced { broker: id, expired });
        cx.note_change();
    }

    fn leave_isrs(&mut self, cx: &mut Cx<'_>, id: BrokerId, why: ChangeReason) {
        let gone = BrokerSet::of(id);
        let stays = why == ChangeReason::BrokerFenced && cx.mutant(Mutant::FencedStaysInIsr);
        for partition in self.partitions_where(|r| r.isr.contains(id) && !(stays && r.leader != Some(id))) {
            let target = Target::without(&self.registration(partition), gone);
            self.change(cx, partition, target, self.active().minus(gone), why);
        }
    }

    /// Fences one broker whose session has ended; if there are more, each is an event of its own, so that the
    /// effect of one is seen before the next (`maybeFenceOneStaleBroker`).
    ///
    /// `due`: when this look was to take place. A controller that stood still looks late, and finds every
    /// session ended. Kafka's request threads note a contact without the event queue
    /// (`BrokerHeartbeatTracker`), so that a held-up controller does not fence brokers whose heartbeats are
    /// there to be read; which comes first after a pause is a race. Here the heartbeats do: a late look is put
    /// behind what has arrived.
    pub(super) fn fence_one_stale_broker(&mut self, cx: &mut Cx<'_>, due: Time) {
        if cx.now() > due {
            set_timer(cx, 0, Timer::Expiry { due: cx.now() });
            return;
        }
        self.expiry_awaited = false;
        if let Some((id, _)) = self.first_to_expire(cx).filter(|(_, end)| *end < cx.now()) {
            self.fence(cx, id, true);
        }
        self.await_expiry(cx);
    }

    /// The unfenced broker that was silent for longest, and when its session ends. (Of several that are
    /// overdue Kafka takes the one that its hash map lists first.)
    fn first_to_expire(&self, cx: &Cx<'_>) -> Option<(BrokerId, Time)> {
        let timeout = cx.config().cluster.broker_session_timeout;
        self.entries()
            .filter_map(|(id, entry)| Some((id, entry.expires_at(timeout)?)))
            .min_by_key(|(_, end)| *end)
    }

    /// Looks again when the first session can have ended. Kafka looks eight times in a session's length, so a
    /// broker is fenced up to an eighth late (`QuorumController`, periodic task `maybeFenceStaleBroker`).
    pub(super) fn await_expiry(&mut self, cx: &mut Cx<'_>) {
        if self.expiry_awaited {
            return;
        }
        let Some((_, end)) = self.first_to_expire(cx) else { return };
        let every = (cx.config().cluster.broker_session_timeout / 8).max(1000);
        let after = if end < cx.now() {
            0
        } else {
            let looks = end.since(self.looks_since) / every + 1;
            self.looks_since.plus(looks * every).since(cx.now())
        };
        self.expiry_awaited = true;
        set_timer(cx, after, Timer::Expiry { due: cx.now().plus(after) });
    }
}

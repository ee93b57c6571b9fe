//! What is said of a partition's replicas when a step is over, and when somebody begins to lead or acknowledges.

use super::{Belief, Partition};
use crate::check::invariants::{Breaches, Invariant};
use crate::check::replicas::{Log, Replicas};
use crate::sim::{BrokerId, BrokerSet, Entry, LeaderEpoch, Offset, StepNo};

impl Partition {
    /// Whether a new leader, no older than the controller's, has all that is committed and acknowledged. (The
    /// controller may also elect who just lost power and is not yet missed; it never comes to lead.)
    pub(super) fn judge_leader(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        leader: BrokerId,
        epoch: LeaderEpoch,
        breaches: &mut Breaches,
    ) {
        if epoch < self.epoch {
            return;
        }
        let log = logs.log(leader, self.id);
        let missing = self.committed.get(self.kept(log)).copied();
        let broken = self.acked.iter().find(|entry| !self.holds(log, entry)).copied();
        let mut excused = false;
        for (entry, invariant) in [(missing, Invariant::LeaderComplete), (broken, Invariant::AckedDurable)] {
            let Some(entry) = entry else { continue };
            let taken = self.unheard.contains(leader) || self.taken_by_power(logs, &entry);
            excused |= taken;
            breaches.unless(taken, invariant, step, || {
                format!("{}: broker-{} leads in epoch {epoch} without {entry:?}", self.id, leader.0)
            });
        }
        if excused {
            self.void(log, epoch);
        }
    }

    /// Without ELR the last member of the ISR keeps its seat, whatever it lost: so where all members lost an
    /// entry, more failed than is tolerated.
    fn taken_by_power(&self, logs: &Replicas, entry: &Entry) -> bool {
        self.of_last_members(|id| self.lost(logs, id, entry))
    }

    /// Whether something is true of every member of the ISR, and no ELR stands behind them.
    pub(super) fn of_last_members(&self, test: impl FnMut(BrokerId) -> bool) -> bool {
        !self.elr_on && !self.isr.is_empty() && self.isr.iter().all(test)
    }

    /// Whether a power loss took an entry, and it did not come back (or its leader never waited for it).
    fn lost(&self, logs: &Replicas, id: BrokerId, entry: &Entry) -> bool {
        let excused = self.unheard.contains(id) || self.cut[id.index()].is_some_and(|to| to < entry.end());
        excused && !self.holds(logs.log(id, self.id), entry)
    }

    /// A leader says that what stands at `base` is stored.
    pub(super) fn acknowledge(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        broker: BrokerId,
        base: Offset,
        breaches: &mut Breaches,
    ) {
        let Some(belief) = self.beliefs[broker.index()] else { return };
        let Some(entry) = logs.log(broker, self.id).at(base).copied() else { return };
        if belief.epoch < self.void_before || self.acked.contains(&entry) {
            return;
        }
        let leads = |id: &BrokerId| self.beliefs[id.index()].is_some_and(|other| other.epoch == self.epoch);
        if let Some(leader) = self.leader.filter(|id| *id != broker && leads(id)) {
            let kept = self.holds(logs.log(leader, self.id), &entry) || self.taken_by_power(logs, &entry);
            breaches.unless(kept, Invariant::AckedDurable, step, || {
                format!(
                    "{}: broker-{} acknowledged {entry:?}, broker-{} leads without it",
                    self.id, broker.0, leader.0
                )
            });
        }
        self.acked.push(entry);
    }

    pub(super) fn judge(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        registered: BrokerSet,
        gated: bool,
        breaches: &mut Breaches,
    ) {
        let risen = std::mem::take(&mut self.risen);
        for (index, belief) in self.beliefs.into_iter().enumerate() {
            let (id, Some(belief)) = (BrokerId(index as u8 + 1), belief) else { continue };
            if risen.contains(id) {
                self.judge_rise(logs, step, id, (belief, gated), breaches);
            }
            if belief.epoch >= self.void_before {
                self.judge_isr(logs, step, id, belief, breaches);
            }
        }
        self.judge_candidates(logs, step, registered, breaches);
        self.judge_globally(logs, step, breaches);
    }

    fn judge_rise(
        &mut self,
        logs: &Replicas,
        step: StepNo,
        id: BrokerId,
        (belief, gated): (Belief, bool),
        breaches: &mut Breaches,
    ) {
        breaches.unless(!gated || belief.isr.len() >= self.min_isr, Invariant::MinIsrGates, step, || {
            format!("{}: broker-{} commits with the ISR {}", self.id, id.0, belief.isr)
        });
        if (self.leader, self.epoch) != (Some(id), belief.epoch) {
            return;
        }
        let log = logs.log(id, self.id);
        let from = log.place(self.end());
        let news = log.entries()[from..].iter().take_while(|entry| entry.end() <= log.high_watermark);
        self.committed.extend(news.copied());
    }

    fn end(&self) -> Offset {
        self.committed.last().map_or(0, Entry::end)
    }

    /// StrongIsr and WeakIsr: what stands below a leader's high watermark is with every member of the
    /// controller's ISR, and of its own.
    fn judge_isr(
        &self,
        logs: &Replicas,
        step: StepNo,
        id: BrokerId,
        belief: Belief,
        breaches: &mut Breaches,
    ) {
        let log = logs.log(id, self.id);
        let Some(place) = log.place(log.high_watermark).checked_sub(1) else { return };
        let last = log.entries()[place];
        for (isr, invariant) in [(self.isr, Invariant::StrongIsr), (belief.isr, Invariant::WeakIsr)] {
            for member in isr.iter() {
                let has = self.holds(logs.log(member, self.id), &last) || self.lost(logs, member, &last);
                breaches.unless(has, invariant, step, || {
                    format!(
                        "{}: broker-{} of the ISR {isr} lacks {last:?}, below the high watermark of broker-{}",
                        self.id, member.0, id.0
                    )
                });
            }
        }
    }

    /// Leader-candidate completeness: whoever may be elected and runs has all that is committed.
    fn judge_candidates(
        &self,
        logs: &Replicas,
        step: StepNo,
        registered: BrokerSet,
        breaches: &mut Breaches,
    ) {
        for id in self.isr.union(self.elr).intersection(registered).iter() {
            let end = logs.log(id, self.id).end();
            let last_member = !self.elr_on && self.isr == BrokerSet::of(id);
            let excused = self.unheard.contains(id)
                || last_member && self.cut[id.index()].is_some_and(|to| to < self.end());
            breaches.unless(
                end.max(self.expired) >= self.end() || excused,
                Invariant::LeaderComplete,
                step,
                || {
                    format!(
                        "{}: broker-{} may be elected and ends at {end}; committed up to {}",
                        self.id,
                        id.0,
                        self.end()
                    )
                },
            );
        }
    }

    /// What is committed is with somebody who may be elected.
    fn judge_globally(&self, logs: &Replicas, step: StepNo, breaches: &mut Breaches) {
        let electable = self.isr.union(self.elr);
        let kept = electable.iter().map(|id| self.kept(logs.log(id, self.id))).max().unwrap_or(0);
        let Some(entry) = self.committed.get(kept) else { return };
        // After an unclean election the ISR may be smaller than its minimum without an ELR.
        let excused = if self.elr_on && self.void_before == 0 {
            self.unclean.intersection(self.replicas).len() >= self.min_isr
        } else {
            electable.iter().all(|id| self.lost(logs, id, entry))
        };
        breaches.unless(excused, Invariant::NoCommittedRecordLost, step, || {
            format!("{}: nobody of {electable} has {entry:?}", self.id)
        });
    }

    /// Whether a log has an entry, or it was deleted in its time.
    pub(super) fn holds(&self, log: &Log, entry: &Entry) -> bool {
        entry.end() <= self.expired.max(log.start) || log.at(entry.base_offset) == Some(entry)
    }

    /// How many of the first committed entries a log has. Logs that agree on one agree on all before it.
    pub(super) fn kept(&self, log: &Log) -> usize {
        match self.committed.last() {
            Some(last) if !self.holds(log, last) => {
                self.committed.partition_point(|entry| self.holds(log, entry))
            }
            _ => self.committed.len(),
        }
    }
}

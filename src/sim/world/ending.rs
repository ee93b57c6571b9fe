//! When a run has settled, so that it may end.

use super::World;
use crate::sim::cx::Event;
use crate::sim::fact::EndReason;
use crate::sim::ids::{BrokerId, Micros, NodeId, TopicPartition, ms};
use crate::sim::network::LinkEffect;
use crate::sim::queue::Rank;

/// Between two looks whether the run has settled.
pub(super) const END_CHECK_EVERY: Micros = ms(50);
/// For so long nothing may have changed when a run is called settled.
const QUIET: Micros = ms(2_000);
/// For so long at most brokers are waited for that are not back in the ISR.
const ISR_PATIENCE: Micros = ms(15_000);

impl World {
    /// Whether every send() has completed, of producers that are not dead for good.
    pub fn producers_done(&self) -> bool {
        (1..=self.kernel.config.producer.count).all(|n| {
            let process = self.process_of(NodeId::Producer(n));
            self.producers[usize::from(n) - 1].done() || !process.running && !process.restarting
        })
    }

    pub(super) fn end_check(&mut self) {
        if self.settled() {
            self.ended = Some(EndReason::Settled);
            return;
        }
        self.kernel.schedule(self.kernel.now.plus(END_CHECK_EVERY), Rank::End, Event::EndCheck);
    }

    /// Every send() has completed, consumers have read to the high watermark or are dead for good, every fault
    /// has fired, nothing is scheduled, and nothing that matters has changed for two seconds.
    fn settled(&self) -> bool {
        let quiet = self.kernel.now.since(self.kernel.last_change);
        quiet >= QUIET
            && self.producers_done()
            && self.progress.iter().all(|p| p.fired_at.is_some() && !p.lasting)
            && self.processes.iter().all(|p| !p.restarting && p.stopping.is_none() && p.paused.is_none())
            && self.consumers_done()
            && (quiet >= ISR_PATIENCE || self.brokers_in_sync())
    }

    /// Whether consumers have read to the high watermark and wait for more, or are dead for good.
    pub fn consumers_done(&self) -> bool {
        let config = &self.kernel.config;
        let alive = |n: u8| {
            self.process_of(NodeId::Consumer(n)).running && !self.consumers[usize::from(n) - 1].failed()
        };
        let mut living = (1..=config.members()).filter(|n| alive(*n)).peekable();
        if living.peek().is_none() {
            return true;
        }
        let mut positions = [None; 3];
        for n in living {
            if !self.consumers[usize::from(n) - 1].idle() {
                return false;
            }
            let view = self.consumers[usize::from(n) - 1].view();
            for (p, position) in view.positions.iter().enumerate() {
                if view.assigned & 1 << p != 0 {
                    positions[p] = *position;
                }
            }
        }
        (0..config.topic.partitions).all(|p| {
            let partition = TopicPartition::events(p);
            let Some(leader) = self.controller.registration(partition).leader else { return true };
            let high_watermark = self.replica(leader, partition).map_or(0, |replica| replica.high_watermark);
            positions[usize::from(p)].is_some_and(|position| position >= high_watermark)
        })
    }

    /// Every running broker that no fault has cut off is back in every ISR that it belongs to.
    fn brokers_in_sync(&self) -> bool {
        let config = &self.kernel.config;
        let cut_off = |broker: BrokerId| {
            self.kernel.network.faults.iter().any(|fault| {
                fault.effect == LinkEffect::Cut && (fault.from == broker.into() || fault.to == broker.into())
            })
        };
        config.brokers().filter(|b| self.process_of((*b).into()).running && !cut_off(*b)).all(|broker| {
            if self.brokers[broker.index()].starting() {
                return false;
            }
            config.partitions().filter(|partition| config.replica_set(*partition).contains(broker)).all(
                |partition| {
                    let registration = self.controller.registration(partition);
                    registration.leader.is_none() || registration.isr.contains(broker)
                },
            )
        })
    }
}

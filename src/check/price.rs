//! What a promise costs: latency, throughput, copies, flushes, in virtual time.

use crate::sim::order::sort_by_number;
use crate::sim::{Arena, Fact, Micros, Observation, RecordId, Time};

/// Two points of a distribution of latencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Half of them are at most so long.
    pub p50: Micros,
    /// 99 of 100 are at most so long.
    pub p99: Micros,
}

impl Latency {
    /// By nearest rank; none of nothing.
    fn of(mut all: Vec<Micros>) -> Option<Latency> {
        if all.is_empty() {
            return None;
        }
        sort_by_number(&mut all, |latency| *latency);
        let at = |percent: usize| all[(all.len() * percent).div_ceil(100).max(1) - 1];
        Some(Latency { p50: at(50), p99: at(99) })
    }
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// From send() to its ack; none if nothing was acked.
    pub produce: Option<Latency>,
    /// From a record's first send() to its first effect; none if nothing was applied.
    pub end_to_end: Option<Latency>,
    /// Acks in a second of virtual time, between the first send() and the last ack.
    pub records_per_second: u64,
    /// Bytes of `events` that followers copied.
    pub bytes_replicated: u64,
    /// Times that a log of any topic was forced to disk.
    pub flushes: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    first_sent: Option<Time>,
    last_sent: Time,
    applied: bool,
    acked: bool,
}

/// The fold.
#[derive(Debug, Default)]
pub(super) struct Prices {
    clocks: [Vec<Clock>; 3],
    produce: Vec<Micros>,
    end_to_end: Vec<Micros>,
    first_sent: Option<Time>,
    last_acked: Time,
    bytes_replicated: u64,
    flushes: u64,
}

impl Prices {
    pub(super) fn observe(&mut self, arena: &Arena, at: Time, observation: &Observation) {
        match observation.fact {
            Fact::Sent { record, .. } => {
                let clock = self.clock(record);
                clock.first_sent.get_or_insert(at);
                clock.last_sent = at;
                self.first_sent.get_or_insert(at);
            }
            Fact::Acked { record, .. } => {
                let clock = self.clock(record);
                if !clock.acked {
                    clock.acked = true;
                    let latency = at.since(clock.last_sent);
                    self.produce.push(latency);
                }
                self.last_acked = at;
            }
            Fact::Applied { record, .. } => {
                let clock = self.clock(record);
                if let (Some(sent), false) = (clock.first_sent, clock.applied) {
                    clock.applied = true;
                    self.end_to_end.push(at.since(sent));
                }
            }
            Fact::Replicated { batch, partition, .. } if partition.is_events() => {
                self.bytes_replicated += u64::from(arena.batch(batch).size);
            }
            Fact::Flushed { .. } => self.flushes += 1,
            _ => {}
        }
    }

    fn clock(&mut self, record: RecordId) -> &mut Clock {
        let clocks = &mut self.clocks[usize::from(record.producer()) - 1];
        let place = record.number() as usize - 1;
        if place >= clocks.len() {
            clocks.resize(place + 1, Clock::default());
        }
        &mut clocks[place]
    }

    pub(super) fn finish(self) -> Price {
        let elapsed = self.first_sent.map_or(0, |sent| self.last_acked.since(sent));
        let acked = self.produce.len() as u64;
        Price {
            records_per_second: (acked * 1_000_000).checked_div(elapsed).unwrap_or(0),
            produce: Latency::of(self.produce),
            end_to_end: Latency::of(self.end_to_end),
            bytes_replicated: self.bytes_replicated,
            flushes: self.flushes,
        }
    }
}

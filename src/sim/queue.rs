//! The event queue: the earliest event first, of equals the one scheduled first.

use super::ids::{FaultId, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What stands behind everything else of its microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What nodes and the network do.
    Node,
    /// What ends a fault: its time is over, a process is started again.
    Repair,
    /// The look whether the run has settled. A fault still to come keeps it from being so.
    End,
    /// Faults by the clock, in file order: one that is added later comes last wherever the cursor stood.
    Fault(FaultId),
}

/// Events by time, rank and order of scheduling. Keys of 16 bytes are sorted; events lie in a slab.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Reverse<u128>>,
    /// Events, each with the stamp of the key that it belongs to.
    slab: Vec<(u64, Option<E>)>,
    free: Vec<u32>,
    scheduled: u64,
    /// Keys in the heap whose events were taken back.
    void: usize,
}

/// What was scheduled, for whoever may want to take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    place: u32,
    stamp: u64,
}

/// Bits of a key, from the top: time 46, rank 2, order of scheduling 48, place in the slab 32.
const TIME: u32 = 82;
const RANK: u32 = 80;
const ORDER: u32 = 32;

/// So many void keys are put up with, and as many as there are others.
const SWEEP: usize = 64;

/// What tells a key from every other that had its place: rank and order.
fn stamp(key: u128) -> u64 {
    (key >> ORDER) as u64 & ((1 << (TIME - ORDER)) - 1)
}

fn alive<E>(slab: &[(u64, Option<E>)], key: u128) -> bool {
    let (of, event) = &slab[key as u32 as usize];
    *of == stamp(key) && event.is_some()
}

impl<E> Default for Queue<E> {
    fn default() -> Queue<E> {
        Queue { heap: BinaryHeap::new(), slab: Vec::new(), free: Vec::new(), scheduled: 0, void: 0 }
    }
}

impl<E> Queue<E> {
    /// Schedules an event.
    pub fn push(&mut self, at: Time, rank: Rank, event: E) -> Ticket {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slab.push((0, None));
            self.slab.len() as u32 - 1
        });
        // A timer that is never to fire lies beyond the end of every run.
        let at = at.0.min((1 << 46) - 1);
        let (rank, order): (u128, u64) = match rank {
            Rank::Node => (0, self.scheduled),
            Rank::Repair => (1, self.scheduled),
            Rank::Fault(id) => (3, id.0.into()),
            Rank::End => (2, self.scheduled),
        };
        let key = u128::from(at) << TIME | rank << RANK | u128::from(order) << ORDER | u128::from(place);
        self.scheduled += 1;
        self.slab[place as usize] = (stamp(key), Some(event));
        self.heap.push(Reverse(key));
        Ticket { place, stamp: stamp(key) }
    }

    /// Takes an event back, unless it has been taken.
    pub fn cancel(&mut self, ticket: Ticket) {
        let (of, event) = &mut self.slab[ticket.place as usize];
        if *of != ticket.stamp || event.take().is_none() {
            return;
        }
        self.free.push(ticket.place);
        self.void += 1;
        if self.void > SWEEP.max(self.heap.len() / 2) {
            let slab = &self.slab;
            self.heap.retain(|Reverse(key)| alive(slab, *key));
            self.void = 0;
        }
    }

    /// Drops void keys that stand first.
    fn skip_void(&mut self) {
        while self.heap.peek().is_some_and(|Reverse(key)| !alive(&self.slab, *key)) {
            self.heap.pop();
            self.void -= 1;
        }
    }

    /// Takes the earliest event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        self.skip_void();
        let Reverse(key) = self.heap.pop()?;
        let place = key as u32;
        self.free.push(place);
        let event = self.slab[place as usize].1.take().expect("it is alive");
        Some((Time((key >> TIME) as u64), event))
    }

    /// When the earliest event is due.
    pub fn next_at(&mut self) -> Option<Time> {
        self.skip_void();
        self.heap.peek().map(|Reverse(key)| Time((key >> TIME) as u64))
    }

    /// Number of events that wait.
    pub fn len(&self) -> usize {
        self.heap.len() - self.void
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that a copy takes.
    pub fn bytes(&self) -> usize {
        self.heap.len() * size_of::<u128>()
            + self.slab.len() * size_of::<(u64, Option<E>)>()
            + self.free.len() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earliest_first_then_rank_then_order() {
        let mut queue = Queue::default();
        for (at, rank, event) in [
            (7, Rank::End, 'e'),
            (7, Rank::Node, 'a'),
            (3, Rank::Fault(FaultId(4)), 'x'),
            (7, Rank::Node, 'b'),
            (7, Rank::Fault(FaultId(2)), 'g'),
            (7, Rank::Fault(FaultId(1)), 'f'),
            (7, Rank::Repair, 'r'),
        ] {
            queue.push(Time(at), rank, event);
        }
        let order: Vec<char> = std::iter::from_fn(|| queue.pop().map(|(_, event)| event)).collect();
        assert_eq!(order, ['x', 'a', 'b', 'r', 'e', 'f', 'g']);
    }

    /// What is taken back never comes, also when its place is another's by then; and the queue stays as small as what
    /// waits in it.
    #[test]
    fn what_is_taken_back_never_comes() {
        let mut queue = Queue::default();
        let mut given_up = Vec::new();
        for n in 0..10_000_u64 {
            queue.push(Time(n), Rank::Node, n);
            given_up.push(queue.push(Time(n + 30_000), Rank::Node, n));
            if n % 3 == 0 {
                let ticket = given_up.pop().expect("just pushed");
                queue.cancel(ticket);
                queue.cancel(ticket);
            }
            assert_eq!(queue.pop(), Some((Time(n), n)));
        }
        assert_eq!(queue.len(), given_up.len());
        given_up.drain(1..).for_each(|ticket| queue.cancel(ticket));
        assert!(queue.heap.len() <= 2 * SWEEP && queue.slab.len() < 10_000);
        assert_eq!((queue.len(), queue.next_at()), (1, Some(Time(30_001))));
        assert_eq!((queue.pop(), queue.pop()), (Some((Time(30_001), 1)), None));
        queue.cancel(given_up[0]);
        assert!(queue.is_empty());
    }
}

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
    slab: Vec<Option<E>>,
    free: Vec<u32>,
    scheduled: u64,
}

/// Bits of a key, from the top: time 46, rank 2, order of scheduling 48, place in the slab 32.
const TIME: u32 = 82;
const RANK: u32 = 80;
const ORDER: u32 = 32;

impl<E> Default for Queue<E> {
    fn default() -> Queue<E> {
        Queue { heap: BinaryHeap::new(), slab: Vec::new(), free: Vec::new(), scheduled: 0 }
    }
}

impl<E> Queue<E> {
    /// Schedules an event.
    pub fn push(&mut self, at: Time, rank: Rank, event: E) {
        let place = match self.free.pop() {
            Some(place) => {
                self.slab[place as usize] = Some(event);
                place
            }
            None => {
                self.slab.push(Some(event));
                self.slab.len() as u32 - 1
            }
        };
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
        self.heap.push(Reverse(key));
    }

    /// Takes the earliest event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        let Reverse(key) = self.heap.pop()?;
        let place = key as u32;
        self.free.push(place);
        let event = self.slab[place as usize].take().expect("a key in the heap has its event in the slab");
        Some((Time((key >> TIME) as u64), event))
    }

    /// When the earliest event is due.
    pub fn next_at(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse(key)| Time((key >> TIME) as u64))
    }

    /// Number of events that wait.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// Bytes that a copy takes.
    pub fn bytes(&self) -> usize {
        self.heap.len() * size_of::<u128>() + self.slab.len() * size_of::<Option<E>>() + self.free.len() * 4
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
}

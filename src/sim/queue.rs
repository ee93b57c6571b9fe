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
///
/// What comes next stands in a sorted list, which is cheaper than a heap while it is short; what comes after all of
/// that, time-outs above all, which mostly are taken back, waits in a heap.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    /// The earliest keys, the very first one last.
    near: Vec<u128>,
    /// Keys behind all of those.
    far: BinaryHeap<Reverse<u128>>,
    /// Events, each with the stamp of the key that it belongs to.
    slab: Vec<(u64, Option<E>)>,
    free: Vec<u32>,
    scheduled: u64,
    /// Keys whose events were taken back.
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
/// So long the sorted list may become.
const NEAR: usize = 32;

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
        Queue {
            near: Vec::new(),
            far: BinaryHeap::new(),
            slab: Vec::new(),
            free: Vec::new(),
            scheduled: 0,
            void: 0,
        }
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
        self.insert(key);
        self.slab[place as usize] = (stamp(key), Some(event));
        Ticket { place, stamp: stamp(key) }
    }

    fn insert(&mut self, key: u128) {
        if self.near.first().is_none_or(|last| key > *last) {
            self.far.push(Reverse(key));
            return;
        }
        self.near.push(key);
        let mut place = self.near.len() - 1;
        while place > 0 && self.near[place - 1] < key {
            self.near[place] = self.near[place - 1];
            place -= 1;
        }
        self.near[place] = key;
        if self.near.len() > NEAR {
            self.far.extend(self.near.drain(..NEAR / 2).map(Reverse));
        }
    }

    /// Takes an event back, unless it has been taken.
    pub fn cancel(&mut self, ticket: Ticket) {
        let (of, event) = &mut self.slab[ticket.place as usize];
        if *of != ticket.stamp || event.take().is_none() {
            return;
        }
        self.free.push(ticket.place);
        self.void += 1;
        if self.void > SWEEP.max(self.far.len() / 2) {
            let slab = &self.slab;
            self.near.retain(|key| alive(slab, *key));
            self.far.retain(|Reverse(key)| alive(slab, *key));
            self.void = 0;
        }
    }

    /// The first key that is not void, which then stands last in the list.
    fn first(&mut self) -> Option<u128> {
        loop {
            while let Some(key) = self.near.last() {
                if alive(&self.slab, *key) {
                    return Some(*key);
                }
                self.near.pop();
                self.void -= 1;
            }
            if self.far.is_empty() {
                return None;
            }
            let next = std::iter::from_fn(|| self.far.pop()).take(NEAR / 2);
            self.near.extend(next.map(|Reverse(key)| key));
            self.near.reverse();
        }
    }

    /// Takes the earliest event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        let key = self.first()?;
        self.near.pop();
        let place = key as u32;
        self.free.push(place);
        let event = self.slab[place as usize].1.take().expect("it is alive");
        Some((Time((key >> TIME) as u64), event))
    }

    /// When the earliest event is due.
    pub fn next_at(&mut self) -> Option<Time> {
        self.first().map(|key| Time((key >> TIME) as u64))
    }

    /// Number of events that wait.
    pub fn len(&self) -> usize {
        self.near.len() + self.far.len() - self.void
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that a copy takes.
    pub fn bytes(&self) -> usize {
        (self.near.len() + self.far.len()) * size_of::<u128>()
            + self.slab.len() * size_of::<(u64, Option<E>)>()
            + self.free.len() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::hash;

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
        assert!(queue.near.len() + queue.far.len() <= 2 * SWEEP && queue.slab.len() < 10_000);
        assert_eq!((queue.len(), queue.next_at()), (1, Some(Time(30_001))));
        assert_eq!((queue.pop(), queue.pop()), (Some((Time(30_001), 1)), None));
        queue.cancel(given_up[0]);
        assert!(queue.is_empty());
    }

    /// Against a list that is searched from end to end: near and far, with much taken back.
    #[test]
    fn order_is_that_of_a_plain_list() {
        let mut queue = Queue::default();
        let mut list: Vec<(Time, u64, Ticket)> = Vec::new();
        let mut now = 0;
        for n in 0..20_000_u64 {
            let drawn = hash::draw_between(0, 999, &[n]);
            let after = if drawn < 300 { 30_000 + drawn } else { drawn / 10 };
            list.push((Time(now + after), n, queue.push(Time(now + after), Rank::Node, n)));
            match drawn % 7 {
                0 | 1 => {
                    let (_, _, ticket) = list.swap_remove(drawn as usize * 31 % list.len());
                    queue.cancel(ticket);
                }
                2..=4 => {
                    let first = (0..list.len()).min_by_key(|place| (list[*place].0, list[*place].1));
                    let first = first.map(|place| list.swap_remove(place));
                    assert_eq!(queue.pop(), first.map(|(at, n, _)| (at, n)));
                    now = first.map_or(now, |(at, ..)| at.0);
                }
                _ => {}
            }
            assert_eq!(queue.len(), list.len());
        }
        assert!(list.len() > 4 * NEAR, "both parts were in use");
    }
}

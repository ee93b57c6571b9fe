//! Containers whose copies are cheap however much they hold: a producer may have a million records.

use crate::sim::cow::CowVec;

/// A queue over shared chunks. What was taken is given back when the queue runs empty.
#[derive(Clone, Debug)]
pub(super) struct CowQueue<T> {
    items: CowVec<T>,
    taken: usize,
}

impl<T> Default for CowQueue<T> {
    fn default() -> CowQueue<T> {
        CowQueue { items: CowVec::default(), taken: 0 }
    }
}

impl<T: Copy> CowQueue<T> {
    pub(super) fn len(&self) -> usize {
        self.items.len() - self.taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn push(&mut self, item: T) {
        self.items.push(item);
    }

    pub(super) fn front(&self) -> Option<&T> {
        self.items.get(self.taken)
    }

    /// The youngest, to be changed.
    pub(super) fn back_mut(&mut self) -> Option<&mut T> {
        if self.is_empty() {
            return None;
        }
        self.items.get_mut(self.items.len() - 1)
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let item = *self.front()?;
        self.taken += 1;
        if self.is_empty() {
            self.items.clear();
            self.taken = 0;
        }
        Some(item)
    }
}

/// A set of numbers from 1 on, one bit for each.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    words: CowVec<u64>,
    count: u32,
    /// Every number below is marked.
    first_unmarked: u32,
}

impl Marks {
    /// How many are marked.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    fn place(number: u32) -> (usize, u64) {
        ((number / 64) as usize, 1 << (number % 64))
    }

    pub(super) fn contains(&self, number: u32) -> bool {
        let (word, bit) = Marks::place(number);
        self.words.get(word).is_some_and(|w| w & bit != 0)
    }

    pub(super) fn insert(&mut self, number: u32) {
        if self.contains(number) {
            return;
        }
        let (word, bit) = Marks::place(number);
        while self.words.len() <= word {
            self.words.push(0);
        }
        if let Some(w) = self.words.get_mut(word) {
            *w |= bit;
        }
        self.count += 1;
        self.first_unmarked = self.first_unmarked.max(1);
        while self.contains(self.first_unmarked) {
            self.first_unmarked += 1;
        }
    }

    pub(super) fn remove(&mut self, number: u32) {
        if !self.contains(number) {
            return;
        }
        let (word, bit) = Marks::place(number);
        if let Some(w) = self.words.get_mut(word) {
            *w &= !bit;
        }
        self.count -= 1;
        self.first_unmarked = self.first_unmarked.min(number);
    }

    /// The first number that is not marked.
    pub(super) fn first_unmarked(&self) -> u32 {
        self.first_unmarked.max(1)
    }
}

//! A vector in chunks that copies share until one of them is written: a snapshot of the world costs what
//! changed since, not what exists.

use std::ops::Index;
use std::sync::Arc;

const CHUNK: usize = 256;

/// A growable vector whose clones share full chunks.
#[derive(Clone, Debug)]
pub struct CowVec<T> {
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

impl<T> Default for CowVec<T> {
    fn default() -> CowVec<T> {
        CowVec { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Clone> CowVec<T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an element at the end.
    pub fn push(&mut self, value: T) {
        if self.len == self.chunks.len() * CHUNK {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        let last = self.chunks.last_mut().expect("a chunk was just made sure of");
        Arc::make_mut(last).push(value);
        self.len += 1;
    }

    /// The element at `index`.
    pub fn get(&self, index: usize) -> Option<&T> {
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    /// The element at `index`, to be changed; its chunk is copied if it is shared.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        Arc::make_mut(self.chunks.get_mut(index / CHUNK)?).get_mut(index % CHUNK)
    }

    /// The last element.
    pub fn last(&self) -> Option<&T> {
        self.get(self.len.checked_sub(1)?)
    }

    /// Keeps the first `len` elements.
    pub fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.chunks.truncate(len.div_ceil(CHUNK));
        if !len.is_multiple_of(CHUNK) {
            let last = self.chunks.last_mut().expect("a chunk holds what is kept");
            Arc::make_mut(last).truncate(len % CHUNK);
        }
        self.len = len;
    }

    /// Lets go of all elements, but keeps a chunk for those to come, unless it is shared.
    pub fn clear(&mut self) {
        self.len = 0;
        self.chunks.truncate(1);
        match self.chunks.first_mut().map(Arc::get_mut) {
            Some(Some(chunk)) => chunk.clear(),
            _ => self.chunks.clear(),
        }
    }

    /// All elements in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Elements from `start` on.
    pub fn iter_from(&self, start: usize) -> impl Iterator<Item = &T> {
        (start..self.len).map(|index| &self[index])
    }

    /// Index of the first element for which `before` does not hold, all for which it holds standing first. It is
    /// looked for from the end, where it mostly is.
    pub fn partition_point(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let (mut high, mut step) = (self.len, 1);
        while step <= high && !before(&self[high - step]) {
            high -= step;
            step *= 2;
        }
        let mut low = (high + 1).saturating_sub(step);
        while low < high {
            let middle = low.midpoint(high);
            if before(&self[middle]) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

impl<T: Clone> Index<usize> for CowVec<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        &self.chunks[index / CHUNK][index % CHUNK]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_until_written() {
        let mut a = CowVec::default();
        (0..1000).for_each(|n| a.push(n));
        let b = a.clone();
        a.truncate(300);
        a.push(7);
        *a.get_mut(0).unwrap() = 9;
        assert_eq!((a.len(), a[0], a[300]), (301, 9, 7));
        assert_eq!((b.len(), b[0], b[300]), (1000, 0, 300));
        assert!(Arc::ptr_eq(&b.chunks[3], &b.clone().chunks[3]));
        assert_eq!(b.iter_from(998).copied().collect::<Vec<_>>(), [998, 999]);
        (0..=1000).for_each(|found| assert_eq!(b.partition_point(|n| *n < found), found));
    }
}

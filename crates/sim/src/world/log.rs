//! Logs, which worlds keep for as long as they live and share with their copies.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// The number of entries that are shared together.
const CHUNK: usize = 64;

/// Entries in the order in which they were added. A copy shares what was logged before, however much that is.
#[derive(Clone)]
pub struct Log<T> {
    /// Chunks that are full, oldest first.
    full: Vec<Arc<[T]>>,
    /// Entries of the last chunk, fewer than [`CHUNK`].
    last: Vec<T>,
}

impl<T> Log<T> {
    pub(crate) fn push(&mut self, entry: T) {
        self.last.push(entry);
        if self.last.len() == CHUNK {
            self.full.push(self.last.drain(..).collect());
        }
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.last.len()
    }

    /// Returns true when nothing was logged.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the entries, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.full.iter().flat_map(|chunk| chunk.iter()).chain(&self.last)
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { full: Vec::new(), last: Vec::new() }
    }
}

impl<T> Index<usize> for Log<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        match self.full.get(index / CHUNK) {
            Some(chunk) => &chunk[index % CHUNK],
            None => &self.last[index - self.full.len() * CHUNK],
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Log<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_its_own_way() {
        let mut log = Log::default();
        assert!(log.is_empty());
        (0..CHUNK * 2 + 3).for_each(|entry| log.push(entry));
        let mut copy = log.clone();
        log.push(1_000);
        copy.push(2_000);
        for (log, own) in [(&log, 1_000), (&copy, 2_000)] {
            let all: Vec<usize> = (0..CHUNK * 2 + 3).chain([own]).collect();
            assert_eq!(log.iter().copied().collect::<Vec<_>>(), all);
            assert_eq!(log.len(), all.len());
            assert!(all.iter().enumerate().all(|(index, entry)| log[index] == *entry));
        }
    }
}

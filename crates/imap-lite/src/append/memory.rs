//! The memory of letters that are coming, of all sessions together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts it. Clones share the number.
#[derive(Clone, Debug, Default)]
pub struct LetterMemory(Arc<AtomicU64>);

/// One command's share; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    all: LetterMemory,
    pub(crate) octets: u64,
}

impl LetterMemory {
    /// Octets that are promised.
    pub fn octets(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// So many octets; none if all together would have more than `most`. The letter then goes to a file from its first octet.
    pub(crate) fn take(&self, octets: u64, most: u64) -> Share {
        let more = |used: u64| used.checked_add(octets).filter(|used| *used <= most);
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        Share { all: self.clone(), octets: if taken { octets } else { 0 } }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_bounded_together_and_given_back() {
        let memory = LetterMemory::default();
        let (first, second) = (memory.take(60, 100), memory.take(41, 100));
        assert_eq!((first.octets, second.octets, memory.octets()), (60, 0, 60));
        drop(first);
        assert_eq!(memory.take(100, 100).octets, 100);
        assert_eq!(memory.octets(), 0);
        assert_eq!(memory.take(u64::MAX, 100).octets, 0);
        drop(second);
        assert_eq!(memory.octets(), 0);
    }
}

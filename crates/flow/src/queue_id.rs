//! Names of letters: numbers that sort by time.

use std::sync::atomic::{AtomicU64, Ordering};

use model::{QueueId, UnixMillis};

const RANDOM_BITS: u32 = 20;

/// Gives each letter of this process another number: milliseconds since 1970, then twenty bits. The first letter of a
/// millisecond begins at random in their lower half, the next ones count up from there.
#[derive(Debug, Default)]
pub(crate) struct QueueIds {
    last: AtomicU64,
}

impl QueueIds {
    /// The next one; never one that it gave before, whatever the clock does.
    pub(crate) fn next(&self, now: UnixMillis) -> QueueId {
        let mut random = [0; 4];
        // Without random numbers the ids of this process are still distinct.
        let _ = getrandom::fill(&mut random);
        let first = first_at(now).get() | u64::from(u32::from_be_bytes(random) >> (33 - RANDOM_BITS));
        let after = |last: u64| if last >= first_at(now).get() { last + 1 } else { first };
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last)));
        QueueId::new(after(last.unwrap_or_else(|last| last)))
    }
}

/// Not above any number given at that moment or later.
pub(crate) const fn first_at(time: UnixMillis) -> QueueId {
    QueueId::new(time.0 << RANDOM_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_ascend() {
        let ids = QueueIds::default();
        let mut last = QueueId::new(0);
        for time in [5, 5, 5, 4, 6] {
            for _ in 0..1000 {
                let id = ids.next(UnixMillis(time));
                assert!(id > last);
                last = id;
            }
        }
        assert!(first_at(UnixMillis(6)) <= last && last < first_at(UnixMillis(7)));
    }
}

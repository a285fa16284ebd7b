//! The index as a tree in memory with a copy that "is on the disk": what remains after a simulated power cut.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use parking_lot::Mutex;
use store::{Entry, Key, KeyRange, StoreError};

use super::{Applied, low_of};

/// Rows and their LSN.
type Rows = (BTreeMap<Key, Bytes>, u64);

/// A tree in memory.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    now: Mutex<Rows>,
    flushed: Mutex<Rows>,
}

impl Tree {
    /// What a power cut leaves: what was flushed last.
    #[must_use]
    pub(crate) fn cut(&self) -> Self {
        Self::of(self.flushed.lock().clone())
    }
    /// What a power cut may leave as well: all that was applied, although nobody flushed it.
    #[must_use]
    pub(crate) fn kept(&self) -> Self {
        Self::of(self.now.lock().clone())
    }
    /// All rows now.
    pub(crate) fn rows(&self) -> BTreeMap<Key, Bytes> {
        self.now.lock().0.clone()
    }
    fn of(rows: Rows) -> Self {
        Self { now: Mutex::new(rows.clone()), flushed: Mutex::new(rows) }
    }
}

impl Applied for Tree {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        Ok(self.now.lock().0.get(key).cloned())
    }
    fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let now = self.now.lock();
        let low = Key::from_bytes(low_of(range).to_vec());
        let high = range.high.as_ref().map(|high| Key::from_bytes(high.clone()));
        if high.as_ref().is_some_and(|high| *high <= low) {
            return Ok(Vec::new());
        }
        let high = high.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = now.0.range((Bound::Included(low), high)).take(limit);
        Ok(rows.map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect())
    }
    fn apply(
        &self,
        rows: &mut dyn Iterator<Item = (Key, Option<Bytes>)>,
        lsn: u64,
    ) -> Result<(), StoreError> {
        let mut now = self.now.lock();
        for (key, value) in rows {
            match value {
                Some(value) => now.0.insert(key, value),
                None => now.0.remove(&key),
            };
        }
        now.1 = lsn;
        Ok(())
    }
    fn lsn(&self) -> Result<u64, StoreError> {
        Ok(self.now.lock().1)
    }
    fn flush(&self) -> Result<(), StoreError> {
        let now = self.now.lock().clone();
        *self.flushed.lock() = now;
        Ok(())
    }
}

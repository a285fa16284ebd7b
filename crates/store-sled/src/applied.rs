//! The index as rows applied: sled, or a tree in memory for simulations.
//!
//! It is never the durability point. What it must do: change by whole groups, tell how far it has come, and be on the
//! disk after [`Applied::flush`].

mod sled_tree;
#[cfg(test)]
mod tree;

use bytes::Bytes;
use store::{Entry, Key, KeyRange, StoreError};

pub use sled_tree::IndexOpen;
pub(crate) use sled_tree::SledTree;
#[cfg(test)]
pub(crate) use tree::Tree;

/// A row, or what is wrong with it.
pub(crate) type EachRow = (Key, Result<Bytes, StoreError>);

/// Rows with their checksum and the LSN that they have reached.
pub(crate) trait Applied: Send + Sync {
    /// A value.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its checksum fails.
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError>;
    /// Rows in order.
    ///
    /// # Errors
    /// As [`Applied::get`].
    fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError>;
    /// The same for who looks for damage: a row whose checksum fails comes as that, and the others all the same.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the index does not read at all.
    fn scan_each(&self, range: &KeyRange, limit: usize) -> Result<Vec<EachRow>, StoreError> {
        Ok(self.scan(range, limit)?.into_iter().map(|row| (row.key, Ok(row.value))).collect())
    }
    /// Changes rows in one step for readers; later changes of a key win. `lsn` is the last record among them.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be written.
    fn apply(&self, rows: &mut dyn Iterator<Item = (Key, Option<Bytes>)>, lsn: u64)
    -> Result<(), StoreError>;
    /// The last `lsn`; zero of an empty one.
    ///
    /// # Errors
    /// As [`Applied::get`].
    fn lsn(&self) -> Result<u64, StoreError>;
    /// Makes durable what was applied before.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be written; then nothing is known of what is on the disk.
    fn flush(&self) -> Result<(), StoreError>;
}

/// Key of the LSN; no keyspace begins with zero.
const LSN_KEY: &[u8] = &[0];

/// A value with the checksum of its key and itself behind it.
fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(value.len() + 4);
    sealed.extend_from_slice(value);
    sealed.extend_from_slice(&sum(key, value).to_le_bytes());
    sealed
}

fn unseal(key: &[u8], sealed: &[u8]) -> Result<Bytes, StoreError> {
    let damaged = || StoreError::Damaged {
        at: format!("row {:?}", Key::from_bytes(key.to_vec())),
        what: "its checksum fails".into(),
    };
    let (value, found) = sealed.split_last_chunk::<4>().ok_or_else(damaged)?;
    if *found == sum(key, value).to_le_bytes() { Ok(Bytes::copy_from_slice(value)) } else { Err(damaged()) }
}

fn sum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

/// Where a scan begins: never among the engine's own rows.
fn low_of(range: &KeyRange) -> &[u8] {
    if range.low.first().is_none_or(|first| *first == 0) { &[1] } else { &range.low }
}

fn u64_of(value: &[u8]) -> u64 {
    value.try_into().map_or(0, u64::from_le_bytes)
}

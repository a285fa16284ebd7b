//! Rows in order, a page at a time, through damage.

use std::collections::VecDeque;
use std::marker::PhantomData;

use bytes::Bytes;
use store::{Key, KeyRange, Keyspace, Record, StoreError, TypedKey};

use super::Seen;
use crate::applied::{Applied, EachRow};

const PAGE: usize = 500;

/// Raw rows of a range.
pub(crate) struct Cursor<'a> {
    rows: &'a dyn Applied,
    range: Option<KeyRange>,
    page: VecDeque<EachRow>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn over(rows: &'a dyn Applied, range: KeyRange) -> Self {
        Self { rows, range: Some(range), page: VecDeque::new() }
    }
    pub(crate) fn space(rows: &'a dyn Applied, space: Keyspace) -> Self {
        Self::over(rows, first_byte(space as u8))
    }
    pub(crate) fn next(&mut self, seen: &mut Seen<'_>) -> Result<Option<EachRow>, StoreError> {
        if self.page.is_empty()
            && let Some(range) = self.range.take()
        {
            self.page = self.rows.scan_each(&range, PAGE)?.into();
            if self.page.len() == PAGE {
                self.range = self.page.back().map(|(key, _)| range.after(key));
            }
        }
        let row = self.page.pop_front();
        if let Some((key, value)) = &row {
            seen.rows += 1;
            let octets = key.as_bytes().len() + value.as_ref().map_or(0, Bytes::len);
            seen.meter.add(octets as u64);
        }
        Ok(row)
    }
}

/// All keys that begin with one octet.
pub(crate) fn first_byte(byte: u8) -> KeyRange {
    KeyRange { low: vec![byte], high: byte.checked_add(1).map(|next| vec![next]) }
}

/// A row as its owner sees it.
pub(crate) struct Typed<K: TypedKey> {
    pub(crate) key: K,
    pub(crate) value: Result<K::Value, String>,
    pub(crate) raw: Bytes,
}

/// Typed rows of a keyspace, with a look at the next key. Keys that are none of it become findings.
pub(crate) struct Peek<'a, K: TypedKey> {
    cursor: Cursor<'a>,
    ahead: Option<Typed<K>>,
    space: PhantomData<K>,
}

impl<'a, K: TypedKey> Peek<'a, K> {
    pub(crate) fn new(rows: &'a dyn Applied, seen: &mut Seen<'_>) -> Result<Self, StoreError> {
        let mut peek = Self { cursor: Cursor::space(rows, K::SPACE), ahead: None, space: PhantomData };
        peek.take(seen)?;
        Ok(peek)
    }
    pub(crate) fn key(&self) -> Option<&K> {
        self.ahead.as_ref().map(|row| &row.key)
    }
    /// The next row, if its key is so.
    pub(crate) fn take_if(
        &mut self,
        wanted: impl FnOnce(&K) -> bool,
        seen: &mut Seen<'_>,
    ) -> Result<Option<Typed<K>>, StoreError> {
        if self.key().is_some_and(wanted) { self.take(seen) } else { Ok(None) }
    }
    /// The next row.
    pub(crate) fn take(&mut self, seen: &mut Seen<'_>) -> Result<Option<Typed<K>>, StoreError> {
        let mut next = None;
        while let Some((key, value)) = self.cursor.next(seen)? {
            match K::from_key(&key) {
                Some(typed) => {
                    next = Some(typed_row(typed, value));
                    break;
                }
                None => seen.odd_key(&key),
            }
        }
        Ok(std::mem::replace(&mut self.ahead, next))
    }
}

fn typed_row<K: TypedKey>(key: K, value: Result<Bytes, StoreError>) -> Typed<K> {
    match value {
        Ok(raw) => {
            let value = K::Value::decode(&raw).map_err(|error| error.to_string());
            Typed { key, value, raw }
        }
        Err(error) => Typed { key, value: Err(error.to_string()), raw: Bytes::new() },
    }
}

impl Seen<'_> {
    pub(crate) fn odd_key(&mut self, key: &Key) {
        let en = "the key is none of its keyspace";
        self.found.error(format!("row {key:?}"), "nyckeln hör inte till sin nyckelrymd", en);
    }
}

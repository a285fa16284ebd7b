//! One walk over all rows: what it compares, and what it would write to put it right.
//!
//! A check throws the corrections away, a rebuild applies them; so both mean the same by right.

use bytes::Bytes;
use model::UnixMillis;
use store::{CounterKey, Key, Keyspace, Record, StoreError, TypedKey};

use super::bodies::{self, Kept, References};
use super::cursor::{Cursor, first_byte};
use super::findings::{Findings, Meter};
use super::{Inspect, mailboxes};
use crate::applied::Applied;
use crate::committer::apply;
use crate::recovered::Recovered;

/// What was seen so far.
pub(crate) struct Seen<'a> {
    pub(crate) rows: u64,
    pub(crate) bodies: u64,
    pub(crate) found: Findings,
    pub(crate) meter: Meter<'a>,
}

/// Corrections on their way.
pub(crate) struct Mender {
    pub(crate) now: UnixMillis,
    /// The record up to which the rows reach; corrections are of no later one.
    pub(crate) lsn: u64,
    writes: Vec<(Key, Option<Bytes>)>,
}

impl Mender {
    const WRITES: usize = 1000;

    pub(crate) const fn new(now: UnixMillis, lsn: u64) -> Self {
        Self { now, lsn, writes: Vec::new() }
    }
    fn flush(&mut self, rows: &dyn Applied) -> Result<(), StoreError> {
        if self.writes.is_empty() {
            return Ok(());
        }
        apply(rows, &mut self.writes.drain(..), self.lsn)
    }
}

/// The walk.
pub(crate) struct Audit<'a> {
    pub(crate) rows: &'a dyn Applied,
    pub(crate) inspect: &'a Inspect<'a>,
    pub(crate) seen: Seen<'a>,
    pub(crate) mender: Option<Mender>,
    pub(crate) references: References,
    /// Letters whose row is odd and whose body is kept.
    pub(crate) recovered: Vec<Recovered>,
    /// Some row may refer to a body, and nobody can tell to which: then no count is lowered.
    pub(crate) refers_unknown: bool,
}

impl<'a> Audit<'a> {
    pub(crate) fn new(
        rows: &'a dyn Applied,
        inspect: &'a Inspect<'a>,
        meter: Meter<'a>,
        mender: Option<Mender>,
    ) -> Self {
        let seen = Seen { rows: 0, bodies: 0, found: Findings::default(), meter };
        let (references, recovered) = (References::default(), Vec::new());
        Self { rows, inspect, seen, mender, references, recovered, refers_unknown: false }
    }

    /// Walks over everything. `index_octets` is how much of the meter stands for rows.
    pub(crate) fn run(&mut self, kept: &Kept<'_>, index_octets: u64) -> Result<(), StoreError> {
        self.strangers()?;
        self.counters()?;
        mailboxes::walk(self)?;
        self.foreign()?;
        self.seen.meter.reach(index_octets);
        bodies::walk(self, kept)?;
        self.flush()
    }

    /// Writes a row that is not as it must be, if this walk corrects.
    pub(crate) fn put<K: TypedKey>(&mut self, key: &K, value: &K::Value) -> Result<(), StoreError> {
        self.write(key.to_key(), Some(value.encode().into()))
    }
    pub(crate) fn delete<K: TypedKey>(&mut self, key: &K) -> Result<(), StoreError> {
        self.write(key.to_key(), None)
    }
    fn write(&mut self, key: Key, value: Option<Bytes>) -> Result<(), StoreError> {
        let Some(mender) = &mut self.mender else { return Ok(()) };
        mender.writes.push((key, value));
        if mender.writes.len() >= Mender::WRITES { mender.flush(self.rows) } else { Ok(()) }
    }
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        self.mender.as_mut().map_or(Ok(()), |mender| mender.flush(self.rows))
    }
    pub(crate) const fn mends(&self) -> bool {
        self.mender.is_some()
    }

    /// Rows of no keyspace that is known here.
    fn strangers(&mut self) -> Result<(), StoreError> {
        for byte in (1..=u8::MAX).filter(|byte| Keyspace::from_byte(*byte).is_none()) {
            let mut cursor = Cursor::over(self.rows, first_byte(byte));
            while let Some((key, _)) = cursor.next(&mut self.seen)? {
                let sv = "okänd nyckelrymd; en nyare skolpost kan ha skrivit raden";
                let en = "unknown keyspace; a newer skolpost may have written the row";
                self.seen.found.error(format!("row {key:?}"), sv, en);
            }
        }
        Ok(())
    }

    fn counters(&mut self) -> Result<(), StoreError> {
        let mut cursor = Cursor::space(self.rows, Keyspace::Counter);
        while let Some((key, value)) = cursor.next(&mut self.seen)? {
            if CounterKey::from_key(&key).is_none() {
                self.seen.odd_key(&key);
                continue;
            }
            let read = value.map_err(|error| error.to_string());
            if let Err(why) = read.and_then(|value| i64::decode(&value).map_err(|error| error.to_string())) {
                self.seen.odd_row(format!("row {key:?}"), &why);
            }
        }
        Ok(())
    }

    /// Rows of other crates: their checksums, and what their owner says of them.
    fn foreign(&mut self) -> Result<(), StoreError> {
        for space in Keyspace::ALL.into_iter().filter(|space| is_foreign(*space)) {
            let mut cursor = Cursor::space(self.rows, space);
            while let Some((key, value)) = cursor.next(&mut self.seen)? {
                if key.tenant().is_none() {
                    self.seen.odd_key(&key);
                    continue;
                }
                let read = value.map_err(|error| error.to_string());
                match read.and_then(|value| (self.inspect)(&key, &value).map_err(|error| error.to_string())) {
                    Ok(bodies) => bodies.iter().for_each(|body| self.references.count(body, None)),
                    Err(why) => {
                        self.refers_unknown = true;
                        self.seen.odd_row(format!("row {key:?}"), &why);
                    }
                }
            }
        }
        Ok(())
    }
}

impl Seen<'_> {
    pub(crate) fn odd_row(&mut self, at: String, why: &str) {
        self.found.error(
            at,
            format!("raden går inte att läsa ({why})"),
            format!("the row does not read ({why})"),
        );
    }
}

pub(crate) const fn is_foreign(space: Keyspace) -> bool {
    !matches!(
        space,
        Keyspace::Counter
            | Keyspace::MailboxState
            | Keyspace::Message
            | Keyspace::Flags
            | Keyspace::Change
            | Keyspace::Usage
            | Keyspace::Body
    )
}

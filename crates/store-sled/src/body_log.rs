//! The body log: letters in append-only segments, packed in the order of their delivery.
//!
//! How a body becomes durable with its group was decided by measurement (`benches/commits.rs`; release, two shared
//! cores): see [`Options::inline_octets_max`].

pub(crate) mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use store::{BodyId, Spool, StoreError};

use crate::files::{File, Files};
use crate::options::Options;
use record::{Damage, Head};

/// Records begin at a multiple of this, so that a search by magic is quick.
const ALIGN: u64 = 16;
/// A record that is not longer is read at once; of a longer one first this much, which holds its head.
const FIRST_READ_OCTETS: usize = 64 << 10;
const COPY_OCTETS: usize = 1 << 20;

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

impl Place {
    pub(crate) const OCTETS: usize = 20;

    pub(crate) fn encode(self) -> [u8; Self::OCTETS] {
        let mut out = [0; Self::OCTETS];
        out[..4].copy_from_slice(&self.segment.to_le_bytes());
        out[4..12].copy_from_slice(&self.offset.to_le_bytes());
        out[12..].copy_from_slice(&self.len.to_le_bytes());
        out
    }
    pub(crate) fn decode(octets: &[u8]) -> Option<Self> {
        let octets: &[u8; Self::OCTETS] = octets.try_into().ok()?;
        let u64_at = |at: usize| u64::from_le_bytes(octets[at..at + 8].try_into().expect("eight octets"));
        let segment = u32::from_le_bytes(octets[..4].try_into().expect("four octets"));
        Some(Self { segment, offset: u64_at(4), len: u64_at(12) })
    }
}

/// Where the next record goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct End {
    segment: u32,
    offset: u64,
    /// Room is reserved up to here.
    reserved: u64,
}

/// All segments.
#[derive(Debug)]
pub(crate) struct BodyLog {
    files: Arc<dyn Files>,
    dir: PathBuf,
    segment_octets: u64,
    reserve_octets: u64,
    segments: RwLock<BTreeMap<u32, Arc<dyn File>>>,
    /// Written and not synced.
    dirty: Mutex<BTreeSet<u32>>,
    /// One sync at a time, and none after one that failed: one that another thread has begun and not finished is no
    /// promise, and the next after a failure says yes to pages that the kernel has given up.
    syncing: Mutex<bool>,
    end: Mutex<End>,
}

impl BodyLog {
    /// Opens the folder; the end is behind the last octet of the last segment.
    pub(crate) fn open(files: Arc<dyn Files>, dir: PathBuf, options: &Options) -> io::Result<Self> {
        files.create_dir(&dir)?;
        files.sync_dir(&dir)?;
        let mut segments = BTreeMap::new();
        for name in files.list(&dir)? {
            if let Some(number) = number_of(&name) {
                segments.insert(number, files.open(&dir.join(&name))?);
            }
        }
        let end = match segments.last_key_value() {
            Some((number, file)) => {
                let offset = file.len()?.next_multiple_of(ALIGN);
                End { segment: *number, offset, reserved: offset }
            }
            None => End::default(),
        };
        Ok(Self {
            files,
            dir,
            segment_octets: options.body_segment_octets,
            reserve_octets: options.body_reserve_octets,
            segments: RwLock::new(segments),
            dirty: Mutex::default(),
            syncing: Mutex::default(),
            end: Mutex::new(end),
        })
    }

    /// Where the next record would go; give it to [`BodyLog::rewind`] if what was placed since is not wanted.
    pub(crate) fn end(&self) -> End {
        *self.end.lock()
    }
    pub(crate) fn rewind(&self, end: End) {
        *self.end.lock() = end;
    }
    /// Moves the end behind `place`, which the journal has given away.
    pub(crate) fn reach(&self, place: Place) {
        let mut end = self.end.lock();
        let offset = (place.offset + place.len).next_multiple_of(ALIGN);
        if (place.segment, offset) > (end.segment, end.offset) {
            *end = End { segment: place.segment, offset, reserved: offset };
        }
    }

    /// Gives away room for a record. The room is reserved on the disk, so that the write behind the journal does not
    /// find it full.
    pub(crate) fn allocate(&self, len: u64) -> io::Result<Place> {
        let mut end = self.end.lock();
        let mut next = *end;
        if next.offset > 0 && next.offset + len > self.segment_octets {
            next = End { segment: next.segment + 1, ..End::default() };
        }
        let file = self.file_for_writing(next.segment)?;
        let place = Place { segment: next.segment, offset: next.offset, len };
        next.offset = (place.offset + len).next_multiple_of(ALIGN);
        if next.offset > next.reserved {
            let ahead = (next.offset + self.reserve_octets).min(self.segment_octets).max(next.offset);
            file.reserve(place.offset, ahead - place.offset)?;
            next.reserved = ahead;
        }
        *end = next;
        Ok(place)
    }

    fn file_for_writing(&self, number: u32) -> io::Result<Arc<dyn File>> {
        if let Some(file) = self.segments.read().get(&number) {
            return Ok(file.clone());
        }
        let file = self.files.create(&self.dir.join(name_of(number)))?;
        // Durable before any journal record names it, so that a replay knows a removed segment from a lost one.
        self.files.sync_dir(&self.dir)?;
        self.segments.write().insert(number, file.clone());
        Ok(file)
    }

    /// Writes a record where it belongs; not durable before [`BodyLog::sync`].
    pub(crate) fn write(&self, place: Place, octets: &[u8]) -> io::Result<()> {
        let file = self.file_for_writing(place.segment)?;
        file.write_at(octets, place.offset)?;
        self.dirty.lock().insert(place.segment);
        Ok(())
    }
    /// The same, for one that waits in a file.
    pub(crate) fn write_spool(&self, place: Place, record: &Spool) -> io::Result<()> {
        let file = self.file_for_writing(place.segment)?;
        let (mut at, mut piece) = (0, Vec::new());
        while at < record.len() {
            let left = usize::try_from(record.len() - at).unwrap_or(usize::MAX);
            piece.resize(left.min(COPY_OCTETS), 0);
            record.read_at(&mut piece, at)?;
            file.write_at(&piece, place.offset + at)?;
            at += piece.len() as u64;
        }
        self.dirty.lock().insert(place.segment);
        Ok(())
    }
    /// Writes a record that the journal holds, if its segment was not removed since.
    pub(crate) fn rewrite(&self, place: Place, octets: &[u8]) -> io::Result<bool> {
        let known = self.segments.read().contains_key(&place.segment);
        if known {
            self.write(place, octets)?;
            self.reach(place);
        }
        Ok(known)
    }

    /// Makes everything durable that was written before the call.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let mut failed = self.syncing.lock();
        let dirty = std::mem::take(&mut *self.dirty.lock());
        dirty.into_iter().try_for_each(|number| self.sync_file(number, &mut failed))
    }

    /// Makes one segment durable.
    pub(crate) fn sync_segment(&self, number: u32) -> io::Result<()> {
        self.sync_file(number, &mut self.syncing.lock())
    }

    fn sync_file(&self, number: u32, failed: &mut bool) -> io::Result<()> {
        if *failed {
            return Err(io::Error::other("a sync of the body log has failed before"));
        }
        let file = self.segments.read().get(&number).cloned();
        let done = file.map_or(Ok(()), |file| file.sync_data());
        *failed = done.is_err();
        done
    }

    /// Numbers and lengths of the segments.
    pub(crate) fn segments(&self) -> io::Result<Vec<(u32, u64)>> {
        self.segments.read().iter().map(|(number, file)| Ok((*number, file.len()?))).collect()
    }
    /// Removes a segment that nothing refers to. Readers that have it open finish.
    pub(crate) fn remove(&self, number: u32) -> io::Result<()> {
        self.segments.write().remove(&number);
        self.files.remove(&self.dir.join(name_of(number)))?;
        self.files.sync_dir(&self.dir)
    }
    /// The segment that is being written.
    pub(crate) fn current(&self) -> u32 {
        self.end.lock().segment
    }

    /// A slice of a content.
    pub(crate) fn read(
        &self,
        place: Place,
        id: BodyId,
        key: &[u8; 32],
        range: Range<u64>,
    ) -> Result<Bytes, StoreError> {
        let record = self.open_record(place, Some(id))?;
        let (span, which) = record.head.content_span(&range);
        let stored = record.span(span)?;
        record.head.unpack(&stored, which, range, key).map_err(|what| damaged(place, what))
    }
    /// The derived data of a content.
    pub(crate) fn derived(&self, place: Place, id: BodyId) -> Result<Bytes, StoreError> {
        let record = self.open_record(place, Some(id))?;
        let stored = record.span(record.head.derived_span())?;
        record.head.unpack_derived(&stored).map_err(|what| damaged(place, what))
    }
    /// The head of the record at `place`, whoever it is.
    pub(crate) fn head(&self, place: Place) -> Result<Head, StoreError> {
        Ok(self.open_record(place, None)?.head)
    }
    /// Octets of a segment as they are.
    pub(crate) fn octets(&self, place: Place) -> Result<Bytes, StoreError> {
        let file = self.file(place)?;
        read_file(&*file, place, 0..place.len)
    }

    fn file(&self, place: Place) -> Result<Arc<dyn File>, StoreError> {
        self.segments.read().get(&place.segment).cloned().ok_or_else(|| damaged(place, "its segment is gone"))
    }

    fn open_record(&self, place: Place, id: Option<BodyId>) -> Result<Open, StoreError> {
        let file = self.file(place)?;
        let mut first = read_file(&*file, place, 0..place.len.min(FIRST_READ_OCTETS as u64))?;
        let head_len = Head::len_of(&first).ok_or_else(|| damaged(place, "no body begins here"))?;
        if head_len > first.len() && head_len as u64 <= place.len {
            first = read_file(&*file, place, 0..head_len as u64)?;
        }
        let head = Head::decode(&first).map_err(|what| damaged(place, what))?;
        if id.is_some_and(|id| id != head.id) {
            return Err(damaged(place, "another body lies there"));
        }
        Ok(Open { file, place, head, first })
    }
}

/// A record whose head was read.
struct Open {
    file: Arc<dyn File>,
    place: Place,
    head: Head,
    first: Bytes,
}

impl Open {
    fn span(&self, span: Range<u64>) -> Result<Bytes, StoreError> {
        if span.end > self.place.len {
            return Err(damaged(self.place, "it is cut"));
        }
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        if at(span.end) <= self.first.len() {
            return Ok(self.first.slice(at(span.start)..at(span.end)));
        }
        read_file(&*self.file, self.place, span)
    }
}

fn read_file(file: &dyn File, place: Place, span: Range<u64>) -> Result<Bytes, StoreError> {
    let len = usize::try_from(span.end - span.start).map_err(|_| damaged(place, "too long"))?;
    let mut octets = vec![0; len];
    match file.read_at(&mut octets, place.offset + span.start) {
        Ok(()) => Ok(octets.into()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(damaged(place, "its segment is cut"))
        }
        Err(error) => {
            Err(StoreError::Io { what: format!("body segment {}", place.segment), error: error.to_string() })
        }
    }
}

pub(crate) fn damaged(place: Place, what: Damage) -> StoreError {
    let at = format!("body segment {} at {}", place.segment, place.offset);
    StoreError::Damaged { at, what: what.into() }
}

fn name_of(number: u32) -> String {
    format!("{number:08}.bodies")
}

fn number_of(name: &str) -> Option<u32> {
    name.strip_suffix(".bodies")?.parse().ok()
}

//! The journal: the point from which a commit is durable, and what the index is rebuilt from.
//!
//! Segments are filled with zeros before they are used (a sync on written blocks costs a fortieth of one that grows a
//! file), one spare is kept ready, and a segment below both marks is used again under a new generation.

mod record;
mod segments;

use std::io;
use std::sync::Arc;

use bytes::Bytes;

pub(crate) use record::{Entry, Group};
pub(crate) use segments::{Segment, Segments};

use record::SECTOR;
use segments::{HEADER_OCTETS, Header};

use crate::files::is_full;

/// Appending failed.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// No room; nothing was done.
    Full,
    /// The disk refused: nobody knows what is on it now.
    Unknown(io::Error),
}

/// What stands in the journal does not hang together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the journal has no record {wanted}; the next that it has is {found}")]
    Gap { wanted: u64, found: u64 },
    #[error("the journal ends at {end}, but {wanted} was written")]
    Short { wanted: u64, end: u64 },
    #[error("record {0} does not read although its checksum holds")]
    Unreadable(u64),
}

/// Where the journal ends.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) segment: Segment,
    /// First octet after the last whole record.
    pub(crate) at: u64,
    pub(crate) next_lsn: u64,
    chain: u32,
    /// Something other than zeros follows: a torn group, which was never acknowledged.
    pub(crate) torn: bool,
}

/// The writing end; the committer alone has it.
pub(crate) struct Journal {
    segments: Arc<Segments>,
    current: Segment,
    /// The header of `current` is not on the disk yet; it goes with the first group.
    header_due: bool,
    at: u64,
    next_lsn: u64,
    chain: u32,
}

impl Journal {
    /// The journal of a new store, or one that goes on at `next_lsn` in a new segment.
    pub(crate) fn start(segments: Arc<Segments>, next_lsn: u64) -> io::Result<Self> {
        let current = segments.take(next_lsn)?;
        let header = Header::of(&current);
        current.file.write_at(&header.encode(), 0)?;
        current.file.sync_data()?;
        segments.set_current(current.clone());
        let chain = header.chain();
        Ok(Self { segments, current, header_due: false, at: HEADER_OCTETS, next_lsn, chain })
    }

    /// Goes on behind `tail`. What could be left of a torn group is overwritten, and what was read is written once more:
    /// after a sync that failed, the page cache may hold what the disk does not.
    pub(crate) fn resume(segments: Arc<Segments>, tail: Tail, group_octets_max: u64) -> io::Result<Self> {
        let Tail { segment: current, at, next_lsn, chain, .. } = tail;
        let end = current.file.len()?;
        let from = at.saturating_sub(group_octets_max);
        let mut octets = vec![0; usize::try_from(at - from).map_err(io::Error::other)?];
        current.file.read_at(&mut octets, from)?;
        octets.resize(
            octets.len() + usize::try_from(group_octets_max.min(end - at)).map_err(io::Error::other)?,
            0,
        );
        current.file.write_at(&octets, from)?;
        current.file.sync_data()?;
        segments.set_current(current.clone());
        Ok(Self { segments, current, header_due: false, at, next_lsn, chain })
    }

    /// The LSN that the next record gets.
    pub(crate) fn next_lsn(&self) -> u64 {
        self.next_lsn
    }

    /// Appends a group and syncs it; returns the LSN of its last record.
    pub(crate) fn append(&mut self, group: &mut Group) -> Result<u64, AppendError> {
        let records = group.records() as u64;
        let padded = group.len().next_multiple_of(SECTOR) as u64;
        if self.at + padded > self.current.len {
            self.turn_over().map_err(|error| {
                if is_full(&error) { AppendError::Full } else { AppendError::Unknown(error) }
            })?;
        }
        let chain = group.seal(self.current.generation, self.next_lsn, self.chain);
        match self.write(&group.octets) {
            Ok(()) => {}
            Err(error) if is_full(&error) => return Err(self.cancel()),
            Err(error) => return Err(AppendError::Unknown(error)),
        }
        // Never tried again: a second sync may say yes to pages that the kernel has already given up.
        self.current.file.sync_data().map_err(AppendError::Unknown)?;
        self.header_due = false;
        self.at += group.octets.len() as u64;
        self.next_lsn += records;
        self.chain = chain;
        self.segments.advance(self.next_lsn - 1);
        Ok(self.next_lsn - 1)
    }

    fn write(&self, octets: &[u8]) -> io::Result<()> {
        if self.header_due {
            self.current.file.write_at(&Header::of(&self.current).encode(), 0)?;
        }
        self.current.file.write_at(octets, self.at)
    }

    /// Takes back what a full disk let through, so that no restart finds it.
    fn cancel(&mut self) -> AppendError {
        let zeros = [0; SECTOR];
        let undone = self.current.file.write_at(&zeros, self.at).and_then(|()| self.current.file.sync_data());
        match undone {
            Ok(()) => AppendError::Full,
            Err(error) => AppendError::Unknown(error),
        }
    }

    fn turn_over(&mut self) -> io::Result<()> {
        let next = self.segments.take(self.next_lsn)?;
        self.chain = Header::of(&next).chain();
        self.header_due = true;
        self.at = HEADER_OCTETS;
        self.current = next.clone();
        self.segments.set_current(next);
        Ok(())
    }
}

/// Hands every whole record above `from` and up to `until` to `each`, in order; returns where the journal ends.
pub(crate) fn replay(
    segments: &[Segment],
    from: u64,
    until: u64,
    mut each: impl FnMut(Entry) -> Result<(), JournalError>,
) -> Result<Option<Tail>, JournalError> {
    let needed = segments
        .iter()
        .enumerate()
        .filter(|(number, _)| segments.get(number + 1).is_none_or(|next| next.first_lsn > from + 1));
    let mut tail: Option<Tail> = None;
    for (_, segment) in needed {
        let wanted = tail.as_ref().map_or(from + 1, |tail| tail.next_lsn);
        if segment.first_lsn > wanted || tail.is_some() && segment.first_lsn < wanted {
            return Err(JournalError::Gap { wanted, found: segment.first_lsn });
        }
        tail = Some(replay_segment(segment, from, until, &mut each)?);
    }
    Ok(tail)
}

fn replay_segment(
    segment: &Segment,
    from: u64,
    until: u64,
    each: &mut impl FnMut(Entry) -> Result<(), JournalError>,
) -> Result<Tail, JournalError> {
    let mut octets = vec![0; usize::try_from(segment.len).map_err(io::Error::other)?];
    segment.file.read_at(&mut octets, 0)?;
    let octets = Bytes::from(octets);
    let header = usize::try_from(HEADER_OCTETS).expect("small");
    let (mut at, mut lsn, mut chain) = (header, segment.first_lsn, Header::of(segment).chain());
    while lsn <= until
        && let Some((end, sum, payload)) = record::read(&octets, at, segment.generation, lsn, chain)
    {
        if lsn > from {
            each(record::decode(lsn, payload).ok_or(JournalError::Unreadable(lsn))?)?;
        }
        (at, lsn, chain) = (end, lsn + 1, sum);
    }
    // A recycled segment goes on with its old content; what was cut is of its own generation.
    let torn = octets.get(at + 8..at + 16).is_some_and(|found| found == segment.generation.to_le_bytes());
    Ok(Tail { segment: segment.clone(), at: at as u64, next_lsn: lsn, chain, torn })
}

//! The files of the journal: which is written, which must be kept, which may be used again.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::record::{SECTOR, checksum};
use crate::files::{File, Files};

/// The header has a sector of its own.
pub(super) const HEADER_OCTETS: u64 = SECTOR as u64;
const MAGIC: &[u8; 8] = b"SkoJrnl1";
/// Spares that are kept in any case.
const SPARES_LEAST: usize = 2;
const ZEROS_OCTETS: usize = 1 << 20;

/// A segment in use.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) file: Arc<dyn File>,
    pub(crate) len: u64,
    pub(crate) generation: u64,
    pub(crate) first_lsn: u64,
}

#[derive(Clone, Copy)]
pub(super) struct Header {
    generation: u64,
    first_lsn: u64,
}

impl Header {
    pub(super) fn of(segment: &Segment) -> Self {
        Self { generation: segment.generation, first_lsn: segment.first_lsn }
    }
    pub(super) fn encode(self) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        sector[..8].copy_from_slice(MAGIC);
        sector[8..16].copy_from_slice(&self.generation.to_le_bytes());
        sector[16..24].copy_from_slice(&self.first_lsn.to_le_bytes());
        let sum = checksum(0, &sector[..24]);
        sector[24..28].copy_from_slice(&sum.to_le_bytes());
        sector
    }
    fn decode(sector: &[u8; SECTOR]) -> Option<Self> {
        let u64_at =
            |from: usize| u64::from_le_bytes(sector[from..from + 8].try_into().expect("eight octets"));
        let header = Self { generation: u64_at(8), first_lsn: u64_at(16) };
        (header.encode()[..28] == sector[..28]).then_some(header)
    }
    /// What the first record follows.
    pub(super) fn chain(self) -> u32 {
        checksum(0, &self.encode()[..24])
    }
}

/// All segments of a journal.
#[derive(Debug)]
pub(crate) struct Segments {
    files: Arc<dyn Files>,
    dir: PathBuf,
    segment_octets: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Full ones, ascending, with the LSN of their last record.
    sealed: VecDeque<(Segment, u64)>,
    current: Option<Segment>,
    free: Vec<(String, Arc<dyn File>)>,
    /// Spares that are kept; more are given back to the file system.
    spares_max: usize,
    durable_lsn: u64,
    next_generation: u64,
    next_number: u64,
    /// Appended since the start, for the checkpoint's rhythm.
    octets: u64,
}

impl Segments {
    /// Finds the segments in `dir`; those in use come back ascending.
    pub(crate) fn open(
        files: Arc<dyn Files>,
        dir: PathBuf,
        segment_octets: u64,
    ) -> io::Result<(Arc<Self>, Vec<Segment>)> {
        files.create_dir(&dir)?;
        // A name that was made just before a kill is seen, and yet gone after a power cut.
        files.sync_dir(&dir)?;
        let (mut found, mut state) = (Vec::new(), State::default());
        for name in files.list(&dir)? {
            let file = files.open(&dir.join(&name))?;
            let len = file.len()?;
            state.next_number = state.next_number.max(number_of(&name).map_or(0, |number| number + 1));
            let mut sector = [0; SECTOR];
            if len >= HEADER_OCTETS {
                file.read_at(&mut sector, 0)?;
            }
            match Header::decode(&sector) {
                Some(Header { generation, first_lsn }) => {
                    found.push(Segment { name, file, len, generation, first_lsn });
                }
                None if len == segment_octets => state.free.push((name, file)),
                // Killed while it was filled with zeros.
                None => files.remove(&dir.join(&name))?,
            }
        }
        found.sort_by_key(|segment| segment.generation);
        state.next_generation = found.last().map_or(1, |last| last.generation + 1);
        Ok((Arc::new(Self { files, dir, segment_octets, state: Mutex::new(state) }), found))
    }

    /// Tells what [`super::replay`] has found: all but the last are full.
    pub(crate) fn adopt(&self, found: &[Segment], next_lsn: u64) {
        let mut state = self.state.lock();
        let ends = found.iter().skip(1).map(|next| next.first_lsn - 1);
        state.sealed = found.iter().cloned().zip(ends).collect();
        state.durable_lsn = next_lsn - 1;
        // What lies there counts towards the next checkpoint and the next base.
        state.octets = found.iter().map(|segment| segment.len).sum();
    }

    /// A segment for records from `first_lsn` on: a spare, or a new one if none is ready.
    pub(super) fn take(&self, first_lsn: u64) -> io::Result<Segment> {
        let free = self.state.lock().free.pop();
        let (name, file) = match free {
            Some(free) => free,
            None => self.make()?,
        };
        let len = file.len()?;
        let mut state = self.state.lock();
        let generation = state.next_generation;
        state.next_generation += 1;
        Ok(Segment { name, file, len, generation, first_lsn })
    }

    pub(super) fn set_current(&self, segment: Segment) {
        let mut state = self.state.lock();
        let end = state.durable_lsn;
        if let Some(full) = state.current.replace(segment) {
            state.sealed.push_back((full, end));
        }
    }

    /// Closes the last segment that was found, because its end cannot be gone on from.
    pub(crate) fn seal(&self, segment: Segment) {
        self.set_current(segment);
    }

    pub(super) fn advance(&self, durable_lsn: u64) {
        self.state.lock().durable_lsn = durable_lsn;
    }

    /// The last record that is durable.
    pub(crate) fn durable_lsn(&self) -> u64 {
        self.state.lock().durable_lsn
    }

    /// The longest group that fits into one segment.
    pub(crate) fn group_octets_max(&self) -> u64 {
        self.segment_octets.saturating_sub(HEADER_OCTETS) / SECTOR as u64 * SECTOR as u64
    }

    /// Counts octets of a group.
    pub(crate) fn count(&self, octets: u64) {
        self.state.lock().octets += octets;
    }

    /// Octets appended since the start.
    pub(crate) fn octets(&self) -> u64 {
        self.state.lock().octets
    }

    /// All segments with records, ascending, for reading beside the writer.
    pub(crate) fn in_use(&self) -> Vec<Segment> {
        let state = self.state.lock();
        state.sealed.iter().map(|(segment, _)| segment).chain(&state.current).cloned().collect()
    }

    /// Octets of all files.
    pub(crate) fn disk_octets(&self) -> u64 {
        let state = self.state.lock();
        let used: u64 =
            state.sealed.iter().map(|(segment, _)| segment).chain(&state.current).map(|s| s.len).sum();
        used + state.free.len() as u64 * self.segment_octets
    }

    /// Has a spare ready, made ahead of its need.
    pub(crate) fn prepare_spare(&self) -> io::Result<()> {
        if self.state.lock().free.is_empty() {
            let made = self.make()?;
            self.state.lock().free.push(made);
        }
        Ok(())
    }

    /// Keeps so many octets of spares: what is freed by one base is filled before the next, and need not be filled with
    /// zeros again.
    pub(crate) fn keep_spares(&self, octets: u64) {
        let count = usize::try_from(octets / self.segment_octets.max(1)).unwrap_or(usize::MAX);
        self.state.lock().spares_max = count;
    }

    /// Gives all spares but a few back to a file system that is nearly full.
    pub(crate) fn give_back_spares(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let at = state.free.len().min(SPARES_LEAST);
        let surplus = state.free.split_off(at);
        drop(state);
        surplus.iter().try_for_each(|(name, _)| self.files.remove(&self.dir.join(name)))
    }

    /// Lets go of full segments without a record above `lsn`.
    pub(crate) fn recycle(&self, lsn: u64) -> io::Result<()> {
        let mut surplus = Vec::new();
        let mut state = self.state.lock();
        while state.sealed.front().is_some_and(|(_, last)| *last <= lsn) {
            let (segment, _) = state.sealed.pop_front().expect("just seen");
            if state.free.len() < state.spares_max.max(SPARES_LEAST) && segment.len == self.segment_octets {
                state.free.push((segment.name, segment.file));
            } else {
                surplus.push(segment.name);
            }
        }
        drop(state);
        surplus.iter().try_for_each(|name| self.files.remove(&self.dir.join(name)))
    }

    fn make(&self) -> io::Result<(String, Arc<dyn File>)> {
        let number = {
            let mut state = self.state.lock();
            state.next_number += 1;
            state.next_number - 1
        };
        let name = format!("{number:012}.journal");
        let path = self.dir.join(&name);
        let file = self.files.create(&path)?;
        let filled = self.fill(&*file).and_then(|()| self.files.sync_dir(&self.dir));
        if let Err(error) = filled {
            // Half a segment would only take the room that is missing.
            self.files.remove(&path)?;
            return Err(error);
        }
        Ok((name, file))
    }

    fn fill(&self, file: &dyn File) -> io::Result<()> {
        let zeros = vec![0; ZEROS_OCTETS.min(usize::try_from(self.segment_octets).unwrap_or(ZEROS_OCTETS))];
        let mut at = 0;
        while at < self.segment_octets {
            let left = usize::try_from(self.segment_octets - at).unwrap_or(usize::MAX);
            let piece = &zeros[..zeros.len().min(left)];
            file.write_at(piece, at)?;
            at += piece.len() as u64;
        }
        file.sync_data()
    }
}

fn number_of(name: &str) -> Option<u64> {
    name.strip_suffix(".journal")?.parse().ok()
}

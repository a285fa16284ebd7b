//! Two marks in one small file with two slots, written in turn: how far the index is on the disk by itself, and how far
//! the newest base reaches. A journal segment is needed while a record in it is above either.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::files::{File, Files};

const MAGIC: u64 = u64::from_le_bytes(*b"SkoMark1");
/// Far apart, so that a torn write never meets both.
const SLOT_OCTETS: u64 = 4096;
const RECORD_OCTETS: usize = 36;

/// How far is on the disk without the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The index.
    pub(crate) applied: u64,
    /// The base: valid together with the journal from here.
    pub(crate) base: u64,
}

/// The file with the marks.
#[derive(Debug)]
pub(crate) struct MarkFile {
    file: Arc<dyn File>,
    state: Mutex<(u64, Marks)>,
}

impl MarkFile {
    /// Opens the file; a new one, and one without a whole slot, has no marks.
    pub(crate) fn open(files: &dyn Files, dir: &Path) -> io::Result<(Self, Option<Marks>)> {
        let path = dir.join("marks");
        let file = match files.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = files.create(&path)?;
                file.set_len(2 * SLOT_OCTETS)?;
                file.sync_data()?;
                files.sync_dir(dir)?;
                file
            }
            opened => opened?,
        };
        let newest =
            [0, SLOT_OCTETS].into_iter().filter_map(|at| read(&*file, at)).max_by_key(|(turn, _)| *turn);
        let marks = newest.map(|(_, marks)| marks);
        let file = Self { file, state: Mutex::new(newest.unwrap_or_default()) };
        // After a sync that failed, the page cache may hold a mark that the disk does not: written once more before
        // anything is recycled for it.
        file.set(|_| {})?;
        Ok((file, marks))
    }

    /// The marks now.
    pub(crate) fn get(&self) -> Marks {
        self.state.lock().1
    }

    /// Changes the marks; durable when it returns.
    pub(crate) fn set(&self, change: impl FnOnce(&mut Marks)) -> io::Result<()> {
        let mut state = self.state.lock();
        let (turn, mut marks) = *state;
        change(&mut marks);
        let record = encode(turn + 1, marks);
        self.file.write_at(&record, (turn + 1) % 2 * SLOT_OCTETS)?;
        self.file.sync_data()?;
        *state = (turn + 1, marks);
        Ok(())
    }
}

fn encode(turn: u64, marks: Marks) -> [u8; RECORD_OCTETS] {
    let mut record = [0; RECORD_OCTETS];
    for (place, field) in record.chunks_exact_mut(8).zip([MAGIC, turn, marks.applied, marks.base]) {
        place.copy_from_slice(&field.to_le_bytes());
    }
    let sum = crc32fast::hash(&record[..32]);
    record[32..].copy_from_slice(&sum.to_le_bytes());
    record
}

fn read(file: &dyn File, at: u64) -> Option<(u64, Marks)> {
    let mut record = [0; RECORD_OCTETS];
    file.read_at(&mut record, at).ok()?;
    let field = |number: usize| {
        u64::from_le_bytes(record[number * 8..number * 8 + 8].try_into().expect("eight octets"))
    };
    let (turn, marks) = (field(1), Marks { applied: field(2), base: field(3) });
    (encode(turn, marks) == record).then_some((turn, marks))
}

//! The file work of the engine behind two small traits, so that tests can put a failing disk there.
//!
//! Journal, body log, marks and bases go through it; sled does its own file work and is never the durability point.

mod disk;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use disk::Disk;

/// Room on the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Octets that we may still write.
    pub free: u64,
    /// Octets in all.
    pub total: u64,
}

/// A file system, as far as the engine needs one.
pub trait Files: Send + Sync + fmt::Debug {
    /// Makes a folder and those above it; one that is there is no error.
    ///
    /// # Errors
    /// That of the operating system, as for all below.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Makes a new, empty file for reading and writing, readable for nobody else; fails if it is there.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Opens a file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Gives a file another name, replacing what has it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Names of the files in a folder, ascending.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// Makes creations, renames and removals in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;
    /// Room on the file system of a folder.
    fn space(&self, path: &Path) -> io::Result<Space>;
}

/// An open file; shared by readers and the writer, each with its own offsets.
pub trait File: Send + Sync + fmt::Debug {
    /// Fills `into` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the file ends before; else that of the operating system, as for all below.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of `bytes` at `offset`; the file grows if needed.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes content and length durable.
    fn sync_data(&self) -> io::Result<()>;
    /// Cuts or extends the file.
    fn set_len(&self, len: u64) -> io::Result<()>;
    /// Its length.
    fn len(&self) -> io::Result<u64>;
    /// Nothing in it?
    ///
    /// # Errors
    /// As [`File::len`].
    fn is_empty(&self) -> io::Result<bool> {
        self.len().map(|len| len == 0)
    }
    /// Reserves room for a later write without changing the length, where the file system can.
    fn reserve(&self, offset: u64, len: u64) -> io::Result<()>;
}

/// Writes one file from its beginning on, in large pieces.
pub(crate) struct Appender {
    file: Arc<dyn File>,
    at: u64,
    piece: Vec<u8>,
}

impl Appender {
    const PIECE_OCTETS: usize = 256 << 10;

    pub(crate) fn new(file: Arc<dyn File>) -> Self {
        Self { file, at: 0, piece: Vec::with_capacity(Self::PIECE_OCTETS) }
    }
    fn write_out(&mut self) -> io::Result<()> {
        self.file.write_at(&self.piece, self.at)?;
        self.at += self.piece.len() as u64;
        self.piece.clear();
        Ok(())
    }
}

impl io::Write for Appender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= Self::PIECE_OCTETS {
            self.write_out()?;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.write_out()
    }
}

/// Reads one file from its beginning on, in large pieces.
pub(crate) struct Cursor {
    file: Arc<dyn File>,
    at: u64,
    end: u64,
}

impl Cursor {
    pub(crate) fn new(file: Arc<dyn File>, end: u64) -> Self {
        Self { file, at: 0, end }
    }
}

impl io::Read for Cursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let len = into.len().min(left);
        self.file.read_at(&mut into[..len], self.at)?;
        self.at += len as u64;
        Ok(len)
    }
}

/// Is it that the disk is full?
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

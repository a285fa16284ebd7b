//! A letter while it arrives: in memory while it is small, in an unnamed file from there on.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

/// Takes in octets as they come.
#[derive(Debug)]
pub struct SpoolWriter {
    folder: PathBuf,
    memory_octets_max: usize,
    memory: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl SpoolWriter {
    /// A new, empty spool. Over `memory_octets_max` the content goes to a file without a name in `folder`, which the
    /// operating system forgets with the process.
    pub const fn new(folder: PathBuf, memory_octets_max: usize) -> Self {
        Self { folder, memory_octets_max, memory: Vec::new(), file: None, len: 0 }
    }
    /// Octets taken so far.
    pub const fn len(&self) -> u64 {
        self.len
    }
    /// Nothing taken yet?
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Takes in `chunk`.
    ///
    /// # Errors
    /// That of the file; the spool is of no use after it.
    pub fn append(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.len += chunk.len() as u64;
        if self.file.is_none() && self.memory.len() + chunk.len() > self.memory_octets_max {
            let mut file = tempfile::tempfile_in(&self.folder)?;
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(chunk),
            None => {
                self.memory.extend_from_slice(chunk);
                Ok(())
            }
        }
    }
    /// Ends the writing.
    pub fn finish(self) -> Spool {
        let content = match self.file {
            Some(file) => Content::File(Arc::new(file)),
            None => Content::Memory(self.memory.into()),
        };
        Spool { head: Bytes::new(), content, start: 0, len: self.len }
    }
}

#[derive(Clone, Debug)]
enum Content {
    Memory(Bytes),
    File(Arc<File>),
}

/// A whole letter, with what was put in front of it.
#[derive(Clone, Debug)]
pub struct Spool {
    head: Bytes,
    content: Content,
    /// Where it begins in the file.
    start: u64,
    len: u64,
}

impl Spool {
    /// A letter that is in memory already.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { head: Bytes::new(), start: 0, len: bytes.len() as u64, content: Content::Memory(bytes) }
    }
    /// Octets, with what stands in front.
    pub const fn len(&self) -> u64 {
        self.len
    }
    /// Nothing in it?
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// One of several letters that were written behind one another; they share the memory or the file.
    ///
    /// # Errors
    /// `UnexpectedEof` if it lies outside, `Unsupported` once something was put in front.
    pub fn slice(&self, range: Range<u64>) -> io::Result<Self> {
        if !self.head.is_empty() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if range.start > range.end || range.end > self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let len = range.end - range.start;
        let (content, start) = match &self.content {
            Content::File(file) => (Content::File(file.clone()), self.start + range.start),
            Content::Memory(bytes) => {
                let start = usize::try_from(range.start).map_err(io::Error::other)?;
                let end = usize::try_from(range.end).map_err(io::Error::other)?;
                (Content::Memory(bytes.slice(start..end)), 0)
            }
        };
        Ok(Self { head: Bytes::new(), content, start, len })
    }
    /// Puts octets in front, such as trace headers.
    #[must_use]
    pub fn with_head(mut self, head: &[u8]) -> Self {
        self.len += head.len() as u64;
        self.head = [head, &self.head].concat().into();
        self
    }
    /// Fills `into` from `offset` on; for letters that are better not held whole.
    ///
    /// # Errors
    /// `UnexpectedEof` if the letter ends before; else that of the file.
    pub fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        let head_len = self.head.len() as u64;
        let start = usize::try_from(offset.min(head_len)).map_err(io::Error::other)?;
        let from_head = into.len().min(self.head.len() - start);
        let (first, rest) = into.split_at_mut(from_head);
        first.copy_from_slice(&self.head[start..start + from_head]);
        if rest.is_empty() {
            return Ok(());
        }
        let behind = offset.max(head_len) - head_len;
        if behind.saturating_add(rest.len() as u64) > self.len - head_len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &self.content {
            Content::File(file) => file.read_exact_at(rest, self.start + behind),
            Content::Memory(bytes) => {
                let start = usize::try_from(behind).map_err(io::Error::other)?;
                let found = start.checked_add(rest.len()).and_then(|end| bytes.get(start..end));
                rest.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
    /// All octets in memory. Count them against the memory budget before; reads a file, so not on an async thread when
    /// the letter is large.
    ///
    /// # Errors
    /// That of the file.
    pub fn to_bytes(&self) -> io::Result<Bytes> {
        match &self.content {
            Content::Memory(bytes) if self.head.is_empty() => Ok(bytes.clone()),
            Content::Memory(bytes) => Ok([&self.head[..], bytes].concat().into()),
            Content::File(file) => {
                let len = usize::try_from(self.len).map_err(io::Error::other)?;
                let mut all = vec![0; len];
                all[..self.head.len()].copy_from_slice(&self.head);
                // By offset: clones share the file and may read at the same time.
                file.read_exact_at(&mut all[self.head.len()..], self.start)?;
                Ok(all.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_letters_read_back_with_their_head() {
        for limit in [0, 3, 100] {
            let mut writer = SpoolWriter::new(std::env::temp_dir(), limit);
            for chunk in [&b"ab"[..], b"", b"cde"] {
                writer.append(chunk).unwrap();
            }
            assert_eq!(writer.len(), 5);
            let spool = writer.finish().with_head(b"2").with_head(b"1");
            assert_eq!(spool.len(), 7);
            assert_eq!(spool.to_bytes().unwrap(), "12abcde");
            assert_eq!(spool.to_bytes().unwrap(), "12abcde", "reads twice");
            for start in 0..7 {
                for end in start..=7 {
                    let mut slice = vec![0; end - start];
                    spool.read_at(&mut slice, start as u64).unwrap();
                    assert_eq!(slice, b"12abcde"[start..end]);
                }
                assert!(spool.read_at(&mut [0; 8], start as u64).is_err());
            }
        }
    }

    #[test]
    fn letters_behind_one_another_read_back_alone() {
        for limit in [0, 100] {
            let mut writer = SpoolWriter::new(std::env::temp_dir(), limit);
            writer.append(b"abcdefg").unwrap();
            let spool = writer.finish();
            let middle = spool.slice(1..6).unwrap().slice(1..4).unwrap();
            assert_eq!((middle.len(), middle.to_bytes().unwrap()), (3, Bytes::from_static(b"cde")));
            let mut two = [0; 2];
            middle.read_at(&mut two, 1).unwrap();
            assert_eq!(&two, b"de");
            assert!(middle.read_at(&mut two, 2).is_err(), "what follows is another letter's");
            assert!(spool.slice(5..8).is_err());
            assert_eq!(middle.clone().with_head(b"x").to_bytes().unwrap(), "xcde");
            assert!(middle.with_head(b"x").slice(0..1).is_err());
        }
    }
}

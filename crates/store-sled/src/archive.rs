//! The one file format for what leaves the engine: bases and exports.
//!
//! A zstd stream of frames (tag, length, payload) that begins with a head and ends with an end frame, then the BLAKE3 of
//! all before it. A base holds rows; an export also holds the journal records that make the rows one moment, and the
//! bodies.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use store::Key;

use crate::files::{Appender, Cursor, File, Files};

const MAGIC: &[u8; 8] = b"SkoArch1";
const TRAILER_OCTETS: u64 = 32;
const LEVEL: i32 = 3;
/// No frame is longer: a body with its table, and some air.
const FRAME_OCTETS_MAX: u32 = 1 << 30;

/// What an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Its rows are valid together with the journal from here.
    pub(crate) start: u64,
    /// It holds journal records and bodies as well.
    pub(crate) whole: bool,
}

/// What an archive has held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    /// The last journal record that was applied while the rows were read.
    pub(crate) end: u64,
    pub(crate) rows: u64,
    pub(crate) bodies: u64,
}

/// One piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Row(Key, Bytes),
    /// A journal record's rows.
    Writes(Vec<(Key, Option<Bytes>)>),
    /// A body's record as it lies in the log.
    Body(Bytes),
    /// What body names are derived from.
    Secret([u8; 32]),
}

/// Counts and hashes on the way to the file.
struct Hashing {
    file: Appender,
    hasher: blake3::Hasher,
}

impl Write for Hashing {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.hasher.update(octets);
        self.file.write_all(octets)?;
        Ok(octets.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes an archive.
pub(crate) struct Writer {
    out: zstd::stream::write::Encoder<'static, Hashing>,
    file: Arc<dyn File>,
    end: End,
}

impl Writer {
    pub(crate) fn begin(file: Arc<dyn File>, head: Head) -> io::Result<Self> {
        let mut hashing = Hashing { file: Appender::new(file.clone()), hasher: blake3::Hasher::new() };
        hashing.write_all(MAGIC)?;
        let mut writer =
            Self { out: zstd::stream::write::Encoder::new(hashing, LEVEL)?, file, end: End::default() };
        writer.frame(b'H', &[&encode(&head)])?;
        Ok(writer)
    }
    fn frame(&mut self, tag: u8, parts: &[&[u8]]) -> io::Result<()> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let len = u32::try_from(len).ok().filter(|len| *len <= FRAME_OCTETS_MAX);
        let len = len.ok_or_else(|| io::Error::other("a frame is too long"))?;
        self.out.write_all(&[tag])?;
        self.out.write_all(&len.to_le_bytes())?;
        parts.iter().try_for_each(|part| self.out.write_all(part))
    }
    pub(crate) fn row(&mut self, key: &Key, value: &[u8]) -> io::Result<()> {
        self.end.rows += 1;
        let key = key.as_bytes();
        let len = u32::try_from(key.len()).map_err(io::Error::other)?.to_le_bytes();
        self.frame(b'R', &[&len, key, value])
    }
    pub(crate) fn writes(&mut self, writes: &[(Key, Option<Bytes>)]) -> io::Result<()> {
        let plain: Vec<_> = writes.iter().map(|(key, value)| (key.as_bytes(), value.as_deref())).collect();
        self.frame(b'J', &[&encode(&plain)])
    }
    pub(crate) fn body(&mut self, record: &[u8]) -> io::Result<()> {
        self.end.bodies += 1;
        self.frame(b'B', &[record])
    }
    pub(crate) fn secret(&mut self, secret: &[u8; 32]) -> io::Result<()> {
        self.frame(b'S', &[secret])
    }
    /// Ends the archive; durable when it returns.
    pub(crate) fn finish(mut self, end: u64) -> io::Result<End> {
        self.end.end = end;
        let end = self.end;
        self.frame(b'E', &[&encode(&end)])?;
        let mut hashing = self.out.finish()?;
        let hash = *hashing.hasher.finalize().as_bytes();
        hashing.file.write_all(&hash)?;
        hashing.file.flush()?;
        self.file.sync_data()?;
        Ok(end)
    }
}

/// Holds the whole file against its hash.
pub(crate) fn verify(file: &Arc<dyn File>) -> io::Result<()> {
    let len = file.len()?;
    let end = len.checked_sub(TRAILER_OCTETS).ok_or_else(|| bad("it is cut"))?;
    let mut hasher = blake3::Hasher::new();
    io::copy(&mut BufReader::with_capacity(1 << 20, Cursor::new(file.clone(), end)), &mut hasher)?;
    let mut trailer = [0; 32];
    file.read_at(&mut trailer, end)?;
    if *hasher.finalize().as_bytes() == trailer { Ok(()) } else { Err(bad("its checksum fails")) }
}

/// Reads an archive whose hash holds: hands each frame to `each`, returns head and end.
pub(crate) fn read(
    file: &Arc<dyn File>,
    mut each: impl FnMut(&Head, Frame) -> io::Result<()>,
) -> io::Result<(Head, End)> {
    verify(file)?;
    let end = file.len()? - TRAILER_OCTETS;
    let mut input = BufReader::with_capacity(1 << 18, Cursor::new(file.clone(), end));
    let mut magic = [0; 8];
    input.read_exact(&mut magic)?;
    if magic != *MAGIC {
        return Err(bad("it is no archive of this version"));
    }
    let mut input = BufReader::new(zstd::stream::read::Decoder::with_buffer(input)?);
    let head: Head = match next(&mut input)? {
        (b'H', payload) => decode(&payload)?,
        _ => return Err(bad("it has no head")),
    };
    loop {
        let (tag, payload) = next(&mut input)?;
        let frame = match tag {
            b'R' => row(payload)?,
            b'J' => Frame::Writes(writes(&payload)?),
            b'B' => Frame::Body(payload),
            b'S' => Frame::Secret(payload[..].try_into().map_err(|_| bad("its secret is cut"))?),
            b'E' => return Ok((head, decode(&payload)?)),
            _ => return Err(bad("it has a frame that is not known here")),
        };
        each(&head, frame)?;
    }
}

/// Opens an archive at `path`, wherever it lies.
pub(crate) fn open(files: &dyn Files, path: &Path) -> io::Result<Arc<dyn File>> {
    files.open(path)
}

fn next(input: &mut impl Read) -> io::Result<(u8, Bytes)> {
    let mut head = [0; 5];
    input.read_exact(&mut head)?;
    let len = u32::from_le_bytes(head[1..].try_into().expect("four octets"));
    if len > FRAME_OCTETS_MAX {
        return Err(bad("a frame is too long"));
    }
    let mut payload = vec![0; len as usize];
    input.read_exact(&mut payload)?;
    Ok((head[0], payload.into()))
}

fn row(mut payload: Bytes) -> io::Result<Frame> {
    let len = payload.get(..4).ok_or_else(|| bad("a row is cut"))?;
    let len = u32::from_le_bytes(len.try_into().expect("four octets")) as usize;
    if payload.len() < 4 + len {
        return Err(bad("a row is cut"));
    }
    let value = payload.split_off(4 + len);
    Ok(Frame::Row(Key::from_bytes(payload[4..].to_vec()), value))
}

fn writes(payload: &[u8]) -> io::Result<Vec<(Key, Option<Bytes>)>> {
    let plain: Vec<(Vec<u8>, Option<Vec<u8>>)> = decode(payload)?;
    Ok(plain.into_iter().map(|(key, value)| (Key::from_bytes(key), value.map(Bytes::from))).collect())
}

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("a Vec takes every octet")
}

fn decode<'a, T: Deserialize<'a>>(octets: &'a [u8]) -> io::Result<T> {
    postcard::from_bytes(octets).map_err(|_| bad("a frame does not read"))
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

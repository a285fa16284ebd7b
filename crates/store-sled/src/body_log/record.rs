//! A body as it lies in the body log: head, table of chunks, content, derived data.
//!
//! The content is cut into chunks that are compressed alone, so that a slice of a large letter costs a slice of the
//! work. Each chunk has its own checksum; the name (keyed BLAKE3) is checked when the whole content is read.

use std::cell::RefCell;
use std::io;
use std::ops::Range;

use bytes::Bytes;
use model::TenantId;
use store::{BodyId, Spool, SpoolWriter};

use crate::options::Options;

/// Octets of content in one chunk.
pub(crate) const CHUNK_OCTETS: usize = 128 << 10;
/// The head without the table.
pub(crate) const HEAD_OCTETS: usize = 84;
const ENTRY_OCTETS: usize = 8;
pub(crate) const MAGIC: &[u8; 4] = b"SkB1";
const LEVEL: i32 = 3;
/// Content that does not shrink in this sample is kept as it is.
const SAMPLE_OCTETS: usize = 4 << 10;

/// What the head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) tenant: TenantId,
    pub(crate) id: BodyId,
    pub(crate) raw_len: u64,
    pub(crate) stored_len: u64,
    derived_stored: u32,
    derived_raw: u32,
    derived_sum: u32,
    chunks: Vec<Chunk>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chunk {
    stored: u32,
    sum: u32,
}

/// What is wrong with a record.
pub(crate) type Damage = &'static str;

/// Hashes and compresses a content with its derived data: its name and its record.
pub(crate) fn encode(
    tenant: TenantId,
    key: &[u8; 32],
    content: &Spool,
    derived: &[u8],
    options: &Options,
    spool: &std::path::Path,
) -> io::Result<(BodyId, Spool)> {
    let mut hasher = blake3::Hasher::new_keyed(key);
    let mut writer = SpoolWriter::new(spool.to_path_buf(), options.stage_memory_octets_max);
    let (mut chunks, mut raw) = (Vec::new(), Vec::new());
    let shrinks = shrinks(content)?;
    let mut at = 0;
    while at < content.len() {
        let left = usize::try_from(content.len() - at).unwrap_or(usize::MAX);
        raw.resize(left.min(CHUNK_OCTETS), 0);
        content.read_at(&mut raw, at)?;
        at += raw.len() as u64;
        hasher.update(&raw);
        let packed = if shrinks { pack(&raw)? } else { None };
        let stored = packed.as_deref().unwrap_or(&raw);
        chunks.push(Chunk { stored: u32_of(stored.len()), sum: crc32fast::hash(stored) });
        writer.append(stored)?;
    }
    let stored_len = writer.len();
    let packed = pack(derived)?;
    let stored = packed.as_deref().unwrap_or(derived);
    writer.append(stored)?;
    let head = Head {
        tenant,
        id: BodyId(*hasher.finalize().as_bytes()),
        raw_len: content.len(),
        stored_len,
        derived_stored: u32_of(stored.len()),
        derived_raw: u32_of(derived.len()),
        derived_sum: crc32fast::hash(stored),
        chunks,
    };
    let record = writer.finish().with_head(&head.encode());
    let small = record.len() <= options.stage_memory_octets_max as u64;
    let record = if small { Spool::from_bytes(record.to_bytes()?) } else { record };
    Ok((head.id, record))
}

fn u32_of(len: usize) -> u32 {
    u32::try_from(len).expect("chunks and derived data are far below 4 GiB")
}

fn shrinks(content: &Spool) -> io::Result<bool> {
    if content.len() <= SAMPLE_OCTETS as u64 {
        return Ok(true);
    }
    // From the middle: every letter begins with headers, which always shrink.
    let mut sample = vec![0; SAMPLE_OCTETS];
    content.read_at(&mut sample, (content.len() - SAMPLE_OCTETS as u64) / 2)?;
    Ok(pack(&sample)?.is_some_and(|packed| packed.len() < SAMPLE_OCTETS - SAMPLE_OCTETS / 16))
}

thread_local! {
    static PACKER: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    static UNPACKER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Compressed, if that is shorter.
fn pack(raw: &[u8]) -> io::Result<Option<Vec<u8>>> {
    PACKER.with_borrow_mut(|packer| {
        let packer = match packer {
            Some(packer) => packer,
            None => packer.insert(zstd::bulk::Compressor::new(LEVEL)?),
        };
        let packed = packer.compress(raw)?;
        Ok((packed.len() < raw.len()).then_some(packed))
    })
}

fn unpack(stored: &[u8], into: &mut [u8]) -> Result<(), Damage> {
    if stored.len() == into.len() {
        into.copy_from_slice(stored);
        return Ok(());
    }
    UNPACKER.with_borrow_mut(|unpacker| {
        let unpacker = match unpacker {
            Some(unpacker) => unpacker,
            None => unpacker.insert(zstd::bulk::Decompressor::new().map_err(|_| "no memory to unpack")?),
        };
        match unpacker.decompress_to_buffer(stored, into) {
            Ok(len) if len == into.len() => Ok(()),
            _ => Err("a chunk does not unpack"),
        }
    })
}

impl Head {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        out.extend_from_slice(MAGIC);
        for field in [1, self.tenant.get(), u32_of(self.chunks.len())] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for field in [self.raw_len, self.stored_len] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for field in [self.derived_stored, self.derived_raw, self.derived_sum, u32_of(CHUNK_OCTETS)] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&[0; 4]);
        for chunk in &self.chunks {
            out.extend_from_slice(&chunk.stored.to_le_bytes());
            out.extend_from_slice(&chunk.sum.to_le_bytes());
        }
        let sum = head_sum(&out);
        out[80..84].copy_from_slice(&sum.to_le_bytes());
        out
    }

    /// How much of the record is the head, if `octets` begin like one.
    pub(crate) fn len_of(octets: &[u8]) -> Option<usize> {
        let chunks = u32::from_le_bytes(octets.get(12..16)?.try_into().expect("four octets"));
        let len = (chunks as usize).checked_mul(ENTRY_OCTETS)?.checked_add(HEAD_OCTETS)?;
        (octets[..4] == *MAGIC && octets[4..8] == 1u32.to_le_bytes()).then_some(len)
    }

    /// Reads a head, which must be there whole.
    pub(crate) fn decode(octets: &[u8]) -> Result<Self, Damage> {
        let len = Self::len_of(octets).ok_or("no body begins here")?;
        let octets = octets.get(..len).ok_or("its head is cut")?;
        let u32_at = |at: usize| u32::from_le_bytes(octets[at..at + 4].try_into().expect("four octets"));
        let u64_at = |at: usize| u64::from_le_bytes(octets[at..at + 8].try_into().expect("eight octets"));
        if u32_at(80) != head_sum(octets) {
            return Err("the checksum of its head fails");
        }
        if u32_at(44) != u32_of(CHUNK_OCTETS) {
            return Err("its chunks have an unknown length");
        }
        let chunks = (HEAD_OCTETS..len)
            .step_by(ENTRY_OCTETS)
            .map(|at| Chunk { stored: u32_at(at), sum: u32_at(at + 4) })
            .collect();
        Ok(Self {
            tenant: TenantId::new(u32_at(8)),
            id: BodyId(octets[48..80].try_into().expect("32 octets")),
            raw_len: u64_at(16),
            stored_len: u64_at(24),
            derived_stored: u32_at(32),
            derived_raw: u32_at(36),
            derived_sum: u32_at(40),
            chunks,
        })
    }

    /// Octets of the head.
    pub(crate) fn len(&self) -> usize {
        HEAD_OCTETS + self.chunks.len() * ENTRY_OCTETS
    }
    /// Octets of the whole record.
    pub(crate) fn record_len(&self) -> u64 {
        self.len() as u64 + self.stored_len + u64::from(self.derived_stored)
    }
    /// Where the derived data lies in the record.
    pub(crate) fn derived_span(&self) -> Range<u64> {
        let start = self.len() as u64 + self.stored_len;
        start..start + u64::from(self.derived_stored)
    }
    /// Where the chunks lie that hold `range` of the content; and which they are.
    pub(crate) fn content_span(&self, range: &Range<u64>) -> (Range<u64>, Range<usize>) {
        let end = range.end.min(self.raw_len);
        let start = range.start.min(end);
        let chunk = CHUNK_OCTETS as u64;
        let which = usize::try_from(start / chunk).unwrap_or(usize::MAX).min(self.chunks.len())
            ..usize::try_from(end.div_ceil(chunk)).unwrap_or(usize::MAX).min(self.chunks.len());
        let which = which.start..which.end.max(which.start);
        let sum = |chunks: &[Chunk]| chunks.iter().map(|chunk| u64::from(chunk.stored)).sum::<u64>();
        let from = self.len() as u64 + sum(&self.chunks[..which.start]);
        (from..from + sum(&self.chunks[which.clone()]), which)
    }
    /// Unpacks the chunks `which`, that lie in `stored`, and gives `range` of the content. With all chunks at hand the
    /// content is also held against its name.
    pub(crate) fn unpack(
        &self,
        stored: &[u8],
        which: Range<usize>,
        range: Range<u64>,
        key: &[u8; 32],
    ) -> Result<Bytes, Damage> {
        let first = which.start as u64 * CHUNK_OCTETS as u64;
        let last = (which.end as u64 * CHUNK_OCTETS as u64).min(self.raw_len);
        let whole = which == (0..self.chunks.len());
        let mut raw =
            vec![0; usize::try_from(last.saturating_sub(first)).map_err(|_| "too long for this machine")?];
        let mut rest = stored;
        for (chunk, into) in self.chunks[which].iter().zip(raw.chunks_mut(CHUNK_OCTETS)) {
            let (packed, behind) = rest.split_at_checked(chunk.stored as usize).ok_or("a chunk is cut")?;
            if crc32fast::hash(packed) != chunk.sum {
                return Err("the checksum of a chunk fails");
            }
            unpack(packed, into)?;
            rest = behind;
        }
        if whole && *blake3::keyed_hash(key, &raw).as_bytes() != self.id.0 {
            return Err("its content does not have its name");
        }
        let inside = |at: u64| usize::try_from(at.saturating_sub(first)).unwrap_or(usize::MAX).min(raw.len());
        let (start, end) = (inside(range.start), inside(range.end));
        Ok(Bytes::from(raw).slice(start..end.max(start)))
    }
    /// Unpacks the derived data.
    pub(crate) fn unpack_derived(&self, stored: &[u8]) -> Result<Bytes, Damage> {
        if stored.len() != self.derived_stored as usize || crc32fast::hash(stored) != self.derived_sum {
            return Err("the checksum of its derived data fails");
        }
        let mut raw = vec![0; self.derived_raw as usize];
        unpack(stored, &mut raw)?;
        Ok(raw.into())
    }
}

/// Over the head without its own checksum, and the table.
fn head_sum(octets: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&octets[..80]);
    hasher.update(&octets[HEAD_OCTETS..]);
    hasher.finalize()
}

//! COMPRESS=DEFLATE: octets of a connection in both directions as raw DEFLATE.
//!
//! RFC 4978, RFC 1951. An answer is deflated by itself, with nothing remembered from the answer before: a connection that
//! waits holds no compressor, and no text of one answer shows in the length of the next. What the client sends must be
//! inflated with the 32 KiB before it; while it waits at the end of a block, as after every flush, only these are kept.
//!
//! A client cannot make us inflate more than is taken in at once, and hardly more than a hundred times what it sends:
//! see [`Inflater::next`].

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output};
use miniz_oxide::deflate::core::create_comp_flags_from_zip_params;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress};

/// Octets that are inflated before somebody takes them.
const STEP_OCTETS: usize = 16 << 10;
/// How far back DEFLATE may refer (RFC 1951 §2).
const WINDOW_OCTETS: usize = 32 << 10;
/// What a client may send for one octet on the line, over time. Commands come to five, letters to a thousand at most.
const RATIO: u64 = 100;
/// Answers shorter than this go out as they are: a line of news costs no compressor.
const STORED_OCTETS_MAX: usize = 256;
/// The fast way, which is enough for headers and base64.
const LEVEL: i32 = 1;

/// Counts the connections that are compressed. Clones share the number.
#[derive(Clone, Debug, Default)]
pub struct CompressedConnections(Arc<AtomicU32>);

/// One compressed connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct CompressedPlace(Arc<AtomicU32>);

impl CompressedConnections {
    /// How many there are.
    pub fn total(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
    /// Takes a place; `None` if there are `most` already.
    pub(crate) fn take(&self, most: u32) -> Option<CompressedPlace> {
        let more = |total| (total < most).then_some(total + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(CompressedPlace(self.0.clone()))
    }
}

impl Drop for CompressedPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The octets of an answer as they go on the line, up to an octet's end, so that the client can read all of them.
pub(crate) fn deflate(octets: &[u8]) -> Vec<u8> {
    if octets.len() < STORED_OCTETS_MAX {
        return stored(octets);
    }
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, -15, 0));
    let mut out = Vec::with_capacity(octets.len() / 2);
    let take = |some: &[u8]| {
        out.extend_from_slice(some);
        true
    };
    compress_to_output(&mut compressor, octets, TDEFLFlush::Sync, take);
    out
}

/// RFC 1951 §3.2.4: a block that is not compressed and not the last.
fn stored(octets: &[u8]) -> Vec<u8> {
    let len = u16::try_from(octets.len()).expect("short answers only").to_le_bytes();
    let mut out = vec![0, len[0], len[1], !len[0], !len[1]];
    out.extend_from_slice(octets);
    out
}

/// Reads what a client sends.
pub(crate) struct Inflater {
    state: State,
    /// What came last, since the next may refer to it.
    window: Vec<u8>,
    /// What is not inflated yet.
    input: Vec<u8>,
    /// So much of it is.
    used: usize,
    /// So many octets may come out beyond [`RATIO`] times those that go in.
    allowance: u64,
    allowance_max: u64,
    _place: CompressedPlace,
}

enum State {
    /// In a block, with its tables.
    Inside(Box<DecompressorOxide>),
    /// Between two blocks.
    Between(BlockBoundaryState),
}

impl Inflater {
    /// At the start of a stream.
    pub(crate) fn new(place: CompressedPlace, excess_bytes_max: u64) -> Self {
        Self {
            state: State::Between(BlockBoundaryState::default()),
            window: Vec::new(),
            input: Vec::new(),
            used: 0,
            allowance: excess_bytes_max,
            allowance_max: excess_bytes_max,
            _place: place,
        }
    }

    /// Takes what came. Only when [`Self::next`] has nothing more.
    pub(crate) fn feed(&mut self, octets: Vec<u8>) {
        debug_assert_eq!(self.used, self.input.len());
        (self.input, self.used) = (octets, 0);
    }

    /// Some of what the client has said, at most [`STEP_OCTETS`]; nothing if more has to come first.
    ///
    /// # Errors
    /// What came is no DEFLATE, or the stream has ended, or it is a bomb.
    pub(crate) fn next(&mut self) -> io::Result<Vec<u8>> {
        if self.window.len() > WINDOW_OCTETS + STEP_OCTETS {
            self.window.drain(..self.window.len() - WINDOW_OCTETS);
        }
        let start = self.window.len();
        while self.used < self.input.len() && self.window.len() < start + STEP_OCTETS {
            self.block(start + STEP_OCTETS)?;
        }
        let octets = self.window[start..].to_vec();
        self.allowance = self.allowance.checked_sub(octets.len() as u64).ok_or_else(bomb)?;
        Ok(octets)
    }

    /// Goes on until the end of a block, of the input, or of the room.
    fn block(&mut self, room: usize) -> io::Result<()> {
        const FLAGS: u32 = TINFL_FLAG_HAS_MORE_INPUT
            | TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY
            | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        if let State::Between(boundary) = &self.state {
            self.state = State::Inside(Box::new(DecompressorOxide::from_block_boundary_state(boundary)));
        }
        let State::Inside(tables) = &mut self.state else { return Ok(()) };
        let start = self.window.len();
        self.window.resize(room, 0);
        let (status, read, written) =
            decompress(tables, &self.input[self.used..], &mut self.window, start, FLAGS);
        self.window.truncate(start + written);
        self.used += read;
        self.allow(RATIO * read as u64);
        match status {
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => Ok(()),
            TINFLStatus::BlockBoundary => {
                if let Some(boundary) = tables.block_boundary_state() {
                    self.state = State::Between(boundary);
                }
                Ok(())
            }
            // A client that ends its stream has nothing more to say.
            TINFLStatus::Done => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "not DEFLATE")),
        }
    }

    /// So many octets more may come: those of a letter are counted and kept elsewhere, and white pictures are small here.
    pub(crate) fn allow(&mut self, octets: u64) {
        self.allowance = self.allowance.saturating_add(octets).min(self.allowance_max);
    }

    /// Gives back what is not needed while nothing comes.
    pub(crate) fn rest(&mut self) {
        if self.used == self.input.len() {
            (self.input, self.used) = (Vec::new(), 0);
        }
        self.window.drain(..self.window.len().saturating_sub(WINDOW_OCTETS));
        self.window.shrink_to_fit();
    }
}

fn bomb() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "compressed commands that are far longer than they look")
}

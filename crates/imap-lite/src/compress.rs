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

use miniz_oxide::deflate::core::create_comp_flags_from_zip_params;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, compress_to_output};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{BlockBoundaryState, DecompressorOxide, decompress};

/// Octets that are inflated before somebody takes them.
const STEP_OCTETS: usize = 16 << 10;
/// How far back DEFLATE may refer (RFC 1951 §2).
const WINDOW_OCTETS: usize = 32 << 10;
/// What a client may send for one octet on the line, over time. Commands come to five, letters to a thousand at most.
const RATIO: u64 = 100;
/// Answers shorter than this go out as they are: they fit into one packet, and a compressor costs some 80 µs to make.
const STORED_OCTETS_MAX: usize = 1024;
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
    /// The last step ended because it was long enough.
    full: bool,
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

impl State {
    fn tables(&mut self) -> &mut DecompressorOxide {
        if let Self::Between(boundary) = self {
            *self = Self::Inside(Box::new(DecompressorOxide::from_block_boundary_state(boundary)));
        }
        match self {
            Self::Inside(tables) => tables,
            Self::Between(_) => unreachable!("the tables were just made"),
        }
    }
}

impl Inflater {
    /// At the start of a stream.
    pub(crate) fn new(place: CompressedPlace, excess_bytes_max: u64) -> Self {
        Self {
            state: State::Between(BlockBoundaryState::default()),
            window: Vec::new(),
            input: Vec::new(),
            used: 0,
            full: false,
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
        const FLAGS: u32 = TINFL_FLAG_HAS_MORE_INPUT | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        // A reference of a few octets can have hundreds behind it: there may be more although all input is used.
        if !self.has_more() {
            return Ok(Vec::new());
        }
        if self.window.len() > WINDOW_OCTETS + STEP_OCTETS {
            self.window.drain(..self.window.len() - WINDOW_OCTETS);
        }
        let start = self.window.len();
        self.window.reserve_exact(STEP_OCTETS);
        self.window.resize(start + STEP_OCTETS, 0);
        let input = &self.input[self.used..];
        let (status, read, written) = decompress(self.state.tables(), input, &mut self.window, start, FLAGS);
        self.window.truncate(start + written);
        self.used += read;
        self.full = status == TINFLStatus::HasMoreOutput;
        match status {
            TINFLStatus::NeedsMoreInput | TINFLStatus::HasMoreOutput => {}
            // A client that ends its stream has nothing more to say.
            TINFLStatus::Done => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "not DEFLATE")),
        }
        self.allow(RATIO * read as u64);
        self.allowance = self.allowance.checked_sub(written as u64).ok_or_else(bomb)?;
        Ok(self.window[start..].to_vec())
    }

    /// Can it go on without more from the line?
    pub(crate) fn has_more(&self) -> bool {
        self.full || self.used < self.input.len()
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
        if let State::Inside(tables) = &self.state
            && let Some(boundary) = tables.block_boundary_state()
        {
            self.state = State::Between(boundary);
        }
    }
}

fn bomb() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "compressed commands that are far longer than they look")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inflater(excess: u64) -> Inflater {
        Inflater::new(CompressedConnections::default().take(1).unwrap(), excess)
    }

    /// As a client that reads what we deflate.
    fn inflated(parts: &[Vec<u8>], step: usize) -> Vec<u8> {
        let (mut inflater, mut all) = (inflater(u64::MAX), Vec::new());
        for part in parts.concat().chunks(step) {
            inflater.feed(part.to_vec());
            loop {
                let octets = inflater.next().unwrap();
                if octets.is_empty() {
                    break;
                }
                assert!(octets.len() <= STEP_OCTETS);
                all.extend(octets);
            }
            inflater.rest();
        }
        all
    }

    #[test]
    fn answers_of_any_length_read_back() {
        let text: Vec<u8> =
            (0..60_000_u32).flat_map(|n| format!("* {n} FETCH (FLAGS ())\r\n").into_bytes()).collect();
        let lengths = [0, 1, 1023, 1024, 1025, 5, 16_384, 65_535, 65_536, 131_072, 900_000];
        let parts: Vec<&[u8]> = lengths.iter().map(|len| &text[..*len]).collect();
        let deflated: Vec<Vec<u8>> = parts.iter().map(|part| deflate(part)).collect();
        for step in [1, 7, 4096, 1 << 20] {
            assert!(inflated(&deflated, step) == parts.concat(), "step {step}");
        }
        assert!(deflated[10].len() < parts[10].len() / 3, "{}", deflated[10].len());
    }

    #[test]
    fn what_does_not_compress_grows_by_little() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(131_072)
        .collect();
        let deflated = deflate(&noise);
        assert!(deflated.len() < noise.len() + 200, "{}", deflated.len());
        assert!(inflated(&[deflated], 1000) == noise);
    }

    #[test]
    fn a_bomb_ends_when_its_allowance_is_used_up_and_a_letter_gives_it_more() {
        let bomb = deflate(&vec![b'a'; 4 << 20]);
        let mut inflater = inflater(1 << 20);
        inflater.feed(bomb.clone());
        let mut octets = 0;
        let error = loop {
            match inflater.next() {
                Ok(some) => octets += some.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!((1 << 20..(1 << 20) + 100 * bomb.len()).contains(&octets), "{octets} of {}", bomb.len());

        let mut inflater = super::tests::inflater(1 << 20);
        inflater.feed(bomb);
        let mut octets = 0;
        while octets < 4 << 20 {
            let some = inflater.next().unwrap().len();
            inflater.allow(some as u64);
            octets += some;
        }
    }

    #[test]
    fn a_client_that_waits_costs_its_last_octets_only() {
        let mut inflater = inflater(1 << 30);
        for turn in 0..20 {
            inflater.feed(deflate(format!("a{turn} NOOP\r\n{}", "x".repeat(turn * 1000)).as_bytes()));
            while !inflater.next().unwrap().is_empty() {}
            assert!(inflater.window.capacity() <= WINDOW_OCTETS + 2 * STEP_OCTETS);
            inflater.rest();
            assert!(matches!(inflater.state, State::Between(_)));
            assert!(inflater.window.capacity() <= WINDOW_OCTETS && inflater.input.capacity() == 0);
        }
    }

    #[test]
    fn nonsense_is_an_error_and_never_more() {
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let noise: Vec<u8> = std::iter::repeat_with(|| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u8
            })
            .take(64)
            .collect();
            let mut inflater = inflater(1 << 20);
            for part in noise.chunks(5) {
                inflater.feed(part.to_vec());
                while inflater.next().is_ok_and(|octets| !octets.is_empty()) {}
                inflater.rest();
                if inflater.used < inflater.input.len() {
                    break;
                }
            }
        }
    }
}

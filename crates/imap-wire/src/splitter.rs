//! The first layer: a stream of bytes becomes lines and literals.
//!
//! RFC 3501 §2.2, §4.3 (literals), RFC 7888 (LITERAL+). A lone LF ends a line too. That is safe here: no valid line has a
//! bare LF inside, literals are counted and not searched, and nothing we read is passed on as commands to another server.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// How a line announces the literal behind it: `{n}` or `{n+}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiteralHeader {
    /// Octets that follow; `u64::MAX` for a number too large to write.
    pub len: u64,
    /// The client waits for our "+" (no LITERAL+).
    pub sync: bool,
}

/// What the stream holds next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Not enough bytes yet.
    More,
    /// A line without its end.
    Line {
        /// The line, or its first octets if it was `cut`.
        text: Bytes,
        /// What it announces.
        literal: Option<LiteralHeader>,
        /// It was over the limit and is lost but for its start.
        cut: bool,
    },
    /// A line that goes on far beyond the limit; hang up.
    Flood,
}

/// Holds the bytes that were fed and not yet taken.
#[derive(Default)]
pub struct Splitter {
    input: BytesMut,
    /// So many octets at the front of `input` hold no LF.
    searched: usize,
    /// A line over its limit whose end has not come yet.
    cut: Option<CutLine>,
}

struct CutLine {
    start: Bytes,
    tail: Vec<u8>,
    dropped: u64,
}

/// What is kept of a line over the limit: enough for its tag, and enough for the literal that it announces.
const CUT_START: usize = 256;
const CUT_TAIL: usize = 32;

impl Splitter {
    /// Takes bytes in, after those that wait.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// Octets that wait.
    pub fn waiting(&self) -> usize {
        self.input.len()
    }

    /// Forgets everything that waits (RFC 3501 §6.2.1: plain text behind STARTTLS).
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The next line of at most `max` octets; `Flood` once a line is `flood_max` octets long.
    pub fn line(&mut self, max: usize, flood_max: u64) -> Piece {
        let Some(lf) = memchr::memchr(b'\n', &self.input[self.searched..]) else {
            self.searched = self.input.len();
            return self.shorten(max, flood_max);
        };
        let end = self.searched + lf;
        self.searched = 0;
        let mut text = self.take(end + 1);
        text.truncate(end - usize::from(end > 0 && text[end - 1] == b'\r'));
        match self.cut.take() {
            Some(mut cut) => {
                cut.push(&text);
                Piece::Line { literal: literal_header(&cut.tail), text: cut.start, cut: true }
            }
            None if text.len() > max => {
                let literal = literal_header(&text);
                Piece::Line { text: text.slice(..CUT_START.min(text.len())), literal, cut: true }
            }
            None => Piece::Line { literal: literal_header(&text), text, cut: false },
        }
    }

    /// At most `left` octets of a literal; `None` if none has come.
    pub fn chunk(&mut self, left: u64) -> Option<Bytes> {
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(self.input.len());
        self.searched = 0;
        (len > 0).then(|| self.take(len))
    }

    /// All that waits.
    pub(crate) fn take_all(&mut self) -> Bytes {
        self.searched = 0;
        self.take(self.input.len())
    }

    /// Cuts the first `len` octets off; an empty buffer gives its memory back, so that an idle session holds none.
    fn take(&mut self, len: usize) -> Bytes {
        let taken = self.input.split_to(len).freeze();
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        taken
    }

    /// No line end yet: a line over its limit keeps only its two ends.
    fn shorten(&mut self, max: usize, flood_max: u64) -> Piece {
        if self.input.len() > max || self.cut.is_some() {
            self.searched = 0;
            // A CR stays: it may be the first half of the line's end.
            let keep = usize::from(self.input.last() == Some(&b'\r'));
            let part = self.take(self.input.len() - keep);
            let cut = self.cut.get_or_insert_with(|| CutLine {
                start: Bytes::copy_from_slice(&part[..CUT_START.min(part.len())]),
                tail: Vec::new(),
                dropped: 0,
            });
            cut.push(&part);
            if cut.dropped > flood_max {
                return Piece::Flood;
            }
        }
        Piece::More
    }
}

/// Without the octets: they may be a password.
impl fmt::Debug for Splitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Splitter").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

impl CutLine {
    fn push(&mut self, part: &[u8]) {
        self.dropped += part.len() as u64;
        self.tail.extend_from_slice(&part[part.len().saturating_sub(CUT_TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(CUT_TAIL));
    }
}

/// The literal that a line announces at its end.
pub fn literal_header(line: &[u8]) -> Option<LiteralHeader> {
    let inner = line.strip_suffix(b"}")?;
    let (inner, sync) = match inner.strip_suffix(b"+") {
        Some(inner) => (inner, false),
        None => (inner, true),
    };
    let digits = inner.iter().rev().take_while(|octet| octet.is_ascii_digit()).count();
    let (before, digits) = inner.split_at(inner.len() - digits);
    if digits.is_empty() || !before.ends_with(b"{") {
        return None;
    }
    let len =
        digits.iter().fold(0u64, |len, digit| len.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(LiteralHeader { len, sync })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(splitter: &mut Splitter) -> Piece {
        splitter.line(16, 64)
    }
    fn whole(text: &'static [u8], literal: Option<LiteralHeader>) -> Piece {
        Piece::Line { text: Bytes::from_static(text), literal, cut: false }
    }

    #[test]
    fn lines_end_in_crlf_or_lf() {
        let mut splitter = Splitter::default();
        splitter.feed(b"a NOOP\r\nb NO");
        assert_eq!(line(&mut splitter), whole(b"a NOOP", None));
        assert_eq!(line(&mut splitter), Piece::More);
        splitter.feed(b"OP\n\r\n\n");
        assert_eq!(line(&mut splitter), whole(b"b NOOP", None));
        assert_eq!(line(&mut splitter), whole(b"", None));
        assert_eq!(line(&mut splitter), whole(b"", None));
        assert_eq!(line(&mut splitter), Piece::More);
        assert_eq!(splitter.input.capacity(), 0);
    }

    #[test]
    fn headers_of_literals() {
        assert_eq!(literal_header(b"a {12}"), Some(LiteralHeader { len: 12, sync: true }));
        assert_eq!(literal_header(b"a {12+}"), Some(LiteralHeader { len: 12, sync: false }));
        let huge = literal_header(b"{99999999999999999999999}");
        assert_eq!(huge, Some(LiteralHeader { len: u64::MAX, sync: true }));
        for text in ["", "}", "{}", "{+}", "12}", "{1-}", "{1} ", "{+1}", "{1++}"] {
            assert_eq!(literal_header(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_long_line_keeps_its_start_and_its_literal() {
        for pieces in [
            vec!["t1 LOGIN aaaaaaaaaaaaaaaa {7+}\r\nx"],
            vec!["t1 LOGIN aaaaaaaaaa", "aaaaaa {7", "+}\r", "\nx"],
        ] {
            let mut splitter = Splitter::default();
            let mut got = Piece::More;
            for piece in pieces {
                assert_eq!(got, Piece::More);
                splitter.feed(piece.as_bytes());
                got = line(&mut splitter);
            }
            let Piece::Line { text, literal, cut: true } = got else { panic!("{got:?}") };
            assert!(text.starts_with(b"t1 LOGIN aaaaaaa"));
            assert_eq!(literal, Some(LiteralHeader { len: 7, sync: false }));
            assert_eq!(splitter.chunk(9).as_deref(), Some(&b"x"[..]));
        }
        let mut splitter = Splitter::default();
        splitter.feed(&[b'x'; 65]);
        assert_eq!(line(&mut splitter), Piece::Flood);
    }
}

//! What came from the peer and is not yet used, and the command lines in it.
//!
//! RFC 5321 §2.3.8: a line ends in CRLF and in nothing else. A bare LF is answered with an error at once (a person
//! typing into netcat shall not wait for ever), but what follows it up to the true CRLF still belongs to the same
//! refused line and is thrown away: a line break that got into an argument can never start a command.

use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memrchr};

/// Why a line is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineError {
    /// An LF without CR before it.
    BareLf,
    /// A CR without LF after it.
    BareCr,
    /// Longer than allowed; it has been thrown away.
    TooLong,
    /// Longer than anybody's mistake.
    Flood,
}

/// Longest line, and the length at which we stop reading it to its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineLimits {
    pub(crate) line: usize,
    pub(crate) flood: usize,
}

/// Octets in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: BytesMut,
    /// Octets at the front that hold no LF, so that a slow line is not searched over and over.
    searched: usize,
    /// Octets of the present line that were thrown away because it is too long.
    dropped: usize,
    /// The present line had a bare LF: nothing more of it counts.
    broken: bool,
}

impl Input {
    /// More has come.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
    /// What lies there.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes
    }
    /// Takes the first octets out.
    pub(crate) fn take(&mut self, count: usize) -> Bytes {
        self.bytes.split_to(count).freeze()
    }
    /// Throws the first octets away.
    pub(crate) fn skip(&mut self, count: usize) {
        self.bytes.advance(count);
    }
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
    /// A session that waits for a command keeps no buffer: nothing is smaller than that.
    pub(crate) fn shrink(&mut self) {
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
    }
    /// Does the present line begin so? False once its beginning is gone.
    pub(crate) fn line_begins(&self, prefix: &[u8]) -> bool {
        let start = self.bytes.get(..prefix.len()).filter(|_| self.dropped == 0 && !self.broken);
        start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// The next line without its CRLF; `None` until one has come. Call with no body octets in front.
    pub(crate) fn line(&mut self, limits: LineLimits) -> Option<Result<BytesMut, LineError>> {
        loop {
            let Some(found) = memchr(b'\n', &self.bytes[self.searched..]) else {
                return self.unfinished(limits).then_some(Err(LineError::Flood));
            };
            let mut line = self.bytes.split_to(self.searched + found + 1);
            self.searched = 0;
            if !line.ends_with(b"\r\n") {
                self.broken = true;
                return Some(Err(LineError::BareLf));
            }
            let dropped = std::mem::take(&mut self.dropped);
            let length = dropped + line.len();
            if std::mem::take(&mut self.broken) {
                continue;
            }
            line.truncate(line.len() - 2);
            return Some(match length {
                length if length > limits.flood => Err(LineError::Flood),
                length if length > limits.line || dropped > 0 => Err(LineError::TooLong),
                _ if memrchr(b'\r', &line).is_some() => Err(LineError::BareCr),
                _ => Ok(line),
            });
        }
    }

    /// No LF yet: of a line that is already refused only a last CR is kept. True if it never ends.
    fn unfinished(&mut self, limits: LineLimits) -> bool {
        if self.broken || self.dropped > 0 || self.bytes.len() > limits.line {
            let useless = self.bytes.len() - usize::from(self.bytes.ends_with(b"\r"));
            self.bytes.advance(useless);
            self.dropped += useless;
        }
        self.searched = self.bytes.len();
        self.dropped > limits.flood
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: LineLimits = LineLimits { line: 10, flood: 40 };

    fn lines(text: &str, chunk: usize) -> Vec<Result<String, LineError>> {
        let (mut input, mut lines) = (Input::default(), Vec::new());
        for piece in text.as_bytes().chunks(chunk) {
            input.feed(piece);
            while let Some(line) = input.line(LIMITS) {
                lines.push(line.map(|line| String::from_utf8(line.to_vec()).unwrap()));
            }
        }
        lines
    }

    #[test]
    fn lines_end_in_crlf_however_they_come() {
        for chunk in 1..60 {
            assert_eq!(lines("NOOP\r\nRSET\r\n", chunk), [Ok("NOOP".into()), Ok("RSET".into())]);
            assert_eq!(
                lines("A\nB\r\nNOOP\r\n", chunk),
                [Err(LineError::BareLf), Ok("NOOP".into())],
                "the rest of a broken line is no command"
            );
            assert_eq!(lines("A\nB\nC", chunk), [Err(LineError::BareLf), Err(LineError::BareLf)]);
            assert_eq!(lines("A\rB\r\nC\r\n", chunk), [Err(LineError::BareCr), Ok("C".into())]);
            assert_eq!(lines("A\r\r\n", chunk), [Err(LineError::BareCr)]);
            assert_eq!(lines("0123456789abc\r\nC\r\n", chunk), [Err(LineError::TooLong), Ok("C".into())]);
            assert_eq!(
                lines("01234567\r\n012345678\r\n", chunk),
                [Ok("01234567".into()), Err(LineError::TooLong)]
            );
            assert_eq!(lines("0123456789abc\nC\r\nD\r\n", chunk), [Err(LineError::BareLf), Ok("D".into())]);
        }
    }

    #[test]
    fn a_line_that_never_ends_is_noticed() {
        let mut input = Input::default();
        input.feed(&[b'x'; 30]);
        assert!(input.line(LIMITS).is_none());
        input.feed(&[b'x'; 30]);
        assert!(matches!(input.line(LIMITS), Some(Err(LineError::Flood))));
        assert!(input.as_slice().is_empty());
    }
}

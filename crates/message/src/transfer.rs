//! Transfer encodings undone piece by piece, so that no part needs to be in memory as a whole.
//!
//! RFC 2045 §6: base64 (what is outside the alphabet is passed over; padding restarts the count, as joined texts need) and
//! quoted-printable (what is broken stays). An encoding of another name is unknown (RFC 3516 §4.3, UNKNOWN-CTE).

use crate::decode::quoted_printable;

/// Octets that wait for the end of their line, at most.
const LINE_OCTETS_MAX: usize = 8 << 10;
/// Behind a `=` this far from the end, nothing is open any more: longer blanks make no soft line break.
const OPEN_OCTETS_MAX: usize = 1010;

/// A Content-Transfer-Encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// `7bit`, `8bit` and `binary`: as it stands.
    Identity,
    /// `base64`
    Base64,
    /// `quoted-printable`
    QuotedPrintable,
}

impl Transfer {
    /// `None` if nobody knows it.
    pub fn of(encoding: &str) -> Option<Self> {
        let names = [
            ("7bit", Self::Identity),
            ("8bit", Self::Identity),
            ("binary", Self::Identity),
            ("base64", Self::Base64),
            ("quoted-printable", Self::QuotedPrintable),
        ];
        let encoding = encoding.trim();
        names.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(encoding)).map(|(_, transfer)| transfer)
    }

    /// Begins to decode.
    pub fn decoder(self) -> TransferDecoder {
        TransferDecoder { transfer: self, base64: Base64::default(), line: Vec::new() }
    }
}

/// Takes an encoded body and gives it decoded, as far as that can be told.
#[derive(Clone, Debug)]
pub struct TransferDecoder {
    transfer: Transfer,
    base64: Base64,
    line: Vec<u8>,
}

impl TransferDecoder {
    /// Adds what these octets say to `out`.
    pub fn push(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        match self.transfer {
            Transfer::Identity => out.extend_from_slice(octets),
            Transfer::Base64 => self.base64.push(octets, out),
            Transfer::QuotedPrintable => {
                self.line.extend_from_slice(octets);
                let end = self.decidable();
                out.extend(quoted_printable(&self.line[..end]));
                self.line.drain(..end);
            }
        }
    }
    /// Adds the rest.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend(quoted_printable(&std::mem::take(&mut self.line)));
    }

    /// Up to where the next octets change nothing.
    fn decidable(&self) -> usize {
        if let Some(end) = memchr::memrchr(b'\n', &self.line) {
            return end + 1;
        }
        if self.line.len() <= LINE_OCTETS_MAX {
            return 0;
        }
        let near = self.line.len() - OPEN_OCTETS_MAX;
        memchr::memchr(b'=', &self.line[near..]).map_or(self.line.len(), |mark| near + mark)
    }
}

/// Base64, of which a group of four may come in pieces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Base64 {
    bits: u32,
    count: u8,
}

impl Base64 {
    pub(crate) fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for octet in text {
            let value = match octet {
                b'A'..=b'Z' => octet - b'A',
                b'a'..=b'z' => octet - b'a' + 26,
                b'0'..=b'9' => octet - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' => {
                    self.count = 0;
                    continue;
                }
                _ => continue,
            };
            self.bits = self.bits << 6 | u32::from(value);
            match self.count {
                0 => self.count = 1,
                rest => {
                    out.push((self.bits >> (6 - 2 * rest) & 0xff) as u8);
                    self.count = (rest + 1) % 4;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn in_pieces(transfer: Transfer, body: &[u8], piece: usize) -> Vec<u8> {
        let (mut decoder, mut out) = (transfer.decoder(), Vec::new());
        body.chunks(piece).for_each(|piece| decoder.push(piece, &mut out));
        decoder.finish(&mut out);
        out
    }

    #[test]
    fn names_are_known_in_any_case() {
        assert_eq!(Transfer::of(" Base64 "), Some(Transfer::Base64));
        assert_eq!(Transfer::of("8BIT"), Some(Transfer::Identity));
        assert_eq!(Transfer::of("x-uuencode"), None);
    }

    #[test]
    fn long_lines_wait_for_a_bounded_time() {
        let mut body = b"a=3D".repeat(5_000);
        body.extend(b"= \t".iter().chain(&[b' '; 900]).chain(b"\r\nb"));
        for piece in [1, 7, 1000, 100_000] {
            let decoded = in_pieces(Transfer::QuotedPrintable, &body, piece);
            assert_eq!((decoded.len(), decoded.ends_with(b"a=b")), (10_001, true));
        }
        let (mut decoder, mut out) = (Transfer::QuotedPrintable.decoder(), Vec::new());
        decoder.push(&b"x".repeat(100_000), &mut out);
        assert!(decoder.line.len() <= LINE_OCTETS_MAX);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(body in "[=A-Fa-f0-9 \t\r\n+/]{0,200}", piece in 1usize..20) {
            for transfer in [Transfer::Identity, Transfer::Base64, Transfer::QuotedPrintable] {
                prop_assert_eq!(in_pieces(transfer, body.as_bytes(), piece), in_pieces(transfer, body.as_bytes(), 1000));
            }
        }
    }
}

//! Copies a letter's header while the letter goes by, so that a large one need not be read again for it.

/// Takes in octets up to the empty line that ends the header, and no more than a limit.
#[derive(Debug)]
pub(crate) struct HeaderTap {
    octets: Vec<u8>,
    octets_max: usize,
    state: State,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    TooLong,
}

impl HeaderTap {
    pub(crate) const fn new(octets_max: usize) -> Self {
        Self { octets: Vec::new(), octets_max, state: State::Open }
    }

    /// Returns what of the chunk stands behind the header; nothing while it has not ended, nor once it is too long.
    pub(crate) fn append<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        match self.state {
            State::Open => {}
            State::Ended => return chunk,
            State::TooLong => return &[],
        }
        let before = self.octets.len();
        // The end may be cut by two chunks.
        let seen = self.octets.len().saturating_sub(3);
        let room = self.octets_max + 4 - self.octets.len();
        self.octets.extend_from_slice(&chunk[..chunk.len().min(room)]);
        let end = if self.octets.starts_with(b"\r\n") {
            Some(2)
        } else {
            self.octets[seen..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| seen + at + 4)
        };
        match end {
            Some(end) => {
                self.octets.truncate(end);
                self.state = State::Ended;
                return &chunk[end - before..];
            }
            None if self.octets.len() > self.octets_max => self.state = State::TooLong,
            None => {}
        }
        &[]
    }

    /// The header with its empty line; its beginning, if it is too long.
    pub(crate) fn header(&self) -> &[u8] {
        &self.octets
    }
    pub(crate) fn has_ended(&self) -> bool {
        self.state == State::Ended
    }
    pub(crate) fn is_too_long(&self) -> bool {
        self.state == State::TooLong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(letter: &[u8], octets_max: usize, chunk: usize) -> (Vec<u8>, bool) {
        let mut tap = HeaderTap::new(octets_max);
        let behind: Vec<u8> = letter.chunks(chunk).flat_map(|chunk| tap.append(chunk).to_vec()).collect();
        if tap.has_ended() {
            assert_eq!([tap.header(), &behind].concat(), letter);
        }
        (tap.header().to_vec(), tap.is_too_long())
    }

    #[test]
    fn the_header_ends_at_the_first_empty_line_however_it_comes() {
        for chunk in 1..20 {
            for (letter, end) in [
                (&b"A: b\r\nC: d\r\n\r\nbody\r\n\r\nmore"[..], 14),
                (b"\r\nbody\r\n\r\n", 2),
                (b"A: b\r\n", 6),
                (b"", 0),
            ] {
                assert_eq!(header(letter, 14, chunk), (letter[..end].to_vec(), false));
            }
            let (kept, too_long) = header(b"A: b\r\nC: d\r\n\r\nbody", 9, chunk);
            assert!(too_long && (9..=14).contains(&kept.len()), "{chunk}");
        }
    }
}

//! The octets of a message as they pass: lines, dots, size, and what is wrong with them.
//!
//! RFC 5321 §2.3.8 (CR and LF only together), §4.5.2 (dots), §4.5.3.1.6 and .7 (sizes), RFC 3030 §2 (no dots in
//! chunks). An end of data other than CRLF.CRLF lets one server see two messages where another sees one
//! (CVE-2023-51764), so a bare CR or LF refuses the whole message, and NUL with it (RFC 5322 §4: no NUL).

use memchr::memchr3;

/// Why a message is refused whatever is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    BareLf,
    BareCr,
    Nul,
    LineTooLong,
    TooLarge,
}

/// Where the next octet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    LineStart,
    Text,
    AfterCr,
}

/// What lies in front in the data of DATA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// So many octets of the message.
    Text(usize),
    /// A dot that was added for the way.
    Dot,
    /// `.` CRLF: the end.
    End,
    /// Too little to tell.
    More,
}

/// One message on its way in.
#[derive(Debug)]
pub(crate) struct Body {
    place: Place,
    line: usize,
    line_max: usize,
    size: u64,
    size_max: u64,
    fault: Option<Fault>,
}

impl Body {
    /// Before the first octet, which starts a line: `.` CRLF at once is an empty message.
    pub(crate) const fn new(size_max: u64, line_max: usize) -> Self {
        Self { place: Place::LineStart, line: 0, line_max, size: 0, size_max, fault: None }
    }
    /// Octets of the message so far.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }
    /// The first thing that is wrong.
    pub(crate) const fn fault(&self) -> Option<Fault> {
        self.fault
    }
    /// So many octets are announced: too many are refused before they are stored.
    pub(crate) fn announce(&mut self, size: u64) {
        if self.size.saturating_add(size) > self.size_max {
            self.blame(Fault::TooLarge);
        }
    }

    /// Data of DATA: what lies in front. `Text` counts as read, the rest is to be skipped by the caller.
    pub(crate) fn next_piece(&mut self, input: &[u8]) -> Piece {
        let text = self.scan(input, true);
        if text > 0 {
            return Piece::Text(text);
        }
        match input {
            [] | [b'.'] | [b'.', b'\r'] => Piece::More,
            [b'.', b'\r', b'\n', ..] => Piece::End,
            // RFC 5321 §4.5.2: the first dot of a line goes.
            _ => {
                self.place = Place::Text;
                Piece::Dot
            }
        }
    }
    /// Data of BDAT, where a dot is a dot.
    pub(crate) fn read_chunk(&mut self, input: &[u8]) {
        self.scan(input, false);
    }
    /// After the last chunk. True if the last line needs its CRLF: RFC 3030 lets a message end anywhere, everything
    /// behind us counts in lines, and DKIM adds the same CRLF before it hashes (RFC 6376 §3.4.3).
    pub(crate) fn finish(&mut self) -> bool {
        if self.place == Place::AfterCr {
            self.blame(Fault::BareCr);
        }
        let unfinished = self.place == Place::Text;
        if unfinished {
            self.grow(2);
        }
        unfinished && self.fault.is_none()
    }

    /// Reads lines; with `dots` it stops at a dot that starts one. How far it came.
    fn scan(&mut self, input: &[u8], dots: bool) -> usize {
        let mut at = self.after_cr(input);
        while at < input.len() {
            if dots && self.place == Place::LineStart && input[at] == b'.' {
                break;
            }
            let rest = &input[at..];
            let text = memchr3(b'\r', b'\n', 0, rest).unwrap_or(rest.len());
            let stop = usize::from(text < rest.len());
            at += text + stop;
            self.text(text);
            self.grow((text + stop) as u64);
            match rest[text..] {
                [b'\r', b'\n', ..] => {
                    at += 1;
                    self.grow(1);
                    self.end_line();
                }
                [b'\r'] => self.place = Place::AfterCr,
                [b'\r', ..] => self.blame(Fault::BareCr),
                [b'\n', ..] => self.blame(Fault::BareLf),
                [0, ..] => self.blame(Fault::Nul),
                _ => {}
            }
        }
        at
    }
    /// The octet after a CR that came last; how many octets that settles.
    fn after_cr(&mut self, input: &[u8]) -> usize {
        match (self.place, input.first()) {
            (Place::AfterCr, Some(b'\n')) => {
                self.grow(1);
                self.end_line();
                1
            }
            (Place::AfterCr, Some(_)) => {
                self.place = Place::Text;
                self.blame(Fault::BareCr);
                0
            }
            _ => 0,
        }
    }
    fn text(&mut self, count: usize) {
        self.place = Place::Text;
        self.line = self.line.saturating_add(count);
        if self.line > self.line_max {
            self.blame(Fault::LineTooLong);
        }
    }
    fn end_line(&mut self) {
        self.place = Place::LineStart;
        self.line = 0;
    }
    fn grow(&mut self, count: u64) {
        self.size = self.size.saturating_add(count);
        if self.size > self.size_max {
            self.blame(Fault::TooLarge);
        }
    }
    fn blame(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }
}

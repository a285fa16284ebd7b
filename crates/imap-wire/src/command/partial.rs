//! Some of a whole: octets of a section, places in a result.
//!
//! RFC 3501 §6.4.5 (`<start.length>`), RFC 9051 §9 (of 63 bits each); RFC 5267 §4.4 and RFC 9394 §3.1 (`PARTIAL 1:100`, `PARTIAL -1:-100`).

use std::fmt;
use std::num::NonZeroU64;

use super::error::Reason;
use crate::cursor::Cursor;

/// `<start.length>`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The first octet, from zero; also what the answer repeats.
    pub start: u64,
    /// At most so many.
    pub length: NonZeroU64,
}

/// Places in a result, counted from one: from its begin or from its end (RFC 9394 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialRange {
    /// The first; never after `last`.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// `-1` is the largest number, `-2` the one before.
    pub from_end: bool,
}

/// `1:100`, `-1:-100`.
impl fmt::Display for PartialRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.from_end { "-" } else { "" };
        write!(f, "{sign}{}:{sign}{}", self.first, self.last)
    }
}

/// `<start.length>`, if it stands there.
pub(super) fn octets(cursor: &mut Cursor<'_>) -> Result<Option<Partial>, Reason> {
    if !cursor.eat(b'<') {
        return Ok(None);
    }
    let start = cursor.number63("an offset")?;
    cursor.expect(b'.', "a dot and a length")?;
    let at = cursor.place();
    let length = cursor.number63("a length")?;
    let length = NonZeroU64::new(length).ok_or_else(|| Reason::expected("a length", at))?;
    cursor.expect(b'>', ">")?;
    Ok(Some(Partial { start, length }))
}

/// `1:100` or `-1:-100`; the ends may come in either order (RFC 9394 §4).
pub(super) fn places(cursor: &mut Cursor<'_>) -> Result<PartialRange, Reason> {
    const WHAT: &str = "a range as 1:100 or -1:-100";
    let from_end = cursor.eat(b'-');
    let one = cursor.nz_number(WHAT)?.get();
    cursor.expect(b':', WHAT)?;
    if from_end {
        cursor.expect(b'-', WHAT)?;
    }
    let other = cursor.nz_number(WHAT)?.get();
    Ok(PartialRange { first: one.min(other), last: one.max(other), from_end })
}

//! One letter of an APPEND while it comes.
//!
//! RFC 3501 §4.3.1, §9 (CHAR8); RFC 5322 §2.1: lines end in CRLF. A lone LF becomes CRLF, since clients count and draw lines
//! by it and signatures are computed as if it were; a literal8 is kept octet for octet (RFC 3516 §4.4).

use std::ops::Range;

use imap_wire::command::AppendMessage;
use mailbox::{NewLetter, Prepared};
use model::{FlagSet, UnixMillis, Zone};
use store::SpoolWriter;

use super::Failed;

/// What is known of it, and where in the spool it stands.
pub(super) struct Letter {
    flags: FlagSet,
    internal_date: Option<UnixMillis>,
    zone: Zone,
    binary: bool,
    /// Where it begins in the spool.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Octets announced so far.
    pub(super) announced: u64,
    /// Parts so far, if it is put together.
    pub(super) parts: usize,
    after_cr: bool,
}

impl Letter {
    /// `zone` is that of a letter to which the client gives no date.
    pub(super) fn new(message: &AppendMessage, zone: Zone, start: u64) -> Self {
        Self {
            flags: message.flags.clone(),
            internal_date: message.date.map(|date| date.to_unix_millis()),
            zone: message.date.map_or(zone, |date| Zone::minutes_east(date.zone_minutes)),
            binary: message.binary,
            start,
            end: start,
            announced: 0,
            parts: 0,
            after_cr: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }
    pub(super) fn range(&self) -> Range<u64> {
        self.start..self.end
    }

    /// Takes in a piece.
    pub(super) fn take(&mut self, octets: &[u8], spool: &mut SpoolWriter) -> Result<(), Failed> {
        if memchr::memchr(0, octets).is_some() {
            return Err(Failed::Nul { binary: self.binary });
        }
        if self.binary {
            return Ok(spool.append(octets)?);
        }
        let mut from = 0;
        for lf in memchr::memchr_iter(b'\n', octets) {
            let after_cr = if lf == 0 { self.after_cr } else { octets[lf - 1] == b'\r' };
            if !after_cr {
                spool.append(&octets[from..lf])?;
                spool.append(b"\r")?;
                from = lf;
            }
        }
        spool.append(&octets[from..])?;
        self.after_cr = octets.last().map_or(self.after_cr, |last| *last == b'\r');
        Ok(())
    }

    /// As it is filed.
    pub(super) fn ready(self, letter: Prepared) -> NewLetter {
        NewLetter { letter, flags: self.flags, internal_date: self.internal_date, zone: self.zone }
    }
}

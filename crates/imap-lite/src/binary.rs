//! BINARY: parts of letters with their transfer encoding undone.
//!
//! RFC 3516 §4.2, §4.3. A part is decoded while it is sent. Its size has to be said first, so one of more than a piece is
//! read twice; what is in memory is a piece. What a client gets of multiparts and enclosed letters is what stands there, since
//! they have no encoding of their own (RFC 2045 §6.4), and of the whole letter (`BINARY[]`) as well.

use std::num::NonZeroU32;
use std::ops::Range;

use imap_wire::command::Partial;
use imap_wire::encode::FetchWriter;
use mailbox::{MailboxError, Selected};
use message::{PartKind, Transfer, TransferDecoder};
use store::MessageEntry;

use crate::conversation::Trouble;
use crate::section::read_whole;
use crate::wire::Line;

/// A part as it lies in the letter.
struct Encoded {
    range: Range<u64>,
    transfer: Transfer,
}

enum Found {
    Part(Encoded),
    /// There is no such part.
    Missing,
    /// Nobody knows its encoding.
    Unknown,
}

/// What a client wants of a part.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) part: &'a [NonZeroU32],
    pub(crate) partial: Option<Partial>,
}

/// Writes `BINARY[…]`; false if the encoding of the part is unknown.
pub(crate) async fn write(
    selected: &Selected,
    entry: &MessageEntry,
    wanted: Wanted<'_>,
    out: &mut FetchWriter<'_>,
    line: &mut Line,
) -> Result<bool, Trouble> {
    let Wanted { part, partial } = wanted;
    let encoded = match find(selected, entry, part).await? {
        Found::Part(encoded) => encoded,
        other => {
            out.binary_nil(part, partial);
            return Ok(matches!(other, Found::Missing));
        }
    };
    let window = partial.map_or(0..u64::MAX, |partial| {
        let start = partial.start;
        start..start.saturating_add(partial.length.get())
    });
    let piece = line.piece_octets_max() as u64;
    let mut measure = Measure::default();
    let mut decoding = Decoding::new(selected, entry, &encoded, window.clone(), piece);
    while let Some(octets) = decoding.next().await? {
        measure.see(octets);
    }
    out.binary_header(part, partial, measure.octets, measure.has_nul);
    let mut decoding = Decoding::new(selected, entry, &encoded, window, piece);
    while let Some(octets) = decoding.next().await? {
        out.out().extend_from_slice(octets);
        line.send_pieces(out.out()).await?;
    }
    Ok(true)
}

/// Writes `BINARY.SIZE[…]`; false if the encoding of the part is unknown.
pub(crate) async fn write_size(
    selected: &Selected,
    entry: &MessageEntry,
    part: &[NonZeroU32],
    out: &mut FetchWriter<'_>,
    piece: u64,
) -> Result<bool, Trouble> {
    let mut measure = Measure::default();
    let found = find(selected, entry, part).await?;
    if let Found::Part(encoded) = &found {
        let mut decoding = Decoding::new(selected, entry, encoded, 0..u64::MAX, piece);
        while let Some(octets) = decoding.next().await? {
            measure.see(octets);
        }
    }
    out.binary_size(part, measure.octets);
    Ok(!matches!(found, Found::Unknown))
}

async fn find(selected: &Selected, entry: &MessageEntry, part: &[NonZeroU32]) -> Result<Found, MailboxError> {
    if part.is_empty() {
        return Ok(Found::Part(Encoded { range: 0..entry.size, transfer: Transfer::Identity }));
    }
    let numbers: Vec<u32> = part.iter().map(|number| number.get()).collect();
    let content = selected.content(entry).await?;
    let view = content.view();
    let Some(number) = view.part_at(&numbers) else { return Ok(Found::Missing) };
    let place = view.part_place(number);
    let transfer = match place.kind {
        PartKind::Leaf => Transfer::of(view.part_encoding(number)),
        PartKind::Multipart | PartKind::Message => Some(Transfer::Identity),
    };
    Ok(transfer
        .map_or(Found::Unknown, |transfer| Found::Part(Encoded { range: place.body..place.end, transfer })))
}

#[derive(Default)]
struct Measure {
    octets: u64,
    has_nul: bool,
}

impl Measure {
    fn see(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        self.has_nul |= memchr::memchr(0, octets).is_some();
    }
}

/// A part, read and decoded piece by piece.
struct Decoding<'a> {
    selected: &'a Selected,
    entry: &'a MessageEntry,
    /// What is still to be read.
    left: Range<u64>,
    decoder: TransferDecoder,
    /// Which of the decoded octets are wanted, and how many have passed.
    window: Range<u64>,
    passed: u64,
    piece: u64,
    decoded: Vec<u8>,
}

impl<'a> Decoding<'a> {
    fn new(
        selected: &'a Selected,
        entry: &'a MessageEntry,
        encoded: &Encoded,
        window: Range<u64>,
        piece: u64,
    ) -> Self {
        let mut left = encoded.range.clone();
        let (mut passed, decoder) = (0, encoded.transfer.decoder());
        if encoded.transfer == Transfer::Identity {
            // Nothing before the window needs to be read.
            passed = window.start.min(left.end - left.start);
            left.start += passed;
        }
        Self { selected, entry, left, decoder, window, passed, piece, decoded: Vec::new() }
    }

    /// The next octets that are wanted.
    async fn next(&mut self) -> Result<Option<&[u8]>, MailboxError> {
        while self.left.start < self.left.end && self.passed < self.window.end {
            let end = self.left.end.min(self.left.start + self.piece);
            let octets = read_whole(self.selected, self.entry, self.left.start..end).await?;
            self.left.start = end;
            self.decoded.clear();
            self.decoder.push(&octets, &mut self.decoded);
            if end == self.left.end {
                self.decoder.finish(&mut self.decoded);
            }
            let from = self.passed;
            self.passed += self.decoded.len() as u64;
            let inside = |at: u64| usize::try_from(at.clamp(from, self.passed) - from).unwrap_or(usize::MAX);
            let wanted = inside(self.window.start)..inside(self.window.end);
            if !wanted.is_empty() {
                return Ok(Some(&self.decoded[wanted]));
            }
        }
        Ok(None)
    }
}

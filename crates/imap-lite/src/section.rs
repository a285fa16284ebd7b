//! Which octets a section of a letter is.
//!
//! RFC 3501 §6.4.5. Offsets come from what was stored beside the letter; the letter is not parsed again.

use std::ops::Range;

use bytes::Bytes;
use imap_wire::command::{Partial, Section, SectionText};
use mailbox::{MailboxError, Selected};
use message::{SectionKind, SectionPath};
use store::{MessageEntry, StoreError};

/// A section of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// There is no such part.
    Missing,
    /// A slice of the letter, to be read while it is sent.
    Slice(Range<u64>),
    /// Fields picked from a header.
    Octets(Vec<u8>),
}

impl Piece {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Missing => 0,
            Self::Slice(range) => range.end - range.start,
            Self::Octets(octets) => octets.len() as u64,
        }
    }

    /// The octets that a client wants of it; a start beyond the end gives none (RFC 3501 §6.4.5).
    pub(crate) fn part(mut self, partial: Option<Partial>) -> Self {
        let Some(Partial { start, length }) = partial else { return self };
        let low = start.min(self.len());
        let high = low.saturating_add(length.get()).min(self.len());
        match &mut self {
            Self::Missing => {}
            Self::Slice(range) => *range = range.start + low..range.start + high,
            Self::Octets(octets) => {
                octets.truncate(usize::try_from(high).unwrap_or(usize::MAX));
                octets.drain(..usize::try_from(low).unwrap_or(usize::MAX));
            }
        }
        self
    }
}

/// Looks a section up.
pub(crate) async fn find(
    selected: &Selected,
    entry: &MessageEntry,
    section: &Section,
) -> Result<Piece, MailboxError> {
    match (&section.part[..], &section.text) {
        ([], None) => Ok(Piece::Slice(0..entry.size)),
        ([], Some(SectionText::HeaderFields { not, names })) => {
            let header = selected.header(entry).await?;
            Ok(Piece::Octets(message::header_fields(&header, names, *not)))
        }
        ([], Some(SectionText::Header)) => Ok(Piece::Octets(selected.header(entry).await?.into())),
        (_, Some(SectionText::HeaderFields { not, names })) => {
            let Some(range) = place(selected, entry, section, SectionKind::Header).await? else {
                return Ok(Piece::Missing);
            };
            let header = selected.octets(entry, range).await?;
            Ok(Piece::Octets(message::header_fields(&header, names, *not)))
        }
        (_, text) => {
            let kind = match text {
                None => SectionKind::Content,
                Some(SectionText::Text) => SectionKind::Text,
                Some(SectionText::Mime) => SectionKind::Mime,
                Some(_) => SectionKind::Header,
            };
            Ok(place(selected, entry, section, kind).await?.map_or(Piece::Missing, Piece::Slice))
        }
    }
}

/// A slice of a letter, or an error if it is not all there.
pub(crate) async fn read_whole(
    selected: &Selected,
    entry: &MessageEntry,
    range: Range<u64>,
) -> Result<Bytes, MailboxError> {
    let octets = selected.octets(entry, range.clone()).await?;
    if octets.len() as u64 == range.end - range.start {
        return Ok(octets);
    }
    let (at, what) = (entry.body.to_string(), "it is shorter than its row says".to_owned());
    Err(MailboxError::Store(StoreError::Damaged { at, what }))
}

async fn place(
    selected: &Selected,
    entry: &MessageEntry,
    section: &Section,
    kind: SectionKind,
) -> Result<Option<Range<u64>>, MailboxError> {
    let parts = section.part.iter().map(|number| number.get()).collect();
    let content = selected.content(entry).await?;
    Ok(content.view().section(&SectionPath { parts, kind }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_stays_inside() {
        let part = |start, length| Some(Partial { start, length: u64::try_into(length).unwrap() });
        let slice = Piece::Slice(100..110);
        assert_eq!(slice.clone().part(None), slice);
        assert_eq!(slice.clone().part(part(2, 3)), Piece::Slice(102..105));
        assert_eq!(slice.clone().part(part(8, 30)), Piece::Slice(108..110));
        assert_eq!(slice.part(part(30, u64::MAX)).len(), 0);
        let octets = Piece::Octets(b"abcdef".to_vec());
        assert_eq!(octets.clone().part(part(1, 2)), Piece::Octets(b"bc".to_vec()));
        assert_eq!(octets.part(part(9, 2)), Piece::Octets(Vec::new()));
    }
}

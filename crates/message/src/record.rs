//! Derived data as octets: what lies in the store beside a letter.
//!
//! Fixed header with a table of lengths, then parts of a fixed size, then the texts, so that [`DerivedView`] finds one
//! thing without reading the others. Little-endian. A record of another version or with a wrong checksum is no loss: it
//! is computed again from the letter.

use std::ops::Range;

use crate::date::Sent;
use crate::derived::{Derived, Part};
use crate::lineage::Lineage;
use crate::section::Places;
use crate::split::Place;
use crate::view::DerivedView;

pub(crate) const MAGIC: [u8; 4] = *b"SKDR";
/// Version 1 had no lineage and no preview; it is still read.
pub(crate) const VERSION: u8 = 2;
pub(crate) const OLDEST: u8 = 1;
/// Where the checksum stands; it covers everything else.
pub(crate) const CHECKSUM: Range<usize> = 8..12;
pub(crate) const HEADER_BYTES: usize = 72;
/// Sections of this version, and of version 1.
pub(crate) const SECTIONS: usize = 10;
pub(crate) const OLDEST_SECTIONS: usize = 8;
/// Where the table of lengths stands.
pub(crate) const LENGTHS: usize = 32;
pub(crate) const PART_BYTES: usize = 36;
pub(crate) const EXTENSION_BYTES: usize = 8;
/// Texts of one part; see [`Derived::strings`].
pub(crate) const STRINGS_OF_PART: usize = 5;
pub(crate) const NO_PARENT: u32 = u32::MAX;

pub(crate) const HAS_DATE: u8 = 1;
pub(crate) const TEXT_COMPLETE: u8 = 2;
pub(crate) const PARSED: u8 = 4;
/// Texts have the headers of all parts and are folded as this program folds; older ones are cut ones.
pub(crate) const TEXT_CURRENT: u8 = 8;

/// Why octets are no derived data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not such a record, or cut.
    #[error("these are no derived data of a letter, or they are cut")]
    Malformed,
    /// Written by another version of the program.
    #[error("derived data of version {0}; this program reads version {VERSION}")]
    Version(u8),
    /// Damaged.
    #[error("the checksum of the derived data is wrong")]
    Checksum,
}

/// Lengths of the sections behind the header, in their order; parts and extensions count items.
#[derive(Clone, Copy)]
pub(crate) enum Section {
    Parts,
    Extensions,
    Envelope,
    BodyStructure,
    MessageId,
    Headers,
    Text,
    Strings,
    Lineage,
    Preview,
}

impl Derived {
    /// As octets, for the store.
    pub fn encode(&self) -> Vec<u8> {
        let strings = self.strings();
        let message_id = self.message_id.as_deref().unwrap_or_default();
        let texts: [&[u8]; SECTIONS - 2] = [
            &self.envelope,
            &self.body_structure,
            message_id.as_bytes(),
            self.headers.as_bytes(),
            self.text.as_bytes(),
            &strings,
            self.lineage.as_octets(),
            self.preview.as_bytes(),
        ];
        let mut out = self.record_header(texts.map(<[u8]>::len));
        for part in &self.parts {
            part_record(&mut out, &part.place);
        }
        for cut in &self.extensions {
            out.extend(cut.start.to_le_bytes());
            out.extend(cut.end.to_le_bytes());
        }
        texts.iter().for_each(|text| out.extend_from_slice(text));
        let checksum = checksum(&out);
        out[CHECKSUM].copy_from_slice(&checksum);
        out
    }

    fn record_header(&self, texts: [usize; SECTIONS - 2]) -> Vec<u8> {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = flag(self.sent.is_some(), HAS_DATE)
            | flag(self.text_complete, TEXT_COMPLETE)
            | flag(self.parsed, PARSED)
            | TEXT_CURRENT;
        let sent = self.sent.unwrap_or(Sent { unix_seconds: 0, day: 0 });
        let mut out = Vec::with_capacity(HEADER_BYTES + self.parts.len() * 44 + texts.iter().sum::<usize>());
        out.extend(MAGIC);
        out.extend([VERSION, flags, 0, 0]);
        out.extend([0; 4]); // The checksum, when all is there.
        out.extend(self.size.to_le_bytes());
        out.extend(sent.unix_seconds.to_le_bytes());
        out.extend(sent.day.to_le_bytes());
        for length in [self.parts.len(), self.extensions.len()].into_iter().chain(texts) {
            out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        out
    }

    fn strings(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &self.parts {
            string(&mut out, Some(&part.media_type));
            string(&mut out, Some(&part.encoding));
            for text in [&part.charset, &part.disposition, &part.file_name] {
                string(&mut out, text.as_deref());
            }
        }
        out
    }

    /// From octets that [`Derived::encode`] wrote.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn decode(record: &[u8]) -> Result<Self, DecodeError> {
        let view = DerivedView::open(record)?;
        let text =
            |section| String::from_utf8(view.text_of(section).to_vec()).map_err(|_| DecodeError::Malformed);
        let mut strings = Strings { rest: view.text_of(Section::Strings) };
        let parts = (0..view.count()).map(|part| {
            Ok(Part {
                place: view.place(part),
                media_type: strings.next()?.unwrap_or_default(),
                encoding: strings.next()?.unwrap_or_default(),
                charset: strings.next()?,
                disposition: strings.next()?,
                file_name: strings.next()?,
            })
        });
        Ok(Self {
            size: view.size(),
            parts: parts.collect::<Result<_, _>>()?,
            envelope: view.envelope().to_vec(),
            body_structure: view.body_structure().to_vec(),
            extensions: view.extensions().collect(),
            message_id: Some(text(Section::MessageId)?).filter(|id| !id.is_empty()),
            sent: view.sent(),
            lineage: Lineage::from_octets(view.lineage().unwrap_or_default().to_vec()),
            preview: view.preview().unwrap_or_default().to_owned(),
            headers: text(Section::Headers)?,
            text: text(Section::Text)?,
            text_complete: view.text_complete(),
            parsed: view.parsed(),
        })
    }
}

/// CRC-32 of a record, its own place left out.
pub(crate) fn checksum(record: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&record[..CHECKSUM.start]);
    hasher.update(&record[CHECKSUM.end..]);
    hasher.finalize().to_le_bytes()
}

fn part_record(out: &mut Vec<u8>, place: &Place) {
    for offset in [place.header, place.body, place.end] {
        out.extend(offset.to_le_bytes());
    }
    out.extend(place.lines.to_le_bytes());
    out.extend(place.parent.unwrap_or(NO_PARENT).to_le_bytes());
    out.extend([place.kind as u8, 0, 0, 0]);
}

/// Length plus one, then the octets; zero for none.
fn string(out: &mut Vec<u8>, text: Option<&str>) {
    let length = text.map_or(0, |text| u32::try_from(text.len() + 1).unwrap_or(u32::MAX));
    out.extend(length.to_le_bytes());
    out.extend_from_slice(text.unwrap_or_default().as_bytes());
}

/// Texts that [`Derived::strings`] wrote.
pub(crate) struct Strings<'x> {
    pub(crate) rest: &'x [u8],
}

impl<'x> Strings<'x> {
    fn next(&mut self) -> Result<Option<String>, DecodeError> {
        Ok(self.next_str()?.map(str::to_owned))
    }
    pub(crate) fn next_str(&mut self) -> Result<Option<&'x str>, DecodeError> {
        let (length, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        let Some(length) = u32::from_le_bytes(*length).checked_sub(1) else { return Ok(None) };
        let (text, rest) = self.rest.split_at_checked(length as usize).ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        std::str::from_utf8(text).map(Some).map_err(|_| DecodeError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, derive};

    /// What the first version wrote: without the last two sections.
    fn first_version(derived: &Derived) -> Vec<u8> {
        let new = derived.encode();
        let late = derived.lineage.as_octets().len() + derived.preview.len();
        let mut old = new[..LENGTHS + 4 * OLDEST_SECTIONS].to_vec();
        old.extend_from_slice(&new[HEADER_BYTES..new.len() - late]);
        old[4] = OLDEST;
        let checksum = checksum(&old);
        old[CHECKSUM].copy_from_slice(&checksum);
        old
    }

    #[test]
    fn a_record_of_the_first_version_reads() {
        let letter = b"Message-ID: <1@x.test>\r\nSubject: x\r\n\r\nHej!\r\n";
        let derived = derive(letter, &Limits::default());
        let record = derived.encode();
        let view = DerivedView::open(&record).unwrap();
        assert_eq!((view.preview(), view.lineage().map(<[u8]>::len)), (Some("Hej!"), Some(8)));
        let record = first_version(&derived);
        let view = DerivedView::open(&record).unwrap();
        assert_eq!((view.lineage(), view.preview()), (None, None));
        assert_eq!((view.envelope(), view.text()), (&derived.envelope[..], derived.text.as_bytes()));
        let read = Derived::decode(&record).unwrap();
        let plain = Derived { lineage: Lineage::default(), preview: String::new(), ..derived };
        assert_eq!(read, plain);
    }
}

//! Derived data, read where they lie: FETCH looks things up here and copies nothing.

use std::ops::Range;

use crate::body_structure;
use crate::date::Sent;
use crate::record::{
    CHECKSUM, DecodeError, EXTENSION_BYTES, HAS_DATE, LENGTHS, MAGIC, NO_PARENT, OLDEST, OLDEST_SECTIONS,
    PARSED, PART_BYTES, SECTIONS, STRINGS_OF_PART, Section, Strings, TEXT_COMPLETE, TEXT_CURRENT, VERSION,
    checksum,
};
use crate::section::{Places, SectionPath, part_at, section};
use crate::split::{PartKind, Place};

/// Derived data read where they lie: nothing is copied, and only what is asked for is looked at.
#[derive(Clone, Copy, Debug)]
pub struct DerivedView<'x> {
    record: &'x [u8],
    /// Where each section begins; the last one ends with the record.
    starts: [usize; SECTIONS + 1],
}

impl<'x> DerivedView<'x> {
    /// Checks version, checksum, lengths and the table of parts.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn open(record: &'x [u8]) -> Result<Self, DecodeError> {
        if record.len() < 8 || record[..4] != MAGIC {
            return Err(DecodeError::Malformed);
        }
        let sections = match record[4] {
            VERSION => SECTIONS,
            OLDEST => OLDEST_SECTIONS,
            other => return Err(DecodeError::Version(other)),
        };
        let header = LENGTHS + 4 * sections;
        if record.len() < header {
            return Err(DecodeError::Malformed);
        }
        if checksum(record) != record[CHECKSUM] {
            return Err(DecodeError::Checksum);
        }
        let mut view = Self { record, starts: [header; SECTIONS + 1] };
        for section in 0..SECTIONS {
            let length = if section < sections { view.u32_at(LENGTHS + 4 * section) as usize } else { 0 };
            let bytes = [PART_BYTES, EXTENSION_BYTES]
                .get(section)
                .map_or(length, |each| length.saturating_mul(*each));
            view.starts[section + 1] = view.starts[section].saturating_add(bytes);
        }
        let sound = view.starts[SECTIONS] == record.len() && view.count() > 0;
        if sound && (0..view.count()).all(|part| view.is_sound(part)) {
            Ok(view)
        } else {
            Err(DecodeError::Malformed)
        }
    }

    fn is_sound(&self, part: usize) -> bool {
        let Place { header, body, end, parent, .. } = self.place(part);
        let parent = parent.map_or(part == 0, |parent| (parent as usize) < part);
        parent && header <= body && body <= end && end <= self.size()
    }

    fn u32_at(&self, at: usize) -> u32 {
        let octets = self.record[at..].first_chunk().expect("every caller stays inside the checked lengths");
        u32::from_le_bytes(*octets)
    }
    fn u64_at(&self, at: usize) -> u64 {
        u64::from(self.u32_at(at)) | u64::from(self.u32_at(at + 4)) << 32
    }
    pub(crate) fn text_of(&self, section: Section) -> &'x [u8] {
        &self.record[self.starts[section as usize]..self.starts[section as usize + 1]]
    }
    pub(crate) fn extensions(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        let start = self.starts[Section::Extensions as usize];
        let count = (self.starts[Section::Envelope as usize] - start) / EXTENSION_BYTES;
        (0..count)
            .map(move |cut| start + cut * EXTENSION_BYTES)
            .map(|at| self.u32_at(at)..self.u32_at(at + 4))
    }

    /// Octets of the letter.
    pub fn size(&self) -> u64 {
        self.u64_at(12)
    }
    /// See [`Derived::sent`](crate::Derived::sent).
    pub fn sent(&self) -> Option<Sent> {
        let sent = Sent { unix_seconds: self.u64_at(20).cast_signed(), day: self.u32_at(28).cast_signed() };
        (self.record[5] & HAS_DATE != 0).then_some(sent)
    }
    /// How many parts there are, at least one.
    pub fn part_count(&self) -> usize {
        self.count()
    }
    /// Where a part lies; `part` is below [`DerivedView::part_count`].
    pub fn part_place(&self, part: usize) -> Place {
        self.place(part)
    }
    /// The Content-Transfer-Encoding of a part as written; empty if the record is damaged.
    pub fn part_encoding(&self, part: usize) -> &'x str {
        // The second text of each part.
        let mut strings = Strings { rest: self.text_of(Section::Strings) };
        let before = (0..part * STRINGS_OF_PART + 1).try_for_each(|_| strings.next_str().map(drop));
        before.and_then(|()| strings.next_str()).ok().flatten().unwrap_or_default()
    }
    /// The value of ENVELOPE, ready to send.
    pub fn envelope(&self) -> &'x [u8] {
        self.text_of(Section::Envelope)
    }
    /// The value of BODYSTRUCTURE, ready to send.
    pub fn body_structure(&self) -> &'x [u8] {
        self.text_of(Section::BodyStructure)
    }
    /// The value of BODY, ready to send.
    pub fn body(&self) -> Vec<u8> {
        body_structure::plain(self.body_structure(), self.extensions())
    }
    /// Message-ID with its angle brackets, UTF-8; empty if there is none.
    pub fn message_id(&self) -> &'x [u8] {
        self.text_of(Section::MessageId)
    }
    /// See [`Derived::lineage`](crate::Derived::lineage); `None` in a record of the first version, which had none.
    pub fn lineage(&self) -> Option<&'x [u8]> {
        (self.record[4] != OLDEST).then(|| self.text_of(Section::Lineage))
    }
    /// See [`Derived::preview`](crate::Derived::preview); `None` in a record of the first version.
    pub fn preview(&self) -> Option<&'x str> {
        let text = (self.record[4] != OLDEST).then(|| self.text_of(Section::Preview))?;
        std::str::from_utf8(text).ok()
    }
    /// See [`Derived::headers`](crate::Derived::headers); UTF-8.
    pub fn headers(&self) -> &'x [u8] {
        self.text_of(Section::Headers)
    }
    /// See [`Derived::text`](crate::Derived::text); UTF-8.
    pub fn text(&self) -> &'x [u8] {
        self.text_of(Section::Text)
    }
    /// See [`Derived::text_complete`](crate::Derived::text_complete); false as well for texts of an earlier program.
    pub fn text_complete(&self) -> bool {
        self.text_current() && self.record[5] & TEXT_COMPLETE != 0
    }
    /// Are the texts as this program makes them? Those of an earlier one may lack what a search has to find.
    pub fn text_current(&self) -> bool {
        self.record[5] & TEXT_CURRENT != 0
    }
    /// See [`Derived::parsed`](crate::Derived::parsed).
    pub fn parsed(&self) -> bool {
        self.record[5] & PARSED != 0
    }
    /// Octets of a section; none if the letter has no such section.
    pub fn section(&self, path: &SectionPath) -> Option<Range<u64>> {
        section(self, path)
    }
    /// The part with these numbers.
    pub fn part_at(&self, numbers: &[u32]) -> Option<usize> {
        part_at(self, numbers)
    }
}

impl Places for DerivedView<'_> {
    fn size(&self) -> u64 {
        self.u64_at(12)
    }
    fn count(&self) -> usize {
        (self.starts[Section::Extensions as usize] - self.starts[Section::Parts as usize]) / PART_BYTES
    }
    fn place(&self, part: usize) -> Place {
        let at = self.starts[Section::Parts as usize] + part * PART_BYTES;
        let parent = self.u32_at(at + 28);
        Place {
            header: self.u64_at(at),
            body: self.u64_at(at + 8),
            end: self.u64_at(at + 16),
            lines: self.u32_at(at + 24),
            kind: match self.record[at + 32] {
                1 => PartKind::Multipart,
                2 => PartKind::Message,
                _ => PartKind::Leaf,
            },
            parent: (parent != NO_PARENT).then_some(parent),
        }
    }
}

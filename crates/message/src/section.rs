//! Sections of a letter, by number and name: where they lie.
//!
//! RFC 3501 §6.4.5 (section-spec). HEADER.FIELDS is cut out of the header afterwards, by [`crate::header_fields`].

use std::ops::Range;

use crate::derived::Derived;
use crate::split::{PartKind, Place};

/// Which piece of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SectionKind {
    /// `BODY[]`, `BODY[1.2]`: everything of the letter, the body of a part.
    Content,
    /// `BODY[HEADER]`, `BODY[1.HEADER]`: the header of the letter or of an enclosed one.
    Header,
    /// `BODY[TEXT]`, `BODY[1.TEXT]`: the body of the letter or of an enclosed one.
    Text,
    /// `BODY[1.MIME]`: the header of a part.
    Mime,
}

/// A section: the numbers of the way to a part, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionPath {
    /// From 1; empty for the letter itself.
    pub parts: Vec<u32>,
    /// Which piece.
    pub kind: SectionKind,
}

impl SectionPath {
    /// A piece of the letter itself.
    pub const fn of_letter(kind: SectionKind) -> Self {
        Self { parts: Vec::new(), kind }
    }
}

/// A table of parts to look up sections in.
pub(crate) trait Places {
    fn size(&self) -> u64;
    fn count(&self) -> usize;
    fn place(&self, part: usize) -> Place;
}

impl Places for Derived {
    fn size(&self) -> u64 {
        self.size
    }
    fn count(&self) -> usize {
        self.parts.len()
    }
    fn place(&self, part: usize) -> Place {
        self.parts[part].place
    }
}

impl Derived {
    /// Octets of a section; none if the letter has no such section.
    pub fn section(&self, path: &SectionPath) -> Option<Range<u64>> {
        section(self, path)
    }
    /// The part with these numbers.
    pub fn part_at(&self, numbers: &[u32]) -> Option<usize> {
        part_at(self, numbers)
    }
}

pub(crate) fn section(places: &impl Places, path: &SectionPath) -> Option<Range<u64>> {
    if path.parts.is_empty() {
        let root = places.place(0);
        return match path.kind {
            SectionKind::Content => Some(0..places.size()),
            SectionKind::Header => Some(root.header..root.body),
            SectionKind::Text => Some(root.body..root.end),
            SectionKind::Mime => None,
        };
    }
    let part = part_at(places, &path.parts)?;
    let place = places.place(part);
    match path.kind {
        SectionKind::Content => Some(place.body..place.end),
        SectionKind::Mime => Some(place.header..place.body),
        SectionKind::Header | SectionKind::Text => {
            let inner = places.place(enclosed(places, part)?);
            Some(if path.kind == SectionKind::Header {
                inner.header..inner.body
            } else {
                inner.body..inner.end
            })
        }
    }
}

/// Walks the numbers. Part 1 of a letter that is no multipart is its body (RFC 3501 §6.4.5).
pub(crate) fn part_at(places: &impl Places, numbers: &[u32]) -> Option<usize> {
    let (first, rest) = numbers.split_first()?;
    let mut at = in_letter(places, 0, *first)?;
    for number in rest {
        at = match places.place(at).kind {
            PartKind::Multipart => child(places, at, *number)?,
            PartKind::Message => in_letter(places, enclosed(places, at)?, *number)?,
            PartKind::Leaf => return None,
        };
    }
    Some(at)
}

fn in_letter(places: &impl Places, root: usize, number: u32) -> Option<usize> {
    if places.place(root).kind == PartKind::Multipart {
        return child(places, root, number);
    }
    (number == 1).then_some(root)
}

fn child(places: &impl Places, parent: usize, number: u32) -> Option<usize> {
    let number = usize::try_from(number).ok()?.checked_sub(1)?;
    let of_parent = |part: &usize| places.place(*part).parent.is_some_and(|known| known as usize == parent);
    (parent + 1..places.count()).filter(of_parent).nth(number)
}

/// The letter in a message/rfc822 part: the part behind it.
fn enclosed(places: &impl Places, part: usize) -> Option<usize> {
    (places.place(part).kind == PartKind::Message && part + 1 < places.count()).then_some(part + 1)
}

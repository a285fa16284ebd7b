//! FETCH: which parts of which messages.
//!
//! RFC 3501 §6.4.5. BINARY (RFC 3516), MODSEQ and CHANGEDSINCE (RFC 7162), PREVIEW (RFC 8970): not yet.

use std::fmt;
use std::num::NonZeroU32;

use model::ModSeq;

use super::error::Reason;
use super::request::{MessageSet, Numbering};
use crate::cursor::Cursor;
use crate::encode;

/// FETCH. UID FETCH has [`FetchItem::Uid`] first, asked or not (RFC 3501 §6.4.8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Which messages.
    pub messages: MessageSet,
    /// What, macros spelt out, in the order asked.
    pub items: Vec<FetchItem>,
    /// Only what has changed after this (RFC 7162 §3.1.4).
    pub changed_since: Option<ModSeq>,
    /// And what went since (RFC 7162 §3.2.6); never without `changed_since`.
    pub vanished: bool,
    /// Only some of them, by their place in the set (RFC 9394 §3.3).
    pub partial: Option<PartialRange>,
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

/// One thing to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchItem {
    /// `ENVELOPE`
    Envelope,
    /// `FLAGS`
    Flags,
    /// `INTERNALDATE`
    InternalDate,
    /// `RFC822`: the message, and sets \Seen.
    Rfc822,
    /// `RFC822.HEADER`: does not set \Seen.
    Rfc822Header,
    /// `RFC822.TEXT`: sets \Seen.
    Rfc822Text,
    /// `RFC822.SIZE`
    Rfc822Size,
    /// `BODY`: the structure without extension data.
    Body,
    /// `BODYSTRUCTURE`
    BodyStructure,
    /// `UID`
    Uid,
    /// `MODSEQ` (RFC 7162)
    ModSeq,
    /// `EMAILID` (RFC 8474)
    EmailId,
    /// `THREADID` (RFC 8474)
    ThreadId,
    /// `SAVEDATE` (RFC 8514)
    SaveDate,
    /// `PREVIEW` (RFC 8970)
    Preview {
        /// Only if it costs nothing.
        lazy: bool,
    },
    /// `BINARY[…]<…>` and `BINARY.PEEK[…]<…>` (RFC 3516): a part, decoded.
    Binary {
        /// Which part; the whole message without numbers.
        part: Vec<NonZeroU32>,
        /// Which octets of it.
        partial: Option<Partial>,
        /// Do not set \Seen.
        peek: bool,
    },
    /// `BINARY.SIZE[…]`: octets of a part, decoded.
    BinarySize {
        /// Which part.
        part: Vec<NonZeroU32>,
    },
    /// `BODY[…]<…>` and `BODY.PEEK[…]<…>`
    BodySection {
        /// Which section.
        section: Section,
        /// Which octets of it.
        partial: Option<Partial>,
        /// Do not set \Seen.
        peek: bool,
    },
}

impl FetchItem {
    /// Does it set \Seen?
    pub fn sets_seen(&self) -> bool {
        matches!(
            self,
            Self::Rfc822
                | Self::Rfc822Text
                | Self::BodySection { peek: false, .. }
                | Self::Binary { peek: false, .. }
        )
    }
}

/// Part of a message: `1.2.HEADER.FIELDS (To)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Part numbers; none for the message itself.
    pub part: Vec<NonZeroU32>,
    /// What of the part; all of its content if absent.
    pub text: Option<SectionText>,
}

/// What of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectionText {
    /// `HEADER`
    Header,
    /// `HEADER.FIELDS (…)`, `HEADER.FIELDS.NOT (…)`
    HeaderFields {
        /// All but these.
        not: bool,
        /// As the client wrote them.
        names: Vec<String>,
    },
    /// `TEXT`
    Text,
    /// `MIME`; only below a part number.
    Mime,
}

/// `<start.length>`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The first octet, from zero; also what the answer repeats.
    pub start: u32,
    /// At most so many.
    pub length: NonZeroU32,
}

/// As between the brackets.
impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for number in &self.part {
            write!(f, "{dot}{number}")?;
            dot = ".";
        }
        let Some(text) = &self.text else { return Ok(()) };
        f.write_str(dot)?;
        let (not, names) = match text {
            SectionText::Header => return f.write_str("HEADER"),
            SectionText::Text => return f.write_str("TEXT"),
            SectionText::Mime => return f.write_str("MIME"),
            SectionText::HeaderFields { not, names } => (if *not { ".NOT" } else { "" }, names),
        };
        write!(f, "HEADER.FIELDS{not} (")?;
        for (place, name) in names.iter().enumerate() {
            let mut word = Vec::new();
            encode::astring(name.as_bytes(), &mut word);
            write!(f, "{}{}", if place > 0 { " " } else { "" }, String::from_utf8_lossy(&word))?;
        }
        f.write_str(")")
    }
}

pub(super) fn fetch(messages: MessageSet, cursor: &mut Cursor<'_>) -> Result<Fetch, Reason> {
    let mut items = Vec::new();
    if messages.numbering == Numbering::Uid {
        items.push(FetchItem::Uid);
    }
    let mut one = |cursor: &mut Cursor<'_>| item(cursor, &mut items);
    if cursor.peek() == Some(b'(') {
        cursor.list("fetch items", one)?;
    } else {
        one(cursor)?;
    }
    Ok(Fetch { messages, items, changed_since: None, vanished: false, partial: None })
}

/// Adds one item, or those of a macro; what is there already is not told twice.
fn item(cursor: &mut Cursor<'_>, items: &mut Vec<FetchItem>) -> Result<(), Reason> {
    use FetchItem as I;
    let at = cursor.place();
    let name = cursor.keyword("a fetch item")?;
    let found = match name.as_str() {
        "ALL" => vec![I::Flags, I::InternalDate, I::Rfc822Size, I::Envelope],
        "FAST" => vec![I::Flags, I::InternalDate, I::Rfc822Size],
        "FULL" => vec![I::Flags, I::InternalDate, I::Rfc822Size, I::Envelope, I::Body],
        "ENVELOPE" => vec![I::Envelope],
        "FLAGS" => vec![I::Flags],
        "INTERNALDATE" => vec![I::InternalDate],
        "RFC822" => vec![I::Rfc822],
        "RFC822.HEADER" => vec![I::Rfc822Header],
        "RFC822.TEXT" => vec![I::Rfc822Text],
        "RFC822.SIZE" => vec![I::Rfc822Size],
        "BODYSTRUCTURE" => vec![I::BodyStructure],
        "UID" => vec![I::Uid],
        "BODY" | "BODY.PEEK" if cursor.eat(b'[') => vec![body_section(cursor, name == "BODY.PEEK")?],
        "BODY" => vec![I::Body],
        _ => return Err(Reason::expected("a fetch item that we know", at)),
    };
    for item in found {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    Ok(())
}

fn body_section(cursor: &mut Cursor<'_>, peek: bool) -> Result<FetchItem, Reason> {
    let section = section(cursor)?;
    cursor.expect(b']', "]")?;
    let mut partial = None;
    if cursor.eat(b'<') {
        let at = cursor.place();
        let start =
            u32::try_from(cursor.number("an offset")?).map_err(|_| Reason::expected("an offset", at))?;
        cursor.expect(b'.', "a dot and a length")?;
        let length = cursor.nz_number("a length")?;
        cursor.expect(b'>', ">")?;
        partial = Some(Partial { start, length });
    }
    Ok(FetchItem::BodySection { section, partial, peek })
}

fn section(cursor: &mut Cursor<'_>) -> Result<Section, Reason> {
    let mut part = Vec::new();
    while cursor.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        cursor.room(part.len(), "levels of a section")?;
        part.push(cursor.nz_number("a part number")?);
        if !cursor.eat(b'.') {
            return Ok(Section { part, text: None });
        }
    }
    if part.is_empty() && cursor.peek() == Some(b']') {
        return Ok(Section::default());
    }
    let at = cursor.place();
    let name = cursor.keyword("a section")?;
    let text = match name.as_str() {
        "HEADER" => SectionText::Header,
        "TEXT" => SectionText::Text,
        "MIME" if !part.is_empty() => SectionText::Mime,
        "HEADER.FIELDS" => header_fields(cursor, false)?,
        "HEADER.FIELDS.NOT" => header_fields(cursor, true)?,
        _ => return Err(Reason::expected("a section", at)),
    };
    Ok(Section { part, text: Some(text) })
}

fn header_fields(cursor: &mut Cursor<'_>, not: bool) -> Result<SectionText, Reason> {
    cursor.spaces();
    let names = cursor.list("( and header names", |cursor| {
        let at = cursor.place();
        let name = cursor.astring("a header name")?;
        // RFC 5322 §2.2: printable ASCII without the colon. It is repeated in our answer, so nothing else may pass.
        let sound = !name.is_empty() && name.iter().all(|octet| octet.is_ascii_graphic() && *octet != b':');
        if sound { Ok(Cursor::text(&name)) } else { Err(Reason::expected("a header name", at)) }
    })?;
    Ok(SectionText::HeaderFields { not, names })
}

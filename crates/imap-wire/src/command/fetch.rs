//! FETCH: which parts of which messages.
//!
//! RFC 3501 §6.4.5; RFC 7162 §3.1.4, §3.2.6 (MODSEQ, CHANGEDSINCE, VANISHED); RFC 9394 §3.3 (PARTIAL); RFC 8474 §5 (EMAILID,
//! THREADID); RFC 8514 §4.1 (SAVEDATE); RFC 8970 §3 (PREVIEW); RFC 3516 §4.2 (BINARY).

use std::fmt;
use std::num::NonZeroU32;

use model::ModSeq;

use super::error::Reason;
use super::partial::{Partial, PartialRange, octets, places};
use super::request::{MessageSet, Numbering};
use crate::cursor::Cursor;
use crate::encode;

/// FETCH. UID FETCH has [`FetchItem::Uid`] first, asked or not (RFC 3501 §6.4.8); with `changed_since` comes
/// [`FetchItem::ModSeq`] (RFC 7162 §3.1.4.1).
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
    let mut fetch = Fetch { messages, items, changed_since: None, vanished: false, partial: None };
    if cursor.more() {
        modifiers(cursor, &mut fetch)?;
    }
    Ok(fetch)
}

/// Items in parentheses.
pub(super) fn item_list(cursor: &mut Cursor<'_>) -> Result<Vec<FetchItem>, Reason> {
    let mut items = Vec::new();
    cursor.list("( and fetch items", |cursor| item(cursor, &mut items))?;
    Ok(items)
}

fn modifiers(cursor: &mut Cursor<'_>, fetch: &mut Fetch) -> Result<(), Reason> {
    let at = cursor.place();
    cursor.list("the end of the command", |cursor| modifier(cursor, fetch))?;
    // RFC 7162 §3.2.6: only UID FETCH, and never without CHANGEDSINCE.
    if fetch.vanished && (fetch.changed_since.is_none() || fetch.messages.numbering != Numbering::Uid) {
        return Err(Reason::expected("UID FETCH and CHANGEDSINCE with VANISHED", at));
    }
    if fetch.changed_since.is_some() && !fetch.items.contains(&FetchItem::ModSeq) {
        fetch.items.push(FetchItem::ModSeq);
    }
    Ok(())
}

fn modifier(cursor: &mut Cursor<'_>, fetch: &mut Fetch) -> Result<(), Reason> {
    let at = cursor.place();
    match cursor.keyword("a fetch modifier")?.as_str() {
        "CHANGEDSINCE" => {
            cursor.space()?;
            fetch.changed_since = Some(cursor.mod_seq()?);
        }
        "VANISHED" => fetch.vanished = true,
        "PARTIAL" => {
            cursor.space()?;
            fetch.partial = Some(places(cursor)?);
        }
        _ => return Err(Reason::expected("a fetch modifier that we know", at)),
    }
    Ok(())
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
        "MODSEQ" => vec![I::ModSeq],
        "EMAILID" => vec![I::EmailId],
        "THREADID" => vec![I::ThreadId],
        "SAVEDATE" => vec![I::SaveDate],
        // Modifiers of the whole FETCH may follow in parentheses too, so these are taken only whole.
        "PREVIEW" => vec![I::Preview { lazy: cursor.eat_word(" (LAZY)") }],
        "BINARY" | "BINARY.PEEK" if cursor.eat(b'[') => vec![binary(cursor, name == "BINARY.PEEK")?],
        "BINARY.SIZE" if cursor.eat(b'[') => vec![I::BinarySize { part: part(cursor)? }],
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
    Ok(FetchItem::BodySection { section, partial: octets(cursor)?, peek })
}

fn binary(cursor: &mut Cursor<'_>, peek: bool) -> Result<FetchItem, Reason> {
    Ok(FetchItem::Binary { part: part(cursor)?, partial: octets(cursor)?, peek })
}

/// Numbers and the bracket behind them; none for the whole message.
fn part(cursor: &mut Cursor<'_>) -> Result<Vec<NonZeroU32>, Reason> {
    let mut part = Vec::new();
    if cursor.eat(b']') {
        return Ok(part);
    }
    loop {
        cursor.room(part.len(), "levels of a section")?;
        part.push(cursor.nz_number("a part number")?);
        if !cursor.eat(b'.') {
            cursor.expect(b']', "]")?;
            return Ok(part);
        }
    }
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

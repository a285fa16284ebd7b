//! Everything that is computed of a letter once, when it arrives, so that nothing has to be read again.
//!
//! No parser decides whether a letter is delivered: whatever goes wrong, the letter is one text part.

use std::borrow::Cow;
use std::ops::Range;
use std::panic::catch_unwind;

use crate::body_structure::{self, Structure};
use crate::date::{self, Sent};
use crate::decode;
use crate::envelope;
use crate::header::{field, fields, header_end};
use crate::limits::Limits;
use crate::lineage::Lineage;
use crate::parameters::Parameters;
use crate::preview::preview;
use crate::search_text::{self, Bounded};
use crate::split::{PartKind, Place, RawPart, split};

/// One part of a letter. The exact texts of its header are in [`Derived::body_structure`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it lies.
    pub place: Place,
    /// `text/plain`, in lower case.
    pub media_type: String,
    /// `charset` as written; none if absent.
    pub charset: Option<String>,
    /// Content-Transfer-Encoding as written; `7BIT` if absent.
    pub encoding: String,
    /// `attachment`, `inline` …, in lower case; none if absent.
    pub disposition: Option<String>,
    /// The name of the file, decoded, as the sender wrote it: never a path to be trusted.
    pub file_name: Option<String>,
}

/// What is kept beside a letter. It can always be computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Octets of the letter.
    pub size: u64,
    /// Parts, each before the parts in it; the first is the letter itself.
    pub parts: Vec<Part>,
    /// The value of ENVELOPE, ready to send.
    pub envelope: Vec<u8>,
    /// The value of BODYSTRUCTURE, ready to send.
    pub body_structure: Vec<u8>,
    /// Where in it the extension data stand, which BODY leaves out.
    pub extensions: Vec<Range<u32>>,
    /// Message-ID with its angle brackets, if it has one.
    pub message_id: Option<String>,
    /// Date, if it can be read.
    pub sent: Option<Sent>,
    /// Its own Message-ID and those that it refers to.
    pub lineage: Lineage,
    /// What a list of messages shows of it (RFC 8970).
    pub preview: String,
    /// `name: value` of the letter's own header, decoded and [folded](crate::fold), one field a line.
    pub headers: String,
    /// Text to search, [folded](crate::fold).
    pub text: String,
    /// False if `headers` or `text` was cut at its limit: a search that finds nothing must read the letter.
    pub text_complete: bool,
    /// False if the letter could not be taken apart and stands here as one text part.
    pub parsed: bool,
}

impl Derived {
    /// The value of BODY, ready to send: BODYSTRUCTURE without extension data.
    pub fn body(&self) -> Vec<u8> {
        body_structure::plain(&self.body_structure, self.extensions.iter().cloned())
    }
}

/// Takes a letter apart. Never fails and never panics.
pub fn derive(bytes: &[u8], limits: &Limits) -> Derived {
    catch_unwind(|| parse(bytes, limits)).unwrap_or_else(|_| one_text_part(bytes))
}

fn parse(bytes: &[u8], limits: &Limits) -> Derived {
    let parts = split(bytes, limits);
    let fields: Vec<_> =
        parts.iter().map(|part| PartFields::in_header(part.read, limits.parameters_max)).collect();
    let lines: Vec<_> = parts.iter().map(|part| lines(bytes, part)).collect();
    let mut addresses_left = limits.addresses_max;
    let mut envelope = Vec::new();
    let header = parts.first().map_or(&[][..], |root| root.read);
    envelope::write(&mut envelope, header, &mut addresses_left);
    let Structure { extended, extensions } =
        body_structure::write(&parts, &fields, &lines, &mut addresses_left);
    let mut headers = Bounded::new(limits.search_bytes_max);
    search_text::header_lines(header, &mut headers);
    let mut text = Bounded::new(limits.search_bytes_max);
    for (part, fields) in parts.iter().zip(&fields) {
        search_text::part(bytes, part, fields, part.parent.is_none(), &mut text);
    }
    Derived {
        size: bytes.len() as u64,
        envelope,
        body_structure: extended,
        extensions,
        message_id: message_id(header),
        sent: date::sent(header),
        lineage: Lineage::in_header(header),
        preview: preview(bytes, &parts, &fields),
        headers: headers.text,
        text: text.text,
        text_complete: headers.complete && text.complete,
        parsed: true,
        parts: parts
            .iter()
            .zip(&fields)
            .zip(lines)
            .map(|((part, fields), lines)| fields.part(part, lines))
            .collect(),
    }
}

/// Line breaks, counted where BODYSTRUCTURE shows them.
fn lines(bytes: &[u8], part: &RawPart<'_>) -> u32 {
    if part.kind != PartKind::Message && !part.content_type.is_text() {
        return 0;
    }
    let count = memchr::memchr_iter(b'\n', &bytes[part.body..part.end]).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The letter when nothing more can be said of it.
fn one_text_part(bytes: &[u8]) -> Derived {
    let body = catch_unwind(|| header_end(bytes)).unwrap_or(0);
    let lines = bytes[body..].iter().filter(|octet| **octet == b'\n').count();
    let (size, lines) = (bytes.len() as u64, u32::try_from(lines).unwrap_or(u32::MAX));
    let start = "(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\"";
    let plain = format!("{start} {} {lines}", size - body as u64);
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let extension = " NIL NIL NIL NIL";
    Derived {
        size,
        parts: vec![Part {
            place: Place {
                header: 0,
                body: body as u64,
                end: size,
                lines,
                kind: PartKind::Leaf,
                parent: None,
            },
            media_type: "text/plain".to_owned(),
            charset: None,
            encoding: "7BIT".to_owned(),
            disposition: None,
            file_name: None,
        }],
        envelope: b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)".to_vec(),
        extensions: Vec::from([Range {
            start: place(plain.len()),
            end: place(plain.len() + extension.len()),
        }]),
        body_structure: format!("{plain}{extension})").into_bytes(),
        message_id: None,
        sent: None,
        lineage: Lineage::default(),
        preview: String::new(),
        headers: String::new(),
        text: String::new(),
        text_complete: false,
        parsed: false,
    }
}

/// The first `<…>` of Message-ID.
pub fn message_id(header: &[u8]) -> Option<String> {
    let value = field(header, "message-id")?.unfolded().into_owned();
    let start = memchr::memchr(b'<', &value)?;
    let end = start + memchr::memchr(b'>', &value[start..])?;
    Some(String::from_utf8_lossy(&value[start..=end]).into_owned())
}

/// The fields of a part's header that BODYSTRUCTURE shows, besides Content-Type.
#[derive(Default)]
pub(crate) struct PartFields<'x> {
    pub(crate) encoding: Cow<'x, [u8]>,
    pub(crate) id: Option<Cow<'x, [u8]>>,
    pub(crate) description: Option<Cow<'x, [u8]>>,
    pub(crate) md5: Option<Cow<'x, [u8]>>,
    pub(crate) disposition: Option<Parameters>,
    pub(crate) languages: Vec<Vec<u8>>,
    pub(crate) location: Option<Cow<'x, [u8]>>,
}

impl<'x> PartFields<'x> {
    fn in_header(header: &'x [u8], parameters_max: usize) -> Self {
        let mut found = Self::default();
        for field in fields(header) {
            if !field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-")) {
                continue;
            }
            match field.name[8..].to_ascii_lowercase().as_slice() {
                b"transfer-encoding" if found.encoding.is_empty() => {
                    found.encoding = Cow::Owned(Parameters::parse(field.value, 0).word);
                }
                b"id" => _ = found.id.get_or_insert_with(|| field.unfolded()),
                b"description" => _ = found.description.get_or_insert_with(|| field.unfolded()),
                b"md5" => _ = found.md5.get_or_insert_with(|| field.unfolded()),
                b"location" => _ = found.location.get_or_insert_with(|| field.unfolded()),
                b"disposition" if found.disposition.is_none() => {
                    found.disposition = Some(Parameters::parse(field.value, parameters_max));
                }
                b"language" if found.languages.is_empty() => found.languages = languages(field.value),
                _ => {}
            }
        }
        if found.encoding.is_empty() {
            found.encoding = Cow::Borrowed(b"7BIT");
        }
        found
    }

    /// The sender's name for the file, decoded: RFC 2231, or an encoded word where none should be.
    pub(crate) fn file_name(&self, content_type: &Parameters) -> Option<String> {
        let given = self.disposition.as_ref().and_then(|disposition| disposition.joined("filename"));
        let (charset, name) = given.or_else(|| content_type.joined("name"))?;
        let name =
            if charset.is_empty() { decode::header_text(&name) } else { decode::charset(&name, &charset) };
        Some(name.into_owned()).filter(|name| !name.is_empty())
    }

    fn part(&self, raw: &RawPart<'_>, lines: u32) -> Part {
        let lower = |text: &[u8]| String::from_utf8_lossy(text).to_ascii_lowercase();
        let plain = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
        let disposition = self.disposition.as_ref().map(|disposition| lower(&disposition.word));
        Part {
            place: Place {
                header: raw.header as u64,
                body: raw.body as u64,
                end: raw.end as u64,
                lines,
                kind: raw.kind,
                parent: raw.parent.and_then(|parent| u32::try_from(parent).ok()),
            },
            media_type: format!("{}/{}", lower(&raw.content_type.kind), lower(&raw.content_type.subtype)),
            charset: raw.content_type.parameters.get("charset").map(plain),
            encoding: plain(&self.encoding),
            disposition: disposition.filter(|word| !word.is_empty()),
            file_name: self.file_name(&raw.content_type.parameters),
        }
    }
}

/// Content-Language: tags between commas (RFC 3282 §2).
fn languages(value: &[u8]) -> Vec<Vec<u8>> {
    let tags = value.split(|octet| *octet == b',').map(|tag| Parameters::parse(tag, 0).word);
    tags.filter(|tag| !tag.is_empty()).take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::{SectionKind, SectionPath};
    use crate::view::DerivedView;

    #[test]
    fn a_letter_that_cannot_be_parsed_is_one_text_part() {
        let letter = b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n";
        let derived = one_text_part(letter);
        assert_eq!(Derived::decode(&derived.encode()), Ok(derived.clone()));
        let text = derived.section(&SectionPath { parts: vec![1], kind: SectionKind::Content });
        assert_eq!(text, Some(57..letter.len() as u64));
        assert_eq!(derived.body(), b"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7BIT\" 10 3)");
        assert_eq!(DerivedView::open(&derived.encode()).map(|view| view.part_encoding(0)), Ok("7BIT"));
        // The same as of a letter that says nothing of itself.
        let plain = derive(b"\r\n--b\r\n\r\nx\r\n", &Limits::default());
        assert_eq!(plain.body_structure, derived.body_structure);
        assert_eq!((plain.envelope, plain.extensions), (derived.envelope, derived.extensions));
    }

    #[test]
    fn the_first_id_in_angle_brackets_counts() {
        for (header, id) in [
            ("Message-ID: <a@b>\r\n", Some("<a@b>")),
            ("message-id:\r\n x <a@b> <c@d>\r\nMessage-ID: <e@f>\r\n", Some("<a@b>")),
            ("Message-ID: a@b\r\n", None),
            ("Message-ID: >a@b<\r\n", None),
            ("", None),
        ] {
            assert_eq!(message_id(header.as_bytes()).as_deref(), id, "{header}");
        }
    }
}

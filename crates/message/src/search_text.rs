//! The text that SEARCH looks in.
//!
//! RFC 3501 §6.4.4 (BODY, TEXT, HEADER, SUBJECT, FROM, …), RFC 2047 and charsets decoded, RFC 5051 (i;unicode-casemap). A
//! search is an exact substring search of [`fold`]ed words in folded text. The text of a letter is, in the order of its
//! parts: the decoded header of every part and enclosed letter, the file name of every part and then, if it is text, its
//! decoded content (HTML as its reader sees it), each ended by a line break. White space and line breaks of plain text
//! stay as they are.

use std::borrow::Cow;
use std::iter::once;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::decode;
use crate::derived::PartFields;
use crate::header::fields;
use crate::html;
use crate::split::{PartKind, RawPart};

/// The values of one field in [`Derived::headers`](crate::Derived::headers), for SEARCH HEADER, FROM, SUBJECT and their
/// kin. The field is there, though perhaps empty, if there is any value.
pub fn header_values<'x>(headers: &'x [u8], name: &str) -> impl Iterator<Item = &'x [u8]> {
    let name = name.to_ascii_lowercase();
    headers.split(|octet| *octet == b'\n').filter_map(move |line| {
        let value = line.strip_prefix(name.as_bytes())?.strip_prefix(b":")?;
        Some(value.strip_prefix(b" ").unwrap_or(value))
    })
}

/// The form in which texts and words are compared: letters without case and width, ligatures and the like taken apart
/// (RFC 5051 §2), a no-break space as a space, soft hyphens left out. Unlike there an accent stays with its letter (NFC), so
/// that `a` is not found in `å`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.bytes().position(|octet| !octet.is_ascii()) {
        out += &rest[..place];
        let c = rest[place..].chars().next().expect("an octet that is not ASCII begins a character");
        if !fold_char(c, &mut out) {
            return fold_composing(text);
        }
        rest = &rest[place + c.len_utf8()..];
    }
    out += rest;
    out.make_ascii_lowercase();
    out
}

/// Adds one character that stands for itself; false if it may belong to the one before it.
fn fold_char(c: char, out: &mut String) -> bool {
    match c {
        '\u{ad}' => {}
        '\u{a0}' => out.push(' '),
        '\u{c0}'..='\u{ff}' => out.push(caseless(c)),
        c => match is_nfkc_quick(once(c)) {
            IsNormalized::Yes if canonical_combining_class(c) == 0 => out.push(caseless(c)),
            // Compatibility forms: `ﬁ`, `…`, full width.
            IsNormalized::No if canonical_combining_class(c) == 0 => {
                out.extend(once(c).nfkc().map(caseless));
            }
            _ => return false,
        },
    }
    true
}

/// The same for text with accents that stand apart from their letters.
fn fold_composing(text: &str) -> String {
    let letters = text.nfkc().filter(|c| *c != '\u{ad}').map(caseless);
    letters.nfc().collect()
}

/// RFC 5051 maps to title case; this is the same the other way round, so that text looks as people write it.
fn caseless(c: char) -> char {
    let mut upper = c.to_uppercase();
    let up = if upper.len() == 1 { upper.next().unwrap_or(c) } else { c };
    let mut lower = up.to_lowercase();
    if lower.len() == 1 { lower.next().unwrap_or(up) } else { up }
}

/// Text up to a number of octets.
pub(crate) struct Bounded {
    pub(crate) text: String,
    bytes_max: usize,
    pub(crate) complete: bool,
}

impl Bounded {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), bytes_max, complete: true }
    }
    fn left(&self) -> usize {
        self.bytes_max.saturating_sub(self.text.len())
    }
    fn push_line(&mut self, line: &str) {
        let end = line.floor_char_boundary(self.left());
        self.text += &fold(&line[..end]);
        self.text.push('\n');
        self.complete &= end == line.len();
    }
}

/// `name: value` for every field, folded, one a line.
pub(crate) fn header_lines(header: &[u8], out: &mut Bounded) {
    for field in fields(header) {
        if out.left() == 0 {
            out.complete = false;
            return;
        }
        let (name, value) = (String::from_utf8_lossy(field.name), field.unfolded());
        out.push_line(&format!("{name}: {}", decode::header_text(&value)));
    }
}

/// Adds what one part has to be found by.
pub(crate) fn part(
    bytes: &[u8],
    part: &RawPart<'_>,
    fields: &PartFields<'_>,
    is_root: bool,
    out: &mut Bounded,
) {
    // The letter's own header is kept apart, for HEADER and its kin.
    if !is_root {
        header_lines(part.read, out);
    }
    if part.kind != PartKind::Leaf {
        return;
    }
    if let Some(name) = fields.file_name(&part.content_type.parameters) {
        out.push_line(&name);
    }
    if part.content_type.is_text() {
        let body = &bytes[part.body..part.end];
        // No encoding needs more than four octets for one of text that is kept; HTML may, and is then cut.
        let taken = &body[..body.len().min(out.left().saturating_mul(4))];
        out.push_line(&part_text(part, fields, taken));
        out.complete &= taken.len() == body.len();
    }
}

/// The text of one part, of which `body` may be the begin only.
pub(crate) fn part_text<'x>(part: &RawPart<'_>, fields: &PartFields<'_>, body: &'x [u8]) -> Cow<'x, str> {
    let charset = part.content_type.parameters.get("charset").unwrap_or_default();
    let text = match decode::transfer(body, &fields.encoding) {
        Cow::Borrowed(octets) => decode::charset(octets, charset),
        Cow::Owned(octets) => Cow::Owned(decode::charset(&octets, charset).into_owned()),
    };
    if part.content_type.is("text", "html") { Cow::Owned(html::text(&text)) } else { text }
}

#[cfg(test)]
mod tests {
    use super::{Bounded, fold, header_lines, header_values};

    #[test]
    fn values_of_a_field_are_found() {
        let mut out = Bounded::new(1000);
        header_lines(b"To: A\r\nX-To: B\r\nSubject:\r\nTO : =?utf-8?Q?=C3=85=0Asubject:?=\r\n\r\n", &mut out);
        let values =
            |name| header_values(out.text.as_bytes(), name).map(String::from_utf8_lossy).collect::<Vec<_>>();
        assert_eq!(values("To"), ["a", "å subject:"]);
        assert_eq!(values("subject"), [""]);
        assert!(values("cc").is_empty() && values("").is_empty() && out.complete);
    }

    proptest::proptest! {
        #[test]
        fn a_piece_folds_as_the_whole_does(left in "[a-zÅÄÖåäö … ﬁ\u{a0}\u{ad}]{0,8}", right in "[A-ZåäöÉ€ ]{0,8}") {
            proptest::prop_assert_eq!(fold(&format!("{left}{right}")), fold(&left) + &fold(&right));
        }
        #[test]
        fn folded_text_is_folded(text in ".{0,12}") {
            let folded = fold(&text);
            proptest::prop_assert_eq!(fold(&folded), folded);
        }
    }

    #[test]
    fn folding_makes_equal_what_looks_equal() {
        assert_eq!(fold("ÅSA\u{a0}Öqvist"), "åsa öqvist");
        assert_eq!(fold("A\u{30a}sa"), "åsa");
        assert_eq!(fold("sko\u{ad}la"), "skola");
        assert_eq!(fold("Read ME\r\n"), "read me\r\n");
        assert_eq!(fold("ÅÄÖ åäö É ÿŸ ĀŽ"), "åäö åäö é ÿÿ āž");
        assert_eq!(fold("ﬁlm Ｌäxa… №5 ΣΊΣΥΦΟΣ σίσυφος"), "film läxa... no5 σίσυφοσ σίσυφοσ");
        assert_eq!(fold("straße ı µ"), "straße i μ");
        assert_eq!(fold("Ａ\u{30a}SA e\u{301}É"), "åsa éé");
        assert!(!fold("å").contains('a'));
    }
}

//! From octets to text: transfer encodings, charsets, encoded words.
//!
//! RFC 2045 §6.7, §6.8 (quoted-printable, base64; what is broken is passed over), RFC 2047 (encoded words; a character
//! split over neighbouring words of one charset is joined), RFC 2231 §5 (language in an encoded word is dropped).
//! Text without a usable charset is UTF-8 if it can be, else Windows-1252, the Latin-1 that senders mean.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

use crate::transfer::Base64;

/// Decodes a body by its Content-Transfer-Encoding; unknown encodings leave it as it is.
pub(crate) fn transfer<'x>(body: &'x [u8], encoding: &[u8]) -> Cow<'x, [u8]> {
    if encoding.eq_ignore_ascii_case(b"base64") {
        Cow::Owned(base64(body))
    } else if encoding.eq_ignore_ascii_case(b"quoted-printable") {
        Cow::Owned(quoted_printable(body))
    } else {
        Cow::Borrowed(body)
    }
}

/// Octets in a charset as text. Never fails: what cannot be read is U+FFFD.
pub(crate) fn charset<'x>(octets: &'x [u8], name: &[u8]) -> Cow<'x, str> {
    let name = name.trim_ascii();
    if name.eq_ignore_ascii_case(b"utf-8") || name.eq_ignore_ascii_case(b"utf8") {
        return String::from_utf8_lossy(octets);
    }
    let plain = name.is_empty() || name.eq_ignore_ascii_case(b"us-ascii");
    match (!plain).then(|| charset_decoder(name)).flatten() {
        Some(decoder) => Cow::Owned(decoder(octets)),
        None => guess(octets),
    }
}

/// Text of which no charset is known.
pub(crate) fn guess(octets: &[u8]) -> Cow<'_, str> {
    match (std::str::from_utf8(octets), charset_decoder(b"windows-1252")) {
        (Ok(text), _) => Cow::Borrowed(text),
        (Err(_), Some(decoder)) => Cow::Owned(decoder(octets)),
        (Err(_), None) => String::from_utf8_lossy(octets),
    }
}

/// A header value for a reader: encoded words decoded wherever they stand.
pub(crate) fn header_text(value: &[u8]) -> Cow<'_, str> {
    if memchr::memmem::find(value, b"=?").is_none() {
        return guess(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut pending: Option<(&[u8], Vec<u8>)> = None;
    let mut at = 0;
    while at < value.len() {
        let start = memchr::memmem::find(&value[at..], b"=?").map_or(value.len(), |found| at + found);
        let Some(word) = EncodedWord::parse(&value[start..]) else {
            let end = (start + 2).min(value.len());
            flush(&mut out, &mut pending);
            out += &guess(&value[at..end]);
            at = end;
            continue;
        };
        // RFC 2047 §6.2: white space between neighbouring encoded words is not shown.
        let between = &value[at..start];
        if pending.is_none() || !between.trim_ascii().is_empty() {
            flush(&mut out, &mut pending);
            out += &guess(between);
        }
        match &mut pending {
            Some((charset, octets)) if charset.eq_ignore_ascii_case(word.charset) => {
                octets.extend(word.octets)
            }
            _ => {
                flush(&mut out, &mut pending);
                pending = Some((word.charset, word.octets));
            }
        }
        at = start + word.length;
    }
    flush(&mut out, &mut pending);
    Cow::Owned(out)
}

fn flush(out: &mut String, pending: &mut Option<(&[u8], Vec<u8>)>) {
    if let Some((name, octets)) = pending.take() {
        // Nothing in a header is a line break to a reader.
        out.extend(charset(&octets, name).chars().map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }));
    }
}

struct EncodedWord<'x> {
    charset: &'x [u8],
    octets: Vec<u8>,
    length: usize,
}

impl<'x> EncodedWord<'x> {
    /// `=?charset?Q?text?=` at the start. Blanks inside the text are taken, as senders write them.
    fn parse(text: &'x [u8]) -> Option<Self> {
        let rest = text.strip_prefix(b"=?")?;
        let charset_end = memchr::memchr(b'?', rest.get(..64.min(rest.len()))?)?;
        let (encoding, inner) =
            (rest.get(charset_end + 1)?, rest.get(charset_end + 2..)?.strip_prefix(b"?")?);
        let inner_end = memchr::memmem::find(inner.get(..1000.min(inner.len()))?, b"?=")?;
        let inner = &inner[..inner_end];
        let octets = match encoding {
            b'b' | b'B' => base64(inner),
            b'q' | b'Q' => word_quoted_printable(inner),
            _ => return None,
        };
        let charset = rest[..charset_end].split(|octet| *octet == b'*').next()?;
        (!charset.is_empty()).then_some(Self { charset, octets, length: charset_end + inner_end + 7 })
    }
}

/// RFC 2047 §4.2: `_` is a blank.
fn word_quoted_printable(text: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> = text.iter().map(|octet| if *octet == b'_' { b' ' } else { *octet }).collect();
    quoted_printable_with(&blanks, false)
}

/// Undoes quoted-printable.
pub(crate) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    quoted_printable_with(text, true)
}

fn quoted_printable_with(text: &[u8], lines: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(mark) = memchr::memchr(b'=', &text[at..]) {
        out.extend_from_slice(&text[at..at + mark]);
        at += mark + 1;
        let rest = &text[at..];
        let hex = |place: usize| rest.get(place).and_then(|octet| char::from(*octet).to_digit(16));
        if let (Some(high), Some(low)) = (hex(0), hex(1)) {
            out.push(u8::try_from(high * 16 + low).unwrap_or_default());
            at += 2;
        } else if let Some(skipped) = lines.then(|| soft_break(rest)).flatten() {
            at += skipped;
        } else {
            out.push(b'=');
        }
    }
    out.extend_from_slice(&text[at..]);
    out
}

/// Length of a soft line break behind its `=`; blanks may follow the `=` (RFC 2045 §6.7, rule 3).
fn soft_break(rest: &[u8]) -> Option<usize> {
    let blanks = rest.iter().take(1000).take_while(|octet| matches!(octet, b' ' | b'\t')).count();
    match &rest[blanks..] {
        [b'\r', b'\n', ..] => Some(blanks + 2),
        [b'\n', ..] => Some(blanks + 1),
        [] => Some(blanks),
        _ => None,
    }
}

fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    Base64::default().push(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_in_all_forms() {
        for (value, text) in [
            ("Läxa", "Läxa"),
            ("=?utf-8?Q?L=C3=A4xa_v=2E_37?= =?utf-8?B?IMOlw6TDtg==?= slut", "Läxa v. 37 åäö slut"),
            ("=?iso-8859-1*sv?q?=E5?=", "å"),
            ("=?utf-8?Q?=C3?=\t=?UTF-8?Q?=A5?=", "å"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("a=?utf-8?Q?b?=c", "abc"),
            ("=?utf-8?Q?a b?=", "a b"),
            ("=?utf-8?X?a?= =?", "=?utf-8?X?a?= =?"),
            ("=?utf-8?Q?open", "=?utf-8?Q?open"),
            ("=?nowhere?Q?=41=E5?=", "Aå"),
            ("=?utf-8?Q?a=0D=0Ab?=", "a  b"),
        ] {
            assert_eq!(header_text(value.as_bytes()), text, "{value}");
        }
        assert_eq!(header_text(b"L\xe4xa"), "Läxa");
    }

    #[test]
    fn transfer_encodings_take_what_is_broken() {
        assert_eq!(&*transfer(b"TMOkeGE=\r\nIQ==", b"Base64"), "Läxa!".as_bytes());
        assert_eq!(&*transfer(b"T M*Ok", b"base64"), "L\u{e4}".as_bytes());
        assert_eq!(&*transfer(b"a=C3=\r\n=A4b= \t\r\nc=\nd=x==", b"quoted-printable"), "aäbcd=x=".as_bytes());
        assert_eq!(&*transfer(b"a=41", b"8bit"), b"a=41");
    }

    #[test]
    fn charsets_of_school_mail() {
        assert_eq!(charset(b"\xe5\xe4\xf6", b"iso-8859-1"), "åäö");
        assert_eq!(charset(b"\x80", b"windows-1252"), "€");
        assert_eq!(charset(b"\xc3\xa5\xff", b"utf-8"), "å\u{fffd}");
        assert_eq!(charset("åäö".as_bytes(), b"us-ascii"), "åäö");
        assert_eq!(charset(b"\xe5", b""), "å");
    }
}

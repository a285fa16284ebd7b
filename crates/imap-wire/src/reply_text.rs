//! Sentences behind OK, NO, BAD and BYE.
//!
//! RFC 3501 §9: resp-text is TEXT-CHAR, ASCII without CR and LF. Swedish letters lose their rings and dots: a client that
//! expects ASCII would show noise. One that has enabled IMAP4rev2 (RFC 9051 §9) or UTF8=ACCEPT gets the sentence for people
//! as it is.

use model::{Language, Text};
use unicode_normalization::UnicodeNormalization;

use crate::limits::ReplyLanguage;

/// Longest sentence, in octets.
const OCTETS_MAX: usize = 400;

/// Appends the sentence for people, with all its letters if the client reads UTF-8.
pub(crate) fn write(text: &Text, language: ReplyLanguage, utf8: bool, out: &mut Vec<u8>) {
    let append = if utf8 { unicode } else { ascii };
    match language {
        ReplyLanguage::Both => append(&text.to_string(), out),
        ReplyLanguage::Sv => append(text.get(Language::Sv), out),
        ReplyLanguage::En => append(text.get(Language::En), out),
    }
}

/// Appends `text` on one line; never empty, never a `[` in front.
fn unicode(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    for c in text.chars() {
        if out.len() - start + c.len_utf8() > OCTETS_MAX {
            break;
        }
        let c = match c {
            '[' if out.len() == start => '(',
            '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        };
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    if out.len() == start {
        out.push(b'-');
    }
}

/// Appends `text` in printable ASCII: marks dropped, other characters as `?`. Never empty, never a `[` in front, which
/// would be read as a code.
pub(crate) fn ascii(text: &str, out: &mut Vec<u8>) {
    let start = out.len();
    for c in text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        let octet = match c {
            ' '..='~' => c as u8,
            '\u{2013}' | '\u{2014}' => b'-',
            '\u{2018}' | '\u{2019}' => b'\'',
            '\u{201c}' | '\u{201d}' => b'"',
            c if c.is_whitespace() || c.is_control() => b' ',
            _ => b'?',
        };
        if out.len() - start >= OCTETS_MAX {
            break;
        }
        let octet = if octet == b'[' && out.len() == start { b'(' } else { octet };
        out.push(octet);
    }
    if out.len() == start {
        out.push(b'-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut out = Vec::new();
        ascii(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(folded("Lösenordet är fel – försök igen"), "Losenordet ar fel - forsok igen");
        assert_eq!(folded("a\r\n* BYE"), "a  * BYE");
        assert_eq!(folded("[ALERT] x"), "(ALERT] x");
        assert_eq!(folded("日"), "?");
        assert_eq!(folded(""), "-");
        assert_eq!(folded(&"x".repeat(500)).len(), OCTETS_MAX);
        let mut out = Vec::new();
        write(&Text::new("Nej", "No"), ReplyLanguage::Both, false, &mut out);
        assert_eq!(out, b"Nej / No");
    }

    #[test]
    fn letters_stay_for_who_can_read_them() {
        let written = |text: &str| {
            let mut out = Vec::new();
            write(&Text::new(text, "No"), ReplyLanguage::Sv, true, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("Brevlådan är full – töm"), "Brevlådan är full – töm");
        assert_eq!(written("[ALERT]\r\n* BYE\0\u{85}"), "(ALERT]  * BYE  ");
        assert_eq!(written(""), "-");
        assert_eq!(written(&"å".repeat(500)).len(), OCTETS_MAX);
    }
}

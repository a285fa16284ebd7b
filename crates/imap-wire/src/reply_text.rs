//! Sentences behind OK, NO, BAD and BYE.
//!
//! RFC 3501 §9: resp-text is TEXT-CHAR, ASCII without CR and LF. Swedish letters lose their rings and dots: a client that
//! expects ASCII would show noise.

use model::{Language, Text};
use unicode_normalization::UnicodeNormalization;

use crate::limits::ReplyLanguage;

/// Longest sentence, in octets.
const OCTETS_MAX: usize = 400;

/// Appends the sentence for people.
pub(crate) fn write(text: &Text, language: ReplyLanguage, out: &mut Vec<u8>) {
    match language {
        ReplyLanguage::Both => ascii(&text.to_string(), out),
        ReplyLanguage::Sv => ascii(text.get(Language::Sv), out),
        ReplyLanguage::En => ascii(text.get(Language::En), out),
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
        write(&Text::new("Nej", "No"), ReplyLanguage::Both, &mut out);
        assert_eq!(out, b"Nej / No");
    }
}

//! Text for the wire: one line, and ASCII unless the client can read more.
//!
//! RFC 5321 §4.2 (reply text is ASCII), RFC 6531 §3.7.4.2 (UTF-8 once the client has said SMTPUTF8).

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Control characters become spaces, so that no text can end the line it stands in. Without `utf8` letters lose
/// their dots and rings (å is a, ö is o) and what has no likeness in ASCII becomes `?`.
pub(crate) fn printable(text: &str, utf8: bool) -> String {
    let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    if utf8 {
        return one_line.collect();
    }
    let mut ascii = String::with_capacity(text.len());
    for c in one_line.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            c if c.is_ascii() => ascii.push(c),
            'æ' => ascii.push_str("ae"),
            'Æ' => ascii.push_str("AE"),
            'ø' => ascii.push('o'),
            'Ø' => ascii.push('O'),
            'ß' => ascii.push_str("ss"),
            '–' | '—' | '‑' => ascii.push('-'),
            '’' | '‘' => ascii.push('\''),
            '”' | '“' | '«' | '»' => ascii.push('"'),
            '…' => ascii.push_str("..."),
            '\u{a0}' => ascii.push(' '),
            _ => ascii.push('?'),
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn letters_fold_and_lines_stay_one() {
        assert_eq!(printable("Åsa Öqvist är på é", false), "Asa Oqvist ar pa e");
        assert_eq!(printable("Åsa", true), "Åsa");
        assert_eq!(printable("a\r\n250 b\0", true), "a  250 b ");
        assert_eq!(printable("a\u{85}b ”c” – 学…", false), "a b \"c\" - ?...");
    }
}

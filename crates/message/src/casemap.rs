//! The order of texts for SORT: i;unicode-casemap.
//!
//! RFC 5051 §2: every character to its title case, then taken apart (compatibility forms too), then compared octet by
//! octet. Characters whose title case is more than one character keep their form, as the RFC's table has no entry for them.

use unicode_normalization::UnicodeNormalization;

/// What stands for a text when texts are ordered or compared under i;unicode-casemap. At most `octets_max` of it.
pub(crate) fn casemap(text: &str, octets_max: usize) -> String {
    if text.is_ascii() {
        return text[..text.len().min(octets_max)].to_ascii_uppercase();
    }
    let mut out = String::with_capacity(text.len().min(octets_max));
    for c in text.chars().map(title_case).nfkd() {
        if out.len() + c.len_utf8() > octets_max {
            break;
        }
        out.push(c);
    }
    out
}

fn title_case(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian has capitals, but no title case.
        '\u{10d0}'..='\u{10ff}' => c,
        c => {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::casemap;

    #[test]
    fn texts_compare_without_case_and_form() {
        let same = |a: &str, b: &str| assert_eq!(casemap(a, 1000), casemap(b, 1000), "{a} {b}");
        same("läxa", "LÄXA");
        same("a\u{30a}", "Å");
        same("ｆulla", "FULLA");
        same("ǆ", "Ǆ");
        same("ﬁn", "ﬁn");
        assert_eq!(casemap("re: [x]", 1000), "RE: [X]");
        assert!(casemap("Åsa", 1000) < casemap("Bo", 1000), "as the RFC orders, not as Swedes do");
    }

    #[test]
    fn the_length_is_bounded() {
        assert_eq!(casemap("abc", 2), "AB");
        assert_eq!(casemap("éé", 4), "E\u{301}E");
    }
}

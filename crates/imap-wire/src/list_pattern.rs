//! What LIST and LSUB look for: a name with `*` (anything) and `%` (anything but the delimiter).
//!
//! RFC 3501 §6.3.8, RFC 5258 §3 (several patterns, one [`ListPattern`] each).

use model::{HIERARCHY_DELIMITER, MailboxName};
use unicode_normalization::UnicodeNormalization;

/// A pattern, as Unicode in NFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPattern(String);

impl ListPattern {
    /// Of text that was decoded already; `None` if it is longer than any name could be.
    pub fn new(text: &str) -> Option<Self> {
        if text.len() > 2 * MailboxName::OCTETS_MAX {
            return None;
        }
        let mut pattern = String::with_capacity(text.len());
        for c in text.nfc() {
            // Runs of wildcards mean their strongest member, and matching takes time for each.
            match (pattern.chars().next_back(), c) {
                (Some('*'), '*' | '%') | (Some('%'), '%') => {}
                (Some('%'), '*') => {
                    pattern.pop();
                    pattern.push('*');
                }
                _ => pattern.push(c),
            }
        }
        let first = pattern.find(HIERARCHY_DELIMITER).unwrap_or(pattern.len());
        if pattern[..first].eq_ignore_ascii_case("INBOX") {
            pattern.replace_range(..first, "INBOX");
        }
        Some(Self(pattern))
    }
    /// The pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The empty pattern asks for the delimiter, not for names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Does it match the whole name? INBOX in any case.
    pub fn matches(&self, name: &MailboxName) -> bool {
        if is_match(&self.0, name.as_str()) {
            return true;
        }
        // "inb*" finds INBOX too: the name has no case (RFC 3501 §5.1).
        let inbox =
            name.as_str().strip_prefix("INBOX").filter(|rest| rest.is_empty() || rest.starts_with('/'));
        inbox.is_some_and(|rest| {
            let head = self.0.find(['*', '%', HIERARCHY_DELIMITER]).unwrap_or(self.0.len());
            let folded = self.0[..head].to_ascii_uppercase() + &self.0[head..];
            is_match(&folded, &format!("INBOX{rest}"))
        })
    }
}

/// Where to go on after a mismatch: the pattern behind a wildcard, and the text that it has not swallowed yet.
type Retry<'a> = Option<(&'a str, &'a str)>;

fn is_match<'a>(mut pattern: &'a str, mut text: &'a str) -> bool {
    let (mut star, mut percent): (Retry<'a>, Retry<'a>) = (None, None);
    loop {
        let wildcard = pattern.chars().next().filter(|c| matches!(c, '*' | '%'));
        let literal = literal(pattern);
        let mismatch = match wildcard {
            Some('*') => {
                // Nothing before the latest `*` needs a second look: it can swallow whatever an earlier one could.
                percent = None;
                star = behind(pattern, text, true);
                star.is_none()
            }
            Some(_) => {
                percent = behind(pattern, text, false);
                percent.is_none()
            }
            None if text.starts_with(literal) && (literal != pattern || literal == text) => {
                (pattern, text) = (&pattern[literal.len()..], &text[literal.len()..]);
                if pattern.is_empty() {
                    return true;
                }
                continue;
            }
            None => {
                percent = percent.and_then(|retry| again(retry, false));
                percent.is_none()
            }
        };
        if mismatch && wildcard != Some('*') {
            star = star.and_then(|retry| again(retry, true));
        }
        let Some(retry) = percent.or(star) else { return false };
        (pattern, text) = retry;
    }
}

/// What stands before the next wildcard.
fn literal(pattern: &str) -> &str {
    &pattern[..pattern.find(['*', '%']).unwrap_or(pattern.len())]
}

/// The text from where what stands behind a wildcard can begin; looked for and not tried octet by octet, so that long names
/// and patterns of one letter cost no more than others.
fn swallow<'a>(pattern: &str, text: &'a str, delimiter_too: bool) -> Option<&'a str> {
    let literal = literal(pattern);
    let at = match literal == pattern {
        true if text.ends_with(literal) => text.len() - literal.len(),
        true => return None,
        false => text.find(literal)?,
    };
    (delimiter_too || !text[..at].contains(HIERARCHY_DELIMITER)).then_some(&text[at..])
}

/// Where to go on behind the wildcard at the start of `pattern`.
fn behind<'a>(pattern: &'a str, text: &'a str, delimiter_too: bool) -> Retry<'a> {
    let pattern = &pattern[1..];
    swallow(pattern, text, delimiter_too).map(|text| (pattern, text))
}

/// The same from one letter on.
fn again<'a>((pattern, text): (&'a str, &'a str), delimiter_too: bool) -> Retry<'a> {
    let c = text.chars().next()?;
    if c == HIERARCHY_DELIMITER && !delimiter_too {
        return None;
    }
    swallow(pattern, &text[c.len_utf8()..], delimiter_too).map(|text| (pattern, text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        ListPattern::new(pattern).unwrap().matches(&MailboxName::parse(name).unwrap())
    }

    #[test]
    fn wildcards() {
        for (pattern, name, expected) in [
            ("*", "a/b", true),
            ("%", "a/b", false),
            ("%/%", "a/b", true),
            ("a*", "a/b/c", true),
            ("*b", "a/b/c", false),
            ("%a/%", "xa/y", true),
            ("*a%c", "a/abc", true),
            ("inbox", "INBOX", true),
            ("inb%", "INBOX", true),
            ("inb*", "INBOX/x", true),
            ("Inbox/*", "INBOX/Läxor", true),
            ("läx%", "Läxor", false),
            ("La\u{308}x%", "Läxor", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        assert_eq!(ListPattern::new("%%*%").unwrap().as_str(), "*");
    }

    #[test]
    fn long_names_against_long_patterns_take_no_time() {
        let begun = std::time::Instant::now();
        let (name, a) = ("a".repeat(1000), "a".repeat(490));
        for pattern in [
            format!("*{a}b"),
            format!("*{a}b*"),
            format!("%{a}b%"),
            format!("*{a}*{a}%{a}"),
            "*a".repeat(900),
        ] {
            for _ in 0..1000 {
                is_match(&pattern, &name);
            }
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|n| slow(rest, &text[n..])),
            (['%', rest @ ..], _) => {
                let level = text.iter().position(|c| *c == '/').unwrap_or(text.len());
                (0..=level).any(|n| slow(rest, &text[n..]))
            }
            ([p, prest @ ..], [t, trest @ ..]) => p == t && slow(prest, trest),
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn like_the_definition(pattern in "[ab/*%]{0,8}", text in "[ab/]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(is_match(&pattern, &text), slow(&chars(&pattern), &chars(&text)));
        }
    }
}

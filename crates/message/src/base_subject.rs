//! The subject without what replies and forwards put around it.
//!
//! RFC 5256 §2.1 and the grammar of its §5 (subj-leader, subj-refwd, subj-blob, subj-fwd). Only the words that stand there
//! count: Swedish `SV:` and `VB:` are part of the subject, as every other server and client that follows the RFC has it.

use crate::decode::header_text;

/// A subject taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseSubject {
    /// What is left.
    pub text: String,
    /// Something said that the letter is a reply or a forward.
    pub is_reply: bool,
}

/// Takes a raw Subject apart.
pub fn base_subject(raw: &[u8]) -> BaseSubject {
    // Step 1: decoded, and every run of white space one blank.
    let text = one_blank(&header_text(raw));
    let (base, is_reply) = base_of(&text);
    BaseSubject { text: base.to_owned(), is_reply }
}

fn one_blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        let is_blank = matches!(c, ' ' | '\t' | '\r' | '\n');
        if !(is_blank && blank) {
            out.push(if is_blank { ' ' } else { c });
        }
        blank = is_blank;
    }
    out
}

fn base_of(text: &str) -> (&str, bool) {
    let (mut rest, mut is_reply) = (text, false);
    loop {
        // Step 2.
        let trimmed = without_trailers(rest);
        is_reply |= trimmed.is_reply;
        rest = trimmed.text;
        // Steps 3 to 5.
        while let Some(shorter) = without_leader(rest) {
            is_reply |= shorter.is_reply;
            rest = shorter.text;
        }
        // Step 6.
        let inner = strip_word(rest, "[fwd:").and_then(|inner| inner.strip_suffix(']'));
        let Some(inner) = inner else { return (rest, is_reply) };
        (rest, is_reply) = (inner, true);
    }
}

/// A subject with something taken from it.
struct Shorter<'x> {
    text: &'x str,
    is_reply: bool,
}

/// subj-trailer, as often as it stands there.
fn without_trailers(text: &str) -> Shorter<'_> {
    let (mut text, mut is_reply) = (text.trim_end_matches(' '), false);
    while let Some(start) = text.len().checked_sub(5).filter(|start| is_word(text, *start, "(fwd)")) {
        (text, is_reply) = (text[..start].trim_end_matches(' '), true);
    }
    Shorter { text, is_reply }
}

/// One or more of subj-leader at the start, or else the blobs there as long as something is left. `None` if nothing can go.
fn without_leader(text: &str) -> Option<Shorter<'_>> {
    let plain = text.trim_start_matches(' ');
    if plain.len() < text.len() {
        return Some(Shorter { text: plain, is_reply: false });
    }
    // Where the last blob that may go ends: something that is no blank must be left (step 4).
    let (mut behind, mut left) = (text, None);
    while let Some(next) = without_blob(behind) {
        behind = next;
        if !behind.is_empty() {
            left = Some(behind);
        }
    }
    if let Some(text) = without_refwd(behind) {
        return Some(Shorter { text, is_reply: true });
    }
    left.map(|text| Shorter { text, is_reply: false })
}

/// subj-blob.
fn without_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    Some(inner[end..].strip_prefix(']')?.trim_start_matches(' '))
}

/// subj-refwd.
fn without_refwd(text: &str) -> Option<&str> {
    let rest = ["re", "fwd", "fw"].iter().find_map(|word| strip_word(text, word))?.trim_start_matches(' ');
    rest.strip_prefix(':').or_else(|| without_blob(rest)?.strip_prefix(':'))
}

fn strip_word<'x>(text: &'x str, word: &str) -> Option<&'x str> {
    is_word(text, 0, word).then(|| &text[word.len()..])
}

fn is_word(text: &str, at: usize, word: &str) -> bool {
    text.as_bytes().get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(raw: &str) -> (String, bool) {
        let found = base_subject(raw.as_bytes());
        (found.text, found.is_reply)
    }

    #[test]
    fn what_goes_and_what_stays() {
        for (raw, text, is_reply) in [
            ("Läxa", "Läxa", false),
            ("Re: Läxa", "Läxa", true),
            ("RE : re: FW: Fwd: Läxa", "Läxa", true),
            ("Re[2]: Läxa", "Läxa", true),
            ("re [4B] : Läxa", "Läxa", true),
            ("[4B] Re: [skola] Läxa", "Läxa", true),
            ("[4B] [skola] Läxa", "Läxa", false),
            ("[4B]", "[4B]", false),
            ("[a] [b]", "[b]", false),
            ("Re: [4B]", "[4B]", true),
            ("Läxa (fwd) (FWD) ", "Läxa", true),
            ("[fwd: Läxa]", "Läxa", true),
            ("[Fwd: Re: [4B] Läxa (fwd)]", "Läxa", true),
            ("Re: [fwd: [fwd: x]]", "x", true),
            ("SV: Läxa", "SV: Läxa", false),
            ("VB: Re: Läxa", "VB: Re: Läxa", false),
            ("Re:", "", true),
            ("Re: Re:", "", true),
            ("  Läxa \t v. 37 ", "Läxa v. 37", false),
            ("Regler: fika", "Regler: fika", false),
            ("Re Läxa", "Re Läxa", false),
            ("[a[b] Läxa", "[a[b] Läxa", false),
            ("[öppen", "[öppen", false),
            ("(fwd)", "", true),
            ("", "", false),
            ("=?utf-8?Q?Re:_L=C3=A4xa?=", "Läxa", true),
            ("=?utf-8?Q?L=C3=A4?= =?utf-8?Q?xa?=", "Läxa", false),
        ] {
            assert_eq!(base(raw), (text.to_owned(), is_reply), "{raw}");
        }
    }

    #[test]
    fn long_chains_cost_what_they_are_long() {
        for start in ["[a]", "Re: ", "[fwd:", " ", "re[x]:", "["] {
            let (text, _) = base(&format!("{}x", start.repeat(50_000)));
            assert!(text.ends_with('x'));
        }
        assert!(base(&"(fwd)".repeat(50_000)).0.is_empty());
        assert_eq!(base(&format!("{}{}", "[fwd:".repeat(20_000), "]".repeat(20_000))).0, "");
    }

    proptest::proptest! {
        #[test]
        fn the_base_of_a_base_is_itself(raw in "([Rr]e|[Ff]wd?|\\[|\\]|:| |\\(fwd\\)|x|å){0,12}") {
            let (text, _) = base(&raw);
            proptest::prop_assert_eq!(base(&text).0, text);
        }
        #[test]
        fn a_reply_has_the_same_base(raw in "\\PC{0,40}") {
            proptest::prop_assert_eq!(base(&format!("Re: {raw}")).0, base(&raw).0);
        }
    }
}

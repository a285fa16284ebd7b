//! `word; name=value; name="quoted value"`: the shape of Content-Type and Content-Disposition.
//!
//! RFC 2045 §5.1, RFC 2183 §2. Values keep their case. RFC 2231 names (`name*0*`) stay as they stand, because that is
//! what BODYSTRUCTURE shows; [`Parameters::joined`] reads them. Values without quotes may hold blanks, as senders write.

use crate::header::unfold;

/// A structured value, taken apart; everything raw but for quotes and folding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// Before the first `;`, comments removed.
    pub(crate) word: Vec<u8>,
    /// In the order of the header.
    pub(crate) list: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Parameters {
    pub(crate) fn parse(value: &[u8], parameters_max: usize) -> Self {
        let value = unfold(value);
        let mut at = Cursor { rest: &value };
        let word = at.value();
        let mut list = Vec::new();
        while at.skip_to_next() && list.len() < parameters_max {
            let name = at.until(b"=;");
            if name.is_empty() || !at.eat(b'=') {
                continue;
            }
            list.push((name.to_vec(), at.value()));
        }
        Self { word, list }
    }

    /// The first parameter of exactly this name, case aside.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.list.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| &value[..])
    }

    /// The value of a parameter in any of the forms of RFC 2231: the charset that was named, and the octets.
    pub(crate) fn joined(&self, name: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        if let Some(value) = self.get(name) {
            return Some((Vec::new(), value.to_vec()));
        }
        let (mut charset, mut joined) = (Vec::new(), None::<Vec<u8>>);
        for place in 0..self.list.len() {
            let section =
                if place == 0 { self.get(&format!("{name}*")).map(|value| (value, true)) } else { None };
            let section = section
                .or_else(|| self.get(&format!("{name}*{place}*")).map(|value| (value, true)))
                .or_else(|| self.get(&format!("{name}*{place}")).map(|value| (value, false)));
            let Some((mut value, encoded)) = section else { break };
            if encoded && place == 0 {
                let mut split = value.splitn(3, |octet| *octet == b'\'');
                if let (Some(set), Some(_), Some(text)) = (split.next(), split.next(), split.next()) {
                    (charset, value) = (set.to_vec(), text);
                }
            }
            let joined = joined.get_or_insert_default();
            if encoded { percent_decode(value, joined) } else { joined.extend_from_slice(value) }
        }
        joined.map(|value| (charset, value))
    }
}

fn percent_decode(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < text.len() {
        let hex = (text[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let octet = hex
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(octet.unwrap_or(text[at]));
        at += if octet.is_some() { 3 } else { 1 };
    }
}

struct Cursor<'x> {
    rest: &'x [u8],
}

impl<'x> Cursor<'x> {
    fn eat(&mut self, octet: u8) -> bool {
        let found = self.rest.first() == Some(&octet);
        self.rest = &self.rest[usize::from(found)..];
        found
    }

    /// Past white space and comments (RFC 822 §3.4.3, nested).
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if self.rest.first() != Some(&b'(') {
                return;
            }
            let (mut depth, mut end) = (0_usize, 0);
            while end < self.rest.len() {
                match self.rest[end] {
                    b'\\' => end += 1,
                    b'(' => depth += 1,
                    b')' => depth -= 1,
                    _ => {}
                }
                end += 1;
                if depth == 0 {
                    break;
                }
            }
            self.rest = &self.rest[end.min(self.rest.len())..];
        }
    }

    /// Past what is left of this parameter and its `;`. False at the end.
    fn skip_to_next(&mut self) -> bool {
        self.until(b";");
        self.eat(b';');
        self.skip_blanks();
        !self.rest.is_empty()
    }

    /// Up to one of `stops` or a comment, trimmed.
    fn until(&mut self, stops: &[u8]) -> &'x [u8] {
        let comment =
            |at: usize| self.rest[at] == b'(' && (at == 0 || self.rest[at - 1].is_ascii_whitespace());
        let end = (0..self.rest.len()).find(|at| stops.contains(&self.rest[*at]) || comment(*at));
        let (before, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        if self.rest.first() == Some(&b'(') {
            self.skip_blanks();
        }
        before.trim_ascii()
    }

    /// A quoted string or everything up to `;`.
    fn value(&mut self) -> Vec<u8> {
        self.skip_blanks();
        if !self.eat(b'"') {
            return self.until(b";").to_vec();
        }
        let mut out = Vec::new();
        while let Some((octet, rest)) = self.rest.split_first() {
            self.rest = rest;
            match octet {
                b'"' => break,
                b'\\' => {
                    if let Some((quoted, rest)) = self.rest.split_first() {
                        out.push(*quoted);
                        self.rest = rest;
                    }
                }
                other => out.push(*other),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> (String, Vec<(String, String)>) {
        let parsed = Parameters::parse(value.as_bytes(), 100);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(parsed.word), parsed.list.into_iter().map(|(name, value)| (text(name), text(value))).collect())
    }

    #[test]
    fn values_of_all_shapes() {
        for (value, word, list) in [
            ("text/plain", "text/plain", vec![]),
            ("text/plain; charset=us-ascii (Plain text)", "text/plain", vec![("charset", "us-ascii")]),
            (" Text/HTML (a (b) \\) c); Charset = \"UTF-8\" ;", "Text/HTML", vec![("Charset", "UTF-8")]),
            ("a/b; name=\"a \\\"b\\\"; c\"; x=y", "a/b", vec![("name", "a \"b\"; c"), ("x", "y")]),
            ("a/b; name=en lång titel.pdf; z=\"", "a/b", vec![("name", "en lång titel.pdf"), ("z", "")]),
            ("a/b;;; junk; =x; n=1", "a/b", vec![("n", "1")]),
            ("", "", vec![]),
        ] {
            let list: Vec<_> =
                list.into_iter().map(|(n, v): (&str, &str)| (n.to_owned(), v.to_owned())).collect();
            assert_eq!(parse(value), (word.to_owned(), list), "{value}");
        }
    }

    #[test]
    fn continued_and_encoded_parameters_join() {
        let joined = |value: &str| {
            let (charset, value) = Parameters::parse(value.as_bytes(), 100).joined("name")?;
            Some((String::from_utf8(charset).unwrap(), String::from_utf8(value).unwrap()))
        };
        let some = |charset: &str, value: &str| Some((charset.to_owned(), value.to_owned()));
        assert_eq!(joined("a/b; name*=utf-8'sv'l%C3%A4xa.pdf"), some("utf-8", "läxa.pdf"));
        assert_eq!(joined("a/b; name*0*=utf-8''%C3%A5; name*1=\"b c\"; name*2*=%41"), some("utf-8", "åb cA"));
        assert_eq!(joined("a/b; name*1=b; name*0=a"), some("", "ab"));
        assert_eq!(joined("a/b; name*=100%"), some("", "100%"));
        assert_eq!(joined("a/b; other=x"), None);
    }
}

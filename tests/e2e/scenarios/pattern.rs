//! A line of the service as a scenario expects it: text, `${name}` for what is not known beforehand, `${*}` for anything.
//!
//! `${name}` takes at least one octet that is no space, bracket or parenthesis. It is bound at its first match; from then
//! on it stands for the same text, in what the client says too.

use std::collections::HashMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// What the names of a scenario stand for.
#[derive(Debug, Clone, Default)]
pub(super) struct Names(HashMap<String, String>);

impl Names {
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Does this line look so? Names that it brings are bound when it does.
    pub(super) fn matches(&mut self, pattern: &str, line: &str) -> bool {
        match bind(self.clone(), pattern, line) {
            Some(bound) => {
                *self = bound;
                true
            }
            None => false,
        }
    }

    /// What a client says: names replaced, `${base64 …}` encoded, then `\r`, `\n`, `\0` and `\xNN` made octets.
    pub(super) fn octets(&self, text: &str) -> Result<Vec<u8>, String> {
        Ok(unescaped(&self.text(text)?))
    }

    /// Names replaced, the innermost first.
    pub(super) fn text(&self, text: &str) -> Result<String, String> {
        let mut text = text.to_owned();
        while let Some(open) = text.rfind("${") {
            let close = text[open..].find('}').ok_or("a ${ without }")? + open;
            let name = &text[open + 2..close];
            let value = match name.strip_prefix("base64 ") {
                Some(plain) => BASE64_STANDARD.encode(unescaped(plain)),
                None => self.0.get(name).ok_or_else(|| format!("nothing is called {name}"))?.clone(),
            };
            text.replace_range(open..=close, &value);
        }
        Ok(text)
    }
}

fn bind(mut names: Names, pattern: &str, line: &str) -> Option<Names> {
    let Some(open) = pattern.find("${") else { return (pattern == line).then_some(names) };
    let line = line.strip_prefix(&pattern[..open])?;
    let close = open + pattern[open..].find('}')?;
    let (name, rest) = (&pattern[open + 2..close], &pattern[close + 1..]);
    if let Some(known) = names.0.get(name) {
        let line = line.strip_prefix(known.as_str())?;
        return bind(names, rest, line);
    }
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    if name == "*" {
        return ends.into_iter().find_map(|end| bind(names.clone(), rest, &line[end..]));
    }
    for end in ends.skip(1) {
        let value = &line[..end];
        if value.ends_with([' ', '(', ')', '[', ']']) {
            return None;
        }
        names.set(name, value);
        if let Some(bound) = bind(names.clone(), rest, &line[end..]) {
            return Some(bound);
        }
    }
    None
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let (octet, length) = match rest.as_bytes() {
            [b'\\', b'r', ..] => (Some(b'\r'), 2),
            [b'\\', b'n', ..] => (Some(b'\n'), 2),
            [b'\\', b'0', ..] => (Some(0), 2),
            [b'\\', b'x', ..] => (rest.get(2..4).and_then(|digits| u8::from_str_radix(digits, 16).ok()), 4),
            _ => (None, char.len_utf8()),
        };
        match octet {
            Some(octet) => octets.push(octet),
            None => octets.extend_from_slice(&rest.as_bytes()[..char.len_utf8()]),
        }
        rest = &rest[if octet.is_some() { length } else { char.len_utf8() }..];
    }
    octets
}

#[test]
fn names_are_bound_once() {
    let mut names = Names::default();
    assert!(names.matches("* ${n} EXISTS${*}", "* 12 EXISTS and more"));
    assert!(names.matches("a [COPYUID ${v} ${n} ${new}] ok", "a [COPYUID 7 12 3] ok"));
    assert!(!names.matches("* ${n} EXISTS", "* 13 EXISTS"));
    assert!(!names.matches("* ${one} FETCH", "* 1 2 FETCH"));
    assert_eq!(names.text("UID ${new}:${n}").unwrap(), "UID 3:12");
    assert_eq!(names.octets(r"${base64 \0a\0${n}} \Seen\x80").unwrap(), b"AGEAMTI= \\Seen\x80");
    assert!(names.text("${unknown}").is_err());
}

//! A place in a command, and the small words of the grammar: atoms, strings, numbers.
//!
//! RFC 3501 §9: astring, atom, quoted, literal, number, nz-number, sequence-set, mailbox, list-mailbox. RFC 5182 §3 (`$`), RFC
//! 7162 §7 (mod-sequences).

use std::borrow::Cow;
use std::num::NonZeroU32;

use model::{MailboxName, ModSeq};

use crate::command::Reason;
use crate::enabled::Enabled;
use crate::limits::WireLimits;
use crate::list_pattern::ListPattern;
use crate::mutf7;
use crate::sequence::{Bound, Numbers, SequenceSet};
use crate::splitter::{LiteralHeader, literal_header};

/// Octets of an atom; 8-bit ones too, for names in raw UTF-8.
pub(crate) fn is_atom(octet: u8) -> bool {
    ATOM[usize::from(octet)]
}
const ATOM: [bool; 256] = {
    let mut atom = [false; 256];
    let mut octet = 0;
    while octet < 256 {
        let special = matches!(octet as u8, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']' | 0x7f);
        atom[octet] = octet > 0x20 && !special;
        octet += 1;
    }
    atom
};
fn is_astring(octet: u8) -> bool {
    is_atom(octet) || octet == b']'
}
fn is_list_mailbox(octet: u8) -> bool {
    is_astring(octet) || octet == b'%' || octet == b'*'
}

type Parsed<T> = Result<T, Reason>;

pub(crate) struct Cursor<'a> {
    input: &'a [u8],
    at: usize,
    pub(crate) limits: &'a WireLimits,
    pub(crate) enabled: Enabled,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(input: &'a [u8], at: usize, limits: &'a WireLimits, enabled: Enabled) -> Self {
        Self { input, at, limits, enabled }
    }
    pub(crate) fn place(&self) -> usize {
        self.at
    }
    pub(crate) fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }
    fn rest(&self) -> &'a [u8] {
        &self.input[self.at..]
    }
    pub(crate) fn error<T>(&self, what: impl Into<Cow<'static, str>>) -> Parsed<T> {
        Err(Reason::expected(what, self.at))
    }
    /// Takes `octet` if it is next.
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }
    pub(crate) fn expect(&mut self, octet: u8, what: &'static str) -> Parsed<()> {
        if self.eat(octet) { Ok(()) } else { self.error(what) }
    }
    /// One space; more are taken too.
    pub(crate) fn space(&mut self) -> Parsed<()> {
        self.expect(b' ', "a space")?;
        self.spaces();
        Ok(())
    }
    pub(crate) fn spaces(&mut self) {
        while self.eat(b' ') {}
    }
    /// The end of the command; spaces before it are taken.
    pub(crate) fn end(&mut self) -> Parsed<()> {
        self.spaces();
        if self.at == self.input.len() { Ok(()) } else { self.error("the end of the command") }
    }
    /// A space and something behind it, or the end?
    pub(crate) fn more(&mut self) -> bool {
        let from = self.at;
        self.spaces();
        self.at > from && self.at < self.input.len()
    }
    /// The longest run of octets that belong.
    pub(crate) fn while_(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|octet| !belongs(*octet)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }
    /// Is `text` next, in any case?
    pub(crate) fn looks_like(&self, text: &str) -> bool {
        self.rest().get(..text.len()).is_some_and(|next| next.eq_ignore_ascii_case(text.as_bytes()))
    }
    /// Takes `word` in any case, if it is next.
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        let found =
            self.rest().get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()));
        self.at += if found { word.len() } else { 0 };
        found
    }
    /// An atom of ASCII, in upper case: a keyword of the grammar.
    pub(crate) fn keyword(&mut self, what: &'static str) -> Parsed<String> {
        let at = self.at;
        let word = self.while_(|octet| is_atom(octet) && octet.is_ascii() && octet != b'[');
        if word.is_empty() {
            self.at = at;
            return self.error(what);
        }
        Ok(word.iter().map(|octet| char::from(octet.to_ascii_uppercase())).collect())
    }
    pub(crate) fn number(&mut self, what: &'static str) -> Parsed<u64> {
        let at = self.at;
        let digits = self.while_(|octet| octet.is_ascii_digit());
        let text = std::str::from_utf8(digits).unwrap_or_default();
        text.parse().or_else(|_| {
            self.at = at;
            self.error(what)
        })
    }
    pub(crate) fn nz_number(&mut self, what: &'static str) -> Parsed<NonZeroU32> {
        let at = self.at;
        let number = u32::try_from(self.number(what)?).ok().and_then(NonZeroU32::new);
        number.ok_or_else(|| Reason::expected(what, at))
    }

    /// Of 63 bits, so that no client's arithmetic turns it negative (RFC 9051 §9, number64).
    pub(crate) fn number63(&mut self, what: &'static str) -> Parsed<u64> {
        let at = self.at;
        let number = self.number(what)?;
        if number >> 63 == 0 { Ok(number) } else { Err(Reason::expected(what, at)) }
    }

    /// A number of RFC 7162. Zero is taken everywhere.
    pub(crate) fn mod_seq(&mut self) -> Parsed<ModSeq> {
        self.number63("a mod-sequence").map(ModSeq)
    }

    /// A sequence set, or `$`; the two do not mix (RFC 5182 §3).
    pub(crate) fn numbers(&mut self) -> Parsed<Numbers> {
        if self.eat(b'$') { Ok(Numbers::Saved) } else { self.sequence_set().map(Numbers::Set) }
    }
    pub(crate) fn sequence_set(&mut self) -> Parsed<SequenceSet> {
        let mut ranges = Vec::new();
        loop {
            let from = self.bound()?;
            let to = if self.eat(b':') { self.bound()? } else { from };
            ranges.push((from, to));
            if !self.eat(b',') {
                break;
            }
        }
        SequenceSet::new(ranges).map_or_else(|| self.error("a set of numbers"), Ok)
    }
    fn bound(&mut self) -> Parsed<Bound> {
        if self.eat(b'*') {
            return Ok(Bound::Largest);
        }
        self.nz_number("a message number or *").map(Bound::Number)
    }

    /// An atom, a quoted string or a literal.
    pub(crate) fn astring(&mut self, what: &'static str) -> Parsed<Cow<'a, [u8]>> {
        self.string_or(is_astring, what)
    }
    /// A quoted string or a literal.
    pub(crate) fn string(&mut self, what: &'static str) -> Parsed<Cow<'a, [u8]>> {
        self.string_or(|_| false, what)
    }
    /// A string, or NIL.
    pub(crate) fn nstring(&mut self, what: &'static str) -> Parsed<Option<Cow<'a, [u8]>>> {
        if self.eat_word("NIL") { Ok(None) } else { self.string(what).map(Some) }
    }
    fn string_or(&mut self, belongs: impl Fn(u8) -> bool, what: &'static str) -> Parsed<Cow<'a, [u8]>> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(b'{') => self.literal().map(Cow::Borrowed),
            _ => {
                let word = self.while_(belongs);
                if word.is_empty() { self.error(what) } else { Ok(Cow::Borrowed(word)) }
            }
        }
    }
    /// `"…"`; a backslash before a character that needs none stays (passwords and Windows paths).
    pub(crate) fn quoted(&mut self) -> Parsed<Cow<'a, [u8]>> {
        self.expect(b'"', "a quoted string")?;
        let start = self.at;
        let plain = self.while_(|octet| !b"\"\\\r\n\0".contains(&octet));
        // RFC 6855 §3: where quoted strings are in UTF-8, other octets are BAD.
        if self.enabled.unicode_names() && std::str::from_utf8(plain).is_err() {
            self.at = start;
            return self.error("a quoted string in UTF-8");
        }
        if self.eat(b'"') {
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_vec();
        loop {
            match (self.peek(), self.input.get(self.at + 1)) {
                (Some(b'"'), _) => break,
                (Some(b'\\'), Some(next @ (b'"' | b'\\'))) => {
                    text.push(*next);
                    self.at += 2;
                }
                (Some(octet), Some(_)) if !b"\r\n\0".contains(&octet) => {
                    text.push(octet);
                    self.at += 1;
                }
                _ => {
                    self.at = start;
                    return self.error("a quoted string that ends");
                }
            }
        }
        self.at += 1;
        Ok(Cow::Owned(text))
    }
    fn literal(&mut self) -> Parsed<&'a [u8]> {
        let at = self.at;
        let octets = self.literal8()?;
        if octets.contains(&0) { Err(Reason::expected("a literal without NUL", at)) } else { Ok(octets) }
    }
    /// The same, and NUL may be in it (RFC 3516 §4.4); a `~` before it is taken already.
    fn literal8(&mut self) -> Parsed<&'a [u8]> {
        let at = self.at;
        let header = self.while_(|octet| octet != b'\r');
        let Some(literal) =
            literal_header(header).filter(|_| header.iter().filter(|o| **o == b'{').count() == 1)
        else {
            self.at = at;
            return self.error("a literal");
        };
        if self.at == self.input.len() {
            return Err(Reason::NeedsLiteral);
        }
        let octets = usize::try_from(literal.len).ok().and_then(|len| self.rest().get(2..)?.get(..len));
        let octets = octets.ok_or_else(|| Reason::expected("a whole literal", at))?;
        self.at += 2 + octets.len();
        Ok(octets)
    }
    /// NIL, a string, or a literal8 (RFC 5464 §5).
    pub(crate) fn metadata_value(&mut self) -> Parsed<Option<Vec<u8>>> {
        if self.eat(b'~') {
            return self.literal8().map(|octets| Some(octets.to_vec()));
        }
        let value = self.nstring("a value or NIL")?;
        Ok(value.map(Cow::into_owned))
    }
    /// The announcement of a literal that ends the input.
    pub(crate) fn last_literal_header(&mut self, what: &'static str) -> Parsed<LiteralHeader> {
        let header = self.rest();
        let found =
            literal_header(header).filter(|_| header.starts_with(b"{") && !header[1..].contains(&b'{'));
        found.map_or_else(|| self.error(what), Ok)
    }

    /// Text for people: UTF-8, or else Latin-1, in which every octet means something.
    pub(crate) fn text(octets: &[u8]) -> String {
        match std::str::from_utf8(octets) {
            Ok(text) => text.to_owned(),
            Err(_) => octets.iter().map(|octet| char::from(*octet)).collect(),
        }
    }
    pub(crate) fn mailbox(&mut self) -> Parsed<MailboxName> {
        let at = self.at;
        let octets = self.astring("a mailbox name")?;
        Ok(MailboxName::parse(&self.name(&octets, at)?)?)
    }
    /// A mailbox; the empty name stands for the server (RFC 5464 §4).
    pub(crate) fn mailbox_or_server(&mut self) -> Parsed<Option<MailboxName>> {
        let at = self.at;
        let octets = self.astring("a mailbox name")?;
        if octets.is_empty() {
            return Ok(None);
        }
        Ok(Some(MailboxName::parse(&self.name(&octets, at)?)?))
    }
    /// A name that is to be made: what looks like modified UTF-7 must be it, or LIST would tell another name than the
    /// client asked for. A lone `&`, as in `R&D`, is taken to the letter. And no name is made whose own letters read as
    /// modified UTF-7, so that those always mean what they encode.
    pub(crate) fn new_mailbox(&mut self) -> Parsed<MailboxName> {
        let at = self.at;
        let octets = self.astring("a mailbox name")?;
        let name = self.name(&octets, at)?;
        let malformed = !self.enabled.unicode_names() && mutf7::is_malformed(&octets);
        if malformed || mutf7::is_shifted(name.as_bytes()) {
            return Err(Reason::NameEncoding);
        }
        Ok(MailboxName::parse(&name)?)
    }
    /// A reference of LIST: like a mailbox name, and may be empty.
    pub(crate) fn reference(&mut self) -> Parsed<String> {
        let at = self.at;
        let octets = self.astring("a reference name")?;
        self.name(&octets, at)
    }
    /// A pattern of LIST behind its reference.
    pub(crate) fn list_pattern(&mut self, reference: &str) -> Parsed<ListPattern> {
        let at = self.at;
        let octets = self.string_or(is_list_mailbox, "a mailbox pattern")?;
        let pattern = self.name(&octets, at)?;
        // The empty pattern asks for the delimiter, whatever the reference (RFC 3501 §6.3.8).
        let whole = if pattern.is_empty() { pattern } else { format!("{reference}{pattern}") };
        ListPattern::new(&whole).ok_or(Reason::Mailbox(model::MailboxNameError::TooLong))
    }

    /// Modified UTF-7, or raw UTF-8: clients send `Läxor` and `R&D` as they are, whether or not they have said so before.
    /// Two spellings never name one mailbox wrongly, since text that is not exact modified UTF-7 is taken to the letter;
    /// where names are in UTF-8 so is `&-`, as LIST writes it there.
    fn name(&self, octets: &[u8], at: usize) -> Parsed<String> {
        match mutf7::decode(octets) {
            Ok(name) if !self.enabled.unicode_names() || !name.is_ascii() => Ok(name),
            _ => {
                let name = String::from_utf8(octets.to_vec());
                name.map_err(|_| Reason::expected("a mailbox name in UTF-8", at))
            }
        }
    }

    /// `(` members `)`, at least one and at most [`WireLimits::list_items_max`].
    pub(crate) fn list<T>(
        &mut self,
        what: &'static str,
        mut member: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(b'(', what)?;
        let mut members = Vec::new();
        loop {
            self.spaces();
            if !members.is_empty() && self.eat(b')') {
                return Ok(members);
            }
            self.room(members.len(), "members of a list")?;
            members.push(member(self)?);
            if self.eat(b')') {
                return Ok(members);
            }
            self.space()?;
        }
    }
    /// Is there room for one more member?
    pub(crate) fn room(&self, len: usize, what: &'static str) -> Parsed<()> {
        let max = self.limits.list_items_max;
        if len < max as usize { Ok(()) } else { Err(Reason::TooMany { what, max }) }
    }
}

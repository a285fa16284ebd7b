//! A finished ENVELOPE, read again: date, subject and the first address of From, To and Cc.
//!
//! RFC 3501 §9 (envelope). The text is our own ([`crate::envelope`]), so whatever does not read is passed over. One pass,
//! no recursion: an envelope is three lists deep.

use std::borrow::Cow;

/// The fields that SORT asks for; empty where they are NIL.
#[derive(Debug, Default)]
pub(crate) struct EnvelopeView<'x> {
    pub(crate) date: Cow<'x, [u8]>,
    pub(crate) subject: Cow<'x, [u8]>,
    pub(crate) from: FirstAddress<'x>,
    pub(crate) to: FirstAddress<'x>,
    pub(crate) cc: FirstAddress<'x>,
}

/// The first entry of an address list.
#[derive(Debug, Default)]
pub(crate) struct FirstAddress<'x> {
    pub(crate) name: Cow<'x, [u8]>,
    /// The local part, or the name of a group.
    pub(crate) mailbox: Cow<'x, [u8]>,
    pub(crate) host: Cow<'x, [u8]>,
    /// It is the begin of a group (RFC 3501 §7.4.2: the host is NIL).
    pub(crate) is_group: bool,
}

enum Token<'x> {
    Open,
    Close,
    Nil,
    Text(Cow<'x, [u8]>),
}

struct Reader<'x> {
    rest: &'x [u8],
}

impl<'x> EnvelopeView<'x> {
    pub(crate) fn read(envelope: &'x [u8]) -> Self {
        Self::try_read(&mut Reader { rest: envelope }).unwrap_or_default()
    }

    fn try_read(reader: &mut Reader<'x>) -> Option<Self> {
        let Token::Open = reader.next()? else { return None };
        let (date, subject) = (reader.text()?, reader.text()?);
        let from = reader.addresses()?;
        let (_sender, _reply_to) = (reader.addresses()?, reader.addresses()?);
        let (to, cc) = (reader.addresses()?, reader.addresses()?);
        Some(Self { date, subject, from, to, cc })
    }
}

impl<'x> Reader<'x> {
    fn text(&mut self) -> Option<Cow<'x, [u8]>> {
        match self.next()? {
            Token::Text(text) => Some(text),
            Token::Nil => Some(Cow::Borrowed(b"")),
            Token::Open | Token::Close => None,
        }
    }

    /// Keeps the first entry of a list, passes over the others.
    fn addresses(&mut self) -> Option<FirstAddress<'x>> {
        match self.next()? {
            Token::Nil => return Some(FirstAddress::default()),
            Token::Open => {}
            Token::Close | Token::Text(_) => return None,
        }
        let mut first = None;
        loop {
            match self.next()? {
                Token::Close => return Some(first.unwrap_or_default()),
                Token::Open => {}
                Token::Nil | Token::Text(_) => return None,
            }
            let (name, _route, mailbox) = (self.text()?, self.text()?, self.text()?);
            let host = self.next()?;
            let Token::Close = self.next()? else { return None };
            let (host, is_group) = match host {
                Token::Text(host) => (host, false),
                _ => (Cow::Borrowed(&b""[..]), true),
            };
            first.get_or_insert(FirstAddress { name, mailbox, host, is_group });
        }
    }

    fn next(&mut self) -> Option<Token<'x>> {
        self.rest = self.rest.trim_ascii_start();
        let (octet, rest) = self.rest.split_first()?;
        self.rest = rest;
        match octet {
            b'(' => Some(Token::Open),
            b')' => Some(Token::Close),
            b'N' => {
                self.rest = rest.strip_prefix(b"IL")?;
                Some(Token::Nil)
            }
            b'"' => self.quoted().map(Token::Text),
            b'{' => self.literal().map(|text| Token::Text(Cow::Borrowed(text))),
            _ => None,
        }
    }

    fn quoted(&mut self) -> Option<Cow<'x, [u8]>> {
        let text = self.rest;
        let end = memchr::memchr2(b'"', b'\\', text)?;
        if text[end] == b'"' {
            self.rest = &text[end + 1..];
            return Some(Cow::Borrowed(&text[..end]));
        }
        let (mut out, mut at) = (text[..end].to_vec(), end);
        loop {
            match text.get(at)? {
                b'"' => break,
                b'\\' => {
                    out.push(*text.get(at + 1)?);
                    at += 2;
                }
                octet => {
                    out.push(*octet);
                    at += 1;
                }
            }
        }
        self.rest = &text[at + 1..];
        Some(Cow::Owned(out))
    }

    fn literal(&mut self) -> Option<&'x [u8]> {
        let end = memchr::memchr(b'}', self.rest)?;
        let length: usize = std::str::from_utf8(&self.rest[..end]).ok()?.parse().ok()?;
        let (text, rest) = self.rest[end + 1..].strip_prefix(b"\r\n")?.split_at_checked(length)?;
        self.rest = rest;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        let envelope =
            b"(NIL {3}\r\na)b ((NIL NIL \"4B\" NIL)(\"x\" NIL \"a\" \"b\")(NIL NIL NIL NIL)) NIL NIL \
                         ((\"A \\\"B\\\\\" NIL \"c\" \"\")) NIL NIL NIL NIL)";
        let view = EnvelopeView::read(envelope);
        assert_eq!((&*view.date, &*view.subject), (&b""[..], &b"a)b"[..]));
        assert_eq!((&*view.from.mailbox, view.from.is_group), (&b"4B"[..], true));
        assert_eq!((&*view.to.name, &*view.to.host, view.to.is_group), (&b"A \"B\\"[..], &b""[..], false));
        assert!(view.cc.mailbox.is_empty());
    }
}

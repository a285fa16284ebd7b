//! CATENATE's parts that are URLs: which octets of which letter they are.
//!
//! RFC 4469 §3, §5 (BADURL); RFC 5092 §9.1, §6: `/mailbox;UIDVALIDITY=n/;UID=n/;SECTION=s/;PARTIAL=a.b`, and without the
//! mailbox in the selected one. Not done: URLs with a server, HEADER.FIELDS, URLAUTH. Names are percent-encoded UTF-8 (RFC
//! 5092 §8); modified UTF-7, as RFC 2192 had them, is tried when there is no such mailbox.

use std::ops::Range;

use mailbox::MailboxError;
use message::{SectionKind, SectionPath};
use model::{MailboxName, MailboxRef, Right, Uid};
use store::BodyId;

use super::Incoming;
use crate::Door;
use crate::folders::Folders;

/// The selected mailbox, to which a URL without one refers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base(pub(crate) MailboxRef);

/// Octets of a letter that is kept.
pub(super) struct Found {
    mailbox: MailboxRef,
    body: BodyId,
    range: Range<u64>,
}

impl Found {
    pub(super) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// Octets read at once.
const COPY_OCTETS: u64 = 256 << 10;

/// Looks a URL up; `None` if it leads nowhere.
pub(super) async fn find(
    folders: &Folders<'_>,
    url: &str,
    base: Option<Base>,
) -> Result<Option<Found>, MailboxError> {
    let Some(url) = Url::parse(url) else { return Ok(None) };
    let mailbox = match &url.mailbox {
        Some(name) => named(folders, name).await?,
        None => base.map(|Base(mailbox)| mailbox),
    };
    let (Some(mailbox), mailboxes) = (mailbox, folders.mailboxes) else { return Ok(None) };
    if !mailboxes.rights(mailbox, folders.account.id).await?.has(Right::Read) {
        return Ok(None);
    }
    if let Some(expected) = url.uid_validity
        && mailboxes.status(mailbox).await?.uid_validity.get() != expected
    {
        return Ok(None);
    }
    let Some((_, entry)) = mailboxes.entries(mailbox, &[url.uid]).await?.pop() else { return Ok(None) };
    let range = match url.section {
        None => Some(0..entry.size),
        Some(path) => mailboxes.content(mailbox.tenant, &entry).await?.view().section(&path),
    };
    let part = |range: Range<u64>| Found { mailbox, body: entry.body, range: url.partial.of(range) };
    Ok(range.map(part).filter(|found| found.len() > 0))
}

async fn named(folders: &Folders<'_>, name: &str) -> Result<Option<MailboxRef>, MailboxError> {
    let old = imap_wire::decode_mutf7(name.as_bytes()).ok().filter(|old| old != name);
    for name in [Some(name.to_owned()), old].into_iter().flatten() {
        let Ok(name) = MailboxName::parse(&name) else { continue };
        match folders.open(&name, &[Right::Read]).await {
            Ok(mailbox) => return Ok(Some(mailbox)),
            Err(MailboxError::NoMailbox(_) | MailboxError::NoPermission | MailboxError::Gone) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Puts what was found into the letter.
pub(super) async fn copy(door: &Door, incoming: &mut Incoming, found: Found) -> Result<(), MailboxError> {
    let Found { mailbox, body, range } = found;
    let mut from = range.start;
    while from < range.end {
        let to = range.end.min(from + COPY_OCTETS);
        let octets = door.mailboxes.store().read_body(mailbox.tenant, body, from..to).await?;
        incoming.take(&octets);
        from = to;
    }
    Ok(())
}

/// A part of a part: where it begins, and how long it is at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct PartialUrl {
    start: u64,
    length: Option<u64>,
}

impl PartialUrl {
    fn of(self, range: Range<u64>) -> Range<u64> {
        let start = range.start.saturating_add(self.start).min(range.end);
        let end = self.length.map_or(range.end, |length| start.saturating_add(length).min(range.end));
        start..end
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Url {
    mailbox: Option<String>,
    uid_validity: Option<u32>,
    uid: Uid,
    section: Option<SectionPath>,
    partial: PartialUrl,
}

impl Url {
    fn parse(url: &str) -> Option<Self> {
        let (place, rest) = split_at_word(url, ";UID=")?;
        let (mailbox, uid_validity) = match place.trim_end_matches('/') {
            "" => (None, None),
            place => {
                let place = place.strip_prefix('/').filter(|name| !name.starts_with('/'))?;
                match split_at_word(place, ";UIDVALIDITY=") {
                    Some((name, number)) => (Some(name), Some(number.parse().ok()?)),
                    None => (Some(place), None),
                }
            }
        };
        let mailbox = match mailbox {
            Some(name) => Some(decoded(name)?),
            None => None,
        };
        let mut pieces = rest.split("/;");
        let uid = Uid::new(pieces.next()?.parse().ok()?)?;
        let mut url = Self { mailbox, uid_validity, uid, section: None, partial: PartialUrl::default() };
        for piece in pieces {
            match piece.split_once('=')? {
                (word, value) if word.eq_ignore_ascii_case("SECTION") => {
                    url.section = Some(section(&decoded(value)?)?);
                }
                (word, value) if word.eq_ignore_ascii_case("PARTIAL") => url.partial = partial(value)?,
                _ => return None,
            }
        }
        Some(url)
    }
}

/// What stands before and behind a word, in any case.
fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let at = text.to_ascii_uppercase().find(word)?;
    Some((&text[..at], &text[at + word.len()..]))
}

/// RFC 3986 §2.1.
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => {
                let (high, low) = (char::from(rest.next()?), char::from(rest.next()?));
                u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(octets).ok()
}

/// `1.2`, `1.2.MIME`, `HEADER`, `TEXT`, `3.HEADER`.
fn section(text: &str) -> Option<SectionPath> {
    let (mut parts, mut kind) = (Vec::new(), SectionKind::Content);
    for word in text.split('.') {
        if kind != SectionKind::Content {
            return None;
        }
        match word.parse::<u32>() {
            Ok(number) if number > 0 => parts.push(number),
            Ok(_) => return None,
            Err(_) if word.eq_ignore_ascii_case("HEADER") => kind = SectionKind::Header,
            Err(_) if word.eq_ignore_ascii_case("TEXT") => kind = SectionKind::Text,
            Err(_) if word.eq_ignore_ascii_case("MIME") && !parts.is_empty() => kind = SectionKind::Mime,
            Err(_) => return None,
        }
    }
    Some(SectionPath { parts, kind })
}

fn partial(text: &str) -> Option<PartialUrl> {
    let (start, length) = match text.split_once('.') {
        Some((start, length)) => (start, Some(length.parse().ok()?)),
        None => (text, None),
    };
    Some(PartialUrl { start: start.parse().ok()?, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_letters_and_their_parts() {
        let path = |parts: &[u32], kind| Some(SectionPath { parts: parts.to_vec(), kind });
        let all = PartialUrl::default();
        for (url, expected) in [
            ("/INBOX;UIDVALIDITY=385759045/;UID=20", (Some("INBOX"), Some(385_759_045), 20, None, all)),
            (
                "/Drafts/;uid=20/;section=HEADER",
                (Some("Drafts"), None, 20, path(&[], SectionKind::Header), all),
            ),
            (
                "/L%C3%A4xor/%C3%85r%207/;UID=1/;SECTION=1.2.MIME",
                (Some("Läxor/År 7"), None, 1, path(&[1, 2], SectionKind::Mime), all),
            ),
            (";UID=7/;SECTION=1.5", (None, None, 7, path(&[1, 5], SectionKind::Content), all)),
            ("/;UID=7/;PARTIAL=3.9", (None, None, 7, None, PartialUrl { start: 3, length: Some(9) })),
        ] {
            let (mailbox, uid_validity, uid, section, partial) = expected;
            let (mailbox, uid) = (mailbox.map(str::to_owned), Uid::new(uid).unwrap());
            let expected = Url { mailbox, uid_validity, uid, section, partial };
            assert_eq!(Url::parse(url), Some(expected), "{url}");
        }
        for wrong in [
            "",
            "/INBOX",
            "imap://host/INBOX/;UID=1",
            "//host/INBOX/;UID=1",
            "/INBOX/;UID=0",
            "/INBOX/;UID=x",
            "/INBOX;UIDVALIDITY=x/;UID=1",
            "/IN%B/;UID=1",
            "/%FF/;UID=1",
            "/INBOX/;UID=1/;SECTION=",
            "/INBOX/;UID=1/;SECTION=0",
            "/INBOX/;UID=1/;SECTION=MIME",
            "/INBOX/;UID=1/;SECTION=TEXT.1",
            "/INBOX/;UID=1/;SECTION=HEADER.FIELDS (A)",
            "/INBOX/;UID=1;URLAUTH=user+x",
            "/INBOX/;UID=1/;EXPIRE=2026",
            "/INBOX/;UID=1/;PARTIAL=x",
        ] {
            assert_eq!(Url::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_partial_stays_inside() {
        let partial = |start, length| PartialUrl { start, length };
        assert_eq!(partial(2, Some(3)).of(10..20), 12..15);
        assert_eq!(partial(8, Some(u64::MAX)).of(10..20), 18..20);
        assert_eq!(partial(u64::MAX, None).of(10..20), 20..20);
    }
}

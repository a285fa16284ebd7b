//! What a letter must have when one of our own people sends it.
//!
//! RFC 6409 §8.1 (From and Sender are the sender's own), §8.2 (Date), §8.3 (Message-ID); RFC 5322 §3.6 (one Date, one
//! From; a Sender when From has several authors), §3.6.6 (Resent-From and Resent-Sender, which programs show as senders
//! too). A route before an address is refused (RFC 5322 §4.4: it is not to be written), and the addresses that a display
//! name shows are reported, since many readers show nothing else.

use model::{EmailAddress, UnixMillis, Zone};

use crate::address::{self, Entry, Mailbox};
use crate::date::rfc5322_date;
use crate::decode::header_text;
use crate::header::{Field, field, fields, header_end};

/// Most addresses of From and Sender together that are looked at.
const ADDRESSES_MAX: usize = 100;

/// Which fields a header lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MissingFields {
    /// No Date.
    pub date: bool,
    /// No Message-ID.
    pub message_id: bool,
    /// No From.
    pub from: bool,
}

/// Looks for Date, Message-ID and From.
pub fn missing_fields(header: &[u8]) -> MissingFields {
    let lacks = |name| field(header, name).is_none();
    MissingFields { date: lacks("date"), message_id: lacks("message-id"), from: lacks("from") }
}

/// Fields that a submitted letter loses: what one recipient must not see of another (RFC 5322 §3.6.3), and what only the
/// last server writes (RFC 5321 §4.4).
const PRIVATE: [&str; 3] = ["bcc", "resent-bcc", "return-path"];

/// The header without Bcc, Resent-Bcc and Return-Path, all else as it stood. For headers that [`from_addresses`] takes;
/// of others the order is kept only field by field.
pub fn without_private_fields(header: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(header.len());
    let mut known = 0;
    for field in fields(header) {
        known += field.raw.len();
        if !PRIVATE.iter().any(|name| field.is(name)) {
            out.extend_from_slice(field.raw);
        }
    }
    out.extend_from_slice(&header[known..]);
    out
}

/// What is put into fields that are added.
#[derive(Clone, Debug)]
pub struct Added<'a> {
    /// When the letter was taken.
    pub at: UnixMillis,
    /// Zone of the written date.
    pub zone: Zone,
    /// The part of the Message-ID before the `@`, unique for ever: letters, digits, `.` and `-`; others are dropped.
    pub id_left: &'a str,
    /// Who sends. Its domain is the right half of the Message-ID.
    pub from: &'a EmailAddress,
}

impl Added<'_> {
    /// The missing fields, each with its line break, to stand before the header; empty if nothing is missing.
    pub fn fields(&self, missing: MissingFields) -> Vec<u8> {
        let mut out = String::new();
        if missing.date {
            out += &format!("Date: {}\r\n", rfc5322_date(self.at, self.zone));
        }
        if missing.from {
            out += &format!("From: <{}>\r\n", self.from);
        }
        if missing.message_id {
            let left: String =
                self.id_left.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
            out += &format!("Message-ID: <{left}@{}>\r\n", self.from.domain());
        }
        out.into_bytes()
    }
}

/// Where an address of a sender stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderField {
    /// From: who wrote it.
    From,
    /// Sender: who sent it for them.
    Sender,
    /// Resent-From: who passed it on.
    ResentFrom,
    /// Resent-Sender: who passed it on for them.
    ResentSender,
}

impl SenderField {
    /// As a header writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::From => "From",
            Self::Sender => "Sender",
            Self::ResentFrom => "Resent-From",
            Self::ResentSender => "Resent-Sender",
        }
    }
}

/// An address that a letter claims to be from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderAddress {
    /// Where it stands.
    pub field: SenderField,
    /// The address.
    pub address: EmailAddress,
    /// Addresses that stand in its display name, encoded words decoded.
    pub shown: Vec<EmailAddress>,
}

/// Why it cannot be said for certain whom a letter is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FromError {
    /// No From field, or an empty one.
    #[error("the letter has no From address")]
    Missing,
    /// More than one From or Sender field (RFC 5322 §3.6).
    #[error("the letter has {0:?} more than once")]
    Repeated(SenderField),
    /// Readers could disagree on the address.
    #[error("the address in {0:?} cannot be read for certain")]
    Unclear(SenderField),
    /// The header has a line that is no field, a bare CR or a NUL, so readers could disagree on where it ends.
    #[error("the header of the letter is malformed")]
    Header,
}

/// Every address of From, Sender and their Resent fields, if all readers must agree on them; otherwise an error, never a guess.
///
/// # Errors
/// See [`FromError`].
pub fn from_addresses(header: &[u8]) -> Result<Vec<SenderAddress>, FromError> {
    if !is_sound(header) {
        return Err(FromError::Header);
    }
    let mut out = Vec::new();
    one_field(header, SenderField::From, &mut out)?;
    if out.is_empty() {
        return Err(FromError::Missing);
    }
    one_field(header, SenderField::Sender, &mut out)?;
    for which in [SenderField::ResentFrom, SenderField::ResentSender] {
        // One for each time that it was passed on.
        for field in fields(header).filter(|field| field.is(which.name())) {
            addresses(&field, which, &mut out)?;
        }
    }
    Ok(out)
}

/// What From and Sender of a letter from elsewhere name, as far as it can be read; nothing is an error here.
pub fn claimed_senders(header: &[u8]) -> Vec<EmailAddress> {
    let own = |field: &Field<'_>| field.is("from") || field.is("sender");
    let entries =
        fields(header).filter(own).flat_map(|field| address::parse(field.value, ADDRESSES_MAX).entries);
    let address = |entry| match entry {
        Entry::Mailbox(Mailbox { local, host, .. }) => address_of(&local, &host),
        Entry::GroupStart(_) | Entry::GroupEnd => None,
    };
    entries.filter_map(address).take(ADDRESSES_MAX).collect()
}

fn one_field(header: &[u8], which: SenderField, out: &mut Vec<SenderAddress>) -> Result<(), FromError> {
    let mut found = fields(header).filter(|field| field.is(which.name()));
    let Some(field) = found.next() else { return Ok(()) };
    if found.next().is_some() {
        return Err(FromError::Repeated(which));
    }
    addresses(&field, which, out)
}

fn addresses(field: &Field<'_>, which: SenderField, out: &mut Vec<SenderAddress>) -> Result<(), FromError> {
    let list = address::parse(field.value, ADDRESSES_MAX);
    if list.unclear {
        return Err(FromError::Unclear(which));
    }
    let mut group = Vec::new();
    for entry in list.entries {
        // A group hides nobody: its members count like others, and its name like theirs.
        match entry {
            Entry::GroupStart(name) => group = shown_addresses(&name),
            Entry::GroupEnd => {}
            Entry::Mailbox(Mailbox { route: Some(_), .. }) => return Err(FromError::Unclear(which)),
            Entry::Mailbox(Mailbox { name, local, host, .. }) => {
                let address = address_of(&local, &host).ok_or(FromError::Unclear(which))?;
                let mut shown = std::mem::take(&mut group);
                shown.extend(name.as_deref().map(shown_addresses).unwrap_or_default());
                out.push(SenderAddress { field: which, address, shown });
            }
        }
    }
    Ok(())
}

/// What a reader takes for an address in a display name: a word, an at sign in any width, a domain; blanks around the at
/// sign and signs without width do not count.
fn shown_addresses(name: &[u8]) -> Vec<EmailAddress> {
    let hidden = |c: &char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let text: String = header_text(name)
        .chars()
        .filter(|c| !hidden(c))
        .map(|c| if matches!(c, '\u{ff20}' | '\u{fe6b}') { '@' } else { c })
        .collect();
    let ends = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\"'\\@".contains(c);
    let parts: Vec<&str> = text.split('@').collect();
    let address = |pair: &[&str]| {
        let local = pair[0].trim_end().rsplit(ends).next()?;
        let host = pair[1].trim_start().split(|c: char| !c.is_alphanumeric() && !"-.".contains(c)).next()?;
        address_of(local.as_bytes(), host.trim_matches('.').as_bytes())
    };
    parts.windows(2).take(ADDRESSES_MAX).filter_map(address).collect()
}

fn address_of(local: &[u8], host: &[u8]) -> Option<EmailAddress> {
    let local = std::str::from_utf8(local).ok()?.replace('\\', "\\\\").replace('"', "\\\"");
    let host = std::str::from_utf8(host).ok()?.parse().ok()?;
    Some(EmailAddress::new(format!("\"{local}\"").parse().ok()?, host))
}

/// One header to every reader: fields and continuations only, up to the empty line or the end.
fn is_sound(header: &[u8]) -> bool {
    let ended = &header[..header_end(header)];
    let whole = ended.len() == header.len() || ended.ends_with(b"\n\r\n") || ended.ends_with(b"\n\n");
    let breaks = |octets: &[u8]| match octets {
        [b'\r', after] => *after == b'\n',
        [before, b'\n'] => *before == b'\r',
        _ => true,
    };
    let known: usize = fields(ended).map(|field| field.raw.len()).sum();
    let empty_line = if ended.ends_with(b"\r\n\r\n") { 2 } else { 0 };
    // A continuation of blanks only is the end of the header to some.
    let blank =
        |line: &[u8]| line.first().is_some_and(|octet| *octet != b'\r') && line.trim_ascii().is_empty();
    whole
        && known + empty_line == ended.len()
        && !ended.contains(&0)
        && ended.windows(2).all(breaks)
        && !ended.split_inclusive(|octet| *octet == b'\n').any(blank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(header: &str) -> Result<Vec<String>, FromError> {
        let found = from_addresses(header.as_bytes())?;
        Ok(found.iter().map(|sender| format!("{:?} {}", sender.field, sender.address)).collect())
    }

    #[test]
    fn every_sender_is_reported() {
        for (header, senders) in [
            ("From: \"Öqvist, Åsa\" (4B) <asa@skola.test>\r\n\r\n", vec!["From asa@skola.test"]),
            (
                "From: a@x.test,\r\n b@x.test\r\nSender: c@x.test\r\n",
                vec!["From a@x.test", "From b@x.test", "Sender c@x.test"],
            ),
            ("from : Grupp: a@x.test, b@x.test;\r\n\r\nbody", vec!["From a@x.test", "From b@x.test"]),
            (
                "From: a@x.test\r\nResent-From: b@x.test\r\nresent-sender: c@x.test\r\nResent-From: d@x.test\r\n",
                vec!["From a@x.test", "ResentFrom b@x.test", "ResentFrom d@x.test", "ResentSender c@x.test"],
            ),
            ("From: \"a\\\"b\"@x.test\r\n", vec!["From \"a\\\"b\"@x.test"]),
        ] {
            assert_eq!(from(header), Ok(senders.into_iter().map(str::to_owned).collect()), "{header}");
        }
    }

    #[test]
    fn what_readers_could_read_differently_is_an_error() {
        use FromError::{Header, Missing, Repeated, Unclear};
        use SenderField::{From, Sender};
        for (header, error) in [
            ("Subject: x\r\n\r\n", Missing),
            ("From: \r\n\r\n", Missing),
            ("From: undisclosed:;\r\n\r\n", Missing),
            ("From: a@x.test\r\nFROM: b@x.test\r\n\r\n", Repeated(From)),
            ("From: a@x.test\r\nSender: a@x.test\r\nSender: b@x.test\r\n\r\n", Repeated(Sender)),
            ("From: rektor@x.test <elev@x.test>\r\n\r\n", Unclear(From)),
            ("From: <a@x.test> <b@x.test>\r\n\r\n", Unclear(From)),
            ("From: a@x.test b@x.test\r\n\r\n", Unclear(From)),
            ("From: <@asa@x.test:bo@x.test>\r\n\r\n", Unclear(From)),
            ("From: <@r.test:a@x.test>\r\n\r\n", Unclear(From)),
            ("From: a@x.test\r\nResent-From: b\r\n\r\n", Unclear(SenderField::ResentFrom)),
            ("From: =?utf-8?Q?rektor=40x.test?=\r\n\r\n", Unclear(From)),
            ("From: =?utf-8?Q?rektor?=@x.test\r\n\r\n", Unclear(From)),
            ("From: a@=?utf-8?Q?x?=.test\r\n\r\n", Unclear(From)),
            ("From: a@[192.0.2.1]\r\n\r\n", Unclear(From)),
            ("From: (a <a@x.test>\r\n\r\n", Unclear(From)),
            ("From: \"a <a@x.test>\r\n\r\n", Unclear(From)),
            ("From: a@x.test\r\nSender: b\r\n\r\n", Unclear(Sender)),
            ("From: a@x.test\r\nno field\r\nFrom: b@x.test\r\n\r\n", Header),
            ("From: a@x.test\nX: y\r\n\r\n", Header),
            ("From: a@x.test\rFrom: b@x.test\r\n\r\n", Header),
            ("From: a@x.test\0\r\n\r\n", Header),
            ("From a@x.test\r\nFrom: a@x.test\r\n\r\n", Header),
            (" x\r\nFrom: a@x.test\r\n\r\n", Header),
            ("From: a@x.test\r\n \r\nFrom: b@x.test\r\n\r\n", Header),
            (":\r\nFrom: a@x.test\r\n\r\n", Header),
        ] {
            assert_eq!(from(header), Err(error), "{header:?}");
        }
    }

    #[test]
    fn addresses_in_a_display_name_are_reported() {
        for (name, shown) in [
            ("\"Bo Al <bo@x.test>\"", "bo@x.test"),
            ("=?utf-8?Q?bo=40x.test?=", "bo@x.test"),
            ("=?utf-8?B?Ym9AeC50ZXN0?=", "bo@x.test"),
            ("=?utf-8?Q?bo?= =?utf-8?Q?=40x.test?=", "bo@x.test"),
            ("\"bo @ x.test (4B), eva@y.test.\"", "bo@x.test eva@y.test"),
            ("\"b\u{200b}o\u{ff20}X.test\"", "bo@x.test"),
            ("\"@x.test\"", ""),
            ("Åsa Öqvist", ""),
        ] {
            let header = format!("From: {name} <a@x.test>\r\n\r\n");
            let found = from_addresses(header.as_bytes()).unwrap();
            let found: Vec<_> = found[0].shown.iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), shown, "{name}");
        }
        let grouped = from_addresses(b"From: \"bo@x.test\": a@x.test;\r\n").unwrap();
        assert_eq!(grouped[0].shown[0].to_string(), "bo@x.test");
    }

    #[test]
    fn claims_of_strangers_are_read_as_far_as_possible() {
        let header = b"From: a@x.test <b@y.test>\r\nFROM : c@z.test, d\r\nSender: <@r.test:e@x.test>\r\nTo: f@x.test\r\n";
        let found: Vec<_> = claimed_senders(header).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["b@y.test", "c@z.test", "e@x.test"]);
    }

    #[test]
    fn private_fields_go_and_nothing_else_changes() {
        for (header, left) in [
            (
                "From: a@x.test\r\nBcc: b@x.test,\r\n\tc@x.test\r\nX:  y \r\n\r\n",
                "From: a@x.test\r\nX:  y \r\n\r\n",
            ),
            ("bCC : b@x.test\r\nReturn-Path: <c@x.test>\r\nRESENT-BCC:d@x.test\r\n\r\n", "\r\n"),
            (
                "X-Bcc: a\r\nBcc-X: b\r\nSubject: Bcc: c\r\n Bcc: d\r\n",
                "X-Bcc: a\r\nBcc-X: b\r\nSubject: Bcc: c\r\n Bcc: d\r\n",
            ),
            ("From: a@x.test\r\nBcc: b@x.test", "From: a@x.test\r\n"),
            ("", ""),
        ] {
            assert_eq!(
                String::from_utf8(without_private_fields(header.as_bytes())).unwrap(),
                left,
                "{header:?}"
            );
        }
    }

    #[test]
    fn missing_fields_are_written() {
        let asa: EmailAddress = "asa@skola.test".parse().unwrap();
        let added = Added { at: UnixMillis(0), zone: Zone::UTC, id_left: "1f.\r\n2>", from: &asa };
        let missing = missing_fields(b"Subject: x\r\n\r\nDate: y\r\n");
        let fields = String::from_utf8(added.fields(missing)).unwrap();
        assert_eq!(
            fields,
            "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nFrom: <asa@skola.test>\r\nMessage-ID: <1f.2@skola.test>\r\n"
        );
        assert_eq!(missing_fields(fields.as_bytes()), MissingFields::default());
        assert!(added.fields(MissingFields::default()).is_empty());
    }
}

//! What a letter must have when one of our own people sends it.
//!
//! RFC 6409 §8.1 (From and Sender are the sender's own), §8.2 (Date), §8.3 (Message-ID); RFC 5322 §3.6 (one Date, one
//! From; a Sender when From has several authors). Resent fields are not looked at: they describe who passed it on.

use model::{EmailAddress, UnixMillis};

use crate::address::{self, Entry, Mailbox};
use crate::date::{Zone, rfc5322_date};
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
}

/// An address that a letter claims to be from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderAddress {
    /// Where it stands.
    pub field: SenderField,
    /// The address.
    pub address: EmailAddress,
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

/// Every address of From and Sender, if all readers must agree on them; otherwise an error, never a guess.
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
    Ok(out)
}

fn one_field(header: &[u8], which: SenderField, out: &mut Vec<SenderAddress>) -> Result<(), FromError> {
    let name = match which {
        SenderField::From => "from",
        SenderField::Sender => "sender",
    };
    let mut found = fields(header).filter(|field| field.is(name));
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
    for entry in list.entries {
        // A group hides nobody: its members count like others.
        let Entry::Mailbox(Mailbox { local, host, .. }) = entry else { continue };
        let address = address_of(&local, &host).ok_or(FromError::Unclear(which))?;
        out.push(SenderAddress { field: which, address });
    }
    Ok(())
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
            ("From: <@r.test:a@X.test>\r\n", vec!["From a@x.test"]),
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

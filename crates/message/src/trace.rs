//! The lines that we put on top of a letter.
//!
//! RFC 5321 §4.4 (Received, Return-Path), §6.3 (loops are seen by counting Received lines); RFC 3848 and RFC 6531 §4.3
//! (the words after `with`). Nothing that a peer said can end a line or open another field: all but printable ASCII
//! and UTF-8 letters becomes `?`.

use std::net::IpAddr;

use model::{EmailAddress, QueueId, ReversePath, UnixMillis, Zone};

use crate::date::rfc5322_date;
use crate::header::fields;

/// Longest text of a peer that a line repeats, in octets.
const WORD_BYTES_MAX: usize = 320;

/// How a letter came in; the words after `with`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct With {
    /// EHLO, not HELO.
    pub extended: bool,
    /// Over TLS.
    pub tls: bool,
    /// After AUTH.
    pub auth: bool,
    /// MAIL said SMTPUTF8.
    pub utf8: bool,
}

impl With {
    fn word(self) -> String {
        let base = match (self.utf8, self.extended || self.tls || self.auth) {
            (true, _) => "UTF8SMTP",
            (false, true) => "ESMTP",
            (false, false) => "SMTP",
        };
        format!("{base}{}{}", if self.tls { "S" } else { "" }, if self.auth { "A" } else { "" })
    }
}

/// What a Received line says.
#[derive(Clone, Debug)]
pub struct Received<'a> {
    /// What the peer called itself; whatever it said is made harmless.
    pub helo: &'a str,
    /// Where it really is; none leaves it out, as for those who submit mail from home.
    pub peer: Option<IpAddr>,
    /// Our own name.
    pub by: &'a str,
    /// How.
    pub with: With,
    /// Under which name the letter is in our log.
    pub id: QueueId,
    /// The recipient, only if there is one and no other: a line must not tell recipients of each other.
    pub only_recipient: Option<&'a EmailAddress>,
    /// When.
    pub at: UnixMillis,
    /// Zone of the written date.
    pub zone: Zone,
}

/// The whole field, folded, with its line breaks.
pub fn received_header(received: &Received<'_>) -> Vec<u8> {
    let mut out = format!("Received: from {}", harmless(received.helo));
    match received.peer {
        Some(IpAddr::V6(peer)) => out += &format!(" ([IPv6:{peer}])"),
        Some(IpAddr::V4(peer)) => out += &format!(" ([{peer}])"),
        None => {}
    }
    out += &format!("\r\n\tby {} with {} id {}", harmless(received.by), received.with.word(), received.id);
    if let Some(recipient) = received.only_recipient {
        out += &format!("\r\n\tfor <{}>", harmless(&recipient.to_string()));
    }
    out += &format!(";\r\n\t{}\r\n", rfc5322_date(received.at, received.zone));
    out.into_bytes()
}

/// `Return-Path: <…>`, with its line break.
pub fn return_path_header(path: &ReversePath) -> Vec<u8> {
    format!("Return-Path: {}\r\n", harmless(&path.to_string())).into_bytes()
}

/// How many Received lines a header has.
pub fn hops(header: &[u8]) -> usize {
    fields(header).filter(|field| field.is("received")).count()
}

/// One word, of one line, that is no comment and ends nothing.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let plain =
            if c.is_ascii() { c.is_ascii_graphic() && !"();".contains(c) } else { c.is_alphanumeric() };
        if out.len() + c.len_utf8() > WORD_BYTES_MAX {
            break;
        }
        out.push(if plain { c } else { '?' });
    }
    if out.is_empty() { "?".to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received() -> Received<'static> {
        Received {
            helo: "mx.granne.test",
            peer: Some("192.0.2.1".parse().unwrap()),
            by: "mx.skola.test",
            with: With { extended: true, tls: true, ..With::default() },
            id: QueueId::new(0x1f),
            only_recipient: None,
            at: UnixMillis(1_788_760_800_000),
            zone: Zone::minutes_east(120),
        }
    }

    #[test]
    fn a_received_line() {
        let to: EmailAddress = "åsa@skola.test".parse().unwrap();
        let line = received_header(&Received { only_recipient: Some(&to), ..received() });
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "Received: from mx.granne.test ([192.0.2.1])\r\n\tby mx.skola.test with ESMTPS id 000000000000001f\r\n\t\
             for <åsa@skola.test>;\r\n\tMon, 7 Sep 2026 08:00:00 +0200\r\n"
        );
        let line = received_header(&Received { peer: Some("2001:db8::1".parse().unwrap()), ..received() });
        assert!(String::from_utf8(line).unwrap().contains("([IPv6:2001:db8::1])\r\n"));
    }

    #[test]
    fn nothing_that_a_peer_says_adds_a_line() {
        let long = "x".repeat(5000);
        for helo in ["a\r\nBcc: b@x.test", "a)\t(b; c\0", "", &long, "\u{85}\u{2028}å"] {
            let line = received_header(&Received { helo, peer: None, ..received() });
            assert_eq!(fields(&line).count(), 1, "{helo:?}");
            assert!(line.split(|octet| *octet == b'\n').all(|line| line.len() < 998));
            assert!(!line.contains(&b'(') && line.iter().filter(|octet| **octet == b';').count() == 1);
        }
        let path = ReversePath::Address("\"a>\\\"b\"@x.test".parse().unwrap());
        assert_eq!(fields(&return_path_header(&path)).count(), 1);
    }

    #[test]
    fn words_after_with() {
        let with = |extended, tls, auth, utf8| With { extended, tls, auth, utf8 }.word();
        assert_eq!(with(false, false, false, false), "SMTP");
        assert_eq!(with(true, true, true, false), "ESMTPSA");
        assert_eq!(with(true, true, false, true), "UTF8SMTPS");
        assert_eq!(with(true, false, true, true), "UTF8SMTPA");
    }

    #[test]
    fn hops_are_counted() {
        assert_eq!(hops(b"Received: a\r\n b\r\nreceived : c\r\nX-Received: d\r\n\r\nReceived: e\r\n"), 2);
        assert_eq!(return_path_header(&ReversePath::Null), b"Return-Path: <>\r\n");
    }
}

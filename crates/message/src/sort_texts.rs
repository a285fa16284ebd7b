//! What SORT compares, read from a finished ENVELOPE.
//!
//! RFC 5256 §2.1 (base subject), §2.2 (sent date), §3 (CC, FROM, TO: the local part of the first address); RFC 5957 §3
//! (DISPLAYFROM, DISPLAYTO: the name of the first address or group, else the address, else nothing). Texts are keys under
//! i;unicode-casemap, to be compared octet by octet.

use crate::base_subject::base_subject;
use crate::casemap::casemap;
use crate::date;
use crate::decode::header_text;
use crate::envelope_view::{EnvelopeView, FirstAddress};

/// Octets of a key; what is longer compares as equal.
const KEY_OCTETS_MAX: usize = 1000;

/// Keys of one letter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortTexts {
    /// Its Date in UTC, in seconds since 1970; none if there is none that reads.
    pub sent: Option<i64>,
    /// The base subject.
    pub subject: String,
    /// The subject says that it is a reply or a forward.
    pub is_reply: bool,
    /// FROM
    pub from: String,
    /// TO
    pub to: String,
    /// CC
    pub cc: String,
    /// DISPLAYFROM
    pub display_from: String,
    /// DISPLAYTO
    pub display_to: String,
}

impl SortTexts {
    /// Reads them from the value of ENVELOPE as [`crate::Derived::envelope`] has it; what does not read is empty.
    pub fn of_envelope(envelope: &[u8]) -> Self {
        let view = EnvelopeView::read(envelope);
        let subject = base_subject(&view.subject);
        Self {
            sent: date::parse(&String::from_utf8_lossy(&view.date)).map(|sent| sent.unix_seconds),
            subject: key(&subject.text),
            is_reply: subject.is_reply,
            from: key(&header_text(&view.from.mailbox)),
            to: key(&header_text(&view.to.mailbox)),
            cc: key(&header_text(&view.cc.mailbox)),
            display_from: display(&view.from),
            display_to: display(&view.to),
        }
    }
}

fn key(text: &str) -> String {
    casemap(text, KEY_OCTETS_MAX)
}

fn display(first: &FirstAddress<'_>) -> String {
    let name = header_text(&first.name);
    let name = name.trim();
    if !name.is_empty() {
        return key(name);
    }
    if first.is_group || first.host.is_empty() {
        return key(&header_text(&first.mailbox));
    }
    key(&format!("{}@{}", header_text(&first.mailbox), header_text(&first.host)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, derive};

    fn texts(header: &str) -> SortTexts {
        SortTexts::of_envelope(&derive(header.as_bytes(), &Limits::default()).envelope)
    }

    #[test]
    fn keys_of_a_letter() {
        let found = texts(
            "Date: Mon, 7 Sep 2026 08:00:00 +0200\r\nSubject: Re: =?utf-8?Q?L=C3=A4xa?=\r\n\
             From: \"Öqvist, \\\"Åsa\\\"\" <asa@skola.test>, b@x.test\r\nTo: Klass 4B: c@x.test;\r\nCc: d@x.test\r\n\r\n",
        );
        assert_eq!(found.sent, Some(1_788_760_800));
        assert_eq!((found.subject.as_str(), found.is_reply), ("LA\u{308}XA", true));
        assert_eq!((found.from.as_str(), found.cc.as_str()), ("ASA", "D"));
        assert_eq!(found.display_from, casemap("ÖQVIST, \"ÅSA\"", 100));
        assert_eq!((found.to.as_str(), found.display_to.as_str()), ("KLASS 4B", "KLASS 4B"));
    }

    #[test]
    fn an_address_stands_for_its_name_and_nothing_for_nothing() {
        let found = texts("From: asa@skola.test\r\nTo: =?utf-8?Q?_?= <b@x.test>\r\nDate: i dag\r\n\r\n");
        assert_eq!(found.display_from, "ASA@SKOLA.TEST");
        assert_eq!((found.to.as_str(), found.display_to.as_str()), ("B", "B@X.TEST"));
        assert_eq!((found.sent, found.cc.as_str(), found.subject.as_str()), (None, "", ""));
    }

    proptest::proptest! {
        #[test]
        fn no_octets_panic(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            SortTexts::of_envelope(&octets);
        }
        #[test]
        fn no_near_envelope_panics(text in "[\\(\\) \"\\\\NIL{}0-9a\r\n]{0,120}") {
            SortTexts::of_envelope(format!("({text}").as_bytes());
        }
    }
}

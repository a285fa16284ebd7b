//! ENVELOPE: the value that FETCH sends, ready-made.
//!
//! RFC 3501 §7.4.2. Fields are raw: unfolded, encoded words untouched. Absent gives NIL, present and empty gives `""`;
//! sender and reply-to fall back to from. Several To fields make one list, of all other fields the first counts. A
//! mailbox without a domain has the host `""`, because NIL would mean a group.

use std::borrow::Cow;

use crate::address::{self, Entry, Mailbox};
use crate::header::{Field, fields};
use crate::imap_text::{nstring, string};

/// The fields that matter, as they stand.
#[derive(Default)]
struct Found<'x> {
    date: Option<Cow<'x, [u8]>>,
    subject: Option<Cow<'x, [u8]>>,
    in_reply_to: Option<Cow<'x, [u8]>>,
    message_id: Option<Cow<'x, [u8]>>,
    from: Vec<Field<'x>>,
    sender: Vec<Field<'x>>,
    reply_to: Vec<Field<'x>>,
    to: Vec<Field<'x>>,
    cc: Vec<Field<'x>>,
    bcc: Vec<Field<'x>>,
}

impl<'x> Found<'x> {
    fn in_header(header: &'x [u8]) -> Self {
        let mut found = Self::default();
        for field in fields(header) {
            let mut first = |slot: fn(&mut Self) -> &mut Option<Cow<'x, [u8]>>| {
                slot(&mut found).get_or_insert_with(|| field.unfolded());
            };
            match field.name.to_ascii_lowercase().as_slice() {
                b"date" => first(|found| &mut found.date),
                b"subject" => first(|found| &mut found.subject),
                b"in-reply-to" => first(|found| &mut found.in_reply_to),
                b"message-id" => first(|found| &mut found.message_id),
                b"from" => found.from.push(field),
                b"sender" => found.sender.push(field),
                b"reply-to" => found.reply_to.push(field),
                b"to" => found.to.push(field),
                b"cc" => found.cc.push(field),
                b"bcc" => found.bcc.push(field),
                _ => {}
            }
        }
        found
    }
}

/// Writes the envelope of the letter with this header. `addresses_left` is what the whole letter may still have.
pub(crate) fn write(out: &mut Vec<u8>, header: &[u8], addresses_left: &mut usize) {
    let found = Found::in_header(header);
    out.push(b'(');
    nstring(out, found.date.as_deref());
    out.push(b' ');
    nstring(out, found.subject.as_deref());
    let from = addresses(&found.from, addresses_left);
    let to_from = |list: &[Field<'_>], left: &mut usize| {
        // RFC 3501 §7.4.2: absent or empty Sender and Reply-To are as From.
        let own = addresses(list, left);
        if own == b"NIL" { from.clone() } else { own }
    };
    let sender = to_from(&found.sender, addresses_left);
    let reply_to = to_from(&found.reply_to, addresses_left);
    for list in [&from, &sender, &reply_to] {
        out.push(b' ');
        out.extend_from_slice(list);
    }
    for list in [&found.to, &found.cc, &found.bcc] {
        out.push(b' ');
        out.extend(addresses(list, addresses_left));
    }
    out.push(b' ');
    nstring(out, found.in_reply_to.as_deref());
    out.push(b' ');
    nstring(out, found.message_id.as_deref());
    out.push(b')');
}

fn addresses(list: &[Field<'_>], left: &mut usize) -> Vec<u8> {
    let mut out = vec![b'('];
    for field in list {
        let entries = address::parse(field.value, *left).entries;
        *left = left.saturating_sub(entries.len());
        for entry in &entries {
            entry_in(&mut out, entry);
        }
    }
    if out.len() == 1 {
        return b"NIL".to_vec();
    }
    out.push(b')');
    out
}

fn entry_in(out: &mut Vec<u8>, entry: &Entry) {
    match entry {
        Entry::GroupEnd => out.extend_from_slice(b"(NIL NIL NIL NIL)"),
        Entry::GroupStart(name) => {
            out.extend_from_slice(b"(NIL NIL ");
            string(out, name);
            out.extend_from_slice(b" NIL)");
        }
        Entry::Mailbox(Mailbox { name, route, local, host }) => {
            out.push(b'(');
            nstring(out, name.as_deref());
            out.push(b' ');
            nstring(out, route.as_deref());
            out.push(b' ');
            string(out, local);
            out.push(b' ');
            string(out, host);
            out.push(b')');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(header: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, header.as_bytes(), &mut 100);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_field_in_its_place() {
        let header = "Date: Mon, 7 Sep 2026 08:00:00 +0200\r\nSubject: =?utf-8?Q?L=C3=A4xa?=\r\n\t\"v. 37\"\r\n\
                      From: \"Öqvist, Åsa\" <asa@skola.test>\r\nReply-To:\r\nSender: kansli@skola.test\r\n\
                      To: a@x.test\r\nTo: b@x.test\r\nCc: 4B:c@x.test;\r\nIn-Reply-To: <1@x.test>\r\n\
                      Message-ID: <2@x.test>\r\nSubject: second\r\n\r\n";
        let asa = "(({15}\r\nÖqvist, Åsa NIL \"asa\" \"skola.test\"))".replace("{15}", "{13}");
        assert_eq!(
            envelope(header),
            format!(
                "(\"Mon, 7 Sep 2026 08:00:00 +0200\" \"=?utf-8?Q?L=C3=A4xa?=\t\\\"v. 37\\\"\" {asa} \
                 ((NIL NIL \"kansli\" \"skola.test\")) {asa} \
                 ((NIL NIL \"a\" \"x.test\")(NIL NIL \"b\" \"x.test\")) \
                 ((NIL NIL \"4B\" NIL)(NIL NIL \"c\" \"x.test\")(NIL NIL NIL NIL)) NIL \"<1@x.test>\" \"<2@x.test>\")"
            )
        );
    }

    #[test]
    fn a_letter_without_a_header_has_an_envelope() {
        assert_eq!(envelope(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
        assert_eq!(envelope("Subject:\r\nFrom: \r\n"), "(NIL \"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
        assert_eq!(envelope("To: asa\r\n"), "(NIL NIL NIL NIL NIL ((NIL NIL \"asa\" \"\")) NIL NIL NIL NIL)");
    }

    #[test]
    fn the_number_of_addresses_is_bounded() {
        let mut left = 3;
        let mut out = Vec::new();
        write(&mut out, b"From: a@b\r\nTo: c@d, e@f, g@h, i@j\r\nCc: k@l\r\n", &mut left);
        assert_eq!(left, 0);
        assert_eq!(String::from_utf8(out).unwrap().matches("NIL NIL \"").count(), 5);
    }
}

//! METADATA responses.
//!
//! RFC 5464 §4.4.1, §5 (entries with their values, with NUL as a literal8; the name of the server's own is empty), §4.4.2 (names of what changed).

use model::MailboxName;

use super::string::{astring, literal8, mailbox, nstring};
use crate::enabled::Enabled;

/// `* METADATA name (entry value …)`. An entry without a value is told as NIL.
pub fn metadata<'a>(
    name: Option<&MailboxName>,
    entries: impl IntoIterator<Item = (&'a str, Option<&'a [u8]>)>,
    enabled: Enabled,
    out: &mut Vec<u8>,
) {
    begin(name, enabled, out);
    out.extend_from_slice(b" (");
    for (place, (entry, value)) in entries.into_iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        astring(entry.as_bytes(), out);
        out.push(b' ');
        match value {
            Some(value) if value.contains(&0) => literal8(value, out),
            value => nstring(value, out),
        }
    }
    out.extend_from_slice(b")\r\n");
}

/// `* METADATA name entry entry`: they changed (RFC 5464 §4.4.2).
pub fn metadata_changed(name: Option<&MailboxName>, entries: &[&str], enabled: Enabled, out: &mut Vec<u8>) {
    begin(name, enabled, out);
    for entry in entries {
        out.push(b' ');
        astring(entry.as_bytes(), out);
    }
    out.extend_from_slice(b"\r\n");
}

fn begin(name: Option<&MailboxName>, enabled: Enabled, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* METADATA ");
    match name {
        Some(name) => mailbox(name, enabled, out),
        None => out.extend_from_slice(b"\"\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_server_and_of_a_mailbox() {
        let mut out = Vec::new();
        let name = MailboxName::parse("Läxor").unwrap();
        metadata(
            Some(&name),
            [("/private/comment", Some(&b"a\"b"[..])), ("/private/nul", Some(b"a\0b")), ("/shared/x", None)],
            Enabled::default(),
            &mut out,
        );
        metadata(
            None,
            [("/shared/admin", Some("mailto:å@skola.test".as_bytes()))],
            Enabled::default(),
            &mut out,
        );
        let expected = "* METADATA L&AOQ-xor (/private/comment \"a\\\"b\" /private/nul ~{3}\r\na\0b /shared/x NIL)\r\n\
            * METADATA \"\" (/shared/admin {20}\r\nmailto:å@skola.test)\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

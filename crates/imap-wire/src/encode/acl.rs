//! ACL, LISTRIGHTS and MYRIGHTS responses.
//!
//! RFC 4314 §3.6, §3.7, §3.8; §2.1.1: the old `c` and `d` stand beside the rights that they were divided into.

use model::{MailboxName, Right, Rights};

use super::string::{astring, mailbox};
use crate::enabled::Enabled;

/// `* ACL name identifier rights …`
pub fn acl<'a>(
    name: &MailboxName,
    list: impl IntoIterator<Item = (&'a str, Rights)>,
    enabled: Enabled,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"* ACL ");
    mailbox(name, enabled, out);
    for (identifier, rights) in list {
        out.push(b' ');
        astring(identifier.as_bytes(), out);
        out.push(b' ');
        letters(rights, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// `* LISTRIGHTS name identifier required optional …`: each of the optional ones comes and goes by itself.
pub fn list_rights(
    name: &MailboxName,
    identifier: &str,
    required: Rights,
    optional: Rights,
    enabled: Enabled,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"* LISTRIGHTS ");
    mailbox(name, enabled, out);
    out.push(b' ');
    astring(identifier.as_bytes(), out);
    out.push(b' ');
    letters(required, out);
    for right in Right::ALL.into_iter().filter(|right| optional.has(*right)) {
        out.push(b' ');
        out.push(right.letter() as u8);
    }
    out.extend_from_slice(b"\r\n");
}

/// `* MYRIGHTS name rights`
pub fn my_rights(name: &MailboxName, rights: Rights, enabled: Enabled, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* MYRIGHTS ");
    mailbox(name, enabled, out);
    out.push(b' ');
    letters(rights, out);
    out.extend_from_slice(b"\r\n");
}

fn letters(rights: Rights, out: &mut Vec<u8>) {
    if rights.is_empty() {
        out.extend_from_slice(b"\"\"");
        return;
    }
    out.extend_from_slice(rights.to_string().as_bytes());
    if rights.has(Right::Create) || rights.has(Right::Delete) {
        out.push(b'c');
    }
    if rights.has(Right::DeleteMessages) || rights.has(Right::Expunge) {
        out.push(b'd');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_each() {
        let name = MailboxName::parse("Delade/expedition@skola.test").unwrap();
        let mut out = Vec::new();
        let some: Rights = "lrs".parse().unwrap();
        acl(&name, [("asa@skola.test", Rights::ALL), ("b c", some)], Enabled::default(), &mut out);
        list_rights(&name, "asa@skola.test", Rights::NONE, some, Enabled::default(), &mut out);
        my_rights(&name, some, Enabled::default(), &mut out);
        my_rights(&MailboxName::inbox(), Rights::NONE, Enabled::default(), &mut out);
        let expected = "* ACL Delade/expedition@skola.test asa@skola.test lrswipkxteacd \"b c\" lrs\r\n\
            * LISTRIGHTS Delade/expedition@skola.test asa@skola.test \"\" l r s\r\n\
            * MYRIGHTS Delade/expedition@skola.test lrs\r\n\
            * MYRIGHTS INBOX \"\"\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

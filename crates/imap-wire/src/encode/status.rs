//! Responses about a mailbox as a whole.
//!
//! RFC 3501 §7.2.4 to §7.4.1; RFC 9208 §5.

use model::{FlagSet, MailboxName, SeqNo};

use super::Code;
use super::string::{astring, mailbox, number};
use crate::command::StatusItem;
use crate::enabled::Enabled;

fn count(n: u64, word: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* ");
    number(n, out);
    out.push(b' ');
    out.extend_from_slice(word.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// `* n EXISTS`
pub fn exists(messages: u32, out: &mut Vec<u8>) {
    count(u64::from(messages), "EXISTS", out);
}
/// `* n RECENT`
pub fn recent(messages: u32, out: &mut Vec<u8>) {
    count(u64::from(messages), "RECENT", out);
}
/// `* n EXPUNGE`; the numbers above it shrink by one at once.
pub fn expunge(place: SeqNo, out: &mut Vec<u8>) {
    count(u64::from(place.get()), "EXPUNGE", out);
}

/// `* FLAGS (…)`: flags that can be used in the mailbox.
pub fn flags(flags: &FlagSet, out: &mut Vec<u8>) {
    use std::io::Write;
    write!(out, "* FLAGS ({flags})\r\n").expect("a Vec takes everything");
}

/// `* OK [code] text`, as in the replies of SELECT and MOVE; the text is ours, in ASCII.
pub fn ok(code: &Code, text: &'static str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* OK ");
    code.write(out);
    out.push(b' ');
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// `* NO [code] text`: something else than the command did not work.
pub fn no(code: &Code, text: &'static str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* NO ");
    code.write(out);
    out.push(b' ');
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// What STATUS tells of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusValue {
    /// A number.
    Number(u64),
    /// An object id, in parentheses (RFC 8474 §4.3).
    Id(String),
}

/// `* STATUS name (item n …)`
pub fn status(name: &MailboxName, values: &[(StatusItem, StatusValue)], enabled: Enabled, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* STATUS ");
    mailbox(name, enabled, out);
    out.extend_from_slice(b" (");
    for (place, (item, value)) in values.iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(item.name().as_bytes());
        out.push(b' ');
        match value {
            StatusValue::Number(value) => number(*value, out),
            StatusValue::Id(id) => {
                out.push(b'(');
                out.extend_from_slice(id.as_bytes());
                out.push(b')');
            }
        }
    }
    out.extend_from_slice(b")\r\n");
}

/// Use of one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaUsage {
    /// `STORAGE` (in units of 1024 octets, rounded up) or `MESSAGE`.
    pub resource: &'static str,
    /// How much is used.
    pub used: u64,
    /// How much may be.
    pub limit: u64,
}

/// `* QUOTA root (resource used limit …)`
pub fn quota(root: &str, usage: &[QuotaUsage], out: &mut Vec<u8>) {
    out.extend_from_slice(b"* QUOTA ");
    astring(root.as_bytes(), out);
    out.extend_from_slice(b" (");
    for (place, one) in usage.iter().enumerate() {
        if place > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(one.resource.as_bytes());
        out.push(b' ');
        number(one.used, out);
        out.push(b' ');
        number(one.limit, out);
    }
    out.extend_from_slice(b")\r\n");
}

/// `* QUOTAROOT name root …`. A root has a name: an empty one crashed mail programs.
pub fn quota_root(name: &MailboxName, roots: &[&str], enabled: Enabled, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* QUOTAROOT ");
    mailbox(name, enabled, out);
    for root in roots {
        out.push(b' ');
        astring(root.as_bytes(), out);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_each() {
        let mut out = Vec::new();
        let name = MailboxName::parse("Åk 7").unwrap();
        exists(172, &mut out);
        recent(0, &mut out);
        expunge(SeqNo::MIN, &mut out);
        flags(&FlagSet::from_system_bits(31), &mut out);
        ok(&Code::ReadOnly, "Look only", &mut out);
        let values = [
            (StatusItem::Messages, StatusValue::Number(231)),
            (StatusItem::MailboxId, StatusValue::Id("F1".to_owned())),
        ];
        status(&name, &values, Enabled::default(), &mut out);
        quota("konto", &[QuotaUsage { resource: "STORAGE", used: 10, limit: 512 }], &mut out);
        quota_root(&name, &["konto"], Enabled::default(), &mut out);
        let expected = "* 172 EXISTS\r\n* 0 RECENT\r\n* 1 EXPUNGE\r\n\
            * FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n* OK [READ-ONLY] Look only\r\n\
            * STATUS \"&AMU-k 7\" (MESSAGES 231 MAILBOXID (F1))\r\n\
            * QUOTA konto (STORAGE 10 512)\r\n* QUOTAROOT \"&AMU-k 7\" konto\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

//! LIST, LSUB and NAMESPACE responses.
//!
//! RFC 3501 §7.2.2, §7.2.3; RFC 3348; RFC 5258 §3, §4 (CHILDINFO); RFC 6154 §2; RFC 2342 §5.

use model::{HIERARCHY_DELIMITER, MailboxName, SpecialUse};

use super::string::mailbox;
use crate::enabled::Enabled;

/// What is told of a mailbox in LIST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `\Noselect`: only a level in the tree.
    pub no_select: bool,
    /// `\NonExistent`: subscribed, but gone; no_select goes without saying.
    pub non_existent: bool,
    /// `\HasChildren` or `\HasNoChildren`.
    pub children: Option<bool>,
    /// `\Subscribed`.
    pub subscribed: bool,
    /// `\Sent` and its like; give it always, clients do not ask (macOS) and yet use it.
    pub special_use: Option<SpecialUse>,
    /// CHILDINFO: something subscribed lies below (only when RECURSIVEMATCH was asked).
    pub subscribed_below: bool,
}

/// `* LIST (…) "/" name`
pub fn list(name: &MailboxName, attributes: &Attributes, enabled: Enabled, out: &mut Vec<u8>) {
    entry("LIST", name, attributes, enabled, out);
    if attributes.subscribed_below {
        out.extend_from_slice(b" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
    }
    out.extend_from_slice(b"\r\n");
}

/// `* LIST (…) "/" name ("OLDNAME" ("old"))`: the mailbox got this name (RFC 5465 §5.4, RFC 9051 §6.3.9.7).
pub fn list_renamed(
    name: &MailboxName,
    attributes: &Attributes,
    old: &MailboxName,
    enabled: Enabled,
    out: &mut Vec<u8>,
) {
    entry("LIST", name, attributes, enabled, out);
    out.extend_from_slice(b" (\"OLDNAME\" (");
    mailbox(old, enabled, out);
    out.extend_from_slice(b"))\r\n");
}

/// `* LSUB (…) "/" name`
pub fn lsub(name: &MailboxName, attributes: &Attributes, enabled: Enabled, out: &mut Vec<u8>) {
    entry("LSUB", name, attributes, enabled, out);
    out.extend_from_slice(b"\r\n");
}

/// The answer to an empty pattern: the root and the delimiter. `verb` is LIST or LSUB.
pub fn list_root(verb: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* ");
    out.extend_from_slice(verb.as_bytes());
    out.extend_from_slice(b" (\\Noselect) \"");
    out.push(HIERARCHY_DELIMITER as u8);
    out.extend_from_slice(b"\" \"\"\r\n");
}

fn entry(verb: &str, name: &MailboxName, attributes: &Attributes, enabled: Enabled, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* ");
    out.extend_from_slice(verb.as_bytes());
    out.extend_from_slice(b" (");
    let children = match attributes.children {
        Some(true) => "\\HasChildren",
        Some(false) => "\\HasNoChildren",
        None => "",
    };
    let words = [
        if attributes.non_existent { "\\NonExistent" } else { "" },
        if attributes.no_select { "\\Noselect" } else { "" },
        children,
        if attributes.subscribed { "\\Subscribed" } else { "" },
        attributes.special_use.map_or("", SpecialUse::attribute),
    ];
    let mut space = false;
    for word in words.into_iter().filter(|word| !word.is_empty()) {
        if space {
            out.push(b' ');
        }
        out.extend_from_slice(word.as_bytes());
        space = true;
    }
    out.extend_from_slice(b") \"");
    out.push(HIERARCHY_DELIMITER as u8);
    out.extend_from_slice(b"\" ");
    mailbox(name, enabled, out);
}

/// `* NAMESPACE`: one personal namespace at the root, other users' below one name, shared ones below another.
pub fn namespace(
    others: Option<&MailboxName>,
    shared: Option<&MailboxName>,
    enabled: Enabled,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"* NAMESPACE ((\"\" \"/\"))");
    for root in [others, shared] {
        match root {
            Some(root) => {
                out.extend_from_slice(b" ((");
                prefix(root, enabled, out);
                out.extend_from_slice(b" \"/\"))");
            }
            None => out.extend_from_slice(b" NIL"),
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// The name with the delimiter behind it, always quoted (RFC 2342 §5).
fn prefix(root: &MailboxName, enabled: Enabled, out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    mailbox(root, enabled, out);
    if out[start] == b'"' {
        out.remove(start);
        out.pop();
    }
    out.push(HIERARCHY_DELIMITER as u8);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Enabled = Enabled { condstore: false, qresync: false, utf8: false, imap4rev2: false };
    const UTF8: Enabled = Enabled { utf8: true, ..OLD };

    #[test]
    fn attributes_in_their_order() {
        let name = MailboxName::parse("Läxor/Åk 7").unwrap();
        let mut out = Vec::new();
        let attributes = Attributes {
            children: Some(false),
            subscribed: true,
            special_use: Some(SpecialUse::Sent),
            subscribed_below: true,
            ..Attributes::default()
        };
        list(&name, &attributes, OLD, &mut out);
        lsub(&MailboxName::inbox(), &Attributes { no_select: true, ..Attributes::default() }, OLD, &mut out);
        list_renamed(&MailboxName::inbox(), &Attributes::default(), &name, OLD, &mut out);
        list_root("LIST", &mut out);
        namespace(None, None, OLD, &mut out);
        let (others, shared) = (MailboxName::parse("Övriga").unwrap(), MailboxName::parse("Delade").unwrap());
        namespace(Some(&others), Some(&shared), OLD, &mut out);
        namespace(Some(&others), None, UTF8, &mut out);
        list_renamed(&name, &Attributes::default(), &others, OLD, &mut out);
        list_renamed(&name, &Attributes::default(), &others, UTF8, &mut out);
        let expected = "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" \"L&AOQ-xor/&AMU-k 7\" \
            (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n\
            * LSUB (\\Noselect) \"/\" INBOX\r\n\
            * LIST () \"/\" INBOX (\"OLDNAME\" (\"L&AOQ-xor/&AMU-k 7\"))\r\n\
            * LIST (\\Noselect) \"/\" \"\"\r\n\
            * NAMESPACE ((\"\" \"/\")) NIL NIL\r\n\
            * NAMESPACE ((\"\" \"/\")) ((\"&ANY-vriga/\" \"/\")) ((\"Delade/\" \"/\"))\r\n\
            * NAMESPACE ((\"\" \"/\")) ((\"Övriga/\" \"/\")) NIL\r\n\
            * LIST () \"/\" \"L&AOQ-xor/&AMU-k 7\" (\"OLDNAME\" (&ANY-vriga))\r\n\
            * LIST () \"/\" \"Läxor/Åk 7\" (\"OLDNAME\" (\"Övriga\"))\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

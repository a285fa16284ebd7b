//! LIST, LSUB and NAMESPACE responses.
//!
//! RFC 3501 §7.2.2, §7.2.3; RFC 3348; RFC 5258 §3, §4 (CHILDINFO); RFC 6154 §2; RFC 2342 §5.

use model::{HIERARCHY_DELIMITER, MailboxName, SpecialUse};

use super::string::mailbox;

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
pub fn list(name: &MailboxName, attributes: &Attributes, out: &mut Vec<u8>) {
    entry("LIST", name, attributes, out);
    if attributes.subscribed_below {
        out.extend_from_slice(b" (\"CHILDINFO\" (\"SUBSCRIBED\"))");
    }
    out.extend_from_slice(b"\r\n");
}

/// `* LSUB (…) "/" name`
pub fn lsub(name: &MailboxName, attributes: &Attributes, out: &mut Vec<u8>) {
    entry("LSUB", name, attributes, out);
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

fn entry(verb: &str, name: &MailboxName, attributes: &Attributes, out: &mut Vec<u8>) {
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
    mailbox(name, out);
}

/// `* NAMESPACE`: one personal namespace at the root, nothing of others, nothing shared.
pub fn namespace(out: &mut Vec<u8>) {
    out.extend_from_slice(b"* NAMESPACE ((\"\" \"");
    out.push(HIERARCHY_DELIMITER as u8);
    out.extend_from_slice(b"\")) NIL NIL\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

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
        list(&name, &attributes, &mut out);
        lsub(&MailboxName::inbox(), &Attributes { no_select: true, ..Attributes::default() }, &mut out);
        list_root("LIST", &mut out);
        namespace(&mut out);
        let expected = "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" \"L&AOQ-xor/&AMU-k 7\" \
            (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n\
            * LSUB (\\Noselect) \"/\" INBOX\r\n\
            * LIST (\\Noselect) \"/\" \"\"\r\n\
            * NAMESPACE ((\"\" \"/\")) NIL NIL\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

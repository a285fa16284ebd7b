//! Names of mailboxes: modified UTF-7, UTF-8, and the patterns of LIST.
//!
//! What must hold: what decodes has one way to be written; every text comes back; a pattern without wildcards matches
//! its own name.

use imap_wire::{ListPattern, decode_mutf7, encode_mutf7};
use model::MailboxName;

/// The octets are a name in modified UTF-7, a name in UTF-8, and a pattern before the first line's end with a name behind.
pub fn mutf7(data: &[u8]) {
    if let Ok(text) = decode_mutf7(data) {
        assert_eq!(decode_mutf7(&encoded(&text)).as_deref(), Ok(&*text));
    }
    let text = String::from_utf8_lossy(data);
    assert_eq!(decode_mutf7(&encoded(&text)).as_deref(), Ok(&*text));
    let (pattern, name) = text.split_once('\n').unwrap_or((&text, &text));
    let Ok(name) = MailboxName::parse(name) else { return };
    assert_eq!(MailboxName::parse(name.as_str()).as_ref(), Ok(&name));
    if let Some(pattern) = ListPattern::new(pattern) {
        pattern.matches(&name);
    }
    let own = ListPattern::new(name.as_str()).expect("no longer than a name may be");
    assert!(own.matches(&name));
    assert!(ListPattern::new("*").unwrap().matches(&name));
}

fn encoded(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    encode_mutf7(text, &mut octets);
    assert!(octets.iter().all(|octet| matches!(octet, 0x20..=0x7e)));
    octets
}

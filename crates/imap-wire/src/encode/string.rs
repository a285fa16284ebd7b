//! Numbers, strings and names.
//!
//! RFC 3501 §4.2, §4.3, §5.1.3; RFC 6855 §3 and RFC 9051 §5.1 (names in UTF-8).

use model::MailboxName;

use crate::enabled::Enabled;
use crate::mutf7;

/// Appends a number in decimal.
#[inline]
pub fn number(number: u64, out: &mut Vec<u8>) {
    const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899";
    let (mut digits, mut at, mut rest) = ([0u8; 20], 20, number);
    while rest >= 10 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    // What is left is one digit, or nothing behind a whole number of pairs.
    if rest > 0 || at == 20 {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// Longest quoted string; longer ones go as literals.
const QUOTED_MAX: usize = 1000;

/// Appends a quoted string, or a literal where that cannot hold the octets.
pub fn string(octets: &[u8], out: &mut Vec<u8>) {
    let plain = |octet: &u8| octet.is_ascii() && !b"\r\n\0".contains(octet);
    if octets.len() > QUOTED_MAX || !octets.iter().all(plain) {
        out.push(b'{');
        number(octets.len() as u64, out);
        out.extend_from_slice(b"}\r\n");
        out.extend_from_slice(octets);
        return;
    }
    quoted(octets, out);
}

/// Appends a literal8, which may hold NUL (RFC 3516 §4.4).
pub(super) fn literal8(octets: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"~{");
    number(octets.len() as u64, out);
    out.extend_from_slice(b"}\r\n");
    out.extend_from_slice(octets);
}

fn quoted(octets: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for octet in octets {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*octet);
    }
    out.push(b'"');
}

/// Appends a string, or NIL.
pub fn nstring(octets: Option<&[u8]>, out: &mut Vec<u8>) {
    match octets {
        Some(octets) => string(octets, out),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Appends an atom where one can hold the octets, else a string.
pub fn astring(octets: &[u8], out: &mut Vec<u8>) {
    let atom = |octet: &u8| octet.is_ascii_graphic() && !b"(){%*\"\\]".contains(octet);
    if octets.is_empty() || octets.eq_ignore_ascii_case(b"NIL") || !octets.iter().all(atom) {
        string(octets, out);
    } else {
        out.extend_from_slice(octets);
    }
}

/// Appends a mailbox name: in modified UTF-7, or in UTF-8 for a client that has asked for it (RFC 6855 §3).
pub fn mailbox(name: &MailboxName, enabled: Enabled, out: &mut Vec<u8>) {
    let name = name.as_str();
    if !enabled.unicode_names() {
        let mut wire = Vec::with_capacity(name.len() + 8);
        mutf7::encode(name, &mut wire);
        astring(&wire, out);
    } else if name.is_ascii() {
        astring(name.as_bytes(), out);
    } else {
        quoted(name.as_bytes(), out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_form_that_can_hold_it() {
        assert_eq!(written(|out| string(b"a \"b\\", out)), r#""a \"b\\""#);
        assert_eq!(written(|out| string(b"", out)), "\"\"");
        assert_eq!(written(|out| string(b"a\r\nb", out)), "{4}\r\na\r\nb");
        assert_eq!(written(|out| string("å".as_bytes(), out)), "{2}\r\nå");
        assert!(written(|out| string(&[b'x'; 1001], out)).starts_with("{1001}\r\n"));
        assert_eq!(written(|out| nstring(None, out)), "NIL");
        assert_eq!(written(|out| astring(b"nil", out)), "\"nil\"");
        assert_eq!(written(|out| astring(b"a]", out)), "\"a]\"");
    }

    #[test]
    fn names_as_the_client_reads_them() {
        let utf8 = Enabled { utf8: true, ..Enabled::default() };
        let rev2 = Enabled { imap4rev2: true, ..Enabled::default() };
        for (name, old, new) in [
            ("Skräppost", "Skr&AOQ-ppost", "\"Skräppost\""),
            ("Läxor & annat", "\"L&AOQ-xor &- annat\"", "\"Läxor & annat\""),
            ("R&D", "R&-D", "R&D"),
            ("Å \"7\"", r#""&AMU- \"7\"""#, r#""Å \"7\"""#),
            ("inbox", "INBOX", "INBOX"),
        ] {
            let name = MailboxName::parse(name).unwrap();
            assert_eq!(written(|out| mailbox(&name, Enabled::default(), out)), old);
            assert_eq!(written(|out| mailbox(&name, utf8, out)), new);
            assert_eq!(written(|out| mailbox(&name, rev2, out)), new);
        }
    }

    proptest! {
        #[test]
        fn numbers(n: u64) {
            prop_assert_eq!(written(|out| number(n, out)), n.to_string());
            let small = n % 12_000;
            prop_assert_eq!(written(|out| number(small, out)), small.to_string());
        }
    }
}

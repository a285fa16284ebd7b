//! Modified UTF-7, in which IMAP4rev1 writes mailbox names.
//!
//! RFC 3501 §5.1.3. Strict: text has exactly one encoding, so no two spellings name one mailbox.

/// Why octets are not modified UTF-7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mutf7Error {
    /// An octet outside printable ASCII.
    #[error("octet {0} is not printable ASCII")]
    NotAscii(usize),
    /// `&` without its `-`, or an octet between them that is not base64.
    #[error("the shift at octet {0} has no end")]
    Unfinished(usize),
    /// The base64 holds half a character, spare bits, ASCII, or follows another shift directly.
    #[error("the shift at octet {0} is not what an encoder would write")]
    NotCanonical(usize),
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Appends `text` to `out`.
pub fn encode(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while !rest.is_empty() {
        let plain = rest.find(|c: char| c == '&' || !printable(c)).unwrap_or(rest.len());
        out.extend_from_slice(&rest.as_bytes()[..plain]);
        rest = &rest[plain..];
        if let Some(after) = rest.strip_prefix('&') {
            out.extend_from_slice(b"&-");
            rest = after;
        } else if !rest.is_empty() {
            let shifted = rest.find(printable).unwrap_or(rest.len());
            encode_shift(&rest[..shifted], out);
            rest = &rest[shifted..];
        }
    }
}

fn printable(c: char) -> bool {
    (' '..='~').contains(&c)
}

fn encode_shift(text: &str, out: &mut Vec<u8>) {
    out.push(b'&');
    let (mut bits, mut count) = (0u32, 0u32);
    for unit in text.encode_utf16() {
        bits = bits << 16 | u32::from(unit);
        count += 16;
        while count >= 6 {
            count -= 6;
            out.push(DIGITS[(bits >> count & 63) as usize]);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        out.push(DIGITS[(bits << (6 - count) & 63) as usize]);
    }
    out.push(b'-');
}

/// Reads modified UTF-7.
///
/// # Errors
/// See [`Mutf7Error`]; everything that [`encode`] would not write is refused.
pub fn decode(octets: &[u8]) -> Result<String, Mutf7Error> {
    let mut text = String::with_capacity(octets.len());
    let (mut at, mut after_shift) = (0, false);
    while let Some(&octet) = octets.get(at) {
        if !(b' '..=b'~').contains(&octet) {
            return Err(Mutf7Error::NotAscii(at));
        }
        if octet != b'&' {
            text.push(char::from(octet));
            (at, after_shift) = (at + 1, false);
            continue;
        }
        let shift = &octets[at + 1..];
        let len = shift.iter().position(|octet| *octet == b'-').ok_or(Mutf7Error::Unfinished(at))?;
        if len == 0 {
            text.push('&');
        } else if after_shift {
            return Err(Mutf7Error::NotCanonical(at));
        } else {
            decode_shift(&shift[..len], at, &mut text)?;
        }
        (at, after_shift) = (at + len + 2, len > 0);
    }
    Ok(text)
}

fn decode_shift(digits: &[u8], at: usize, text: &mut String) -> Result<(), Mutf7Error> {
    let (mut bits, mut count) = (0u32, 0u32);
    let mut units = Vec::with_capacity(digits.len() * 6 / 16);
    for digit in digits {
        let value = DIGITS.iter().position(|known| known == digit).ok_or(Mutf7Error::Unfinished(at))?;
        // 63 at most, so it fits.
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 16 {
            count -= 16;
            units.push((bits >> count & 0xffff) as u16);
            bits &= (1 << count) - 1;
        }
    }
    if count >= 6 || bits != 0 {
        return Err(Mutf7Error::NotCanonical(at));
    }
    for c in char::decode_utf16(units) {
        let c = c.map_err(|_| Mutf7Error::NotCanonical(at))?;
        if printable(c) {
            return Err(Mutf7Error::NotCanonical(at));
        }
        text.push(c);
    }
    Ok(())
}

/// Is this meant as modified UTF-7, with `&`, base64 and `-`, but not what [`encode`] writes? Text with other octets than
/// ASCII is not meant so.
pub(crate) fn is_malformed(octets: &[u8]) -> bool {
    let mut shifts = octets.split(|octet| *octet == b'&').skip(1);
    let is_shift = |rest: &[u8]| {
        let digits = rest.iter().take_while(|octet| DIGITS.contains(octet)).count();
        digits > 0 && rest.get(digits) == Some(&b'-')
    };
    octets.is_ascii() && shifts.any(is_shift) && decode(octets).is_err()
}

/// Would [`decode`] read other characters than ASCII from it?
pub(crate) fn is_shifted(octets: &[u8]) -> bool {
    decode(octets).is_ok_and(|text| !text.is_ascii())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_of_the_rfc_and_of_schools() {
        for (text, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Skräppost", "Skr&AOQ-ppost"),
            ("Läxor & annat", "L&AOQ-xor &- annat"),
            ("åäö", "&AOUA5AD2-"),
            ("😀", "&2D3eAA-"),
            ("", ""),
        ] {
            assert_eq!(encoded(text), wire);
            assert_eq!(decode(wire.as_bytes()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_no_encoder_writes_is_refused() {
        for wire in
            ["&", "a&b", "&AOQ", "&AGE-", "&AOQ-&AOU-", "&2D0-", "&AOR-", "&AOQA-", "&A-", "&AO/-", "&AO=-"]
        {
            assert!(decode(wire.as_bytes()).is_err(), "{wire}");
        }
        assert_eq!(decode("ä".as_bytes()), Err(Mutf7Error::NotAscii(0)));
        assert_eq!(decode(b"a\t"), Err(Mutf7Error::NotAscii(1)));
    }

    #[test]
    fn what_was_meant_as_this_encoding() {
        for wire in ["&AGEAYg-", "&2AA-", "&AOQ-&AOU-", "x&AOR-y", "a&b &AOQ-", "&-&A-"] {
            assert!(is_malformed(wire.as_bytes()), "{wire}");
        }
        for wire in ["a&b", "&", "R&D - x", "&-", "&AOQ-", "a&-b", "L\u{e4}xor &AGE-", "a-b"] {
            assert!(!is_malformed(wire.as_bytes()), "{wire}");
        }
    }

    #[test]
    fn every_character_of_unicode() {
        for c in '\0'..=char::MAX {
            let text = c.to_string();
            assert_eq!(decode(encoded(&text).as_bytes()).as_deref(), Ok(text.as_str()));
        }
    }

    proptest! {
        #[test]
        fn round_trip(text in "\\PC{0,40}") {
            prop_assert_eq!(decode(encoded(&text).as_bytes()), Ok(text));
        }
        #[test]
        fn one_spelling_only(octets in "[&A-Za-z+,0-9-]{0,12}") {
            if let Ok(text) = decode(octets.as_bytes()) {
                prop_assert_eq!(encoded(&text), octets);
            }
        }
    }
}

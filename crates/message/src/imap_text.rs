//! Strings as IMAP writes them.
//!
//! RFC 3501 §4.3 and §9: a quoted string is 7-bit without CR, LF and NUL; all else goes as a literal, and NUL, which no
//! literal can hold either, is left out.

/// Writes `text` as a quoted string or, when it cannot be one, as a literal. Controls make
/// it a literal too: most may stand in quotes, but whoever prints lines does not expect them there.
pub(crate) fn string(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().any(|octet| !octet.is_ascii() || (octet.is_ascii_control() && *octet != b'\t')) {
        return literal(out, text);
    }
    out.push(b'"');
    for octet in text {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*octet);
    }
    out.push(b'"');
}

/// The same, or NIL.
pub(crate) fn nstring(out: &mut Vec<u8>, text: Option<&[u8]>) {
    match text {
        Some(text) => string(out, text),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// A number.
pub(crate) fn number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(number.to_string().as_bytes());
}

fn literal(out: &mut Vec<u8>, text: &[u8]) {
    let zeros = memchr::memchr_iter(0, text).count();
    out.push(b'{');
    number(out, (text.len() - zeros) as u64);
    out.extend_from_slice(b"}\r\n");
    out.extend(text.iter().copied().filter(|octet| *octet != 0));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_where_it_can_be() {
        for (text, written) in [
            (&b""[..], &b"\"\""[..]),
            (b"a \"b\" \\c\t", b"\"a \\\"b\\\" \\\\c\t\""),
            (b"\xe5", b"{1}\r\n\xe5"),
            (b"a\0b", b"{2}\r\nab"),
            (b"a\r\nb", b"{4}\r\na\r\nb"),
        ] {
            let mut out = Vec::new();
            nstring(&mut out, Some(text));
            assert_eq!(out, written);
        }
        let mut out = Vec::new();
        nstring(&mut out, None);
        assert_eq!(out, b"NIL");
    }
}

//! Header fields as they stand: where the header ends, its lines, one field by its name.
//!
//! RFC 5322 §2.2 (fields), §2.2.3 (folding), §4.5 (white space before the colon); RFC 3501 §6.4.5 (HEADER.FIELDS).
//! A line that is no field, no continuation and no mbox `From ` line ends the header and begins the body.

use std::borrow::Cow;

use memchr::memchr;

/// One field, name and value as in the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'x> {
    /// Before the colon, without white space.
    pub name: &'x [u8],
    /// After the colon up to the end of the last continuation, line breaks and all.
    pub value: &'x [u8],
    /// The whole field with its final line break.
    pub raw: &'x [u8],
}

impl<'x> Field<'x> {
    /// Is this its name? Case does not matter.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
    /// The value on one line, white space at both ends removed (RFC 5322 §2.2.3).
    pub fn unfolded(&self) -> Cow<'x, [u8]> {
        unfold(self.value)
    }
}

/// What a line is to the header that it stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    Blank,
    Field,
    Continuation,
    /// An mbox `From ` line or a line without a name: belongs to the header, says nothing.
    Ignored,
    Body,
}

/// Judges a line that still has its line break.
pub(crate) fn line_kind(line: &[u8]) -> LineKind {
    match line.first() {
        None | Some(b'\n') => LineKind::Blank,
        Some(b'\r') if line.get(1) == Some(&b'\n') => LineKind::Blank,
        Some(b' ' | b'\t') => LineKind::Continuation,
        Some(b':') => LineKind::Ignored,
        _ if line.starts_with(b"From ") || line.starts_with(b">From ") => LineKind::Ignored,
        _ if name_end(line).is_some() => LineKind::Field,
        _ => LineKind::Body,
    }
}

/// Where the name ends and where its colon stands.
fn name_end(line: &[u8]) -> Option<(usize, usize)> {
    let name = line.iter().position(|octet| !octet.is_ascii_graphic() || *octet == b':')?;
    let blanks = line[name..].iter().position(|octet| !matches!(octet, b' ' | b'\t'))?;
    (name > 0 && line[name + blanks] == b':').then_some((name, name + blanks))
}

/// The end of the line that begins at `from`, line break included.
pub(crate) fn line_end(bytes: &[u8], from: usize) -> usize {
    memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at + 1)
}

/// Where the body begins: behind the empty line that ends the header, or at the first line that cannot belong to a header.
pub fn header_end(bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        let end = line_end(bytes, at);
        match line_kind(&bytes[at..end]) {
            LineKind::Blank => return end,
            LineKind::Body => return at,
            _ => at = end,
        }
    }
    at
}

/// Fields from first to last; stops at the empty line, if there is one.
pub fn fields(header: &[u8]) -> Fields<'_> {
    Fields { header, at: 0 }
}

/// See [`fields`].
#[derive(Clone, Debug)]
pub struct Fields<'x> {
    header: &'x [u8],
    at: usize,
}

impl<'x> Iterator for Fields<'x> {
    type Item = Field<'x>;

    fn next(&mut self) -> Option<Field<'x>> {
        loop {
            let start = self.at;
            if start >= self.header.len() {
                return None;
            }
            let mut end = line_end(self.header, start);
            match line_kind(&self.header[start..end]) {
                LineKind::Blank | LineKind::Body => return None,
                LineKind::Continuation | LineKind::Ignored => self.at = end,
                LineKind::Field => {
                    while matches!(self.header.get(end), Some(b' ' | b'\t')) {
                        end = line_end(self.header, end);
                    }
                    self.at = end;
                    let raw = &self.header[start..end];
                    let (name, colon) = name_end(raw)?;
                    return Some(Field { name: &raw[..name], value: trim_break(&raw[colon + 1..]), raw });
                }
            }
        }
    }
}

/// The first field of that name.
pub fn field<'x>(header: &'x [u8], name: &str) -> Option<Field<'x>> {
    fields(header).find(|field| field.is(name))
}

/// HEADER.FIELDS (`not` false) and HEADER.FIELDS.NOT: the fields as they stand, in their order, then an empty line.
/// Names compare without regard to case (RFC 3501 §6.4.5).
pub fn header_fields<N: AsRef<[u8]>>(header: &[u8], names: &[N], not: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields(header) {
        let named = names.iter().any(|name| name.as_ref().eq_ignore_ascii_case(field.name));
        if named != not {
            out.extend_from_slice(field.raw);
            if !field.raw.ends_with(b"\n") {
                out.extend_from_slice(b"\r\n");
            }
        }
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// Without its line break.
fn trim_break(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// On one line: CR and LF removed, white space at both ends removed.
pub(crate) fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if memchr::memchr2(b'\r', b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[u8] = b"From ada Mon\r\nSubject : ett\r\n  tv\xe5\r\n:x\r\nX-A:1\r\nsubject: b\r\n\r\n";

    #[test]
    fn fields_are_found_as_they_stand() {
        let all: Vec<_> = fields(HEADER).collect();
        assert_eq!(all.iter().map(|f| f.name).collect::<Vec<_>>(), [&b"Subject"[..], b"X-A", b"subject"]);
        assert_eq!(all[0].raw, b"Subject : ett\r\n  tv\xe5\r\n");
        assert_eq!(&*all[0].unfolded(), b"ett  tv\xe5");
        assert_eq!(field(HEADER, "x-a").map(|f| f.value), Some(&b"1"[..]));
    }

    #[test]
    fn the_header_ends_at_the_empty_line_or_before_the_first_other_line() {
        assert_eq!(header_end(HEADER), HEADER.len());
        for (letter, end) in [
            (&b"A: b\r\n\r\nbody"[..], 8),
            (b"A: b\nno field\nB: c\n\n", 5),
            (b"\r\nbody", 2),
            (b"A: b", 4),
            (b"", 0),
            (b"body only\r\n", 0),
            (b"\x00A: b\r\n\r\n", 0),
        ] {
            assert_eq!(header_end(letter), end, "{:?}", String::from_utf8_lossy(letter));
        }
    }

    #[test]
    fn named_fields_keep_their_order_and_octets() {
        let both = header_fields(HEADER, &["X-a", "SUBJECT"], false);
        assert_eq!(both, b"Subject : ett\r\n  tv\xe5\r\nX-A:1\r\nsubject: b\r\n\r\n");
        assert_eq!(header_fields(HEADER, &["subject"], true), b"X-A:1\r\n\r\n");
        assert_eq!(header_fields(b"A: b", &["a"], false), b"A: b\r\n\r\n");
        assert_eq!(header_fields(HEADER, &["none"], false), b"\r\n");
    }
}

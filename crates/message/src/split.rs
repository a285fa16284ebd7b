//! Where the parts of a letter begin and end.
//!
//! RFC 2046 §5.1 (multipart; a delimiter line is compared whole, white space at its end aside), §5.1.5 (digest), §5.2.1
//! (message/rfc822); RFC 2045 §5.2 (default type). A multipart without a boundary or
//! without a part is one text/plain part, so that a reader sees what is there. Not here: message/partial,
//! message/external-body and message/global are leaves (RFC 3501 §9 knows enclosed letters as message/rfc822 only). One pass over the letter with an explicit stack; nothing is copied.

use memchr::memmem::Finder;

use crate::header::{LineKind, field, line_end, line_kind};
use crate::limits::Limits;
use crate::parameters::Parameters;

/// What a part is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PartKind {
    /// Content without parts.
    Leaf = 0,
    /// Parts one after the other.
    Multipart = 1,
    /// An enclosed letter, its only child.
    Message = 2,
}

/// Where a part lies, in octets from the start of the whole letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Start of its header.
    pub header: u64,
    /// Start of its body.
    pub body: u64,
    /// End of its body.
    pub end: u64,
    /// Line breaks (LF) in its body.
    pub lines: u32,
    /// What it is made of.
    pub kind: PartKind,
    /// Number of the part around it; none for the letter itself.
    pub parent: Option<u32>,
}

/// A part, still without the fields of its header.
#[derive(Debug)]
pub(crate) struct RawPart<'x> {
    pub(crate) header: usize,
    pub(crate) body: usize,
    pub(crate) end: usize,
    /// The octets of its header that are read.
    pub(crate) read: &'x [u8],
    pub(crate) kind: PartKind,
    pub(crate) parent: Option<usize>,
    pub(crate) content_type: ContentType,
}

/// The type of a part and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContentType {
    pub(crate) kind: Vec<u8>,
    pub(crate) subtype: Vec<u8>,
    pub(crate) parameters: Parameters,
}

impl ContentType {
    pub(crate) fn plain(kind: &str, subtype: &str) -> Self {
        Self { kind: kind.into(), subtype: subtype.into(), parameters: Parameters::default() }
    }
    /// RFC 2045 §5.2: without the field, or with one that cannot be read, the content is plain text.
    fn of(header: &[u8], in_digest: bool, parameters_max: usize) -> Self {
        let Some(found) = field(header, "content-type") else {
            return if in_digest { Self::plain("message", "rfc822") } else { Self::text() };
        };
        let parameters = Parameters::parse(found.value, parameters_max);
        let mut halves = parameters.word.splitn(2, |octet| *octet == b'/').map(<[u8]>::trim_ascii);
        let token = |half: &&[u8]| !half.is_empty() && half.iter().all(|octet| is_token(*octet));
        let (kind, subtype) = (halves.next(), halves.next().and_then(first_word));
        match (kind.filter(token), subtype.filter(token)) {
            (Some(kind), Some(subtype)) => {
                Self { kind: kind.to_vec(), subtype: subtype.to_vec(), parameters }
            }
            _ => Self::text(),
        }
    }
    fn text() -> Self {
        let mut plain = Self::plain("text", "plain");
        plain.parameters.list.push((b"charset".to_vec(), b"us-ascii".to_vec()));
        plain
    }
    pub(crate) fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind.as_bytes())
            && self.subtype.eq_ignore_ascii_case(subtype.as_bytes())
    }
    pub(crate) fn is_text(&self) -> bool {
        self.kind.eq_ignore_ascii_case(b"text")
    }
    fn is_message(&self) -> bool {
        self.is("message", "rfc822")
    }
    fn boundary(&self) -> Option<Vec<u8>> {
        let (_, boundary) = self.parameters.joined("boundary")?;
        let boundary = boundary.trim_ascii_end();
        (!boundary.is_empty()).then(|| boundary.to_vec())
    }
}

fn is_token(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet)
}

fn first_word(text: &[u8]) -> Option<&[u8]> {
    text.split(u8::is_ascii_whitespace).next()
}

/// A multipart or an enclosed letter that has not ended yet.
struct Open {
    part: usize,
    /// None for an enclosed letter, and for a multipart behind its closing delimiter.
    boundary: Option<Vec<u8>>,
    digest: bool,
}

struct Delimiter {
    /// Start and end of its line.
    line: (usize, usize),
    /// Which one of the open parts it belongs to.
    level: usize,
    closes: bool,
}

struct Splitter<'x> {
    bytes: &'x [u8],
    limits: &'x Limits,
    dashes: Finder<'static>,
    header_budget: usize,
    open: Vec<Open>,
    parts: Vec<RawPart<'x>>,
}

/// All parts, each before the parts in it.
pub(crate) fn split<'x>(bytes: &'x [u8], limits: &'x Limits) -> Vec<RawPart<'x>> {
    let mut splitter = Splitter {
        bytes,
        limits,
        dashes: Finder::new(b"\n--"),
        header_budget: limits.headers_bytes_max,
        open: Vec::new(),
        parts: Vec::new(),
    };
    splitter.run();
    let mut parts = splitter.parts;
    let mut has_child = vec![false; parts.len()];
    for parent in parts.iter().filter_map(|part| part.parent) {
        has_child[parent] = true;
    }
    for (part, has_child) in parts.iter_mut().zip(has_child) {
        if part.kind == PartKind::Multipart && !has_child {
            (part.kind, part.content_type) = (PartKind::Leaf, ContentType::text());
        }
    }
    parts
}

impl Splitter<'_> {
    fn run(&mut self) {
        let mut leaf = self.begin_part(0, None);
        let mut at = self.last_body();
        loop {
            let Some(found) = self.next_delimiter(at) else {
                self.close(leaf, 0, self.bytes.len());
                return;
            };
            at = found.line.1;
            if !found.closes && self.parts.len() >= self.limits.parts_max {
                continue; // The rest stays where it is.
            }
            self.close(leaf.take(), found.level + 1, self.before_break(found.line.0));
            if found.closes {
                self.open[found.level].boundary = None;
                continue;
            }
            // RFC 2046 §5.1.1: a delimiter begins with a line break, so one right behind another begins no part.
            while let Some(next) =
                self.delimiter_at(at).filter(|next| next.level == found.level && !next.closes)
            {
                at = next.line.1;
            }
            leaf = self.begin_part(at, Some(found.level));
            at = self.last_body();
        }
    }

    fn last_body(&self) -> usize {
        self.parts.last().map_or(0, |part| part.body)
    }

    /// Reads the header at `at`, and the headers of the letters that follow at once. The leaf that comes of it, if any.
    fn begin_part(&mut self, at: usize, level: Option<usize>) -> Option<usize> {
        let mut parent = level.map(|level| (self.open[level].part, self.open[level].digest));
        let mut at = at;
        loop {
            let body = self.end_of_header(at);
            let read = (body - at).min(self.limits.header_bytes_max).min(self.header_budget);
            self.header_budget -= read;
            let read = &self.bytes[at..at + read];
            let digest = parent.is_some_and(|(_, digest)| digest);
            let mut content_type = ContentType::of(read, digest, self.limits.parameters_max);
            let kind = self.kind_of(&mut content_type);
            let part = self.parts.len();
            let boundary = if kind == PartKind::Multipart { content_type.boundary() } else { None };
            let digest = content_type.is("multipart", "digest");
            let parent_part = parent.map(|(part, _)| part);
            self.parts.push(RawPart {
                header: at,
                body,
                end: body,
                read,
                kind,
                parent: parent_part,
                content_type,
            });
            if kind == PartKind::Leaf {
                return Some(part);
            }
            self.open.push(Open { part, boundary, digest });
            if kind == PartKind::Multipart {
                return None;
            }
            (parent, at) = (Some((part, false)), body);
        }
    }

    /// What cannot be opened becomes a leaf of a type that a leaf may have.
    fn kind_of(&self, content_type: &mut ContentType) -> PartKind {
        let multipart = content_type.kind.eq_ignore_ascii_case(b"multipart");
        if !multipart && !content_type.is_message() {
            return PartKind::Leaf;
        }
        let full =
            self.open.len() + 1 >= self.limits.levels_max || self.parts.len() + 1 >= self.limits.parts_max;
        if full {
            *content_type = ContentType::plain("application", "octet-stream");
            return PartKind::Leaf;
        }
        if multipart && content_type.boundary().is_none() {
            *content_type = ContentType::text();
            return PartKind::Leaf;
        }
        if multipart { PartKind::Multipart } else { PartKind::Message }
    }

    /// As [`crate::header_end`], but a delimiter of an open multipart ends it too.
    fn end_of_header(&self, from: usize) -> usize {
        let mut at = from;
        while at < self.bytes.len() {
            let end = line_end(self.bytes, at);
            if self.delimiter_at(at).is_some() {
                return at;
            }
            match line_kind(&self.bytes[at..end]) {
                LineKind::Blank => return end,
                LineKind::Body => return at,
                _ => at = end,
            }
        }
        at
    }

    /// The next delimiter of any open multipart, from the start of a line on.
    fn next_delimiter(&self, from: usize) -> Option<Delimiter> {
        if self.open.iter().all(|open| open.boundary.is_none()) {
            return None;
        }
        let mut at = from;
        loop {
            if !self.bytes.get(at..)?.starts_with(b"--") {
                at += self.dashes.find(&self.bytes[at..])? + 1;
            }
            let end = line_end(self.bytes, at);
            if let Some(found) = self.delimiter(at, end) {
                return Some(found);
            }
            // Stays on the line break: it may be the one before the next "--".
            at = if self.bytes[at..end].ends_with(b"\n") { end - 1 } else { end };
            if self.bytes.get(at..at + 3) == Some(b"\n--") {
                at += 1;
            }
        }
    }

    /// The delimiter that is the line at `start`.
    fn delimiter_at(&self, start: usize) -> Option<Delimiter> {
        let found = self.bytes[start..].starts_with(b"--");
        found.then(|| self.delimiter(start, line_end(self.bytes, start))).flatten()
    }

    /// Outer multiparts first: a part cannot reach beyond the part around it.
    fn delimiter(&self, start: usize, end: usize) -> Option<Delimiter> {
        let text = self.bytes[start + 2..end].trim_ascii_end();
        for (level, open) in self.open.iter().enumerate() {
            let Some(boundary) = &open.boundary else { continue };
            let closes = match text.len().checked_sub(boundary.len()) {
                Some(0) => false,
                Some(2) if text.ends_with(b"--") => true,
                _ => continue,
            };
            if text.starts_with(boundary) {
                return Some(Delimiter { line: (start, end), level, closes });
            }
        }
        None
    }

    /// RFC 2046 §5.1.1: the line break before a delimiter belongs to the delimiter.
    fn before_break(&self, line: usize) -> usize {
        let text = &self.bytes[..line];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        text.strip_suffix(b"\r").unwrap_or(text).len()
    }

    /// Ends the leaf and every open part from `level` on; none ends before its own parts do.
    fn close(&mut self, leaf: Option<usize>, level: usize, end: usize) {
        let mut end = end;
        let open = self.open.drain(level..).rev().map(|open| open.part);
        for part in leaf.into_iter().chain(open) {
            end = end.max(self.parts[part].body);
            self.parts[part].end = end;
        }
    }
}

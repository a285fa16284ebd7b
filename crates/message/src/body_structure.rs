//! BODYSTRUCTURE, and BODY cut out of it.
//!
//! RFC 3501 §7.4.2 (BODY, BODYSTRUCTURE) and §9 (body). Types, parameter names and values, encodings and dispositions
//! keep the case and the RFC 2231 form that the header has. Sizes are octets of the body as stored, line counts are its
//! line breaks. The parts are walked in their order with an explicit stack.

use std::ops::Range;

use crate::derived::PartFields;
use crate::envelope;
use crate::imap_text::{nstring, number, string};
use crate::parameters::Parameters;
use crate::split::{PartKind, RawPart};

/// The extended form, and where in it the extension data stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    pub(crate) extended: Vec<u8>,
    pub(crate) extensions: Vec<Range<u32>>,
}

/// The plain form: the extended one without its extension data.
pub(crate) fn plain(extended: &[u8], extensions: impl Iterator<Item = Range<u32>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(extended.len());
    let mut at = 0;
    for cut in extensions {
        let (start, end) = (cut.start as usize, cut.end as usize);
        out.extend_from_slice(extended.get(at..start).unwrap_or_default());
        at = end;
    }
    out.extend_from_slice(extended.get(at..).unwrap_or_default());
    out
}

/// Writes the structure of all parts. `fields` and `lines` go with `parts`, one for one.
pub(crate) fn write(
    parts: &[RawPart<'_>],
    fields: &[PartFields<'_>],
    lines: &[u32],
    addresses_left: &mut usize,
) -> Structure {
    let mut writer = Writer { parts, fields, lines, out: Structure::default() };
    let mut open: Vec<usize> = Vec::new();
    for (part, raw) in parts.iter().enumerate() {
        while let Some(last) = open.pop_if(|last| Some(*last) != raw.parent) {
            writer.end(last);
        }
        if raw.parent.is_some_and(|parent| parts[parent].kind == PartKind::Message) {
            // RFC 3501 §9, body-type-msg: the envelope of the enclosed letter, then its body.
            envelope::write(&mut writer.out.extended, raw.read, addresses_left);
            writer.out.extended.push(b' ');
        }
        writer.begin(part);
        if raw.kind != PartKind::Leaf {
            open.push(part);
        }
    }
    while let Some(last) = open.pop() {
        writer.end(last);
    }
    writer.out
}

struct Writer<'a, 'x> {
    parts: &'a [RawPart<'x>],
    fields: &'a [PartFields<'x>],
    lines: &'a [u32],
    out: Structure,
}

impl Writer<'_, '_> {
    fn begin(&mut self, part: usize) {
        self.out.extended.push(b'(');
        let raw = &self.parts[part];
        if raw.kind == PartKind::Multipart {
            return;
        }
        self.basic(part);
        if raw.kind == PartKind::Message {
            return self.out.extended.push(b' ');
        }
        if raw.content_type.is_text() {
            self.count(part);
        }
        self.extension(part);
        self.out.extended.push(b')');
    }

    fn end(&mut self, part: usize) {
        if self.parts[part].kind == PartKind::Multipart {
            self.out.extended.push(b' ');
            string(&mut self.out.extended, &self.parts[part].content_type.subtype);
        } else {
            self.count(part);
        }
        self.extension(part);
        self.out.extended.push(b')');
    }

    /// Type, subtype and body-fields.
    fn basic(&mut self, part: usize) {
        let (raw, fields, out) = (&self.parts[part], &self.fields[part], &mut self.out.extended);
        string(out, &raw.content_type.kind);
        out.push(b' ');
        string(out, &raw.content_type.subtype);
        out.push(b' ');
        parameters(out, &raw.content_type.parameters);
        out.push(b' ');
        nstring(out, fields.id.as_deref());
        out.push(b' ');
        nstring(out, fields.description.as_deref());
        out.push(b' ');
        string(out, &fields.encoding);
        out.push(b' ');
        number(out, (raw.end - raw.body) as u64);
    }

    fn count(&mut self, part: usize) {
        self.out.extended.push(b' ');
        number(&mut self.out.extended, u64::from(self.lines[part]));
    }

    /// body-ext-1part or body-ext-mpart, with the blank before it.
    fn extension(&mut self, part: usize) {
        let start = self.out.extended.len();
        let (raw, fields, out) = (&self.parts[part], &self.fields[part], &mut self.out.extended);
        out.push(b' ');
        if raw.kind == PartKind::Multipart {
            parameters(out, &raw.content_type.parameters);
        } else {
            nstring(out, fields.md5.as_deref());
        }
        out.push(b' ');
        disposition(out, fields.disposition.as_ref());
        out.push(b' ');
        languages(out, &fields.languages);
        out.push(b' ');
        nstring(out, fields.location.as_deref());
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.out.extensions.push(place(start)..place(out.len()));
    }
}

fn parameters(out: &mut Vec<u8>, parameters: &Parameters) {
    if parameters.list.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    for (place, (name, value)) in parameters.list.iter().enumerate() {
        out.push(if place == 0 { b'(' } else { b' ' });
        string(out, name);
        out.push(b' ');
        string(out, value);
    }
    out.push(b')');
}

fn disposition(out: &mut Vec<u8>, disposition: Option<&Parameters>) {
    let Some(disposition) = disposition.filter(|disposition| !disposition.word.is_empty()) else {
        return out.extend_from_slice(b"NIL");
    };
    out.push(b'(');
    string(out, &disposition.word);
    out.push(b' ');
    parameters(out, disposition);
    out.push(b')');
}

fn languages(out: &mut Vec<u8>, languages: &[Vec<u8>]) {
    if languages.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    for (place, language) in languages.iter().enumerate() {
        out.push(if place == 0 { b'(' } else { b' ' });
        string(out, language);
    }
    out.push(b')');
}

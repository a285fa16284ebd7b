//! FETCH responses.
//!
//! RFC 3501 §7.4.2; RFC 7162 §3.1.4 (MODSEQ); RFC 8474 §5 (EMAILID, THREADID); RFC 8514 §4.2 (SAVEDATE); RFC 8970 §4
//! (PREVIEW); RFC 3516 §4.2 (BINARY).

use std::num::NonZeroU32;
use std::sync::LazyLock;

use model::{FlagSet, ModSeq, SeqNo, SystemFlag, Uid};

use super::string::{nstring, number, string};
use crate::command::{Partial, Section};
use crate::datetime::DateTime;

/// Writes one `* n FETCH (…)`. A large literal need not be in memory: write its header with [`FetchWriter::section_header`],
/// then push the octets through [`FetchWriter::out`], sending and clearing it as often as needed.
#[derive(Debug)]
pub struct FetchWriter<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> FetchWriter<'a> {
    /// Begins.
    #[inline]
    pub fn new(place: SeqNo, out: &'a mut Vec<u8>) -> Self {
        // One line with flags and UID fits, so the pieces need not ask for room one by one.
        out.reserve(128);
        out.extend_from_slice(b"* ");
        number(u64::from(place.get()), out);
        out.extend_from_slice(b" FETCH (");
        Self { out, first: true }
    }
    /// The buffer, to push a literal's octets.
    pub fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }
    /// Ends.
    pub fn finish(self) {
        self.out.extend_from_slice(b")\r\n");
    }

    #[inline]
    fn name(&mut self, name: &str) {
        if !self.first {
            self.out.push(b' ');
        }
        self.first = false;
        self.out.extend_from_slice(name.as_bytes());
    }
    /// `UID n`
    pub fn uid(&mut self, uid: Uid) {
        self.name("UID ");
        number(u64::from(uid.get()), self.out);
    }
    /// `FLAGS (…)`
    pub fn flags(&mut self, flags: &FlagSet, recent: bool) {
        self.flag_bits(flags.system_bits(), flags.keywords().iter().map(model::Keyword::as_str), recent);
    }
    /// The same from [`FlagSet::system_bits`] and words, where no set is at hand.
    pub fn flag_bits<'k>(&mut self, system: u8, keywords: impl Iterator<Item = &'k str>, recent: bool) {
        self.name("FLAGS (");
        let text = &SYSTEM_FLAGS[usize::from(system & 31)];
        let end = self.out.len() + text.len;
        self.out.extend_from_slice(&text.octets);
        self.out.truncate(end);
        let mut space = system & 31 != 0;
        for word in keywords.chain(recent.then_some("\\Recent")) {
            if space {
                self.out.push(b' ');
            }
            self.out.extend_from_slice(word.as_bytes());
            space = true;
        }
        self.out.push(b')');
    }
    /// `INTERNALDATE "…"`
    pub fn internal_date(&mut self, date: DateTime) {
        self.name("INTERNALDATE ");
        date.write(self.out);
    }
    /// `RFC822.SIZE n`
    pub fn size(&mut self, bytes: u64) {
        self.name("RFC822.SIZE ");
        number(bytes, self.out);
    }
    /// `ENVELOPE (…)`, encoded already.
    pub fn envelope(&mut self, encoded: &[u8]) {
        self.name("ENVELOPE ");
        self.out.extend_from_slice(encoded);
    }
    /// `BODY (…)`, encoded already.
    pub fn body(&mut self, encoded: &[u8]) {
        self.name("BODY ");
        self.out.extend_from_slice(encoded);
    }
    /// `BODYSTRUCTURE (…)`, encoded already.
    pub fn body_structure(&mut self, encoded: &[u8]) {
        self.name("BODYSTRUCTURE ");
        self.out.extend_from_slice(encoded);
    }
    /// `RFC822 {n}`; exactly `len` octets must follow. Also `RFC822.HEADER` and `RFC822.TEXT`.
    pub fn rfc822_header(&mut self, name: &str, len: u64) {
        self.name(name);
        self.literal_header(len);
    }
    /// `BODY[…]<start> {n}`; exactly `len` octets must follow.
    pub fn section_header(&mut self, section: &Section, partial: Option<Partial>, len: u64) {
        self.section_name(section, partial);
        self.literal_header(len);
    }
    /// `BODY[…]<start>` with its octets, quoted if short and plain.
    pub fn section(&mut self, section: &Section, partial: Option<Partial>, octets: &[u8]) {
        self.section_name(section, partial);
        self.out.push(b' ');
        string(octets, self.out);
    }
    /// `BODY[…] NIL`: there is no such part.
    pub fn section_nil(&mut self, section: &Section, partial: Option<Partial>) {
        self.section_name(section, partial);
        self.out.extend_from_slice(b" NIL");
    }

    /// `MODSEQ (n)`
    pub fn mod_seq(&mut self, mod_seq: ModSeq) {
        self.name("MODSEQ (");
        number(mod_seq.0, self.out);
        self.out.push(b')');
    }
    /// `EMAILID (…)`; ids are of letters, digits, `-` and `_`.
    pub fn email_id(&mut self, id: &str) {
        self.name("EMAILID (");
        self.out.extend_from_slice(id.as_bytes());
        self.out.push(b')');
    }
    /// `THREADID (…)`, or NIL where threads are not known.
    pub fn thread_id(&mut self, id: Option<&str>) {
        self.name("THREADID ");
        match id {
            Some(id) => {
                self.out.push(b'(');
                self.out.extend_from_slice(id.as_bytes());
                self.out.push(b')');
            }
            None => self.out.extend_from_slice(b"NIL"),
        }
    }
    /// `SAVEDATE "…"`, or NIL where that is not known.
    pub fn save_date(&mut self, date: Option<DateTime>) {
        self.name("SAVEDATE ");
        match date {
            Some(date) => date.write(self.out),
            None => self.out.extend_from_slice(b"NIL"),
        }
    }
    /// `PREVIEW "…"`; NIL if there is none at hand. At most 256 characters (RFC 8970 §3.2).
    pub fn preview(&mut self, text: Option<&str>) {
        self.name("PREVIEW ");
        nstring(text.map(str::as_bytes), self.out);
    }
    /// `BINARY[…]<start> {n}`, or `~{n}` where there is a NUL among them (RFC 3516 §4.2); exactly `len` octets must follow.
    pub fn binary_header(&mut self, part: &[NonZeroU32], partial: Option<Partial>, len: u64, has_nul: bool) {
        self.binary_name("BINARY[", part, partial);
        self.out.extend_from_slice(if has_nul { b" ~{" } else { b" {" });
        number(len, self.out);
        self.out.extend_from_slice(b"}\r\n");
    }
    /// `BINARY[…] NIL`: there is no such part.
    pub fn binary_nil(&mut self, part: &[NonZeroU32], partial: Option<Partial>) {
        self.binary_name("BINARY[", part, partial);
        self.out.extend_from_slice(b" NIL");
    }
    /// `BINARY.SIZE[…] n`
    pub fn binary_size(&mut self, part: &[NonZeroU32], bytes: u64) {
        self.binary_name("BINARY.SIZE[", part, None);
        self.out.push(b' ');
        number(bytes, self.out);
    }

    fn binary_name(&mut self, name: &str, part: &[NonZeroU32], partial: Option<Partial>) {
        self.name(name);
        for (place, level) in part.iter().enumerate() {
            if place > 0 {
                self.out.push(b'.');
            }
            number(u64::from(level.get()), self.out);
        }
        self.bracket_ends(partial);
    }
    fn section_name(&mut self, section: &Section, partial: Option<Partial>) {
        use std::io::Write;
        self.name("BODY[");
        if section.text.is_some() || !section.part.is_empty() {
            write!(self.out, "{section}").expect("a Vec takes everything");
        }
        self.bracket_ends(partial);
    }
    fn bracket_ends(&mut self, partial: Option<Partial>) {
        self.out.push(b']');
        if let Some(partial) = partial {
            self.out.push(b'<');
            number(partial.start, self.out);
            self.out.push(b'>');
        }
    }
    fn literal_header(&mut self, len: u64) {
        self.out.extend_from_slice(b" {");
        number(len, self.out);
        self.out.extend_from_slice(b"}\r\n");
    }
}

/// The text of one set of system flags. All are stored at the full width, so that a flag line costs one copy of a fixed
/// length instead of a walk.
struct FlagText {
    octets: [u8; FLAG_TEXT_MAX],
    len: usize,
}

/// `\Answered \Flagged \Deleted \Seen \Draft`, rounded up.
const FLAG_TEXT_MAX: usize = 48;

/// In the order of [`SystemFlag::ALL`].
static SYSTEM_FLAGS: LazyLock<[FlagText; 32]> = LazyLock::new(|| {
    std::array::from_fn(|bits| {
        let set = |flag: &&SystemFlag| bits as u8 & **flag as u8 != 0;
        let text = SystemFlag::ALL.iter().filter(set).map(|flag| flag.name()).collect::<Vec<_>>().join(" ");
        let mut octets = [0; FLAG_TEXT_MAX];
        octets[..text.len()].copy_from_slice(text.as_bytes());
        FlagText { octets, len: text.len() }
    })
});

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use model::UnixMillis;

    use super::*;
    use crate::command::SectionText;

    #[test]
    fn one_of_everything() {
        let mut out = Vec::new();
        let mut flags: FlagSet = [SystemFlag::Seen, SystemFlag::Answered].into_iter().collect();
        flags.insert_keyword("$Forwarded".parse().unwrap()).unwrap();
        let mut fetch = FetchWriter::new(SeqNo::new(12).unwrap(), &mut out);
        fetch.uid(Uid::new(7).unwrap());
        fetch.flags(&flags, true);
        fetch.internal_date(DateTime::utc(UnixMillis(0)));
        fetch.size(44_827);
        fetch.envelope(b"(NIL)");
        fetch.section_header(
            &Section::default(),
            Some(Partial { start: 5, length: 9.try_into().unwrap() }),
            3,
        );
        fetch.out().extend_from_slice(b"abc");
        let names = vec!["To".to_owned(), "X-]".to_owned()];
        let text = Some(SectionText::HeaderFields { not: true, names });
        fetch.section_nil(&Section { part: vec![1.try_into().unwrap(), 2.try_into().unwrap()], text }, None);
        fetch.finish();
        let expected = "* 12 FETCH (UID 7 FLAGS (\\Answered \\Seen $Forwarded \\Recent) \
            INTERNALDATE \" 1-Jan-1970 00:00:00 +0000\" RFC822.SIZE 44827 ENVELOPE (NIL) BODY[]<5> {3}\r\nabc \
            BODY[1.2.HEADER.FIELDS.NOT (To \"X-]\")] NIL)\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn items_of_extensions() {
        let mut out = Vec::new();
        let part: Vec<_> = [1, 2].into_iter().filter_map(NonZeroU32::new).collect();
        let mut fetch = FetchWriter::new(SeqNo::MIN, &mut out);
        fetch.mod_seq(ModSeq(624_140_003));
        fetch.email_id("M6d99ac3275bb4e");
        fetch.thread_id(Some("T64b478a75b7ea9"));
        fetch.thread_id(None);
        fetch.save_date(Some(DateTime::utc(UnixMillis(0))));
        fetch.save_date(None);
        fetch.preview(Some("Hej \"du\""));
        fetch.preview(Some("Hallå"));
        fetch.preview(None);
        fetch.binary_size(&part, 15);
        fetch.binary_nil(&part, None);
        fetch.binary_header(&[], Some(Partial { start: 7, length: NonZeroU64::MIN }), 1, true);
        fetch.out().push(0);
        fetch.finish();
        let expected = "* 1 FETCH (MODSEQ (624140003) EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9) THREADID NIL \
            SAVEDATE \" 1-Jan-1970 00:00:00 +0000\" SAVEDATE NIL PREVIEW \"Hej \\\"du\\\"\" PREVIEW {6}\r\nHallå \
            PREVIEW NIL BINARY.SIZE[1.2] 15 BINARY[1.2] NIL BINARY[]<7> ~{1}\r\n\0)\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn flags_print_as_the_model_prints_them() {
        for bits in 0..32 {
            let mut out = Vec::new();
            let mut fetch = FetchWriter::new(SeqNo::MIN, &mut out);
            fetch.flags(&FlagSet::from_system_bits(bits), false);
            fetch.finish();
            let expected = format!("* 1 FETCH (FLAGS ({}))\r\n", FlagSet::from_system_bits(bits));
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}

//! A letter's place in a conversation: its Message-ID and those that it refers to, as hashes.
//!
//! RFC 5256 §3 (REFERENCES, step 1): identifiers compare without the quotes of a quoted string; of References
//! all count, without them the first one of In-Reply-To. RFC 5322 §3.6.4, what stands outside angle
//! brackets aside. An identifier need not have an `@`, since some programs write none.

use crate::header::field;

/// Octets of one hash.
const HASH_OCTETS: usize = 8;
/// Identifiers that are kept of one letter: the first, which names the conversation, and the last ones.
const REFERENCES_MAX: usize = 30;
/// Longest identifier that counts; no line may be longer (RFC 5322 §2.1.1).
const ID_OCTETS_MAX: usize = 998;

/// Hash of an identifier, never zero. 64 bits: whoever makes two equal ones joins his own letters, which References let
/// him do anyway.
pub type IdHash = u64;

/// Message-ID and references of one letter, in the form in which a row keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage(Vec<u8>);

impl Lineage {
    /// Reads a header.
    pub fn in_header(header: &[u8]) -> Self {
        let value = |name| field(header, name).map(|field| field.unfolded()).unwrap_or_default();
        let own = Ids(&value("message-id")).next().unwrap_or(0);
        let mut references: Vec<IdHash> = Ids(&value("references")).collect();
        if references.is_empty() {
            references.extend(Ids(&value("in-reply-to")).next());
        }
        if references.len() > REFERENCES_MAX {
            references.drain(1..references.len() - (REFERENCES_MAX - 1));
        }
        let hashes = std::iter::once(own).chain(references);
        Self(hashes.flat_map(u64::to_le_bytes).collect())
    }
    /// From octets that [`Lineage::as_octets`] gave.
    pub fn from_octets(octets: Vec<u8>) -> Self {
        Self(octets)
    }
    /// For a row; empty if nothing is known.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }
}

/// A lineage where it lies; `None` if nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct LineageView<'x>(&'x [u8]);

impl<'x> LineageView<'x> {
    /// Octets of [`Lineage::as_octets`].
    pub fn open(octets: &'x [u8]) -> Option<Self> {
        (octets.len() >= HASH_OCTETS).then_some(Self(octets))
    }
    /// The letter's own identifier.
    pub fn own(&self) -> Option<IdHash> {
        self.hashes().next().filter(|hash| *hash != 0)
    }
    /// Those that it refers to, the oldest first.
    pub fn references(&self) -> impl Iterator<Item = IdHash> + 'x {
        self.hashes().skip(1).filter(|hash| *hash != 0)
    }
    /// What the whole conversation began with, as far as the letter tells.
    pub fn root(&self) -> Option<IdHash> {
        self.references().next().or_else(|| self.own())
    }
    fn hashes(&self) -> impl Iterator<Item = IdHash> + 'x {
        self.0.as_chunks::<HASH_OCTETS>().0.iter().map(|octets| u64::from_le_bytes(*octets))
    }
}

/// The identifiers of a field, hashed.
struct Ids<'x>(&'x [u8]);

impl Iterator for Ids<'_> {
    type Item = IdHash;

    fn next(&mut self) -> Option<IdHash> {
        loop {
            let start = memchr::memchr(b'<', self.0)? + 1;
            let (id, length) = plain_id(&self.0[start..]);
            self.0 = &self.0[start + length..];
            if let Some(id) = id.filter(|id| !id.is_empty()) {
                let hash = *blake3::hash(&id).as_bytes().first_chunk().expect("a BLAKE3 hash has 32 octets");
                return Some(u64::from_le_bytes(hash).max(1));
            }
        }
    }
}

/// What stands up to `>`, without quotes, backslashes and white space that folding left; and how long that was. `None` if it
/// does not end before another one begins.
fn plain_id(text: &[u8]) -> (Option<Vec<u8>>, usize) {
    let (mut id, mut quoted, mut escaped) = (Vec::new(), false, false);
    for (place, octet) in text.iter().take(ID_OCTETS_MAX).enumerate() {
        match octet {
            octet if escaped => {
                id.push(*octet);
                escaped = false;
            }
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return (Some(id), place + 1),
            // Quoted too: one quote that is left open must not take those behind it along.
            b'<' => return (None, place),
            octet if octet.is_ascii_whitespace() && !quoted => {}
            octet => id.push(*octet),
        }
    }
    // Perhaps only a quote was left open: the next one is looked for behind the bracket.
    (None, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(id: &str) -> IdHash {
        Ids(id.as_bytes()).next().unwrap()
    }

    fn ids(text: &str) -> Vec<IdHash> {
        Ids(text.as_bytes()).collect()
    }

    proptest::proptest! {
        /// Whatever a program cut or broke at the end of References.
        #[test]
        fn what_is_broken_behind_them_takes_no_identifiers_along(end in "[a-z<>\"@ .\\\\(),;=?\t-]{0,30}") {
            let (_, references) = read(&format!("References: <a@x> <b@x> {end}\r\n"));
            proptest::prop_assert_eq!(&references[..2], [hash("<a@x>"), hash("<b@x>")]);
        }
    }

    fn read(header: &str) -> (Option<IdHash>, Vec<IdHash>) {
        let lineage = Lineage::in_header(header.as_bytes());
        let view = LineageView::open(lineage.as_octets()).unwrap();
        (view.own(), view.references().collect())
    }

    #[test]
    fn references_count_before_in_reply_to() {
        let header = "Message-ID: <c@x>\r\nIn-Reply-To: <z@x> <y@x>\r\n";
        assert_eq!(read(header), (Some(hash("<c@x>")), vec![hash("<z@x>")]));
        let header = format!("References: <a@x>\r\n\t<b@x>, junk\r\n{header}");
        assert_eq!(read(&header).1, [hash("<a@x>"), hash("<b@x>")]);
        assert_eq!(read("References: none\r\nIn-Reply-To: your letter\r\n"), (None, vec![]));
        assert_eq!(read(""), (None, vec![]));
    }

    #[test]
    fn identifiers_compare_without_quotes_and_folds_but_with_case() {
        assert_eq!(hash("<\"01KF8JCEOCBS0045PS\"@xxx.test>"), hash("<01KF8JCEOCBS0045PS@xxx.test>"));
        assert_eq!(hash("<a b@x>"), hash("<ab@x>"));
        assert_eq!(hash("<a <b@x>"), hash("<b@x>"));
        assert_eq!(hash("<\"a>b\"@x>"), hash("<\"a\\>b\"@x>"));
        assert_eq!(hash("<\"open@x> <b@x>"), hash("<b@x>"));
        assert_eq!(ids("<a\"@x> <b@x> <c@x> <d\"@x>"), [hash("<b@x>"), hash("<c@x>")]);
        assert_ne!(hash("<A@x>"), hash("<a@x>"));
        assert_eq!(Ids(b"<> <").next(), None);
    }

    #[test]
    fn of_many_references_the_first_and_the_last_stay() {
        let ids: Vec<String> = (0..100).map(|number| format!("<{number}@x>")).collect();
        let (_, references) = read(&format!("References: {}\r\n", ids.join(" ")));
        assert_eq!(references.len(), REFERENCES_MAX);
        assert_eq!((references[0], references[1]), (hash("<0@x>"), hash("<71@x>")));
        assert_eq!(references.last(), Some(&hash("<99@x>")));
    }

    #[test]
    fn nothing_known_is_not_the_same_as_nothing_there() {
        assert!(LineageView::open(b"").is_none());
        let view = LineageView::open(&[0; 8]).unwrap();
        assert_eq!((view.own(), view.root(), view.references().count()), (None, None, 0));
    }
}

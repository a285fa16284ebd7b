//! What SORT and THREAD ask of every message of a mailbox, one column for each thing.
//!
//! Made from message rows, where ENVELOPE and lineage stand, so that no letter is opened; never changes for a message. A
//! text is kept once however many messages have it. 100,000 messages of usual mail take some 15 MB.

mod cache;
mod texts;

use std::sync::OnceLock;

use message::{IdHash, LineageView, SortTexts};
use model::{Uid, UnixMillis};

pub(crate) use cache::FacetCache;
use texts::Texts;

/// Octets of a message beside its texts, and of its share of them, about.
pub(crate) const MESSAGE_OCTETS: usize = 160;

/// A text of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Subject,
    From,
    To,
    Cc,
    DisplayFrom,
    DisplayTo,
}

/// Columns of one mailbox, by UID.
#[derive(Clone, Debug)]
pub(crate) struct Facets {
    uids: Vec<u32>,
    /// RFC 5256 §2.2: in seconds, INTERNALDATE where there is no Date that reads.
    sent: Vec<i64>,
    words: [Vec<u32>; 6],
    replies: Vec<bool>,
    ids: Vec<IdHash>,
    references: Vec<IdHash>,
    reference_ends: Vec<u32>,
    texts: Texts,
    ranks: OnceLock<Vec<u32>>,
    /// Every message below this one is known.
    next: Uid,
}

impl Default for Facets {
    fn default() -> Self {
        Self {
            uids: Vec::new(),
            sent: Vec::new(),
            words: Default::default(),
            replies: Vec::new(),
            ids: Vec::new(),
            references: Vec::new(),
            reference_ends: Vec::new(),
            texts: Texts::default(),
            ranks: OnceLock::new(),
            next: Uid::MIN,
        }
    }
}

impl Facets {
    /// Takes in the next message.
    fn add(&mut self, uid: Uid, envelope: &[u8], lineage: &[u8], internal_date: UnixMillis) {
        let texts = SortTexts::of_envelope(envelope);
        let arrived = i64::try_from(internal_date.seconds()).unwrap_or(i64::MAX);
        self.uids.push(uid.get());
        self.sent.push(texts.sent.unwrap_or(arrived));
        self.replies.push(texts.is_reply);
        // In the order of `Word`.
        let words = [texts.subject, texts.from, texts.to, texts.cc, texts.display_from, texts.display_to];
        for (column, text) in self.words.iter_mut().zip(words) {
            column.push(self.texts.number(&text));
        }
        let lineage = LineageView::open(lineage);
        self.ids.push(lineage.and_then(|lineage| lineage.own()).unwrap_or_default());
        self.references.extend(lineage.iter().flat_map(LineageView::references));
        self.reference_ends.push(u32::try_from(self.references.len()).unwrap_or(u32::MAX));
        self.ranks = OnceLock::new();
    }

    pub(crate) fn len(&self) -> usize {
        self.uids.len()
    }
    pub(crate) fn place(&self, uid: Uid) -> Option<usize> {
        self.uids.binary_search(&uid.get()).ok()
    }
    pub(crate) fn sent(&self, place: usize) -> i64 {
        self.sent[place]
    }
    pub(crate) fn is_reply(&self, place: usize) -> bool {
        self.replies[place]
    }
    /// Names a text: equal texts have equal numbers, the empty one has zero.
    pub(crate) fn word(&self, place: usize, word: Word) -> u32 {
        self.words[word as usize][place]
    }
    /// The place of every text in their order, by its number.
    pub(crate) fn ranks(&self) -> &[u32] {
        self.ranks.get_or_init(|| self.texts.ranks())
    }
    pub(crate) fn id(&self, place: usize) -> Option<IdHash> {
        Some(self.ids[place]).filter(|id| *id != 0)
    }
    pub(crate) fn references(&self, place: usize) -> &[IdHash] {
        let start = place.checked_sub(1).map_or(0, |before| self.reference_ends[before]);
        &self.references[start as usize..self.reference_ends[place] as usize]
    }

    /// What it takes in memory, about.
    fn octets(&self) -> usize {
        // Numbers of a message, its rank and place among the texts, and what they have in all.
        self.uids.capacity() * 56 + self.references.capacity() * 8 + self.texts.octets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_read_back() {
        let mut facets = Facets::default();
        let envelope = b"(\"Thu, 1 Jan 1970 00:01:00 +0000\" \"Re: B\" ((NIL NIL \"asa\" \"x\")) NIL NIL NIL NIL NIL NIL NIL)";
        let lineage: Vec<u8> = [7_u64, 5, 6].into_iter().flat_map(u64::to_le_bytes).collect();
        facets.add(Uid::new(3).unwrap(), envelope, &lineage, UnixMillis(0));
        facets.add(
            Uid::new(9).unwrap(),
            b"(NIL \"a\" NIL NIL NIL NIL NIL NIL NIL NIL)",
            b"",
            UnixMillis(90_000),
        );
        assert_eq!((facets.place(Uid::new(9).unwrap()), facets.place(Uid::new(4).unwrap())), (Some(1), None));
        assert_eq!((facets.sent(0), facets.sent(1)), (60, 90));
        assert_eq!((facets.id(0), facets.references(0), facets.is_reply(0)), (Some(7), &[5, 6][..], true));
        assert_eq!((facets.id(1), facets.references(1), facets.is_reply(1)), (None, &[][..], false));
        let rank = |place, word| facets.ranks()[facets.word(place, word) as usize];
        assert!(rank(1, Word::Subject) < rank(0, Word::Subject));
        assert_eq!((facets.word(1, Word::From), rank(1, Word::From)), (0, 0));
    }
}

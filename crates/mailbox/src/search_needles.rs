//! All words that are looked for in the text of a letter, at once.
//!
//! One by one is faster for usual words in usual text, by far. Text can be made for which it is not, so that hundreds of
//! words take hundreds of slow passes; then one pass that none of them makes slower finds which of them are there.

use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Longer words together are looked for one by one: it bounds what the machine takes, some 30 octets for each.
const OCTETS_MAX: usize = 32 << 10;
/// Fewer words are.
const WORDS_MIN: usize = 4;

/// Words of a search, by their numbers.
#[derive(Default)]
pub(crate) struct Needles {
    words: Vec<(usize, Vec<u8>)>,
    machine: OnceLock<Option<AhoCorasick>>,
}

/// Which of them are in a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scan {
    there: Vec<bool>,
    /// It went to the end, so that the others are not there.
    whole: bool,
}

impl Needles {
    pub(crate) fn add(&mut self, number: usize, word: &[u8]) {
        self.words.push((number, word.to_vec()));
    }

    fn machine(&self) -> Option<&AhoCorasick> {
        let make = || {
            let octets: usize = self.words.iter().map(|(_, word)| word.len()).sum();
            if self.words.len() < WORDS_MIN || octets > OCTETS_MAX {
                return None;
            }
            let words = self.words.iter().map(|(_, word)| word);
            AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(words).ok()
        };
        self.machine.get_or_init(make).as_ref()
    }

    /// `None` if they are to be looked for one by one.
    pub(crate) fn scan(&self, text: &[u8]) -> Option<Scan> {
        let machine = self.machine()?;
        let mut scan = Scan { there: Vec::new(), whole: true };
        // Words that are everywhere would stop it at every octet; those are found one by one at once.
        let mut left = text.len() / 4 + self.words.len();
        for found in machine.find_overlapping_iter(text) {
            let number = self.words[found.pattern().as_usize()].0;
            if scan.there.len() <= number {
                scan.there.resize(number + 1, false);
            }
            scan.there[number] = true;
            left -= 1;
            if left == 0 {
                scan.whole = false;
                break;
            }
        }
        Some(scan)
    }
}

impl Scan {
    /// `None` if it does not tell.
    pub(crate) fn has(&self, number: usize) -> Option<bool> {
        match self.there.get(number) {
            Some(true) => Some(true),
            _ => self.whole.then_some(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use memchr::memmem;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn at_once_and_one_by_one_find_the_same(
            text in "[ab]{0,400}",
            words in prop::collection::vec("[ab]{0,9}", 1..20),
        ) {
            let mut needles = Needles::default();
            for (number, word) in words.iter().enumerate() {
                needles.add(number * 2, word.as_bytes());
            }
            if let Some(scan) = needles.scan(text.as_bytes()) {
                for (number, word) in words.iter().enumerate() {
                    let there = memmem::find(text.as_bytes(), word.as_bytes()).is_some();
                    prop_assert!(scan.has(number * 2).is_none_or(|found| found == there), "{word:?}");
                }
            } else {
                prop_assert!(words.len() < WORDS_MIN);
            }
        }
    }
}

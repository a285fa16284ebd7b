//! Texts that are kept once.

use std::collections::HashMap;
use std::sync::Arc;

/// What a text costs beside its octets: twice its pointer, a number, its counts and its place in the map.
const TEXT_OCTETS: usize = 80;

#[derive(Clone, Debug)]
pub(super) struct Texts {
    all: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    octets: usize,
}

impl Default for Texts {
    fn default() -> Self {
        let mut texts = Self { all: Vec::new(), numbers: HashMap::new(), octets: 0 };
        texts.number("");
        texts
    }
}

impl Texts {
    /// The number of a text; zero is the empty one.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).expect("at most six texts for each of a million messages");
        let text: Arc<str> = text.into();
        self.octets += text.len() + TEXT_OCTETS;
        self.all.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    /// For each number, the place of its text in their order.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<(&str, u32)> = self.all.iter().map(|text| &**text).zip(0..).collect();
        order.sort_unstable();
        let mut ranks = vec![0; order.len()];
        for ((_, number), rank) in order.into_iter().zip(0..) {
            ranks[number as usize] = rank;
        }
        ranks
    }

    pub(super) fn octets(&self) -> usize {
        self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_and_ranks_follow_the_octets() {
        let mut texts = Texts::default();
        let numbers: Vec<u32> = ["b", "a", "b", "", "å"].iter().map(|text| texts.number(text)).collect();
        assert_eq!(numbers, [1, 2, 1, 0, 3]);
        assert_eq!(texts.ranks(), [0, 2, 1, 3]);
    }
}

//! A cache bounded by octets: two generations, of which the older is dropped when the younger is half the bound.
//!
//! What is asked for moves to the younger one. No list to keep in order, and nothing asked for lately is lost.

use std::collections::HashMap;
use std::hash::Hash;

use parking_lot::Mutex;

/// What an entry costs beside its value.
const ENTRY_OCTETS: usize = 96;

pub(crate) struct BytesCache<K, V> {
    octets_max: usize,
    generations: Mutex<Generations<K, V>>,
}

struct Generations<K, V> {
    young: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    young_octets: usize,
}

impl<K: Hash + Eq, V: Clone> BytesCache<K, V> {
    pub(crate) fn new(octets_max: usize) -> Self {
        let generations = Generations { young: HashMap::new(), old: HashMap::new(), young_octets: 0 };
        Self { octets_max, generations: Mutex::new(generations) }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut generations = self.generations.lock();
        if let Some((value, _)) = generations.young.get(key) {
            return Some(value.clone());
        }
        let (key, (value, octets)) = generations.old.remove_entry(key)?;
        self.put(&mut generations, key, value.clone(), octets);
        Some(value)
    }

    /// Keeps a value that takes `octets`, unless it alone is over a quarter of the bound.
    pub(crate) fn insert(&self, key: K, value: V, octets: usize) {
        let octets = octets + ENTRY_OCTETS;
        if octets <= self.octets_max / 4 {
            self.put(&mut self.generations.lock(), key, value, octets);
        }
    }

    fn put(&self, generations: &mut Generations<K, V>, key: K, value: V, octets: usize) {
        if generations.young_octets + octets > self.octets_max / 2 {
            generations.old = std::mem::take(&mut generations.young);
            generations.young_octets = 0;
        }
        let before = generations.young.insert(key, (value, octets)).map_or(0, |(_, octets)| octets);
        generations.young_octets = generations.young_octets + octets - before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let cache = BytesCache::new(10 * (ENTRY_OCTETS + 10));
        for key in 0..100 {
            cache.insert(key, key, 10);
            assert_eq!(cache.get(&0), Some(0), "asked for every time");
        }
        assert_eq!((cache.get(&99), cache.get(&50)), (Some(99), None));
        cache.insert(7, 7, 1 << 20);
        assert_eq!(cache.get(&7), None, "larger than the cache");
    }
}

//! A bounded queue that serves its customers in turn, however much one of them brings.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

pub(super) struct FairQueue<K, T> {
    lines: HashMap<K, VecDeque<T>>,
    turns: VecDeque<K>,
    len: usize,
    len_max: usize,
}

impl<K: Copy + Eq + Hash, T> FairQueue<K, T> {
    pub(super) fn new(len_max: usize) -> Self {
        Self { lines: HashMap::new(), turns: VecDeque::new(), len: 0, len_max: len_max.max(1) }
    }

    /// Queues for `customer`. When all is full, whoever has the longest line gives up its newest: the one that is
    /// returned goes away unserved.
    pub(super) fn push(&mut self, customer: K, item: T) -> Option<T> {
        let mut turned_away = None;
        if self.len >= self.len_max {
            let own = self.lines.get(&customer).map_or(0, VecDeque::len);
            let longest =
                self.lines.iter().max_by_key(|(_, line)| line.len()).map(|(k, line)| (*k, line.len()));
            match longest {
                Some((other, len)) if len > own + 1 => {
                    turned_away = self.lines.get_mut(&other).and_then(VecDeque::pop_back);
                    self.len -= 1;
                }
                _ => return Some(item),
            }
        }
        let line = self.lines.entry(customer).or_default();
        if line.is_empty() {
            self.turns.push_back(customer);
        }
        line.push_back(item);
        self.len += 1;
        turned_away
    }

    /// The next, one customer after the other.
    pub(super) fn pop(&mut self) -> Option<T> {
        let customer = self.turns.pop_front()?;
        let line = self.lines.get_mut(&customer)?;
        let item = line.pop_front();
        if line.is_empty() {
            self.lines.remove(&customer);
        } else {
            self.turns.push_back(customer);
        }
        self.len -= usize::from(item.is_some());
        item
    }
}

#[cfg(test)]
mod tests {
    use super::FairQueue;

    #[test]
    fn customers_take_turns_and_the_greedy_one_gives_way() {
        let mut queue = FairQueue::new(4);
        for item in 1..=4 {
            assert_eq!(queue.push('a', item), None);
        }
        assert_eq!(queue.push('a', 5), Some(5));
        assert_eq!(queue.push('b', 10), Some(4));
        assert_eq!(queue.push('b', 11), Some(3));
        assert_eq!(queue.push('b', 12), Some(12));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [1, 10, 2, 11]);
        assert_eq!((queue.len, queue.lines.len(), queue.turns.len()), (0, 0, 0));
    }
}

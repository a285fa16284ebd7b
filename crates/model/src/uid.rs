//! Numbers of messages: UID, sequence number, modification sequence.

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// A message's number in one mailbox: never zero, never reused (RFC 9051 §2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(NonZeroU32);

/// A message's place in a session's view of a mailbox, from one (RFC 9051 §2.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeqNo(NonZeroU32);

/// Tells one life of a mailbox name from another; only grows (RFC 9051 §2.3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UidValidity(NonZeroU32);

macro_rules! nonzero {
    ($name:ident) => {
        impl $name {
            /// One, the smallest.
            pub const MIN: Self = Self(NonZeroU32::MIN);
            /// The largest that the protocol can write.
            pub const MAX: Self = Self(NonZeroU32::MAX);

            /// `None` for zero.
            pub const fn new(number: u32) -> Option<Self> {
                match NonZeroU32::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }
            /// The number.
            pub const fn get(self) -> u32 {
                self.0.get()
            }
            /// The next one; `None` after the largest.
            pub const fn next(self) -> Option<Self> {
                match self.0.checked_add(1) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
nonzero!(Uid);
nonzero!(SeqNo);
nonzero!(UidValidity);

/// Modification sequence of a mailbox, 63 bits (RFC 7162 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModSeq(pub u64);

impl ModSeq {
    /// The next one. 2^63 changes cannot be reached: at a million a second it takes 290,000 years.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of UIDs as ascending, disjoint, non-adjacent closed ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UidSet {
    ranges: Vec<(Uid, Uid)>,
}

impl UidSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }
    /// All of `low..=high`; the ends may come in either order (RFC 9051 §9, seq-range).
    pub fn range(low: Uid, high: Uid) -> Self {
        Self { ranges: vec![(low.min(high), low.max(high))] }
    }
    /// True without members.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
    /// How many members.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(low, high)| u64::from(high.get() - low.get()) + 1).sum()
    }
    /// The ranges, ascending.
    pub fn ranges(&self) -> &[(Uid, Uid)] {
        &self.ranges
    }
    /// Is `uid` a member? O(log n).
    pub fn contains(&self, uid: Uid) -> bool {
        let after = self.ranges.partition_point(|(low, _)| *low <= uid);
        after > 0 && uid <= self.ranges[after - 1].1
    }
    /// Adds one; O(1) when they come ascending.
    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid, uid);
    }
    /// Adds `low..=high`.
    pub fn insert_range(&mut self, low: Uid, high: Uid) {
        let (mut low, mut high) = (low.min(high), low.max(high));
        // The first range that is not wholly (with a gap) before `low`, and the first wholly after `high`.
        let from = self.ranges.partition_point(|(_, end)| end.get().saturating_add(1) < low.get());
        let to = self.ranges.partition_point(|(start, _)| start.get() <= high.get().saturating_add(1));
        if from < to {
            low = low.min(self.ranges[from].0);
            high = high.max(self.ranges[to - 1].1);
        }
        self.ranges.splice(from..to.max(from), [(low, high)]);
    }
    /// What both sets have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut ranges, mut theirs) = (Vec::new(), other.ranges.iter().copied().peekable());
        for (low, high) in &self.ranges {
            while theirs.next_if(|(_, end)| end < low).is_some() {}
            while let Some((start, end)) = theirs.peek().copied().filter(|(start, _)| start <= high) {
                ranges.push((start.max(*low), end.min(*high)));
                if end > *high {
                    break;
                }
                theirs.next();
            }
        }
        Self { ranges }
    }
    /// Every member, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.ranges.iter().flat_map(|(low, high)| (low.get()..=high.get()).filter_map(Uid::new))
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut set = Self::new();
        uids.into_iter().for_each(|uid| set.insert(uid));
        set
    }
}

impl Extend<Uid> for UidSet {
    fn extend<I: IntoIterator<Item = Uid>>(&mut self, uids: I) {
        uids.into_iter().for_each(|uid| self.insert(uid));
    }
}

/// As in IMAP: `1:3,7`. The empty set prints nothing, so never print it into a command.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (low, high)) in self.ranges.iter().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            if low == high { write!(f, "{low}")? } else { write!(f, "{low}:{high}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn uid(number: u32) -> Uid {
        Uid::new(number).unwrap()
    }

    #[test]
    fn ranges_join_when_they_touch() {
        let mut set: UidSet = [1, 2, 5, 9].map(uid).into_iter().collect();
        assert_eq!(set.to_string(), "1:2,5,9");
        set.insert_range(uid(8), uid(3));
        assert_eq!(set.to_string(), "1:9");
        set.insert(Uid::MAX);
        assert_eq!(set.to_string(), "1:9,4294967295");
        assert_eq!(set.len(), 10);
    }

    proptest! {
        #[test]
        fn a_set_is_a_set(ranges in prop::collection::vec((1u32..60, 0u32..6), 0..20)) {
            let (mut set, mut model) = (UidSet::new(), BTreeSet::new());
            for (low, more) in ranges {
                set.insert_range(uid(low), uid(low + more));
                model.extend((low..=low + more).map(uid));
            }
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), model.len() as u64);
            for number in 1..70 {
                prop_assert_eq!(set.contains(uid(number)), model.contains(&uid(number)));
            }
            for pair in set.ranges().windows(2) {
                prop_assert!(pair[0].1.get() + 1 < pair[1].0.get());
            }
        }
        #[test]
        fn an_intersection_is_what_both_have(one in prop::collection::btree_set(1u32..40, 0..30), other in prop::collection::btree_set(1u32..40, 0..30)) {
            let set = |numbers: &BTreeSet<u32>| numbers.iter().copied().map(uid).collect::<UidSet>();
            let both: BTreeSet<u32> = one.intersection(&other).copied().collect();
            prop_assert_eq!(set(&one).intersection(&set(&other)), set(&both));
        }
    }
}

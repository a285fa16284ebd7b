//! Sequence sets: `1:3,7,9:*`.
//!
//! RFC 3501 §9, sequence-set; RFC 5182 (`$`).

use std::fmt;
use std::num::NonZeroU32;

use model::{Uid, UidSet};

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A number.
    Number(NonZeroU32),
    /// `*`, the largest in use.
    Largest,
}

impl Bound {
    fn resolve(self, largest: u32) -> Option<u32> {
        match self {
            Self::Number(number) => Some(number.get()),
            Self::Largest => (largest > 0).then_some(largest),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Largest => f.write_str("*"),
        }
    }
}

/// Numbers of messages as the client wrote them; what they mean depends on the command (sequence numbers or UIDs).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceSet(Vec<(Bound, Bound)>);

impl SequenceSet {
    /// From ranges; `None` without any.
    pub fn new(ranges: Vec<(Bound, Bound)>) -> Option<Self> {
        (!ranges.is_empty()).then_some(Self(ranges))
    }
    /// The ranges as written.
    pub fn parts(&self) -> &[(Bound, Bound)] {
        &self.0
    }
    /// Closed ranges, ascending and apart, with `*` standing for `largest`. With `largest` zero (an empty mailbox) the
    /// parts with `*` are left out. `5:*` where 3 is the largest is `3:5`, so it holds the last message (RFC 3501 §6.4.8).
    pub fn ranges(&self, largest: u32) -> Vec<(u32, u32)> {
        let ends = |(from, to): &(Bound, Bound)| {
            let (from, to) = (from.resolve(largest)?, to.resolve(largest)?);
            Some((from.min(to), from.max(to)))
        };
        let mut ranges: Vec<(u32, u32)> = self.0.iter().filter_map(ends).collect();
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match joined.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => joined.push((low, high)),
            }
        }
        joined
    }
    /// The same as UIDs, with `*` standing for the largest UID of the mailbox (`None` if it is empty).
    pub fn uids(&self, largest: Option<Uid>) -> UidSet {
        let mut uids = UidSet::new();
        for (low, high) in self.ranges(largest.map_or(0, Uid::get)) {
            if let (Some(low), Some(high)) = (Uid::new(low), Uid::new(high)) {
                uids.insert_range(low, high);
            }
        }
        uids
    }
}

/// What stands where a command names messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// Numbers.
    Set(SequenceSet),
    /// `$`: what the last SEARCH with SAVE found (RFC 5182); UIDs and sequence numbers alike.
    Saved,
}

impl From<SequenceSet> for Numbers {
    fn from(set: SequenceSet) -> Self {
        Self::Set(set)
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(set) => set.fmt(f),
            Self::Saved => f.write_str("$"),
        }
    }
}

impl fmt::Display for SequenceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (from, to)) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            if from == to { write!(f, "{comma}{from}")? } else { write!(f, "{comma}{from}:{to}")? }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> Bound {
        Bound::Number(NonZeroU32::new(number).unwrap())
    }

    #[test]
    fn ranges_are_joined_and_the_star_is_the_last() {
        let set = SequenceSet::new(vec![
            (number(7), number(5)),
            (number(8), number(8)),
            (number(30), Bound::Largest),
            (number(1), number(1)),
        ])
        .unwrap();
        assert_eq!(set.to_string(), "7:5,8,30:*,1");
        assert_eq!(set.ranges(20), [(1, 1), (5, 8), (20, 30)]);
        assert_eq!(set.ranges(0), [(1, 1), (5, 8)]);
        assert_eq!(set.uids(Uid::new(9)).to_string(), "1,5:30");
        assert_eq!(set.uids(None).to_string(), "1,5:8");
    }
}

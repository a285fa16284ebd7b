//! Some of a result, by their places in it.
//!
//! RFC 9394 §3.1, §3.3: counted from one, from the begin or from the end; the order stays.

use imap_wire::command::PartialRange;

/// What stands at these places.
pub(crate) fn part<T>(all: &[T], range: PartialRange) -> &[T] {
    let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).min(all.len());
    let (low, high) = (place(range.first.saturating_sub(1)), place(range.last));
    if range.from_end { &all[all.len() - high..all.len() - low] } else { &all[low..high] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_from_both_ends() {
        let part = |first, last, from_end| part(b"abcde", PartialRange { first, last, from_end });
        assert_eq!(part(1, 2, false), b"ab");
        assert_eq!(part(4, 100, false), b"de");
        assert_eq!(part(6, 7, false), b"");
        assert_eq!(part(1, 2, true), b"de");
        assert_eq!(part(4, 100, true), b"ab");
        assert_eq!(part(6, u32::MAX, true), b"");
    }
}

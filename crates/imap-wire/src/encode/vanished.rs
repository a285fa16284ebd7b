//! VANISHED responses: UIDs of messages that are gone.
//!
//! RFC 7162 §3.2.10.

use model::UidSet;

/// Octets of one response at which the next begins: some clients read lines of 8 KiB at most (RFC 7162 §4).
const LINE_BYTES: usize = 8000;

/// `* VANISHED uids`; with `earlier`, `* VANISHED (EARLIER) uids`, which changes no sequence number. Nothing for the empty set,
/// several lines for a long one.
pub fn vanished(earlier: bool, uids: &UidSet, out: &mut Vec<u8>) {
    use std::io::Write;
    let begin: &[u8] = if earlier { b"* VANISHED (EARLIER) " } else { b"* VANISHED " };
    let mut line = None;
    for (low, high) in uids.ranges() {
        match line {
            Some(start) if out.len() - start < LINE_BYTES => out.push(b','),
            before => {
                out.extend_from_slice(if before.is_some() { b"\r\n" } else { b"" });
                line = Some(out.len());
                out.extend_from_slice(begin);
            }
        }
        write!(out, "{low}").expect("a Vec takes everything");
        if low < high {
            write!(out, ":{high}").expect("a Vec takes everything");
        }
    }
    if line.is_some() {
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use model::Uid;

    use super::*;

    #[test]
    fn both_forms_and_none() {
        let mut out = Vec::new();
        let mut uids: UidSet = [41, 43].into_iter().filter_map(Uid::new).collect();
        vanished(false, &UidSet::new(), &mut out);
        vanished(false, &uids, &mut out);
        uids.insert_range(Uid::new(43).unwrap(), Uid::new(116).unwrap());
        vanished(true, &uids, &mut out);
        let expected = "* VANISHED 41,43\r\n* VANISHED (EARLIER) 41,43:116\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn no_line_is_too_long_for_a_client() {
        let uids: UidSet = (1..5000).map(|number| number * 2_000).filter_map(Uid::new).collect();
        let mut out = Vec::new();
        vanished(true, &uids, &mut out);
        let text = String::from_utf8(out).unwrap();
        let mut told = UidSet::new();
        for line in text.lines() {
            assert!(line.len() < 8192);
            let numbers = line.strip_prefix("* VANISHED (EARLIER) ").unwrap();
            told.extend(numbers.split(',').map(|number| Uid::new(number.parse().unwrap()).unwrap()));
        }
        assert!(text.lines().count() > 2);
        assert_eq!(told, uids);
    }
}

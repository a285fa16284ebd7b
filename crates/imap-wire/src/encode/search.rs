//! SEARCH, SORT and ESEARCH responses.
//!
//! RFC 3501 §7.2.5; RFC 5256 §6; RFC 4731 §3; RFC 7162 §3.1.5 (MODSEQ); RFC 5267 §4 (ADDTO, REMOVEFROM); RFC 9394 §3.1
//! (PARTIAL). One line each, however long: clients do not expect a second one.

use model::ModSeq;

use super::string::{number, string};
use crate::command::{Numbering, PartialRange, Tag};

/// `* SEARCH n n n`, with `(MODSEQ n)` behind it if the client asked for that and something was found.
pub fn search(numbers: impl IntoIterator<Item = u32>, mod_seq: Option<ModSeq>, out: &mut Vec<u8>) {
    plain("SEARCH", numbers, mod_seq, out);
}

/// `* SORT n n n`, in the order of the numbers.
pub fn sort(numbers: impl IntoIterator<Item = u32>, mod_seq: Option<ModSeq>, out: &mut Vec<u8>) {
    plain("SORT", numbers, mod_seq, out);
}

fn plain(word: &str, numbers: impl IntoIterator<Item = u32>, mod_seq: Option<ModSeq>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* ");
    out.extend_from_slice(word.as_bytes());
    let before = out.len();
    for n in numbers {
        out.push(b' ');
        number(u64::from(n), out);
    }
    // RFC 7162 §3.1.5: not told of an empty result.
    if let Some(mod_seq) = mod_seq.filter(|_| out.len() > before) {
        out.extend_from_slice(b" (MODSEQ ");
        number(mod_seq.0, out);
        out.push(b')');
    }
    out.extend_from_slice(b"\r\n");
}

/// Writes one `* ESEARCH (TAG "…") UID MIN … `. What was not found is not told: leave MIN, MAX and ALL out of an empty result.
#[derive(Debug)]
pub struct EsearchWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> EsearchWriter<'a> {
    /// Begins. The tag is that of the command that asked, also for news of it later.
    pub fn new(tag: &Tag, numbering: Numbering, out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(b"* ESEARCH (TAG ");
        string(tag.as_str().as_bytes(), out);
        out.push(b')');
        if numbering == Numbering::Uid {
            out.extend_from_slice(b" UID");
        }
        Self { out }
    }
    /// Ends.
    pub fn finish(self) {
        self.out.extend_from_slice(b"\r\n");
    }

    fn one(&mut self, name: &str, value: u64) {
        self.out.extend_from_slice(name.as_bytes());
        number(value, self.out);
    }
    /// `MIN n`
    pub fn min(&mut self, n: u32) {
        self.one(" MIN ", u64::from(n));
    }
    /// `MAX n`
    pub fn max(&mut self, n: u32) {
        self.one(" MAX ", u64::from(n));
    }
    /// `COUNT n`, zero too.
    pub fn count(&mut self, n: u32) {
        self.one(" COUNT ", u64::from(n));
    }
    /// `MODSEQ n`
    pub fn mod_seq(&mut self, mod_seq: ModSeq) {
        self.one(" MODSEQ ", mod_seq.0);
    }
    /// `ALL set`, in the order of the numbers; nothing at all if there are none.
    pub fn all(&mut self, numbers: impl IntoIterator<Item = u32>) {
        let start = self.out.len();
        self.out.extend_from_slice(b" ALL ");
        if !set(numbers, self.out) {
            self.out.truncate(start);
        }
    }
    /// `PARTIAL (1:100 set)`, in the order of the numbers; `NIL` if nothing stands in these places.
    pub fn partial(&mut self, range: PartialRange, numbers: impl IntoIterator<Item = u32>) {
        self.out.extend_from_slice(b" PARTIAL (");
        self.out.extend_from_slice(range.to_string().as_bytes());
        self.out.push(b' ');
        if !set(numbers, self.out) {
            self.out.extend_from_slice(b"NIL");
        }
        self.out.push(b')');
    }
    /// `ADDTO (position set)`: these came into the result, the first at this place (from one), or anywhere with zero.
    pub fn add_to(&mut self, position: u32, numbers: impl IntoIterator<Item = u32>) {
        self.change(" ADDTO (", position, numbers);
    }
    /// `REMOVEFROM (position set)`: these went out of it.
    pub fn remove_from(&mut self, position: u32, numbers: impl IntoIterator<Item = u32>) {
        self.change(" REMOVEFROM (", position, numbers);
    }

    fn change(&mut self, name: &str, position: u32, numbers: impl IntoIterator<Item = u32>) {
        let start = self.out.len();
        self.one(name, u64::from(position));
        self.out.push(b' ');
        if set(numbers, self.out) {
            self.out.push(b')');
        } else {
            self.out.truncate(start);
        }
    }
}

/// A sequence set that keeps the order: only a run that climbs one by one becomes a range, since `5:3` is `3:5` (RFC 3501
/// §9). Were there any numbers?
fn set(numbers: impl IntoIterator<Item = u32>, out: &mut Vec<u8>) -> bool {
    let mut numbers = numbers.into_iter().peekable();
    let mut comma = false;
    while let Some(first) = numbers.next() {
        let mut last = first;
        while let Some(next) = numbers.next_if(|next| last.checked_add(1) == Some(*next)) {
            last = next;
        }
        if comma {
            out.push(b',');
        }
        comma = true;
        number(u64::from(first), out);
        if last > first {
            out.push(b':');
            number(u64::from(last), out);
        }
    }
    comma
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut EsearchWriter<'_>)) -> String {
        let mut out = Vec::new();
        let mut writer = EsearchWriter::new(&Tag("a]1".to_owned()), Numbering::Uid, &mut out);
        write(&mut writer);
        writer.finish();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_old_forms() {
        let mut out = Vec::new();
        search([2, 84, 882], None, &mut out);
        search([], Some(ModSeq(7)), &mut out);
        search([2, 5], Some(ModSeq(917_162_500)), &mut out);
        sort([5, 3, 4], None, &mut out);
        sort([], None, &mut out);
        let expected =
            "* SEARCH 2 84 882\r\n* SEARCH\r\n* SEARCH 2 5 (MODSEQ 917162500)\r\n* SORT 5 3 4\r\n* SORT\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn esearch_tells_what_was_found() {
        let all = written(|esearch| {
            esearch.min(2);
            esearch.max(9);
            esearch.count(5);
            esearch.all([2, 3, 4, 9, 8]);
            esearch.mod_seq(ModSeq(1236));
        });
        assert_eq!(all, "* ESEARCH (TAG \"a]1\") UID MIN 2 MAX 9 COUNT 5 ALL 2:4,9,8 MODSEQ 1236\r\n");
        let none = written(|esearch| {
            esearch.count(0);
            esearch.all([]);
            esearch.add_to(0, []);
            esearch.partial(PartialRange { first: 1, last: 100, from_end: true }, []);
        });
        assert_eq!(none, "* ESEARCH (TAG \"a]1\") UID COUNT 0 PARTIAL (-1:-100 NIL)\r\n");
        let news = written(|esearch| {
            esearch.add_to(1, [32_768, 32_769]);
            esearch.remove_from(0, [7, 6]);
        });
        assert_eq!(news, "* ESEARCH (TAG \"a]1\") UID ADDTO (1 32768:32769) REMOVEFROM (0 7,6)\r\n");
    }

    #[test]
    fn the_largest_number_ends_a_range() {
        let line = written(|esearch| esearch.all([u32::MAX - 1, u32::MAX, u32::MAX]));
        assert!(line.ends_with(" ALL 4294967294:4294967295,4294967295\r\n"), "{line}");
    }
}

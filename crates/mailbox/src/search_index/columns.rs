//! Columns: for each hashed trigram, the letters of a segment that hold it.
//!
//! A segment in the making is a table of 65,536 columns by 1,024 letters, one bit each: 8 MiB, and no sorting. Kept, a
//! column is a list of letters or a row of bits, whichever is shorter; one that most letters have says nothing and is
//! kept as that.

use super::rows::{PackedRow, ROW_OCTETS, put_number, take_number};
use super::{Docs, SEGMENT_DOCS};

const COLUMNS: usize = 1 << 16;
const WORDS: usize = SEGMENT_DOCS / 64;

/// Every letter may hold it.
const ALL: u8 = 0;
/// Bits follow.
const BITS: u8 = 1;
/// One more than this, and so many letters follow.
const LIST: u8 = 1;

/// The table of a segment in the making.
pub(crate) struct Table {
    bits: Vec<u64>,
}

impl Table {
    pub(crate) fn new() -> Self {
        Self { bits: vec![0; COLUMNS * WORDS] }
    }

    pub(crate) fn set(&mut self, column: u16, doc: usize) {
        self.bits[usize::from(column) * WORDS + doc / 64] |= 1 << (doc % 64);
    }

    /// As rows: the last column of each, and its value. Every column belongs to one of them.
    pub(crate) fn encode(&self, docs: usize) -> Vec<(u16, Vec<u8>)> {
        let (mut rows, mut from, mut packed, mut before) = (Vec::new(), 0_u16, Vec::new(), 0_u16);
        let mut entry = Vec::with_capacity(2 * SEGMENT_DOCS / 8);
        for column in 0..=u16::MAX {
            let place = usize::from(column) * WORDS;
            entry.clear();
            if !encode_column(&self.bits[place..place + WORDS], docs, &mut entry) {
                continue;
            }
            if packed.len() + entry.len() + 3 > ROW_OCTETS {
                rows.push((column - 1, PackedRow::encode(from, &packed)));
                packed.clear();
                (from, before) = (column, column);
            }
            put_number((column - before).into(), &mut packed);
            before = column;
            packed.extend_from_slice(&entry);
        }
        rows.push((u16::MAX, PackedRow::encode(from, &packed)));
        rows
    }
}

/// False if nobody holds it.
fn encode_column(bits: &[u64], docs: usize, out: &mut Vec<u8>) -> bool {
    let count = bits.iter().map(|word| word.count_ones() as usize).sum::<usize>();
    let octets = docs.div_ceil(8);
    if count == 0 {
        return false;
    }
    if count * 4 > docs * 3 {
        out.push(ALL);
    } else if count >= octets || count + usize::from(LIST) > 255 {
        put_bits(bits, octets, out);
    } else {
        out.push(u8::try_from(count).unwrap_or(u8::MAX - LIST) + LIST);
        let mut before = 0;
        for (place, word) in bits.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let doc = place as u32 * 64 + word.trailing_zeros();
                put_number(doc - before, out);
                before = doc;
                word &= word - 1;
            }
        }
        if out.len() > octets {
            out.clear();
            put_bits(bits, octets, out);
        }
    }
    true
}

fn put_bits(bits: &[u64], octets: usize, out: &mut Vec<u8>) {
    out.push(BITS);
    let all = bits.iter().flat_map(|word| word.to_le_bytes());
    out.extend(all.take(octets));
}

/// Takes out of `left` who does not hold the trigram of a column of this row. `None` if the row does not read.
pub(crate) fn keep_holders(row: &PackedRow, wanted: u16, docs: usize, left: &mut Docs) -> Option<()> {
    let mut packed = &row.packed[..];
    let mut column = u32::from(row.from);
    while !packed.is_empty() {
        column += take_number(&mut packed)?;
        let (form, rest) = packed.split_first()?;
        packed = rest;
        let here = column == u32::from(wanted);
        match *form {
            ALL if here => return Some(()),
            ALL => {}
            BITS => {
                let (bits, rest) = packed.split_at_checked(docs.div_ceil(8))?;
                packed = rest;
                if here {
                    keep_bits(bits, left);
                    return Some(());
                }
            }
            count => {
                let mut holders = [0; WORDS];
                let mut doc = 0;
                for _ in 0..count - LIST {
                    doc += take_number(&mut packed)? as usize;
                    *holders.get_mut(doc / 64)? |= 1 << (doc % 64);
                }
                if here {
                    left.iter_mut().zip(holders).for_each(|(left, holders)| *left &= holders);
                    return Some(());
                }
            }
        }
        if column > u32::from(wanted) {
            break;
        }
    }
    *left = [0; WORDS];
    Some(())
}

fn keep_bits(bits: &[u8], left: &mut Docs) {
    for (place, left) in left.iter_mut().enumerate() {
        let mut word = [0; 8];
        let octets = bits.get(place * 8..).unwrap_or_default();
        let octets = &octets[..octets.len().min(8)];
        word[..octets.len()].copy_from_slice(octets);
        *left &= u64::from_le_bytes(word);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn holders(rows: &[(u16, Vec<u8>)], wanted: u16, docs: usize) -> Vec<usize> {
        let (_, value) = rows.iter().find(|(last, _)| *last >= wanted).unwrap();
        let row = PackedRow::decode(&Bytes::from(value.clone())).unwrap();
        assert!(row.from <= wanted);
        let mut left = [u64::MAX; WORDS];
        keep_holders(&row, wanted, docs, &mut left).unwrap();
        (0..docs).filter(|doc| left[doc / 64] & 1 << (doc % 64) != 0).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn columns_read_back(
            docs in 1..=SEGMENT_DOCS,
            columns in prop::collection::vec((0..500_u16, 0..5_u16, 0..1_u32 << 20), 1..40),
        ) {
            let (mut table, mut all) = (Table::new(), std::collections::BTreeMap::new());
            for (column, sparse, seed) in columns {
                let column = column.wrapping_mul(131);
                let mut state = seed;
                for doc in 0..docs {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if (state >> 16) % (1 + u32::from(sparse) * 40) == 0 {
                        table.set(column, doc);
                        all.entry(column).or_insert_with(std::collections::BTreeSet::new).insert(doc);
                    }
                }
            }
            let rows = table.encode(docs);
            prop_assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
            prop_assert!(rows.iter().all(|(_, value)| value.len() <= store::Batch::VALUE_OCTETS_MAX));
            for column in all.keys().copied().chain([0, 1, 77, u16::MAX]) {
                let held: Vec<usize> = all.get(&column).into_iter().flatten().copied().collect();
                let found = holders(&rows, column, docs);
                // What most letters hold rules nobody out.
                if found.len() == docs {
                    prop_assert!(held.len() * 4 > docs * 3);
                } else {
                    prop_assert_eq!(found, held);
                }
            }
        }
        #[test]
        fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..80), wanted: u16, docs in 1..=SEGMENT_DOCS) {
            if let Some(row) = PackedRow::decode(&Bytes::from(octets)) {
                keep_holders(&row, wanted, docs, &mut [u64::MAX; WORDS]);
            }
        }
    }
}

//! Heads: of each letter of a segment what programs search all the time, so that a word that many letters hold in their
//! SUBJECT costs one small row for some twenty letters.

use bytes::Bytes;

use super::rows::{PackedRow, ROW_OCTETS, put_number, take_number};

/// Longer ones are not kept; the letter is read.
const HEAD_OCTETS_MAX: usize = 1500;

/// What is kept of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// `name: value`, folded, one a line: the fields of [`crate::search::HEAD_FIELDS`].
    pub(crate) fields: Bytes,
    /// The day of its Date, if that reads.
    pub(crate) sent_day: Option<i32>,
}

const ABSENT: u32 = 0;
const WITHOUT_DATE: u32 = 1;
const WITH_DATE: u32 = 2;

/// As rows: the last letter of each, and its value.
pub(crate) fn encode(heads: &[Option<Head>]) -> Vec<(u16, Vec<u8>)> {
    let (mut rows, mut from, mut packed) = (Vec::new(), 0_u16, Vec::new());
    let mut entry = Vec::new();
    for (doc, head) in (0_u16..).zip(heads) {
        entry.clear();
        encode_head(head.as_ref(), &mut entry);
        if packed.len() + entry.len() > ROW_OCTETS {
            rows.push((doc - 1, PackedRow::encode(from, &packed)));
            packed.clear();
            from = doc;
        }
        packed.extend_from_slice(&entry);
    }
    if !packed.is_empty() {
        let last = u16::try_from(heads.len() - 1).expect("a segment has fewer letters");
        rows.push((last, PackedRow::encode(from, &packed)));
    }
    rows
}

fn encode_head(head: Option<&Head>, out: &mut Vec<u8>) {
    let Some(head) = head.filter(|head| head.fields.len() <= HEAD_OCTETS_MAX) else {
        put_number(ABSENT, out);
        return;
    };
    match head.sent_day {
        None => put_number(WITHOUT_DATE, out),
        Some(day) => {
            put_number(WITH_DATE, out);
            out.extend_from_slice(&day.to_le_bytes());
        }
    }
    put_number(u32::try_from(head.fields.len()).expect("it is short"), out);
    out.extend_from_slice(&head.fields);
}

/// Letters and their heads; ends early if the row does not read.
pub(crate) fn decode(row: &PackedRow) -> Vec<(usize, Head)> {
    let (mut packed, mut doc, mut heads) = (&row.packed[..], usize::from(row.from), Vec::new());
    while !packed.is_empty() {
        match decode_head(&mut packed, &row.packed) {
            Some(Some(head)) => heads.push((doc, head)),
            Some(None) => {}
            None => break,
        }
        doc += 1;
    }
    heads
}

fn decode_head(packed: &mut &[u8], whole: &Bytes) -> Option<Option<Head>> {
    let sent_day = match take_number(packed)? {
        WITHOUT_DATE => None,
        WITH_DATE => {
            let (day, rest) = packed.split_first_chunk()?;
            *packed = rest;
            Some(i32::from_le_bytes(*day))
        }
        _ => return Some(None),
    };
    let length = take_number(packed)? as usize;
    let (fields, rest) = packed.split_at_checked(length)?;
    *packed = rest;
    Some(Some(Head { fields: whole.slice_ref(fields), sent_day }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn heads_read_back(
            heads in prop::collection::vec((any::<bool>(), 0..1600_usize, any::<Option<i32>>()), 1..60)
        ) {
            let heads: Vec<Option<Head>> = heads.into_iter().map(|(some, length, sent_day)| {
                some.then(|| Head { fields: Bytes::from(vec![b'x'; length]), sent_day })
            }).collect();
            let rows = encode(&heads);
            let mut back = vec![None; heads.len()];
            let mut next = 0;
            for (last, value) in rows {
                prop_assert!(value.len() <= store::Batch::VALUE_OCTETS_MAX);
                let row = PackedRow::decode(&Bytes::from(value)).unwrap();
                prop_assert_eq!(row.from, next);
                next = last + 1;
                for (doc, head) in decode(&row) {
                    back[doc] = Some(head);
                }
            }
            prop_assert_eq!(usize::from(next), heads.len());
            let kept: Vec<_> = heads.into_iter().map(|head| head.filter(|head| head.fields.len() <= HEAD_OCTETS_MAX)).collect();
            prop_assert_eq!(back, kept);
        }
        #[test]
        fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(row) = PackedRow::decode(&Bytes::from(octets)) {
                decode(&row);
            }
        }
    }
}

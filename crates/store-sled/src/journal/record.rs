//! A journal record: one resolved batch with the bodies that ride with it.
//!
//! `crc | length | generation | LSN | payload`. The checksum begins with that of the record before, so that what was
//! left by a torn group can never follow a newer record, and covers the generation, so that a segment that is used
//! again does not give back its old content.

use bytes::Bytes;
use store::Key;

use crate::body_log::Place;

pub(super) const HEAD_OCTETS: usize = 24;
/// Groups begin at a multiple of this: no sector that holds acknowledged octets is written twice.
pub(super) const SECTOR: usize = 512;

/// One batch as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) lsn: u64,
    pub(crate) writes: Vec<(Key, Option<Bytes>)>,
    pub(crate) bodies: Vec<(Place, Bytes)>,
}

/// Records that will share one sync.
#[derive(Default)]
pub(crate) struct Group {
    pub(super) octets: Vec<u8>,
    pub(super) starts: Vec<usize>,
}

impl Group {
    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.starts.clear();
    }
    pub(crate) fn len(&self) -> usize {
        self.octets.len()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
    pub(crate) fn records(&self) -> usize {
        self.starts.len()
    }
    /// Forgets records from number `records` on, which begin at `len`.
    pub(crate) fn truncate(&mut self, records: usize, len: usize) {
        self.starts.truncate(records);
        self.octets.truncate(len);
    }
    /// Adds a batch.
    pub(crate) fn push<'a>(
        &mut self,
        writes: &[(Key, Option<Bytes>)],
        bodies: impl ExactSizeIterator<Item = (Place, &'a [u8])>,
    ) {
        self.starts.push(self.octets.len());
        let out = &mut self.octets;
        out.extend_from_slice(&[0; HEAD_OCTETS]);
        put_u32(out, writes.len());
        for (key, value) in writes {
            put_u32(out, key.as_bytes().len());
            out.extend_from_slice(key.as_bytes());
            match value {
                Some(value) => {
                    put_u32(out, value.len() + 1);
                    out.extend_from_slice(value);
                }
                None => put_u32(out, 0),
            }
        }
        put_u32(out, bodies.len());
        for (place, octets) in bodies {
            out.extend_from_slice(&place.encode());
            out.extend_from_slice(octets);
        }
    }
    /// Fills the last record up to a whole sector and gives each its head; returns the last checksum.
    pub(super) fn seal(&mut self, generation: u64, first_lsn: u64, mut chain: u32) -> u32 {
        self.octets.resize(self.octets.len().next_multiple_of(SECTOR), 0);
        let ends = self.starts.iter().copied().skip(1).chain([self.octets.len()]).collect::<Vec<_>>();
        for ((start, end), lsn) in self.starts.iter().zip(ends).zip(first_lsn..) {
            let record = &mut self.octets[*start..end];
            let len = u32::try_from(record.len() - HEAD_OCTETS).expect("a group is shorter than a segment");
            record[4..8].copy_from_slice(&len.to_le_bytes());
            record[8..16].copy_from_slice(&generation.to_le_bytes());
            record[16..24].copy_from_slice(&lsn.to_le_bytes());
            chain = checksum(chain, &record[4..]);
            record[..4].copy_from_slice(&chain.to_le_bytes());
        }
        chain
    }
}

pub(super) fn checksum(chain: u32, octets: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(chain);
    hasher.update(octets);
    hasher.finalize()
}

fn put_u32(out: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("a group is shorter than 4 GiB");
    out.extend_from_slice(&number.to_le_bytes());
}

/// The record at `at` if it is whole, is of this generation, has this LSN and follows `chain`; with its end and checksum.
pub(super) fn read(
    segment: &Bytes,
    at: usize,
    generation: u64,
    lsn: u64,
    chain: u32,
) -> Option<(usize, u32, Bytes)> {
    let head = segment.get(at..at.checked_add(HEAD_OCTETS)?)?;
    let u64_at = |from: usize| u64::from_le_bytes(head[from..from + 8].try_into().expect("eight octets"));
    let u32_at = |from: usize| u32::from_le_bytes(head[from..from + 4].try_into().expect("four octets"));
    if u64_at(8) != generation || u64_at(16) != lsn {
        return None;
    }
    let start = at + HEAD_OCTETS;
    let end = start.checked_add(u32_at(4) as usize)?;
    let record = segment.get(at + 4..end)?;
    let found = checksum(chain, record);
    (found == u32_at(0)).then(|| (end, found, segment.slice(start..end)))
}

/// Reads what [`Group::push`] wrote; `None` if it is something else although the checksum held.
pub(super) fn decode(lsn: u64, payload: Bytes) -> Option<Entry> {
    let mut rest = payload;
    let mut writes = Vec::new();
    for _ in 0..take_u32(&mut rest)? {
        let key_len = take_u32(&mut rest)?;
        let key = Key::from_bytes(take(&mut rest, key_len)?.to_vec());
        let value = match take_u32(&mut rest)? {
            0 => None,
            len => Some(take(&mut rest, len - 1)?),
        };
        writes.push((key, value));
    }
    let mut bodies = Vec::new();
    for _ in 0..take_u32(&mut rest)? {
        let place = Place::decode(&take(&mut rest, Place::OCTETS)?)?;
        let octets = take(&mut rest, usize::try_from(place.len).ok()?)?;
        bodies.push((place, octets));
    }
    Some(Entry { lsn, writes, bodies })
}

fn take(rest: &mut Bytes, len: usize) -> Option<Bytes> {
    (len <= rest.len()).then(|| rest.split_to(len))
}

fn take_u32(rest: &mut Bytes) -> Option<usize> {
    let field = take(rest, 4)?;
    Some(u32::from_le_bytes(field[..].try_into().expect("four octets")) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(octets: &[u8]) -> Key {
        Key::from_bytes(octets.to_vec())
    }

    #[test]
    fn records_read_back_in_their_order_only() {
        let mut group = Group::default();
        let place = Place { segment: 1, offset: 16, len: 3 };
        group.push(&[(key(b"a"), Some(Bytes::from_static(b"1"))), (key(b"b"), None)], [].into_iter());
        group.push(&[], [(place, &b"xyz"[..])].into_iter());
        group.seal(7, 40, 99);
        let octets = Bytes::from(group.octets.clone());
        assert_eq!(octets.len() % SECTOR, 0);

        let (end, chain, payload) = read(&octets, 0, 7, 40, 99).unwrap();
        let first = decode(40, payload).unwrap();
        assert_eq!(first.writes, [(key(b"a"), Some(Bytes::from_static(b"1"))), (key(b"b"), None)]);
        let (end, _, payload) = read(&octets, end, 7, 41, chain).unwrap();
        assert_eq!(decode(41, payload).unwrap().bodies, [(place, Bytes::from_static(b"xyz"))]);
        assert_eq!(end, octets.len());

        assert!(read(&octets, 0, 8, 40, 99).is_none(), "another generation");
        assert!(read(&octets, 0, 7, 41, 99).is_none(), "another LSN");
        assert!(read(&octets, 0, 7, 40, 98).is_none(), "after another record");
        assert!(read(&octets.slice(..octets.len() - 1), 0, 7, 40, 99).is_some());
        assert!(read(&octets.slice(..30), 0, 7, 40, 99).is_none(), "cut");
    }

    proptest! {
        #[test]
        fn no_octets_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(1, Bytes::from(octets));
        }
    }
}

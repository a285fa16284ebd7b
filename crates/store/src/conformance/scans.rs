//! Scans: in the order of keys, from either end, in pages, never more than 1,000 rows, never beyond the range.

use ::model::TenantId;

use super::Subject;
use super::kit::{batch, run};
use crate::{Key, KeyRange, Keyspace, Op, Store};

const TENANT: TenantId = TenantId::new(2);
const ROWS: u16 = 2_500;

/// A scan gives what a sorted map gives, for every range and limit.
pub fn scans<S: Subject>() {
    let mut subject = S::begin();
    run(write(&subject.store()));
    run(read(&subject.store()));
    subject.reopen();
    run(read(&subject.store()));
}

fn key(number: u16) -> Key {
    Key::new(Keyspace::Address, TENANT).with_bytes(&number.to_be_bytes())
}

/// Backwards, with rows all around that belong to others.
async fn write(store: &Store) {
    let numbers: Vec<u16> = (0..ROWS).rev().collect();
    for numbers in numbers.chunks(250) {
        let puts = numbers.iter().map(|number| Op::Put(key(*number), number.to_be_bytes().to_vec()));
        store.commit(batch(puts)).await.expect("put");
    }
    let around = [
        Key::new(Keyspace::Address, TenantId::new(1)).with_bytes(&[255; 9]),
        Key::new(Keyspace::Address, TenantId::new(3)),
        Key::new(Keyspace::Login, TENANT),
        Key::new(Keyspace::Account, TENANT).with_bytes(&[255; 9]),
    ];
    store.commit(batch(around.map(|key| Op::Put(key, vec![0])))).await.expect("put");
    // Keys of which one is the beginning of the other, and an empty value.
    let prefixes = [&[0, 7, 0][..], &[0, 7, 0, 0], &[0, 7, 255]];
    let longer = prefixes.map(|name| Key::new(Keyspace::Address, TENANT).with_bytes(name));
    store.commit(batch(longer.map(|key| Op::Put(key, Vec::new())))).await.expect("put");
}

async fn read(store: &Store) {
    let whole = KeyRange::prefix(&Key::new(Keyspace::Address, TENANT));
    let mut expected: Vec<Key> = (0..ROWS).map(key).collect();
    expected.splice(
        8..8,
        [&[0, 7, 0][..], &[0, 7, 0, 0], &[0, 7, 255]]
            .map(|name| Key::new(Keyspace::Address, TENANT).with_bytes(name)),
    );
    assert_eq!(keys(store, &whole, 5_000).await, expected[..1_000], "at most 1,000");
    assert_eq!(keys(store, &whole, 0).await, [], "none asked for");
    for page in [1, 63, 64, 65, 999, 1_000] {
        let (mut range, mut found) = (whole.clone(), Vec::new());
        // One row at a time is for the first ones only.
        let enough = if page == 1 { 20 } else { expected.len() };
        while found.len() < enough {
            let rows = keys(store, &range, page).await;
            assert_eq!(rows.len(), page.min(expected.len() - found.len()), "a full page of {page}");
            range = range.after(rows.last().expect("not yet at the end"));
            found.extend(rows);
        }
        assert_eq!(found, expected[..found.len()], "pages of {page}");
    }
    assert_eq!(keys(store, &whole.clone().from(&expected[1_200]), 3).await, expected[1_200..1_203]);
    assert_eq!(keys(store, &whole.clone().after(&expected[1_200]), 3).await, expected[1_201..1_204]);
    let seven = Key::new(Keyspace::Address, TENANT).with_bytes(&[0, 7]);
    assert_eq!(keys(store, &KeyRange::prefix(&seven), 99).await, expected[7..11], "a prefix");
    assert_eq!(keys(store, &whole.after(&expected[expected.len() - 1]), 99).await, [], "behind the last");
    let nowhere = KeyRange { low: seven.as_bytes().to_vec(), high: Some(seven.as_bytes().to_vec()) };
    assert_eq!(keys(store, &nowhere, 99).await, [], "an empty range");
    let everything = KeyRange { low: Vec::new(), high: None };
    assert_eq!(keys(store, &everything, 1_000).await.len(), 1_000, "no bounds");
    let mut all = KeyRange { low: seven.as_bytes().to_vec(), high: None };
    let mut count = 0;
    while let Some(last) = keys(store, &all, 1_000).await.pop() {
        (all, count) = (all.after(&last), count + 1);
    }
    assert_eq!(count, 3, "to the end of all keys: 2,498 rows of ours and two of others");
}

async fn keys(store: &Store, range: &KeyRange, limit: usize) -> Vec<Key> {
    let rows = store.scan(range, limit).await.expect("scans");
    rows.into_iter().map(|row| row.key).collect()
}

//! Bodies that nobody refers to go after a day, and segments that are mostly dead with them.

use std::time::Duration;

use model::{Uid, UidSet, UnixMillis};
use store::{Batch, Op};
use store_sled::{Options, SledEngine, Swept};

use crate::support::{content, create, file, letter, mailbox, message, options};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn dead_bodies_go_and_the_living_stay() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { body_segment_octets: 64 << 10, body_reserve_octets: 0, ..options() };
    let (store, handle) = SledEngine::open(dir.path(), options.clone()).unwrap();
    create(&store, mailbox(1)).await;
    for seed in 1..=100 {
        file(&store, mailbox(1), &letter(seed, 3000 + seed as usize * 50)).await;
    }
    let uid = |number| Uid::new(number).unwrap();
    let dead = message(&store, mailbox(1), uid(1)).await.body;
    let mut batch = Batch::new(UnixMillis(1000));
    let uids: UidSet = (1..=100).filter(|number| number % 5 != 0).map(uid).collect();
    batch.ops.push(Op::Expunge { mailbox: mailbox(1), uids });
    store.commit(batch).await.unwrap();
    let before = handle.stats().unwrap().body_octets;

    let swept = |handle: &store_sled::Handle, now| tokio::task::block_in_place(|| handle.sweep(now).unwrap());
    let early = UnixMillis(1000).after(DAY / 2);
    assert_eq!(swept(&handle, early).bodies, 0, "not before a day");
    assert!(store.derived(mailbox(1).tenant, dead).await.is_ok());
    let late = UnixMillis(2000).after(DAY);
    let Swept { bodies, segments } = swept(&handle, late);
    assert!(bodies == 80 && segments >= 5, "{bodies} bodies, {segments} segments");
    assert!(store.derived(mailbox(1).tenant, dead).await.is_err(), "erased");
    assert!(handle.stats().unwrap().body_octets < before / 2);
    living(&store).await;
    drop(store);
    // As after a power cut that took the index: old places in the base, new ones in the journal.
    drop(handle);
    std::fs::remove_dir_all(dir.path().join("index")).unwrap();
    let (store, _handle) = SledEngine::open(dir.path(), options).unwrap();
    living(&store).await;
}

async fn living(store: &store::Store) {
    for number in (5..=100).step_by(5) {
        let found = content(store, mailbox(1), Uid::new(number).unwrap()).await;
        assert_eq!(found, letter(number.into(), 3000 + number as usize * 50));
    }
}

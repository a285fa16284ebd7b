//! Files, reads, closes, opens again.

use store::{MailboxState, MailboxStateKey, Store, StoreError, UsageKey};
use store_sled::{IndexOpen, OpenError, SledEngine};

use crate::support::{content, create, file, letter, mailbox, message, open, options};

async fn state(store: &Store) -> MailboxState {
    store.load(&MailboxStateKey(mailbox(1))).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_all_sizes_are_there_after_a_reopen() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 100, 4000, 5000, 131_072, 131_073, 700_000, 3_000_000];
    let (store, handle) = open(dir.path());
    create(&store, mailbox(1)).await;
    let mut uids = Vec::new();
    for (seed, size) in sizes.into_iter().enumerate() {
        uids.push(file(&store, mailbox(1), &letter(seed as u64, size)).await);
    }
    let before = state(&store).await;
    drop(store);
    handle.close().unwrap();

    let (store, handle) = open(dir.path());
    assert_eq!(handle.open_report().index, IndexOpen::Plain);
    assert_eq!(handle.open_report().replayed, 0, "closed cleanly");
    assert_eq!(state(&store).await, before);
    let usage = UsageKey { tenant: mailbox(1).tenant, account: mailbox(1).account };
    assert_eq!(store.load(&usage).await.unwrap().unwrap().messages, sizes.len() as u64);
    for (seed, (uid, size)) in uids.iter().zip(sizes).enumerate() {
        assert_eq!(content(&store, mailbox(1), *uid).await, letter(seed as u64, size), "{size}");
        let body = message(&store, mailbox(1), *uid).await.body;
        assert_eq!(store.derived(mailbox(1).tenant, body).await.unwrap(), "derived");
        let whole = letter(seed as u64, size);
        for (start, end) in [(0, 10), (131_000, 131_100), (262_140, 262_150), (size, size + 5), (7, 3)] {
            let part = store.read_body(mailbox(1).tenant, body, start as u64..end as u64).await.unwrap();
            let wanted = whole.get(start.min(size)..end.min(size)).unwrap_or_default();
            assert_eq!(part, wanted, "{start}..{end} of {size}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_at_a_time_and_nobody_else_s_bodies() {
    let dir = tempfile::tempdir().unwrap();
    let (store, handle) = open(dir.path());
    assert!(matches!(SledEngine::open(dir.path(), options()), Err(OpenError::Locked(_))));
    create(&store, mailbox(1)).await;
    let uid = file(&store, mailbox(1), b"hello").await;
    let body = message(&store, mailbox(1), uid).await.body;
    let other = model::TenantId::new(2);
    assert!(matches!(store.read_body(other, body, 0..9).await, Err(StoreError::NoBody(_))));
    handle.close().unwrap();
    assert!(store.commit(store::Batch::new(model::UnixMillis(0))).await.is_err(), "closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_to_many_is_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, handle) = open(dir.path());
    for account in 1..=20 {
        create(&store, mailbox(account)).await;
        file(&store, mailbox(account), &letter(7, 100_000)).await;
    }
    assert!(handle.stats().unwrap().body_octets < 110_000);
}

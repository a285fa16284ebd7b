//! Bodies: all lengths, parts, one copy for each municipality, nothing without a commit.

use ::model::TenantId;
use bytes::Bytes;

use super::Subject;
use super::kit::{batch, create, file, mailbox, message, noise, prose, run, stage};
use crate::{BodyId, BodyKey, CommitError, Op, Spool, Store, StoreError};

const TENANT: TenantId = TenantId::new(1);

/// Letters of every kind read back whole and in parts, also after a reopen; equal content is kept once for each
/// municipality; what is staged and not committed is not there.
pub fn contents<S: Subject>() {
    let mut subject = S::begin();
    let kept = run(keep_all_kinds(&subject.store()));
    run(read_all(&subject.store(), &kept));
    run(once_for_each_municipality(&subject.store()));
    run(nothing_without_a_commit(&subject.store()));
    subject.reopen();
    run(read_all(&subject.store(), &kept));
}

struct Kept {
    id: BodyId,
    content: Vec<u8>,
    derived: Bytes,
}

async fn keep_all_kinds(store: &Store) -> Vec<Kept> {
    const MIB: usize = 1 << 20;
    create(store, mailbox(1, 1, 1)).await;
    let mut kept = Vec::new();
    for (seed, len) in [0, 1, 2, 4_095, 65_536, 65_537, 131_073, 3 * MIB].into_iter().enumerate() {
        let derived = [Bytes::new(), Bytes::from(noise(seed as u64, 5_000))][seed % 2].clone();
        for content in [noise(seed as u64, len), prose(seed as u64, len)] {
            let spool = Spool::from_bytes(content.clone());
            let body = store.stage(TENANT, spool, derived.clone()).await.expect("staged");
            assert_eq!(body.size, len as u64, "the size of what is staged");
            let (id, mut batch) =
                (body.id, batch([Op::Append(mailbox(1, 1, 1), message(body.id, body.size))]));
            batch.bodies.push(body);
            store.commit(batch).await.expect("filed");
            // Equal content (the empty one) is kept with the derived data that came first, which is the same here.
            kept.push(Kept { id, content, derived: derived.clone() });
        }
    }
    kept
}

async fn read_all(store: &Store, kept: &[Kept]) {
    for Kept { id, content, derived } in kept {
        let len = content.len() as u64;
        assert_eq!(store.derived(TENANT, *id).await.expect("reads"), derived, "derived data of {len} octets");
        let borders = [0, 1, 4_095, 65_536, 131_072, 262_144, len / 2, len.saturating_sub(1), len];
        for start in borders {
            for end in [0, start, start + 1, start + 700, len, len + 1, u64::MAX] {
                let part = store.read_body(TENANT, *id, start..end).await.expect("reads");
                let (from, to) = (start.min(len), end.min(len).max(start.min(len)));
                assert!(part == content[from as usize..to as usize], "{start}..{end} of {len} octets");
            }
        }
    }
}

async fn once_for_each_municipality(store: &Store) {
    let content = prose(99, 9_000);
    create(store, mailbox(2, 1, 1)).await;
    let (_, one) = file(store, mailbox(1, 1, 1), &content).await;
    let (_, same) = file(store, mailbox(1, 1, 1), &content).await;
    let (_, other) = file(store, mailbox(2, 1, 1), &content).await;
    assert_eq!(one, same, "equal content has one name in a municipality");
    assert_ne!(one, other, "and another name in another");
    let references = async |tenant, body| {
        store.load(&BodyKey { tenant, body }).await.expect("reads").map(|row| row.references)
    };
    assert_eq!(references(TENANT, one).await, Some(2));
    assert_eq!(references(TenantId::new(2), other).await, Some(1));
    for (tenant, id) in [(1, other), (2, one), (3, one)] {
        let read = store.read_body(TenantId::new(tenant), id, 0..10).await;
        assert!(matches!(read, Err(StoreError::NoBody(_))), "somebody else's body: {read:?}");
        assert!(matches!(store.derived(TenantId::new(tenant), id).await, Err(StoreError::NoBody(_))));
    }
}

async fn nothing_without_a_commit(store: &Store) {
    let staged = stage(store, TENANT, b"never sent").await;
    let id = staged.id;
    let key = BodyKey { tenant: TENANT, body: id };
    assert_eq!(store.load(&key).await.expect("reads"), None, "staged is not kept");
    assert!(matches!(store.read_body(TENANT, id, 0..10).await, Err(StoreError::NoBody(_))));
    drop(staged);
    let named = store.commit(batch([Op::Append(mailbox(1, 1, 1), message(id, 10))])).await;
    assert!(matches!(named, Err(CommitError::NoBody(missing)) if missing == id), "{named:?}");
    // Named by a batch that fails, it is not kept either.
    let staged = stage(store, TENANT, b"never sent").await;
    let mut failing = batch([Op::Append(mailbox(1, 9, 9), message(id, 10))]);
    failing.bodies.push(staged);
    assert!(matches!(store.commit(failing).await, Err(CommitError::NoMailbox(_))));
    assert_eq!(store.load(&key).await.expect("reads"), None, "a failed batch keeps no body");
    assert!(matches!(store.read_body(TENANT, id, 0..10).await, Err(StoreError::NoBody(_))));
}

//! Bodies: all lengths, parts, one copy for each municipality, nothing without a commit, bounds of a batch.

use bytes::Bytes;
use model::{TenantId, UidSet};

use super::Subject;
use super::kit::{batch, create, file, mailbox, message, noise, prose, run, stage, uid};
use crate::{
    Batch, BodyId, BodyKey, CommitError, Key, Keyspace, MailboxStateKey, MessageKey, Op, Spool, Store,
    StoreError,
};

const TENANT: TenantId = TenantId::new(1);

/// Letters of every kind read back whole and in parts, also after a reopen; equal content is kept once for each
/// municipality; what is staged and not committed is not there; a batch over its bounds leaves no trace.
pub fn contents<S: Subject>() {
    let mut subject = S::begin();
    let kept = run(keep_all_kinds(&subject.store()));
    run(read_all(&subject.store(), &kept));
    run(once_for_each_municipality(&subject.store()));
    run(nothing_without_a_commit(&subject.store()));
    run(bounds(&subject.store()));
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

async fn bounds(store: &Store) {
    let here = mailbox(1, 3, 1);
    create(store, here).await;
    let (_, body) = file(store, here, b"small").await;
    let before = store.load(&MailboxStateKey(here)).await.expect("reads");
    let row =
        |number: u32, len: usize| Op::Put(Key::new(Keyspace::Audit, TENANT).with_u32(number), vec![7; len]);
    let append = || Op::Append(here, message(body, 5));
    let many = UidSet::range(uid(1), uid(257));
    let over: [(&str, Batch); 5] = [
        ("operations", batch((0..=Batch::OPS_MAX).map(|_| append()))),
        ("a value", batch([append(), row(0, Batch::VALUE_OCTETS_MAX + 1)])),
        ("UIDs", batch([append(), Op::Expunge { mailbox: here, uids: many }])),
        ("changes", batch([append(), Op::Forget { mailbox: here, mod_seqs: vec![Default::default(); 257] }])),
        ("octets", batch((0..255).map(|number| row(number, 4_000)).chain([append()]).map(longer_key))),
    ];
    for (what, batch) in over {
        let answer = store.commit(batch).await;
        assert!(matches!(answer, Err(CommitError::TooLarge(_))), "{what}: {answer:?}");
        assert_eq!(store.load(&MailboxStateKey(here)).await.expect("reads"), before, "{what}: no trace");
        assert_eq!(store.load(&MessageKey { mailbox: here, uid: uid(2) }).await.expect("reads"), None);
        let rows =
            store.scan(&crate::KeyRange::prefix(&Key::new(Keyspace::Audit, TENANT)), 9).await.expect("reads");
        assert_eq!(rows, [], "{what}: no trace");
    }
    // At the bounds, everything is taken.
    let rows = (0..200).map(|number| row(number, Batch::VALUE_OCTETS_MAX));
    store.commit(batch(rows)).await.expect("200 rows of 4,000 octets");
    store.commit(batch((0..Batch::OPS_MAX).map(|_| append()))).await.expect("256 operations");
    let all = Op::Expunge { mailbox: here, uids: UidSet::range(uid(1), uid(256)) };
    store.commit(batch([all])).await.expect("256 messages in one expunge");
    let kept = store.load(&BodyKey { tenant: here.tenant, body }).await.expect("reads").expect("is there");
    assert_eq!(kept.references, 1, "of 257 messages one is left");
}

/// Keys count too: 255 rows of 4,000 octets are under the bound, their long keys bring them over it.
fn longer_key(op: Op) -> Op {
    match op {
        Op::Put(key, value) => Op::Put(key.with_bytes(&[1; 150]), value),
        op => op,
    }
}

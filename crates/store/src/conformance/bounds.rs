//! What no batch may do: go over its bounds, or break a promise of its caller.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ::model::{ModSeq, TenantId, UidSet};

use super::Subject;
use super::kit::{batch, create, file, mailbox, message, noise, run, stage, uid};
use crate::{
    Batch, BodyId, BodyKey, CommitError, Key, KeyRange, Keyspace, MailboxState, MailboxStateKey, MessageKey,
    Op, Record, Store, TypedKey,
};

const TENANT: TenantId = TenantId::new(1);

/// At its bounds a batch is taken, over them nothing of it is done; a row of the engine's own cannot be written past the
/// operations, nor a letter be copied to another municipality.
pub fn bounds<S: Subject>() {
    let subject = S::begin();
    let store = subject.store();
    let body = run(begin(&store));
    run(over(&store, body));
    mistakes(&store);
    run(at_the_bounds(&store, body));
}

async fn begin(store: &Store) -> BodyId {
    let here = mailbox(1, 3, 1);
    create(store, here).await;
    create(store, mailbox(2, 3, 1)).await;
    file(store, here, b"small").await.1
}

fn append(body: BodyId) -> Op {
    Op::Append(mailbox(1, 3, 1), message(body, 5))
}

/// A row whose key and value come to `octets`.
fn row(number: u32, octets: usize) -> Op {
    let len = Batch::VALUE_OCTETS_MAX.min(octets - 20);
    let key = Key::new(Keyspace::Audit, TENANT).with_u32(number);
    let rest = octets - len - key.as_bytes().len();
    Op::Put(key.with_bytes(&vec![1; rest]), vec![7; len])
}

/// Rows that come to exactly [`Batch::OCTETS_MAX`].
fn full() -> impl Iterator<Item = Op> {
    (0..256).map(|number| row(number, Batch::OCTETS_MAX / 256))
}

async fn untouched(store: &Store, before: &Option<MailboxState>, what: &str) {
    let here = mailbox(1, 3, 1);
    assert_eq!(&store.load(&MailboxStateKey(here)).await.expect("reads"), before, "{what}: no trace");
    assert_eq!(store.load(&MessageKey { mailbox: here, uid: uid(2) }).await.expect("reads"), None, "{what}");
    let rows = KeyRange::prefix(&Key::new(Keyspace::Audit, TENANT));
    assert_eq!(store.scan(&rows, 9).await.expect("scans"), [], "{what}: no trace");
}

async fn over(store: &Store, body: BodyId) {
    let here = mailbox(1, 3, 1);
    let before = store.load(&MailboxStateKey(here)).await.expect("reads");
    let many = UidSet::range(uid(1), uid(257));
    let value = Op::Put(Key::new(Keyspace::Audit, TENANT), vec![7; Batch::VALUE_OCTETS_MAX + 1]);
    let over: [(&str, Batch); 5] = [
        ("operations", batch((0..=Batch::OPS_MAX).map(|_| append(body)))),
        ("a value", batch([append(body), value])),
        ("UIDs", batch([append(body), Op::Expunge { mailbox: here, uids: many }])),
        ("changes", batch([append(body), Op::Forget { mailbox: here, mod_seqs: vec![ModSeq(9); 257] }])),
        ("octets", batch(full().skip(1).chain([row(999, Batch::OCTETS_MAX / 256 + 1)]))),
    ];
    for (what, batch) in over {
        let answer = store.commit(batch).await;
        assert!(matches!(answer, Err(CommitError::TooLarge(_))), "{what}: {answer:?}");
        untouched(store, &before, what).await;
    }
}

/// They may end in an error or in a panic of the caller; they must not be done, nor stop the engine.
fn mistakes(store: &Store) {
    let (here, there) = (mailbox(1, 3, 1), mailbox(2, 3, 1));
    let before = run(store.load(&MailboxStateKey(here))).expect("reads");
    let forged = MailboxState::new(::model::UidValidity::MAX).encode();
    let mistakes = [
        ("the engine's own row", Op::Put(MailboxStateKey(here).to_key(), forged)),
        ("the engine's own row", Op::Delete(MailboxStateKey(here).to_key())),
        ("no keyspace", Op::Put(Key::from_bytes(vec![0xee, 0, 0, 0, 1, 9]), vec![1])),
        ("no key", Op::Put(Key::from_bytes(Vec::new()), vec![1])),
        ("another municipality", Op::Copy { from: here, uid: uid(1), to: there }),
        ("another municipality", Op::Move { from: here, uid: uid(1), to: there }),
    ];
    for (what, op) in mistakes {
        let batch = batch([row(1, 100), op]);
        let answer = catch_unwind(AssertUnwindSafe(|| run(store.commit(batch))));
        assert!(!matches!(answer, Ok(Ok(_))), "{what}: it was done");
        run(untouched(store, &before, what));
        let other = run(store.load(&MailboxStateKey(there))).expect("reads").expect("is there");
        assert_eq!(other.exists, 0, "{what}");
    }
}

async fn at_the_bounds(store: &Store, body: BodyId) {
    store.commit(batch(full())).await.expect("a batch of OCTETS_MAX");
    store.commit(batch((0..Batch::OPS_MAX).map(|_| append(body)))).await.expect("256 operations");
    let all = UidSet::range(uid(1), uid(256));
    store.commit(batch([Op::Expunge { mailbox: mailbox(1, 3, 1), uids: all }])).await.expect("256 messages");
    let kept = store.load(&BodyKey { tenant: TENANT, body }).await.expect("reads").expect("is there");
    assert_eq!(kept.references, 1, "of 257 messages one is left");
    // Bodies are not counted: many middling ones come with many rows.
    let mut large = batch((0..190).map(|number| row(number, 4_050)));
    for number in 0..60 {
        let body = stage(store, TENANT, &noise(number, 30_000)).await;
        large.ops.push(Op::Append(mailbox(1, 3, 1), message(body.id, body.size)));
        large.bodies.push(body);
    }
    let bodies: Vec<_> = large.bodies.iter().map(|body| body.id).collect();
    store.commit(large).await.expect("rows and bodies");
    for (number, id) in (0..).zip(bodies) {
        let read = store.read_body(TENANT, id, 0..u64::MAX).await.expect("reads");
        assert!(read == noise(number, 30_000)[..], "body {number}");
    }
}

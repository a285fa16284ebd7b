//! What every engine must do, as tests that an engine calls with a way to make a store.
//!
//! [`all`] runs them all: random batches held against a model that knows nothing of rows; batches that conflict; many
//! writers in one mailbox; readers while others move messages; bounds; bodies; hints.

mod contents;
mod kit;
mod machine;
mod model;
mod watching;
mod writers;

use ::model::{
    AccountId, FlagSet, MailboxId, MailboxRef, QueueId, TenantId, Uid, UidSet, UidValidity, UnixMillis,
};
use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};

use crate::{
    Batch, BodyId, BodyKey, CommitError, CounterKey, Key, KeyRange, Keyspace, NewMessage, Op, Outcome, Spool,
    StagedBody, Store, StoreError, WatchKey,
};

/// An engine under test.
pub trait Subject {
    /// An empty store.
    fn begin() -> Self;
    /// The store.
    fn store(&self) -> Store;
    /// Ends the engine and starts it again over what it has kept. One that forgets does nothing.
    fn reopen(&mut self);
}

/// The whole suite; `cases` random stories of some dozens of batches.
pub fn all<S: Subject>(cases: u32) {
    let runtime = runtime();
    machine::random_batches_agree_with_the_model::<S>(cases);
    runtime.block_on(async {
        writers::conflicting_batches_lose_nothing(S::begin().store()).await;
        writers::many_writers_share_one_mailbox(S::begin().store()).await;
        writers::a_reader_sees_every_move(S::begin().store()).await;
        bounds_hold(S::begin().store()).await;
        bodies_read_back(S::begin().store()).await;
        scans_come_in_order(S::begin().store()).await;
        hints_arrive(S::begin().store()).await;
    });
    a_reopened_store_is_the_same::<S>(&runtime);
    contents::contents::<S>();
    watching::watching::<S>();
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

const TENANT: TenantId = TenantId::new(7);

fn mailbox(number: u64) -> MailboxRef {
    MailboxRef { tenant: TENANT, account: AccountId::new(1 + number % 2), mailbox: MailboxId::new(number) }
}

fn one(op: Op) -> Batch {
    let mut batch = Batch::new(UnixMillis(1));
    batch.ops.push(op);
    batch
}

fn caller_key(name: &[u8]) -> Key {
    Key::new(Keyspace::Address, TENANT).with_bytes(name)
}

async fn stage(store: &Store, content: &[u8]) -> StagedBody {
    let content = Spool::from_bytes(content.to_vec());
    store.stage(TENANT, content, Bytes::from_static(b"parts")).await.expect("a body is staged")
}

fn message(body: BodyId, size: u64) -> NewMessage {
    let date = UnixMillis(5);
    NewMessage {
        body,
        size,
        internal_date: date,
        flags: FlagSet::new(),
        queue_id: QueueId::new(0),
        envelope: Bytes::new(),
    }
}

fn append(mailbox: MailboxRef, body: StagedBody) -> Batch {
    let mut batch = one(Op::Append(mailbox, message(body.id, body.size)));
    batch.bodies.push(body);
    batch
}

async fn create(store: &Store, mailbox: MailboxRef) {
    store.commit(one(Op::CreateMailbox(mailbox, UidValidity::MIN))).await.expect("a mailbox is made");
}

fn uid_of(outcome: &Outcome) -> Uid {
    match outcome {
        Outcome::Filed { uid, .. } => *uid,
        other => panic!("filed, but {other:?}"),
    }
}

async fn bounds_hold(store: Store) {
    let (here, gone) = (mailbox(1), mailbox(2));
    create(&store, here).await;
    let refused = |batch: Batch| {
        let store = store.clone();
        async move { store.commit(batch).await.expect_err("it is refused") }
    };
    let again = refused(one(Op::CreateMailbox(here, UidValidity::MIN))).await;
    assert!(matches!(again, CommitError::Conflict(_)), "{again}");
    let body = stage(&store, b"nobody's").await;
    let nowhere = refused(append(gone, body.clone())).await;
    assert!(matches!(nowhere, CommitError::NoMailbox(m) if m == gone), "{nowhere}");
    let missing = refused(one(Op::Append(here, message(body.id, 8)))).await;
    assert!(
        matches!(missing, CommitError::NoBody(id) if id == body.id),
        "a batch without effect keeps no body"
    );
    let long = vec![0; Batch::VALUE_OCTETS_MAX + 1];
    let long = refused(one(Op::Put(caller_key(b"long"), long))).await;
    assert!(matches!(long, CommitError::TooLarge(_)), "{long}");
    let counter = || Op::Add(CounterKey { tenant: TENANT, name: "n".into() }, 1);
    let many = Batch { ops: (0..=Batch::OPS_MAX).map(|_| counter()).collect(), ..Batch::default() };
    assert!(matches!(refused(many).await, CommitError::TooLarge(_)));
    let last = u32::try_from(Batch::UIDS_MAX).expect("small") + 1;
    let uids = UidSet::range(Uid::MIN, Uid::new(last).expect("not zero"));
    assert!(matches!(refused(one(Op::Expunge { mailbox: here, uids })).await, CommitError::TooLarge(_)));
    let nobody = Op::Refer(BodyKey { tenant: TENANT, body: body.id }, 1);
    assert!(matches!(refused(one(nobody)).await, CommitError::NoBody(_)));
    // Later operations see earlier ones; a failing one undoes them all.
    let mut half = one(counter());
    half.ops.push(Op::DropMailbox(gone));
    assert!(matches!(refused(half).await, CommitError::NoMailbox(_)));
    let counter = CounterKey { tenant: TENANT, name: "n".into() };
    assert_eq!(store.load(&counter).await.expect("reads"), None);
}

async fn bodies_read_back(store: Store) {
    let content: Vec<u8> = (0..400_000u32).flat_map(|number| number.to_le_bytes()).collect();
    let staged = stage(&store, &content).await;
    let id = staged.id;
    let early = store.read_body(TENANT, id, 0..1).await;
    assert!(matches!(early, Err(StoreError::NoBody(_))), "staged is not kept");
    create(&store, mailbox(1)).await;
    store.commit(append(mailbox(1), staged.clone())).await.expect("filed");
    store.commit(append(mailbox(1), staged)).await.expect("a second time");
    for range in [0..3, 131_070..131_080, 5..400_000, 1_599_990..u64::MAX, 1_600_000..1_600_001, 9..9] {
        let found = store.read_body(TENANT, id, range.clone()).await.expect("reads");
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
        assert!(found == content[place(range.start)..place(range.end)], "{range:?}");
    }
    assert_eq!(store.derived(TENANT, id).await.expect("reads"), "parts");
    let other = store.read_body(TenantId::new(8), id, 0..1).await;
    assert!(matches!(other, Err(StoreError::NoBody(_))), "nobody reads another municipality's letters");
    let same = stage(&store, &content).await;
    let theirs =
        store.stage(TenantId::new(8), Spool::from_bytes(content), Bytes::new()).await.expect("staged");
    assert!(same.id == id && theirs.id != id, "a name tells nothing across municipalities");
}

async fn scans_come_in_order(store: Store) {
    let names: Vec<Vec<u8>> = (0..2500u16).map(|number| number.to_be_bytes().to_vec()).collect();
    for page in names.chunks(200).rev() {
        let mut batch = Batch::new(UnixMillis(1));
        batch.ops.extend(page.iter().map(|name| Op::Put(caller_key(name), name.clone())));
        store.commit(batch).await.expect("put");
    }
    let range = KeyRange::prefix(&Key::new(Keyspace::Address, TENANT));
    let first = store.scan(&range, 5000).await.expect("scans");
    assert_eq!(first.len(), 1000, "a page");
    let next = range.clone().after(&first[999].key);
    let second = store.scan(&next, 10).await.expect("scans");
    let found = first.iter().chain(&second).map(|row| row.value.to_vec());
    assert!(found.eq(names[..1010].iter().cloned()));
    assert!(store.scan(&range.after(&caller_key(&[255; 9])), 10).await.expect("scans").is_empty());
}

async fn hints_arrive(store: Store) {
    let mut here = store.watch(WatchKey::Mailbox(mailbox(1)));
    let mut there = store.watch(WatchKey::Mailbox(mailbox(2)));
    create(&store, mailbox(1)).await;
    tokio::time::timeout(std::time::Duration::from_secs(10), here.changed()).await.expect("a hint");
    let quiet = tokio::time::timeout(std::time::Duration::from_millis(20), there.changed()).await;
    assert!(quiet.is_err(), "no hint of what did not change");
}

fn a_reopened_store_is_the_same<S: Subject>(runtime: &Runtime) {
    let mut subject = S::begin();
    let content = vec![b'x'; 300_000];
    let store = subject.store();
    let id = runtime.block_on(async {
        create(&store, mailbox(1)).await;
        let staged = stage(&store, &content).await;
        let id = staged.id;
        store.commit(append(mailbox(1), staged)).await.expect("filed");
        id
    });
    drop(store);
    subject.reopen();
    let store = subject.store();
    runtime.block_on(async {
        assert_eq!(store.read_body(TENANT, id, 0..u64::MAX).await.expect("reads"), content);
        let outcomes =
            store.commit(append(mailbox(1), stage(&store, b"more").await)).await.expect("filed").outcomes;
        assert_eq!(uid_of(&outcomes[0]).get(), 2);
    });
}

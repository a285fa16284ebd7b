//! What the tests of the engine share.

use std::path::Path;

use bytes::Bytes;
use model::{AccountId, FlagSet, MailboxId, MailboxRef, QueueId, TenantId, Uid, UidValidity, UnixMillis};
use store::{Batch, MessageEntry, MessageKey, NewMessage, Op, Outcome, Spool, Store};
use store_sled::{Handle, Options, SledEngine};

pub(crate) fn options() -> Options {
    Options {
        journal_segment_octets: 1 << 20,
        journal_segment_octets_min: 1 << 20,
        checkpoint_octets: 256 << 10,
        cache_octets: 8 << 20,
        inline_octets_max: 4 << 10,
        ..Options::default()
    }
}

pub(crate) fn open(dir: &Path) -> (Store, Handle) {
    SledEngine::open(dir, options()).expect("the store opens")
}

pub(crate) fn mailbox(account: u64) -> MailboxRef {
    MailboxRef { tenant: TenantId::new(1), account: AccountId::new(account), mailbox: MailboxId::new(1) }
}

pub(crate) async fn create(store: &Store, mailbox: MailboxRef) {
    let mut batch = Batch::new(UnixMillis(1));
    batch.ops.push(Op::CreateMailbox(mailbox, UidValidity::MIN));
    store.commit(batch).await.expect("a new mailbox");
}

/// Files a letter and returns its UID.
pub(crate) async fn file(store: &Store, mailbox: MailboxRef, content: &[u8]) -> Uid {
    let content = Spool::from_bytes(content.to_vec());
    let size = content.len();
    let derived = Bytes::from_static(b"derived");
    let body = store.stage(mailbox.tenant, content, derived).await.expect("staged");
    let mut batch = Batch::new(UnixMillis(2));
    let message = NewMessage {
        body: body.id,
        size,
        internal_date: UnixMillis(3),
        zone: model::Zone::UTC,
        flags: FlagSet::new(),
        queue_id: QueueId::new(0),
        envelope: Bytes::new(),
        lineage: Bytes::new(),
    };
    batch.bodies.push(body);
    batch.ops.push(Op::Append(mailbox, message));
    match store.commit(batch).await.expect("filed").outcomes[0] {
        Outcome::Filed { uid, .. } => uid,
        ref other => panic!("{other:?}"),
    }
}

pub(crate) async fn message(store: &Store, mailbox: MailboxRef, uid: Uid) -> MessageEntry {
    store.load(&MessageKey { mailbox, uid }).await.expect("reads").expect("is there")
}

pub(crate) async fn content(store: &Store, mailbox: MailboxRef, uid: Uid) -> Bytes {
    let entry = message(store, mailbox, uid).await;
    store.read_body(mailbox.tenant, entry.body, 0..u64::MAX).await.expect("reads")
}

/// `len` octets that do not shrink much and differ by `seed`.
pub(crate) fn letter(seed: u64, len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut octets);
    octets
}

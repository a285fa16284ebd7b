//! What the parts share: a runtime, mailboxes, letters.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use model::{
    AccountId, FlagSet, MailboxId, MailboxRef, ModSeq, QueueId, TenantId, Uid, UidValidity, UnixMillis,
};
use tokio::runtime::{Builder, Runtime};

use crate::{Batch, BodyId, CommitError, Committed, NewMessage, Op, Outcome, Spool, StagedBody, Store};

/// Several threads, so that tasks really meet.
pub(super) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime")
}

/// Runs a part to its end; an engine that loses what a part waits for does not hold up the tests for ever.
pub(super) fn run<T>(part: impl Future<Output = T>) -> T {
    let part = async { tokio::time::timeout(Duration::from_secs(120), part).await };
    runtime().block_on(part).expect("done within two minutes")
}

pub(super) const fn mailbox(tenant: u32, account: u64, mailbox: u64) -> MailboxRef {
    MailboxRef {
        tenant: TenantId::new(tenant),
        account: AccountId::new(account),
        mailbox: MailboxId::new(mailbox),
    }
}

pub(super) fn uid(number: u32) -> Uid {
    Uid::new(number).expect("not zero")
}

/// A batch of these operations alone.
pub(super) fn batch(ops: impl IntoIterator<Item = Op>) -> Batch {
    Batch { ops: ops.into_iter().collect(), ..Batch::new(UnixMillis(1_000)) }
}

pub(super) async fn commit(
    store: &Store,
    ops: impl IntoIterator<Item = Op>,
) -> Result<Committed, CommitError> {
    store.commit(batch(ops)).await
}

pub(super) async fn create(store: &Store, mailbox: MailboxRef) {
    commit(store, [Op::CreateMailbox(mailbox, UidValidity::MIN)]).await.expect("a new mailbox");
}

pub(super) async fn stage(store: &Store, tenant: TenantId, content: &[u8]) -> StagedBody {
    let content = Spool::from_bytes(content.to_vec());
    store.stage(tenant, content, Bytes::from_static(b"derived")).await.expect("staged")
}

pub(super) fn message(body: BodyId, size: u64) -> NewMessage {
    NewMessage {
        body,
        size,
        internal_date: UnixMillis(500),
        zone: ::model::Zone::minutes_east(60),
        flags: FlagSet::new(),
        queue_id: QueueId::new(7),
        envelope: Bytes::from_static(b"(envelope)"),
        lineage: Bytes::from_static(b"lineage."),
    }
}

/// Files a letter and gives its UID.
pub(super) async fn file(store: &Store, mailbox: MailboxRef, content: &[u8]) -> (Uid, BodyId) {
    let body = stage(store, mailbox.tenant, content).await;
    let id = body.id;
    let mut batch = batch([Op::Append(mailbox, message(id, body.size))]);
    batch.bodies.push(body);
    (filed(&store.commit(batch).await.expect("filed").outcomes[0]).0, id)
}

pub(super) fn filed(outcome: &Outcome) -> (Uid, ModSeq) {
    match outcome {
        Outcome::Filed { uid, mod_seq } => (*uid, *mod_seq),
        other => panic!("an append answers with {other:?}"),
    }
}

/// `len` octets that differ by `seed` and do not shrink.
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut octets);
    octets
}

/// `len` octets that differ by `seed` and shrink well.
pub(super) fn prose(seed: u64, len: usize) -> Vec<u8> {
    let line = format!("Letter {seed}: the class meets at the gate, bring boots and a packed lunch.\r\n");
    line.bytes().cycle().take(len).collect()
}

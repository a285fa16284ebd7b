//! Many at once: one busy mailbox, letters moved to and fro, batches that conflict.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::model::{MailboxRef, ModSeq, SystemFlag, TenantId, Uid, UnixMillis};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::Subject;
use super::kit::{batch, create, file, filed, mailbox, message, run, stage};
use crate::{
    Batch, CommitError, CounterKey, Expect, FlagsKey, Key, KeyRange, Keyspace, Lane, MailboxState,
    MailboxStateKey, MessageKey, Op, Outcome, Store, Usage, UsageKey,
};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 60;

/// UIDs are given once and MODSEQ grows, counters hold, of two batches that conflict one wins, and the other leaves no
/// trace.
pub fn writers<S: Subject>() {
    let mut subject = S::begin();
    run(one_mailbox(subject.store()));
    run(to_and_fro(subject.store()));
    run(one_wins(subject.store()));
    run(nothing_is_lost(subject.store()));
    let before = run(states(subject.store()));
    subject.reopen();
    assert_eq!(run(states(subject.store())), before, "after a reopen");
}

async fn state(store: &Store, mailbox: MailboxRef) -> MailboxState {
    store.load(&MailboxStateKey(mailbox)).await.expect("reads").expect("is there")
}

async fn states(store: Store) -> Vec<MailboxState> {
    let mut all = Vec::new();
    for (tenant, number) in [(1, 1), (2, 1), (2, 2), (3, 1)] {
        all.push(state(&store, mailbox(tenant, 1, number)).await);
    }
    all
}

/// Both lanes, old and new bodies; each writer reads its own letter at once.
async fn one_mailbox(store: Store) {
    let here = mailbox(1, 1, 1);
    create(&store, here).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(append_many(store.clone(), here, writer));
    }
    let mut all = Vec::new();
    for given in writers.join_all().await {
        assert!(given.is_sorted(), "one after the other");
        all.extend(given);
    }
    all.sort_unstable();
    let count = u32::try_from(WRITERS * ROUNDS).expect("small");
    assert!(all.iter().map(|(uid, _)| uid.get()).eq(1..=count), "each UID once, no hole");
    assert!(all.windows(2).all(|pair| pair[0].1 < pair[1].1), "MODSEQ grows with every batch");
    let found = state(&store, here).await;
    assert_eq!((found.exists, found.uid_next.get()), (count, count + 1));
    assert_eq!(Some(found.highest_mod_seq), all.last().map(|(_, mod_seq)| *mod_seq));
}

async fn append_many(store: Store, here: MailboxRef, writer: u64) -> Vec<(Uid, ModSeq)> {
    let mut given = Vec::new();
    for round in 0..ROUNDS {
        // The content of two rounds and of two writers is the same: the body is new to one of them only.
        let content = format!("letter {} of {}", round / 2, writer / 2);
        let body = stage(&store, here.tenant, content.as_bytes()).await;
        let mut batch = batch([Op::Append(here, message(body.id, body.size))]);
        batch.lane = if writer.is_multiple_of(2) { Lane::Interactive } else { Lane::Bulk };
        batch.bodies.push(body.clone());
        let committed = store.commit(batch).await.expect("a busy mailbox never conflicts");
        let (uid, mod_seq) = filed(&committed.outcomes[0]);
        let row =
            store.load(&MessageKey { mailbox: here, uid }).await.expect("reads").expect("is there at once");
        assert_eq!(row.body, body.id);
        assert!(state(&store, here).await.highest_mod_seq >= mod_seq);
        let read = store.read_body(here.tenant, body.id, 0..99).await.expect("its body is there at once");
        assert_eq!(read, content);
        given.push((uid, mod_seq));
    }
    given
}

/// Letters move between two mailboxes while others come and go; none is lost, none is there twice.
async fn to_and_fro(store: Store) {
    let (left, right) = (mailbox(2, 1, 1), mailbox(2, 1, 2));
    create(&store, left).await;
    create(&store, right).await;
    for number in 0..40u8 {
        file(&store, if number % 2 == 0 { left } else { right }, &[number]).await;
    }
    let mut movers = JoinSet::new();
    for (from, to) in [(left, right), (right, left), (left, right), (right, left)] {
        movers.spawn(move_many(store.clone(), from, to));
    }
    let moved: Vec<(MailboxRef, Uid)> = movers.join_all().await.into_iter().flatten().collect();
    let given: BTreeSet<_> = moved.iter().collect();
    assert_eq!(given.len(), moved.len(), "no UID twice");
    let mut letters = Vec::new();
    for here in [left, right] {
        let rows = store.list::<MessageKey>(&MessageKey::prefix(here)).await.expect("reads");
        let flags = store.list::<FlagsKey>(&FlagsKey::prefix(here)).await.expect("reads");
        let unseen = flags.iter().filter(|(_, row)| !row.flags.has(SystemFlag::Seen)).count();
        let found = state(&store, here).await;
        assert_eq!((found.exists as usize, found.unseen as usize), (rows.len(), unseen));
        assert_eq!(found.bytes, rows.iter().map(|(_, row)| row.size).sum::<u64>());
        let newest = moved.iter().filter(|(to, _)| *to == here).map(|(_, uid)| *uid).max();
        assert_eq!(newest.and_then(Uid::next), Some(found.uid_next), "every UID was given to somebody");
        letters.extend(rows.into_iter().map(|(_, row)| row.body));
    }
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters.len(), 40, "moved, not lost and not doubled");
    let usage = store.load(&UsageKey { tenant: left.tenant, account: left.account }).await.expect("reads");
    assert_eq!(usage, Some(Usage { bytes: 40, messages: 40 }));
}

async fn move_many(store: Store, from: MailboxRef, to: MailboxRef) -> Vec<(MailboxRef, Uid)> {
    let mut moved = Vec::new();
    for _ in 0..30 {
        let range = KeyRange::prefix(&MessageKey::prefix(from));
        let Some((key, _)) = store.page::<MessageKey>(&range, 1).await.expect("reads").pop() else {
            continue;
        };
        let committed =
            store.commit(batch([Op::Move { from, uid: key.uid, to }])).await.expect("never conflicts");
        match committed.outcomes[0] {
            Outcome::Filed { uid, .. } => moved.push((to, uid)),
            // The other mover was first.
            Outcome::Missing => {}
            ref other => panic!("a move answers with {other:?}"),
        }
    }
    moved
}

fn row(name: u64) -> Key {
    Key::new(Keyspace::Address, TenantId::new(3)).with_u64(name)
}

/// Batches that all want the same row, sent at the same moment: one is done, of the others nothing.
async fn one_wins(store: Store) {
    let here = mailbox(3, 1, 1);
    create(&store, here).await;
    let (_, body) = file(&store, here, b"x").await;
    let counter = CounterKey { tenant: here.tenant, name: "wins".into() };
    for round in 0..ROUNDS {
        let (together, mut rivals) = (Arc::new(Barrier::new(WRITERS as usize)), JoinSet::new());
        for rival in 0..WRITERS {
            let (store, together) = (store.clone(), together.clone());
            let mut batch = batch([
                Op::Append(here, message(body, 1)),
                Op::Add(counter.clone(), 1),
                Op::Put(row(round), rival.to_be_bytes().to_vec()),
            ]);
            batch.require.push((row(round), Expect::Absent));
            rivals.spawn(async move {
                together.wait().await;
                (rival, store.commit(batch).await)
            });
        }
        let mut winners = Vec::new();
        for (rival, answer) in rivals.join_all().await {
            match answer {
                Ok(_) => winners.push(rival),
                Err(CommitError::Conflict(key)) => assert_eq!(key, row(round)),
                Err(error) => panic!("{error}"),
            }
        }
        let kept = store.scan(&KeyRange::prefix(&row(round)), 9).await.expect("scans");
        assert_eq!(winners.len(), 1, "exactly one");
        assert_eq!(kept[0].value[..], winners[0].to_be_bytes(), "and its row stands");
    }
    let found = state(&store, here).await;
    assert_eq!(u64::from(found.exists), 1 + ROUNDS, "what lost has filed nothing");
    assert_eq!(u64::from(found.uid_next.get()), 2 + ROUNDS, "and used up no UID");
    assert_eq!(store.load(&counter).await.expect("reads"), Some(ROUNDS.cast_signed()));
}

/// Each writer raises the same row by one, expecting what it read; none of the steps may be lost.
async fn nothing_is_lost(store: Store) {
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(raise(store.clone()));
    }
    writers.join_all().await;
    assert_eq!(number(&store).await.0, WRITERS * ROUNDS);
}

async fn number(store: &Store) -> (u64, Expect) {
    let Some(row) = store.scan(&KeyRange::prefix(&row(1_000)), 1).await.expect("scans").pop() else {
        return (0, Expect::Absent);
    };
    let number = u64::from_le_bytes(row.value[..].try_into().expect("eight octets"));
    (number, Expect::Is(row.value.to_vec()))
}

async fn raise(store: Store) {
    let mut done = 0;
    while done < ROUNDS {
        let (number, as_read) = number(&store).await;
        let mut batch = Batch::new(UnixMillis(1));
        batch.require.push((row(1_000), as_read));
        batch.ops.push(Op::Put(row(1_000), (number + 1).to_le_bytes().to_vec()));
        match store.commit(batch).await {
            Ok(_) => done += 1,
            Err(CommitError::Conflict(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

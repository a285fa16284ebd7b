//! Many at once: conflicts, one busy mailbox, and a reader beside them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::model::{FlagPatch, FlagSet, MailboxRef, ModSeq, SystemFlag, Uid, UidSet, UnixMillis};
use tokio::task::JoinSet;

use super::{append, caller_key, create, mailbox, one, stage, uid_of};
use crate::{
    Batch, ChangeKey, CommitError, Expect, FlagsKey, KeyRange, Lane, MailboxState, MailboxStateKey,
    MessageFlags, Op, Store, TypedKey,
};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 20;

/// Each writer raises the same row by one, expecting what it read; none of the steps may be lost.
pub(super) async fn conflicting_batches_lose_nothing(store: Store) {
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(raise(store.clone()));
    }
    writers.join_all().await;
    assert_eq!(read(&store).await.0, WRITERS * ROUNDS);
}

async fn read(store: &Store) -> (u64, Option<Vec<u8>>) {
    let row = store.scan(&KeyRange::prefix(&caller_key(b"row")), 1).await.expect("scans").pop();
    let value = row.map(|row| row.value.to_vec());
    let number = value.as_ref().map_or(0, |value| u64::from_le_bytes(value[..].try_into().expect("eight")));
    (number, value)
}

async fn raise(store: Store) {
    let mut done = 0;
    while done < ROUNDS {
        let (number, value) = read(&store).await;
        let mut batch = one(Op::Put(caller_key(b"row"), (number + 1).to_le_bytes().to_vec()));
        batch.require.push((caller_key(b"row"), value.map_or(Expect::Absent, Expect::Is)));
        match store.commit(batch).await {
            Ok(_) => done += 1,
            Err(CommitError::Conflict(_)) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::task::yield_now().await;
    }
}

/// UIDs are given once, without a hole, rising for each writer; both lanes come to their turn.
pub(super) async fn many_writers_share_one_mailbox(store: Store) {
    create(&store, mailbox(1)).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        writers.spawn(async move {
            let mut uids = Vec::new();
            for round in 0..ROUNDS {
                let content = format!("{} of {writer}", round / 2);
                let mut batch = append(mailbox(1), stage(&store, content.as_bytes()).await);
                batch.lane = if writer % 2 == 0 { Lane::Interactive } else { Lane::Bulk };
                let committed = store.commit(batch).await.expect("a busy mailbox never conflicts");
                uids.push(uid_of(&committed.outcomes[0]).get());
            }
            uids
        });
    }
    let mut all = Vec::new();
    for uids in writers.join_all().await {
        assert!(uids.windows(2).all(|pair| pair[0] < pair[1]));
        all.extend(uids);
    }
    all.sort_unstable();
    let count = u32::try_from(WRITERS * ROUNDS).expect("small");
    assert!(all.into_iter().eq(1..=count));
    let state = store.load(&MailboxStateKey(mailbox(1))).await.expect("reads").expect("is there");
    assert_eq!((state.exists, state.uid_next.get()), (count, count + 1));
}

/// A reader that follows two mailboxes by state, rows and changes alone ends with exactly what is there.
pub(super) async fn a_reader_sees_every_move(store: Store) {
    let (left, right) = (mailbox(1), mailbox(3));
    create(&store, left).await;
    create(&store, right).await;
    for number in 0..40u8 {
        store.commit(append(left, stage(&store, &[number]).await)).await.expect("filed");
    }
    let over = Arc::new(AtomicBool::new(false));
    let (mut movers, mut readers) = (JoinSet::new(), JoinSet::new());
    for (from, to) in [(left, right), (right, left)] {
        movers.spawn(shuffle(store.clone(), from, to));
        readers.spawn(follow(store.clone(), from, over.clone()));
    }
    movers.join_all().await;
    over.store(true, Ordering::SeqCst);
    let messages: usize = readers.join_all().await.into_iter().sum();
    assert_eq!(messages, 40, "moved, not lost and not doubled");
}

async fn shuffle(store: Store, from: MailboxRef, to: MailboxRef) {
    for round in 0..60u32 {
        let uid = Uid::new(1 + round % 50).expect("not zero");
        let mut batch = Batch::new(UnixMillis(1));
        let seen: FlagSet = [SystemFlag::Seen].into_iter().collect();
        let patch = if round % 3 == 0 { FlagPatch::Add(seen) } else { FlagPatch::Remove(seen) };
        batch.ops.push(Op::Update { mailbox: from, uid, patch, unchanged_since: None });
        batch.ops.push(Op::Move { from, uid, to });
        store.commit(batch).await.expect("moved, or it was gone");
    }
}

type View = BTreeMap<u32, MessageFlags>;

async fn follow(store: Store, mailbox: MailboxRef, over: Arc<AtomicBool>) -> usize {
    let (mut view, mut told, mut next) = (View::new(), ModSeq(0), Uid::MIN);
    loop {
        let last = over.load(Ordering::SeqCst);
        let state = store.load(&MailboxStateKey(mailbox)).await.expect("reads").expect("is there");
        catch_up(&store, mailbox, &state, &mut view, told, next).await;
        (told, next) = (state.highest_mod_seq, state.uid_next);
        if last {
            let rows = rows(&store, mailbox, Uid::MIN).await;
            assert!(
                rows.iter()
                    .map(|(key, row)| (key.uid.get(), row))
                    .eq(view.iter().map(|(uid, row)| (*uid, row)))
            );
            assert_eq!(view.len(), state.exists as usize);
            return view.len();
        }
        tokio::task::yield_now().await;
    }
}

async fn rows(store: &Store, mailbox: MailboxRef, from: Uid) -> Vec<(FlagsKey, MessageFlags)> {
    let low = FlagsKey { mailbox, uid: from }.to_key();
    store.page(&KeyRange::prefix(&FlagsKey::prefix(mailbox)).from(&low), 1000).await.expect("reads")
}

/// New messages by UID, flags and expunges by the change rows above what was told.
async fn catch_up(
    store: &Store,
    mailbox: MailboxRef,
    state: &MailboxState,
    view: &mut View,
    told: ModSeq,
    next: Uid,
) {
    for (key, row) in rows(store, mailbox, next).await {
        if key.uid < state.uid_next {
            view.insert(key.uid.get(), row);
        }
    }
    let low = ChangeKey { mailbox, mod_seq: told.next() }.to_key();
    let range = KeyRange::prefix(&ChangeKey::prefix(mailbox)).from(&low);
    for (_, change) in store.page::<ChangeKey>(&range, 1000).await.expect("reads") {
        for uid in change.flags.iter().filter(|uid| *uid < state.uid_next) {
            match store.load(&FlagsKey { mailbox, uid }).await.expect("reads") {
                Some(row) => drop(view.insert(uid.get(), row)),
                None => drop(view.remove(&uid.get())),
            }
        }
        forget(view, &change.expunged);
    }
}

fn forget(view: &mut View, gone: &UidSet) {
    view.retain(|uid, _| !gone.contains(Uid::new(*uid).expect("not zero")));
}

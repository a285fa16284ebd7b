//! Readers beside writers: the protocol of the crate's first page gives a mailbox as it once was.
//!
//! Letters come, change, move and go in pairs, one batch for a pair. A reader that takes the counters first and then
//! the rows must find whole pairs, and exactly as many messages as the counters said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ::model::{FlagPatch, FlagSet, MailboxRef, ModSeq, Uid, UidSet};
use tokio::task::JoinSet;

use super::Subject;
use super::kit::{commit, create, file, filed, mailbox, message, run, uid};
use crate::{
    BodyId, ChangeKey, FlagsKey, KeyRange, MailboxState, MailboxStateKey, MessageFlags, MessageKey, Op,
    Outcome, Store, TypedKey,
};

const LEFT: MailboxRef = mailbox(1, 1, 1);
const RIGHT: MailboxRef = mailbox(1, 1, 2);
const PAIRS: u32 = 60;

/// Readers that scan anew each time, and readers that only follow the changes, beside four writers.
pub fn readers<S: Subject>() {
    let subject = S::begin();
    run(beside_writers(subject.store()));
}

async fn beside_writers(store: Store) {
    create(&store, LEFT).await;
    create(&store, RIGHT).await;
    let (_, body) = file(&store, mailbox_of_the_body(&store).await, b"two of a kind").await;
    let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
    let pace = Arc::new(Pace::default());
    for (here, number) in [(LEFT, 0), (RIGHT, 1)] {
        readers.spawn(scan_anew(store.clone(), here, Reading::new(&pace, number)));
        readers.spawn(follow(store.clone(), here, Reading::new(&pace, number + 2)));
    }
    writers.spawn(bring(store.clone(), body, pace.clone()));
    writers.spawn(flag(store.clone(), LEFT, pace.clone()));
    writers.spawn(flag(store.clone(), RIGHT, pace.clone()));
    writers.spawn(carry(store.clone(), pace.clone()));
    writers.spawn(throw_away(store.clone(), pace.clone()));
    while let Some(done) = writers.join_next().await {
        done.expect("no writer fails");
    }
    pace.over.store(true, Ordering::SeqCst);
    while let Some(done) = readers.join_next().await {
        let states = done.expect("no reader is misled");
        assert!(states >= 20, "a reader saw only {states} states: it has not read beside the writers");
    }
}

/// Writers go no faster than readers look, else a quick engine is done before anybody reads.
#[derive(Default)]
struct Pace {
    /// How often each reader has come round.
    rounds: [AtomicU64; 4],
    over: AtomicBool,
}

impl Pace {
    /// All is written, or a reader has failed.
    fn over(&self) -> bool {
        self.over.load(Ordering::SeqCst)
    }
    fn now(&self) -> [u64; 4] {
        self.rounds.each_ref().map(|rounds| rounds.load(Ordering::SeqCst))
    }
    /// Waits until some reader has come round once more.
    async fn some(&self) {
        let before = self.now();
        tokio::task::yield_now().await;
        while self.now() == before && !self.over() {
            tokio::task::yield_now().await;
        }
    }
    /// Waits until every reader has.
    async fn all(&self) {
        let before = self.now();
        let slow = || self.now().iter().zip(before).any(|(now, before)| *now == before);
        while slow() && !self.over() {
            tokio::task::yield_now().await;
        }
    }
}

/// One reader; when it ends, also by a panic, no writer waits any more.
struct Reading {
    pace: Arc<Pace>,
    number: usize,
    states: BTreeSet<ModSeq>,
}

impl Reading {
    fn new(pace: &Arc<Pace>, number: usize) -> Self {
        Self { pace: pace.clone(), number, states: BTreeSet::new() }
    }
    async fn round(&mut self, state: &MailboxState) {
        self.states.insert(state.highest_mod_seq);
        self.pace.rounds[self.number].fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.pace.over.store(true, Ordering::SeqCst);
    }
}

/// The body is kept from elsewhere, so that pairs in both mailboxes begin with UID 1.
async fn mailbox_of_the_body(store: &Store) -> MailboxRef {
    let aside = mailbox(1, 2, 1);
    create(store, aside).await;
    aside
}

/// The UIDs of a pair.
fn pair(number: u32) -> [Uid; 2] {
    [uid(2 * number + 1), uid(2 * number + 2)]
}

async fn bring(store: Store, body: BodyId, pace: Arc<Pace>) {
    for number in 0..PAIRS {
        let two = [(); 2].map(|()| Op::Append(LEFT, message(body, 13)));
        let outcomes = commit(&store, two).await.expect("filed").outcomes;
        let ([first, second], [one, other]) = (pair(number), [0, 1].map(|at| filed(&outcomes[at])));
        assert_eq!((one.0, other.0, one.1), (first, second, other.1), "one batch, one MODSEQ, UIDs in a row");
        pace.all().await;
    }
}

/// Changes pairs among the newest that there are, each time to other flags.
async fn flag(store: Store, here: MailboxRef, pace: Arc<Pace>) {
    let (mut changed, mut round) = (0, 0);
    while changed < PAIRS && !pace.over() {
        round += 1;
        let came = state(&store, here).await.uid_next.get() / 2;
        let mut flags = FlagSet::from_system_bits((round % 32).try_into().expect("under 32"));
        flags.insert_keyword(format!("k{round}").parse().expect("a keyword")).expect("one");
        let both = pair(came.saturating_sub(1 + round % 6)).map(|uid| Op::Update {
            mailbox: here,
            uid,
            patch: FlagPatch::Replace(flags.clone()),
            unchanged_since: None,
        });
        let outcomes = commit(&store, both).await.expect("changed, or it was gone").outcomes;
        changed += u32::from(matches!(outcomes[0], Outcome::Updated { .. }));
        pace.some().await;
    }
}

async fn carry(store: Store, pace: Arc<Pace>) {
    for number in (0..PAIRS).filter(|number| number % 4 != 3) {
        let both = || pair(number).map(|uid| Op::Move { from: LEFT, uid, to: RIGHT });
        // Until the pair has come.
        while commit(&store, both()).await.expect("moved").outcomes[0] == Outcome::Missing && !pace.over() {
            pace.some().await;
        }
    }
}

async fn throw_away(store: Store, pace: Arc<Pace>) {
    for number in (0..PAIRS / 2).filter(|number| number % 2 == 0) {
        let [first, second] = pair(number);
        let expunge = || Op::Expunge { mailbox: RIGHT, uids: UidSet::range(first, second) };
        while !pace.over() {
            let outcomes = commit(&store, [expunge()]).await.expect("expunged").outcomes;
            match &outcomes[0] {
                Outcome::Expunged { uids, .. } if uids.is_empty() => pace.some().await,
                Outcome::Expunged { uids, .. } => {
                    assert_eq!(uids.len(), 2, "both of a pair");
                    break;
                }
                other => panic!("an expunge answers with {other:?}"),
            }
        }
    }
}

async fn state(store: &Store, here: MailboxRef) -> MailboxState {
    store.load(&MailboxStateKey(here)).await.expect("reads").expect("is there")
}

/// How many states of the mailbox it has seen.
async fn scan_anew(store: Store, here: MailboxRef, mut reading: Reading) -> usize {
    let mut round = 0;
    let mut last = false;
    while !last {
        last = reading.pace.over();
        round += 1;
        let page = 1 + round % 7;
        let state = state(&store, here).await;
        let flags = scan::<FlagsKey>(&store, FlagsKey::prefix(here), page).await;
        whole_pairs(&flags, &state);
        let uids: BTreeSet<Uid> = flags.iter().map(|(key, _)| key.uid).collect();
        complete(&store, here, &state, uids).await;
        let messages = scan::<MessageKey>(&store, MessageKey::prefix(here), page).await;
        let uids = messages.iter().map(|(key, _)| key.uid).collect();
        complete(&store, here, &state, uids).await;
        reading.round(&state).await;
    }
    reading.states.len()
}

async fn scan<K: TypedKey>(store: &Store, prefix: crate::Key, page: usize) -> Vec<(K, K::Value)> {
    let (mut range, mut all) = (KeyRange::prefix(&prefix), Vec::new());
    loop {
        let rows = store.page::<K>(&range, page).await.expect("reads");
        let Some((last, _)) = rows.last() else { return all };
        range = range.after(&last.to_key());
        all.extend(rows);
        // On a quick engine too, something happens between two pages.
        tokio::task::yield_now().await;
    }
}

/// Rows that have not changed after the counters were read are as they were then: both of a pair alike.
fn whole_pairs(flags: &[(FlagsKey, MessageFlags)], state: &MailboxState) {
    let old =
        flags.iter().filter(|(key, row)| key.uid < state.uid_next && row.mod_seq <= state.highest_mod_seq);
    let old: BTreeMap<Uid, &MessageFlags> = old.map(|(key, row)| (key.uid, row)).collect();
    for (uid, row) in &old {
        if uid.get() % 2 == 1
            && let Some(other) = uid.next().and_then(|next| old.get(&next))
        {
            assert_eq!((row.mod_seq, &row.flags), (other.mod_seq, &other.flags), "a pair changes together");
        }
    }
}

/// What was found, without what is newer than the counters, with what has gone since: that is what the counters said.
async fn complete(store: &Store, here: MailboxRef, state: &MailboxState, mut uids: BTreeSet<Uid>) {
    let low = ChangeKey { mailbox: here, mod_seq: state.highest_mod_seq.next() }.to_key();
    let range = KeyRange::prefix(&ChangeKey::prefix(here)).from(&low);
    for (_, change) in store.page::<ChangeKey>(&range, 1000).await.expect("reads") {
        uids.extend(change.expunged.iter());
    }
    uids.retain(|uid| *uid < state.uid_next);
    assert_eq!(uids.len(), state.exists as usize, "as many as the counters said");
    for uid in &uids {
        let other = Uid::new(((uid.get() - 1) ^ 1) + 1).expect("not zero");
        assert!(uids.contains(&other), "half a pair: {uid}");
    }
}

type View = BTreeMap<Uid, MessageFlags>;

/// Knows the mailbox by what is new and by what changed, as a client does that stays.
async fn follow(store: Store, here: MailboxRef, mut reading: Reading) -> usize {
    let (mut view, mut told, mut next) = (View::new(), ModSeq(0), Uid::MIN);
    let mut last = false;
    while !last {
        last = reading.pace.over();
        let state = state(&store, here).await;
        assert!(state.highest_mod_seq >= told && state.uid_next >= next, "counters only grow");
        catch_up(&store, here, &state, &mut view, told, next).await;
        (told, next) = (state.highest_mod_seq, state.uid_next);
        reading.round(&state).await;
    }
    let rows = scan::<FlagsKey>(&store, FlagsKey::prefix(here), 1000).await;
    let rows: View = rows.into_iter().map(|(key, row)| (key.uid, row)).collect();
    assert_eq!(view, rows, "who followed knows everything");
    reading.states.len()
}

/// New messages by UID, flags and expunges by the change rows above what was told.
async fn catch_up(
    store: &Store,
    here: MailboxRef,
    state: &MailboxState,
    view: &mut View,
    told: ModSeq,
    next: Uid,
) {
    let low = FlagsKey { mailbox: here, uid: next }.to_key();
    let new = KeyRange::prefix(&FlagsKey::prefix(here)).from(&low);
    let rows = store.page::<FlagsKey>(&new, 1000).await.expect("reads").into_iter();
    view.extend(rows.filter(|(key, _)| key.uid < state.uid_next).map(|(key, row)| (key.uid, row)));
    let low = ChangeKey { mailbox: here, mod_seq: told.next() }.to_key();
    let changes = KeyRange::prefix(&ChangeKey::prefix(here)).from(&low);
    for (_, change) in store.page::<ChangeKey>(&changes, 1000).await.expect("reads") {
        for uid in change.flags.iter().filter(|uid| *uid < state.uid_next) {
            match store.load(&FlagsKey { mailbox: here, uid }).await.expect("reads") {
                Some(row) => drop(view.insert(uid, row)),
                None => drop(view.remove(&uid)),
            }
        }
        view.retain(|uid, _| !change.expunged.contains(*uid));
    }
}

//! The search index: what is found with it is what is found without it, whatever is missing from it.

use mailbox::{Limits, Query, Selected};
use model::{FlagSet, MailboxRef, SystemFlag};
use proptest::prelude::*;
use store::{Batch, KeyRange, Keyspace, Op, Store};

use crate::world::{ACCOUNT, START, TENANT, World, flags, name};

const WORDS: [&str; 12] =
    ["läxa", "Åsa", "ÅSA", "utflykt", "mat", "matsäck", "öl", "skolan", "x", "räksmörgås", "åäö", "Ärende"];

/// Words are joined so that trigrams go over their edges.
fn text(numbers: &[u8]) -> String {
    numbers
        .iter()
        .map(|n| format!("{}{}", WORDS[*n as usize % 12], [" ", "", "-"][*n as usize % 3]))
        .collect()
}

fn letter(subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: Bo <bo@skola.test>\r\nSubject: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

async fn world(unindexed_max: u32) -> World {
    World::with(Limits { search_unindexed_max: unindexed_max, ..Limits::default() }).await
}

async fn found(session: &Selected, query: &Query) -> Vec<u32> {
    session.search(query, START).await.unwrap().into_iter().map(|(_, uid)| uid.get()).collect()
}

async fn rows(store: &Store) -> Vec<store::Entry> {
    let space = Keyspace::Search as u8;
    let mut range = KeyRange { low: vec![space], high: Some(vec![space + 1]) };
    let mut all = Vec::new();
    loop {
        let rows = store.scan(&range, 1000).await.unwrap();
        let Some(last) = rows.last() else { return all };
        range = range.after(&last.key);
        all.extend(rows);
    }
}

async fn remove(store: &Store, rows: impl Iterator<Item = store::Entry>) {
    for row in rows {
        let mut batch = Batch::new(START);
        batch.ops.push(Op::Delete(row.key));
        store.commit(batch).await.unwrap();
    }
}

fn queries(word: &str) -> Vec<Query> {
    let subject = Query::Header("subject".into(), word.into());
    let body = Query::Body(word.into());
    vec![
        Query::Text(word.into()),
        body.clone(),
        subject.clone(),
        Query::Header("x-none".into(), word.into()),
        Query::Not(Box::new(subject.clone())),
        Query::Or(Box::new(subject.clone()), Box::new(Query::Body("läxa".into()))),
        Query::And(vec![Query::Not(Box::new(body)), subject]),
    ]
}

/// What a plain look at each letter finds.
fn plain(letters: &[(u32, String, String)], query: &Query) -> Vec<u32> {
    fn holds(subject: &str, body: &str, query: &Query) -> bool {
        let is_in = |text: &str, word: &str| message::fold(text).contains(&message::fold(word));
        match query {
            Query::Text(word) => {
                is_in(body, word)
                    || is_in(&format!("subject: {subject}"), word)
                    || is_in("from: bo <bo@skola.test>", word)
                    || is_in("content-type: text/plain; charset=utf-8", word)
            }
            Query::Body(word) => is_in(body, word),
            Query::Header(name, word) => name == "subject" && is_in(subject, word),
            Query::Not(query) => !holds(subject, body, query),
            Query::Or(one, other) => holds(subject, body, one) || holds(subject, body, other),
            Query::And(all) => all.iter().all(|query| holds(subject, body, query)),
            other => panic!("{other:?}"),
        }
    }
    let hits = letters.iter().filter(|(_, subject, body)| holds(subject.trim(), body, query));
    hits.map(|(uid, ..)| *uid).collect()
}

#[derive(Clone, Debug)]
enum Act {
    File(Vec<u8>, Vec<u8>),
    Expunge(u8),
    Index,
    Trim,
    Rebuild,
    /// Takes away every so many rows of the index.
    Lose(u8),
}

fn act() -> impl Strategy<Value = Act> {
    let numbers = || prop::collection::vec(any::<u8>(), 0..12);
    prop_oneof![
        6 => (numbers(), numbers()).prop_map(|(subject, body)| Act::File(subject, body)),
        1 => any::<u8>().prop_map(Act::Expunge),
        2 => Just(Act::Index),
        1 => Just(Act::Trim),
        1 => Just(Act::Rebuild),
        1 => (1..9_u8).prop_map(Act::Lose),
    ]
}

async fn carry_out(acts: Vec<Act>, words: Vec<Vec<u8>>) {
    let world = world(2).await;
    let mut session = world.select(world.inbox()).await;
    let mut letters: Vec<(u32, String, String)> = Vec::new();
    for act in acts {
        match act {
            Act::File(subject, body) => {
                let (subject, body) = (text(&subject), text(&body));
                let uid = world.append(world.inbox(), letter(&subject, &body), FlagSet::new()).await;
                letters.push((uid.get(), subject, body));
            }
            Act::Expunge(place) if !letters.is_empty() => {
                let (uid, ..) = letters.remove(usize::from(place) % letters.len());
                session.sync(true, START).await.unwrap();
                let picked = session.pick_uids(&crate::world::uids(&[uid]));
                let patch = model::FlagPatch::Add(flags(&[SystemFlag::Deleted]));
                session.store_flags(&picked, &patch, true, None, START).await.unwrap();
                session.expunge(None, START).await.unwrap();
            }
            Act::Expunge(_) => {}
            Act::Index => world.mailboxes.index_waiting(|| START).await,
            Act::Trim => _ = world.mailboxes.trim_search(TENANT, ACCOUNT, START).await.unwrap(),
            Act::Rebuild => _ = world.mailboxes.rebuild_search(TENANT, ACCOUNT, START).await.unwrap(),
            Act::Lose(every) => {
                let some = rows(&world.store).await.into_iter().skip(1).step_by(every.into());
                remove(&world.store, some).await;
            }
        }
        session.sync(true, START).await.unwrap();
        for word in words.iter().map(|numbers| text(numbers)).chain(["å".to_owned(), "sa".to_owned()]) {
            for query in queries(word.trim_end()) {
                assert_eq!(found(&session, &query).await, plain(&letters, &query), "{query:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_index_changes_no_result(
        acts in prop::collection::vec(act(), 1..24),
        words in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..4), 1..4),
    ) {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap().block_on(carry_out(acts, words));
    }
}

async fn indexed(world: &World) {
    let session = world.select(world.inbox()).await;
    found(&session, &Query::Text("something".into())).await;
    world.mailboxes.index_waiting(|| START).await;
}

#[tokio::test]
async fn a_search_has_many_letters_indexed_and_few_are_read() {
    let world = world(10).await;
    world.fill(world.inbox(), 10).await;
    indexed(&world).await;
    assert!(rows(&world.store).await.is_empty());
    world.fill(world.inbox(), 1).await;
    indexed(&world).await;
    let first = rows(&world.store).await.len();
    assert!(first > 0);
    world.fill(world.inbox(), 5).await;
    indexed(&world).await;
    assert_eq!(rows(&world.store).await.len(), first);
}

#[tokio::test]
async fn all_of_a_long_letter_is_indexed() {
    let world = world(0).await;
    let long = |word: &str| letter("lång", &format!("{}{word}\r\n", "höstack ".repeat(80_000)));
    world.append(world.inbox(), long("nålen"), FlagSet::new()).await;
    world.append(world.inbox(), long("åålen"), FlagSet::new()).await;
    world.mailboxes.rebuild_search(TENANT, ACCOUNT, START).await.unwrap();
    let session = world.select(world.inbox()).await;
    for (word, uids) in [("NÅLEN", vec![1]), ("k åål", vec![2]), ("höstack", vec![1, 2]), ("nålar", vec![])]
    {
        assert_eq!(found(&session, &Query::Body(word.into())).await, uids, "{word}");
    }
    assert!(found(&session, &Query::Text("symaskin".into())).await.is_empty());
}

#[tokio::test]
async fn segments_are_joined_until_they_are_full() {
    let world = world(100).await;
    for _ in 0..30 {
        world.fill(world.inbox(), 101).await;
        indexed(&world).await;
    }
    let prefix = rows(&world.store).await;
    let heads = prefix.iter().filter(|row| row.key.as_bytes()[24] == 0).count();
    assert!((3..=6).contains(&heads), "{heads} segments of 3030 letters");
    let session = world.select(world.inbox()).await;
    assert_eq!(found(&session, &Query::Text("text of same".into())).await.len(), 3030);
    assert_eq!(found(&session, &Query::Text("text of other".into())).await.len(), 0);
}

#[tokio::test]
async fn the_index_goes_with_letters_mailboxes_and_accounts() {
    let world = world(0).await;
    let shelf = world.create("Shelf").await;
    for mailbox in [world.inbox(), shelf] {
        world.append(mailbox, letter("hemlig", "text"), FlagSet::new()).await;
        world.append(mailbox, letter("annan", "text"), FlagSet::new()).await;
    }
    world.mailboxes.rebuild_search(TENANT, ACCOUNT, START).await.unwrap();
    let of = |rows: &[store::Entry], mailbox: MailboxRef| {
        let id = mailbox.mailbox.get().to_be_bytes();
        rows.iter().filter(|row| row.key.as_bytes()[13..21] == id).cloned().collect::<Vec<_>>()
    };
    let says = |rows: &[store::Entry], word: &[u8]| {
        rows.iter().any(|row| row.value.windows(word.len()).any(|here| here == word))
    };
    let all = rows(&world.store).await;
    assert!(says(&of(&all, world.inbox()), b"hemlig") && says(&of(&all, shelf), b"hemlig"));

    let mut session = world.select(world.inbox()).await;
    let picked = session.pick_uids(&crate::world::uids(&[1]));
    let patch = model::FlagPatch::Add(flags(&[SystemFlag::Deleted]));
    session.store_flags(&picked, &patch, true, None, START).await.unwrap();
    session.expunge(None, START).await.unwrap();
    assert_eq!(world.mailboxes.trim_search(TENANT, ACCOUNT, START).await.unwrap(), 1);
    let all = rows(&world.store).await;
    assert!(!says(&of(&all, world.inbox()), b"hemlig") && says(&of(&all, world.inbox()), b"annan"));
    assert_eq!(world.mailboxes.trim_search(TENANT, ACCOUNT, START).await.unwrap(), 0);

    world.mailboxes.delete(TENANT, ACCOUNT, &name("Shelf"), START).await.unwrap();
    let all = rows(&world.store).await;
    assert!(of(&all, shelf).is_empty() && !of(&all, world.inbox()).is_empty());
    world.store.commit(mailbox::Mailboxes::removal(TENANT, ACCOUNT, START)).await.unwrap();
    world.mailboxes.finish_removal(TENANT, ACCOUNT, START).await.unwrap();
    assert!(rows(&world.store).await.is_empty());
}

#[tokio::test]
async fn a_crash_while_a_segment_is_made_costs_time_only() {
    for writes in 0..9 {
        let world = world(0).await;
        for number in 0..40 {
            let body = text(&[number, number + 1, number + 2]);
            world.append(world.inbox(), letter(WORDS[number as usize % 12], &body), FlagSet::new()).await;
        }
        let session = world.select(world.inbox()).await;
        let query = Query::Text("matsäck".into());
        let before = found(&session, &query).await;
        world.fuse.burn_after(writes);
        world.mailboxes.index_waiting(|| START).await;
        world.fuse.mend();
        assert_eq!(found(&session, &query).await, before, "after {writes} writes");
        world.mailboxes.index_waiting(|| START).await;
        assert_eq!(found(&session, &query).await, before);
    }
}

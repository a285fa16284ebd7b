//! SEARCH.

use std::time::Duration;

use mailbox::{Day, Limits, Query, Selected};
use model::{FlagSet, SystemFlag, UnixMillis};

use crate::world::{START, World, flags, letter};

fn header(name: &str, text: &str) -> Query {
    Query::Header(name.into(), text.into())
}

async fn found(session: &Selected, query: Query) -> Vec<u32> {
    // The second time from memory.
    let first = session.search(&query, START).await.unwrap();
    assert_eq!(first, session.search(&query, START).await.unwrap());
    first.into_iter().map(|(_, uid)| uid.get()).collect()
}

#[tokio::test]
async fn words_are_found_as_they_are_read() {
    let world = World::new().await;
    let coded = "From: =?utf-8?q?=C3=85sa_=C3=96qvist?= <asa@skola.test>\r\nSubject: =?iso-8859-1?Q?L=E4xa?= v. 37\r\n\
                 X-Class: 4B\r\nDate: Mon, 7 Sep 2026 23:30:00 -0500\r\nContent-Type: text/plain; charset=utf-8\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\nU8O2ZGVyIG9jaCBub3Jy\r\n";
    world.append(world.inbox(), coded.into(), FlagSet::new()).await;
    world.append(world.inbox(), letter("Utflykt"), FlagSet::new()).await;
    let session = world.select(world.inbox()).await;
    for (query, uids) in [
        (header("Subject", "läxa"), vec![1]),
        (header("SUBJECT", "LÄX"), vec![1]),
        (header("subject", "x"), vec![1]),
        (header("from", "asa@"), vec![1, 2]),
        (header("from", "Öqvist"), vec![1]),
        (header("to", ""), vec![]),
        (header("x-class", ""), vec![1]),
        (header("x-class", "4b"), vec![1]),
        (Query::Body("SÖDER".into()), vec![1]),
        (Query::Body("läxa".into()), vec![]),
        (Query::Text("läxa".into()), vec![1]),
        (Query::Text("text of utf".into()), vec![2]),
        (Query::Not(Box::new(header("subject", "läxa"))), vec![2]),
        (Query::SentOn(Day::from_ymd(2026, 9, 7).unwrap()), vec![1]),
        (Query::SentBefore(Day::from_ymd(2026, 9, 7).unwrap()), vec![]),
        (Query::Or(Box::new(Query::Text("söder".into())), Box::new(Query::Larger(1))), vec![1, 2]),
        (Query::And(vec![Query::Text("söder".into()), header("x-class", "4C")]), vec![]),
    ] {
        assert_eq!(found(&session, query.clone()).await, uids, "{query:?}");
    }
}

#[tokio::test]
async fn headers_of_parts_and_names_of_files_are_text() {
    let world = World::new().await;
    let parts = "Subject: bilagor\r\nContent-Type: multipart/mixed; boundary=g\r\n\r\n--g\r\nContent-Type: text/plain\r\n\
                 Content-Description: =?utf-8?q?V=C3=A5rens_schema?=\r\n\r\nhej\r\n--g\r\nContent-Type: application/pdf\r\n\
                 Content-ID: <bild.7@skola.test>\r\nContent-Disposition: attachment; filename*=utf-8''L%C3%84XA.pdf\r\n\r\n\
                 JVBERi0=\r\n--g--\r\n";
    world.append(world.inbox(), parts.into(), FlagSet::new()).await;
    let session = world.select(world.inbox()).await;
    for (word, is_there) in [
        ("vårens SCHEMA", true),
        ("läxa.pdf", true),
        ("content-id: <bild.7@", true),
        ("application/pdf", true),
        ("bilagor", false),
        ("JVBERi0", false),
    ] {
        assert_eq!(found(&session, Query::Body(word.into())).await.len(), usize::from(is_there), "{word}");
    }
    assert_eq!(found(&session, Query::Text("BILAGOR".into())).await, [1]);
    // HEADER is the letter's own header.
    assert_eq!(found(&session, header("content-id", "")).await, [] as [u32; 0]);
}

#[tokio::test]
async fn flags_sizes_dates_and_numbers() {
    let world = World::new().await;
    world.append(world.inbox(), letter("1"), flags(&[SystemFlag::Seen])).await;
    world.append(world.inbox(), letter(&"2".repeat(100)), FlagSet::new()).await;
    let session = world.select(world.inbox()).await;
    let today = Day::of(START);
    let yesterday = Day(today.0 - 1);
    for (query, uids) in [
        (Query::And(vec![]), vec![1, 2]),
        (Query::All, vec![1, 2]),
        (Query::Flag(SystemFlag::Seen), vec![1]),
        (Query::Keyword("$x".parse().unwrap()), vec![]),
        (Query::Recent, vec![1, 2]),
        (Query::Larger(150), vec![2]),
        (Query::Smaller(150), vec![1]),
        (Query::On(today), vec![1, 2]),
        (Query::On(yesterday), vec![]),
        (Query::Since(yesterday), vec![1, 2]),
        (Query::Before(today), vec![]),
        (Query::ArrivedBefore(UnixMillis(START.0 + 1)), vec![1, 2]),
        (Query::SentSince(Day(0)), vec![]),
        (Query::Seqs(vec![(2, 2)]), vec![2]),
        (Query::Uids(crate::world::uids(&[1, 5])), vec![1]),
        (Query::ModSeq(model::ModSeq(3)), vec![2]),
    ] {
        assert_eq!(found(&session, query.clone()).await, uids, "{query:?}");
    }
}

#[tokio::test]
async fn a_word_behind_the_bound_of_kept_text_is_found() {
    let world = World::new().await;
    let long = format!("Subject: lång\r\n\r\n{}nål\r\n", "höstack ".repeat(60_000));
    world.append(world.inbox(), long.into_bytes(), FlagSet::new()).await;
    let session = world.select(world.inbox()).await;
    assert_eq!(found(&session, Query::Body("Nål".into())).await, [1]);
    assert_eq!(found(&session, Query::Text("not there".into())).await, [] as [u32; 0]);
    assert_eq!(found(&session, header("subject", "kort")).await, [] as [u32; 0]);
}

#[tokio::test]
async fn searches_that_need_more_than_there_is_take_turns() {
    let limits = Limits { search_bytes_max: 1, searches_per_account_max: 1, ..Limits::default() };
    let world = World::with(limits).await;
    let long = format!("Subject: lång\r\n\r\n{}nål\r\n", "höstack ".repeat(60_000));
    world.append(world.inbox(), long.into_bytes(), FlagSet::new()).await;
    world.append(world.inbox(), letter("kort"), FlagSet::new()).await;
    let mut searches = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let session = world.select(world.inbox()).await;
        searches.spawn(async move { found(&session, Query::Body("nål".into())).await });
    }
    let all = tokio::time::timeout(Duration::from_secs(60), searches.join_all()).await.unwrap();
    assert_eq!(all, vec![[1]; 8]);
}

/// Octets among which words are found slowly.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if state >> 63 == 0 { 'a' } else { 'b' }
    };
    (0..length).map(|_| next()).collect()
}

#[tokio::test]
async fn many_slow_words_are_found_exactly() {
    let world = World::new().await;
    let text = noise(1, 200_000);
    for letter in [&text, &noise(2, 200_000), &noise(3, 400_000)] {
        world
            .append(world.inbox(), format!("Subject: brus\r\n\r\n{letter}\r\n").into(), FlagSet::new())
            .await;
    }
    let session = world.select(world.inbox()).await;
    let absent = (10..60).map(|seed| Query::Not(Box::new(Query::Text(noise(seed, 40)))));
    let there = (0..40).map(|at| Query::Body(text[at * 4000..][..60].to_owned()));
    let short = ["a", "ab", "bab", "", "aaaa"].map(|word| Query::Text(word.into()));
    let all: Vec<Query> = absent.clone().chain(there).chain(short.clone()).collect();
    assert_eq!(found(&session, Query::And(all.clone())).await, [1]);
    assert_eq!(found(&session, Query::And(absent.chain(short).collect())).await, [1, 2, 3]);
    let not_one = Query::Not(Box::new(Query::Text(text[150_000..][..50].to_owned())));
    assert_eq!(found(&session, Query::And([all, vec![not_one]].concat())).await, [] as [u32; 0]);
}

#[tokio::test]
async fn a_search_has_a_bound_on_its_work() {
    let world = World::with(Limits { search_work_max: 500_000, ..Limits::default() }).await;
    for seed in 0..3 {
        let letter = format!("Subject: brus\r\n\r\n{}\r\n", noise(seed, 200_000));
        world.append(world.inbox(), letter.into(), FlagSet::new()).await;
    }
    let session = world.select(world.inbox()).await;
    let refused = session.search(&Query::Body("x".into()), START).await;
    assert!(matches!(refused, Err(mailbox::MailboxError::SearchTooLarge)), "{refused:?}");
    let two = Query::And(vec![Query::Seqs(vec![(1, 2)]), Query::Body("x".into())]);
    assert_eq!(found(&session, two).await, [] as [u32; 0]);
}

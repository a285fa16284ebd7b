//! SORT and THREAD over a mailbox.

use mailbox::{Query, Selected, SortBy, SortKey, ThreadBy};
use model::{FlagSet, UnixMillis};

use crate::world::{START, World, uids};

fn letter(number: u32, fields: &str) -> Vec<u8> {
    format!("Message-ID: <{number}@skola.test>\r\n{}\r\n\r\nText {number}.\r\n", fields.replace('|', "\r\n"))
        .into_bytes()
}

/// Letters with the UIDs 1 to 5.
async fn five(world: &World) {
    for (number, fields) in (1..).zip([
        "Subject: b|From: Åsa <x@a.test>|To: z@a.test|Date: Mon, 7 Sep 2026 10:00:00 +0200",
        "Subject: Re: A|From: bo@a.test|Cc: k@a.test|References: <9@skola.test>|Date: Mon, 7 Sep 2026 09:00:00 +0000",
        "Subject: a|From: \"åsa\" <c@a.test>|Date: Mon, 7 Sep 2026 08:30:00 +0000",
        "Subject: [4B] Re: b|From: Öqvist <d@a.test>|References: <1@skola.test>|Date: Sun, 6 Sep 2026 08:00:00 +0000",
        "From: d@a.test|In-Reply-To: <4@skola.test>",
    ]) {
        world.append(world.inbox(), letter(number, fields), FlagSet::new()).await;
    }
}

async fn sorted(selected: &Selected, keys: &[(SortBy, bool)]) -> String {
    let keys: Vec<SortKey> =
        keys.iter().map(|(by, reverse)| SortKey { by: *by, reverse: *reverse }).collect();
    let picked = selected.search(&Query::All, START).await.unwrap();
    let sorted = selected.sort(picked, &keys, START).await.unwrap();
    sorted.iter().map(|(_, uid)| uid.to_string()).collect::<Vec<_>>().join(" ")
}

async fn threads(selected: &Selected, by: ThreadBy) -> String {
    let picked = selected.search(&Query::All, START).await.unwrap();
    let threads = selected.thread(picked, by, START).await.unwrap();
    let uid = |message: Option<(_, model::Uid)>| message.map_or("-".to_owned(), |(_, uid)| uid.to_string());
    threads
        .messages()
        .map(|(message, children)| format!("{}/{children}", uid(message)))
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn every_criterion_orders() {
    use SortBy as S;
    let world = World::new().await;
    five(&world).await;
    let selected = world.select(world.inbox()).await;
    for (keys, order) in [
        (&[(S::Arrival, false)][..], "1 2 3 4 5"),
        (&[(S::Arrival, true)], "1 2 3 4 5"),
        (&[(S::Subject, false)], "5 2 3 1 4"),
        (&[(S::Subject, true)], "1 4 2 3 5"),
        (&[(S::Subject, false), (S::Date, false)], "5 3 2 4 1"),
        (&[(S::Subject, false), (S::Date, true)], "5 2 3 1 4"),
        // Without a Date, what counts is when it came; START lies in 2026 before September's end.
        (&[(S::Date, false)], "4 1 3 2 5"),
        (&[(S::From, false)], "2 3 4 5 1"),
        (&[(S::To, false)], "2 3 4 5 1"),
        (&[(S::Cc, true)], "2 1 3 4 5"),
        (&[(S::DisplayFrom, false)], "1 3 2 5 4"),
        (&[(S::DisplayTo, true)], "1 2 3 4 5"),
        (&[(S::Size, false)], "5 3 1 2 4"),
    ] {
        assert_eq!(sorted(&selected, keys).await, order, "{keys:?}");
    }
}

#[tokio::test]
async fn threads_follow_what_letters_say() {
    let world = World::new().await;
    five(&world).await;
    let selected = world.select(world.inbox()).await;
    assert_eq!(threads(&selected, ThreadBy::ReferencesAlone).await, "2/0 3/0 1/1 4/1 5/0");
    assert_eq!(threads(&selected, ThreadBy::References).await, "1/1 4/1 5/0 3/1 2/0");
    assert_eq!(threads(&selected, ThreadBy::Subject).await, "4/1 1/0 3/1 2/0 5/0");
}

#[tokio::test]
async fn what_comes_and_goes_is_followed() {
    let world = World::new().await;
    five(&world).await;
    let mut selected = world.select(world.inbox()).await;
    let by_subject = &[(SortBy::Subject, false)];
    assert_eq!(sorted(&selected, by_subject).await, "5 2 3 1 4");
    world.append(world.inbox(), letter(6, "Subject: aa"), FlagSet::new()).await;
    selected.sync(true, START).await.unwrap();
    assert_eq!(sorted(&selected, by_subject).await, "5 2 3 6 1 4");
    let deleted = selected.pick_uids(&uids(&[2, 5]));
    let patch = model::FlagPatch::Add([model::SystemFlag::Deleted].into_iter().collect());
    selected.store_flags(&deleted, &patch, false, None, START).await.unwrap();
    selected.expunge(None, START).await.unwrap();
    assert_eq!(sorted(&selected, by_subject).await, "3 6 1 4", "gone, though not told yet");
    assert_eq!(threads(&selected, ThreadBy::ReferencesAlone).await, "3/0 1/1 4/0 6/0");
    // After a while nothing of it is in memory, and a few messages of many need no columns.
    world.mailboxes.sweep(UnixMillis(START.0 + 3_600_000));
    world.fill(world.inbox(), 40).await;
    selected.sync(true, START).await.unwrap();
    let few = selected.pick_uids(&uids(&[1, 3, 6]));
    let keys = [SortKey { by: SortBy::Subject, reverse: true }];
    let found = selected.sort(few, &keys, START).await.unwrap();
    assert_eq!(found.iter().map(|(_, uid)| uid.get()).collect::<Vec<_>>(), [1, 6, 3]);
}

#[tokio::test]
async fn rows_of_the_first_version_sort_as_well() {
    let world = World::new().await;
    let long = format!("Subject: b|References: <1@skola.test>|To: {}", vec!["a@skola.test"; 100].join(", "));
    world.append(world.inbox(), letter(1, "Subject: a"), FlagSet::new()).await;
    world.append(world.inbox(), letter(2, &long), FlagSet::new()).await;
    // A letter filed without lineage, as before.
    let bytes = store::Spool::from_bytes(letter(3, "Subject: aa|References: <2@skola.test>"));
    let prepared = world.mailboxes.letters().prepare(crate::world::TENANT, bytes).await.unwrap();
    let mut message = prepared.message(FlagSet::new(), START, model::QueueId::new(0));
    message.lineage = Default::default();
    let mut batch = store::Batch::new(START);
    batch.bodies.push(prepared.staged);
    batch.ops.push(store::Op::Append(world.inbox(), message));
    world.store.commit(batch).await.unwrap();
    let selected = world.select(world.inbox()).await;
    assert_eq!(sorted(&selected, &[(SortBy::Subject, false)]).await, "1 3 2");
    assert_eq!(threads(&selected, ThreadBy::ReferencesAlone).await, "1/1 2/1 3/0");
    let entries = selected.entries(&[1, 2, 3].map(|uid| model::Uid::new(uid).unwrap())).await.unwrap();
    let mut ids = Vec::new();
    for (_, entry) in &entries {
        ids.push(world.mailboxes.thread_id(crate::world::TENANT, entry).await.unwrap());
    }
    assert_eq!((&ids[0], ids[1] == ids[2]), (&ids[1], false), "each by the first that it refers to");
}

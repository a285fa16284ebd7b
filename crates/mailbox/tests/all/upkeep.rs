//! Timers and speed.

use std::time::{Duration, Instant};

use mailbox::{Limits, Query};
use model::{FlagPatch, FlagSet, SystemFlag};
use store::{ChangeKey, KeyRange};

use crate::world::{ACCOUNT, START, TENANT, World, flags, letter};

#[tokio::test]
async fn old_and_many_changes_are_forgotten_and_tables_stay_right() {
    let world = World::with(Limits { changes_max: 10, ..Limits::default() }).await;
    world.fill(world.inbox(), 1).await;
    let mut session = world.select(world.inbox()).await;
    for round in 0..300 {
        let set = if round % 2 == 0 { flags(&[SystemFlag::Seen]) } else { FlagSet::new() };
        session.store_flags(&session.pick_all(), &FlagPatch::Replace(set), true, None, START).await.unwrap();
    }
    let changes = || async {
        world.store.scan(&KeyRange::prefix(&ChangeKey::prefix(world.inbox())), 1000).await.unwrap().len()
    };
    let hour = Duration::from_secs(3600);
    assert_eq!(world.mailboxes.trim_changes(TENANT, ACCOUNT, START.after(hour)).await.unwrap(), 0);
    let later = START.after(hour * 2);
    assert_eq!(world.mailboxes.trim_changes(TENANT, ACCOUNT, later).await.unwrap(), 290);
    assert_eq!(changes().await, 10);
    session.sync(true, later).await.unwrap();
    let month = START.after(hour * 24 * 31);
    assert_eq!(world.mailboxes.trim_changes(TENANT, ACCOUNT, month).await.unwrap(), 10);
    assert!(session.sync(true, month).await.unwrap().is_empty());
}

/// Prints times; run with `--release -- --ignored --nocapture` to read them.
#[tokio::test]
#[ignore = "a measurement"]
async fn speed() {
    let world = World::new().await;
    let large = world.create("large").await;
    world.fill(large, 100_000).await;
    let begin = Instant::now();
    let session = world.select(large).await;
    println!("select 100,000: {:?}", begin.elapsed());
    let begin = Instant::now();
    let table = session.table(START).await.unwrap();
    let seen: usize = table.rows().map(|row| usize::from(row.flags.has(SystemFlag::Seen))).sum();
    println!("rows of 100,000: {:?} ({seen})", begin.elapsed());
    for number in 0..10_000 {
        let body =
            format!("{}{}", String::from_utf8(letter(&number.to_string())).unwrap(), "ord ".repeat(900));
        world.append(world.inbox(), body.into_bytes(), FlagSet::new()).await;
    }
    let session = world.select(world.inbox()).await;
    for query in [Query::Header("subject".into(), "77".into()), Query::Text("text of 77".into())] {
        for _ in 0..2 {
            let begin = Instant::now();
            let found = session.search(&query, START).await.unwrap().len();
            println!("{query:?} in 10,000: {:?}, {found} found", begin.elapsed());
        }
    }
}

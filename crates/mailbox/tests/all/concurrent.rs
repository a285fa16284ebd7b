//! Several tasks on several threads change one mailbox at once; in the end all sessions agree with the store.

use std::time::Duration;

use mailbox::{QuotaLimit, Selected};
use model::{FlagPatch, FlagSet, MailboxRef, SystemFlag};
use store::{FlagsKey, MessageFlags};

use crate::world::{START, World, flags};

async fn work(mut session: Selected, world: &World, elsewhere: MailboxRef, seed: u32) -> Selected {
    let mut state = seed;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below.max(1)
    };
    for round in 0..150 {
        session.sync(round % 3 == 0, START).await.unwrap();
        let count = session.exists();
        let first = random(count) + 1;
        let ranges = if count == 0 { vec![] } else { vec![(first, (first + random(4)).min(count))] };
        let picked = session.pick_seqs(&ranges).unwrap();
        match random(6) {
            0 => {
                let patch = FlagPatch::Add(flags(&[SystemFlag::Deleted]));
                session.store_flags(&picked, &patch, true, None, START).await.unwrap();
            }
            1 => {
                let patch = FlagPatch::Replace(flags(&[SystemFlag::Seen]));
                session.store_flags(&picked, &patch, false, None, START).await.unwrap();
            }
            2 => session.expunge(None, START).await.unwrap(),
            3 => {
                session.move_to(&picked, elsewhere, QuotaLimit::NONE, false, START).await.unwrap();
            }
            4 => world.fill(session.mailbox(), 3).await,
            _ => {
                session.copy(&picked, session.mailbox(), QuotaLimit::NONE, false, START).await.unwrap();
                world.mailboxes.sweep(START.after(Duration::from_secs(100)));
            }
        }
        tokio::task::yield_now().await;
    }
    session
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_agree_in_the_end() {
    let world: &'static World = Box::leak(Box::new(World::new().await));
    let elsewhere = world.create("elsewhere").await;
    world.fill(world.inbox(), 30).await;
    let mut tasks = Vec::new();
    for seed in 0..6 {
        let session = world.select(world.inbox()).await;
        tasks.push(tokio::spawn(work(session, world, elsewhere, seed)));
    }
    let rows: fn(&(FlagsKey, MessageFlags)) -> (u32, FlagSet) =
        |(key, row)| (key.uid.get(), row.flags.clone());
    let mut sessions = Vec::new();
    for task in tasks {
        sessions.push(task.await.unwrap());
    }
    let kept = world.store.list::<FlagsKey>(&FlagsKey::prefix(world.inbox())).await.unwrap();
    let kept: Vec<_> = kept.iter().map(rows).collect();
    for mut session in sessions {
        session.sync(true, START).await.unwrap();
        let table = session.table(START).await.unwrap();
        let told = session.pick_all().into_iter();
        let told: Vec<_> =
            told.map(|(_, uid)| (uid.get(), (**table.row(uid).unwrap().flags).clone())).collect();
        assert_eq!(told, kept);
    }
    let status = world.mailboxes.status(world.inbox()).await.unwrap();
    assert_eq!(status.exists as usize, kept.len());
    assert_eq!(world.mailboxes.recover(START).await.unwrap(), 0);
}

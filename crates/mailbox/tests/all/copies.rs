//! COPY and MOVE.

use mailbox::{MailboxError, QuotaLimit};
use model::{FlagPatch, FlagSet, SystemFlag};

use crate::world::{ACCOUNT, START, TENANT, World, flags, letter, uid, uids};

const FREE: QuotaLimit = QuotaLimit::NONE;

#[tokio::test]
async fn what_somebody_else_just_moved_in_can_be_moved_on() {
    let world = World::new().await;
    let to = world.create("a").await;
    let mut phone = world.select(to).await;
    let mut computer = world.select(world.inbox()).await;
    world.append(world.inbox(), letter("1"), flags(&[SystemFlag::Flagged])).await;
    computer.sync(false, START).await.unwrap();
    let moved = computer.move_to(&computer.pick_all(), to, FREE, false, START).await.unwrap();
    assert_eq!((moved.pairs, moved.failed.is_none()), (vec![(uid(1), uid(1))], true));
    assert_eq!(computer.sync(true, START).await.unwrap().expunged.len(), 1);
    // The phone has not heard of it and names it all the same.
    assert_eq!(phone.sync(false, START).await.unwrap().exists, Some(1));
    let back = phone.move_to(&phone.pick_uids(&uids(&[1])), world.inbox(), FREE, false, START).await.unwrap();
    assert_eq!(back.pairs, [(uid(1), uid(2))]);
    computer.sync(true, START).await.unwrap();
    let table = computer.table(START).await.unwrap();
    assert_eq!(**table.row(uid(2)).unwrap().flags, flags(&[SystemFlag::Flagged]));
}

#[tokio::test]
async fn a_long_copy_is_whole() {
    let world = World::new().await;
    let to = world.create("a").await;
    world.fill(world.inbox(), 1000).await;
    world.fill(to, 3).await;
    let mut session = world.select(world.inbox()).await;
    let copied = session.copy(&session.pick_all(), to, FREE, true, START).await.unwrap();
    assert_eq!(
        (copied.pairs.len(), copied.pairs[0], copied.pairs[999]),
        (1000, (uid(1), uid(4)), (uid(1000), uid(1003)))
    );
    assert_eq!(world.mailboxes.recover(START).await.unwrap(), 0, "no intent is left");
    let moved = session.move_to(&session.pick_all(), to, FREE, true, START).await.unwrap();
    assert_eq!(
        (moved.pairs.len(), world.exists(world.inbox()).await, world.exists(to).await),
        (1000, 0, 2003)
    );
}

#[tokio::test]
async fn a_long_copy_that_breaks_off_leaves_nothing() {
    for commits in 0..4 {
        let world = World::new().await;
        let to = world.create("a").await;
        world.fill(world.inbox(), 1000).await;
        world.fill(to, 3).await;
        let mut session = world.select(world.inbox()).await;
        world.fuse.burn_after(commits);
        assert!(session.copy(&session.pick_all(), to, FREE, false, START).await.is_err());
        world.fuse.mend();
        // A letter that came in meanwhile stays.
        world.append(to, letter("new"), FlagSet::new()).await;
        world.mailboxes.recover(START).await.unwrap();
        assert_eq!((world.exists(to).await, world.exists(world.inbox()).await), (4, 1000));
        assert_eq!(world.mailboxes.usage(TENANT, ACCOUNT).await.unwrap().messages, 1004);
        assert_eq!(world.mailboxes.recover(START).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_move_that_breaks_off_tells_what_moved() {
    let world = World::new().await;
    let to = world.create("a").await;
    world.fill(world.inbox(), 600).await;
    let mut session = world.select(world.inbox()).await;
    world.fuse.burn_after(1);
    let moved = session.move_to(&session.pick_all(), to, FREE, false, START).await.unwrap();
    world.fuse.mend();
    assert_eq!((moved.pairs.len(), moved.failed.is_some()), (256, true));
    assert_eq!(session.sync(true, START).await.unwrap().expunged.len(), 256);
    assert_eq!((world.exists(world.inbox()).await, world.exists(to).await), (344, 256));
}

#[tokio::test]
async fn copies_keep_the_quota_and_pass_over_what_is_gone() {
    let world = World::new().await;
    let to = world.create("a").await;
    world.fill(world.inbox(), 3).await;
    let mut session = world.select(world.inbox()).await;
    let tight = QuotaLimit { bytes: None, messages: Some(5) };
    let over = session.copy(&session.pick_all(), to, tight, false, START).await;
    assert!(matches!(over, Err(MailboxError::OverQuota)));
    let mut other = world.select(world.inbox()).await;
    let deleted = FlagPatch::Replace(flags(&[SystemFlag::Deleted]));
    other.store_flags(&other.pick_uids(&uids(&[2])), &deleted, true, None, START).await.unwrap();
    other.expunge(None, START).await.unwrap();
    let copied = session.copy(&session.pick_all(), to, tight, false, START).await.unwrap();
    assert_eq!((copied.pairs.len(), copied.missing), (2, uids(&[2])));
}

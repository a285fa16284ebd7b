//! What a session is told: sequence numbers, EXPUNGE, flags, \Recent.

use std::time::Duration;

use mailbox::{MailboxError, QuotaLimit, Updates};
use model::{FlagPatch, FlagSet, SeqNo, SystemFlag, UidSet, UnixMillis};

use crate::world::{ACCOUNT, START, TENANT, World, flags, letter, uid, uids};

fn seq(number: u32) -> SeqNo {
    SeqNo::new(number).unwrap()
}

#[tokio::test]
async fn select_tells_the_numbers_of_the_mailbox() {
    let world = World::new().await;
    world.append(world.inbox(), letter("1"), flags(&[SystemFlag::Seen])).await;
    let mut words = FlagSet::new();
    words.insert_keyword("$Forwarded".parse().unwrap()).unwrap();
    world.append(world.inbox(), letter("2"), words).await;
    let session = world.select(world.inbox()).await;
    assert_eq!((session.exists(), session.recent_count()), (2, 2));
    assert_eq!((session.first_unseen(), session.uid_next()), (Some(seq(2)), uid(3)));
    assert_eq!(session.keywords().map(|word| word.as_str()).collect::<Vec<_>>(), ["$Forwarded"]);
    assert_eq!(
        (session.largest_uid(), session.seq(uid(2)), session.uid(seq(1))),
        (Some(uid(2)), Some(seq(2)), Some(uid(1)))
    );
    assert_eq!((session.seq(uid(3)), session.uid(seq(3))), (None, None));
    assert!(matches!(session.pick_seqs(&[(1, 3)]), Err(MailboxError::NoSuchMessage)));
    assert_eq!(session.pick_seqs(&[(2, 1), (1, 1)]).unwrap(), session.pick_all());
    assert_eq!(session.pick_uids(&uids(&[2, 9])), [(seq(2), uid(2))]);
}

#[tokio::test]
async fn expunges_wait_until_they_may_be_told() {
    let world = World::new().await;
    world.fill(world.inbox(), 5).await;
    let (mut one, mut other) = (world.select(world.inbox()).await, world.select(world.inbox()).await);
    let deleted = FlagPatch::Add(flags(&[SystemFlag::Deleted]));
    let picked = one.pick_uids(&uids(&[2, 4]));
    let stored = one.store_flags(&picked, &deleted, true, None, START).await.unwrap();
    assert_eq!(stored.done, uids(&[2, 4]));
    assert!(one.sync(true, START).await.unwrap().is_empty(), "silent: the client knows");
    one.expunge(None, START).await.unwrap();
    world.append(world.inbox(), letter("new"), FlagSet::new()).await;
    let told = one.sync(true, START).await.unwrap();
    assert_eq!((told.expunged, told.exists), (vec![seq(4), seq(2)], Some(4)));

    let held = other.sync(false, START).await.unwrap();
    assert_eq!((held.expunged, held.exists, held.flags), (vec![], Some(6), vec![]));
    assert_eq!(other.uid(seq(2)), Some(uid(2)), "the number still stands");
    let gone = other.store_flags(&other.pick_all(), &deleted, false, None, START).await.unwrap();
    assert_eq!((gone.missing, gone.done), (uids(&[2, 4]), uids(&[1, 3, 5, 6])));
    let strict = other.copy(&other.pick_all(), world.inbox(), QuotaLimit::NONE, true, START).await;
    assert!(matches!(strict, Err(MailboxError::Expunged)));
    let told = other.sync(true, START).await.unwrap();
    assert_eq!((told.expunged, told.vanished, told.exists), (vec![seq(4), seq(2)], uids(&[2, 4]), None));
    assert!(other.sync(true, START).await.unwrap().is_empty());
}

#[tokio::test]
async fn flags_of_others_are_told_once_and_new_keywords_with_them() {
    let world = World::new().await;
    world.fill(world.inbox(), 3).await;
    let (mut one, mut other) = (world.select(world.inbox()).await, world.select(world.inbox()).await);
    let mut words = flags(&[SystemFlag::Flagged]);
    words.insert_keyword("NonJunk".parse().unwrap()).unwrap();
    let picked = one.pick_uids(&uids(&[3]));
    one.store_flags(&picked, &FlagPatch::Replace(words.clone()), false, None, START).await.unwrap();
    let told = one.sync(false, START).await.unwrap();
    assert_eq!((told.flags.len(), told.keywords.map(|words| words.len())), (0, Some(1)));
    let told = other.sync(false, START).await.unwrap();
    assert_eq!(told.keywords.map(|words| words.len()), Some(1));
    assert_eq!((told.flags.len(), told.flags[0].seq, &*told.flags[0].flags), (1, seq(3), &words));
    assert_eq!(other.sync(true, START).await.unwrap(), Updates::default());
}

#[tokio::test]
async fn a_silent_store_tells_what_the_client_cannot_know() {
    let world = World::new().await;
    world.fill(world.inbox(), 1).await;
    let (mut one, mut other) = (world.select(world.inbox()).await, world.select(world.inbox()).await);
    let seen = FlagPatch::Add(flags(&[SystemFlag::Seen]));
    one.store_flags(&one.pick_all(), &seen, false, None, START).await.unwrap();
    let flagged = FlagPatch::Add(flags(&[SystemFlag::Flagged]));
    other.store_flags(&other.pick_all(), &flagged, true, None, START).await.unwrap();
    let told = other.sync(false, START).await.unwrap();
    assert_eq!(*told.flags[0].flags, flags(&[SystemFlag::Seen, SystemFlag::Flagged]));
}

#[tokio::test]
async fn a_store_that_fails_on_the_way_tells_what_it_did() {
    let world = World::new().await;
    world.fill(world.inbox(), 300).await;
    let seen = FlagPatch::Add(flags(&[SystemFlag::Seen]));
    let mut session = world.select(world.inbox()).await;
    for silent in [false, true] {
        world.fuse.burn_after(1);
        let failed = session.store_flags(&session.pick_all(), &seen, silent, None, START).await;
        world.fuse.mend();
        assert!(failed.is_err());
        let told = session.sync(false, START).await.unwrap();
        assert_eq!((told.flags.len(), told.flags[0].seq), (256, seq(1)), "silent: {silent}");
        let unseen = FlagPatch::Remove(flags(&[SystemFlag::Seen]));
        session.store_flags(&session.pick_all(), &unseen, false, None, START).await.unwrap();
        assert!(session.sync(false, START).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn unchanged_since_leaves_what_others_changed() {
    let world = World::new().await;
    world.fill(world.inbox(), 2).await;
    let mut session = world.select(world.inbox()).await;
    let before = session.highest_mod_seq();
    let seen = FlagPatch::Add(flags(&[SystemFlag::Seen]));
    session.store_flags(&session.pick_uids(&uids(&[1])), &seen, false, None, START).await.unwrap();
    let flagged = FlagPatch::Add(flags(&[SystemFlag::Flagged]));
    let stored =
        session.store_flags(&session.pick_all(), &flagged, false, Some(before), START).await.unwrap();
    assert_eq!((stored.modified, stored.done), (uids(&[1]), uids(&[2])));
}

#[tokio::test]
async fn recent_goes_to_the_first_that_selects_and_examine_takes_nothing() {
    let world = World::new().await;
    world.append(world.inbox(), letter("1"), FlagSet::new()).await;
    assert_eq!(world.mailboxes.recent(world.inbox(), START).await.unwrap(), 1);
    let examined = world.mailboxes.select(world.inbox(), true, START).await.unwrap();
    let mut first = world.select(world.inbox()).await;
    let mut second = world.select(world.inbox()).await;
    assert_eq!((examined.recent_count(), first.recent_count(), second.recent_count()), (1, 1, 0));
    world.append(world.inbox(), letter("2"), FlagSet::new()).await;
    let told = second.sync(false, START).await.unwrap();
    assert_eq!((told.exists, told.recent), (Some(2), Some(1)));
    let told = first.sync(false, START).await.unwrap();
    assert_eq!((told.exists, told.recent, first.is_recent(uid(2))), (Some(2), None, false));
    assert_eq!(world.mailboxes.recent(world.inbox(), START).await.unwrap(), 0);
}

#[tokio::test]
async fn examine_changes_nothing() {
    let world = World::new().await;
    world.append(world.inbox(), letter("1"), flags(&[SystemFlag::Deleted])).await;
    let mut session = world.mailboxes.select(world.inbox(), true, START).await.unwrap();
    let patch = FlagPatch::Add(flags(&[SystemFlag::Seen]));
    let store = session.store_flags(&session.pick_all(), &patch, false, None, START).await;
    assert!(matches!(store, Err(MailboxError::ReadOnly)));
    assert!(matches!(session.expunge(None, START).await, Err(MailboxError::ReadOnly)));
    let move_ = session.move_to(&session.pick_all(), world.inbox(), QuotaLimit::NONE, false, START).await;
    assert!(matches!(move_, Err(MailboxError::ReadOnly)));
}

#[tokio::test]
async fn expunge_takes_only_what_is_marked_and_named() {
    let world = World::new().await;
    world.fill(world.inbox(), 700).await;
    let mut session = world.select(world.inbox()).await;
    let deleted = FlagPatch::Add(flags(&[SystemFlag::Deleted]));
    session.store_flags(&session.pick_all(), &deleted, true, None, START).await.unwrap();
    session.expunge(Some(&uids(&[3, 900])), START).await.unwrap();
    assert_eq!(session.sync(true, START).await.unwrap().expunged, [seq(3)]);
    let keep = session.pick_uids(&uids(&[1, 700]));
    session.store_flags(&keep, &FlagPatch::Replace(FlagSet::new()), true, None, START).await.unwrap();
    session.expunge(None, START).await.unwrap();
    let told = session.sync(true, START).await.unwrap();
    assert_eq!((told.expunged.len(), session.exists()), (697, 2));
    assert_eq!(session.pick_all(), [(seq(1), uid(1)), (seq(2), uid(700))]);
}

#[tokio::test]
async fn a_session_in_idle_hears_of_changes_without_a_table_in_memory() {
    let world = World::new().await;
    world.fill(world.inbox(), 4).await;
    let (mut idle, mut other) = (world.select(world.inbox()).await, world.select(world.inbox()).await);
    let later = START.after(Duration::from_secs(61));
    world.mailboxes.sweep(later);
    assert_eq!(world.mailboxes.tables_in_memory(), 0);
    let deleted = FlagPatch::Add(flags(&[SystemFlag::Deleted]));
    other.store_flags(&other.pick_uids(&uids(&[2])), &deleted, true, None, later).await.unwrap();
    idle.changed().await;
    other.expunge(None, later).await.unwrap();
    let seen = FlagPatch::Add(flags(&[SystemFlag::Seen]));
    other.store_flags(&other.pick_uids(&uids(&[4])), &seen, true, None, later).await.unwrap();
    world.append(world.inbox(), letter("new"), FlagSet::new()).await;
    world.mailboxes.sweep(later.after(Duration::from_secs(61)));
    let told = idle.sync(true, later).await.unwrap();
    assert_eq!(world.mailboxes.tables_in_memory(), 0);
    assert_eq!((told.expunged, told.exists), (vec![seq(2)], Some(4)));
    assert_eq!((told.flags.len(), told.flags[0].seq), (1, seq(3)));
    assert!(idle.sync(true, later).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_deleted_mailbox_is_gone_for_its_sessions() {
    let world = World::new().await;
    let own = world.create("a").await;
    let mut session = world.select(own).await;
    world
        .mailboxes
        .delete(crate::world::TENANT, crate::world::ACCOUNT, &crate::world::name("a"), START)
        .await
        .unwrap();
    assert!(matches!(session.sync(true, START).await, Err(MailboxError::Gone)));
}

#[tokio::test]
async fn fetch_reads_rows_structure_and_slices() {
    let world = World::new().await;
    let long = format!("Subject: {}\r\n\r\nBody\r\n", "x".repeat(20_000));
    world.append(world.inbox(), letter("1"), FlagSet::new()).await;
    world.append(world.inbox(), long.into_bytes(), FlagSet::new()).await;
    world.fill(world.inbox(), 20).await;
    let session = world.select(world.inbox()).await;
    let all: Vec<_> = session.pick_all().into_iter().map(|(_, uid)| uid).collect();
    let rows = session.entries(&all).await.unwrap();
    assert_eq!(rows.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), all);
    let some = session.entries(&[uid(1), uid(5), uid(20), uid(99)]).await.unwrap();
    assert_eq!(some.iter().map(|(uid, _)| uid.get()).collect::<Vec<_>>(), [1, 5, 20]);
    let entry = &rows[0].1;
    assert_eq!(session.octets(entry, 0..6).await.unwrap(), "From: ");
    let header = session.header(entry).await.unwrap();
    assert!(header.ends_with(b"Subject: 1\r\n\r\n"));
    assert!(session.envelope(entry).await.unwrap().starts_with(b"(NIL \"1\""));
    let content = session.content(entry).await.unwrap();
    let text = content.view().section(&message::SectionPath::of_letter(message::SectionKind::Text)).unwrap();
    assert_eq!(session.octets(entry, text).await.unwrap(), "Text of 1.\r\n");
    let entry = &rows[1].1;
    assert!(entry.envelope.is_empty(), "too long for the row");
    assert_eq!(session.header(entry).await.unwrap().len(), 20_013);
    assert!(session.envelope(entry).await.unwrap().len() > 20_000);
}

#[tokio::test]
async fn appends_keep_the_quota() {
    let world = World::new().await;
    let spool = store::Spool::from_bytes(letter("1"));
    let letter = world.mailboxes.letters().prepare(crate::world::TENANT, spool).await.unwrap();
    let size = letter.size;
    let new = mailbox::NewLetter {
        letter,
        flags: FlagSet::new(),
        internal_date: Some(UnixMillis(5)),
        zone: model::Zone::UTC,
    };
    let room = QuotaLimit { bytes: Some(size * 2), messages: None };
    let append = |count| world.mailboxes.append(world.inbox(), vec![new.clone(); count], room, START);
    assert!(matches!(append(3).await, Err(MailboxError::OverQuota)));
    assert_eq!(append(2).await.unwrap().uids, [uid(1), uid(2)]);
    assert!(matches!(append(1).await, Err(MailboxError::OverQuota)));
    let session = world.select(world.inbox()).await;
    assert_eq!(session.recent_count(), 0, "an old letter is not recent");
    let table = session.table(START).await.unwrap();
    assert_eq!(table.row(uid(1)).unwrap().internal_date, UnixMillis(5));
}

#[tokio::test]
async fn a_session_that_rests_counts_on() {
    let world = World::new().await;
    world.fill(world.inbox(), 4).await;
    let (mut idle, mut other) = (world.select(world.inbox()).await, world.select(world.inbox()).await);
    idle.rest().await.unwrap();
    world.append(world.inbox(), letter("new"), FlagSet::new()).await;
    let told = idle.hear(true, START).await.unwrap();
    assert_eq!((told.exists, told.recent, idle.is_resting()), (Some(5), Some(5), true));
    other.sync(true, START).await.unwrap();
    let deleted = FlagPatch::Add(flags(&[SystemFlag::Deleted]));
    other.store_flags(&other.pick_uids(&uids(&[2, 5])), &deleted, true, None, START).await.unwrap();
    other.expunge(None, START).await.unwrap();
    // A FETCH wakes it: the numbers stand, the expunges wait, and it rests again with them.
    idle.sync(false, START).await.unwrap();
    assert_eq!((idle.exists(), idle.has_untold_expunges(), idle.is_resting()), (5, true, false));
    other.sync(true, START).await.unwrap();
    assert!(
        idle.highest_mod_seq() < other.highest_mod_seq(),
        "the client must not believe that it knows all"
    );
    idle.rest().await.unwrap();
    let told = idle.hear(true, START).await.unwrap();
    assert_eq!((told.expunged, told.vanished), (vec![seq(5), seq(2)], uids(&[2, 5])));
    assert_eq!(idle.pick_all().len(), 3);
}

#[tokio::test]
async fn what_vanished_is_right_with_and_without_remembered_changes() {
    let world = World::new().await;
    world.fill(world.inbox(), 9).await;
    let mut session = world.select(world.inbox()).await;
    let deleted = FlagPatch::Add(flags(&[SystemFlag::Deleted]));
    let mut since = Vec::new();
    for gone in [&[3][..], &[5, 6], &[9]] {
        since.push(session.highest_mod_seq());
        session.store_flags(&session.pick_uids(&uids(gone)), &deleted, true, None, START).await.unwrap();
        session.expunge(None, START).await.unwrap();
        session.sync(true, START).await.unwrap();
    }
    let all = uids(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let vanished = async |session: &mailbox::Selected, known: &UidSet, since, floor: Option<u32>| {
        session.vanished(known, since, floor.map(uid)).await.unwrap()
    };
    assert_eq!(vanished(&session, &all, since[0], None).await, uids(&[3, 5, 6, 9]));
    assert_eq!(vanished(&session, &all, since[1], None).await, uids(&[5, 6, 9]));
    assert_eq!(vanished(&session, &uids(&[1, 2, 6]), since[1], None).await, uids(&[6]));
    assert_eq!(vanished(&session, &all, since[2], Some(8)).await, uids(&[9]));
    assert!(vanished(&session, &all, session.highest_mod_seq(), None).await.is_empty());
    // Without remembered changes, everything that is known and gone is told.
    let month = START.after(Duration::from_secs(31 * 86_400));
    assert!(world.mailboxes.trim_changes(TENANT, ACCOUNT, month).await.unwrap() >= 6);
    assert_eq!(vanished(&session, &all, since[2], None).await, uids(&[3, 5, 6, 9]));
    assert_eq!(vanished(&session, &all, since[2], Some(4)).await, uids(&[5, 6, 9]));
    assert_eq!(session.matching_up_to(&[(1, 5)], &[(1, 2), (4, 4), (7, 8)]), Some(uid(8)));
    assert_eq!(session.matching_up_to(&[(1, 3), (9, u32::MAX)], &[(1, u32::MAX)]), Some(uid(2)));
    assert_eq!(session.matching_up_to(&[(4, 5)], &[(5, 6)]), None);
}

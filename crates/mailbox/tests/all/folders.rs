//! Names: CREATE, DELETE, RENAME, SUBSCRIBE.

use mailbox::{Limits, MailboxError, inbox, special};
use model::{MailboxId, SpecialUse, UnixMillis};
use store::{ChangeKey, KeyRange, MailboxStateKey};

use crate::world::{ACCOUNT, START, TENANT, World, letter, name};

#[tokio::test]
async fn a_new_account_has_inbox_and_five_subscribed_special_mailboxes() {
    let world = World::new().await;
    let folders = world.mailboxes.list(TENANT, ACCOUNT).await.unwrap();
    let names: Vec<_> = folders.iter().map(|folder| folder.name.as_str()).collect();
    assert_eq!(names, ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]);
    assert!(folders.iter().all(|folder| folder.subscribed && folder.is_listed() && !folder.has_children));
    assert_eq!(folders[0].mailbox, Some(inbox(TENANT, ACCOUNT)));
    for folder in &folders[1..] {
        assert_eq!(folder.mailbox, folder.special.map(|use_| special(TENANT, ACCOUNT, use_)));
        assert!(world.mailboxes.status(folder.mailbox.unwrap()).await.is_ok());
    }
    assert!(world.store.commit(mailbox::provision(TENANT, ACCOUNT, START)).await.is_err(), "only once");
}

#[tokio::test]
async fn create_makes_what_is_missing_above_and_refuses_twice() {
    let world = World::new().await;
    world.create("Läxor/Matte/Bråk").await;
    assert_eq!(world.names().await, ["~Läxor", "~Läxor/Matte", "~Läxor/Matte/Bråk"]);
    let again = world.mailboxes.create(TENANT, ACCOUNT, &name("Läxor"), START).await;
    assert!(matches!(again, Err(MailboxError::Exists(_))));
    assert!(matches!(
        world.mailboxes.create(TENANT, ACCOUNT, &name("inbox"), START).await,
        Err(MailboxError::Exists(_))
    ));
}

#[tokio::test]
async fn a_twin_of_a_special_mailbox_is_refused_by_the_name_it_has() {
    let world = World::new().await;
    let (old, new) = (name("Sent"), name("Mina skickade"));
    world.mailboxes.rename(TENANT, ACCOUNT, &old, &new, START).await.unwrap();
    for twin in ["Skickat", "sent items", "Sent"] {
        match world.mailboxes.create(TENANT, ACCOUNT, &name(twin), START).await {
            Err(MailboxError::Twin { special: SpecialUse::Sent, existing }) => {
                assert_eq!(existing, name("Mina skickade"));
            }
            other => panic!("{twin}: {other:?}"),
        }
    }
    let sent = world.mailboxes.find(TENANT, ACCOUNT, &name("Mina skickade")).await.unwrap();
    assert_eq!(sent, special(TENANT, ACCOUNT, SpecialUse::Sent));
    world.create("Läxor/Skickat").await;
    let free = World::with(Limits { refuse_twins: false, ..Limits::default() }).await;
    free.create("Skickat").await;
}

#[tokio::test]
async fn rename_takes_everything_below_along_in_one_commit() {
    let world = World::new().await;
    let deep = world.create("a/b/c").await;
    world.mailboxes.subscribe(TENANT, ACCOUNT, &name("a/b"), START).await.unwrap();
    for number in 0..300 {
        world.create(&format!("a/b/c/{number}")).await;
    }
    world.mailboxes.rename(TENANT, ACCOUNT, &name("a/b"), &name("x/y"), START).await.unwrap();
    assert_eq!(world.mailboxes.find(TENANT, ACCOUNT, &name("x/y/c")).await.unwrap(), deep);
    assert_eq!(world.names().await[..4], ["~a", "~x", "x/y", "~x/y/c"]);
    let into = world.mailboxes.rename(TENANT, ACCOUNT, &name("x"), &name("x/y/z"), START).await;
    assert!(matches!(into, Err(MailboxError::IntoItself)));
    let over = world.mailboxes.rename(TENANT, ACCOUNT, &name("a"), &name("x"), START).await;
    assert!(matches!(over, Err(MailboxError::Exists(_))));
    let long = name(&format!("{}/{}", "l".repeat(600), "m".repeat(396)));
    let long = world.mailboxes.rename(TENANT, ACCOUNT, &name("x/y"), &long, START).await;
    assert!(matches!(long, Err(MailboxError::Name(_))), "the names below would be too long");
}

#[tokio::test]
async fn rename_of_inbox_moves_its_messages_and_leaves_what_is_below() {
    let world = World::new().await;
    world.create("INBOX/Läxor").await;
    world.fill(world.inbox(), 600).await;
    world.mailboxes.rename(TENANT, ACCOUNT, &name("INBOX"), &name("Gammalt"), START).await.unwrap();
    let old = world.mailboxes.find(TENANT, ACCOUNT, &name("Gammalt")).await.unwrap();
    assert_eq!((world.exists(world.inbox()).await, world.exists(old).await), (0, 600));
    assert_eq!(world.names().await, ["~Gammalt", "~INBOX/Läxor"]);
}

#[tokio::test]
async fn delete_leaves_the_name_above_others_and_no_id_comes_again() {
    let world = World::new().await;
    let above = world.create("a").await;
    world.create("a/b").await;
    world.fill(above, 600).await;
    let before = world.mailboxes.status(above).await.unwrap().uid_validity;
    let later = UnixMillis(START.0 + 1);
    world.mailboxes.delete(TENANT, ACCOUNT, &name("a"), later).await.unwrap();
    assert_eq!(world.names().await, ["-a", "~a/b"]);
    assert!(world.store.load(&MailboxStateKey(above)).await.unwrap().is_none());
    let changes = KeyRange::prefix(&ChangeKey::prefix(above));
    assert!(world.store.scan(&changes, 1).await.unwrap().is_empty());
    assert_eq!(world.mailboxes.usage(TENANT, ACCOUNT).await.unwrap().messages, 0);
    let again = world.mailboxes.delete(TENANT, ACCOUNT, &name("a"), later).await;
    assert!(matches!(again, Err(MailboxError::HasChildren(_))));
    let new = world.create("a").await;
    assert!(new.mailbox > above.mailbox);
    assert!(world.mailboxes.status(new).await.unwrap().uid_validity > before);
    world.mailboxes.delete(TENANT, ACCOUNT, &name("a"), later).await.unwrap();
    world.mailboxes.delete(TENANT, ACCOUNT, &name("a/b"), later).await.unwrap();
    assert!(world.names().await.is_empty(), "a name above nothing is gone");
    for permanent in ["INBOX", "Trash"] {
        let refused = world.mailboxes.delete(TENANT, ACCOUNT, &name(permanent), later).await;
        assert!(matches!(refused, Err(MailboxError::Permanent(_))), "{permanent}");
    }
}

#[tokio::test]
async fn subscriptions_outlive_their_mailboxes() {
    let world = World::new().await;
    let now = START;
    world.mailboxes.subscribe(TENANT, ACCOUNT, &name("x/y"), now).await.unwrap();
    assert_eq!(world.names().await, ["?x", "?x/y"]);
    let found = world.mailboxes.find(TENANT, ACCOUNT, &name("x/y")).await;
    assert!(matches!(found, Err(MailboxError::NoMailbox(_))));
    world.create("x/y").await;
    assert_eq!(world.names().await, ["~x", "x/y"]);
    world.mailboxes.delete(TENANT, ACCOUNT, &name("x/y"), now).await.unwrap();
    assert_eq!(world.names().await, ["~x", "?x/y"]);
    world.mailboxes.unsubscribe(TENANT, ACCOUNT, &name("x/y"), now).await.unwrap();
    world.mailboxes.unsubscribe(TENANT, ACCOUNT, &name("nothing"), now).await.unwrap();
    assert_eq!(world.names().await, ["~x"]);
}

#[tokio::test]
async fn the_number_of_mailboxes_is_bounded_and_a_race_makes_one() {
    let world = World::with(Limits { mailboxes_max: 10, ..Limits::default() }).await;
    let create = || async { world.mailboxes.create(TENANT, ACCOUNT, &name("a"), START).await };
    let (one, other) = tokio::join!(create(), create());
    assert!(one.is_ok() != other.is_ok());
    world.create("b/c/d").await;
    let over = world.mailboxes.create(TENANT, ACCOUNT, &name("e"), START).await;
    assert!(matches!(over, Err(MailboxError::Limit(_))));
}

#[tokio::test]
async fn a_delete_that_breaks_off_is_ended_at_the_next_start() {
    let world = World::new().await;
    let gone = world.create("a").await;
    world.fill(gone, 600).await;
    world.fuse.burn_after(2);
    world.mailboxes.delete(TENANT, ACCOUNT, &name("a"), START).await.unwrap();
    world.fuse.mend();
    assert!(world.store.load(&MailboxStateKey(gone)).await.unwrap().is_some());
    assert!(world.names().await.is_empty());
    assert_eq!(world.mailboxes.recover(START).await.unwrap(), 1);
    assert!(world.store.load(&MailboxStateKey(gone)).await.unwrap().is_none());
    assert_eq!(world.mailboxes.usage(TENANT, ACCOUNT).await.unwrap().bytes, 0);
    assert_eq!(world.mailboxes.recover(START).await.unwrap(), 0);
}

#[tokio::test]
async fn a_removed_account_leaves_no_row() {
    let world = World::new().await;
    let own = world.create("a").await;
    world.fill(own, 300).await;
    world.append(world.inbox(), letter("x"), model::FlagSet::new()).await;
    world.store.commit(mailbox::Mailboxes::removal(TENANT, ACCOUNT, START)).await.unwrap();
    world.fuse.burn_after(2);
    assert!(world.mailboxes.finish_removal(TENANT, ACCOUNT, START).await.is_err());
    world.fuse.mend();
    world.mailboxes.recover(START).await.unwrap();
    assert!(world.mailboxes.list(TENANT, ACCOUNT).await.unwrap().is_empty());
    for number in 1..10 {
        let mailbox = model::MailboxRef { mailbox: MailboxId::new(number), ..world.inbox() };
        assert!(world.mailboxes.status(mailbox).await.is_err());
    }
}

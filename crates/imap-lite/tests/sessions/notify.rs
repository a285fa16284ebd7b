//! NOTIFY: news of mailboxes at any time (RFC 5465).

use std::time::Duration;

use imap_lite::Limits;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::{Client, Service, letter};

/// Nothing comes for a while.
async fn silent(client: &mut Client<TcpStream>) {
    let line = timeout(Duration::from_millis(150), client.line()).await;
    assert!(line.is_err(), "{line:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_selected_mailbox_at_any_time_with_what_is_wanted_of_new_letters() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let (mut client, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    let wish = "NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))";
    client.ok(wish).await.is(&[]);
    service.file(&[&letter("two")]).await;
    assert_eq!(client.line().await, "* 2 EXISTS");
    assert_eq!(client.line().await, "* 2 RECENT");
    let fetched = client.line().await;
    assert!(fetched.starts_with("* 2 FETCH (UID 2 BODY[HEADER.FIELDS (SUBJECT)] {"), "{fetched}");
    assert!(fetched.contains("Subject: two"));
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    assert!(client.line().await.starts_with("* 1 FETCH (FLAGS (\\Deleted"));
    other.ok("EXPUNGE").await;
    assert_eq!(client.line().await, "* 1 EXPUNGE");
    assert_eq!(client.line().await, "* 1 RECENT");
    // The same in IDLE, and while a command has only begun to come nothing.
    client.send("i IDLE\r\n").await;
    assert_eq!(client.line().await, "+ idling");
    service.file(&[&letter("three")]).await;
    assert_eq!(client.line().await, "* 2 EXISTS");
    assert!(client.line().await.ends_with("RECENT"));
    assert!(client.line().await.starts_with("* 2 FETCH (UID 3 BODY"));
    client.send("DONE\r\nk NO").await;
    client.reply("i").await.ends("OK");
    service.file(&[&letter("four")]).await;
    silent(&mut client).await;
    client.send("OP\r\n").await;
    let reply = client.reply("k").await;
    assert!(reply.has("* 3 EXISTS").untagged.iter().any(|line| line.starts_with("* 3 FETCH (UID 4 BODY")));
}

#[tokio::test(flavor = "multi_thread")]
async fn delayed_expunges_wait_and_none_is_silence() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two"), &letter("three")]).await;
    let (mut client, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    client.ok("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge))").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    service.file(&[&letter("four")]).await;
    assert_eq!(client.line().await, "* 4 EXISTS");
    assert!(client.line().await.ends_with("RECENT"));
    client.ok("FETCH 2 (UID)").await.is(&["* 2 FETCH (UID 2)"]);
    client.ok("NOOP").await.has("* 1 EXPUNGE");
    client.ok("NOTIFY NONE").await;
    service.file(&[&letter("five")]).await;
    silent(&mut client).await;
    client.send("i IDLE\r\n").await;
    assert_eq!(client.line().await, "+ idling");
    silent(&mut client).await;
    client.send("DONE\r\n").await;
    client.reply("i").await.ends("OK");
    client.ok("NOOP").await.has("* 4 EXISTS");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_mailboxes_by_status() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    let reply = client.ok("NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))").await;
    assert!(reply.untagged[0].starts_with("* STATUS INBOX (MESSAGES 1 UIDNEXT 2 UIDVALIDITY "), "{reply:#?}");
    assert_eq!(reply.untagged.len(), 6);
    service.file(&[&letter("two")]).await;
    assert!(client.line().await.starts_with("* STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY "));
    other.ok("SELECT INBOX").await;
    other.ok("STORE 1 +FLAGS (\\Seen)").await;
    silent(&mut client).await;
    other.ok("MOVE 1 Archive").await;
    let (one, two) = (client.line().await, client.line().await);
    assert!(one.starts_with("* STATUS INBOX (MESSAGES 1 UIDNEXT 3 "), "{one}");
    assert!(two.starts_with("* STATUS Archive (MESSAGES 1 UIDNEXT 2 "), "{two}");
    // With CONDSTORE and FlagChange, every change; of the selected mailbox nothing this way.
    client.ok("ENABLE CONDSTORE").await;
    client.ok("SELECT INBOX").await;
    client
        .ok("NOTIFY SET (SELECTED NONE) (MAILBOXES (Archive Nowhere) (MessageNew MessageExpunge FlagChange))")
        .await;
    other.ok("STORE 1 +FLAGS (\\Flagged)").await;
    silent(&mut client).await;
    other.ok("SELECT Archive").await;
    other.ok("STORE 1 +FLAGS (\\Flagged)").await;
    let line = client.line().await;
    assert!(line.starts_with("* STATUS Archive (UIDVALIDITY ") && line.contains(" HIGHESTMODSEQ "), "{line}");
    client.say("NOTIFY SET (PERSONAL (MessageNew))").await.ends("BAD");
    let refused = client.say("NOTIFY SET (PERSONAL (MessageNew MessageExpunge AnnotationChange))").await;
    refused.ends("NO [BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange");
    client.say("NOTIFY SET (PERSONAL (Sunshine))").await.ends("NO [BADEVENT (");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_come_go_and_change() {
    let service = Service::start().await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    client.ok("NOTIFY SET (SUBTREE Kurs (MailboxName SubscriptionChange MessageNew MessageExpunge))").await;
    other.ok("CREATE Kurs").await;
    assert_eq!(client.line().await, "* LIST (\\HasNoChildren) \"/\" Kurs");
    other.ok("CREATE Kurs/A").await;
    assert_eq!(client.line().await, "* LIST (\\HasChildren) \"/\" Kurs");
    assert_eq!(client.line().await, "* LIST (\\HasNoChildren) \"/\" Kurs/A");
    other.append("Kurs/A", "Subject: x\r\n\r\n").await.ends("OK");
    assert!(client.line().await.starts_with("* STATUS Kurs/A (MESSAGES 1 UIDNEXT 2"));
    other.ok("RENAME Kurs Ko").await;
    assert_eq!(client.line().await, "* LIST (\\HasChildren) \"/\" Ko (\"OLDNAME\" (Kurs))");
    other.ok("RENAME Ko Kurs").await;
    assert_eq!(client.line().await, "* LIST (\\HasChildren) \"/\" Kurs (\"OLDNAME\" (Ko))");
    other.ok("SUBSCRIBE Kurs").await;
    assert_eq!(client.line().await, "* LIST (\\HasChildren \\Subscribed) \"/\" Kurs");
    other.ok("UNSUBSCRIBE Kurs").await;
    assert_eq!(client.line().await, "* LIST (\\HasChildren) \"/\" Kurs");
    other.ok("DELETE Kurs/A").await;
    assert_eq!(client.line().await, "* LIST (\\HasNoChildren) \"/\" Kurs");
    assert_eq!(client.line().await, "* LIST (\\NonExistent) \"/\" Kurs/A");
    // Its own doings it knows.
    client.ok("CREATE Kurs/B").await;
    assert_eq!(client.line().await, "* LIST (\\HasChildren) \"/\" Kurs");
    silent(&mut client).await;
    other.ok("CREATE Annat").await;
    silent(&mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_mailboxes_are_refused_or_end_it() {
    let limits = Limits { notify_mailboxes_max: 7, ..Limits::default() };
    let service = Service::with(limits, true).await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    client.ok("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))").await;
    other.ok("CREATE Sju").await;
    other.ok("CREATE Nollte").await;
    assert!(client.line().await.starts_with("* OK [NOTIFICATIONOVERFLOW]"));
    service.file(&[&letter("one")]).await;
    sleep(Duration::from_millis(50)).await;
    client.ok("NOOP").await.is(&[]);
    client.say("NOTIFY SET (PERSONAL (MessageNew MessageExpunge))").await.ends("NO [NOTIFICATIONOVERFLOW]");
    client.ok("NOTIFY SET (INBOXES (MessageNew MessageExpunge))").await;
    service.file(&[&letter("two")]).await;
    assert!(client.line().await.starts_with("* STATUS INBOX (MESSAGES 2"));
}

#[tokio::test(flavor = "multi_thread")]
async fn annotations_that_change_by_their_names() {
    let service = Service::start().await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    client.ok("NOTIFY SET (PERSONAL (MailboxMetadataChange ServerMetadataChange))").await.is(&[]);
    other.ok("SETMETADATA INBOX (/private/comment \"Hej\" /shared/comment \"Du\")").await;
    assert_eq!(client.line().await, "* METADATA INBOX /private/comment /shared/comment");
    other.ok("SETMETADATA INBOX (/private/comment \"Nej\")").await;
    assert_eq!(client.line().await, "* METADATA INBOX /private/comment");
    other.ok("SETMETADATA INBOX (/shared/comment NIL)").await;
    assert_eq!(client.line().await, "* METADATA INBOX /shared/comment");
    other.ok("SETMETADATA \"\" (/private/comment \"Allt\")").await;
    assert_eq!(client.line().await, "* METADATA \"\" /private/comment");
    silent(&mut client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_watched_follows_the_names_without_telling_them() {
    let service = Service::start().await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    for name in ["a/b", "c", "d"] {
        other.ok(&format!("CREATE {name}")).await;
    }
    client
        .ok("NOTIFY SET (SUBTREE a (MessageNew MessageExpunge)) (SUBSCRIBED (MessageNew MessageExpunge))")
        .await;
    let text = "Subject: x\r\n\r\ny\r\n";
    other.append("a/b", text).await.ends("OK");
    assert!(client.line().await.starts_with("* STATUS a/b (MESSAGES 1 "));
    // Renamed within the tree, out of it, and into it again.
    other.ok("RENAME a/b a/e").await;
    other.append("a/e", text).await.ends("OK");
    assert!(client.line().await.starts_with("* STATUS a/e (MESSAGES 2 "));
    other.ok("RENAME a/e f").await;
    other.append("f", text).await.ends("OK");
    silent(&mut client).await;
    other.ok("RENAME f a/b").await;
    assert!(client.line().await.starts_with("* STATUS a/b (MESSAGES 3 "));
    // Subscriptions come and go.
    other.append("c", text).await.ends("OK");
    silent(&mut client).await;
    other.ok("SUBSCRIBE c").await;
    assert!(client.line().await.starts_with("* STATUS c (MESSAGES 1 "));
    other.ok("UNSUBSCRIBE c").await;
    other.append("c", text).await.ends("OK");
    other.append("d", text).await.ends("OK");
    silent(&mut client).await;
}

//! CONDSTORE and QRESYNC: MODSEQ in answers, conditional STORE, and coming back after an absence.
//!
//! RFC 7162. A new mailbox stands at MODSEQ 1, and every commit takes the next number.

use tokio::net::TcpStream;

use crate::support::{Client, Reply, Service, letter};

async fn filled(count: usize) -> Service {
    let service = Service::start().await;
    let letters: Vec<String> = (1..=count).map(|number| letter(&number.to_string())).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    service
}

/// HIGHESTMODSEQ as SELECT tells it.
fn highest(reply: &Reply) -> u64 {
    let start = "* OK [HIGHESTMODSEQ ";
    let line = reply.untagged.iter().find_map(|line| line.strip_prefix(start)).expect("HIGHESTMODSEQ");
    line.split(']').next().unwrap().parse().unwrap()
}

fn uid_validity(reply: &Reply) -> String {
    let line = reply.untagged.iter().find_map(|line| line.strip_prefix("* OK [UIDVALIDITY ")).unwrap();
    line.split(']').next().unwrap().to_owned()
}

async fn with_qresync(service: &Service) -> Client<TcpStream> {
    let mut client = service.ada().await;
    client.ok("ENABLE QRESYNC").await;
    client
}

#[tokio::test]
async fn mod_seqs_are_told_once_a_client_knows_of_them() {
    let service = filled(3).await;
    let (mut old, mut new) = (service.ada_in_inbox().await, service.ada().await);
    assert_eq!(highest(&new.ok("SELECT INBOX").await), 2);
    old.ok("STORE 1 +FLAGS (\\Seen)").await.is(&["* 1 FETCH (FLAGS (\\Seen \\Recent))"]);
    // RFC 7162 §3.1: the first such command tells HIGHESTMODSEQ of the mailbox that is selected.
    let reply = new.ok("FETCH 2:3 (MODSEQ)").await;
    reply.has("* OK [HIGHESTMODSEQ 2] Highest").has("* 2 FETCH (MODSEQ (2))");
    reply.has("* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (3))");
    new.ok("STORE 2 +FLAGS.SILENT (\\Seen)").await.is(&["* 2 FETCH (UID 2 MODSEQ (4))"]);
    new.ok("UID STORE 3 +FLAGS (\\Seen)").await.is(&["* 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (5))"]);
    // Nothing to change is no change.
    new.ok("STORE 3 +FLAGS (\\Seen)").await.is(&["* 3 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (5))"]);
    old.ok("NOOP").await.is(&["* 2 FETCH (FLAGS (\\Seen \\Recent))", "* 3 FETCH (FLAGS (\\Seen \\Recent))"]);
    old.ok("STATUS INBOX (HIGHESTMODSEQ)").await.has("* STATUS INBOX (HIGHESTMODSEQ 5)");
    old.ok("STORE 1 -FLAGS (\\Seen)").await.is(&["* 1 FETCH (UID 1 FLAGS (\\Recent) MODSEQ (6))"]);
    new.ok("FETCH 1:* (FLAGS) (CHANGEDSINCE 4)").await.is(&[
        "* 1 FETCH (UID 1 FLAGS () MODSEQ (6))",
        "* 1 FETCH (FLAGS () MODSEQ (6))",
        "* 3 FETCH (FLAGS (\\Seen) MODSEQ (5))",
    ]);
    let reply = new.ok("FETCH 1 BODY[TEXT]").await;
    assert!(reply.untagged[0].ends_with(" FLAGS (\\Seen) UID 1 MODSEQ (7))"), "{reply:#?}");
}

#[tokio::test]
async fn flags_come_with_their_mod_seq_once_a_client_knows_of_it() {
    let service = filled(2).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
    client.ok("ENABLE CONDSTORE").await;
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent) MODSEQ (2))"]);
    client.ok("UID FETCH 2 (FLAGS MODSEQ)").await.is(&["* 2 FETCH (UID 2 FLAGS (\\Recent) MODSEQ (2))"]);
    client
        .ok("UID STORE 2 +FLAGS (\\Seen)")
        .await
        .is(&["* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent) MODSEQ (3))"]);
    client.ok("UID FETCH 2 FLAGS").await.is(&["* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent) MODSEQ (3))"]);
    client.ok("FETCH 2 RFC822.SIZE").await.is(&["* 2 FETCH (RFC822.SIZE 149)"]);
}

#[tokio::test]
async fn enable_and_select_switch_it_on_and_a_mailbox_that_is_left_is_closed() {
    let service = filled(1).await;
    let mut client = service.ada().await;
    client.ok("SELECT INBOX (CONDSTORE)").await.has("* OK [HIGHESTMODSEQ 2] Highest");
    client.ok("STORE 1 +FLAGS (\\Seen)").await.is(&["* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) MODSEQ (3))"]);
    let reply = client.ok("SELECT Sent").await;
    assert!(reply.untagged[0].starts_with("* OK [CLOSED]"), "{reply:#?}");
    let reply = client.say("SELECT Nowhere").await;
    assert!(reply.ends("NO [NONEXISTENT]").untagged[0].starts_with("* OK [CLOSED]"), "{reply:#?}");
    assert!(!client.ok("SELECT INBOX").await.untagged[0].contains("CLOSED"));
    client.ok("UNSELECT").await;
    let mut other = service.ada_in_inbox().await;
    other.ok("ENABLE CONDSTORE").await.has("* OK [HIGHESTMODSEQ 3] Highest").has("* ENABLED CONDSTORE");
    other.ok("NOOP").await.is(&[]);
    other.say("SELECT INBOX (QRESYNC (1 1))").await.ends("BAD");
    other.say("UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1 VANISHED)").await.ends("BAD");
}

#[tokio::test]
async fn a_conditional_store_changes_only_what_nobody_else_did() {
    let service = filled(4).await;
    let (mut one, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    one.ok("ENABLE CONDSTORE").await;
    other.ok("STORE 2 +FLAGS (\\Flagged)").await;
    let reply = one.say("STORE 1:3 (UNCHANGEDSINCE 2) +FLAGS.SILENT (\\Seen)").await;
    reply.ends("OK [MODIFIED 2]").has("* 1 FETCH (UID 1 MODSEQ (4))").has("* 3 FETCH (UID 3 MODSEQ (4))");
    reply.has("* 2 FETCH (UID 2 FLAGS (\\Flagged \\Recent) MODSEQ (3))");
    let reply = one.say("UID STORE 1:9 (UNCHANGEDSINCE 3) FLAGS (\\Answered)").await;
    reply.ends("OK [MODIFIED 1,3]").has("* 4 FETCH (UID 4 FLAGS (\\Answered \\Recent) MODSEQ (5))");
    one.say("STORE 4 (UNCHANGEDSINCE 0) +FLAGS ($MDNSent)").await.ends("OK [MODIFIED 4]");
    one.say("STORE 4 (UNCHANGEDSINCE 5) +FLAGS ($MDNSent)").await.ends("OK STORE completed");
    // RFC 7162 example 11: some are gone, one is modified.
    other.ok("STORE 3 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let reply = one.say("STORE 1:4 (UNCHANGEDSINCE 5) +FLAGS (\\Flagged)").await;
    reply.ends("NO [MODIFIED 4]").has("* 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen \\Recent) MODSEQ (9))");
    one.ok("NOOP").await.has("* 3 EXPUNGE");
    one.ok("UID STORE 1:4 (UNCHANGEDSINCE 9) +FLAGS.SILENT (\\Seen)").await;
}

#[tokio::test]
async fn what_vanished_is_told_by_uid() {
    let service = filled(6).await;
    let (mut client, mut other) = (with_qresync(&service).await, service.ada_in_inbox().await);
    client.ok("SELECT INBOX").await;
    client.ok("STORE 2,4 +FLAGS.SILENT (\\Deleted)").await;
    let reply = client.ok("EXPUNGE").await;
    reply.has("* VANISHED 2,4").ends("OK [HIGHESTMODSEQ 4]");
    other.ok("NOOP").await.has("* 4 EXPUNGE").has("* 2 EXPUNGE");
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("UID EXPUNGE 1").await.has("* VANISHED 1").ends("OK [HIGHESTMODSEQ 6]");
    let reply = client.ok("MOVE 1 Archive").await;
    reply.has("* VANISHED 3").ends("OK [HIGHESTMODSEQ 7]");
    assert!(reply.untagged[0].starts_with("* OK [COPYUID "), "{reply:#?}");
    // RFC 7162 §3.2 and §6: while a number may not move, the client is told where to begin next time.
    other.ok("UID STORE 5 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let reply = client.ok("STORE 2 +FLAGS.SILENT (\\Flagged)").await;
    reply.has("* 2 FETCH (UID 6 MODSEQ (10))").has("* OK [HIGHESTMODSEQ 7] Expunges wait");
    assert!(!reply.untagged.iter().any(|line| line.contains("VANISHED")));
    client.ok("UID STORE 6 -FLAGS.SILENT (\\Flagged)").await.has("* VANISHED 5");
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    // RFC 7162 §3.2.8: CLOSE tells nothing.
    client.ok("CLOSE").await.is(&[]).ends("OK CLOSE completed");
}

#[tokio::test]
async fn a_client_that_comes_back_hears_what_it_missed() {
    let service = filled(8).await;
    let mut client = with_qresync(&service).await;
    let before = client.ok("SELECT INBOX").await;
    let (validity, known) = (uid_validity(&before), highest(&before));
    client.ok("UNSELECT").await;
    let mut other = service.ada_in_inbox().await;
    other.ok("STORE 3 +FLAGS (\\Seen)").await;
    other.ok("STORE 2,5 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    service.file(&[&letter("new")]).await;
    let again = format!("SELECT INBOX (QRESYNC ({validity} {known}))");
    let told = |reply: &Reply| -> Vec<String> {
        let from = reply.untagged.iter().position(|line| line.contains("PERMANENTFLAGS")).unwrap();
        reply.untagged[from + 1..].to_vec()
    };
    let reply = client.ok(&again).await;
    let all = ["* VANISHED (EARLIER) 2,5", "* 2 FETCH (UID 3 FLAGS (\\Seen) MODSEQ (3))"];
    assert_eq!(told(&reply)[..2], all);
    assert_eq!(told(&reply).len(), 3, "and the new one");
    let some = format!("SELECT INBOX (QRESYNC ({validity} {known} 1:3,9:20))");
    let reply = client.ok(&some).await;
    assert_eq!(told(&reply)[..2], ["* VANISHED (EARLIER) 2", all[1]]);
    // Another UIDVALIDITY: nothing counts.
    let reply = client.ok(&format!("SELECT INBOX (QRESYNC (1 {known}))")).await;
    assert!(told(&reply).is_empty());
    // Up to date: nothing.
    let reply = client.ok(&format!("SELECT INBOX (QRESYNC ({validity} {}))", highest(&reply))).await;
    assert!(told(&reply).is_empty());
    // The same by UID FETCH; `*` reaches messages that are gone from the end.
    other.ok("NOOP").await;
    other.ok("UID STORE 9 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    let reply = client.ok(&format!("UID FETCH 4:* (FLAGS) (CHANGEDSINCE {known} VANISHED)")).await;
    // UID 9 is still counted here when the answer begins, so it vanishes now and not earlier.
    reply.is(&["* VANISHED (EARLIER) 5", "* VANISHED 9"]);
    let reply = client.ok(&format!("UID FETCH 4:* (FLAGS) (CHANGEDSINCE {known} VANISHED)")).await;
    reply.is(&["* VANISHED (EARLIER) 5,9"]);
}

#[tokio::test]
async fn forgotten_changes_cost_octets_and_not_the_truth() {
    let service = filled(6).await;
    let mut client = with_qresync(&service).await;
    let before = client.ok("SELECT INBOX").await;
    let (validity, known) = (uid_validity(&before), highest(&before));
    client.ok("STORE 2,5 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    let month = crate::support::now().after(std::time::Duration::from_secs(31 * 86_400));
    let forgotten = service.mailboxes.trim_changes(service.tenant, service.ada, month).await.unwrap();
    assert_eq!(forgotten, 2);
    let reply = client.ok(&format!("SELECT INBOX (QRESYNC ({validity} {known}))")).await;
    reply.has("* VANISHED (EARLIER) 2,5");
    let reply = client.ok(&format!("SELECT INBOX (QRESYNC ({validity} {known} 1:6 (2,3 3,4)))")).await;
    reply.has("* VANISHED (EARLIER) 5");
}

#[tokio::test]
async fn a_search_by_uid_that_names_places_lets_them_stand_and_annotations_count() {
    let service = filled(3).await;
    let (mut client, mut other) = (with_qresync(&service).await, service.ada_in_inbox().await);
    client.ok("SELECT INBOX").await;
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    // RFC 7162 §3.2.10.2.
    let reply = client.ok("UID SEARCH OR 2 3").await;
    reply.has("* SEARCH 2 3").has("* OK [HIGHESTMODSEQ 2] Expunges wait");
    client.ok("UID SEARCH ALL").await.is(&["* SEARCH 2 3", "* VANISHED 1"]);
    // RFC 7162 §3.2.
    other.ok("STATUS INBOX (HIGHESTMODSEQ)").await.has("* STATUS INBOX (HIGHESTMODSEQ 4)");
    other.ok("SETMETADATA INBOX (/private/comment \"Hej\")").await;
    other.ok("STATUS INBOX (HIGHESTMODSEQ)").await.is(&["* STATUS INBOX (HIGHESTMODSEQ 5)"]);
}

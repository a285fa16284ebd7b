//! COPY and MOVE.

use crate::support::{Service, letter};

#[tokio::test]
async fn copies_and_moves_say_where() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two"), &letter("three")]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    let reply = client.ok("COPY 1:2 Archive").await;
    assert!(reply.tagged.contains(" 1:2 1:2] "), "{reply:#?}");
    client.say("COPY 1 Nowhere").await.ends("NO [TRYCREATE]");
    client.say("UID MOVE 1 Nowhere").await.ends("NO [TRYCREATE]");
    client.ok("UID COPY 77 Archive").await.is(&[]).ends("OK");
    let reply = client.ok("UID MOVE 1,3 Archive").await;
    assert!(reply.untagged[0].starts_with("* OK [COPYUID ") && reply.untagged[0].contains(" 1,3 3:4] "));
    assert_eq!(reply.untagged[1..], ["* 3 EXPUNGE", "* 1 EXPUNGE", "* 1 RECENT"]);
    let reply = client.ok("SELECT Archive").await;
    reply.has("* 4 EXISTS");
    client.ok("FETCH 1,3 (UID FLAGS BODY.PEEK[TEXT])").await.is(&[
        "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Recent) BODY[TEXT] {11}\r\nHej, one!\r\n)",
        "* 3 FETCH (UID 3 FLAGS (\\Flagged \\Recent) BODY[TEXT] {11}\r\nHej, one!\r\n)",
    ]);
    client.ok("EXAMINE Archive").await;
    client.say("MOVE 1 INBOX").await.ends("NO [READ-ONLY]");
    client.ok("COPY 1 INBOX").await;
}

#[tokio::test]
async fn a_message_that_this_session_has_not_seen_can_be_moved() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    service.file(&[&letter("one")]).await;
    let reply = client.ok("UID MOVE 1 Trash").await;
    reply.has("* 1 EXPUNGE");
    client.ok("STATUS Trash (MESSAGES)").await.has("* STATUS Trash (MESSAGES 1)");
}

#[tokio::test]
async fn more_than_one_commit_holds() {
    let service = Service::start().await;
    let letters: Vec<String> = (0..700).map(|number| letter(&number.to_string())).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = service.ada_in_inbox().await;
    let reply = client.ok("COPY 1:* Archive").await;
    assert!(reply.tagged.contains(" 1:700 1:700] "), "{reply:#?}");
    client.ok("STORE 1:* +FLAGS.SILENT (\\Seen)").await.is(&[]);
    client.ok("STATUS INBOX (UNSEEN)").await.has("* STATUS INBOX (UNSEEN 0)");
    let reply = client.ok("MOVE 1:* Trash").await;
    assert_eq!(reply.untagged.len(), 702);
    assert_eq!(reply.untagged[1], "* 700 EXPUNGE");
    client.ok("STATUS Trash (MESSAGES)").await.has("* STATUS Trash (MESSAGES 700)");
}

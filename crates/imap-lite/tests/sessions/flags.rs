//! STORE, EXPUNGE, CLOSE, and what other sessions hear.

use crate::support::{Reply, Service, letter};

#[tokio::test]
async fn store_tells_unless_silent() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two")]).await;
    let (mut client, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    client.ok("STORE 1 +FLAGS (\\Flagged)").await.is(&["* 1 FETCH (FLAGS (\\Flagged \\Recent))"]);
    client.ok("UID STORE 2 FLAGS (\\Seen)").await.is(&["* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent))"]);
    client.ok("STORE 1:2 -FLAGS.SILENT (\\Flagged)").await.is(&[]);
    let reply = client.ok("STORE 2 +FLAGS ($Forwarded)").await;
    reply.has("* 2 FETCH (FLAGS (\\Seen $Forwarded \\Recent))");
    assert!(reply.untagged.iter().any(|line| line.starts_with("* FLAGS") && line.contains("$Forwarded")));
    let reply = other.ok("NOOP").await;
    reply.has("* 1 FETCH (FLAGS ())").has("* 2 FETCH (FLAGS (\\Seen $Forwarded))");
    other.ok("NOOP").await.is(&[]);
    client.say("STORE 9 +FLAGS (\\Seen)").await.ends("BAD");
    client.ok("UID STORE 9 +FLAGS (\\Seen)").await.is(&[]);
    client.ok("EXAMINE INBOX").await;
    client.say("STORE 1 +FLAGS (\\Seen)").await.ends("NO [READ-ONLY]");
}

/// Between the two a client may believe what it worked out when it spoke, or what it was told: in the end it knows better.
#[tokio::test]
async fn a_silent_store_tells_flags_where_others_had_changed_them() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two")]).await;
    let (mut other, mut client) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    other.ok("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
    client
        .ok("UID STORE 1:2 +FLAGS.SILENT (\\Seen)")
        .await
        .is(&["* 1 FETCH (FLAGS (\\Flagged))", "* 1 FETCH (UID 1 FLAGS (\\Flagged \\Seen))"]);
    client.ok("STORE 1 FLAGS.SILENT (\\Answered)").await.is(&[]);
    other.ok("STORE 2 +FLAGS.SILENT (\\Flagged)").await;
    client.ok("STORE 1 -FLAGS.SILENT (\\Answered)").await.is(&["* 2 FETCH (FLAGS (\\Flagged \\Seen))"]);
    client.ok("ENABLE CONDSTORE").await;
    other.ok("STORE 2 +FLAGS.SILENT (\\Draft)").await;
    client.ok("STORE 1:2 FLAGS.SILENT (\\Seen)").await.is(&[
        "* 2 FETCH (UID 2 FLAGS (\\Flagged \\Seen \\Draft) MODSEQ (8))",
        "* 1 FETCH (UID 1 MODSEQ (9))",
        "* 2 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (9))",
    ]);
}

#[tokio::test]
async fn expunge_close_and_unselect() {
    let service = Service::start().await;
    let letters: Vec<String> = (1..=6).map(|number| letter(&number.to_string())).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let (mut client, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    client.ok("STORE 2,4 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("UID EXPUNGE 4:9").await.is(&["* 4 EXPUNGE", "* 5 RECENT"]);
    client.ok("EXPUNGE").await.is(&["* 2 EXPUNGE", "* 4 RECENT"]);
    let reply = other.ok("CHECK").await;
    reply.is(&["* 4 EXPUNGE", "* 2 EXPUNGE"]);
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("UNSELECT").await;
    client.say("FETCH 1 FLAGS").await.ends("BAD");
    client.ok("EXAMINE INBOX").await.has("* 4 EXISTS");
    client.ok("CLOSE").await;
    client.ok("SELECT INBOX").await.has("* 4 EXISTS");
    client.ok("CLOSE").await.is(&[]);
    client.ok("SELECT INBOX").await.has("* 3 EXISTS");
    other.ok("NOOP").await.has("* 1 EXPUNGE");
}

#[tokio::test]
async fn recent_belongs_to_the_first_that_selects() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let mut looking = service.ada().await;
    looking.ok("STATUS INBOX (RECENT)").await.has("* STATUS INBOX (RECENT 1)");
    looking.ok("EXAMINE INBOX").await.has("* 1 RECENT");
    let mut client = service.ada_in_inbox().await;
    client.ok("SEARCH NEW").await.is(&["* SEARCH 1"]);
    client.ok("STATUS INBOX (RECENT)").await.has("* STATUS INBOX (RECENT 0)");
    let mut third = service.ada().await;
    third.ok("SELECT INBOX").await.has("* 0 RECENT");
}

#[tokio::test]
async fn every_keyword_is_listed_and_none_pushes_another_out() {
    let service = Service::start().await;
    let letters: Vec<String> = (0..13).map(|number| letter(&number.to_string())).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = service.ada_in_inbox().await;
    let mut words = Vec::new();
    for number in 1..=12 {
        let new: Vec<String> = (0..30).map(|word| format!("k{number:02}x{word:02}")).collect();
        client.ok(&format!("STORE {number} +FLAGS.SILENT ({})", new.join(" "))).await;
        words.extend(new);
    }
    let lists = |reply: &Reply, words: &[String]| {
        for start in ["* FLAGS (", "* OK [PERMANENTFLAGS ("] {
            let line = reply.untagged.iter().find(|line| line.starts_with(start)).unwrap();
            let (list, _) = line[start.len()..].split_once(')').unwrap();
            let listed: Vec<&str> = list.split(' ').filter(|word| !word.starts_with('\\')).collect();
            assert_eq!(listed, words);
        }
    };
    lists(&client.ok("SELECT INBOX").await, &words);
    words.insert(0, "a-new-one".to_owned());
    lists(&client.ok("STORE 13 +FLAGS (a-new-one)").await, &words);
    lists(&service.ada().await.ok("SELECT INBOX").await, &words);
}

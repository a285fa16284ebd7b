//! SELECT, EXAMINE, FETCH.

use crate::support::{Service, letter};

const NESTED: &str = "From: a@skola.test\nSubject: two parts\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nfirst\n--b\n\
    Content-Type: message/rfc822\n\nSubject: inside\nX-Y: z\n\ndeep\n--b--\n";

#[tokio::test]
async fn select_tells_what_a_program_needs() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    let reply = client.ok("SELECT INBOX").await;
    let flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
    reply.has(&format!("* FLAGS ({flags})")).has("* 0 EXISTS").has("* 0 RECENT").ends("OK [READ-WRITE]");
    reply.has("* OK [UIDNEXT 1] Predicted next UID");
    reply.has(&format!("* OK [PERMANENTFLAGS ({flags} \\*)] Flags are kept"));
    assert!(reply.untagged.iter().any(|line| line.starts_with("* OK [UIDVALIDITY ")));
    client.say("FETCH 1 FLAGS").await.ends("BAD");
    client.ok("FETCH 1:* FLAGS").await.is(&[]);

    service.file(&[&letter("one"), &letter("two")]).await;
    let reply = client.ok("EXAMINE inbox").await;
    reply.has("* 2 EXISTS").has("* OK [UNSEEN 1] First unseen").has("* OK [UIDNEXT 3] Predicted next UID");
    reply.has("* OK [PERMANENTFLAGS ()] Nothing can be changed here").ends("OK [READ-ONLY]");
    client.say("SELECT Nowhere").await.ends("NO [NONEXISTENT]");
    client.say("FETCH 1 FLAGS").await.ends("BAD");
}

#[tokio::test]
async fn items_of_a_small_letter() {
    let service = Service::start().await;
    let text = letter("one").replace('\n', "\r\n");
    service.file(&[&letter("one")]).await;
    let mut client = service.ada_in_inbox().await;
    client
        .ok("FETCH 1 (UID FLAGS RFC822.SIZE)")
        .await
        .is(&[&format!("* 1 FETCH (UID 1 FLAGS (\\Recent) RFC822.SIZE {})", text.len())]);
    client.ok("FETCH 1 BODY.PEEK[]").await.is(&[&format!("* 1 FETCH (BODY[] {{{}}}\r\n{text})", text.len())]);
    let fields = "BODY.PEEK[HEADER.FIELDS (SUBJECT X-None)]";
    client
        .ok(&format!("UID FETCH 1 {fields}"))
        .await
        .is(&["* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT X-None)] {16}\r\nSubject: one\r\n\r\n)"]);
    client.ok("FETCH 1 BODY.PEEK[]<6.6>").await.is(&["* 1 FETCH (BODY[]<6> {6}\r\nBo Ek )"]);
    client.ok("FETCH 1 BODY.PEEK[1]<2.100>").await.is(&["* 1 FETCH (BODY[1]<2> {9}\r\nj, one!\r\n)"]);
    client.ok("FETCH 1 BODY.PEEK[]<5000.6>").await.is(&["* 1 FETCH (BODY[]<5000> {0}\r\n)"]);
    client.ok("FETCH 1 BODY.PEEK[7]").await.is(&["* 1 FETCH (BODY[7] NIL)"]);
    let reply = client.ok("FETCH 1 (ENVELOPE BODYSTRUCTURE BODY INTERNALDATE)").await;
    let line = &reply.untagged[0];
    assert!(line.contains("ENVELOPE (\"Mon, 23 Nov 2026 10:00:00 +0100\" \"one\" ((\"Bo Ek\" NIL"), "{line}");
    assert!(line.contains("BODYSTRUCTURE (\"text\" \"plain\""), "{line}");
    assert!(line.contains("INTERNALDATE \""), "{line}");
    let reply = client.ok("FETCH 1 RFC822.HEADER").await;
    assert!(reply.untagged[0].starts_with("* 1 FETCH (RFC822.HEADER {"));
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
}

#[tokio::test]
async fn reading_sets_seen_and_looking_does_not() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two"), &letter("three")]).await;
    let mut looking = service.ada().await;
    looking.ok("EXAMINE INBOX").await;
    looking.ok("FETCH 1 BODY[TEXT]").await.is(&["* 1 FETCH (BODY[TEXT] {11}\r\nHej, one!\r\n)"]);
    looking.ok("SEARCH SEEN").await.is(&["* SEARCH"]);
    let mut client = service.ada_in_inbox().await;
    client.ok("FETCH 1:2 BODY[TEXT]").await.is(&[
        "* 1 FETCH (BODY[TEXT] {11}\r\nHej, one!\r\n FLAGS (\\Seen \\Recent))",
        "* 2 FETCH (BODY[TEXT] {11}\r\nHej, two!\r\n FLAGS (\\Seen \\Recent))",
    ]);
    client.ok("FETCH 1 BODY[TEXT]<0.3>").await.is(&["* 1 FETCH (BODY[TEXT]<0> {3}\r\nHej)"]);
    client
        .ok("FETCH 3 (FLAGS RFC822.TEXT)")
        .await
        .is(&["* 3 FETCH (FLAGS (\\Seen \\Recent) RFC822.TEXT {13}\r\nHej, three!\r\n)"]);
    client.ok("STATUS INBOX (UNSEEN)").await.has("* STATUS INBOX (UNSEEN 0)");
    // The other session hears of it.
    let reply = looking.ok("NOOP").await;
    assert_eq!(reply.untagged.len(), 3, "{reply:#?}");
    reply.has("* 2 FETCH (FLAGS (\\Seen \\Recent))");
}

#[tokio::test]
async fn sections_of_nested_parts() {
    let service = Service::start().await;
    service.file(&[NESTED]).await;
    let mut client = service.ada_in_inbox().await;
    for (section, octets) in [
        ("1", "first"),
        ("1.MIME", "Content-Type: text/plain\r\n\r\n"),
        ("2", "Subject: inside\r\nX-Y: z\r\n\r\ndeep"),
        ("2.HEADER", "Subject: inside\r\nX-Y: z\r\n\r\n"),
        ("2.HEADER.FIELDS (x-y)", "X-Y: z\r\n\r\n"),
        ("2.HEADER.FIELDS.NOT (x-y)", "Subject: inside\r\n\r\n"),
        ("2.TEXT", "deep"),
        ("2.1", "deep"),
    ] {
        let reply = client.ok(&format!("FETCH 1 BODY.PEEK[{section}]")).await;
        reply.is(&[&format!("* 1 FETCH (BODY[{section}] {{{}}}\r\n{octets})", octets.len())]);
    }
    client.ok("FETCH 1 BODY.PEEK[2.3]").await.is(&["* 1 FETCH (BODY[2.3] NIL)"]);
    client.ok("FETCH 1 BODY.PEEK[1.HEADER]").await.is(&["* 1 FETCH (BODY[1.HEADER] NIL)"]);
}

#[tokio::test]
async fn uids_of_others_are_known_and_gone_messages_are_not_served() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two")]).await;
    let (mut client, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    service.file(&[&letter("three")]).await;
    let reply = client.ok("UID FETCH 3:* (FLAGS)").await;
    reply.has("* 3 EXISTS").has("* 3 FETCH (UID 3 FLAGS (\\Recent))");
    other.ok("STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    other.ok("EXPUNGE").await.has("* 1 EXPUNGE");
    // By sequence number the client believes in message 1, and must not be told in between that it is gone.
    let reply = client.say("FETCH 1:2 (UID BODY.PEEK[TEXT])").await;
    reply.ends("NO [EXPUNGEISSUED]");
    assert!(reply.untagged.iter().all(|line| !line.contains("EXPUNGE")), "{reply:#?}");
    reply.has("* 2 FETCH (UID 2 BODY[TEXT] {11}\r\nHej, two!\r\n)");
    let reply = client.ok("UID FETCH 1:2 (UID)").await;
    reply.is(&["* 2 FETCH (UID 2)", "* 1 EXPUNGE", "* 2 RECENT"]);
    client.ok("FETCH 1 (UID)").await.is(&["* 1 FETCH (UID 2)"]);
}

//! MULTIAPPEND, CATENATE, REPLACE, BINARY and UTF8 APPEND, and the copy in Sent.

use imap_lite::Limits;
use mailbox::{MailboxError, QuotaLimit};
use model::{FlagSet, QueueId, SpecialUse};
use store::{Batch, Op, Spool};

use crate::support::{Client, Service, letter, now};

fn crlf(subject: &str) -> String {
    letter(subject).replace('\n', "\r\n")
}

/// A literal that needs no answer in between.
fn literal(text: &str) -> String {
    format!("{{{}+}}\r\n{text}", text.len())
}

#[tokio::test]
async fn several_letters_are_filed_or_none() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let (one, two, three) = (crlf("one"), crlf("two"), crlf("three"));
    let command = format!(
        "APPEND INBOX (\\Seen) {} \"17-Jul-1996 02:44:25 -0700\" {} (Egen) {}",
        literal(&one),
        literal(&two),
        literal(&three)
    );
    let reply = client.say(&command).await;
    reply.has("* 3 EXISTS").ends("OK [APPENDUID ");
    assert!(reply.tagged.contains(" 1:3] "), "{reply:#?}");
    let reply = client.ok("FETCH 1:3 (FLAGS BODY.PEEK[])").await;
    for (number, (flags, text)) in [("\\Seen", &one), ("", &two), ("Egen", &three)].iter().enumerate() {
        let flags = if flags.is_empty() { "\\Recent".to_owned() } else { format!("{flags} \\Recent") };
        reply.has(&format!("* {} FETCH (FLAGS ({flags}) BODY[] {{{}}}\r\n{text})", number + 1, text.len()));
    }
    // The third has NUL: none of them stays.
    let nul = three.replace("Hej", "H\0j");
    let command = format!("APPEND INBOX {} {} {}", literal(&one), literal(&two), literal(&nul));
    client.say(&command).await.ends("NO [CANNOT] ").is(&[]);
    // A mailbox too few, refused at the first; what was sent without waiting is read and dropped.
    let command = format!("APPEND Nowhere {} {}", literal(&one), literal(&two));
    client.say(&command).await.ends("NO [TRYCREATE] ");
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await.untagged, ["* STATUS INBOX (MESSAGES 3)"]);
    // The client breaks off.
    let command = format!("APPEND INBOX {} nonsense", literal(&one));
    client.say(&command).await.ends("BAD ");
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await.untagged, ["* STATUS INBOX (MESSAGES 3)"]);
}

#[tokio::test]
async fn letters_of_one_command_are_bounded_together() {
    let limits = Limits { append_messages_max: 3, append_bytes_max: 5000, ..Limits::default() };
    let service = Service::with(limits, true).await;
    let mut client = service.ada_in_inbox().await;
    let text = crlf("many");
    let four = vec![literal(&text); 4].join(" ");
    client.say(&format!("APPEND INBOX {four}")).await.ends("NO [LIMIT] ").is(&[]);
    let long = literal(&crlf(&"x".repeat(1200)));
    client.say(&format!("APPEND INBOX {long} {long}")).await.ends("NO [LIMIT] ").is(&[]);
    service.set_quota(450).await;
    let both = vec![literal(&text); 2].join(" ");
    client.say(&format!("APPEND INBOX {both} {}", literal(&text))).await.ends("NO [OVERQUOTA] ").is(&[]);
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await.untagged, ["* STATUS INBOX (MESSAGES 0)"]);
}

/// A letter with two parts; the second is `3,14`.
const PARTS: &str = "Subject: delar\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nett\r\n--b\r\nContent-Type: \
     text/csv\r\n\r\n3,14\r\n--b--\r\n";

#[tokio::test]
async fn a_letter_is_put_together_from_others() {
    let service = Service::start().await;
    service.file(&[&PARTS.replace("\r\n", "\n")]).await;
    let mut client = service.ada_in_inbox().await;
    let validity = uid_validity(&mut client).await;
    client.ok("CREATE L&AOQ-xor").await;
    let head = "Subject: ny\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n";
    let command = format!(
        "APPEND L&AOQ-xor (\\Draft) CATENATE (TEXT {} URL \"/INBOX;UIDVALIDITY={validity}/;UID=1/;SECTION=2.MIME\" URL \
         \";UID=1/;SECTION=2\" TEXT {})",
        literal(head),
        literal("\r\n--c--\r\n")
    );
    client.say(&command).await.ends("OK [APPENDUID ");
    client.ok("SELECT L&AOQ-xor").await.has("* 1 EXISTS");
    let whole = format!("{head}Content-Type: text/csv\r\n\r\n3,14\r\n--c--\r\n");
    let reply = client.ok("FETCH 1 (FLAGS BODY.PEEK[])").await;
    let expected = format!("* 1 FETCH (FLAGS (\\Draft \\Recent) BODY[] {{{}}}\r\n{whole})", whole.len());
    assert_eq!(reply.untagged, [expected]);
    // Only URLs, in UTF-8, with a part of a part, from a mailbox that is not selected.
    client.ok("SELECT INBOX").await;
    let command = "APPEND INBOX CATENATE (URL \"/L%C3%A4xor/;UID=1/;PARTIAL=0.13\" URL \"/INBOX/;UID=1\")";
    client.say(command).await.ends("OK [APPENDUID ").has("* 2 EXISTS");
    let reply = client.ok("FETCH 2 BODY.PEEK[]").await;
    assert!(reply.untagged[0].contains("\r\nSubject: ny\r\nSubject: delar\r\n"), "{reply:#?}");
}

#[tokio::test]
async fn urls_that_lead_nowhere_are_told() {
    let service = Service::start().await;
    service.file(&[PARTS]).await;
    let mut client = service.ada_in_inbox().await;
    for url in [
        "/INBOX/;UID=9",
        "/INBOX/;UID=1/;SECTION=7",
        "/INBOX;UIDVALIDITY=1/;UID=1",
        "/Nowhere/;UID=1",
        "imap://other.test/INBOX/;UID=1",
        "nonsense",
    ] {
        let command = format!("APPEND INBOX CATENATE (URL \"{url}\" TEXT {})", literal("abc"));
        client.say(&command).await.ends(&format!("NO [BADURL \"{url}\"] ")).is(&[]);
    }
    // No mailbox is selected, so the URL refers to none.
    client.ok("UNSELECT").await;
    client.say("APPEND INBOX CATENATE (URL \";UID=1\")").await.ends("NO [BADURL ");
    let empty = format!("APPEND INBOX CATENATE (TEXT {})", literal("x"));
    client.say(&empty).await.ends("OK");
    assert_eq!(client.ok("STATUS INBOX (MESSAGES)").await.untagged, ["* STATUS INBOX (MESSAGES 2)"]);
}

#[tokio::test]
async fn what_is_put_together_is_bounded() {
    let service = Service::with(Limits { catenate_parts_max: 3, ..Limits::default() }, true).await;
    service.file(&[&letter(&"x".repeat(20 << 20))]).await;
    let mut client = service.ada_in_inbox().await;
    let url = "URL \"/INBOX/;UID=1\"";
    client.say(&format!("APPEND INBOX CATENATE ({url} {url})")).await.ends("NO [TOOBIG] ");
    let part = format!("TEXT {}", literal("x"));
    client.say(&format!("APPEND INBOX CATENATE ({part} {part} {part} {part})")).await.ends("NO [LIMIT] ");
    service.set_quota(30 << 20).await;
    client.say(&format!("APPEND INBOX CATENATE ({url})")).await.ends("NO [OVERQUOTA] ");
    client.ok("NOOP").await.is(&[]);
}

async fn uid_validity<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(
    client: &mut Client<S>,
) -> String {
    let reply = client.ok("STATUS INBOX (UIDVALIDITY)").await;
    reply.untagged[0].trim_end_matches(')').rsplit(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_draft_is_replaced_in_one_step() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two"), &letter("three")]).await;
    let mut client = service.ada_in_inbox().await;
    let mut other = service.ada_in_inbox().await;
    let reply = client.say(&format!("REPLACE 2 INBOX (\\Draft) {}", literal(&crlf("new")))).await;
    reply.ends("OK").has("* 2 EXPUNGE").has("* 3 EXISTS");
    let at = |line: &str| reply.untagged.iter().position(|have| have.contains(line)).unwrap();
    assert!(at("* OK [APPENDUID ") < at("EXPUNGE"), "{reply:#?}");
    client.ok("UID SEARCH ALL").await.is(&["* SEARCH 1 3 4"]);
    other.ok("NOOP").await.has("* 2 EXPUNGE").has("* 3 EXISTS");
    // By UID, into another mailbox.
    let reply = client.say(&format!("UID REPLACE 4 Drafts {}", literal(&crlf("newer")))).await;
    reply.ends("OK").has("* 3 EXPUNGE");
    client.ok("STATUS Drafts (MESSAGES)").await.is(&["* STATUS Drafts (MESSAGES 1)"]);
    // One that is gone, one that never was, and none.
    client.say(&format!("UID REPLACE 4 INBOX {}", literal(&crlf("x")))).await.ends("NO [EXPUNGEISSUED] ");
    client.say(&format!("REPLACE 9 INBOX {}", literal(&crlf("x")))).await.ends("BAD ");
    client.say(&format!("REPLACE 1:2 INBOX {}", literal(&crlf("x")))).await.ends("BAD ");
    client.say(&format!("REPLACE 1 Nowhere {}", literal(&crlf("x")))).await.ends("NO [TRYCREATE] ");
    client.ok("EXAMINE INBOX").await;
    client.say(&format!("REPLACE 1 INBOX {}", literal(&crlf("x")))).await.ends("NO [READ-ONLY] ");
    client.ok("UID SEARCH ALL").await.is(&["* SEARCH 1 3"]);
}

#[tokio::test]
async fn a_full_account_can_replace_and_a_message_is_replaced_once() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let mut client = service.ada_in_inbox().await;
    service.set_quota(crlf("one").len() as u64).await;
    client.append("INBOX", &crlf("two")).await.ends("NO [OVERQUOTA] ");
    client.say(&format!("REPLACE 1 INBOX {}", literal(&crlf("two")))).await.ends("OK").has("* 1 EXISTS");
    client.say(&format!("REPLACE 1 INBOX {}", literal(&crlf("far longer")))).await.ends("NO [OVERQUOTA] ");
    client.ok("UID SEARCH ALL").await.is(&["* SEARCH 2"]);
    // Another session removes it while the new one comes.
    let mut other = service.ada_in_inbox().await;
    let text = crlf("six");
    client.send(&format!("r REPLACE 1 INBOX {{{}}}\r\n", text.len())).await;
    assert_eq!(client.line().await, "+ OK");
    other.ok("STORE 1 +FLAGS (\\Deleted)").await;
    other.ok("EXPUNGE").await;
    client.send(&format!("{text}\r\n")).await;
    client.reply("r").await.ends("NO [EXPUNGEISSUED] ");
    other.ok("UID SEARCH ALL").await.is(&["* SEARCH"]);
}

#[tokio::test]
async fn binary_letters_are_kept_octet_for_octet() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let text = "Content-Transfer-Encoding: binary\n\n\u{1}a\nb\r\nc\r\r\nd";
    client.say(&format!("APPEND INBOX ~{}", literal(text))).await.ends("OK");
    let reply = client.ok("FETCH 1 BODY.PEEK[]").await;
    assert_eq!(reply.untagged, [format!("* 1 FETCH (BODY[] {{{}}}\r\n{text})", text.len())]);
    client.say(&format!("APPEND INBOX ~{}", literal("a\0b"))).await.ends("NO [UNKNOWN-CTE] ").is(&[]);
    // Not binary: a lone LF becomes a line's end, also where pieces meet, and a lone CR stays.
    let expected = text.replace("\r\n", "\n").replace('\n', "\r\n");
    client.send(&format!("p APPEND INBOX {{{}}}\r\n", text.len())).await;
    assert_eq!(client.line().await, "+ OK");
    for octet in text.bytes() {
        client.send_octets(&[octet]).await;
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    client.send("\r\n").await;
    client.reply("p").await.ends("OK");
    let reply = client.ok("FETCH 2 BODY.PEEK[]").await;
    assert_eq!(reply.untagged, [format!("* 2 FETCH (BODY[] {{{}}}\r\n{expected})", expected.len())]);
}

#[tokio::test]
async fn letters_in_utf8() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    client.ok("ENABLE UTF8=ACCEPT").await;
    let text = "Subject: Läxor\r\n\r\nhej\r\n";
    client
        .say(&format!("APPEND INBOX (\\Seen) UTF8 (~{})", literal(text)))
        .await
        .ends("OK")
        .has("* 1 EXISTS");
    let reply = client.ok("FETCH 1 BODY.PEEK[]").await;
    assert!(reply.untagged[0].ends_with(&format!("{text})")), "{reply:#?}");
}

#[tokio::test]
async fn the_copy_that_the_server_filed_in_sent_is_enough() {
    let service = Service::start().await;
    let sent = mailbox::special(service.tenant, service.ada, SpecialUse::Sent);
    let text = crlf("sent");
    let file = async |minutes_ago: u64, queue_id: u64, text: &str| {
        let spool = Spool::from_bytes(text.to_owned().into_bytes());
        let letter = service.mailboxes.letters().prepare(service.tenant, spool).await?;
        let mut at = now();
        at.0 -= minutes_ago * 60_000;
        let mut batch = Batch::new(now());
        let row = letter.message(FlagSet::new(), at, QueueId::new(queue_id));
        batch.ops.push(Op::Append(sent, row));
        batch.bodies.push(letter.staged);
        service.store.commit(batch).await?;
        Ok::<(), MailboxError>(())
    };
    // Filed by the server long ago, and by a client now: neither counts.
    file(60, 7, &text).await.unwrap();
    file(0, 0, &text).await.unwrap();
    let mut client = service.ada().await;
    let reply = client.append("Sent (\\Seen)", &text).await;
    assert!(reply.tagged.contains(" 3] "), "{reply:#?}");
    // Filed by the server a moment ago: the client is told that one's UID, or its own, which has a Bcc more and takes the
    // place.
    file(0, 8, &crlf("later")).await.unwrap();
    file(0, 9, &crlf("latest")).await.unwrap();
    for (letter, uid) in
        [(crlf("later"), " 4] "), (format!("Bcc: x@skola.test\r\n{}", crlf("later")), " 6] ")]
    {
        let reply = client.append("Sent (\\Seen)", &letter).await;
        assert!(reply.tagged.starts_with("OK [APPENDUID ") && reply.tagged.contains(uid), "{reply:#?}");
    }
    client.ok("STATUS Sent (MESSAGES)").await.is(&["* STATUS Sent (MESSAGES 5)"]);
    // Elsewhere it is a copy like any other.
    client.append("Drafts", &crlf("later")).await.ends("OK");
    client.ok("STATUS Drafts (MESSAGES)").await.is(&["* STATUS Drafts (MESSAGES 1)"]);
    let state = service.mailboxes.usage(service.tenant, service.ada).await.unwrap();
    assert!(QuotaLimit::NONE.check(state, 1, 1).is_ok());
}

//! FETCH items of extensions: ids, dates, previews, decoded parts.

use crate::support::{Client, Service, letter};

const PARTS: &str = "Subject: parts\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\
    Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nHej =C3=A5=\n sa\n--b\n\
    Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\nAAECAwQFBgc=\n--b\n\
    Content-Type: text/plain\nContent-Transfer-Encoding: x-secret\n\nabc\n--b\n\
    Content-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\
    Content-Transfer-Encoding: base64\n\nSW5uZQ==\n--c--\n--b--\n";

/// What stands behind `name ` in the only answer, up to a blank or bracket.
async fn value<S>(client: &mut Client<S>, number: u32, name: &str) -> String
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let reply = client.ok(&format!("FETCH {number} ({name})")).await;
    let line = reply.untagged.first().expect("an answer");
    let start = line.find(&format!("{name} (")).expect("the item") + name.len() + 2;
    line[start..].split(')').next().expect("a bracket").to_owned()
}

#[tokio::test]
async fn ids_stay_with_content_and_conversation() {
    let service = Service::start().await;
    let answer = "Message-ID: <2@skola.test>\nReferences: <one@skola.test>\n\nJa.\n";
    service.file(&[&letter("one"), answer, &letter("other")]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("CREATE Kopior").await;
    client.ok("COPY 1 Kopior").await;
    let email = value(&mut client, 1, "EMAILID").await;
    assert!(email.len() <= 255 && email.bytes().all(|octet| octet.is_ascii_alphanumeric()), "{email}");
    assert_ne!(email, value(&mut client, 2, "EMAILID").await);
    let thread = value(&mut client, 1, "THREADID").await;
    assert_eq!(thread, value(&mut client, 2, "THREADID").await, "an answer belongs to what it answers");
    assert_ne!(thread, value(&mut client, 3, "THREADID").await);
    client.ok("SELECT Kopior").await;
    assert_eq!(email, value(&mut client, 1, "EMAILID").await, "a copy is the same letter");
    assert_eq!(thread, value(&mut client, 1, "THREADID").await);
    client
        .ok("FETCH 1 (FLAGS EMAILID)")
        .await
        .is(&[&format!("* 1 FETCH (FLAGS (\\Recent) EMAILID ({email}))")]);
}

#[tokio::test]
async fn the_id_of_a_mailbox_stays_over_its_name() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    let created = client.ok("CREATE Hund").await.tagged;
    let id = created.split(['(', ')']).nth(1).expect("an id").to_owned();
    assert!(created.starts_with(&format!("OK [MAILBOXID ({id})]")), "{created}");
    client.ok("RENAME Hund Katt").await;
    client.ok("STATUS Katt (MAILBOXID)").await.is(&[&format!("* STATUS Katt (MAILBOXID ({id}))")]);
    client.ok("CREATE Hund").await.ends("OK [MAILBOXID (F");
    let selected = client.ok("SELECT Katt").await;
    selected.has(&format!("* OK [MAILBOXID ({id})] Stays"));
    let other = client.ok("STATUS Hund (MAILBOXID)").await;
    assert!(!other.untagged[0].contains(&id), "an id is never given again");
}

#[tokio::test]
async fn a_save_date_is_when_it_came_into_the_mailbox() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let text = letter("old").replace('\n', "\r\n");
    client.append("INBOX \" 1-Feb-2003 10:00:00 +0100\"", &text).await.ends("OK");
    let reply = client.ok("FETCH 1 (SAVEDATE)").await;
    let year = reply.untagged.last().and_then(|line| line.split('-').nth(2)).map(|rest| rest[..4].to_owned());
    assert!(year.is_some_and(|year| year.parse::<u32>().unwrap() >= 2024), "{reply:#?}");
}

#[tokio::test]
async fn previews_show_the_begin_of_the_text() {
    let service = Service::start().await;
    let html = "Content-Type: text/html; charset=utf-8\n\n<p>Hall&aring; <b>du</b></p>\n";
    service.file(&[&letter("one"), html, "Subject: none\n\n"]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("FETCH 1:3 (PREVIEW)").await.is(&[
        "* 1 FETCH (PREVIEW \"Hej, one!\")",
        "* 2 FETCH (PREVIEW {9}\r\nHallå du)",
        "* 3 FETCH (PREVIEW \"\")",
    ]);
    client.ok("UID FETCH 1 (PREVIEW (LAZY))").await.is(&["* 1 FETCH (UID 1 PREVIEW \"Hej, one!\")"]);
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
}

#[tokio::test]
async fn parts_come_decoded() {
    let service = Service::start().await;
    service.file(&[PARTS]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("FETCH 1 BINARY.SIZE[1]").await.is(&["* 1 FETCH (BINARY.SIZE[1] 9)"]);
    client.ok("FETCH 1 BINARY.PEEK[1]").await.is(&["* 1 FETCH (BINARY[1] {9}\r\nHej å sa)"]);
    client
        .ok("FETCH 1 BINARY.PEEK[2]")
        .await
        .is(&["* 1 FETCH (BINARY[2] ~{8}\r\n\0\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7})"]);
    client.ok("FETCH 1 BINARY.PEEK[2]<6.5>").await.is(&["* 1 FETCH (BINARY[2]<6> {2}\r\n\u{6}\u{7})"]);
    client.ok("FETCH 1 BINARY.PEEK[2]<90.5>").await.is(&["* 1 FETCH (BINARY[2]<90> {0}\r\n)"]);
    client.ok("FETCH 1 BINARY.PEEK[4.1]").await.is(&["* 1 FETCH (BINARY[4.1] {4}\r\nInne)"]);
    client.ok("FETCH 1 BINARY.PEEK[9]").await.is(&["* 1 FETCH (BINARY[9] NIL)"]);
    let whole = PARTS.replace('\n', "\r\n");
    client.ok("FETCH 1 BINARY.SIZE[]").await.is(&[&format!("* 1 FETCH (BINARY.SIZE[] {})", whole.len())]);
    client.ok("FETCH 1 BINARY.PEEK[]<0.14>").await.is(&["* 1 FETCH (BINARY[]<0> {14}\r\nSubject: parts)"]);
    // Nobody knows how to decode this one; the others are told.
    client.say("FETCH 1 BINARY.PEEK[3]").await.is(&[]).ends("NO [UNKNOWN-CTE]");
    client.say("FETCH 1 BINARY.SIZE[3]").await.ends("NO [UNKNOWN-CTE]");
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Recent))"]);
    client
        .ok("FETCH 1 BINARY[1]<0.3>")
        .await
        .is(&["* 1 FETCH (BINARY[1]<0> {3}\r\nHej FLAGS (\\Seen \\Recent))"]);
}

#[tokio::test]
async fn a_large_part_is_decoded_piece_by_piece() {
    let service = Service::start().await;
    let lines = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5\n".repeat(10_000);
    service.file(&[&format!("Content-Transfer-Encoding: base64\n\n{lines}")]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("FETCH 1 BINARY.SIZE[1]").await.is(&["* 1 FETCH (BINARY.SIZE[1] 510000)"]);
    let text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy".repeat(10_000);
    client.ok("FETCH 1 BINARY.PEEK[1]").await.is(&[&format!("* 1 FETCH (BINARY[1] {{510000}}\r\n{text})")]);
    client
        .ok("FETCH 1 BINARY.PEEK[1]<300003.4>")
        .await
        .is(&[&format!("* 1 FETCH (BINARY[1]<300003> {{4}}\r\n{})", &text[300_003..300_007])]);
}

#[tokio::test]
async fn some_of_the_messages_by_their_place() {
    let service = Service::start().await;
    service.file(&[&letter("one"), &letter("two"), &letter("three"), &letter("four")]).await;
    let mut client = service.ada_in_inbox().await;
    client.ok("STORE 2 +FLAGS.SILENT (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    let line = |seq: u32, uid: u32| format!("* {seq} FETCH (UID {uid})");
    client.ok("UID FETCH 1:* (UID) (PARTIAL 1:2)").await.is(&[&line(1, 1), &line(2, 3)]);
    client.ok("UID FETCH 1:* (UID) (PARTIAL -1:-1)").await.is(&[&line(3, 4)]);
    client.ok("UID FETCH 1:* (UID) (PARTIAL 3:9)").await.is(&[&line(3, 4)]);
    client.ok("UID FETCH 1:* (UID) (PARTIAL 7:9)").await.is(&[]);
}

#[tokio::test]
async fn ids_and_save_dates_can_be_searched() {
    let service = Service::start().await;
    let answer = "Message-ID: <2@skola.test>\nReferences: <one@skola.test>\n\nJa.\n";
    service.file(&[&letter("one"), answer, &letter("other")]).await;
    let mut client = service.ada_in_inbox().await;
    let (email, thread) = (value(&mut client, 3, "EMAILID").await, value(&mut client, 1, "THREADID").await);
    client.ok(&format!("SEARCH EMAILID {email}")).await.is(&["* SEARCH 3"]);
    client.ok(&format!("SEARCH THREADID {thread}")).await.is(&["* SEARCH 1 2"]);
    client.ok("SEARCH EMAILID nothing").await.is(&["* SEARCH"]);
    client.ok("SEARCH SAVEDSINCE 1-Jan-2020 SAVEDATESUPPORTED").await.is(&["* SEARCH 1 2 3"]);
    client.ok("SEARCH SAVEDBEFORE 1-Jan-2020").await.is(&["* SEARCH"]);
}

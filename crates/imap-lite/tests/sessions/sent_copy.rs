//! A program files its own copy of what it has sent, and the server has filed one.

use mailbox::special;
use model::{FlagSet, MailboxRef, QueueId, SpecialUse, SystemFlag};
use store::{Batch, Op, Spool};

use crate::support::{PASSWORD, Service, now};

const TRACE: &str = "Return-Path: <ada.oqvist@skola.test>\r\n\
    Received: by skola.test; Tue, 24 Nov 2026 03:00:00 +0100\r\n";
const OWN: &str = "Date: Tue, 24 Nov 2026 03:00:00 +0100\r\nFrom: <ada.oqvist@skola.test>\r\nSubject: Prov\r\n\
    Message-ID: <1@laptop.test>\r\n\r\nHej!\r\n";

/// Files the server's copy as submission does.
async fn submitted(service: &Service, sent: MailboxRef) {
    let spool = Spool::from_bytes(format!("{TRACE}{OWN}").into_bytes());
    let letter = service.mailboxes.letters().prepare(service.tenant, spool).await.unwrap();
    let row = letter.message(FlagSet::from_iter([SystemFlag::Seen]), now(), QueueId::new(7));
    let mut batch = Batch { bodies: vec![letter.staged], ..Batch::new(now()) };
    batch.ops.push(Op::Append(sent, row));
    service.store.commit(batch).await.unwrap();
}

async fn service() -> Service {
    let service = Service::start().await;
    submitted(&service, special(service.tenant, service.ada, SpecialUse::Sent)).await;
    service
}

#[tokio::test]
async fn the_same_letter_is_one_message_with_the_flags_of_both() {
    let service = service().await;
    let mut client = service.ada().await;
    for text in [OWN, OWN.strip_suffix("\r\n").unwrap(), &OWN.replace("\r\n", "\n")] {
        let reply = client.append("Sent (\\Flagged $Forwarded)", text).await;
        assert!(reply.tagged.contains(" 1] "), "{reply:#?}");
    }
    client.ok("SELECT Sent").await.has("* 1 EXISTS");
    client.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Flagged \\Seen $Forwarded \\Recent))"]);
}

#[tokio::test]
async fn another_letter_with_the_same_message_id_is_kept() {
    let others = [
        OWN.replace("Prov", "Nytt prov"),
        OWN.replace("Hej!", "Hopp"),
        OWN.replace("Hej!", "Hej!\r\n\r\nMer text"),
        OWN.replace("Hej!\r\n", "Hej"),
        OWN.replace("Subject: Prov\r\n", ""),
        // Less than the server has, and more.
        OWN.replace("Date: Tue", "Bcc: <x@skola.test>\r\nDate: Wed"),
    ];
    let service = service().await;
    let mut client = service.ada().await;
    for (other, uid) in others.iter().zip(2..) {
        let reply = client.append("Sent", other).await;
        assert!(reply.tagged.contains(&format!(" {uid}] ")), "{other}: {reply:#?}");
    }
    client.ok("SELECT Sent").await.has("* 7 EXISTS");
    client.ok("UID FETCH 2 BODY.PEEK[]").await.has(&format!(
        "* 2 FETCH (UID 2 BODY[] {{{}}}\r\n{})",
        others[0].len(),
        others[0]
    ));
}

#[tokio::test]
async fn a_copy_that_says_more_takes_the_place_of_the_servers() {
    let service = service().await;
    let mut client = service.ada().await;
    client.ok("SELECT Sent").await;
    client.ok("STORE 1 +FLAGS (\\Flagged)").await;
    let with_bcc = OWN.replace("Subject:", "Bcc: <bo.ek@skola.test>\r\nSubject:");
    let reply = client.append("Sent (\\Answered)", &with_bcc).await;
    assert!(reply.tagged.contains(" 2] "), "{reply:#?}");
    reply.has("* 1 EXPUNGE");
    client
        .ok("FETCH 1 (FLAGS BODY.PEEK[HEADER.FIELDS (BCC)])")
        .await
        .is(&["* 1 FETCH (FLAGS (\\Answered \\Flagged \\Seen \\Recent) BODY[HEADER.FIELDS (BCC)] {27}\r\n\
            Bcc: <bo.ek@skola.test>\r\n\r\n)"]);
}

#[tokio::test]
async fn a_copy_that_is_about_to_go_does_not_count() {
    let service = service().await;
    let mut client = service.ada().await;
    client.ok("SELECT Sent").await;
    client.ok("STORE 1 +FLAGS (\\Deleted)").await;
    client.append("Sent", OWN).await.ends("OK [APPENDUID");
    client.ok("EXPUNGE").await.has("* 1 EXPUNGE");
    client.ok("STATUS Sent (MESSAGES)").await.is(&["* STATUS Sent (MESSAGES 1)"]);
}

#[tokio::test]
async fn a_copy_with_another_date_keeps_its_date() {
    let service = service().await;
    let mut client = service.ada().await;
    client.append("Sent \"17-Jul-1996 02:44:25 -0700\"", OWN).await.ends("OK [APPENDUID");
    client.ok("SELECT Sent").await.has("* 1 EXISTS");
    client.ok("FETCH 1 INTERNALDATE").await.is(&["* 1 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")"]);
}

#[tokio::test]
async fn who_may_not_take_away_leaves_both() {
    let service = service().await;
    service.ada().await.ok("SETACL Sent bo.ek@skola.test lrswi").await;
    let mut bo = service.connect().await;
    bo.ok(&format!("LOGIN bo.ek@skola.test {PASSWORD}")).await;
    let sent = "Andra/ada.oqvist@skola.test/Sent";
    let with_bcc = OWN.replace("Subject:", "Bcc: <bo.ek@skola.test>\r\nSubject:");
    for (letter, uid, messages) in [(OWN, 1, 1), (&with_bcc, 2, 2)] {
        let reply = bo.append(&format!("{sent} (\\Deleted \\Flagged)"), letter).await;
        assert!(reply.tagged.contains(&format!(" {uid}] ")), "{reply:#?}");
        let status = format!("* STATUS {sent} (MESSAGES {messages})");
        bo.ok(&format!("STATUS {sent} (MESSAGES)")).await.is(&[&status]);
    }
    bo.ok(&format!("SELECT {sent}")).await;
    bo.ok("FETCH 1 FLAGS").await.is(&["* 1 FETCH (FLAGS (\\Flagged \\Seen \\Recent))"]);
}

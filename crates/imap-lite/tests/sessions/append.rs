//! APPEND.

use crate::support::{Service, letter};

#[tokio::test]
async fn a_letter_is_filed_with_flags_and_date() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let text = letter("own").replace('\n', "\r\n");
    let reply = client.append("INBOX (\\Seen Egen) \"17-Jul-1996 02:44:25 -0700\"", &text).await;
    reply.has("* 1 EXISTS").ends("OK [APPENDUID ");
    assert!(reply.tagged.contains(" 1] "), "{reply:#?}");
    client.ok("FETCH 1 (FLAGS INTERNALDATE BODY.PEEK[])").await.is(&[&format!(
        "* 1 FETCH (FLAGS (\\Seen Egen \\Recent) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" BODY[] {{{}}}\r\n{text})",
        text.len()
    )]);
    client.append("Nowhere", &text).await.ends("NO [TRYCREATE]");
    client.ok("NOOP").await;
}

#[tokio::test]
async fn a_date_that_cannot_be_kept_is_refused() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let text = letter("old").replace('\n', "\r\n");
    client.append("INBOX \"31-Dec-1969 23:59:59 +0000\"", &text).await.ends("NO [CANNOT]").is(&[]);
    client.append("INBOX \" 1-Jan-1970 00:30:00 +0100\"", &text).await.ends("NO [CANNOT]").is(&[]);
    let second = format!("{{{0}+}}\r\n{text} \" 1-Feb-1969 00:00:00 +0000\" {{{0}+}}\r\n{text}", text.len());
    client.say(&format!("APPEND INBOX {second}")).await.ends("NO [CANNOT]").is(&[]);
    client.append("INBOX \" 1-Jan-1970 01:00:00 +0100\"", &text).await.ends("OK");
    client
        .ok("FETCH 1:* INTERNALDATE")
        .await
        .is(&["* 1 FETCH (INTERNALDATE \" 1-Jan-1970 01:00:00 +0100\")"]);
}

#[tokio::test]
async fn a_large_letter_comes_through_a_file_octet_for_octet() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let mut text = letter("large").replace('\n', "\r\n");
    for line in 0..70_000 {
        text.push_str(&format!("line {line} of a letter that is larger than the memory for it\r\n"));
    }
    client.send(&format!("a APPEND INBOX {{{}}}\r\n", text.len())).await;
    assert_eq!(client.line().await, "+ OK");
    client.send(&text).await;
    client.send("\r\n").await;
    client.reply("a").await.ends("OK [APPENDUID");
    let reply = client.ok("UID FETCH 1 BODY.PEEK[]").await;
    assert_eq!(reply.untagged, [format!("* 1 FETCH (UID 1 BODY[] {{{}}}\r\n{text})", text.len())]);
    // As Thunderbird reads: chunk by chunk.
    let mut read = String::new();
    while read.len() < text.len() {
        let reply = client.ok(&format!("UID FETCH 1 BODY.PEEK[]<{}.{}>", read.len(), 65_536)).await;
        let (_, octets) = reply.untagged[0].split_once("}\r\n").unwrap();
        read.push_str(octets.strip_suffix(')').unwrap());
    }
    assert!(read == text);
}

#[tokio::test]
async fn the_quota_is_asked_before_the_letter_comes() {
    let service = Service::start().await;
    service.set_quota(2048).await;
    let mut client = service.ada_in_inbox().await;
    client.send("a APPEND INBOX {3000}\r\n").await;
    client.reply("a").await.ends("NO [OVERQUOTA]").is(&[]);
    let text = letter(&"x".repeat(500));
    client.append("INBOX", &text).await.ends("OK");
    client.append("INBOX", &text).await.ends("NO [OVERQUOTA]");
    client.say("COPY 1 Archive").await.ends("NO [OVERQUOTA]");
    client.ok("MOVE 1 Archive").await;
    client
        .ok("GETQUOTAROOT INBOX")
        .await
        .is(&["* QUOTAROOT INBOX account", "* QUOTA account (STORAGE 2 2 MESSAGE 1 1000)"]);
    client.ok("GETQUOTA account").await.is(&["* QUOTA account (STORAGE 2 2 MESSAGE 1 1000)"]);
    client.say("GETQUOTA other").await.ends("NO [NONEXISTENT]");
    client.say("SETQUOTA account (STORAGE 1000)").await.ends("NO [NOPERM]");
    client.say("GETQUOTAROOT Nowhere").await.ends("NO [NONEXISTENT]");
}

#[tokio::test]
async fn a_letter_with_nul_is_not_kept() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    let reply = client.append("INBOX", &letter("n").replace("Hej", "H\0j")).await;
    reply.ends("NO [CANNOT] ").is(&[]);
    // Far behind the first piece, and at the very end.
    let long = format!("{}{}\0", letter("long"), "x".repeat(300_000));
    client.append("INBOX", &long).await.ends("NO [CANNOT] ").is(&[]);
    client.append("INBOX", &letter("good")).await.ends("OK").has("* 1 EXISTS");
}

#[tokio::test]
async fn a_date_keeps_its_zone() {
    let service = Service::start().await;
    let mut client = service.ada_in_inbox().await;
    client.ok("CREATE Arkivet").await;
    // Late in the evening here, next morning in UTC.
    client.append("INBOX \"31-Dec-2025 23:30:00 -0800\"", "Subject: x\r\n\r\n").await.ends("OK");
    client.append("INBOX", "Subject: y\r\n\r\n").await.ends("OK");
    let date = "INTERNALDATE \"31-Dec-2025 23:30:00 -0800\"";
    client.ok("FETCH 1 INTERNALDATE").await.has(&format!("* 1 FETCH ({date})"));
    client.ok("SEARCH ON 31-Dec-2025").await.is(&["* SEARCH 1"]);
    client.ok("SEARCH SINCE 1-Jan-2026").await.is(&["* SEARCH 2"]);
    client.ok("COPY 1 Arkivet").await;
    let reply = client.ok("FETCH 2 INTERNALDATE").await;
    assert!(reply.untagged[0].ends_with(" +0200\")"), "that of the service: {reply:#?}");
    client.ok("MOVE 2 Arkivet").await;
    client.ok("SELECT Arkivet").await;
    client.ok("FETCH 1 INTERNALDATE").await.is(&[&format!("* 1 FETCH ({date})")]);
    let reply = client.ok("FETCH 2 INTERNALDATE").await;
    assert!(reply.untagged[0].ends_with(" +0200\")"), "{reply:#?}");
}

//! What a client can make the server hold.

use std::time::{Duration, Instant};

use imap_lite::Limits;

use crate::support::{Service, letter};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_ended_with_its_account() {
    let service = Service::with(Limits { answer_bytes_max: 4096, ..Limits::default() }, true).await;
    service.file(&[&letter(&"x".repeat(200_000))]).await;
    let mut client = service.ada_in_inbox().await;
    for _ in 0..100 {
        client.send("f FETCH 1 BODY.PEEK[]\r\n").await;
    }
    // Its socket is full by now, and the server waits in the middle of an answer.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let locked = Instant::now();
    service.lock_ada().await;
    while service.sessions.total() > 0 {
        assert!(locked.elapsed() < Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_in_small_pieces() {
    let service = Service::with(Limits { answer_bytes_max: 512, ..Limits::default() }, true).await;
    let letters: Vec<String> = (0..1000).map(|number| letter(&number.to_string())).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut client = service.ada_in_inbox().await;
    let reply = client.ok("FETCH 1:* (UID FLAGS)").await;
    assert_eq!(reply.untagged.len(), 1000);
    reply.has("* 1000 FETCH (UID 1000 FLAGS (\\Recent))");
    let reply = client.ok("FETCH 1:* (UID ENVELOPE BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY[])").await;
    assert_eq!(reply.untagged.len(), 1000);
    let text = letter("998").replace('\n', "\r\n");
    assert!(reply.untagged[998].contains(&text));
    let reply = client.ok("SEARCH SEEN").await;
    assert!(reply.untagged[0].starts_with("* SEARCH 1 2 3 ") && reply.untagged[0].ends_with(" 999 1000"));
    let reply = client.ok("STORE 1:* FLAGS (\\Flagged)").await;
    assert_eq!(reply.untagged.len(), 1000);
}

#[tokio::test]
async fn pipelined_commands_are_answered_in_order() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let mut client = service.ada_in_inbox().await;
    let mut commands = String::new();
    for number in 0..500 {
        commands.push_str(&format!("t{number} UID FETCH 1 (FLAGS)\r\n"));
    }
    client.send(&commands).await;
    for number in 0..500 {
        client.reply(&format!("t{number}")).await.ends("OK").is(&["* 1 FETCH (UID 1 FLAGS (\\Recent))"]);
    }
}

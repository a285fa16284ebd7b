//! IDLE.

use std::time::{Duration, Instant};

use crate::support::{Service, letter};

#[tokio::test(flavor = "multi_thread")]
async fn news_come_at_once() {
    let service = Service::start().await;
    let (mut idler, mut other) = (service.ada_in_inbox().await, service.ada_in_inbox().await);
    idler.send("i IDLE\r\n").await;
    assert_eq!(idler.line().await, "+ idling");
    let mut slowest = Duration::ZERO;
    for number in 1..=20 {
        let filed = Instant::now();
        service.file(&[&letter("x")]).await;
        assert_eq!(idler.line().await, format!("* {number} EXISTS"));
        slowest = slowest.max(filed.elapsed());
        let recent = idler.line().await;
        assert!(recent.ends_with("RECENT"), "{recent}");
    }
    // Generous, since tests share the machine; alone it is well below a millisecond.
    assert!(slowest < Duration::from_millis(250), "{slowest:?}");
    other.ok("STORE 3 +FLAGS.SILENT (\\Seen \\Deleted)").await;
    assert!(idler.line().await.starts_with("* 3 FETCH (FLAGS (\\Deleted \\Seen"));
    other.ok("EXPUNGE").await;
    assert_eq!(idler.line().await, "* 3 EXPUNGE");
    assert_eq!(idler.line().await, "* 19 RECENT");
    idler.send("DONE\r\n").await;
    idler.reply("i").await.ends("OK").is(&[]);
    // What came between two IDLEs is told when the next one begins.
    service.file(&[&letter("x")]).await;
    idler.send("j IDLE\r\n").await;
    assert_eq!(idler.line().await, "+ idling");
    assert_eq!(idler.line().await, "* 20 EXISTS");
    idler.line().await;
    idler.send("DO").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    idler.send("NE\r\nk NOOP\r\n").await;
    idler.reply("j").await.ends("OK");
    idler.reply("k").await.ends("OK");
}

#[tokio::test]
async fn everything_in_one_packet() {
    let service = Service::start().await;
    service.file(&[&letter("one")]).await;
    let mut client = service.ada().await;
    client.send("a SELECT INBOX\r\nb IDLE\r\nDONE\r\n\r\nc FETCH 1 (UID)\r\nd IDLE\r\n").await;
    client.reply("a").await.ends("OK");
    client.reply("b").await.ends("OK");
    client.reply("c").await.ends("OK").has("* 1 FETCH (UID 1)");
    assert_eq!(client.line().await, "+ idling");
    client.send("DONE\r\ne STATUS INBOX (MESSAGES)\r\nf NOOP\r\n").await;
    client.reply("d").await.ends("OK");
    client.reply("e").await.ends("OK");
    client.reply("f").await.ends("OK");
}

#[tokio::test]
async fn idle_without_a_mailbox_and_in_one_that_goes() {
    let service = Service::start().await;
    let (mut client, mut other) = (service.ada().await, service.ada().await);
    client.send("i IDLE\r\n").await;
    assert_eq!(client.line().await, "+ idling");
    client.send("DONE\r\n").await;
    client.reply("i").await.ends("OK");
    other.ok("CREATE Kort").await;
    client.ok("SELECT Kort").await;
    client.send("i IDLE\r\n").await;
    assert_eq!(client.line().await, "+ idling");
    other.ok("DELETE Kort").await;
    assert!(client.line().await.starts_with("* BYE [NONEXISTENT]"));
}

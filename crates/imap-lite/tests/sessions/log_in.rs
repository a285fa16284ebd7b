//! LOGIN, AUTHENTICATE, and how a session ends.

use std::time::{Duration, Instant};

use imap_lite::Limits;

use crate::support::{PASSWORD, Service, now};

#[tokio::test]
async fn right_and_wrong_passwords() {
    let service = Service::start().await;
    let mut client = service.connect().await;
    client.say("LOGIN ada.oqvist@skola.test wrong-one").await.ends("NO [AUTHENTICATIONFAILED]");
    client.say("LOGIN nobody@skola.test wrong-one").await.ends("NO [AUTHENTICATIONFAILED]");
    client.say("SELECT INBOX").await.ends("BAD");
    client.say("LOGIN ada.oqvist@skola.test sommar-2026").await.ends("OK [CAPABILITY IMAP4rev1");
    client.ok("NOOP").await;
    let reply = client.ok("LOGOUT").await;
    assert!(reply.untagged[0].starts_with("* BYE"));
    assert_eq!(client.line().await, "");

    let mut client = service.connect().await;
    // \0ada.oqvist@skola.test\0sommar-2026
    client.ok("AUTHENTICATE PLAIN AGFkYS5vcXZpc3RAc2tvbGEudGVzdABzb21tYXItMjAyNg==").await;
    let mut client = service.connect().await;
    // bo.ek@skola.test\0ada.oqvist@skola.test\0sommar-2026
    let on_behalf = "AUTHENTICATE PLAIN Ym8uZWtAc2tvbGEudGVzdABhZGEub3F2aXN0QHNrb2xhLnRlc3QAc29tbWFyLTIwMjY=";
    client.say(on_behalf).await.ends("NO [AUTHORIZATIONFAILED]");
}

#[tokio::test]
async fn no_password_without_tls_from_elsewhere() {
    let service = Service::with(Limits::default(), false).await;
    let mut client = service.connect().await;
    let reply = client.ok("CAPABILITY").await;
    assert!(reply.untagged[0].contains(" STARTTLS LOGINDISABLED"));
    client.say(&format!("LOGIN ada.oqvist@skola.test {PASSWORD}")).await.ends("NO [PRIVACYREQUIRED]");
}

#[tokio::test]
async fn sessions_of_an_account_are_bounded() {
    let limits = Limits { connections_per_account_max: 2, ..Limits::default() };
    let service = Service::with(limits, true).await;
    let mut first = service.ada().await;
    let _second = service.ada().await;
    let mut third = service.connect().await;
    let login = format!("LOGIN ada.oqvist@skola.test {PASSWORD}");
    third.say(&login).await.ends("NO [LIMIT]");
    third.ok(&format!("LOGIN bo.ek@skola.test {PASSWORD}")).await;
    first.ok("LOGOUT").await;
    assert_eq!(first.line().await, "");
    while service.sessions.total() > 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    service.ada().await;
}

#[tokio::test]
async fn a_client_that_does_not_log_in_is_left() {
    let service = Service::with(Limits { login_seconds_max: 1, ..Limits::default() }, true).await;
    let mut client = service.connect().await;
    client.ok("NOOP").await;
    assert!(client.line().await.starts_with("* BYE"));
    assert_eq!(client.line().await, "");
}

#[tokio::test]
async fn silence_ends_a_session_also_in_idle() {
    let service = Service::with(Limits { idle_seconds_max: 1, ..Limits::default() }, true).await;
    let (mut client, mut idler) = (service.ada().await, service.ada().await);
    idler.send("i IDLE\r\n").await;
    assert_eq!(idler.line().await, "+ idling");
    assert!(client.line().await.starts_with("* BYE"));
    assert!(idler.line().await.starts_with("* BYE"));
}

#[tokio::test]
async fn a_lock_ends_every_session_at_once() {
    let service = Service::start().await;
    let (mut waiting, mut idling, mut busy) =
        (service.ada().await, service.ada_in_inbox().await, service.ada().await);
    idling.send("i IDLE\r\n").await;
    assert_eq!(idling.line().await, "+ idling");
    // This one never leaves the server a moment without a command.
    let chatter = tokio::spawn(async move {
        loop {
            busy.send("n NOOP\r\nn NOOP\r\nn NOOP\r\n").await;
            for _ in 0..3 {
                let line = busy.line().await;
                if line.starts_with("* BYE [CONTACTADMIN]") {
                    return;
                }
                assert!(line.starts_with("n OK"), "{line}");
            }
        }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let locked = Instant::now();
    service.lock_ada().await;
    assert!(waiting.line().await.starts_with("* BYE [CONTACTADMIN]"));
    assert!(idling.line().await.starts_with("* BYE [CONTACTADMIN]"));
    chatter.await.unwrap();
    assert!(locked.elapsed() < Duration::from_secs(1));
    assert_eq!(waiting.line().await, "");
    let mut client = service.connect().await;
    client.say(&format!("LOGIN ada.oqvist@skola.test {PASSWORD}")).await.ends("NO [CONTACTADMIN]");
}

#[tokio::test]
async fn a_new_password_ends_the_old_sessions() {
    let service = Service::start().await;
    let mut client = service.ada().await;
    service.set_password("vinter-2026").await;
    assert!(client.line().await.starts_with("* BYE [EXPIRED]"));
    let mut client = service.connect().await;
    client.ok("LOGIN ada.oqvist@skola.test vinter-2026").await;
}

#[tokio::test]
async fn a_stop_says_goodbye() {
    let service = Service::start().await;
    let (mut client, mut stranger) = (service.ada().await, service.connect().await);
    service.stopper.set();
    assert!(client.line().await.starts_with("* BYE [UNAVAILABLE]"));
    assert!(stranger.line().await.starts_with("* BYE [UNAVAILABLE]"));
}

#[tokio::test]
async fn an_account_is_not_shown_what_its_programs_stumble_over() {
    let service = Service::start().await;
    let deny = service.directory.deny_capability(service.tenant, service.ada, "notify", true, now()).await;
    service.store.commit(deny.unwrap()).await.unwrap();
    let mut client = service.connect().await;
    let greeted = client.ok(&format!("LOGIN ada.oqvist@skola.test {PASSWORD}")).await;
    assert!(greeted.tagged.contains(" IDLE ") && !greeted.tagged.contains("NOTIFY"), "{greeted:?}");
    let words = client.ok("CAPABILITY").await.untagged.join("");
    assert!(words.contains(" QRESYNC ") && !words.contains("NOTIFY"), "{words}");
    let mut other = service.connect().await;
    let greeted = other.ok(&format!("LOGIN bo.ek@skola.test {PASSWORD}")).await;
    assert!(greeted.tagged.contains(" NOTIFY"), "{greeted:?}");
}

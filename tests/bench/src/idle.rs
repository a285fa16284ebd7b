//! What a phone that waits costs, and how soon it hears of a letter.

use std::time::Instant;

use crate::service::Service;
use crate::{Outcome, client, report};

const CONNECTIONS: usize = 10_000;
const ACCOUNTS: usize = 250;

pub(crate) async fn run() -> Outcome {
    let service = Service::start(34_500, ACCOUNTS);
    let tls = client::tls(&service)?;
    // The first log-ins hash; what that takes for good is not a connection's.
    for account in 0..ACCOUNTS {
        client::imaps(&service, &tls, account).await?.command("SELECT INBOX").await?;
    }
    let before = service.memory();
    let mut waiting = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let mut imap = client::imaps(&service, &tls, number % ACCOUNTS).await?;
        imap.command("SELECT INBOX").await?;
        imap.send(b"i IDLE\r\n").await?;
        imap.untagged().await?;
        waiting.push(imap);
    }
    let grown = service.memory().saturating_sub(before) as f64 / CONNECTIONS as f64;
    report(&format!("memory for each of {CONNECTIONS} TLS connections in IDLE"), "B ", vec![grown]);
    let mut line = client::smtp(&service).await?;
    let mut waits = Vec::new();
    for number in 0..200 {
        let to = [format!("elev{}@skola.test", number % ACCOUNTS)];
        client::letter(&mut line, &to, &client::content(4_000, number)).await?;
        let begun = Instant::now();
        let heard = waiting[number % ACCOUNTS].untagged().await?;
        assert!(heard.ends_with(b"EXISTS\r\n"), "{}", String::from_utf8_lossy(&heard));
        waits.push(begun.elapsed().as_secs_f64() * 1000.0);
        // The others of that account hear of it too; what is waiting for them is read at their next turn.
        drain(&mut waiting[number % ACCOUNTS]).await;
    }
    waits.sort_by(f64::total_cmp);
    report("acknowledged to EXISTS in IDLE, p50", "ms", vec![waits[waits.len() / 2]]);
    report("acknowledged to EXISTS in IDLE, p99", "ms", vec![waits[waits.len() * 99 / 100]]);
    Ok(())
}

/// `RECENT` may follow `EXISTS`.
async fn drain<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin>(line: &mut client::Line<S>) {
    let wait = std::time::Duration::from_millis(5);
    while tokio::time::timeout(wait, line.untagged()).await.is_ok_and(|line| line.is_ok()) {}
}

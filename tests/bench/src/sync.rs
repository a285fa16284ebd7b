//! What a mail program asks when it sees a large mailbox for the first time.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

pub(crate) async fn run() -> Outcome {
    let service = Arc::new(Service::start(33_000, 2));
    for (account, messages) in [(0, 10_000), (1, 100_000)] {
        fill(&service, account, messages).await?;
        for (what, command) in [
            ("flags", "FETCH 1:* (UID FLAGS)"),
            ("flags, size, date", "FETCH 1:* (UID FLAGS RFC822.SIZE INTERNALDATE)"),
            ("header fields", "FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE MESSAGE-ID)])"),
            ("ENVELOPE", "FETCH 1:* (UID ENVELOPE)"),
            ("BODYSTRUCTURE", "FETCH 1:* (UID BODYSTRUCTURE)"),
            ("all bodies", "FETCH 1:* (BODY.PEEK[])"),
            ("SEARCH SUBJECT", "SEARCH SUBJECT \"777 om\""),
            ("SEARCH TEXT", "SEARCH TEXT \"finns inte alls\""),
        ] {
            let mut figures = Vec::new();
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let mut imap = client::imap(&service, account).await?;
                imap.command("SELECT INBOX").await?;
                imap.command(command).await?;
                figures.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            report(&format!("{messages} messages, log-in to last line: {what}"), "ms", figures);
        }
    }
    println!("memory of the service after it: {} MiB", service.memory() >> 20);
    Ok(())
}

pub(crate) async fn fill(service: &Arc<Service>, account: usize, messages: usize) -> Outcome {
    const CONNECTIONS: usize = 20;
    let mut tasks = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let service = service.clone();
        tasks.spawn(async move {
            let mut line = client::smtp(&service).await?;
            let to = [format!("elev{account}@skola.test")];
            for number in 0..messages / CONNECTIONS {
                let unique = number * CONNECTIONS + connection;
                client::letter(&mut line, &to, &client::content(2_000, unique)).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

//! Letters out and in again: all bodies of a mailbox, and APPEND.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

/// Letters of a school: mostly short, some with pictures.
const SCHOOL_MIX: [usize; 10] =
    [2_000, 3_000, 4_000, 6_000, 10_000, 15_000, 30_000, 60_000, 200_000, 1_500_000];

pub(crate) async fn run() -> Outcome {
    let service = Arc::new(Service::start(36_000, 23));
    fill(&service, 0, 10_000, &[2_000]).await?;
    fill(&service, 1, 1_000, &SCHOOL_MIX).await?;
    for (account, what) in [(0, "10,000 of 2 kB"), (1, "1,000 of a school's mix")] {
        let (mut letters, mut octets) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let mut imap = client::imap(&service, account).await?;
            imap.command("SELECT INBOX").await?;
            let begun = Instant::now();
            let read = imap.command("FETCH 1:* (BODY.PEEK[])").await?;
            let seconds = begun.elapsed().as_secs_f64();
            octets.push(read as f64 / seconds / 1e6);
            letters.push(if account == 0 { 10_000.0 } else { 1_000.0 } / seconds);
        }
        report(&format!("FETCH all bodies, {what}"), "MB/s", octets);
        report(&format!("FETCH all bodies, {what}"), "letters/s", letters);
    }
    for connections in [1, 20] {
        let mut figures = Vec::new();
        for _ in 0..ROUNDS {
            figures.push(append(&service, connections, 4_000 / connections).await?);
        }
        report(&format!("APPEND 4 kB, {connections} connections"), "/s", figures);
    }
    Ok(())
}

async fn fill(service: &Arc<Service>, account: usize, messages: usize, sizes: &'static [usize]) -> Outcome {
    let mut line = client::smtp(service).await?;
    let to = [format!("elev{account}@skola.test")];
    for number in 0..messages {
        client::letter(&mut line, &to, &client::content(sizes[number % sizes.len()], number)).await?;
    }
    Ok(())
}

/// Every connection with an account of its own; how many a second are filed.
async fn append(
    service: &Arc<Service>,
    connections: usize,
    each: usize,
) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let mut lines = Vec::new();
    for connection in 0..connections {
        lines.push(client::imap(service, 2 + connection).await?);
    }
    let (mut tasks, begun) = (JoinSet::new(), Instant::now());
    for mut line in lines {
        tasks.spawn(async move {
            for number in 0..each {
                let content = client::content(4_000, number);
                let letter = content.strip_suffix(b".\r\n").unwrap_or(&content);
                let mut command = format!("APPEND INBOX {{{}+}}\r\n", letter.len());
                command.push_str(std::str::from_utf8(letter)?);
                line.command(&command).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((connections * each) as f64 / begun.elapsed().as_secs_f64())
}

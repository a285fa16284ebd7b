//! Sorted and threaded views of a large mailbox.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

const MESSAGES: usize = 100_000;

pub(crate) async fn run() -> Outcome {
    let service = Arc::new(Service::start(34_000, 1));
    fill(&service).await?;
    for command in [
        "SORT (ARRIVAL) UTF-8 ALL",
        "SORT (DATE) UTF-8 ALL",
        "SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
        "SORT (DISPLAYFROM SUBJECT DATE) UTF-8 ALL",
        "THREAD ORDEREDSUBJECT UTF-8 ALL",
        "THREAD REFERENCES UTF-8 ALL",
        "THREAD REFS UTF-8 ALL",
        "FETCH 1:1000 (PREVIEW)",
    ] {
        // The first round finds nothing of the mailbox in memory after a start.
        let cold = once(&service, command).await?;
        let mut figures = Vec::new();
        for _ in 0..ROUNDS {
            figures.push(once(&service, command).await?);
        }
        report(&format!("{MESSAGES} messages, {command}, first {cold:.1} ms"), "ms", figures);
    }
    println!("memory of the service after it: {} MiB", service.memory() >> 20);
    Ok(())
}

/// From the command to its last line.
async fn once(service: &Service, command: &str) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let mut imap = client::imap(service, 0).await?;
    imap.command("SELECT INBOX").await?;
    let begun = Instant::now();
    imap.command(command).await?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

async fn fill(service: &Arc<Service>) -> Outcome {
    const CONNECTIONS: usize = 20;
    let mut tasks = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let service = service.clone();
        tasks.spawn(async move {
            let mut line = client::smtp(&service).await?;
            let to = ["elev0@skola.test".to_owned()];
            for number in 0..MESSAGES / CONNECTIONS {
                client::letter(&mut line, &to, &content(number * CONNECTIONS + connection)).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// A letter of a conversation of five: each answers the one before, with all References.
fn content(number: usize) -> Vec<u8> {
    let (conversation, place) = (number / 5, number % 5);
    let id = |place: usize| format!("<{conversation}.{place}@load.test>");
    let mut references = String::new();
    for before in 0..place {
        let _ = write!(references, "{}{}", if before == 0 { "References: " } else { "\r\n " }, id(before));
    }
    let references = if place == 0 { references } else { references + "\r\n" };
    let re = if place == 0 { "" } else { "Re: " };
    format!(
        "From: \"Förälder {}\" <foralder{}@load.test>\r\nTo: elev0@skola.test\r\n\
         Subject: {re}=?utf-8?Q?Utflykt_{conversation}_p=C3=A5_torsdag?=\r\n\
         Date: Mon, 5 Oct 2026 {:02}:{:02}:{:02} +0200\r\nMessage-ID: {}\r\n{references}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHej!\r\n\r\nTa med matsack {number}.\r\n.\r\n",
        number % 997,
        number % 997,
        number / 3600 % 24,
        number / 60 % 60,
        number % 60,
        id(place),
    )
    .into_bytes()
}

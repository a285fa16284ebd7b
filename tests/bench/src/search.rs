//! SEARCH in large mailboxes: before there is an index, with it, and with it after a start.

use std::sync::Arc;
use std::time::Instant;

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report, sync};

/// What is searched for, from nothing found to everything.
const SEARCHES: [(&str, &str); 7] = [
    ("TEXT, in none", "SEARCH TEXT \"finns inte alls\""),
    ("BODY, in none", "SEARCH BODY \"räksmörgås\""),
    ("TEXT, in about 10", "SEARCH TEXT \"Brev 777\""),
    ("SUBJECT, in about 10", "SEARCH SUBJECT \"777 om\""),
    ("SUBJECT, in all", "SEARCH SUBJECT utflykten"),
    ("FROM, in all", "SEARCH FROM foralder"),
    ("TEXT of two letters, in all", "SEARCH TEXT \"om\""),
];

pub(crate) async fn run() -> Outcome {
    let mut service = Arc::new(Service::start(34_000, 2));
    for (account, messages) in [(0, 10_000), (1, 100_000)] {
        sync::fill(&service, account, messages).await?;
    }
    for (account, messages) in [(0, 10_000), (1, 100_000)] {
        let figure = measure(&service, account, "SEARCH TEXT \"finns inte alls\"").await?;
        report(&format!("{messages} messages, no index: TEXT, in none"), "ms", vec![figure]);
    }
    restart(&mut service);
    let (before, begun) = (service.disk(), Instant::now());
    service.call(&["store", "rebuild-search"], "");
    report("110000 messages, index made", "ms", vec![begun.elapsed().as_secs_f64() * 1000.0]);
    restart(&mut service);
    let octets = service.disk().saturating_sub(before) as f64 / 110_000.0;
    report("disk of the index for each message", "octets", vec![octets]);
    for (account, messages) in [(0, 10_000), (1, 100_000)] {
        let figure = measure(&service, account, "NOOP").await?;
        report(&format!("{messages} messages, first after a start: log-in and SELECT"), "ms", vec![figure]);
        for (what, command) in SEARCHES {
            // The first round is the cold one: nothing of it was asked for since the start.
            let mut figures = Vec::new();
            for _ in 0..=ROUNDS {
                figures.push(measure(&service, account, command).await?);
            }
            let cold = figures.remove(0);
            report(&format!("{messages} messages, first after a start: {what}"), "ms", vec![cold]);
            report(&format!("{messages} messages: {what}"), "ms", figures);
        }
    }
    println!("memory of the service after it: {} MiB", service.memory() >> 20);
    Ok(())
}

/// What was written goes to its place, what was read is forgotten.
fn restart(service: &mut Arc<Service>) {
    let service = Arc::get_mut(service).expect("nobody else holds it");
    service.stop();
    service.boot();
}

/// From log-in to the last line.
async fn measure(
    service: &Service,
    account: usize,
    command: &str,
) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let begun = Instant::now();
    let mut imap = client::imap(service, account).await?;
    imap.command("SELECT INBOX").await?;
    imap.command(command).await?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

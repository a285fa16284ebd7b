//! One letter to many: until all have it, and what it costs on the disk.

use std::time::{Duration, Instant};

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

const ACCOUNTS: usize = 800;

pub(crate) async fn run() -> Outcome {
    let mut service = Service::start(31_500, ACCOUNTS);
    let mut line = client::smtp(&service).await?;
    let mut number = 1_000_000;
    for (octets, recipients, letters) in [(50_000, 1, 40), (50_000, 30, 40), (512_000, 800, 3)] {
        let to: Vec<_> = (0..recipients).map(|account| format!("elev{account}@skola.test")).collect();
        let (mut speed, mut disk) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            // A stop writes everything out, so that the disk shows what is kept and not what is under way.
            restart(&mut service);
            line = client::smtp(&service).await?;
            let (before, begun) = (service.disk(), Instant::now());
            for _ in 0..letters {
                number += 1;
                client::letter(&mut line, &to, &client::content(octets, number)).await?;
            }
            arrived(&service, recipients - 1, number).await?;
            speed.push((letters * recipients) as f64 / begun.elapsed().as_secs_f64());
            restart(&mut service);
            disk.push(service.disk().saturating_sub(before) as f64 / (letters * recipients) as f64);
        }
        let what = format!("one letter of {} kB to {recipients}", octets / 1000);
        report(&format!("{what}: recipients until all have it"), "/s", speed);
        report(&format!("{what}: disk for each recipient"), "B ", disk);
    }
    drop(line);
    Ok(())
}

fn restart(service: &mut Service) {
    service.stop();
    service.boot();
}

/// Waits until the newest letter can be read by `account`, the last of the list.
async fn arrived(service: &Service, account: usize, number: usize) -> Outcome {
    let mut imap = client::imap(service, account).await?;
    for _ in 0..20_000 {
        imap.command("SELECT INBOX").await?;
        // `* SEARCH` with a hit is longer than without one.
        let octets = imap.command(&format!("SEARCH SUBJECT \"Brev {number} om\"")).await?;
        let none = imap.command("SEARCH SUBJECT \"finns inte alls\"").await?;
        if octets > none {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Err("the letter does not arrive".into())
}

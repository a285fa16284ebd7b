//! Durable messages a second over SMTP.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::service::Service;
use crate::{Outcome, ROUNDS, client, report};

const ACCOUNTS: usize = 20;

pub(crate) async fn run() -> Outcome {
    let service = Arc::new(Service::start(30_000, ACCOUNTS));
    for (octets, connections, letters) in [
        (10_000, 1, 2_000),
        (10_000, 8, 8_000),
        (10_000, 32, 16_000),
        (4_000, 20, 16_000),
        (100_000, 20, 3_000),
    ] {
        let mut figures = Vec::new();
        for round in 0..ROUNDS {
            figures.push(round_of(&service, octets, connections, letters, round).await?);
        }
        let what = format!("SMTP in, {} kB, {connections} connection(s): durable letters", octets / 1000);
        report(&what, "/s", figures);
    }
    println!("memory of the service after it: {} MiB", service.memory() >> 20);
    Ok(())
}

async fn round_of(
    service: &Arc<Service>,
    octets: usize,
    connections: usize,
    letters: usize,
    round: usize,
) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in 0..connections {
        let service = service.clone();
        tasks.spawn(async move {
            let mut line = client::smtp(&service).await?;
            for number in 0..letters / connections {
                let unique = (round * connections + connection) * letters + number;
                let to = [format!("elev{}@skola.test", unique % ACCOUNTS)];
                client::letter(&mut line, &to, &client::content(octets, unique)).await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok((letters / connections * connections) as f64 / begun.elapsed().as_secs_f64())
}

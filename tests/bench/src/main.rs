//! Measures the built service over real sockets: `cargo run --release -p bench -- [WORKLOAD …]`.
//!
//! Workloads: `smtp`, `fanout`, `sync`, `search`, `threads`, `reading`, `mixed`, `idle`, `reopen`; without a word all of them. The load generator runs on the
//! same machine and takes its share of it; compare figures of one run only. Every acknowledgement that is counted is
//! one that the service gave after its commit was durable.

mod client;
mod fanout;
mod idle;
mod mixed;
mod reading;
mod reopen;
mod search;
mod service;
mod smtp;
mod sync;
mod threads;

use std::error::Error;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder] = &asked[..]
        && word == "fill"
    {
        return reopen::fill(folder.as_ref()).await;
    }
    let wants = |name: &str| asked.is_empty() || asked.iter().any(|word| word == name);
    println!("medians of {} rounds (lowest to highest in brackets)", ROUNDS);
    if wants("smtp") {
        smtp::run().await?;
    }
    if wants("fanout") {
        fanout::run().await?;
    }
    if wants("sync") {
        sync::run().await?;
    }
    if wants("search") {
        search::run().await?;
    }
    if wants("threads") {
        threads::run().await?;
    }
    if wants("reading") {
        reading::run().await?;
    }
    if wants("mixed") {
        mixed::run().await?;
    }
    if wants("idle") {
        idle::run().await?;
    }
    if wants("reopen") {
        reopen::run().await?;
    }
    Ok(())
}

/// How often each figure is taken.
const ROUNDS: usize = 3;

/// Prints the median of `figures` with its range.
fn report(what: &str, unit: &str, mut figures: Vec<f64>) {
    figures.sort_by(f64::total_cmp);
    let (low, middle, high) = (figures[0], figures[figures.len() / 2], figures[figures.len() - 1]);
    println!("{what:<64} {middle:>10.1} {unit}  [{low:.1} to {high:.1}]");
}

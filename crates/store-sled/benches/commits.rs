//! How fast the engine commits: `cargo bench -p store-sled [-- --tiny | --reopen] [FOLDER]`.
//!
//! Each line: appends/s, milliseconds at the median and at p99. Writers wait for their own answer, as sessions do.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use model::{AccountId, FlagSet, MailboxId, MailboxRef, QueueId, TenantId, UidValidity, UnixMillis};
use store::{Batch, NewMessage, Op, Spool, Store};
use store_sled::{Options, SledEngine};

const SECONDS: u64 = 4;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` runs it without.
    if !args.iter().any(|arg| arg == "--bench") {
        return;
    }
    let tiny = args.iter().any(|arg| arg == "--tiny");
    let folder =
        args.iter().find(|arg| !arg.starts_with("--")).map_or_else(std::env::temp_dir, PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if args.iter().any(|arg| arg == "--reopen") {
        return runtime.block_on(reopen(&folder));
    }
    println!(
        "{:>8} {:>8} {:>10} {:>10} {:>8} {:>8}",
        "body", "writers", "in journal", "append/s", "p50 ms", "p99 ms"
    );
    for writers in [1, 64] {
        runtime.block_on(line(&folder, 200, writers, 64 << 10));
    }
    if tiny {
        return;
    }
    for body in [10_000, 100_000] {
        for writers in [1, 8, 32] {
            for inline in [0, 16 << 10, 64 << 10, 256 << 10] {
                if inline == 0 || inline > body {
                    runtime.block_on(line(&folder, body, writers, inline as u64));
                }
            }
        }
    }
}

async fn line(folder: &Path, body: usize, writers: u64, inline: u64) {
    let dir = tempfile::tempdir_in(folder).unwrap();
    let options = Options { inline_octets_max: inline, ..Options::default() };
    let (store, handle) = SledEngine::open(dir.path(), options).unwrap();
    let until = Instant::now() + Duration::from_secs(SECONDS);
    let tasks: Vec<_> =
        (0..writers).map(|writer| tokio::spawn(write(store.clone(), writer, body, until))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    let at = |part: f64| times[(times.len() as f64 * part) as usize].as_secs_f64() * 1000.0;
    let rate = times.len() as u64 / SECONDS;
    let stats = handle.stats().unwrap();
    println!(
        "{body:>8} {writers:>8} {:>10} {rate:>10} {:>8.2} {:>8.2}   ({} a group)",
        if inline == 0 { "no" } else { "yes" },
        at(0.5),
        at(0.99),
        stats.batches / stats.groups.max(1)
    );
}

/// Fills a store with half a million messages, then opens it: after a clean end, and as a kill leaves it.
async fn reopen(folder: &Path) {
    const MESSAGES: u64 = 500_000;
    const WRITERS: u64 = 32;
    const BATCH: u64 = 20;
    let dir = tempfile::tempdir_in(folder).unwrap();
    let (store, handle) = SledEngine::open(&dir.path().join("store"), Options::default()).unwrap();
    let begin = Instant::now();
    let fill = |writer: u64| {
        let store = store.clone();
        async move {
            for account in (writer * 20)..(writer * 20 + 20) {
                store.commit(one(Op::CreateMailbox(mailbox(account), UidValidity::MIN))).await.unwrap();
            }
            for number in 0..MESSAGES / WRITERS / BATCH {
                let content = Spool::from_bytes(letter(writer << 32 | number, 2000));
                let staged = store.stage(TenantId::new(1), content, Bytes::new()).await.unwrap();
                let mut batch = Batch::new(UnixMillis(1));
                let accounts = (writer * 20)..(writer * 20 + BATCH);
                batch.ops.extend(accounts.map(|account| Op::Append(mailbox(account), message(&staged))));
                batch.bodies.push(staged);
                store.commit(batch).await.unwrap();
            }
        }
    };
    let tasks: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(fill(writer))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("{MESSAGES} messages filed in {:.1} s", begin.elapsed().as_secs_f64());
    let copy = dir.path().join("killed");
    std::process::Command::new("cp").arg("-r").arg(dir.path().join("store")).arg(&copy).status().unwrap();
    drop(store);
    let begin = Instant::now();
    handle.close().unwrap();
    println!("closed in {:.2} s", begin.elapsed().as_secs_f64());
    for (what, dir) in [("a clean end", dir.path().join("store")), ("a kill", copy)] {
        let begin = Instant::now();
        let (store, handle) = SledEngine::open(&dir, Options::default()).unwrap();
        store.load(&store::MailboxStateKey(mailbox(1))).await.unwrap().unwrap();
        println!(
            "first answer after {what}: {:.2} s, {} records replayed",
            begin.elapsed().as_secs_f64(),
            handle.open_report().replayed
        );
    }
}

fn one(op: Op) -> Batch {
    let mut batch = Batch::new(UnixMillis(1));
    batch.ops.push(op);
    batch
}

fn mailbox(account: u64) -> MailboxRef {
    MailboxRef { tenant: TenantId::new(1), account: AccountId::new(account), mailbox: MailboxId::new(1) }
}

/// Half of all letters go to one mailbox, the others each to the writer's own.
async fn write(store: Store, writer: u64, body: usize, until: Instant) -> Vec<Duration> {
    for account in [0, writer + 1] {
        // The common one is made by the first.
        drop(store.commit(one(Op::CreateMailbox(mailbox(account), UidValidity::MIN))).await);
    }
    let mut times = Vec::new();
    let mut number = writer << 32;
    while Instant::now() < until {
        number += 1;
        let content = letter(number, body);
        let begin = Instant::now();
        let staged = store
            .stage(TenantId::new(1), Spool::from_bytes(content), Bytes::from_static(&[7; 100]))
            .await
            .unwrap();
        let mut batch = Batch::new(UnixMillis(1));
        let account = if number.is_multiple_of(2) { 0 } else { writer + 1 };
        batch.ops.push(Op::Append(mailbox(account), message(&staged)));
        batch.bodies.push(staged);
        store.commit(batch).await.unwrap();
        times.push(begin.elapsed());
    }
    times
}

fn message(staged: &store::StagedBody) -> NewMessage {
    NewMessage {
        body: staged.id,
        size: staged.size,
        internal_date: UnixMillis(1),
        zone: model::Zone::UTC,
        flags: FlagSet::new(),
        queue_id: QueueId::new(0),
        envelope: Bytes::from_static(&[b'e'; 250]),
        lineage: Bytes::from_static(&[b'l'; 24]),
    }
}

/// Content that does not shrink: the body log and the journal get all of it.
fn letter(number: u64, len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut octets);
    octets
}

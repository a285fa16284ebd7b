//! `kill -9` at random moments: the test runs itself as the child that files letters and prints what was acknowledged.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use store_sled::testing::Random;

use crate::support::{content, create, file, letter, mailbox, open};

const CHILD: &str = "STORE_SLED_TEST_CHILD";
const CYCLES: u64 = 6;

/// Files letters until it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let (store, _handle) = open(dir.as_ref());
    println!("open");
    let mut writers = Vec::new();
    for account in 1..=4 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            for seed in 0.. {
                let uid = file(
                    &store,
                    mailbox(account),
                    &letter(account * 1_000_000 + seed, 500 + (seed as usize % 9) * 1000),
                )
                .await;
                println!("filed {account} {uid} {seed}");
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_before_a_kill_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let (store, handle) = open(dir.path());
    for account in 1..=4 {
        create(&store, mailbox(account)).await;
    }
    drop(store);
    handle.close().unwrap();
    let mut random = Random::new(std::process::id().into());
    let mut filed = Vec::new();
    for _ in 0..CYCLES {
        filed.extend(one_life(dir.path(), Duration::from_millis(30 + random.below(400))));
        let (store, _handle) = open(dir.path());
        for (account, uid, seed) in &filed {
            let wanted = letter(account * 1_000_000 + seed, 500 + (*seed as usize % 9) * 1000);
            assert_eq!(content(&store, mailbox(*account), model::Uid::new(*uid).unwrap()).await, wanted);
        }
    }
    let mut uids: Vec<_> = filed.iter().map(|(account, uid, _)| (account, uid)).collect();
    uids.sort_unstable();
    uids.dedup();
    assert_eq!(uids.len(), filed.len(), "no UID twice");
    assert!(!filed.is_empty());
}

/// Runs a child for a while and kills it; returns what it said was filed.
fn one_life(dir: &std::path::Path, time: Duration) -> Vec<(u64, u32, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["kill::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let lines = out.lines().map_while(Result::ok);
        lines
            .filter_map(|line| {
                // A line that was cut by the kill says nothing.
                let words: Vec<_> = line.split_whitespace().collect();
                match words[..] {
                    ["filed", account, uid, seed] => {
                        Some((account.parse().ok()?, uid.parse().ok()?, seed.parse().ok()?))
                    }
                    _ => None,
                }
            })
            .collect::<Vec<_>>()
    });
    std::thread::sleep(time);
    child.kill().unwrap();
    child.wait().unwrap();
    let mut filed = reader.join().unwrap();
    // The last line may have lost its last digits.
    filed.pop();
    filed
}

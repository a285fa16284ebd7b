//! Searches that ask for as much work as they can: nobody else notices.

use std::fmt::Write;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::support::{Client, Service, letter};

const LETTERS: usize = 40;
const KEYS: usize = 240;

/// Octets that no prefilter helps with, and that no two letters share.
fn noise(seed: usize, length: usize) -> String {
    let mut state = seed as u64 + 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if state >> 63 == 0 { 'a' } else { 'b' }
    };
    (0..length).map(|_| next()).collect()
}

async fn service() -> Service {
    let limits = imap_lite::Limits { search_progress_seconds: 1, ..imap_lite::Limits::default() };
    let service = Service::with(limits, true).await;
    let letters: Vec<String> = (0..LETTERS).map(large).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    service
}

fn large(number: usize) -> String {
    let letter = letter("tung").replace("Hej", &noise(number, 190_000));
    letter.replace("Subject: tung", &format!("Subject: {}", noise(number + 500, 190_000)))
}

/// Two sessions of Ada, each with a search that no letter fails early.
async fn two_searches(service: &Service) -> [Client<TcpStream>; 2] {
    let keys = (0..KEYS).fold(String::new(), |mut keys, key| {
        write!(keys, " NOT SUBJECT {}", noise(1000 + key, 40)).unwrap();
        keys
    });
    let mut both = [service.ada_in_inbox().await, service.ada_in_inbox().await];
    for client in &mut both {
        client.send(&format!("z SEARCH{keys}\r\n")).await;
    }
    sleep(Duration::from_millis(300)).await;
    both
}

async fn bo(service: &Service) -> Client<TcpStream> {
    let mut bo = service.connect().await;
    bo.ok(&format!("LOGIN bo.ek@skola.test {}", crate::support::PASSWORD)).await;
    bo
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_meanwhile() {
    let service = service().await;
    let mut bo = bo(&service).await;
    let mut hostile = two_searches(&service).await;
    for _ in 0..5 {
        let asked = Instant::now();
        bo.ok("NOOP").await;
        drop(service.connect().await);
        assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    }
    // They are still at it, and end when the account is locked.
    for client in &mut hostile {
        assert!(timeout(Duration::from_millis(1), client.line()).await.is_err());
    }
    let locked = Instant::now();
    service.lock_ada().await;
    for client in hostile {
        client.into_stream().readable().await.unwrap();
        assert!(locked.elapsed() < Duration::from_secs(1), "{:?}", locked.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_work_ends_when_the_client_leaves() {
    let service = service().await;
    let mut third = service.ada_in_inbox().await;
    drop(two_searches(&service).await);
    let left = Instant::now();
    // Two at a time may read letters: this one waits for those that nobody waits for.
    third.ok("SEARCH TEXT subject").await;
    assert!(left.elapsed() < Duration::from_secs(1), "{:?}", left.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_is_told_while_it_is_made() {
    let service = service().await;
    let [mut one, _other] = two_searches(&service).await;
    let (mut before, mut begun) = (0, 0);
    for _ in 0..8 {
        let line = one.line().await;
        assert!(line.starts_with("* OK [INPROGRESS (\"z\" "), "{line}");
        let done: u32 = line.split(' ').nth(4).unwrap().parse().unwrap();
        assert!(done >= before, "{line}");
        (before, begun) = (done, begun + u32::from(done > before));
        if begun > 1 {
            return;
        }
    }
    panic!("no progress");
}

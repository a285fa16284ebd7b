//! How fast, and how much memory: `cargo test --release -p imap-lite measure -- --ignored --nocapture --test-threads 1`.

#![allow(clippy::print_stdout, reason = "somebody reads it")]

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Service, letter};

/// Says a command and reads up to its answer; returns octets and time.
async fn timed(stream: &mut TcpStream, command: &str) -> (usize, Duration) {
    let begun = Instant::now();
    stream.write_all(format!("t {command}\r\n").as_bytes()).await.unwrap();
    let (mut octets, mut last, mut buffer) = (0, Vec::new(), vec![0; 256 << 10]);
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "{command}");
        octets += count;
        last.extend_from_slice(&buffer[..count]);
        last.drain(..last.len().saturating_sub(400));
        let tagged = last.rsplit(|octet| *octet == b'\n').nth(1).unwrap_or_default();
        if last.ends_with(b"\n") && tagged.starts_with(b"t ") {
            assert!(tagged.starts_with(b"t OK"), "{command}");
            return (octets, begun.elapsed());
        }
    }
}

async fn report(stream: &mut TcpStream, command: &str) {
    for _ in 0..3 {
        let (octets, time) = timed(stream, command).await;
        let rate = octets as f64 / time.as_secs_f64() / 1e6;
        println!("{command}: {octets} octets, {time:?}, {rate:.0} MB/s");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn first_sync() {
    const MESSAGES: u32 = 100_000;
    let begun = Instant::now();
    let service = Service::start().await;
    let letters: Vec<String> = (0..MESSAGES).map(|number| letter(&number.to_string())).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    println!("{MESSAGES} filed in {:?}", begun.elapsed());
    let mut stream = service.ada_in_inbox().await.into_stream();
    report(&mut stream, "NOOP").await;
    report(&mut stream, "FETCH 1:* (UID FLAGS)").await;
    report(&mut stream, "UID FETCH 1:* (FLAGS)").await;
    report(&mut stream, "FETCH 1:10000 (UID ENVELOPE)").await;
    report(&mut stream, "FETCH 1:10000 (UID BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])").await;
    report(&mut stream, "FETCH 1:10000 (UID BODYSTRUCTURE)").await;
    report(&mut stream, "FETCH 1:10000 (UID BODY.PEEK[])").await;
    report(&mut stream, "SEARCH SUBJECT 99999").await;
    report(&mut stream, "STORE 1:* +FLAGS (\\Seen)").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn memory_of_waiting_sessions() {
    const SESSIONS: usize = 500;
    let limits = imap_lite::Limits { connections_per_account_max: 10_000, ..Default::default() };
    let service = Service::with(limits, true).await;
    service.file(&[&letter("one")]).await;
    let before = resident_kib();
    let mut clients = Vec::new();
    for _ in 0..SESSIONS {
        let mut client = service.ada_in_inbox().await;
        client.send("i IDLE\r\n").await;
        assert_eq!(client.line().await, "+ idling");
        clients.push(client.into_stream());
    }
    let each = (resident_kib() - before) as f64 / SESSIONS as f64;
    println!("{each:.1} KiB for each session in IDLE, both ends in this process");
}

/// A letter comes to a large mailbox where many sessions wait and whose table has left the memory.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn memory_of_sessions_that_rest() {
    const SESSIONS: usize = 300;
    for (rest_after_seconds, wish) in [
        (10_000, "i IDLE"),
        (0, "i IDLE"),
        (0, "i NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange))"),
        (0, "i NOTIFY SET (SELECTED (MessageNew MessageExpunge)) (PERSONAL (MessageNew MessageExpunge))"),
    ] {
        let limits = imap_lite::Limits {
            rest_after_seconds,
            connections_per_account_max: 10_000,
            ..Default::default()
        };
        let service = Service::with(limits, true).await;
        service.file(&vec![&*letter("one"); 20_000]).await;
        let mut clients = vec![service.ada_in_inbox().await];
        let before = resident_kib();
        for _ in 0..SESSIONS {
            let mut client = service.ada_in_inbox().await;
            client.send(&format!("{wish}\r\n")).await;
            client.line().await;
            clients.push(client);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        service.mailboxes.sweep(crate::support::now().after(Duration::from_secs(100)));
        service.file(&[&letter("new")]).await;
        for client in clients.iter_mut().skip(1) {
            assert_eq!(client.line().await, "* 20001 EXISTS");
        }
        let each = (resident_kib().saturating_sub(before)) as f64 / SESSIONS as f64;
        println!("{wish:?}, rest after {rest_after_seconds} s: {each:.1} KiB a session, both ends");
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

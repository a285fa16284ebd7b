//! A peer that takes nothing of what we write is left; one that takes it slowly is waited for.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::time::{Duration, Instant};

use listen::Stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const TIME_MAX: Duration = Duration::from_millis(500);
/// More than both sockets' buffers.
const OCTETS: usize = 24 << 20;

async fn pair() -> (Stream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    (Stream::plain(stream, TIME_MAX), peer)
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_left() {
    let (mut stream, _peer) = pair().await;
    let begun = Instant::now();
    let error = stream.write(&vec![0; OCTETS]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert!((TIME_MAX..10 * TIME_MAX).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_peer_that_takes_some_now_and_then_gets_all() {
    let (mut stream, mut peer) = pair().await;
    let reader = tokio::spawn(async move {
        let (mut octets, mut total) = (vec![0; 4 << 20], 0);
        loop {
            match peer.read(&mut octets).await.unwrap() {
                0 => return total,
                count => total += count,
            }
            tokio::time::sleep(TIME_MAX / 20).await;
        }
    });
    stream.write(&vec![0; OCTETS]).await.unwrap();
    stream.close().await;
    assert_eq!(reader.await.unwrap(), OCTETS);
}

#[tokio::test]
async fn a_peer_that_has_left_is_seen_behind_what_it_said() {
    let (stream, mut peer) = pair().await;
    assert!(!stream.is_ended());
    peer.write_all(b"never read").await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!stream.is_ended());
    drop(peer);
    let begun = Instant::now();
    while !stream.is_ended() {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

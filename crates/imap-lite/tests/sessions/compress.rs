//! COMPRESS=DEFLATE over a socket.

use std::time::Duration;

use imap_lite::Limits;
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use crate::support::{Client, Service, letter};

/// A client that compresses from here on, as one that flushes so after each write and sends so many octets at a time.
async fn compressed(mut client: Client<TcpStream>, flush: TDEFLFlush, step: usize) -> Client<DuplexStream> {
    client.ok("COMPRESS DEFLATE").await.is(&[]);
    let (here, there) = duplex(1 << 20);
    let (plain_in, plain_out) = tokio::io::split(there);
    let (read, write) = client.into_stream().into_split();
    tokio::spawn(deflate_all(plain_in, write, flush, step));
    tokio::spawn(inflate_all(read, plain_out));
    Client::new(here)
}

async fn deflate_all(
    mut plain: tokio::io::ReadHalf<DuplexStream>,
    mut line: OwnedWriteHalf,
    flush: TDEFLFlush,
    step: usize,
) {
    let mut compressor = CompressorOxide::new(create_comp_flags_from_zip_params(6, -15, 0));
    let mut octets = vec![0; 100_000];
    loop {
        let count = plain.read(&mut octets).await.unwrap_or(0);
        if count == 0 {
            return;
        }
        let mut out = Vec::new();
        compress_to_output(&mut compressor, &octets[..count], flush, |some| {
            out.extend_from_slice(some);
            true
        });
        for part in out.chunks(step) {
            if line.write_all(part).await.is_err() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn inflate_all(mut line: OwnedReadHalf, mut plain: tokio::io::WriteHalf<DuplexStream>) {
    let mut state = InflateState::new_boxed(DataFormat::Raw);
    let (mut octets, mut out) = (vec![0; 10_000], vec![0; 100_000]);
    loop {
        let count = line.read(&mut octets).await.unwrap_or(0);
        if count == 0 {
            let _ = plain.shutdown().await;
            return;
        }
        let mut input = &octets[..count];
        loop {
            let done = inflate(&mut state, input, &mut out, MZFlush::None);
            input = &input[done.bytes_consumed..];
            plain.write_all(&out[..done.bytes_written]).await.unwrap();
            if done.bytes_written == 0 && input.is_empty() {
                break;
            }
            assert!(done.status.is_ok() || input.is_empty(), "{done:?}");
        }
    }
}

#[tokio::test]
async fn a_session_goes_on_compressed() {
    let service = Service::start().await;
    let letters: Vec<String> =
        (0..200).map(|number| letter(&format!("{number} {}", "x".repeat(2000)))).collect();
    service.file(&letters.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let ways = [(TDEFLFlush::Sync, 1 << 20), (TDEFLFlush::Partial, 1), (TDEFLFlush::Full, 7)];
    for ((flush, step), here) in ways.into_iter().zip(200..) {
        let mut client = compressed(service.ada().await, flush, step).await;
        client.ok("SELECT INBOX").await.has(&format!("* {here} EXISTS"));
        let reply = client.ok("FETCH 1:200 (UID FLAGS BODY.PEEK[])").await;
        assert_eq!(reply.untagged.len(), 200);
        assert!(reply.untagged[199].contains(&letters[199].replace('\n', "\r\n")));
        client.say("COMPRESS DEFLATE").await.ends("NO [COMPRESSIONACTIVE]");
        client.ok("NOOP").await;
        client.send("i IDLE\r\n").await;
        assert_eq!(client.line().await, "+ idling");
        // News come without anything from the client, and go out at once.
        service.file(&[&letter("new")]).await;
        while !client.line().await.ends_with(" EXISTS") {}
        client.send("DONE\r\n").await;
        client.reply("i").await.ends("OK");
        client.ok("LOGOUT").await;
    }
}

#[tokio::test]
async fn a_letter_comes_and_goes_compressed() {
    let service = Service::start().await;
    let mut client = compressed(service.ada_in_inbox().await, TDEFLFlush::Sync, 5000).await;
    // A white picture is a thousand times smaller on the line, and no bomb.
    for _ in 0..3 {
        let text =
            format!("{}{}", letter("white").replace('\n', "\r\n"), "////////////////\r\n".repeat(1_000_000));
        client.append("INBOX", &text).await.ends("OK");
    }
    let text = letter("own").replace('\n', "\r\n");
    client.append("INBOX", &text).await.ends("OK").has("* 4 EXISTS");
    let reply = client.ok("FETCH 4 BODY.PEEK[]").await;
    assert_eq!(reply.untagged, [format!("* 4 FETCH (BODY[] {{{}}}\r\n{text})", text.len())]);
}

#[tokio::test]
async fn places_for_compression_are_bounded() {
    let service = Service::with(Limits { compressed_connections_max: 1, ..Limits::default() }, true).await;
    let first = compressed(service.ada().await, TDEFLFlush::Sync, 100).await;
    let mut second = service.ada().await;
    second.say("COMPRESS DEFLATE").await.ends("NO [LIMIT]");
    second.ok("NOOP").await;
    drop(first);
    let waited = std::time::Instant::now();
    while !second.say("COMPRESS DEFLATE").await.tagged.starts_with("OK") {
        assert!(waited.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_bomb_of_commands_ends_the_session() {
    let limits = Limits { inflate_excess_bytes_max: 1 << 20, ..Limits::default() };
    let service = Service::with(limits, true).await;
    let mut client = compressed(service.ada().await, TDEFLFlush::Sync, 100_000).await;
    client.is_hung_up_on("\r\n".repeat(4 << 20).as_bytes()).await;
    // What is no DEFLATE at all, likewise.
    let mut client = service.ada().await;
    client.ok("COMPRESS DEFLATE").await;
    client.is_hung_up_on(&[0xff; 100]).await;
}

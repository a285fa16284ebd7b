//! How fast content passes: `cargo test --release -p smtp-wire -- --ignored --nocapture`.

use std::time::Instant;

use smtp_wire::{Answer, Limits, Service, Step, Tls};

use super::driver::session;

const TOTAL_BYTES: usize = 1 << 30;

#[test]
#[ignore = "a measurement"]
fn content() {
    for line_bytes in [1, 20, 76, 998] {
        let line = [vec![b'x'; line_bytes], b"\r\n".to_vec()].concat();
        for (name, read_bytes) in [("16 KiB", 16 << 10), ("64 KiB", 64 << 10)] {
            let read = line.repeat(read_bytes / line.len());
            println!("lines of {line_bytes}, reads of {name}: {:.2} GB/s", pass(&read) / 1e9);
        }
    }
}

/// Octets a second through DATA.
fn pass(read: &[u8]) -> f64 {
    let limits = Limits { message_bytes_max: u64::MAX, ..Limits::default() };
    let mut session = session(Service::Relay, Tls::Unavailable, false, limits);
    session.feed(b"HELO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n");
    let (mut spooled, mut reads, start) = (0, 0, Instant::now());
    loop {
        match session.step() {
            Step::Ask(_) => session.answer(Answer::Accept),
            Step::Spool(bytes) => spooled += bytes.len(),
            Step::Read if reads * read.len() < TOTAL_BYTES => {
                session.feed(read);
                reads += 1;
            }
            Step::Read => break,
            _ => {}
        }
    }
    assert_eq!(spooled, reads * read.len());
    spooled as f64 / start.elapsed().as_secs_f64()
}

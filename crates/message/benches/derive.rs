//! How fast letters are taken apart: `cargo bench -p message`.

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use message::{DerivedView, Limits, derive};

const MEASURED_FOR: Duration = Duration::from_secs(2);

fn main() {
    for (name, letter) in [
        ("plain, 10 KB", plain(10_000)),
        ("HTML and text, 10 KB", alternative(10_000)),
        ("plain, 100 KB", plain(100_000)),
        ("attachment, 10 MB", attachment(10_000_000)),
    ] {
        measure(&format!("derive: {name}"), letter.len(), || {
            drop(black_box(derive(&letter, &Limits::default())))
        });
        let record = derive(&letter, &Limits::default()).encode();
        measure(&format!("view: {name}"), record.len(), || {
            black_box(DerivedView::open(&record).map(|view| view.envelope().len()).ok());
        });
    }
}

fn measure(name: &str, bytes: usize, work: impl Fn()) {
    let (start, mut rounds) = (Instant::now(), 0_u32);
    while start.elapsed() < MEASURED_FOR {
        work();
        rounds += 1;
    }
    let each = f64::from(rounds) / start.elapsed().as_secs_f64();
    #[allow(clippy::cast_precision_loss)]
    let megabytes = each * bytes as f64 / 1e6;
    println!("{name:32} {each:12.0}/s {megabytes:10.0} MB/s");
}

const HEADER: &str = "Received: from a.test by b.test with ESMTPS id 1; Mon, 7 Sep 2026 08:00:00 +0200\r\n\
    From: =?utf-8?Q?=C3=85sa_=C3=96qvist?= <asa@skola.test>\r\nTo: nils@skola.test, elin@skola.test\r\n\
    Subject: =?utf-8?Q?L=C3=A4xa?=\r\nDate: Mon, 7 Sep 2026 08:00:00 +0200\r\nMessage-ID: <1@skola.test>\r\n";

fn lines(bytes: usize) -> String {
    "Till måndag läser ni sidorna 4 till 9 och svarar på frågorna.\r\n".repeat(bytes / 66)
}

fn plain(bytes: usize) -> Vec<u8> {
    format!("{HEADER}Content-Type: text/plain; charset=utf-8\r\n\r\n{}", lines(bytes)).into_bytes()
}

fn alternative(bytes: usize) -> Vec<u8> {
    let html = lines(bytes / 2).replace("\r\n", "</p>\r\n<p class=\"x\">");
    format!(
        "{HEADER}Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\
         \r\n\r\n{}\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>{html}\r\n--b--\r\n",
        lines(bytes / 2)
    )
    .into_bytes()
}

fn attachment(bytes: usize) -> Vec<u8> {
    let base64 = format!("{}\r\n", "A".repeat(76)).repeat(bytes / 78);
    format!(
        "{HEADER}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHej\r\n--b\r\nContent-Type: image/png\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{base64}--b--\r\n"
    )
    .into_bytes()
}

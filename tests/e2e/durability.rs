//! What an acknowledgement means: seen from the kernel's side.
//!
//! `strace` follows the running service while one letter comes and one message is appended, flagged, copied, moved and
//! expunged; between the last octets that the client sent and the answer there is an fdatasync that returned 0.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Imap, Town};

/// Follows every thread of the service and notes reads, writes and syncs with their order.
struct Watcher {
    strace: Child,
    file: std::path::PathBuf,
}

impl Watcher {
    fn attach(town: &Town) -> Self {
        let file = town.beside("strace").join("calls");
        let strace = Command::new("strace")
            .args([
                "-f",
                "-s",
                "64",
                "-e",
                "trace=fdatasync,fsync,read,recvfrom,write,writev,sendto,sendmsg",
                "-o",
            ])
            .arg(&file)
            .args(["-p", &town.pid().to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is installed (tests/install.sh)");
        let begun = Instant::now();
        while fs::metadata(&file).map_or(0, |about| about.len()) == 0 {
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "strace does not follow: is tracing allowed here?"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Self { strace, file }
    }

    /// The lines written since `from`, once one of them contains `end`.
    fn calls(&self, from: usize, end: &str) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let lines: Vec<_> = fs::read_to_string(&self.file)
                .unwrap_or_default()
                .lines()
                .skip(from)
                .map(str::to_owned)
                .collect();
            if lines.iter().any(|line| line.contains(end)) {
                return lines;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{end:?} was never written:\n{}",
                lines.join("\n")
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn position(&self) -> usize {
        fs::read_to_string(&self.file).unwrap_or_default().lines().count()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.strace.kill();
        let _ = self.strace.wait();
    }
}

/// Between the call that brought `last` and the one that carried `answer`, a sync returned 0.
#[track_caller]
fn assert_synced(calls: &[String], last: &str, answer: &str) {
    let came = calls.iter().rposition(|line| {
        line.contains(last)
            && (line.contains("recvfrom(")
                || line.contains("read(")
                || line.contains("recvfrom resumed")
                || line.contains("read resumed"))
    });
    let came = came.unwrap_or_else(|| panic!("{last:?} never came:\n{}", calls.join("\n")));
    let gone = calls[came..].iter().position(|line| line.contains(answer)).map(|place| came + place);
    let gone = gone.unwrap_or_else(|| panic!("{answer:?} was not sent after it:\n{}", calls.join("\n")));
    let synced = |line: &String| {
        (line.contains("fdatasync(") || line.contains("fdatasync resumed")) && line.ends_with("= 0")
    };
    assert!(
        calls[came..gone].iter().any(synced),
        "no fdatasync between {last:?} and {answer:?}:\n{}",
        calls[came..=gone].join("\n")
    );
}

#[test]
fn an_fdatasync_stands_between_the_last_octet_and_every_acknowledgement() {
    let mut town = Town::stopped();
    // Without TLS, so that the calls can be read.
    town.configure("plaintext_networks = []", "plaintext_networks = [\"127.0.0.0/8\", \"::1\"]");
    town.serve();
    town.found_school();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut smtp = town.stranger();
    let mut imap = Imap::plain(town.port(143)).expect("143 answers");
    imap.login(&asa.address, &asa.password).expect("143 answers").ok();
    let letter = b"From: a@fjarran.test\r\nSubject: ett\r\n\r\nsista raden\r\n";

    let watcher = Watcher::attach(&town);
    let mut from = watcher.position();
    smtp.send("a@fjarran.test", &[&asa.address], letter).expect("25 answers").expect(250);
    let calls = watcher.calls(from, "250 2.");
    assert_synced(&calls, "sista raden", "250 2.");

    imap.command("CREATE Annat").expect("143 answers").ok();
    from = watcher.position();
    imap.append("INBOX", "", b"Subject: tva\r\n\r\nappendrad\r\n").expect("143 answers").ok();
    assert_synced(&watcher.calls(from, "APPENDUID"), "appendrad", "APPENDUID");

    imap.command("SELECT INBOX").expect("143 answers").ok();
    for (command, last, answer) in [
        ("STORE 1 +FLAGS (\\Flagged)", "STORE 1", "OK"),
        ("COPY 1 Annat", "COPY 1", "COPYUID"),
        ("MOVE 1 Annat", "MOVE 1", "OK"),
        ("STORE 1 +FLAGS (\\Deleted)", "STORE 1", "OK"),
        ("EXPUNGE", "EXPUNGE", "OK"),
    ] {
        from = watcher.position();
        imap.command(command).expect("143 answers").ok();
        thread::sleep(Duration::from_millis(100));
        assert_synced(&watcher.calls(from, answer), last, answer);
    }
}

//! A full disk: what comes is refused for now, what is there can be read and thrown away, and nothing is lost.
//!
//! On a small tmpfs of its own; needs the right to mount, which a test that runs without it says by failing.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Smtp, Town};

/// A small disk, unmounted when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(megabytes: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).status();
        assert!(mounted.expect("mount is there").success(), "mounting a tmpfs needs root");
        Self(folder)
    }
    fn path(&self) -> &Path {
        self.0.path()
    }
    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
    /// Takes every octet that is left.
    fn fill(&self) {
        let mut file = File::create(self.filler()).expect("the disk is ours");
        let block = vec![0_u8; 64 << 10];
        while file.write_all(&block).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }
    fn empty(&self) {
        std::fs::remove_file(self.filler()).expect("it was filled");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn letter(number: usize) -> Vec<u8> {
    format!("From: a@fjarran.test\r\nSubject: brev {number}\r\n\r\n{}\r\n", format!("{number} ").repeat(400))
        .into_bytes()
}

/// Sends until the answer is `code`; what got a 250 on the way.
fn send_until(smtp: &mut Smtp, to: &str, code: u16, next: &mut usize, wait: Duration) -> Vec<usize> {
    let (begun, mut taken) = (Instant::now(), Vec::new());
    loop {
        let number = *next;
        *next += 1;
        let reply = smtp.send("a@fjarran.test", &[to], &letter(number)).expect("25 answers");
        if reply.code == 250 {
            taken.push(number);
        } else {
            assert_eq!(reply.code, 452, "{}", reply.text());
            assert!(reply.text().contains("4.3.1"), "{}", reply.text());
        }
        if reply.code == code {
            return taken;
        }
        assert!(begun.elapsed() < wait, "no {code} in {wait:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_full_disk_refuses_for_now_and_loses_nothing() {
    let disk = Disk::mount(320);
    let mut town = Town::stopped_below(disk.path());
    town.serve();
    town.found_school();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut smtp = town.stranger();
    let (mut next, mut taken) = (0, Vec::new());
    for _ in 0..20 {
        taken.extend(send_until(&mut smtp, &asa.address, 250, &mut next, Duration::from_secs(5)));
    }

    disk.fill();
    taken.extend(send_until(&mut smtp, &asa.address, 452, &mut next, Duration::from_secs(30)));

    // Reading goes on; so does what makes room and what only marks.
    let mut imap = town.imap(&asa);
    imap.command("SELECT INBOX").expect("993 answers").ok();
    assert_eq!(imap.uids("ALL").expect("993 answers").len(), taken.len());
    assert!(imap.letter(1).expect("993 answers").is_some());
    imap.command("STORE 1:2 +FLAGS (\\Seen \\Deleted)").expect("993 answers").ok();
    imap.command("EXPUNGE").expect("993 answers").ok();
    let appended = imap.append("INBOX", "", &letter(9_999)).expect("993 answers");
    assert!(appended.status.starts_with("NO"), "APPEND on a full disk: {}", appended.status);

    disk.empty();
    taken.extend(send_until(&mut smtp, &asa.address, 250, &mut next, Duration::from_secs(30)));
    imap.command("NOOP").expect("993 answers").ok();
    assert_eq!(imap.uids("ALL").expect("993 answers").len(), taken.len() - 2);
    for number in &taken[2..] {
        assert_eq!(
            imap.uids(&format!("SUBJECT \"brev {number}\"")).expect("993 answers").len().min(1),
            1,
            "brev {number}"
        );
    }
    town.stop();
    town.console(&["store", "check"]);
}

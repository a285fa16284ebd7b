//! fetchmail takes letters away, as a household server does: all of them once, leaving them or not.

use std::fs;

use super::{Pair, contains};
use crate::harness::Program;

fn letters(pair: &Pair, subjects: &[&str]) {
    for subject in subjects {
        let letter =
            format!("From: Ada <ada@fjarran.test>\r\nSubject: {subject}\r\n\r\nText om {subject}.\r\n.\r\n");
        let sent = pair.town.stranger().send("ada@fjarran.test", &[&pair.per.address], letter.as_bytes());
        sent.expect("25 answers").expect(250);
    }
}

/// What fetchmail has put out, after one poll.
fn poll(pair: &Pair, mode: &str) -> Vec<u8> {
    let file = pair.town.beside("work").join("box");
    let (name, authority) = (file.display().to_string(), pair.town.authority().display().to_string());
    let filled = [
        ("ADDRESS", pair.per.address.as_str()),
        ("PASSWORD", &pair.per.password),
        ("AUTHORITY", &authority),
        ("BOX", &name),
        ("MODE", mode),
    ];
    let config = pair.config("fetchmailrc", &filled);
    let polled = Program::new("fetchmail")
        .env("HOME", pair.town.beside("home"))
        .env("FETCHMAILHOME", pair.town.beside("home"))
        .arg("--pidfile")
        .arg(pair.town.beside("home").join("fetchmail.pid"))
        .args(["--nosyslog", "--verbose", "--fetchmailrc"])
        .arg(config)
        .run();
    // 1 means that there was nothing new.
    assert!(matches!(polled.status.code(), Some(0 | 1)), "{}", polled.text());
    fs::read(file).unwrap_or_default()
}

#[test]
fn fetchmail_keeps_what_it_reads_and_reads_it_once() {
    let pair = Pair::start();
    letters(&pair, &["ett", "två"]);
    let taken = poll(&pair, "keep");
    assert!(contains(&taken, "Text om ett.") && contains(&taken, "Text om två."));
    letters(&pair, &["tre"]);
    let taken = poll(&pair, "keep");
    assert!(contains(&taken, "Text om tre."));
    let copies = String::from_utf8_lossy(&taken).matches("Text om ett.").count();
    assert_eq!(copies, 1, "a letter that was read comes again");
    let mut imap = pair.town.imap(&pair.per);
    imap.command("SELECT INBOX").unwrap().ok();
    assert_eq!(imap.uids("SEEN").unwrap(), [1, 2, 3]);
}

#[test]
fn fetchmail_takes_everything_away() {
    let pair = Pair::start();
    letters(&pair, &["ett", "två", "tre"]);
    let taken = poll(&pair, "nokeep fetchall expunge 1");
    assert!(["ett", "två", "tre"].iter().all(|subject| contains(&taken, &format!("Text om {subject}."))));
    let mut imap = pair.town.imap(&pair.per);
    imap.command("SELECT INBOX").unwrap().ok();
    assert_eq!(imap.uids("ALL").unwrap(), [0; 0]);
}

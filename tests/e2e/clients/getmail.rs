//! getmail copies an inbox and a folder with åäö into files, each letter once, octet for octet.

use std::fs;
use std::path::Path;

use super::Pair;
use crate::harness::Program;

/// "Läxor" as IMAP writes it, and as getmail wants it.
const FOLDER: &str = "L&AOQ-xor";

fn taken(maildir: &Path) -> Vec<String> {
    let mut letters: Vec<_> = fs::read_dir(maildir)
        .expect("our own folder")
        .map(|entry| fs::read(entry.expect("our own folder").path()).expect("our own file"))
        .map(|letter| String::from_utf8(letter).expect("UTF-8 went in"))
        .map(without_its_own)
        .collect();
    letters.sort();
    letters
}

/// Without the lines that getmail puts in front.
fn without_its_own(letter: String) -> String {
    let ours = |line: &&str| !line.starts_with("Return-Path: ") && !line.starts_with("X-getmail-");
    letter.split_inclusive('\n').filter(ours).collect()
}

#[test]
fn getmail_copies_each_letter_once() {
    let pair = Pair::start();
    let maildir = pair.town.beside("maildir");
    let (folder, authority) = (maildir.display().to_string(), pair.town.authority().display().to_string());
    let filled = [
        ("ADDRESS", pair.per.address.as_str()),
        ("PASSWORD", &pair.per.password),
        ("AUTHORITY", &authority),
        ("FOLDER", "Läxor"),
        ("MAILDIR", &folder),
    ];
    let config = pair.config("getmailrc", &filled);
    let home = pair.town.beside("getmail");
    let run = || {
        Program::new("getmail")
            .env("HOME", pair.town.beside("home"))
            .arg(format!("--getmaildir={}", home.display()))
            .arg(format!("--rcfile={}", config.display()))
            .pass()
    };
    let mut imap = pair.town.imap(&pair.per);
    imap.command(&format!("CREATE {FOLDER}")).unwrap().ok();
    let letter = |number: u32| format!("Subject: brev {number}\r\n\r\nRäkna sidan {number}.\r\n");
    for number in 0..5 {
        let mailbox = if number < 3 { "INBOX" } else { FOLDER };
        imap.append(mailbox, "", letter(number).as_bytes()).unwrap().ok();
    }
    run();
    assert_eq!(taken(&maildir).len(), 5);
    imap.append("INBOX", "", letter(5).as_bytes()).unwrap().ok();
    run();
    let wanted: Vec<_> = (0..6).map(|number| letter(number).replace("\r\n", "\n")).collect();
    assert_eq!(taken(&maildir), wanted, "each once, and as it was");
}

//! neomutt in batch: sends through 465; opens the inbox, reads a letter, moves it to a folder with åäö.

use std::fs;

use super::{Pair, contains};
use crate::harness::Program;

/// "Läst" as IMAP writes it.
const FOLDER: &str = "L&AOQ-st";

/// The configuration, filled in.
fn muttrc(pair: &Pair) -> String {
    let (user, domain) = pair.per.address.split_once('@').expect("an address");
    let filled = [
        ("ADDRESS", pair.per.address.as_str()),
        ("PASSWORD", &pair.per.password),
        ("USER", user),
        ("DOMAIN", domain),
    ];
    pair.config("muttrc", &filled).display().to_string()
}

#[test]
fn neomutt_sends_with_an_attachment() {
    let pair = Pair::start();
    let attachment = pair.town.beside("work").join("läxa.txt");
    fs::write(&attachment, "räkna sidan 12\n").expect("our own folder");
    Program::new("neomutt")
        .env("HOME", pair.town.beside("home"))
        .args(["-n", "-F", &muttrc(&pair), "-s", "neomutt på svenska", "-a"])
        .arg(attachment)
        .args(["--", &pair.asa.address])
        .input("Hej Åsa!\n")
        .pass();
    let letter = pair.town.arrived(&pair.asa, "neomutt");
    assert!(contains(&letter, "multipart/mixed"), "{}", String::from_utf8_lossy(&letter));
}

#[test]
fn neomutt_reads_a_letter_and_moves_it() {
    let pair = Pair::start();
    for subject in ["first", "second"] {
        let letter =
            format!("From: <asa.oqvist@skola.test>\r\nSubject: {subject}\r\n\r\nText of {subject}\r\n");
        pair.town
            .stranger()
            .send("asa.oqvist@elsewhere.test", &[&pair.per.address], letter.as_bytes())
            .unwrap();
    }
    pair.town.arrived(&pair.per, "second");
    pair.town.imap(&pair.per).command(&format!("CREATE \"{FOLDER}\"")).unwrap().ok();

    let read = pair.town.beside("work").join("read.eml");
    let keys = format!(
        "push '<search>~s second<enter><pipe-message>cat > {}<enter><save-message><kill-line>=Läst<enter>\
         <sync-mailbox><quit>'",
        read.display()
    );
    // neomutt needs a terminal even when nobody looks; `script` makes one.
    let command = format!("neomutt -n -F '{}' -e \"{keys}\"", muttrc(&pair));
    Program::new("script")
        .env("HOME", pair.town.beside("home"))
        .env("TERM", "xterm")
        .env("COLUMNS", "100")
        .env("LINES", "30")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .pass();

    let letter = fs::read(&read).expect("neomutt piped the letter out");
    assert!(contains(&letter, "Text of second"), "{}", String::from_utf8_lossy(&letter));
    let mut imap = pair.town.imap(&pair.per);
    imap.command("SELECT INBOX").unwrap().ok();
    assert_eq!(imap.uids("SUBJECT second").unwrap(), [0; 0], "it left the inbox");
    assert_eq!(imap.uids("SUBJECT first").unwrap().len(), 1);
    imap.command(&format!("SELECT \"{FOLDER}\"")).unwrap().ok();
    assert_eq!(imap.uids("SUBJECT second").unwrap().len(), 1, "it is in the folder");
}

//! curl: a letter through smtps, then list, search, fetch and append through imaps.

use std::fs;

use super::Pair;
use crate::harness::{Person, Program};

const LETTER: &str =
    "From: asa.oqvist@skola.test\r\nTo: per.ek@skola.test\r\nSubject: curl smtps\r\n\r\nHej!\r\n";

fn curl(pair: &Pair, person: &Person) -> Program {
    Program::new("curl")
        .args(["--silent", "--show-error", "--fail", "--max-time", "60", "--cacert"])
        .arg(pair.town.certificate())
        .args(["--user", &format!("{}:{}", person.address, person.password)])
}

fn send(pair: &Pair) {
    let file = pair.town.beside("work").join("letter.eml");
    fs::write(&file, LETTER).expect("a file below our own folder can be written");
    curl(pair, &pair.asa)
        .arg(format!("smtps://localhost:{}/laptop.test", pair.town.port(465)))
        .args(["--mail-from", &pair.asa.address, "--mail-rcpt", &pair.per.address, "--upload-file"])
        .arg(file)
        .pass();
}

#[test]
fn curl_sends_and_reads_over_tls() {
    let pair = Pair::start();
    let imaps = format!("imaps://localhost:{}", pair.town.port(993));
    send(&pair);
    pair.town.arrived(&pair.per, "curl smtps");

    let listed = curl(&pair, &pair.per).arg(format!("{imaps}/")).pass().text();
    assert!(listed.contains("* LIST") && listed.contains("INBOX"), "{listed}");
    let found = curl(&pair, &pair.per).arg(format!("{imaps}/INBOX?SUBJECT%20curl")).pass().text();
    assert_eq!(found.trim_end(), "* SEARCH 1");
    let letter = curl(&pair, &pair.per).arg(format!("{imaps}/INBOX;UID=1")).pass().output;
    assert!(letter.ends_with(LETTER.as_bytes()), "{}", String::from_utf8_lossy(&letter));
    let subject =
        curl(&pair, &pair.per).arg(format!("{imaps}/INBOX;UID=1;SECTION=HEADER.FIELDS%20(Subject)"));
    assert_eq!(subject.pass().text(), "Subject: curl smtps\r\n\r\n");
}

#[test]
fn curl_makes_a_folder_and_appends_to_it() {
    let pair = Pair::start();
    let imap = format!("imap://localhost:{}", pair.town.port(143));
    let starttls = || curl(&pair, &pair.asa).arg("--ssl-reqd");
    let file = pair.town.beside("work").join("draft.eml");
    fs::write(&file, LETTER).expect("a file below our own folder can be written");

    starttls().arg(&imap).args(["--request", "CREATE L&AOQ-xor"]).pass();
    starttls().arg("--upload-file").arg(&file).arg(format!("{imap}/L%26AOQ-xor")).pass();
    let letter = starttls().arg(format!("{imap}/L%26AOQ-xor;UID=1")).pass().output;
    assert_eq!(String::from_utf8_lossy(&letter), LETTER);
}

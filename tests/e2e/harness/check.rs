//! The harness itself, on the shortest road: a letter from port 25 to a FETCH, and again after a crash.

use std::time::Duration;

use super::{Imap, Smtp, Town};

const LETTER: &[u8] = b"From: Ada <ada@elsewhere.test>\r\nSubject: Hello\r\n\r\n.one dot\r\n..two dots\r\n";

#[test]
fn a_letter_outlives_a_crash() {
    let mut town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    town.stranger().send("ada@elsewhere.test", &[&asa.address], LETTER).unwrap().expect(250);
    town.kill();
    town.serve();

    let mut imap = town.imap(&asa);
    let selected = imap.command("SELECT INBOX").unwrap().ok();
    assert!(selected.code("UIDVALIDITY").is_some());
    assert!(selected.find("1 EXISTS").is_some());
    let letter = imap.letter(1).unwrap().expect("the letter has UID 1");
    assert!(letter.ends_with(LETTER), "{}", String::from_utf8_lossy(&letter));
    assert_eq!(imap.letter(2).unwrap(), None);
    assert!(town.stop().success(), "SIGTERM is a clean end");
}

#[test]
fn both_ways_into_tls_work() {
    let town = Town::start();
    let per = town.person("per", "Per", "Ek");

    let smtp = Smtp::plain(town.port(587)).unwrap();
    assert_eq!(smtp.greeting().code, 220);
    let mut smtp = smtp.start_tls(town.tls()).unwrap();
    smtp.hello().unwrap().expect(250);
    smtp.auth_plain(&per.address, "wrong").unwrap().expect(535);
    smtp.auth_plain(&per.address, &per.password).unwrap().expect(235);

    let mut imap = Imap::plain(town.port(143)).unwrap().start_tls(town.tls()).unwrap();
    imap.login(&per.address, &per.password).unwrap().ok();
    imap.append("INBOX", r"\Seen", LETTER).unwrap().ok();
    imap.command("SELECT INBOX").unwrap().ok();
    assert_eq!(imap.uids("SEEN").unwrap(), [1]);
}

#[test]
fn a_waiting_reader_hears_of_a_new_letter() {
    let town = Town::start();
    let (asa, per) = (town.person("asa", "Åsa", "Öqvist"), town.person("per", "Per", "Ek"));
    let mut imap = town.imap(&asa);
    imap.command("SELECT INBOX").unwrap().ok();
    let idle = imap.send("IDLE").unwrap();
    assert!(imap.response().unwrap().text.starts_with('+'));

    town.submission(&per)
        .send(&per.address, &[&asa.address], b"From: per@skola.test\r\nSubject: x\r\n\r\nx\r\n")
        .unwrap()
        .expect(250);
    imap.set_wait(Duration::from_secs(10)).unwrap();
    while !imap.response().expect("EXISTS within ten seconds").text.ends_with(" EXISTS") {}
    imap.write(b"DONE\r\n").unwrap();
    imap.answer(&idle).unwrap().ok();
}

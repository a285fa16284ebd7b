//! A school's office: made on the command line, written to from outside, answered by its members with ordinary programs.

use std::time::{Duration, Instant};

use crate::harness::{Person, Town};

const OFFICE: &str = "expedition@skola.test";
const LETTER: &[u8] =
    b"From: mamma@fjarran.test\r\nSubject: Sjuk\r\nMessage-ID: <1@fjarran.test>\r\n\r\nHej!\r\n";
const ANSWER: &[u8] = b"From: Expeditionen <expedition@skola.test>\r\nSubject: Re: Sjuk\r\n\
    Message-ID: <2@laptop.test>\r\n\r\nTack!\r\n";

#[test]
fn an_office_receives_answers_as_itself_and_keeps_one_copy() {
    let mut town = Town::start();
    let siv = town.person_as("secretary", "siv.ek", "Siv", "Ek");
    let tor = town.person_as("teacher", "tor.lo", "Tor", "Lo");
    town.console(&["function", "add", "--school", "99900001", "--address", OFFICE, "--name", "Expeditionen"]);
    town.console(&["function", "join", OFFICE, &siv.address, "--rights", "svara"]);
    town.console(&["function", "join", OFFICE, &tor.address, "--rights", "läsa"]);
    let shown = town.console(&["function", "show", OFFICE]).text();
    assert!(shown.contains(&siv.address) && shown.contains(&tor.address), "{shown}");
    town.stranger().send("mamma@fjarran.test", &[OFFICE], LETTER).expect("25 answers").expect(250);

    // Who may only read cannot send as the office.
    let refused = town.submission(&tor).send(OFFICE, &[&siv.address], ANSWER).expect("465 answers");
    assert!(refused.code == 550 && refused.text().contains("5.7.1"), "{}", refused.text());
    let sent = town.submission(&siv).send(OFFICE, &[&tor.address], ANSWER).expect("465 answers");
    sent.expect(250);

    // Whose hand it was says the delivery log, to those who may read it.
    let traced = town.console(&["trace", OFFICE]).text();
    assert!(
        traced.contains(&format!("{OFFICE}> (konto {})", siv.address))
            || traced.contains(&format!("{OFFICE}> (account {})", siv.address)),
        "{traced}"
    );

    // The mail program files its own copy as well; there is one.
    let mut imap = town.imap(&siv);
    let filed = imap.append(&format!("Delade/{OFFICE}/Sent"), "\\Seen", ANSWER).expect("993 answers").ok();
    let code = filed.code("APPENDUID").expect("APPENDUID");
    imap.command(&format!("SELECT Delade/{OFFICE}/Sent")).expect("993 answers").ok();
    let uids = imap.uids("ALL").expect("993 answers");
    assert_eq!(uids.len(), 1);
    assert!(code.ends_with(&format!(" {}", uids[0])), "{code}");

    // It is all there after a crash, membership too.
    town.kill();
    town.serve();
    let mut imap = town.imap(&tor);
    imap.command(&format!("SELECT Delade/{OFFICE}")).expect("993 answers").ok();
    assert_eq!(imap.uids("SUBJECT Sjuk").expect("993 answers").len(), 1);
    imap.send("IDLE").expect("993 answers");
    imap.response().expect("a continuation");
    let asked = Instant::now();
    town.console(&["function", "leave", OFFICE, &tor.address]);
    let goodbye = imap.response().expect("BYE");
    assert!(goodbye.text.starts_with("* BYE"), "{}", goodbye.text);
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let mut imap = town.imap(&tor);
    let gone = imap.command(&format!("SELECT Delade/{OFFICE}")).expect("993 answers");
    assert!(gone.status.starts_with("NO [NONEXISTENT]"), "{}", gone.status);
    assert!(imap.command("LIST \"\" Delade*").expect("993 answers").ok().find("LIST").is_none());
}

#[test]
fn pupil_health_is_nobodys_to_administer() {
    let town = Town::start();
    let it = town.person_as("school_admin", "adam.it", "Adam", "It");
    let rektor = town.person_as("rektor", "rut.al", "Rut", "Al");
    let nurse = town.person_as("elevhalsa", "nils.ny", "Nils", "Ny");
    let health = "elevhalsa@skola.test";
    town.console(&["function", "add", "--school", "99900001", "--address", health, "--name", "Elevhälsan"]);
    let join = |who: &Person, by: Option<&Person>| {
        let mut command = town.command().args(["function", "join", health, &who.address, "--rights", "full"]);
        if let Some(by) = by {
            command = command.args(["--as", &by.address]);
        }
        command.run()
    };
    for (who, by) in [(&it, None), (&it, Some(&it)), (&rektor, Some(&rektor)), (&it, Some(&rektor))] {
        let run = join(who, by);
        assert_eq!(run.status.code(), Some(1), "{}", run.text());
    }
    assert_eq!(join(&nurse, Some(&rektor)).status.code(), Some(0));
    town.imap(&nurse).command(&format!("SELECT Delade/{health}")).expect("993 answers").ok();
    // By any of its words, and a head teacher's box is not taken over either.
    let add = |address: &str, name: &str, by: &Person| {
        let words = ["function", "add", "--school", "99900001", "--address", address, "--name", name];
        town.command().args(words).args(["--as", &by.address]).run()
    };
    let made = add("box7@skola.test", "Skolkuratorn", &it);
    assert!(made.text().contains("sekretess") || made.text().contains("confidential"), "{}", made.text());
    assert_eq!(add("postmaster@skola.test", "Post", &it).status.code(), Some(1));
    assert_eq!(add("rektorn@skola.test", "Rektorn", &it).status.code(), Some(0));
    let words =
        ["function", "join", "rektorn@skola.test", &it.address, "--rights", "full", "--as", &it.address];
    let taken = town.command().args(words).run();
    assert_eq!(taken.status.code(), Some(1), "{}", taken.text());
    // All of it stands in the audit, which the school's head teacher reads.
    let audit = ["audit", "--from", "2020-01-01", "--account", "rektorn@skola.test", "--as", &rektor.address];
    let read = town.command().args(audit).run();
    assert!(read.text().contains("function-add"), "{}", read.text());
    assert_eq!(town.command().args(["audit", "--to", "igår"]).run().status.code(), Some(2));
}

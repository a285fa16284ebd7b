//! Killed in the middle of REPLACE and of an APPEND of several letters: never half of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::harness::{Imap, Person, Town};

/// Letters of one APPEND.
const TOGETHER: u32 = 5;

#[test]
fn a_draft_is_there_once_and_letters_that_came_together_are_there_together() {
    let mut town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let per = town.person("per.ek", "Per", "Ek");
    let (mut version, mut sets) = (0, 0);
    town.imap(&asa).append("Drafts", "\\Draft", &draft(0)).expect("993 answers").ok();
    for cycle in 0..6 {
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let (drafts, letters) = (town.imap(&asa), town.imap(&per));
            let over = &over;
            let replaced = scope.spawn(move || replace_on(drafts, version, over));
            let appended = scope.spawn(move || append_on(letters, over));
            thread::sleep(Duration::from_millis(200 + 97 * cycle));
            town.kill();
            over.store(true, Ordering::Relaxed);
            version = replaced.join().expect("a client does not panic");
            sets += appended.join().expect("a client does not panic");
        });
        town.serve();
        version = the_draft(&town, &asa, version);
        sets = whole_sets(&town, &per, sets);
    }
    assert!(version > 10 && sets > 10, "{version} drafts and {sets} sets are no load");
}

fn draft(version: u32) -> Vec<u8> {
    format!("Subject: utkast\r\n\r\nversion {version}.\r\n").into_bytes()
}

/// Replaces the one message of Drafts as often as it can; the last version that was acknowledged.
fn replace_on(mut imap: Imap, mut version: u32, over: &AtomicBool) -> u32 {
    if imap.command("SELECT Drafts").is_err() {
        return version;
    }
    while !over.load(Ordering::Relaxed) {
        let letter = draft(version + 1);
        let Ok(text) = String::from_utf8(letter) else { break };
        match imap.command(&format!("REPLACE 1 Drafts (\\Draft) {{{}+}}\r\n{text}", text.len())) {
            Ok(answer) => drop(answer.ok()),
            Err(_) => break,
        }
        version += 1;
    }
    version
}

/// Appends letters in fives; how many fives were acknowledged.
fn append_on(mut imap: Imap, over: &AtomicBool) -> u32 {
    let letters: String = (0..TOGETHER)
        .map(|number| {
            let letter = format!("Subject: brev {number}\r\n\r\n{}\r\n", "rad ".repeat(20));
            format!(" {{{}+}}\r\n{letter}", letter.len())
        })
        .collect();
    let mut sets = 0;
    while !over.load(Ordering::Relaxed) {
        match imap.command(&format!("APPEND INBOX{letters}")) {
            Ok(answer) => drop(answer.ok()),
            Err(_) => break,
        }
        sets += 1;
    }
    sets
}

/// There is one, and it is the last that was acknowledged or the one that was on its way.
fn the_draft(town: &Town, asa: &Person, acknowledged: u32) -> u32 {
    let mut imap = town.imap(asa);
    imap.command("SELECT Drafts").expect("993 answers").ok();
    let uids = imap.uids("ALL").expect("993 answers");
    assert_eq!(uids.len(), 1, "drafts after the crash");
    let letter = imap.letter(uids[0]).expect("993 answers").expect("it is there");
    let found = (acknowledged..=acknowledged + 1).find(|version| letter == draft(*version));
    found.unwrap_or_else(|| {
        panic!("version {acknowledged} was acknowledged, there is {}", String::from_utf8_lossy(&letter))
    })
}

/// All of them are there in fives: those that were acknowledged, and at most one more.
fn whole_sets(town: &Town, per: &Person, acknowledged: u32) -> u32 {
    let mut imap = town.imap(per);
    let answer = imap.command("STATUS INBOX (MESSAGES)").expect("993 answers").ok();
    let text = &answer.find("STATUS").expect("an answer").text;
    let count: u32 = text
        .trim_end_matches(')')
        .rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number");
    assert_eq!(count % TOGETHER, 0, "{count} letters came in sets of {TOGETHER}");
    let sets = count / TOGETHER;
    assert!((acknowledged..=acknowledged + 1).contains(&sets), "{acknowledged} acknowledged, {sets} there");
    sets
}

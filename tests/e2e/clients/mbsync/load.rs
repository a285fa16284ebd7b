//! Hundreds of letters that change on both sides between two runs: afterwards both sides hold the same.

use std::collections::BTreeMap;
use std::fs;

use super::{Laptop, flags};
use crate::harness::Imap;

const FOLDER: &str = "Skola";
const LETTERS: u32 = 300;
const ROUNDS: u32 = 4;

/// Subject → flags as Maildir writes them.
type Letters = BTreeMap<String, String>;

fn letter(subject: &str) -> String {
    format!("From: <per.ek@skola.test>\r\nSubject: {subject}\r\n\r\nText of {subject}, åäö.\r\n")
}

fn far(imap: &mut Imap) -> Letters {
    imap.command(&format!("SELECT {FOLDER}")).expect("993 answers").ok();
    let fetched =
        imap.command("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").expect("993 answers").ok();
    let mut letters = Letters::new();
    for response in fetched.untagged.iter().filter(|response| response.text.contains(" FETCH (")) {
        let Some(subject) = response.literals.first() else { continue };
        let words = [(r"\Draft", 'D'), (r"\Flagged", 'F'), (r"\Answered", 'R'), (r"\Seen", 'S')];
        let flags = words.iter().filter(|(word, _)| response.text.contains(word)).map(|(_, flag)| flag);
        let subject = String::from_utf8_lossy(subject).trim().to_owned();
        assert_eq!(letters.insert(subject.clone(), flags.collect()), None, "{subject} is there twice");
    }
    letters
}

fn near(laptop: &Laptop) -> Letters {
    let mut letters = Letters::new();
    for path in laptop.letters(FOLDER) {
        let text = fs::read_to_string(&path).expect("our own file");
        let subject =
            text.lines().find(|line| line.starts_with("Subject: ")).expect("each has one").to_owned();
        assert_eq!(letters.insert(subject.clone(), flags(&path)), None, "{subject} is there twice");
    }
    letters
}

/// Some are read, some thrown away, some are new; which ones depends on the round.
fn change_near(laptop: &Laptop, round: u32) {
    for (number, path) in laptop.letters(FOLDER).into_iter().enumerate() {
        match (number as u32 + round) % 7 {
            0 => fs::remove_file(path).expect("our own file"),
            1 | 2 => {
                let name = path.file_name().expect("a file").to_string_lossy().into_owned();
                let (name, old) = name.split_once(":2,").unwrap_or((&name, ""));
                let new = if old.contains('S') { old.replace('S', "") } else { format!("{old}S") };
                let target = laptop.maildir.join(FOLDER).join("cur").join(format!("{name}:2,{new}"));
                fs::rename(&path, target).expect("our own file");
            }
            _ => {}
        }
    }
    for number in 0..20 {
        let name = format!("{round}.{number}.laptop");
        laptop.write(FOLDER, &name, "R", &format!("near {round} {number}"));
    }
}

fn change_far(imap: &mut Imap, round: u32) {
    imap.command(&format!("SELECT {FOLDER}")).expect("993 answers").ok();
    let uids = imap.uids("ALL").expect("993 answers");
    let every = |rest: u32| {
        let some = uids.iter().enumerate().filter(|(at, _)| (*at as u32 + round) % 5 == rest);
        some.map(|(_, uid)| uid.to_string()).collect::<Vec<_>>().join(",")
    };
    imap.command(&format!(r"UID STORE {} +FLAGS.SILENT (\Flagged)", every(0))).expect("993 answers").ok();
    imap.command(&format!(r"UID STORE {} -FLAGS.SILENT (\Flagged \Answered)", every(1)))
        .expect("993 answers")
        .ok();
    imap.command(&format!(r"UID STORE {} +FLAGS.SILENT (\Deleted)", every(2))).expect("993 answers").ok();
    imap.command("EXPUNGE").expect("993 answers").ok();
    for number in 0..20 {
        imap.append(FOLDER, r"\Flagged", letter(&format!("far {round} {number}")).as_bytes())
            .expect("993 answers")
            .ok();
    }
}

#[test]
fn mbsync_agrees_after_hundreds_of_changes_on_both_sides() {
    let laptop = Laptop::new();
    let mut imap = laptop.pair.town.imap(&laptop.pair.per);
    imap.command(&format!("CREATE {FOLDER}")).unwrap().ok();
    for number in 0..LETTERS {
        imap.append(FOLDER, r"\Seen", letter(&format!("first {number}")).as_bytes()).unwrap().ok();
    }
    laptop.sync();
    assert_eq!(near(&laptop).len() as u32, LETTERS);
    for round in 0..ROUNDS {
        change_near(&laptop, round);
        change_far(&mut imap, round);
        // The first run carries the changes, the second what the first has learned of deletions on both sides.
        laptop.sync();
        laptop.sync();
        let (near, far) = (near(&laptop), far(&mut imap));
        assert_eq!(near, far, "after round {round}");
        assert!(far.contains_key(&format!("Subject: near {round} 7")), "what was new here came over");
    }
}

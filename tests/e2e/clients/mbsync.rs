//! mbsync keeps a tree of folders with åäö in step, both ways: letters, flags, deletions, new folders.

mod load;

use std::fs;
use std::path::{Path, PathBuf};

use super::Pair;
use crate::harness::{Imap, Program};

/// "Skola/Åk 3" and "Skola/Åk 3/Läxor", as IMAP writes them.
const CLASS: &str = "Skola/&AMU-k 3";
const HOMEWORK: &str = "Skola/&AMU-k 3/L&AOQ-xor";
/// "Övrigt", made on the other side.
const OTHER: &str = "&ANY-vrigt";

/// A computer with a Maildir, beside the town.
struct Laptop {
    pair: Pair,
    config: PathBuf,
    maildir: PathBuf,
}

impl Laptop {
    fn new() -> Self {
        let pair = Pair::start();
        let maildir = pair.town.beside("maildir");
        let folder = maildir.display().to_string();
        let filled =
            [("ADDRESS", pair.per.address.as_str()), ("PASSWORD", &pair.per.password), ("MAILDIR", &folder)];
        let config = pair.config("mbsyncrc", &filled);
        Self { pair, config, maildir }
    }

    fn sync(&self) {
        Program::new("mbsync").arg("-V").arg("-c").arg(&self.config).arg("all").pass();
    }

    /// Puts a letter into a folder of the Maildir as a mail program would.
    fn write(&self, folder: &str, name: &str, flags: &str, subject: &str) {
        let folder = self.maildir.join(folder);
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(part)).expect("a folder below our own can be made");
        }
        let text = format!("From: <per.ek@skola.test>\nSubject: {subject}\n\nText of {subject}, åäö.\n");
        fs::write(folder.join("cur").join(format!("{name}:2,{flags}")), text).expect("our own folder");
    }

    /// The letters of a folder: file names without mbsync's and our own prefix, sorted.
    fn letters(&self, folder: &str) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = ["cur", "new"]
            .iter()
            .flat_map(|part| fs::read_dir(self.maildir.join(folder).join(part)).into_iter().flatten())
            .map(|entry| entry.expect("our own folder").path())
            .collect();
        found.sort();
        found
    }

    fn letter(&self, folder: &str, subject: &str) -> PathBuf {
        let wanted = format!("Subject: {subject}\n");
        let has = |path: &PathBuf| {
            String::from_utf8_lossy(&fs::read(path).expect("our own file")).contains(&wanted)
        };
        self.letters(folder).into_iter().find(has).unwrap_or_else(|| panic!("{folder} has no {subject:?}"))
    }

    /// Everything below the Maildir with its contents, without mbsync's own state.
    fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.maildir, &mut files);
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("our own folder") {
        let path = entry.expect("our own folder").path();
        if path.is_dir() {
            collect(&path, files);
        } else if !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            let content = fs::read(&path).expect("our own file");
            files.push((path, content));
        }
    }
}

fn open(imap: &mut Imap, folder: &str) {
    imap.command(&format!("SELECT \"{folder}\"")).expect("993 answers").ok();
}

#[test]
fn mbsync_keeps_a_tree_in_step_both_ways() {
    let laptop = Laptop::new();
    let town = &laptop.pair.town;

    // From the laptop to the server, folders and all.
    laptop.write(CLASS, "1.a.laptop", "S", "read");
    laptop.write(CLASS, "2.a.laptop", "", "unread");
    laptop.write(HOMEWORK, "3.a.laptop", "FS", "flagged");
    town.stranger()
        .send("ada@elsewhere.test", &[&laptop.pair.per.address], b"Subject: inbox\r\n\r\nHello\r\n")
        .unwrap()
        .expect(250);
    laptop.sync();
    let mut imap = town.imap(&laptop.pair.per);
    let listed = imap.command(r#"LIST "" "*""#).unwrap().ok();
    for folder in [CLASS, HOMEWORK] {
        assert!(listed.untagged.iter().any(|line| line.text.contains(folder)), "{folder} in {listed:?}");
    }
    open(&mut imap, CLASS);
    assert_eq!(imap.uids("SEEN SUBJECT read").unwrap(), imap.uids("SEEN").unwrap());
    assert_eq!(imap.uids("SEEN").unwrap().len(), 1);
    assert_eq!(imap.uids("UNSEEN").unwrap().len(), 1);
    open(&mut imap, HOMEWORK);
    assert_eq!(imap.uids("FLAGGED SEEN SUBJECT flagged").unwrap().len(), 1);
    laptop.letter("INBOX", "inbox");

    // A second run has nothing to do, on either side.
    let before = laptop.snapshot();
    laptop.sync();
    assert!(laptop.snapshot() == before, "the second run changed the Maildir");

    // From the server to the laptop: a new folder, a letter, a flag, a deletion.
    imap.command(&format!("CREATE \"{OTHER}\"")).unwrap().ok();
    imap.append(&format!("\"{OTHER}\""), r"\Answered", b"Subject: from afar\r\n\r\nx\r\n").unwrap().ok();
    open(&mut imap, CLASS);
    imap.command(r"UID STORE 1:* +FLAGS (\Flagged)").unwrap().ok();
    let gone = imap.uids("SUBJECT unread").unwrap()[0];
    imap.command(&format!(r"UID STORE {gone} +FLAGS (\Deleted)")).unwrap().ok();
    imap.command("EXPUNGE").unwrap().ok();
    laptop.sync();
    assert!(flags(&laptop.letter(OTHER, "from afar")).contains('R'));
    assert_eq!(laptop.letters(CLASS).len(), 1);
    assert!(flags(&laptop.letter(CLASS, "read")).contains('F'));

    // And from the laptop again: a flag, a deletion.
    let letter = laptop.letter(CLASS, "read");
    let renamed = format!("{}R", letter.display());
    fs::rename(&letter, renamed).unwrap();
    fs::remove_file(laptop.letter(HOMEWORK, "flagged")).unwrap();
    laptop.sync();
    open(&mut imap, CLASS);
    assert_eq!(imap.uids("ANSWERED FLAGGED SEEN").unwrap().len(), 1);
    open(&mut imap, HOMEWORK);
    assert_eq!(imap.uids("ALL").unwrap(), [0; 0]);
}

/// What stands after `:2,` in a Maildir file's name.
fn flags(letter: &Path) -> String {
    let name = letter.display().to_string();
    name.rsplit_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()
}

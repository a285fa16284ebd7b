//! OfflineIMAP keeps a tree with åäö in step, both ways: letters, flags, deletions, new folders.

use std::fs;
use std::path::{Path, PathBuf};

use super::Pair;
use crate::harness::Program;

/// "Övrigt", as IMAP writes it and as it lies on the disk.
const FOLDER: &str = "&ANY-vrigt";

fn sync(pair: &Pair, maildir: &Path) {
    let home = pair.town.beside("home").display().to_string();
    let (folder, authority) = (maildir.display().to_string(), pair.town.authority().display().to_string());
    let filled = [
        ("ADDRESS", pair.per.address.as_str()),
        ("PASSWORD", &pair.per.password),
        ("AUTHORITY", &authority),
        ("HOME", &home),
        ("MAILDIR", &folder),
    ];
    let config = pair.config("offlineimaprc", &filled);
    Program::new("offlineimap").env("HOME", &home).arg("-1").arg("-o").arg("-c").arg(config).pass();
}

/// The files of a folder in the Maildir.
fn letters(maildir: &Path, folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = ["cur", "new"]
        .iter()
        .flat_map(|part| fs::read_dir(maildir.join(folder).join(part)).into_iter().flatten())
        .map(|entry| entry.expect("our own folder").path())
        .collect();
    found.sort();
    found
}

fn flags(letter: &Path) -> String {
    letter.display().to_string().rsplit_once(":2,").map(|(_, flags)| flags.to_owned()).unwrap_or_default()
}

#[test]
fn offlineimap_keeps_a_tree_in_step_both_ways() {
    let pair = Pair::start();
    let maildir = pair.town.beside("maildir");
    let mut imap = pair.town.imap(&pair.per);
    imap.command(&format!("CREATE {FOLDER}")).unwrap().ok();
    for subject in ["ett", "två", "tre"] {
        let letter = format!("Subject: {subject}\r\nMessage-ID: <{subject}@x.test>\r\n\r\nHej!\r\n");
        imap.append(FOLDER, r"\Flagged", letter.as_bytes()).unwrap().ok();
    }
    sync(&pair, &maildir);
    let near = letters(&maildir, FOLDER);
    assert_eq!(near.len(), 3, "all are here");
    assert!(near.iter().all(|letter| flags(letter) == "F"), "{near:?}");

    // Here: one read, one deleted, one new. There: one answered, one new folder.
    let read = near[0].display().to_string().replace(":2,F", ":2,FS").replace("/new/", "/cur/");
    fs::rename(&near[0], read).unwrap();
    fs::remove_file(&near[1]).unwrap();
    fs::write(maildir.join(FOLDER).join("cur/1.a.laptop:2,S"), "Subject: fyra\n\nHej!\n").unwrap();
    imap.command("CREATE Skola").unwrap().ok();
    imap.append("Skola", "", b"Subject: fem\r\n\r\nHej!\r\n").unwrap().ok();
    sync(&pair, &maildir);
    imap.command(&format!("SELECT {FOLDER}")).unwrap().ok();
    assert_eq!(imap.uids("ALL").unwrap().len(), 3);
    assert_eq!(imap.uids("FLAGGED").unwrap().len(), 2);
    assert_eq!(imap.uids("SEEN").unwrap().len(), 2);
    assert_eq!(imap.uids("SEEN SUBJECT fyra").unwrap().len(), 1);
    assert_eq!(letters(&maildir, "Skola").len(), 1);

    // A run with nothing to do changes nothing.
    let before = letters(&maildir, FOLDER);
    sync(&pair, &maildir);
    assert_eq!(letters(&maildir, FOLDER), before);
    assert_eq!(imap.uids("ALL").unwrap().len(), 3);
}

//! A start with sled's folder cut, damaged, half-written or gone serves again by itself, and nothing is missing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Person, Town};

const LETTERS: usize = 30;

fn index(town: &Town) -> PathBuf {
    town.dir().join("data/index")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a folder reads").path()).collect()
}

fn filled() -> (Town, Person) {
    let town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let mut smtp = town.stranger();
    for number in 0..LETTERS {
        let letter =
            format!("From: a@fjarran.test\r\nSubject: brev {number}\r\n\r\n{}\r\n", "text ".repeat(500));
        smtp.send("a@fjarran.test", &[&asa.address], letter.as_bytes()).expect("25 answers").expect(250);
    }
    (town, asa)
}

#[track_caller]
fn serves_everything_after(damage: impl FnOnce(&Path)) {
    let (mut town, asa) = filled();
    town.kill();
    damage(&index(&town));
    town.serve();
    let mut imap = town.imap(&asa);
    imap.command("SELECT INBOX").expect("993 answers").ok();
    assert_eq!(imap.uids("ALL").expect("993 answers").len(), LETTERS);
    assert!(imap.letter(1).expect("993 answers").is_some());
    let mut smtp = town.stranger();
    smtp.send("a@fjarran.test", &[&asa.address], b"Subject: nytt\r\n\r\nx\r\n")
        .expect("25 answers")
        .expect(250);
    town.stop();
    town.console(&["store", "check"]);
}

#[test]
fn the_folder_is_gone() {
    serves_everything_after(|index| fs::remove_dir_all(index).expect("it was there"));
}

#[test]
fn its_file_is_cut() {
    serves_everything_after(|index| {
        let db = index.join("db");
        let len = fs::metadata(&db).expect("sled's file").len();
        fs::File::options()
            .write(true)
            .open(&db)
            .expect("sled's file")
            .set_len(len / 3)
            .expect("it can be cut");
    });
}

#[test]
fn its_file_is_noise() {
    serves_everything_after(|index| {
        for file in files(index).into_iter().filter(|file| file.is_file()) {
            let len = fs::metadata(&file).expect("sled's file").len();
            let noise: Vec<u8> =
                (0..len).map(|place| (place.wrapping_mul(0x9e37_79b9) >> 11) as u8).collect();
            fs::write(&file, noise).expect("it can be written");
        }
    });
}

#[test]
fn a_snapshot_was_half_written() {
    serves_everything_after(|index| {
        fs::write(index.join("snap.00000000DEAD.generating"), b"half").expect("the folder is there")
    });
}

//! The search index in the real service: made by a command, kept through kill and restore, checked with the store.

use serde_json::Value;

use crate::harness::{Imap, Person, Town};

const LETTERS: usize = 40;

fn fill(town: &Town, person: &Person) {
    let mut imap = town.imap(person);
    for number in 0..LETTERS {
        let letter = format!(
            "From: Bo <bo@fjarran.test>\r\nSubject: Läxa {number}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
             Sidan {number} om räksmörgåsar.\r\n"
        );
        imap.append("INBOX", "", letter.as_bytes()).expect("993 answers").ok();
    }
}

/// What searches find, by word.
fn found(town: &Town, person: &Person) -> Vec<Vec<u32>> {
    let mut imap: Imap = town.imap(person);
    imap.command("EXAMINE INBOX").expect("993 answers").ok();
    let criteria =
        ["TEXT \"RÄKSMÖRGÅS\"", "BODY \"sidan 7 om\"", "SUBJECT \"läxa 3\"", "TEXT nej", "FROM bo"];
    criteria.map(|criteria| imap.uids(criteria).expect("993 answers")).to_vec()
}

#[test]
fn the_index_is_made_by_a_command_and_changes_no_result() {
    let mut town = Town::start();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    fill(&town, &asa);
    let before = found(&town, &asa);
    assert_eq!(before.iter().map(Vec::len).collect::<Vec<_>>(), [LETTERS, 1, 11, 0, LETTERS]);
    let report: Value =
        serde_json::from_str(&town.console(&["store", "rebuild-search", "--json"]).text()).expect("JSON");
    assert_eq!(report["search-index"]["letters"], LETTERS, "{report}");
    assert_eq!(found(&town, &asa), before);
    town.kill();
    town.serve();
    assert_eq!(found(&town, &asa), before);
    let file = town.beside("kopia").join("kopia.skolpost");
    let path = file.to_str().expect("UTF-8");
    town.console(&["store", "export", path]);
    town.stop();
    town.console(&["store", "check"]);
    town.console(&["store", "rebuild", "--from", path]);
    town.console(&["store", "check"]);
    town.serve();
    assert_eq!(found(&town, &asa), before);
}

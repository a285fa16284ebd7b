//! The index anew, odd rows kept, counters put right.

use model::{MailboxId, MailboxRef, Uid};
use store::{BodyKey, FlagsKey, MailboxStateKey, MessageKey, Record, TypedKey, Usage, UsageKey};
use store_sled::OpenError;

use crate::support::{Place, TENANT, append, mailbox, options, peek, plant, plant_row, rebuild, rows};

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

#[test]
fn the_index_comes_back_from_base_and_journal() {
    let place = Place::filled();
    let before = place.with(|store, _, runtime| runtime.block_on(rows(store)));
    for damage in ["nothing", "sled is gone"] {
        if damage != "nothing" {
            std::fs::remove_dir_all(place.dir().join("index")).unwrap();
        }
        let report = place.rebuild(None).unwrap();
        assert!(report.findings.iter().all(|found| found.at == "index"), "{damage}: {report:#?}");
        assert_eq!(report.bodies, 31);
        let after = place.with(|store, _, runtime| runtime.block_on(rows(store)));
        assert_eq!(after, before, "{damage}");
        assert!(place.check().findings.is_empty());
    }
    let nowhere = Place::new();
    assert!(matches!(nowhere.rebuild(None), Err(OpenError::NoStore(_))));
}

#[test]
fn a_lost_journal_means_new_uidvalidity() {
    let place = Place::filled();
    let dir = place.dir();
    into_base(&place);
    place.with(|store, _, runtime| runtime.block_on(append(store, &[mailbox(1, 1)], 700)));
    for gone in ["index", "journal"] {
        std::fs::remove_dir_all(dir.join(gone)).unwrap();
    }
    assert!(
        store_sled::SledEngine::open(&dir, options()).is_err(),
        "a plain start does not go on without it"
    );
    let report = place.rebuild(None).unwrap();
    assert!(report.findings.iter().any(|found| found.at == "journal"), "{report:#?}");
    let state = peek(&dir, &MailboxStateKey(mailbox(1, 1)));
    assert_eq!(state.uid_validity.get(), 1_800_000_000);
    let after = place.check();
    assert!(after.is_clean(), "{after:#?}");
    assert!(after.findings[0].text.en.starts_with("1 bodies"), "the letter that nobody knows of: {after:#?}");
}

/// Puts what sled has now into the base, so that a rebuild meets it.
fn into_base(place: &Place) {
    place.with(|_, handle, _| handle.write_base().unwrap());
}

#[test]
fn counters_references_and_halves_are_put_right() {
    let place = Place::filled();
    let dir = place.dir();
    let here = mailbox(3, 1);
    let state = MailboxStateKey(here);
    let right = peek(&dir, &state);
    let mut wrong = right;
    (wrong.exists, wrong.bytes, wrong.uid_next) = (1, 1, Uid::MIN);
    plant_row(&dir, &state, &wrong);
    plant_row(&dir, &UsageKey { tenant: TENANT, account: here.account }, &Usage::default());
    plant(&dir, &FlagsKey { mailbox: here, uid: uid(1) }.to_key(), None);
    plant(&dir, &MailboxStateKey(mailbox(2, 2)).to_key(), None);
    let body = peek(&dir, &MessageKey { mailbox: here, uid: uid(2) }).body;
    plant(&dir, &BodyKey { tenant: TENANT, body }.to_key(), None);
    let other = BodyKey { tenant: TENANT, body: peek(&dir, &MessageKey { mailbox: here, uid: uid(3) }).body };
    let mut entry = peek(&dir, &other);
    let references = entry.references;
    entry.references = 0;
    plant_row(&dir, &other, &entry);
    into_base(&place);
    assert!(!place.check().is_clean());

    let report = place.rebuild(None).unwrap();
    assert!(report.findings.len() >= 8, "{report:#?}");
    let after = place.check();
    assert!(after.findings.is_empty(), "{after:#?}");
    let now = peek(&dir, &state);
    assert_eq!((now.exists, now.bytes, now.uid_next), (right.exists, right.bytes, right.uid_next));
    assert!(now.highest_mod_seq > right.highest_mod_seq, "the flags that came back are a change");
    assert_eq!(peek(&dir, &other).references, references);
    assert_eq!(peek(&dir, &MailboxStateKey(mailbox(2, 2))).uid_validity.get(), 1_800_000_000);
    // The corrections are in the base: an index that is lost comes back with them.
    std::fs::remove_dir_all(dir.join("index")).unwrap();
    assert!(place.check().is_clean());
}

#[test]
fn a_letter_with_an_odd_row_is_filed_where_its_owner_sees_it() {
    let place = Place::filled();
    let dir = place.dir();
    let here = mailbox(3, 1);
    let key = MessageKey { mailbox: here, uid: uid(2) };
    let entry = peek(&dir, &key);
    let mut odd = entry.encode();
    odd[0] = 9;
    plant(&dir, &key.to_key(), Some(&odd));
    let lost = MessageKey { mailbox: here, uid: uid(3) };
    plant(&dir, &lost.to_key(), Some(b"nothing left"));
    into_base(&place);

    let failed = rebuild(&dir, None, &mut |_, _| Err("no folder".into())).unwrap();
    assert!(failed.recovered.is_empty());
    assert!(failed.findings.iter().any(|found| found.text.en.contains("no folder")));

    let report = place.rebuild(None).unwrap();
    assert_eq!(report.recovered.len(), 1, "{report:#?}");
    assert_eq!((report.recovered[0].mailbox, report.recovered[0].uid), (here, uid(2)));
    let at = "mailbox 0000000000000001, UID 2";
    assert!(
        report.findings.iter().any(|found| found.at.ends_with(at) && found.text.en.contains("filed anew"))
    );
    let there = MailboxRef { mailbox: MailboxId::new(99), ..here };
    let filed = peek(&dir, &MessageKey { mailbox: there, uid: uid(1) });
    assert_eq!((filed.body, filed.size, filed.internal_date), (entry.body, entry.size, entry.internal_date));
    // What cannot be told stays where it is and stays a finding.
    let after = place.check();
    assert!(
        after.findings.iter().all(|found| found.at.contains("UID 3") || found.at.starts_with("body ")),
        "{after:#?}"
    );
    assert!(!after.is_clean());
    // Again, it does no harm.
    assert!(place.rebuild(None).unwrap().recovered.is_empty());
    assert_eq!(place.check(), after);
}

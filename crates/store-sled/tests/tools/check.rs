//! A store that was filled through the engine is clean; each kind of damage is found and named.

use model::{SystemFlag, Uid, UidSet};
use store::{
    Batch, BodyEntry, BodyKey, Change, ChangeKey, CounterKey, FlagsKey, Key, Keyspace, MailboxStateKey,
    MessageEntry, MessageKey, Op, TypedKey, Usage, UsageKey,
};
use store_sled::{OpenError, Severity};

use crate::support::{
    NOW, Place, TENANT, append, flip, mailbox, names, options, peek, plant, plant_row, plant_sealed, routes,
};

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

#[test]
fn a_store_that_was_filled_is_clean_and_stays_as_it_was() {
    let place = Place::filled();
    let first = place.check();
    assert!(first.is_clean() && first.findings.is_empty(), "{first:#?}");
    assert_eq!(first.bodies, 31);
    assert!(first.rows > 31 * 3, "{}", first.rows);
    let (mut last, mut calls) = ((0, 0), 0);
    let again = store_sled::check(&place.dir(), options(), &routes, &mut |done, total| {
        assert!(done <= total && done >= last.0);
        (last, calls) = ((done, total), calls + 1);
    });
    assert_eq!(again.unwrap(), first);
    assert!(calls > 10 && last.0 == last.1 && last.1 > 1_000_000, "{last:?} in {calls}");
}

#[test]
fn a_folder_without_a_store_stays_one() {
    let place = Place::new();
    let checked = store_sled::check(&place.dir(), options(), &routes, &mut |_, _| {});
    assert!(matches!(checked, Err(OpenError::NoStore(_))));
    assert!(!place.dir().exists());
    let place = Place::filled();
    let (_store, _handle) = place.open();
    let checked = store_sled::check(&place.dir(), options(), &routes, &mut |_, _| {});
    assert!(matches!(checked, Err(OpenError::Locked(_))));
}

#[test]
fn wrong_counters_are_named_with_what_is_right() {
    let place = Place::filled();
    let dir = place.dir();
    let key = MailboxStateKey(mailbox(3, 1));
    let right = peek(&dir, &key);
    let mut wrong = right;
    wrong.exists += 1;
    wrong.unseen = 0;
    wrong.deleted = 9;
    wrong.bytes = 1;
    wrong.uid_next = Uid::MIN;
    wrong.highest_mod_seq = model::ModSeq(1);
    plant_row(&dir, &key, &wrong);
    let usage = UsageKey { tenant: TENANT, account: mailbox(2, 1).account };
    plant_row(&dir, &usage, &Usage { bytes: 5, messages: 1 });
    let nobody = UsageKey { tenant: TENANT, account: model::AccountId::new(77) };
    plant_row(&dir, &nobody, &Usage { bytes: 5, messages: 1 });
    let report = place.check();
    let at = "account 0000000000000003, mailbox 0000000000000001";
    for what in [
        &format!("exists is {}; the rows come to {}", wrong.exists, right.exists),
        "unseen is 0",
        "deleted is 9",
        "bytes is 1;",
        "UIDNEXT is 1;",
        "HIGHESTMODSEQ is 1;",
    ] {
        assert!(names(&report, at, what), "{what} in {report:#?}");
    }
    assert!(names(&report, "account 0000000000000002, usage", "the usage is 1 messages, 5 octets"));
    assert!(names(&report, "account 000000000000004d, usage", "come to 0 and 0"));
    assert_eq!(report.errors, 8, "{report:#?}");
}

#[test]
fn rows_without_their_other_half_are_named() {
    let place = Place::filled();
    let dir = place.dir();
    let here = mailbox(3, 1);
    plant(&dir, &FlagsKey { mailbox: here, uid: uid(1) }.to_key(), None);
    plant(&dir, &MessageKey { mailbox: here, uid: uid(2) }.to_key(), None);
    let key = FlagsKey { mailbox: here, uid: uid(3) };
    let mut row = peek(&dir, &key);
    row.size += 1;
    plant_row(&dir, &key, &row);
    plant(&dir, &MailboxStateKey(mailbox(1, 2)).to_key(), None);
    let change = Change { at: NOW, flags: UidSet::new(), expunged: UidSet::range(uid(4), uid(4)) };
    plant_row(&dir, &ChangeKey { mailbox: here, mod_seq: model::ModSeq(2) }, &change);
    let report = place.check();
    assert!(names(&report, "UID 1", "the row of its flags is missing"), "{report:#?}");
    assert!(names(&report, "UID 2", "only its flags are left"));
    assert!(names(&report, "UID 3", "size or date differ"));
    assert!(names(&report, "mailbox 0000000000000002", "the counters of the mailbox are missing"));
    assert!(names(&report, "change 2", "remembered as expunged"));
}

#[test]
fn rows_that_do_not_read_are_named_and_hide_no_others() {
    let place = Place::filled();
    let dir = place.dir();
    let here = mailbox(3, 1);
    plant_sealed(&dir, &MessageKey { mailbox: here, uid: uid(1) }.to_key(), Some(b"no checksum".to_vec()));
    plant(&dir, &MessageKey { mailbox: here, uid: uid(2) }.to_key(), Some(b"\x07newer"));
    plant(&dir, &FlagsKey { mailbox: here, uid: uid(3) }.to_key(), Some(b""));
    plant(&dir, &MessageKey::prefix(here).with_bytes(b"x"), Some(b"x"));
    plant(&dir, &CounterKey { tenant: TENANT, name: "n".into() }.to_key(), Some(b"x"));
    plant(&dir, &Key::new(Keyspace::Route, TENANT).with_u64(9), Some(b"no name"));
    plant(&dir, &Key::from_bytes(vec![0xee, 1, 2]), Some(b"x"));
    let report = place.check();
    assert!(names(&report, "UID 1", "its checksum fails"), "{report:#?}");
    assert!(names(&report, "UID 2", "format version 7 is not known"));
    assert!(names(&report, "UID 3 (flags)", "empty"));
    assert!(names(&report, "row 22", "the key is none of its keyspace"));
    assert!(names(&report, "row 01", "the row does not read"));
    assert!(names(&report, "row 40", "no name"));
    assert!(names(&report, "row ee", "unknown keyspace"));
}

#[test]
fn bodies_are_counted_and_read() {
    let place = Place::filled();
    let dir = place.dir();
    let body_of = |number| -> BodyKey {
        let entry: MessageEntry = peek(&dir, &MessageKey { mailbox: mailbox(3, 1), uid: uid(number) });
        BodyKey { tenant: TENANT, body: entry.body }
    };
    let [counted, sized, gone, placeless, damaged] = [1, 2, 3, 4, 5].map(body_of);
    let entry = |key: &BodyKey| -> BodyEntry { peek(&dir, key) };
    let references = entry(&counted).references;
    plant_row(&dir, &counted, &BodyEntry { references: references + 3, ..entry(&counted) });
    plant_row(&dir, &sized, &BodyEntry { size: 1, ..entry(&sized) });
    plant_row(&dir, &placeless, &BodyEntry { place: Vec::new(), ..entry(&placeless) });
    let at = u64::from_le_bytes(entry(&damaged).place[4..12].try_into().unwrap());
    plant(&dir, &gone.to_key(), None);
    flip(&dir.join("bodies/00000000.bodies"), usize::try_from(at).unwrap() + 150);
    let report = place.check();
    let name = |key: BodyKey| format!("body {}", key.body);
    let wrong = format!("the reference count is {}; {references} rows", references + 3);
    assert!(names(&report, &name(counted), &wrong), "{report:#?}");
    assert!(names(&report, &name(sized), "its size is not that of the messages"));
    assert!(names(&report, &name(sized), "its row says 1"));
    assert!(names(&report, &name(placeless), "names no place"));
    assert!(names(&report, &name(damaged), "the content does not read"));
    assert!(names(&report, "UID 3", &format!("its content {} is not kept", gone.body)));
    // Its octets still lie there.
    let note = report.findings.iter().find(|finding| finding.severity == Severity::Note).unwrap();
    assert!(note.at.contains("body segment 0") && note.text.en.contains("bodies"), "{note:?}");
}

#[test]
fn a_flipped_octet_anywhere_in_a_body_is_found() {
    for offset in [1, 30, 60, 86, 100, 160] {
        let place = Place::filled();
        flip(&place.dir().join("bodies/00000000.bodies"), offset);
        let report = place.check();
        assert_eq!(report.errors, 1, "{offset}: {report:#?}");
        assert!(names(&report, "body ", "the content does not read"), "{offset}: {report:#?}");
    }
}

#[test]
fn what_nobody_refers_to_is_a_note() {
    let place = Place::filled();
    let body = place.with(|store, _, runtime| {
        let body = runtime.block_on(append(store, &[mailbox(1, 1)], 500));
        let mut batch = Batch::new(NOW);
        let uids: UidSet = (1..100).map(uid).collect();
        batch.ops.push(Op::Expunge { mailbox: mailbox(1, 1), uids });
        runtime.block_on(store.commit(batch)).unwrap();
        body
    });
    assert!(place.check().findings.is_empty(), "unreferenced, and its row is there");
    plant(&place.dir(), &BodyKey { tenant: TENANT, body }.to_key(), None);
    let report = place.check();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(report.findings.len(), 1);
    assert!(report.findings[0].text.en.starts_with("1 bodies"), "{report:#?}");
}

#[test]
fn a_lost_index_is_recovered_and_noted() {
    let place = Place::filled();
    let before = place.check();
    std::fs::remove_dir_all(place.dir().join("index")).unwrap();
    let report = place.check();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!((report.rows, report.bodies), (before.rows, before.bodies));
    assert!(report.findings.iter().any(|finding| finding.at == "index"));
    assert!(report.open.unwrap().from_base);
    let seen: model::FlagSet = peek(&place.dir(), &FlagsKey { mailbox: mailbox(1, 1), uid: uid(2) }).flags;
    assert!(seen.has(SystemFlag::Seen));
}

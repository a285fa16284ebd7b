//! An export is one moment, whoever writes meanwhile; a cut or altered one is refused with words.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::{MailboxRef, UnixMillis};
use store::{
    Batch, BodyEntry, BodyKey, KeyRange, Keyspace, MessageEntry, MessageKey, Op, Record, Store, TypedKey,
};
use store_sled::{CheckReport, OpenError};

use crate::support::{NOW, Place, TENANT, append, flip, letter, mailbox, names, peek, routes, rows};

/// Removes the oldest message of a mailbox.
async fn expunge_first(store: &Store, mailbox: MailboxRef) {
    let first = store.page::<MessageKey>(&KeyRange::prefix(&MessageKey::prefix(mailbox)), 1).await.unwrap();
    let uids = first.iter().map(|(key, _)| key.uid).collect();
    let mut batch = Batch::new(NOW);
    batch.ops.push(Op::Expunge { mailbox, uids });
    store.commit(batch).await.unwrap();
}

fn check_export(file: &Path) -> Result<CheckReport, OpenError> {
    store_sled::check_export(file, &routes, &mut |done, total| assert!(done <= total))
}

#[test]
fn an_export_under_load_is_clean_and_has_all_that_came_before() {
    let place = Place::filled();
    let file = place.path("backup.sko");
    let (store, handle) = place.open();
    let (stop, written) = (AtomicBool::new(false), AtomicU64::new(1000));
    let mut before = 0;
    let report = std::thread::scope(|scope| {
        for writer in 0..3 {
            let (store, runtime, stop, written) = (&store, &place.runtime, &stop, &written);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let number = written.fetch_add(1, Ordering::SeqCst);
                    runtime.block_on(append(store, &[mailbox(1 + writer, 1), mailbox(1, 2)], number));
                    runtime.block_on(expunge_first(store, mailbox(1 + writer, 1)));
                }
            });
        }
        // Bodies go as soon as nobody refers to them.
        let (handle, stopped) = (&handle, &stop);
        scope.spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                handle.sweep(UnixMillis(u64::MAX)).unwrap();
            }
        });
        while written.load(Ordering::SeqCst) < 1050 {
            std::thread::yield_now();
        }
        // Three may be on their way.
        before = written.load(Ordering::SeqCst) - 4;
        let mut report = None;
        for _ in 0..50 {
            let lsn = handle.stats().unwrap().durable_lsn;
            let this = handle.export(&file, &mut |done, total| assert!(done <= total)).unwrap();
            if report.insert(this).lsn > lsn + 2 {
                break;
            }
        }
        let report = report.unwrap();
        stop.store(true, Ordering::Relaxed);
        report
    });
    drop(store);
    handle.close().unwrap();
    assert!(report.damaged.is_empty());
    assert!(report.bodies > 50, "{report:?}");
    let metadata = std::fs::metadata(&file).unwrap();
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (report.octets, 0o600));
    assert!(!place.path("backup.sko.partial").exists());
    let checked = check_export(&file).unwrap();
    assert!(checked.is_clean(), "{checked:#?}");

    let there = Place::new();
    let restored = there.rebuild(Some(&file)).unwrap();
    assert!(restored.findings.is_empty(), "{restored:#?}");
    assert!(there.check().findings.is_empty());
    there.with(|store, _, runtime| {
        let rows = runtime.block_on(rows(store));
        let mut dates: Vec<u64> = rows
            .iter()
            .filter(|row| row.key.space() == Some(Keyspace::Message))
            .filter(|row| MessageKey::from_key(&row.key).is_some_and(|key| key.mailbox == mailbox(1, 2)))
            .map(|row| MessageEntry::decode(&row.value).unwrap().internal_date.0)
            .collect();
        dates.sort_unstable();
        for number in 1000..before {
            assert!(dates.binary_search(&number).is_ok(), "letter {number}, acknowledged before");
        }
    });
}

#[test]
fn a_damaged_body_is_left_out_and_named_and_the_others_are_there() {
    let place = Place::filled();
    flip(&place.dir().join("bodies/00000000.bodies"), 150);
    let file = place.path("backup.sko");
    let report = place.with(|_, handle, _| handle.export(&file, &mut |_, _| {}).unwrap());
    assert_eq!((report.damaged.len(), report.bodies), (1, 30), "{report:?}");
    let checked = check_export(&file).unwrap();
    assert_eq!(checked.errors, 1, "{checked:#?}");
    assert!(names(&checked, "body ", "the export does not hold the body"));
}

#[test]
fn an_export_replaces_an_older_one_and_half_of_one() {
    let place = Place::filled();
    let file = place.path("backup.sko");
    std::fs::write(&file, b"older").unwrap();
    std::fs::write(place.path("backup.sko.partial"), b"half").unwrap();
    place.with(|_, handle, _| handle.export(&file, &mut |_, _| {}).unwrap());
    assert!(check_export(&file).unwrap().findings.is_empty());
    let nowhere = place.path("missing/backup.sko");
    assert!(place.with(|_, handle, _| handle.export(&nowhere, &mut |_, _| {})).is_err());
}

#[test]
fn a_cut_or_altered_export_is_refused_with_words() {
    let place = Place::filled();
    let file = place.path("backup.sko");
    place.with(|_, handle, _| handle.export(&file, &mut |_, _| {}).unwrap());
    let whole = std::fs::read(&file).unwrap();
    let refused = |octets: &[u8], why: &str| {
        std::fs::write(&file, octets).unwrap();
        let there = Place::new();
        for error in [check_export(&file).unwrap_err(), there.rebuild(Some(&file)).unwrap_err()] {
            let text = error.to_string();
            assert!(text.contains(why) && text.contains("take an older one"), "{text}");
        }
        assert_eq!(std::fs::read_dir(there.folder.path()).unwrap().count(), 0, "nothing stays");
    };
    refused(&[], "cut");
    refused(&whole[..20], "cut");
    refused(&whole[..whole.len() - 1], "its checksum fails");
    refused(&whole[..whole.len() / 2], "its checksum fails");
    for at in [0, 9, whole.len() / 3, whole.len() - 33, whole.len() - 1] {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        refused(&altered, "its checksum fails");
    }
    refused(b"This is a letter, and it is quite a bit longer than a checksum.", "its checksum fails");
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(check_export(&file), Err(OpenError::Export { .. })));
    let base = std::fs::read_dir(place.dir().join("base")).unwrap().next().unwrap().unwrap().path();
    let error = place.rebuild(Some(&base)).unwrap_err();
    assert!(matches!(error, OpenError::NotEmpty(_)), "{error}");
    let error = Place::new().rebuild(Some(&base)).unwrap_err();
    assert!(error.to_string().contains("a base of the index"), "{error}");
}

#[test]
fn a_restored_store_is_the_same_but_for_places_and_uidvalidity() {
    let place = Place::filled();
    let file = place.path("backup.sko");
    let before = place.with(|store, handle, runtime| {
        handle.export(&file, &mut |_, _| {}).unwrap();
        runtime.block_on(rows(store))
    });
    let there = Place::new();
    std::fs::create_dir(there.dir()).unwrap();
    let report = there.rebuild(Some(&file)).unwrap();
    assert!(report.findings.is_empty(), "{report:#?}");
    assert_eq!(report.bodies, 31);
    there.with(|store, _, runtime| {
        let after = runtime.block_on(rows(store));
        assert_eq!(after.len(), before.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.key, after.key);
            if let Some(key) = BodyKey::from_key(&before.key) {
                let read = |value| BodyEntry { place: Vec::new(), ..BodyEntry::decode(value).unwrap() };
                assert_eq!(read(&before.value), read(&after.value));
                let derived = runtime.block_on(store.derived(TENANT, key.body)).unwrap();
                let number = std::str::from_utf8(&derived).unwrap().strip_prefix("derived ").unwrap();
                let content = runtime.block_on(store.read_body(TENANT, key.body, 0..u64::MAX)).unwrap();
                assert_eq!(content, letter(number.parse().unwrap()));
            } else if let Some(key) = store::MailboxStateKey::from_key(&before.key) {
                let read = |value| store::MailboxState::decode(value).unwrap();
                let (before, after) = (read(&before.value), read(&after.value));
                assert_eq!(after.uid_validity.get(), 1_800_000_000, "{key:?}");
                assert_eq!(before, store::MailboxState { uid_validity: before.uid_validity, ..after });
            } else {
                assert_eq!(before, after);
            }
        }
        // It takes letters, and knows one that it has.
        runtime.block_on(append(store, &[mailbox(1, 1)], 3));
        runtime.block_on(append(store, &[mailbox(1, 1)], 900));
    });
    // A restored store stands on its own: without its index it is the same.
    std::fs::remove_dir_all(there.dir().join("index")).unwrap();
    let report = there.check();
    assert!(report.is_clean(), "{report:#?}");
    assert_eq!(report.bodies, 32);
    let state = peek(&there.dir(), &store::MailboxStateKey(mailbox(1, 1)));
    assert_eq!(state.uid_validity.get(), 1_800_000_000);
}

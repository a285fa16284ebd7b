//! sled's folder cut, damaged, half-written or gone: the store serves again by itself, with everything.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use store_sled::{IndexOpen, OpenReport};

use crate::support::{content, create, file, letter, mailbox, open};

/// A store with letters, of which some are only in the journal, closed.
async fn filled(dir: &Path) -> usize {
    let (store, handle) = open(dir);
    create(&store, mailbox(1)).await;
    for seed in 0..300 {
        file(&store, mailbox(1), &letter(seed, 3000)).await;
        if seed == 100 {
            handle.write_base().unwrap();
        }
    }
    drop(store);
    handle.close().unwrap();
    300
}

/// Opens, and holds every letter against what was filed.
async fn whole_again(dir: &Path, letters: usize) -> OpenReport {
    let (store, handle) = open(dir);
    for seed in 0..letters as u64 {
        let uid = model::Uid::new(u32::try_from(seed).unwrap() + 1).unwrap();
        assert_eq!(content(&store, mailbox(1), uid).await, letter(seed, 3000));
    }
    let next = file(&store, mailbox(1), b"and one more").await;
    assert_eq!(next.get() as usize, letters + 1, "no UID twice");
    let report = handle.open_report().clone();
    drop(store);
    handle.close().unwrap();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let letters = filled(dir.path()).await;
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    let report = whole_again(dir.path(), letters).await;
    assert!(report.from_base && report.replayed > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_was_half_written() {
    let dir = tempfile::tempdir().unwrap();
    let letters = filled(dir.path()).await;
    fs::write(dir.path().join("index/snap.00000000000FFFFF.generating"), vec![1; 5000]).unwrap();
    let report = whole_again(dir.path(), letters).await;
    assert_eq!((report.index, report.from_base), (IndexOpen::Plain, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_does_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let letters = filled(dir.path()).await;
    fs::write(dir.path().join("index/snap.00000000000FFFFF"), vec![1; 5000]).unwrap();
    let report = whole_again(dir.path(), letters).await;
    assert_ne!(report.index, IndexOpen::Plain, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_cut() {
    for keep in [1, 2, 10] {
        let dir = tempfile::tempdir().unwrap();
        let letters = filled(dir.path()).await;
        let db = fs::OpenOptions::new().write(true).open(dir.path().join("index/db")).unwrap();
        let len = db.metadata().unwrap().len();
        db.set_len(len.saturating_sub(2 << 20).min(len * (keep - 1) / keep)).unwrap();
        let report = whole_again(dir.path(), letters).await;
        assert!(report.from_base, "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_overwritten_with_noise() {
    let dir = tempfile::tempdir().unwrap();
    let letters = filled(dir.path()).await;
    let db = fs::OpenOptions::new().write(true).open(dir.path().join("index/db")).unwrap();
    let len = usize::try_from(db.metadata().unwrap().len()).unwrap();
    db.write_all_at(&letter(1, len), 0).unwrap();
    for entry in fs::read_dir(dir.path().join("index")).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with("snap.") {
            fs::remove_file(path).unwrap();
        }
    }
    let report = whole_again(dir.path(), letters).await;
    assert!(report.from_base, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_base_is_no_harm_while_the_index_reads() {
    let dir = tempfile::tempdir().unwrap();
    let letters = filled(dir.path()).await;
    fs::remove_dir_all(dir.path().join("base")).unwrap();
    whole_again(dir.path(), letters).await;
}

//! Single faults, one at a time.

use std::collections::HashMap;

use model::{FlagPatch, FlagSet, SystemFlag, Uid, UnixMillis};
use store::{Batch, CommitError, Health, MailboxStateKey, Op, Record, TypedKey};

use super::world::{DIR, Life, Rows, append, create, expect, live, mailbox, options};
use crate::applied::{Applied, Tree};
use crate::keeper::{checkpoint, look_at_room};
use crate::options::Options;
use crate::queue::Work;
use crate::testing::{Call, FaultyDisk};

fn begin(disk: &FaultyDisk, options: Options) -> Life {
    let mut life = live(disk, Tree::default(), options).unwrap();
    life.commit(vec![create(1)]).pop().unwrap().unwrap();
    life
}

fn exists(life: &Life) -> u32 {
    let row = life.tree.get(&MailboxStateKey(mailbox(1)).to_key()).unwrap().unwrap();
    store::MailboxState::decode(&row).unwrap().exists
}

fn set_seen(number: u32) -> Work {
    let (mut batch, mut seen) = (Batch::new(UnixMillis(2)), FlagSet::new());
    seen.set(SystemFlag::Seen);
    let uid = Uid::new(number).unwrap();
    let patch = FlagPatch::Add(seen);
    batch.ops.push(Op::Update { mailbox: mailbox(1), uid, patch, unchanged_since: None });
    Work::Batch(batch)
}

#[test]
fn a_failing_sync_acknowledges_nothing_and_ends_all_writing() {
    let disk = FaultyDisk::new(1);
    let mut life = begin(&disk, options());
    life.commit(vec![append(&life, 1, b"kept")]).pop().unwrap().unwrap();
    disk.fail_sync_in(0);
    let work = vec![append(&life, 1, b"one"), append(&life, 1, b"two")];
    for answer in life.commit(work) {
        assert!(matches!(answer, Err(CommitError::Unknown(_))), "{answer:?}");
    }
    assert_eq!(exists(&life), 1, "nothing of it is seen");
    let Health::ReadOnly(why) = life.core.health.get() else { panic!("still writable") };
    assert!(why.sv.contains("tar inte emot") && why.en.contains("takes no changes"));
    disk.take_calls();
    let answer = life.commit(vec![append(&life, 1, b"three")]).pop().unwrap();
    assert!(matches!(answer, Err(CommitError::ReadOnly)));
    assert!(disk.take_calls().is_empty(), "and nothing is tried again");

    // Started again without a power cut the records can be read, though the disk never took them; a cut later they must
    // still be there.
    let again = live(&disk.after_kill(), Tree::default(), options()).unwrap();
    assert_eq!(exists(&again), 3);
}

#[test]
fn what_was_read_after_a_failed_sync_survives_a_later_cut() {
    let disk = FaultyDisk::new(1);
    let mut life = begin(&disk, options());
    disk.fail_sync_in(0);
    life.commit(vec![append(&life, 1, b"one")]);
    let disk = disk.after_kill();
    let again = live(&disk, Tree::default(), options()).unwrap();
    let seen = exists(&again);
    for _ in 0..20 {
        let after = live(&disk.after_power_cut(), Tree::default(), options()).unwrap();
        assert_eq!(exists(&after), seen);
    }
}

#[test]
fn a_mark_that_only_seems_to_be_on_the_disk_frees_nothing() {
    let disk = FaultyDisk::new(1);
    let mut life = begin(&disk, options());
    for number in 0..30 {
        life.commit(vec![append(&life, 1, &crate::testing_letter(300 + number))]).pop().unwrap().unwrap();
    }
    checkpoint(&life.core).unwrap();
    // The base is written, its mark is not.
    disk.fail_sync_in(1);
    crate::base::write(&life.core).unwrap_err();
    drop(life);
    let disk = disk.after_kill();
    let mut life = live(&disk, Tree::default(), options()).unwrap();
    for _ in 0..100 {
        life.commit(vec![set_seen(1), flip(0), flip(1)]);
    }
    let (rows, disk) = (life.tree.rows(), disk.after_power_cut());
    assert_eq!(live(&disk, Tree::default(), options()).unwrap().tree.rows(), rows);
}

#[test]
fn an_answer_comes_after_the_sync_of_the_last_octet() {
    let disk = FaultyDisk::new(1);
    let mut life = begin(&disk, options());
    for content in [&b"small"[..], &[7; 3000], &crate::testing_letter(1200)] {
        disk.take_calls();
        life.commit(vec![append(&life, 1, content)]).pop().unwrap().unwrap();
        let calls = disk.take_calls();
        let journal = |call: &Call, kind: &str| match call {
            Call::Write(path, ..) => kind == "write" && path.starts_with(format!("{DIR}/journal")),
            Call::Sync(path) => kind == "sync" && path.starts_with(format!("{DIR}/journal")),
            _ => false,
        };
        let written = calls.iter().rposition(|call| journal(call, "write")).unwrap();
        let synced = calls.iter().rposition(|call| journal(call, "sync")).unwrap();
        assert!(written < synced);
        let body = calls.iter().position(
            |call| matches!(call, Call::Write(path, ..) if path.starts_with(format!("{DIR}/bodies"))),
        );
        // A body that rides in the journal comes behind its sync, one that does not is synced before.
        if body.unwrap() < written {
            let bodies = calls.iter().rposition(
                |call| matches!(call, Call::Sync(path) if path.starts_with(format!("{DIR}/bodies"))),
            );
            assert!(body < bodies && bodies.unwrap() < written);
        } else {
            assert!(body.unwrap() > synced);
        }
    }
}

#[test]
fn a_full_disk_takes_no_letters_but_flags_and_goes_on_by_itself() {
    let disk = FaultyDisk::new(1);
    let options = Options { free_octets_least: 20 << 10, free_octets_min: 20 << 10, ..options() };
    disk.set_capacity(1 << 20);
    let mut life = begin(&disk, options);
    life.core.segments.prepare_spare().unwrap();
    life.commit(vec![append(&life, 1, b"first")]).pop().unwrap().unwrap();
    disk.set_capacity(disk.used() + (10 << 10));
    look_at_room(&life.core);
    assert_eq!(life.core.health.get(), Health::Full);
    // Far more changes than one segment holds: the journal lives on what it has.
    for round in 0..200 {
        let answers = life.commit(vec![append(&life, 1, b"second"), set_seen(1), flip(round)]);
        assert!(matches!(answers[0], Err(CommitError::Full)));
        assert!(answers[1].is_ok() && answers[2].is_ok(), "{answers:?}");
        if round % 20 == 0 {
            checkpoint(&life.core).unwrap();
            crate::base::write(&life.core).unwrap();
        }
    }
    assert_eq!(exists(&life), 1);
    disk.set_capacity(1 << 20);
    look_at_room(&life.core);
    assert_eq!(life.core.health.get(), Health::Writable);
    life.commit(vec![append(&life, 1, b"second")]).pop().unwrap().unwrap();
    assert_eq!(exists(&life), 2);
}

fn flip(round: u32) -> Work {
    let (mut batch, mut flags) = (Batch::new(UnixMillis(2)), FlagSet::new());
    flags.set(SystemFlag::Flagged);
    let patch = if round.is_multiple_of(2) { FlagPatch::Add(flags) } else { FlagPatch::Remove(flags) };
    batch.ops.push(Op::Update { mailbox: mailbox(1), uid: Uid::MIN, patch, unchanged_since: None });
    Work::Batch(batch)
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_write_leaves_nothing_behind() {
    let disk = FaultyDisk::new(1);
    let mut life = begin(&disk, options());
    let mut rows = life.rows(&HashMap::new());
    let mut contents = HashMap::new();
    for room in 0..60 {
        disk.set_capacity(disk.used() + room * 37);
        let content = crate::testing_letter(100 + usize::try_from(room).unwrap() * 17);
        let work = append(&life, 1, &content);
        contents.insert(life.stage(&content).id, content.clone());
        let again = append(&life, 1, &content);
        match life.commit(vec![work]).pop().unwrap() {
            Ok(_) => drop(expect(&mut rows, &again).unwrap()),
            Err(CommitError::Full) => {}
            Err(error) => panic!("{error}"),
        }
        life.core.health.set_full(false);
        assert_eq!(life.rows(&contents), rows);
    }
    disk.set_capacity(1 << 30);
    let after: Rows = live(&disk.after_power_cut(), Tree::default(), options()).unwrap().rows(&contents);
    assert_eq!(after, rows, "nothing that was refused, all that was taken");
}

#[test]
fn a_torn_tail_is_cut_and_old_records_of_a_used_segment_stay_old() {
    let disk = FaultyDisk::new(1);
    let mut life = begin(&disk, options());
    // Round and round through the segments.
    for round in 0..100 {
        life.commit(vec![append(&life, 1, &crate::testing_letter(50 + round))]).pop().unwrap().unwrap();
        if round % 10 == 0 {
            checkpoint(&life.core).unwrap();
            crate::base::write(&life.core).unwrap();
        }
    }
    let last = life.core.segments.in_use().pop().unwrap();
    let count = exists(&life);
    drop(life);
    let path = std::path::Path::new(DIR).join("journal").join(&last.name);
    // The last record loses an octet: the group before it is the end.
    let (tree, disk) = (Tree::default(), disk.after_kill());
    disk.damage(&path, |octets| {
        let end =
            octets.chunks(512).rposition(|sector| sector[8..16] == last.generation.to_le_bytes()).unwrap();
        octets[end * 512 + 30] ^= 1;
    });
    let life = live(&disk, tree, options()).unwrap();
    assert!(life.report.torn_tail);
    assert_eq!(exists(&life), count - 1);
}

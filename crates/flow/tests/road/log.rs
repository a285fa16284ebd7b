//! The delivery log: who can find what, for how long.

use std::time::Duration;

use flow::{Limits, MailParams, Query, Source, Verdict, trace};
use model::{Role, TenantId, UnixMillis};
use store::{KeyRange, Keyspace};

use crate::engine::Mood;
use crate::school::{LETTER, NOW, School, addr, clock, path, peer, refused, remote};

#[tokio::test]
async fn a_letter_is_found_by_id_sender_and_recipient() {
    let school = School::open().await;
    school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let first = school.receive(&["asa.oqvist@skola.test"]).await.unwrap();
    let second = school.receive(&["asa.oqvist@skola.test"]).await.unwrap();
    for address in ["Far@granne.test", "ASA.oqvist@skola.test"] {
        let found: Vec<_> = school.trace_address(address).await.iter().map(|entry| entry.queue_id).collect();
        assert_eq!(found, [second.queue_id, first.queue_id], "the newest first");
    }
    let entries = school.trace(Query::Letter(first.queue_id)).await;
    let entry = &entries[0];
    assert_eq!(entry.source, Source::Remote { peer: peer().address, tls: true });
    assert_eq!((entry.at, &entry.from), (NOW, &path("far@granne.test")));
    assert!(entry.size > LETTER.len() as u64 && entry.message_id_hash.is_some());
    let again = school.trace(Query::Letter(second.queue_id)).await;
    assert_eq!(entry.message_id_hash, again[0].message_id_hash);
    assert!(school.trace_address("nobody@skola.test").await.is_empty());
    assert!(trace(&school.store, school.other, &Query::Letter(first.queue_id), 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn letters_of_which_nothing_was_taken_are_written_too() {
    let mut school = School::open().await;
    school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let keeper = tokio::spawn(school.keeper.take().unwrap().run(clock()));
    assert_eq!(refused(school.receive(&["nobody@skola.test"]).await), "550 5.1.1");
    assert_eq!(refused(school.receive(&["x@granne.test"]).await), "550 5.7.1");
    let going_round = format!("{}{LETTER}", "Received: a\r\n".repeat(51));
    assert!(school.send(remote(), "", &["asa.oqvist@skola.test"], &going_round).await.is_err());
    // A dialogue that asked nothing leaves nothing.
    drop(school.intake.mail(remote(), path(""), MailParams::default(), NOW).await.unwrap());
    school.until_traced("asa.oqvist@skola.test", 1).await;
    keeper.abort();
    let found = school.trace_address("nobody@skola.test").await;
    assert_eq!((found.len(), found[0].size), (1, 0));
    assert_eq!(found[0].recipients[0].verdict, Verdict::Refused { code: 550, enhanced: (5, 1, 1) });
    assert_eq!(school.trace_address("far@granne.test").await.len(), 1);
    let found = school.trace_address("asa.oqvist@skola.test").await;
    assert_eq!(found[0].recipients[0].verdict, Verdict::Refused { code: 554, enhanced: (5, 4, 6) });
    let nobodys = Query::Address(addr("x@granne.test"));
    assert_eq!(trace(&school.store, TenantId::INSTALLATION, &nobodys, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dialogue_that_ends_in_the_commit_writes_no_second_entry() {
    let mut school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let bo = school.add(Role::Teacher, "Bo", "Al").await;
    school.receive(&["bo.al@skola.test"]).await.unwrap();
    let mut transaction = school.intake.mail(remote(), path(""), MailParams::default(), NOW).await.unwrap();
    transaction.rcpt(addr("nobody@skola.test")).await.unwrap_err();
    transaction.rcpt(addr("asa.oqvist@skola.test")).await.unwrap();
    transaction.append(LETTER.as_bytes()).unwrap();
    school.engine.set_mood(Mood::StopsAfter { good: 0, done: true });
    assert!(tokio::time::timeout(Duration::from_millis(50), transaction.finish(NOW)).await.is_err());
    school.engine.set_mood(Mood::Good);
    let keeper = tokio::spawn(school.keeper.take().unwrap().run(clock()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    keeper.abort();
    // It was durable, though nobody heard of it.
    assert_eq!((school.read(asa).await.len(), school.read(bo).await.len()), (1, 1));
    let found = school.trace_address("nobody@skola.test").await;
    let verdicts: Vec<_> = found.iter().flat_map(|entry| &entry.recipients).map(|one| one.verdict).collect();
    assert_eq!(verdicts, [Verdict::Filed, Verdict::Refused { code: 550, enhanced: (5, 1, 1) }]);
}

#[tokio::test]
async fn a_flood_of_refusals_does_not_fill_the_disk() {
    let mut limits = Limits::default();
    limits.log.refused_letters_per_minute = 5;
    limits.log.refusals_max = 2;
    let mut school = School::with(limits).await;
    let keeper = school.keeper.take().unwrap();
    for _ in 0..400 {
        let mut transaction =
            school.intake.mail(remote(), path(""), MailParams::default(), NOW).await.unwrap();
        for number in 0..4 {
            transaction.rcpt(addr(&format!("no{number}@skola.test"))).await.unwrap_err();
        }
    }
    let keeper = tokio::spawn(keeper.run(clock()));
    school.until_traced("no1@skola.test", 5).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    keeper.abort();
    let found = school.trace_address("no1@skola.test").await;
    assert_eq!((found.len(), found[0].recipients.len(), found[0].unlisted), (5, 2, 2));
    assert!(school.trace_address("no2@skola.test").await.is_empty());
}

#[tokio::test]
async fn the_log_is_kept_for_thirty_days() {
    let mut school = School::open().await;
    school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.add(Role::Teacher, "Bo", "Al").await;
    for _ in 0..150 {
        school.receive(&["asa.oqvist@skola.test", "bo.al@skola.test"]).await.unwrap();
    }
    let keeper = school.keeper.take().unwrap();
    let day = 86_400_000;
    assert_eq!(keeper.expire(UnixMillis(NOW.0 + 30 * day)).await.unwrap(), 0);
    assert_eq!(school.trace_address("bo.al@skola.test").await.len(), 100);
    assert_eq!(keeper.expire(UnixMillis(NOW.0 + 31 * day)).await.unwrap(), 150);
    for (space, left) in [(Keyspace::DeliveryLog, 0), (Keyspace::DeliveryLogByAddress, 1)] {
        let all = KeyRange::prefix(&store::Key::new(space, school.here));
        assert_eq!(
            school.store.scan(&all, 1000).await.unwrap().len(),
            left,
            "{space:?}: only its key is left"
        );
    }
}

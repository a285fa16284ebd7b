//! Letters to very many: routes in the accepting commit, filed beside it, over crashes.

use std::collections::HashMap;
use std::time::Duration;

use flow::{Accepted, MailParams, Round, Verdict};
use model::{AccountId, EmailAddress, UnixMillis};
use store::{BodyKey, CommitError, Health, Keyspace};
use tokio::time::timeout;

use crate::engine::Mood;
use crate::school::{LETTER, NOW, School, clock, path, remote};

async fn send_to_all(school: &School, pupils: &[(AccountId, EmailAddress)]) -> Accepted {
    let mut transaction =
        school.intake.mail(remote(), path("far@granne.test"), MailParams::default(), NOW).await.unwrap();
    for (_, address) in pupils {
        transaction.rcpt(address.clone()).await.unwrap();
    }
    transaction.append(LETTER.as_bytes()).unwrap();
    // As a session does it: on whichever thread is free.
    tokio::spawn(transaction.finish(NOW)).await.unwrap().unwrap()
}

async fn counts(school: &School, pupils: &[(AccountId, EmailAddress)]) -> HashMap<usize, usize> {
    let mut counts = HashMap::new();
    for (account, _) in pupils {
        *counts.entry(school.messages(school.inbox(*account)).await.len()).or_default() += 1;
    }
    counts
}

async fn routes(school: &School) -> usize {
    let all = store::KeyRange::prefix(&store::Key::new(Keyspace::Route, school.here));
    school.store.scan(&all, 1000).await.unwrap().len()
}

#[tokio::test]
async fn a_hundred_are_filed_at_once_and_eight_hundred_by_dispatch() {
    let school = School::open().await;
    let pupils = school.add_pupils(800).await;
    send_to_all(&school, &pupils[..100]).await;
    assert_eq!(
        (counts(&school, &pupils[..100]).await, routes(&school).await),
        (HashMap::from([(1, 100)]), 0)
    );

    let accepted = send_to_all(&school, &pupils).await;
    assert!(routes(&school).await >= 8);
    assert!(school.verdicts(accepted).await.iter().all(|(_, verdict)| *verdict == Verdict::Waiting));
    assert_eq!(school.trace_address("far@granne.test").await.len(), 2);
    // Full meanwhile, but promised.
    school.set_quota(pupils[500].0, 1).await;
    school.drop_inbox(pupils[700].0).await;
    let round = school.dispatcher().round(NOW).await.unwrap();
    assert_eq!(round, Round { filed: 799, gone: 1, failed: 0, next_due: None });

    assert_eq!(counts(&school, &pupils).await, HashMap::from([(0, 1), (1, 699), (2, 100)]));
    assert_eq!(routes(&school).await, 0);
    let verdicts = school.verdicts(accepted).await;
    assert_eq!(verdicts.len(), 800);
    for (number, (address, verdict)) in verdicts.iter().enumerate() {
        assert_eq!(*address, pupils[number].1.to_string());
        assert_eq!(*verdict, if number == 700 { Verdict::Gone } else { Verdict::Filed });
    }
    assert_eq!(school.trace_address(&pupils[799].1.to_string()).await.len(), 1);
    let entry = &school.messages(school.inbox(pupils[0].0)).await[1];
    let body = BodyKey { tenant: school.here, body: entry.body };
    assert_eq!(school.store.load(&body).await.unwrap().unwrap().references, 799);
    let direct = &school.messages(school.inbox(pupils[0].0)).await[0];
    assert_eq!((&entry.envelope, &entry.lineage), (&direct.envelope, &direct.lineage));
    assert_eq!(
        (entry.zone, direct.zone),
        (model::Zone::minutes_east(60), entry.zone),
        "that of the installation"
    );
    assert!(!entry.lineage.is_empty());
}

#[tokio::test]
async fn a_crash_at_any_commit_neither_loses_nor_doubles() {
    let school = School::open().await;
    let pupils = school.add_pupils(250).await;
    let mut expected = 0;
    for good in 0..4 {
        for done in [false, true] {
            send_to_all(&school, &pupils).await;
            expected += 1;
            school.engine.set_mood(Mood::StopsAfter { good, done });
            let dispatcher = school.dispatcher();
            // The process stops in the middle, and all that it had in memory is gone.
            let _ = timeout(Duration::from_millis(100), dispatcher.round(NOW)).await;
            drop(dispatcher);
            school.engine.set_mood(Mood::Good);
            school.dispatcher().round(NOW).await.unwrap();
            assert_eq!(counts(&school, &pupils).await, HashMap::from([(expected, 250)]), "{good} {done}");
            assert_eq!(routes(&school).await, 0);
        }
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_later() {
    let school = School::open().await;
    let pupils = school.add_pupils(101).await;
    send_to_all(&school, &pupils).await;
    let dispatcher = school.dispatcher();
    school.engine.set_health(Health::Full);
    let waits = UnixMillis(NOW.0 + 30_000);
    assert_eq!(dispatcher.round(NOW).await.unwrap(), Round { next_due: Some(waits), ..Round::default() });
    school.engine.set_health(Health::Writable);
    school.engine.set_mood(Mood::Fails(CommitError::Full));
    let round = dispatcher.round(NOW).await.unwrap();
    assert!(round.filed == 0 && round.failed >= 2 && round.next_due > Some(NOW));
    school.engine.set_mood(Mood::Good);
    let later = UnixMillis(NOW.0 + 1);
    assert_eq!(dispatcher.round(later).await.unwrap().filed, 101);
}

#[tokio::test]
async fn a_new_route_wakes_the_dispatcher() {
    let school = School::open().await;
    let pupils = school.add_pupils(101).await;
    let task = tokio::spawn(school.dispatcher().run(clock()));
    tokio::time::sleep(Duration::from_millis(50)).await;
    send_to_all(&school, &pupils).await;
    let all_filed = async {
        while counts(&school, &pupils).await != HashMap::from([(1, 101)]) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), all_filed).await.expect("the sweep comes after 30 s only");
    task.abort();
}

//! A store that cannot take letters: the sender is told to come back, and nothing is acknowledged.

use flow::MailParams;
use model::{Role, Text};
use store::{CommitError, Health};

use crate::engine::Mood;
use crate::school::{LETTER, NOW, School, addr, path, refused, remote};

#[tokio::test]
async fn a_full_or_broken_store_is_said_at_mail() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let mail = async || school.receive(&["asa.oqvist@skola.test"]).await;
    school.engine.set_health(Health::Full);
    assert_eq!(refused(mail().await), "452 4.3.1");
    school.engine.set_health(Health::ReadOnly(Text::new("fel", "fault")));
    assert_eq!(refused(mail().await), "451 4.3.0");
    school.engine.set_health(Health::Writable);
    mail().await.unwrap();
    assert_eq!(school.read(asa).await.len(), 1);
}

#[tokio::test]
async fn no_failed_commit_is_acknowledged() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.receive(&["asa.oqvist@skola.test"]).await.unwrap();
    for (error, expected) in [
        (CommitError::Full, "452 4.3.1"),
        (CommitError::ReadOnly, "451 4.3.0"),
        (CommitError::Unknown("sync failed".into()), "451 4.3.0"),
        (CommitError::TooLarge("a value"), "451 4.3.0"),
    ] {
        let mut transaction =
            school.intake.mail(remote(), path("far@granne.test"), MailParams::default(), NOW).await.unwrap();
        transaction.rcpt(addr("asa.oqvist@skola.test")).await.unwrap();
        transaction.append(LETTER.as_bytes()).unwrap();
        school.engine.set_mood(Mood::Fails(error));
        assert_eq!(refused(transaction.finish(NOW).await), expected);
        school.engine.set_mood(Mood::Good);
    }
    assert_eq!(school.read(asa).await.len(), 1);
}

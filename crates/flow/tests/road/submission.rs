//! Letters from people who have logged in.

use flow::{Limits, MailParams, Query, Source, Verdict};
use model::{AccountId, Role};

use crate::school::{NOW, School, path, refused};

const TO: &[&str] = &["bo.al@skola.test"];

async fn two_people() -> (School, AccountId, AccountId) {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let bo = school.add(Role::Teacher, "Bo", "Al").await;
    (school, asa, bo)
}

#[tokio::test]
async fn a_submitted_letter_gets_what_it_lacks_and_tells_no_home() {
    let (school, asa, bo) = two_people().await;
    let letter = "From: Åsa <asa.oqvist@skola.test>\r\nSubject: Hej\r\n\r\nHej!\r\n";
    let accepted = school.send(school.login(asa).await, "asa.oqvist@skola.test", TO, letter).await.unwrap();
    let text = &school.read(bo).await[0];
    assert!(text.ends_with(letter));
    assert!(
        text.contains("\r\nDate: ")
            && text.contains(&format!("\r\nMessage-ID: <{}@skola.test>\r\n", accepted.queue_id))
    );
    assert!(
        text.contains(" with ESMTPSA id ") && !text.contains("192.0.2.7") && !text.contains("granne"),
        "{text}"
    );
    let entry = &school.trace(Query::Letter(accepted.queue_id)).await[0];
    assert_eq!(entry.source, Source::Submission { account: asa });
    // What is there stays alone.
    let whole = format!("Date: Mon, 23 Nov 2026 08:00:00 +0100\r\nMessage-ID: <a@b.test>\r\n{letter}");
    school.send(school.login(asa).await, "asa.oqvist@skola.test", TO, &whole).await.unwrap();
    let text = &school.read(bo).await[1];
    assert!(text.ends_with(&whole) && text.matches("Message-ID:").count() == 1);
}

#[tokio::test]
async fn nobody_sees_who_got_a_blind_copy() {
    // In memory, and in a file.
    for spool_memory_bytes_max in [1 << 20, 50] {
        let school = School::with(Limits { spool_memory_bytes_max, ..Limits::default() }).await;
        let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
        let bo = school.add(Role::Teacher, "Bo", "Al").await;
        let body = format!("\r\nBcc: a line of the text\r\n{}", "x\r\n".repeat(100));
        for body in ["", "\r\n", &body] {
            let private = "Return-Path: <bo.al@skola.test>\r\nResent-Bcc: a@skola.test\r\n";
            let own = "From: <asa.oqvist@skola.test>\r\nSubject:  Hej \r\n";
            let letter = format!("{private}bcc : hemlig@skola.test,\r\n hemlig2@skola.test\r\n{own}{body}");
            let to = ["bo.al@skola.test"];
            school.send(school.login(asa).await, "asa.oqvist@skola.test", &to, &letter).await.unwrap();
            let text = school.read(bo).await.pop().unwrap();
            assert!(text.ends_with(&format!("{own}{body}")), "{text}");
            assert!(!text.contains("hemlig") && !text.contains("Resent-Bcc"), "{text}");
            assert!(text.matches("Return-Path:").count() == 1 && text.contains("<asa.oqvist@skola.test>"));
        }
    }
}

#[tokio::test]
async fn mail_from_is_an_own_address() {
    let (school, asa, bo) = two_people().await;
    school.alias(asa, "asa@skola.test").await;
    let mail = async |from: &str| {
        let origin = school.login(asa).await;
        school.intake.mail(origin, path(from), MailParams::default(), NOW).await.map(|_| ())
    };
    for own in ["asa.oqvist@skola.test", "ASA@Skola.test", ""] {
        mail(own).await.unwrap();
    }
    for foreign in ["bo.al@skola.test", "asa.oqvist@other.test", "rektor@skola.test", "far@granne.test"] {
        assert_eq!(refused(mail(foreign).await), "550 5.7.1", "{foreign}");
    }
    // A receipt has no return path; its From is still checked.
    let forged = "From: <bo.al@skola.test>\r\n\r\n";
    assert_eq!(refused(school.send(school.login(asa).await, "", TO, forged).await), "550 5.7.1");
    let login = school.login(bo).await;
    school.commit(school.directory.lock(school.here, bo, NOW).await.unwrap()).await;
    let mail = school.intake.mail(login, path("bo.al@skola.test"), MailParams::default(), NOW).await;
    assert_eq!(refused(mail.map(|_| ())), "550 5.7.1");
}

#[tokio::test]
async fn no_trick_makes_a_letter_somebody_elses() {
    let (school, asa, bo) = two_people().await;
    for (header, expected) in [
        ("Subject: x\r\n", "550 5.6.0"),
        ("From: <bo.al@skola.test>\r\n", "550 5.7.1"),
        ("From: <asa.oqvist@skola.test>, <bo.al@skola.test>\r\n", "550 5.7.1"),
        ("From: <asa.oqvist@skola.test>\r\nSender: <bo.al@skola.test>\r\n", "550 5.7.1"),
        ("From: <asa.oqvist@skola.test>\r\nFrom: <bo.al@skola.test>\r\n", "550 5.6.0"),
        ("From: <asa.oqvist@skola.test>\r\nfROM : <bo.al@skola.test>\r\n", "550 5.6.0"),
        ("From: <asa.oqvist@skola.test>\r\nno field\r\nFrom: <bo.al@skola.test>\r\n", "550 5.6.0"),
        ("From: bo.al@skola.test <asa.oqvist@skola.test>\r\n", "550 5.6.0"),
        ("From: <asa.oqvist@skola.test> <bo.al@skola.test>\r\n", "550 5.6.0"),
        ("From: =?utf-8?q?bo.al=40skola.test?=\r\n", "550 5.6.0"),
        ("From: bo.al\r\n", "550 5.6.0"),
        ("From: Klassen: bo.al@skola.test;\r\n", "550 5.7.1"),
        ("From: asa.oqvist@skola.test\r\n \r\nFrom: bo.al@skola.test\r\n", "550 5.6.0"),
        ("From: <@asa.oqvist@skola.test:bo.al@skola.test>\r\n", "550 5.6.0"),
        ("From: <@bo.al@skola.test:asa.oqvist@skola.test>\r\n", "550 5.6.0"),
        ("From: <asa.oqvist@skola.test>\r\nResent-From: <bo.al@skola.test>\r\n", "550 5.7.1"),
        ("From: <asa.oqvist@skola.test>\r\nResent-Sender: <bo.al@skola.test>\r\n", "550 5.7.1"),
        ("From: \"bo.al@skola.test\" <asa.oqvist@skola.test>\r\n", "550 5.7.1"),
        ("From: =?utf-8?Q?Bo_bo.al=40SKOLA.test?= <asa.oqvist@skola.test>\r\n", "550 5.7.1"),
        (
            "From: <asa.oqvist@skola.test>\r\nSender: \"rektor@other.test\" <asa.oqvist@skola.test>\r\n",
            "550 5.7.1",
        ),
        (" From: bo.al@skola.test\r\nFrom: asa.oqvist@skola.test\r\n", "550 5.6.0"),
    ] {
        let letter = format!("{header}\r\nHej!\r\n");
        let sent = school.send(school.login(asa).await, "asa.oqvist@skola.test", TO, &letter).await;
        assert_eq!(refused(sent), expected, "{header}");
    }
    assert!(school.read(bo).await.is_empty());
    // One's own address, and one that is nobody's here, may stand in the name.
    for name in ["asa.oqvist@skola.test", "Åsa (far@granne.test)"] {
        let letter = format!("From: \"{name}\" <asa.oqvist@skola.test>\r\n\r\n");
        school.send(school.login(asa).await, "asa.oqvist@skola.test", TO, &letter).await.unwrap();
    }
    let long = format!("X: {}\r\nFrom: <asa.oqvist@skola.test>\r\n\r\n", "x\r\n ".repeat(70_000));
    let sent = school.send(school.login(asa).await, "asa.oqvist@skola.test", TO, &long).await;
    assert_eq!(refused(sent), "552 5.3.4");
}

#[tokio::test]
async fn recipients_elsewhere_are_refused_and_other_municipalities_here_are_not() {
    let (school, asa, bo) = two_people().await;
    let eva = school.add_elsewhere("Eva", "Ek").await;
    let letter = "From: <asa.oqvist@skola.test>\r\n\r\n";
    let send =
        async |to: &[&str]| school.send(school.login(asa).await, "asa.oqvist@skola.test", to, letter).await;
    assert_eq!(refused(send(&["far@granne.test"]).await), "550 5.7.1");
    let accepted = send(&["bo.al@skola.test", "eva.ek@other.test"]).await.unwrap();
    assert_eq!(school.read(bo).await.len(), 1);
    assert_eq!(school.messages(mailbox::inbox(school.other, eva)).await.len(), 1);
    let expected = [
        ("bo.al@skola.test".to_owned(), Verdict::Filed),
        ("eva.ek@other.test".to_owned(), Verdict::Elsewhere),
    ];
    assert_eq!(school.verdicts(accepted).await, expected);
}

#[tokio::test]
async fn someone_who_goes_meanwhile_refuses_the_whole_letter() {
    let (school, asa, bo) = two_people().await;
    let eva = school.add(Role::Teacher, "Eva", "Ek").await;
    school.drop_inbox(eva).await;
    let letter = "From: <asa.oqvist@skola.test>\r\n\r\n";
    let to = ["bo.al@skola.test", "eva.ek@skola.test"];
    let refusal =
        school.send(school.login(asa).await, "asa.oqvist@skola.test", &to, letter).await.unwrap_err();
    assert_eq!((refusal.code, refusal.enhanced), (550, (5, 2, 1)));
    assert!(refusal.text.sv.contains("eva.ek@skola.test") && refusal.text.en.contains("eva.ek@skola.test"));
    assert!(school.read(bo).await.is_empty());
}

#[tokio::test]
async fn pupils_have_smaller_bounds() {
    let mut limits = Limits::default();
    limits.pupil.recipients_max = 1;
    let school = School::with(limits).await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let bo = school.add(Role::Teacher, "Bo", "Al").await;
    let to = ["bo.al@skola.test", "asa.oqvist@skola.test"];
    let send = async |who, from: &str| {
        let letter = format!("From: <{from}>\r\n\r\n");
        school.send(school.login(who).await, from, &to, &letter).await
    };
    assert_eq!(refused(send(asa, "asa.oqvist@skola.test").await), "452 4.5.3");
    send(bo, "bo.al@skola.test").await.unwrap();
}

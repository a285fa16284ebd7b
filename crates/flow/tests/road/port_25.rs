//! Letters from other servers.

use flow::{Limits, MailParams, SenderLimits, Verdict, notice};
use model::Role;

use crate::school::{LETTER, NOW, School, addr, code, path, refused, remote};

#[tokio::test]
async fn a_letter_comes_as_it_was_below_our_trace_lines() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let accepted = school.receive(&["ASA.oqvist@skola.test"]).await.unwrap();
    let texts = school.read(asa).await;
    let head = format!(
        "Return-Path: <far@granne.test>\r\nReceived: from mx.granne.test ([192.0.2.7])\r\n\tby mx.skola.test with ESMTPS \
         id {}\r\n\tfor <ASA.oqvist@skola.test>;\r\n\t",
        accepted.queue_id
    );
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with(&head) && texts[0].ends_with(LETTER), "{}", texts[0]);
    let row = &school.messages(school.inbox(asa)).await[0];
    assert_eq!((row.size, row.queue_id), (texts[0].len() as u64, accepted.queue_id));
    assert!(String::from_utf8_lossy(&row.envelope).contains("\"Hej\""));
}

#[tokio::test]
async fn recipients_are_judged_one_by_one() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let bo = school.add(Role::Teacher, "Bo", "Al").await;
    let eva = school.add(Role::Teacher, "Eva", "Ek").await;
    school.commit(school.directory.lock(school.here, bo, NOW).await.unwrap()).await;
    school.commit(school.directory.remove(school.here, eva, NOW).await.unwrap()).await;
    let mut transaction = school.intake.mail(remote(), path(""), MailParams::default(), NOW).await.unwrap();
    for (to, expected) in [
        ("nobody@skola.test", "550 5.1.1"),
        ("far@granne.test", "550 5.7.1"),
        ("bo.al@skola.test", "550 5.2.1"),
        ("eva.ek@skola.test", "550 5.1.1"),
        ("postmaster@skola.test", "450 4.2.1"),
    ] {
        assert_eq!(refused(transaction.rcpt(addr(to)).await), expected, "{to}");
    }
    transaction.rcpt(addr("asa.oqvist@skola.test")).await.unwrap();
    transaction.append(LETTER.as_bytes()).unwrap();
    let accepted = transaction.finish(NOW).await.unwrap();
    let verdicts = school.verdicts(accepted).await;
    assert_eq!(verdicts[0], ("asa.oqvist@skola.test".into(), Verdict::Filed));
    assert!(
        verdicts.contains(&("bo.al@skola.test".into(), Verdict::Refused { code: 550, enhanced: (5, 2, 1) }))
    );
    assert_eq!(school.read(asa).await.len(), 1);
    assert!(school.read(bo).await.is_empty());
}

#[tokio::test]
async fn postmaster_without_a_domain_is_the_first_municipalitys() {
    let school = School::open().await;
    let admin = school.add(Role::CentralAdmin, "Eva", "Ek").await;
    let postmaster = school.intake.postmaster().await.unwrap();
    assert_eq!(postmaster, addr("postmaster@skola.test"));
    school.receive(&[&postmaster.to_string()]).await.unwrap();
    assert_eq!(school.read(admin).await.len(), 1);
}

#[tokio::test]
async fn one_account_gets_a_letter_once() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.alias(asa, "asa@skola.test").await;
    let to = ["asa.oqvist@skola.test", "asa@skola.test", "ASA@skola.test", "asa.oqvist@SKOLA.test"];
    let accepted = school.receive(&to).await.unwrap();
    let texts = school.read(asa).await;
    assert_eq!(texts.len(), 1);
    assert!(!texts[0].contains("for <"), "a letter to several names none of them");
    let expected = [
        ("asa.oqvist@skola.test".to_owned(), Verdict::Filed),
        ("asa@skola.test".to_owned(), Verdict::SameAccount),
    ];
    assert_eq!(school.verdicts(accepted).await, expected);
}

#[tokio::test]
async fn a_full_mailbox_waits_and_a_small_one_refuses() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.set_quota(asa, 500).await;
    let mail = async |size| {
        let params = MailParams { size: Some(size), ..MailParams::default() };
        school.intake.mail(remote(), path("far@granne.test"), params, NOW).await.unwrap()
    };
    assert_eq!(refused(mail(501).await.rcpt(addr("asa.oqvist@skola.test")).await), "552 5.2.2");
    school.receive(&["asa.oqvist@skola.test"]).await.unwrap();
    assert_eq!(refused(mail(400).await.rcpt(addr("asa.oqvist@skola.test")).await), "452 4.2.2");
    // Size not announced: refused at the end, since it fits for nobody.
    assert_eq!(refused(school.receive(&["asa.oqvist@skola.test"]).await), "452 4.2.2");
    // One answer goes for all: it fits for somebody, and nobody's copy is dropped.
    let bo = school.add(Role::Teacher, "Bo", "Al").await;
    school.receive(&["asa.oqvist@skola.test", "bo.al@skola.test"]).await.unwrap();
    assert_eq!((school.read(asa).await.len(), school.read(bo).await.len()), (2, 1));
}

#[tokio::test]
async fn a_large_letter_of_unknown_size_does_not_go_over_the_quota() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.set_quota(asa, 1 << 20).await;
    let letter = |octets: usize| format!("{LETTER}{}", format!("{}\r\n", "x".repeat(78)).repeat(octets / 80));
    let send = async |octets| {
        school.send(remote(), "far@granne.test", &["asa.oqvist@skola.test"], &letter(octets)).await
    };
    send(900_000).await.unwrap();
    assert_eq!(refused(send(640_000).await), "452 4.2.2");
    assert_eq!(refused(send(2_000_000).await), "552 5.2.2");
    assert_eq!(school.read(asa).await.len(), 1);
}

#[tokio::test]
async fn own_senders_need_a_login_where_it_is_configured() {
    let strict = Limits { refuse_own_senders: true, ..Limits::default() };
    for (limits, expected) in [(Limits::default(), None), (strict, Some("550 5.7.1"))] {
        let school = School::with(limits).await;
        school.add(Role::Pupil, "Åsa", "Öqvist").await;
        let send = async |from: &str, letter: &str| {
            let sent = school.send(remote(), from, &["asa.oqvist@skola.test"], letter).await;
            sent.err().map(|refusal| code(&refusal))
        };
        assert_eq!(send("far@granne.test", LETTER).await, None);
        assert_eq!(send("", LETTER).await, None);
        assert_eq!(send("bo.al@OTHER.test", LETTER).await.as_deref(), expected);
        for header in ["From: <rektor@skola.test>", "From: far@granne.test\r\nSender: rektor@skola.test"] {
            let letter = format!("{header}\r\n\r\nHej!\r\n");
            assert_eq!(send("far@granne.test", &letter).await.as_deref(), expected, "{header}");
        }
    }
}

#[tokio::test]
async fn letters_that_go_round_or_are_too_large_are_refused() {
    let limits = Limits {
        remote: SenderLimits { message_bytes_max: 10_000, recipients_max: 2 },
        spool_memory_bytes_max: 100,
        ..Limits::default()
    };
    let school = School::with(limits).await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let hops = |count| format!("{}{LETTER}", "received: from a by b\r\n".repeat(count));
    let send = async |letter: &str| {
        school.send(remote(), "far@granne.test", &["asa.oqvist@skola.test"], letter).await
    };
    assert_eq!(refused(send(&hops(51)).await), "554 5.4.6");
    send(&hops(50)).await.unwrap();
    assert_eq!(refused(send(&format!("{LETTER}{}", "x".repeat(10_000))).await), "552 5.3.4");
    let params = MailParams { size: Some(10_001), ..MailParams::default() };
    assert_eq!(refused(school.intake.mail(remote(), path(""), params, NOW).await.map(|_| ())), "552 5.3.4");
    // From a file as from memory.
    let large = format!("{LETTER}{}\r\n", "å".repeat(4000));
    send(&large).await.unwrap();
    assert!(school.read(asa).await[1].ends_with(&large));
    for name in ["Bo", "Eva"] {
        school.add(Role::Teacher, name, "Al").await;
    }
    let all = ["asa.oqvist@skola.test", "bo.al@skola.test", "eva.al@skola.test"];
    assert_eq!(refused(school.receive(&all).await), "452 4.5.3");
}

#[tokio::test]
async fn a_letter_to_two_municipalities_is_two_letters() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let bo = school.add_elsewhere("Bo", "Al").await;
    let accepted = school.receive(&["asa.oqvist@skola.test", "bo.al@other.test"]).await.unwrap();
    assert_eq!(school.read(asa).await.len(), 1);
    let there = school.messages(mailbox::inbox(school.other, bo)).await;
    assert_eq!(there.len(), 1);
    // Each log has its own people only.
    assert_eq!(school.verdicts(accepted).await, [("asa.oqvist@skola.test".to_owned(), Verdict::Filed)]);
}

#[tokio::test]
async fn letters_that_are_hardly_letters_are_taken_as_they_are() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    for letter in ["", "\r\n", "text without header\r\n", " folded\r\n\r\n", "\0\u{ff}\r\n"] {
        school.send(remote(), "", &["asa.oqvist@skola.test"], letter).await.unwrap();
        assert!(school.read(asa).await.last().unwrap().ends_with(letter));
    }
}

#[tokio::test]
async fn someone_who_goes_meanwhile_takes_nobody_along() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let bo = school.add(Role::Teacher, "Bo", "Al").await;
    school.drop_inbox(bo).await;
    let accepted = school.receive(&["bo.al@skola.test", "asa.oqvist@skola.test"]).await.unwrap();
    assert_eq!(school.read(asa).await.len(), 1);
    let expected = [
        ("asa.oqvist@skola.test".to_owned(), Verdict::Filed),
        ("bo.al@skola.test".to_owned(), Verdict::Gone),
    ];
    assert_eq!(school.verdicts(accepted).await, expected);
    assert_eq!(refused(school.receive(&["bo.al@skola.test"]).await), "550 5.2.1");
}

#[tokio::test]
async fn the_service_writes_letters_too() {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let letter = "From: <postmaster@skola.test>\r\nSubject: V=C3=A4lkommen\r\n\r\nHej!\r\n";
    let to = [addr("asa.oqvist@skola.test")];
    notice(&school.intake, path(""), to, letter.as_bytes(), NOW).await.unwrap();
    let text = &school.read(asa).await[0];
    assert!(text.starts_with("Return-Path: <>\r\n") && text.ends_with(letter));
    assert!(text.contains("\r\nDate: ") && text.contains("@mx.skola.test>\r\n"), "{text}");
    let to = [addr("asa.oqvist@skola.test"), addr("nobody@skola.test")];
    assert_eq!(refused(notice(&school.intake, path(""), to, letter.as_bytes(), NOW).await), "550 5.1.1");
    assert_eq!(school.read(asa).await.len(), 1);
}

//! What a transcript cannot show: the driver's side.

use std::sync::Arc;

use super::*;

fn session(service: Service) -> Session {
    Session::new(SessionConfig {
        service,
        tls: Tls::Active,
        hostname: "mx.by.test".parse().unwrap(),
        plaintext_auth: false,
        limits: Arc::default(),
    })
}
fn written(step: Step) -> String {
    match step {
        Step::Write(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_busy_server_does_not_greet_first() {
    let mut session = session(Service::Relay);
    session.hang_up(HangUp::Busy);
    assert_eq!(written(session.step()), "421 4.3.2 Too many connections; try again in a while\r\n");
    assert_eq!((session.step(), session.step()), (Step::Close, Step::Close));
    session.feed(b"NOOP\r\n");
    assert_eq!(session.step(), Step::Close);
}

#[test]
fn a_question_is_answered_before_the_next_step_or_the_session_ends() {
    let mut session = session(Service::Relay);
    session.feed(b"HELO a.test\r\nMAIL FROM:<>\r\n");
    assert!(matches!(session.step(), Step::Ask(Question::Mail { .. })));
    assert_eq!(written(session.step()), "220 mx.by.test ESMTP\r\n250 mx.by.test\r\n");
    assert_eq!(session.step(), Step::Close);
}

#[test]
fn answers_to_no_question_and_tls_that_nobody_asked_for_end_the_session() {
    let mut answered = session(Service::Relay);
    answered.answer(Answer::Accept);
    assert_eq!(written(answered.step()), "220 mx.by.test ESMTP\r\n");
    assert_eq!(answered.step(), Step::Close);
    let mut secured = session(Service::Relay);
    secured.tls_started();
    assert_eq!(written(secured.step()), "220 mx.by.test ESMTP\r\n");
    assert_eq!(secured.step(), Step::Close);
}

#[test]
fn the_protocol_has_the_name_that_received_wants() {
    let mut session = session(Service::Submission);
    assert_eq!(session.protocol(false), "SMTP");
    session.feed(b"HELO a\r\n");
    written(session.step());
    assert_eq!(session.protocol(false), "SMTP");
    session.feed(b"EHLO a\r\n");
    written(session.step());
    assert_eq!(session.protocol(false), "ESMTPS");
    session.feed(b"AUTH PLAIN AGFkYQBwdw==\r\n");
    assert!(matches!(session.step(), Step::Ask(Question::Auth { .. })));
    session.answer(Answer::Accept);
    assert_eq!((session.protocol(false), session.protocol(true)), ("ESMTPSA", "UTF8SMTPSA"));
    assert_eq!(session.hello().unwrap().to_string(), "EHLO a");
}

#[test]
fn what_waits_to_be_written_is_bounded() {
    let mut session = session(Service::Relay);
    session.feed("NOOP\r\n".repeat(90).as_bytes());
    session.feed("FOO\r\n".repeat(10).as_bytes());
    let mut most = 0;
    while let Step::Write(bytes) = session.step() {
        most = most.max(bytes.len());
    }
    assert!(most < WRITE_AT + 512);
}

#[test]
fn an_announced_chunk_that_is_too_large_is_never_spooled() {
    let mut session = session(Service::Relay);
    session.feed(b"HELO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nBDAT 99999999 LAST\r\nfirst octets");
    let mut steps = Vec::new();
    while steps.last() != Some(&Step::Read) {
        steps.push(session.step());
        session.answer_if_asked();
    }
    assert!(steps.contains(&Step::Forget));
    assert!(!steps.iter().any(|step| matches!(step, Step::Spool(_))));
}

#[test]
fn content_passes_in_large_pieces() {
    let mut session = session(Service::Relay);
    session.feed(b"HELO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.test>\r\nDATA\r\n");
    while !matches!(session.step(), Step::Read) {
        session.answer_if_asked();
    }
    let lines = "a line of some words\r\n".repeat(3000);
    session.feed(lines.as_bytes());
    assert_eq!(session.step(), Step::Spool(Bytes::copy_from_slice(lines.as_bytes())));
    assert_eq!(session.step(), Step::Read);
}

impl Session {
    fn answer_if_asked(&mut self) {
        if self.open.is_some() {
            self.answer(Answer::Accept);
        }
    }
}

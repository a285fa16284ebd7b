//! What a driver may count on beyond the words of the protocol.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::sync::Arc;

use imap_wire::{Code, Completion, Request, Session, SessionConfig, Step, Transport};
use model::Text;

fn logged_in() -> Session {
    let mut session = Session::new(Arc::new(SessionConfig::default()), Transport::Tls);
    assert!(matches!(session.step(), Step::Write(_)));
    assert_eq!(session.step(), Step::Read);
    session.feed(b"a LOGIN ada sommar\r\n");
    assert!(matches!(session.step(), Step::Ask(Request::Authenticate(_))));
    session.done(Completion::ok());
    assert!(matches!(session.step(), Step::Write(_)));
    assert!(session.is_logged_in());
    session
}

fn written(step: Step) -> String {
    let Step::Write(bytes) = step else { panic!("{step:?}") };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn idle_is_a_step_of_its_own() {
    let mut session = logged_in();
    session.feed(b"b IDLE\r\n");
    assert_eq!(written(session.step()), "+ idling\r\n");
    assert_eq!(session.step(), Step::Idle);
    session.feed(b"DO");
    assert_eq!(session.step(), Step::Idle);
    session.feed(b"NE\r\n");
    assert_eq!(written(session.step()), "b OK IDLE completed\r\n");
    assert_eq!(session.step(), Step::Read);
    assert_eq!(session.waiting(), 0);
}

#[test]
fn a_locked_account_hears_bye_in_the_middle_of_anything() {
    for said in ["", "b IDLE\r\n", "b APPEND x {10+}\r\nabc", "b NOOP\r\n", "b SELECT {5+}\r\nIN", "b"] {
        let mut session = logged_in();
        session.feed(said.as_bytes());
        while !matches!(session.step(), Step::Read | Step::Idle | Step::Ask(_)) {}
        session.bye(Some(Code::Unavailable), &Text::new("Kontot är låst.", "The account is locked."));
        assert_eq!(
            written(session.step()),
            "* BYE [UNAVAILABLE] Kontot ar last. / The account is locked.\r\n"
        );
        assert_eq!(session.step(), Step::Close);
        session.done(Completion::ok());
        assert_eq!(session.step(), Step::Close);
    }
}

#[test]
fn an_answer_to_no_question_changes_nothing() {
    let mut session = logged_in();
    session.done(Completion::ok());
    assert_eq!(session.step(), Step::Read);
}

#[test]
fn one_question_at_a_time() {
    let mut session = logged_in();
    session.feed(b"b SELECT INBOX\r\nc NOOP\r\n");
    assert!(matches!(session.step(), Step::Ask(Request::Select(_))));
    session.done(Completion::ok());
    assert_eq!(written(session.step()), "b OK [READ-WRITE] SELECT completed\r\n");
    assert!(session.selected().is_some_and(|selected| selected.mailbox.is_inbox() && !selected.read_only));
    assert_eq!(session.step(), Step::Ask(Request::Noop));
}

#[test]
fn who_the_client_is_and_what_it_said_are_not_printed() {
    let mut session = logged_in();
    session.feed(b"b ID (\"name\" \"Mail\")\r\nc LOGIN ada {7+}\r\nhem");
    assert!(matches!(session.step(), Step::Write(_)));
    assert_eq!(session.client_id(), [("name".to_owned(), Some("Mail".to_owned()))]);
    assert!(!format!("{session:?}").contains("hem"));
}

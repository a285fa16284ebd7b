//! A driver without a network: it runs the session as a real one would and writes down what happened.

use std::collections::VecDeque;
use std::sync::Arc;

use smtp_wire::{Answer, Limits, Question, Service, Session, SessionConfig, Step, Tls};

/// A session that serves `mx.by.test`.
pub(crate) fn session(service: Service, tls: Tls, plaintext_auth: bool, limits: Limits) -> Session {
    Session::new(SessionConfig {
        service,
        tls,
        hostname: "mx.by.test".parse().unwrap(),
        plaintext_auth,
        limits: Arc::new(limits),
    })
}

/// Everything that came out of one session.
pub(crate) struct Driver {
    pub(crate) session: Session,
    /// Answers to the coming questions; without one the answer is yes.
    pub(crate) answers: VecDeque<Answer>,
    /// Octets written and not yet looked at.
    pub(crate) output: Vec<u8>,
    /// Questions asked and not yet looked at.
    pub(crate) questions: VecDeque<Question>,
    /// The message in progress, and the accepted ones.
    pub(crate) body: Vec<u8>,
    pub(crate) accepted: Vec<Vec<u8>>,
    /// The session waits for the end of the hand-shake.
    pub(crate) tls_wanted: bool,
    pub(crate) closed: bool,
    /// Messages that were dropped half-way.
    pub(crate) forgotten: u32,
    in_message: bool,
}

impl Driver {
    pub(crate) fn new(session: Session) -> Self {
        let mut driver = Self {
            session,
            answers: VecDeque::new(),
            output: Vec::new(),
            questions: VecDeque::new(),
            body: Vec::new(),
            accepted: Vec::new(),
            tls_wanted: false,
            closed: false,
            forgotten: 0,
            in_message: false,
        };
        driver.run();
        driver
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        if !self.closed && !self.tls_wanted {
            self.session.feed(bytes);
            self.run();
        }
    }

    pub(crate) fn tls_started(&mut self) {
        assert!(std::mem::take(&mut self.tls_wanted), "TLS without STARTTLS");
        self.session.tls_started();
        self.run();
    }

    /// Steps until more input is needed.
    pub(crate) fn run(&mut self) {
        loop {
            match self.session.step() {
                Step::Read => return,
                Step::Write(bytes) => {
                    assert!(!bytes.is_empty());
                    self.output.extend_from_slice(&bytes);
                }
                Step::Ask(question) => self.answer(question),
                Step::Spool(bytes) => {
                    assert!(self.in_message && !bytes.is_empty(), "octets of no message");
                    self.body.extend_from_slice(&bytes);
                }
                Step::Forget => {
                    assert!(std::mem::take(&mut self.in_message), "nothing to forget");
                    self.body.clear();
                    self.forgotten += 1;
                }
                Step::StartTls => {
                    self.tls_wanted = true;
                    return;
                }
                Step::Close => {
                    self.closed = true;
                    return;
                }
            }
        }
    }

    fn answer(&mut self, question: Question) {
        let answer = self.answers.pop_front().unwrap_or(Answer::Accept);
        let yes = !matches!(answer, Answer::Refuse(_));
        match &question {
            Question::Auth { .. } => {}
            Question::Mail { .. } => {
                assert!(!self.in_message, "two messages at once");
                self.in_message = yes;
            }
            Question::Rcpt { .. } => assert!(self.in_message),
            Question::EndOfData { size } => {
                assert!(std::mem::take(&mut self.in_message));
                let body = std::mem::take(&mut self.body);
                assert_eq!(*size, body.len() as u64);
                if yes {
                    self.accepted.push(body);
                }
            }
        }
        self.questions.push_back(question);
        self.session.answer(answer);
    }
}

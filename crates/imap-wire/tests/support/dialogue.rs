//! A driver that answers from a script, and the events of a dialogue as lines.

use std::collections::VecDeque;
use std::sync::Arc;

use imap_wire::command::{Notify, Request};
use imap_wire::{Code, Completion, Session, SessionConfig, Step, Transport};
use model::{ModSeq, Text, Uid, UidSet, UidValidity};

use super::print;

/// A session with its driver; what happens is kept as lines `S:`, `Q:`, `M:` and single words.
pub(crate) struct Dialogue {
    pub(crate) session: Session,
    pub(crate) answers: VecDeque<String>,
    pub(crate) events: Vec<String>,
    /// What the account is denied.
    pub(crate) denied: Vec<String>,
    written: Vec<u8>,
    message: Vec<u8>,
}

impl Dialogue {
    pub(crate) fn new(config: SessionConfig, transport: Transport) -> Self {
        Self {
            session: Session::new(Arc::new(config), transport),
            answers: VecDeque::new(),
            events: Vec::new(),
            denied: Vec::new(),
            written: Vec::new(),
            message: Vec::new(),
        }
    }

    /// Feeds, and works until the client is needed again.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.session.feed(bytes);
        self.work();
    }

    pub(crate) fn work(&mut self) {
        loop {
            let step = self.session.step();
            if !matches!(step, Step::Literal(_) | Step::Read) {
                self.end_message();
            }
            match step {
                Step::Write(bytes) => self.write(&bytes),
                Step::Read => return,
                Step::Idle => return,
                Step::Literal(bytes) => self.message.extend_from_slice(&bytes),
                Step::Close => {
                    self.event("CLOSE");
                    return;
                }
                Step::Compress(octets) => {
                    self.event("COMPRESS");
                    if !octets.is_empty() {
                        self.event(&format!("Z: {}", escape(&String::from_utf8_lossy(&octets))));
                    }
                }
                Step::ForgetSaved => self.event("FORGET SAVED"),
                Step::StartTls => {
                    self.event("TLS");
                    self.session.tls_started();
                }
                Step::Ask(request) => {
                    let text = String::from_utf8_lossy(&print::request(&request)).into_owned();
                    self.event(&format!("Q: {}", escape(&text)));
                    let mut answer = self.answers.pop_front().unwrap_or_else(|| "OK".to_owned());
                    while let Some(untagged) = answer.strip_prefix("* ") {
                        self.events.push(format!("S: * {untagged}"));
                        answer = self.answers.pop_front().unwrap_or_else(|| "OK".to_owned());
                    }
                    if matches!(request, Request::Authenticate(_)) {
                        self.session.deny(self.denied.clone());
                    }
                    self.session.done(completion(&answer));
                }
            }
        }
    }

    fn event(&mut self, event: &str) {
        // CLOSE comes as often as one asks.
        if event != "CLOSE" || self.events.last().is_none_or(|last| last != event) {
            self.events.push(event.to_owned());
        }
    }
    fn end_message(&mut self) {
        if !self.message.is_empty() {
            let text = String::from_utf8_lossy(&std::mem::take(&mut self.message)).into_owned();
            self.events.push(format!("M: {}", escape(&text)));
        }
    }
    fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        while let Some(end) = self.written.windows(2).position(|pair| pair == b"\r\n") {
            let line: Vec<u8> = self.written.drain(..end + 2).collect();
            assert!(line.is_ascii() || self.session.enabled().unicode_names(), "{line:?}");
            let line = String::from_utf8_lossy(&line[..end]).into_owned();
            assert!(!line.contains(['\r', '\n']), "{line:?}");
            self.events.push(format!("S: {}", without_capabilities(line)));
        }
        assert!(self.written.is_empty(), "a reply ends in CRLF");
    }
}

/// The list grows with every extension; `* CAPABILITY` and the greeting show it, the answers to log-ins need not.
fn without_capabilities(line: String) -> String {
    match line.split_once("OK [CAPABILITY ").and_then(|(tag, rest)| Some((tag, rest.split_once(']')?.1))) {
        Some((tag, rest)) if tag != "* " => format!("{tag}OK [CAPABILITY ...]{rest}"),
        _ => line,
    }
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n").replace('\0', "\\0")
}

/// `OK`, `OK [CODE] text`, `NO [CODE] text`, `BAD text`.
fn completion(answer: &str) -> Completion {
    let (state, rest) = answer.split_once(' ').unwrap_or((answer, ""));
    let (code, text) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((code, text)) => (Some(self::code(code)), text.trim_start()),
        None => (None, rest),
    };
    let (sv, en) = text.split_once(" / ").unwrap_or((text, text));
    let text = Text::new(sv, en);
    match state {
        "OK" => Completion::Ok { code, text: (!text.sv.is_empty()).then_some(text) },
        "NO" => Completion::No { code, text },
        "BAD" => Completion::Bad { text },
        other => panic!("no such state in a script: {other}"),
    }
}

fn code(code: &str) -> Code {
    match code {
        "TRYCREATE" => Code::TryCreate,
        "NOPERM" => Code::NoPerm,
        "USEATTR" => Code::UseAttr,
        "MAILBOXID" => Code::MailboxId("F7".to_owned()),
        "HASCHILDREN" => Code::HasChildren,
        "TOOBIG" => Code::TooBig,
        "BADURL" => Code::BadUrl("/Sent;UIDVALIDITY=7/;UID=9".to_owned()),
        "BADEVENT" => Code::BadEvent(Notify::EVENTS),
        "NOTIFICATIONOVERFLOW" => Code::NotificationOverflow,
        "METADATA LONGENTRIES" => Code::MetadataLongEntries(2199),
        "METADATA MAXSIZE" => Code::MetadataMaxSize(1024),
        "METADATA TOOMANY" => Code::MetadataTooMany,
        "METADATA NOPRIVATE" => Code::MetadataNoPrivate,
        "INUSE" => Code::InUse,
        "LIMIT" => Code::Limit,
        "SERVERBUG" => Code::ServerBug,
        "NOTSAVED" => Code::NotSaved,
        "UNKNOWN-CTE" => Code::UnknownCte,
        "MODIFIED" => Code::Modified("7,9".to_owned()),
        "HIGHESTMODSEQ" => Code::HighestModSeq(ModSeq(715_194_045_007)),
        "OVERQUOTA" => Code::OverQuota,
        "READ-ONLY" => Code::ReadOnly,
        "NONEXISTENT" => Code::NonExistent,
        "ALREADYEXISTS" => Code::AlreadyExists,
        "AUTHENTICATIONFAILED" => Code::AuthenticationFailed,
        "UNAVAILABLE" => Code::Unavailable,
        "CANNOT" => Code::Cannot,
        "EXPUNGEISSUED" => Code::ExpungeIssued,
        "APPENDUID" => Code::AppendUid(UidValidity::MIN, UidSet::range(Uid::MIN, Uid::MIN)),
        "COPYUID" => Code::CopyUid {
            uid_validity: UidValidity::MIN,
            from: UidSet::range(Uid::MIN, Uid::MIN),
            to: UidSet::range(Uid::MIN, Uid::MIN),
        },
        other => panic!("no such code in a script: {other}"),
    }
}

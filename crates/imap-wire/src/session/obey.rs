//! What the session answers itself, and what it passes on.
//!
//! RFC 3501 §6.1, §6.2.1, §6.2.3 (LOGINDISABLED); RFC 2177; RFC 2971; RFC 7162 §3.2.11 (CLOSED).

use model::Text;

use super::finish::{Asked, Then};
use super::{Access, Selected, Session, Stage, Step};
use crate::capability::{Transport, login_allowed};
use crate::command::{Command, Needs, Reason, Request, Tag, Verb};
use crate::enabled::Enabled;
use crate::encode::{self, Code};
use crate::splitter::Piece;

impl Session {
    /// Why a verb cannot stand here.
    pub(super) fn wrong_state(&self, verb: Verb) -> Option<Reason> {
        let logged_in = self.is_logged_in();
        let why = match verb.needs() {
            Needs::Nothing => return None,
            Needs::NoLogin if logged_in => "you are logged in already",
            Needs::NoLogin => return None,
            _ if !logged_in => "log in first",
            Needs::Mailbox | Needs::WritableMailbox if self.selected().is_none() => "select a mailbox first",
            _ => return None,
        };
        Some(Reason::WrongState { verb, why })
    }

    pub(super) fn obey(&mut self, tag: Tag, verb: Verb, command: Command) -> Option<Step> {
        match command {
            Command::Capability => {
                let line = format!("* CAPABILITY {}\r\n", self.capabilities());
                self.out.extend_from_slice(line.as_bytes());
                self.completed(&tag, verb)
            }
            Command::Noop if self.is_logged_in() => self.pass_on(tag, verb, Request::Noop),
            Command::Noop => self.completed(&tag, verb),
            Command::Logout => self.log_out(&tag),
            Command::StartTls => self.start_tls(&tag),
            Command::Authenticate { mechanism, initial } => match self.login_refusal(&tag) {
                Some(step) => step,
                None => self.authenticate(tag, mechanism, initial),
            },
            Command::Login(credentials) => match self.login_refusal(&tag) {
                Some(step) => step,
                None => self.ask(Asked { tag, verb, then: Then::LogIn }, Request::Authenticate(credentials)),
            },
            Command::Id(client) => self.id(&tag, client),
            Command::Enable(words) => self.enable(&tag, &words),
            Command::Idle => {
                self.out.extend_from_slice(b"+ idling\r\n");
                self.stage = Stage::Idle { tag };
                None
            }
            Command::SetQuota { .. } => {
                let text = Text::new(
                    "Kvoter ändras av administrationen.",
                    "Quotas are changed by the administration.",
                );
                self.no(&tag, Code::NoPerm, &text)
            }
            Command::Append(piece) => self.append_begins(tag, verb, piece),
            Command::Ask(Request::Compress) => self.compress(tag),
            Command::Ask(request) => self.pass_on(tag, verb, request),
        }
    }

    pub(super) fn completed(&mut self, tag: &Tag, verb: Verb) -> Option<Step> {
        self.reply(tag, "OK", None, &format!("{} completed", verb.name()))
    }

    fn pass_on(&mut self, tag: Tag, verb: Verb, request: Request) -> Option<Step> {
        let read_only = self.is_read_only();
        if verb.needs() == Needs::WritableMailbox && read_only {
            let line = self.read_only_line(&tag);
            return self.say(&line);
        }
        if let Some(why) = self.not_enabled(&request) {
            return self.bad(&tag, why);
        }
        self.note_condstore(&request);
        let (request, then) = match self.in_the_enabled_form(request) {
            Request::Select(select) => {
                self.tell_closed();
                let selected = Selected { mailbox: select.mailbox.clone(), read_only: select.read_only };
                (Request::Select(select), Then::Select(selected))
            }
            // RFC 3501 §6.4.2: nothing goes from a mailbox that is read-only.
            Request::Close { expunge } => (Request::Close { expunge: expunge && !read_only }, Then::Leave),
            Request::List(list) if matches!(&list.patterns[..], [pattern] if pattern.is_empty()) => {
                return self.root(&tag, verb);
            }
            Request::Lsub(lsub) if lsub.pattern.is_empty() => return self.root(&tag, verb),
            other => (other, Then::Reply),
        };
        self.ask(Asked { tag, verb, then }, request)
    }

    /// RFC 7162 §3.2.11, RFC 9051 §7.1: what follows is about the other mailbox. Said to clients that know the word.
    fn tell_closed(&mut self) {
        let Enabled { condstore, imap4rev2, .. } = self.enabled;
        if self.selected().is_some() && (condstore || imap4rev2) {
            encode::ok(&Code::Closed, "The mailbox selected before is closed", &mut self.out);
        }
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.selected().is_some_and(|selected| selected.read_only)
    }
    pub(super) fn read_only_line(&self, tag: &Tag) -> Vec<u8> {
        let text = Text::new("Mappen är öppnad bara för läsning.", "The mailbox is open for reading only.");
        self.line_for_people(Some(tag), "NO", Some(&Code::ReadOnly), &text)
    }

    /// `LIST "" ""`: clients ask for the delimiter and stall without an answer.
    fn root(&mut self, tag: &Tag, verb: Verb) -> Option<Step> {
        encode::list_root(verb.name(), &mut self.out);
        self.completed(tag, verb)
    }

    fn log_out(&mut self, tag: &Tag) -> Option<Step> {
        self.untagged_state("BYE", None, "Good-bye");
        self.completed(tag, Verb::Logout);
        self.access = Access::NotAuthenticated;
        self.input.clear();
        self.stage = Stage::Closed;
        None
    }

    fn start_tls(&mut self, tag: &Tag) -> Option<Step> {
        match self.transport {
            Transport::Tls => return self.bad(tag, "TLS is active already"),
            Transport::Plain { starttls: false } => return self.bad(tag, "STARTTLS is not offered here"),
            Transport::Plain { starttls: true } => {}
        }
        self.reply(tag, "OK", None, "Begin TLS now");
        // Plain text behind STARTTLS may be an attacker's; it is dropped, never run (RFC 3501 §6.2.1, CVE-2011-0411).
        self.input.clear();
        self.stage = Stage::StartTls;
        None
    }

    /// A log-in in plain text, where that is not allowed.
    fn login_refusal(&mut self, tag: &Tag) -> Option<Option<Step>> {
        if login_allowed(&self.config, self.transport) {
            return None;
        }
        let text =
            Text::new("Logga in krypterat: slå på TLS.", "Log in over an encrypted connection: turn on TLS.");
        Some(self.no(tag, Code::PrivacyRequired, &text))
    }

    fn id(&mut self, tag: &Tag, client: Vec<(String, Option<String>)>) -> Option<Step> {
        self.client_id = client;
        self.out.extend_from_slice(b"* ID (\"name\" ");
        encode::string(self.config.server_name.as_bytes(), &mut self.out);
        self.out.extend_from_slice(b")\r\n");
        self.completed(tag, Verb::Id)
    }

    /// A line while the client idles.
    pub(super) fn idle_line(&mut self) -> Option<Step> {
        let text = match self.next_line() {
            Piece::More => return Some(Step::Idle),
            Piece::Flood => return self.hang_up(),
            Piece::Line { text, .. } => text,
        };
        let word = text.trim_ascii();
        if word.is_empty() {
            return None;
        }
        let Stage::Idle { tag } = std::mem::replace(&mut self.stage, Stage::Command) else { return None };
        if word.eq_ignore_ascii_case(b"DONE") {
            self.completed(&tag, Verb::Idle)
        } else {
            self.bad(&tag, "expected DONE")
        }
    }
}

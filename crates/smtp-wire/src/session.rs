//! One SMTP session: bytes in, steps out.
//!
//! RFC 5321 §3, §4.1.4 (order of commands), RFC 2920 (PIPELINING: replies are gathered until we would wait for more).
//! A state owns exactly what is known by then: there is no DATA without a recipient.
//!
//! The driver's loop, with the answers of its own parts in `handle`:
//! ```
//! # use smtp_wire::{Answer, Question, Session, Step};
//! # fn handle(_: Question) -> Answer { Answer::Accept }
//! # fn drive(session: &mut Session, mut read: impl FnMut() -> Vec<u8>, mut write: impl FnMut(&[u8])) {
//! loop {
//!     match session.step() {
//!         Step::Read => session.feed(&read()),
//!         Step::Write(bytes) => write(&bytes),
//!         Step::Ask(question) => session.answer(handle(question)),
//!         Step::Spool(_bytes) => { /* append to the message in progress */ }
//!         Step::Forget => { /* drop sender, recipients and body in progress */ }
//!         Step::StartTls => { /* hand-shake, then */ session.tls_started() }
//!         Step::Close => return,
//!     }
//! }
//! # }
//! ```

mod auth;
mod chunk;
mod commands;
mod data;
mod mail;
mod state;
mod steps;
#[cfg(test)]
mod tests;

use bytes::{Bytes, BytesMut};
use model::QueueId;

use self::state::{Open, Stage, State, Tally};
pub use self::steps::{Answer, HangUp, Question, Service, SessionConfig, Step, Tls};
use crate::body::Body;
use crate::command::Hello;
use crate::input::{Input, LineLimits};
use crate::replies;
use crate::reply::Reply;

/// Replies are handed out when so many octets have gathered, however many commands are still waiting.
const WRITE_AT: usize = 4096;

/// What one look at the input led to.
enum Advance {
    /// Something; look again.
    On,
    /// Octets of the message.
    Spool(Bytes),
    /// Nothing without more input.
    Starved,
}

/// One conversation with one client.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    state: State,
    input: Input,
    out: BytesMut,
    /// Decided and not yet handed out: first `forget`, then `next`.
    forget: bool,
    next: Option<Step>,
    open: Option<Open>,
    /// A refused chunk that must still be read, and what to say then.
    skip: Option<chunk::Skip>,
    tally: Tally,
    authenticated: bool,
    /// The client can read UTF-8 in replies (RFC 6531 §3.7.4.2).
    utf8: bool,
}

impl Session {
    /// A connection was accepted. The first step is the greeting.
    pub fn new(config: SessionConfig) -> Self {
        let mut session = Self {
            config,
            state: State::Greeting,
            input: Input::default(),
            out: BytesMut::new(),
            forget: false,
            next: None,
            open: None,
            skip: None,
            tally: Tally::default(),
            authenticated: false,
            utf8: false,
        };
        session.say(&replies::greeting(session.config.hostname.as_str()));
        session
    }

    /// Octets from the connection, after [`Step::Read`].
    pub fn feed(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Closed) {
            self.input.feed(bytes);
        }
    }

    /// What to do next. To step on without having answered a question ends the session.
    pub fn step(&mut self) -> Step {
        loop {
            if self.out.len() >= WRITE_AT {
                return self.write();
            }
            if std::mem::take(&mut self.forget) {
                return Step::Forget;
            }
            // What was said before goes out before the connection changes or ends.
            let last = matches!(self.next, Some(Step::StartTls | Step::Close));
            if last && !self.out.is_empty() {
                return self.write();
            }
            if let Some(next) = self.next.take() {
                return next;
            }
            if self.open.is_some() {
                self.close();
                continue;
            }
            match self.advance() {
                Advance::On => {}
                Advance::Spool(bytes) => return Step::Spool(bytes),
                Advance::Starved if matches!(self.state, State::Closed) => return Step::Close,
                Advance::Starved if self.out.is_empty() => {
                    if !self.in_content() {
                        self.input.shrink();
                    }
                    return Step::Read;
                }
                Advance::Starved => return self.write(),
            }
        }
    }

    /// The answer to the last [`Step::Ask`].
    pub fn answer(&mut self, answer: Answer) {
        let asked = self.open.take();
        let reply = match answer {
            Answer::Accept => None,
            Answer::Queued(id) => return self.accepted(asked, Some(id)),
            Answer::Refuse(reply) if reply.is_refusal() => Some(reply),
            // No refusal is a fault of the driver; it must not turn into an acceptance.
            Answer::Refuse(_) => Some(replies::local_error()),
        };
        match reply {
            None => self.accepted(asked, None),
            Some(reply) => self.refused(asked, &reply),
        }
    }

    /// TLS has begun, after [`Step::StartTls`]. RFC 3207 §4.2: what was said before it is forgotten.
    pub fn tls_started(&mut self) {
        if !matches!(self.open.take(), Some(Open::Tls)) {
            return self.close();
        }
        self.input.clear();
        self.state = State::Greeting;
        self.authenticated = false;
        self.config.tls = Tls::Active;
    }

    /// The driver's wish to end. What follows is at most the reply, then [`Step::Close`].
    pub fn hang_up(&mut self, why: HangUp) {
        if matches!(self.state, State::Closed) {
            return;
        }
        if why == HangUp::Busy {
            // Instead of the greeting, not after it.
            self.out.clear();
        }
        self.say(&replies::hung_up(why));
        self.close();
    }

    /// What the client called itself, once it has.
    pub fn hello(&self) -> Option<&Hello> {
        match &self.state {
            State::Open { hello, .. } => Some(hello),
            State::Greeting | State::Closed => None,
        }
    }
    /// Is the connection protected?
    pub fn is_tls(&self) -> bool {
        self.config.tls == Tls::Active
    }
    /// Is somebody logged in?
    pub const fn is_authenticated(&self) -> bool {
        self.authenticated
    }
    /// For `Received: ... with` (RFC 3848, RFC 6531 §4.3).
    pub fn protocol(&self, smtputf8: bool) -> &'static str {
        if !self.hello().is_some_and(|hello| hello.extended) {
            return "SMTP";
        }
        match (smtputf8, self.is_tls(), self.authenticated) {
            (false, false, false) => "ESMTP",
            (false, false, true) => "ESMTPA",
            (false, true, false) => "ESMTPS",
            (false, true, true) => "ESMTPSA",
            (true, false, false) => "UTF8SMTP",
            (true, false, true) => "UTF8SMTPA",
            (true, true, false) => "UTF8SMTPS",
            (true, true, true) => "UTF8SMTPSA",
        }
    }

    fn advance(&mut self) -> Advance {
        if self.skip.is_some() {
            return self.skip_chunk();
        }
        match &mut self.state {
            State::Closed => Advance::Starved,
            State::Open { stage: Stage::Data(_), .. } => self.read_data(),
            State::Open { stage: Stage::Chunk(..), .. } => self.read_chunk(),
            _ => self.read_line(),
        }
    }

    fn stage(&mut self) -> Option<&mut Stage> {
        match &mut self.state {
            State::Open { stage, .. } => Some(stage),
            State::Greeting | State::Closed => None,
        }
    }
    fn set_stage(&mut self, next: Stage) {
        if let Some(stage) = self.stage() {
            *stage = next;
        }
    }
    /// Octets of a message come next: the buffer will be wanted again at once.
    fn in_content(&self) -> bool {
        matches!(&self.state, State::Open { stage: Stage::Data(_) | Stage::Chunk(..), .. })
    }
    fn is_ready(&mut self) -> bool {
        matches!(self.stage(), Some(Stage::Ready))
    }
    fn body(&self) -> Body {
        Body::new(self.config.limits.message_bytes_max, self.config.limits.body_line_bytes_max)
    }
    fn line_limits(&self, auth: bool) -> LineLimits {
        let limits = &self.config.limits;
        LineLimits {
            line: if auth { limits.auth_line_bytes_max } else { limits.command_line_bytes_max },
            flood: limits.line_flood_bytes_max,
        }
    }

    fn write(&mut self) -> Step {
        Step::Write(std::mem::take(&mut self.out).freeze())
    }
    fn say(&mut self, reply: &Reply) {
        reply.write(self.utf8, &mut self.out);
    }
    fn ask(&mut self, open: Open, question: Question) {
        self.open = Some(open);
        self.next = Some(Step::Ask(question));
    }
    fn close(&mut self) {
        self.state = State::Closed;
        self.input.clear();
        (self.open, self.skip, self.forget) = (None, None, false);
        self.next = Some(Step::Close);
    }
    /// Says no and counts it, if it is for good.
    fn refuse(&mut self, reply: &Reply) {
        self.tally.errors += u32::from(reply.is_permanent());
        if self.tally.errors > self.config.limits.errors_max {
            self.say(&replies::too_many_errors());
            return self.close();
        }
        self.refuse_uncounted(reply);
    }
    fn refuse_uncounted(&mut self, reply: &Reply) {
        self.say(reply);
        if reply.code() == 421 {
            self.close();
        }
    }
    /// Back to before MAIL; the driver is told if it knew of a message.
    fn leave_mail(&mut self) {
        self.utf8 = false;
        self.forget |= matches!(
            self.stage(),
            Some(
                Stage::Sender(_)
                    | Stage::Recipients(..)
                    | Stage::Chunks(_)
                    | Stage::Data(_)
                    | Stage::Chunk(..)
            )
        );
        if self.stage().is_some() {
            self.set_stage(Stage::Ready);
        }
    }

    fn accepted(&mut self, asked: Option<Open>, id: Option<QueueId>) {
        match asked {
            Some(Open::Auth) => self.logged_in(),
            Some(Open::Mail) => self.mail_accepted(),
            Some(Open::Rcpt) => self.rcpt_accepted(),
            Some(Open::End) => self.message_accepted(id),
            Some(Open::Tls) | None => self.close(),
        }
    }
    fn refused(&mut self, asked: Option<Open>, reply: &Reply) {
        match asked {
            Some(Open::Auth) => self.auth_refused(reply),
            // Somebody logged in who asks for thirty pupils he may not write to makes no attack of it.
            Some(Open::Rcpt) if self.authenticated => self.refuse_uncounted(reply),
            Some(Open::Rcpt) => self.refuse(reply),
            Some(Open::Mail | Open::End) => {
                self.refuse(reply);
                self.utf8 = false;
            }
            Some(Open::Tls) | None => self.close(),
        }
    }
}

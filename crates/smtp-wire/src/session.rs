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
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use model::{BodyType, Domain, QueueId, ReversePath, Secret};

use crate::body::Body;
use crate::command::{Hello, Recipient};
use crate::input::{Input, LineLimits};
use crate::reply::{EnhancedStatus, Reply};
use crate::sasl::{Exchange, Mechanism};
use crate::{Limits, replies};

/// Replies are handed out when so many octets have gathered, however many commands are still waiting.
const WRITE_AT: usize = 4096;

/// Which door this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Port 25: mail from other servers, for people here. No AUTH.
    Relay,
    /// Ports 465 and 587: mail from people here, who log in first (RFC 6409).
    Submission,
}

/// How the connection is protected when the session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all, and it cannot be: STARTTLS is not offered.
    Unavailable,
    /// Not yet; STARTTLS is offered.
    Available,
    /// It is.
    Active,
}

/// What a session is told at its beginning.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Which door.
    pub service: Service,
    /// Protected or not.
    pub tls: Tls,
    /// Our name in the greeting.
    pub hostname: Domain,
    /// On submission, take passwords without TLS: only for networks that the configuration names.
    pub plaintext_auth: bool,
    /// The bounds.
    pub limits: Arc<Limits>,
}

/// What the session wants from its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read from the connection and [`Session::feed`] what came.
    Read,
    /// Write this, all of it.
    Write(Bytes),
    /// Find the answer and give it with [`Session::answer`].
    Ask(Question),
    /// The next octets of the message. What went wrong with them is told at [`Question::EndOfData`].
    Spool(Bytes),
    /// The message in progress will not be finished: drop its sender, recipients and octets.
    Forget,
    /// Begin TLS as the server, then [`Session::tls_started`]. A [`Step::Forget`] came before if there was a message.
    StartTls,
    /// Hang up. A message in progress was not finished.
    Close,
}

/// What only the driver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// May they log in? To refuse: 535 5.7.8 for a wrong name or password, 454 4.7.0 if it could not be checked.
    Auth {
        /// How it came.
        mechanism: Mechanism,
        /// As whom to act, if said.
        authorization_id: Option<String>,
        /// Whose secret it is.
        authentication_id: String,
        /// The password.
        secret: Secret<String>,
    },
    /// A message begins. May it come from there?
    Mail {
        /// The return path.
        from: ReversePath,
        /// How large the client says it is; never over the limit.
        size: Option<u64>,
        /// `BODY=`.
        body: BodyType,
        /// `SMTPUTF8` was said.
        smtputf8: bool,
    },
    /// May it go there? Accepted recipients are the driver's to remember.
    Rcpt {
        /// The recipient.
        to: Recipient,
    },
    /// All octets were spooled. Only with an acceptance is the message ours.
    EndOfData {
        /// How many there were.
        size: u64,
    },
}

/// The driver's answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Accept,
    /// Yes, and the message is durable under this id.
    Queued(QueueId),
    /// No, with a 4xx or 5xx reply. After 421 the session ends.
    Refuse(Reply),
}

/// Why the driver ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangUp {
    /// Nothing came for too long.
    Idle,
    /// The session as a whole took too long.
    TooLong,
    /// Too many connections.
    Busy,
    /// We are going down.
    ShuttingDown,
}

/// A message between MAIL and its end.
#[derive(Debug)]
struct Mail {
    /// RCPT commands so far, refused ones included.
    tried: u32,
}

#[derive(Debug)]
enum State {
    /// No EHLO yet, or forgotten with the start of TLS.
    Greeting,
    Open {
        hello: Hello,
        stage: Stage,
    },
    Closed,
}

#[derive(Debug)]
enum Stage {
    Ready,
    /// The next line belongs to AUTH.
    Auth(Exchange),
    Sender(Mail),
    Recipients(Mail, NonZeroU32),
    /// The next octets are the message, up to the dot.
    Data(Body),
    /// Between two chunks.
    Chunks(Body),
    /// In a chunk with so many octets left.
    Chunk(Body, chunk::Chunk),
}

/// The question that is with the driver.
#[derive(Debug)]
enum Open {
    Auth,
    Mail,
    Rcpt,
    End,
    Tls,
}

/// What peers may not do for ever.
#[derive(Debug, Default)]
struct Tally {
    errors: u32,
    auth_failures: u32,
    idle_commands: u32,
}

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
        let (status, text) = match why {
            HangUp::Idle => (EnhancedStatus::new(4, 4, 2), "Nothing came for too long; goodbye"),
            HangUp::TooLong => (EnhancedStatus::new(4, 4, 2), "The session took too long; goodbye"),
            HangUp::Busy => (EnhancedStatus::new(4, 3, 2), "Too many connections; try again in a while"),
            HangUp::ShuttingDown => (EnhancedStatus::new(4, 3, 2), "Going down; try again in a while"),
        };
        if why == HangUp::Busy {
            // Instead of the greeting, not after it.
            self.out.clear();
        }
        self.say(&replies::hung_up(status, text));
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

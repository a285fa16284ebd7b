//! One connection's conversation, as steps for its driver.
//!
//! RFC 3501 §3 (states), §5.5 (one command at a time, so pipelined ones wait in order), §7. The driver's loop:
//! ```text
//! match session.step() {
//!     Step::Write(bytes) => buffer.extend(bytes),            // sent before the next Read, Idle, StartTls and Close
//!     Step::Read => session.feed(&read().await?),
//!     Step::Idle => select(read → feed, change → write untagged lines),
//!     Step::Ask(request) => session.done(carry_out(request, &mut buffer).await),
//!     Step::ForgetSaved => saved.clear(),
//!     Step::Literal(bytes) => body.write(bytes),
//!     Step::StartTls => { upgrade().await?; session.tls_started() }
//!     Step::Compress(bytes) => compress(bytes),
//!     Step::Close => return,
//! }
//! ```

mod append;
mod collect;
mod compress;
mod condstore;
mod enable;
mod finish;
mod obey;
mod reply;
mod sasl;
mod skip;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use model::{MailboxName, Text};

use crate::capability::{self, Transport};
use crate::command::{Request, Tag};
use crate::enabled::Enabled;
use crate::encode::Code;
use crate::limits::SessionConfig;
use crate::splitter::Splitter;
use append::Appending;
use finish::Asked;
use sasl::Exchange;
use skip::Skip;

/// What the session wants from its driver.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send what is buffered, read, [`Session::feed`]. At the end of the stream drop the session.
    Read,
    /// The same, and until then write untagged changes of the mailbox as they happen, beginning with those that wait.
    Idle,
    /// Add to what is buffered.
    Write(Vec<u8>),
    /// Carry it out, write its untagged responses, [`Session::done`].
    Ask(Request),
    /// A search that was to keep its result is refused: `$` is empty from here on (RFC 5182 §2.1).
    ForgetSaved,
    /// Octets of the message that APPEND brings; their number was told by the request before.
    Literal(Bytes),
    /// Send what is buffered, do the handshake, [`Session::tls_started`].
    StartTls,
    /// Send what is buffered; from here on both directions are DEFLATE (RFC 4978). These octets came behind the command
    /// already: they are the first to be inflated, and never a command as they stand.
    Compress(Bytes),
    /// Send what is buffered and hang up.
    Close,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// It is done. Without a text the session says so itself.
    Ok {
        /// As APPENDUID or READ-ONLY.
        code: Option<Code>,
        /// A sentence.
        text: Option<Text>,
    },
    /// It could not be done.
    No {
        /// Why, for programs.
        code: Option<Code>,
        /// Why, for people.
        text: Text,
    },
    /// The client asked for nonsense, as a sequence number that does not exist.
    Bad {
        /// What was wrong.
        text: Text,
    },
}

impl Completion {
    /// Done.
    pub const fn ok() -> Self {
        Self::Ok { code: None, text: None }
    }
    /// Done, with a code.
    pub const fn ok_with(code: Code) -> Self {
        Self::Ok { code: Some(code), text: None }
    }
    /// Not done.
    pub const fn no(code: Code, text: Text) -> Self {
        Self::No { code: Some(code), text }
    }
    /// Not done, and no code fits.
    pub const fn no_plain(text: Text) -> Self {
        Self::No { code: None, text }
    }
    /// Nonsense.
    pub const fn bad(text: Text) -> Self {
        Self::Bad { text }
    }
}

/// The selected mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// Its name at the time of SELECT.
    pub mailbox: MailboxName,
    /// By EXAMINE, or because the driver answered with [`Code::ReadOnly`].
    pub read_only: bool,
}

#[derive(Debug)]
enum Access {
    NotAuthenticated,
    Authenticated,
    Selected(Selected),
}

/// What the next bytes mean, or whom we wait for.
#[derive(Debug)]
enum Stage {
    /// A line of a command.
    Command,
    /// Octets of a literal inside a command.
    Literal { left: u64 },
    /// The driver's answer.
    Asked(Asked),
    /// A line of a SASL exchange.
    Sasl { tag: Tag, exchange: Exchange },
    /// DONE.
    Idle { tag: Tag },
    /// An APPEND goes on: with a question, with octets, or to its end.
    Append,
    /// An APPEND is refused in the middle, with this reply.
    AppendRefused { reply: Vec<u8> },
    /// Octets of APPEND's message.
    Message { left: u64 },
    /// What belongs to a refused command.
    Skip(Skip),
    /// The driver's handshake.
    StartTls,
    /// The driver's compression, once.
    Compress,
    /// Nobody: we hang up.
    Closed,
}

/// One connection.
pub struct Session {
    config: Arc<SessionConfig>,
    transport: Transport,
    input: Splitter,
    out: Vec<u8>,
    /// A step that comes after `out` is written.
    held: Option<Step>,
    stage: Stage,
    access: Access,
    /// The command so far, if it has literals.
    command: Vec<u8>,
    literals: u32,
    literal_bytes: u64,
    appending: Option<Box<Appending>>,
    compressed: bool,
    /// [`Step::ForgetSaved`] is due.
    forgets_saved: bool,
    bad_commands: u32,
    login_failures: u32,
    client_id: Vec<(String, Option<String>)>,
    enabled: Enabled,
    /// Capabilities that this account is not shown.
    denied: Vec<String>,
}

impl Session {
    /// A new connection; the greeting is its first step.
    pub fn new(config: Arc<SessionConfig>, transport: Transport) -> Self {
        let mut session = Self {
            config,
            transport,
            input: Splitter::default(),
            out: Vec::new(),
            held: None,
            stage: Stage::Command,
            access: Access::NotAuthenticated,
            command: Vec::new(),
            literals: 0,
            literal_bytes: 0,
            appending: None,
            compressed: false,
            forgets_saved: false,
            bad_commands: 0,
            login_failures: 0,
            client_id: Vec::new(),
            enabled: Enabled::default(),
            denied: Vec::new(),
        };
        let name = format!("{} IMAP4rev1", session.config.server_name);
        session.untagged_state("OK", Some(&Code::Capability(session.capabilities())), &name);
        session
    }

    /// What comes next.
    pub fn step(&mut self) -> Step {
        let step = self.held.take().unwrap_or_else(|| self.advance());
        if self.out.is_empty() {
            return step;
        }
        self.held = Some(step);
        Step::Write(std::mem::take(&mut self.out))
    }

    /// Bytes from the client; call it at [`Step::Read`] and [`Step::Idle`] only, so that a busy session reads no further.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.feed(bytes);
        // A wish to read that was not heard yet is granted now.
        self.held = self.held.take().filter(|step| !matches!(step, Step::Read | Step::Idle));
    }

    /// The handshake is done; what was said before it is forgotten (RFC 3501 §6.2.1).
    pub fn tls_started(&mut self) {
        self.input.clear();
        self.client_id.clear();
        self.transport = Transport::Tls;
        self.stage = Stage::Command;
    }

    /// Ends the conversation from our side: a shutdown, silence for too long, a locked account.
    pub fn bye(&mut self, code: Option<Code>, text: &Text) {
        if matches!(self.stage, Stage::Closed) {
            return;
        }
        self.held = None;
        self.say_bye(code.as_ref(), text);
    }

    /// The selected mailbox.
    pub fn selected(&self) -> Option<&Selected> {
        match &self.access {
            Access::Selected(selected) => Some(selected),
            _ => None,
        }
    }

    /// Has somebody logged in?
    pub fn is_logged_in(&self) -> bool {
        !matches!(self.access, Access::NotAuthenticated)
    }

    /// What the client said of itself with ID (RFC 2971); for the log, never for decisions.
    pub fn client_id(&self) -> &[(String, Option<String>)] {
        &self.client_id
    }

    /// What the client has switched on, by ENABLE and by the commands that do so too.
    pub const fn enabled(&self) -> Enabled {
        self.enabled
    }

    /// The tag of the request that is being carried out.
    pub const fn tag(&self) -> Option<&Tag> {
        match &self.stage {
            Stage::Asked(asked) => Some(&asked.tag),
            _ => None,
        }
    }

    /// Capabilities that are not shown to this account, beside those of the installation. To be told before the `Ok` of the
    /// log-in.
    pub fn deny(&mut self, capabilities: Vec<String>) {
        self.denied = capabilities;
    }

    /// Is no command in progress, not even one that has begun to come?
    pub fn is_between_commands(&self) -> bool {
        matches!(self.stage, Stage::Command)
            && self.appending.is_none()
            && self.command.is_empty()
            && self.input.waiting() == 0
    }

    /// Octets that were fed and not yet used.
    pub fn waiting(&self) -> usize {
        self.input.waiting()
    }

    fn capabilities(&self) -> String {
        capability::list(&self.config, &self.denied, self.transport, self.is_logged_in())
    }

    /// Works on until the driver is needed.
    fn advance(&mut self) -> Step {
        loop {
            if std::mem::take(&mut self.forgets_saved) {
                return Step::ForgetSaved;
            }
            let step = match self.stage {
                Stage::Command => self.collect_line(),
                Stage::Literal { .. } => self.collect_literal(),
                Stage::Sasl { .. } => self.sasl_line(),
                Stage::Idle { .. } => self.idle_line(),
                Stage::Message { .. } => self.message_chunk(),
                Stage::Append => self.append_on(),
                Stage::AppendRefused { .. } => self.append_refused_by_driver(),
                Stage::Skip(_) => self.skip_on(),
                // A driver that steps without an answer may as well wait for the client.
                Stage::Asked(_) => Some(Step::Read),
                Stage::StartTls => Some(Step::StartTls),
                Stage::Compress => Some(self.compress_now()),
                Stage::Closed => Some(Step::Close),
            };
            if let Some(step) = step {
                return step;
            }
        }
    }

    fn ask(&mut self, asked: Asked, request: Request) -> Option<Step> {
        self.stage = Stage::Asked(asked);
        Some(Step::Ask(request))
    }
}

/// Without what was said: it may be a password.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Session");
        shown.field("transport", &self.transport).field("logged_in", &self.is_logged_in());
        shown.field("selected", &self.selected()).finish_non_exhaustive()
    }
}

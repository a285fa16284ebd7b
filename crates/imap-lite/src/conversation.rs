//! The loop of one session: steps of the protocol, carried out one after another.
//!
//! RFC 3501 §5.4 (time-outs), §5.5 (one command at a time); RFC 2177 (IDLE). Everything that works with messages runs in a
//! boxed future of its own, so that a session that only waits is small.

mod requests;
mod telling;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use imap_wire::{Code, Completion, Request, Session, SessionConfig, Step, Transport, encode};
use mailbox::{MailboxError, Selected};
use model::{UidSet, UnixMillis};
use tokio::time::Instant;

use crate::account::Place;
use crate::append::Incoming;
use crate::compress::Inflater;
use crate::contexts::Contexts;
use crate::news::Sources;
use crate::notify::Listening;
use crate::wire::{Event, Over, Wire};
use crate::{Door, answers};

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The connection is of no more use.
    #[error(transparent)]
    Connection(#[from] io::Error),
    /// Mailboxes or store said no.
    #[error(transparent)]
    Mailbox(#[from] MailboxError),
}

pub(crate) type Outcome = Result<Completion, Trouble>;

pub(crate) fn now() -> UnixMillis {
    UnixMillis::from_system(SystemTime::now())
}

/// One session.
pub(crate) struct Conversation {
    door: Arc<Door>,
    session: Session,
    peer: IpAddr,
    login_by: Instant,
    login: Option<Place>,
    /// None although the protocol says that one is selected: this session has deleted it.
    selected: Option<Box<Selected>>,
    incoming: Option<Box<Incoming>>,
    /// Made when compression was granted, used when the client has been told.
    inflater: Option<Box<Inflater>>,
    /// What the client asked for with NOTIFY, if it ever did.
    listening: Option<Box<Listening>>,
    /// There may be something for it.
    stirred: bool,
    /// Searches of the selected mailbox whose changes are told.
    contexts: Contexts,
}

/// Why a session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    /// For a command, or the rest of one.
    Command,
    /// The same, and news come at any time.
    Listening,
    /// In IDLE.
    Idle,
}

impl Conversation {
    pub(crate) fn new(
        door: Arc<Door>,
        config: Arc<SessionConfig>,
        transport: Transport,
        peer: IpAddr,
    ) -> Self {
        let login_by = Instant::now() + Duration::from_secs(door.limits.login_seconds_max);
        let session = Session::new(config, transport);
        Self {
            door,
            session,
            peer,
            login_by,
            login: None,
            selected: None,
            incoming: None,
            inflater: None,
            listening: None,
            stirred: false,
            contexts: Contexts::default(),
        }
    }

    pub(crate) async fn run(&mut self, mut wire: Wire) -> io::Result<()> {
        loop {
            let step = self.session.step();
            self.note_enabled(&step, &mut wire);
            match step {
                Step::Write(octets) => {
                    wire.buffer.extend_from_slice(&octets);
                    wire.send_pieces().await?;
                }
                Step::Read => {
                    // RFC 5465: news at any time, for those who asked for them.
                    let pause = match self.listening.is_some() && self.session.is_between_commands() {
                        true => Pause::Listening,
                        false => Pause::Command,
                    };
                    if !self.pause(pause, &mut wire).await? {
                        return Ok(());
                    }
                }
                Step::Idle => {
                    if !self.pause(Pause::Idle, &mut wire).await? {
                        return Ok(());
                    }
                }
                Step::Ask(request) => match wire.line.over().await {
                    Some(over) => self.bye(over),
                    None => {
                        let completion = Box::pin(self.carry_out(request, &mut wire)).await?;
                        self.session.done(completion);
                    }
                },
                Step::ForgetSaved => {
                    if let Some(selected) = &mut self.selected {
                        selected.save(UidSet::new());
                    }
                }
                Step::Literal(octets) => {
                    wire.took_letter(octets.len());
                    if let Some(incoming) = &mut self.incoming {
                        incoming.take(&octets);
                    }
                }
                Step::StartTls => {
                    wire.send().await?;
                    let time_max = Duration::from_secs(self.door.limits.handshake_seconds_max);
                    wire = Box::pin(wire.start_tls(&self.door.tls, time_max)).await?;
                    self.session.tls_started();
                }
                Step::Compress(octets) => {
                    wire.send().await?;
                    if let Some(mut inflater) = self.inflater.take() {
                        inflater.feed(octets.into());
                        wire.compress(inflater);
                    }
                }
                Step::Close => return Box::pin(wire.close()).await,
            }
        }
    }

    /// Tells what is new, if that is wanted now, and waits for the client; false when it has left.
    async fn pause(&mut self, pause: Pause, wire: &mut Wire) -> io::Result<bool> {
        let mut here = true;
        if pause == Pause::Idle || (pause == Pause::Listening && self.stirred) {
            self.stirred = false;
            here = Box::pin(self.tell_waiting(pause, wire)).await?;
        }
        wire.send().await?;
        // Without its mailbox the session has something to say before it waits.
        if here { self.wait(pause, wire).await } else { Ok(true) }
    }

    async fn wait(&mut self, pause: Pause, wire: &mut Wire) -> io::Result<bool> {
        let begun = Instant::now();
        let silence = begun + Duration::from_secs(self.door.limits.idle_seconds_max);
        let by = if self.login.is_none() { silence.min(self.login_by) } else { silence };
        let busy = self.selected.as_ref().is_some_and(|selected| !selected.is_resting());
        let mut rest_at = busy.then(|| begun + Duration::from_secs(self.door.limits.rest_after_seconds));
        loop {
            let until = rest_at.map_or(by, |rest_at| rest_at.min(by));
            match wire.wait(self.sources(pause), until).await? {
                Event::Octets(octets) if octets.is_empty() => return Ok(false),
                Event::Octets(octets) => self.session.feed(&octets),
                Event::Changed => self.stirred = true,
                Event::Over(over) => self.bye(over),
                Event::Late if until < by => {
                    rest_at = None;
                    self.rest().await;
                    continue;
                }
                Event::Late => self.session.bye(None, &answers::late()),
            }
            return Ok(true);
        }
    }

    /// What to wait for beside the client.
    fn sources(&mut self, pause: Pause) -> Sources<'_> {
        let listening = self.listening.as_deref_mut().filter(|_| pause != Pause::Command);
        let wanted = match &listening {
            Some(listening) => listening.selected.is_some(),
            None => pause == Pause::Idle,
        };
        Sources { mailbox: self.selected.as_deref_mut().filter(|_| wanted), listening }
    }

    /// The client is silent: what can be computed again leaves the memory.
    async fn rest(&mut self) {
        if let Some(selected) = &mut self.selected
            && let Err(error) = Box::pin(selected.rest()).await
        {
            // It keeps its list, and the next command tells the client.
            tracing::debug!(%error, "a session cannot rest");
        }
    }

    /// The command that switches CONDSTORE on tells HIGHESTMODSEQ of the mailbox that is selected (RFC 7162 §3.1).
    fn note_enabled(&mut self, step: &Step, wire: &mut Wire) {
        if matches!(step, Step::Ask(_)) {
            wire.tag = self.session.tag().cloned();
        }
        let before = std::mem::replace(&mut wire.enabled, self.session.enabled());
        if wire.enabled.condstore
            && !before.condstore
            && !matches!(step, Step::Ask(Request::Select(_)))
            && let Some(selected) = &self.selected
        {
            encode::ok(&Code::HighestModSeq(selected.highest_mod_seq()), "Highest", &mut wire.buffer);
        }
    }

    fn bye(&mut self, over: Over) {
        let (code, text) = answers::over(over);
        self.session.bye(code, &text);
    }
}

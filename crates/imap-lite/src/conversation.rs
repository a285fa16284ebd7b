//! The loop of one session: steps of the protocol, carried out one after another.
//!
//! RFC 3501 §5.4 (time-outs), §5.5 (one command at a time); RFC 2177 (IDLE). Everything that works with messages runs in a
//! boxed future of its own, so that a session that only waits is small.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use imap_wire::{Code, Completion, Request, Session, SessionConfig, Step, Transport};
use mailbox::{MailboxError, Selected};
use model::{Text, UnixMillis};
use tokio::time::Instant;

use crate::account::{Account, Place};
use crate::append::Incoming;
use crate::compress::Inflater;
use crate::folders::Folders;
use crate::wire::{Event, Over, Wire};
use crate::{Door, answers, append, in_mailbox, list, log_in, quota, select, updates};

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
        Self { door, session, peer, login_by, login: None, selected: None, incoming: None, inflater: None }
    }

    pub(crate) async fn run(&mut self, mut wire: Wire) -> io::Result<()> {
        loop {
            match self.session.step() {
                Step::Write(octets) => {
                    wire.buffer.extend_from_slice(&octets);
                    wire.send_pieces().await?;
                }
                Step::Read => {
                    wire.send().await?;
                    if !self.wait(&mut wire, false).await? {
                        return Ok(());
                    }
                }
                Step::Idle => {
                    let here = Box::pin(self.tell_news(&mut wire, true)).await?;
                    wire.send().await?;
                    if here && !self.wait(&mut wire, true).await? {
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
                Step::Compress => {
                    wire.send().await?;
                    if let Some(inflater) = self.inflater.take() {
                        wire.compress(inflater);
                    }
                }
                Step::Close => return Box::pin(wire.close()).await,
            }
        }
    }

    /// Waits for the client; false when it has left. With `idle` also for news of the mailbox.
    async fn wait(&mut self, wire: &mut Wire, idle: bool) -> io::Result<bool> {
        let silence = Instant::now() + Duration::from_secs(self.door.limits.idle_seconds_max);
        let by = if self.login.is_none() { silence.min(self.login_by) } else { silence };
        let mailbox = if idle { self.selected.as_deref_mut() } else { None };
        match wire.wait(mailbox, by).await? {
            Event::Octets(octets) if octets.is_empty() => return Ok(false),
            Event::Octets(octets) => self.session.feed(&octets),
            Event::Changed => {}
            Event::Over(over) => self.bye(over),
            Event::Late => self.session.bye(None, &answers::late()),
        }
        Ok(true)
    }

    fn bye(&mut self, over: Over) {
        let (code, text) = answers::over(over);
        self.session.bye(code, &text);
    }

    /// What others did in the selected mailbox; false if it is gone, and the session with it.
    async fn tell_news(&mut self, wire: &mut Wire, allow_expunge: bool) -> io::Result<bool> {
        let Some(selected) = &mut self.selected else { return Ok(true) };
        match selected.sync(allow_expunge, now()).await {
            Ok(news) => updates::write(&news, wire).await?,
            Err(MailboxError::Gone) => {
                self.mailbox_gone();
                return Ok(false);
            }
            // The command itself is done; what there is to tell comes with the next one.
            Err(error) => tracing::warn!(%error, "reading what changed in a mailbox"),
        }
        Ok(true)
    }

    /// Somebody else has deleted the selected mailbox: the client starts anew (RFC 2180 §3.3).
    fn mailbox_gone(&mut self) {
        self.selected = None;
        let text = Text::new("Mappen har tagits bort.", "The mailbox has been deleted.");
        self.session.bye(Some(Code::NonExistent), &text);
    }

    async fn carry_out(&mut self, request: Request, wire: &mut Wire) -> io::Result<Completion> {
        let news = News::after(&request);
        let completion = match self.attempt(request, wire).await {
            Ok(completion) => completion,
            Err(Trouble::Connection(error)) => return Err(error),
            Err(Trouble::Mailbox(error)) => answers::mailbox_error(&error),
        };
        match news {
            News::None => {}
            News::All => _ = self.tell_news(wire, true).await?,
            News::NoExpunge => _ = self.tell_news(wire, false).await?,
        }
        Ok(completion)
    }

    async fn attempt(&mut self, request: Request, wire: &mut Wire) -> Outcome {
        if let Request::Authenticate(credentials) = request {
            return Ok(match log_in::log_in(&self.door, &credentials, self.peer).await {
                Ok((place, watch)) => {
                    wire.watch(watch);
                    self.login = Some(place);
                    Completion::ok()
                }
                Err(refusal) => refusal,
            });
        }
        let Some(Place { account, .. }) = &self.login else { return Ok(answers::out_of_order()) };
        let (account, door) = (*account, self.door.clone());
        let folders = Folders { mailboxes: &door.mailboxes, account };
        match request {
            Request::Authenticate(_) | Request::Noop | Request::Check => Ok(Completion::ok()),
            Request::Select(asked) => {
                self.selected = None;
                let selected = select::select(&folders, &asked, wire).await?;
                self.selected = Some(Box::new(selected));
                Ok(Completion::ok())
            }
            Request::Create { mailbox, .. } => folders.create(&mailbox).await,
            Request::Delete(name) => {
                let outcome = folders.delete(&name).await;
                self.forget_deleted().await;
                outcome
            }
            Request::Rename { from, to } => folders.rename(&from, &to).await,
            Request::Subscribe(name) => folders.subscribe(&name, true).await,
            Request::Unsubscribe(name) => folders.subscribe(&name, false).await,
            Request::List(asked) => list::list(&folders, &asked, wire).await,
            Request::Lsub(asked) => list::lsub(&folders, &asked, wire).await,
            Request::Status { mailbox, items } => folders.status(&mailbox, &items, wire).await,
            Request::Namespace => list::namespace(wire),
            Request::GetQuota { root } => quota::quota(&door, account, &root, wire).await,
            Request::GetQuotaRoot(name) => quota::quota_root(&door, &folders, &name, wire).await,
            Request::AppendStart(asked) => {
                self.incoming = None;
                match append::start(&door, &folders, asked).await? {
                    Ok(incoming) => self.incoming = Some(Box::new(incoming)),
                    Err(refusal) => return Ok(refusal),
                }
                Ok(Completion::ok())
            }
            Request::AppendFinish => match self.incoming.take() {
                Some(incoming) => append::finish(&door.mailboxes, *incoming).await,
                None => Ok(answers::out_of_order()),
            },
            Request::AppendAbort => {
                self.incoming = None;
                Ok(Completion::ok())
            }
            Request::Compress => {
                let place = door.compressed.take(door.limits.compressed_connections_max);
                let Some(place) = place else { return Ok(answers::too_many_compressed()) };
                self.inflater = Some(Box::new(Inflater::new(place, door.limits.inflate_excess_bytes_max)));
                Ok(Completion::ok())
            }
            request => self.in_mailbox(&door, account, request, wire).await,
        }
    }

    /// What works with the messages of the selected mailbox.
    async fn in_mailbox(
        &mut self,
        door: &Door,
        account: Account,
        request: Request,
        wire: &mut Wire,
    ) -> Outcome {
        let leaves = matches!(request, Request::Close { .. });
        let Some(selected) = &mut self.selected else {
            return Ok(if leaves { Completion::ok() } else { answers::mailbox_error(&MailboxError::Gone) });
        };
        let outcome = in_mailbox::carry_out(selected, door, account, request, wire).await;
        match &outcome {
            Ok(Completion::Ok { .. }) if leaves => self.selected = None,
            Err(Trouble::Mailbox(MailboxError::Gone)) => self.mailbox_gone(),
            _ => {}
        }
        outcome
    }

    /// A client may delete the mailbox that it has selected; it knows, and is not sent away for it.
    async fn forget_deleted(&mut self) {
        if let Some(selected) = &self.selected
            && let Err(MailboxError::Gone) = self.door.mailboxes.status(selected.mailbox()).await
        {
            self.selected = None;
        }
    }
}

/// What of the news of the selected mailbox is told behind a command.
enum News {
    None,
    /// RFC 3501 §7.4.1: no EXPUNGE behind FETCH, STORE and SEARCH, whose client counts by sequence numbers.
    NoExpunge,
    All,
}

impl News {
    fn after(request: &Request) -> Self {
        use imap_wire::command::Numbering::Sequence;
        match request {
            Request::Authenticate(_) | Request::Select(_) | Request::Close { .. } => Self::None,
            Request::AppendStart(_) | Request::AppendAbort | Request::Compress => Self::None,
            Request::Fetch(fetch) if fetch.messages.numbering == Sequence => Self::NoExpunge,
            Request::Store(store) if store.messages.numbering == Sequence => Self::NoExpunge,
            Request::Search(search) if search.numbering == Sequence => Self::NoExpunge,
            _ => Self::All,
        }
    }
}

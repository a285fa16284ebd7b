//! The loop of one session: steps of the protocol, carried out one after another.
//!
//! RFC 3501 §5.4 (time-outs), §5.5 (one command at a time); RFC 2177 (IDLE). Everything that works with messages runs in a
//! boxed future of its own, so that a session that only waits is small.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use imap_wire::command::{MessageSet, Search, Sort, Thread};
use imap_wire::{Code, Completion, Request, Session, SessionConfig, Step, Transport, encode};
use mailbox::{MailboxError, Selected, Updates};
use model::{Text, UnixMillis};
use tokio::time::Instant;

use crate::account::{Account, Place};
use crate::append::{Base, Incoming, Replaced};
use crate::compress::Inflater;
use crate::contexts::Contexts;
use crate::folders::Folders;
use crate::log_in::LoggedIn;
use crate::news::Sources;
use crate::notify::{self, Listening};
use crate::wire::{Event, Over, Wire};
use crate::{Door, acl, answers, append, in_mailbox, list, log_in, metadata, quota, select, status, updates};

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

    /// What others did in the selected mailbox, behind a command; false if it is gone, and the session with it.
    async fn tell_news(&mut self, wire: &mut Wire, allow_expunge: bool) -> io::Result<bool> {
        let Some(selected) = &mut self.selected else { return Ok(true) };
        let news = selected.sync(allow_expunge, now()).await;
        self.tell(news, wire).await
    }

    /// The same while the client waits, and with NOTIFY what is new elsewhere.
    async fn tell_waiting(&mut self, pause: Pause, wire: &mut Wire) -> io::Result<bool> {
        let mut here = true;
        if let Some(selected) = &mut self.selected {
            let wishes = self.listening.as_ref().map(|listening| (&listening.selected, listening.delayed));
            let news = match wishes {
                None => Some(selected.hear(true, now()).await),
                Some((None, _)) => None,
                Some((Some(events), delayed)) => {
                    let allow_expunge = !delayed || pause == Pause::Idle;
                    let news = match notify::fetches(events) {
                        // FETCH needs sequence numbers, so the session does not rest on.
                        true => selected.sync(allow_expunge, now()).await,
                        false => selected.hear(allow_expunge, now()).await,
                    };
                    let flags = events.flag_change;
                    Some(news.map(|news| if flags { news } else { Updates { flags: Vec::new(), ..news } }))
                }
            };
            if let Some(news) = news {
                here = self.tell(news, wire).await?;
            }
        }
        if here {
            self.tell_elsewhere(wire).await?;
        }
        Ok(here)
    }

    /// What NOTIFY has to tell of mailboxes outside the selected one.
    async fn tell_elsewhere(&mut self, wire: &mut Wire) -> io::Result<()> {
        let (Some(Place { account, .. }), Some(mut listening)) = (&self.login, self.listening.take()) else {
            return Ok(());
        };
        let selected = self.selected.as_ref().map(|selected| selected.mailbox());
        let folders = Folders::new(&self.door, *account);
        match listening.tell(&self.door, &folders, selected, wire).await {
            Ok(true) => self.listening = Some(listening),
            // RFC 5465 §5.8: as after NOTIFY NONE.
            Ok(false) => self.listening = Some(Box::default()),
            Err(Trouble::Connection(error)) => return Err(error),
            Err(Trouble::Mailbox(error)) => {
                tracing::warn!(%error, "reading what changed in other mailboxes");
                self.listening = Some(listening);
            }
        }
        Ok(())
    }

    async fn refresh_contexts(&mut self, wire: &mut Wire) -> io::Result<()> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        match self.contexts.refresh(selected, &self.door.limits, wire).await {
            Ok(()) => Ok(()),
            Err(Trouble::Connection(error)) => Err(error),
            // A client that is not told of changes would trust what it has.
            Err(Trouble::Mailbox(error)) => {
                tracing::warn!(%error, "reading what changed in the result of a search");
                self.contexts.give_up(wire);
                Ok(())
            }
        }
    }

    async fn tell(&mut self, news: Result<Updates, MailboxError>, wire: &mut Wire) -> io::Result<bool> {
        match news {
            Ok(news) => {
                self.contexts.expunged(&news, wire);
                updates::write(&news, wire).await?;
                self.fetch_arrived(&news, wire).await?;
                self.refresh_contexts(wire).await?;
            }
            Err(MailboxError::Gone) => {
                self.mailbox_gone();
                return Ok(false);
            }
            // The command itself is done; what there is to tell comes with the next one.
            Err(error) => tracing::warn!(%error, "reading what changed in a mailbox"),
        }
        Ok(true)
    }

    /// What NOTIFY wants to know of every new message (RFC 5465 §5.2).
    async fn fetch_arrived(&mut self, news: &Updates, wire: &mut Wire) -> io::Result<()> {
        let (Some(listening), Some(selected)) = (&self.listening, &mut self.selected) else { return Ok(()) };
        match notify::fetch_arrived(listening, selected, news, wire).await {
            Err(Trouble::Connection(error)) => Err(error),
            Err(Trouble::Mailbox(error)) => {
                tracing::warn!(%error, "reading new messages for NOTIFY");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Somebody else has deleted the selected mailbox: the client starts anew (RFC 2180 §3.3).
    fn mailbox_gone(&mut self) {
        self.selected = None;
        let text = Text::new("Mappen har tagits bort.", "The mailbox has been deleted.");
        self.session.bye(Some(Code::NonExistent), &text);
    }

    async fn carry_out(&mut self, request: Request, wire: &mut Wire) -> io::Result<Completion> {
        let news = News::after(&request);
        let removes = matches!(request, Request::Expunge { .. } | Request::Move { .. });
        if let Some(listening) = &mut self.listening {
            listening.does_itself(&request);
        }
        let mut completion = match self.attempt(request, wire).await {
            Ok(completion) => completion,
            Err(Trouble::Connection(error)) => return Err(error),
            Err(Trouble::Mailbox(error)) => answers::mailbox_error(&error),
        };
        if let Some(listening) = &mut self.listening
            && !matches!(completion, Completion::Ok { .. })
        {
            listening.did_nothing();
        }
        match news {
            News::None => {}
            News::All => _ = self.tell_news(wire, true).await?,
            News::NoExpunge => _ = self.tell_news(wire, false).await?,
        }
        if let Some(selected) = &self.selected {
            updates::write_held_back(selected, wire);
            // RFC 7162 §3.2.7, §3.2.9; not for CLOSE (§3.2.8).
            if removes && wire.enabled.condstore && completion == Completion::ok() {
                completion = Completion::ok_with(Code::HighestModSeq(selected.highest_mod_seq()));
            }
        }
        Ok(completion)
    }

    async fn attempt(&mut self, request: Request, wire: &mut Wire) -> Outcome {
        if let Request::Authenticate(credentials) = request {
            return Ok(match log_in::log_in(&self.door, &credentials, self.peer).await {
                Ok(LoggedIn { place, watch, denied }) => {
                    wire.watch(watch);
                    self.login = Some(place);
                    self.session.deny(denied);
                    Completion::ok()
                }
                Err(refusal) => refusal,
            });
        }
        let Some(Place { account, .. }) = &self.login else { return Ok(answers::out_of_order()) };
        let (account, door) = (*account, self.door.clone());
        let folders = Folders::new(&door, account);
        match request {
            Request::Authenticate(_) | Request::Noop | Request::Check => Ok(Completion::ok()),
            Request::Select(asked) => {
                self.selected = None;
                self.contexts.clear();
                let selected = select::select(&folders, &asked, wire).await?;
                let completion = match selected.is_read_only() {
                    true => Completion::ok_with(Code::ReadOnly),
                    false => Completion::ok(),
                };
                self.selected = Some(Box::new(selected));
                Ok(completion)
            }
            Request::Create { mailbox, special_use } => folders.create(&mailbox, &special_use).await,
            Request::Delete(name) => {
                let outcome = folders.delete(&name).await;
                self.forget_deleted().await;
                outcome
            }
            Request::Rename { from, to } => folders.rename(&from, &to).await,
            Request::Subscribe(name) => folders.subscribe(&name, true).await,
            Request::Unsubscribe(name) => folders.subscribe(&name, false).await,
            Request::List(asked) => list::list(&door, &folders, &asked, wire).await,
            Request::Lsub(asked) => list::lsub(&folders, &asked, wire).await,
            Request::Status { mailbox, items } => {
                status::status(&door, &folders, &mailbox, &items, wire).await
            }
            Request::Namespace => list::namespace(&folders, wire),
            Request::GetQuota { root } => quota::quota(&door, &folders, &root, wire).await,
            Request::GetQuotaRoot(name) => quota::quota_root(&door, &folders, &name, wire).await,
            Request::GetAcl(name) => acl::get(&folders, &name, wire).await,
            Request::SetAcl(asked) => acl::set(&folders, &asked).await,
            Request::DeleteAcl { mailbox, identifier } => acl::delete(&folders, &mailbox, &identifier).await,
            Request::ListRights { mailbox, identifier } => {
                acl::list_rights(&folders, &mailbox, &identifier, wire).await
            }
            Request::MyRights(name) => acl::my_rights(&folders, &name, wire).await,
            Request::GetMetadata(asked) => metadata::get(&folders, &asked, wire).await,
            Request::SetMetadata(asked) => metadata::set(&folders, asked).await,
            Request::AppendStart(asked) => {
                self.incoming = None;
                let replaced = match &asked.replaces {
                    Some(one) => match self.replaced(one, wire).await? {
                        Ok(one) => Some(one),
                        Err(refusal) => return Ok(refusal),
                    },
                    None => None,
                };
                match append::start(&door, &folders, asked, replaced).await? {
                    Ok(incoming) => self.incoming = Some(Box::new(incoming)),
                    Err(refusal) => return Ok(refusal),
                }
                Ok(Completion::ok())
            }
            Request::AppendMore(message) => Ok(match &mut self.incoming {
                Some(incoming) => append::more(&door, incoming, message),
                None => answers::out_of_order(),
            }),
            Request::AppendPart(part) => {
                let base = self.selected.as_ref().map(|selected| Base(selected.mailbox()));
                match &mut self.incoming {
                    Some(incoming) => append::part(&door, &folders, incoming, part, base).await,
                    None => Ok(answers::out_of_order()),
                }
            }
            Request::AppendFinish => match self.incoming.take() {
                Some(incoming) => append::finish(&door, *incoming, wire).await,
                None => Ok(answers::out_of_order()),
            },
            Request::AppendAbort => {
                self.incoming = None;
                Ok(Completion::ok())
            }
            Request::Notify(asked) => {
                let selected = self.selected.as_ref().map(|selected| selected.mailbox());
                match notify::notify(&door, &folders, asked, selected, wire).await? {
                    Ok(listening) => self.listening = Some(listening),
                    Err(refusal) => return Ok(refusal),
                }
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
        let outcome = in_mailbox::carry_out(selected, door, account, request, &mut self.contexts, wire).await;
        match &outcome {
            Ok(Completion::Ok { .. }) if leaves => {
                self.selected = None;
                self.contexts.clear();
            }
            Err(Trouble::Mailbox(MailboxError::Gone)) => self.mailbox_gone(),
            _ => {}
        }
        outcome
    }

    /// The message that REPLACE takes away.
    async fn replaced(
        &mut self,
        one: &MessageSet,
        wire: &mut Wire,
    ) -> Result<Result<Replaced, Completion>, Trouble> {
        let Some(selected) = &mut self.selected else {
            return Ok(Err(answers::mailbox_error(&MailboxError::Gone)));
        };
        if selected.is_read_only() {
            return Err(MailboxError::ReadOnly.into());
        }
        let news = selected.sync(false, now()).await?;
        updates::write(&news, wire).await?;
        Ok(match in_mailbox::pick(selected, one)?[..] {
            [(_, uid)] => Ok((selected.mailbox(), uid)),
            // RFC 8508 §3.2: one message; by UID it may be one that is gone.
            _ => Err(answers::mailbox_error(&MailboxError::Expunged)),
        })
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
            Request::AppendStart(_) | Request::AppendMore(_) | Request::AppendPart(_) => Self::None,
            Request::AppendAbort | Request::Compress => Self::None,
            Request::Fetch(fetch) if fetch.messages.numbering == Sequence => Self::NoExpunge,
            Request::Store(store) if store.messages.numbering == Sequence => Self::NoExpunge,
            // RFC 7162 §3.2.10.2: nor behind a search by UID that names sequence numbers.
            Request::Search(Search { numbering, key, .. })
            | Request::Sort(Sort { numbering, key, .. })
            | Request::Thread(Thread { numbering, key, .. })
                if *numbering == Sequence || key.names_places() =>
            {
                Self::NoExpunge
            }
            _ => Self::All,
        }
    }
}

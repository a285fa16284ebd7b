//! NOTIFY: news of mailboxes at any time.
//!
//! RFC 5465. A session that listens keeps what it last told of each mailbox outside the selected one, and one bit for each
//! account that it listens to; waked, it reads again and tells what is other than before. Events that name a mailbox in
//! several groups add up (§6). What this client did itself to names is not told to it (§5); its own letters in other
//! mailboxes are. Without a group for the selected mailbox nothing of it is told outside commands; behind commands, EXISTS
//! and EXPUNGE come all the same, since sequence numbers must stay in step (RFC 3501 §7.3.1, §7.4.1).
//! AnnotationChange: no, there are no annotations. `\NoAccess`: no, what may not be read is not there.

mod annotations;
mod mail;
mod names;

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::task::Poll;

use imap_wire::command::{Fetch, MessageSet, Notify, NotifyEvents, NotifyFilter, NotifyGroup, Numbering};
use imap_wire::{Bound, Code, Completion, Numbers, Request, SequenceSet, encode};
use mailbox::{Folder, MailboxError, Selected, Updates};
use model::{AccountId, MailboxName, MailboxRef, Right, Text, Uid};
use store::{Watch, WatchKey};

use crate::conversation::Trouble;
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{Door, fetch};
use annotations::Annotations;
use mail::Watched;

/// What a client wants to hear of, and what it has heard.
#[derive(Default)]
pub(crate) struct Listening {
    /// Of the selected mailbox; none to hear nothing of it.
    pub(crate) selected: Option<NotifyEvents>,
    /// Expunges of the selected mailbox wait for a command.
    pub(crate) delayed: bool,
    /// Of the others.
    groups: Vec<NotifyGroup>,
    /// As it was told last.
    names: Vec<Folder>,
    watched: BTreeMap<MailboxRef, Watched>,
    annotated: Annotations,
    names_watches: Vec<Watch>,
    mail_watches: Vec<Watch>,
    names_stirred: bool,
    mail_stirred: bool,
    /// Names that this client has just changed.
    own: Vec<MailboxName>,
}

/// Begins or ends listening.
///
/// # Errors
/// Inside, the refusal.
pub(crate) async fn notify(
    door: &Door,
    folders: &Folders<'_>,
    asked: Notify,
    selected: Option<MailboxRef>,
    wire: &mut Wire,
) -> Result<Result<Box<Listening>, Completion>, Trouble> {
    let mut listening = Box::<Listening>::default();
    let Notify::Set { status, groups } = asked else { return Ok(Ok(listening)) };
    if groups.iter().any(|group| group.events.annotation_change) {
        return Ok(Err(bad_event()));
    }
    for group in groups {
        match group.filter {
            NotifyFilter::Selected | NotifyFilter::SelectedDelayed => {
                listening.delayed = group.filter == NotifyFilter::SelectedDelayed;
                listening.selected = Some(group.events).filter(|events| events.message_new.is_some());
            }
            _ => listening.groups.push(group),
        }
    }
    if listening.groups.is_empty() {
        return Ok(Ok(listening));
    }
    if !listening.look_around(door, folders).await? {
        let text =
            Text::new("Så många mappar går inte att bevaka.", "That many mailboxes cannot be watched.");
        return Ok(Err(Completion::no(Code::NotificationOverflow, text)));
    }
    listening.annotated = listening.annotations(door, folders).await?;
    if status {
        listening.write_all(selected, wire).await?;
    }
    Ok(Ok(listening))
}

/// Is something to be told of every new message?
pub(crate) fn fetches(events: &NotifyEvents) -> bool {
    events.message_new.as_ref().is_some_and(|items| !items.is_empty())
}

/// FETCH of what has just been announced by EXISTS.
pub(crate) async fn fetch_arrived(
    listening: &Listening,
    selected: &mut Selected,
    news: &Updates,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    let items = listening.selected.as_ref().and_then(|events| events.message_new.as_ref());
    let (Some(items), false) = (items.filter(|items| !items.is_empty()), news.arrived.is_empty()) else {
        return Ok(());
    };
    let ranges = news.arrived.ranges().iter();
    let bound = |uid: Uid| Bound::Number(NonZeroU32::new(uid.get()).expect("no UID is zero"));
    let set = SequenceSet::new(ranges.map(|(low, high)| (bound(*low), bound(*high))).collect());
    let numbers = Numbers::Set(set.expect("something arrived"));
    let messages = MessageSet { numbering: Numbering::Uid, numbers };
    let asked = Fetch { messages, items: items.clone(), changed_since: None, vanished: false, partial: None };
    fetch::fetch(selected, &asked, wire).await?;
    Ok(())
}

fn bad_event() -> Completion {
    let text =
        Text::new("Servern har inga anteckningar på brev.", "The server has no annotations on messages.");
    Completion::no(Code::BadEvent(Notify::EVENTS), text)
}

impl Listening {
    /// Returns when there may be news. Safe to drop at any time.
    pub(crate) async fn changed(&mut self) {
        if self.is_stirred() {
            return;
        }
        tokio::select! {
            () = any(&mut self.names_watches) => self.names_stirred = true,
            () = any(&mut self.mail_watches) => self.mail_stirred = true,
        }
    }

    /// Is there anything to look at?
    pub(crate) const fn is_stirred(&self) -> bool {
        self.names_stirred || self.mail_stirred
    }

    /// This client changes names itself; it is not told what it does.
    pub(crate) fn does_itself(&mut self, request: &Request) {
        if self.groups.is_empty() {
            return;
        }
        self.own.extend(match request {
            Request::Create { mailbox, .. } => vec![mailbox.clone()],
            Request::Delete(name) | Request::Subscribe(name) | Request::Unsubscribe(name) => {
                vec![name.clone()]
            }
            Request::Rename { from, to } => vec![from.clone(), to.clone()],
            _ => return,
        });
    }
    /// What it wanted to do has failed.
    pub(crate) fn did_nothing(&mut self) {
        self.own.clear();
    }

    /// Tells what is new outside the selected mailbox. False if it is too much: then nothing is told from here on.
    pub(crate) async fn tell(
        &mut self,
        door: &Door,
        folders: &Folders<'_>,
        selected: Option<MailboxRef>,
        wire: &mut Wire,
    ) -> Result<bool, Trouble> {
        if std::mem::take(&mut self.names_stirred) {
            let before = std::mem::take(&mut self.names);
            if !self.look_around(door, folders).await? {
                encode::ok(&Code::NotificationOverflow, "Too many mailboxes to watch", &mut wire.buffer);
                return Ok(false);
            }
            self.write_names(&before, wire).await?;
            let annotated = self.annotations(door, folders).await?;
            annotated.write_changes(&self.annotated, wire).await?;
            self.annotated = annotated;
            // Mail may have come before the mailbox was watched.
            self.mail_stirred = true;
        }
        if std::mem::take(&mut self.mail_stirred) {
            self.write_changes(door, selected, wire).await?;
        }
        Ok(true)
    }

    /// Reads the names again, and what of them is watched; what has been told stays. False if they are too many.
    async fn look_around(&mut self, door: &Door, folders: &Folders<'_>) -> Result<bool, MailboxError> {
        let account = folders.account;
        let store = door.mailboxes.store();
        let owners: Vec<AccountId> = folders.owners().await?.iter().map(|owner| owner.account).collect();
        let accounts = || owners.iter().copied().chain([account.id]);
        // Before anything is read, so that nothing is missed.
        self.names_watches =
            accounts().map(|id| store.watch(WatchKey::Folders(account.tenant, id))).collect();
        self.names_watches.push(door.mailboxes.watch_grants(account.tenant));
        self.names = folders.all().await?;
        let mut watched = BTreeMap::new();
        for folder in &self.names {
            let Some(mailbox) = folder.mailbox else { continue };
            let events = self.events(folder);
            if events.message_new.is_none() || !self.may_read(door, folders, mailbox).await? {
                continue;
            }
            if watched.len() >= door.limits.notify_mailboxes_max {
                return Ok(false);
            }
            watched.insert(mailbox, (folder.name.clone(), events.flag_change));
        }
        let listened = accounts().filter(|id| watched.keys().any(|mailbox| mailbox.account == *id));
        self.mail_watches = listened.map(|id| store.watch(WatchKey::Mail(account.tenant, id))).collect();
        self.watch(door, watched).await?;
        Ok(true)
    }

    async fn may_read(
        &self,
        door: &Door,
        folders: &Folders<'_>,
        mailbox: MailboxRef,
    ) -> Result<bool, MailboxError> {
        Ok(door.mailboxes.rights(mailbox, folders.account.id).await?.has(Right::Read))
    }

    /// Everything that is asked of one name.
    fn events(&self, folder: &Folder) -> NotifyEvents {
        let mut all = NotifyEvents::default();
        for NotifyGroup { filter, events } in &self.groups {
            if !covers(filter, folder) {
                continue;
            }
            all.message_new = all.message_new.or_else(|| events.message_new.as_ref().map(|_| Vec::new()));
            all.message_expunge |= events.message_expunge;
            all.flag_change |= events.flag_change;
            all.mailbox_name |= events.mailbox_name;
            all.subscription_change |= events.subscription_change;
            all.mailbox_metadata_change |= events.mailbox_metadata_change;
        }
        all
    }
}

/// Does a filter mean this name (RFC 5465 §6)? Letters arrive in INBOX.
fn covers(filter: &NotifyFilter, folder: &Folder) -> bool {
    match filter {
        NotifyFilter::Selected | NotifyFilter::SelectedDelayed => false,
        NotifyFilter::Inboxes => folder.name.is_inbox(),
        NotifyFilter::Personal => true,
        NotifyFilter::Subscribed => folder.subscribed,
        NotifyFilter::Subtree(names) => {
            names.iter().any(|name| folder.name == *name || folder.name.is_below(name))
        }
        NotifyFilter::Mailboxes(names) => names.contains(&folder.name),
    }
}

/// Returns when one of them has changed.
async fn any(watches: &mut [Watch]) {
    let mut waits: Vec<Pin<Box<_>>> = watches.iter_mut().map(|watch| Box::pin(watch.changed())).collect();
    poll_fn(|context| {
        let ready = waits.iter_mut().any(|wait| wait.as_mut().poll(context).is_ready());
        if ready { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Lines are sent as they come to a piece.
async fn sent(wire: &mut Wire) -> io::Result<()> {
    wire.send_pieces().await
}

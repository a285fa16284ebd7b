//! NOTIFY: news of mailboxes at any time.
//!
//! RFC 5465. A session that listens keeps what it last told of each mailbox outside the selected one, and one bit for each
//! account that it listens to; waked, it looks at what changed and tells what is other than before: names are compared as the list that all sessions of
//! the account share, and of mailboxes only those are looked at that changed. Events that name a mailbox in
//! several groups add up (§6). What this client did itself to names is not told to it (§5); its own letters in other
//! mailboxes are. Without a group for the selected mailbox nothing of it is told outside commands; behind commands, EXISTS
//! and EXPUNGE come all the same, since sequence numbers must stay in step (RFC 3501 §7.3.1, §7.4.1).
//! AnnotationChange: no, there are no annotations. `\NoAccess`: no, what may not be read is not there.

mod annotations;
mod mail;
mod names;
mod wishes;

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::io;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use imap_wire::command::{Fetch, MessageSet, Notify, NotifyEvents, NotifyFilter, Numbering};
use imap_wire::{Bound, Code, Completion, Numbers, Request, SequenceSet, encode};
use mailbox::{Folder, MailboxError, Selected, Updates};
use model::{AccountId, MailboxName, MailboxRef, Right, Text, Uid};
use store::{Watch, WatchKey};

use crate::conversation::Trouble;
use crate::folders::Folders;
use crate::shared::Owner;
use crate::wire::Wire;
use crate::{Door, fetch};
use annotations::Annotations;
use mail::Watched;
use wishes::Wishes;

/// What a client wants to hear of, and what it has heard.
#[derive(Default)]
pub(crate) struct Listening {
    /// Of the selected mailbox; none to hear nothing of it.
    pub(crate) selected: Option<NotifyEvents>,
    /// Expunges of the selected mailbox wait for a command.
    pub(crate) delayed: bool,
    /// Of the others.
    wishes: Wishes,
    /// As it was told last.
    names: Arc<[Folder]>,
    watched: BTreeMap<MailboxRef, Watched>,
    annotated: Annotations,
    /// Whose names; and of the municipality's access control lists.
    names_watches: BTreeMap<AccountId, Watch>,
    grants_watch: Option<Watch>,
    mail_watches: BTreeMap<AccountId, Watch>,
    names_stirred: bool,
    mail_stirred: bool,
    /// Mailboxes that have not been looked at since they changed.
    stirred: BTreeSet<MailboxRef>,
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
            _ => listening.wishes.add(group),
        }
    }
    if listening.wishes.is_empty() {
        return Ok(Ok(listening));
    }
    if !listening.look_around(door, folders).await? {
        let text =
            Text::new("Så många mappar går inte att bevaka.", "That many mailboxes cannot be watched.");
        return Ok(Err(Completion::no(Code::NotificationOverflow, text)));
    }
    listening.annotated = listening.annotations(door, folders).await?;
    // As it stands, all is told.
    listening.stirred.clear();
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
            () = any(self.names_watches.values_mut().chain(&mut self.grants_watch)) => self.names_stirred = true,
            () = any(self.mail_watches.values_mut()) => self.mail_stirred = true,
        }
    }

    /// Is there anything to look at?
    pub(crate) const fn is_stirred(&self) -> bool {
        self.names_stirred || self.mail_stirred
    }

    /// This client changes names itself; it is not told what it does.
    pub(crate) fn does_itself(&mut self, request: &Request) {
        if !self.wishes.names() {
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
            let before = Arc::clone(&self.names);
            let looked = self.look_around(door, folders).await;
            if looked.is_err() {
                // The next hint finds the difference again.
                self.names = Arc::clone(&before);
            }
            if !looked? {
                encode::ok(&Code::NotificationOverflow, "Too many mailboxes to watch", &mut wire.buffer);
                return Ok(false);
            }
            self.write_names(&before, wire).await?;
            if self.wishes.annotations() {
                let annotated = self.annotations(door, folders).await?;
                annotated.write_changes(&self.annotated, wire).await?;
                self.annotated = annotated;
            }
        }
        if std::mem::take(&mut self.mail_stirred) || !self.stirred.is_empty() {
            self.write_changes(door, selected, wire).await?;
        }
        Ok(true)
    }

    /// Reads the names again, and what of them is watched; what has been told stays. False if they are too many.
    async fn look_around(&mut self, door: &Door, folders: &Folders<'_>) -> Result<bool, MailboxError> {
        let (account, store) = (folders.account, door.mailboxes.store());
        // Before anything is read, so that nothing is missed.
        self.grants_watch.get_or_insert_with(|| door.mailboxes.watch_grants(account.tenant));
        let owners = folders.owners().await?;
        let accounts: BTreeSet<AccountId> =
            owners.iter().map(|owner| owner.account).chain([account.id]).collect();
        rewatch(&mut self.names_watches, &accounts, |id| store.watch(WatchKey::Folders(account.tenant, id)));
        let now = folders.names(&owners).await?;
        let before = std::mem::replace(&mut self.names, Arc::clone(&now));
        if Arc::ptr_eq(&before, &now) {
            return Ok(true);
        }
        // Rights on mailboxes of others may have changed where no name has.
        let (gone, come) = match owners.is_empty() {
            true => names::differing(&before, &now),
            false => (before.iter().collect(), now.iter().collect()),
        };
        let wanted = self.wanted(&come, &owners, account.id);
        self.watch(door, &gone, wanted).await
    }

    /// What of these is to be watched, under which name and with flags or without.
    fn wanted(
        &self,
        folders: &[&Folder],
        owners: &[Owner],
        reader: AccountId,
    ) -> BTreeMap<MailboxRef, (MailboxName, bool)> {
        let may_read = |mailbox: MailboxRef| {
            let owner = || owners.iter().find(|owner| owner.account == mailbox.account);
            mailbox.account == reader
                || owner().is_some_and(|one| one.rights(mailbox.mailbox).has(Right::Read))
        };
        let wanted = folders.iter().filter_map(|folder| {
            let mailbox = folder.mailbox?;
            let events = self.wishes.of(folder);
            let watched = events.message_new.is_some() && may_read(mailbox);
            watched.then(|| (mailbox, (folder.name.clone(), events.flag_change)))
        });
        wanted.collect()
    }
}

/// Watches exactly these; what is watched already stays, or a hint would be lost.
fn rewatch(
    watches: &mut BTreeMap<AccountId, Watch>,
    accounts: &BTreeSet<AccountId>,
    watch: impl Fn(AccountId) -> Watch,
) {
    watches.retain(|account, _| accounts.contains(account));
    for account in accounts {
        watches.entry(*account).or_insert_with(|| watch(*account));
    }
}

/// Returns when one of them has changed.
async fn any(watches: impl Iterator<Item = &mut Watch>) {
    let mut waits: Vec<Pin<Box<_>>> = watches.map(|watch| Box::pin(watch.changed())).collect();
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

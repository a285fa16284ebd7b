//! What one session has been told of the mailbox that it has selected.
//!
//! RFC 3501 §2.3.1 (sequence numbers), §2.3.2 (\Recent: the first session that
//! selects, not examines, gets it). Messages that others expunged keep their sequence numbers until the session is told; no
//! content is served for them: RFC 2180 §4.1.2, the driver ends FETCH and STORE with NO \[EXPUNGEISSUED\], UID commands
//! pass over them.

mod access;
mod rest;
mod resync;
mod sync;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::{Keyword, MailboxRef, ModSeq, SeqNo, Uid, UidSet, UidValidity, UnixMillis};
use store::{Watch, WatchKey};

use crate::table::Table;
use crate::view::View;
use crate::{MailboxError, Mailboxes};

pub use access::{permitted, permitted_flags};
pub use sync::{FlagUpdate, Updates};

/// A selected mailbox.
pub struct Selected {
    pub(crate) mailboxes: Mailboxes,
    pub(crate) view: Arc<View>,
    watch: Watch,
    /// Who it is, if not the owner.
    guest: Option<Box<access::Guest>>,
    read_only: bool,
    uid_validity: UidValidity,
    /// UIDs in the order of their sequence numbers; shared with the table while they are the same. None while the session
    /// rests: it is then computed from the fields below, see `rest`.
    told: Option<Arc<Vec<u32>>>,
    exists: u32,
    told_mod_seq: ModSeq,
    told_uid_next: Uid,
    told_at: UnixMillis,
    /// Those of `told` that were gone at `told_mod_seq` and could not be told yet.
    untold: UidSet,
    /// Up to where everything was told when the first of `untold` went.
    untold_from: ModSeq,
    /// While the session rests: what went after `told_mod_seq` and is not in `told` all the same.
    early: UidSet,
    /// Changes that the session knows because it made them.
    own: HashMap<u32, ModSeq>,
    recent: UidSet,
    keywords: BTreeSet<Keyword>,
    first_unseen: Option<SeqNo>,
    /// What the last search kept.
    saved: UidSet,
}

/// Messages that a command names: place and UID, ascending.
pub type Picked = Vec<(SeqNo, Uid)>;

impl Mailboxes {
    /// Opens a mailbox. With `read_only` (EXAMINE) nothing is changed and nobody loses \Recent.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn select(
        &self,
        mailbox: MailboxRef,
        read_only: bool,
        now: UnixMillis,
    ) -> Result<Selected, MailboxError> {
        let watch = self.store().watch(WatchKey::Mailbox(mailbox));
        let view = self.inner.views.open(mailbox);
        let table = view.refresh(self.store(), now).await?;
        let mut selected = Selected {
            mailboxes: self.clone(),
            view,
            watch,
            guest: None,
            read_only,
            uid_validity: table.uid_validity,
            exists: count(&table.uids),
            told: Some(table.uids.clone()),
            told_mod_seq: table.mod_seq,
            told_uid_next: table.uid_next,
            told_at: now,
            untold: UidSet::new(),
            untold_from: table.mod_seq,
            early: UidSet::new(),
            own: HashMap::new(),
            recent: UidSet::new(),
            keywords: BTreeSet::new(),
            first_unseen: table.first_unseen().map(seq_no),
            saved: UidSet::new(),
        };
        add_keywords(&mut selected.keywords, &table, self.limits().keywords_told_max);
        self.recent_from(mailbox, &table);
        selected.take_recent(table.uid_next);
        Ok(selected)
    }
}

impl Selected {
    /// Which mailbox.
    pub fn mailbox(&self) -> MailboxRef {
        self.view.mailbox
    }
    /// EXAMINE?
    pub const fn is_read_only(&self) -> bool {
        self.read_only
    }
    /// UIDVALIDITY.
    pub const fn uid_validity(&self) -> UidValidity {
        self.uid_validity
    }
    /// UIDNEXT, as told.
    pub const fn uid_next(&self) -> Uid {
        self.told_uid_next
    }
    /// HIGHESTMODSEQ, as told: while expunges wait, that of before the first of them (RFC 7162 §3.2).
    pub fn highest_mod_seq(&self) -> ModSeq {
        if self.untold.is_empty() { self.told_mod_seq } else { self.untold_from }
    }
    /// Are there messages that are gone and that the session still counts?
    pub fn has_untold_expunges(&self) -> bool {
        !self.untold.is_empty()
    }
    /// EXISTS, as told; also what `*` means as a sequence number.
    pub const fn exists(&self) -> u32 {
        self.exists
    }
    /// RECENT.
    pub fn recent_count(&self) -> u32 {
        u32::try_from(self.recent.len()).unwrap_or(u32::MAX)
    }
    /// UNSEEN as SELECT reports it: the first message without \Seen at that time.
    pub const fn first_unseen(&self) -> Option<SeqNo> {
        self.first_unseen
    }
    /// Keeps the result of a search for later commands (RFC 5182). What is expunged goes out of it by itself.
    pub fn save(&mut self, result: UidSet) {
        self.saved = result;
    }
    /// `$`; some of it may be gone.
    pub const fn saved(&self) -> &UidSet {
        &self.saved
    }
    /// Keywords in use, for FLAGS.
    pub fn keywords(&self) -> impl Iterator<Item = &Keyword> {
        self.keywords.iter()
    }
    /// What `*` means as a UID; `None` in an empty mailbox.
    pub fn largest_uid(&self) -> Option<Uid> {
        self.told().last().and_then(|uid| Uid::new(*uid))
    }
    /// The place of a message.
    pub fn seq(&self, uid: Uid) -> Option<SeqNo> {
        self.told().binary_search(&uid.get()).ok().map(seq_no)
    }
    /// The message at a place.
    pub fn uid(&self, seq: SeqNo) -> Option<Uid> {
        self.told().get(seq.get() as usize - 1).and_then(|uid| Uid::new(*uid))
    }
    /// Does the session see \Recent on this message?
    pub fn is_recent(&self, uid: Uid) -> bool {
        self.recent.contains(uid)
    }

    /// Messages by closed ranges of sequence numbers, `*` already resolved with [`Selected::exists`].
    ///
    /// # Errors
    /// [`MailboxError::NoSuchMessage`] if a number is over EXISTS (RFC 3501 §9, seq-number: BAD).
    pub fn pick_seqs(&self, ranges: &[(u32, u32)]) -> Result<Picked, MailboxError> {
        let mut picked = Picked::new();
        for (low, high) in ranges {
            let (low, high) = (*low.min(high), *low.max(high));
            if low == 0 || high > self.exists() {
                return Err(MailboxError::NoSuchMessage);
            }
            picked.extend((low as usize - 1..high as usize).map(|place| self.at(place)));
        }
        picked.sort_unstable();
        picked.dedup();
        Ok(picked)
    }

    /// Messages by UIDs; unknown ones are passed over (RFC 3501 §6.4.8).
    pub fn pick_uids(&self, uids: &UidSet) -> Picked {
        let mut picked = Picked::new();
        for (low, high) in uids.ranges() {
            let from = self.told().partition_point(|uid| *uid < low.get());
            let to = self.told().partition_point(|uid| *uid <= high.get());
            picked.extend((from..to).map(|place| self.at(place)));
        }
        picked
    }

    /// All messages.
    pub fn pick_all(&self) -> Picked {
        (0..self.told().len()).map(|place| self.at(place)).collect()
    }

    fn at(&self, place: usize) -> (SeqNo, Uid) {
        (seq_no(place), Uid::new(self.told()[place]).expect("only UIDs are told"))
    }

    /// UIDs by sequence number. A session that rests has to [`Selected::sync`] first, as every command does.
    fn told(&self) -> &[u32] {
        debug_assert!(self.told.is_some() || self.exists == 0, "a session that rests counts no messages");
        self.told.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The table of the mailbox: flags, sizes, dates. As it was last read, so after [`Selected::sync`] as of then or newer;
    /// it may know messages that the session does not, and miss some that it still counts.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn table(&self, now: UnixMillis) -> Result<Arc<Table>, MailboxError> {
        // Another session may just have put in what it read before this one was told.
        match self.view.loaded().filter(|table| table.mod_seq >= self.told_mod_seq) {
            Some(table) => Ok(table),
            None => self.refreshed(now).await,
        }
    }

    pub(crate) async fn refreshed(&self, now: UnixMillis) -> Result<Arc<Table>, MailboxError> {
        self.view.refresh(self.mailboxes.store(), now).await
    }

    /// Returns when something may have changed: then [`Selected::sync`]. Safe to drop at any time.
    pub async fn changed(&mut self) {
        match &mut self.guest {
            None => self.watch.changed().await,
            Some(guest) => tokio::select! {
                () = self.watch.changed() => {}
                () = guest.changed() => {}
            },
        }
    }

    /// Notes that the session knows the state of a message as of `mod_seq`.
    pub(crate) fn knows(&mut self, uid: Uid, mod_seq: ModSeq) {
        if mod_seq > self.told_mod_seq {
            self.own.insert(uid.get(), mod_seq);
        }
    }

    /// Has the session been told this state of a message?
    pub(crate) fn is_told(&self, uid: Uid, mod_seq: ModSeq) -> bool {
        mod_seq <= self.told_mod_seq || self.own.get(&uid.get()) == Some(&mod_seq)
    }

    /// Gives the session \Recent on what nobody had it on, up to `uid_next`.
    fn take_recent(&mut self, uid_next: Uid) {
        let from = self.recent_from(uid_next);
        let told = self.told.as_deref().map_or(&[][..], Vec::as_slice);
        let new = &told[told.partition_point(|uid| *uid < from)..];
        self.recent
            .extend(new.iter().take_while(|uid| **uid < uid_next.get()).filter_map(|uid| Uid::new(*uid)));
    }

    fn recent_from(&self, uid_next: Uid) -> u32 {
        let (views, mailbox) = (&self.mailboxes.inner.views, self.mailbox());
        match self.read_only {
            true => views.known_recent_from(mailbox),
            false => views.take_recent(mailbox, uid_next),
        }
    }
}

/// Adds what is in use, up to so many in all; what a session has been told is never pushed out by others.
fn add_keywords(keywords: &mut BTreeSet<Keyword>, table: &Table, max: usize) {
    for keyword in table.flag_sets().iter().flat_map(|set| set.keywords()) {
        if keywords.len() >= max {
            return;
        }
        if !keywords.contains(keyword) {
            keywords.insert(keyword.clone());
        }
    }
}

fn count(uids: &[u32]) -> u32 {
    u32::try_from(uids.len()).unwrap_or(u32::MAX)
}

pub(crate) fn seq_no(place: usize) -> SeqNo {
    u32::try_from(place + 1).ok().and_then(SeqNo::new).expect("a mailbox has fewer than 2^32 messages")
}

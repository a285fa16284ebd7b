//! What one session has been told of the mailbox that it has selected.
//!
//! RFC 3501 §2.3.1 (sequence numbers), §5.2 and §7.4.1 (when EXPUNGE may be told), §2.3.2 (\Recent: the first session that
//! selects, not examines, gets it). Messages that others expunged keep their sequence numbers until the session is told; no
//! content is served for them: RFC 2180 §4.1.2, the driver ends FETCH and STORE with NO \[EXPUNGEISSUED\], UID commands
//! pass over them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use model::{FlagSet, Keyword, MailboxRef, ModSeq, SeqNo, Uid, UidSet, UidValidity, UnixMillis};
use store::{MailboxStateKey, Watch, WatchKey};

use crate::table::Table;
use crate::view::{View, delta};
use crate::{MailboxError, Mailboxes};

/// Beyond this the whole table is read again instead of the changes alone.
const FOLLOW_MAX: Duration = Duration::from_secs(86_400);

/// A selected mailbox.
pub struct Selected {
    pub(crate) mailboxes: Mailboxes,
    pub(crate) view: Arc<View>,
    watch: Watch,
    read_only: bool,
    uid_validity: UidValidity,
    /// UIDs in the order of their sequence numbers; shared with the table while they are the same.
    told: Arc<Vec<u32>>,
    told_mod_seq: ModSeq,
    told_uid_next: Uid,
    told_at: UnixMillis,
    /// Some of `told` are gone and the session could not be told yet.
    untold_expunges: bool,
    /// Changes that the session knows because it made them.
    own: HashMap<u32, ModSeq>,
    recent: UidSet,
    keywords: BTreeSet<Keyword>,
    first_unseen: Option<SeqNo>,
}

/// Messages that a command names: place and UID, ascending.
pub type Picked = Vec<(SeqNo, Uid)>;

/// New flags of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagUpdate {
    /// Its place, after the expunges of the same [`Updates`].
    pub seq: SeqNo,
    /// Its UID.
    pub uid: Uid,
    /// Its flags, without \Recent.
    pub flags: Arc<FlagSet>,
    /// Does the session see \Recent on it?
    pub recent: bool,
    /// That of its newest change.
    pub mod_seq: ModSeq,
}

/// What others did, in the order in which it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updates {
    /// `* n EXPUNGE` for each, as it stands: from the highest place down, so that none moves another.
    pub expunged: Vec<SeqNo>,
    /// The same messages by UID, ascending (for VANISHED).
    pub vanished: UidSet,
    /// `* n EXISTS`, if messages came.
    pub exists: Option<u32>,
    /// `* n RECENT`, if it changed.
    pub recent: Option<u32>,
    /// `* FLAGS (…)` and PERMANENTFLAGS, if there are new keywords: all of them.
    pub keywords: Option<Vec<Keyword>>,
    /// `* n FETCH (FLAGS (…))` for each.
    pub flags: Vec<FlagUpdate>,
}

impl Updates {
    /// Nothing to tell?
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What there is to tell, wherever it was read.
struct News {
    uids: Arc<Vec<u32>>,
    uid_next: Uid,
    mod_seq: ModSeq,
    changed: Vec<(Uid, Arc<FlagSet>, ModSeq)>,
}

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
            read_only,
            uid_validity: table.uid_validity,
            told: table.uids.clone(),
            told_mod_seq: table.mod_seq,
            told_uid_next: table.uid_next,
            told_at: now,
            untold_expunges: false,
            own: HashMap::new(),
            recent: UidSet::new(),
            keywords: keywords_of(&table),
            first_unseen: table.first_unseen().map(seq_no),
        };
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
    /// HIGHESTMODSEQ, as told.
    pub const fn highest_mod_seq(&self) -> ModSeq {
        self.told_mod_seq
    }
    /// EXISTS, as told; also what `*` means as a sequence number.
    pub fn exists(&self) -> u32 {
        u32::try_from(self.told.len()).unwrap_or(u32::MAX)
    }
    /// RECENT.
    pub fn recent_count(&self) -> u32 {
        u32::try_from(self.recent.len()).unwrap_or(u32::MAX)
    }
    /// UNSEEN as SELECT reports it: the first message without \Seen at that time.
    pub const fn first_unseen(&self) -> Option<SeqNo> {
        self.first_unseen
    }
    /// Keywords in use, for FLAGS.
    pub fn keywords(&self) -> impl Iterator<Item = &Keyword> {
        self.keywords.iter()
    }
    /// What `*` means as a UID; `None` in an empty mailbox.
    pub fn largest_uid(&self) -> Option<Uid> {
        self.told.last().and_then(|uid| Uid::new(*uid))
    }
    /// The place of a message.
    pub fn seq(&self, uid: Uid) -> Option<SeqNo> {
        self.told.binary_search(&uid.get()).ok().map(seq_no)
    }
    /// The message at a place.
    pub fn uid(&self, seq: SeqNo) -> Option<Uid> {
        self.told.get(seq.get() as usize - 1).and_then(|uid| Uid::new(*uid))
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
            let from = self.told.partition_point(|uid| *uid < low.get());
            let to = self.told.partition_point(|uid| *uid <= high.get());
            picked.extend((from..to).map(|place| self.at(place)));
        }
        picked
    }

    /// All messages.
    pub fn pick_all(&self) -> Picked {
        (0..self.told.len()).map(|place| self.at(place)).collect()
    }

    fn at(&self, place: usize) -> (SeqNo, Uid) {
        (seq_no(place), Uid::new(self.told[place]).expect("only UIDs are told"))
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
        self.watch.changed().await;
    }

    /// Reads what others did since the last time; from here on the session counts as told.
    ///
    /// # Errors
    /// [`MailboxError::Gone`] if the mailbox has been deleted, [`MailboxError::Store`].
    pub async fn sync(&mut self, allow_expunge: bool, now: UnixMillis) -> Result<Updates, MailboxError> {
        let news = match self.follow(now).await? {
            Some(news) => news,
            None => self.compare(&*self.refreshed(now).await?),
        };
        self.told_at = now;
        let mut updates = self.tell(news, allow_expunge);
        updates.keywords = self.new_keywords();
        Ok(updates)
    }

    /// What a table says, as far as the session does not know it.
    fn compare(&self, table: &Table) -> News {
        let changed = if table.mod_seq > self.told_mod_seq { self.changed_in(table) } else { Vec::new() };
        News { uids: table.uids.clone(), uid_next: table.uid_next, mod_seq: table.mod_seq, changed }
    }

    fn changed_in(&self, table: &Table) -> Vec<(Uid, Arc<FlagSet>, ModSeq)> {
        let rows = table.rows().take_while(|row| row.uid < self.told_uid_next);
        let changed = rows.filter(|row| row.mod_seq > self.told_mod_seq);
        changed.map(|row| (row.uid, row.flags.clone(), row.mod_seq)).collect()
    }

    /// A session in IDLE keeps no table in memory: the few rows that changed are read for it alone.
    async fn follow(&self, now: UnixMillis) -> Result<Option<News>, MailboxError> {
        if self.view.loaded().is_some() || self.untold_expunges || now.since(self.told_at) > FOLLOW_MAX {
            return Ok(None);
        }
        let (store, mailbox) = (self.mailboxes.store(), self.mailbox());
        let state = store.load(&MailboxStateKey(mailbox)).await?.ok_or(MailboxError::Gone)?;
        let behind = state.highest_mod_seq.0.saturating_sub(self.told_mod_seq.0);
        if behind >= self.mailboxes.limits().changes_max as u64 {
            return Ok(None);
        }
        if behind == 0 {
            let (uids, changed) = (self.told.clone(), Vec::new());
            return Ok(Some(News {
                uids,
                uid_next: state.uid_next,
                mod_seq: state.highest_mod_seq,
                changed,
            }));
        }
        let delta = delta(store, mailbox, state, self.told_mod_seq, self.told_uid_next).await?;
        let known = |uid: &&u32| Uid::new(**uid).is_some_and(|uid| !delta.expunged.contains(uid));
        let mut uids: Vec<u32> = self.told.iter().filter(known).copied().collect();
        uids.extend(delta.new.iter().map(|(uid, _)| uid.get()));
        let changed = delta.changed.into_iter().map(|(uid, row)| (uid, Arc::new(row.flags), row.mod_seq));
        let (uid_next, mod_seq) = (state.uid_next, state.highest_mod_seq);
        Ok(Some(News { uids: Arc::new(uids), uid_next, mod_seq, changed: changed.collect() }))
    }

    fn tell(&mut self, news: News, allow_expunge: bool) -> Updates {
        let mut updates = Updates::default();
        let recent_before = self.recent.len();
        if !Arc::ptr_eq(&self.told, &news.uids) {
            let new = &news.uids[news.uids.partition_point(|uid| *uid < self.told_uid_next.get())..];
            let came = !new.is_empty();
            if allow_expunge {
                self.tell_expunges(&news.uids, &mut updates);
                self.told = news.uids;
                self.untold_expunges = false;
            } else if self.told.len() + new.len() == news.uids.len() {
                // Nothing is gone: every message that was told and is not new is still there.
                self.told = news.uids;
            } else {
                Arc::make_mut(&mut self.told).extend_from_slice(new);
                self.untold_expunges = true;
            }
            updates.exists = came.then(|| self.exists());
        }
        self.told_uid_next = self.told_uid_next.max(news.uid_next);
        self.take_recent(news.uid_next);
        updates.recent = (self.recent.len() != recent_before).then(|| self.recent_count());
        updates.flags = news.changed.into_iter().filter_map(|change| self.flag_update(change)).collect();
        if news.mod_seq > self.told_mod_seq {
            self.told_mod_seq = news.mod_seq;
            self.own.retain(|_, mod_seq| *mod_seq > news.mod_seq);
        }
        updates
    }

    fn tell_expunges(&mut self, now: &[u32], updates: &mut Updates) {
        let mut left = now.iter().peekable();
        for (place, uid) in self.told.iter().enumerate() {
            while left.next_if(|other| *other < uid).is_some() {}
            if left.peek() != Some(&uid) {
                updates.expunged.push(seq_no(place));
                updates.vanished.extend(Uid::new(*uid));
            }
        }
        updates.expunged.reverse();
        if !updates.expunged.is_empty() {
            self.recent = self.recent.iter().filter(|uid| !updates.vanished.contains(*uid)).collect();
        }
    }

    fn flag_update(&mut self, (uid, flags, mod_seq): (Uid, Arc<FlagSet>, ModSeq)) -> Option<FlagUpdate> {
        let seq = self.seq(uid)?;
        if self.own.get(&uid.get()) == Some(&mod_seq) {
            return None;
        }
        Some(FlagUpdate { seq, uid, flags, recent: self.is_recent(uid), mod_seq })
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
        let (views, mailbox) = (&self.mailboxes.inner.views, self.mailbox());
        let from = match self.read_only {
            true => views.known_recent_from(mailbox),
            false => views.take_recent(mailbox, uid_next),
        };
        let told = &self.told[self.told.partition_point(|uid| *uid < from)..];
        self.recent
            .extend(told.iter().take_while(|uid| **uid < uid_next.get()).filter_map(|uid| Uid::new(*uid)));
    }

    /// All keywords, if the session has not been told some of them.
    fn new_keywords(&mut self) -> Option<Vec<Keyword>> {
        let table = self.view.loaded()?;
        let known = |set: &Arc<FlagSet>| set.keywords().iter().all(|word| self.keywords.contains(word));
        if table.flag_sets().iter().all(known) {
            return None;
        }
        self.keywords = keywords_of(&table);
        Some(self.keywords.iter().cloned().collect())
    }
}

fn keywords_of(table: &Table) -> BTreeSet<Keyword> {
    table.flag_sets().iter().flat_map(|set| set.keywords().iter().cloned()).collect()
}

pub(crate) fn seq_no(place: usize) -> SeqNo {
    u32::try_from(place + 1).ok().and_then(SeqNo::new).expect("a mailbox has fewer than 2^32 messages")
}

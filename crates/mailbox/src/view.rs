//! The table of an open mailbox, shared by all sessions that have it selected, and how it follows the store.
//!
//! DESIGN §3, Reading: first the state (highest MODSEQ h, next UID n), then the rows below n; the table then stands at h,
//! and whatever a scan saw of later commits is read again at the next step, which asks for what came after h.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use model::{MailboxRef, ModSeq, Uid, UidSet, UnixMillis};
use parking_lot::{Mutex, RwLock};
use store::{
    ChangeKey, FlagsKey, KeyRange, MailboxState, MailboxStateKey, MessageFlags, Store, StoreError, TypedKey,
};

use crate::MailboxError;
use crate::table::Table;

/// Changes younger than this are never thrown away, so that a table that was read less than half of it ago can follow.
pub(crate) const CHANGES_KEPT_MIN: Duration = Duration::from_secs(3600);
const PAGE: usize = 1000;

pub(crate) struct View {
    pub(crate) mailbox: MailboxRef,
    table: RwLock<Option<Arc<Table>>>,
    /// One session reads, the others wait for it.
    reading: tokio::sync::Mutex<()>,
    used: AtomicU64,
    read: AtomicU64,
    /// UIDs below this have been given to the indexer.
    indexed_to: AtomicU32,
}

/// What happened in a mailbox after a moment.
pub(crate) struct Delta {
    pub(crate) state: MailboxState,
    pub(crate) new: Vec<(Uid, MessageFlags)>,
    pub(crate) changed: Vec<(Uid, MessageFlags)>,
    pub(crate) expunged: UidSet,
}

impl View {
    fn new(mailbox: MailboxRef) -> Self {
        Self {
            mailbox,
            table: RwLock::default(),
            reading: tokio::sync::Mutex::default(),
            used: AtomicU64::new(0),
            read: AtomicU64::new(0),
            indexed_to: AtomicU32::new(0),
        }
    }

    /// The table as it was last read, if it is in memory.
    pub(crate) fn loaded(&self) -> Option<Arc<Table>> {
        self.table.read().clone()
    }

    /// The table as of now.
    pub(crate) async fn refresh(&self, store: &Store, now: UnixMillis) -> Result<Arc<Table>, MailboxError> {
        self.used.store(now.0, Ordering::Relaxed);
        if let Some(table) = self.current(&self.state(store).await?) {
            return Ok(table);
        }
        let _only = self.reading.lock().await;
        let state = self.state(store).await?;
        if let Some(table) = self.current(&state) {
            return Ok(table);
        }
        let age = now.since(UnixMillis(self.read.swap(now.0, Ordering::Relaxed)));
        let known = self.loaded().filter(|_| age < CHANGES_KEPT_MIN / 2);
        let Some(known) = known else {
            let table = Arc::new(load(store, self.mailbox, &state).await?);
            *self.table.write() = Some(table.clone());
            return Ok(table);
        };
        let (mod_seq, uid_next) = (known.mod_seq, known.uid_next);
        drop(known);
        let delta = delta(store, self.mailbox, state, mod_seq, uid_next).await?;
        if let Some(table) = self.apply(delta) {
            return Ok(table);
        }
        // Swept meanwhile.
        let table = Arc::new(load(store, self.mailbox, &state).await?);
        *self.table.write() = Some(table.clone());
        Ok(table)
    }

    fn apply(&self, delta: Delta) -> Option<Arc<Table>> {
        let mut slot = self.table.write();
        let table = slot.as_mut()?;
        Arc::make_mut(table).apply(delta);
        Some(table.clone())
    }

    async fn state(&self, store: &Store) -> Result<MailboxState, MailboxError> {
        store.load(&MailboxStateKey(self.mailbox)).await?.ok_or(MailboxError::Gone)
    }

    fn current(&self, state: &MailboxState) -> Option<Arc<Table>> {
        self.loaded().filter(|table| table.mod_seq == state.highest_mod_seq)
    }
}

impl Table {
    pub(crate) fn apply(&mut self, delta: Delta) {
        self.remove(&delta.expunged);
        for (uid, row) in delta.changed {
            self.put(uid, row);
        }
        for (uid, row) in delta.new {
            self.put(uid, row);
        }
        (self.mod_seq, self.uid_next) = (delta.state.highest_mod_seq, delta.state.uid_next);
        self.tidy();
    }
}

async fn load(store: &Store, mailbox: MailboxRef, state: &MailboxState) -> Result<Table, StoreError> {
    let mut table = Table::new(state);
    for (uid, row) in rows_between(store, mailbox, Uid::MIN, state.uid_next).await? {
        table.put(uid, row);
    }
    table.uid_next = state.uid_next;
    Ok(table)
}

/// What came after `mod_seq`, up to `state`, for somebody who knows the messages below `uid_next`.
pub(crate) async fn delta(
    store: &Store,
    mailbox: MailboxRef,
    state: MailboxState,
    mod_seq: ModSeq,
    uid_next: Uid,
) -> Result<Delta, StoreError> {
    let (flags, expunged) = changes(store, mailbox, mod_seq, state.highest_mod_seq).await?;
    let new = rows_between(store, mailbox, uid_next, state.uid_next).await?;
    let changed: UidSet = flags.iter().filter(|uid| *uid < uid_next && !expunged.contains(*uid)).collect();
    let changed = flag_rows(store, mailbox, &changed).await?;
    Ok(Delta { state, new, changed, expunged })
}

/// Messages with changed flags and messages that went, after `from` and up to `to`.
pub(crate) async fn changes(
    store: &Store,
    mailbox: MailboxRef,
    from: ModSeq,
    to: ModSeq,
) -> Result<(UidSet, UidSet), StoreError> {
    let (mut flags, mut expunged) = (UidSet::new(), UidSet::new());
    let first = ChangeKey { mailbox, mod_seq: from.next() };
    let mut range = KeyRange::prefix(&ChangeKey::prefix(mailbox)).from(&first.to_key());
    loop {
        let rows = store.page::<ChangeKey>(&range, PAGE).await?;
        let more = rows.len() == PAGE;
        let Some((last, _)) = rows.last() else { break };
        range = range.after(&last.to_key());
        for (_, change) in rows.iter().take_while(|(key, _)| key.mod_seq <= to) {
            for (set, ranges) in [(&mut flags, &change.flags), (&mut expunged, &change.expunged)] {
                ranges.ranges().iter().for_each(|(low, high)| set.insert_range(*low, *high));
            }
        }
        if !more || rows.last().is_some_and(|(key, _)| key.mod_seq > to) {
            break;
        }
    }
    Ok((flags, expunged))
}

/// Flags of the messages from `low` on and below `end`.
async fn rows_between(
    store: &Store,
    mailbox: MailboxRef,
    low: Uid,
    end: Uid,
) -> Result<Vec<(Uid, MessageFlags)>, StoreError> {
    let mut found = Vec::new();
    if low >= end {
        return Ok(found);
    }
    let mut range =
        KeyRange::prefix(&FlagsKey::prefix(mailbox)).from(&FlagsKey { mailbox, uid: low }.to_key());
    range.high = Some(FlagsKey { mailbox, uid: end }.to_key().as_bytes().to_vec());
    loop {
        let rows = store.page::<FlagsKey>(&range, PAGE).await?;
        let full = rows.len() == PAGE;
        let last = rows.last().map(|(key, _)| key.to_key());
        found.extend(rows.into_iter().map(|(key, row)| (key.uid, row)));
        match last {
            Some(last) if full => range = range.after(&last),
            _ => return Ok(found),
        }
    }
}

/// Flags of some messages; by scans where they stand close together, one by one otherwise.
async fn flag_rows(
    store: &Store,
    mailbox: MailboxRef,
    uids: &UidSet,
) -> Result<Vec<(Uid, MessageFlags)>, StoreError> {
    let mut found = Vec::new();
    for (low, high) in uids.ranges() {
        if high.get() - low.get() >= 4 {
            let end = high.next().unwrap_or(Uid::MAX);
            found.extend(rows_between(store, mailbox, *low, end).await?);
            continue;
        }
        for uid in UidSet::range(*low, *high).iter() {
            if let Some(row) = store.load(&FlagsKey { mailbox, uid }).await? {
                found.push((uid, row));
            }
        }
    }
    Ok(found)
}

/// All open mailboxes of the process.
#[derive(Default)]
pub(crate) struct Views {
    open: Mutex<HashMap<MailboxRef, Arc<View>>>,
    /// \Recent (RFC 3501 §2.3.2): UIDs from here on have been shown to no session that could take the flag. Kept in memory
    /// only: after a restart the flag begins anew with what arrives from then on.
    recent_from: Mutex<HashMap<MailboxRef, u32>>,
}

impl Views {
    pub(crate) fn open(&self, mailbox: MailboxRef) -> Arc<View> {
        self.open.lock().entry(mailbox).or_insert_with(|| Arc::new(View::new(mailbox))).clone()
    }

    pub(crate) fn forget(&self, mailbox: MailboxRef) {
        self.open.lock().remove(&mailbox);
        self.recent_from.lock().remove(&mailbox);
    }

    /// Drops the tables that nobody used for `idle`, those used longest ago while all are over `octets_max`, and views that
    /// no session has.
    pub(crate) fn sweep(&self, idle: Duration, octets_max: usize, now: UnixMillis) {
        let mut open = self.open.lock();
        open.retain(|_, view| {
            if now.since(UnixMillis(view.used.load(Ordering::Relaxed))) < idle {
                return true;
            }
            *view.table.write() = None;
            Arc::strong_count(view) > 1
        });
        let octets = |view: &Arc<View>| view.table.read().as_ref().map_or(0, |table| table.octets());
        let mut all: usize = open.values().map(octets).sum();
        if all <= octets_max {
            return;
        }
        let mut views: Vec<&Arc<View>> = open.values().collect();
        views.sort_by_key(|view| view.used.load(Ordering::Relaxed));
        for view in views {
            if all <= octets_max {
                break;
            }
            all -= octets(view);
            *view.table.write() = None;
        }
    }

    /// Mailboxes in memory that have had at least so many UIDs more since they were named here.
    pub(crate) fn grown(&self, by: u32) -> Vec<MailboxRef> {
        let grown = |view: &&Arc<View>| {
            let table = view.table.read();
            let Some(table) = table.as_ref().filter(|table| table.len() >= by as usize) else { return false };
            let (end, before) = (table.uid_next.get(), view.indexed_to.load(Ordering::Relaxed));
            let grown = end.saturating_sub(before) >= by;
            if grown {
                view.indexed_to.store(end, Ordering::Relaxed);
            }
            grown
        };
        self.open.lock().values().filter(grown).map(|view| view.mailbox).collect()
    }

    /// From which UID on messages are recent. `start` is when the process began.
    pub(crate) fn recent_from(
        &self,
        mailbox: MailboxRef,
        table: &Table,
        start: UnixMillis,
        marks_max: usize,
    ) -> u32 {
        let mut marks = self.recent_from.lock();
        if let Some(mark) = marks.get(&mailbox) {
            return *mark;
        }
        if marks.len() >= marks_max {
            let open = self.open.lock();
            marks.retain(|mailbox, _| open.contains_key(mailbox));
        }
        let old = table.rows().filter(|row| row.internal_date < start).map(|row| row.uid.get());
        let first = old.last().map_or(1, |last| last + 1);
        marks.insert(mailbox, first);
        first
    }

    /// The same once it is known.
    pub(crate) fn known_recent_from(&self, mailbox: MailboxRef) -> u32 {
        self.recent_from.lock().get(&mailbox).copied().unwrap_or(u32::MAX)
    }

    /// Takes the flag from everything below `uid_next`; returns from where on it was there.
    pub(crate) fn take_recent(&self, mailbox: MailboxRef, uid_next: Uid) -> u32 {
        let mut marks = self.recent_from.lock();
        let mark = marks.entry(mailbox).or_insert(uid_next.get());
        let before = *mark;
        *mark = before.max(uid_next.get());
        before
    }

    pub(crate) fn loaded_count(&self) -> usize {
        self.open.lock().values().filter(|view| view.table.read().is_some()).count()
    }
}

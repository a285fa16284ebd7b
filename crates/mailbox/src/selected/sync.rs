//! Telling a session what others did.
//!
//! RFC 3501 §5.2 and §7.4.1 (when EXPUNGE may be told), §7.4.2 (FETCH for changed flags).

use std::sync::Arc;
use std::time::Duration;

use model::{FlagSet, Keyword, ModSeq, SeqNo, Uid, UidSet, UnixMillis};
use store::MailboxStateKey;

use super::{Selected, add_keywords, seq_no};
use crate::MailboxError;
use crate::table::Table;
use crate::view::delta;

/// Beyond this the whole table is read again instead of the changes alone.
const FOLLOW_MAX: Duration = Duration::from_secs(86_400);

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

impl Selected {
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

    /// All keywords, if the session has not been told some of them.
    fn new_keywords(&mut self) -> Option<Vec<Keyword>> {
        let max = self.mailboxes.limits().keywords_told_max;
        let table = self.view.loaded().filter(|_| self.keywords.len() < max)?;
        let known = |set: &Arc<FlagSet>| set.keywords().iter().all(|word| self.keywords.contains(word));
        if table.flag_sets().iter().all(known) {
            return None;
        }
        add_keywords(&mut self.keywords, &table, max);
        Some(self.keywords.iter().cloned().collect())
    }
}

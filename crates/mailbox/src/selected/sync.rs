//! Telling a session what others did.
//!
//! RFC 3501 §5.2 and §7.4.1 (when EXPUNGE may be told), §7.4.2 (FETCH for changed flags).

use std::sync::Arc;
use std::time::Duration;

use model::{FlagSet, Keyword, ModSeq, Rights, SeqNo, Uid, UidSet, UnixMillis};
use store::MailboxStateKey;

use super::{Selected, add_keywords, count, seq_no};
use crate::MailboxError;
use crate::table::Table;
use crate::view::{CHANGES_KEPT_MIN, delta};

/// Beyond this the whole table is read again instead of the changes alone.
const FOLLOW_MAX: Duration = CHANGES_KEPT_MIN.checked_div(2).expect("two is not zero");

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
    /// The messages that came, by UID.
    pub arrived: UidSet,
    /// `* n RECENT`, if it changed.
    pub recent: Option<u32>,
    /// `* FLAGS (…)`, if there are new keywords: all of them.
    pub keywords: Option<Vec<Keyword>>,
    /// With them, PERMANENTFLAGS: what may be changed under these rights.
    pub changeable: Rights,
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
        self.renew_rights().await?;
        self.recall(now).await?;
        let news = match self.follow(now).await? {
            Some(news) => news,
            None => self.compare(&*self.refreshed(now).await?),
        };
        self.told_at = now;
        let mut updates = self.tell(news, allow_expunge);
        updates.keywords = self.new_keywords();
        if updates.keywords.is_some() {
            updates.changeable = self.changeable();
        }
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
        if self.view.loaded().is_some() || now.since(self.told_at) > FOLLOW_MAX {
            return Ok(None);
        }
        let (store, mailbox) = (self.mailboxes.store(), self.mailbox());
        let state = store.load(&MailboxStateKey(mailbox)).await?.ok_or(MailboxError::Gone)?;
        let behind = state.highest_mod_seq.0.saturating_sub(self.told_mod_seq.0);
        if behind >= self.mailboxes.limits().changes_max as u64 {
            return Ok(None);
        }
        let delta = delta(store, mailbox, state, self.told_mod_seq, self.told_uid_next).await?;
        let gone = |uid| delta.expunged.contains(uid) || self.untold.contains(uid);
        let known = |uid: &&u32| Uid::new(**uid).is_some_and(|uid| !gone(uid));
        let mut uids: Vec<u32> = self.told().iter().filter(known).copied().collect();
        uids.extend(delta.new.iter().map(|(uid, _)| uid.get()));
        let changed = delta.changed.into_iter().map(|(uid, row)| (uid, Arc::new(row.flags), row.mod_seq));
        let (uid_next, mod_seq) = (state.uid_next, state.highest_mod_seq);
        Ok(Some(News { uids: Arc::new(uids), uid_next, mod_seq, changed: changed.collect() }))
    }

    fn tell(&mut self, news: News, allow_expunge: bool) -> Updates {
        let mut updates = Updates::default();
        let recent_before = self.recent.len();
        self.tell_numbers(news.uids, allow_expunge, &mut updates);
        self.told_uid_next = self.told_uid_next.max(news.uid_next);
        self.take_recent(news.uid_next);
        updates.recent = (self.recent.len() != recent_before).then(|| self.recent_count());
        updates.flags = news.changed.into_iter().filter_map(|change| self.flag_update(change)).collect();
        self.told_up_to(news.mod_seq);
        updates
    }

    /// What came and what went.
    fn tell_numbers(&mut self, now: Arc<Vec<u32>>, allow_expunge: bool, updates: &mut Updates) {
        let told = self.told.take().unwrap_or_default();
        let new = &now[now.partition_point(|uid| *uid < self.told_uid_next.get())..];
        let came = !new.is_empty();
        updates.arrived = new.iter().filter_map(|uid| Uid::new(*uid)).collect();
        self.told = Some(if allow_expunge || told.len() + new.len() == now.len() {
            self.tell_expunges(&told, &now, updates);
            now
        } else {
            if self.untold.is_empty() {
                self.untold_from = self.told_mod_seq;
            }
            self.untold = gone(&told, &now).map(|(_, uid)| uid).collect();
            let mut told = told;
            Arc::make_mut(&mut told).extend_from_slice(new);
            told
        });
        self.exists = count(self.told());
        updates.exists = came.then_some(self.exists);
    }

    /// Everything up to `mod_seq` is told.
    pub(super) fn told_up_to(&mut self, mod_seq: ModSeq) {
        if mod_seq > self.told_mod_seq {
            self.told_mod_seq = mod_seq;
            self.own.retain(|_, own| *own > mod_seq);
        }
    }

    fn tell_expunges(&mut self, told: &[u32], now: &[u32], updates: &mut Updates) {
        self.untold = UidSet::new();
        if told.len() <= now.len() && told == &now[..told.len()] {
            return;
        }
        for (place, uid) in gone(told, now) {
            updates.expunged.push(seq_no(place));
            updates.vanished.insert(uid);
        }
        updates.expunged.reverse();
        self.recent = self.recent.iter().filter(|uid| !updates.vanished.contains(*uid)).collect();
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

/// What was told and is there no more, with its place.
fn gone<'a>(told: &'a [u32], now: &'a [u32]) -> impl Iterator<Item = (usize, Uid)> + 'a {
    let mut left = now.iter().peekable();
    told.iter().enumerate().filter_map(move |(place, uid)| {
        while left.next_if(|other| *other < uid).is_some() {}
        if left.peek() == Some(&uid) { None } else { Some((place, Uid::new(*uid)?)) }
    })
}

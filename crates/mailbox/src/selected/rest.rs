//! A session that waits gives back its list of messages.
//!
//! Four octets a message and session are much where thousands of sessions wait. What a session has been told is what its
//! mailbox holds below the UID that it knows as the next one, what went since then, and the expunges that it could not be told;
//! so it is computed again when a command or an expunge needs sequence numbers. New messages need none.

use std::sync::Arc;

use model::{MailboxRef, ModSeq, Uid, UidSet, UnixMillis};
use store::{MailboxState, MailboxStateKey};

use super::{Selected, Updates, count};
use crate::MailboxError;
use crate::view::{changes, delta};

impl Selected {
    /// Gives back what can be computed again. Call it when the client has been silent for some seconds.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`]; then it keeps everything.
    pub async fn rest(&mut self) -> Result<(), MailboxError> {
        let Some(told) = &self.told else { return Ok(()) };
        let mut early = UidSet::new();
        if self.state().await?.highest_mod_seq > self.told_mod_seq {
            // A list that was read while somebody expunged may lack what went just after it.
            let uids = self.expunged_since().await?;
            early
                .extend(uids.into_iter().filter(|uid| told.binary_search(uid).is_err()).filter_map(Uid::new));
        }
        self.early = early;
        self.told = None;
        self.own.shrink_to_fit();
        Ok(())
    }

    /// Has the session given back its list of messages?
    pub const fn is_resting(&self) -> bool {
        self.told.is_none()
    }

    /// [`Selected::sync`] for a session that waits: where messages only came, it goes on resting.
    ///
    /// # Errors
    /// [`MailboxError::Gone`] if the mailbox has been deleted, [`MailboxError::Store`].
    pub async fn hear(&mut self, allow_expunge: bool, now: UnixMillis) -> Result<Updates, MailboxError> {
        self.renew_rights().await?;
        if self.is_resting()
            && (self.untold.is_empty() || !allow_expunge)
            && let Some(updates) = self.hear_arrivals(now).await?
        {
            return Ok(updates);
        }
        self.sync(allow_expunge, now).await
    }

    /// News, if they are nothing but new messages.
    async fn hear_arrivals(&mut self, now: UnixMillis) -> Result<Option<Updates>, MailboxError> {
        let state = self.state().await?;
        let behind = state.highest_mod_seq.0.saturating_sub(self.told_mod_seq.0);
        if behind >= self.mailboxes.limits().changes_max as u64 {
            return Ok(None);
        }
        let mut updates = Updates::default();
        if behind > 0 {
            let (store, mailbox) = (self.mailboxes.store(), self.mailbox());
            let delta = delta(store, mailbox, state, self.told_mod_seq, self.told_uid_next).await?;
            let promised = (state.uid_next.get() - self.told_uid_next.get()) as usize;
            let words = delta.new.iter().any(|(_, row)| !row.flags.keywords().is_empty());
            // A new message that is missing went while we read.
            if !delta.expunged.is_empty() || !delta.changed.is_empty() || words || delta.new.len() != promised
            {
                return Ok(None);
            }
            self.hear_of(&delta.new.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), &state, &mut updates);
        }
        self.told_at = now;
        Ok(Some(updates))
    }

    fn hear_of(&mut self, new: &[Uid], state: &MailboxState, updates: &mut Updates) {
        let from = self.recent_from(state.uid_next);
        let recent: Vec<Uid> = new.iter().copied().filter(|uid| uid.get() >= from).collect();
        if !new.is_empty() {
            self.exists += u32::try_from(new.len()).unwrap_or(u32::MAX);
            updates.exists = Some(self.exists);
            updates.arrived = new.iter().copied().collect();
        }
        if !recent.is_empty() {
            self.recent.extend(recent);
            updates.recent = Some(self.recent_count());
        }
        self.told_uid_next = state.uid_next;
        self.told_up_to(state.highest_mod_seq);
    }

    /// Computes the list again.
    pub(super) async fn recall(&mut self, now: UnixMillis) -> Result<(), MailboxError> {
        if self.told.is_some() {
            return Ok(());
        }
        let table = self.refreshed(now).await?;
        let below = table.uids.partition_point(|uid| *uid < self.told_uid_next.get());
        // Read after the table: what it already lacks is then found here.
        let gone = self.expunged_since().await?;
        let told = if gone.is_empty() && self.untold.is_empty() && below == table.uids.len() {
            table.uids.clone()
        } else {
            let early = |uid: &u32| Uid::new(*uid).is_some_and(|uid| self.early.contains(uid));
            let mut told = table.uids[..below].to_vec();
            told.extend(gone.into_iter().filter(|uid| !early(uid)));
            told.extend(self.untold.iter().map(Uid::get));
            told.sort_unstable();
            told.dedup();
            Arc::new(told)
        };
        if count(&told) != self.exists {
            // Changes are kept for longer than a session may be silent, so this is damage: the client begins anew.
            tracing::error!(mailbox = ?self.mailbox(), "what a session was told cannot be computed again");
            return Err(MailboxError::Gone);
        }
        self.told = Some(told);
        Ok(())
    }

    /// What went after `told_mod_seq`, as far as the session knew its UID.
    async fn expunged_since(&self) -> Result<Vec<u32>, MailboxError> {
        let (store, mailbox): (_, MailboxRef) = (self.mailboxes.store(), self.mailbox());
        let (_, expunged) = changes(store, mailbox, self.told_mod_seq, ModSeq(u64::MAX)).await?;
        Ok(expunged.iter().take_while(|uid| *uid < self.told_uid_next).map(Uid::get).collect())
    }

    async fn state(&self) -> Result<MailboxState, MailboxError> {
        let state = self.mailboxes.store().load(&MailboxStateKey(self.mailbox())).await?;
        state.ok_or(MailboxError::Gone)
    }
}

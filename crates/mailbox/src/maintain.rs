//! Timers: tables that nobody uses leave the memory, changes that nobody will ask for leave the store.

use std::time::Duration;

use model::{AccountId, TenantId, UnixMillis};
use store::{Change, ChangeKey, KeyRange};

use crate::search_index::{Pace, SEGMENT_DOCS};
use crate::view::CHANGES_KEPT_MIN;
use crate::{MailboxError, Mailboxes};

impl Mailboxes {
    /// Drops tables that have not been asked for in [`Limits::view_idle_seconds`](crate::Limits::view_idle_seconds), and
    /// more if they are too large together. Sessions read them again when they need them.
    /// Call it every few seconds.
    pub fn sweep(&self, now: UnixMillis) {
        let idle = Duration::from_secs(self.limits().view_idle_seconds.into());
        // Large mailboxes that somebody has open are searched sooner or later.
        for mailbox in self.inner.views.grown(SEGMENT_DOCS as u32) {
            self.inner.index.waiting.add(mailbox, Pace::Calm);
        }
        self.inner.views.sweep(idle, self.limits().tables_bytes_max, now);
        self.inner.facets.sweep(idle, now);
    }

    /// Throws away changes of an account's mailboxes that are over the limits. Call it for every account about once a day.
    /// Returns how many went.
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`].
    pub async fn trim_changes(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<usize, MailboxError> {
        let age_max = Duration::from_secs(u64::from(self.limits().change_days) * 86_400);
        let mut gone = 0;
        for folder in self.list(tenant, account).await? {
            let Some(mailbox) = folder.mailbox else { continue };
            let mut over = self.count_changes(mailbox).await?.saturating_sub(self.limits().changes_max);
            loop {
                let old = |place: usize, change: &Change| {
                    let age = now.since(change.at);
                    // Tables in memory follow by these rows: the youngest stay whatever their number.
                    age > CHANGES_KEPT_MIN && (age > age_max || place < over)
                };
                let count = self.forget_changes(mailbox, old, now).await?;
                over = over.saturating_sub(count);
                gone += count;
                if count == 0 {
                    break;
                }
            }
        }
        Ok(gone)
    }

    async fn count_changes(&self, mailbox: model::MailboxRef) -> Result<usize, MailboxError> {
        const PAGE: usize = 1000;
        let (mut range, mut count) = (KeyRange::prefix(&ChangeKey::prefix(mailbox)), 0);
        loop {
            let rows = self.store().scan(&range, PAGE).await?;
            count += rows.len();
            match rows.last() {
                Some(last) if rows.len() == PAGE => range = range.after(&last.key),
                _ => return Ok(count),
            }
        }
    }
}

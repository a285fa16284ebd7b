//! The index as time goes by: who asks for segments, what goes with letters and mailboxes, and all of it made again.

use std::collections::BTreeMap;

use model::{AccountId, MailboxRef, TenantId, UnixMillis};
use parking_lot::Mutex;
use store::{Batch, KeyRange, Op};
use tokio::sync::Notify;

use super::SegmentRow;
use super::build::Pace;
use super::rows::mailbox_prefix;
use crate::recover::bulk;
use crate::{MailboxError, Mailboxes};

/// Mailboxes that wait to be indexed; when it is full others are asked for again by their next search.
const WAITING_MAX: usize = 10_000;

/// Mailboxes that wait for the indexer.
#[derive(Default)]
pub(crate) struct Waiting {
    mailboxes: Mutex<BTreeMap<MailboxRef, Pace>>,
    bell: Notify,
}

impl Waiting {
    pub(crate) fn add(&self, mailbox: MailboxRef, pace: Pace) {
        let mut waiting = self.mailboxes.lock();
        if waiting.len() < WAITING_MAX || waiting.contains_key(&mailbox) {
            let before = waiting.entry(mailbox).or_insert(pace);
            *before = pace.max(*before);
            self.bell.notify_one();
        }
    }

    /// Those that a search has asked for come first.
    fn take(&self) -> Option<(MailboxRef, Pace)> {
        let mut waiting = self.mailboxes.lock();
        let (mailbox, pace) =
            waiting.iter().max_by_key(|(_, pace)| **pace).map(|(key, pace)| (*key, *pace))?;
        waiting.remove(&mailbox);
        Some((mailbox, pace))
    }
}

impl Mailboxes {
    /// Indexes what searches have asked for, one mailbox at a time, for ever. May be dropped at any moment.
    pub async fn run_indexer(&self, now: impl Fn() -> UnixMillis) {
        loop {
            self.index_waiting(&now).await;
            self.inner.index.waiting.bell.notified().await;
        }
    }

    /// The same until nothing waits.
    pub async fn index_waiting(&self, now: impl Fn() -> UnixMillis) {
        while let Some((mailbox, pace)) = self.inner.index.waiting.take() {
            let unindexed_max = self.limits().search_unindexed_max as usize;
            match self.index(mailbox, unindexed_max, &[], pace, now()).await {
                Ok(letters) => tracing::debug!(?mailbox, letters, "indexed"),
                Err(MailboxError::Gone) => {}
                Err(error) => tracing::warn!(?mailbox, %error, "not indexed; searches read the letters"),
            }
        }
    }

    /// Takes letters that are gone out of the index of an account. Call it for every account about once a day. Returns how
    /// many segments were made again.
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`].
    pub async fn trim_search(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<usize, MailboxError> {
        let mut count = 0;
        for folder in self.list(tenant, account).await? {
            let Some(mailbox) = folder.mailbox else { continue };
            let segments = self.segments(mailbox).await?;
            if segments.is_empty() {
                continue;
            }
            let uids = self.inner.views.open(mailbox).refresh(self.store(), now).await?.uids.clone();
            let gone = |uid: &u32| uids.binary_search(uid).is_err();
            let stale = segments.iter().filter(|segment| segment.uids().iter().any(gone));
            let stale: Vec<u32> = stale.map(|segment| segment.key.segment).collect();
            if !stale.is_empty() {
                count += stale.len();
                self.index(mailbox, usize::MAX - 1, &stale, Pace::Wanted, now).await?;
            }
        }
        Ok(count)
    }

    /// Makes the index of an account again, whatever there is of it. Returns how many letters it has now.
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`].
    pub async fn rebuild_search(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<usize, MailboxError> {
        let mut letters = 0;
        for folder in self.list(tenant, account).await? {
            let Some(mailbox) = folder.mailbox else { continue };
            self.retire_all(mailbox, now).await?;
            match self.index(mailbox, 0, &[], Pace::Awaited, now).await {
                Ok(count) => letters += count,
                Err(MailboxError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(letters)
    }

    /// No segment of a mailbox counts any more, those that do not read included.
    async fn retire_all(&self, mailbox: MailboxRef, now: UnixMillis) -> Result<(), MailboxError> {
        let all = self.segment_rows(mailbox).await?;
        for chunk in all.chunks(Batch::OPS_MAX) {
            let mut batch = bulk(now);
            chunk.iter().for_each(|(key, _)| batch.put(key, &SegmentRow::Dead));
            self.store().commit(batch).await?;
        }
        Ok(())
    }

    /// Removes the rows of segments that do not count.
    pub(super) async fn purge_dead(&self, mailbox: MailboxRef, now: UnixMillis) -> Result<(), MailboxError> {
        for (key, row) in self.segment_rows(mailbox).await? {
            if matches!(row, Some(SegmentRow::Ready { .. })) {
                continue;
            }
            self.purge_rows(&key.columns(), now).await?;
            self.purge_rows(&key.heads(), now).await?;
            let mut batch = bulk(now);
            batch.delete(&key);
            self.store().commit(batch).await?;
        }
        Ok(())
    }

    /// Nothing of a mailbox that is gone is left in the index.
    pub(crate) async fn forget_search(
        &self,
        mailbox: MailboxRef,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        self.purge_rows(&mailbox_prefix(mailbox), now).await
    }

    async fn purge_rows(&self, prefix: &store::Key, now: UnixMillis) -> Result<(), MailboxError> {
        loop {
            let rows = self.store().scan(&KeyRange::prefix(prefix), Batch::OPS_MAX).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut batch = bulk(now);
            batch.ops.extend(rows.into_iter().map(|row| Op::Delete(row.key)));
            self.store().commit(batch).await?;
        }
    }
}

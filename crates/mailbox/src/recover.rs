//! Work that takes several commits: ended after a crash, and the purge of what is gone.

use std::sync::atomic::Ordering;

use model::{AccountId, MailboxRef, TenantId, Uid, UidSet, UidValidity, UnixMillis};
use store::{
    Batch, ChangeKey, CommitError, Entry, FlagsKey, Key, KeyRange, Keyspace, Lane, MailboxStateKey, Op,
    Record, StoreError, TypedKey,
};

use crate::rows::{FolderKey, FoldersKey, FoldersRow, Intent, IntentKey};
use crate::{MailboxError, Mailboxes};

/// An account's row of numbers given away, with a UIDVALIDITY of at least `least` that is higher than before; `None` for
/// every other row. A restore asks for it: a program that saw messages which are lost must not take others for them.
pub fn raise_uid_validity(key: &Key, value: &[u8], least: UidValidity) -> Option<Vec<u8>> {
    FoldersKey::from_key(key).filter(|_| key.space() == Some(Keyspace::Folders))?;
    let mut row = FoldersRow::decode(value).ok()?;
    row.uid_validity = row.uid_validity.next().unwrap_or(UidValidity::MAX).max(least);
    Some(row.encode())
}

impl Mailboxes {
    /// Ends what a crash broke off: COPYs are undone, deleted mailboxes and accounts are purged. Run it before anything is
    /// served. Returns how much there was.
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`]; safe to run again.
    pub async fn recover(&self, now: UnixMillis) -> Result<usize, MailboxError> {
        let first = Keyspace::Intent as u8;
        let all = KeyRange { low: vec![first], high: Some(vec![first + 1]) };
        let mut done = 0;
        loop {
            let rows = self.store().scan(&all, 100).await?;
            if rows.is_empty() {
                return Ok(done);
            }
            for row in rows {
                let (key, intent) = read(&row)?;
                tracing::info!(tenant = %key.tenant, account = %key.account, "ending what was broken off");
                self.end(key, intent, now).await?;
                done += 1;
            }
        }
    }

    async fn end(&self, key: IntentKey, intent: Intent, now: UnixMillis) -> Result<(), MailboxError> {
        let IntentKey { tenant, account, .. } = key;
        match intent {
            Intent::Copy { to, copied } => {
                return self.undo_copy(key, MailboxRef { tenant, account, mailbox: to }, copied, now).await;
            }
            Intent::Purge(mailbox) => {
                return self.end_purge(key, MailboxRef { tenant, account, mailbox }, now).await;
            }
            Intent::RemoveAccount => self.purge_account(tenant, account, now).await?,
        }
        self.drop_intent(key, now).await
    }

    /// The part of the commit that removes an account: from then on its mailboxes go, also after a crash. Run
    /// [`Mailboxes::finish_removal`] when it is durable.
    pub fn removal(tenant: TenantId, account: AccountId, now: UnixMillis) -> Batch {
        let mut batch = Batch::new(now);
        batch.put(&IntentKey { tenant, account, number: 0 }, &Intent::RemoveAccount);
        batch
    }

    /// Removes all mailboxes of a removed account, in chunks on the bulk lane.
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`]; safe to run again.
    pub async fn finish_removal(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        self.end(IntentKey { tenant, account, number: 0 }, Intent::RemoveAccount, now).await
    }

    async fn purge_account(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let states = MailboxStateKey(MailboxRef { tenant, account, mailbox: model::MailboxId::new(0) });
        let mut prefix = states.to_key().as_bytes().to_vec();
        prefix.truncate(prefix.len() - 8);
        for (key, _) in self.store().list::<MailboxStateKey>(&store::Key::from_bytes(prefix)).await? {
            self.purge_mailbox(key.0, now).await?;
        }
        self.forget_all_annotations(tenant, account, now).await?;
        self.forget_all_grants(tenant, account, now).await?;
        if self.tree(tenant, account).await?.is_none() {
            return Ok(());
        }
        let rows = self.store().list::<FolderKey>(&FolderKey::prefix(tenant, account)).await?;
        for chunk in rows.chunks(Batch::OPS_MAX) {
            let mut batch = bulk(now);
            chunk.iter().for_each(|(key, _)| batch.delete(key));
            self.store().commit(batch).await?;
        }
        let mut batch = bulk(now);
        batch.delete(&FoldersKey { tenant, account });
        self.store().commit(batch).await?;
        Ok(())
    }

    pub(crate) async fn end_purge(
        &self,
        key: IntentKey,
        mailbox: MailboxRef,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        self.purge_mailbox(mailbox, now).await?;
        self.drop_intent(key, now).await
    }

    /// Removes the messages of a mailbox in chunks, then the mailbox, then what is remembered of its changes.
    pub(crate) async fn purge_mailbox(
        &self,
        mailbox: MailboxRef,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        loop {
            let uids: UidSet = self.first_uids(mailbox).await?.into_iter().collect();
            let mut batch = bulk(now);
            let drop = uids.is_empty();
            batch.ops.push(if drop { Op::DropMailbox(mailbox) } else { Op::Expunge { mailbox, uids } });
            match self.store().commit(batch).await {
                Ok(_) if drop => break,
                // A letter came in between.
                Ok(_) | Err(CommitError::Conflict(_)) => {}
                Err(CommitError::NoMailbox(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.forget_view(mailbox);
        self.forget_search(mailbox, now).await?;
        self.forget_grants(mailbox, now).await?;
        self.forget_annotations(mailbox, now).await?;
        while self.forget_changes(mailbox, |_, _| true, now).await? > 0 {}
        Ok(())
    }

    /// The first UIDs of a mailbox, as many as one batch takes.
    pub(crate) async fn first_uids(&self, mailbox: MailboxRef) -> Result<Vec<Uid>, StoreError> {
        let rows = self
            .store()
            .page::<FlagsKey>(&KeyRange::prefix(&FlagsKey::prefix(mailbox)), Batch::OPS_MAX)
            .await?;
        Ok(rows.into_iter().map(|(key, _)| key.uid).collect())
    }

    /// Throws away the first page of remembered changes as far as `old` says; how many it threw.
    pub(crate) async fn forget_changes(
        &self,
        mailbox: MailboxRef,
        old: impl Fn(usize, &store::Change) -> bool,
        now: UnixMillis,
    ) -> Result<usize, MailboxError> {
        let range = KeyRange::prefix(&ChangeKey::prefix(mailbox));
        let rows = self.store().page::<ChangeKey>(&range, Batch::OPS_MAX).await?;
        let old = |(place, (_, change)): &(usize, &(ChangeKey, store::Change))| old(*place, change);
        let mod_seqs: Vec<_> =
            rows.iter().enumerate().take_while(old).map(|(_, (key, _))| key.mod_seq).collect();
        let count = mod_seqs.len();
        if count > 0 {
            let mut batch = bulk(now);
            batch.ops.push(Op::Forget { mailbox, mod_seqs });
            self.store().commit(batch).await?;
        }
        Ok(count)
    }

    /// A number that no other intent of this process has; with the clock, none of an earlier one either.
    pub(crate) fn intent_number(&self, now: UnixMillis) -> u64 {
        let count = self.inner.intents.fetch_add(1, Ordering::Relaxed) & 0xfffff;
        now.0 << 20 | count
    }

    pub(crate) async fn drop_intent(&self, key: IntentKey, now: UnixMillis) -> Result<(), MailboxError> {
        let mut batch = Batch::new(now);
        batch.delete(&key);
        self.store().commit(batch).await?;
        Ok(())
    }
}

/// A few chunks are somebody's click; more must not hold up the others.
pub(crate) fn lane(messages: usize) -> Lane {
    if messages > 4 * Batch::OPS_MAX { Lane::Bulk } else { Lane::Interactive }
}

pub(crate) fn bulk(now: UnixMillis) -> Batch {
    Batch { lane: Lane::Bulk, ..Batch::new(now) }
}

fn read(row: &Entry) -> Result<(IntentKey, Intent), StoreError> {
    let Some(key) = IntentKey::from_key(&row.key) else {
        return Err(StoreError::Damaged {
            at: format!("{:?}", row.key),
            what: "not the key of an intent".into(),
        });
    };
    let intent = Intent::decode(&row.value);
    let intent = intent.map_err(|source| StoreError::Record { key: row.key.clone(), source })?;
    Ok((key, intent))
}

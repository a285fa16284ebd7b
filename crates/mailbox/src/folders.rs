//! CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE and the list of names.
//!
//! RFC 3501 §6.3.3 (CREATE makes what is missing above), §6.3.4 (DELETE with names below leaves the name), §6.3.5 (RENAME
//! takes everything below along; of INBOX the messages go), §6.3.6 (a name stays subscribed when its mailbox goes).
//! One choice of ours: RENAME takes the subscription along, so that nothing vanishes from a program's list.

use model::{AccountId, MailboxName, MailboxRef, TenantId, UnixMillis};
use store::{CommitError, Op};

use crate::provision::{inbox, is_permanent};
use crate::rows::{Intent, IntentKey};
use crate::tree::{Folder, Tree};
use crate::{MailboxError, Mailboxes, twin};

const TRIES: u32 = 16;

impl Mailboxes {
    /// All names of an account, INBOX first; empty if the account is not provisioned.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn list(&self, tenant: TenantId, account: AccountId) -> Result<Vec<Folder>, MailboxError> {
        Ok(self.names(tenant, account).await?.to_vec())
    }

    /// The mailbox of a name.
    ///
    /// # Errors
    /// [`MailboxError::NoMailbox`], also for a name that only stands above others.
    pub async fn find(
        &self,
        tenant: TenantId,
        account: AccountId,
        name: &MailboxName,
    ) -> Result<MailboxRef, MailboxError> {
        if name.is_inbox() {
            return Ok(inbox(tenant, account));
        }
        let tree = self.tree(tenant, account).await?;
        let found = tree.and_then(|tree| tree.get(tree.find(name)?).mailbox.map(|id| tree.mailbox_ref(id)));
        found.ok_or_else(|| MailboxError::NoMailbox(name.clone()))
    }

    /// Makes a mailbox, and those that are missing above it.
    ///
    /// # Errors
    /// [`MailboxError::Exists`], [`MailboxError::Twin`], [`MailboxError::Limit`].
    pub async fn create(
        &self,
        tenant: TenantId,
        account: AccountId,
        name: &MailboxName,
        now: UnixMillis,
    ) -> Result<MailboxRef, MailboxError> {
        self.change(tenant, account, now, |tree| self.plan_create(tree, name, true, now)).await
    }

    fn plan_create(
        &self,
        tree: &mut Tree,
        name: &MailboxName,
        watch_twins: bool,
        now: UnixMillis,
    ) -> Result<MailboxRef, MailboxError> {
        if tree.find(name).is_some_and(|node| tree.get(node).mailbox.is_some()) {
            return Err(MailboxError::Exists(name.clone()));
        }
        if watch_twins && self.limits().refuse_twins {
            refuse_twin(tree, name)?;
        }
        let node = tree.grow(name, true, now)?;
        let mailbox = tree.give_mailbox(node, now)?;
        self.check_count(tree)?;
        Ok(tree.mailbox_ref(mailbox))
    }

    fn check_count(&self, tree: &Tree) -> Result<(), MailboxError> {
        if tree.len() > self.limits().mailboxes_max {
            return Err(MailboxError::Limit("mailboxes of an account"));
        }
        Ok(())
    }

    /// Removes a mailbox with its messages. The name goes first, in one commit, and with it the mailbox is deleted; the
    /// messages follow in chunks, also after a crash ([`Mailboxes::recover`]).
    ///
    /// # Errors
    /// [`MailboxError::NoMailbox`], [`MailboxError::Permanent`], [`MailboxError::HasChildren`].
    pub async fn delete(
        &self,
        tenant: TenantId,
        account: AccountId,
        name: &MailboxName,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let intent = IntentKey { tenant, account, number: self.intent_number(now) };
        let mailbox = self
            .change_with(tenant, account, now, |tree| {
                let node = tree.find(name).ok_or_else(|| MailboxError::NoMailbox(name.clone()))?;
                let Some(mailbox) = tree.get(node).mailbox else {
                    let below = tree.has_mailbox_below(node);
                    let error = if below { MailboxError::HasChildren } else { MailboxError::NoMailbox };
                    return Err(error(name.clone()));
                };
                if is_permanent(mailbox) {
                    return Err(MailboxError::Permanent(name.clone()));
                }
                tree.edit(node).mailbox = None;
                tree.prune(node);
                Ok((mailbox, vec![(intent, Intent::Purge(mailbox))]))
            })
            .await?;
        let mailbox = MailboxRef { tenant, account, mailbox };
        if let Err(error) = self.end_purge(intent, mailbox, now).await {
            // The mailbox is gone for everybody, which is what was asked; the rest follows at the next start.
            tracing::warn!(%account, %error, "a deleted mailbox is purged at the next start");
        }
        Ok(())
    }

    /// Gives a mailbox and all below it another name; missing levels above the new name are made. Of INBOX, the messages
    /// move into a new mailbox, and what is below INBOX stays.
    ///
    /// # Errors
    /// [`MailboxError::NoMailbox`], [`MailboxError::Exists`], [`MailboxError::IntoItself`], [`MailboxError::Name`].
    pub async fn rename(
        &self,
        tenant: TenantId,
        account: AccountId,
        from: &MailboxName,
        to: &MailboxName,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        if from.is_inbox() {
            let made =
                self.change(tenant, account, now, |tree| self.plan_create(tree, to, false, now)).await?;
            return self.move_all(inbox(tenant, account), made, now).await;
        }
        self.change(tenant, account, now, |tree| self.plan_rename(tree, from, to, now)).await
    }

    fn plan_rename(
        &self,
        tree: &mut Tree,
        from: &MailboxName,
        to: &MailboxName,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let node = tree.find(from).ok_or_else(|| MailboxError::NoMailbox(from.clone()))?;
        let below = tree.below(node);
        if tree.get(node).mailbox.is_none() && !tree.has_mailbox_below(node) {
            return Err(MailboxError::NoMailbox(from.clone()));
        }
        if to.is_below(from) {
            return Err(MailboxError::IntoItself);
        }
        if let Some(other) = tree.find(to) {
            if tree.get(other).mailbox.is_some() || !tree.below(other).is_empty() {
                return Err(MailboxError::Exists(to.clone()));
            }
            // Only subscribed to until now: the mailbox takes the place.
            tree.edit(other).subscribed = false;
            tree.edit(node).subscribed = true;
            tree.prune(other);
        }
        let old_parent = tree.get(node).parent;
        let parent = match to.parent() {
            Some(parent) => {
                let above = tree.grow(&parent, true, now)?;
                if tree.get(above).mailbox.is_none() {
                    tree.give_mailbox(above, now)?;
                }
                Some(above)
            }
            None => None,
        };
        let word = to.as_str().rsplit('/').next().unwrap_or_default().to_owned();
        let row = tree.edit(node);
        (row.parent, row.word) = (parent, word);
        if let Some(old_parent) = old_parent {
            tree.prune(old_parent);
        }
        if below.iter().any(|node| tree.name(*node).is_none()) {
            return Err(MailboxError::Name(model::MailboxNameError::TooLong));
        }
        self.check_count(tree)
    }

    /// Puts a name on the list of subscriptions, whether or not there is such a mailbox.
    ///
    /// # Errors
    /// [`MailboxError::Limit`].
    pub async fn subscribe(
        &self,
        tenant: TenantId,
        account: AccountId,
        name: &MailboxName,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        self.change(tenant, account, now, |tree| {
            let node = tree.grow(name, false, now)?;
            tree.edit(node).subscribed = true;
            self.check_count(tree)
        })
        .await
    }

    /// Takes a name off the list; one that is not on it is no error.
    ///
    /// # Errors
    /// [`MailboxError::Store`], [`MailboxError::Commit`].
    pub async fn unsubscribe(
        &self,
        tenant: TenantId,
        account: AccountId,
        name: &MailboxName,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        self.change(tenant, account, now, |tree| {
            if let Some(node) = tree.find(name) {
                tree.edit(node).subscribed = false;
                tree.prune(node);
            }
            Ok(())
        })
        .await
    }

    async fn change<T>(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
        plan: impl Fn(&mut Tree) -> Result<T, MailboxError>,
    ) -> Result<T, MailboxError> {
        self.change_with(tenant, account, now, |tree| Ok((plan(tree)?, Vec::new()))).await
    }

    /// Reads the names, changes them, commits; once more if somebody else was quicker.
    async fn change_with<T>(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
        plan: impl Fn(&mut Tree) -> Result<(T, Vec<(IntentKey, Intent)>), MailboxError>,
    ) -> Result<T, MailboxError> {
        for _ in 0..TRIES {
            let Some(mut tree) = self.tree(tenant, account).await? else {
                return Err(MailboxError::Gone);
            };
            let (answer, intents) = plan(&mut tree)?;
            let mut batch = tree.batch(now);
            for (key, intent) in &intents {
                batch.put(key, intent);
            }
            match self.store().commit(batch).await {
                Err(CommitError::Conflict(_)) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => {
                    self.keep_changed(tree);
                    return Ok(answer);
                }
            }
        }
        Err(MailboxError::Busy)
    }

    /// Moves all messages in chunks, each of which is whole.
    async fn move_all(&self, from: MailboxRef, to: MailboxRef, now: UnixMillis) -> Result<(), MailboxError> {
        loop {
            let uids = self.first_uids(from).await?;
            if uids.is_empty() {
                return Ok(());
            }
            let mut batch = store::Batch::new(now);
            batch.ops.extend(uids.iter().map(|uid| Op::Move { from, uid: *uid, to }));
            self.store().commit(batch).await?;
        }
    }
}

fn refuse_twin(tree: &Tree, name: &MailboxName) -> Result<(), MailboxError> {
    let Some(special) = twin::meant(name) else { return Ok(()) };
    let has = |folder: &Folder| folder.special == Some(special) && folder.mailbox.is_some();
    match tree.folders().into_iter().find(has) {
        Some(folder) => Err(MailboxError::Twin { special, existing: folder.name }),
        None => Ok(()),
    }
}

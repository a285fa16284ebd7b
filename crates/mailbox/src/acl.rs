//! Who else may do what with a mailbox.
//!
//! RFC 4314 §2 (rights). The owner of an account has every right, always; that stands nowhere. An entry is for one mailbox
//! or for all mailboxes of an account (a function's members); where both are, the one of the mailbox holds. Who may write
//! and send as a function may take its drafts away, whatever else must stay: every save of a draft removes the one before.
//! There are no negative rights, and nobody but an account of the same municipality is named.

use model::{AccountId, MailboxId, MailboxRef, Right, Rights, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use store::{
    Batch, Key, Keyspace, MailboxStateKey, Record, RecordError, Store, StoreError, TypedKey, Watch, WatchKey,
    decode_versioned, encode_versioned,
};

use crate::provision::is_drafts;
use crate::recover::bulk;
use crate::{MailboxError, Mailboxes};

/// Number of no mailbox: the entry is for all of the account.
const ALL: MailboxId = MailboxId::new(0);
const BY_OWNER: u32 = 1;
const BY_HOLDER: u32 = 2;

/// An entry of an access control list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose mailbox.
    pub owner: AccountId,
    /// Which; all of the account if none.
    pub mailbox: Option<MailboxId>,
    /// Who has the rights.
    pub holder: AccountId,
    /// Which rights.
    pub rights: Rights,
}

impl Grant {
    /// What it allows in a mailbox that it is for.
    pub fn rights_in(&self, mailbox: MailboxId) -> Rights {
        let Self { rights, .. } = *self;
        let writes = [Right::Insert, Right::Post].into_iter().all(|right| rights.has(right));
        if self.mailbox.is_none() && writes && is_drafts(mailbox) {
            return rights.with(Right::DeleteMessages).with(Right::Expunge);
        }
        rights
    }
}

/// `Acl | tenant | 1 | owner | mailbox | holder`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AclKey {
    tenant: TenantId,
    owner: AccountId,
    mailbox: MailboxId,
    holder: AccountId,
}

/// `Acl | tenant | 2 | holder | owner | mailbox`: the same entry, found by who has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldKey(AclKey);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AclRow {
    rights: Rights,
}

impl Record for AclRow {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(1, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(1, bytes)
    }
}

impl AclKey {
    fn of_owner(tenant: TenantId, owner: AccountId) -> Key {
        Key::new(Self::SPACE, tenant).with_u32(BY_OWNER).with_u64(owner.get())
    }
    fn grant(self, row: AclRow) -> Grant {
        let Self { owner, mailbox, holder, .. } = self;
        Grant { owner, mailbox: (mailbox != ALL).then_some(mailbox), holder, rights: row.rights }
    }
}

impl TypedKey for AclKey {
    type Value = AclRow;
    const SPACE: Keyspace = Keyspace::Acl;
    fn to_key(&self) -> Key {
        let mailbox = Self::of_owner(self.tenant, self.owner).with_u64(self.mailbox.get());
        mailbox.with_u64(self.holder.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let BY_OWNER = fields.u32()? else { return None };
        let (owner, mailbox) = (AccountId::new(fields.u64()?), MailboxId::new(fields.u64()?));
        let holder = AccountId::new(fields.u64()?);
        fields.end(Self { tenant, owner, mailbox, holder })
    }
}

impl HeldKey {
    fn of_holder(tenant: TenantId, holder: AccountId) -> Key {
        Key::new(Self::SPACE, tenant).with_u32(BY_HOLDER).with_u64(holder.get())
    }
}

impl TypedKey for HeldKey {
    type Value = AclRow;
    const SPACE: Keyspace = Keyspace::Acl;
    fn to_key(&self) -> Key {
        let AclKey { tenant, owner, mailbox, holder } = self.0;
        Self::of_holder(tenant, holder).with_u64(owner.get()).with_u64(mailbox.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let BY_HOLDER = fields.u32()? else { return None };
        let (holder, owner) = (AccountId::new(fields.u64()?), AccountId::new(fields.u64()?));
        let mailbox = MailboxId::new(fields.u64()?);
        fields.end(Self(AclKey { tenant, owner, mailbox, holder }))
    }
}

/// See [`Mailboxes::rights_of_member`].
///
/// # Errors
/// [`StoreError`] if it cannot be read.
pub async fn rights_of_member(
    store: &Store,
    tenant: TenantId,
    owner: AccountId,
    who: AccountId,
) -> Result<Rights, StoreError> {
    let row = store.load(&AclKey { tenant, owner, mailbox: ALL, holder: who }).await?;
    Ok(row.map(|row| row.rights).unwrap_or_default())
}

impl Mailboxes {
    /// What somebody may do with a mailbox. It need not be there: look at it afterwards.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn rights(&self, mailbox: MailboxRef, who: AccountId) -> Result<Rights, StoreError> {
        let MailboxRef { tenant, account: owner, mailbox } = mailbox;
        if owner == who {
            return Ok(Rights::ALL);
        }
        for entry in [mailbox, ALL] {
            let key = AclKey { tenant, owner, mailbox: entry, holder: who };
            if let Some(row) = self.store().load(&key).await? {
                return Ok(key.grant(row).rights_in(mailbox));
            }
        }
        Ok(Rights::NONE)
    }

    /// What somebody may do with all mailboxes of an account: the membership of a function.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn rights_of_member(
        &self,
        tenant: TenantId,
        owner: AccountId,
        who: AccountId,
    ) -> Result<Rights, StoreError> {
        rights_of_member(self.store(), tenant, owner, who).await
    }

    /// Every entry about the mailboxes of an account, the owner's own rights left out.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn grants(&self, tenant: TenantId, owner: AccountId) -> Result<Vec<Grant>, StoreError> {
        let rows = self.store().list::<AclKey>(&AclKey::of_owner(tenant, owner)).await?;
        Ok(rows.into_iter().map(|(key, row)| key.grant(row)).collect())
    }

    /// Every entry that gives somebody rights to mailboxes of others, by owner.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn grants_held(&self, tenant: TenantId, holder: AccountId) -> Result<Vec<Grant>, StoreError> {
        let rows = self.store().list::<HeldKey>(&HeldKey::of_holder(tenant, holder)).await?;
        Ok(rows.into_iter().map(|(key, row)| key.0.grant(row)).collect())
    }

    /// Wakes when an access control list of the municipality changes.
    pub fn watch_grants(&self, tenant: TenantId) -> Watch {
        self.store().watch(WatchKey::Space(Keyspace::Acl, tenant))
    }

    /// The part of a commit that gives, changes or, without rights, takes away an entry.
    pub fn grant(tenant: TenantId, grant: Grant, now: UnixMillis) -> Batch {
        let Grant { owner, mailbox, holder, rights } = grant;
        let key = AclKey { tenant, owner, mailbox: mailbox.unwrap_or(ALL), holder };
        let mut batch = Batch::new(now);
        if rights.is_empty() {
            batch.delete(&key);
            batch.delete(&HeldKey(key));
        } else {
            batch.put(&key, &AclRow { rights });
            batch.put(&HeldKey(key), &AclRow { rights });
        }
        batch
    }

    /// Changes an entry of one mailbox, as SETACL does.
    ///
    /// # Errors
    /// [`MailboxError::Limit`], [`MailboxError::Gone`], [`MailboxError::Commit`].
    pub async fn set_rights(
        &self,
        mailbox: MailboxRef,
        holder: AccountId,
        rights: Rights,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let MailboxRef { tenant, account: owner, mailbox: id } = mailbox;
        if !rights.is_empty() {
            let others = self.grants(tenant, owner).await?;
            let others = others.iter().filter(|grant| grant.mailbox == Some(id) && grant.holder != holder);
            if others.count() >= self.limits().grants_max {
                return Err(MailboxError::Limit("people who share a mailbox"));
            }
        }
        let mut batch = Self::grant(tenant, Grant { owner, mailbox: Some(id), holder, rights }, now);
        batch.require_present(&MailboxStateKey(mailbox));
        match self.store().commit(batch).await {
            Err(store::CommitError::Conflict(_)) => Err(MailboxError::Gone),
            result => result.map(|_| ()).map_err(Into::into),
        }
    }

    /// Gives a new mailbox the entries of the one above it, so that who made it there can see it.
    ///
    /// # Errors
    /// [`MailboxError::Commit`], [`MailboxError::Store`].
    pub async fn inherit(
        &self,
        from: MailboxRef,
        to: MailboxRef,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let grants = self.grants(from.tenant, from.account).await?;
        let mut batch = Batch::new(now);
        for grant in grants.into_iter().filter(|grant| grant.mailbox == Some(from.mailbox)) {
            batch.extend(Self::grant(from.tenant, Grant { mailbox: Some(to.mailbox), ..grant }, now));
        }
        if !batch.ops.is_empty() {
            self.store().commit(batch).await?;
        }
        Ok(())
    }

    /// Removes the entries of a mailbox that is gone.
    pub(crate) async fn forget_grants(
        &self,
        mailbox: MailboxRef,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let grants = self.grants(mailbox.tenant, mailbox.account).await?;
        let of_it = grants.into_iter().filter(|grant| grant.mailbox == Some(mailbox.mailbox));
        self.take_back(mailbox.tenant, of_it.collect(), now).await
    }

    /// Removes what an account that is gone has given and what it was given.
    pub(crate) async fn forget_all_grants(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let mut all = self.grants(tenant, account).await?;
        all.extend(self.grants_held(tenant, account).await?);
        self.take_back(tenant, all, now).await
    }

    async fn take_back(
        &self,
        tenant: TenantId,
        grants: Vec<Grant>,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        for chunk in grants.chunks(Batch::OPS_MAX / 2) {
            let mut batch = bulk(now);
            for grant in chunk {
                batch.extend(Self::grant(tenant, Grant { rights: Rights::NONE, ..*grant }, now));
            }
            self.store().commit(batch).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use store::MemoryEngine;

    use super::*;
    use crate::{Limits, inbox, provision, special};

    const NOW: UnixMillis = UnixMillis(1_795_392_000_000);
    const TENANT: TenantId = TenantId::new(1);
    const OWNER: AccountId = AccountId::new(1);
    const OTHER: AccountId = AccountId::new(2);

    async fn mailboxes() -> Mailboxes {
        let (limits, reading) = (Limits::default(), message::Limits::default());
        let mailboxes = Mailboxes::new(MemoryEngine::store(), limits, reading, NOW);
        for account in [OWNER, OTHER] {
            mailboxes.store().commit(provision(TENANT, account, NOW)).await.unwrap();
        }
        mailboxes
    }

    #[test]
    fn keys_read_back_and_are_not_taken_for_one_another() {
        let key = AclKey { tenant: TENANT, owner: OWNER, mailbox: MailboxId::new(3), holder: OTHER };
        assert_eq!(AclKey::from_key(&key.to_key()), Some(key));
        assert_eq!(HeldKey::from_key(&HeldKey(key).to_key()), Some(HeldKey(key)));
        assert!(
            HeldKey::from_key(&key.to_key()).is_none() && AclKey::from_key(&HeldKey(key).to_key()).is_none()
        );
    }

    #[tokio::test]
    async fn an_entry_of_the_mailbox_holds_before_that_of_the_account() {
        let mailboxes = mailboxes().await;
        let (inbox, sent) = (inbox(TENANT, OWNER), special(TENANT, OWNER, model::SpecialUse::Sent));
        assert_eq!(mailboxes.rights(inbox, OWNER).await.unwrap(), Rights::ALL);
        assert_eq!(mailboxes.rights(inbox, OTHER).await.unwrap(), Rights::NONE);
        let (all, some): (Rights, Rights) = ("lrswi".parse().unwrap(), "lr".parse().unwrap());
        let grant = Grant { owner: OWNER, mailbox: None, holder: OTHER, rights: all };
        mailboxes.store().commit(Mailboxes::grant(TENANT, grant, NOW)).await.unwrap();
        mailboxes.set_rights(sent, OTHER, some, NOW).await.unwrap();
        assert_eq!(mailboxes.rights(inbox, OTHER).await.unwrap(), all);
        assert_eq!(mailboxes.rights(sent, OTHER).await.unwrap(), some);
        assert_eq!(mailboxes.rights_of_member(TENANT, OWNER, OTHER).await.unwrap(), all);
        assert_eq!(mailboxes.grants_held(TENANT, OTHER).await.unwrap().len(), 2);
        // Nobody else, and not in another municipality.
        assert_eq!(mailboxes.rights(inbox, AccountId::new(3)).await.unwrap(), Rights::NONE);
        let elsewhere = MailboxRef { tenant: TenantId::new(2), ..inbox };
        assert_eq!(mailboxes.rights(elsewhere, OTHER).await.unwrap(), Rights::NONE);
        assert!(mailboxes.grants_held(TenantId::new(2), OTHER).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn who_may_send_as_a_function_may_replace_its_drafts() {
        let mailboxes = mailboxes().await;
        let drafts = special(TENANT, OWNER, model::SpecialUse::Drafts);
        for (given, there) in [("lrswip", "lrswipte"), ("lr", "lr"), ("lrswi", "lrswi")] {
            let grant = Grant { owner: OWNER, mailbox: None, holder: OTHER, rights: given.parse().unwrap() };
            mailboxes.store().commit(Mailboxes::grant(TENANT, grant, NOW)).await.unwrap();
            assert_eq!(mailboxes.rights(drafts, OTHER).await.unwrap(), there.parse().unwrap());
            let sent = special(TENANT, OWNER, model::SpecialUse::Sent);
            assert_eq!(mailboxes.rights(sent, OTHER).await.unwrap(), given.parse().unwrap());
        }
        // What people share is what they say.
        mailboxes.set_rights(drafts, OTHER, "lrip".parse().unwrap(), NOW).await.unwrap();
        assert_eq!(mailboxes.rights(drafts, OTHER).await.unwrap(), "lrip".parse().unwrap());
    }

    #[tokio::test]
    async fn entries_go_with_the_mailbox_and_with_either_account() {
        let mailboxes = mailboxes().await;
        let name = model::MailboxName::parse("Delat").unwrap();
        let lookup = Rights::NONE.with(Right::Lookup);
        let made = mailboxes.create(TENANT, OWNER, &name, NOW).await.unwrap();
        mailboxes.set_rights(made, OTHER, lookup, NOW).await.unwrap();
        mailboxes.delete(TENANT, OWNER, &name, NOW).await.unwrap();
        assert!(mailboxes.grants_held(TENANT, OTHER).await.unwrap().is_empty());
        assert!(matches!(mailboxes.set_rights(made, OTHER, lookup, NOW).await, Err(MailboxError::Gone)));
        mailboxes.set_rights(inbox(TENANT, OWNER), OTHER, lookup, NOW).await.unwrap();
        mailboxes.store().commit(Mailboxes::removal(TENANT, OTHER, NOW)).await.unwrap();
        mailboxes.finish_removal(TENANT, OTHER, NOW).await.unwrap();
        assert!(mailboxes.grants(TENANT, OWNER).await.unwrap().is_empty());
        assert!(mailboxes.grants_held(TENANT, OTHER).await.unwrap().is_empty());
    }
}

//! Annotations of mailboxes and of the server: `/private/…` for one reader, `/shared/…` for all.
//!
//! RFC 5464 §3. A row an entry; they go with the mailbox and with the account.

use std::collections::BTreeMap;

use model::{AccountId, MailboxId, MailboxRef, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use store::{
    Batch, Key, Keyspace, MailboxStateKey, Op, Record, RecordError, StoreError, TypedKey, decode_versioned,
    encode_versioned,
};

use crate::recover::bulk;
use crate::{MailboxError, Mailboxes};

/// What is annotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotated {
    /// A mailbox.
    Mailbox(MailboxRef),
    /// The server, as one account sees it; only with private entries.
    Server(TenantId, AccountId),
}

/// An entry with its value. Names are in lower case: they are compared without regard to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// As `/private/comment`.
    pub entry: String,
    /// Any octets.
    pub value: Vec<u8>,
}

/// `Metadata | tenant | owner | mailbox | reader | entry`; mailbox 0 is the server, reader 0 are all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MetadataKey {
    tenant: TenantId,
    owner: AccountId,
    mailbox: MailboxId,
    reader: AccountId,
    entry: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetadataRow {
    value: Vec<u8>,
}

impl Record for MetadataRow {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(1, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(1, bytes)
    }
}

const SHARED: AccountId = AccountId::new(0);

impl MetadataKey {
    fn of_account(tenant: TenantId, owner: AccountId) -> Key {
        Key::new(Self::SPACE, tenant).with_u64(owner.get())
    }
    fn of_place(place: Annotated) -> Key {
        let (tenant, owner, mailbox) = place.path();
        Self::of_account(tenant, owner).with_u64(mailbox.get())
    }
    /// Where an entry of this name stands for this reader.
    fn new(place: Annotated, reader: AccountId, entry: &str) -> Self {
        let (tenant, owner, mailbox) = place.path();
        let reader = if is_shared(entry) { SHARED } else { reader };
        Self { tenant, owner, mailbox, reader, entry: entry.to_owned() }
    }
}

impl Annotated {
    const fn path(self) -> (TenantId, AccountId, MailboxId) {
        match self {
            Self::Mailbox(MailboxRef { tenant, account, mailbox }) => (tenant, account, mailbox),
            Self::Server(tenant, account) => (tenant, account, MailboxId::new(0)),
        }
    }
}

fn is_shared(entry: &str) -> bool {
    entry.starts_with("/shared/")
}

impl TypedKey for MetadataKey {
    type Value = MetadataRow;
    const SPACE: Keyspace = Keyspace::Metadata;
    fn to_key(&self) -> Key {
        let mailbox = Self::of_account(self.tenant, self.owner).with_u64(self.mailbox.get());
        mailbox.with_u64(self.reader.get()).with_bytes(self.entry.as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let (owner, mailbox) = (AccountId::new(fields.u64()?), MailboxId::new(fields.u64()?));
        let reader = AccountId::new(fields.u64()?);
        let entry = String::from_utf8(fields.rest().to_vec()).ok()?;
        Some(Self { tenant, owner, mailbox, reader, entry })
    }
}

impl Mailboxes {
    /// All entries that a reader sees there: the shared ones and the reader's own.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn annotations(
        &self,
        place: Annotated,
        reader: AccountId,
    ) -> Result<Vec<Annotation>, StoreError> {
        let mut all = Vec::new();
        for reader in [reader, SHARED] {
            let prefix = MetadataKey::of_place(place).with_u64(reader.get());
            let rows = self.store().list::<MetadataKey>(&prefix).await?;
            all.extend(rows.into_iter().map(|(key, row)| Annotation { entry: key.entry, value: row.value }));
        }
        Ok(all)
    }

    /// The same of all mailboxes of an account that have some, read at once.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn annotations_of_account(
        &self,
        tenant: TenantId,
        owner: AccountId,
        reader: AccountId,
    ) -> Result<BTreeMap<MailboxId, Vec<Annotation>>, StoreError> {
        let rows = self.store().list::<MetadataKey>(&MetadataKey::of_account(tenant, owner)).await?;
        let mut all: BTreeMap<MailboxId, Vec<Annotation>> = BTreeMap::new();
        for (key, row) in rows.into_iter().filter(|(key, _)| key.reader == reader || key.reader == SHARED) {
            let annotation = Annotation { entry: key.entry, value: row.value };
            all.entry(key.mailbox).or_default().push(annotation);
        }
        Ok(all)
    }

    /// Writes entries, all or none; without a value an entry goes.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Limit`], [`MailboxError::Commit`].
    pub async fn annotate(
        &self,
        place: Annotated,
        reader: AccountId,
        changes: &[(String, Option<Vec<u8>>)],
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let mut batch = Batch::new(now);
        if let Annotated::Mailbox(mailbox) = place {
            batch.require_present(&MailboxStateKey(mailbox));
            // RFC 7162 §3.2: who comes back sees by HIGHESTMODSEQ that something is other.
            batch.ops.push(Op::Touch(mailbox));
        }
        for (entry, value) in changes {
            let key = MetadataKey::new(place, reader, entry);
            match value {
                Some(value) => batch.put(&key, &MetadataRow { value: value.clone() }),
                None => batch.delete(&key),
            }
        }
        match self.store().commit(batch).await {
            Err(store::CommitError::Conflict(_)) => Err(MailboxError::Gone),
            result => result.map(|_| ()).map_err(Into::into),
        }
    }

    /// Removes what was said of a mailbox that is gone.
    pub(crate) async fn forget_annotations(
        &self,
        mailbox: MailboxRef,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let place = MetadataKey::of_place(Annotated::Mailbox(mailbox));
        self.forget_entries(&place, |_| true, now).await
    }

    /// Removes what an account that is gone has said of the server and, as a reader, of mailboxes shared with it.
    pub(crate) async fn forget_all_annotations(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        self.forget_entries(&MetadataKey::of_account(tenant, account), |_| true, now).await?;
        for grant in self.grants_held(tenant, account).await? {
            let owner = MetadataKey::of_account(tenant, grant.owner);
            self.forget_entries(&owner, |key| key.reader == account, now).await?;
        }
        Ok(())
    }

    async fn forget_entries(
        &self,
        prefix: &Key,
        which: impl Fn(&MetadataKey) -> bool,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let rows = self.store().list::<MetadataKey>(prefix).await?;
        let keys: Vec<MetadataKey> = rows.into_iter().map(|(key, _)| key).filter(which).collect();
        for chunk in keys.chunks(Batch::OPS_MAX) {
            let mut batch = bulk(now);
            chunk.iter().for_each(|key| batch.delete(key));
            self.store().commit(batch).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::{MailboxName, Rights};
    use store::MemoryEngine;

    use super::*;
    use crate::{Limits, inbox, provision};

    const NOW: UnixMillis = UnixMillis(1_795_392_000_000);
    const TENANT: TenantId = TenantId::new(1);
    const ADA: AccountId = AccountId::new(1);
    const BO: AccountId = AccountId::new(2);

    async fn mailboxes() -> Mailboxes {
        let (limits, reading) = (Limits::default(), message::Limits::default());
        let mailboxes = Mailboxes::new(MemoryEngine::store(), limits, reading, NOW);
        for account in [ADA, BO] {
            mailboxes.store().commit(provision(TENANT, account, NOW)).await.unwrap();
        }
        mailboxes
    }

    fn set(entry: &str) -> Vec<(String, Option<Vec<u8>>)> {
        vec![(entry.to_owned(), Some(b"x".to_vec()))]
    }

    #[tokio::test]
    async fn private_entries_are_one_readers_and_shared_ones_everybodys() {
        let mailboxes = mailboxes().await;
        let place = Annotated::Mailbox(inbox(TENANT, ADA));
        mailboxes.annotate(place, ADA, &set("/private/comment"), NOW).await.unwrap();
        mailboxes.annotate(place, ADA, &set("/shared/comment"), NOW).await.unwrap();
        let server = Annotated::Server(TENANT, ADA);
        mailboxes.annotate(server, ADA, &set("/private/vendor/x"), NOW).await.unwrap();
        let names = async |place, reader| {
            let all: Vec<Annotation> = mailboxes.annotations(place, reader).await.unwrap();
            all.into_iter().map(|one| one.entry).collect::<Vec<_>>()
        };
        assert_eq!(names(place, ADA).await, ["/private/comment", "/shared/comment"]);
        assert_eq!(names(place, BO).await, ["/shared/comment"]);
        assert_eq!(names(server, ADA).await, ["/private/vendor/x"]);
        assert!(names(Annotated::Server(TENANT, BO), BO).await.is_empty());
        mailboxes.annotate(place, ADA, &[("/private/comment".into(), None)], NOW).await.unwrap();
        assert_eq!(names(place, ADA).await, ["/shared/comment"]);
    }

    #[tokio::test]
    async fn entries_go_with_the_mailbox_and_with_the_account() {
        let mailboxes = mailboxes().await;
        let name = MailboxName::parse("Delat").unwrap();
        let made = mailboxes.create(TENANT, ADA, &name, NOW).await.unwrap();
        let place = Annotated::Mailbox(made);
        mailboxes.set_rights(made, BO, Rights::ALL, NOW).await.unwrap();
        for reader in [ADA, BO] {
            mailboxes.annotate(place, reader, &set("/private/comment"), NOW).await.unwrap();
        }
        mailboxes.store().commit(Mailboxes::removal(TENANT, BO, NOW)).await.unwrap();
        mailboxes.finish_removal(TENANT, BO, NOW).await.unwrap();
        assert!(mailboxes.annotations(place, BO).await.unwrap().is_empty());
        assert_eq!(mailboxes.annotations(place, ADA).await.unwrap().len(), 1);
        mailboxes.delete(TENANT, ADA, &name, NOW).await.unwrap();
        assert!(mailboxes.annotations(place, ADA).await.unwrap().is_empty());
        let late = mailboxes.annotate(place, ADA, &set("/private/comment"), NOW).await;
        assert!(matches!(late, Err(MailboxError::Gone)));
    }
}

//! The service: what all sessions share, and what needs no selected mailbox.
//!
//! RFC 3501 §6.3.10 (STATUS), §6.3.11 (APPEND), RFC 3502 (several letters, all or none), RFC 4315 §3 (APPENDUID).

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use model::{AccountId, FlagSet, MailboxRef, QueueId, TenantId, Uid, UidValidity, UnixMillis, Zone};
use store::{
    Batch, BodyId, MailboxState, MailboxStateKey, NewMessage, Op, Outcome, Store, StoreError, Usage,
    UsageKey, Watch, WatchKey,
};

use crate::bytes_cache::BytesCache;
use crate::facets::FacetCache;
use crate::names::Names;
use crate::search_budget::SearchBudget;
use crate::search_index::{Head, SearchIndex};
use crate::table::Table;
use crate::view::Views;
use crate::{Letters, Limits, MailboxError, Prepared, QuotaLimit};

/// Mailboxes of all accounts. Clones share everything.
#[derive(Clone)]
pub struct Mailboxes {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    store: Store,
    limits: Limits,
    letters: Letters,
    pub(crate) views: Views,
    pub(crate) names: BytesCache<(TenantId, AccountId), Arc<Names>>,
    pub(crate) derived: BytesCache<(TenantId, BodyId), Bytes>,
    pub(crate) heads: BytesCache<(MailboxRef, Uid), Head>,
    pub(crate) index: SearchIndex,
    pub(crate) facets: FacetCache,
    pub(crate) searches: SearchBudget,
    pub(crate) intents: AtomicU64,
    pub(crate) started: UnixMillis,
}

/// Numbers of a mailbox (RFC 3501 §6.3.10); \Recent is in [`Mailboxes::recent`].
pub type Status = MailboxState;

/// A letter that a client puts into a mailbox.
#[derive(Clone, Debug)]
pub struct NewLetter {
    /// Taken apart and staged.
    pub letter: Prepared,
    /// Its flags.
    pub flags: FlagSet,
    /// INTERNALDATE; now if the client gave none.
    pub internal_date: Option<UnixMillis>,
    /// Its zone, as the client gave it.
    pub zone: Zone,
}

/// Where letters went (APPENDUID).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// UIDVALIDITY of the mailbox.
    pub uid_validity: UidValidity,
    /// One for each letter, in order.
    pub uids: Vec<Uid>,
}

impl NewLetter {
    /// Puts it into a commit.
    pub(crate) fn file(self, mailbox: MailboxRef, now: UnixMillis, batch: &mut Batch) {
        let Self { letter, flags, internal_date, zone } = self;
        let message = letter.message(flags, internal_date.unwrap_or(now), QueueId::new(0));
        batch.ops.push(Op::Append(mailbox, NewMessage { zone, ..message }));
        batch.bodies.push(letter.staged);
    }
}

impl Appended {
    pub(crate) fn new(uid_validity: UidValidity, outcomes: Vec<Outcome>) -> Self {
        let filed = |outcome| match outcome {
            Outcome::Filed { uid, .. } => Some(uid),
            _ => None,
        };
        Self { uid_validity, uids: outcomes.into_iter().filter_map(filed).collect() }
    }
}

impl Mailboxes {
    /// The service over a store. `now` separates what was there at the start from what comes later (\Recent).
    pub fn new(store: Store, limits: Limits, reading: message::Limits, now: UnixMillis) -> Self {
        let letters = Letters::new(store.clone(), reading, limits.parse_bytes_max);
        let inner = Inner {
            letters,
            views: Views::default(),
            names: BytesCache::new(limits.names_cache_bytes_max),
            derived: BytesCache::new(limits.derived_cache_bytes_max),
            heads: BytesCache::new(limits.search_cache_bytes_max),
            facets: FacetCache::new(limits.sort_cache_bytes_max),
            searches: SearchBudget::new(&limits),
            index: SearchIndex::default(),
            intents: AtomicU64::new(0),
            started: now,
            store,
            limits,
        };
        Self { inner: Arc::new(inner) }
    }

    /// The store under it.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }
    /// The limits it keeps.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }
    /// Takes letters apart and stages them, within the process's memory budget.
    pub fn letters(&self) -> &Letters {
        &self.inner.letters
    }
    /// Open mailboxes whose table is in memory, for the status page.
    pub fn tables_in_memory(&self) -> usize {
        self.inner.views.loaded_count()
    }
    /// Wakes when names of the account's mailboxes change.
    pub fn watch_folders(&self, tenant: TenantId, account: AccountId) -> Watch {
        self.store().watch(WatchKey::Folders(tenant, account))
    }
    pub(crate) fn forget_view(&self, mailbox: MailboxRef) {
        self.inner.views.forget(mailbox);
    }

    /// Numbers of a mailbox without opening it.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn status(&self, mailbox: MailboxRef) -> Result<Status, MailboxError> {
        self.store().load(&MailboxStateKey(mailbox)).await?.ok_or(MailboxError::Gone)
    }

    /// How many messages have \Recent. Takes the flag from none.
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn recent(&self, mailbox: MailboxRef, now: UnixMillis) -> Result<u32, MailboxError> {
        let table = self.inner.views.open(mailbox).refresh(self.store(), now).await?;
        let from = self.recent_from(mailbox, &table);
        let count = table.len() - table.uids.partition_point(|uid| *uid < from);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    pub(crate) fn recent_from(&self, mailbox: MailboxRef, table: &Table) -> u32 {
        let Inner { views, started, limits, .. } = &*self.inner;
        views.recent_from(mailbox, table, *started, limits.recent_marks_max)
    }

    /// Octets that an expunge of everything with \Deleted would free (RFC 9208 §4.1.4).
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn deleted_storage(&self, mailbox: MailboxRef, now: UnixMillis) -> Result<u64, MailboxError> {
        let table = self.inner.views.open(mailbox).refresh(self.store(), now).await?;
        let deleted = table.rows().filter(|row| row.flags.has(model::SystemFlag::Deleted));
        Ok(deleted.map(|row| row.size).sum())
    }

    /// What an account keeps.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn usage(&self, tenant: TenantId, account: AccountId) -> Result<Usage, StoreError> {
        Ok(self.store().load(&UsageKey { tenant, account }).await?.unwrap_or_default())
    }

    /// Puts letters into a mailbox, all or none. At most [`Batch::OPS_MAX`].
    ///
    /// # Errors
    /// [`MailboxError::OverQuota`], [`MailboxError::Gone`], [`MailboxError::Limit`], [`MailboxError::Commit`].
    pub async fn append(
        &self,
        mailbox: MailboxRef,
        letters: Vec<NewLetter>,
        quota: QuotaLimit,
        now: UnixMillis,
    ) -> Result<Appended, MailboxError> {
        let bytes = letters.iter().map(|new| new.letter.size).sum();
        let state = self.check_room(mailbox, bytes, letters.len() as u64, quota).await?;
        let mut batch = Batch::new(now);
        for new in letters {
            new.file(mailbox, now, &mut batch);
        }
        let committed = self.store().commit(batch).await?;
        Ok(Appended::new(state.uid_validity, committed.outcomes))
    }

    /// Is there room in a mailbox and its account for so much more?
    pub(crate) async fn check_room(
        &self,
        mailbox: MailboxRef,
        bytes: u64,
        messages: u64,
        quota: QuotaLimit,
    ) -> Result<MailboxState, MailboxError> {
        let state = self.status(mailbox).await?;
        if u64::from(state.exists) + messages > self.limits().messages_max.into() {
            return Err(MailboxError::Limit("messages of a mailbox"));
        }
        if quota != QuotaLimit::NONE {
            quota.check(self.usage(mailbox.tenant, mailbox.account).await?, bytes, messages)?;
        }
        Ok(state)
    }
}

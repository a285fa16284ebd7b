//! The index: an ordered map of bytes that changes by batches.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use model::{MailboxRef, TenantId, Text};

use crate::{
    Batch, Bodies, BodyId, Committed, Key, KeyRange, Record, RecordError, Spool, StagedBody, TypedKey, Watch,
    WatchKey,
};

/// Reading failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// There is no such body.
    #[error("body {0} is not kept")]
    NoBody(BodyId),
    /// What stands there is not what was written.
    #[error("damaged at {at}: {what}")]
    Damaged {
        /// Key, body or file.
        at: String,
        /// What is wrong.
        what: String,
    },
    /// A row does not read.
    #[error("row {key:?}: {source}")]
    Record {
        /// Its key.
        key: Key,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// No room.
    #[error("no space left on the disk")]
    Full,
    /// The operating system said no.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: String,
        /// What it said.
        error: String,
    },
    /// The engine is stopping.
    #[error("the store is closed")]
    Closed,
}

/// A commit did not happen, or nobody knows whether it did.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// An expectation does not hold any more: read again, try again. Nothing was done.
    #[error("somebody else changed {0:?} first")]
    Conflict(Key),
    /// The mailbox is not there. Nothing was done.
    #[error("mailbox {0:?} is gone")]
    NoMailbox(MailboxRef),
    /// The batch names a body that is neither in it nor kept. Nothing was done.
    #[error("body {0} is not kept")]
    NoBody(BodyId),
    /// The batch breaks a bound of [`Batch`]. Nothing was done.
    #[error("the batch is too large: {0}")]
    TooLarge(&'static str),
    /// The mailbox has given its last UID or MODSEQ. Nothing was done.
    #[error("mailbox {0:?} has used up its numbers")]
    UsedUp(MailboxRef),
    /// No room on the disk. Nothing was done; works again when there is room.
    #[error("no space left on the disk")]
    Full,
    /// The engine no longer takes changes, see [`Health`]. Nothing was done.
    #[error("the store is read-only")]
    ReadOnly,
    /// A write failed half-way: after the next start the batch may be there or not. It must not be acknowledged.
    #[error("it is not known whether the change is durable: {0}")]
    Unknown(String),
    /// Reading for the batch failed. Nothing was done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Can the engine take changes?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Yes.
    Writable,
    /// Not now: the disk is nearly full. Changes that make room still work.
    Full,
    /// Not before somebody has looked at it, for this reason.
    ReadOnly(Text),
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// Its value.
    pub value: Bytes,
}

/// An ordered map of bytes, durable.
#[async_trait]
pub trait Index: Send + Sync {
    /// The value at `key`.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError>;

    /// Rows in order, at most `limit` and never more than 1,000. No snapshot: see the crate's first page.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError>;

    /// All or nothing, and durable when it returns.
    ///
    /// # Errors
    /// See [`CommitError`]; only [`CommitError::Unknown`] leaves open what happened.
    async fn commit(&self, batch: Batch) -> Result<Committed, CommitError>;

    /// Wakes its holder after commits that touch `key`: a hint, many changes may be one. Readers read again.
    fn watch(&self, key: WatchKey) -> Watch;

    /// Can it take changes?
    fn health(&self) -> Health;
}

/// What callers hold: an index and its bodies, without the engine's name.
#[derive(Clone)]
pub struct Store {
    index: Arc<dyn Index>,
    bodies: Arc<dyn Bodies>,
}

impl Store {
    /// Joins both halves of an engine.
    pub fn new(index: Arc<dyn Index>, bodies: Arc<dyn Bodies>) -> Self {
        Self { index, bodies }
    }
    /// A typed row.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn load<K: TypedKey>(&self, key: &K) -> Result<Option<K::Value>, StoreError> {
        let key = key.to_key();
        match self.index.get(&key).await? {
            Some(value) => decode::<K::Value>(key, &value).map(Some),
            None => Ok(None),
        }
    }
    /// Typed rows of a range, in order; a page of at most 1,000. The next page begins after the last key.
    ///
    /// # Errors
    /// [`StoreError`] if one cannot be read.
    pub async fn page<K: TypedKey>(
        &self,
        range: &KeyRange,
        limit: usize,
    ) -> Result<Vec<(K, K::Value)>, StoreError> {
        let rows = self.index.scan(range, limit).await?;
        rows.into_iter().map(typed::<K>).collect()
    }
    /// All typed rows with this prefix. Only for what is bounded, such as the mailboxes of one account.
    ///
    /// # Errors
    /// [`StoreError`] if one cannot be read.
    pub async fn list<K: TypedKey>(&self, prefix: &Key) -> Result<Vec<(K, K::Value)>, StoreError> {
        const PAGE: usize = 1000;
        let (mut range, mut all) = (KeyRange::prefix(prefix), Vec::new());
        loop {
            let rows = self.index.scan(&range, PAGE).await?;
            let last = rows.last().map(|row| row.key.clone());
            let full = rows.len() >= PAGE;
            for row in rows {
                all.push(typed::<K>(row)?);
            }
            match last {
                Some(last) if full => range = range.after(&last),
                _ => return Ok(all),
            }
        }
    }
    /// See [`Index::scan`].
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.index.scan(range, limit).await
    }
    /// See [`Index::commit`].
    ///
    /// # Errors
    /// See [`CommitError`].
    pub async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        self.index.commit(batch).await
    }
    /// See [`Index::watch`].
    pub fn watch(&self, key: WatchKey) -> Watch {
        self.index.watch(key)
    }
    /// See [`Index::health`].
    pub fn health(&self) -> Health {
        self.index.health()
    }
    /// See [`Bodies::stage`].
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot write.
    pub async fn stage(
        &self,
        tenant: TenantId,
        content: Spool,
        derived: Bytes,
    ) -> Result<StagedBody, StoreError> {
        self.bodies.stage(tenant, content, derived).await
    }
    /// See [`Bodies::read`].
    ///
    /// # Errors
    /// [`StoreError::NoBody`] and others.
    pub async fn read_body(
        &self,
        tenant: TenantId,
        id: BodyId,
        range: Range<u64>,
    ) -> Result<Bytes, StoreError> {
        self.bodies.read(tenant, id, range).await
    }
    /// See [`Bodies::derived`].
    ///
    /// # Errors
    /// [`StoreError::NoBody`] and others.
    pub async fn derived(&self, tenant: TenantId, id: BodyId) -> Result<Bytes, StoreError> {
        self.bodies.derived(tenant, id).await
    }
}

fn decode<T: Record>(key: Key, value: &[u8]) -> Result<T, StoreError> {
    T::decode(value).map_err(|source| StoreError::Record { key, source })
}

fn typed<K: TypedKey>(row: Entry) -> Result<(K, K::Value), StoreError> {
    let Some(key) = K::from_key(&row.key) else {
        let at = format!("{:?}", row.key);
        return Err(StoreError::Damaged { at, what: "not a key of its keyspace".into() });
    };
    Ok((key, decode(row.key, &row.value)?))
}

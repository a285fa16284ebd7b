//! A store whose n-th commit from now on fails, before or after it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use store::{
    Batch, CommitError, Committed, Entry, Health, Index, Key, KeyRange, MemoryEngine, Store, StoreError,
    Watch, WatchKey,
};

/// Counts down with every commit; at zero and below all fail.
#[derive(Default)]
pub(crate) struct Fuse(AtomicI64);

impl Fuse {
    pub(crate) fn burn_after(&self, commits: i64) {
        self.0.store(commits, Ordering::SeqCst);
    }
    pub(crate) fn mend(&self) {
        self.burn_after(i64::MAX);
    }
}

struct Faulty {
    inner: Arc<MemoryEngine>,
    fuse: Arc<Fuse>,
}

/// A store in memory and its fuse.
pub(crate) fn store() -> (Store, Arc<Fuse>) {
    let (inner, fuse) = (Arc::new(MemoryEngine::default()), Arc::new(Fuse::default()));
    fuse.mend();
    let index = Faulty { inner: inner.clone(), fuse: fuse.clone() };
    (Store::new(Arc::new(index), inner), fuse)
}

#[async_trait]
impl Index for Faulty {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.inner.get(key).await
    }
    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.inner.scan(range, limit).await
    }
    async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        if self.fuse.0.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(CommitError::ReadOnly);
        }
        self.inner.commit(batch).await
    }
    fn watch(&self, key: WatchKey) -> Watch {
        self.inner.watch(key)
    }
    fn health(&self) -> Health {
        self.inner.health()
    }
}

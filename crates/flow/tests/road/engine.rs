//! The engine in memory, with moods: it can say that it is full, fail, or stop in the middle of a commit.

use std::future::pending;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use store::{
    Batch, CommitError, Committed, Entry, Health, Index, Key, KeyRange, MemoryEngine, Store, StoreError,
    Watch, WatchKey,
};

/// What the next commits come to.
#[derive(Clone)]
pub(crate) enum Mood {
    /// All is well.
    Good,
    /// Fails without doing anything.
    Fails(CommitError),
    /// After so many good commits the process stops: before the next one is done, or after it and before the answer.
    StopsAfter { good: usize, done: bool },
}

/// An engine with a mood.
#[derive(Clone)]
pub(crate) struct Moody {
    engine: Arc<MemoryEngine>,
    mood: Arc<Mutex<Mood>>,
    health: Arc<Mutex<Health>>,
}

impl Moody {
    pub(crate) fn new() -> Self {
        Self {
            engine: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Good)),
            health: Arc::new(Mutex::new(Health::Writable)),
        }
    }
    pub(crate) fn store(&self) -> Store {
        Store::new(Arc::new(self.clone()), self.engine.clone())
    }
    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock() = mood;
    }
    pub(crate) fn set_health(&self, health: Health) {
        *self.health.lock() = health;
    }
}

#[async_trait]
impl Index for Moody {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.engine.get(key).await
    }
    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.engine.scan(range, limit).await
    }
    async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let mood = self.mood.lock().clone();
        match mood {
            Mood::Good => self.engine.commit(batch).await,
            Mood::Fails(error) => Err(error),
            Mood::StopsAfter { good: 0, done } => {
                if done {
                    self.engine.commit(batch).await?;
                    self.set_mood(Mood::StopsAfter { good: 0, done: false });
                }
                pending().await
            }
            Mood::StopsAfter { good, done } => {
                self.set_mood(Mood::StopsAfter { good: good - 1, done });
                self.engine.commit(batch).await
            }
        }
    }
    fn watch(&self, key: WatchKey) -> Watch {
        self.engine.watch(key)
    }
    fn health(&self) -> Health {
        self.health.lock().clone()
    }
}

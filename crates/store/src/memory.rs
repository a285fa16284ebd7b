//! The engine that forgets: for tests, and as the plainest statement of what an engine does.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use model::TenantId;
use parking_lot::Mutex;

use crate::{
    Batch, Bodies, BodyId, CommitError, Committed, Entry, Health, Index, Key, KeyRange, Layer, Placer,
    Reader, Spool, StagedBody, Store, StoreError, Watch, WatchKey, Watchers, resolve,
};

/// Index and bodies in memory.
#[derive(Default)]
pub struct MemoryEngine {
    kept: Mutex<Kept>,
    watchers: Watchers,
}

#[derive(Default)]
struct Kept {
    rows: BTreeMap<Key, Bytes>,
    bodies: HashMap<(TenantId, BodyId), Content>,
}

#[derive(Clone)]
struct Content {
    bytes: Bytes,
    derived: Bytes,
}

impl MemoryEngine {
    /// A new, empty engine as a store.
    pub fn store() -> Store {
        let engine = Arc::new(Self::default());
        Store::new(engine.clone(), engine)
    }

    fn content(&self, tenant: TenantId, id: BodyId) -> Result<Content, StoreError> {
        self.kept.lock().bodies.get(&(tenant, id)).cloned().ok_or(StoreError::NoBody(id))
    }
}

impl Reader for BTreeMap<Key, Bytes> {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        Ok(Self::get(self, key).cloned())
    }
}

/// Keeps bodies only when the whole batch holds.
struct Nowhere;

impl Placer for Nowhere {
    fn place(&mut self, _: &StagedBody) -> Result<Vec<u8>, CommitError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Index for MemoryEngine {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        Ok(self.kept.lock().rows.get(key).cloned())
    }

    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let low = Key::from_bytes(range.low.clone());
        let kept = self.kept.lock();
        let inside = |key: &Key| range.high.as_ref().is_none_or(|high| key.as_bytes() < &high[..]);
        let rows = kept.rows.range(low..).take_while(|(key, _)| inside(key)).take(limit.min(1000));
        Ok(rows.map(|(key, value)| Entry { key: key.clone(), value: value.clone() }).collect())
    }

    async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        let resolved = {
            let mut kept = self.kept.lock();
            let resolved = resolve(&batch, &kept.rows, &Layer::default(), &mut Nowhere)?;
            for number in &resolved.placed {
                let body = &batch.bodies[*number];
                let content = body.payload.downcast_ref::<Content>().expect("this engine staged it").clone();
                kept.bodies.insert((body.tenant, body.id), content);
            }
            for (key, value) in &resolved.writes {
                match value {
                    Some(value) => kept.rows.insert(key.clone(), value.clone()),
                    None => kept.rows.remove(key),
                };
            }
            resolved
        };
        self.watchers.wake(resolved.touched);
        Ok(Committed { outcomes: resolved.outcomes })
    }

    fn watch(&self, key: WatchKey) -> Watch {
        self.watchers.watch(key)
    }

    fn health(&self) -> Health {
        Health::Writable
    }
}

#[async_trait]
impl Bodies for MemoryEngine {
    async fn stage(
        &self,
        tenant: TenantId,
        content: Spool,
        derived: Bytes,
    ) -> Result<StagedBody, StoreError> {
        let io = |error: std::io::Error| StoreError::Io { what: "spool".into(), error: error.to_string() };
        let bytes = content.to_bytes().map_err(io)?;
        let mut key = [0; 32];
        key[..4].copy_from_slice(&tenant.get().to_le_bytes());
        let id = BodyId(*blake3::keyed_hash(&key, &bytes).as_bytes());
        let size = bytes.len() as u64;
        Ok(StagedBody { tenant, id, size, payload: Arc::new(Content { bytes, derived }) })
    }

    async fn read(&self, tenant: TenantId, id: BodyId, range: Range<u64>) -> Result<Bytes, StoreError> {
        let bytes = self.content(tenant, id)?.bytes;
        let place = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let (start, end) = (place(range.start), place(range.end));
        Ok(bytes.slice(start..end.max(start)))
    }

    async fn derived(&self, tenant: TenantId, id: BodyId) -> Result<Bytes, StoreError> {
        Ok(self.content(tenant, id)?.derived)
    }
}

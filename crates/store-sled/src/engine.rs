//! The engine as the seam sees it.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use model::TenantId;
use store::{
    Batch, Bodies, BodyEntry, BodyId, BodyKey, CommitError, Committed, Entry, Health, Index, Key, KeyRange,
    Record, Spool, StagedBody, StoreError, TypedKey, Watch, WatchKey,
};

use crate::body_log::Place;
use crate::core::Core;
use crate::queue::Work;
use crate::stage::{Staged, stage};

/// Scans of more rows, and bodies of more octets, leave the async thread.
const SCAN_ROWS: usize = 64;
const BODY_OCTETS: u64 = 64 << 10;
const SCAN_ROWS_MAX: usize = 1000;

/// Index and bodies over a [`Core`] whose threads run.
pub(crate) struct Engine(pub(crate) Arc<Core>);

#[async_trait]
impl Index for Engine {
    async fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.0.applied.get(key)
    }

    async fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let limit = limit.min(SCAN_ROWS_MAX);
        if limit <= SCAN_ROWS {
            return self.0.applied.scan(range, limit);
        }
        let (core, range) = (self.0.clone(), range.clone());
        aside(move || core.applied.scan(&range, limit)).await
    }

    async fn commit(&self, batch: Batch) -> Result<Committed, CommitError> {
        // Known without waiting in line; the committer looks again.
        if self.0.health.is_read_only() {
            return Err(CommitError::ReadOnly);
        }
        let held = |body: &StagedBody| {
            let staged = body.payload.downcast_ref::<Staged>();
            staged.map_or(0, |staged| staged.record.len().min(self.0.options.stage_memory_octets_max as u64))
        };
        let (lane, octets) = (batch.lane, batch.bodies.iter().map(held).sum());
        self.0.queue.submit(Work::Batch(batch), lane, octets).await
    }

    fn watch(&self, key: WatchKey) -> Watch {
        self.0.watchers.watch(key)
    }

    fn health(&self) -> Health {
        self.0.health.get()
    }
}

#[async_trait]
impl Bodies for Engine {
    async fn stage(
        &self,
        tenant: TenantId,
        content: Spool,
        derived: Bytes,
    ) -> Result<StagedBody, StoreError> {
        let core = self.0.clone();
        if content.len() + (derived.len() as u64) < BODY_OCTETS {
            return stage(&core, tenant, &content, &derived);
        }
        aside(move || stage(&core, tenant, &content, &derived)).await
    }

    async fn read(&self, tenant: TenantId, id: BodyId, range: Range<u64>) -> Result<Bytes, StoreError> {
        let core = self.0.clone();
        let read = move || {
            let key = core.tenant_key(tenant);
            at_place(&core, tenant, id, |place| core.bodies.read(place, id, &key, range.clone()))
        };
        if size(&self.0, tenant, id)? <= BODY_OCTETS { read() } else { aside(read).await }
    }

    async fn derived(&self, tenant: TenantId, id: BodyId) -> Result<Bytes, StoreError> {
        at_place(&self.0, tenant, id, |place| self.0.bodies.derived(place, id))
    }
}

fn entry(core: &Core, tenant: TenantId, id: BodyId) -> Result<BodyEntry, StoreError> {
    let key = BodyKey { tenant, body: id }.to_key();
    let value = core.applied.get(&key)?.ok_or(StoreError::NoBody(id))?;
    BodyEntry::decode(&value).map_err(|source| StoreError::Record { key, source })
}

fn size(core: &Core, tenant: TenantId, id: BodyId) -> Result<u64, StoreError> {
    entry(core, tenant, id).map(|entry| entry.size)
}

/// Reads at the place that the row names; once more if the sweeper has moved the body meanwhile.
fn at_place(
    core: &Core,
    tenant: TenantId,
    id: BodyId,
    read: impl Fn(Place) -> Result<Bytes, StoreError>,
) -> Result<Bytes, StoreError> {
    let place = || {
        let entry = entry(core, tenant, id)?;
        Place::decode(&entry.place).ok_or_else(|| StoreError::Damaged {
            at: format!("body {id}"),
            what: "its row names no place".into(),
        })
    };
    let first = place()?;
    match read(first) {
        Err(StoreError::Damaged { .. }) if place()? != first => read(place()?),
        done => done,
    }
}

/// Runs work that takes long beside the async threads.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(StoreError::Io { what: "background work".into(), error: error.to_string() })
    })
}

//! A letter on its way into the store: taken apart once, its body staged for the commit that files it.

use std::sync::Arc;

use bytes::Bytes;
use message::Derived;
use model::{FlagSet, QueueId, TenantId, UnixMillis};
use store::{BodyId, NewMessage, Spool, StagedBody, Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Letters above this are taken apart beside the async threads, since it takes a millisecond or more.
const INLINE_OCTETS_MAX: u64 = 128 << 10;

/// Takes letters apart under a memory budget for the whole process.
#[derive(Clone)]
pub struct Letters {
    store: Store,
    reading: Arc<message::Limits>,
    /// One permit for each KiB.
    budget: Arc<Semaphore>,
    budget_kib: u32,
}

/// A letter that a commit can file: put `staged` into [`store::Batch::bodies`].
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its body.
    pub staged: StagedBody,
    /// Octets.
    pub size: u64,
    /// The value of ENVELOPE.
    pub envelope: Bytes,
    /// Its Message-ID and those that it refers to, as [`message::Lineage`] writes them.
    pub lineage: Bytes,
    /// Everything else that is known of it.
    pub derived: Arc<Derived>,
}

impl Prepared {
    /// The row that files it.
    pub fn message(&self, flags: FlagSet, internal_date: UnixMillis, queue_id: QueueId) -> NewMessage {
        NewMessage {
            body: self.staged.id,
            size: self.size,
            internal_date,
            zone: model::Zone::UTC,
            flags,
            queue_id,
            envelope: self.envelope.clone(),
            lineage: self.lineage.clone(),
        }
    }
}

impl Letters {
    /// At most `parse_bytes_max` octets of letters are in memory at a time; a larger letter waits until it is alone.
    pub fn new(store: Store, reading: message::Limits, parse_bytes_max: u64) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let budget_kib = u32::try_from(parse_bytes_max / 1024).unwrap_or(most).clamp(1, most);
        let budget = Arc::new(Semaphore::new(budget_kib as usize));
        Self { store, reading: Arc::new(reading), budget, budget_kib }
    }

    /// Takes a letter apart and stages it. What becomes of it is seen by nobody until a commit carries it.
    ///
    /// # Errors
    /// [`StoreError`] when the spool cannot be read or the engine cannot write.
    pub async fn prepare(&self, tenant: TenantId, letter: Spool) -> Result<Prepared, StoreError> {
        let _permit = self.permit(letter.len()).await?;
        let derived = self.derive(letter.clone(), self.reading.clone(), ()).await?;
        let encoded = Bytes::from(derived.encode());
        let size = letter.len();
        let staged = self.store.stage(tenant, letter, encoded).await?;
        let envelope = Bytes::copy_from_slice(&derived.envelope);
        let lineage = Bytes::copy_from_slice(derived.lineage.as_octets());
        Ok(Prepared { staged, size, envelope, lineage, derived: Arc::new(derived) })
    }

    /// `held` is let go when the work is done, even if nobody waits for it any more.
    async fn derive(
        &self,
        letter: Spool,
        reading: Arc<message::Limits>,
        held: impl Send + 'static,
    ) -> Result<Derived, StoreError> {
        let large = letter.len() > INLINE_OCTETS_MAX;
        let work = move || {
            let derived = letter.to_bytes().map(|bytes| message::derive(&bytes, &reading));
            drop(held);
            derived
        };
        let derived = if large {
            tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Closed)?
        } else {
            work()
        };
        derived.map_err(|error| StoreError::Io { what: "spool".into(), error: error.to_string() })
    }

    /// The derived data of a kept letter, computed again; with `whole`, with all of its text, for a search that must be
    /// exact. Not stored. `held` is let go when the work is done.
    pub(crate) async fn derive_again(
        &self,
        tenant: TenantId,
        body: BodyId,
        octets: u64,
        whole: bool,
        held: impl Send + 'static,
    ) -> Result<Derived, StoreError> {
        let permit = self.permit(octets).await?;
        let letter = self.store.read_body(tenant, body, 0..octets).await?;
        let mut reading = self.reading.clone();
        if whole {
            let search_bytes_max = letter.len().saturating_mul(4);
            reading = Arc::new(message::Limits { search_bytes_max, ..(*reading).clone() });
        }
        self.derive(Spool::from_bytes(letter), reading, (permit, held)).await
    }

    async fn permit(&self, octets: u64) -> Result<OwnedSemaphorePermit, StoreError> {
        let permits = u32::try_from(octets / 1024 + 1).unwrap_or(u32::MAX).min(self.budget_kib);
        self.budget.clone().acquire_many_owned(permits).await.map_err(|_| StoreError::Closed)
    }
}

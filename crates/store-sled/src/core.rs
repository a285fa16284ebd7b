//! What the threads of an engine share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::TenantId;
use parking_lot::Mutex;
use store::{StoreError, Watchers};

use crate::applied::Applied;
use crate::body_log::BodyLog;
use crate::files::Files;
use crate::health::HealthState;
use crate::journal::Segments;
use crate::marks::MarkFile;
use crate::options::Options;
use crate::queue::Queue;

pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) dir: PathBuf,
    pub(crate) secret: [u8; 32],
    pub(crate) applied: Arc<dyn Applied>,
    pub(crate) bodies: BodyLog,
    pub(crate) segments: Arc<Segments>,
    pub(crate) marks: MarkFile,
    pub(crate) health: HealthState,
    pub(crate) watchers: Watchers,
    pub(crate) queue: Queue,
    /// Everything up to here is in the index and in the body log.
    pub(crate) applied_lsn: AtomicU64,
    /// LSNs from which somebody reads the journal: nothing above is recycled.
    pub(crate) pins: Mutex<Vec<u64>>,
    /// One checkpoint at a time.
    pub(crate) checkpointing: Mutex<()>,
    /// Held by who writes a base, exports or moves bodies: one at a time.
    pub(crate) upkeep: Mutex<()>,
    /// Journal octets at the last checkpoint and at the last base.
    pub(crate) checkpoint_octets: AtomicU64,
    pub(crate) base_octets: AtomicU64,
    pub(crate) groups: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) _lock: Option<std::fs::File>,
}

impl Core {
    /// The key of a municipality's body names.
    pub(crate) fn tenant_key(&self, tenant: TenantId) -> [u8; 32] {
        tenant_key(&self.secret, tenant)
    }
    pub(crate) fn applied_lsn(&self) -> u64 {
        self.applied_lsn.load(Ordering::Acquire)
    }
    pub(crate) fn spool(&self) -> PathBuf {
        self.options.spool.clone().unwrap_or_else(|| self.dir.join("spool"))
    }
    pub(crate) fn base_dir(&self) -> PathBuf {
        self.dir.join("base")
    }
    /// Keeps the journal from `lsn` on until the pin is dropped.
    pub(crate) fn pin(self: &Arc<Self>, lsn: u64) -> Pin {
        self.pins.lock().push(lsn);
        Pin { core: self.clone(), lsn }
    }
    /// Lets go of journal segments that neither a mark nor a reader needs.
    pub(crate) fn recycle(&self) -> std::io::Result<()> {
        let marks = self.marks.get();
        let pinned = self.pins.lock().iter().copied().min().unwrap_or(u64::MAX);
        self.segments.recycle(marks.applied.min(marks.base).min(pinned))
    }
}

/// See [`Core::pin`].
pub(crate) struct Pin {
    core: Arc<Core>,
    lsn: u64,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.core.pins.lock();
        if let Some(place) = pins.iter().position(|lsn| *lsn == self.lsn) {
            pins.swap_remove(place);
        }
    }
}

/// Equal letters of two municipalities have different names.
pub(crate) fn tenant_key(secret: &[u8; 32], tenant: TenantId) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("skolpost store: body names of one municipality");
    hasher.update(secret);
    hasher.update(&tenant.get().to_le_bytes());
    *hasher.finalize().as_bytes()
}

pub(crate) fn io_error(what: &str, error: &std::io::Error) -> StoreError {
    if crate::files::is_full(error) {
        return StoreError::Full;
    }
    StoreError::Io { what: what.into(), error: error.to_string() }
}

//! Bodies: immutable content, named by its hash.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use model::TenantId;
use serde::{Deserialize, Serialize};

use crate::{Spool, StoreError};

/// BLAKE3 of a content, keyed with the tenant's key: equal letters of two municipalities have different names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BodyId(pub [u8; 32]);

impl fmt::Display for BodyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BodyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A body that an engine has taken in and that the next commit naming it makes durable. Dropped without a commit, it
/// leaves nothing behind that anybody sees.
#[derive(Clone)]
pub struct StagedBody {
    /// The municipality that it is for.
    pub tenant: TenantId,
    /// Its name.
    pub id: BodyId,
    /// Octets of the content.
    pub size: u64,
    /// Whatever the engine needs to finish the work.
    pub payload: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for StagedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StagedBody({}, {} octets)", self.id, self.size)
    }
}

/// Where bodies are kept.
#[async_trait]
pub trait Bodies: Send + Sync {
    /// Takes in a content with the data derived from it, compresses and hashes it. Not durable before the commit that
    /// carries the result.
    ///
    /// # Errors
    /// [`StoreError`] when the engine cannot write.
    async fn stage(&self, tenant: TenantId, content: Spool, derived: Bytes)
    -> Result<StagedBody, StoreError>;

    /// A slice of a content; what lies beyond its end is left out.
    ///
    /// # Errors
    /// [`StoreError::NoBody`] if there is no such body, [`StoreError::Damaged`] if its checksum fails.
    async fn read(&self, tenant: TenantId, id: BodyId, range: Range<u64>) -> Result<Bytes, StoreError>;

    /// The data derived from a content, as given to [`Bodies::stage`].
    ///
    /// # Errors
    /// As [`Bodies::read`].
    async fn derived(&self, tenant: TenantId, id: BodyId) -> Result<Bytes, StoreError>;
}

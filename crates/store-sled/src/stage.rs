//! Taking in a body: hashed and compressed before it meets the committer.

use std::sync::Arc;

use bytes::Bytes;
use model::TenantId;
use store::{Spool, StagedBody, StoreError};

use crate::body_log::record;
use crate::core::{Core, io_error};

/// A body as it will lie in the log; in memory while it is small.
pub(crate) struct Staged {
    pub(crate) record: Spool,
}

/// Hashes and compresses; takes a millisecond for 100 KiB, so not on an async thread when it is large.
pub(crate) fn stage(
    core: &Core,
    tenant: TenantId,
    content: &Spool,
    derived: &Bytes,
) -> Result<StagedBody, StoreError> {
    let key = core.tenant_key(tenant);
    let (id, record) = record::encode(tenant, &key, content, derived, &core.options, &core.spool())
        .map_err(|error| io_error("staging a body", &error))?;
    Ok(StagedBody { tenant, id, size: content.len(), payload: Arc::new(Staged { record }) })
}

//! Which municipalities have rows of a kind: found by skipping from one to the next.

use model::TenantId;
use store::{Key, KeyRange, Keyspace, Store, StoreError};

pub(crate) async fn with_rows(store: &Store, space: Keyspace) -> Result<Vec<TenantId>, StoreError> {
    let (mut tenants, mut from) = (Vec::new(), TenantId::new(0));
    let all = KeyRange::prefix(&Key::new(space, TenantId::new(u32::MAX)));
    loop {
        let range = all.clone().from(&Key::new(space, from));
        let first = store.scan(&range, 1).await?;
        let Some(tenant) = first.first().and_then(|row| row.key.tenant()) else { return Ok(tenants) };
        tenants.push(tenant);
        let Some(next) = tenant.get().checked_add(1) else { return Ok(tenants) };
        from = TenantId::new(next);
    }
}

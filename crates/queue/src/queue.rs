//! Routes in the store: put there, taken when due, finished or put off.

use model::{QueueId, TenantId, UnixMillis};
use store::{Batch, BodyKey, Key, KeyRange, Keyspace, Op, Store, StoreError};

use crate::lease::Leases;
use crate::{Leased, RetryLimits, Route, RouteKey};

/// The routes of all municipalities. The parts of a batch that it hands out are committed by the caller, together with
/// what the route does.
#[derive(Clone)]
pub struct Queue {
    store: Store,
    leases: Leases,
    limits: RetryLimits,
}

impl Queue {
    /// The queue in `store`. One for each process: clones share their leases.
    pub fn new(store: Store, limits: RetryLimits) -> Self {
        Self { store, leases: Leases::default(), limits }
    }

    /// Adds to `batch` the routes of one letter in one municipality, due at once. Their body is in the batch or kept.
    pub fn put(batch: &mut Batch, tenant: TenantId, queue_id: QueueId, routes: Vec<(u32, Route)>) {
        let Some(body) = routes.first().map(|(_, route)| route.body) else { return };
        let count = i64::try_from(routes.len()).expect("a Vec is no longer than isize::MAX");
        batch.ops.push(Op::Refer(BodyKey { tenant, body }, count));
        for (part, route) in routes {
            let due = batch.at;
            batch.put(&RouteKey { tenant, due, queue_id, part }, &route);
        }
    }

    /// Routes of `tenant` that are due and that nobody works on, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn take_due(
        &self,
        tenant: TenantId,
        now: UnixMillis,
        limit: usize,
    ) -> Result<Vec<Leased>, StoreError> {
        let mut range = KeyRange::prefix(&RouteKey::prefix(tenant));
        let mut taken = Vec::new();
        while taken.len() < limit {
            let rows = self.store.page::<RouteKey>(&range, limit).await?;
            let Some(last) = rows.last().map(|(key, _)| *key) else { break };
            range = range.after(&store::TypedKey::to_key(&last));
            let due = rows.into_iter().take_while(|(key, _)| key.due <= now);
            taken.extend(
                due.filter_map(|(key, route)| self.leases.take(key, route)).take(limit - taken.len()),
            );
            if last.due > now {
                break;
            }
        }
        Ok(taken)
    }

    /// When the next route of `tenant` is due; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn next_due(&self, tenant: TenantId) -> Result<Option<UnixMillis>, StoreError> {
        let first = self.store.page::<RouteKey>(&KeyRange::prefix(&RouteKey::prefix(tenant)), 1).await?;
        Ok(first.first().map(|(key, _)| key.due))
    }

    /// Municipalities that have routes.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let (mut tenants, mut from) = (Vec::new(), TenantId::new(0));
        let end = KeyRange::prefix(&Key::new(Keyspace::Route, TenantId::new(u32::MAX)));
        loop {
            let range = end.clone().from(&RouteKey::prefix(from));
            let first = self.store.scan(&range, 1).await?;
            let Some(tenant) = first.first().and_then(|row| row.key.tenant()) else { return Ok(tenants) };
            tenants.push(tenant);
            let Some(next) = tenant.get().checked_add(1) else { return Ok(tenants) };
            from = TenantId::new(next);
        }
    }

    /// Adds to `batch` the end of a route: it must still be there, it goes, and its body is referred to once less.
    pub fn finish(batch: &mut Batch, leased: &Leased) {
        batch.require_present(&leased.key);
        batch.delete(&leased.key);
        batch.ops.push(Op::Refer(BodyKey { tenant: leased.key.tenant, body: leased.route.body }, -1));
    }

    /// Adds to `batch` a later try.
    pub fn put_off(&self, batch: &mut Batch, leased: &Leased) {
        let attempts = leased.route.attempts.saturating_add(1);
        // Never at its own place: the old row goes.
        let due = self.limits.due(attempts, batch.at).max(UnixMillis(leased.key.due.0 + 1));
        batch.require_present(&leased.key);
        batch.delete(&leased.key);
        batch.put(&RouteKey { due, ..leased.key }, &Route { attempts, ..leased.route.clone() });
    }
}

#[cfg(test)]
mod tests {
    use model::AccountId;
    use store::{CommitError, MemoryEngine, Spool, StagedBody};

    use super::*;

    const HERE: TenantId = TenantId::new(1);

    async fn with_routes(count: u32) -> (Store, Queue, StagedBody) {
        let store = MemoryEngine::store();
        let body = store.stage(HERE, Spool::from_bytes("letter"), Default::default()).await.unwrap();
        let route = Route {
            body: body.id,
            size: 6,
            internal_date: UnixMillis(100),
            envelope: Vec::new(),
            recipients: vec![AccountId::new(1)],
            attempts: 0,
            zone: model::Zone::UTC,
            lineage: Vec::new(),
        };
        let mut batch = Batch::new(UnixMillis(100));
        batch.bodies.push(body.clone());
        Queue::put(&mut batch, HERE, QueueId::new(5), (0..count).map(|part| (part, route.clone())).collect());
        store.commit(batch).await.unwrap();
        (store.clone(), Queue::new(store, RetryLimits::default()), body)
    }

    async fn references(store: &Store, body: &StagedBody) -> u64 {
        store.load(&BodyKey { tenant: HERE, body: body.id }).await.unwrap().unwrap().references
    }

    #[tokio::test]
    async fn a_route_is_one_workers_until_it_is_dropped() {
        let (_, queue, _) = with_routes(5).await;
        assert!(queue.take_due(HERE, UnixMillis(99), 10).await.unwrap().is_empty());
        let first = queue.take_due(HERE, UnixMillis(100), 2).await.unwrap();
        let others = queue.take_due(HERE, UnixMillis(100), 10).await.unwrap();
        assert_eq!((first.len(), others.len()), (2, 3));
        drop(first);
        assert_eq!(queue.take_due(HERE, UnixMillis(100), 10).await.unwrap().len(), 2);
        assert_eq!(queue.tenants().await.unwrap(), [HERE]);
    }

    #[tokio::test]
    async fn a_route_ends_once_and_gives_its_reference_back() {
        let (store, queue, body) = with_routes(2).await;
        assert_eq!(references(&store, &body).await, 2);
        let taken = queue.take_due(HERE, UnixMillis(100), 1).await.unwrap();
        let mut batch = Batch::new(UnixMillis(100));
        Queue::finish(&mut batch, &taken[0]);
        store.commit(batch.clone()).await.unwrap();
        assert!(matches!(store.commit(batch).await, Err(CommitError::Conflict(_))));
        assert_eq!(references(&store, &body).await, 1);
    }

    #[tokio::test]
    async fn a_route_that_is_put_off_comes_later_and_counts() {
        let (store, queue, body) = with_routes(1).await;
        let taken = queue.take_due(HERE, UnixMillis(100), 1).await.unwrap();
        let mut batch = Batch::new(UnixMillis(100));
        queue.put_off(&mut batch, &taken[0]);
        store.commit(batch).await.unwrap();
        assert_eq!(queue.next_due(HERE).await.unwrap(), Some(UnixMillis(5100)));
        let again = queue.take_due(HERE, UnixMillis(5100), 9).await.unwrap();
        assert_eq!(again[0].route.attempts, 1);
        assert_eq!(references(&store, &body).await, 1);
    }
}

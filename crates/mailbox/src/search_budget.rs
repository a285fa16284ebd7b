//! What searches may hold and do at one time: one budget of octets and a few threads for all of them, and turns for each
//! account.
//!
//! A search takes its turn, then octets for a few letters at a time, then a thread, then (in [`crate::Letters`]) octets of
//! the budget for taking letters apart: always in this order, so that no two wait for one another. An account stands in the
//! queue for a thread once, however many searches it has going on: so accounts take turns.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use model::{AccountId, TenantId};
use parking_lot::Mutex;
use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Limits;

pub(crate) struct SearchBudget {
    /// One permit for each KiB.
    octets: Arc<Semaphore>,
    octets_kib: u32,
    threads: Arc<Semaphore>,
    turns_max: usize,
    /// Of accounts that search just now.
    turns: Mutex<HashMap<(TenantId, AccountId), Weak<Turns>>>,
}

/// Those of one account.
struct Turns {
    searches: Arc<Semaphore>,
    /// Its place in the queue for a thread.
    place: Arc<Semaphore>,
}

/// A thread that may search.
pub(crate) struct Thread {
    _all: OwnedSemaphorePermit,
    _account: OwnedSemaphorePermit,
    _turns: Arc<Turns>,
}

/// A search that may read letters.
pub(crate) struct Turn {
    _search: OwnedSemaphorePermit,
    _turns: Arc<Turns>,
}

/// The setting, or one fewer than there are cores.
fn threads_max(limits: &Limits) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = match limits.search_threads_max {
        0 => cores().saturating_sub(1),
        threads => threads,
    };
    threads.clamp(1, Semaphore::MAX_PERMITS)
}

impl SearchBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let octets_kib = u32::try_from(limits.search_bytes_max / 1024).unwrap_or(most).clamp(1, most);
        Self {
            octets: Arc::new(Semaphore::new(octets_kib as usize)),
            octets_kib,
            threads: Arc::new(Semaphore::new(threads_max(limits))),
            turns_max: limits.searches_per_account_max.clamp(1, Semaphore::MAX_PERMITS),
            turns: Mutex::default(),
        }
    }

    /// Waits until the account may read letters for one more search.
    pub(crate) async fn turn(&self, tenant: TenantId, account: AccountId) -> Result<Turn, StoreError> {
        let turns = self.turns_of((tenant, account));
        let search = turns.searches.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        Ok(Turn { _search: search, _turns: turns })
    }

    /// Waits until it is the account's turn to use a thread.
    pub(crate) async fn thread(&self, tenant: TenantId, account: AccountId) -> Result<Thread, StoreError> {
        let turns = self.turns_of((tenant, account));
        let place = turns.place.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let thread = self.threads.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        Ok(Thread { _all: thread, _account: place, _turns: turns })
    }

    fn turns_of(&self, account: (TenantId, AccountId)) -> Arc<Turns> {
        let mut all = self.turns.lock();
        if let Some(turns) = all.get(&account).and_then(Weak::upgrade) {
            return turns;
        }
        // Those that search or wait hold theirs; the others are forgotten.
        all.retain(|_, turns| turns.strong_count() > 0);
        let searches = Arc::new(Semaphore::new(self.turns_max));
        let turns = Arc::new(Turns { searches, place: Arc::new(Semaphore::new(1)) });
        all.insert(account, Arc::downgrade(&turns));
        turns
    }

    /// Waits until there is room for so many octets; for more than the budget, until nobody else holds any.
    pub(crate) async fn octets(&self, octets: u64) -> Result<OwnedSemaphorePermit, StoreError> {
        let permits = u32::try_from(octets / 1024 + 1).unwrap_or(u32::MAX).min(self.octets_kib);
        self.octets.clone().acquire_many_owned(permits).await.map_err(|_| StoreError::Closed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const TENANT: TenantId = TenantId::new(1);

    fn budget() -> SearchBudget {
        let (search_bytes_max, searches_per_account_max) = (64 << 10, 2);
        SearchBudget::new(&Limits { search_bytes_max, searches_per_account_max, ..Limits::default() })
    }

    #[tokio::test]
    async fn one_larger_letter_fits_when_it_is_alone() {
        let budget = budget();
        let one = budget.octets(40 << 10).await.unwrap();
        assert!(timeout(SOON, budget.octets(40 << 10)).await.is_err(), "no room for both");
        assert!(timeout(SOON, budget.octets(1 << 30)).await.is_err(), "not alone");
        drop(one);
        let large = budget.octets(1 << 30).await.unwrap();
        assert!(timeout(SOON, budget.octets(1)).await.is_err(), "no room beside it");
        drop(large);
        assert!(timeout(SOON, budget.octets(1)).await.is_ok());
    }

    #[tokio::test]
    async fn an_account_waits_for_its_own_turns_only() {
        let (budget, ada, bo) = (budget(), AccountId::new(1), AccountId::new(2));
        let first = budget.turn(TENANT, ada).await.unwrap();
        let second = budget.turn(TENANT, ada).await.unwrap();
        assert!(timeout(SOON, budget.turn(TENANT, ada)).await.is_err());
        let other = timeout(SOON, budget.turn(TENANT, bo)).await.unwrap().unwrap();
        drop(first);
        let third = timeout(SOON, budget.turn(TENANT, ada)).await.unwrap().unwrap();
        drop((second, third, other));
        let _fourth = budget.turn(TENANT, ada).await.unwrap();
        assert_eq!(budget.turns.lock().len(), 1, "who does not search is forgotten");
    }

    #[tokio::test]
    async fn accounts_take_turns_at_the_threads() {
        let (ada, bo) = (AccountId::new(1), AccountId::new(2));
        let budget = Arc::new(SearchBudget::new(&Limits { search_threads_max: 1, ..Limits::default() }));
        let held = budget.thread(TENANT, ada).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut waiting = tokio::task::JoinSet::new();
        for account in [ada, ada, ada, bo] {
            let (budget, order) = (budget.clone(), order.clone());
            waiting.spawn(async move {
                let _thread = budget.thread(TENANT, account).await.unwrap();
                order.lock().push(account);
            });
            tokio::time::sleep(SOON).await;
        }
        drop(held);
        waiting.join_all().await;
        assert_eq!(order.lock()[0], bo, "three of the other account came before it");
    }
}

//! What searches may hold and do at one time: one budget of octets for all of them, and turns for each account.
//!
//! A search takes its turn, then octets for one letter at a time, then (in [`crate::Letters`]) octets of the budget for
//! taking letters apart: always in this order, so that no two wait for one another.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use model::{AccountId, TenantId};
use parking_lot::Mutex;
use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::Limits;

pub(crate) struct SearchBudget {
    /// One permit for each KiB.
    octets: Semaphore,
    octets_kib: u32,
    turns_max: usize,
    /// Of accounts that search just now.
    turns: Mutex<HashMap<(TenantId, AccountId), Weak<Semaphore>>>,
}

impl SearchBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let octets_kib = u32::try_from(limits.search_bytes_max / 1024).unwrap_or(most).clamp(1, most);
        Self {
            octets: Semaphore::new(octets_kib as usize),
            octets_kib,
            turns_max: limits.searches_per_account_max.clamp(1, Semaphore::MAX_PERMITS),
            turns: Mutex::default(),
        }
    }

    /// Waits until the account may read letters for one more search.
    pub(crate) async fn turn(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<OwnedSemaphorePermit, StoreError> {
        let turns = self.turns_of((tenant, account));
        turns.acquire_owned().await.map_err(|_| StoreError::Closed)
    }

    fn turns_of(&self, account: (TenantId, AccountId)) -> Arc<Semaphore> {
        let mut all = self.turns.lock();
        if let Some(turns) = all.get(&account).and_then(Weak::upgrade) {
            return turns;
        }
        // Those that search or wait hold theirs; the others are forgotten.
        all.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(self.turns_max));
        all.insert(account, Arc::downgrade(&turns));
        turns
    }

    /// Waits until there is room for so many octets; for more than the budget, until nobody else holds any.
    pub(crate) async fn octets(&self, octets: u64) -> Result<SemaphorePermit<'_>, StoreError> {
        let permits = u32::try_from(octets / 1024 + 1).unwrap_or(u32::MAX).min(self.octets_kib);
        self.octets.acquire_many(permits).await.map_err(|_| StoreError::Closed)
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
}

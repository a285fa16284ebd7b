//! Whose session it is, and how many sessions an account has.

use std::collections::HashMap;
use std::sync::Arc;

use model::{AccountId, MailboxRef, TenantId};
use parking_lot::Mutex;

/// An account with its municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Account {
    pub(crate) tenant: TenantId,
    pub(crate) id: AccountId,
}

impl Account {
    /// Whose mailbox it is: who pays for what comes into it.
    pub(crate) const fn owner_of(mailbox: MailboxRef) -> Self {
        Self { tenant: mailbox.tenant, id: mailbox.account }
    }
}

/// Counts the sessions of every account. Clones share the numbers.
#[derive(Clone, Debug, Default)]
pub struct AccountSessions(Arc<Mutex<HashMap<Account, u32>>>);

/// One session's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    sessions: AccountSessions,
    pub(crate) account: Account,
}

impl AccountSessions {
    /// Sessions of all accounts.
    pub fn total(&self) -> u32 {
        self.0.lock().values().sum()
    }
    /// Takes a place; `None` if the account has `most` already.
    pub(crate) fn take(&self, account: Account, most: u32) -> Option<Place> {
        let mut counts = self.0.lock();
        let here = counts.get(&account).copied().unwrap_or_default();
        if here >= most {
            return None;
        }
        counts.insert(account, here + 1);
        Some(Place { sessions: self.clone(), account })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.sessions.0.lock();
        if let Some(here) = counts.get_mut(&self.account) {
            *here -= 1;
            if *here == 0 {
                counts.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_for_each_account_and_given_back() {
        let sessions = AccountSessions::default();
        let account = |id| Account { tenant: TenantId::new(1), id: AccountId::new(id) };
        let first = sessions.take(account(1), 2).unwrap();
        let _second = sessions.take(account(1), 2).unwrap();
        assert!(sessions.take(account(1), 2).is_none());
        let _other = sessions.take(account(2), 2).unwrap();
        drop(first);
        let third = sessions.take(account(1), 2);
        assert!(third.is_some() && sessions.total() == 3);
        drop((_second, _other, third));
        assert!(sessions.0.lock().is_empty());
    }
}

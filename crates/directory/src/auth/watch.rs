//! The end of a log-in: when the password changes, or the account is locked or removed.

use std::time::Duration;

use model::CredentialVersion;
use store::{Store, Watch, WatchKey};

use super::Login;
use crate::AccountState;
use crate::keys::AccountKey;

/// Why a log-in no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The password was changed, or the account was locked in between.
    Changed,
    /// The account is locked.
    Locked,
    /// The account is gone.
    Removed,
}

/// Waits for the end of a log-in; every session holds one.
#[derive(Debug)]
pub struct LoginWatch {
    store: WatchedStore,
    key: AccountKey,
    version: CredentialVersion,
    watch: Watch,
}

struct WatchedStore(Store);

impl std::fmt::Debug for WatchedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl LoginWatch {
    pub(super) fn new(store: Store, login: &Login) -> Self {
        let (tenant, account) = (login.tenant, login.account);
        let watch = store.watch(WatchKey::Account(tenant, account));
        let key = AccountKey { tenant, account };
        Self { store: WatchedStore(store), key, version: login.version, watch }
    }

    /// Returns when the log-in has ended, at once if it has already. May be dropped and called again.
    pub async fn ended(&mut self) -> Ended {
        const RETRY: Duration = Duration::from_millis(500);
        loop {
            match self.store.0.load(&self.key).await {
                Ok(None) => return Ended::Removed,
                Ok(Some(entry)) => match entry.state {
                    AccountState::Removed | AccountState::Function => return Ended::Removed,
                    AccountState::Locked => return Ended::Locked,
                    AccountState::Active if entry.version != self.version => return Ended::Changed,
                    AccountState::Active => self.watch.changed().await,
                },
                Err(error) => {
                    tracing::warn!(%error, "account row of a session");
                    tokio::time::sleep(RETRY).await;
                }
            }
        }
    }
}

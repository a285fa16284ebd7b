//! The directory as its users hold it, and look-ups of single things.

use std::sync::Arc;

use model::{AccountId, Domain, EmailAddress, SchoolId, TenantId};
use store::{Store, StoreError};

use crate::auth::{AuthConfig, Verifier};
use crate::keys::{
    AccountKey, AddressKey, DomainKey, LoginKey, RoleQuotaKey, SchoolCodeKey, SchoolKey, TenantKey,
};
use crate::{
    AccountEntry, AddressKind, DirectoryError, DomainEntry, Quota, SchoolCode, SchoolEntry, TenantEntry,
    Thing,
};

/// Who is who. Cheap to clone; all clones share one verifier.
#[derive(Clone)]
pub struct Directory {
    pub(crate) store: Store,
    pub(crate) verifier: Arc<Verifier>,
}

impl Directory {
    /// Over a store; starts the threads that verify passwords.
    pub fn new(store: Store, config: AuthConfig) -> Self {
        Self { store, verifier: Arc::new(Verifier::new(config)) }
    }
    /// The store below, for those who commit what is planned here.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Whose mail domain it is.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn tenant_of(&self, domain: &Domain) -> Result<Option<TenantId>, StoreError> {
        Ok(self.domain(domain).await?.map(|entry| entry.tenant))
    }
    /// Is mail for this domain ours to keep?
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn is_local_domain(&self, domain: &Domain) -> Result<bool, StoreError> {
        Ok(self.domain(domain).await?.is_some())
    }
    pub(crate) async fn domain(&self, domain: &Domain) -> Result<Option<DomainEntry>, StoreError> {
        self.store.load(&DomainKey(domain.clone())).await
    }

    /// A municipality.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn tenant(&self, tenant: TenantId) -> Result<Option<TenantEntry>, StoreError> {
        self.store.load(&TenantKey(tenant)).await
    }
    pub(crate) async fn tenant_entry(&self, tenant: TenantId) -> Result<TenantEntry, DirectoryError> {
        self.tenant(tenant).await?.ok_or(DirectoryError::NotFound(Thing::Tenant))
    }

    /// A school.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn school(
        &self,
        tenant: TenantId,
        school: SchoolId,
    ) -> Result<Option<SchoolEntry>, StoreError> {
        self.store.load(&SchoolKey { tenant, school }).await
    }
    /// The school with a code.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn school_by_code(
        &self,
        tenant: TenantId,
        code: SchoolCode,
    ) -> Result<Option<SchoolId>, StoreError> {
        Ok(self.store.load(&SchoolCodeKey { tenant, code }).await?.map(|found| found.school))
    }

    /// An account, also a removed one of which something is left.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn account(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<AccountEntry>, StoreError> {
        self.store.load(&AccountKey { tenant, account }).await
    }
    /// The account that people mean by a word: an address of theirs, a log-in name or an account id. Only inside
    /// `tenant`.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] and reading errors.
    pub async fn find_account(
        &self,
        tenant: TenantId,
        word: &str,
    ) -> Result<(AccountId, AccountEntry), DirectoryError> {
        const NONE: DirectoryError = DirectoryError::NotFound(Thing::Account);
        let id = match word.parse::<EmailAddress>() {
            Ok(address) => self.holder(tenant, &address).await?.map(|(account, _)| account),
            Err(_) => match self.by_login(word).await? {
                Some((owner, account)) if owner == tenant => Some(account),
                _ => word.parse().ok(),
            },
        };
        let id = id.ok_or(NONE)?;
        let entry = self.account(tenant, id).await?.ok_or(NONE)?;
        Ok((id, entry))
    }
    /// Who has an address, as what.
    pub(crate) async fn holder(
        &self,
        tenant: TenantId,
        address: &EmailAddress,
    ) -> Result<Option<(AccountId, AddressKind)>, StoreError> {
        let row = self.store.load(&AddressKey { tenant, folded: address.folded() }).await?;
        Ok(row.map(|row| (row.account, row.kind)))
    }
    pub(crate) async fn by_login(&self, login: &str) -> Result<Option<(TenantId, AccountId)>, StoreError> {
        let row = self.store.load(&LoginKey(login.to_lowercase())).await?;
        Ok(row.map(|row| (row.tenant, row.account)))
    }

    /// How much an account may keep: its own quota, else its role's, else the service's.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] and reading errors.
    pub async fn quota(&self, tenant: TenantId, account: AccountId) -> Result<Quota, DirectoryError> {
        let entry = self.account(tenant, account).await?.ok_or(DirectoryError::NotFound(Thing::Account))?;
        Ok(self.quota_of(tenant, &entry).await?)
    }
    /// The same for an account that has been read.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn quota_of(&self, tenant: TenantId, entry: &AccountEntry) -> Result<Quota, StoreError> {
        match entry.quota {
            Some(quota) => Ok(quota),
            None => self.role_quota(tenant, entry.role).await,
        }
    }
    /// What a role may keep in a municipality.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn role_quota(&self, tenant: TenantId, role: model::Role) -> Result<Quota, StoreError> {
        let row = self.store.load(&RoleQuotaKey { tenant, role }).await?;
        Ok(row.unwrap_or(Quota::default_of(role)))
    }
}

//! Lists, in pages where they can be long.

use model::{AccountId, Domain, SchoolId, TenantId};
use store::{Key, KeyRange, Keyspace, StoreError, TypedKey};

use crate::keys::{AccountKey, ClassKey, DomainKey, MemberKey, SchoolKey, TenantKey};
use crate::{
    AccountEntry, AccountState, ClassEntry, Directory, DomainEntry, Group, SchoolEntry, SchoolYear,
    TenantEntry,
};

impl Directory {
    /// Every municipality.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn tenants(&self) -> Result<Vec<(TenantId, TenantEntry)>, StoreError> {
        // No installation has a thousand; a page is all of them.
        let rows = self.store.page::<TenantKey>(&TenantKey::all(), 1000).await?;
        Ok(rows.into_iter().map(|(key, entry)| (key.0, entry)).collect())
    }
    /// The mail domains of a municipality.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn domains(&self, tenant: TenantId) -> Result<Vec<(Domain, DomainEntry)>, StoreError> {
        let all = Key::new(Keyspace::Domain, TenantId::INSTALLATION);
        let rows = self.store.list::<DomainKey>(&all).await?;
        Ok(rows
            .into_iter()
            .filter(|(_, entry)| entry.tenant == tenant)
            .map(|(key, entry)| (key.0, entry))
            .collect())
    }
    /// The schools of a municipality.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn schools(&self, tenant: TenantId) -> Result<Vec<(SchoolId, SchoolEntry)>, StoreError> {
        let rows = self.store.list::<SchoolKey>(&Key::new(Keyspace::School, tenant)).await?;
        Ok(rows.into_iter().map(|(key, entry)| (key.school, entry)).collect())
    }
    /// The classes of a school, of one school year or of all.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn classes(
        &self,
        tenant: TenantId,
        school: SchoolId,
        year: Option<SchoolYear>,
    ) -> Result<Vec<(SchoolYear, ClassEntry)>, StoreError> {
        let rows = self.store.list::<ClassKey>(&ClassKey::prefix(tenant, school, year)).await?;
        Ok(rows.into_iter().map(|(key, entry)| (key.year, entry)).collect())
    }
    /// A page of the accounts of a municipality that are not removed, by id. An empty page is the end.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn accounts(
        &self,
        tenant: TenantId,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<(AccountId, AccountEntry)>, StoreError> {
        let mut range = KeyRange::prefix(&Key::new(Keyspace::Account, tenant));
        if let Some(account) = after {
            range = range.after(&AccountKey { tenant, account }.to_key());
        }
        loop {
            let rows = self.store.page::<AccountKey>(&range, limit).await?;
            let Some((last, _)) = rows.last() else { return Ok(Vec::new()) };
            range = range.after(&last.to_key());
            let present = rows.into_iter().filter(|(_, entry)| entry.state != AccountState::Removed);
            let page: Vec<_> = present.map(|(key, entry)| (key.account, entry)).collect();
            // A page of removed accounts only is not the end.
            if !page.is_empty() {
                return Ok(page);
            }
        }
    }
    /// A page of the accounts of a group, by id. An empty page is the end.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn accounts_of(
        &self,
        tenant: TenantId,
        group: Group,
        after: Option<AccountId>,
        limit: usize,
    ) -> Result<Vec<(AccountId, AccountEntry)>, StoreError> {
        let mut range = KeyRange::prefix(&MemberKey::prefix(tenant, group));
        if let Some(account) = after {
            range = range.after(&MemberKey { tenant, group, account }.to_key());
        }
        let mut page = Vec::new();
        while page.is_empty() {
            let rows = self.store.page::<MemberKey>(&range, limit).await?;
            let Some((last, _)) = rows.last() else { break };
            range = range.after(&last.to_key());
            for (key, _) in rows {
                if let Some(entry) = self.account(tenant, key.account).await? {
                    page.push((key.account, entry));
                }
            }
        }
        Ok(page)
    }
    /// How many accounts a group has.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn count(&self, tenant: TenantId, group: Group) -> Result<usize, StoreError> {
        let mut range = KeyRange::prefix(&MemberKey::prefix(tenant, group));
        let mut count = 0;
        loop {
            let rows = self.store.scan(&range, 1000).await?;
            count += rows.len();
            match rows.last() {
                Some(last) => range = range.after(&last.key),
                None => return Ok(count),
            }
        }
    }
}

//! A small municipality in memory.

use model::{AccountId, EmailAddress, Language, Role, SchoolId, Secret, TenantId, UnixMillis};
use store::{Batch, Lane, MemoryEngine};

use crate::{AuthConfig, Directory, Draft, NameTable, NewAccount, NewTenant, PersonName};

/// 2026-11-23.
pub(crate) const NOW: UnixMillis = UnixMillis(1_795_392_000_000);

/// The cheapest argon2 that there is.
pub(crate) fn cheap() -> AuthConfig {
    AuthConfig { argon2_memory_kib: 8, argon2_passes: 1, verifiers: 2, ..AuthConfig::default() }
}

/// `skola.test` with one school, and `other.test`, which belongs to another municipality.
pub(crate) struct School {
    pub(crate) directory: Directory,
    pub(crate) tenant: TenantId,
    pub(crate) other: TenantId,
    pub(crate) school: SchoolId,
}

impl School {
    pub(crate) async fn open() -> Self {
        Self::with(cheap()).await
    }
    pub(crate) async fn with(config: AuthConfig) -> Self {
        let directory = Directory::new(MemoryEngine::store(), config);
        let tenant = tenant(&directory, "Granköpings kommun", "skola.test").await;
        let other = self::tenant(&directory, "Tallköpings kommun", "other.test").await;
        let code = "99900001".parse().unwrap();
        let (school, batch) = directory.add_school(tenant, code, "Åsaskolan", NOW).await.unwrap();
        directory.store().commit(batch).await.unwrap();
        Self { directory, tenant, other, school }
    }
    pub(crate) async fn commit(&self, batch: Batch) {
        self.directory.store().commit(batch).await.unwrap();
    }
    pub(crate) fn new_account(&self, role: Role, first: &str, last: &str) -> NewAccount {
        NewAccount {
            role,
            name: PersonName::parse(first, last).unwrap(),
            school: Some(self.school),
            class: None,
            address: None,
            password: None,
            language: None,
        }
    }
    pub(crate) async fn add(&self, role: Role, first: &str, last: &str) -> AccountId {
        let new = self.new_account(role, first, last);
        let plan = self.directory.plan_account(self.tenant, new, &mut Draft::default(), NOW).await.unwrap();
        self.commit(plan.batch).await;
        plan.account
    }
    pub(crate) async fn set_password(&self, account: AccountId, password: &str) {
        let hash = self.directory.hash_password(&secret(password), Lane::Interactive).await.unwrap();
        let batch = self.directory.set_password(self.tenant, account, hash, NOW).await.unwrap();
        self.commit(batch).await;
    }
}

async fn tenant(directory: &Directory, name: &str, domain: &str) -> TenantId {
    let new = NewTenant {
        name: name.into(),
        language: Language::Sv,
        domain: domain.parse().unwrap(),
        table: NameTable::Sv,
    };
    let (tenant, batch) = directory.create_tenant(new, NOW).await.unwrap();
    directory.store().commit(batch).await.unwrap();
    tenant
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}
pub(crate) fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

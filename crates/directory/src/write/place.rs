//! Municipalities, mail domains, schools, classes, and the quotas of roles.

use model::{ClassId, Domain, Language, Role, SchoolId, TenantId, UnixMillis};
use store::Batch;

use super::Draft;
use crate::keys::{ClassKey, DomainKey, RoleQuotaKey, SchoolCodeKey, SchoolKey, TenantKey};
use crate::names::{NameTable, class_label, title};
use crate::{
    ClassEntry, ClassRef, Directory, DirectoryError, DomainEntry, Quota, SchoolCode, SchoolEntry, SchoolRef,
    SchoolYear, TenantEntry, Thing, random,
};

/// A municipality to be made, with its first domain.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its name.
    pub name: String,
    /// What its people read.
    pub language: Language,
    /// Where its addresses are made.
    pub domain: Domain,
    /// How names become addresses there.
    pub table: NameTable,
}

impl Directory {
    /// A new municipality.
    ///
    /// # Errors
    /// [`DirectoryError::Exists`] if the domain is somebody's; naming and reading errors.
    pub async fn create_tenant(
        &self,
        new: NewTenant,
        now: UnixMillis,
    ) -> Result<(TenantId, Batch), DirectoryError> {
        let name = title(&new.name)?;
        let last = self.tenants().await?.last().map_or(0, |(tenant, _)| tenant.get());
        let tenant = TenantId::new(last + 1);
        let mut batch = self.domain_rows(tenant, &new.domain, new.table, now).await?;
        let entry = TenantEntry {
            name,
            language: new.language,
            domain: new.domain,
            created: now,
            tombstone_key: random::key(),
        };
        batch.require_absent(&TenantKey(tenant));
        batch.put(&TenantKey(tenant), &entry);
        Ok((tenant, batch))
    }

    /// One more mail domain.
    ///
    /// # Errors
    /// [`DirectoryError::Exists`] if it is somebody's; reading errors.
    pub async fn add_domain(
        &self,
        tenant: TenantId,
        domain: &Domain,
        table: NameTable,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        self.tenant_entry(tenant).await?;
        let mut batch = self.domain_rows(tenant, domain, table, now).await?;
        batch.require_present(&TenantKey(tenant));
        Ok(batch)
    }

    async fn domain_rows(
        &self,
        tenant: TenantId,
        domain: &Domain,
        table: NameTable,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        if self.domain(domain).await?.is_some() {
            return Err(DirectoryError::Exists(Thing::Domain));
        }
        let (key, mut batch) = (DomainKey(domain.clone()), Batch::new(now));
        batch.require_absent(&key);
        batch.put(&key, &DomainEntry { tenant, table, created: now });
        Ok(batch)
    }

    /// A new school.
    ///
    /// # Errors
    /// [`DirectoryError::Exists`] if the code is taken; naming and reading errors.
    pub async fn add_school(
        &self,
        tenant: TenantId,
        code: SchoolCode,
        name: &str,
        now: UnixMillis,
    ) -> Result<(SchoolId, Batch), DirectoryError> {
        self.tenant_entry(tenant).await?;
        if self.school_by_code(tenant, code).await?.is_some() {
            return Err(DirectoryError::Exists(Thing::School));
        }
        let entry = SchoolEntry { code, name: title(name)?, created: now };
        let school = SchoolId::new(random::number());
        let (key, by_code) = (SchoolKey { tenant, school }, SchoolCodeKey { tenant, code });
        let mut batch = Batch::new(now);
        batch.require_present(&TenantKey(tenant));
        batch.require_absent(&key);
        batch.require_absent(&by_code);
        batch.put(&key, &entry);
        batch.put(&by_code, &SchoolRef { school });
        Ok((school, batch))
    }

    /// The class of a label; it is made if the school year has none. The batch is without changes if it is there.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] without the school; naming and reading errors.
    pub async fn ensure_class(
        &self,
        tenant: TenantId,
        school: SchoolId,
        text: &str,
        year: SchoolYear,
        draft: &mut Draft,
        now: UnixMillis,
    ) -> Result<(ClassRef, Batch), DirectoryError> {
        let (label, mut batch) = (class_label(text)?, Batch::new(now));
        if self.school(tenant, school).await?.is_none() {
            return Err(DirectoryError::NotFound(Thing::School));
        }
        if let Some(class) = draft.class(school, year, &label) {
            return Ok((class.clone(), batch));
        }
        let key = ClassKey::new(tenant, school, year, &label);
        if let Some(entry) = self.store.load(&key).await? {
            return Ok((ClassRef { class: entry.class, year, label: entry.label }, batch));
        }
        let class = ClassId::new(random::number());
        batch.require_absent(&key);
        batch.put(&key, &ClassEntry { class, label: label.clone() });
        let class = ClassRef { class, year, label };
        draft.add_class(school, class.clone());
        Ok((class, batch))
    }

    /// Sets what a role may keep; `None` goes back to the service's own value.
    pub fn set_role_quota(
        &self,
        tenant: TenantId,
        role: Role,
        quota: Option<Quota>,
        now: UnixMillis,
    ) -> Batch {
        let (key, mut batch) = (RoleQuotaKey { tenant, role }, Batch::new(now));
        batch.require_present(&TenantKey(tenant));
        match quota {
            Some(quota) => batch.put(&key, &quota),
            None => batch.delete(&key),
        }
        batch
    }
}

//! Rows of the directory as the caller sees them.

use std::collections::HashMap;

use admin_api::{Account, Quota};
use directory::{AccountEntry, AccountState, AddressKind, Directory};
use model::{AccountId, SchoolId, TenantId};
use store::StoreError;

/// Shows accounts; asks for each school once.
pub(crate) struct Viewer<'a> {
    directory: &'a Directory,
    tenant: TenantId,
    schools: HashMap<SchoolId, Option<String>>,
}

impl<'a> Viewer<'a> {
    pub(crate) fn new(directory: &'a Directory, tenant: TenantId) -> Self {
        Self { directory, tenant, schools: HashMap::new() }
    }

    pub(crate) async fn account(
        &mut self,
        id: AccountId,
        entry: &AccountEntry,
    ) -> Result<Account, StoreError> {
        let addresses = |wanted: fn(AddressKind) -> bool| {
            let kept = entry.aliases.iter().filter(move |alias| wanted(alias.kind));
            kept.map(|alias| alias.address.clone()).collect()
        };
        let state = match entry.state {
            AccountState::Active => "active",
            AccountState::Locked => "locked",
            AccountState::Removed => "removed",
            AccountState::Function => "function",
        };
        Ok(Account {
            id: id.to_string(),
            login: entry.login.clone(),
            role: entry.role,
            first: entry.first.clone(),
            last: entry.last.clone(),
            state: state.to_owned(),
            school: self.school(entry.school).await?,
            class: entry.class.as_ref().map(|class| class.label.clone()),
            address: entry.address.clone(),
            aliases: addresses(|kind| matches!(kind, AddressKind::Alias)),
            former: addresses(|kind| matches!(kind, AddressKind::Former { .. })),
            password_set: entry.password.is_some(),
            quota: quota(self.directory.quota_of(self.tenant, entry).await?),
            used: None,
            denied_capabilities: Vec::new(),
            language: entry.language,
            created: entry.created,
        })
    }

    pub(crate) async fn school(&mut self, school: Option<SchoolId>) -> Result<Option<String>, StoreError> {
        let Some(school) = school else { return Ok(None) };
        if let Some(code) = self.schools.get(&school) {
            return Ok(code.clone());
        }
        let code = self.directory.school(self.tenant, school).await?.map(|entry| entry.code.to_string());
        self.schools.insert(school, code.clone());
        Ok(code)
    }
}

pub(crate) const fn quota(quota: directory::Quota) -> Quota {
    Quota { octets: quota.octets_max, messages: quota.messages_max }
}

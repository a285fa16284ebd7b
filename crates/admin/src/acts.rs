//! The acts, each in the file of what it is about.

mod account;
mod address;
mod audit;
mod capability;
mod function;
mod import;
mod place;
mod quota;
mod report;

use admin_api::{Answer, Request};
use directory::{AccountEntry, AccountState, DirectoryError, SchoolCode, Thing};
use model::{AccountId, SchoolId, TenantId, UnixMillis};
use store::Batch;

use crate::actor::Actor;
use crate::audit::Act;
use crate::rights::{Operation, Target};
use crate::{Admin, AdminError, Lines};

/// One request of one actor in one municipality.
pub(crate) struct Acts<'a> {
    pub(crate) admin: &'a Admin,
    pub(crate) tenant: TenantId,
    pub(crate) actor: &'a Actor,
    pub(crate) lines: &'a Lines,
    pub(crate) now: UnixMillis,
}

impl Acts<'_> {
    pub(crate) async fn perform(&self, request: &Request) -> Result<Answer, AdminError> {
        match request {
            // Only without --as, and answered before a municipality is looked for.
            Request::MunicipalityAdd { .. } | Request::MunicipalityList => Err(AdminError::Forbidden),
            Request::DomainAdd { domain } => self.domain_add(domain).await,
            Request::DomainList => self.domain_list().await,
            Request::SchoolAdd { code, name } => self.school_add(code, name).await,
            Request::SchoolList => self.school_list().await,
            Request::ClassAdd { school, label } => self.class_add(school, label).await,
            Request::ClassList { school } => self.class_list(school).await,
            Request::AccountAdd { .. } => self.account_add(request).await,
            Request::AccountList { .. } => self.account_list(request).await,
            Request::AccountShow { account } => self.account_show(account).await,
            Request::AccountPasswd { account, password } => {
                self.account_passwd(account, password.as_ref()).await
            }
            Request::AccountLock { account } => self.account_lock(account).await,
            Request::AccountUnlock { account } => self.account_unlock(account).await,
            Request::AccountRename { account, first, last, address } => {
                self.account_rename(account, first, last, address.as_ref()).await
            }
            Request::AccountRemove { account } => self.account_remove(account).await,
            Request::AccountDenyCapability { account, capability } => {
                self.capability(account, capability, true).await
            }
            Request::AccountAllowCapability { account, capability } => {
                self.capability(account, capability, false).await
            }
            Request::AliasAdd { account, address } => self.alias_add(account, address).await,
            Request::AliasRemove { account, address } => self.alias_remove(account, address).await,
            Request::AliasList { account } => self.account_show(account).await,
            Request::FunctionAdd { .. } => self.function_add(request).await,
            Request::FunctionList { school } => self.function_list(school.as_deref()).await,
            Request::FunctionShow { function } => self.function_show(function).await,
            Request::FunctionSet { function, name, confidential } => {
                self.function_set(function, name.as_deref(), *confidential).await
            }
            Request::FunctionMemberAdd { function, account, rights } => {
                self.member_add(function, account, *rights).await
            }
            Request::FunctionMemberRemove { function, account } => {
                self.member_remove(function, account).await
            }
            Request::FunctionManager { function, account } => {
                self.function_manager(function, account.as_deref()).await
            }
            Request::FunctionRemove { function } => self.function_remove(function).await,
            Request::QuotaShow { account, role } => self.quota_show(account.as_deref(), *role).await,
            Request::QuotaSet { account, role, octets, messages } => {
                self.quota_set(account.as_deref(), *role, *octets, *messages).await
            }
            Request::Import { file, dry_run } => self.import(&file.0, *dry_run).await,
            Request::Trace { what, limit } => self.trace(what, *limit).await,
            Request::AuditList { limit, from, to, account } => {
                self.audit_list(*limit, (*from, *to), account.as_deref()).await
            }
            Request::Status => self.status().await,
            Request::StoreRebuildSearch => self.store_rebuild_search().await,
            Request::StoreCheck => self.store_check().await,
            Request::StoreExport { to } => self.store_export(to).await,
        }
    }

    fn may(&self, operation: Operation, target: Target) -> Result<(), AdminError> {
        self.actor.may(operation, target)
    }
    async fn commit(&self, act: Act, batch: Batch) -> Result<(), AdminError> {
        self.admin.commit(self.tenant, self.actor, act, batch).await
    }

    async fn school_id(&self, code: &str) -> Result<SchoolId, AdminError> {
        let code: SchoolCode = code.trim().parse().map_err(|_| {
            AdminError::request(
                "En skolenhetskod har åtta siffror.",
                "A school code (skolenhetskod) has eight digits.",
            )
        })?;
        let school = self.admin.directory.school_by_code(self.tenant, code).await?;
        school.ok_or(AdminError::Directory(DirectoryError::NotFound(Thing::School)))
    }

    /// A person's account that is not removed.
    async fn find(&self, word: &str) -> Result<(AccountId, AccountEntry), AdminError> {
        let found = self.find_receiving(word).await?;
        match found.1.state {
            AccountState::Function => Err(self.not_a_person(&found.1)),
            _ => Ok(found),
        }
    }

    /// The account of a person or a function that is not removed.
    async fn find_receiving(&self, word: &str) -> Result<(AccountId, AccountEntry), AdminError> {
        let (account, entry) = self.admin.directory.find_account(self.tenant, word.trim()).await?;
        if entry.state == AccountState::Removed {
            return Err(DirectoryError::NotFound(Thing::Account).into());
        }
        Ok((account, entry))
    }
}

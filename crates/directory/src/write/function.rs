//! Functions of a school, such as `expedition@`: an account that receives and that nobody logs in with.
//!
//! Its address may be a reserved one. When it is removed, the address stays the school's, which may make it again; only
//! those of who runs the mail pass between schools. Who works in its mailboxes is
//! written in `mailbox`; here stands who decides about that.

use model::{AccountId, CredentialVersion, EmailAddress, Role, SchoolId, TenantId, UnixMillis};
use store::{Batch, StoreError};

use super::PlannedAccount;
use super::account::{account_rows, new_login};
use super::address::Purpose;
use crate::keys::{AccountKey, FunctionKey, SchoolKey};
use crate::names::title;
use crate::{
    AccountEntry, AccountState, AddressEntry, AddressKind, Directory, DirectoryError, FunctionEntry, Thing,
    random,
};

/// A function to be made.
#[derive(Clone, Debug)]
pub struct NewFunction {
    /// Whose it is.
    pub school: SchoolId,
    /// What people call it, such as “Expeditionen Åsaskolan”.
    pub name: String,
    /// Where it receives.
    pub address: EmailAddress,
    /// See [`FunctionEntry::confidential`].
    pub confidential: bool,
    /// See [`FunctionEntry::manager`].
    pub manager: Option<AccountId>,
}

impl Directory {
    /// Plans a function; its mailboxes are to be added.
    ///
    /// # Errors
    /// What is wrong with name, address or school; reading errors.
    pub async fn plan_function(
        &self,
        tenant: TenantId,
        new: NewFunction,
        now: UnixMillis,
    ) -> Result<PlannedAccount, DirectoryError> {
        let municipality = self.tenant_entry(tenant).await?;
        if self.school(tenant, new.school).await?.is_none() {
            return Err(DirectoryError::NotFound(Thing::School));
        }
        let account = AccountId::new(random::number());
        let before = self
            .check_address(tenant, &municipality, &new.address, account, Purpose::Function(new.school))
            .await?;
        let mut batch = Batch::new(now);
        batch.require_present(&SchoolKey { tenant, school: new.school });
        let to = AddressEntry { account, kind: AddressKind::Primary };
        Self::give_address(&mut batch, tenant, &municipality, &new.address, to, before, now);
        let entry = AccountEntry {
            login: new_login(),
            role: Role::Staff,
            first: title(&new.name)?,
            last: String::new(),
            state: AccountState::Function,
            school: Some(new.school),
            class: None,
            address: new.address,
            aliases: Vec::new(),
            password: None,
            version: CredentialVersion::default(),
            quota: None,
            language: municipality.language,
            created: now,
            changed: now,
        };
        account_rows(&mut batch, tenant, &municipality, account, &entry);
        let function = FunctionEntry { confidential: new.confidential, manager: new.manager };
        batch.put(&FunctionKey { tenant, account }, &function);
        Ok(PlannedAccount { account, entry, batch })
    }

    /// What makes an account a function; `None` for a person's.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn function(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<FunctionEntry>, StoreError> {
        self.store.load(&FunctionKey { tenant, account }).await
    }

    /// The function that has an address.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] and reading errors.
    pub async fn find_function(
        &self,
        tenant: TenantId,
        word: &str,
    ) -> Result<(AccountId, AccountEntry, FunctionEntry), DirectoryError> {
        const NONE: DirectoryError = DirectoryError::NotFound(Thing::Function);
        let (account, entry) = match self.find_account(tenant, word).await {
            Err(DirectoryError::NotFound(_)) => return Err(NONE),
            found => found?,
        };
        if entry.state != AccountState::Function {
            return Err(NONE);
        }
        let function = self.function(tenant, account).await?.ok_or(NONE)?;
        Ok((account, entry, function))
    }

    /// All functions of a municipality, by id.
    ///
    /// # Errors
    /// [`StoreError`] if they cannot be read.
    pub async fn functions(
        &self,
        tenant: TenantId,
    ) -> Result<Vec<(AccountId, AccountEntry, FunctionEntry)>, StoreError> {
        let mut all = Vec::new();
        for (key, function) in self.store.list::<FunctionKey>(&FunctionKey::prefix(tenant)).await? {
            if let Some(entry) = self.account(tenant, key.account).await? {
                all.push((key.account, entry, function));
            }
        }
        Ok(all)
    }

    /// Changes what people call a function, and how it is guarded.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub fn change_function(
        &self,
        tenant: TenantId,
        account: AccountId,
        (entry, old): (&AccountEntry, FunctionEntry),
        (name, new): (&str, FunctionEntry),
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (key, mut batch) = (AccountKey { tenant, account }, Batch::new(now));
        batch.require_is(&key, entry);
        batch.put(&key, &AccountEntry { first: title(name)?, changed: now, ..entry.clone() });
        let key = FunctionKey { tenant, account };
        batch.require_is(&key, &old);
        batch.put(&key, &new);
        Ok(batch)
    }

    /// Changes who answers for a function.
    pub fn set_manager(
        &self,
        tenant: TenantId,
        account: AccountId,
        old: FunctionEntry,
        manager: Option<AccountId>,
        now: UnixMillis,
    ) -> Batch {
        let (key, mut batch) = (FunctionKey { tenant, account }, Batch::new(now));
        batch.require_is(&key, &old);
        batch.put(&key, &FunctionEntry { manager, ..old });
        batch
    }

    /// Makes a batch hold only if a function is still as it was read.
    pub fn require_function(
        &self,
        batch: &mut Batch,
        tenant: TenantId,
        account: AccountId,
        function: &FunctionEntry,
    ) {
        batch.require_present(&AccountKey { tenant, account });
        batch.require_is(&FunctionKey { tenant, account }, function);
    }
}

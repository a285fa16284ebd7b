//! Removing an account: at once for everybody who looks, in steps for what it keeps.
//!
//! The first commit takes the addresses, the names and the password away, ends the sessions and leaves tombstones. The
//! stripped row stays, listed under [`Group::Removed`], until its mailboxes are deleted; then [`Directory::forget`]
//! removes it. A crash in between leaves the list, and the work goes on.

use model::{AccountId, TenantId, UnixMillis};
use store::Batch;

use super::account::groups;
use crate::keys::{AccountKey, AddressKey, DeniedKey, FunctionKey, MemberKey, TombstoneKey};
use crate::names::is_operators;
use crate::{
    AccountEntry, AccountState, Directory, DirectoryError, Group, MemberEntry, Thing, TombstoneEntry,
};

impl Directory {
    /// Removes an account.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] and reading errors.
    pub async fn remove(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (key, old) = self.receiving_account(tenant, account).await?;
        let municipality = self.tenant_entry(tenant).await?;
        let mut batch = Batch::new(now);
        batch.require_is(&key, &old);
        batch.put(&key, &stripped(&old, now));
        let tombstone = TombstoneKey::account(tenant, &municipality, account);
        batch.put(&tombstone, &TombstoneEntry { account, given: old.created, school: None });
        for (address, _) in old.addresses() {
            batch.delete(&AddressKey { tenant, folded: address.folded() });
        }
        if old.state == AccountState::Function {
            batch.delete(&FunctionKey { tenant, account });
            for (address, _) in
                old.addresses().filter(|(address, _)| !is_operators(&address.local().folded()))
            {
                let tombstone = TombstoneKey::address(tenant, &municipality, &address.folded());
                batch.put(&tombstone, &TombstoneEntry { account, given: now, school: old.school });
            }
        }
        batch.delete(&DeniedKey { tenant, account });
        for group in groups(&old) {
            batch.delete(&MemberKey { tenant, group, account });
        }
        batch.put(&MemberKey { tenant, group: Group::Removed, account }, &MemberEntry { since: now });
        Ok(batch)
    }

    /// Removes the last row of a removed account, when nothing of it is left elsewhere.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] if it is not there or not removed; reading errors.
    pub async fn forget(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let key = AccountKey { tenant, account };
        match self.account(tenant, account).await? {
            Some(entry) if entry.state == AccountState::Removed => {
                let mut batch = Batch::new(now);
                batch.require_is(&key, &entry);
                batch.delete(&key);
                batch.delete(&MemberKey { tenant, group: Group::Removed, account });
                Ok(batch)
            }
            _ => Err(DirectoryError::NotFound(Thing::Account)),
        }
    }
}

/// Without what tells who it was. The address stays for the audit of the purge; it says no more than its tombstone.
fn stripped(old: &AccountEntry, now: UnixMillis) -> AccountEntry {
    AccountEntry {
        first: String::new(),
        last: String::new(),
        state: AccountState::Removed,
        school: None,
        class: None,
        aliases: Vec::new(),
        password: None,
        version: old.version.next(),
        quota: None,
        changed: now,
        ..old.clone()
    }
}

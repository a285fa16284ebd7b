//! Giving an address: once, to one account, for ever.

use model::{AccountId, EmailAddress, LocalPart, SchoolId, TenantId, UnixMillis};
use store::Batch;

use super::Draft;
use crate::keys::{AddressKey, TombstoneKey};
use crate::names::{NameTable, PersonName, is_function, is_mechanical, is_reserved, local_part, with_suffix};
use crate::{AddressEntry, Directory, DirectoryError, TenantEntry, TombstoneEntry};

/// How an address is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A person's own.
    Person,
    /// A further one of a member of staff, which may be a function's.
    StaffAlias,
    /// A function's own, of this school.
    Function(SchoolId),
}

impl Directory {
    /// Checks an address that somebody has chosen for `account`, and says whether the account had it before.
    pub(super) async fn check_address(
        &self,
        tenant: TenantId,
        entry: &TenantEntry,
        address: &EmailAddress,
        account: AccountId,
        purpose: Purpose,
    ) -> Result<Option<TombstoneEntry>, DirectoryError> {
        let local = address.local().folded();
        if !local.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)) {
            return Err(DirectoryError::AddressCharacters(address.clone()));
        }
        match purpose {
            Purpose::Function(_) if is_mechanical(&local) => {
                return Err(DirectoryError::AddressMechanical(address.clone()));
            }
            Purpose::StaffAlias if is_function(&local) => {}
            Purpose::Person | Purpose::StaffAlias if is_reserved(&local) => {
                return Err(DirectoryError::AddressReserved(address.clone()));
            }
            _ => {}
        }
        if self.tenant_of(address.domain()).await? != Some(tenant) {
            return Err(DirectoryError::ForeignDomain(address.clone()));
        }
        if self.holder(tenant, address).await?.is_some() {
            return Err(DirectoryError::AddressTaken(address.clone()));
        }
        let tombstone = TombstoneKey::address(tenant, entry, &address.folded());
        let again = |before: &TombstoneEntry| match purpose {
            Purpose::Function(school) => before.school == Some(school),
            Purpose::Person | Purpose::StaffAlias => before.account == account,
        };
        match self.store.load(&tombstone).await? {
            Some(before) if !again(&before) => Err(DirectoryError::AddressUsedBefore(address.clone())),
            seen => Ok(seen),
        }
    }

    /// The address that a name gives: the first holder has `first.last`, the next ones a suffix.
    pub(super) async fn free_address(
        &self,
        tenant: TenantId,
        entry: &TenantEntry,
        name: &PersonName,
        draft: &Draft,
    ) -> Result<EmailAddress, DirectoryError> {
        const TRIES: usize = 60;
        let table = self.domain(&entry.domain).await?.map_or(NameTable::Sv, |domain| domain.table);
        let base = local_part(table, name).ok_or(DirectoryError::NoAutomaticAddress)?;
        for attempt in 0..TRIES {
            let local = match attempt {
                0 => base.clone(),
                1..20 => with_suffix(&base, 2),
                _ => with_suffix(&base, 3),
            };
            let Ok(local) = local.parse::<LocalPart>() else { break };
            let address = EmailAddress::new(local, entry.domain.clone());
            if self.is_free(tenant, entry, &address, draft).await? {
                return Ok(address);
            }
        }
        Err(DirectoryError::NoAutomaticAddress)
    }

    async fn is_free(
        &self,
        tenant: TenantId,
        entry: &TenantEntry,
        address: &EmailAddress,
        draft: &Draft,
    ) -> Result<bool, DirectoryError> {
        let folded = address.folded();
        if is_reserved(&address.local().folded()) || draft.has_address(&folded) {
            return Ok(false);
        }
        let used = self.store.load(&TombstoneKey::address(tenant, entry, &folded)).await?.is_some();
        Ok(!used && self.holder(tenant, address).await?.is_none())
    }

    /// The rows of a new address. A reserved one is no person's: it leaves a tombstone only where a school's function
    /// is removed.
    pub(super) fn give_address(
        batch: &mut Batch,
        tenant: TenantId,
        entry: &TenantEntry,
        address: &EmailAddress,
        to: AddressEntry,
        before: Option<TombstoneEntry>,
        now: UnixMillis,
    ) {
        let folded = address.folded();
        let key = AddressKey { tenant, folded: folded.clone() };
        batch.require_absent(&key);
        batch.put(&key, &to);
        if !is_reserved(&address.local().folded()) {
            let tombstone = TombstoneKey::address(tenant, entry, &folded);
            match before {
                Some(before) => batch.require_is(&tombstone, &before),
                None => batch.require_absent(&tombstone),
            }
            batch.put(&tombstone, &TombstoneEntry { account: to.account, given: now, school: None });
        }
    }
}

//! Changes of one account: password, lock, quota, name and addresses.

use model::{AccountId, EmailAddress, Language, TenantId, UnixMillis};
use store::{Batch, Record};

use super::Draft;
use super::address::Purpose;
use crate::keys::{AccountKey, AddressKey};
use crate::{
    AccountEntry, AccountState, AddressEntry, AddressKind, Alias, Directory, DirectoryError, PasswordHash,
    PersonName, Quota, Thing,
};

impl Directory {
    /// Sets the password and ends the sessions of the old one.
    ///
    /// # Errors
    /// [`DirectoryError::NotFound`] and reading errors; so for all below.
    pub async fn set_password(
        &self,
        tenant: TenantId,
        account: AccountId,
        password: PasswordHash,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        self.edit(tenant, account, now, |entry| {
            entry.password = Some(password);
            entry.version = entry.version.next();
        })
        .await
    }
    /// Locks the account and ends its sessions. Whether mail still comes in is `flow`'s to say.
    ///
    /// # Errors
    /// See [`Self::set_password`].
    pub async fn lock(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        self.edit(tenant, account, now, |entry| {
            entry.state = AccountState::Locked;
            entry.version = entry.version.next();
        })
        .await
    }
    /// Unlocks the account. What was verified before it was locked stays forgotten.
    ///
    /// # Errors
    /// See [`Self::set_password`].
    pub async fn unlock(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        self.edit(tenant, account, now, |entry| {
            entry.state = AccountState::Active;
            entry.version = entry.version.next();
        })
        .await
    }
    /// Gives the account a quota of its own; `None` goes back to that of its role.
    ///
    /// # Errors
    /// See [`Self::set_password`].
    pub async fn set_quota(
        &self,
        tenant: TenantId,
        account: AccountId,
        quota: Option<Quota>,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (key, old) = self.receiving_account(tenant, account).await?;
        let mut batch = Batch::new(now);
        replace(&mut batch, &key, &old, AccountEntry { quota, ..old.clone() }, now)?;
        Ok(batch)
    }
    /// Sets the language that its holder reads.
    ///
    /// # Errors
    /// See [`Self::set_password`].
    pub async fn set_language(
        &self,
        tenant: TenantId,
        account: AccountId,
        language: Language,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        self.edit(tenant, account, now, |entry| entry.language = language).await
    }

    /// A new name with a new address, chosen or made from the name. The old address receives until `old_until`; `None`
    /// closes it at once.
    ///
    /// # Errors
    /// See [`Self::set_password`]; what is wrong with the address.
    pub async fn rename(
        &self,
        tenant: TenantId,
        account: AccountId,
        name: PersonName,
        address: Option<EmailAddress>,
        old_until: Option<UnixMillis>,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (key, old) = self.present(tenant, account).await?;
        let municipality = self.tenant_entry(tenant).await?;
        let mut batch = Batch::new(now);
        let (address, before) = match address {
            Some(address) => {
                let before =
                    self.check_address(tenant, &municipality, &address, account, Purpose::Person).await?;
                (address, before)
            }
            None => (self.free_address(tenant, &municipality, &name, &Draft::default()).await?, None),
        };
        let mut new = old.clone();
        name.first().clone_into(&mut new.first);
        name.last().clone_into(&mut new.last);
        let former = AddressKey { tenant, folded: old.address.folded() };
        match old_until {
            Some(until) => {
                let kind = AddressKind::Former { until };
                batch.put(&former, &AddressEntry { account, kind });
                new.aliases.push(Alias { address: old.address.clone(), kind });
            }
            None => batch.delete(&former),
        }
        let to = AddressEntry { account, kind: AddressKind::Primary };
        Self::give_address(&mut batch, tenant, &municipality, &address, to, before, now);
        new.address = address;
        replace(&mut batch, &key, &old, new, now)?;
        Ok(batch)
    }

    /// One more address.
    ///
    /// # Errors
    /// See [`Self::set_password`]; what is wrong with the address.
    pub async fn add_alias(
        &self,
        tenant: TenantId,
        account: AccountId,
        address: &EmailAddress,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (key, old) = self.present(tenant, account).await?;
        let municipality = self.tenant_entry(tenant).await?;
        if old.owns_live(address) {
            return Err(DirectoryError::Exists(Thing::Address));
        }
        let mut batch = Batch::new(now);
        let mut new = old.clone();
        let folded = address.folded();
        let to = AddressEntry { account, kind: AddressKind::Alias };
        if let Some(former) = new.aliases.iter_mut().find(|alias| alias.address.folded() == folded) {
            // Its own from before: only the kind changes.
            former.kind = AddressKind::Alias;
            batch.put(&AddressKey { tenant, folded }, &to);
        } else {
            let purpose = if old.role.is_staff() { Purpose::StaffAlias } else { Purpose::Person };
            let before = self.check_address(tenant, &municipality, address, account, purpose).await?;
            Self::give_address(&mut batch, tenant, &municipality, address, to, before, now);
            new.aliases.push(Alias { address: address.clone(), kind: AddressKind::Alias });
        }
        replace(&mut batch, &key, &old, new, now)?;
        Ok(batch)
    }
    /// Takes an address away; nobody else ever gets it.
    ///
    /// # Errors
    /// See [`Self::set_password`]; [`DirectoryError::PrimaryAddress`] for the first one.
    pub async fn remove_alias(
        &self,
        tenant: TenantId,
        account: AccountId,
        address: &EmailAddress,
        now: UnixMillis,
    ) -> Result<Batch, DirectoryError> {
        let (key, old) = self.present(tenant, account).await?;
        let folded = address.folded();
        if old.address.folded() == folded {
            return Err(DirectoryError::PrimaryAddress);
        }
        let mut new = old.clone();
        new.aliases.retain(|alias| alias.address.folded() != folded);
        if new.aliases.len() == old.aliases.len() {
            return Err(DirectoryError::NotFound(Thing::Address));
        }
        let mut batch = Batch::new(now);
        batch.delete(&AddressKey { tenant, folded });
        replace(&mut batch, &key, &old, new, now)?;
        Ok(batch)
    }

    /// Makes a batch hold only if an account is still as it was read: the rights of whoever acts.
    pub fn require_unchanged(
        &self,
        batch: &mut Batch,
        tenant: TenantId,
        account: AccountId,
        entry: &AccountEntry,
    ) {
        batch.require_is(&AccountKey { tenant, account }, entry);
    }

    async fn edit(
        &self,
        tenant: TenantId,
        account: AccountId,
        now: UnixMillis,
        change: impl FnOnce(&mut AccountEntry),
    ) -> Result<Batch, DirectoryError> {
        let (key, old) = self.present(tenant, account).await?;
        let (mut new, mut batch) = (old.clone(), Batch::new(now));
        change(&mut new);
        replace(&mut batch, &key, &old, new, now)?;
        Ok(batch)
    }

    /// A person's account that is not removed. A function has no password, no lock and one address.
    pub(super) async fn present(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<(AccountKey, AccountEntry), DirectoryError> {
        match self.receiving_account(tenant, account).await? {
            (_, entry) if entry.state == AccountState::Function => {
                Err(DirectoryError::NotFound(Thing::Account))
            }
            person => Ok(person),
        }
    }

    /// An account of a person or function that is not removed.
    pub(super) async fn receiving_account(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<(AccountKey, AccountEntry), DirectoryError> {
        match self.account(tenant, account).await? {
            Some(entry) if entry.state != AccountState::Removed => {
                Ok((AccountKey { tenant, account }, entry))
            }
            _ => Err(DirectoryError::NotFound(Thing::Account)),
        }
    }
}

fn replace(
    batch: &mut Batch,
    key: &AccountKey,
    old: &AccountEntry,
    mut new: AccountEntry,
    now: UnixMillis,
) -> Result<(), DirectoryError> {
    new.changed = now;
    if new.encode().len() > Batch::VALUE_OCTETS_MAX {
        return Err(DirectoryError::TooManyAddresses);
    }
    batch.require_is(key, old);
    batch.put(key, &new);
    Ok(())
}

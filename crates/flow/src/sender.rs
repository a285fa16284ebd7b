//! May this sender send this? Only asked of people who have logged in.
//!
//! RFC 6409 §6.1 (MAIL FROM), §8.1 (From and Sender, and their Resent fields); RFC 8098 §3: a receipt has the empty return path, so people may use
//! it; its From is theirs all the same.
//!
//! A member of a function sends as the function: then the function's address stands in MAIL FROM and From like an own one.

use directory::{AccountEntry, AccountState, Directory, DirectoryError, Login};
use mailbox::rights_of_member;
use message::{SenderField, from_addresses};
use model::{AccountId, EmailAddress, ReversePath, Right};
use store::{Store, StoreError};

use crate::Refusal;

/// Reads the sender's account; refuses if it may not be used any more.
pub(crate) async fn account(directory: &Directory, login: &Login) -> Result<AccountEntry, Refusal> {
    match directory.account(login.tenant, login.account).await {
        Ok(Some(entry)) if entry.state == AccountState::Active => Ok(entry),
        Ok(_) => Err(Refusal::closed_account()),
        Err(error) => Err(Refusal::of_store(&error)),
    }
}

/// Somebody who has logged in and sends.
pub(crate) struct Sender<'a> {
    pub(crate) store: &'a Store,
    pub(crate) directory: &'a Directory,
    pub(crate) login: &'a Login,
    pub(crate) account: &'a AccountEntry,
}

impl Sender<'_> {
    /// MAIL FROM.
    pub(crate) async fn return_path(&self, from: &ReversePath) -> Result<(), Refusal> {
        match from {
            ReversePath::Address(address) => self.may_use(address).await.map(|_| ()),
            ReversePath::Null => Ok(()),
        }
    }

    /// From, Sender and their Resent fields: every address in them is the sender's own or that of a function which the
    /// sender may answer for, there is no doubt which they are, and no display name shows an address of somebody else
    /// here. Returns the function in From: its mailboxes keep a copy.
    pub(crate) async fn authors(&self, header: &[u8]) -> Result<Option<EmailAddress>, Refusal> {
        let authors = from_addresses(header).map_err(Refusal::author)?;
        let mut function: Option<(AccountId, &EmailAddress)> = None;
        for author in &authors {
            let found = self.may_use(&author.address).await?;
            if let (Some(found), SenderField::From) = (found, author.field) {
                if function.is_some_and(|(other, _)| other != found) {
                    return Err(Refusal::several_functions());
                }
                function = Some((found, &author.address));
            }
            for shown in &author.shown {
                if is_ours(self.directory, shown).await? {
                    self.may_use(shown).await.map_err(|error| error.or_name_of_another(shown))?;
                }
            }
        }
        Ok(function.map(|(_, address)| address.clone()))
    }

    /// May the sender use an address? Own ones, and those of functions of which the sender is a member with the right to
    /// send (RFC 4314, `p`); says which function it is.
    async fn may_use(&self, address: &EmailAddress) -> Result<Option<AccountId>, Refusal> {
        if self.account.owns_live(address) {
            return Ok(None);
        }
        let failed = |error: StoreError| Refusal::of_store(&error);
        let tenant = self.login.tenant;
        let found = match self.directory.find_function(tenant, &address.to_string()).await {
            Ok((function, ..)) => function,
            Err(DirectoryError::Store(error)) => return Err(failed(error)),
            Err(_) => return Err(Refusal::not_your_address(address)),
        };
        let rights = rights_of_member(self.store, tenant, found, self.login.account).await.map_err(failed)?;
        match rights {
            rights if rights.has(Right::Post) => Ok(Some(found)),
            rights if rights.is_empty() => Err(Refusal::not_your_address(address)),
            _ => Err(Refusal::only_reads(address)),
        }
    }
}

/// Whether a letter that came without a log-in names one of our addresses as its sender.
pub(crate) async fn stranger(directory: &Directory, claimed: &[EmailAddress]) -> Result<(), Refusal> {
    for address in claimed {
        if is_ours(directory, address).await? {
            return Err(Refusal::own_sender(address));
        }
    }
    Ok(())
}

async fn is_ours(directory: &Directory, address: &EmailAddress) -> Result<bool, Refusal> {
    let found = directory.is_local_domain(address.domain()).await;
    found.map_err(|error| Refusal::of_store(&error))
}

/// Whose domain goes into an added Message-ID.
pub(crate) fn address<'a>(account: &'a AccountEntry, from: &'a ReversePath) -> &'a EmailAddress {
    match from {
        ReversePath::Address(address) => address,
        ReversePath::Null => &account.address,
    }
}

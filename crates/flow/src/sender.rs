//! May this sender send this? Only asked of people who have logged in.
//!
//! RFC 6409 §6.1 (MAIL FROM), §8.1 (From and Sender, and their Resent fields); RFC 8098 §3: a receipt has the empty return path, so people may use
//! it; its From is theirs all the same.

use directory::{AccountEntry, AccountState, Directory, Login};
use message::from_addresses;
use model::{EmailAddress, ReversePath};

use crate::Refusal;

/// Reads the sender's account; refuses if it may not be used any more.
pub(crate) async fn account(directory: &Directory, login: &Login) -> Result<AccountEntry, Refusal> {
    match directory.account(login.tenant, login.account).await {
        Ok(Some(entry)) if entry.state == AccountState::Active => Ok(entry),
        Ok(_) => Err(Refusal::closed_account()),
        Err(error) => Err(Refusal::of_store(&error)),
    }
}

/// MAIL FROM.
pub(crate) fn return_path(account: &AccountEntry, from: &ReversePath) -> Result<(), Refusal> {
    match from {
        ReversePath::Address(address) if !account.owns_live(address) => {
            Err(Refusal::not_your_address(address))
        }
        _ => Ok(()),
    }
}

/// From, Sender and their Resent fields: every address in them is the sender's own, there is no doubt which they are, and
/// no display name shows an address of somebody else here.
pub(crate) async fn authors(
    directory: &Directory,
    account: &AccountEntry,
    header: &[u8],
) -> Result<(), Refusal> {
    let authors = from_addresses(header).map_err(Refusal::author)?;
    for author in &authors {
        if !account.owns_live(&author.address) {
            return Err(Refusal::not_your_address(&author.address));
        }
        for shown in &author.shown {
            if !account.owns_live(shown) && is_ours(directory, shown).await? {
                return Err(Refusal::name_of_another(shown));
            }
        }
    }
    Ok(())
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

//! GETQUOTA and GETQUOTAROOT.
//!
//! RFC 9208. Every account has one root; without a limit it has none, and programs show nothing. What comes into a shared
//! mailbox is its owner's, so its root is the owner's address.

use directory::Quota;
use imap_wire::encode::{self, QuotaUsage};
use imap_wire::{Code, Completion};
use mailbox::{MailboxError, QuotaLimit};
use model::{MailboxName, Right, Text};
use store::Usage;

use crate::account::Account;
use crate::conversation::{Outcome, Trouble};
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{Door, answers};

/// The root of one's own account has a name: an empty one crashed mail programs.
const ROOT: &str = "account";

/// What an account may keep.
///
/// # Errors
/// The refusal, if the directory cannot tell.
pub(crate) async fn limit(door: &Door, account: Account) -> Result<QuotaLimit, Completion> {
    let quota = door.directory.quota(account.tenant, account.id).await;
    let Quota { octets_max, messages_max } = quota.map_err(|error| answers::directory_error(&error))?;
    let limit = |most: u64| (most != u64::MAX).then_some(most);
    Ok(QuotaLimit { bytes: limit(octets_max), messages: limit(messages_max) })
}

pub(crate) async fn quota(door: &Door, folders: &Folders<'_>, root: &str, wire: &mut Wire) -> Outcome {
    match owner_of_root(folders, root).await? {
        Some(owner) => write(door, owner, root, wire).await,
        None => Ok(no_quota()),
    }
}

/// Whose root it is, if it is one's own or that of somebody whose mailboxes one may read.
async fn owner_of_root(folders: &Folders<'_>, root: &str) -> Result<Option<Account>, MailboxError> {
    if root == ROOT {
        return Ok(Some(folders.account));
    }
    let owner =
        folders.owners().await?.into_iter().find(|owner| owner.address == root && owner.gives(Right::Read));
    Ok(owner.map(|owner| Account { id: owner.account, ..folders.account }))
}

pub(crate) async fn quota_root(
    door: &Door,
    folders: &Folders<'_>,
    name: &MailboxName,
    wire: &mut Wire,
) -> Outcome {
    // RFC 4314 §4: needs `r`.
    let owner = Account::owner_of(folders.open(name, &[Right::Read]).await?);
    let root = match folders.owners().await?.into_iter().find(|other| other.account == owner.id) {
        Some(other) => other.address,
        None => ROOT.to_owned(),
    };
    let limit = match limit(door, owner).await {
        Ok(limit) => limit,
        Err(refusal) => return Ok(refusal),
    };
    if limit == QuotaLimit::NONE {
        encode::quota_root(name, &[], wire.enabled, &mut wire.buffer);
        return Ok(Completion::ok());
    }
    encode::quota_root(name, &[&root], wire.enabled, &mut wire.buffer);
    write(door, owner, &root, wire).await
}

async fn write(door: &Door, owner: Account, root: &str, wire: &mut Wire) -> Result<Completion, Trouble> {
    let limit = match limit(door, owner).await {
        Ok(limit) => limit,
        Err(refusal) => return Ok(refusal),
    };
    if limit == QuotaLimit::NONE {
        return Ok(no_quota());
    }
    let usage = door.mailboxes.usage(owner.tenant, owner.id).await.map_err(MailboxError::from)?;
    encode::quota(root, &resources(limit, usage), &mut wire.buffer);
    Ok(Completion::ok())
}

fn no_quota() -> Completion {
    Completion::no(Code::NonExistent, Text::new("Det finns ingen sådan kvot.", "There is no such quota."))
}

fn resources(limit: QuotaLimit, usage: Usage) -> Vec<QuotaUsage> {
    // RFC 9208 §5.1: in units of 1,024 octets.
    let storage = limit.bytes.map(|most| QuotaUsage {
        resource: "STORAGE",
        used: usage.bytes.div_ceil(1024),
        limit: most / 1024,
    });
    let messages =
        limit.messages.map(|most| QuotaUsage { resource: "MESSAGE", used: usage.messages, limit: most });
    storage.into_iter().chain(messages).collect()
}

//! GETQUOTA and GETQUOTAROOT.
//!
//! RFC 9208. Every account has one root; without a limit it has none, and programs show nothing.

use directory::Quota;
use imap_wire::encode::{self, QuotaUsage};
use imap_wire::{Code, Completion};
use mailbox::{MailboxError, QuotaLimit};
use model::{MailboxName, Text};
use store::Usage;

use crate::account::Account;
use crate::conversation::Outcome;
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{Door, answers};

/// The root has a name: an empty one crashed mail programs.
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

pub(crate) async fn quota(door: &Door, account: Account, root: &str, wire: &mut Wire) -> Outcome {
    let limit = match limit(door, account).await {
        Ok(limit) => limit,
        Err(refusal) => return Ok(refusal),
    };
    if root != ROOT || limit == QuotaLimit::NONE {
        let text = Text::new("Det finns ingen sådan kvot.", "There is no such quota.");
        return Ok(Completion::no(Code::NonExistent, text));
    }
    let usage = door.mailboxes.usage(account.tenant, account.id).await.map_err(MailboxError::from)?;
    encode::quota(ROOT, &resources(limit, usage), &mut wire.buffer);
    Ok(Completion::ok())
}

pub(crate) async fn quota_root(
    door: &Door,
    folders: &Folders<'_>,
    name: &MailboxName,
    wire: &mut Wire,
) -> Outcome {
    folders.find(name).await?;
    let limit = match limit(door, folders.account).await {
        Ok(limit) => limit,
        Err(refusal) => return Ok(refusal),
    };
    if limit == QuotaLimit::NONE {
        encode::quota_root(name, &[], &mut wire.buffer);
        return Ok(Completion::ok());
    }
    encode::quota_root(name, &[ROOT], &mut wire.buffer);
    quota(door, folders.account, ROOT, wire).await
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

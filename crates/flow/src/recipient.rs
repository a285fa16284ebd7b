//! RCPT: the one place where it is decided whether a recipient gets a letter.
//!
//! RFC 5321 §3.3, §4.1.1.3; RFC 3463 §3.2, §3.3. Refusals are for one recipient, now, in words.

use directory::{AccountState, Directory, Resolution};
use model::{AccountId, EmailAddress, TenantId, UnixMillis};
use store::{Store, StoreError, UsageKey};

use crate::{Origin, Refusal};

/// Somebody who gets the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient {
    pub(crate) tenant: TenantId,
    pub(crate) account: AccountId,
    /// As it stood in RCPT TO.
    pub(crate) address: EmailAddress,
    /// Octets that still fit beside what the account keeps.
    pub(crate) room: u64,
    /// Octets that it may keep at all.
    pub(crate) octets_max: u64,
}

impl Recipient {
    /// Whether a letter of this size fits.
    pub(crate) fn takes(&self, size: u64) -> Result<(), Refusal> {
        match size {
            size if size > self.octets_max => Err(Refusal::never_fits(&self.address)),
            size if size > self.room => Err(Refusal::mailbox_full(&self.address)),
            _ => Ok(()),
        }
    }
}

/// What is known when it is decided.
pub(crate) struct Facts<'a> {
    pub(crate) origin: &'a Origin,
    /// How large the letter will be, as far as its sender said.
    pub(crate) size: u64,
    /// Does mail for locked accounts come in?
    pub(crate) locked_receive: bool,
}

/// Decides about one recipient. The outer error is ours, the inner one the recipient's.
pub(crate) async fn judge(
    store: &Store,
    directory: &Directory,
    facts: &Facts<'_>,
    to: &EmailAddress,
    now: UnixMillis,
) -> Result<Result<Recipient, Refusal>, StoreError> {
    let found = match directory.resolve(to, now).await? {
        Resolution::Account(found) => found,
        Resolution::Unknown => return Ok(Err(Refusal::unknown_recipient(to))),
        Resolution::NobodyYet => return Ok(Err(Refusal::nobody_yet(to))),
        Resolution::NotLocal if facts.origin.begins_here() => return Ok(Err(Refusal::no_way_out(to))),
        Resolution::NotLocal => return Ok(Err(Refusal::relay(to))),
    };
    if found.state == AccountState::Locked && !facts.locked_receive {
        return Ok(Err(Refusal::locked_recipient(to)));
    }
    let (tenant, account) = (found.tenant, found.account);
    let usage = store.load(&UsageKey { tenant, account }).await?.unwrap_or_default();
    let octets_max = found.quota.octets_max;
    let room = match usage.messages < found.quota.messages_max {
        true => octets_max.saturating_sub(usage.bytes),
        false => 0,
    };
    let recipient = Recipient { tenant, account, address: to.clone(), room, octets_max };
    // A letter of unknown size has at least its trace headers.
    Ok(recipient.takes(facts.size.max(1)).map(|()| recipient))
}

//! What every account has from its first moment: INBOX and the five special mailboxes, all subscribed.
//!
//! RFC 3501 §5.1 (INBOX), RFC 6154 (special use). They keep their ids for ever: they can be renamed, never deleted, so
//! that finding one needs no look-up.

use model::{AccountId, MailboxId, MailboxName, MailboxRef, SpecialUse, TenantId, UidValidity, UnixMillis};
use store::{Batch, Op};

use crate::rows::{FolderKey, FolderRow, FoldersKey, FoldersRow};

const INBOX: u64 = 1;
const FIRST_SPECIAL: u64 = 2;
const NEXT: u64 = FIRST_SPECIAL + SpecialUse::ALL.len() as u64;

/// The mailbox that letters come to.
pub const fn inbox(tenant: TenantId, account: AccountId) -> MailboxRef {
    MailboxRef { tenant, account, mailbox: MailboxId::new(INBOX) }
}

/// The account's mailbox for a purpose, whatever it is called.
pub const fn special(tenant: TenantId, account: AccountId, special: SpecialUse) -> MailboxRef {
    MailboxRef { tenant, account, mailbox: MailboxId::new(special_id(special)) }
}

const fn special_id(special: SpecialUse) -> u64 {
    // Spelt out: these numbers are on disk.
    match special {
        SpecialUse::Archive => 2,
        SpecialUse::Drafts => 3,
        SpecialUse::Junk => 4,
        SpecialUse::Sent => 5,
        SpecialUse::Trash => 6,
    }
}

/// The part of a new account's commit that makes its mailboxes.
pub fn provision(tenant: TenantId, account: AccountId, now: UnixMillis) -> Batch {
    let mut batch = Batch::new(now);
    let folders = FoldersKey { tenant, account };
    let uid_validity = uid_validity_at(now);
    batch.require_absent(&folders);
    batch.put(&folders, &FoldersRow { next: NEXT, uid_validity, revision: 0 });
    let mut make = |number: u64, word: &str, special: Option<SpecialUse>| {
        let mailbox = MailboxId::new(number);
        batch.ops.push(Op::CreateMailbox(MailboxRef { tenant, account, mailbox }, uid_validity));
        let (parent, word, mailbox) = (None, word.to_owned(), Some(mailbox));
        let row = FolderRow { parent, word, mailbox, special, subscribed: true };
        batch.put(&FolderKey { tenant, account, node: number }, &row);
    };
    make(INBOX, MailboxName::inbox().as_str(), None);
    for special in SpecialUse::ALL {
        make(special_id(special), special.default_name(), Some(special));
    }
    batch
}

/// RFC 3501 §2.3.1.1 suggests the clock: after a restore from an old backup the numbers do not come again.
pub(crate) fn uid_validity_at(now: UnixMillis) -> UidValidity {
    u32::try_from(now.seconds()).ok().and_then(UidValidity::new).unwrap_or(UidValidity::MIN)
}

/// Is it an account's mailbox for drafts?
pub(crate) const fn is_drafts(mailbox: MailboxId) -> bool {
    mailbox.get() == special_id(SpecialUse::Drafts)
}

/// Is it one of those that cannot be deleted?
pub(crate) fn is_permanent(mailbox: MailboxId) -> bool {
    mailbox.get() < NEXT
}

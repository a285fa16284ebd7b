//! A program's own copy of what it has sent, in a Sent that has the server's copy already: one is enough.
//!
//! Nothing of what the program says is lost. Where its copy says the same, the message that is there gets its flags and is
//! named in APPENDUID; where it says more (Bcc, its own date) it takes the place of the server's, if its owner may take
//! that away; in every other case both stay.

use imap_wire::{Code, Completion};
use mailbox::{Agreement, MailboxError, NewLetter, QuotaLimit, SentCopy};
use model::{FlagPatch, MailboxRef, Right, Rights, SpecialUse, UidSet};
use store::Spool;

use crate::conversation::now;
use crate::{Door, answers};

/// What became of it; `None` if it is to be filed like any other letter.
pub(super) async fn settle(
    door: &Door,
    (mailbox, rights): (MailboxRef, Rights),
    new: &NewLetter,
    octets: &Spool,
    quota: QuotaLimit,
) -> Result<Option<Completion>, MailboxError> {
    let MailboxRef { tenant, account, .. } = mailbox;
    if mailbox != mailbox::special(tenant, account, SpecialUse::Sent) {
        return Ok(None);
    }
    let Some(copy) = door.mailboxes.sent_copy(mailbox, new, octets, now()).await? else { return Ok(None) };
    let may_replace = rights.has(Right::DeleteMessages) && rights.has(Right::Expunge);
    let settled = match copy.agreement {
        Agreement::Same => keep(door, mailbox, copy, new).await,
        Agreement::More if may_replace => replace(door, mailbox, copy, new, quota).await,
        Agreement::More => return Ok(None),
    };
    match settled {
        Ok(code) => Ok(Some(Completion::ok_with(code))),
        // It is gone meanwhile, or takes no more flags.
        Err(MailboxError::Expunged | MailboxError::Limit(_)) => Ok(None),
        Err(error) => Ok(Some(answers::target_error(&error))),
    }
}

async fn keep(
    door: &Door,
    mailbox: MailboxRef,
    copy: SentCopy,
    new: &NewLetter,
) -> Result<Code, MailboxError> {
    let there =
        new.flags.is_empty() || door.mailboxes.add_flags(mailbox, copy.uid, new.flags.clone(), now()).await?;
    let named = Code::AppendUid(copy.uid_validity, UidSet::range(copy.uid, copy.uid));
    if there { Ok(named) } else { Err(MailboxError::Expunged) }
}

async fn replace(
    door: &Door,
    mailbox: MailboxRef,
    copy: SentCopy,
    new: &NewLetter,
    quota: QuotaLimit,
) -> Result<Code, MailboxError> {
    // Others may have marked the one that goes.
    let flags = copy.flags.patched(&FlagPatch::Add(new.flags.clone()));
    let flags = flags.map_err(|_| MailboxError::Limit("keywords of a message"))?;
    let new = NewLetter { flags, ..new.clone() };
    let appended = door.mailboxes.replace(mailbox, new, (mailbox, copy.uid), quota, now()).await?;
    Ok(Code::AppendUid(appended.uid_validity, appended.uids.into_iter().collect()))
}

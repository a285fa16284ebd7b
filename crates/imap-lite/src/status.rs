//! STATUS, alone and in LIST.
//!
//! RFC 3501 §6.3.10; RFC 9208 §4.1.4 (DELETED, DELETED-STORAGE); RFC 8438 (SIZE); RFC 7162 §3.1.2.2 (HIGHESTMODSEQ); RFC
//! 7889 §4 (APPENDLIMIT); RFC 8474 §4.3 (MAILBOXID); RFC 4314 §4 (needs `r`).

use imap_wire::Completion;
use imap_wire::command::StatusItem;
use imap_wire::encode::{self, StatusValue};
use mailbox::{MailboxError, Mailboxes};
use model::{MailboxName, MailboxRef, Right};

use crate::Door;
use crate::conversation::{Outcome, Trouble, now};
use crate::folders::Folders;
use crate::wire::Wire;

pub(crate) async fn status(
    door: &Door,
    folders: &Folders<'_>,
    name: &MailboxName,
    items: &[StatusItem],
    wire: &mut Wire,
) -> Outcome {
    let mailbox = folders.open(name, &[Right::Read]).await?;
    write(door, mailbox, name, items, wire).await?;
    Ok(Completion::ok())
}

/// The line of one mailbox that may be read.
pub(crate) async fn write(
    door: &Door,
    mailbox: MailboxRef,
    name: &MailboxName,
    items: &[StatusItem],
    wire: &mut Wire,
) -> Result<(), Trouble> {
    let values = values(door, mailbox, items).await?;
    encode::status(name, &values, wire.enabled, &mut wire.buffer);
    Ok(())
}

async fn values(
    door: &Door,
    mailbox: MailboxRef,
    items: &[StatusItem],
) -> Result<Vec<(StatusItem, StatusValue)>, MailboxError> {
    let mailboxes: &Mailboxes = &door.mailboxes;
    let state = mailboxes.status(mailbox).await?;
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        let value = match item {
            StatusItem::Messages => u64::from(state.exists),
            StatusItem::Recent => u64::from(mailboxes.recent(mailbox, now()).await?),
            StatusItem::UidNext => u64::from(state.uid_next.get()),
            StatusItem::UidValidity => u64::from(state.uid_validity.get()),
            StatusItem::Unseen => u64::from(state.unseen),
            StatusItem::Deleted => u64::from(state.deleted),
            StatusItem::DeletedStorage => mailboxes.deleted_storage(mailbox, now()).await?,
            StatusItem::HighestModSeq => state.highest_mod_seq.0,
            StatusItem::Size => state.bytes,
            StatusItem::AppendLimit => door.session.limits.message_bytes_max,
            StatusItem::MailboxId => {
                values.push((*item, StatusValue::Id(mailbox::mailbox_id(mailbox))));
                continue;
            }
        };
        values.push((*item, StatusValue::Number(value)));
    }
    Ok(values)
}

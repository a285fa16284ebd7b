//! COPY and MOVE.
//!
//! RFC 3501 §6.4.7, RFC 4315 §3 (COPYUID), RFC 6851 §3.3 (COPYUID before the EXPUNGEs).

use imap_wire::command::{MessageSet, Numbering};
use imap_wire::{Code, Completion, encode};
use mailbox::{MailboxError, Selected, Transferred};
use model::{MailboxName, MailboxRef, Rights, Uid, UidSet};

use crate::account::Account;
use crate::conversation::{Outcome, now};
use crate::folders::Folders;
use crate::in_mailbox::pick;
use crate::shared::Found;
use crate::wire::Wire;
use crate::{Door, answers, quota};

pub(crate) async fn copy(
    selected: &mut Selected,
    door: &Door,
    folders: &Folders<'_>,
    messages: &MessageSet,
    to: &MailboxName,
) -> Outcome {
    let (picked, require_all) = (pick(selected, messages)?, require_all(messages));
    let Found { mailbox: target, rights } = match folders.insert_into(to).await {
        Ok(found) => found,
        Err(error) => return Ok(answers::target_error(&error)),
    };
    if picked.is_empty() {
        return Ok(Completion::ok());
    }
    let limit = match quota::limit(door, Account::owner_of(target)).await {
        Ok(limit) => limit,
        Err(refusal) => return Ok(refusal),
    };
    match selected.copy(&picked, target, limit, require_all, now()).await {
        Ok(done) => {
            limit_flags(door, target, &done, rights).await?;
            Ok(copy_uid(&done).map_or_else(Completion::ok, Completion::ok_with))
        }
        Err(error) => refused(error, door, selected).await,
    }
}

pub(crate) async fn move_to(
    selected: &mut Selected,
    door: &Door,
    folders: &Folders<'_>,
    messages: &MessageSet,
    to: &MailboxName,
    wire: &mut Wire,
) -> Outcome {
    let (picked, require_all) = (pick(selected, messages)?, require_all(messages));
    let Found { mailbox: target, rights } = match folders.insert_into(to).await {
        Ok(found) => found,
        Err(error) => return Ok(answers::target_error(&error)),
    };
    if picked.is_empty() {
        return Ok(Completion::ok());
    }
    let limit = match quota::limit(door, Account::owner_of(target)).await {
        Ok(limit) => limit,
        Err(refusal) => return Ok(refusal),
    };
    match selected.move_to(&picked, target, limit, require_all, now()).await {
        Ok(done) => {
            limit_flags(door, target, &done, rights).await?;
            if let Some(code) = copy_uid(&done) {
                encode::ok(&code, "Moved", &mut wire.buffer);
            }
            // What was moved stays moved, and the client is told of it.
            Ok(done.failed.map_or_else(Completion::ok, |error| answers::target_error(&error)))
        }
        Err(error) => refused(error, door, selected).await,
    }
}

/// RFC 4314 §4: what arrives in a mailbox of somebody else has no flags that one may not set there.
async fn limit_flags(
    door: &Door,
    target: MailboxRef,
    done: &Transferred,
    rights: Rights,
) -> Result<(), MailboxError> {
    let uids: Vec<Uid> = done.pairs.iter().map(|(_, to)| *to).collect();
    door.mailboxes.limit_flags(target, &uids, rights, now()).await
}

/// The mailbox that is gone may be this one or the other one.
async fn refused(error: MailboxError, door: &Door, selected: &Selected) -> Outcome {
    if matches!(error, MailboxError::Gone) {
        door.mailboxes.status(selected.mailbox()).await?;
    }
    Ok(answers::target_error(&error))
}

/// RFC 2180 §4.4: by sequence numbers a message that is gone stops the whole command.
fn require_all(messages: &MessageSet) -> bool {
    messages.numbering == Numbering::Sequence
}

fn copy_uid(done: &Transferred) -> Option<Code> {
    let from: UidSet = done.pairs.iter().map(|(from, _)| *from).collect();
    let to: UidSet = done.pairs.iter().map(|(_, to)| *to).collect();
    (!from.is_empty()).then_some(Code::CopyUid { uid_validity: done.uid_validity, from, to })
}

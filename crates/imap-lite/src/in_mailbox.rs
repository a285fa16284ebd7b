//! Commands on the messages of the selected mailbox.
//!
//! Before each, the session is told of new messages and flags, so that a UID that another session has just made can be
//! fetched, copied and moved here (RFC 3501 §6.4.8).

use imap_wire::command::{MessageSet, Numbering, Search, Sort};
use imap_wire::{Completion, Numbers, Request};
use mailbox::{MailboxError, Picked, Selected};
use model::UidSet;

use crate::account::Account;
use crate::contexts::Contexts;
use crate::conversation::{Outcome, Trouble, now};
use crate::fetch;
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{Door, answers, search, sort, store_flags, thread, transfer, updates};

pub(crate) async fn carry_out(
    selected: &mut Selected,
    door: &Door,
    account: Account,
    request: Request,
    contexts: &mut Contexts,
    wire: &mut Wire,
) -> Outcome {
    let saves = match &request {
        Request::Search(Search { returns, .. }) | Request::Sort(Sort { returns, .. }) => {
            returns.is_some_and(|returns| returns.save)
        }
        _ => false,
    };
    let outcome = attempt(selected, door, account, request, contexts, wire).await;
    // RFC 5182 §2.1: what was not found is not in `$`, which stays as it was only where the answer is BAD.
    let completion = match &outcome {
        Err(Trouble::Mailbox(error)) if saves => Some(&answers::mailbox_error(error)),
        Ok(completion) if saves => Some(completion),
        _ => None,
    };
    if let Some(Completion::No { .. }) = completion {
        selected.save(UidSet::new());
    }
    outcome
}

async fn attempt(
    selected: &mut Selected,
    door: &Door,
    account: Account,
    request: Request,
    contexts: &mut Contexts,
    wire: &mut Wire,
) -> Outcome {
    if let Request::Close { expunge } = request {
        // RFC 3501 §6.4.2: silently.
        if expunge {
            match selected.expunge(None, now()).await {
                // RFC 4314 §4: without the right it only closes.
                Ok(()) | Err(MailboxError::NoPermission) => {}
                Err(error) => return Err(error.into()),
            }
        }
        return Ok(Completion::ok());
    }
    let news = selected.sync(false, now()).await?;
    updates::write(&news, wire).await?;
    let folders = Folders::new(door, account);
    match request {
        Request::Expunge { uids } => {
            let only = match uids {
                Some(Numbers::Set(uids)) => Some(uids.uids(selected.largest_uid())),
                Some(Numbers::Saved) => Some(selected.saved().clone()),
                None => None,
            };
            selected.expunge(only.as_ref(), now()).await?;
            Ok(Completion::ok())
        }
        Request::Search(asked) => search::search(selected, &asked, contexts, &door.limits, wire).await,
        Request::Sort(asked) => sort::sort(selected, &asked, contexts, &door.limits, wire).await,
        Request::Thread(asked) => thread::thread(selected, &asked, &door.limits, wire).await,
        Request::Fetch(asked) => fetch::fetch(selected, &asked, wire).await,
        Request::Store(asked) => {
            let just_told = news.flags.iter().map(|update| update.uid).collect();
            store_flags::store(selected, &asked, &just_told, wire).await
        }
        Request::Copy { messages, to } => transfer::copy(selected, door, &folders, &messages, &to).await,
        Request::Move { messages, to } => {
            transfer::move_to(selected, door, &folders, &messages, &to, wire).await
        }
        Request::CancelUpdate(tags) => {
            contexts.cancel(&tags);
            Ok(Completion::ok())
        }
        _ => Ok(answers::not_yet()),
    }
}

/// The messages that a command names.
pub(crate) fn pick(selected: &Selected, messages: &MessageSet) -> Result<Picked, MailboxError> {
    let Numbers::Set(set) = &messages.numbers else { return Ok(selected.pick_uids(selected.saved())) };
    match messages.numbering {
        Numbering::Sequence => selected.pick_seqs(&set.ranges(selected.exists())),
        Numbering::Uid => Ok(selected.pick_uids(&set.uids(selected.largest_uid()))),
    }
}

/// The answer to a command of which some messages are gone: by sequence numbers the client believes in them (RFC 2180
/// §4.1), by UIDs it is no error.
pub(crate) fn done_but(missing: bool, numbering: Numbering) -> Completion {
    match numbering {
        Numbering::Sequence if missing => answers::mailbox_error(&MailboxError::Expunged),
        _ => Completion::ok(),
    }
}

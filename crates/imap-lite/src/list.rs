//! LIST, LSUB, NAMESPACE.
//!
//! RFC 3501 §6.3.8, §6.3.9; RFC 5258; RFC 5819 (STATUS), RFC 8440 (MYRIGHTS), RFC 9590 (METADATA); RFC 6154 §2; RFC 2342. Special use and children are told in every LIST: programs that
//! never ask rely on them.

use imap_wire::command::{List, ListReturn, ListSelect, Lsub};
use imap_wire::encode::{self, Attributes};
use imap_wire::{Completion, ListPattern};
use mailbox::{Folder, MailboxError};
use model::{MailboxName, MailboxRef, Right};

use crate::conversation::{Outcome, Trouble};
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{Door, metadata, status};

pub(crate) async fn list(door: &Door, folders: &Folders<'_>, asked: &List, wire: &mut Wire) -> Outcome {
    for folder in folders.all().await? {
        // A thousand long names against long patterns take a while: others come in between.
        tokio::task::yield_now().await;
        if asked.patterns.iter().any(|pattern| pattern.matches(&folder.name))
            && let Some(attributes) = listed(&folder, &asked.select, asked.give.subscribed)
        {
            encode::list(&folder.name, &attributes, wire.enabled, &mut wire.buffer);
            if let Some(mailbox) = folder.mailbox {
                more(door, folders, &folder.name, mailbox, &asked.give, wire).await?;
            }
            wire.send_pieces().await?;
        }
    }
    Ok(Completion::ok())
}

/// What else was asked of a mailbox; what its rights do not allow to see is left out.
async fn more(
    door: &Door,
    folders: &Folders<'_>,
    name: &MailboxName,
    mailbox: MailboxRef,
    give: &ListReturn,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    if give.status.is_empty() && !give.my_rights && give.metadata.is_none() {
        return Ok(());
    }
    let rights = door.mailboxes.rights(mailbox, folders.account.id).await.map_err(MailboxError::from)?;
    if give.my_rights {
        encode::my_rights(name, rights, wire.enabled, &mut wire.buffer);
    }
    if !rights.has(Right::Read) {
        return Ok(());
    }
    if !give.status.is_empty() {
        // It may go while we look: then there is nothing to tell.
        match status::write(door, mailbox, name, &give.status, wire).await {
            Err(Trouble::Mailbox(MailboxError::Gone)) => return Ok(()),
            result => result?,
        }
    }
    if let Some(asked) = &give.metadata {
        metadata::write_listed(folders, mailbox, name, asked, wire).await?;
    }
    Ok(())
}

/// What is told of a name; none if it is not selected.
fn listed(folder: &Folder, select: &ListSelect, give_subscribed: bool) -> Option<Attributes> {
    let itself = if select.subscribed { folder.subscribed } else { folder.is_listed() };
    let itself = itself && (!select.special_use || folder.special.is_some());
    // RFC 5258 §3.5: a parent is told for what is subscribed below it, whether or not that matches the pattern.
    let below = select.recursive_match && select.subscribed && folder.has_subscribed_children;
    (itself || below).then(|| Attributes {
        no_select: folder.mailbox.is_none() && folder.has_children,
        non_existent: folder.mailbox.is_none() && !folder.has_children,
        children: folder.is_listed().then_some(folder.has_children),
        subscribed: give_subscribed && folder.subscribed,
        special_use: folder.special,
        subscribed_below: below,
    })
}

pub(crate) async fn lsub(folders: &Folders<'_>, asked: &Lsub, wire: &mut Wire) -> Outcome {
    for folder in folders.all().await? {
        if asked.pattern.matches(&folder.name)
            && let Some(attributes) = subscribed(&folder, &asked.pattern)
        {
            encode::lsub(&folder.name, &attributes, wire.enabled, &mut wire.buffer);
            wire.send_pieces().await?;
        }
    }
    Ok(Completion::ok())
}

/// RFC 3501 §6.3.9: where `%` hides a subscribed name, the level above it stands for it, with \Noselect.
fn subscribed(folder: &Folder, pattern: &ListPattern) -> Option<Attributes> {
    let stands_for = folder.has_subscribed_children && pattern.as_str().ends_with('%');
    (folder.subscribed || stands_for)
        .then(|| Attributes { no_select: !folder.subscribed, ..Attributes::default() })
}

/// RFC 2342. Mailboxes of others have their places whether or not there is something in them.
pub(crate) fn namespace(folders: &Folders<'_>, wire: &mut Wire) -> Outcome {
    let sharing = &folders.mailboxes.limits().sharing;
    let (people, functions) = (&*sharing.people_prefix, &*sharing.functions_prefix);
    encode::namespace(place(people).as_ref(), place(functions).as_ref(), wire.enabled, &mut wire.buffer);
    Ok(Completion::ok())
}

/// None where there is no such namespace.
fn place(prefix: &str) -> Option<MailboxName> {
    MailboxName::parse(prefix).ok()
}

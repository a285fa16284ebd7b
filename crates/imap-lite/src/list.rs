//! LIST, LSUB, NAMESPACE.
//!
//! RFC 3501 §6.3.8, §6.3.9; RFC 5258; RFC 6154 §2; RFC 2342. Special use and children are told in every LIST: programs that
//! never ask rely on them.

use imap_wire::command::{List, ListSelect, Lsub};
use imap_wire::encode::{self, Attributes};
use imap_wire::{Completion, ListPattern};
use mailbox::Folder;

use crate::conversation::Outcome;
use crate::folders::Folders;
use crate::wire::Wire;

pub(crate) async fn list(folders: &Folders<'_>, asked: &List, wire: &mut Wire) -> Outcome {
    for folder in folders.all().await? {
        if asked.patterns.iter().any(|pattern| pattern.matches(&folder.name))
            && let Some(attributes) = listed(&folder, &asked.select, asked.give.subscribed)
        {
            encode::list(&folder.name, &attributes, &mut wire.buffer);
            wire.send_pieces().await?;
        }
    }
    Ok(Completion::ok())
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
            encode::lsub(&folder.name, &attributes, &mut wire.buffer);
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

pub(crate) fn namespace(wire: &mut Wire) -> Outcome {
    encode::namespace(&mut wire.buffer);
    Ok(Completion::ok())
}

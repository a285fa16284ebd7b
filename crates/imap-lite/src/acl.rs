//! GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS.
//!
//! RFC 4314 §3. Identifiers are addresses and log-in names of people of the same municipality. The owner has every right,
//! always. Refused: negative rights, and groups such as `anyone`; who shares with whom is the municipality's choice
//! (`Sharing`). `l` is tied to every other right (§2.1.1): a mailbox that cannot be looked up is not there for any command, so
//! who gets a right gets `l` as well, and who loses `l` loses all. LISTRIGHTS tells it as required. The members of a function are the administration's: nobody has `a` on its mailboxes.

use imap_wire::command::{RightsChange, SetAcl};
use imap_wire::encode;
use imap_wire::{Code, Completion};
use mailbox::{MailboxError, WhoShares};
use model::{AccountId, MailboxName, MailboxRef, Right, Rights, Role, Text};
use tracing::info;

use crate::conversation::{Outcome, now};
use crate::folders::Folders;
use crate::wire::Wire;

/// What every entry has.
const LOOKUP: Rights = Rights::NONE.with(Right::Lookup);

pub(crate) async fn get(folders: &Folders<'_>, name: &MailboxName, wire: &mut Wire) -> Outcome {
    let mailbox = folders.open(name, &[Right::Administer]).await?;
    let mut list = Vec::new();
    if let Some(owner) = folders.address_of(mailbox.account).await? {
        list.push((owner, Rights::ALL));
    }
    for grant in
        folders.mailboxes.grants(mailbox.tenant, mailbox.account).await.map_err(MailboxError::from)?
    {
        if grant.mailbox == Some(mailbox.mailbox)
            && let Some(holder) = folders.address_of(grant.holder).await?
        {
            list.push((holder, grant.rights));
        }
    }
    let list = list.iter().map(|(identifier, rights)| (identifier.as_str(), *rights));
    encode::acl(name, list, wire.enabled, &mut wire.buffer);
    Ok(Completion::ok())
}

pub(crate) async fn set(folders: &Folders<'_>, asked: &SetAcl) -> Outcome {
    let mailbox = folders.open(&asked.mailbox, &[Right::Administer]).await?;
    let (holder, role) = match holder(folders, mailbox, &asked.identifier).await? {
        Ok(holder) => holder,
        Err(refusal) => return Ok(refusal),
    };
    let before = own_entry(folders, mailbox, holder).await?;
    let rights = match asked.change {
        RightsChange::Replace => asked.rights,
        RightsChange::Add => before.and(asked.rights),
        RightsChange::Remove if asked.rights.has(Right::Lookup) => Rights::NONE,
        RightsChange::Remove => before.without(asked.rights),
    };
    let rights = if rights.is_empty() { rights } else { rights.with(Right::Lookup) };
    // Less is always allowed.
    if !rights.without(before).is_empty()
        && let Err(refusal) = may_share(folders, mailbox, role).await?
    {
        return Ok(refusal);
    }
    folders.mailboxes.set_rights(mailbox, holder, rights, now()).await?;
    info!(by = %folders.account.id, owner = %mailbox.account, mailbox = %mailbox.mailbox, %holder, %rights, "mailbox shared");
    Ok(Completion::ok())
}

pub(crate) async fn delete(folders: &Folders<'_>, name: &MailboxName, identifier: &str) -> Outcome {
    let mailbox = folders.open(name, &[Right::Administer]).await?;
    let holder = match holder(folders, mailbox, identifier).await? {
        Ok((holder, _)) => holder,
        Err(refusal) => return Ok(refusal),
    };
    folders.mailboxes.set_rights(mailbox, holder, Rights::NONE, now()).await?;
    Ok(Completion::ok())
}

pub(crate) async fn list_rights(
    folders: &Folders<'_>,
    name: &MailboxName,
    identifier: &str,
    wire: &mut Wire,
) -> Outcome {
    let mailbox = folders.open(name, &[Right::Administer]).await?;
    let owner = folders.named(identifier).await?.is_some_and(|(account, _)| account == mailbox.account);
    let (required, optional) = match owner {
        true => (Rights::ALL, Rights::NONE),
        false => match holder(folders, mailbox, identifier).await? {
            Ok(_) => (LOOKUP, Rights::ALL.without(LOOKUP)),
            Err(refusal) => return Ok(refusal),
        },
    };
    encode::list_rights(name, identifier, required, optional, wire.enabled, &mut wire.buffer);
    Ok(Completion::ok())
}

pub(crate) async fn my_rights(folders: &Folders<'_>, name: &MailboxName, wire: &mut Wire) -> Outcome {
    let found = folders.look_up(name).await?;
    encode::my_rights(name, found.rights, wire.enabled, &mut wire.buffer);
    Ok(Completion::ok())
}

/// Whom an identifier means, if it can stand in a list.
async fn holder(
    folders: &Folders<'_>,
    mailbox: MailboxRef,
    identifier: &str,
) -> Result<Result<(AccountId, Role), Completion>, MailboxError> {
    if identifier.starts_with('-') {
        let text = Text::new(
            "Behörighet kan bara ges, inte nekas. Ta bort raden i stället (DELETEACL).",
            "Rights can be given, not denied. Remove the entry instead (DELETEACL).",
        );
        return Ok(Err(Completion::no(Code::Cannot, text)));
    }
    if ["anyone", "anonymous", "authenticated", "administrators", "owner"]
        .iter()
        .any(|group| identifier.eq_ignore_ascii_case(group))
    {
        let text = Text::new(
            "En mapp delas med namngivna personer, inte med alla.",
            "A mailbox is shared with people by name, not with everybody.",
        );
        return Ok(Err(Completion::no(Code::NoPerm, text)));
    }
    match folders.named(identifier).await? {
        Some((account, _)) if account == mailbox.account => {
            let text = Text::new(
                "Ägaren har alltid full behörighet till sina mappar.",
                "The owner always has all rights to the own mailboxes.",
            );
            Ok(Err(Completion::no(Code::Cannot, text)))
        }
        Some((account, entry)) => Ok(Ok((account, entry.role))),
        None => {
            let text = Text::new(
                "Ingen i kommunen har det namnet. Skriv personens e-postadress.",
                "Nobody in the municipality has that name. Write the person's e-mail address.",
            );
            Ok(Err(Completion::no(Code::NonExistent, text)))
        }
    }
}

/// The rights of an entry of this very mailbox.
async fn own_entry(
    folders: &Folders<'_>,
    mailbox: MailboxRef,
    holder: AccountId,
) -> Result<Rights, MailboxError> {
    let grants = folders.mailboxes.grants(mailbox.tenant, mailbox.account).await?;
    let own =
        grants.into_iter().find(|grant| grant.mailbox == Some(mailbox.mailbox) && grant.holder == holder);
    Ok(own.map(|grant| grant.rights).unwrap_or_default())
}

/// May the owner share, with somebody in this role?
async fn may_share(
    folders: &Folders<'_>,
    mailbox: MailboxRef,
    holder: Role,
) -> Result<Result<(), Completion>, MailboxError> {
    let people: WhoShares = folders.mailboxes.limits().sharing.people;
    let owner = folders.directory.account(mailbox.tenant, mailbox.account).await?;
    if owner.is_some_and(|owner| people.allows(owner.role)) && people.allows(holder) {
        return Ok(Ok(()));
    }
    let text = match people {
        WhoShares::Staff => Text::new(
            "Bara personal kan dela mappar, och bara med annan personal.",
            "Only staff can share mailboxes, and only with other staff.",
        ),
        WhoShares::Nobody => Text::new("Mappar kan inte delas här.", "Mailboxes cannot be shared here."),
    };
    Ok(Err(Completion::no(Code::NoPerm, text)))
}

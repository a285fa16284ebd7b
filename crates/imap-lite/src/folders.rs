//! Names: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.
//!
//! RFC 3501 §6.3.3 to §6.3.7; RFC 6154 §3 (CREATE-SPECIAL-USE); RFC 4314 §4 (rights on mailboxes of others).

use directory::Directory;
use imap_wire::{Code, Completion};
use mailbox::{Folder, MailboxError, Mailboxes};
use model::{HIERARCHY_DELIMITER, MailboxName, MailboxRef, Right, SpecialUse};

use crate::account::Account;
use crate::conversation::{Outcome, now};
use crate::shared::Owner;
use crate::{Door, answers};

/// The mailboxes that the one who is logged in can see; those of others in `shared`.
pub(crate) struct Folders<'a> {
    pub(crate) mailboxes: &'a Mailboxes,
    pub(crate) directory: &'a Directory,
    pub(crate) account: Account,
}

impl<'a> Folders<'a> {
    pub(crate) const fn new(door: &'a Door, account: Account) -> Self {
        Self { mailboxes: &door.mailboxes, directory: &door.directory, account }
    }
}

impl Folders<'_> {
    /// One's own mailbox of a name; never one of somebody else, see [`Folders::open`].
    pub(crate) async fn find(&self, name: &MailboxName) -> Result<MailboxRef, MailboxError> {
        self.mailboxes.find(self.account.tenant, self.account.id, name).await
    }

    pub(crate) async fn create(&self, name: &MailboxName, special_use: &[SpecialUse]) -> Outcome {
        if let Some(special) = special_use.first() {
            return self.create_special(name, *special).await;
        }
        let Account { tenant, id } = self.account;
        match self.place_of(name).await? {
            Some((owner, there)) => self.create_at(&owner, name, &there).await,
            None if self.is_reserved(name) => match self.other_inbox(name).await? {
                Some(inbox) => Ok(answers::inbox_of_others(&inbox)),
                None => Ok(answers::place_of_others(name)),
            },
            None => {
                let made = self.mailboxes.create(tenant, id, name, now()).await?;
                Ok(created(made))
            }
        }
    }

    /// RFC 6154 §3: a use that is given already is refused, and every account has all of them from its first moment. A
    /// program that found two of a kind would show one and file into the other.
    async fn create_special(&self, name: &MailboxName, special: SpecialUse) -> Outcome {
        let Account { tenant, id } = self.account;
        let own = self.mailboxes.list(tenant, id).await?;
        if own.iter().any(|folder| folder.name == *name && folder.mailbox.is_some()) {
            return Err(MailboxError::Exists(name.clone()).into());
        }
        let existing = own.into_iter().find(|folder| folder.special == Some(special));
        let existing = existing.ok_or(MailboxError::Gone)?.name;
        let text = MailboxError::Twin { special, existing }.text();
        Ok(Completion::no(Code::UseAttr, text))
    }

    /// Below a mailbox of somebody else: with `k` on the nearest one above (RFC 4314 §4). Who may read that may read the
    /// new one, or its maker would not see it.
    async fn create_at(&self, owner: &Owner, name: &MailboxName, there: &MailboxName) -> Outcome {
        let (tenant, parent) = (self.account.tenant, self.nearest_above(owner, there).await?);
        let rights = owner.rights(parent.mailbox);
        if !rights.has(Right::Lookup) {
            return Err(MailboxError::NoMailbox(name.clone()).into());
        }
        let exists = self.mailboxes.find(tenant, owner.account, there).await;
        if !rights.has(Right::Create) || exists.is_ok_and(|own| !owner.rights(own.mailbox).has(Right::Lookup))
        {
            return Err(MailboxError::NoPermission.into());
        }
        let made = self.mailboxes.create(tenant, owner.account, there, now()).await;
        let made = made.map_err(|error| called_here(error, name, there))?;
        self.mailboxes.inherit(parent, made, now()).await?;
        Ok(created(made))
    }

    /// The mailbox that stands above a name in the owner's tree; INBOX above all.
    async fn nearest_above(&self, owner: &Owner, there: &MailboxName) -> Result<MailboxRef, MailboxError> {
        let mut above = there.parent();
        while let Some(name) = above {
            match self.mailboxes.find(self.account.tenant, owner.account, &name).await {
                Err(MailboxError::NoMailbox(_)) => above = name.parent(),
                found => return found,
            }
        }
        Ok(mailbox::inbox(self.account.tenant, owner.account))
    }

    pub(crate) async fn delete(&self, name: &MailboxName) -> Outcome {
        let Account { tenant, id } = self.account;
        match self.place_of(name).await? {
            Some((owner, there)) => {
                self.open(name, &[Right::Delete]).await?;
                let deleted = self.mailboxes.delete(tenant, owner.account, &there, now()).await;
                deleted.map_err(|error| called_here(error, name, &there))?;
            }
            None => self.mailboxes.delete(tenant, id, name, now()).await?,
        }
        Ok(Completion::ok())
    }

    pub(crate) async fn rename(&self, from: &MailboxName, to: &MailboxName) -> Outcome {
        let Account { tenant, id } = self.account;
        match (self.place_of(from).await?, self.place_of(to).await?) {
            (None, None) if self.is_reserved(to) => Ok(answers::place_of_others(to)),
            (None, None) => {
                self.mailboxes.rename(tenant, id, from, to, now()).await?;
                Ok(Completion::ok())
            }
            (Some((owner, there)), Some((other, new))) if owner.account == other.account => {
                self.rename_at(&owner, (from, &there), (to, &new)).await
            }
            (Some(_), _) => {
                self.look_up(from).await?;
                Ok(answers::between_accounts())
            }
            (None, Some(_)) => {
                self.find(from).await?;
                Ok(answers::between_accounts())
            }
        }
    }

    /// RFC 4314 §4: `x` on the mailbox, and here on all below it, since they go along; `k` where it comes to stand.
    async fn rename_at(
        &self,
        owner: &Owner,
        (from, there): (&MailboxName, &MailboxName),
        (to, new): (&MailboxName, &MailboxName),
    ) -> Outcome {
        let tenant = self.account.tenant;
        self.open(from, &[Right::Delete]).await?;
        let parent = self.nearest_above(owner, new).await?;
        let goes_along = |folder: &Folder| {
            folder.name.is_below(there)
                && folder.mailbox.is_some_and(|one| !owner.rights(one.mailbox).has(Right::Delete))
        };
        let tree = self.mailboxes.list(tenant, owner.account).await?;
        if there.is_inbox() || !owner.rights(parent.mailbox).has(Right::Create) || tree.iter().any(goes_along)
        {
            return Err(MailboxError::NoPermission.into());
        }
        let renamed = self.mailboxes.rename(tenant, owner.account, there, new, now()).await;
        renamed.map_err(|error| called_here(error, to, new))?;
        Ok(Completion::ok())
    }

    /// The name here of somebody's INBOX, if a program asks for `INBOX` below it.
    async fn other_inbox(&self, name: &MailboxName) -> Result<Option<MailboxName>, MailboxError> {
        let (Some(parent), Some((_, word))) = (name.parent(), name.as_str().rsplit_once(HIERARCHY_DELIMITER))
        else {
            return Ok(None);
        };
        let place = if word.eq_ignore_ascii_case("INBOX") { self.place_of(&parent).await? } else { None };
        Ok(place.filter(|(_, there)| there.is_inbox()).map(|_| parent))
    }

    /// Where mailboxes of others appear, nobody makes own ones.
    fn is_reserved(&self, name: &MailboxName) -> bool {
        self.mailboxes.limits().sharing.is_others(name)
    }

    pub(crate) async fn subscribe(&self, name: &MailboxName, subscribed: bool) -> Outcome {
        let Account { tenant, id } = self.account;
        if subscribed {
            self.mailboxes.subscribe(tenant, id, name, now()).await?;
        } else {
            self.mailboxes.unsubscribe(tenant, id, name, now()).await?;
        }
        Ok(Completion::ok())
    }
}

/// A refusal about mailboxes of somebody else with their names as they are here, where `name` is what is called `there` in
/// the owner's tree.
fn called_here(error: MailboxError, name: &MailboxName, there: &MailboxName) -> MailboxError {
    use MailboxError as E;
    let above = name.as_str().strip_suffix(there.as_str()).unwrap_or_default();
    let here = |other: MailboxName| match other == *there {
        true => name.clone(),
        false => MailboxName::parse(&format!("{above}{other}")).unwrap_or(other),
    };
    match error {
        E::NoMailbox(name) => E::NoMailbox(here(name)),
        E::Exists(name) => E::Exists(here(name)),
        E::Permanent(name) => E::Permanent(here(name)),
        E::HasChildren(name) => E::HasChildren(here(name)),
        E::Twin { special, existing } => E::Twin { special, existing: here(existing) },
        other => other,
    }
}

/// RFC 8474 §4.1: whoever makes a mailbox is told its id.
fn created(mailbox: MailboxRef) -> Completion {
    Completion::ok_with(Code::MailboxId(mailbox::mailbox_id(mailbox)))
}

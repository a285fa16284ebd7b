//! Mailboxes of others: under which names they appear, and what the one who is logged in may do with them.
//!
//! RFC 2342, RFC 4314 §4. A function's mailboxes stand below `Delade/` and its address, those of a colleague below `Andra/`;
//! the name without more is the owner's INBOX. A mailbox without the right `l` is not there: every command answers as for
//! a name that nobody has.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::{AccountEntry, AccountState, DirectoryError};
use mailbox::{Folder, Grant, MailboxError, below};
use model::{AccountId, EmailAddress, MailboxId, MailboxName, MailboxRef, Right, Rights};

use crate::folders::Folders;

/// A mailbox that can be seen, with what can be done with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) mailbox: MailboxRef,
    pub(crate) rights: Rights,
}

impl Found {
    /// The mailbox, if all these rights are there.
    pub(crate) fn with(self, needs: &[Right]) -> Result<MailboxRef, MailboxError> {
        let all = needs.iter().all(|right| self.rights.has(*right));
        if all { Ok(self.mailbox) } else { Err(MailboxError::NoPermission) }
    }
}

/// Somebody who has given rights to the one who is logged in.
pub(crate) struct Owner {
    pub(crate) account: AccountId,
    /// The name of the owner's INBOX here; all others stand below it.
    root: String,
    /// The primary address; also the name of the quota root.
    pub(crate) address: String,
    grants: Vec<Grant>,
}

impl Owner {
    /// An entry of the mailbox holds before that of the account.
    pub(crate) fn rights(&self, mailbox: MailboxId) -> Rights {
        let entry = |wanted: Option<MailboxId>| self.grants.iter().find(|grant| grant.mailbox == wanted);
        entry(Some(mailbox)).or_else(|| entry(None)).map(|grant| grant.rights_in(mailbox)).unwrap_or_default()
    }
    /// Is there anything that the one who is logged in may see?
    fn shows_something(&self) -> bool {
        self.gives(Right::Lookup)
    }
    /// Is there a mailbox with this right?
    pub(crate) fn gives(&self, right: Right) -> bool {
        self.grants.iter().any(|grant| grant.rights.has(right))
    }
    /// The name here of a name there.
    fn name_here(&self, name: &MailboxName) -> Option<MailboxName> {
        match name.is_inbox() {
            true => MailboxName::parse(&self.root).ok(),
            false => MailboxName::parse(&format!("{}/{name}", self.root)).ok(),
        }
    }
    /// The name there of a name here; `None` if it is not below the root.
    fn name_there(&self, name: &MailboxName) -> Option<MailboxName> {
        match below(name.as_str(), &self.root)? {
            "" => Some(MailboxName::inbox()),
            // INBOX itself has one name here, so that a program does not see it twice.
            rest => MailboxName::parse(rest).ok().filter(|name| !name.is_inbox()),
        }
    }
}

impl Folders<'_> {
    /// A mailbox of one's own or of somebody else.
    ///
    /// # Errors
    /// [`MailboxError::NoMailbox`], also for one that must not be seen.
    pub(crate) async fn look_up(&self, name: &MailboxName) -> Result<Found, MailboxError> {
        if let Some((owner, there)) = self.place_of(name).await? {
            match self.mailboxes.find(self.account.tenant, owner.account, &there).await {
                Ok(mailbox) => {
                    let rights = owner.rights(mailbox.mailbox);
                    if rights.has(Right::Lookup) {
                        return Ok(Found { mailbox, rights });
                    }
                }
                Err(MailboxError::NoMailbox(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Found { mailbox: self.find(name).await?, rights: Rights::ALL })
    }

    /// The same where certain rights are needed.
    ///
    /// # Errors
    /// [`MailboxError::NoMailbox`]; [`MailboxError::NoPermission`] for one that can be seen.
    pub(crate) async fn open(&self, name: &MailboxName, needs: &[Right]) -> Result<MailboxRef, MailboxError> {
        self.look_up(name).await?.with(needs)
    }

    /// A mailbox that messages may be put into.
    ///
    /// # Errors
    /// As [`Folders::open`].
    pub(crate) async fn insert_into(&self, name: &MailboxName) -> Result<Found, MailboxError> {
        let found = self.look_up(name).await?;
        found.with(&[Right::Insert]).map(|_| found)
    }

    /// In whose tree a name stands, and what it is called there; `None` for one's own, and for what nobody has shared.
    pub(crate) async fn place_of(
        &self,
        name: &MailboxName,
    ) -> Result<Option<(Owner, MailboxName)>, MailboxError> {
        if !self.mailboxes.limits().sharing.is_others(name) {
            return Ok(None);
        }
        let place = |owner: Owner| owner.name_there(name).map(|there| (owner, there));
        Ok(self.owners().await?.into_iter().find_map(place))
    }

    /// Everybody who lets the one who is logged in see something.
    pub(crate) async fn owners(&self) -> Result<Vec<Owner>, MailboxError> {
        let mut by_owner: BTreeMap<AccountId, Vec<Grant>> = BTreeMap::new();
        for grant in self.mailboxes.grants_held(self.account.tenant, self.account.id).await? {
            by_owner.entry(grant.owner).or_default().push(grant);
        }
        let mut owners = Vec::with_capacity(by_owner.len());
        for (account, grants) in by_owner {
            let Some(entry) = self.directory.account(self.account.tenant, account).await? else { continue };
            let Some(root) = self.root(&entry) else { continue };
            owners.push(Owner { account, root, address: entry.address.to_string(), grants });
        }
        owners.retain(Owner::shows_something);
        Ok(owners)
    }

    fn root(&self, entry: &AccountEntry) -> Option<String> {
        let sharing = &self.mailboxes.limits().sharing;
        let prefix = match entry.state {
            AccountState::Function => &sharing.functions_prefix,
            AccountState::Active | AccountState::Locked => &sharing.people_prefix,
            AccountState::Removed => return None,
        };
        (!prefix.is_empty()).then(|| format!("{prefix}/{}", entry.address))
    }

    /// All names, one's own and those of others that can be seen, with the levels above them.
    pub(crate) async fn all(&self) -> Result<Vec<Folder>, MailboxError> {
        Ok(self.names(&self.owners().await?).await?.to_vec())
    }

    /// The same, as one list in memory for all sessions where nobody has shared anything.
    pub(crate) async fn names(&self, owners: &[Owner]) -> Result<Arc<[Folder]>, MailboxError> {
        let own = self.mailboxes.names(self.account.tenant, self.account.id).await?;
        if owners.is_empty() {
            return Ok(own);
        }
        let mut names: BTreeMap<MailboxName, Folder> =
            own.iter().map(|folder| (folder.name.clone(), folder.clone())).collect();
        for owner in owners {
            for folder in self.mailboxes.names(self.account.tenant, owner.account).await?.iter() {
                let Some(mailbox) = folder.mailbox else { continue };
                if owner.rights(mailbox.mailbox).has(Right::Lookup)
                    && let Some(name) = owner.name_here(&folder.name)
                {
                    put(&mut names, name, mailbox);
                }
            }
        }
        let mut all: Vec<Folder> = names.into_values().collect();
        all.sort_by_key(|folder| !folder.name.is_inbox());
        Ok(all.into())
    }

    /// A person of the municipality whom an identifier of an access control list names: an address or log-in
    /// name.
    pub(crate) async fn named(
        &self,
        identifier: &str,
    ) -> Result<Option<(AccountId, AccountEntry)>, MailboxError> {
        // Account ids are no names that people know.
        if identifier.parse::<EmailAddress>().is_err() && identifier.parse::<AccountId>().is_ok() {
            return Ok(None);
        }
        match self.directory.find_account(self.account.tenant, identifier).await {
            Ok((account, entry)) if is_person(&entry) => Ok(Some((account, entry))),
            Err(DirectoryError::Store(error)) => Err(error.into()),
            Ok(_) | Err(_) => Ok(None),
        }
    }

    /// What people call an account: its primary address.
    pub(crate) async fn address_of(&self, account: AccountId) -> Result<Option<String>, MailboxError> {
        let entry = self.directory.account(self.account.tenant, account).await?;
        Ok(entry.map(|entry| entry.address.to_string()))
    }
}

fn is_person(entry: &AccountEntry) -> bool {
    matches!(entry.state, AccountState::Active | AccountState::Locked)
}

/// Adds a mailbox of somebody else. A mailbox of one's own with that name keeps it; a subscription joins it. Its special use
/// is not told: a program would take it for its own.
fn put(names: &mut BTreeMap<MailboxName, Folder>, name: MailboxName, mailbox: MailboxRef) {
    let mut above = name.parent();
    let folder = names.entry(name).or_insert_with_key(|name| level(name.clone()));
    if folder.mailbox.is_some() {
        return;
    }
    folder.mailbox = Some(mailbox);
    let subscribed = folder.subscribed;
    while let Some(name) = above {
        above = name.parent();
        let folder = names.entry(name).or_insert_with_key(|name| level(name.clone()));
        folder.has_children = true;
        folder.has_subscribed_children |= subscribed;
    }
}

/// A name that is only a level above others.
const fn level(name: MailboxName) -> Folder {
    Folder {
        name,
        mailbox: None,
        special: None,
        subscribed: false,
        has_children: false,
        has_subscribed_children: false,
    }
}

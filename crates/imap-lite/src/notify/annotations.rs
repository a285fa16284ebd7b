//! METADATA of annotations that changed.
//!
//! RFC 5465 §5.6, §5.7; RFC 5464 §4.4.2 (the names of entries only; the client asks for what it wants).

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use imap_wire::encode;
use mailbox::{Annotated, Annotation, Folder, MailboxError};
use model::{MailboxName, MailboxRef, Right};

use super::{Listening, sent};
use crate::Door;
use crate::conversation::Trouble;
use crate::folders::Folders;
use crate::wire::Wire;

/// Of each place, the server without a name, the entries and what their values were, so that a change shows.
#[derive(Default)]
pub(super) struct Annotations(BTreeMap<Option<MailboxName>, Entries>);

type Entries = BTreeMap<String, u64>;

impl Listening {
    /// Reads what is annotated where that is to be told.
    pub(super) async fn annotations(
        &self,
        door: &Door,
        folders: &Folders<'_>,
    ) -> Result<Annotations, MailboxError> {
        let account = folders.account;
        let mut all = Annotations::default();
        if self.wishes.server_annotations() {
            let place = Annotated::Server(account.tenant, account.id);
            all.0.insert(None, entries(door.mailboxes.annotations(place, account.id).await?));
        }
        if !self.wishes.annotations() {
            return Ok(all);
        }
        let mut by_owner = BTreeMap::new();
        for Folder { name, mailbox, .. } in self.names.iter().filter(|folder| self.tells_annotations(folder))
        {
            let Some(MailboxRef { tenant, account: owner, mailbox: id }) = *mailbox else { continue };
            if let Entry::Vacant(place) = by_owner.entry(owner) {
                place.insert(door.mailboxes.annotations_of_account(tenant, owner, account.id).await?);
            }
            let found = by_owner.get_mut(&owner).and_then(|all| all.remove(&id)).unwrap_or_default();
            let reference = MailboxRef { tenant, account: owner, mailbox: id };
            if door.mailboxes.rights(reference, account.id).await?.has(Right::Read) {
                all.0.insert(Some(name.clone()), entries(found));
            }
        }
        Ok(all)
    }

    fn tells_annotations(&self, folder: &Folder) -> bool {
        self.wishes.of(folder).mailbox_metadata_change
    }
}

impl Annotations {
    /// The names of entries that are other than `before`. Of a mailbox that was not there then, nothing is other.
    pub(super) async fn write_changes(&self, before: &Self, wire: &mut Wire) -> Result<(), Trouble> {
        for (name, now) in &self.0 {
            let Some(before) = before.0.get(name) else { continue };
            let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            let changed: Vec<&str> = names
                .into_iter()
                .filter(|entry| before.get(*entry) != now.get(*entry))
                .map(String::as_str)
                .collect();
            if !changed.is_empty() {
                encode::metadata_changed(name.as_ref(), &changed, wire.enabled, &mut wire.buffer);
                sent(wire).await?;
            }
        }
        Ok(())
    }
}

fn entries(found: Vec<Annotation>) -> Entries {
    let hash = |value: Vec<u8>| {
        let mut hasher = DefaultHasher::new();
        value.hash(&mut hasher);
        hasher.finish()
    };
    found.into_iter().map(|Annotation { entry, value }| (entry, hash(value))).collect()
}

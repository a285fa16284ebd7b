//! METADATA of annotations that changed.
//!
//! RFC 5465 §5.6, §5.7; RFC 5464 §4.4.2 (the names of entries only; the client asks for what it wants).

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use imap_wire::encode;
use mailbox::{Annotated, Annotation, Folder, MailboxError};
use model::MailboxName;

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
        if self.groups.iter().any(|group| group.events.server_metadata_change) {
            let place = Annotated::Server(account.tenant, account.id);
            all.0.insert(None, entries(door.mailboxes.annotations(place, account.id).await?));
        }
        for Folder { name, mailbox, .. } in self.names.iter().filter(|folder| self.tells_annotations(folder))
        {
            if let Some(mailbox) = *mailbox
                && self.may_read(door, folders, mailbox).await?
            {
                let found = door.mailboxes.annotations(Annotated::Mailbox(mailbox), account.id).await?;
                all.0.insert(Some(name.clone()), entries(found));
            }
        }
        Ok(all)
    }

    fn tells_annotations(&self, folder: &Folder) -> bool {
        self.events(folder).mailbox_metadata_change
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

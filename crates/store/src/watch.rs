//! Hints that something changed: one coalesced bit for each watcher, never a queue.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::pending;

use model::{AccountId, MailboxRef, TenantId};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{Key, Keyspace};

/// What can be watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKey {
    /// Messages and flags of one mailbox.
    Mailbox(MailboxRef),
    /// Messages and flags of all mailboxes of one account.
    Mail(TenantId, AccountId),
    /// Names, creation, removal and annotations of the mailboxes of one account.
    Folders(TenantId, AccountId),
    /// The account's own row: password, lock, removal.
    Account(TenantId, AccountId),
    /// Any row of a keyspace of one municipality, such as its routes.
    Space(Keyspace, TenantId),
}

impl WatchKey {
    /// What a changed row wakes; message rows wake their mailbox and account once through its state row.
    pub fn of(key: &Key) -> impl Iterator<Item = Self> {
        let one = Self::first_of(key);
        let account = match one {
            Some(Self::Mailbox(mailbox)) => Some(Self::Mail(mailbox.tenant, mailbox.account)),
            _ => None,
        };
        one.into_iter().chain(account)
    }

    fn first_of(key: &Key) -> Option<Self> {
        let (space, tenant, mut fields) = (key.space()?, key.tenant()?, key.fields());
        match space {
            Keyspace::MailboxState => Some(Self::Mailbox(MailboxRef {
                tenant,
                account: AccountId::new(fields.u64()?),
                mailbox: model::MailboxId::new(fields.u64()?),
            })),
            Keyspace::Message | Keyspace::Flags | Keyspace::Change | Keyspace::Usage | Keyspace::Body => None,
            Keyspace::Mailbox | Keyspace::Folders | Keyspace::Metadata => {
                Some(Self::Folders(tenant, AccountId::new(fields.u64()?)))
            }
            Keyspace::Account => Some(Self::Account(tenant, AccountId::new(fields.u64()?))),
            space => Some(Self::Space(space, tenant)),
        }
    }
}

/// Waits for changes of one thing.
#[derive(Debug)]
pub struct Watch(watch::Receiver<()>);

impl Watch {
    /// Returns when something has changed since the watch was made or since the last return.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The engine is gone; a process that stops wakes nobody for it.
            pending::<()>().await;
        }
    }
}

/// All watches of an engine.
#[derive(Debug, Default)]
pub struct Watchers {
    senders: Mutex<HashMap<WatchKey, watch::Sender<()>>>,
}

impl Watchers {
    /// A new watch; it sees changes from now on.
    pub fn watch(&self, key: WatchKey) -> Watch {
        let mut senders = self.senders.lock();
        Watch(senders.entry(key).or_insert_with(|| watch::Sender::new(())).subscribe())
    }
    /// Wakes who watches one of `keys`, and forgets what nobody watches any more.
    pub fn wake(&self, keys: impl IntoIterator<Item = WatchKey>) {
        let mut senders = self.senders.lock();
        for key in keys {
            if let Entry::Occupied(sender) = senders.entry(key)
                && sender.get().send(()).is_err()
            {
                sender.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_changes_are_one_hint_and_other_keys_none() {
        let watchers = Watchers::default();
        let here = WatchKey::Account(TenantId::new(1), AccountId::new(1));
        let there = WatchKey::Account(TenantId::new(1), AccountId::new(2));
        let (mut watch, other) = (watchers.watch(here), watchers.watch(there));
        watchers.wake([here, here]);
        watchers.wake([here]);
        watch.changed().await;
        assert!(!watch.0.has_changed().unwrap() && !other.0.has_changed().unwrap());
        drop(other);
        watchers.wake([there]);
        assert_eq!(watchers.senders.lock().len(), 1);
    }
}

//! Hints that something changed: one coalesced bit for each watcher, never a queue.
//!
//! Who watches the mail of a whole account also learns which mailboxes it was, as far as a short memory reaches.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::pending;

use model::{AccountId, MailboxId, MailboxRef, TenantId};
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
    /// What a changed row wakes; message rows wake their mailbox once through its state row, and with it who watches the
    /// mail of the account.
    pub fn of(key: &Key) -> Option<Self> {
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

/// How many changes of an account's mail are remembered by mailbox.
const LATELY_MAX: usize = 256;

/// Which mailboxes changed lately; kept only for [`WatchKey::Mail`].
#[derive(Debug, Default)]
struct Lately {
    changes: u64,
    mailboxes: VecDeque<MailboxId>,
}

impl Lately {
    fn add(&mut self, mailbox: MailboxId) {
        self.changes += 1;
        if self.mailboxes.len() == LATELY_MAX {
            self.mailboxes.pop_front();
        }
        self.mailboxes.push_back(mailbox);
    }
    /// The last so many; `None` if they are no longer known.
    fn last(&self, count: u64) -> Option<BTreeSet<MailboxId>> {
        let forgotten = self.mailboxes.len().checked_sub(usize::try_from(count).ok()?)?;
        Some(self.mailboxes.iter().skip(forgotten).copied().collect())
    }
}

/// Waits for changes of one thing.
#[derive(Debug)]
pub struct Watch {
    receiver: watch::Receiver<Lately>,
    /// Changes that [`Watch::mailboxes`] has told.
    told: u64,
}

impl Watch {
    /// Returns when something has changed since the watch was made or since the last return.
    pub async fn changed(&mut self) {
        if self.receiver.changed().await.is_err() {
            // The engine is gone; a process that stops wakes nobody for it.
            pending::<()>().await;
        }
    }

    /// Which mailboxes have changed since the watch was made or since the last call; `None` if they were too many to be
    /// remembered. Only [`WatchKey::Mail`] knows.
    pub fn mailboxes(&mut self) -> Option<BTreeSet<MailboxId>> {
        let lately = self.receiver.borrow();
        let count = lately.changes - self.told;
        self.told = lately.changes;
        lately.last(count)
    }
}

type Senders = HashMap<WatchKey, watch::Sender<Lately>>;

/// All watches of an engine.
#[derive(Debug, Default)]
pub struct Watchers {
    senders: Mutex<Senders>,
}

impl Watchers {
    /// A new watch; it sees changes from now on.
    pub fn watch(&self, key: WatchKey) -> Watch {
        let mut senders = self.senders.lock();
        let receiver = senders.entry(key).or_default().subscribe();
        let told = receiver.borrow().changes;
        Watch { receiver, told }
    }
    /// Wakes who watches one of `keys`, and forgets what nobody watches any more.
    pub fn wake(&self, keys: impl IntoIterator<Item = WatchKey>) {
        let mut senders = self.senders.lock();
        for key in keys {
            wake_one(&mut senders, key, |_| {});
            if let WatchKey::Mailbox(MailboxRef { tenant, account, mailbox }) = key {
                wake_one(&mut senders, WatchKey::Mail(tenant, account), |lately| lately.add(mailbox));
            }
        }
    }
}

fn wake_one(senders: &mut Senders, key: WatchKey, change: impl FnOnce(&mut Lately)) {
    let Entry::Occupied(sender) = senders.entry(key) else { return };
    match sender.get().receiver_count() {
        0 => _ = sender.remove(),
        _ => sender.get().send_modify(change),
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
        assert!(!watch.receiver.has_changed().unwrap() && !other.receiver.has_changed().unwrap());
        drop(other);
        watchers.wake([there]);
        assert_eq!(watchers.senders.lock().len(), 1);
    }

    #[tokio::test]
    async fn mail_of_an_account_tells_which_mailboxes() {
        let watchers = Watchers::default();
        let (tenant, account) = (TenantId::new(1), AccountId::new(1));
        let ids =
            |numbers: &[u64]| Some(numbers.iter().copied().map(MailboxId::new).collect::<BTreeSet<_>>());
        let change = |number| {
            watchers.wake([WatchKey::Mailbox(MailboxRef {
                tenant,
                account,
                mailbox: MailboxId::new(number),
            })]);
        };
        let (mut first, mut second) = (
            watchers.watch(WatchKey::Mail(tenant, account)),
            watchers.watch(WatchKey::Mail(tenant, account)),
        );
        [3, 7, 3].into_iter().for_each(change);
        first.changed().await;
        assert_eq!(first.mailboxes(), ids(&[3, 7]));
        assert_eq!(first.mailboxes(), ids(&[]));
        change(9);
        let mut late = watchers.watch(WatchKey::Mail(tenant, account));
        assert_eq!(
            (first.mailboxes(), second.mailboxes(), late.mailboxes()),
            (ids(&[9]), ids(&[3, 7, 9]), ids(&[]))
        );
        (0..LATELY_MAX as u64).for_each(change);
        assert_eq!(first.mailboxes().map(|all| all.len()), Some(LATELY_MAX));
        (0..=LATELY_MAX as u64).for_each(change);
        assert_eq!(first.mailboxes(), None, "more than is remembered");
        assert_eq!(first.mailboxes(), ids(&[]));
    }
}

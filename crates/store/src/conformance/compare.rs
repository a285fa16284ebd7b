//! Every row of a store against the model.

use std::collections::BTreeMap;
use std::fmt::Debug;

use ::model::{AccountId, TenantId};

use super::model::{Mailbox, World};
use super::plan::LETTERS;
use super::stories::letter_of;
use crate::{
    BodyKey, ChangeKey, CounterKey, FlagsKey, Key, KeyRange, Keyspace, MailboxStateKey, MessageEntry,
    MessageFlags, MessageKey, Store, TypedKey, Usage, UsageKey,
};

/// Every row of these municipalities, read in pages of `page` rows, is what the model says, in order.
pub(super) async fn same_rows(store: &Store, world: &World, tenants: [TenantId; 2], page: usize) {
    for tenant in tenants {
        let read = Read { store, tenant, page };
        read.same_mailboxes(world).await;
        read.same_messages(world).await;
        read.same_counts(world).await;
        read.same_body_rows(world).await;
        read.same_callers_rows(world).await;
    }
}

struct Read<'a> {
    store: &'a Store,
    tenant: TenantId,
    page: usize,
}

impl Read<'_> {
    /// All rows of a keyspace, page by page.
    async fn all<K: TypedKey>(&self) -> Vec<(K, K::Value)> {
        let (mut range, mut all) = (KeyRange::prefix(&Key::new(K::SPACE, self.tenant)), Vec::new());
        loop {
            let rows = self.store.page::<K>(&range, self.page).await.expect("reads");
            assert!(rows.len() <= self.page, "more rows than asked for");
            let Some((last, _)) = rows.last() else { return all };
            range = range.after(&last.to_key());
            all.extend(rows);
        }
    }

    async fn same<K>(&self, expected: impl Iterator<Item = (K, K::Value)>)
    where
        K: TypedKey + PartialEq + Debug,
        K::Value: PartialEq + Debug,
    {
        let mut expected: Vec<_> = expected.collect();
        expected.sort_by_key(|(key, _)| key.to_key());
        assert_eq!(self.all::<K>().await, expected, "rows of {:?}", K::SPACE);
    }

    fn mailboxes<'w>(&self, world: &'w World) -> impl Iterator<Item = (::model::MailboxRef, &'w Mailbox)> {
        let tenant = self.tenant;
        let own = world.mailboxes.iter().filter(move |(mailbox, _)| mailbox.tenant == tenant);
        own.map(|(mailbox, found)| (*mailbox, found))
    }

    async fn same_mailboxes(&self, world: &World) {
        let own = self.mailboxes(world);
        self.same(own.map(|(mailbox, found)| (MailboxStateKey(mailbox), found.state()))).await;
        let changes = world.changes.iter().filter(|((mailbox, _), _)| mailbox.tenant == self.tenant);
        let row = |(&(mailbox, mod_seq), change): (&_, &crate::Change)| {
            (ChangeKey { mailbox, mod_seq }, change.clone())
        };
        self.same(changes.map(row)).await;
    }

    async fn same_messages(&self, world: &World) {
        let (mut entries, mut flags): (Vec<(MessageKey, MessageEntry)>, Vec<_>) = (Vec::new(), Vec::new());
        for (mailbox, found) in self.mailboxes(world) {
            for (&uid, message) in &found.messages {
                let MessageEntry { size, internal_date, zone, .. } = message.entry;
                let row = MessageFlags {
                    mod_seq: message.mod_seq,
                    size,
                    internal_date,
                    zone,
                    flags: message.flags.clone(),
                };
                entries.push((MessageKey { mailbox, uid }, message.entry.clone()));
                flags.push((FlagsKey { mailbox, uid }, row));
            }
        }
        self.same(entries.into_iter()).await;
        self.same(flags.into_iter()).await;
    }

    async fn same_counts(&self, world: &World) {
        let mut usage: BTreeMap<AccountId, Usage> = BTreeMap::new();
        for (mailbox, found) in self.mailboxes(world) {
            let (sum, state) = (usage.entry(mailbox.account).or_default(), found.state());
            sum.bytes += state.bytes;
            sum.messages += u64::from(state.exists);
        }
        usage.retain(|_, usage| *usage != Usage::default());
        let found = self.all::<UsageKey>().await.into_iter().filter(|(_, usage)| *usage != Usage::default());
        let found: BTreeMap<_, _> = found.map(|(key, usage)| (key.account, usage)).collect();
        assert_eq!(found, usage, "octets and messages of accounts");
        let counters = world.counters.iter().filter(|((tenant, _), _)| *tenant == self.tenant);
        let row = |((tenant, name), count): (&(TenantId, String), &i64)| {
            (CounterKey { tenant: *tenant, name: name.clone() }, *count)
        };
        self.same(counters.map(row)).await;
    }

    async fn same_body_rows(&self, world: &World) {
        let own = world.bodies.iter().filter(|((tenant, _), _)| *tenant == self.tenant);
        let expected: Vec<_> = own
            .map(|(&(_, id), body)| (id, body.size, world.references(self.tenant, id), body.idle))
            .collect();
        let found = self.all::<BodyKey>().await.into_iter().map(|(key, row)| {
            let idle = (row.references == 0).then_some(row.unreferenced_since);
            (key.body, row.size, row.references, idle)
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "bodies: size, references, unused since");
    }

    async fn same_callers_rows(&self, world: &World) {
        use Keyspace as K;
        let engines = [K::Counter, K::MailboxState, K::Message, K::Flags, K::Change, K::Usage, K::Body];
        let mut found = Vec::new();
        for space in Keyspace::ALL.into_iter().filter(|space| !engines.contains(space)) {
            let range = KeyRange::prefix(&Key::new(space, self.tenant));
            let rows = self.store.scan(&range, 1000).await.expect("reads");
            found.extend(rows.into_iter().map(|row| (row.key, row.value.to_vec())));
        }
        let own = world.rows.iter().filter(|(key, _)| key.tenant() == Some(self.tenant));
        let expected: Vec<_> = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        assert_eq!(found, expected, "rows of callers");
    }
}

/// Every body that the model has reads back, with its derived data.
pub(super) async fn same_bodies(store: &Store, world: &World) {
    let letters: BTreeMap<u64, _> = (0..LETTERS)
        .map(letter_of)
        .map(|(content, derived)| (content.len() as u64, (content, derived)))
        .collect();
    for (&(tenant, id), body) in &world.bodies {
        let (content, derived) = &letters[&body.size];
        let found = store.read_body(tenant, id, 0..u64::MAX).await.expect("reads");
        assert!(found == content[..], "content of {} octets", body.size);
        assert_eq!(store.derived(tenant, id).await.expect("reads"), derived, "derived data");
    }
}

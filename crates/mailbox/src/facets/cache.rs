//! Facets of the mailboxes that were sorted lately, within a bound, and how they follow the store.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use message::Lineage;
use model::{MailboxRef, Uid, UnixMillis};
use parking_lot::Mutex;
use store::{KeyRange, MessageEntry, MessageKey, TypedKey};

use super::Facets;
use crate::selected::Picked;
use crate::table::Table;
use crate::{MailboxError, Mailboxes, Selected};

const PAGE: usize = 500;
/// Where a command names fewer than one message in so many, only their rows are read.
const FEW: usize = 8;

pub(crate) struct FacetCache {
    octets_max: usize,
    open: Mutex<HashMap<MailboxRef, Arc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    used: AtomicU64,
    octets: AtomicUsize,
    /// One session reads, the others wait for it.
    facets: tokio::sync::Mutex<Option<Arc<Facets>>>,
}

impl FacetCache {
    pub(crate) fn new(octets_max: usize) -> Self {
        Self { octets_max, open: Mutex::default() }
    }

    fn open(&self, mailbox: MailboxRef, now: UnixMillis) -> Arc<Slot> {
        let slot = self.open.lock().entry(mailbox).or_default().clone();
        slot.used.store(now.0, Ordering::Relaxed);
        slot
    }

    fn has(&self, mailbox: MailboxRef) -> bool {
        self.open.lock().contains_key(&mailbox)
    }

    /// Drops what nobody used for `idle`, and what was used longest ago while all are over the bound.
    pub(crate) fn sweep(&self, idle: Duration, now: UnixMillis) {
        let mut open = self.open.lock();
        let used = |slot: &Slot| UnixMillis(slot.used.load(Ordering::Relaxed));
        open.retain(|_, slot| now.since(used(slot)) < idle);
        let octets = |slot: &Slot| slot.octets.load(Ordering::Relaxed);
        let mut all: usize = open.values().map(|slot| octets(slot)).sum();
        while all > self.octets_max {
            let oldest = open.iter().min_by_key(|(_, slot)| used(slot)).map(|(mailbox, _)| *mailbox);
            let Some(gone) = oldest.and_then(|oldest| open.remove(&oldest)) else { return };
            all -= octets(&gone);
        }
    }
}

impl Selected {
    /// The facets of these messages at least.
    pub(crate) async fn facets(
        &self,
        picked: &Picked,
        table: &Table,
        now: UnixMillis,
    ) -> Result<Arc<Facets>, MailboxError> {
        let (mailboxes, mailbox) = (&self.mailboxes, self.mailbox());
        let cache = &mailboxes.inner.facets;
        if picked.len() < table.len() / FEW && !cache.has(mailbox) {
            return self.facets_of_few(picked).await;
        }
        let slot = cache.open(mailbox, now);
        let mut held = slot.facets.lock().await;
        // Messages that are gone stay in it until they are as many as those that are there.
        let known = held.take().filter(|known| known.len() <= 2 * table.len() + PAGE);
        let mut facets = known.unwrap_or_default();
        if facets.next < table.uid_next {
            mailboxes.read_facets(mailbox, Arc::make_mut(&mut facets), table.uid_next).await?;
        }
        slot.octets.store(facets.octets(), Ordering::Relaxed);
        *held = Some(facets.clone());
        drop(held);
        cache.sweep(Duration::from_secs(mailboxes.limits().view_idle_seconds.into()), now);
        Ok(facets)
    }

    async fn facets_of_few(&self, picked: &Picked) -> Result<Arc<Facets>, MailboxError> {
        let mut facets = Facets::default();
        for chunk in picked.chunks(PAGE) {
            let uids: Vec<Uid> = chunk.iter().map(|(_, uid)| *uid).collect();
            for (uid, entry) in self.entries(&uids).await? {
                self.mailboxes.add_facets(self.mailbox(), &mut facets, uid, &entry).await?;
            }
        }
        Ok(Arc::new(facets))
    }
}

impl Mailboxes {
    /// Takes in the messages that came, up to `end`.
    async fn read_facets(
        &self,
        mailbox: MailboxRef,
        facets: &mut Facets,
        end: Uid,
    ) -> Result<(), MailboxError> {
        let key = |uid| MessageKey { mailbox, uid }.to_key();
        let mut range = KeyRange::prefix(&MessageKey::prefix(mailbox)).from(&key(facets.next));
        range.high = Some(key(end).as_bytes().to_vec());
        loop {
            let rows = self.store().page::<MessageKey>(&range, PAGE).await?;
            for (MessageKey { uid, .. }, entry) in &rows {
                self.add_facets(mailbox, facets, *uid, entry).await?;
            }
            match rows.last() {
                Some((last, _)) if rows.len() == PAGE => range = range.after(&last.to_key()),
                _ => break,
            }
            tokio::task::yield_now().await;
        }
        facets.next = end;
        Ok(())
    }

    /// A row of the first version has no lineage, and an ENVELOPE that is too long stands only with the letter.
    async fn add_facets(
        &self,
        mailbox: MailboxRef,
        facets: &mut Facets,
        uid: Uid,
        entry: &MessageEntry,
    ) -> Result<(), MailboxError> {
        if !entry.envelope.is_empty() && !entry.lineage.is_empty() {
            facets.add(uid, &entry.envelope, &entry.lineage, entry.internal_date);
            return Ok(());
        }
        let content = match self.read_content(mailbox.tenant, entry).await {
            Ok(content) => content,
            Err(error) if error.concerns_one_message() => {
                tracing::warn!(?mailbox, %uid, %error, "a message is sorted without its letter");
                facets.add(uid, &entry.envelope, &entry.lineage, entry.internal_date);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let lineage = self.lineage(mailbox.tenant, entry, &content).await?;
        facets.add(uid, content.view().envelope(), lineage.as_octets(), entry.internal_date);
        Ok(())
    }

    /// The lineage of a letter, wherever it stands.
    pub(crate) async fn lineage(
        &self,
        tenant: model::TenantId,
        entry: &MessageEntry,
        content: &crate::Content,
    ) -> Result<Lineage, MailboxError> {
        if !entry.lineage.is_empty() {
            return Ok(Lineage::from_octets(entry.lineage.to_vec()));
        }
        if let Some(lineage) = content.view().lineage() {
            return Ok(Lineage::from_octets(lineage.to_vec()));
        }
        let root = content.view().part_place(0);
        let header = self.store().read_body(tenant, entry.body, root.header..root.body).await?;
        Ok(Lineage::in_header(&header))
    }
}

//! The model: what the documentation of the operations says, over plain structs.
//!
//! It knows no rows but a caller's own, no layers and no counters: what an engine counts, this looks up in its messages.

use std::collections::BTreeMap;

use ::model::{
    FlagPatch, FlagSet, MailboxRef, ModSeq, SystemFlag, TenantId, Uid, UidSet, UidValidity, UnixMillis,
};
use bytes::Bytes;

use crate::{
    Batch, BodyId, BodyKey, Change, CommitError, Expect, Key, Keyspace, MailboxState, MailboxStateKey,
    MessageEntry, NewMessage, Op, Outcome, Record, TypedKey,
};

/// All that a store holds of the tenants of one story.
#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) mailboxes: BTreeMap<MailboxRef, Mailbox>,
    /// They outlive their mailbox.
    pub(super) changes: BTreeMap<(MailboxRef, ModSeq), Change>,
    pub(super) rows: BTreeMap<Key, Vec<u8>>,
    pub(super) counters: BTreeMap<(TenantId, String), i64>,
    pub(super) bodies: BTreeMap<(TenantId, BodyId), Body>,
}

#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    uid_validity: UidValidity,
    pub(super) uid_next: Uid,
    pub(super) highest: ModSeq,
    pub(super) messages: BTreeMap<Uid, Message>,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) entry: MessageEntry,
    pub(super) flags: FlagSet,
    pub(super) mod_seq: ModSeq,
}

#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) size: u64,
    /// References beside those of messages.
    pub(super) others: u64,
    /// Since when nobody refers to it; `None` while somebody does.
    pub(super) idle: Option<UnixMillis>,
}

/// Why a batch is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Conflict(Key),
    NoMailbox(MailboxRef),
    NoBody(BodyId),
    TooLarge,
}

impl Refused {
    /// The same in an engine's words; `None` for what no story should meet.
    pub(super) fn from_engine(error: &CommitError) -> Option<Self> {
        match error {
            CommitError::Conflict(key) => Some(Self::Conflict(key.clone())),
            CommitError::NoMailbox(mailbox) => Some(Self::NoMailbox(*mailbox)),
            CommitError::NoBody(body) => Some(Self::NoBody(*body)),
            CommitError::TooLarge(_) => Some(Self::TooLarge),
            _ => None,
        }
    }
}

impl World {
    /// What stands at a key that a batch may expect something of: a caller's row or the counters of a mailbox.
    pub(super) fn value(&self, key: &Key) -> Option<Vec<u8>> {
        if key.space() == Some(Keyspace::MailboxState) {
            let mailbox = MailboxStateKey::from_key(key).expect("a mailbox's key").0;
            return self.mailboxes.get(&mailbox).map(|found| found.state().encode());
        }
        self.rows.get(key).cloned()
    }

    /// Messages and routes that refer to a body.
    pub(super) fn references(&self, tenant: TenantId, id: BodyId) -> u64 {
        let own = self.mailboxes.iter().filter(|(mailbox, _)| mailbox.tenant == tenant);
        let messages = own.flat_map(|(_, found)| found.messages.values());
        let others = self.bodies.get(&(tenant, id)).map_or(0, |body| body.others);
        messages.filter(|message| message.entry.body == id).count() as u64 + others
    }

    fn mailbox(&mut self, mailbox: MailboxRef) -> Result<&mut Mailbox, Refused> {
        self.mailboxes.get_mut(&mailbox).ok_or(Refused::NoMailbox(mailbox))
    }
}

impl Mailbox {
    /// The counters as they must stand.
    pub(super) fn state(&self) -> MailboxState {
        let count = |like: fn(&FlagSet) -> bool| {
            let found = self.messages.values().filter(|message| like(&message.flags)).count();
            u32::try_from(found).expect("few messages")
        };
        MailboxState {
            uid_validity: self.uid_validity,
            uid_next: self.uid_next,
            highest_mod_seq: self.highest,
            exists: count(|_| true),
            unseen: count(|flags| !flags.has(SystemFlag::Seen)),
            deleted: count(|flags| flags.has(SystemFlag::Deleted)),
            bytes: self.messages.values().map(|message| message.entry.size).sum(),
        }
    }
}

/// One batch on its way through a copy of the world.
pub(super) struct Attempt {
    pub(super) world: World,
    at: UnixMillis,
    /// One MODSEQ for each mailbox and batch.
    given: BTreeMap<MailboxRef, ModSeq>,
}

impl Attempt {
    pub(super) fn new(world: &World, at: UnixMillis) -> Self {
        Self { world: world.clone(), at, given: BTreeMap::new() }
    }

    pub(super) fn require(&self, batch: &Batch) -> Result<(), Refused> {
        for (key, expect) in &batch.require {
            let found = self.world.value(key);
            let holds = match expect {
                Expect::Absent => found.is_none(),
                Expect::Present => found.is_some(),
                Expect::Is(value) => found.as_ref() == Some(value),
            };
            if !holds {
                return Err(Refused::Conflict(key.clone()));
            }
        }
        Ok(())
    }

    /// The bodies that come with the batch are there for all its operations.
    pub(super) fn bring(&mut self, tenant: TenantId, id: BodyId, size: u64) {
        let new = Body { size, others: 0, idle: Some(self.at) };
        self.world.bodies.entry((tenant, id)).or_insert(new);
    }

    pub(super) fn step(&mut self, op: &Op) -> Result<Outcome, Refused> {
        let outcome = self.apply(op)?;
        self.note_idle_bodies();
        Ok(outcome)
    }

    fn note_idle_bodies(&mut self) {
        let keys: Vec<_> = self.world.bodies.keys().copied().collect();
        for (tenant, id) in keys {
            let idle = self.world.references(tenant, id) == 0;
            let body = self.world.bodies.get_mut(&(tenant, id)).expect("just seen");
            body.idle = idle.then(|| body.idle.unwrap_or(self.at));
        }
    }

    fn apply(&mut self, op: &Op) -> Result<Outcome, Refused> {
        match op {
            Op::Put(key, value) => drop(self.world.rows.insert(key.clone(), value.clone())),
            Op::Delete(key) => drop(self.world.rows.remove(key)),
            Op::Add(key, by) => {
                *self.world.counters.entry((key.tenant, key.name.clone())).or_default() += by;
            }
            Op::Refer(BodyKey { tenant, body }, by) => {
                let body = self.world.bodies.get_mut(&(*tenant, *body)).ok_or(Refused::NoBody(*body))?;
                body.others = body.others.checked_add_signed(*by).expect("stories take back what they gave");
            }
            Op::CreateMailbox(mailbox, uid_validity) => self.create(*mailbox, *uid_validity)?,
            Op::DropMailbox(mailbox) => {
                if !self.world.mailbox(*mailbox)?.messages.is_empty() {
                    return Err(Refused::Conflict(MailboxStateKey(*mailbox).to_key()));
                }
                self.world.mailboxes.remove(mailbox);
            }
            Op::Touch(mailbox) => _ = self.next(*mailbox)?,
            Op::Forget { mailbox, mod_seqs } => {
                self.world.changes.retain(|(of, at), _| of != mailbox || !mod_seqs.contains(at));
            }
            Op::Append(mailbox, message) => {
                let entry = entry_of(message, self.at);
                return self.file(*mailbox, entry, message.flags.clone());
            }
            Op::Update { mailbox, uid, patch, unchanged_since } => {
                return self.update(*mailbox, *uid, patch, *unchanged_since);
            }
            Op::Expunge { mailbox, uids } => return self.expunge(*mailbox, uids),
            Op::Copy { from, uid, to } => return self.copy(*from, *uid, *to),
            Op::Move { from, uid, to } => {
                let outcome = self.copy(*from, *uid, *to)?;
                if outcome != Outcome::Missing {
                    self.expunge(*from, &UidSet::range(*uid, *uid))?;
                }
                return Ok(outcome);
            }
        }
        Ok(Outcome::Done)
    }

    fn create(&mut self, mailbox: MailboxRef, uid_validity: UidValidity) -> Result<(), Refused> {
        if self.world.mailboxes.contains_key(&mailbox) {
            return Err(Refused::Conflict(MailboxStateKey(mailbox).to_key()));
        }
        let (uid_next, highest) = (Uid::MIN, ModSeq(1));
        let new = Mailbox { uid_validity, uid_next, highest, messages: BTreeMap::new() };
        self.world.mailboxes.insert(mailbox, new);
        Ok(())
    }

    /// The MODSEQ of this batch in a mailbox.
    fn next(&mut self, mailbox: MailboxRef) -> Result<ModSeq, Refused> {
        let found = self.world.mailbox(mailbox)?;
        found.highest = *self.given.entry(mailbox).or_insert(ModSeq(found.highest.0 + 1));
        Ok(found.highest)
    }

    fn change(&mut self, mailbox: MailboxRef, mod_seq: ModSeq) -> &mut Change {
        let change = self.world.changes.entry((mailbox, mod_seq)).or_default();
        change.at = self.at;
        change
    }

    fn file(&mut self, mailbox: MailboxRef, entry: MessageEntry, flags: FlagSet) -> Result<Outcome, Refused> {
        self.world.mailbox(mailbox)?;
        if !self.world.bodies.contains_key(&(mailbox.tenant, entry.body)) {
            return Err(Refused::NoBody(entry.body));
        }
        let mod_seq = self.next(mailbox)?;
        let found = self.world.mailbox(mailbox)?;
        let uid = found.uid_next;
        found.uid_next = uid.next().expect("few messages");
        found.messages.insert(uid, Message { entry, flags, mod_seq });
        Ok(Outcome::Filed { uid, mod_seq })
    }

    fn update(
        &mut self,
        mailbox: MailboxRef,
        uid: Uid,
        patch: &FlagPatch,
        unchanged_since: Option<ModSeq>,
    ) -> Result<Outcome, Refused> {
        let found = self.world.mailboxes.get(&mailbox).and_then(|found| found.messages.get(&uid)).cloned();
        let Some(message) = found else { return Ok(Outcome::Missing) };
        // RFC 7162 §3.1.3: not if it has changed since.
        if unchanged_since.is_some_and(|since| message.mod_seq > since) {
            return Ok(Outcome::Modified);
        }
        let flags = message.flags.patched(patch).map_err(|_| Refused::TooLarge)?;
        if flags == message.flags {
            return Ok(Outcome::Updated { flags, mod_seq: message.mod_seq });
        }
        let mod_seq = self.next(mailbox)?;
        self.change(mailbox, mod_seq).flags.insert(uid);
        let changed = Message { flags: flags.clone(), mod_seq, ..message };
        self.world.mailbox(mailbox)?.messages.insert(uid, changed);
        Ok(Outcome::Updated { flags, mod_seq })
    }

    fn expunge(&mut self, mailbox: MailboxRef, uids: &UidSet) -> Result<Outcome, Refused> {
        let found = self.world.mailbox(mailbox)?;
        let gone: UidSet = found.messages.keys().copied().filter(|uid| uids.contains(*uid)).collect();
        found.messages.retain(|uid, _| !gone.contains(*uid));
        if gone.is_empty() {
            return Ok(Outcome::Expunged { uids: gone, mod_seq: found.highest });
        }
        let mod_seq = self.next(mailbox)?;
        self.change(mailbox, mod_seq).expunged.extend(gone.iter());
        Ok(Outcome::Expunged { uids: gone, mod_seq })
    }

    fn copy(&mut self, from: MailboxRef, uid: Uid, to: MailboxRef) -> Result<Outcome, Refused> {
        self.world.mailbox(to)?;
        let found = self.world.mailboxes.get(&from).and_then(|found| found.messages.get(&uid)).cloned();
        let Some(Message { mut entry, flags, .. }) = found else { return Ok(Outcome::Missing) };
        entry.saved = self.at;
        self.file(to, entry, flags)
    }
}

fn entry_of(message: &NewMessage, saved: UnixMillis) -> MessageEntry {
    let short = message.envelope.len() <= MessageEntry::ENVELOPE_OCTETS_MAX;
    MessageEntry {
        body: message.body,
        size: message.size,
        internal_date: message.internal_date,
        zone: message.zone,
        saved,
        queue_id: message.queue_id,
        envelope: if short { message.envelope.clone() } else { Bytes::new() },
        lineage: message.lineage.clone(),
    }
}

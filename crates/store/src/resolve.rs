//! From a batch to final keys and values: the part of a commit that is the same on every engine.
//!
//! The result holds no deltas, so that replaying it twice does no harm.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use bytes::Bytes;
use model::{FlagSet, MailboxRef, ModSeq, SystemFlag, Uid, UidSet};

use crate::{
    Batch, BodyEntry, BodyKey, Change, ChangeKey, CommitError, Expect, FlagsKey, Key, Keyspace, MailboxState,
    MailboxStateKey, MessageEntry, MessageFlags, MessageKey, NewMessage, Op, Outcome, Record, StagedBody,
    StoreError, TypedKey, UsageKey, WatchKey,
};

/// Reads rows as they are before the batch.
pub trait Reader {
    /// The value at `key`.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError>;
}

/// Puts a staged body where it will lie; asked at most once for each body that is new.
pub trait Placer {
    /// The place, in the engine's own words.
    ///
    /// # Errors
    /// [`CommitError::Full`] and others; then the batch does not happen.
    fn place(&mut self, body: &StagedBody) -> Result<Vec<u8>, CommitError>;
}

/// Changes that are decided and not yet applied: of one batch, or of the earlier batches of a group.
#[derive(Debug, Default)]
pub struct Layer {
    rows: BTreeMap<Key, Option<Bytes>>,
}

impl Layer {
    /// Takes in a newer layer.
    pub fn absorb(&mut self, newer: &Resolved) {
        for (key, value) in &newer.writes {
            self.rows.insert(key.clone(), value.clone());
        }
    }
    /// What this layer says of `key`: a value, gone, or nothing.
    pub fn get(&self, key: &Key) -> Option<&Option<Bytes>> {
        self.rows.get(key)
    }
    /// Everything, ascending.
    pub fn into_rows(self) -> impl Iterator<Item = (Key, Option<Bytes>)> {
        self.rows.into_iter()
    }
    /// Nothing in it?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// A batch, resolved.
#[derive(Debug)]
pub struct Resolved {
    /// Final values, ascending by key; `None` removes.
    pub writes: Vec<(Key, Option<Bytes>)>,
    /// One for each operation.
    pub outcomes: Vec<Outcome>,
    /// Whom to wake when it is applied.
    pub touched: Vec<WatchKey>,
    /// Which of the staged bodies are new and were placed, by their number in the batch.
    pub placed: Vec<usize>,
}

/// Resolves `batch` against `base` under `overlay`, the earlier batches of the same group.
///
/// # Errors
/// See [`CommitError`]; nothing is changed then, though the placer may have given away places.
pub fn resolve(
    batch: &Batch,
    base: &dyn Reader,
    overlay: &Layer,
    placer: &mut dyn Placer,
) -> Result<Resolved, CommitError> {
    check_bounds(batch)?;
    let mut work = Work { batch, base, overlay, layer: Layer::default(), mod_seqs: BTreeMap::new() };
    for (key, expect) in &batch.require {
        let found = work.get(key)?;
        let holds = match expect {
            Expect::Absent => found.is_none(),
            Expect::Present => found.is_some(),
            Expect::Is(value) => found.as_deref() == Some(value),
        };
        if !holds {
            return Err(CommitError::Conflict(key.clone()));
        }
    }
    let placed = work.place_bodies(placer)?;
    let outcomes = batch.ops.iter().map(|op| work.apply(op)).collect::<Result<Vec<_>, _>>()?;
    work.finish(outcomes, placed)
}

fn check_bounds(batch: &Batch) -> Result<(), CommitError> {
    if batch.ops.len() > Batch::OPS_MAX {
        return Err(CommitError::TooLarge("operations"));
    }
    for op in &batch.ops {
        match op {
            Op::Put(_, value) if value.len() > Batch::VALUE_OCTETS_MAX => {
                return Err(CommitError::TooLarge("a value"));
            }
            Op::Put(key, _) | Op::Delete(key) => {
                let own = [
                    Keyspace::Counter,
                    Keyspace::MailboxState,
                    Keyspace::Message,
                    Keyspace::Flags,
                    Keyspace::Change,
                    Keyspace::Usage,
                    Keyspace::Body,
                ];
                // A caller's mistake, not a peer's: it must never reach a disk.
                assert!(
                    key.space().is_some_and(|space| !own.contains(&space)),
                    "not a caller's row: {key:?}"
                );
            }
            Op::Expunge { uids, .. } if uids.len() > Batch::UIDS_MAX => {
                return Err(CommitError::TooLarge("messages in one expunge"));
            }
            Op::Forget { mod_seqs, .. } if mod_seqs.len() > Batch::OPS_MAX => {
                return Err(CommitError::TooLarge("changes to forget"));
            }
            _ => {}
        }
    }
    Ok(())
}

struct Work<'a> {
    batch: &'a Batch,
    base: &'a dyn Reader,
    overlay: &'a Layer,
    layer: Layer,
    /// One MODSEQ for each mailbox that this batch changes (RFC 7162 §3.1: changes of one command may share it).
    mod_seqs: BTreeMap<MailboxRef, ModSeq>,
}

impl Work<'_> {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        match self.layer.get(key).or_else(|| self.overlay.get(key)) {
            Some(value) => Ok(value.clone()),
            None => self.base.get(key),
        }
    }
    fn load<K: TypedKey>(&self, key: &K) -> Result<Option<K::Value>, StoreError> {
        let key = key.to_key();
        let Some(value) = self.get(&key)? else { return Ok(None) };
        K::Value::decode(&value).map(Some).map_err(|source| StoreError::Record { key, source })
    }
    fn put<K: TypedKey>(&mut self, key: &K, value: &K::Value) {
        self.layer.rows.insert(key.to_key(), Some(value.encode().into()));
    }
    fn delete<K: TypedKey>(&mut self, key: &K) {
        self.layer.rows.insert(key.to_key(), None);
    }
    fn state(&self, mailbox: MailboxRef) -> Result<MailboxState, CommitError> {
        self.load(&MailboxStateKey(mailbox))?.ok_or(CommitError::NoMailbox(mailbox))
    }

    fn place_bodies(&mut self, placer: &mut dyn Placer) -> Result<Vec<usize>, CommitError> {
        let mut placed = Vec::new();
        for (number, staged) in self.batch.bodies.iter().enumerate() {
            let key = BodyKey { tenant: staged.tenant, body: staged.id };
            // One copy for each tenant: equal content that is already kept is only referred to again.
            if self.load(&key)?.is_none() {
                let place = placer.place(staged)?;
                let at = self.batch.at;
                let entry = BodyEntry { size: staged.size, references: 0, unreferenced_since: at, place };
                self.put(&key, &entry);
                placed.push(number);
            }
        }
        Ok(placed)
    }

    fn apply(&mut self, op: &Op) -> Result<Outcome, CommitError> {
        match op {
            Op::Put(key, value) => {
                self.layer.rows.insert(key.clone(), Some(Bytes::copy_from_slice(value)));
                Ok(Outcome::Done)
            }
            Op::Delete(key) => {
                self.layer.rows.insert(key.clone(), None);
                Ok(Outcome::Done)
            }
            Op::Add(key, by) => {
                let sum = self.load(key)?.unwrap_or_default().saturating_add(*by);
                self.put(key, &sum);
                Ok(Outcome::Done)
            }
            Op::Refer(key, by) => self.refer(*key, *by).map(|()| Outcome::Done),
            Op::CreateMailbox(mailbox, uid_validity) => {
                let key = MailboxStateKey(*mailbox);
                if self.load(&key)?.is_some() {
                    return Err(CommitError::Conflict(key.to_key()));
                }
                self.put(&key, &MailboxState::new(*uid_validity));
                Ok(Outcome::Done)
            }
            Op::DropMailbox(mailbox) => {
                let key = MailboxStateKey(*mailbox);
                if self.state(*mailbox)?.exists > 0 {
                    return Err(CommitError::Conflict(key.to_key()));
                }
                self.delete(&key);
                Ok(Outcome::Done)
            }
            Op::Touch(mailbox) => {
                let mut state = self.state(*mailbox)?;
                self.mod_seq(*mailbox, &mut state);
                self.put(&MailboxStateKey(*mailbox), &state);
                Ok(Outcome::Done)
            }
            Op::Forget { mailbox, mod_seqs } => {
                for mod_seq in mod_seqs {
                    self.delete(&ChangeKey { mailbox: *mailbox, mod_seq: *mod_seq });
                }
                Ok(Outcome::Done)
            }
            Op::Append(mailbox, message) => self.append(*mailbox, message),
            Op::Update { mailbox, uid, patch, unchanged_since } => {
                self.update(*mailbox, *uid, patch, *unchanged_since)
            }
            Op::Expunge { mailbox, uids } => self.expunge(*mailbox, uids),
            Op::Copy { from, uid, to } => self.copy(*from, *uid, *to),
            Op::Move { from, uid, to } => {
                let outcome = self.copy(*from, *uid, *to)?;
                if outcome != Outcome::Missing {
                    self.expunge(*from, &UidSet::range(*uid, *uid))?;
                }
                Ok(outcome)
            }
        }
    }

    fn refer(&mut self, key: BodyKey, by: i64) -> Result<(), CommitError> {
        let mut entry = self.load(&key)?.ok_or(CommitError::NoBody(key.body))?;
        entry.references = entry.references.saturating_add_signed(by);
        if entry.references == 0 {
            entry.unreferenced_since = self.batch.at;
        }
        self.put(&key, &entry);
        Ok(())
    }

    fn count(&mut self, mailbox: MailboxRef, messages: i64, bytes: i64) -> Result<(), CommitError> {
        let key = UsageKey { tenant: mailbox.tenant, account: mailbox.account };
        let mut usage = self.load(&key)?.unwrap_or_default();
        usage.messages = usage.messages.saturating_add_signed(messages);
        usage.bytes = usage.bytes.saturating_add_signed(bytes);
        self.put(&key, &usage);
        Ok(())
    }

    /// The MODSEQ of this batch in a mailbox; the first change of the batch there takes the next number.
    fn mod_seq(&mut self, mailbox: MailboxRef, state: &mut MailboxState) -> ModSeq {
        let mod_seq = match self.mod_seqs.entry(mailbox) {
            Slot::Occupied(mod_seq) => *mod_seq.get(),
            Slot::Vacant(slot) => *slot.insert(state.highest_mod_seq.next()),
        };
        state.highest_mod_seq = mod_seq;
        mod_seq
    }

    fn append(&mut self, mailbox: MailboxRef, message: &NewMessage) -> Result<Outcome, CommitError> {
        let envelope = if message.envelope.len() > MessageEntry::ENVELOPE_OCTETS_MAX {
            Bytes::new()
        } else {
            message.envelope.clone()
        };
        let entry = MessageEntry {
            body: message.body,
            size: message.size,
            internal_date: message.internal_date,
            zone: message.zone,
            saved: self.batch.at,
            queue_id: message.queue_id,
            envelope,
            lineage: if message.lineage.len() > MessageEntry::LINEAGE_OCTETS_MAX {
                Bytes::new()
            } else {
                message.lineage.clone()
            },
        };
        self.file(mailbox, &entry, &message.flags)
    }

    fn file(
        &mut self,
        mailbox: MailboxRef,
        entry: &MessageEntry,
        flags: &FlagSet,
    ) -> Result<Outcome, CommitError> {
        let mut state = self.state(mailbox)?;
        let uid = state.uid_next;
        state.uid_next = uid.next().ok_or(CommitError::UsedUp(mailbox))?;
        let mod_seq = self.mod_seq(mailbox, &mut state);
        state.exists += 1;
        state.unseen += u32::from(!flags.has(SystemFlag::Seen));
        state.deleted += u32::from(flags.has(SystemFlag::Deleted));
        state.bytes += entry.size;
        self.refer(BodyKey { tenant: mailbox.tenant, body: entry.body }, 1)?;
        self.count(mailbox, 1, signed(entry.size))?;
        self.put(&MailboxStateKey(mailbox), &state);
        self.put(&MessageKey { mailbox, uid }, entry);
        let row = MessageFlags {
            mod_seq,
            size: entry.size,
            internal_date: entry.internal_date,
            zone: entry.zone,
            flags: flags.clone(),
        };
        self.put(&FlagsKey { mailbox, uid }, &row);
        Ok(Outcome::Filed { uid, mod_seq })
    }

    fn copy(&mut self, from: MailboxRef, uid: Uid, to: MailboxRef) -> Result<Outcome, CommitError> {
        // No tenant's content is reachable from another's: their bodies have different names.
        assert_eq!(from.tenant, to.tenant, "a message never crosses municipalities by copy");
        self.state(to)?;
        let entry = self.load(&MessageKey { mailbox: from, uid })?;
        let row = self.load(&FlagsKey { mailbox: from, uid })?;
        let (Some(mut entry), Some(row)) = (entry, row) else { return Ok(Outcome::Missing) };
        entry.saved = self.batch.at;
        self.file(to, &entry, &row.flags)
    }

    fn update(
        &mut self,
        mailbox: MailboxRef,
        uid: Uid,
        patch: &model::FlagPatch,
        unchanged_since: Option<ModSeq>,
    ) -> Result<Outcome, CommitError> {
        let key = FlagsKey { mailbox, uid };
        let Some(mut row) = self.load(&key)? else { return Ok(Outcome::Missing) };
        if unchanged_since.is_some_and(|since| row.mod_seq > since) {
            return Ok(Outcome::Modified);
        }
        let flags = row.flags.patched(patch).map_err(|_| CommitError::TooLarge("keywords of a message"))?;
        if flags == row.flags {
            return Ok(Outcome::Updated { flags, mod_seq: row.mod_seq });
        }
        let mut state = self.state(mailbox)?;
        row.mod_seq = self.mod_seq(mailbox, &mut state);
        let step = |count: u32, was: bool, is: bool| count + u32::from(is) - u32::from(was);
        let has = |flag| (row.flags.has(flag), flags.has(flag));
        let ((was_seen, seen), (was_deleted, deleted)) = (has(SystemFlag::Seen), has(SystemFlag::Deleted));
        state.unseen = step(state.unseen, !was_seen, !seen);
        state.deleted = step(state.deleted, was_deleted, deleted);
        row.flags = flags.clone();
        self.put(&MailboxStateKey(mailbox), &state);
        self.put(&key, &row);
        self.note(mailbox, row.mod_seq, |change| change.flags.insert(uid))?;
        Ok(Outcome::Updated { flags, mod_seq: row.mod_seq })
    }

    fn expunge(&mut self, mailbox: MailboxRef, uids: &UidSet) -> Result<Outcome, CommitError> {
        let mut state = self.state(mailbox)?;
        let mut gone = UidSet::new();
        for uid in uids.iter() {
            let (message, flags) = (MessageKey { mailbox, uid }, FlagsKey { mailbox, uid });
            let (Some(entry), Some(row)) = (self.load(&message)?, self.load(&flags)?) else { continue };
            self.delete(&message);
            self.delete(&flags);
            self.refer(BodyKey { tenant: mailbox.tenant, body: entry.body }, -1)?;
            self.count(mailbox, -1, -signed(entry.size))?;
            state.exists -= 1;
            state.unseen -= u32::from(!row.flags.has(SystemFlag::Seen));
            state.deleted -= u32::from(row.flags.has(SystemFlag::Deleted));
            state.bytes -= entry.size;
            gone.insert(uid);
        }
        if gone.is_empty() {
            return Ok(Outcome::Expunged { uids: gone, mod_seq: state.highest_mod_seq });
        }
        let mod_seq = self.mod_seq(mailbox, &mut state);
        self.put(&MailboxStateKey(mailbox), &state);
        self.note(mailbox, mod_seq, |change| change.expunged.extend(gone.iter()))?;
        Ok(Outcome::Expunged { uids: gone, mod_seq })
    }

    fn note(
        &mut self,
        mailbox: MailboxRef,
        mod_seq: ModSeq,
        write: impl FnOnce(&mut Change),
    ) -> Result<(), CommitError> {
        let key = ChangeKey { mailbox, mod_seq };
        let mut change = self.load(&key)?.unwrap_or_default();
        change.at = self.batch.at;
        write(&mut change);
        self.put(&key, &change);
        Ok(())
    }

    fn finish(self, outcomes: Vec<Outcome>, placed: Vec<usize>) -> Result<Resolved, CommitError> {
        let writes: Vec<_> = self.layer.into_rows().collect();
        let octets: usize = writes
            .iter()
            .map(|(key, value)| key.as_bytes().len() + value.as_ref().map_or(0, Bytes::len))
            .sum();
        if octets > Batch::OCTETS_MAX {
            return Err(CommitError::TooLarge("octets"));
        }
        let mut touched: Vec<_> = writes.iter().flat_map(|(key, _)| WatchKey::of(key)).collect();
        touched.sort_unstable();
        touched.dedup();
        Ok(Resolved { writes, outcomes, touched, placed })
    }
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

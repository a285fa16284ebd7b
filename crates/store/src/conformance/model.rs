//! The model: mailboxes as a reader of the RFCs sees them, with no idea of rows, layers or bodies' places.

use std::collections::{BTreeMap, BTreeSet};

use ::model::{FlagPatch, FlagSet, MailboxRef, SystemFlag};

use crate::{BodyId, CounterKey, Key};

/// All that a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct World {
    pub(super) mailboxes: BTreeMap<MailboxRef, Mailbox>,
    /// What changed, which outlives its mailbox.
    pub(super) changes: BTreeMap<(MailboxRef, u64), Change>,
    pub(super) rows: BTreeMap<Key, Vec<u8>>,
    pub(super) counters: BTreeMap<String, i64>,
    /// Every body that was ever committed, with the references that were given and not taken away.
    pub(super) bodies: BTreeMap<BodyId, u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub(super) uid_next: u32,
    pub(super) highest: u64,
    pub(super) messages: BTreeMap<u32, Message>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) body: BodyId,
    pub(super) size: u64,
    pub(super) flags: FlagSet,
    pub(super) mod_seq: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) flags: BTreeSet<u32>,
    pub(super) expunged: BTreeSet<u32>,
}

/// One change as the machine writes it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create(MailboxRef),
    Drop(MailboxRef),
    Append(MailboxRef, BodyId, u64),
    Flag(MailboxRef, u32, FlagPatch),
    /// Only if unchanged since.
    FlagSince(MailboxRef, u32, FlagPatch, u64),
    Expunge(MailboxRef, u32, u32),
    Copy(MailboxRef, u32, MailboxRef),
    Move(MailboxRef, u32, MailboxRef),
    Put(Key, Vec<u8>),
    Delete(Key),
    Add(CounterKey, i64),
    Refer(BodyId, i64),
}

/// What the model says of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Done,
    Filed(u32, u64),
    Updated(FlagSet, u64),
    Modified,
    Missing,
    Expunged(BTreeSet<u32>),
}

/// Why a batch is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Conflict,
    NoMailbox,
    NoBody,
}

/// One batch on its way through a copy of the world.
pub(super) struct Try {
    pub(super) world: World,
    /// One number for each mailbox and batch.
    given: BTreeMap<MailboxRef, u64>,
}

impl World {
    pub(super) fn attempt(&self) -> Try {
        Try { world: self.clone(), given: BTreeMap::new() }
    }
}

impl Try {
    pub(super) fn step(&mut self, step: &Step) -> Result<Said, Refused> {
        match step {
            Step::Create(mailbox) if self.world.mailboxes.contains_key(mailbox) => Err(Refused::Conflict),
            Step::Create(mailbox) => {
                let new = Mailbox { uid_next: 1, highest: 1, messages: BTreeMap::new() };
                self.world.mailboxes.insert(*mailbox, new);
                Ok(Said::Done)
            }
            Step::Drop(mailbox) => {
                let found = self.world.mailboxes.get(mailbox).ok_or(Refused::NoMailbox)?;
                if !found.messages.is_empty() {
                    return Err(Refused::Conflict);
                }
                self.world.mailboxes.remove(mailbox);
                Ok(Said::Done)
            }
            Step::Append(mailbox, body, size) => self.file(*mailbox, *body, *size, FlagSet::new()),
            Step::Flag(mailbox, uid, patch) => Ok(self.flag(*mailbox, *uid, patch, u64::MAX)),
            Step::FlagSince(mailbox, uid, patch, since) => Ok(self.flag(*mailbox, *uid, patch, *since)),
            Step::Expunge(mailbox, low, high) => self.expunge(*mailbox, *low.min(high)..=*low.max(high)),
            Step::Copy(from, uid, to) => self.copy(*from, *uid, *to),
            Step::Move(from, uid, to) => {
                let said = self.copy(*from, *uid, *to)?;
                if said != Said::Missing {
                    self.expunge(*from, *uid..=*uid)?;
                }
                Ok(said)
            }
            Step::Put(key, value) => {
                self.world.rows.insert(key.clone(), value.clone());
                Ok(Said::Done)
            }
            Step::Delete(key) => {
                self.world.rows.remove(key);
                Ok(Said::Done)
            }
            Step::Add(counter, by) => {
                *self.world.counters.entry(counter.name.clone()).or_default() += by;
                Ok(Said::Done)
            }
            Step::Refer(body, by) => {
                let count = self.world.bodies.get_mut(body).ok_or(Refused::NoBody)?;
                *count = count.saturating_add_signed(*by);
                Ok(Said::Done)
            }
        }
    }

    fn next(&mut self, mailbox: MailboxRef) -> u64 {
        let highest = &mut self.world.mailboxes.get_mut(&mailbox).expect("asked before").highest;
        let given = self.given.entry(mailbox).or_insert(*highest + 1);
        *highest = *given;
        *given
    }

    fn file(
        &mut self,
        mailbox: MailboxRef,
        body: BodyId,
        size: u64,
        flags: FlagSet,
    ) -> Result<Said, Refused> {
        if !self.world.mailboxes.contains_key(&mailbox) {
            return Err(Refused::NoMailbox);
        }
        if !self.world.bodies.contains_key(&body) {
            return Err(Refused::NoBody);
        }
        *self.world.bodies.get_mut(&body).expect("asked before") += 1;
        let mod_seq = self.next(mailbox);
        let found = self.world.mailboxes.get_mut(&mailbox).expect("asked before");
        let uid = found.uid_next;
        found.uid_next += 1;
        found.messages.insert(uid, Message { body, size, flags, mod_seq });
        Ok(Said::Filed(uid, mod_seq))
    }

    fn flag(&mut self, mailbox: MailboxRef, uid: u32, patch: &FlagPatch, since: u64) -> Said {
        let found = self.world.mailboxes.get(&mailbox).and_then(|found| found.messages.get(&uid)).cloned();
        let Some(message) = found else { return Said::Missing };
        if message.mod_seq > since {
            return Said::Modified;
        }
        let flags = message.flags.patched(patch).expect("few keywords");
        if flags == message.flags {
            return Said::Updated(flags, message.mod_seq);
        }
        let mod_seq = self.next(mailbox);
        self.world.changes.entry((mailbox, mod_seq)).or_default().flags.insert(uid);
        let messages = &mut self.world.mailboxes.get_mut(&mailbox).expect("asked before").messages;
        messages.insert(uid, Message { flags: flags.clone(), mod_seq, ..message });
        Said::Updated(flags, mod_seq)
    }

    fn expunge(&mut self, mailbox: MailboxRef, uids: std::ops::RangeInclusive<u32>) -> Result<Said, Refused> {
        let found = self.world.mailboxes.get_mut(&mailbox).ok_or(Refused::NoMailbox)?;
        let messages: Vec<_> = found.messages.extract_if(uids, |_, _| true).collect();
        for (_, message) in &messages {
            // Nobody takes away more than was given, whatever a caller says.
            let count = self.world.bodies.get_mut(&message.body).expect("it is referred to");
            *count = count.saturating_sub(1);
        }
        let gone: BTreeSet<u32> = messages.into_iter().map(|(uid, _)| uid).collect();
        if !gone.is_empty() {
            let mod_seq = self.next(mailbox);
            self.world.changes.entry((mailbox, mod_seq)).or_default().expunged.extend(&gone);
        }
        Ok(Said::Expunged(gone))
    }

    fn copy(&mut self, from: MailboxRef, uid: u32, to: MailboxRef) -> Result<Said, Refused> {
        if !self.world.mailboxes.contains_key(&to) {
            return Err(Refused::NoMailbox);
        }
        let found = self.world.mailboxes.get(&from).and_then(|found| found.messages.get(&uid)).cloned();
        let Some(message) = found else { return Ok(Said::Missing) };
        self.file(to, message.body, message.size, message.flags)
    }
}

impl Mailbox {
    pub(super) fn unseen(&self) -> u32 {
        self.count(|flags| !flags.has(SystemFlag::Seen))
    }
    pub(super) fn deleted(&self) -> u32 {
        self.count(|flags| flags.has(SystemFlag::Deleted))
    }
    fn count(&self, like: impl Fn(&FlagSet) -> bool) -> u32 {
        let count = self.messages.values().filter(|message| like(&message.flags)).count();
        u32::try_from(count).expect("few messages")
    }
    pub(super) fn bytes(&self) -> u64 {
        self.messages.values().map(|message| message.size).sum()
    }
}

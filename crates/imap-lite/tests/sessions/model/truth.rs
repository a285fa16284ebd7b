//! What is true of a mailbox.

use std::collections::{BTreeMap, BTreeSet};

pub(super) type Flags = BTreeSet<String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) subject: u32,
    pub(super) flags: Flags,
    pub(super) mod_seq: u64,
}

pub(super) struct Truth {
    pub(super) messages: BTreeMap<u32, Message>,
    pub(super) last_uid: u32,
    pub(super) highest: u64,
    /// What went, and when.
    pub(super) gone: BTreeMap<u32, u64>,
}

impl Default for Truth {
    /// A new mailbox.
    fn default() -> Self {
        Self { messages: BTreeMap::new(), last_uid: 0, highest: 1, gone: BTreeMap::new() }
    }
}

/// What STORE does.
#[derive(Clone, Debug)]
pub(super) enum Patch {
    Add(Flags),
    Remove(Flags),
    Replace(Flags),
}

impl Patch {
    pub(super) fn of(&self, flags: &Flags) -> Flags {
        match self {
            Self::Add(more) => flags.union(more).cloned().collect(),
            Self::Remove(less) => flags.difference(less).cloned().collect(),
            Self::Replace(all) => all.clone(),
        }
    }
    pub(super) fn words(&self, silent: bool) -> String {
        let (sign, flags) = match self {
            Self::Add(flags) => ("+", flags),
            Self::Remove(flags) => ("-", flags),
            Self::Replace(flags) => ("", flags),
        };
        let silent = if silent { ".SILENT" } else { "" };
        format!("{sign}FLAGS{silent} ({})", list(flags))
    }
}

pub(super) fn list(flags: &Flags) -> String {
    flags.iter().cloned().collect::<Vec<_>>().join(" ")
}

impl Truth {
    /// A commit changes something: the next number.
    pub(super) fn commit(&mut self) -> u64 {
        self.highest += 1;
        self.highest
    }
    pub(super) fn put(&mut self, subject: u32, flags: Flags, mod_seq: u64) -> u32 {
        self.last_uid += 1;
        self.messages.insert(self.last_uid, Message { subject, flags, mod_seq });
        self.last_uid
    }
    /// One commit takes these away, as far as they are there.
    pub(super) fn expunge(&mut self, uids: &[u32]) {
        let there: Vec<u32> = uids.iter().copied().filter(|uid| self.messages.contains_key(uid)).collect();
        if there.is_empty() {
            return;
        }
        let mod_seq = self.commit();
        for uid in there {
            self.messages.remove(&uid);
            self.gone.insert(uid, mod_seq);
        }
    }
    pub(super) fn uids(&self) -> Vec<u32> {
        self.messages.keys().copied().collect()
    }
}

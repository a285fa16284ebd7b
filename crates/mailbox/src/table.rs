//! What a mailbox holds, in memory: one column for each thing that clients ask of all messages at once.
//!
//! 100,000 messages take 3.8 MB. Equal sets of flags stand once and are named by number.

use std::collections::HashMap;
use std::sync::Arc;

use model::{FlagSet, ModSeq, SystemFlag, Uid, UidValidity, UnixMillis, Zone};
use store::{MailboxState, MessageFlags, Record};

/// Messages of one mailbox by UID, as of one modification sequence.
#[derive(Clone, Debug)]
pub struct Table {
    pub(crate) uid_validity: UidValidity,
    pub(crate) uid_next: Uid,
    pub(crate) mod_seq: ModSeq,
    /// Shared with every session that has been told just this.
    pub(crate) uids: Arc<Vec<u32>>,
    flags: Vec<u32>,
    mod_seqs: Vec<u64>,
    sizes: Vec<u64>,
    dates: Vec<u64>,
    zones: Vec<Zone>,
    sets: FlagSets,
}

/// One message as the table knows it.
#[derive(Clone, Copy, Debug)]
pub struct MessageRow<'a> {
    /// Its UID.
    pub uid: Uid,
    /// Its flags, without \Recent.
    pub flags: &'a Arc<FlagSet>,
    /// Names its flags inside this table: equal flags have equal numbers below [`Table::flag_sets`]'s length.
    pub flag_set: u32,
    /// That of its newest change.
    pub mod_seq: ModSeq,
    /// RFC822.SIZE.
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: UnixMillis,
    /// Its zone.
    pub zone: Zone,
}

#[derive(Clone, Debug, Default)]
struct FlagSets {
    sets: Vec<Arc<FlagSet>>,
    /// By the exact spelling: two messages may spell one keyword in two ways, and the rows must read back the same.
    numbers: HashMap<String, u32>,
    /// The same for sets without keywords, by their bits: nearly all.
    plain: [Option<u32>; 32],
}

impl FlagSets {
    fn number(&mut self, flags: FlagSet) -> u32 {
        if !flags.keywords().is_empty() {
            return self.spelt(flags);
        }
        let bits = usize::from(flags.system_bits());
        match self.plain[bits] {
            Some(number) => number,
            None => {
                let number = self.spelt(flags);
                self.plain[bits] = Some(number);
                number
            }
        }
    }

    fn spelt(&mut self, flags: FlagSet) -> u32 {
        let spelt = flags.to_string();
        if let Some(number) = self.numbers.get(&spelt) {
            return *number;
        }
        let number = u32::try_from(self.sets.len()).expect("fewer sets of flags than messages");
        self.sets.push(Arc::new(flags));
        self.numbers.insert(spelt, number);
        number
    }
}

impl Table {
    pub(crate) fn new(state: &MailboxState) -> Self {
        Self {
            uid_validity: state.uid_validity,
            uid_next: Uid::MIN,
            mod_seq: state.highest_mod_seq,
            uids: Arc::default(),
            flags: Vec::new(),
            mod_seqs: Vec::new(),
            sizes: Vec::new(),
            dates: Vec::new(),
            zones: Vec::new(),
            sets: FlagSets::default(),
        }
    }

    /// How many messages.
    pub fn len(&self) -> usize {
        self.uids.len()
    }
    /// No message?
    pub fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }
    /// UIDVALIDITY.
    pub const fn uid_validity(&self) -> UidValidity {
        self.uid_validity
    }
    /// UIDNEXT.
    pub const fn uid_next(&self) -> Uid {
        self.uid_next
    }
    /// HIGHESTMODSEQ.
    pub const fn highest_mod_seq(&self) -> ModSeq {
        self.mod_seq
    }
    /// What it takes in memory, about.
    pub(crate) fn octets(&self) -> usize {
        self.uids.capacity() * 38 + self.sets.sets.len() * 128
    }
    /// The different sets of flags, by number; some may be out of use.
    pub fn flag_sets(&self) -> &[Arc<FlagSet>] {
        &self.sets.sets
    }
    /// The message with this UID.
    pub fn row(&self, uid: Uid) -> Option<MessageRow<'_>> {
        self.place(uid).map(|place| self.row_at(place))
    }
    /// All messages, ascending.
    pub fn rows(&self) -> impl Iterator<Item = MessageRow<'_>> {
        (0..self.len()).map(|place| self.row_at(place))
    }

    pub(crate) fn place(&self, uid: Uid) -> Option<usize> {
        self.uids.binary_search(&uid.get()).ok()
    }

    pub(crate) fn row_at(&self, place: usize) -> MessageRow<'_> {
        MessageRow {
            uid: Uid::new(self.uids[place]).expect("only UIDs are put in"),
            flags: &self.sets.sets[self.flags[place] as usize],
            flag_set: self.flags[place],
            mod_seq: ModSeq(self.mod_seqs[place]),
            size: self.sizes[place],
            internal_date: UnixMillis(self.dates[place]),
            zone: self.zones[place],
        }
    }

    /// Puts in a message that comes after all others, or writes anew one that is there; passes over one that is neither.
    pub(crate) fn put(&mut self, uid: Uid, row: MessageFlags) {
        let flags = self.sets.number(row.flags);
        if self.uids.last().is_none_or(|last| *last < uid.get()) {
            Arc::make_mut(&mut self.uids).push(uid.get());
            self.flags.push(flags);
            self.mod_seqs.push(row.mod_seq.0);
            self.sizes.push(row.size);
            self.dates.push(row.internal_date.0);
            self.zones.push(row.zone);
        } else if let Some(place) = self.place(uid) {
            self.flags[place] = flags;
            self.mod_seqs[place] = row.mod_seq.0;
        }
    }

    /// Takes messages out.
    pub(crate) fn remove(&mut self, gone: &model::UidSet) {
        let kept: Vec<bool> =
            self.uids.iter().map(|uid| !Uid::new(*uid).is_some_and(|uid| gone.contains(uid))).collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        keep(Arc::make_mut(&mut self.uids), &kept);
        keep(&mut self.flags, &kept);
        keep(&mut self.mod_seqs, &kept);
        keep(&mut self.sizes, &kept);
        keep(&mut self.dates, &kept);
        keep(&mut self.zones, &kept);
    }

    /// Forgets sets of flags that no message has any more, once they are many.
    pub(crate) fn tidy(&mut self) {
        if self.sets.sets.len() < 256 || self.sets.sets.len() < 2 * self.len() {
            return;
        }
        let old = std::mem::take(&mut self.sets);
        for number in &mut self.flags {
            *number = self.sets.number((*old.sets[*number as usize]).clone());
        }
    }

    /// The row in the store that this message was read from.
    pub(crate) fn stored(&self, place: usize) -> Vec<u8> {
        let row = self.row_at(place);
        let (mod_seq, size, internal_date, zone) = (row.mod_seq, row.size, row.internal_date, row.zone);
        MessageFlags { mod_seq, size, internal_date, zone, flags: (**row.flags).clone() }.encode()
    }

    /// For every set of flags, whether it has this flag.
    pub(crate) fn having(&self, has: impl Fn(&FlagSet) -> bool) -> Vec<bool> {
        self.sets.sets.iter().map(|set| has(set)).collect()
    }

    /// The place of the first message without \Seen.
    pub(crate) fn first_unseen(&self) -> Option<usize> {
        let seen = self.having(|set| set.has(SystemFlag::Seen));
        self.flags.iter().position(|set| !seen[*set as usize])
    }
}

fn keep<T>(column: &mut Vec<T>, kept: &[bool]) {
    let mut kept = kept.iter();
    column.retain(|_| *kept.next().expect("all columns are as long as the first"));
    column.shrink_to(column.len() + column.len() / 4);
}

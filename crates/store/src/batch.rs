//! A batch: what a caller wants changed, and what it expects to find.

use bytes::Bytes;
use model::{FlagPatch, FlagSet, MailboxRef, ModSeq, QueueId, Uid, UidSet, UidValidity, UnixMillis, Zone};

use crate::{BodyId, BodyKey, CounterKey, Key, Record, StagedBody, TypedKey};

/// How soon a batch is wanted: the committer serves both, and no bulk job holds up a reader's click.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lane {
    /// Somebody waits for it.
    #[default]
    Interactive,
    /// Large fan-outs, imports, purges.
    Bulk,
}

/// What must still hold when the batch is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing stands there.
    Absent,
    /// Something stands there.
    Present,
    /// Exactly this value stands there.
    Is(Vec<u8>),
}

/// A message to put into a mailbox; the engine gives it UID and MODSEQ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Its content: staged in the same batch, or already kept.
    pub body: BodyId,
    /// Octets as a client will see it.
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: UnixMillis,
    /// Its zone.
    pub zone: Zone,
    /// Flags from the start.
    pub flags: FlagSet,
    /// The letter that brought it; zero when a client puts it there.
    pub queue_id: QueueId,
    /// ENVELOPE as it is sent; left out of the row if it is too long.
    pub envelope: Bytes,
    /// What it says of its place in a conversation; see [`crate::MessageEntry::lineage`].
    pub lineage: Bytes,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Writes a row that belongs to the caller's crate. Never one of the keyspaces of `store`.
    Put(Key, Vec<u8>),
    /// Removes such a row; one that is not there is no error.
    Delete(Key),
    /// Adds to a counter, which begins at zero.
    Add(CounterKey, i64),
    /// Adds to or takes from the references of a body, for what is no message: a route in the queue.
    Refer(BodyKey, i64),
    /// Makes an empty mailbox. Refused with `Conflict` if it is there.
    CreateMailbox(MailboxRef, UidValidity),
    /// Removes a mailbox that has no messages left. Refused with `Conflict` if it has some.
    DropMailbox(MailboxRef),
    /// Puts a message into a mailbox.
    Append(MailboxRef, NewMessage),
    /// Changes flags.
    Update {
        /// The mailbox.
        mailbox: MailboxRef,
        /// The message.
        uid: Uid,
        /// What to do to its flags.
        patch: FlagPatch,
        /// Only if its MODSEQ is not above this (RFC 7162 §3.1.3).
        unchanged_since: Option<ModSeq>,
    },
    /// Removes messages and remembers that they are gone. At most [`Batch::UIDS_MAX`] of them.
    Expunge {
        /// The mailbox.
        mailbox: MailboxRef,
        /// The messages; those that are not there are passed over.
        uids: UidSet,
    },
    /// Something about a mailbox changed that is no message: its HIGHESTMODSEQ grows (RFC 7162 §3.2).
    Touch(MailboxRef),
    /// Throws away [`crate::Change`] rows that are too old to be asked for. At most [`Batch::OPS_MAX`] of them.
    Forget {
        /// The mailbox, which may be gone.
        mailbox: MailboxRef,
        /// Whose rows.
        mod_seqs: Vec<ModSeq>,
    },
    /// Copies a message, with flags and date as they are, to another mailbox of the same account or tenant.
    Copy {
        /// Where it is.
        from: MailboxRef,
        /// Which.
        uid: Uid,
        /// Where it goes.
        to: MailboxRef,
    },
    /// The same, and it is gone from where it was, in one step.
    Move {
        /// Where it is.
        from: MailboxRef,
        /// Which.
        uid: Uid,
        /// Where it goes.
        to: MailboxRef,
    },
}

/// What became of an [`Op`]; one for each, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Put, Delete, Add, Refer, CreateMailbox, DropMailbox, Touch, Forget.
    Done,
    /// Append, Copy, Move: where it went.
    Filed {
        /// Its UID there.
        uid: Uid,
        /// That mailbox's MODSEQ.
        mod_seq: ModSeq,
    },
    /// Update: the flags now. An update that changes nothing leaves the MODSEQ as it was.
    Updated {
        /// All flags of the message now.
        flags: FlagSet,
        /// The MODSEQ of the message now.
        mod_seq: ModSeq,
    },
    /// Update: not done, since the message has changed after `unchanged_since`.
    Modified,
    /// Update, Copy, Move: the message is not there (any more).
    Missing,
    /// Expunge: those that were there.
    Expunged {
        /// What went.
        uids: UidSet,
        /// The mailbox's MODSEQ; that of before if none went.
        mod_seq: ModSeq,
    },
}

/// Changes that become durable together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Checked first; if one fails nothing is done and the answer is `Conflict`.
    pub require: Vec<(Key, Expect)>,
    /// Done in order; later ones see earlier ones.
    pub ops: Vec<Op>,
    /// Bodies that come with it; those already kept are not kept twice.
    pub bodies: Vec<StagedBody>,
    /// How soon.
    pub lane: Lane,
    /// Now, by the caller's clock: save dates, ages of tombstones.
    pub at: UnixMillis,
}

impl Batch {
    /// Most operations in one batch.
    pub const OPS_MAX: usize = 256;
    /// Most UIDs in one expunge.
    pub const UIDS_MAX: u64 = 256;
    /// Longest value of a [`Op::Put`], in octets.
    pub const VALUE_OCTETS_MAX: usize = 4000;
    /// Most octets of keys and values that one batch may come to; bodies not counted.
    pub const OCTETS_MAX: usize = 1 << 20;

    /// An empty batch.
    pub fn new(at: UnixMillis) -> Self {
        Self { at, ..Self::default() }
    }
    /// Writes a typed row.
    pub fn put<K: TypedKey>(&mut self, key: &K, value: &K::Value) {
        self.ops.push(Op::Put(key.to_key(), value.encode()));
    }
    /// Removes a typed row.
    pub fn delete<K: TypedKey>(&mut self, key: &K) {
        self.ops.push(Op::Delete(key.to_key()));
    }
    /// Requires that nothing stands there.
    pub fn require_absent<K: TypedKey>(&mut self, key: &K) {
        self.require.push((key.to_key(), Expect::Absent));
    }
    /// Requires that something stands there.
    pub fn require_present<K: TypedKey>(&mut self, key: &K) {
        self.require.push((key.to_key(), Expect::Present));
    }
    /// Requires that this stands there, as it was read.
    pub fn require_is<K: TypedKey>(&mut self, key: &K, value: &K::Value) {
        self.require.push((key.to_key(), Expect::Is(value.encode())));
    }
    /// Takes in the parts of another owner; the lane becomes the slower of the two.
    pub fn extend(&mut self, other: Self) {
        self.require.extend(other.require);
        self.ops.extend(other.ops);
        self.bodies.extend(other.bodies);
        if other.lane == Lane::Bulk {
            self.lane = Lane::Bulk;
        }
        self.at = self.at.max(other.at);
    }
}

/// A batch is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// One for each operation, in order.
    pub outcomes: Vec<Outcome>,
}

//! The seam under the data: what the service keeps, behind two small traits.
//!
//! [`Index`] is an ordered map of bytes that changes only by atomic, durable [`Batch`]es; [`Bodies`] keeps immutable
//! letters by the hash of their content. An engine gives UIDs and modification sequences at commit, so that a busy
//! mailbox never conflicts. Callers hold a [`Store`] and know no engine.
//!
//! How to read a mailbox: `scan` is no snapshot on any engine. Read [`MailboxState`] first (highest MODSEQ h, next UID n),
//! then the rows; ignore UIDs from n on, and re-read what has a MODSEQ above h.

mod batch;
mod bodies;
#[cfg(feature = "conformance")]
pub mod conformance;
mod index;
mod key;
mod memory;
mod record;
mod resolve;
mod rows;
mod spool;
mod watch;

pub use batch::{Batch, Committed, Expect, Lane, NewMessage, Op, Outcome};
pub use bodies::{Bodies, BodyId, StagedBody};
pub use index::{CommitError, Entry, Health, Index, Store, StoreError};
pub use key::{Key, KeyRange, Keyspace, TypedKey};
pub use memory::MemoryEngine;
pub use record::{Record, RecordError, decode_versioned, encode_versioned};
pub use resolve::{Layer, Placer, Reader, Resolved, resolve};
pub use rows::{
    BodyEntry, BodyKey, Change, ChangeKey, CounterKey, FlagsKey, MailboxState, MailboxStateKey, MessageEntry,
    MessageFlags, MessageKey, Usage, UsageKey,
};
pub use spool::{Spool, SpoolWriter};
pub use watch::{Watch, WatchKey, Watchers};

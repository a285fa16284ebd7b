//! The delivery log: which letter came from whom, to whom, and what became of it. No subject, no content.
//!
//! A letter has rows in the log of every municipality that it concerns, each with that municipality's recipients only; a
//! sender's own municipality also sees which other addresses of this installation the letter went to. Rows are written
//! in the commit that accepts the letter, or files a part of it.

mod compose;
mod keeper;
mod row;
mod secret;
mod trace;

pub use keeper::LogKeeper;
pub use row::{Source, Verdict};
pub use trace::{LogEntry, LoggedRecipient, Query, trace};

pub(crate) use compose::{index, paginate, sender};
pub(crate) use keeper::{RefusedLetter, channel};
pub(crate) use row::{LogKey, LogRow};
pub(crate) use secret::{LogSecret, LogSecrets};

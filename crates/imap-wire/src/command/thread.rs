//! THREAD.
//!
//! RFC 5256 §4, §5.

use super::error::Reason;
use super::request::Numbering;
use super::search::{SearchKey, charset, keys};
use crate::cursor::Cursor;

/// THREAD and UID THREAD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// How the answer counts messages.
    pub numbering: Numbering,
    /// How threads are found.
    pub algorithm: ThreadAlgorithm,
    /// What a message must be.
    pub key: SearchKey,
}

/// How threads are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadAlgorithm {
    /// By base subject, in order of date.
    OrderedSubject,
    /// By References, then by subject.
    References,
    /// By References only.
    Refs,
}

impl ThreadAlgorithm {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::OrderedSubject, "ORDEREDSUBJECT"), (Self::References, "REFERENCES"), (Self::Refs, "REFS")];
}

pub(super) fn thread(cursor: &mut Cursor<'_>, numbering: Numbering) -> Result<Thread, Reason> {
    let at = cursor.place();
    let name = cursor.keyword("a threading algorithm")?;
    let found = ThreadAlgorithm::ALL.into_iter().find(|(_, known)| *known == name);
    let (algorithm, _) = found.ok_or_else(|| Reason::expected("a threading algorithm that we know", at))?;
    cursor.space()?;
    charset(cursor)?;
    Ok(Thread { numbering, algorithm, key: keys(cursor)? })
}

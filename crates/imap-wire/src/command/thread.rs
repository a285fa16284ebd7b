//! THREAD.
//!
//! RFC 5256 §4, §5.

use super::request::Numbering;
use super::search::SearchKey;

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

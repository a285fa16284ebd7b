//! SORT.
//!
//! RFC 5256 §3, §5; RFC 5957 (DISPLAYFROM, DISPLAYTO); RFC 5267 §3 (RETURN).

use super::request::Numbering;
use super::search::{SearchKey, SearchReturn};

/// SORT and UID SORT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// How the answer counts messages.
    pub numbering: Numbering,
    /// By what, the first first; one or more.
    pub criteria: Vec<SortCriterion>,
    /// What a message must be.
    pub key: SearchKey,
    /// As an ESEARCH answer; as SORT if absent.
    pub returns: Option<SearchReturn>,
}

/// One criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortCriterion {
    /// The largest first.
    pub reverse: bool,
    /// By what.
    pub by: SortBy,
}

/// What messages are ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// INTERNALDATE.
    Arrival,
    /// Local part of the first Cc.
    Cc,
    /// Date of the header, in UTC.
    Date,
    /// Local part of the first From.
    From,
    /// Octets.
    Size,
    /// The base subject.
    Subject,
    /// Local part of the first To.
    To,
    /// Name of the first From, or else its address.
    DisplayFrom,
    /// Name of the first To, or else its address.
    DisplayTo,
}

impl SortBy {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Arrival, "ARRIVAL"),
        (Self::Cc, "CC"),
        (Self::Date, "DATE"),
        (Self::From, "FROM"),
        (Self::Size, "SIZE"),
        (Self::Subject, "SUBJECT"),
        (Self::To, "TO"),
        (Self::DisplayFrom, "DISPLAYFROM"),
        (Self::DisplayTo, "DISPLAYTO"),
    ];
}

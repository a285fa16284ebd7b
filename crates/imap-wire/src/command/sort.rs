//! SORT.
//!
//! RFC 5256 §3, §5; RFC 5957 (DISPLAYFROM, DISPLAYTO); RFC 5267 §3 (RETURN).

use super::error::Reason;
use super::request::Numbering;
use super::returns::{SearchReturn, returns};
use super::search::{SearchKey, charset, keys};
use crate::cursor::Cursor;

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

pub(super) fn sort(cursor: &mut Cursor<'_>, numbering: Numbering) -> Result<Sort, Reason> {
    let returns = returns(cursor)?;
    let criteria = cursor.list("( and sort criteria", criterion)?;
    cursor.space()?;
    charset(cursor)?;
    Ok(Sort { numbering, criteria, key: keys(cursor)?, returns })
}

fn criterion(cursor: &mut Cursor<'_>) -> Result<SortCriterion, Reason> {
    let at = cursor.place();
    let mut name = cursor.keyword("a sort criterion")?;
    let reverse = name == "REVERSE";
    if reverse {
        cursor.space()?;
        name = cursor.keyword("a sort criterion")?;
    }
    let found = SortBy::ALL.into_iter().find(|(_, known)| *known == name);
    let (by, _) = found.ok_or_else(|| Reason::expected("a sort criterion that we know", at))?;
    Ok(SortCriterion { reverse, by })
}

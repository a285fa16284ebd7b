//! `store check`: everything counted once more, with the server stopped or on an export.
//!
//! It recovers first, as a start would; what remains wrong after that is a finding. It changes nothing but what a start
//! changes. Rows are read in the order of their keys, so memory is bounded by the number of bodies, not of messages.

use model::Text;
use store::{BodyKey, Key, RecordError};

use crate::recover::OpenReport;

/// For a row of another crate: the bodies that it refers to (see [`store::Op::Refer`]), or why it does not read. Gets
/// every row whose keyspace is not of `store`.
pub type Inspect<'a> = dyn Fn(&Key, &[u8]) -> Result<Vec<BodyKey>, RecordError> + 'a;

/// Told how much is done, in octets: `(done, total)`.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong; somebody may want to know.
    Note,
    /// Something is not as it must be.
    Error,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// Where: a row, a mailbox, a body.
    pub at: String,
    /// What, and what it means.
    pub text: Text,
}

/// What a check has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What recovering did; none of an export.
    pub open: Option<OpenReport>,
    /// Rows read.
    pub rows: u64,
    /// Bodies read.
    pub bodies: u64,
    /// What was found, in the order of the keys; at most [`CheckReport::FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Findings beyond that.
    pub more: u64,
    /// Findings that are errors, all counted.
    pub errors: u64,
}

impl CheckReport {
    /// Findings that are named; the others are only counted.
    pub const FINDINGS_MAX: usize = 1000;

    /// Nothing is wrong.
    pub const fn is_clean(&self) -> bool {
        self.errors == 0
    }
}

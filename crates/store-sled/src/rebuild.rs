//! `store rebuild`: the index anew from base and journal, or a whole store from an export.

use crate::check::Finding;
use crate::recover::OpenReport;
use crate::recovered::Recovered;

/// What a rebuild has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// How the store opened.
    pub open: OpenReport,
    /// Rows now.
    pub rows: u64,
    /// Bodies now.
    pub bodies: u64,
    /// What was found and put right, or could not be.
    pub findings: Vec<Finding>,
    /// Findings beyond [`crate::CheckReport::FINDINGS_MAX`].
    pub more: u64,
    /// Letters that went to their owner's folder for recovered letters.
    pub recovered: Vec<Recovered>,
}

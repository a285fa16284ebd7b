//! Exports: everything in one file, of one moment, written while the store serves.

use std::path::PathBuf;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// Where it lies.
    pub file: PathBuf,
    /// Rows.
    pub rows: u64,
    /// Bodies.
    pub bodies: u64,
    /// The journal record up to which it reaches.
    pub lsn: u64,
    /// Its octets.
    pub octets: u64,
    /// Bodies that do not read and are left out; `store check` names who refers to them.
    pub damaged: Vec<String>,
}

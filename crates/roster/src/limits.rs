//! How much a file may hold.

use serde::Deserialize;

/// Bounds of one import.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Octets of the file. Default 16777216.
    pub file_octets_max: usize,
    /// Rows. Default 50000.
    pub rows_max: usize,
    /// Columns of a row. Default 100.
    pub columns_max: usize,
    /// Octets of a cell, in UTF-8. Default 2000.
    pub cell_octets_max: usize,
    /// Problems that are told before the rest is only counted. Default 100.
    pub problems_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_octets_max: 16 << 20,
            rows_max: 50_000,
            columns_max: 100,
            cell_octets_max: 2000,
            problems_max: 100,
        }
    }
}

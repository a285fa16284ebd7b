//! How much a file may hold.

use serde::Deserialize;

/// Bounds of one import.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Octets of the file. Default 16777216.
    pub file_octets_max: usize,
    /// Rows. Default 100000.
    pub rows_max: usize,
    /// Problems that are told before the rest is only counted. Default 200.
    pub problems_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_octets_max: 16 << 20, rows_max: 100_000, problems_max: 200 }
    }
}

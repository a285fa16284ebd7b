//! Bounds on what a letter can make us do.

use serde::Deserialize;

/// How far a letter is taken apart. What lies beyond a bound is never lost: it stays in the part around it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Multiparts and enclosed messages inside one another; what is deeper stays one part. Default 100.
    pub levels_max: usize,
    /// Parts of one letter, multiparts counted; the last one keeps the rest. Default 1000.
    pub parts_max: usize,
    /// Octets of one header that are read. Default 262144.
    pub header_bytes_max: usize,
    /// Octets read of all headers of a letter together, those of its parts included. Default 2097152.
    pub headers_bytes_max: usize,
    /// Addresses written into the envelopes of a letter, enclosed ones included. Default 10000.
    pub addresses_max: usize,
    /// Parameters of one Content-Type or Content-Disposition. Default 100.
    pub parameters_max: usize,
    /// Octets of text kept for SEARCH BODY and TEXT, and as many of header text. Default 262144.
    pub search_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            levels_max: 100,
            parts_max: 1_000,
            header_bytes_max: 256 << 10,
            headers_bytes_max: 2 << 20,
            addresses_max: 10_000,
            parameters_max: 100,
            search_bytes_max: 256 << 10,
        }
    }
}

//! How many may come, and how long they may take.

use serde::Deserialize;

use crate::Network;

/// Bounds of all listeners together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections in all. Default 20000; the process also needs as many file descriptors.
    pub connections_max: u32,
    /// Connections from one address (IPv6: one /64). A whole school may sit behind one. Default 2000.
    pub connections_per_address_max: u32,
    /// Networks of schools, from which any number may come. Default none.
    pub school_networks: Vec<Network>,
    /// For a TLS hand-shake. Default 30.
    pub handshake_seconds_max: u64,
    /// A client that takes nothing of what we write for so long is left. Default 60.
    pub write_seconds_max: u64,
    /// On a stop: for those inside to finish. Default 10.
    pub drain_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            connections_per_address_max: 2_000,
            school_networks: Vec::new(),
            handshake_seconds_max: 30,
            write_seconds_max: 60,
            drain_seconds_max: 10,
        }
    }
}

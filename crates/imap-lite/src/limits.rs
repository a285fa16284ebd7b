//! How long a session may take, and how much of it is in memory.

use serde::Deserialize;

/// Bounds of IMAP sessions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// From the greeting to a successful log-in. Default 60.
    pub login_seconds_max: u64,
    /// Silence before BYE, in IDLE too (RFC 3501 §5.4: 30 minutes at least). Default 1860.
    pub idle_seconds_max: u64,
    /// For the TLS hand-shake after STARTTLS. Default 30.
    pub handshake_seconds_max: u64,
    /// Sessions of one account at a time; a program opens several, a person has several programs. Default 40.
    pub connections_per_account_max: u32,
    /// Octets of an answer that are in memory before they are sent. Default 131072.
    pub answer_bytes_max: usize,
    /// Octets of an arriving letter that are in memory before it goes to a file. Default 1048576.
    pub letter_memory_bytes_max: usize,
    /// Compressed connections at a time; each holds up to 100 KiB while it reads and a few while it waits. More go on
    /// without compression. Default 10000.
    pub compressed_connections_max: u32,
    /// Octets of commands that a compressed client may send beyond a hundred times what they are on the line; then we
    /// hang up. Default 33554432.
    pub inflate_excess_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            login_seconds_max: 60,
            idle_seconds_max: 1_860,
            handshake_seconds_max: 30,
            connections_per_account_max: 40,
            answer_bytes_max: 128 << 10,
            letter_memory_bytes_max: 1 << 20,
            compressed_connections_max: 10_000,
            inflate_excess_bytes_max: 32 << 20,
        }
    }
}

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
    /// Silence after which a session gives back what it can compute again, such as its list of messages. Default 10.
    pub rest_after_seconds: u64,
    /// For the TLS hand-shake after STARTTLS. Default 30.
    pub handshake_seconds_max: u64,
    /// Sessions of one account at a time; a program opens several, a person has several programs. Default 40.
    pub connections_per_account_max: u32,
    /// Mailboxes outside the selected one that a session watches with NOTIFY; beyond it NOTIFY is refused or ends. Default
    /// 500.
    pub notify_mailboxes_max: usize,
    /// Searches that one session is told changes of (RFC 5267). Default 8.
    pub search_contexts_max: usize,
    /// UIDs or runs of UIDs that a session remembers of one search, as `$` or to tell changes. Default 100000.
    pub search_kept_max: usize,
    /// How often a search that takes long says how far it is (RFC 9585), in seconds. Default 10.
    pub search_progress_seconds: u64,
    /// Octets of an answer that are in memory before they are sent. Default 131072.
    pub answer_bytes_max: usize,
    /// Octets of an arriving letter that are in memory before it goes to a file. Default 1048576.
    pub letter_memory_bytes_max: usize,
    /// The same of all sessions together; beyond it letters go to a file from their first octet. Default 268435456.
    pub letters_memory_bytes_max: u64,
    /// Letters of one APPEND (RFC 3502). At most 256. Default 100.
    pub append_messages_max: usize,
    /// Octets of all letters of one APPEND. Default 104857600.
    pub append_bytes_max: u64,
    /// Pieces of one letter that a program puts together from others (RFC 4469). Default 256.
    pub catenate_parts_max: usize,
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
            rest_after_seconds: 10,
            handshake_seconds_max: 30,
            connections_per_account_max: 40,
            notify_mailboxes_max: 500,
            search_contexts_max: 8,
            search_kept_max: 100_000,
            search_progress_seconds: 10,
            answer_bytes_max: 128 << 10,
            letter_memory_bytes_max: 1 << 20,
            letters_memory_bytes_max: 256 << 20,
            append_messages_max: 100,
            append_bytes_max: 100 << 20,
            catenate_parts_max: 256,
            compressed_connections_max: 10_000,
            inflate_excess_bytes_max: 32 << 20,
        }
    }
}

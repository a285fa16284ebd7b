//! Bounds on what accounts and their programs can make us keep and do.

use serde::Deserialize;

use crate::Sharing;

/// Limits of mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Mailboxes of one account, names that are only subscribed to counted. Default 1000.
    pub mailboxes_max: usize,
    /// Messages of one mailbox; new ones are then refused. Default 1000000.
    pub messages_max: u32,
    /// Letters in memory while they are taken apart, all together, in octets; one larger letter still fits. Default
    /// 134217728.
    pub parse_bytes_max: u64,
    /// Names of mailboxes kept in memory for all sessions, in octets; larger accounts than a quarter of it are read
    /// each time. Default 33554432.
    pub names_cache_bytes_max: usize,
    /// Derived data (structure of letters) kept in memory for all sessions, in octets. Default 33554432.
    pub derived_cache_bytes_max: usize,
    /// Header texts kept in memory for SEARCH, for all sessions, in octets. Default 33554432.
    pub search_cache_bytes_max: usize,
    /// What SORT and THREAD know of messages, kept in memory for all sessions, in octets. Default 67108864.
    pub sort_cache_bytes_max: usize,
    /// Octets of one letter that SEARCH reads when its derived data are incomplete. Default 26214400.
    pub search_letter_bytes_max: u64,
    /// Letters and their text in memory while SEARCH looks into them, for all sessions, in octets; one larger letter still
    /// fits. Default 67108864.
    pub search_bytes_max: u64,
    /// Searches of one account that read letters at a time; others wait. Default 2.
    pub searches_per_account_max: usize,
    /// Threads that look through letters for all searches together, beside those that answer; 0 is one fewer than there are
    /// cores. Default 0.
    pub search_threads_max: usize,
    /// Octets that one search may look through, those of a letter counted for each word. Default 34359738368.
    pub search_work_max: u64,
    /// Letters of a mailbox that may be without a place in the search index before a search has one made for them; they
    /// are read instead. Default 128.
    pub search_unindexed_max: u32,
    /// A table of an open mailbox that nobody has asked for so long leaves the memory, in seconds. Default 60.
    pub view_idle_seconds: u32,
    /// All tables of open mailboxes together, in octets; beyond it the ones that were used longest ago leave the memory.
    /// Default 268435456.
    pub tables_bytes_max: usize,
    /// Mailboxes of which \Recent is remembered; beyond it those that nobody has open are forgotten. Default 200000.
    pub recent_marks_max: usize,
    /// Keywords of a mailbox that a session is told in FLAGS and PERMANENTFLAGS; more work as well but are not announced.
    /// Default 1000.
    pub keywords_told_max: usize,
    /// How long changes are remembered for programs that come back (RFC 7162), in days. Default 30.
    pub change_days: u32,
    /// How many changes of one mailbox are remembered; those of the last hour always are. Default 100000.
    pub changes_max: usize,
    /// Refuse to create a mailbox named as programs name Sent, Trash, Drafts or Junk in some language, since each account
    /// has those four already. Default true.
    pub refuse_twins: bool,
    /// A letter that a program puts into Sent is not kept twice if the server filed a copy of it there so lately, in seconds;
    /// 0 keeps both. Default 900.
    pub sent_copy_seconds_max: u64,
    /// People that one mailbox can be shared with. Default 100.
    pub grants_max: usize,
    /// Octets of the value of one annotation (RFC 5464). At most 3500. Default 1024.
    pub metadata_value_bytes_max: u32,
    /// Annotations of one mailbox that one reader sees. Default 50.
    pub metadata_entries_max: usize,
    /// How mailboxes are shared.
    pub sharing: Sharing,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mailboxes_max: 1_000,
            messages_max: 1_000_000,
            parse_bytes_max: 128 << 20,
            names_cache_bytes_max: 32 << 20,
            derived_cache_bytes_max: 32 << 20,
            search_cache_bytes_max: 32 << 20,
            sort_cache_bytes_max: 64 << 20,
            search_letter_bytes_max: 25 << 20,
            search_bytes_max: 64 << 20,
            searches_per_account_max: 2,
            search_threads_max: 0,
            search_work_max: 32 << 30,
            search_unindexed_max: 128,
            view_idle_seconds: 60,
            tables_bytes_max: 256 << 20,
            recent_marks_max: 200_000,
            keywords_told_max: 1_000,
            change_days: 30,
            changes_max: 100_000,
            refuse_twins: true,
            sent_copy_seconds_max: 900,
            grants_max: 100,
            metadata_value_bytes_max: 1024,
            metadata_entries_max: 50,
            sharing: Sharing::default(),
        }
    }
}

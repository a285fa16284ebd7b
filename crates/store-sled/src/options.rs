//! What can be set about the engine.

use std::path::PathBuf;

use serde::Deserialize;

/// Settings of the engine; the defaults suit a municipality on one machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What sled may use as cache, in octets: a target, not a limit. Default 134217728 (128 MiB).
    pub cache_octets: u64,
    /// Length of a journal segment in octets; on a small disk 1/512 of it, but not under `journal_segment_octets_min`.
    /// Default 67108864 (64 MiB).
    pub journal_segment_octets: u64,
    /// Shortest journal segment; one of under 3 MiB cannot hold every batch. Default 4194304 (4 MiB).
    pub journal_segment_octets_min: u64,
    /// Journal octets after which the index is made durable and old segments are used again. Default 16777216 (16 MiB).
    pub checkpoint_octets: u64,
    /// Seconds after which the same is done, if there was any change. Default 60.
    pub checkpoint_seconds: u64,
    /// Journal octets since the last base after which a new one is written; also at 5 % of the disk. Default 2147483648
    /// (2 GiB).
    pub base_octets: u64,
    /// Bodies whose stored record is not longer ride in the journal; longer ones are synced in the body log before it.
    /// 0 sends all to the body log. Default 65536 (64 KiB).
    ///
    /// Measured (`cargo bench -p store-sled`; two cores shared with other work, letters that do not shrink), appends/s
    /// and p99 without and with riding in the journal: 10 kB and 1 writer 800/s, 7.1 ms against 2,200/s, 4.6 ms; 8
    /// writers 6,100/s, 6.1 ms against 6,600/s, 7.8 ms; 32 writers 9,400/s, 11 ms against 9,800/s, 18 ms. 100 kB and 1
    /// writer 800/s against 1,000/s, but with 32 writers 3,700/s, 26 ms against 2,200/s, 250 ms: writing everything twice
    /// costs more than a second sync as soon as a group shares it.
    pub inline_octets_max: u64,
    /// Octets of bodies that one batch may carry in the journal; the rest goes to the body log. Default 1048576 (1 MiB).
    pub inline_batch_octets_max: u64,
    /// Length at which a new segment of the body log is begun. Default 268435456 (256 MiB).
    pub body_segment_octets: u64,
    /// Octets of room asked for ahead in the body log. Default 8388608 (8 MiB).
    pub body_reserve_octets: u64,
    /// A staged body that is longer waits in an unnamed file. Default 1048576 (1 MiB).
    pub stage_memory_octets_max: usize,
    /// Where staged bodies wait; `spool` in the store's folder if none is named.
    pub spool: Option<PathBuf>,
    /// Batches that share one sync at most. Default 256.
    pub group_batches_max: usize,
    /// Journal octets that share one sync at most; never more than half a segment. Default 4194304 (4 MiB).
    pub group_octets_max: usize,
    /// Bulk batches among them at most. Default 16.
    pub group_bulk_max: usize,
    /// Batches that wait in each lane at most; further callers wait before the queue. Default 1024.
    pub queue_batches_max: usize,
    /// Octets of staged bodies that wait in both lanes at most. Default 67108864 (64 MiB).
    pub queue_octets_max: u64,
    /// Rows that are made visible in one step; a batch is never split. Default 512.
    pub apply_rows: usize,
    /// Free room under which nothing new is taken, in octets, if that is less than 5 % of the disk. Default 1073741824
    /// (1 GiB).
    pub free_octets_min: u64,
    /// The same on the smallest disk. Default 67108864 (64 MiB).
    pub free_octets_least: u64,
    /// Seconds between two looks at the free room. Default 2.
    pub space_seconds: u64,
    /// Hours after which a body without references is removed. Default 24.
    pub orphan_hours: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_octets: 128 << 20,
            journal_segment_octets: 64 << 20,
            journal_segment_octets_min: 4 << 20,
            checkpoint_octets: 16 << 20,
            checkpoint_seconds: 60,
            base_octets: 2 << 30,
            inline_octets_max: 64 << 10,
            inline_batch_octets_max: 1 << 20,
            body_segment_octets: 256 << 20,
            body_reserve_octets: 8 << 20,
            stage_memory_octets_max: 1 << 20,
            spool: None,
            group_batches_max: 256,
            group_octets_max: 4 << 20,
            group_bulk_max: 16,
            queue_batches_max: 1024,
            queue_octets_max: 64 << 20,
            apply_rows: 512,
            free_octets_min: 1 << 30,
            free_octets_least: 64 << 20,
            space_seconds: 2,
            orphan_hours: 24,
        }
    }
}

impl Options {
    /// Free room under which nothing new is taken, on a disk of `total` octets.
    pub(crate) fn free_min(&self, total: u64) -> u64 {
        (total / 20).min(self.free_octets_min).max(self.free_octets_least)
    }
    /// Length of a journal segment on a disk of `total` octets.
    pub(crate) fn segment_octets(&self, total: u64) -> u64 {
        (total / 512).max(self.journal_segment_octets_min).min(self.journal_segment_octets)
    }
}

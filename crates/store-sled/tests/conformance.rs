//! The engine on the disk does what every engine must do, while its journal goes round and letters lie in many files.

#![allow(clippy::unwrap_used)]

use store::Store;
use store::conformance::{self, Subject};
use store_sled::{Handle, Options, SledEngine};
use tempfile::TempDir;

/// With journal segments of so many KiB.
struct OnDisk<const SEGMENT: u64> {
    dir: TempDir,
    open: Option<(Store, Handle)>,
    /// Every second time a base is written before the end.
    bases: bool,
}

/// So small that segments are used again and the index is made durable many times within one test.
fn options(segment_octets: u64) -> Options {
    Options {
        cache_octets: 4 << 20,
        journal_segment_octets: segment_octets,
        journal_segment_octets_min: segment_octets,
        checkpoint_octets: segment_octets / 4,
        base_octets: 1 << 20,
        inline_octets_max: 4 << 10,
        body_segment_octets: 1 << 20,
        body_reserve_octets: 64 << 10,
        stage_memory_octets_max: 64 << 10,
        group_batches_max: 8,
        apply_rows: 4,
        ..Options::default()
    }
}

impl<const SEGMENT: u64> OnDisk<SEGMENT> {
    fn opened(dir: &TempDir) -> Option<(Store, Handle)> {
        Some(SledEngine::open(dir.path(), options(SEGMENT << 10)).unwrap())
    }
}

impl<const SEGMENT: u64> Subject for OnDisk<SEGMENT> {
    fn begin() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let open = Self::opened(&dir);
        Self { dir, open, bases: false }
    }
    fn store(&self) -> Store {
        self.open.as_ref().unwrap().0.clone()
    }
    fn reopen(&mut self) {
        let (store, handle) = self.open.take().unwrap();
        if self.bases {
            handle.write_base().unwrap();
        }
        self.bases = !self.bases;
        drop(store);
        handle.close().unwrap();
        self.open = Self::opened(&self.dir);
    }
}

#[test]
fn stories() {
    conformance::stories::<OnDisk<64>>(150);
}

#[test]
fn writers() {
    conformance::writers::<OnDisk<64>>();
}

#[test]
fn readers() {
    conformance::readers::<OnDisk<64>>();
}

#[test]
fn scans() {
    conformance::scans::<OnDisk<64>>();
}

#[test]
fn contents() {
    conformance::contents::<OnDisk<2048>>();
}

#[test]
fn bounds() {
    conformance::bounds::<OnDisk<2048>>();
}

#[test]
fn watching() {
    conformance::watching::<OnDisk<64>>();
}

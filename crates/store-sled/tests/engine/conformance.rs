//! The suite that every engine passes.

use store::Store;
use store::conformance::{Subject, all};
use store_sled::Handle;
use tempfile::TempDir;

use crate::support::open;

struct OnDisk {
    dir: TempDir,
    open: Option<(Store, Handle)>,
}

impl Subject for OnDisk {
    fn begin() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let open = Some(open(dir.path()));
        Self { dir, open }
    }
    fn store(&self) -> Store {
        self.open.as_ref().unwrap().0.clone()
    }
    fn reopen(&mut self) {
        let (store, handle) = self.open.take().unwrap();
        drop(store);
        handle.close().unwrap();
        self.open = Some(open(self.dir.path()));
    }
}

#[test]
fn the_engine_on_the_disk() {
    all::<OnDisk>(12);
}

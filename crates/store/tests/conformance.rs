//! The engine in memory does what every engine must do.

use store::conformance::{Subject, all};
use store::{MemoryEngine, Store};

struct Memory(Store);

impl Subject for Memory {
    fn begin() -> Self {
        Self(MemoryEngine::store())
    }
    fn store(&self) -> Store {
        self.0.clone()
    }
    fn reopen(&mut self) {}
}

#[test]
fn the_engine_in_memory() {
    all::<Memory>(200);
}

//! The engine in memory does what every engine must do.

use store::conformance::{self, Subject};
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
fn stories() {
    conformance::stories::<Memory>(400);
}

#[test]
fn writers() {
    conformance::writers::<Memory>();
}

#[test]
fn readers() {
    conformance::readers::<Memory>();
}

#[test]
fn scans() {
    conformance::scans::<Memory>();
}

#[test]
fn contents() {
    conformance::contents::<Memory>();
}

#[test]
fn bounds() {
    conformance::bounds::<Memory>();
}

#[test]
fn watching() {
    conformance::watching::<Memory>();
}

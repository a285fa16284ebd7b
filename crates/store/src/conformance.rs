//! What every engine must do, as tests that an engine calls with a way to make a store.
//!
//! An engine implements [`Subject`] and calls [`all`], or the parts one by one as tests of their own. A part panics with
//! the first thing that is wrong. Nothing here knows an engine, nor how a batch is resolved: the model of [`stories`] is
//! written from the documentation of the operations.
//!
//! Not here: power cuts and failing disks, which each durable engine simulates below its own files.

mod bounds;
mod compare;
mod contents;
mod kit;
mod model;
mod plan;
mod readers;
mod scans;
mod stories;
mod watching;
mod writers;

pub use bounds::bounds;
pub use contents::contents;
pub use readers::readers;
pub use scans::scans;
pub use stories::stories;
pub use watching::watching;
pub use writers::writers;

use crate::Store;

/// An engine under test.
pub trait Subject {
    /// An empty store.
    fn begin() -> Self;
    /// The store.
    fn store(&self) -> Store;
    /// Ends the engine and starts it again over what it has kept; no clone of the store is held meanwhile. One that
    /// forgets does nothing.
    fn reopen(&mut self);
}

/// The whole suite; `cases` is for [`stories`].
pub fn all<S: Subject>(cases: u32) {
    stories::<S>(cases);
    writers::<S>();
    readers::<S>();
    scans::<S>();
    contents::<S>();
    bounds::<S>();
    watching::<S>();
}

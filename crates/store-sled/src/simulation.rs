//! Lives of an engine on a disk that fails: power cuts at any write, failing syncs, a full disk.
//!
//! The index is a tree in memory that may be lost, too; the committer is called directly, so that a seed says it all.

mod cuts;
mod faults;
mod world;

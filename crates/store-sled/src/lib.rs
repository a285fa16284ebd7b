//! The embedded engine: everything durable on one machine.
//!
//! A commit is durable when its record in the journal is synced; sled is an index that can always be built
//! again from a base and the journal; letters lie in a body log. See each module for its part.
//!
//! What lies in the folder: `journal/`, `bodies/`, `base/`, `index/` (sled), `marks`, `secret` (what body names are derived
//! from), `lock`, `spool/` (unnamed files of letters on their way).

mod applied;
mod archive;
mod base;
mod body_log;
mod check;
mod committer;
mod core;
mod engine;
mod export;
pub mod files;
mod handle;
mod health;
mod journal;
mod keeper;
mod marks;
mod options;
mod queue;
mod rebuild;
mod recover;
mod recovered;
#[cfg(test)]
mod simulation;
mod stage;
mod sweep;
pub mod testing;

pub use applied::IndexOpen;
pub use check::{CheckReport, Finding, Inspect, Progress, Severity, check, check_export};
pub use export::ExportReport;
pub use handle::{Handle, SledEngine, Stats};
pub use options::Options;
pub use rebuild::{FileRecovered, Raise, RebuildHooks, RebuildReport, rebuild};
pub use recover::{OpenError, OpenReport};
pub use recovered::{Recovered, file_recovered};
pub use sweep::Swept;

/// `len` octets that do not shrink.
#[cfg(test)]
fn testing_letter(len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    blake3::Hasher::new().update(&len.to_le_bytes()).finalize_xof().fill(&mut octets);
    octets
}

//! Fuzz targets: each takes any octets and panics when something does not hold that must hold for all of them.
//!
//! They are plain functions, used by two runners: the seeded mutations of `tests/fuzz/tests/mutations.rs`, which run with
//! the other tests, and libFuzzer in `tests/fuzz/cargo-fuzz` (see its `README.md`).

#![allow(clippy::unwrap_used, reason = "a panic is what a target finds")]

mod letter;
mod mutf7;
mod session;

pub use letter::letter;
pub use mutf7::mutf7;
pub use session::session;

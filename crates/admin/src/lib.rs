//! Every administrative act: may they, do it, write down who did it, in one commit.
//!
//! [`Admin::answer`] takes one request and sends the lines of its answer. The console (the service's own user and root)
//! may do everything in every municipality; `--as` acts with a person's rights, a part of the matrix as data in
//! `rights.rs`. What needs two persons is refused to single ones.
//!
//! A commit that meets another's is planned again, a few times. Acts over many rows (import, removal) go in chunks: each
//! is whole, has its own audit row, and what a crash breaks off is finished by [`Admin::recover`] or by doing it again.

mod actor;
mod acts;
mod admin;
mod audit;
mod error;
mod lines;
mod operations;
mod passwords;
mod rights;
#[cfg(test)]
mod tests;
mod view;

pub use actor::Caller;
pub use admin::{Admin, NewMunicipality};
pub use error::AdminError;
pub use lines::Lines;
pub use operations::Operations;

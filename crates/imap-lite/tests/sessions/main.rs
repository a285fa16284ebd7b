//! Whole sessions over loopback, on the store that forgets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod append;
mod bounds;
mod fetch;
mod flags;
mod folders;
mod idle;
mod log_in;
mod measure;
mod search;
mod support;
mod tls;
mod transfer;
mod trouble;

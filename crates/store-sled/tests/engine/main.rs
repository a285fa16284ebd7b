//! The engine on the real disk.

#![allow(clippy::unwrap_used)]

mod basics;
mod guarded_open;
mod kill;
mod support;
mod sweep;

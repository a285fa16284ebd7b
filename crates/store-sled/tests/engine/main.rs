//! The engine on the real disk.

#![allow(clippy::unwrap_used)]

mod basics;
mod support;

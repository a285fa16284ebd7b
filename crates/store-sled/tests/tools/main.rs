//! Check, export and rebuild on the real disk.

#![allow(clippy::unwrap_used)]

mod check;
mod export;
mod rebuild;
mod support;

//! Whole sessions over loopback, on the store that forgets.

mod append;
mod bounds;
mod fetch;
mod flags;
mod folders;
mod idle;
mod log_in;
mod search;
mod support;
mod tls;
mod transfer;

//! Whole sessions over loopback, on the store that forgets.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod append;
mod append_family;
mod bounds;
mod compress;
mod condstore;
mod fetch;
mod fetch_items;
mod flags;
mod folders;
mod idle;
mod log_in;
mod measure;
mod metadata;
mod model_based;
mod notify;
mod rev2;
mod search;
mod search_load;
mod search_results;
mod sent_copy;
mod sharing;
mod sort_thread;
mod support;
mod tls;
mod transfer;
mod trouble;
mod utf8;

//! Mailboxes over the engine in memory.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod concurrent;
mod copies;
mod faulty;
mod folders;
mod model_based;
mod search;
mod search_index;
mod sessions;
mod sorting;
mod upkeep;
mod world;

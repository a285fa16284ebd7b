//! The session from outside: transcripts, and what holds for every dialogue.

#![expect(clippy::unwrap_used, reason = "a test may fail by it")]

mod driver;
mod properties;
mod speed;
mod transcript;

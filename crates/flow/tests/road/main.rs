//! The road of a letter over the engine in memory: a small municipality, and what happens to its mail.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests, too")]

mod dispatch;
mod engine;
mod functions;
mod health;
mod log;
mod port_25;
mod school;
mod submission;

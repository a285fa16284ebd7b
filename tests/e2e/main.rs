//! The real `skolpost` on loopback: every test starts its own installation in a temporary folder.
//!
//! `harness` starts, stops and kills it; `clients` drives the mail programs that schools use; `scenarios` plays
//! conversations of several clients; `corpus` sends other people's test mail through it; `layers` holds the crates
//! against the table in `crates/README.md`.

mod bounds;
mod clients;
mod console;
mod corpus;
mod crash;
mod crash_append;
mod damaged;
mod demo;
mod disk_full;
mod durability;
mod functions;
mod harness;
mod imap_model;
mod layers;
mod readme;
mod running;
mod scenarios;
mod search_index;

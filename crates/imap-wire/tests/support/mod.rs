//! What the tests of this crate share: a printer for commands, generators, and a scripted driver.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod dialogue;
pub(crate) mod generate;
pub(crate) mod generate_mailboxes;
mod generate_messages;
pub(crate) mod print;
mod print_mailboxes;
mod print_messages;

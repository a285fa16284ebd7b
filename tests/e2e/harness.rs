//! Everything a test needs to have a municipality with people in it, and to talk to it.
//!
//! ```text
//! let mut town = Town::start();                            // init, serve, wait until the ports answer, one school
//! let asa = town.person("asa.oqvist", "Åsa", "Öqvist");    // an account, through the command line
//! let mut imap = town.imap(&asa);                          // logged in over 993
//! town.kill();                                             // SIGKILL; `stop` is SIGTERM
//! town.serve();                                            // the same folder, the same ports
//! ```

#![allow(dead_code, reason = "a tool box: tests take from it what they need")]

mod binary;
#[cfg(test)]
mod check;
mod deflate;
mod imap;
mod ports;
mod program;
mod smtp;
mod tls;
mod town;
mod wire;

pub(crate) use binary::{metadata, skolpost, workspace};
pub(crate) use imap::Imap;
pub(crate) use ports::PortBase;
pub(crate) use program::Program;
pub(crate) use smtp::Smtp;
pub(crate) use tls::trusting;
pub(crate) use town::{Person, Town, clients};
pub(crate) use wire::Wire;

//! CPython's own imaplib and smtplib, and the IMAPClient library.

use std::path::PathBuf;

use super::Pair;
use crate::harness::{self, Program};

/// The interpreter of `tests/.venv`, which holds the pinned libraries.
pub(crate) fn python() -> PathBuf {
    harness::workspace().join("tests/.venv/bin/python")
}

fn plays(script: &str) {
    let pair = Pair::start();
    let scene = pair.town.scene(&[&pair.asa, &pair.per]);
    Program::new(python()).arg(harness::clients().join(script)).arg(scene).pass();
}

#[test]
fn cpython_smtplib_and_imaplib() {
    plays("stdlib.py");
}

#[test]
fn cpython_imaplib_compressed() {
    plays("compressed.py");
}

#[test]
fn imapclient() {
    plays("imapclient_session.py");
}

//! nodemailer sends; imapflow lists, fetches, waits in IDLE, sets flags and moves.

use super::Pair;
use crate::harness::{self, Program};

#[test]
fn nodemailer_and_imapflow() {
    let folder = harness::clients().join("node");
    assert!(
        folder.join("node_modules/imapflow").is_dir(),
        "FAIL: imapflow is not installed; run tests/install.sh"
    );
    let pair = Pair::start();
    let scene = pair.town.scene(&[&pair.asa, &pair.per]);
    Program::new("node").arg(folder.join("session.js")).arg(scene).folder(folder).pass();
}

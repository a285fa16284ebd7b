//! Thunderbird from Debian without a screen, driven over Marionette by `tests/clients/thunderbird`.

use std::time::Duration;

use super::{Pair, python};
use crate::harness::{self, Program};

fn plays(more: &[&str], seconds: u64) {
    for needed in ["thunderbird", "certutil"] {
        _ = Program::new(needed);
    }
    let pair = Pair::start();
    let scene = pair.town.scene(&[&pair.asa, &pair.per]);
    let script = harness::clients().join("thunderbird/session.py");
    Program::new(python()).arg(script).arg(scene).args(more).wait(Duration::from_secs(seconds)).pass();
}

#[test]
fn thunderbird_reads_answers_moves_and_deletes() {
    plays(&[], 180);
}

#[test]
#[ignore = "long: hundreds of letters and a second start; tests/run --full runs it"]
fn thunderbird_keeps_up_with_another_program() {
    plays(&["full"], 400);
}

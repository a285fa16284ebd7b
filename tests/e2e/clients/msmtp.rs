//! msmtp, the sendmail of small machines, with both accounts of its configuration.

use super::{Pair, contains};
use crate::harness::Program;

fn sends(account: &str) {
    let pair = Pair::start();
    let filled = [("ADDRESS", pair.asa.address.as_str()), ("PASSWORD", &pair.asa.password)];
    let config = pair.config("msmtprc", &filled);
    let letter = format!(
        "From: Åsa <{}>\nTo: {}\nSubject: msmtp {account}\n\nHej!\n.\n..två\n",
        pair.asa.address, pair.per.address
    );
    Program::new("msmtp")
        .arg("--file")
        .arg(config)
        .args(["--debug", &format!("--account={account}"), "--read-recipients"])
        .input(letter)
        .pass();
    let letter = pair.town.arrived(&pair.per, &format!("msmtp {account}"));
    assert!(contains(&letter, "Hej!\r\n.\r\n..två\r\n"), "{}", String::from_utf8_lossy(&letter));
}

#[test]
fn msmtp_sends_over_starttls() {
    sends("submission");
}

#[test]
fn msmtp_sends_over_tls() {
    sends("submissions");
}

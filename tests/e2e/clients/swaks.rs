//! swaks sends with AUTH over both ways into TLS.

use super::{Pair, contains};
use crate::harness::Program;

fn swaks(pair: &Pair) -> Program {
    Program::new("swaks")
        .args(["--server", "localhost", "--tls-verify", "--tls-ca-path"])
        .arg(pair.town.certificate())
        .args(["--auth-user", &pair.asa.address, "--auth-password", &pair.asa.password])
        .args([
            "--from",
            &pair.asa.address,
            "--to",
            &pair.per.address,
            "--body",
            "Bok och penna.\n.\nHej då!",
        ])
}

#[test]
fn swaks_sends_over_starttls_with_auth_login() {
    let pair = Pair::start();
    let port = pair.town.port(587).to_string();
    swaks(&pair).args(["--port", &port, "--tls", "--auth", "LOGIN", "--header", "Subject: swaks 587"]).pass();
    let letter = pair.town.arrived(&pair.per, "swaks 587");
    assert!(contains(&letter, "Bok och penna.\r\n.\r\nHej då!"), "{}", String::from_utf8_lossy(&letter));
}

#[test]
fn swaks_sends_over_tls_with_auth_plain() {
    let pair = Pair::start();
    let port = pair.town.port(465).to_string();
    let tls = ["--tls-on-connect", "--auth", "PLAIN", "--header", "Subject: swaks 465"];
    swaks(&pair).args(["--port", &port]).args(tls).pass();
    pair.town.arrived(&pair.per, "swaks 465");
}

#[test]
fn swaks_is_told_that_the_password_is_wrong() {
    let pair = Pair::start();
    let port = pair.town.port(465).to_string();
    let tls = ["--tls-on-connect", "--auth", "PLAIN", "--auth-password", "not this"];
    let outcome = swaks(&pair).args(["--port", &port]).args(tls).run();
    assert!(outcome.text().contains("535"), "{}", outcome.text());
    assert!(!outcome.status.success());
}

#[test]
fn swaks_is_told_who_is_unknown() {
    let pair = Pair::start();
    let port = pair.town.port(25).to_string();
    let outcome = Program::new("swaks")
        .args(["--server", "localhost", "--port", &port, "--from", "ada@elsewhere.test"])
        .args(["--to", "nobody@skola.test"])
        .run();
    assert!(outcome.text().contains("550"), "{}", outcome.text());
    assert!(!outcome.status.success());
}

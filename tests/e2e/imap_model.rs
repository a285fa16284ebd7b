//! Random commands of three sessions against a model, on the real engine; see
//! `crates/imap-lite/tests/sessions/model/run.rs`.

#[path = "../../crates/imap-lite/tests/sessions/model/run.rs"]
mod model;

use std::net::{Ipv4Addr, SocketAddr};

use crate::harness::Town;
use model::Plan;

#[test]
fn every_session_is_told_the_truth_by_the_real_engine() {
    let mut town = Town::stopped();
    town.configure("plaintext_networks = []", "plaintext_networks = [\"127.0.0.0/8\"]");
    town.serve();
    town.found_school();
    let asa = town.person("asa.oqvist", "Åsa", "Öqvist");
    let seed = std::env::var("SKOLPOST_SEED").ok().map_or(993, |seed| seed.parse().expect("a number"));
    model::run(Plan {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, town.port(143))),
        user: asa.address,
        password: asa.password,
        steps: 2_000,
        seed,
    });
}

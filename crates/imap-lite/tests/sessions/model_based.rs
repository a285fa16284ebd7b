//! Random commands of three sessions against a model of what is true; see `model/run.rs`.

#[path = "model/run.rs"]
mod model;

use imap_lite::Limits;
use model::Plan;

use crate::support::{PASSWORD, Service};

/// `SKOLPOST_SEED` and `SKOLPOST_STEPS` choose another run.
fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |value| value.parse().unwrap())
}

async fn run(limits: Limits, seed: u64) {
    let service = Service::with(limits, true).await;
    let plan = Plan {
        address: service.address,
        user: "ada.oqvist@skola.test".to_owned(),
        password: PASSWORD.to_owned(),
        steps: u32::try_from(from_environment("SKOLPOST_STEPS", 5_000)).unwrap(),
        seed: from_environment("SKOLPOST_SEED", seed),
    };
    tokio::task::spawn_blocking(move || model::run(plan)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_is_told_the_truth() {
    run(Limits::default(), 2026).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_that_rests_at_once_is_told_the_truth() {
    run(Limits { rest_after_seconds: 0, ..Limits::default() }, 7162).await;
}

//! `kill -9` at random moments, also during start and recovery, under eight senders and four IMAP writers.
//!
//! After each: `store check` finds nothing; every letter that got its 250 is there exactly once, octet for octet; every
//! acknowledged flag, move and expunge holds; what was under way at the kill happened wholly or not at all; no UID ever
//! names a second message.

mod ledger;
mod load;
mod noise;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::harness::{Person, Town};
use ledger::{Receiver, Writer};
use noise::Noise;

const SENDERS: usize = 8;
const WRITERS: usize = 4;

#[test]
fn nothing_acknowledged_is_lost_in_five_crashes() {
    crash(5);
}

#[test]
#[ignore = "long: fifty crashes; tests/run --full runs it"]
fn nothing_acknowledged_is_lost_in_fifty_crashes() {
    crash(50);
}

fn crash(cycles: usize) {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.subsec_nanos());
    eprintln!("seed {seed}");
    let mut noise = Noise::new(seed.into());
    let mut town = Town::start();
    let receivers: Vec<Person> =
        (0..2).map(|n| town.person(&format!("mottagare{n}"), "M", "Ottagare")).collect();
    let people: Vec<Person> =
        (0..WRITERS).map(|n| town.person(&format!("skribent{n}"), "S", "Kribent")).collect();
    let mut received = Receiver::new(receivers);
    let mut writers: Vec<Writer> = people.into_iter().map(|person| Writer::new(&town, person)).collect();
    for cycle in 0..cycles {
        run_and_kill(&mut town, cycle, &mut received, &mut writers, &mut noise);
        if noise.below(2) == 0 {
            // Killed again while it starts and recovers.
            town.spawn();
            thread::sleep(Duration::from_millis(noise.below(400)));
            town.kill();
        }
        town.console(&["store", "check"]);
        town.serve();
        received.verify(&town);
        writers.iter_mut().for_each(|writer| writer.verify(&town));
        eprintln!(
            "cycle {cycle}: {} letters, {} acts of writers hold",
            received.acknowledged(),
            acts(&writers)
        );
    }
    assert!(received.acknowledged() > cycles, "the load was no load");
    assert!(acts(&writers) > cycles, "the writers wrote nothing");
}

fn acts(writers: &[Writer]) -> usize {
    writers.iter().map(Writer::acknowledged).sum()
}

/// Load from all sides until a random moment, then SIGKILL; what was acknowledged is in the ledgers afterwards.
fn run_and_kill(
    town: &mut Town,
    cycle: usize,
    received: &mut Receiver,
    writers: &mut [Writer],
    noise: &mut Noise,
) {
    let over = Arc::new(AtomicBool::new(false));
    let stranger = load::Target { port: town.port(25), to: received.addresses() };
    thread::scope(|scope| {
        let mut senders = Vec::new();
        for sender in 0..SENDERS {
            let (over, target) = (over.clone(), stranger.clone());
            senders.push(scope.spawn(move || load::send_letters(&target, cycle, sender, &over)));
        }
        let (imaps, tls) = (town.port(993), town.tls().clone());
        for (number, writer) in writers.iter_mut().enumerate() {
            let (over, tls, seed) = (over.clone(), tls.clone(), noise.below(u64::MAX) ^ number as u64);
            scope.spawn(move || writer.work(imaps, &tls, &mut Noise::new(seed), &over));
        }
        thread::sleep(Duration::from_millis(300 + noise.below(1_700)));
        town.kill();
        over.store(true, Ordering::Relaxed);
        for sender in senders {
            received.take(sender.join().expect("a sender does not panic"));
        }
    });
}

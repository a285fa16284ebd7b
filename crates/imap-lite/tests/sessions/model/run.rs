//! Three sessions do at random what clients do, over real connections; a model knows what is true.
//!
//! One knows plain IMAP4rev1, one CONDSTORE, one QRESYNC (RFC 7162). After every command each must believe of every message
//! what is true of it, from what it was told alone, and count messages as they stand. Now and then a connection breaks, and
//! the client comes back with what it had. Steps and sizes come from a seed; a failure prints it.

mod client;
mod line;
mod steps;
mod truth;

use std::net::SocketAddr;

use client::{Client, Knows};
use steps::Memory;
use truth::Truth;

/// Two mailboxes, between which messages go back and forth.
const MAILBOXES: [&str; 2] = ["INBOX", "Archive"];

/// Where to log in, and how long to go on.
pub(crate) struct Plan {
    /// The port without TLS, from where passwords are taken.
    pub(crate) address: SocketAddr,
    pub(crate) user: String,
    pub(crate) password: String,
    pub(crate) steps: u32,
    pub(crate) seed: u64,
}

/// Everything that takes part.
struct World {
    truth: [Truth; 2],
    clients: Vec<Client>,
    /// What each client knew of each mailbox when it left it.
    memories: [[Option<Memory>; 2]; 3],
    random: Random,
    plan: Plan,
    letters: u32,
}

/// Runs it; panics with seed and step where somebody is told something untrue.
pub(crate) fn run(plan: Plan) {
    let (seed, steps) = (plan.seed, plan.steps);
    let clients = [Knows::Nothing, Knows::Condstore, Knows::QResync].map(|knows| Client::new(&plan, knows));
    let truth = [Truth::default(), Truth::default()];
    let mut world = World {
        truth,
        clients: clients.into(),
        memories: Default::default(),
        random: Random(seed | 1),
        plan,
        letters: 0,
    };
    for step in 0..steps {
        let _told = Told { seed, step };
        world.step();
    }
}

/// Says where it was when a step panics.
struct Told {
    seed: u64,
    step: u32,
}

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {} fails at step {}", self.seed, self.step);
        }
    }
}

/// xorshift64*: enough for choosing, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
    /// Below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("it is below a usize")
    }
    /// Once in so many times.
    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

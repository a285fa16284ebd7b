//! Port bases for installations that run at the same time, in this process and beside it.
//!
//! A base occupies base + 25, 143, 443, 465, 587 and 993, and the base itself as a lock: whoever can bind it owns it
//! until it is dropped. The bases handed out are chosen so that no two of them share a port: thousands from 11,000 to
//! 30,000, plus 0 to 6. (The nearest two ports of a set are 22 apart, the widest 993.) All lie below the ports that
//! the kernel gives to outgoing connections.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

const THOUSANDS: u16 = 20;
const STEPS: u16 = 7;
const OFFSETS: [u16; 6] = [25, 143, 443, 465, 587, 993];

/// Six free ports, ours until this is dropped.
pub(crate) struct PortBase {
    base: u16,
    _lock: TcpListener,
}

impl PortBase {
    pub(crate) fn take() -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let pid = std::process::id() as u16 % (THOUSANDS * STEPS);
        for _ in 0..THOUSANDS * STEPS {
            let turn = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(pid) % (THOUSANDS * STEPS);
            let base = 11_000 + 1_000 * (turn % THOUSANDS) + turn / THOUSANDS;
            if let Some(taken) = Self::try_take(base) {
                return taken;
            }
        }
        panic!("no six free ports between 11000 and 31000 on this machine");
    }

    fn try_take(base: u16) -> Option<Self> {
        let lock = bind(base)?;
        OFFSETS.iter().all(|offset| bind(base + offset).is_some()).then_some(Self { base, _lock: lock })
    }

    pub(crate) fn base(&self) -> u16 {
        self.base
    }

    /// The port that stands for `well_known`, such as 993.
    pub(crate) fn port(&self, well_known: u16) -> u16 {
        self.base + well_known
    }
}

fn bind(port: u16) -> Option<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
}

#[test]
fn no_two_bases_share_a_port() {
    let mut seen = std::collections::HashSet::new();
    for turn in 0..THOUSANDS * STEPS {
        let base = 11_000 + 1_000 * (turn % THOUSANDS) + turn / THOUSANDS;
        for port in OFFSETS.iter().map(|offset| base + offset).chain([base]) {
            assert!(seen.insert(port), "{port} of base {base} is taken twice");
        }
    }
}

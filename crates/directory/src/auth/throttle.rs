//! Who fails often waits, by account and network together: a school is one address, and nobody can lock a pupil out from
//! elsewhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use model::{AccountId, TenantId, UnixMillis};
use parking_lot::Mutex;

use super::AuthConfig;
use super::verifier::Mac;

/// Whom a try is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// An account.
    Account(TenantId, AccountId),
    /// A name that nobody has, as a keyed hash: it waits like all others.
    Stranger([u8; 16]),
}

/// Where a try comes from: a /24 or a /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Network {
    V4([u8; 3]),
    V6([u8; 8]),
}

impl Network {
    pub(super) fn of(peer: IpAddr) -> Self {
        match peer.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// What a try may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Be verified after this wait, mostly none.
    After(Duration),
    /// This very secret was wrong before: it needs no verifier.
    KnownWrong,
    /// So many tries wait already that this one would wait longer than the longest wait.
    TooMany,
}

pub(super) struct Throttle {
    records: Mutex<HashMap<(Who, Network), Failures>>,
    free: u32,
    wait_max: Duration,
    age_max: Duration,
    entries_max: usize,
}

#[derive(Default)]
struct Failures {
    count: u32,
    /// The secrets that were wrong, newest last: a mail program that repeats an old password counts once.
    wrong: Vec<Mac>,
    /// No try is verified before.
    next: UnixMillis,
    last: UnixMillis,
}

/// Wrong secrets that are told apart for one account and network.
const WRONG_MAX: usize = 16;

impl Throttle {
    pub(super) fn new(config: &AuthConfig) -> Self {
        Self {
            records: Mutex::default(),
            free: config.failures_free,
            wait_max: Duration::from_secs(config.wait_seconds_max.into()),
            age_max: Duration::from_secs(config.failures_seconds_max.into()),
            entries_max: config.failures_entries_max.max(1),
        }
    }

    /// Asks for a try; one that must wait takes its place behind those that wait already.
    pub(super) fn admit(&self, who: Who, from: Network, mac: Mac, now: UnixMillis) -> Admission {
        let mut records = self.records.lock();
        let Some(failures) = records.get_mut(&(who, from)) else { return Admission::After(Duration::ZERO) };
        if now.since(failures.last) > self.age_max {
            records.remove(&(who, from));
            return Admission::After(Duration::ZERO);
        }
        if failures.wrong.contains(&mac) {
            return Admission::KnownWrong;
        }
        let Some(wait) = self.wait_after(failures.count) else { return Admission::After(Duration::ZERO) };
        let start = failures.next.max(now);
        if start.since(now) > self.wait_max {
            return Admission::TooMany;
        }
        failures.next = start.after(wait);
        Admission::After(start.since(now))
    }

    /// The secret was wrong.
    pub(super) fn failed(&self, who: Who, from: Network, mac: Mac, now: UnixMillis) {
        let mut records = self.records.lock();
        if records.len() >= self.entries_max && !records.contains_key(&(who, from)) {
            self.make_room(&mut records, now);
        }
        let failures = records.entry((who, from)).or_default();
        if failures.wrong.contains(&mac) {
            return;
        }
        if failures.wrong.len() >= WRONG_MAX {
            failures.wrong.remove(0);
        }
        failures.wrong.push(mac);
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        if let Some(wait) = self.wait_after(failures.count) {
            failures.next = failures.next.max(now.after(wait));
        }
    }

    /// The secret was right. A few typos are forgotten; many failures are not, since a classmate may be trying beside the
    /// owner: they fade with time.
    pub(super) fn succeeded(&self, who: Who, from: Network) {
        let mut records = self.records.lock();
        if records.get(&(who, from)).is_some_and(|failures| failures.count < self.free) {
            records.remove(&(who, from));
        }
    }

    /// 1, 2, 4 … seconds from the fifth failure on.
    fn wait_after(&self, failures: u32) -> Option<Duration> {
        let beyond = failures.checked_sub(self.free)?;
        Some(Duration::from_secs(1 << beyond.min(20)).min(self.wait_max))
    }

    fn make_room(&self, records: &mut HashMap<(Who, Network), Failures>, now: UnixMillis) {
        records.retain(|_, failures| now.since(failures.last) <= self.age_max);
        if records.len() < self.entries_max {
            return;
        }
        let mut last: Vec<_> = records.values().map(|failures| failures.last).collect();
        let place = last.len() / 8;
        let (_, limit, _) = last.select_nth_unstable(place);
        let limit = *limit;
        records.retain(|_, failures| failures.last > limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Who = Who::Stranger([0; 16]);
    const HERE: Network = Network::V4([10, 0, 0]);

    fn mac(number: u32) -> Mac {
        blake3::hash(&number.to_le_bytes())
    }
    fn throttle() -> Throttle {
        Throttle::new(&AuthConfig::default())
    }
    const fn seconds(count: u64) -> Admission {
        Admission::After(Duration::from_secs(count))
    }

    #[test]
    fn four_typos_cost_nothing_and_then_waits_grow() {
        let (throttle, mut now) = (throttle(), UnixMillis(1_000_000));
        for typo in 0..5 {
            assert_eq!(throttle.admit(NOBODY, HERE, mac(typo), now), seconds(0));
            throttle.failed(NOBODY, HERE, mac(typo), now);
        }
        for (typo, wait) in [(5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 30), (11, 30)] {
            assert_eq!(throttle.admit(NOBODY, HERE, mac(typo), now), seconds(wait));
            now = now.after(Duration::from_secs(wait));
            throttle.failed(NOBODY, HERE, mac(typo), now);
        }
        assert_eq!(throttle.admit(NOBODY, Network::V4([10, 0, 1]), mac(0), now), seconds(0));
        assert_eq!(throttle.admit(Who::Stranger([1; 16]), HERE, mac(0), now), seconds(0));
        let later = now.after(Duration::from_secs(901));
        assert_eq!(throttle.admit(NOBODY, HERE, mac(0), later), seconds(0));
    }

    #[test]
    fn tries_together_wait_one_behind_the_other_up_to_a_bound() {
        let (throttle, now) = (throttle(), UnixMillis(0));
        (0..8).for_each(|typo| throttle.failed(NOBODY, HERE, mac(typo), now));
        let waits: Vec<_> = (20..30).map(|typo| throttle.admit(NOBODY, HERE, mac(typo), now)).collect();
        assert_eq!(waits[..3], [seconds(8), seconds(16), seconds(24)]);
        assert_eq!(waits[3..], [Admission::TooMany; 7]);
    }

    #[test]
    fn the_same_wrong_secret_counts_once() {
        let (throttle, now) = (throttle(), UnixMillis(0));
        for _ in 0..50 {
            throttle.failed(NOBODY, HERE, mac(1), now);
        }
        assert_eq!(throttle.admit(NOBODY, HERE, mac(1), now), Admission::KnownWrong);
        assert_eq!(throttle.admit(NOBODY, HERE, mac(2), now), seconds(0));
    }

    #[test]
    fn success_forgives_a_few_failures_only() {
        let (throttle, now) = (throttle(), UnixMillis(0));
        throttle.failed(NOBODY, HERE, mac(1), now);
        throttle.succeeded(NOBODY, HERE);
        assert!(throttle.records.lock().is_empty());
        (0..6).for_each(|typo| throttle.failed(NOBODY, HERE, mac(typo), now));
        throttle.succeeded(NOBODY, HERE);
        assert_eq!(throttle.admit(NOBODY, HERE, mac(9), now), seconds(2));
    }

    #[test]
    fn networks_and_bounds() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("192.0.2.9"), of("::ffff:192.0.2.200"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        let throttle = Throttle::new(&AuthConfig { failures_entries_max: 8, ..AuthConfig::default() });
        for number in 0..100 {
            throttle.failed(Who::Stranger([number; 16]), HERE, mac(1), UnixMillis(number.into()));
        }
        assert!(throttle.records.lock().len() <= 8);
    }
}

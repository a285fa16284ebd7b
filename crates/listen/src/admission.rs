//! Who may come in: so many in all, so many from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::{Limits, Network};

/// Counts the connections of all listeners.
#[derive(Clone, Debug)]
pub struct Admission {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    limits: Limits,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    total: u32,
    by_address: HashMap<Network, u32>,
}

/// One place inside; given back when dropped.
#[derive(Debug)]
pub struct Admitted {
    inner: Arc<Inner>,
    unit: Network,
}

impl Admission {
    /// Nobody is inside yet.
    pub fn new(limits: Limits) -> Self {
        Self { inner: Arc::new(Inner { limits, inside: Mutex::default() }) }
    }
    /// The limits that hold.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }
    /// How many are inside.
    pub fn total(&self) -> u32 {
        self.inner.inside.lock().total
    }
    /// Takes a place for `peer`; `None` if there is none.
    pub fn admit(&self, peer: IpAddr) -> Option<Admitted> {
        let (limits, unit) = (&self.inner.limits, Network::of_subscriber(peer));
        let school = limits.school_networks.iter().any(|network| network.contains(peer));
        let mut inside = self.inner.inside.lock();
        if inside.total >= limits.connections_max {
            return None;
        }
        let here = inside.by_address.get(&unit).copied().unwrap_or_default();
        if here >= limits.connections_per_address_max && !school {
            return None;
        }
        inside.total += 1;
        inside.by_address.insert(unit, here + 1);
        Some(Admitted { inner: self.inner.clone(), unit })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut inside = self.inner.inside.lock();
        inside.total -= 1;
        if let Some(here) = inside.by_address.get_mut(&self.unit) {
            *here -= 1;
            if *here == 0 {
                inside.by_address.remove(&self.unit);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_given_back_and_plenty_for_schools() {
        let school_networks = vec!["192.0.2.0/24".parse().unwrap()];
        let limits = Limits {
            connections_max: 5,
            connections_per_address_max: 2,
            school_networks,
            ..Limits::default()
        };
        let admission = Admission::new(limits);
        let come = |text: &str| admission.admit(text.parse().unwrap());
        let first = come("203.0.113.1").unwrap();
        let _second = come("203.0.113.1").unwrap();
        assert!(come("203.0.113.1").is_none(), "two from one address");
        drop(first);
        let _third = come("203.0.113.1").unwrap();
        let school: Vec<_> = (0..3).map(|_| come("192.0.2.7").unwrap()).collect();
        assert!(come("198.51.100.1").is_none(), "five in all");
        drop(school);
        assert_eq!(admission.total(), 2);
        assert_eq!(admission.inner.inside.lock().by_address.len(), 1);
    }
}

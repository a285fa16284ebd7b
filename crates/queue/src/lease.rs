//! Who works on which route: known to this process only.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::{Route, RouteKey};

/// The routes that somebody works on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases(Arc<Mutex<HashSet<RouteKey>>>);

impl Leases {
    /// `None` while somebody else has it.
    pub(crate) fn take(&self, key: RouteKey, route: Route) -> Option<Leased> {
        self.0.lock().insert(key).then(|| Leased { key, route, leases: self.clone() })
    }
}

/// A route that nobody else works on until this is dropped.
#[derive(Debug)]
pub struct Leased {
    /// Where it stands.
    pub key: RouteKey,
    /// What is to be done.
    pub route: Route,
    leases: Leases,
}

impl Drop for Leased {
    fn drop(&mut self) {
        self.leases.0.lock().remove(&self.key);
    }
}

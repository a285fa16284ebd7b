//! What was right a moment ago, in memory only: one entry for each account, successes only.

use std::collections::HashMap;
use std::time::Duration;

use model::UnixMillis;
use parking_lot::Mutex;

use super::AuthConfig;
use super::throttle::Who;
use super::verifier::Mac;

pub(super) struct Cache {
    entries: Mutex<HashMap<Who, Entry>>,
    idle_max: Duration,
    age_max: Duration,
    entries_max: usize,
}

struct Entry {
    /// Over account, credential version and secret: a raised version makes it match nothing. Compares in constant time.
    mac: Mac,
    made: UnixMillis,
    used: UnixMillis,
}

impl Cache {
    pub(super) fn new(config: &AuthConfig) -> Self {
        Self {
            entries: Mutex::default(),
            idle_max: Duration::from_secs(config.cache_idle_seconds_max.into()),
            age_max: Duration::from_secs(config.cache_seconds_max.into()),
            entries_max: if config.cache { config.cache_entries_max } else { 0 },
        }
    }

    pub(super) fn holds(&self, who: Who, mac: Mac, now: UnixMillis) -> bool {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.get_mut(&who) else { return false };
        if !self.is_fresh(entry, now) {
            entries.remove(&who);
            return false;
        }
        let right = entry.mac == mac;
        if right {
            entry.used = now;
        }
        right
    }

    pub(super) fn insert(&self, who: Who, mac: Mac, now: UnixMillis) {
        if self.entries_max == 0 {
            return;
        }
        let mut entries = self.entries.lock();
        if entries.len() >= self.entries_max && !entries.contains_key(&who) {
            self.make_room(&mut entries, now);
        }
        entries.insert(who, Entry { mac, made: now, used: now });
    }

    fn is_fresh(&self, entry: &Entry, now: UnixMillis) -> bool {
        now.since(entry.used) <= self.idle_max && now.since(entry.made) <= self.age_max
    }

    /// Drops what is old; if nothing is, the eighth that was used longest ago, so that it does not happen at every turn.
    fn make_room(&self, entries: &mut HashMap<Who, Entry>, now: UnixMillis) {
        entries.retain(|_, entry| self.is_fresh(entry, now));
        if entries.len() < self.entries_max {
            return;
        }
        let mut used: Vec<_> = entries.values().map(|entry| entry.used).collect();
        let place = used.len() / 8;
        let (_, limit, _) = used.select_nth_unstable(place);
        let limit = *limit;
        entries.retain(|_, entry| entry.used > limit);
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, TenantId};

    use super::*;

    fn who(number: u64) -> Who {
        Who::Account(TenantId::new(1), AccountId::new(number))
    }
    fn mac(text: &str) -> Mac {
        blake3::hash(text.as_bytes())
    }
    const fn at(seconds: u64) -> UnixMillis {
        UnixMillis(seconds * 1000)
    }

    #[test]
    fn it_slides_for_15_minutes_and_ends_after_12_hours() {
        let cache = Cache::new(&AuthConfig::default());
        cache.insert(who(1), mac("a"), at(0));
        assert!(cache.holds(who(1), mac("a"), at(900)) && !cache.holds(who(1), mac("b"), at(900)));
        assert!(!cache.holds(who(2), mac("a"), at(900)));
        assert!(!cache.holds(who(1), mac("a"), at(1801)));
        cache.insert(who(1), mac("a"), at(0));
        for quarter in 1..=48 {
            assert!(cache.holds(who(1), mac("a"), at(quarter * 900)), "{quarter}");
        }
        assert!(!cache.holds(who(1), mac("a"), at(48 * 900 + 1)));
    }

    #[test]
    fn it_is_bounded_and_can_be_off() {
        let cache = Cache::new(&AuthConfig { cache_entries_max: 16, ..AuthConfig::default() });
        for number in 0..100 {
            cache.insert(who(number), mac("a"), at(number));
        }
        assert!(cache.entries.lock().len() <= 16 && cache.holds(who(99), mac("a"), at(100)));
        let off = Cache::new(&AuthConfig { cache: false, ..AuthConfig::default() });
        off.insert(who(1), mac("a"), at(0));
        assert!(!off.holds(who(1), mac("a"), at(0)));
    }
}

//! A moment, as a number; clocks are read at the edge and handed in.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// The moment of a system clock; a clock before 1970 counts as 1970.
    pub fn from_system(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
    /// Whole seconds since 1970.
    pub const fn seconds(self) -> u64 {
        self.0 / 1000
    }
    /// This moment and a while.
    pub fn after(self, while_: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(while_.as_millis()).unwrap_or(u64::MAX)))
    }
    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Distance from UTC, less than a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Zone {
    minutes: i16,
}

impl Zone {
    /// UTC itself.
    pub const UTC: Self = Self { minutes: 0 };

    /// Minutes east of UTC; what is a day or more away is cut to 23:59.
    pub fn minutes_east(minutes: i16) -> Self {
        Self { minutes: minutes.clamp(-1439, 1439) }
    }
    /// Minutes east of UTC.
    pub const fn minutes(self) -> i16 {
        self.minutes
    }
}

/// The zone of the place where the service stands: it changes over the year.
#[derive(Clone)]
pub struct LocalZone(Arc<dyn Fn(UnixMillis) -> Zone + Send + Sync>);

impl LocalZone {
    /// From what knows the calendar.
    pub fn new(zone_at: impl Fn(UnixMillis) -> Zone + Send + Sync + 'static) -> Self {
        Self(Arc::new(zone_at))
    }
    /// The same zone all the time.
    pub fn fixed(zone: Zone) -> Self {
        Self::new(move |_| zone)
    }
    /// The zone at a moment.
    pub fn at(&self, moment: UnixMillis) -> Zone {
        (self.0)(moment)
    }
}

impl fmt::Debug for LocalZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalZone")
    }
}

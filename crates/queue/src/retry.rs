//! When to try again.

use std::time::Duration;

use model::UnixMillis;
use serde::Deserialize;

/// Pauses after tries that failed. A local route is never given up: what we accepted is ours to keep.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetryLimits {
    /// Pause after the first failure, in seconds; it doubles with each further one. Default 5.
    pub retry_seconds_min: u32,
    /// Longest pause, in seconds. Default 900.
    pub retry_seconds_max: u32,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self { retry_seconds_min: 5, retry_seconds_max: 900 }
    }
}

impl RetryLimits {
    /// When a route is due again that has failed so often.
    pub fn due(&self, attempts: u32, now: UnixMillis) -> UnixMillis {
        let doubled = u64::from(self.retry_seconds_min.max(1)) << attempts.saturating_sub(1).min(20);
        now.after(Duration::from_secs(doubled.min(self.retry_seconds_max.max(1).into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let limits = RetryLimits { retry_seconds_min: 5, retry_seconds_max: 60 };
        let pause = |attempts| limits.due(attempts, UnixMillis(0)).seconds();
        assert_eq!([1, 2, 3, 4, 5, 99].map(pause), [5, 10, 20, 40, 60, 60]);
    }
}

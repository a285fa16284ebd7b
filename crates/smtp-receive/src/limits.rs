//! How long a session may take.

use serde::Deserialize;

/// Times of one SMTP session.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Silence before 421 and hang-up (RFC 5321 §4.5.3.2.7). Default 300.
    pub idle_seconds_max: u64,
    /// A whole session on port 25. Default 1800.
    pub relay_session_seconds_max: u64,
    /// A whole session on 465 and 587. Default 7200.
    pub submission_session_seconds_max: u64,
    /// For the hand-shake after STARTTLS. Default 30.
    pub handshake_seconds_max: u64,
    /// On 465 and 587, from the greeting to a successful log-in. Default 60.
    pub login_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            idle_seconds_max: 300,
            relay_session_seconds_max: 1_800,
            submission_session_seconds_max: 7_200,
            handshake_seconds_max: 30,
            login_seconds_max: 60,
        }
    }
}

//! What log-in may cost.

use serde::Deserialize;

/// Bounds and parameters of log-in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// argon2id memory in KiB; OWASP's first choice. A change renews each hash at the next log-in. Default 19456.
    pub argon2_memory_kib: u32,
    /// argon2id passes. Default 2.
    pub argon2_passes: u32,
    /// argon2id lanes. Default 1.
    pub argon2_lanes: u32,
    /// Threads that verify; 0 is one less than the processor has cores, at least one. Default 0.
    pub verifiers: usize,
    /// Log-ins that wait for a verifier, fairly by network; more get “try again”. Default 256.
    pub queue_max: usize,
    /// Remember right passwords in memory? Default true.
    pub cache: bool,
    /// A remembered password is forgotten after so long without use. Default 900.
    pub cache_idle_seconds_max: u32,
    /// A remembered password is forgotten after so long in any case. Default 43200.
    pub cache_seconds_max: u32,
    /// Accounts of which the password is remembered. Default 200000.
    pub cache_entries_max: usize,
    /// Wrong passwords for one account from one network (/24, /64) before tries have to wait. Default 5.
    pub failures_free: u32,
    /// Longest wait of a try: 1, 2, 4 … up to this. Default 30.
    pub wait_seconds_max: u32,
    /// Failures are forgotten after so long without a new one. Default 900.
    pub failures_seconds_max: u32,
    /// Pairs of account and network of which failures are kept. Default 65536.
    pub failures_entries_max: usize,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 19_456,
            argon2_passes: 2,
            argon2_lanes: 1,
            verifiers: 0,
            queue_max: 256,
            cache: true,
            cache_idle_seconds_max: 900,
            cache_seconds_max: 43_200,
            cache_entries_max: 200_000,
            failures_free: 5,
            wait_seconds_max: 30,
            failures_seconds_max: 900,
            failures_entries_max: 65_536,
        }
    }
}

impl AuthConfig {
    /// How many threads verify.
    pub(super) fn threads(&self) -> usize {
        match self.verifiers {
            0 => std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1)),
            threads => threads,
        }
    }
}

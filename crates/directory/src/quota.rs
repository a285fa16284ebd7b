//! How much an account may keep.

use model::Role;
use serde::{Deserialize, Serialize};

/// Room for mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Octets of all messages together.
    pub octets_max: u64,
    /// Messages in all mailboxes together.
    pub messages_max: u64,
}

impl Quota {
    /// What a role has as long as its municipality has decided nothing else: 1 GiB and 50,000 messages for pupils,
    /// 5 GiB and 200,000 messages for all others.
    pub const fn default_of(role: Role) -> Self {
        match role {
            Role::Pupil => Self { octets_max: 1 << 30, messages_max: 50_000 },
            _ => Self { octets_max: 5 << 30, messages_max: 200_000 },
        }
    }
    /// Does one more message of this size fit beside what is kept?
    pub const fn fits(self, octets_kept: u64, messages_kept: u64, size: u64) -> bool {
        octets_kept.saturating_add(size) <= self.octets_max && messages_kept < self.messages_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_octet_and_the_last_message_fit() {
        let quota = Quota { octets_max: 10, messages_max: 2 };
        assert!(quota.fits(5, 1, 5));
        assert!(!quota.fits(5, 1, 6) && !quota.fits(0, 2, 1) && !quota.fits(u64::MAX, 0, 1));
    }
}

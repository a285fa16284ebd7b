//! What an account may keep.
//!
//! RFC 9208 §5 (STORAGE, MESSAGE). The limits are the directory's; the numbers are the store's.

use store::Usage;

use crate::MailboxError;

/// Limits of one account; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaLimit {
    /// Octets, each copy counted.
    pub bytes: Option<u64>,
    /// Messages.
    pub messages: Option<u64>,
}

impl QuotaLimit {
    /// No limit: for moves inside an account, which add nothing.
    pub const NONE: Self = Self { bytes: None, messages: None };

    /// Is there room for so much more?
    ///
    /// # Errors
    /// [`MailboxError::OverQuota`].
    pub fn check(&self, usage: Usage, bytes: u64, messages: u64) -> Result<(), MailboxError> {
        let over = |limit: Option<u64>, used: u64, more: u64| {
            limit.is_some_and(|limit| used.saturating_add(more) > limit)
        };
        if over(self.bytes, usage.bytes, bytes) || over(self.messages, usage.messages, messages) {
            return Err(MailboxError::OverQuota);
        }
        Ok(())
    }
}

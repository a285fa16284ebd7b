//! The copy of a sent letter that is in Sent already, because the server filed it at submission.
//!
//! Most programs put a copy of their own there. The two have the same Message-ID, and the second is then not kept.

use model::{MailboxRef, QueueId, Uid, UidValidity, UnixMillis};
use store::MailboxState;

use crate::{MailboxError, Mailboxes};

/// Of the newest messages, so many numbers are looked at.
const NUMBERS: u32 = 32;

impl Mailboxes {
    /// The message with this Message-ID that the server itself has filed in `mailbox` lately; see
    /// [`crate::Limits::sent_copy_seconds_max`].
    ///
    /// # Errors
    /// [`MailboxError::Gone`], [`MailboxError::Store`].
    pub async fn filed_lately(
        &self,
        mailbox: MailboxRef,
        message_id: &str,
        now: UnixMillis,
    ) -> Result<Option<(UidValidity, Uid)>, MailboxError> {
        let MailboxState { uid_next, uid_validity, .. } = self.status(mailbox).await?;
        let first = uid_next.get().saturating_sub(NUMBERS).max(1);
        let uids: Vec<Uid> = (first..uid_next.get()).filter_map(Uid::new).collect();
        for (uid, entry) in self.entries(mailbox, &uids).await?.into_iter().rev() {
            let age = now.since(entry.internal_date).as_secs();
            if entry.queue_id == QueueId::new(0) || age > self.limits().sent_copy_seconds_max {
                continue;
            }
            let content = self.content(mailbox.tenant, &entry).await?;
            if content.view().message_id() == message_id.as_bytes() {
                return Ok(Some((uid_validity, uid)));
            }
        }
        Ok(None)
    }
}

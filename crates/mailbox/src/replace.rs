//! REPLACE: a letter comes in the place of another, in one commit.
//!
//! RFC 8508 §3.3 (both or neither), §3.2 (the old one may be in another mailbox).

use model::{MailboxRef, Uid, UidSet, UnixMillis};
use store::{Batch, CommitError, MessageKey, Op};

use crate::{Appended, MailboxError, Mailboxes, NewLetter, QuotaLimit};

impl Mailboxes {
    /// Puts `new` into `to` and takes the message `old` away.
    ///
    /// # Errors
    /// [`MailboxError::Expunged`] if the old one is gone; [`MailboxError::OverQuota`], [`MailboxError::Gone`],
    /// [`MailboxError::Limit`], [`MailboxError::Commit`]. The old one then stays.
    pub async fn replace(
        &self,
        to: MailboxRef,
        new: NewLetter,
        old: (MailboxRef, Uid),
        quota: QuotaLimit,
        now: UnixMillis,
    ) -> Result<Appended, MailboxError> {
        let key = MessageKey { mailbox: old.0, uid: old.1 };
        let entry = self.store().load(&key).await?.ok_or(MailboxError::Expunged)?;
        // What goes makes room for what comes, where the same account keeps both.
        let freed = if old.0.account == to.account { entry.size } else { 0 };
        let messages = u64::from(old.0.account != to.account);
        let state = self.check_room(to, new.letter.size.saturating_sub(freed), messages, quota).await?;
        let mut batch = Batch::new(now);
        batch.require_present(&key);
        new.file(to, now, &mut batch);
        batch.ops.push(Op::Expunge { mailbox: old.0, uids: UidSet::range(old.1, old.1) });
        match self.store().commit(batch).await {
            Ok(committed) => Ok(Appended::new(state.uid_validity, committed.outcomes)),
            Err(CommitError::Conflict(_)) => Err(MailboxError::Expunged),
            Err(error) => Err(error.into()),
        }
    }
}

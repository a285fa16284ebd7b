//! EXPUNGE, UID EXPUNGE and the expunge of CLOSE.
//!
//! RFC 3501 §6.4.3 and §6.4.2; RFC 4315 §2.1. A message goes only if it still has \Deleted in the commit that removes it:
//! each is required to be as it was read.

use model::{Right, SystemFlag, Uid, UidSet, UnixMillis};
use store::{Batch, CommitError, Expect, FlagsKey, Op, TypedKey};

use crate::{MailboxError, Selected};

const TRIES: u32 = 32;

impl Selected {
    /// Removes the messages that have \Deleted; with `only`, those of them. The next [`Selected::sync`] tells the session.
    ///
    /// # Errors
    /// [`MailboxError::ReadOnly`], [`MailboxError::Gone`], [`MailboxError::Busy`], [`MailboxError::Commit`]; what went before
    /// the failure is gone.
    pub async fn expunge(&mut self, only: Option<&UidSet>, now: UnixMillis) -> Result<(), MailboxError> {
        if self.is_read_only() {
            return Err(MailboxError::ReadOnly);
        }
        // CLOSE comes without a look at the mailbox before it.
        self.renew_rights().await?;
        self.require(Right::Expunge)?;
        let (mailbox, mut tries, mut from) = (self.mailbox(), 0, Uid::MIN);
        loop {
            let table = self.refreshed(now).await?;
            let wanted = |uid: Uid| uid >= from && only.is_none_or(|only| only.contains(uid));
            let deleted = table.having(|set| set.has(SystemFlag::Deleted));
            let mut batch = Batch::new(now);
            let mut uids = UidSet::new();
            let rows = table.rows().filter(|row| deleted[row.flag_set as usize] && wanted(row.uid));
            for row in rows.take(Batch::OPS_MAX) {
                let place = table.place(row.uid).expect("the row was just found");
                let key = FlagsKey { mailbox, uid: row.uid }.to_key();
                batch.require.push((key, Expect::Is(table.stored(place))));
                uids.insert(row.uid);
            }
            drop(table);
            let Some(last) = uids.ranges().last().map(|(_, last)| *last) else { return Ok(()) };
            batch.ops.push(Op::Expunge { mailbox, uids });
            match self.mailboxes.store().commit(batch).await {
                Ok(_) => (from, tries) = (last.next().unwrap_or(Uid::MAX), 0),
                Err(CommitError::Conflict(_)) if tries < TRIES => tries += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

//! STORE.
//!
//! RFC 3501 §6.4.6; RFC 7162 §3.1.3 (UNCHANGEDSINCE). Many messages go in chunks, each of which is whole.

use model::{FlagPatch, FlagSet, ModSeq, Uid, UidSet, UnixMillis};
use store::{Batch, Op, Outcome};

use crate::recover::lane;
use crate::selected::{Picked, permitted};
use crate::table::Table;
use crate::{MailboxError, Selected};

/// What STORE did. Flags as they are now stand in [`Selected::table`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Done, or as wanted already.
    pub done: UidSet,
    /// Not done, since they have changed after `unchanged_since` (MODIFIED).
    pub modified: UidSet,
    /// Not done, since they are gone. By sequence numbers the answer is NO \[EXPUNGEISSUED\].
    pub missing: UidSet,
}

impl Selected {
    /// Changes flags. Unless `silent`, the driver then writes FETCH for every message in `done`; changes of others come with
    /// the next [`Selected::sync`], and so do those of this one where `silent` would leave the client with a wrong idea.
    ///
    /// # Errors
    /// [`MailboxError::ReadOnly`], [`MailboxError::Gone`], [`MailboxError::Commit`]; chunks before the one that failed are
    /// done, and [`Selected::sync`] tells them.
    pub async fn store_flags(
        &mut self,
        picked: &Picked,
        patch: &FlagPatch,
        silent: bool,
        unchanged_since: Option<ModSeq>,
        now: UnixMillis,
    ) -> Result<Stored, MailboxError> {
        if self.is_read_only() {
            return Err(MailboxError::ReadOnly);
        }
        let Some(allowed) = permitted(patch, self.rights()) else { return Err(MailboxError::NoPermission) };
        let (mut stored, mut known) = (Stored::default(), Vec::new());
        for chunk in picked.chunks(Batch::OPS_MAX) {
            let before = self.table(now).await?;
            let mailbox = self.mailbox();
            let mut batch = Batch { lane: lane(picked.len()), ..Batch::new(now) };
            batch.ops.extend(chunk.iter().map(|(_, uid)| {
                let patch = allowed.clone();
                Op::Update { mailbox, uid: *uid, patch, unchanged_since }
            }));
            let committed = self.mailboxes.store().commit(batch).await?;
            for ((_, uid), outcome) in chunk.iter().zip(committed.outcomes) {
                let (flags, mod_seq) = match outcome {
                    Outcome::Updated { flags, mod_seq } => (flags, mod_seq),
                    Outcome::Modified => {
                        stored.modified.insert(*uid);
                        continue;
                    }
                    _ => {
                        stored.missing.insert(*uid);
                        continue;
                    }
                };
                stored.done.insert(*uid);
                if !silent || self.expects(*uid, patch, &before).is_some_and(|expected| expected == flags) {
                    known.push((*uid, mod_seq));
                }
            }
        }
        self.refreshed(now).await?;
        // Only now: whose STORE fails on the way hears of the part that was done like of anybody's changes.
        for (uid, mod_seq) in known {
            self.knows(uid, mod_seq);
        }
        Ok(stored)
    }

    /// The flags that a client works out for itself with .SILENT, which goes wrong if others changed them too (RFC 3501
    /// §6.4.6).
    fn expects(&self, uid: Uid, patch: &FlagPatch, before: &Table) -> Option<FlagSet> {
        let row = before.row(uid)?;
        let told = self.is_told(uid, row.mod_seq);
        told.then(|| row.flags.patched(patch).ok()).flatten()
    }
}

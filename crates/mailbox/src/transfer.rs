//! COPY and MOVE.
//!
//! RFC 3501 §6.4.7: a COPY that fails leaves the target as it was, also when the process dies: a COPY of several chunks keeps
//! an [`Intent`] with every UID that it has given, written in the commit that gives them. RFC 6851 §3.3: of a MOVE every
//! message is moved or not, each chunk is whole. RFC 4315 §3: COPYUID.

use model::{MailboxRef, Right, Uid, UidSet, UidValidity, UnixMillis};
use store::{Batch, CommitError, MailboxState, MailboxStateKey, MessageKey, Op, Outcome, Record, TypedKey};

use crate::recover::{bulk, lane};
use crate::rows::{Intent, IntentKey};
use crate::selected::Picked;
use crate::{MailboxError, Mailboxes, QuotaLimit, Selected};

/// Copies in one commit, with room for the intent.
const CHUNK: usize = Batch::OPS_MAX - 1;
const TRIES: u32 = 64;

/// What COPY or MOVE did.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// UIDVALIDITY of the target.
    pub uid_validity: UidValidity,
    /// UID here and UID there, in the order of the command: COPYUID.
    pub pairs: Vec<(Uid, Uid)>,
    /// Messages that were gone before their turn.
    pub missing: UidSet,
    /// MOVE only: why the rest stayed where it was.
    pub failed: Option<MailboxError>,
}

impl Selected {
    /// Copies messages with flags and dates. With `require_all` (COPY by sequence numbers) a message that is gone stops it
    /// before anything is copied; otherwise it is passed over.
    ///
    /// # Errors
    /// [`MailboxError::Expunged`], [`MailboxError::OverQuota`], [`MailboxError::Gone`], [`MailboxError::Commit`]; nothing
    /// stays copied.
    pub async fn copy(
        &mut self,
        picked: &Picked,
        to: MailboxRef,
        quota: QuotaLimit,
        require_all: bool,
        now: UnixMillis,
    ) -> Result<Transferred, MailboxError> {
        let (uids, mut done) = self.plan(picked, to, quota, require_all, now).await?;
        let from = self.mailbox();
        if uids.len() <= CHUNK {
            let ops = uids.iter().map(|uid| Op::Copy { from, uid: *uid, to });
            let batch = Batch { ops: ops.collect(), ..Batch::new(now) };
            let committed = self.mailboxes.store().commit(batch).await?;
            done.take(&uids, committed.outcomes);
            return Ok(done);
        }
        let number = self.mailboxes.intent_number(now);
        let key = IntentKey { tenant: from.tenant, account: to.account, number };
        let mut copy = LongCopy { from, to, key, copied: UidSet::new(), now };
        match copy.run(&self.mailboxes, &uids, &mut done).await {
            Ok(()) => Ok(done),
            Err(error) => {
                // What cannot be undone now is undone at the next start.
                if let Err(error) = self.mailboxes.undo_copy(key, to, copy.copied, now).await {
                    tracing::warn!(account = %to.account, %error, "a broken COPY is undone at the next start");
                }
                Err(error)
            }
        }
    }

    /// Moves messages. The expunges come with the next [`Selected::sync`].
    ///
    /// # Errors
    /// [`MailboxError::ReadOnly`], [`MailboxError::Expunged`], [`MailboxError::OverQuota`] (another account's mailbox only),
    /// [`MailboxError::Gone`]; a failure half-way stands in [`Transferred::failed`].
    pub async fn move_to(
        &mut self,
        picked: &Picked,
        to: MailboxRef,
        quota: QuotaLimit,
        require_all: bool,
        now: UnixMillis,
    ) -> Result<Transferred, MailboxError> {
        if self.is_read_only() {
            return Err(MailboxError::ReadOnly);
        }
        // RFC 6851 §3.3: as if they were copied, marked and expunged.
        self.require(Right::DeleteMessages)?;
        self.require(Right::Expunge)?;
        let from = self.mailbox();
        let quota = if to.account == from.account { QuotaLimit::NONE } else { quota };
        let (uids, mut done) = self.plan(picked, to, quota, require_all, now).await?;
        for chunk in uids.chunks(Batch::OPS_MAX) {
            let ops = chunk.iter().map(|uid| Op::Move { from, uid: *uid, to });
            let batch = Batch { ops: ops.collect(), lane: lane(uids.len()), ..Batch::new(now) };
            match self.mailboxes.store().commit(batch).await {
                Ok(committed) => done.take(chunk, committed.outcomes),
                Err(error) if done.pairs.is_empty() => return Err(error.into()),
                Err(error) => {
                    done.failed = Some(error.into());
                    break;
                }
            }
        }
        Ok(done)
    }

    /// Who is still there, and is there room for them?
    async fn plan(
        &self,
        picked: &Picked,
        to: MailboxRef,
        quota: QuotaLimit,
        require_all: bool,
        now: UnixMillis,
    ) -> Result<(Vec<Uid>, Transferred), MailboxError> {
        let table = self.refreshed(now).await?;
        let (mut uids, mut missing, mut bytes) = (Vec::with_capacity(picked.len()), UidSet::new(), 0);
        for (_, uid) in picked {
            match table.row(*uid) {
                Some(row) => {
                    uids.push(*uid);
                    bytes += row.size;
                }
                None => missing.insert(*uid),
            }
        }
        if require_all && !missing.is_empty() {
            return Err(MailboxError::Expunged);
        }
        let state = self.mailboxes.check_room(to, bytes, uids.len() as u64, quota).await?;
        let pairs = Vec::with_capacity(uids.len());
        Ok((uids, Transferred { uid_validity: state.uid_validity, pairs, missing, failed: None }))
    }
}

impl Transferred {
    fn take(&mut self, uids: &[Uid], outcomes: Vec<Outcome>) {
        for (from, outcome) in uids.iter().zip(outcomes) {
            match outcome {
                Outcome::Filed { uid, .. } => self.pairs.push((*from, uid)),
                _ => self.missing.insert(*from),
            }
        }
    }
}

/// A COPY of several chunks. Each commit requires the target as it was read, so that the UIDs are known before and can
/// stand in the intent of the same commit.
struct LongCopy {
    from: MailboxRef,
    to: MailboxRef,
    key: IntentKey,
    copied: UidSet,
    now: UnixMillis,
}

impl LongCopy {
    async fn run(
        &mut self,
        mailboxes: &Mailboxes,
        uids: &[Uid],
        done: &mut Transferred,
    ) -> Result<(), MailboxError> {
        let chunks = uids.len().div_ceil(CHUNK);
        for (number, chunk) in uids.chunks(CHUNK).enumerate() {
            let (mut chunk, mut tries) = (chunk.to_vec(), 0);
            loop {
                let state = mailboxes.status(self.to).await?;
                let copied = self.with_next(&state, chunk.len())?;
                let batch = self.batch(&state, &chunk, &copied, number + 1 == chunks)?;
                match mailboxes.store().commit(batch).await {
                    Ok(committed) => {
                        // The intent is behind in nothing from here on.
                        self.copied = copied;
                        done.take(&chunk, committed.outcomes);
                        break;
                    }
                    Err(CommitError::Conflict(key)) if tries < TRIES => {
                        tries += 1;
                        if let Some(MessageKey { uid, .. }) = gone(&key) {
                            chunk.retain(|other| *other != uid);
                            done.missing.insert(uid);
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn with_next(&self, state: &MailboxState, count: usize) -> Result<UidSet, MailboxError> {
        let mut copied = self.copied.clone();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let first = state.uid_next;
        let last = first.get().checked_add(count).and_then(|end| Uid::new(end - 1));
        let last = last.ok_or(MailboxError::Limit("UIDs"))?;
        if count > 0 {
            copied.insert_range(first, last);
        }
        Ok(copied)
    }

    fn batch(
        &self,
        state: &MailboxState,
        chunk: &[Uid],
        copied: &UidSet,
        last: bool,
    ) -> Result<Batch, MailboxError> {
        let (from, to) = (self.from, self.to);
        let mut batch = bulk(self.now);
        batch.require_is(&MailboxStateKey(to), state);
        for uid in chunk {
            batch.require_present(&MessageKey { mailbox: from, uid: *uid });
            batch.ops.push(Op::Copy { from, uid: *uid, to });
        }
        if last {
            batch.delete(&self.key);
            return Ok(batch);
        }
        let intent = Intent::Copy { to: to.mailbox, copied: copied.clone() };
        if intent.encode().len() > Batch::VALUE_OCTETS_MAX {
            return Err(MailboxError::Busy);
        }
        batch.put(&self.key, &intent);
        Ok(batch)
    }
}

fn gone(key: &store::Key) -> Option<MessageKey> {
    if key.space() == Some(MessageKey::SPACE) { MessageKey::from_key(key) } else { None }
}

impl Mailboxes {
    /// Takes back what a COPY has put into `to`.
    pub(crate) async fn undo_copy(
        &self,
        key: IntentKey,
        mailbox: MailboxRef,
        copied: UidSet,
        now: UnixMillis,
    ) -> Result<(), MailboxError> {
        let all: Vec<Uid> = copied.iter().collect();
        for chunk in all.chunks(Batch::OPS_MAX) {
            let mut batch = bulk(now);
            batch.ops.push(Op::Expunge { mailbox, uids: chunk.iter().copied().collect() });
            match self.store().commit(batch).await {
                Ok(_) => {}
                Err(CommitError::NoMailbox(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        self.drop_intent(key, now).await
    }
}

//! Letters whose row is odd: kept, and filed where their owner sees them.

use model::{FlagSet, MailboxRef, QueueId, Uid, UnixMillis, Zone};
use store::{Batch, BodyId, CommitError, Lane, NewMessage, Op, Store};

/// A letter whose body is there and whose row does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Where it was; its tenant and account own it.
    pub mailbox: MailboxRef,
    /// Its number there.
    pub uid: Uid,
    /// Its content.
    pub body: BodyId,
    /// Octets of the content.
    pub size: u64,
    /// When it came; zero if that is not known any more.
    pub internal_date: UnixMillis,
    /// Its flags, as far as they still read.
    pub flags: FlagSet,
}

impl Recovered {
    /// The letter as a new message, for [`Op::Append`]. Its ENVELOPE stands with the body.
    pub fn message(&self, now: UnixMillis) -> NewMessage {
        NewMessage {
            body: self.body,
            size: self.size,
            internal_date: if self.internal_date.0 == 0 { now } else { self.internal_date },
            zone: Zone::UTC,
            flags: self.flags.clone(),
            queue_id: QueueId::new(0),
            envelope: Default::default(),
            lineage: Default::default(),
        }
    }
}

/// Files letters of one account into `into`, which must be there and visible to the account.
///
/// # Errors
/// [`CommitError`]; what was filed before stays.
pub async fn file_recovered(
    store: &Store,
    letters: &[Recovered],
    into: MailboxRef,
    now: UnixMillis,
) -> Result<(), CommitError> {
    for letters in letters.chunks(Batch::OPS_MAX / 4) {
        let mut batch = Batch { lane: Lane::Bulk, ..Batch::new(now) };
        batch.ops.extend(letters.iter().map(|letter| Op::Append(into, letter.message(now))));
        store.commit(batch).await?;
    }
    Ok(())
}

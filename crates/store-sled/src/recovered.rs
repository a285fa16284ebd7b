//! Letters whose row is odd: kept, and filed where their owner sees them.

use model::{FlagSet, MailboxRef, Uid, UnixMillis};
use store::BodyId;

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
    /// When it came, as far as that is still known.
    pub internal_date: UnixMillis,
    /// Its flags, as far as they still read.
    pub flags: FlagSet,
}

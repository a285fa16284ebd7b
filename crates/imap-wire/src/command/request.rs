//! What the session asks its driver to do.

use std::fmt;

use model::{FlagPatch, MailboxName, Secret};

use super::{Append, Fetch, List, Lsub, Search};
use crate::sequence::SequenceSet;

/// One thing to do. The driver writes untagged responses itself, and ends with [`Session::done`](crate::Session::done).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Check a log-in; `Ok` moves the session on. Throttling is the driver's.
    Authenticate(Credentials),
    /// NOOP with an account: write what changed.
    Noop,
    /// CHECK; like NOOP.
    Check,
    /// SELECT or EXAMINE. Whatever was selected before is left, also when this fails.
    Select(Select),
    /// A new mailbox.
    Create(MailboxName),
    /// A mailbox goes.
    Delete(MailboxName),
    /// A mailbox and all below it get a new name; of INBOX the messages move (RFC 3501 §6.3.5).
    Rename {
        /// The old name.
        from: MailboxName,
        /// The new name.
        to: MailboxName,
    },
    /// Put a name on the list of subscriptions.
    Subscribe(MailboxName),
    /// Take it off.
    Unsubscribe(MailboxName),
    /// Mailboxes.
    List(List),
    /// Subscriptions.
    Lsub(Lsub),
    /// Numbers of a mailbox without selecting it.
    Status {
        /// Which mailbox.
        mailbox: MailboxName,
        /// What, in the order asked.
        items: Vec<StatusItem>,
    },
    /// RFC 2342.
    Namespace,
    /// RFC 9208: one quota root.
    GetQuota {
        /// Its name.
        root: String,
    },
    /// RFC 9208: the roots of a mailbox, and their quotas.
    GetQuotaRoot(MailboxName),
    /// May this message come, and open a place for it. `No` refuses before the client sends it.
    /// After `Ok` follow [`Step::Literal`](crate::Step::Literal), then `AppendFinish` or `AppendAbort`.
    AppendStart(Append),
    /// The message is complete: commit, then answer. Errors while it came are reported here.
    AppendFinish,
    /// The client broke off after its message; drop it. The answer is not shown.
    AppendAbort,
    /// Leave the mailbox; with `expunge`, messages with \Deleted go first, silently (RFC 3501 §6.4.2).
    Close {
        /// False where the mailbox is read-only, and for UNSELECT (RFC 3691).
        expunge: bool,
    },
    /// Messages with \Deleted go; with `uids` only those among them (RFC 4315 §2.1).
    Expunge {
        /// The UIDs of UID EXPUNGE.
        uids: Option<SequenceSet>,
    },
    /// Which messages match?
    Search(Search),
    /// Parts of messages.
    Fetch(Fetch),
    /// Flags of messages.
    Store(Store),
    /// Copies; answer with [`Code::CopyUid`](crate::Code::CopyUid).
    Copy {
        /// Which messages.
        messages: MessageSet,
        /// Where to.
        to: MailboxName,
    },
    /// Moves (RFC 6851); COPYUID goes out as an untagged OK before the EXPUNGEs.
    Move {
        /// Which messages.
        messages: MessageSet,
        /// Where to.
        to: MailboxName,
    },
}

/// Name and password, from LOGIN or AUTHENTICATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// On whose behalf, if somebody else's (RFC 4616, authzid).
    pub on_behalf_of: Option<String>,
    /// The log-in name.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
}

/// SELECT and EXAMINE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// EXAMINE.
    pub read_only: bool,
}

/// How a client counts messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Places in the mailbox.
    Sequence,
    /// UIDs; unknown ones are passed over in silence (RFC 3501 §6.4.8).
    Uid,
}

/// Some messages of the selected mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSet {
    /// How they are counted.
    pub numbering: Numbering,
    /// Their numbers.
    pub set: SequenceSet,
}

/// STORE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Which messages.
    pub messages: MessageSet,
    /// What happens to their flags.
    pub patch: FlagPatch,
    /// Do not tell the result.
    pub silent: bool,
}

/// What STATUS can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusItem {
    /// How many messages.
    Messages,
    /// How many with \Recent.
    Recent,
    /// The next UID.
    UidNext,
    /// The UIDVALIDITY.
    UidValidity,
    /// How many without \Seen.
    Unseen,
    /// How many with \Deleted (RFC 9208 §4.1.4).
    Deleted,
    /// Octets that an EXPUNGE would free (RFC 9208 §4.1.4).
    DeletedStorage,
}

impl StatusItem {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Messages,
        Self::Recent,
        Self::UidNext,
        Self::UidValidity,
        Self::Unseen,
        Self::Deleted,
        Self::DeletedStorage,
    ];
    /// As the protocol writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Recent => "RECENT",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::Unseen => "UNSEEN",
            Self::Deleted => "DELETED",
            Self::DeletedStorage => "DELETED-STORAGE",
        }
    }
}

impl fmt::Display for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

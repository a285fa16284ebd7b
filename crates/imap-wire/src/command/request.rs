//! What the session asks its driver to do.

use std::fmt;

use model::{FlagPatch, MailboxName, ModSeq, Secret, SpecialUse};

use super::{
    Append, AppendMessage, CatenatePart, Fetch, GetMetadata, List, Lsub, Notify, Search, Select, SetAcl,
    SetMetadata, Sort, Thread,
};
use crate::sequence::Numbers;

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
    Create {
        /// Its name.
        mailbox: MailboxName,
        /// What it is for (RFC 6154 §3).
        special_use: Vec<SpecialUse>,
    },
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
    /// The next message of the same command (RFC 3502); like `AppendStart`.
    AppendMore(AppendMessage),
    /// A piece of the message (RFC 4469); after `Ok` of a text its octets follow.
    AppendPart(CatenatePart),
    /// The message, or all of them, are complete: commit, then answer. Errors while they came are reported here.
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
        uids: Option<Numbers>,
    },
    /// Which messages match?
    Search(Search),
    /// Which messages match, in which order (RFC 5256)?
    Sort(Sort),
    /// Which messages match, and which belong together (RFC 5256)?
    Thread(Thread),
    /// No more news of these searches (RFC 5267 §4.4): tags of their commands.
    CancelUpdate(Vec<String>),
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
    /// Who may do what with a mailbox (RFC 4314 §3.3).
    GetAcl(MailboxName),
    /// Change that (RFC 4314 §3.1).
    SetAcl(SetAcl),
    /// Take somebody off the list (RFC 4314 §3.2).
    DeleteAcl {
        /// Of which mailbox.
        mailbox: MailboxName,
        /// Whom.
        identifier: String,
    },
    /// Which rights can somebody be given (RFC 4314 §3.4)?
    ListRights {
        /// In which mailbox.
        mailbox: MailboxName,
        /// Whom.
        identifier: String,
    },
    /// What may I do (RFC 4314 §3.5)?
    MyRights(MailboxName),
    /// RFC 5464 §4.2.
    GetMetadata(GetMetadata),
    /// RFC 5464 §4.3.
    SetMetadata(SetMetadata),
    /// RFC 5465.
    Notify(Notify),
    /// May this connection be compressed (RFC 4978)? After `Ok` follows [`Step::Compress`](crate::Step::Compress).
    Compress,
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
    pub numbers: Numbers,
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
    /// Only messages that have not changed after this (RFC 7162 §3.1.3).
    pub unchanged_since: Option<ModSeq>,
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
    /// That of the newest change (RFC 7162 §3.1.7).
    HighestModSeq,
    /// Octets of all messages (RFC 8438).
    Size,
    /// The name that stays over RENAME (RFC 8474 §4.3).
    MailboxId,
    /// The largest message that APPEND takes (RFC 7889).
    AppendLimit,
}

impl StatusItem {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Messages,
        Self::Recent,
        Self::UidNext,
        Self::UidValidity,
        Self::Unseen,
        Self::Deleted,
        Self::DeletedStorage,
        Self::HighestModSeq,
        Self::Size,
        Self::MailboxId,
        Self::AppendLimit,
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
            Self::HighestModSeq => "HIGHESTMODSEQ",
            Self::Size => "SIZE",
            Self::MailboxId => "MAILBOXID",
            Self::AppendLimit => "APPENDLIMIT",
        }
    }
}

impl fmt::Display for StatusItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

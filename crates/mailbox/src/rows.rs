//! Rows of this crate: names of mailboxes, what an account has given away, what must be undone after a crash.
//!
//! A name is a tree of levels, each with a number of its own, so that RENAME with everything below is one row. A level
//! without a mailbox stands above others or is only subscribed to.

use model::{AccountId, MailboxId, SpecialUse, TenantId, UidSet, UidValidity};
use serde::{Deserialize, Serialize};
use store::{Key, Keyspace, Record, RecordError, TypedKey, decode_versioned, encode_versioned};

const VERSION: u8 = 1;

macro_rules! postcard_record {
    ($($name:ident),*) => {$(
        impl Record for $name {
            fn encode(&self) -> Vec<u8> {
                encode_versioned(VERSION, self)
            }
            fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
                decode_versioned(VERSION, bytes)
            }
        }
    )*};
}
postcard_record!(FolderRow, FoldersRow, Intent);

/// `Mailbox | tenant | account | node`: one level of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FolderKey {
    /// The municipality.
    pub(crate) tenant: TenantId,
    /// The account.
    pub(crate) account: AccountId,
    /// The number of the level.
    pub(crate) node: u64,
}

/// One level of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FolderRow {
    /// The level above; none at the top.
    pub(crate) parent: Option<u64>,
    /// Its own word.
    pub(crate) word: String,
    /// The mailbox of that name; none for a name that is only subscribed to or stands above others.
    pub(crate) mailbox: Option<MailboxId>,
    /// What it is for.
    pub(crate) special: Option<SpecialUse>,
    /// Is the name subscribed to?
    pub(crate) subscribed: bool,
}

impl FolderKey {
    /// What all keys of one account begin with.
    pub(crate) fn prefix(tenant: TenantId, account: AccountId) -> Key {
        Key::new(Self::SPACE, tenant).with_u64(account.get())
    }
}

impl TypedKey for FolderKey {
    type Value = FolderRow;
    const SPACE: Keyspace = Keyspace::Mailbox;
    fn to_key(&self) -> Key {
        Self::prefix(self.tenant, self.account).with_u64(self.node)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let (account, node) = (AccountId::new(fields.u64()?), fields.u64()?);
        fields.end(Self { tenant, account, node })
    }
}

/// `Folders | tenant | account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoldersKey {
    /// The municipality.
    pub(crate) tenant: TenantId,
    /// The account.
    pub(crate) account: AccountId,
}

/// What an account has given away so far. Every change of its names changes this row, so that two cannot miss each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FoldersRow {
    /// The next number of a mailbox or level; none is used twice.
    pub(crate) next: u64,
    /// The last UIDVALIDITY given.
    pub(crate) uid_validity: UidValidity,
    /// Counts changes.
    pub(crate) revision: u64,
}

impl TypedKey for FoldersKey {
    type Value = FoldersRow;
    const SPACE: Keyspace = Keyspace::Folders;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(self.account.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let account = AccountId::new(fields.u64()?);
        fields.end(Self { tenant, account })
    }
}

/// `Intent | tenant | account | number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IntentKey {
    /// The municipality.
    pub(crate) tenant: TenantId,
    /// The account.
    pub(crate) account: AccountId,
    /// Tells several of one account apart.
    pub(crate) number: u64,
}

/// Work that takes several commits, as it must be ended when it breaks off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Intent {
    /// COPY: take away what is there already (RFC 3501 §6.4.7).
    Copy {
        /// The mailbox that it goes to.
        to: MailboxId,
        /// What it has put there so far; the row is written in the same commit as the messages.
        copied: UidSet,
    },
    /// The name is gone; the messages and the mailbox follow.
    Purge(MailboxId),
    /// The account is gone; everything follows.
    RemoveAccount,
}

impl TypedKey for IntentKey {
    type Value = Intent;
    const SPACE: Keyspace = Keyspace::Intent;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(self.account.get()).with_u64(self.number)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let (account, number) = (AccountId::new(fields.u64()?), fields.u64()?);
        fields.end(Self { tenant, account, number })
    }
}

//! Keys: one byte keyspace, then big-endian fields, the tenant first in every key.
//!
//! So a scan of a mailbox comes in UID order, a tenant check is a prefix check, and one municipality can be exported,
//! moved or erased by ranges.

use std::fmt;

use model::TenantId;

use crate::Record;

/// What a key is about. Each keyspace belongs to one crate, which alone writes it; the numbers are on disk and stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Keyspace {
    /// `store`: plain counters.
    Counter = 0x01,
    /// `directory`: the municipality itself.
    Tenant = 0x10,
    /// `directory`: mail domain to municipality (under tenant 0).
    Domain = 0x11,
    /// `directory`: schools by id.
    School = 0x12,
    /// `directory`: school code to school.
    SchoolCode = 0x13,
    /// `directory`: classes.
    Class = 0x14,
    /// `directory`: accounts by id.
    Account = 0x15,
    /// `directory`: address to what receives it.
    Address = 0x16,
    /// `directory`: log-in name to account (under tenant 0).
    Login = 0x17,
    /// `directory`: members of schools and classes.
    Member = 0x18,
    /// `directory`: addresses and ids that are never given again.
    Tombstone = 0x19,
    /// `directory`: rules that hold for a municipality, such as quotas by role.
    Policy = 0x1a,
    /// `directory`: functions of schools, such as `expedition@`.
    Function = 0x1b,
    /// `mailbox`: names and attributes of mailboxes.
    Mailbox = 0x20,
    /// `store`: counters of a mailbox, changed by the engine only.
    MailboxState = 0x21,
    /// `store`: what never changes of a message.
    Message = 0x22,
    /// `store`: flags of a message.
    Flags = 0x23,
    /// `store`: what changed in a mailbox at a modification sequence.
    Change = 0x24,
    /// `store`: octets and messages of an account.
    Usage = 0x25,
    /// `mailbox`: one row an account: ids and UIDVALIDITY given so far, subscriptions.
    Folders = 0x26,
    /// `mailbox`: a long operation that must be undone or finished after a crash.
    Intent = 0x27,
    /// `mailbox`: who else may do what with a mailbox (access control lists).
    Acl = 0x28,
    /// `mailbox`: annotations of mailboxes and of the server.
    Metadata = 0x29,
    /// `mailbox`: the search index, which can always be made again.
    Search = 0x2a,
    /// `store`: where a body lies and how often it is referred to.
    Body = 0x30,
    /// `queue`: what is left to do with an accepted letter.
    Route = 0x40,
    /// `flow`: the delivery log, by time.
    DeliveryLog = 0x41,
    /// `flow`: the delivery log, by address.
    DeliveryLogByAddress = 0x42,
    /// `admin`: who did what.
    Audit = 0x50,
}

impl Keyspace {
    /// All of them, ascending; `store check` walks this list.
    pub const ALL: [Self; 29] = [
        Self::Counter,
        Self::Tenant,
        Self::Domain,
        Self::School,
        Self::SchoolCode,
        Self::Class,
        Self::Account,
        Self::Address,
        Self::Login,
        Self::Member,
        Self::Tombstone,
        Self::Policy,
        Self::Function,
        Self::Mailbox,
        Self::MailboxState,
        Self::Message,
        Self::Flags,
        Self::Change,
        Self::Usage,
        Self::Folders,
        Self::Intent,
        Self::Acl,
        Self::Metadata,
        Self::Search,
        Self::Body,
        Self::Route,
        Self::DeliveryLog,
        Self::DeliveryLogByAddress,
        Self::Audit,
    ];

    /// The keyspace of a key's first byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|space| *space as u8 == byte)
    }
}

/// A whole key, as bytes in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    /// Begins a key; fields follow with the `with_…` methods.
    pub fn new(space: Keyspace, tenant: TenantId) -> Self {
        let mut bytes = Vec::with_capacity(40);
        bytes.push(space as u8);
        bytes.extend_from_slice(&tenant.get().to_be_bytes());
        Self(bytes)
    }
    /// A key as an engine read it.
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// Adds four octets, big-endian.
    #[must_use]
    pub fn with_u32(mut self, field: u32) -> Self {
        self.0.extend_from_slice(&field.to_be_bytes());
        self
    }
    /// Adds eight octets, big-endian.
    #[must_use]
    pub fn with_u64(mut self, field: u64) -> Self {
        self.0.extend_from_slice(&field.to_be_bytes());
        self
    }
    /// Adds octets as they are: a name at the end of a key, or a hash.
    #[must_use]
    pub fn with_bytes(mut self, field: &[u8]) -> Self {
        self.0.extend_from_slice(field);
        self
    }
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// The keyspace; `None` if the first byte is none.
    pub fn space(&self) -> Option<Keyspace> {
        self.0.first().and_then(|byte| Keyspace::from_byte(*byte))
    }
    /// The tenant; `None` if the key is too short.
    pub fn tenant(&self) -> Option<TenantId> {
        Some(TenantId::new(u32::from_be_bytes(self.0.get(1..5)?.try_into().ok()?)))
    }
    /// What follows keyspace and tenant.
    pub fn fields(&self) -> Fields<'_> {
        Fields(self.0.get(5..).unwrap_or_default())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads the fields of a key from left to right.
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next four octets.
    pub fn u32(&mut self) -> Option<u32> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*field))
    }
    /// The next eight octets.
    pub fn u64(&mut self) -> Option<u64> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*field))
    }
    /// All that is left.
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }
    /// `Some(value)` only if nothing is left: for the end of a parse.
    pub fn end<T>(self, value: T) -> Option<T> {
        self.0.is_empty().then_some(value)
    }
}

/// Keys from `low` (inclusive) to `high` (exclusive).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key.
    pub low: Vec<u8>,
    /// The first key beyond; `None` is the end of all keys.
    pub high: Option<Vec<u8>>,
}

impl KeyRange {
    /// All keys that begin with `prefix`.
    pub fn prefix(prefix: &Key) -> Self {
        Self { low: prefix.0.clone(), high: after_prefix(&prefix.0) }
    }
    /// The same range without what comes up to and with `key`: the next page of a scan.
    #[must_use]
    pub fn after(mut self, key: &Key) -> Self {
        self.low = key.0.clone();
        self.low.push(0);
        self
    }
    /// From `low` on, with the same end.
    #[must_use]
    pub fn from(mut self, low: &Key) -> Self {
        self.low.clone_from(&low.0);
        self
    }
}

/// The smallest key greater than every key with this prefix.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut high = prefix[..=last].to_vec();
    high[last] += 1;
    Some(high)
}

/// A key as its owner sees it, with the type of its value.
pub trait TypedKey: Sized {
    /// What stands there.
    type Value: Record;
    /// Where it stands.
    const SPACE: Keyspace;
    /// As bytes.
    fn to_key(&self) -> Key;
    /// Back from bytes; `None` if they are no such key.
    fn from_key(key: &Key) -> Option<Self>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_keyspaces_is_complete_and_ascending() {
        assert!(Keyspace::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((0..=255u8).filter_map(Keyspace::from_byte).count(), Keyspace::ALL.len());
    }

    #[test]
    fn a_prefix_ends_before_the_next() {
        let prefix = Key::new(Keyspace::Message, TenantId::new(u32::MAX));
        let range = KeyRange::prefix(&prefix);
        assert!(prefix.clone().with_u64(u64::MAX).0 < range.high.clone().unwrap());
        assert!(Key::new(Keyspace::Flags, TenantId::new(0)).0 >= range.high.unwrap());
        assert_eq!(after_prefix(&[0xff, 0xff]), None);
    }

    #[test]
    fn fields_read_back() {
        let key = Key::new(Keyspace::Message, TenantId::new(7)).with_u64(1).with_u32(2).with_bytes(b"x");
        assert_eq!((key.space(), key.tenant()), (Some(Keyspace::Message), Some(TenantId::new(7))));
        let mut fields = key.fields();
        assert_eq!((fields.u64(), fields.u32()), (Some(1), Some(2)));
        assert_eq!(fields.rest(), b"x");
    }
}

//! The rows that engines write themselves: messages, flags, mailbox counters, changes, usage, bodies.
//!
//! A message is two rows. What never changes stands under `Message` (body, ENVELOPE); what a client asks for all
//! messages at once and what changes stands under `Flags`, small enough to scan a large mailbox quickly and to rewrite
//! at every STORE.

use bytes::Bytes;
use model::{
    AccountId, FlagSet, Keyword, MailboxId, MailboxRef, ModSeq, QueueId, TenantId, Uid, UidSet, UidValidity,
    UnixMillis, Zone,
};
use serde::{Deserialize, Serialize};

use crate::key::Fields;
use crate::{BodyId, Key, Keyspace, Record, RecordError, TypedKey, decode_versioned, encode_versioned};

const VERSION: u8 = 1;
/// Rows of a message that say more than those of version 1: the zone of INTERNALDATE and, for the entry, the lineage. A row
/// that has nothing more to say is still written as version 1, so that a row reads and writes back octet for octet.
const WITH_ZONE: u8 = 2;

fn mailbox_key(space: Keyspace, mailbox: MailboxRef) -> Key {
    Key::new(space, mailbox.tenant).with_u64(mailbox.account.get()).with_u64(mailbox.mailbox.get())
}

fn mailbox_of(tenant: TenantId, fields: &mut Fields<'_>) -> Option<MailboxRef> {
    Some(MailboxRef {
        tenant,
        account: AccountId::new(fields.u64()?),
        mailbox: MailboxId::new(fields.u64()?),
    })
}

macro_rules! mailbox_row_key {
    ($(#[$meta:meta])* $name:ident, $space:ident, $value:ty, $field:ident: $field_type:ty,
     $write:expr, $read:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// The mailbox.
            pub mailbox: MailboxRef,
            /// The place in it.
            pub $field: $field_type,
        }

        impl $name {
            /// What all keys of one mailbox begin with.
            pub fn prefix(mailbox: MailboxRef) -> Key {
                mailbox_key(Keyspace::$space, mailbox)
            }
        }

        impl TypedKey for $name {
            type Value = $value;
            const SPACE: Keyspace = Keyspace::$space;
            fn to_key(&self) -> Key {
                $write(Self::prefix(self.mailbox), self.$field)
            }
            fn from_key(key: &Key) -> Option<Self> {
                let mut fields = key.fields();
                let mailbox = mailbox_of(key.tenant()?, &mut fields)?;
                let $field = $read(&mut fields)?;
                fields.end(Self { mailbox, $field })
            }
        }
    };
}

mailbox_row_key! {
    /// `Message | tenant | account | mailbox | uid`: a scan comes in UID order.
    MessageKey, Message, MessageEntry, uid: Uid,
    |key: Key, uid: Uid| key.with_u32(uid.get()), |fields: &mut Fields<'_>| Uid::new(fields.u32()?)
}
mailbox_row_key! {
    /// `Flags | tenant | account | mailbox | uid`.
    FlagsKey, Flags, MessageFlags, uid: Uid,
    |key: Key, uid: Uid| key.with_u32(uid.get()), |fields: &mut Fields<'_>| Uid::new(fields.u32()?)
}
mailbox_row_key! {
    /// `Change | tenant | account | mailbox | modseq`: what changed then.
    ChangeKey, Change, Change, mod_seq: ModSeq,
    |key: Key, at: ModSeq| key.with_u64(at.0), |fields: &mut Fields<'_>| Some(ModSeq(fields.u64()?))
}

/// `MailboxState | tenant | account | mailbox`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MailboxStateKey(pub MailboxRef);

impl TypedKey for MailboxStateKey {
    type Value = MailboxState;
    const SPACE: Keyspace = Keyspace::MailboxState;
    fn to_key(&self) -> Key {
        mailbox_key(Self::SPACE, self.0)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let mailbox = mailbox_of(key.tenant()?, &mut fields)?;
        fields.end(Self(mailbox))
    }
}

/// `Usage | tenant | account`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsageKey {
    /// The municipality.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
}

impl TypedKey for UsageKey {
    type Value = Usage;
    const SPACE: Keyspace = Keyspace::Usage;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(self.account.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let account = AccountId::new(fields.u64()?);
        fields.end(Self { tenant, account })
    }
}

/// `Body | tenant | hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BodyKey {
    /// The municipality; each keeps its own copy.
    pub tenant: TenantId,
    /// The body.
    pub body: BodyId,
}

impl TypedKey for BodyKey {
    type Value = BodyEntry;
    const SPACE: Keyspace = Keyspace::Body;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_bytes(&self.body.0)
    }
    fn from_key(key: &Key) -> Option<Self> {
        Some(Self { tenant: key.tenant()?, body: BodyId(key.fields().rest().try_into().ok()?) })
    }
}

/// `Counter | tenant | name`: a plain number, changed by [`crate::Op::Add`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CounterKey {
    /// The municipality.
    pub tenant: TenantId,
    /// What is counted.
    pub name: String,
}

impl TypedKey for CounterKey {
    type Value = i64;
    const SPACE: Keyspace = Keyspace::Counter;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_bytes(self.name.as_bytes())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let name = String::from_utf8(key.fields().rest().to_vec()).ok()?;
        Some(Self { tenant: key.tenant()?, name })
    }
}

impl Record for i64 {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(VERSION, bytes)
    }
}

/// Reads fixed fields of a row written by hand.
struct Row<'a>(&'a [u8]);

impl<'a> Row<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, RecordError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok(Self(rest)),
            Some((&found, _)) => Err(RecordError::Version { found, known: VERSION }),
            None => Err(RecordError::Damaged("empty")),
        }
    }
    /// The same for rows that may be of version [`WITH_ZONE`]; says whether it is.
    fn open_zoned(bytes: &'a [u8]) -> Result<(Self, bool), RecordError> {
        match bytes.split_first() {
            Some((&VERSION, rest)) => Ok((Self(rest), false)),
            Some((&WITH_ZONE, rest)) => Ok((Self(rest), true)),
            Some((&found, _)) => Err(RecordError::Version { found, known: WITH_ZONE }),
            None => Err(RecordError::Damaged("empty")),
        }
    }
    fn zone(&mut self) -> Result<Zone, RecordError> {
        Ok(Zone::minutes_east(self.array().map(i16::from_le_bytes)?))
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(RecordError::Damaged("too short"))?;
        self.0 = rest;
        Ok(*field)
    }
    fn bytes(&mut self, len: usize) -> Result<&'a [u8], RecordError> {
        let (field, rest) = self.0.split_at_checked(len).ok_or(RecordError::Damaged("too short"))?;
        self.0 = rest;
        Ok(field)
    }
    fn u8(&mut self) -> Result<u8, RecordError> {
        Ok(self.array::<1>()?[0])
    }
    fn u32(&mut self) -> Result<u32, RecordError> {
        self.array().map(u32::from_le_bytes)
    }
    fn u64(&mut self) -> Result<u64, RecordError> {
        self.array().map(u64::from_le_bytes)
    }
    fn end(self) -> Result<(), RecordError> {
        if self.0.is_empty() { Ok(()) } else { Err(RecordError::Damaged("longer than its fields")) }
    }
}

/// Counters of one mailbox. Only an engine changes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailboxState {
    /// Fixed at creation.
    pub uid_validity: UidValidity,
    /// What the next message gets. A mailbox that has used up 2^32 - 1 UIDs takes no more.
    pub uid_next: Uid,
    /// That of the newest change.
    pub highest_mod_seq: ModSeq,
    /// Messages.
    pub exists: u32,
    /// Messages without `\Seen`.
    pub unseen: u32,
    /// Messages with `\Deleted`.
    pub deleted: u32,
    /// Octets of all messages.
    pub bytes: u64,
}

impl MailboxState {
    /// A new, empty mailbox.
    pub const fn new(uid_validity: UidValidity) -> Self {
        Self {
            uid_validity,
            uid_next: Uid::MIN,
            highest_mod_seq: ModSeq(1),
            exists: 0,
            unseen: 0,
            deleted: 0,
            bytes: 0,
        }
    }
}

impl Record for MailboxState {
    fn encode(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(37);
        row.push(VERSION);
        row.extend_from_slice(&self.uid_validity.get().to_le_bytes());
        row.extend_from_slice(&self.uid_next.get().to_le_bytes());
        row.extend_from_slice(&self.highest_mod_seq.0.to_le_bytes());
        for count in [self.exists, self.unseen, self.deleted] {
            row.extend_from_slice(&count.to_le_bytes());
        }
        row.extend_from_slice(&self.bytes.to_le_bytes());
        row
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut row = Row::open(bytes)?;
        let state = Self {
            uid_validity: UidValidity::new(row.u32()?).ok_or(RecordError::Damaged("UIDVALIDITY zero"))?,
            uid_next: Uid::new(row.u32()?).ok_or(RecordError::Damaged("UIDNEXT zero"))?,
            highest_mod_seq: ModSeq(row.u64()?),
            exists: row.u32()?,
            unseen: row.u32()?,
            deleted: row.u32()?,
            bytes: row.u64()?,
        };
        row.end()?;
        Ok(state)
    }
}

/// What never changes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEntry {
    /// Its content.
    pub body: BodyId,
    /// Octets as a client sees it (RFC822.SIZE).
    pub size: u64,
    /// INTERNALDATE.
    pub internal_date: UnixMillis,
    /// Its zone.
    pub zone: Zone,
    /// When it came into this mailbox (RFC 8514).
    pub saved: UnixMillis,
    /// The letter that brought it, for the delivery log; zero when a client put it there.
    pub queue_id: QueueId,
    /// The ENVELOPE in the form in which it is sent, or empty when it is over [`MessageEntry::ENVELOPE_OCTETS_MAX`].
    pub envelope: Bytes,
    /// What it says of its place in a conversation, in the words of `message::Lineage`; empty if that is not known.
    pub lineage: Bytes,
}

impl MessageEntry {
    /// A longer ENVELOPE stands only with the body.
    pub const ENVELOPE_OCTETS_MAX: usize = 1024;
    /// A longer lineage is left out.
    pub const LINEAGE_OCTETS_MAX: usize = 255;
}

impl Record for MessageEntry {
    fn encode(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(68 + self.lineage.len() + self.envelope.len());
        let plain = self.zone == Zone::UTC && self.lineage.is_empty();
        row.push(if plain { VERSION } else { WITH_ZONE });
        row.extend_from_slice(&self.body.0);
        for field in [self.size, self.internal_date.0, self.saved.0, self.queue_id.get()] {
            row.extend_from_slice(&field.to_le_bytes());
        }
        if !plain {
            row.extend_from_slice(&self.zone.minutes().to_le_bytes());
            row.push(u8::try_from(self.lineage.len()).expect("a lineage has at most 255 octets"));
            row.extend_from_slice(&self.lineage);
        }
        row.extend_from_slice(&self.envelope);
        row
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let (mut row, with_zone) = Row::open_zoned(bytes)?;
        let mut entry = Self {
            body: BodyId(row.array()?),
            size: row.u64()?,
            internal_date: UnixMillis(row.u64()?),
            zone: Zone::UTC,
            saved: UnixMillis(row.u64()?),
            queue_id: QueueId::new(row.u64()?),
            envelope: Bytes::new(),
            lineage: Bytes::new(),
        };
        if with_zone {
            entry.zone = row.zone()?;
            let len = row.u8()?.into();
            entry.lineage = Bytes::copy_from_slice(row.bytes(len)?);
        }
        entry.envelope = Bytes::copy_from_slice(row.0);
        Ok(entry)
    }
}

/// The part of a message that changes, with what clients ask of all messages at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageFlags {
    /// That of its newest change.
    pub mod_seq: ModSeq,
    /// Copied from [`MessageEntry`].
    pub size: u64,
    /// Copied from [`MessageEntry`].
    pub internal_date: UnixMillis,
    /// Copied from [`MessageEntry`].
    pub zone: Zone,
    /// Its flags.
    pub flags: FlagSet,
}

impl Record for MessageFlags {
    fn encode(&self) -> Vec<u8> {
        let mut row = Vec::with_capacity(32);
        row.push(if self.zone == Zone::UTC { VERSION } else { WITH_ZONE });
        for field in [self.mod_seq.0, self.size, self.internal_date.0] {
            row.extend_from_slice(&field.to_le_bytes());
        }
        if self.zone != Zone::UTC {
            row.extend_from_slice(&self.zone.minutes().to_le_bytes());
        }
        row.push(self.flags.system_bits());
        for keyword in self.flags.keywords() {
            row.push(u8::try_from(keyword.as_str().len()).expect("a keyword has at most 64 octets"));
            row.extend_from_slice(keyword.as_str().as_bytes());
        }
        row
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let (mut row, with_zone) = Row::open_zoned(bytes)?;
        let (mod_seq, size, internal_date) = (ModSeq(row.u64()?), row.u64()?, UnixMillis(row.u64()?));
        let zone = if with_zone { row.zone()? } else { Zone::UTC };
        let mut flags = FlagSet::from_system_bits(row.u8()?);
        while !row.0.is_empty() {
            let len = row.u8()?.into();
            let keyword: Keyword = std::str::from_utf8(row.bytes(len)?)
                .ok()
                .and_then(|word| word.parse().ok())
                .ok_or(RecordError::Damaged("a keyword is none"))?;
            flags.insert_keyword(keyword).map_err(|_| RecordError::Damaged("too many keywords"))?;
        }
        Ok(Self { mod_seq, size, internal_date, zone, flags })
    }
}

/// What one commit changed in a mailbox; new messages are found by their UIDs and not named here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When, so that old rows can be thrown away.
    pub at: UnixMillis,
    /// Messages with other flags.
    pub flags: UidSet,
    /// Messages that are gone.
    pub expunged: UidSet,
}

impl Record for Change {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(VERSION, bytes)
    }
}

/// What an account holds; every mailbox counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Octets as clients see them, each copy counted.
    pub bytes: u64,
    /// Messages.
    pub messages: u64,
}

impl Record for Usage {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(VERSION, bytes)
    }
}

/// Where a body lies and how often messages refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyEntry {
    /// Octets of the content.
    pub size: u64,
    /// Messages and routes that refer to it.
    pub references: u64,
    /// Since when nobody does; meaningless otherwise.
    pub unreferenced_since: UnixMillis,
    /// Where the engine put it, in the engine's own words.
    pub place: Vec<u8>,
}

impl Record for BodyEntry {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(VERSION, bytes)
    }
}

#[cfg(test)]
mod tests {
    use model::SystemFlag;
    use proptest::prelude::*;

    use super::*;

    fn here() -> MailboxRef {
        MailboxRef { tenant: TenantId::new(1), account: AccountId::new(2), mailbox: MailboxId::new(3) }
    }

    #[test]
    fn keys_read_back_and_order_by_uid() {
        let key = |uid| MessageKey { mailbox: here(), uid: Uid::new(uid).unwrap() };
        assert_eq!(MessageKey::from_key(&key(256).to_key()), Some(key(256)));
        assert!(key(255).to_key() < key(256).to_key());
        assert_eq!(
            MailboxStateKey::from_key(&MailboxStateKey(here()).to_key()),
            Some(MailboxStateKey(here()))
        );
        assert_eq!(MessageKey::from_key(&MailboxStateKey(here()).to_key()), None);
    }

    #[test]
    fn a_mailbox_state_reads_back() {
        let mut state = MailboxState::new(UidValidity::MIN);
        state.exists = 5;
        state.bytes = 1 << 40;
        assert_eq!(MailboxState::decode(&state.encode()), Ok(state));
        assert!(MailboxState::decode(&state.encode()[..20]).is_err());
        assert_eq!(MailboxState::decode(&[9, 0]), Err(RecordError::Version { found: 9, known: VERSION }));
    }

    #[test]
    fn an_entry_reads_back_and_is_of_version_one_where_it_can_be() {
        let mut entry = MessageEntry {
            body: BodyId([7; 32]),
            size: 1,
            internal_date: UnixMillis(2),
            zone: Zone::UTC,
            saved: UnixMillis(3),
            queue_id: QueueId::new(4),
            envelope: Bytes::from_static(b"(NIL)"),
            lineage: Bytes::new(),
        };
        let plain = entry.encode();
        assert_eq!((plain[0], plain.len()), (VERSION, 1 + 32 + 4 * 8 + 5));
        assert_eq!(MessageEntry::decode(&plain), Ok(entry.clone()));
        entry.zone = Zone::minutes_east(-90);
        assert_eq!(MessageEntry::decode(&entry.encode()), Ok(entry.clone()));
        entry.lineage = Bytes::from(vec![9; MessageEntry::LINEAGE_OCTETS_MAX]);
        assert_eq!(MessageEntry::decode(&entry.encode()), Ok(entry.clone()));
        assert!(MessageEntry::decode(&entry.encode()[..80]).is_err());
    }

    proptest! {
        #[test]
        fn flags_read_back(mod_seq: u64, size: u64, date: u64, zone in -1439i16..1440, seen: bool, words in prop::collection::vec("[a-z$]{1,64}", 0..5)) {
            let mut flags = FlagSet::new();
            if seen { flags.set(SystemFlag::Seen) }
            for word in words { flags.insert_keyword(word.parse().unwrap()).unwrap() }
            let (internal_date, zone) = (UnixMillis(date), Zone::minutes_east(zone));
            let row = MessageFlags { mod_seq: ModSeq(mod_seq), size, internal_date, zone, flags };
            prop_assert_eq!(MessageFlags::decode(&row.encode()), Ok(row));
        }
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = (MessageFlags::decode(&bytes), MessageEntry::decode(&bytes), MailboxState::decode(&bytes));
            let _ = (Change::decode(&bytes), Usage::decode(&bytes), BodyEntry::decode(&bytes));
        }
    }
}

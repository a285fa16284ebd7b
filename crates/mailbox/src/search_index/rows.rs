//! Rows of the index, all below `Search | tenant | account | mailbox`.
//!
//! Columns and heads stand under the last thing that their row holds, so that a scan of one row from a thing on finds the
//! row that it is in.

use bytes::Bytes;
use model::{AccountId, MailboxId, MailboxRef};
use serde::{Deserialize, Serialize};
use store::{Key, Keyspace, Record, RecordError, TypedKey, decode_versioned, encode_versioned};

const VERSION: u8 = 1;
/// Room for columns or heads in one row: what a value may take, less what a row needs itself.
pub(crate) const ROW_OCTETS: usize = store::Batch::VALUE_OCTETS_MAX - 16;

const SEGMENTS: u32 = 0;
const COLUMNS: u32 = 1;
const HEADS: u32 = 2;

/// What all rows of a mailbox begin with.
pub(crate) fn mailbox_prefix(mailbox: MailboxRef) -> Key {
    Key::new(Keyspace::Search, mailbox.tenant).with_u64(mailbox.account.get()).with_u64(mailbox.mailbox.get())
}

/// `Search | mailbox | 0 | segment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentKey {
    pub(crate) mailbox: MailboxRef,
    /// Never used for another segment of the mailbox while a row of this one is left.
    pub(crate) segment: u32,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SegmentRow {
    /// Its other rows are being written or removed.
    Dead,
    /// It counts.
    Ready {
        /// Its letters, ascending.
        uids: Vec<u32>,
        /// Numbers of those that could not be read wholly: they are never ruled out.
        unsure: Vec<u16>,
    },
}

/// As it is kept: differences are small numbers.
#[derive(Serialize, Deserialize)]
struct Kept {
    ready: bool,
    steps: Vec<u32>,
    unsure: Vec<u16>,
}

impl SegmentKey {
    pub(crate) fn prefix(mailbox: MailboxRef) -> Key {
        mailbox_prefix(mailbox).with_u32(SEGMENTS)
    }
    pub(crate) fn columns(&self) -> Key {
        mailbox_prefix(self.mailbox).with_u32(COLUMNS).with_u32(self.segment)
    }
    pub(crate) fn heads(&self) -> Key {
        mailbox_prefix(self.mailbox).with_u32(HEADS).with_u32(self.segment)
    }
    /// The row that ends with this column.
    pub(crate) fn columns_to(&self, last: u16) -> Key {
        self.columns().with_u32(last.into())
    }
    /// The row that ends with this letter.
    pub(crate) fn heads_to(&self, last: u16) -> Key {
        self.heads().with_u32(last.into())
    }
}

impl TypedKey for SegmentKey {
    type Value = SegmentRow;
    const SPACE: Keyspace = Keyspace::Search;
    fn to_key(&self) -> Key {
        Self::prefix(self.mailbox).with_u32(self.segment)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let (account, mailbox) = (AccountId::new(fields.u64()?), MailboxId::new(fields.u64()?));
        let (kind, segment) = (fields.u32()?, fields.u32()?);
        let mailbox = MailboxRef { tenant, account, mailbox };
        fields.end(Self { mailbox, segment }).filter(|_| kind == SEGMENTS)
    }
}

/// The number at the end of the key of a row of columns or heads.
pub(crate) fn last_of(key: &Key) -> Option<u16> {
    let mut fields = key.fields();
    let (_, _, _, _) = (fields.u64()?, fields.u64()?, fields.u32()?, fields.u32()?);
    let last = u16::try_from(fields.u32()?).ok()?;
    fields.end(last)
}

impl Record for SegmentRow {
    fn encode(&self) -> Vec<u8> {
        let kept = match self {
            Self::Dead => Kept { ready: false, steps: Vec::new(), unsure: Vec::new() },
            Self::Ready { uids, unsure } => {
                let mut before = 0;
                let steps = uids.iter().map(|uid| uid - std::mem::replace(&mut before, *uid)).collect();
                Kept { ready: true, steps, unsure: unsure.clone() }
            }
        };
        encode_versioned(VERSION, &kept)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let kept: Kept = decode_versioned(VERSION, bytes)?;
        if !kept.ready {
            return Ok(Self::Dead);
        }
        let mut uid = 0_u32;
        let uids = kept.steps.into_iter().map(|step| {
            uid = uid.checked_add(step).filter(|_| step > 0)?;
            Some(uid)
        });
        let uids: Vec<u32> = uids.collect::<Option<_>>().ok_or(RecordError::Damaged("UIDs out of order"))?;
        if uids.len() > super::SEGMENT_DOCS || kept.unsure.iter().any(|doc| usize::from(*doc) >= uids.len()) {
            return Err(RecordError::Damaged("more letters than a segment has"));
        }
        Ok(Self::Ready { uids, unsure: kept.unsure })
    }
}

/// Columns or heads of a segment: the first thing that the row speaks of, then octets that only their reader knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedRow {
    pub(crate) from: u16,
    pub(crate) packed: Bytes,
}

impl PackedRow {
    pub(crate) fn encode(from: u16, packed: &[u8]) -> Vec<u8> {
        let mut row = Vec::with_capacity(packed.len() + 3);
        row.push(VERSION);
        row.extend_from_slice(&from.to_le_bytes());
        row.extend_from_slice(packed);
        row
    }
    pub(crate) fn decode(value: &Bytes) -> Option<Self> {
        let fields = value.strip_prefix(&[VERSION])?;
        let (from, _) = fields.split_first_chunk()?;
        Some(Self { from: u16::from_le_bytes(*from), packed: value.slice(3..) })
    }
}

/// A number in as few octets as it needs.
pub(crate) fn put_number(mut number: u32, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes one from the front; `None` if there is none.
pub(crate) fn take_number(from: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..32).step_by(7) {
        let (octet, rest) = from.split_first()?;
        *from = rest;
        number |= u32::from(octet & 0x7f).checked_shl(shift)?;
        if octet & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

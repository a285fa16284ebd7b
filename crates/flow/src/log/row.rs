//! The rows of the delivery log.

use std::net::IpAddr;

use model::{AccountId, EmailAddress, QueueId, ReversePath, TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use store::{Key, Keyspace, Record, RecordError, TypedKey, decode_versioned, encode_versioned};

const VERSION: u8 = 1;

/// `DeliveryLog | tenant | queue id | part`: by time, since queue ids are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LogKey {
    pub(crate) tenant: TenantId,
    pub(crate) queue_id: QueueId,
    /// Letters to many have several rows; the number of a route is that of its row.
    pub(crate) part: u32,
}

impl LogKey {
    pub(crate) fn of_tenant(tenant: TenantId) -> Key {
        Key::new(Keyspace::DeliveryLog, tenant)
    }
    pub(crate) fn of_letter(tenant: TenantId, queue_id: QueueId) -> Key {
        Self::of_tenant(tenant).with_u64(queue_id.get())
    }
}

impl TypedKey for LogKey {
    type Value = LogRow;
    const SPACE: Keyspace = Keyspace::DeliveryLog;
    fn to_key(&self) -> Key {
        Self::of_letter(self.tenant, self.queue_id).with_u32(self.part)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let (queue_id, part) = (QueueId::new(fields.u64()?), fields.u32()?);
        fields.end(Self { tenant, queue_id, part })
    }
}

/// `DeliveryLogByAddress | tenant | keyed hash of the address | queue id, inverted`: the newest letter comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogIndexKey {
    pub(crate) tenant: TenantId,
    pub(crate) address: [u8; 16],
    pub(crate) queue_id: QueueId,
}

impl LogIndexKey {
    pub(crate) fn of_address(tenant: TenantId, address: [u8; 16]) -> Key {
        Key::new(Keyspace::DeliveryLogByAddress, tenant).with_bytes(&address)
    }
}

impl TypedKey for LogIndexKey {
    type Value = Indexed;
    const SPACE: Keyspace = Keyspace::DeliveryLogByAddress;
    fn to_key(&self) -> Key {
        Self::of_address(self.tenant, self.address).with_u64(!self.queue_id.get())
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (address, rest) = key.fields().rest().split_first_chunk()?;
        let queue_id = QueueId::new(!u64::from_be_bytes(rest.try_into().ok()?));
        Some(Self { tenant: key.tenant()?, address: *address, queue_id })
    }
}

/// The key says it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Indexed;

/// How a letter came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// From another server.
    Remote {
        /// Its address.
        peer: IpAddr,
        /// Under TLS.
        tls: bool,
    },
    /// From somebody who had logged in; their network address is not kept.
    Submission {
        /// Whose account.
        account: AccountId,
    },
    /// From the service itself.
    Local,
}

/// What became of one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It lies in the recipient's mailbox.
    Filed,
    /// Accepted and durable; being filed with many others.
    Waiting,
    /// Accepted, but the account was removed before it could be filed.
    Gone,
    /// An address of somebody who gets the letter under another address.
    SameAccount,
    /// Accepted for another municipality of this installation, whose log tells more.
    Elsewhere,
    /// Not taken.
    Refused {
        /// Reply code.
        code: u16,
        /// Enhanced status.
        enhanced: (u8, u16, u16),
    },
}

/// One letter, or a part of its recipients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LogRow {
    /// When it was accepted or refused.
    pub(crate) at: UnixMillis,
    pub(crate) source: Source,
    pub(crate) from: ReversePath,
    /// Octets with trace headers; zero if its content never came.
    pub(crate) size: u64,
    /// Keyed hash of Message-ID.
    pub(crate) message_id: Option<[u8; 16]>,
    pub(crate) recipients: Vec<(EmailAddress, Verdict)>,
    /// More refused or doubled addresses, not written down.
    pub(crate) unlisted: u32,
    /// When those that waited were filed.
    pub(crate) filed: Option<UnixMillis>,
}

macro_rules! record {
    ($($name:ident),+) => {
        $(impl Record for $name {
            fn encode(&self) -> Vec<u8> {
                encode_versioned(VERSION, self)
            }
            fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
                decode_versioned(VERSION, bytes)
            }
        })+
    };
}
record!(LogRow, Indexed);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_the_index_has_the_newest_first() {
        let tenant = TenantId::new(1);
        let log = LogKey { tenant, queue_id: QueueId::new(2), part: 3 };
        assert_eq!(LogKey::from_key(&log.to_key()), Some(log));
        let index = |id| LogIndexKey { tenant, address: [7; 16], queue_id: QueueId::new(id) };
        assert_eq!(LogIndexKey::from_key(&index(9).to_key()), Some(index(9)));
        assert!(index(9).to_key() < index(8).to_key());
    }

    #[test]
    fn a_row_reads_back() {
        let row = LogRow {
            at: UnixMillis(1),
            source: Source::Remote { peer: "2001:db8::1".parse().unwrap(), tls: true },
            from: ReversePath::Address("\"a b\"@granne.test".parse().unwrap()),
            size: 3,
            message_id: Some([1; 16]),
            recipients: vec![(
                "åsa@skola.test".parse().unwrap(),
                Verdict::Refused { code: 550, enhanced: (5, 1, 1) },
            )],
            unlisted: 4,
            filed: None,
        };
        assert_eq!(LogRow::decode(&row.encode()), Ok(row));
    }
}

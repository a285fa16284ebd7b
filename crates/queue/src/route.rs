//! One route: a letter and up to so many mailboxes that are still to get it.

use model::{AccountId, QueueId, TenantId, UnixMillis, Zone};
use serde::{Deserialize, Serialize};
use store::{BodyId, Key, Keyspace, Record, RecordError, TypedKey, decode_versioned, encode_versioned};

const VERSION: u8 = 2;
/// Without zone and lineage; still read.
const PLAIN: u8 = 1;

/// `Route | tenant | due | queue id | part`: a scan of a municipality comes in the order in which routes are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteKey {
    /// The municipality of its recipients.
    pub tenant: TenantId,
    /// Not before.
    pub due: UnixMillis,
    /// The letter.
    pub queue_id: QueueId,
    /// Which of the letter's routes: the number of its row in the delivery log, too.
    pub part: u32,
}

impl RouteKey {
    /// What all keys of one municipality begin with.
    pub fn prefix(tenant: TenantId) -> Key {
        Key::new(Keyspace::Route, tenant)
    }
}

impl TypedKey for RouteKey {
    type Value = Route;
    const SPACE: Keyspace = Keyspace::Route;
    fn to_key(&self) -> Key {
        Self::prefix(self.tenant).with_u64(self.due.0).with_u64(self.queue_id.get()).with_u32(self.part)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let (tenant, mut fields) = (key.tenant()?, key.fields());
        let due = UnixMillis(fields.u64()?);
        let (queue_id, part) = (QueueId::new(fields.u64()?), fields.u32()?);
        fields.end(Self { tenant, due, queue_id, part })
    }
}

/// What is to be filed, and for whom. The route holds a reference to its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The letter's content.
    pub body: BodyId,
    /// Its octets.
    pub size: u64,
    /// INTERNALDATE: when the letter was accepted.
    pub internal_date: UnixMillis,
    /// ENVELOPE as it is sent, or empty if it is too long for a message row.
    pub envelope: Vec<u8>,
    /// Who gets it, each once.
    pub recipients: Vec<AccountId>,
    /// Tries so far that ended in an error.
    pub attempts: u32,
    /// Zone of INTERNALDATE.
    pub zone: Zone,
    /// See [`store::MessageEntry::lineage`].
    pub lineage: Vec<u8>,
}

/// A route as version 1 had it.
#[derive(Serialize, Deserialize)]
struct PlainRoute {
    body: BodyId,
    size: u64,
    internal_date: UnixMillis,
    envelope: Vec<u8>,
    recipients: Vec<AccountId>,
    attempts: u32,
}

impl Route {
    /// Most recipients of one route: what one commit can file with its rows of the delivery log.
    pub const RECIPIENTS_MAX: usize = 100;
}

impl Record for Route {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.first() != Some(&PLAIN) {
            return decode_versioned(VERSION, bytes);
        }
        let PlainRoute { body, size, internal_date, envelope, recipients, attempts } =
            decode_versioned(PLAIN, bytes)?;
        let (zone, lineage) = (Zone::UTC, Vec::new());
        Ok(Self { body, size, internal_date, envelope, recipients, attempts, zone, lineage })
    }
}

#[cfg(test)]
mod tests {
    use store::{Batch, MessageEntry};

    use super::*;

    #[test]
    fn keys_read_back_and_come_by_time() {
        let key = |due, id| RouteKey {
            tenant: TenantId::new(3),
            due: UnixMillis(due),
            queue_id: QueueId::new(id),
            part: 7,
        };
        assert_eq!(RouteKey::from_key(&key(1, 2).to_key()), Some(key(1, 2)));
        assert!(key(255, 9).to_key() < key(256, 1).to_key());
    }

    #[test]
    fn the_largest_route_fits_into_a_value() {
        let route = Route {
            body: BodyId([255; 32]),
            size: u64::MAX,
            internal_date: UnixMillis(u64::MAX),
            envelope: vec![b'x'; MessageEntry::ENVELOPE_OCTETS_MAX],
            recipients: vec![AccountId::new(u64::MAX); Route::RECIPIENTS_MAX],
            attempts: u32::MAX,
            zone: Zone::minutes_east(-1439),
            lineage: vec![255; MessageEntry::LINEAGE_OCTETS_MAX],
        };
        let value = route.encode();
        assert!(value.len() <= Batch::VALUE_OCTETS_MAX, "{}", value.len());
        assert_eq!(Route::decode(&value), Ok(route));
    }

    #[test]
    fn a_route_of_the_first_version_reads() {
        let (body, internal_date, recipients) = (BodyId([7; 32]), UnixMillis(9), vec![AccountId::new(3)]);
        let envelope = b"(NIL)".to_vec();
        let plain = PlainRoute { body, size: 5, internal_date, envelope, recipients, attempts: 1 };
        let route = Route::decode(&encode_versioned(PLAIN, &plain)).unwrap();
        assert_eq!((route.body, route.size, route.attempts), (body, 5, 1));
        assert_eq!((route.zone, route.lineage.len(), route.recipients.len()), (Zone::UTC, 0, 1));
    }
}

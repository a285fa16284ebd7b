//! Who did what: one row in the same commit as the act. Ids and codes; no names, no content, no secrets.

use admin_api::AuditEntry;
use model::{TenantId, UnixMillis};
use serde::{Deserialize, Serialize};
use store::{
    Batch, Key, KeyRange, Keyspace, Record, RecordError, Store, StoreError, TypedKey, decode_versioned,
    encode_versioned,
};

use crate::actor::Actor;

/// `Audit | tenant | time, inverted | number`: a scan comes newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AuditKey {
    tenant: TenantId,
    at: UnixMillis,
    number: u64,
}

impl TypedKey for AuditKey {
    type Value = AuditRow;
    const SPACE: Keyspace = Keyspace::Audit;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.tenant).with_u64(!self.at.0).with_u64(self.number)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let mut fields = key.fields();
        let (at, number) = (UnixMillis(!fields.u64()?), fields.u64()?);
        fields.end(Self { tenant: key.tenant()?, at, number })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct AuditRow {
    actor: String,
    op: String,
    target: String,
    detail: String,
}

impl Record for AuditRow {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(1, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(1, bytes)
    }
}

/// What is written about an act.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    /// The operation, as the request names it.
    pub(crate) op: &'static str,
    /// What it was done to.
    pub(crate) target: String,
    /// More.
    pub(crate) detail: String,
}

impl Act {
    pub(crate) fn new(op: &'static str, target: impl ToString) -> Self {
        Self { op, target: target.to_string(), detail: String::new() }
    }
    pub(crate) fn with(self, detail: impl ToString) -> Self {
        Self { detail: detail.to_string(), ..self }
    }
}

/// Adds the row of an act to its batch.
pub(crate) fn record(batch: &mut Batch, tenant: TenantId, actor: &Actor, act: Act) {
    let number = getrandom::u64().expect("the operating system gives random numbers");
    let key = AuditKey { tenant, at: batch.at, number };
    let mut row =
        AuditRow { actor: actor.to_string(), op: act.op.into(), target: act.target, detail: act.detail };
    // A row has a bound.
    row.target.truncate(row.target.floor_char_boundary(1500));
    row.detail.truncate(row.detail.floor_char_boundary(1500));
    batch.require_absent(&key);
    batch.put(&key, &row);
}

/// The records of a municipality in pages, the newest first.
pub(crate) struct Rows(KeyRange);

impl Rows {
    /// Those from `from` on and before `to`.
    pub(crate) fn new(tenant: TenantId, from: Option<UnixMillis>, to: Option<UnixMillis>) -> Self {
        let all = Key::new(Keyspace::Audit, tenant);
        let mut range = KeyRange::prefix(&all);
        // Times are inverted: the later one comes first.
        if let Some(to) = to {
            range = range.from(&all.clone().with_u64(!to.0.saturating_sub(1)));
        }
        if let Some(from) = from {
            range.high = KeyRange::prefix(&all.with_u64(!from.0)).high;
        }
        Self(range)
    }

    /// The next page; empty at the end.
    pub(crate) async fn next(&mut self, store: &Store, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = store.page::<AuditKey>(&self.0, limit).await?;
        if let Some((last, _)) = rows.last() {
            self.0 = self.0.clone().after(&last.to_key());
        }
        let entry = |(key, row): (AuditKey, AuditRow)| AuditEntry {
            at: key.at,
            actor: row.actor,
            op: row.op,
            target: row.target,
            detail: row.detail,
        };
        Ok(rows.into_iter().map(entry).collect())
    }
}

//! The key under which a municipality's log hashes addresses and Message-IDs: hashes of two municipalities cannot be
//! compared, and none can be tried out without the store.

use std::collections::HashMap;

use model::{EmailAddress, TenantId, UnixMillis};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use store::{
    Batch, CommitError, Key, Keyspace, Record, RecordError, Store, StoreError, TypedKey, decode_versioned,
    encode_versioned,
};

const VERSION: u8 = 1;

/// `DeliveryLogByAddress | tenant`, shorter than every key that has an address.
struct LogSecretKey(TenantId);

impl TypedKey for LogSecretKey {
    type Value = LogSecret;
    const SPACE: Keyspace = Keyspace::DeliveryLogByAddress;
    fn to_key(&self) -> Key {
        Key::new(Self::SPACE, self.0)
    }
    fn from_key(key: &Key) -> Option<Self> {
        let tenant = key.tenant()?;
        key.fields().end(Self(tenant))
    }
}

/// One municipality's key.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LogSecret([u8; 32]);

impl Record for LogSecret {
    fn encode(&self) -> Vec<u8> {
        encode_versioned(VERSION, self)
    }
    fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        decode_versioned(VERSION, bytes)
    }
}

impl LogSecret {
    /// As it stands in the store; `None` before the first letter of the municipality.
    pub(crate) async fn load(store: &Store, tenant: TenantId) -> Result<Option<Self>, StoreError> {
        store.load(&LogSecretKey(tenant)).await
    }
    pub(crate) fn address(&self, address: &EmailAddress) -> [u8; 16] {
        self.hash(b"address ", address.folded().as_bytes())
    }
    pub(crate) fn message_id(&self, message_id: &str) -> [u8; 16] {
        self.hash(b"message-id ", message_id.as_bytes())
    }

    fn hash(&self, what: &[u8], text: &[u8]) -> [u8; 16] {
        let hash = blake3::Hasher::new_keyed(&self.0).update(what).update(text).finalize();
        let mut short = [0; 16];
        short.copy_from_slice(&hash.as_bytes()[..16]);
        short
    }
}

/// The keys of all municipalities, made when first asked for.
pub(crate) struct LogSecrets {
    store: Store,
    known: Mutex<HashMap<TenantId, LogSecret>>,
}

impl LogSecrets {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, known: Mutex::default() }
    }

    pub(crate) async fn of(&self, tenant: TenantId, now: UnixMillis) -> Result<LogSecret, CommitError> {
        if let Some(secret) = self.known.lock().get(&tenant) {
            return Ok(secret.clone());
        }
        let secret = match LogSecret::load(&self.store, tenant).await? {
            Some(secret) => secret,
            None => self.make(tenant, now).await?,
        };
        self.known.lock().insert(tenant, secret.clone());
        Ok(secret)
    }

    async fn make(&self, tenant: TenantId, now: UnixMillis) -> Result<LogSecret, CommitError> {
        let mut secret = LogSecret([0; 32]);
        let failed =
            |error: getrandom::Error| StoreError::Io { what: "random".into(), error: error.to_string() };
        getrandom::fill(&mut secret.0).map_err(failed)?;
        let mut batch = Batch::new(now);
        batch.require_absent(&LogSecretKey(tenant));
        batch.put(&LogSecretKey(tenant), &secret);
        match self.store.commit(batch).await {
            Ok(_) => Ok(secret),
            // Somebody else was first; theirs holds.
            Err(CommitError::Conflict(key)) => {
                LogSecret::load(&self.store, tenant).await?.ok_or(CommitError::Conflict(key))
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use store::MemoryEngine;

    use super::*;

    #[tokio::test]
    async fn each_municipality_has_one_key_for_ever() {
        let store = MemoryEngine::store();
        let ada = "Ada@Skola.Test".parse().unwrap();
        let hash = async |store: &Store, tenant| {
            let secrets = LogSecrets::new(store.clone());
            secrets.of(TenantId::new(tenant), UnixMillis(1)).await.unwrap().address(&ada)
        };
        assert_eq!(hash(&store, 1).await, hash(&store, 1).await);
        assert_ne!(hash(&store, 1).await, hash(&store, 2).await);
        let lower = "ada@skola.test".parse().unwrap();
        let secret = LogSecret::load(&store, TenantId::new(1)).await.unwrap().unwrap();
        assert_eq!(secret.address(&ada), secret.address(&lower));
        assert_ne!(secret.address(&ada), secret.message_id("ada@skola.test"));
    }
}

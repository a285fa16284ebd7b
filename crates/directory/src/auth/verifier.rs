//! Everything about passwords that needs no directory: cache, flights, throttle and pool.

use std::time::Duration;

use argon2::Params;
use model::{CredentialVersion, Secret, UnixMillis};
use store::Lane;

use super::cache::Cache;
use super::flight::{Flights, Verdict};
use super::pool::Pool;
use super::throttle::{Admission, Network, Throttle, Who};
use super::{AuthConfig, AuthError, secret};
use crate::{PasswordHash, random};

/// Over account, credential version and secret, under a key that this process alone knows and never writes. Two of them
/// compare in constant time.
pub(super) type Mac = blake3::Hash;

/// What a secret that was wrong before has to wait: about as long as if it were verified under load, without a verifier.
const KNOWN_WRONG_WAIT: Duration = Duration::from_secs(1);

pub(crate) struct Verifier {
    key: Secret<[u8; 32]>,
    params: Params,
    cache: Cache,
    flights: Flights,
    throttle: Throttle,
    pool: Pool,
}

impl Verifier {
    pub(crate) fn new(config: AuthConfig) -> Self {
        let params = secret::params(&config);
        Self {
            key: Secret::new(random::key()),
            cache: Cache::new(&config),
            flights: Flights::default(),
            throttle: Throttle::new(&config),
            pool: Pool::new(config.threads(), config.queue_max, &params),
            params,
        }
    }

    /// Who a name is that nobody has.
    pub(super) fn stranger(&self, name: &str) -> Who {
        let hash = blake3::keyed_hash(self.key.expose(), name.as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&hash.as_bytes()[..16]);
        Who::Stranger(short)
    }

    pub(super) fn mac(&self, who: Who, version: CredentialVersion, secret: &Secret<String>) -> Mac {
        let mut hasher = blake3::Hasher::new_keyed(self.key.expose());
        match who {
            Who::Account(tenant, account) => {
                hasher.update(b"a").update(&tenant.get().to_be_bytes()).update(&account.get().to_be_bytes())
            }
            Who::Stranger(name) => hasher.update(b"s").update(&name),
        };
        hasher.update(&version.0.to_be_bytes()).update(secret.expose().as_bytes()).finalize()
    }

    pub(super) fn remembers(&self, who: Who, mac: Mac, now: UnixMillis) -> bool {
        self.cache.holds(who, mac, now)
    }
    pub(super) fn remember(&self, who: Who, mac: Mac, now: UnixMillis) {
        self.cache.insert(who, mac, now);
    }

    /// Is it the password? Without a hash it never is, after as much work.
    pub(super) async fn verify(
        &self,
        who: Who,
        mac: Mac,
        hash: Option<PasswordHash>,
        secret: Secret<String>,
        from: Network,
        now: UnixMillis,
    ) -> Verdict {
        self.flights
            .join(mac, || {
                let (hash, secret) = (hash.clone(), secret.clone());
                async move {
                    match self.throttle.admit(who, from, mac, now) {
                        Admission::KnownWrong => {
                            tokio::time::sleep(KNOWN_WRONG_WAIT).await;
                            return Ok(false);
                        }
                        Admission::TooMany => return Err(AuthError::TooManyTries),
                        Admission::After(Duration::ZERO) => {}
                        Admission::After(wait) => tokio::time::sleep(wait).await,
                    }
                    let right = self.pool.verify(hash, secret, from).await.ok_or(AuthError::Unavailable)?;
                    if right {
                        self.throttle.succeeded(who, from);
                    } else {
                        self.throttle.failed(who, from, mac, now);
                    }
                    Ok(right)
                }
            })
            .await
    }

    pub(super) fn is_current(&self, hash: &PasswordHash) -> bool {
        secret::has_params(hash, &self.params)
    }
    pub(super) async fn hash(&self, secret: Secret<String>, lane: Lane) -> Option<PasswordHash> {
        self.pool.hash(secret, lane).await
    }
}

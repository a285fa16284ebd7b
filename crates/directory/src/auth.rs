//! Log-in: is this secret the account's password?
//!
//! An argon2 run costs 20 ms of a core and 19 MiB, so it is the last resort. In this order: a cache of what was right a
//! moment ago; one flight for equal secrets that come together; tries that were wrong before; the waits of who fails
//! often; and then the bounded pool of verifiers. Somebody who does not exist costs the same run.

mod cache;
mod config;
mod fair_queue;
mod flight;
mod pool;
mod secret;
#[cfg(test)]
mod tests;
mod throttle;
mod verifier;
mod watch;

use std::net::IpAddr;

use model::{AccountId, CredentialVersion, EmailAddress, Language, Role, Secret, TenantId, Text, UnixMillis};
use store::{Batch, Lane, StoreError};

pub use config::AuthConfig;
pub(crate) use verifier::Verifier;
pub use watch::{Ended, LoginWatch};

use crate::keys::AccountKey;
use crate::{AccountEntry, AccountState, Directory, DirectoryError, PasswordHash};
use throttle::{Network, Who};

/// Who has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The municipality.
    pub tenant: TenantId,
    /// The account.
    pub account: AccountId,
    /// What the password was verified under; a higher one ends the session, see [`LoginWatch`].
    pub version: CredentialVersion,
    /// The account's primary address.
    pub address: EmailAddress,
    /// What the person is.
    pub role: Role,
    /// First and last name.
    pub display_name: String,
    /// What the person reads.
    pub language: Language,
}

/// Nobody has logged in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthError {
    /// No such account, or not its password; nobody is told which.
    #[error("wrong user name or password")]
    Wrong,
    /// The password is right, the account is locked.
    #[error("the account is locked")]
    Locked,
    /// This account was tried too often from that network: come back later. Says nothing about the password.
    #[error("too many tries for this account from that network")]
    TooManyTries,
    /// Too many log-ins at this moment. Says nothing about the password.
    #[error("too many log-ins at this moment")]
    Unavailable,
    /// The directory cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuthError {
    /// Is it worth trying the same again later?
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::TooManyTries | Self::Unavailable | Self::Store(_))
    }
    /// For the reader.
    pub fn text(&self) -> Text {
        match self {
            Self::Wrong => Text::new("Fel användarnamn eller lösenord.", "Wrong user name or password."),
            Self::Locked => Text::new(
                "Kontot har stoppats. Kontakta skolan.",
                "The account is locked. Contact the school.",
            ),
            Self::TooManyTries => Text::new(
                "För många försök. Vänta en minut och försök igen.",
                "Too many tries. Wait a minute and try again.",
            ),
            Self::Unavailable | Self::Store(_) => Text::new(
                "Inloggningen är överbelastad just nu. Försök igen om en stund.",
                "Log-in is overloaded just now. Try again in a moment.",
            ),
        }
    }
}

/// Who somebody says to be.
struct Claim {
    who: Who,
    found: Option<(TenantId, AccountId, AccountEntry)>,
}

impl Directory {
    /// Logs in with a log-in name or a live address, in any case.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub async fn authenticate(
        &self,
        login: &str,
        secret: &Secret<String>,
        peer: IpAddr,
        now: UnixMillis,
    ) -> Result<Login, AuthError> {
        let claim = self.claim(login).await?;
        let secret = secret::prepare(secret);
        let mac = self.verifier.mac(claim.who, claim.version(), &secret);
        if let Some((tenant, account, entry)) = &claim.found
            && entry.state == AccountState::Active
            && self.verifier.remembers(claim.who, mac, now)
        {
            return Ok(login_of(*tenant, *account, entry));
        }
        let password = claim.password();
        if !self.verifier.verify(claim.who, mac, password, secret.clone(), Network::of(peer), now).await? {
            return Err(AuthError::Wrong);
        }
        let Some((tenant, account, before)) = claim.found else { return Err(AuthError::Wrong) };
        // The run took a while: what was verified must still be what counts.
        let entry = self.account(tenant, account).await?.ok_or(AuthError::Wrong)?;
        if entry.version != before.version
            || matches!(entry.state, AccountState::Removed | AccountState::Function)
        {
            return Err(AuthError::Wrong);
        }
        if entry.state == AccountState::Locked {
            return Err(AuthError::Locked);
        }
        self.verifier.remember(claim.who, mac, now);
        self.renew_hash(tenant, account, entry.clone(), secret, now);
        Ok(login_of(tenant, account, &entry))
    }

    async fn claim(&self, login: &str) -> Result<Claim, StoreError> {
        const OCTETS_MAX: usize = 320;
        let name = login.trim();
        let unknown =
            |verifier: &Verifier| Claim { who: verifier.stranger(&name.to_lowercase()), found: None };
        if name.is_empty() || name.len() > OCTETS_MAX {
            return Ok(Claim { who: self.verifier.stranger(""), found: None });
        }
        let id = match name.parse::<EmailAddress>() {
            Ok(address) => self.by_address(&address).await?,
            Err(_) => self.by_login(name).await?,
        };
        let Some((tenant, account)) = id else { return Ok(unknown(&self.verifier)) };
        match self.account(tenant, account).await? {
            Some(entry) if matches!(entry.state, AccountState::Active | AccountState::Locked) => {
                Ok(Claim { who: Who::Account(tenant, account), found: Some((tenant, account, entry)) })
            }
            _ => Ok(unknown(&self.verifier)),
        }
    }

    async fn by_address(&self, address: &EmailAddress) -> Result<Option<(TenantId, AccountId)>, StoreError> {
        let Some(tenant) = self.tenant_of(address.domain()).await? else { return Ok(None) };
        let holder = self.holder(tenant, address).await?;
        Ok(holder.filter(|(_, kind)| kind.is_live()).map(|(account, _)| (tenant, account)))
    }

    /// When the parameters have changed, the password is hashed anew while it is at hand. Nobody waits for it, and if
    /// the account changes meanwhile, the next log-in does it.
    fn renew_hash(
        &self,
        tenant: TenantId,
        account: AccountId,
        old: AccountEntry,
        secret: Secret<String>,
        now: UnixMillis,
    ) {
        if old.password.as_ref().is_none_or(|hash| self.verifier.is_current(hash)) {
            return;
        }
        let directory = self.clone();
        tokio::spawn(async move {
            let Some(hash) = directory.verifier.hash(secret, Lane::Bulk).await else { return };
            let key = AccountKey { tenant, account };
            let mut batch = Batch { lane: Lane::Bulk, ..Batch::new(now) };
            batch.require_is(&key, &old);
            batch.put(&key, &AccountEntry { password: Some(hash), ..old });
            if let Err(error) = directory.store.commit(batch).await {
                tracing::debug!(%tenant, %account, %error, "password hash not renewed");
            }
        });
    }

    /// A password as it is kept, after the rules for new ones: 8 to 1,024 octets, no control characters. As RFC 8265
    /// §4.2 asks, other spaces become plain ones and the text is composed (NFC), so that å typed as two characters is å.
    ///
    /// # Errors
    /// What is wrong with it, or [`DirectoryError::Busy`].
    pub async fn hash_password(
        &self,
        password: &Secret<String>,
        lane: Lane,
    ) -> Result<PasswordHash, DirectoryError> {
        let secret = secret::check_new(password)?;
        self.verifier.hash(secret, lane).await.ok_or(DirectoryError::Busy)
    }

    /// Ends when the log-in no longer counts.
    pub fn watch_login(&self, login: &Login) -> LoginWatch {
        LoginWatch::new(self.store.clone(), login)
    }

    /// May this person send with this address as author? Only from addresses that are live.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn may_send_as(&self, login: &Login, address: &EmailAddress) -> Result<bool, StoreError> {
        if self.tenant_of(address.domain()).await? != Some(login.tenant) {
            return Ok(false);
        }
        let entry = self.account(login.tenant, login.account).await?;
        Ok(entry.is_some_and(|entry| entry.state == AccountState::Active && entry.owns_live(address)))
    }
}

impl Claim {
    fn version(&self) -> CredentialVersion {
        self.found.as_ref().map_or_else(CredentialVersion::default, |(_, _, entry)| entry.version)
    }
    fn password(&self) -> Option<PasswordHash> {
        self.found.as_ref().and_then(|(_, _, entry)| entry.password.clone())
    }
}

fn login_of(tenant: TenantId, account: AccountId, entry: &AccountEntry) -> Login {
    Login {
        tenant,
        account,
        version: entry.version,
        address: entry.address.clone(),
        role: entry.role,
        display_name: entry.display_name(),
        language: entry.language,
    }
}

//! Where every letter comes in.

use std::path::PathBuf;
use std::sync::Arc;

use directory::Directory;
use mailbox::Letters;
use model::{Domain, EmailAddress, LocalZone, ReversePath, UnixMillis};
use store::Store;
use tokio::sync::mpsc;

use crate::log::{LogKeeper, LogSecrets, RefusedLetter, channel};
use crate::queue_id::QueueIds;
use crate::sender::{self, Sender};
use crate::{Limits, Origin, Refusal, Transaction};

/// What intake stands on.
pub struct IntakeConfig {
    /// Where letters are kept.
    pub store: Store,
    /// Who is who.
    pub directory: Directory,
    /// Takes letters apart, under the memory budget of the whole process.
    pub letters: Letters,
    /// Our name in Received lines.
    pub hostname: Domain,
    /// Zone of the dates that we write, and of INTERNALDATE.
    pub zone: LocalZone,
    /// Where large letters grow; it exists and is on the same machine.
    pub spool_folder: PathBuf,
    /// The bounds.
    pub limits: Limits,
}

/// Where every letter comes in. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    pub(crate) road: Arc<Road>,
}

/// What all letters share.
pub(crate) struct Road {
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    pub(crate) letters: Letters,
    pub(crate) hostname: Domain,
    pub(crate) zone: LocalZone,
    pub(crate) spool_folder: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) secrets: Arc<LogSecrets>,
    pub(crate) ids: QueueIds,
    pub(crate) refused: mpsc::Sender<RefusedLetter>,
}

/// What MAIL said besides its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailParams {
    /// `SIZE=` (RFC 1870).
    pub size: Option<u64>,
    /// `SMTPUTF8` (RFC 6531).
    pub smtputf8: bool,
}

impl Intake {
    /// The road, and the keeper of its log: run it beside.
    pub fn new(config: IntakeConfig) -> (Self, LogKeeper) {
        let limits = config.limits.bounded();
        let secrets = Arc::new(LogSecrets::new(config.store.clone()));
        let (refused, waiting) = channel();
        let keeper = LogKeeper {
            store: config.store.clone(),
            secrets: secrets.clone(),
            limits: limits.log.clone(),
            refused: waiting,
        };
        let road = Road {
            store: config.store,
            directory: config.directory,
            letters: config.letters,
            hostname: config.hostname,
            zone: config.zone,
            spool_folder: config.spool_folder,
            limits,
            secrets,
            ids: QueueIds::default(),
            refused,
        };
        (Self { road: Arc::new(road) }, keeper)
    }

    /// The bounds in force.
    pub fn limits(&self) -> &Limits {
        &self.road.limits
    }

    /// Whom `RCPT TO:<postmaster>` without a domain means (RFC 5321 §4.5.1): the first municipality's.
    ///
    /// # Errors
    /// 451 4.3.0 if the directory cannot be read, 450 4.2.1 as long as there is no municipality.
    pub async fn postmaster(&self) -> Result<EmailAddress, Refusal> {
        let tenants = self.road.directory.tenants().await.map_err(|error| Refusal::of_store(&error))?;
        let domain = tenants.into_iter().next().map(|(_, tenant)| tenant.domain);
        let address =
            |domain| EmailAddress::new("postmaster".parse().expect("an atom is a local part"), domain);
        match domain {
            Some(domain) => Ok(address(domain)),
            None => Err(Refusal::nobody_yet(&address(self.road.hostname.clone()))),
        }
    }

    /// MAIL: a letter begins.
    ///
    /// # Errors
    /// 452 4.3.1 without room on the disk, 451 4.3.0 while the store takes nothing, 552 5.3.4 if it is announced too
    /// large, 550 5.7.1 if the sender may not use the address, with a log-in or without.
    pub async fn mail(
        &self,
        origin: Origin,
        from: ReversePath,
        params: MailParams,
        now: UnixMillis,
    ) -> Result<Transaction, Refusal> {
        if let Some(refusal) = Refusal::of_health(&self.road.store.health()) {
            return Err(refusal);
        }
        let (account, limits) = match &origin {
            Origin::Remote(_) => {
                if let (true, ReversePath::Address(from)) = (self.road.limits.refuse_own_senders, &from) {
                    sender::stranger(&self.road.directory, std::slice::from_ref(from)).await?;
                }
                (None, self.road.limits.remote)
            }
            Origin::Local => (None, self.road.limits.staff),
            Origin::Submission { login, .. } => {
                let account = sender::account(&self.road.directory, login).await?;
                let Road { store, directory, .. } = &*self.road;
                Sender { store, directory, login, account: &account }.return_path(&from).await?;
                let limits = self.road.limits.of_role(account.role);
                (Some(account), limits)
            }
        };
        if params.size.is_some_and(|size| size > limits.message_bytes_max) {
            return Err(Refusal::too_large(limits.message_bytes_max));
        }
        Ok(Transaction::new(self.road.clone(), origin, account, from, params, limits, now))
    }
}

//! One request after the other: whose municipality, who acts, what is done.

use std::sync::Arc;

use admin_api::{Answer, Call, Reply, Request};
use directory::{Directory, NameTable, NewTenant};
use mailbox::Mailboxes;
use model::{Domain, Language, TenantId, UnixMillis};
use store::Batch;

use crate::actor::{Actor, Caller};
use crate::acts::Acts;
use crate::audit::{Act, record};
use crate::rights::{Operation, Target};
use crate::{AdminError, Lines, Operations};

/// A conflict is planned again so often.
const TRIES: usize = 8;

/// The administration. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    pub(crate) directory: Directory,
    pub(crate) mailboxes: Mailboxes,
    pub(crate) operations: Arc<dyn Operations>,
    pub(crate) import_limits: Arc<roster::Limits>,
}

/// A municipality to be made.
#[derive(Clone, Debug)]
pub struct NewMunicipality {
    /// Its name.
    pub name: String,
    /// Where its addresses are made.
    pub domain: Domain,
    /// What its people read.
    pub language: Language,
}

impl Admin {
    /// Over the directory and the mailboxes of one store.
    pub fn new(
        directory: Directory,
        mailboxes: Mailboxes,
        operations: Arc<dyn Operations>,
        import_limits: roster::Limits,
    ) -> Self {
        Self { directory, mailboxes, operations, import_limits: Arc::new(import_limits) }
    }

    /// Answers one line from the socket. All lines of the answer go to `lines`, the last one too.
    pub async fn answer_line(&self, caller: Caller, line: &[u8], lines: Lines, now: UnixMillis) {
        match serde_json::from_slice::<Call>(line) {
            Ok(call) => self.answer(caller, call, lines, now).await,
            Err(error) => {
                // Where it goes wrong, not what stands there: it may be a password.
                let (line, column) = (error.line(), error.column());
                let sv = format!("Begäran går inte att läsa (rad {line}, tecken {column}).");
                let en = format!("The request does not read (line {line}, character {column}).");
                lines.last(Reply::Error(AdminError::request(sv, en).failure())).await;
            }
        }
    }

    /// Answers one request. All lines of the answer go to `lines`, the last one too.
    pub async fn answer(&self, caller: Caller, call: Call, lines: Lines, now: UnixMillis) {
        let reply = match self.perform(caller, &call, &lines, now).await {
            Ok(answer) => Reply::Ok(Box::new(answer)),
            Err(error) => {
                tracing::debug!(uid = caller.uid, %error, "administrative request");
                Reply::Error(error.failure())
            }
        };
        lines.last(reply).await;
    }

    async fn perform(
        &self,
        caller: Caller,
        call: &Call,
        lines: &Lines,
        now: UnixMillis,
    ) -> Result<Answer, AdminError> {
        for _ in 1..TRIES {
            match self.perform_once(caller, call, lines, now).await {
                // Each act commits once, so that a conflict has done nothing.
                Err(error) if error.is_conflict() => {}
                result => return result,
            }
        }
        self.perform_once(caller, call, lines, now).await
    }

    async fn perform_once(
        &self,
        caller: Caller,
        call: &Call,
        lines: &Lines,
        now: UnixMillis,
    ) -> Result<Answer, AdminError> {
        match &call.request {
            Request::MunicipalityAdd { name, domain } if call.acting_as.is_none() => {
                let (name, domain, language) = (name.clone(), domain.clone(), call.lang);
                self.create_municipality(caller, NewMunicipality { name, domain, language }, now).await?;
                return Ok(Answer::Done);
            }
            Request::MunicipalityList if call.acting_as.is_none() => return self.municipalities().await,
            _ => {}
        }
        let tenant = self.tenant(call.municipality.as_deref()).await?;
        let actor = self.actor(caller, tenant, call.acting_as.as_deref()).await?;
        let acts = Acts { admin: self, tenant, actor: &actor, lines, now };
        let done = acts.perform(&call.request).await;
        if let Err(error) = &done
            && !error.is_conflict()
        {
            let (op, code) = (call.request.op(), error.failure().code);
            tracing::info!(%actor, op, code, "administrative act refused");
        }
        done
    }

    /// Makes a municipality with its first domain; `init` does it before anything is served.
    ///
    /// # Errors
    /// What the directory refuses; commit errors.
    pub async fn create_municipality(
        &self,
        caller: Caller,
        new: NewMunicipality,
        now: UnixMillis,
    ) -> Result<TenantId, AdminError> {
        let new =
            NewTenant { name: new.name, language: new.language, domain: new.domain, table: NameTable::Sv };
        let (tenant, batch) = self.directory.create_tenant(new.clone(), now).await?;
        let act = Act::new("municipality-add", tenant).with(&new.domain);
        self.commit(tenant, &Actor::Console(caller), act, batch).await?;
        Ok(tenant)
    }

    /// Ends removals that a crash broke off. Run it at start, after the mailboxes' own recovery. Returns how many.
    ///
    /// # Errors
    /// Reading and commit errors; safe to run again.
    pub async fn recover(&self, now: UnixMillis) -> Result<usize, AdminError> {
        let mut done = 0;
        for (tenant, _) in self.directory.tenants().await? {
            let group = directory::Group::Removed;
            loop {
                let page = self.directory.accounts_of(tenant, group, None, 100).await?;
                if page.is_empty() {
                    break;
                }
                for (account, _) in page {
                    self.finish_removal(tenant, account, now).await?;
                    done += 1;
                }
            }
        }
        Ok(done)
    }

    pub(crate) async fn finish_removal(
        &self,
        tenant: TenantId,
        account: model::AccountId,
        now: UnixMillis,
    ) -> Result<(), AdminError> {
        self.mailboxes.finish_removal(tenant, account, now).await?;
        let batch = self.directory.forget(tenant, account, now).await?;
        self.directory.store().commit(batch).await?;
        Ok(())
    }

    async fn municipalities(&self) -> Result<Answer, AdminError> {
        let shown = |(tenant, entry): (TenantId, directory::TenantEntry)| admin_api::Municipality {
            number: tenant.get(),
            domain: entry.domain.to_unicode(),
            name: entry.name,
        };
        Ok(Answer::Municipalities(self.directory.tenants().await?.into_iter().map(shown).collect()))
    }

    /// The municipality that is meant; the only one, if none is said.
    async fn tenant(&self, word: Option<&str>) -> Result<TenantId, AdminError> {
        let tenants = self.directory.tenants().await?;
        let Some(word) = word else {
            return if let [(tenant, _)] = tenants[..] { Ok(tenant) } else { Err(AdminError::Municipality) };
        };
        if let Ok(domain) = word.parse::<Domain>()
            && let Some(tenant) = self.directory.tenant_of(&domain).await?
        {
            return Ok(tenant);
        }
        let found = tenants.iter().find(|(tenant, _)| tenant.to_string() == word);
        found.map(|(tenant, _)| *tenant).ok_or(AdminError::Municipality)
    }

    async fn actor(&self, caller: Caller, tenant: TenantId, word: Option<&str>) -> Result<Actor, AdminError> {
        let Some(word) = word else { return Ok(Actor::Console(caller)) };
        let (account, entry) = self.directory.find_account(tenant, word).await?;
        if entry.state != directory::AccountState::Active {
            return Err(AdminError::Forbidden);
        }
        Ok(Actor::Person { caller, account, entry: Box::new(entry) })
    }

    /// The act and its audit row, in one commit. What the actor's rights were read from must still be so.
    pub(crate) async fn commit(
        &self,
        tenant: TenantId,
        actor: &Actor,
        act: Act,
        mut batch: Batch,
    ) -> Result<(), AdminError> {
        record(&mut batch, tenant, actor, act);
        if let Actor::Person { account, entry, .. } = actor {
            self.directory.require_unchanged(&mut batch, tenant, *account, entry);
        }
        self.directory.store().commit(batch).await?;
        Ok(())
    }
}

/// The console's own operations.
pub(crate) fn console_only(actor: &Actor) -> Result<(), AdminError> {
    actor.may(Operation::Installation, Target::default())
}

//! Two municipalities with people, and short words for what tests do all the time.

use std::sync::Arc;
use std::time::Duration;

use directory::{AuthConfig, Directory, Draft, Login, NameTable, NewAccount, NewTenant, PersonName, Quota};
use flow::{
    Accepted, Clock, Dispatcher, Intake, IntakeConfig, Limits, LogEntry, LogKeeper, MailParams, Origin, Peer,
    Query, Refusal, Verdict, trace,
};
use mailbox::{Letters, inbox, provision};
use model::{
    AccountId, EmailAddress, FlagSet, Language, MailboxRef, ReversePath, Role, SchoolId, TenantId, UnixMillis,
};
use store::{Batch, FlagsKey, MessageEntry, MessageKey, Op, Store};

use crate::engine::Moody;

/// 2026-11-23.
pub(crate) const NOW: UnixMillis = UnixMillis(1_795_392_000_000);

/// A letter from outside.
pub(crate) const LETTER: &str = "From: <far@granne.test>\r\nTo: <asa.oqvist@skola.test>\r\nMessage-ID: <1@granne.test>\r\nSubject: Hej\r\n\r\nHej!\r\n";

pub(crate) struct School {
    pub(crate) engine: Moody,
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    pub(crate) intake: Intake,
    pub(crate) limits: Limits,
    pub(crate) keeper: Option<LogKeeper>,
    /// `skola.test`
    pub(crate) here: TenantId,
    /// `other.test`
    pub(crate) other: TenantId,
    pub(crate) school: SchoolId,
}

impl School {
    pub(crate) async fn open() -> Self {
        Self::with(Limits::default()).await
    }
    pub(crate) async fn with(limits: Limits) -> Self {
        let engine = Moody::new();
        let store = engine.store();
        let auth =
            AuthConfig { argon2_memory_kib: 8, argon2_passes: 1, verifiers: 1, ..AuthConfig::default() };
        let directory = Directory::new(store.clone(), auth);
        let here = tenant(&directory, "Granköpings kommun", "skola.test").await;
        let other = tenant(&directory, "Tallköpings kommun", "other.test").await;
        let code = "99900001".parse().unwrap();
        let (school, batch) = directory.add_school(here, code, "Åsaskolan", NOW).await.unwrap();
        store.commit(batch).await.unwrap();
        let config = IntakeConfig {
            store: store.clone(),
            directory: directory.clone(),
            letters: Letters::new(store.clone(), message::Limits::default(), 1 << 20),
            hostname: "mx.skola.test".parse().unwrap(),
            zone: model::LocalZone::fixed(model::Zone::minutes_east(60)),
            spool_folder: std::env::temp_dir(),
            limits: limits.clone(),
        };
        let (intake, keeper) = Intake::new(config);
        Self { engine, store, directory, intake, limits, keeper: Some(keeper), here, other, school }
    }

    pub(crate) async fn commit(&self, batch: Batch) {
        self.store.commit(batch).await.unwrap();
    }
    pub(crate) async fn add(&self, role: Role, first: &str, last: &str) -> AccountId {
        self.add_in(self.here, Some(self.school), role, first, last).await
    }
    pub(crate) async fn add_elsewhere(&self, first: &str, last: &str) -> AccountId {
        self.add_in(self.other, None, Role::Staff, first, last).await
    }
    async fn add_in(
        &self,
        tenant: TenantId,
        school: Option<SchoolId>,
        role: Role,
        first: &str,
        last: &str,
    ) -> AccountId {
        let name = PersonName::parse(first, last).unwrap();
        let new =
            NewAccount { role, name, school, class: None, address: None, password: None, language: None };
        let mut plan = self.directory.plan_account(tenant, new, &mut Draft::default(), NOW).await.unwrap();
        plan.batch.extend(provision(tenant, plan.account, NOW));
        self.commit(plan.batch).await;
        plan.account
    }
    /// `elev0.test@skola.test` and so on; the addresses that they were given.
    pub(crate) async fn add_pupils(&self, count: usize) -> Vec<(AccountId, EmailAddress)> {
        let mut pupils = Vec::new();
        for number in 0..count {
            // Names have no digits.
            let word: String =
                format!("{number:03}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
            let account = self.add(Role::Pupil, "Elev", &format!("Prov{word}")).await;
            let entry = self.directory.account(self.here, account).await.unwrap().unwrap();
            pupils.push((account, entry.address));
        }
        pupils
    }
    pub(crate) async fn set_quota(&self, account: AccountId, octets_max: u64) {
        let quota = Quota { octets_max, messages_max: 1000 };
        self.commit(self.directory.set_quota(self.here, account, Some(quota), NOW).await.unwrap()).await;
    }
    pub(crate) async fn alias(&self, account: AccountId, address: &str) {
        let batch = self.directory.add_alias(self.here, account, &addr(address), NOW).await.unwrap();
        self.commit(batch).await;
    }
    /// The mailbox goes as if its account were being deleted.
    pub(crate) async fn drop_inbox(&self, account: AccountId) {
        let mut batch = Batch::new(NOW);
        batch.ops.push(Op::DropMailbox(inbox(self.here, account)));
        self.commit(batch).await;
    }

    pub(crate) async fn login(&self, account: AccountId) -> Origin {
        let entry = self.directory.account(self.here, account).await.unwrap().unwrap();
        let login = Login {
            tenant: self.here,
            account,
            version: entry.version,
            display_name: entry.display_name(),
            address: entry.address,
            role: entry.role,
            language: Language::Sv,
        };
        Origin::Submission { login, peer: peer() }
    }

    /// The whole dialogue; the first refused recipient ends it.
    pub(crate) async fn send(
        &self,
        origin: Origin,
        from: &str,
        to: &[&str],
        letter: &str,
    ) -> Result<Accepted, Refusal> {
        let mut transaction = self.intake.mail(origin, path(from), MailParams::default(), NOW).await?;
        for address in to {
            transaction.rcpt(addr(address)).await?;
        }
        for chunk in letter.as_bytes().chunks(7) {
            transaction.append(chunk)?;
        }
        transaction.finish(NOW).await
    }
    pub(crate) async fn receive(&self, to: &[&str]) -> Result<Accepted, Refusal> {
        self.send(remote(), "far@granne.test", to, LETTER).await
    }

    pub(crate) fn dispatcher(&self) -> Dispatcher {
        Dispatcher::new(self.store.clone(), self.directory.clone(), &self.limits)
    }
    pub(crate) fn inbox(&self, account: AccountId) -> MailboxRef {
        inbox(self.here, account)
    }
    pub(crate) async fn messages(&self, mailbox: MailboxRef) -> Vec<MessageEntry> {
        let rows = self.store.list::<MessageKey>(&MessageKey::prefix(mailbox)).await.unwrap();
        rows.into_iter().map(|(_, entry)| entry).collect()
    }
    /// The texts in an INBOX of `skola.test`.
    pub(crate) async fn read(&self, account: AccountId) -> Vec<String> {
        self.read_mailbox(self.inbox(account)).await
    }
    /// The texts in a mailbox of `skola.test`.
    pub(crate) async fn read_mailbox(&self, mailbox: MailboxRef) -> Vec<String> {
        let mut texts = Vec::new();
        for entry in self.messages(mailbox).await {
            let bytes = self.store.read_body(self.here, entry.body, 0..entry.size).await.unwrap();
            texts.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
        texts
    }
    pub(crate) async fn flags(&self, mailbox: MailboxRef) -> Vec<FlagSet> {
        let rows = self.store.list::<FlagsKey>(&FlagsKey::prefix(mailbox)).await.unwrap();
        rows.into_iter().map(|(_, row)| row.flags).collect()
    }
    pub(crate) async fn trace(&self, query: Query) -> Vec<LogEntry> {
        trace(&self.store, self.here, &query, 100).await.unwrap()
    }
    pub(crate) async fn trace_address(&self, address: &str) -> Vec<LogEntry> {
        self.trace(Query::Address(addr(address))).await
    }
    /// Waits until the log has so many letters of an address.
    pub(crate) async fn until_traced(&self, address: &str, count: usize) {
        let written = async {
            while self.trace_address(address).await.len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), written).await.unwrap();
    }
    pub(crate) async fn verdicts(&self, accepted: Accepted) -> Vec<(String, Verdict)> {
        let entries = self.trace(Query::Letter(accepted.queue_id)).await;
        let recipients = entries.into_iter().flat_map(|entry| entry.recipients);
        recipients.map(|one| (one.address.to_string(), one.verdict)).collect()
    }
}

async fn tenant(directory: &Directory, name: &str, domain: &str) -> TenantId {
    let domain = domain.parse().unwrap();
    let new = NewTenant { name: name.into(), language: Language::Sv, domain, table: NameTable::Sv };
    let (tenant, batch) = directory.create_tenant(new, NOW).await.unwrap();
    directory.store().commit(batch).await.unwrap();
    tenant
}

pub(crate) fn addr(text: &str) -> EmailAddress {
    text.parse().unwrap()
}
pub(crate) fn path(text: &str) -> ReversePath {
    if text.is_empty() { ReversePath::Null } else { ReversePath::Address(addr(text)) }
}
pub(crate) fn peer() -> Peer {
    Peer { address: "192.0.2.7".parse().unwrap(), helo: "mx.granne.test".into(), extended: true, tls: true }
}
pub(crate) fn remote() -> Origin {
    Origin::Remote(peer())
}
pub(crate) fn code(refusal: &Refusal) -> String {
    let (class, subject, detail) = refusal.enhanced;
    format!("{} {class}.{subject}.{detail}", refusal.code)
}
/// The code of what was refused.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Refusal>) -> String {
    code(&result.unwrap_err())
}
pub(crate) fn clock() -> Clock {
    Arc::new(|| NOW)
}

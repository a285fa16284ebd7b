//! A school with a function, people in several roles, and somebody in another municipality.

use directory::{Draft, NameTable, NewAccount, NewFunction, NewTenant, PersonName, Quota};
use mailbox::{Grant, Mailboxes, NewLetter, QuotaLimit, inbox, provision};
use model::{AccountId, FlagSet, Language, Role, SchoolId, Secret, TenantId, Zone};
use store::{Lane, Spool};
use tokio::net::TcpStream;

use crate::support::{Client, PASSWORD, Service, letter, now};

pub(super) struct Town {
    pub(super) service: Service,
    pub(super) office: AccountId,
}

impl Town {
    pub(super) async fn open() -> Self {
        let service = Service::start().await;
        let code = "99900001".parse().unwrap();
        let added = service.directory.add_school(service.tenant, code, "Åsaskolan", now()).await;
        let (school, batch) = added.unwrap();
        service.store.commit(batch).await.unwrap();
        let new = NewFunction {
            school,
            name: "Expeditionen".into(),
            address: "expedition@skola.test".parse().unwrap(),
            confidential: false,
            manager: None,
        };
        let mut plan = service.directory.plan_function(service.tenant, new, now()).await.unwrap();
        plan.batch.extend(provision(service.tenant, plan.account, now()));
        service.store.commit(plan.batch).await.unwrap();
        let town = Self { office: plan.account, service };
        town.add(town.service.tenant, Some(school), Role::Pupil, ("Elev", "Liten")).await;
        town.add(town.service.tenant, None, Role::Teacher, ("Cia", "Al")).await;
        let other = NewTenant {
            name: "Tallköpings kommun".into(),
            language: Language::Sv,
            domain: "other.test".parse().unwrap(),
            table: NameTable::Sv,
        };
        let (other, batch) = town.service.directory.create_tenant(other, now()).await.unwrap();
        town.service.store.commit(batch).await.unwrap();
        town.add(other, None, Role::Teacher, ("Ute", "Annan")).await;
        town
    }

    async fn add(&self, tenant: TenantId, school: Option<SchoolId>, role: Role, (first, last): (&str, &str)) {
        let directory = &self.service.directory;
        let secret = Secret::new(PASSWORD.to_owned());
        let new = NewAccount {
            role,
            name: PersonName::parse(first, last).unwrap(),
            school,
            class: None,
            address: None,
            password: Some(directory.hash_password(&secret, Lane::Interactive).await.unwrap()),
            language: None,
        };
        let mut plan = directory.plan_account(tenant, new, &mut Draft::default(), now()).await.unwrap();
        plan.batch.extend(provision(tenant, plan.account, now()));
        self.service.store.commit(plan.batch).await.unwrap();
    }

    pub(super) async fn log_in(&self, name: &str) -> Client<TcpStream> {
        let mut client = self.service.connect().await;
        client.ok(&format!("LOGIN {name}@skola.test {PASSWORD}")).await;
        client
    }

    pub(super) async fn id(&self, address: &str) -> AccountId {
        self.service.directory.find_account(self.service.tenant, address).await.unwrap().0
    }

    /// Makes somebody a member of the function; without rights, no longer.
    pub(super) async fn join_office(&self, address: &str, rights: &str) {
        let (tenant, owner) = (self.service.tenant, self.office);
        let (holder, rights) = (self.id(address).await, rights.parse().unwrap());
        let batch = Mailboxes::grant(tenant, Grant { owner, mailbox: None, holder, rights }, now());
        self.service.store.commit(batch).await.unwrap();
    }

    pub(super) async fn set_office_quota(&self, octets_max: u64) {
        let quota = Some(Quota { octets_max, messages_max: 1000 });
        let set = self.service.directory.set_quota(self.service.tenant, self.office, quota, now()).await;
        self.service.store.commit(set.unwrap()).await.unwrap();
    }

    pub(super) async fn file_in_office(&self, subject: &str) {
        let (mailboxes, tenant) = (&self.service.mailboxes, self.service.tenant);
        let spool = Spool::from_bytes(letter(subject).replace('\n', "\r\n").into_bytes());
        let letter = mailboxes.letters().prepare(tenant, spool).await.unwrap();
        let new = NewLetter { letter, flags: FlagSet::new(), internal_date: None, zone: Zone::UTC };
        mailboxes.append(inbox(tenant, self.office), vec![new], QuotaLimit::NONE, now()).await.unwrap();
    }
}

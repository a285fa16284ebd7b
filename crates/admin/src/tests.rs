//! Acts through the request types, over the engine in memory.

mod functions;
mod guards;

use std::path::Path;
use std::sync::Arc;

use admin_api::{
    Account, Answer, Call, CheckReport, ExportReport, Failure, FileBytes, FirstPassword, ImportReport,
    Password, Reply, Request,
};
use async_trait::async_trait;
use directory::{AuthConfig, Directory};
use mailbox::Mailboxes;
use model::{Language, Role, Secret, TenantId, UnixMillis};
use store::MemoryEngine;
use tokio::sync::mpsc;

use crate::{Admin, Caller, Lines, NewMunicipality, Operations};

const NOW: UnixMillis = UnixMillis(1_795_392_000_000);
const CONSOLE: Caller = Caller { uid: 1000 };

struct NoEngine;

#[async_trait]
impl Operations for NoEngine {
    fn version(&self) -> String {
        "test".into()
    }
    fn started(&self) -> UnixMillis {
        NOW
    }
    fn capabilities(&self) -> Vec<&'static str> {
        vec!["IMAP4rev1", "NOTIFY"]
    }
    async fn numbers(&self) -> Vec<(String, u64)> {
        Vec::new()
    }
    async fn check(&self, _: &Lines) -> Result<CheckReport, Failure> {
        Ok(CheckReport::default())
    }
    async fn export(&self, to: &Path, _: &Lines) -> Result<ExportReport, Failure> {
        Ok(ExportReport { path: to.display().to_string(), ..ExportReport::default() })
    }
}

struct Town {
    admin: Admin,
    tenant: TenantId,
}

impl Town {
    async fn empty() -> Self {
        let store = MemoryEngine::store();
        let cheap =
            AuthConfig { argon2_memory_kib: 8, argon2_passes: 1, verifiers: 2, ..AuthConfig::default() };
        let directory = Directory::new(store.clone(), cheap);
        let mailboxes = Mailboxes::new(store, mailbox::Limits::default(), message::Limits::default(), NOW);
        let admin = Admin::new(directory, mailboxes, Arc::new(NoEngine), roster::Limits::default());
        let new = NewMunicipality {
            name: "Granköpings kommun".into(),
            domain: "skola.test".parse().unwrap(),
            language: Language::Sv,
        };
        let tenant = admin.create_municipality(CONSOLE, new, NOW).await.unwrap();
        Self { admin, tenant }
    }
    /// With two schools.
    async fn open() -> Self {
        let town = Self::empty().await;
        for (code, name) in [("99900001", "Åsaskolan"), ("99900002", "Öskolan")] {
            let request = Request::SchoolAdd { code: code.into(), name: name.into() };
            assert_eq!(town.ask(request).await.unwrap(), Answer::Done);
        }
        town
    }
    async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        self.all_lines(Call::new(Language::Sv, request)).await.1
    }
    async fn ask_as(&self, who: &Account, request: Request) -> Result<Answer, String> {
        let call = Call { acting_as: Some(who.login.clone()), ..Call::new(Language::Sv, request) };
        self.all_lines(call).await.1.map_err(|failure| failure.code)
    }
    async fn all_lines(&self, call: Call) -> (Vec<FirstPassword>, Result<Answer, Failure>) {
        let (sender, mut lines) = mpsc::channel(16);
        let admin = self.admin.clone();
        let work = tokio::spawn(async move { admin.answer(CONSOLE, call, Lines::new(sender), NOW).await });
        let (mut created, mut last) = (Vec::new(), None);
        while let Some(line) = lines.recv().await {
            assert!(last.is_none(), "a line after the last");
            match line {
                Reply::Progress(_) => {}
                Reply::Created(more) => created.extend(more),
                Reply::Ok(answer) => last = Some(Ok(*answer)),
                Reply::Error(failure) => last = Some(Err(failure)),
            }
        }
        work.await.unwrap();
        (created, last.unwrap())
    }
    async fn add(&self, role: Role, school: Option<&str>, name: (&str, &str)) -> Account {
        match self.ask(adding(role, school, name)).await.unwrap() {
            Answer::NewAccount(new) => new.account,
            other => panic!("{other:?}"),
        }
    }
    async fn log_in(&self, login: &str, password: &str) -> bool {
        let (secret, peer) = (Secret::new(password.to_owned()), "192.0.2.1".parse().unwrap());
        self.admin.directory.authenticate(login, &secret, peer, NOW).await.is_ok()
    }
    async fn import(&self, text: &str, dry_run: bool) -> (Vec<FirstPassword>, ImportReport) {
        let file = FileBytes(text.as_bytes().to_vec());
        let call = Call::new(Language::Sv, Request::Import { file, dry_run });
        match self.all_lines(call).await {
            (created, Ok(Answer::Import(report))) => (created, report),
            other => panic!("{other:?}"),
        }
    }
    async fn audit(&self) -> Vec<admin_api::AuditEntry> {
        match self.ask(reading(1000)).await.unwrap() {
            Answer::Audit(entries) => entries,
            other => panic!("{other:?}"),
        }
    }
}

fn adding(role: Role, school: Option<&str>, (first, last): (&str, &str)) -> Request {
    Request::AccountAdd {
        school: school.map(str::to_owned),
        role,
        first: first.into(),
        last: last.into(),
        class: (role == Role::Pupil).then(|| "4B".to_owned()),
        address: None,
        password: Some(Password::new("grön måne 7".into())),
    }
}

fn reading(limit: usize) -> Request {
    Request::AuditList { limit, from: None, to: None, account: None }
}

fn account(word: &Account) -> String {
    word.address.to_string()
}

#[tokio::test]
async fn a_new_account_has_mailboxes_and_logs_in() {
    let town = Town::open().await;
    let asa = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    assert_eq!(asa.address.to_string(), "asa.oqvist@skola.test");
    assert_eq!((asa.school.as_deref(), asa.class.as_deref()), (Some("99900001"), Some("4B")));
    assert!(town.log_in(&asa.login, "grön måne 7").await);
    let id = asa.id.parse().unwrap();
    assert_eq!(town.admin.mailboxes.list(town.tenant, id).await.unwrap().len(), 6);
    let Answer::Account(shown) = town.ask(Request::AccountShow { account: asa.login }).await.unwrap() else {
        panic!()
    };
    assert_eq!(shown.used, Some(admin_api::Quota { octets: 0, messages: 0 }));
}

#[tokio::test]
async fn passwords_locks_and_removal() {
    let town = Town::open().await;
    let asa = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    let passwd = Request::AccountPasswd { account: account(&asa), password: None };
    let Answer::NewAccount(new) = town.ask(passwd).await.unwrap() else { panic!() };
    let told = new.password.unwrap();
    assert!(town.log_in(&asa.login, told.expose()).await && !town.log_in(&asa.login, "grön måne 7").await);
    town.ask(Request::AccountLock { account: account(&asa) }).await.unwrap();
    assert!(!town.log_in(&asa.login, told.expose()).await);
    town.ask(Request::AccountUnlock { account: account(&asa) }).await.unwrap();
    assert!(town.log_in(&asa.login, told.expose()).await);
    assert_eq!(town.ask(Request::AccountRemove { account: account(&asa) }).await.unwrap(), Answer::Done);
    assert!(!town.log_in(&asa.login, told.expose()).await);
    let id = asa.id.parse().unwrap();
    assert!(town.admin.directory.account(town.tenant, id).await.unwrap().is_none());
    assert_eq!(town.ask(Request::AccountShow { account: asa.id }).await.unwrap_err().code, "no-account");
    let mut again = adding(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist"));
    if let Request::AccountAdd { address, .. } = &mut again {
        *address = Some(asa.address);
    }
    assert_eq!(town.ask(again).await.unwrap_err().code, "address-used-before");
}

#[tokio::test]
async fn a_removal_that_a_crash_broke_off_is_finished_at_start() {
    let town = Town::open().await;
    let asa = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    let id = asa.id.parse().unwrap();
    let mut batch = town.admin.directory.remove(town.tenant, id, NOW).await.unwrap();
    batch.extend(Mailboxes::removal(town.tenant, id, NOW));
    town.admin.directory.store().commit(batch).await.unwrap();
    assert_eq!(town.admin.recover(NOW).await.unwrap(), 1);
    assert_eq!(town.admin.recover(NOW).await.unwrap(), 0);
    assert!(town.admin.directory.account(town.tenant, id).await.unwrap().is_none());
    assert!(town.admin.mailboxes.list(town.tenant, id).await.unwrap().is_empty());
}

#[tokio::test]
async fn each_act_is_written_down_without_names_and_secrets() {
    let town = Town::open().await;
    let asa = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    town.ask(Request::AccountLock { account: account(&asa) }).await.unwrap();
    let refused = town.ask(Request::AccountShow { account: "nobody@skola.test".into() }).await;
    assert_eq!(refused.unwrap_err().code, "no-account");
    let audit = town.audit().await;
    let ops: Vec<_> = audit.iter().map(|entry| entry.op.as_str()).collect();
    // The same millisecond: only the set is certain.
    for op in ["municipality-add", "school-add", "account-add", "account-lock"] {
        assert!(ops.contains(&op), "{op}");
    }
    assert_eq!(ops.len(), 5);
    assert!(audit.iter().all(|entry| entry.actor == "console:1000"));
    let all = format!("{audit:?}").to_lowercase();
    assert!(!all.contains("qvist") && !all.contains("måne") && all.contains(&asa.id));
}

#[tokio::test]
async fn a_person_acts_only_within_the_own_rights() {
    let town = Town::open().await;
    let central = town.add(Role::CentralAdmin, None, ("Cia", "Ek")).await;
    let rektor = town.add(Role::Rektor, Some("99900001"), ("Rut", "Al")).await;
    let secretary = town.add(Role::Secretary, Some("99900001"), ("Siv", "Bo")).await;
    let teacher = town.add(Role::Teacher, Some("99900001"), ("Tor", "Lo")).await;
    let here = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    let there = town.add(Role::Pupil, Some("99900002"), ("Bo", "Ek")).await;
    let passwd = |who: &Account| Request::AccountPasswd { account: account(who), password: None };
    let show = |who: &Account| Request::AccountShow { account: account(who) };
    let pupil = |school: &str| adding(Role::Pupil, Some(school), ("Ny", "Elev"));
    for (actor, request, code) in [
        (&central, passwd(&rektor), ""),
        (&central, passwd(&central), "forbidden"),
        (&central, Request::AccountRemove { account: account(&here) }, "two-persons"),
        (&central, Request::StoreCheck, "forbidden"),
        (&central, Request::StoreRebuildSearch, "forbidden"),
        (&central, Request::MunicipalityList, "forbidden"),
        (&rektor, passwd(&here), ""),
        (&rektor, passwd(&there), "forbidden"),
        (&rektor, passwd(&teacher), "forbidden"),
        (&rektor, pupil("99900001"), ""),
        (&rektor, pupil("99900002"), "forbidden"),
        (&rektor, adding(Role::Teacher, Some("99900001"), ("Ny", "Lärare")), "forbidden"),
        (&rektor, show(&there), ""),
        (&rektor, Request::SchoolAdd { code: "99900003".into(), name: "Ny".into() }, "forbidden"),
        (&secretary, show(&here), ""),
        (&secretary, show(&there), "forbidden"),
        (&secretary, Request::AccountLock { account: account(&rektor) }, "forbidden"),
        (&teacher, show(&here), "forbidden"),
        (&teacher, Request::Trace { what: account(&here), limit: 1 }, "forbidden"),
        (&teacher, Request::Trace { what: account(&teacher), limit: 1 }, ""),
        (&here, reading(1), "forbidden"),
    ] {
        let shown = format!("{} {request:?}", actor.role);
        let result = town.ask_as(actor, request).await;
        assert_eq!(result.err().unwrap_or_default(), code, "{shown}");
    }
    town.ask(Request::AccountLock { account: account(&central) }).await.unwrap();
    assert_eq!(town.ask_as(&central, show(&here)).await.unwrap_err(), "forbidden");
}

#[tokio::test]
async fn a_capability_is_denied_to_one_account() {
    let town = Town::open().await;
    let asa = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    let helpdesk = town.add(Role::CentralHelpdesk, None, ("Hans", "Ek")).await;
    let teacher = town.add(Role::Teacher, Some("99900001"), ("Tor", "Lo")).await;
    let deny =
        |word: &str| Request::AccountDenyCapability { account: account(&asa), capability: word.into() };
    assert_eq!(town.ask_as(&teacher, deny("NOTIFY")).await.unwrap_err(), "forbidden");
    for word in ["IMAP4rev1", "NOTFY", "AUTH=PLAIN"] {
        assert_eq!(town.ask(deny(word)).await.unwrap_err().code, "capability", "{word}");
    }
    let Answer::Account(shown) = town.ask_as(&helpdesk, deny("notify")).await.unwrap() else { panic!() };
    assert_eq!(shown.denied_capabilities, ["NOTIFY"]);
    let allow = Request::AccountAllowCapability { account: account(&asa), capability: "NOTIFY".into() };
    let Answer::Account(shown) = town.ask(allow).await.unwrap() else { panic!() };
    assert!(shown.denied_capabilities.is_empty());
    let audit = town.audit().await;
    assert!(audit.iter().any(|entry| entry.op == "account-deny-capability" && entry.detail == "NOTIFY"));
}

#[tokio::test]
async fn lists_are_paged_and_only_of_what_one_may_see() {
    let town = Town::open().await;
    let secretary = town.add(Role::Secretary, Some("99900001"), ("Siv", "Bo")).await;
    for number in 0..5 {
        let school = if number < 3 { "99900001" } else { "99900002" };
        town.add(Role::Pupil, Some(school), ("Åsa", &format!("Ek{}", "x".repeat(number)))).await;
    }
    let list = |after: Option<String>| Request::AccountList {
        school: None,
        class: None,
        role: Some(Role::Pupil),
        after,
        limit: 2,
    };
    let (mut after, mut seen) = (None, 0);
    loop {
        let Answer::Accounts { accounts, next } = town.ask(list(after)).await.unwrap() else { panic!() };
        seen += accounts.len();
        match next {
            Some(_) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, 5);
    let all = Request::AccountList { school: None, class: None, role: None, after: None, limit: 100 };
    let Answer::Accounts { accounts, .. } = town.ask_as(&secretary, all).await.unwrap() else { panic!() };
    assert_eq!(accounts.len(), 4);
    let class = |label: &str| Request::AccountList {
        school: Some("99900001".into()),
        class: Some(label.into()),
        role: None,
        after: None,
        limit: 100,
    };
    let Answer::Accounts { accounts, .. } = town.ask(class("4b")).await.unwrap() else { panic!() };
    assert_eq!(accounts.len(), 3);
    assert_eq!(town.ask(class("9Z")).await.unwrap_err().code, "no-class");
}

#[tokio::test]
async fn addresses_quotas_names_and_places() {
    let town = Town::open().await;
    let asa = town.add(Role::Staff, Some("99900001"), ("Åsa", "Öqvist")).await;
    let alias: model::EmailAddress = "asa@skola.test".parse().unwrap();
    let add = Request::AliasAdd { account: account(&asa), address: alias.clone() };
    let Answer::Account(shown) = town.ask(add).await.unwrap() else { panic!() };
    assert_eq!(shown.aliases.as_slice(), std::slice::from_ref(&alias));
    let remove = Request::AliasRemove { account: account(&asa), address: alias };
    let Answer::Account(shown) = town.ask(remove).await.unwrap() else { panic!() };
    assert!(shown.aliases.is_empty());
    let rename = Request::AccountRename {
        account: account(&asa),
        first: "Åsa".into(),
        last: "Lind".into(),
        address: None,
    };
    let Answer::Account(shown) = town.ask(rename).await.unwrap() else { panic!() };
    assert_eq!((shown.address.to_string().as_str(), shown.former.len()), ("asa.lind@skola.test", 1));
    let set = Request::QuotaSet { account: Some(asa.id), role: None, octets: Some(7), messages: None };
    let Answer::Quotas(lines) = town.ask(set).await.unwrap() else { panic!() };
    assert_eq!((lines[0].quota.octets, lines[0].quota.messages, lines[0].own), (7, 200_000, true));
    let set =
        Request::QuotaSet { account: None, role: Some(Role::Pupil), octets: Some(9), messages: Some(9) };
    let Answer::Quotas(lines) = town.ask(set).await.unwrap() else { panic!() };
    assert_eq!((lines.len(), lines[0].quota.octets), (1, 9));
    let class = Request::ClassAdd { school: "99900001".into(), label: "5A".into() };
    assert_eq!(town.ask(class.clone()).await.unwrap(), Answer::Done);
    assert_eq!(town.ask(class).await.unwrap_err().code, "exists");
    let Answer::Schools(schools) = town.ask(Request::SchoolList).await.unwrap() else { panic!() };
    assert_eq!(schools.iter().map(|school| school.accounts).collect::<Vec<_>>(), [1, 0]);
    let Answer::Status(status) = town.ask(Request::Status).await.unwrap() else { panic!() };
    assert_eq!((status.writable, status.accounts), (true, vec![(Role::Staff, 1)]));
}

#[tokio::test]
async fn with_two_municipalities_one_must_be_named() {
    let town = Town::open().await;
    let asa = town.add(Role::Pupil, Some("99900001"), ("Åsa", "Öqvist")).await;
    let add = Request::MunicipalityAdd { name: "Tallköping".into(), domain: "other.test".parse().unwrap() };
    town.ask(add).await.unwrap();
    let show = Request::AccountShow { account: account(&asa) };
    assert_eq!(town.ask(show.clone()).await.unwrap_err().code, "municipality");
    for (municipality, code) in
        [("skola.test", ""), ("1", ""), ("other.test", "no-account"), ("3", "municipality")]
    {
        let call = Call { municipality: Some(municipality.into()), ..Call::new(Language::En, show.clone()) };
        let code_found = town.all_lines(call).await.1.err().map(|failure| failure.code).unwrap_or_default();
        assert_eq!(code_found, code, "{municipality}");
    }
}

const FILE: &str = "Skolenhetskod;Roll;Förnamn;Efternamn;Klass
99900001;elev;Åsa;Öqvist;4B
99900001;elev;Bo;Ek;4B
99900002;lärare;Eva;Al;
";

#[tokio::test]
async fn an_import_is_planned_done_once_and_never_twice() {
    let town = Town::open().await;
    let (created, report) = town.import(FILE, true).await;
    assert_eq!((created.len(), report.created, report.dry_run), (0, 3, true));
    let pupils = "99900001;elev;Per;Ek;5A\n".to_owned();
    let many: String = (0..30).map(|n| pupils.replace("Ek", &format!("E{}k", "x".repeat(n)))).collect();
    let file = format!("{FILE}{many}");
    let (created, report) = town.import(&file, false).await;
    assert_eq!((created.len(), report.created, report.present), (33, 33, 0));
    for first in &created {
        assert!(town.log_in(&first.login, first.password.expose()).await, "{}", first.address);
    }
    let (created, report) = town.import(&file, false).await;
    assert_eq!((created.len(), report.created, report.present), (0, 0, 33));
    let asa = Request::AccountShow { account: "asa.oqvist@skola.test".into() };
    let Answer::Account(asa) = town.ask(asa).await.unwrap() else { panic!() };
    assert_eq!(town.admin.mailboxes.list(town.tenant, asa.id.parse().unwrap()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn an_import_tells_what_it_makes_and_what_it_leaves() {
    let town = Town::open().await;
    let notes = |report: ImportReport| report.notes.into_iter().map(|note| note.sv).collect::<Vec<_>>();
    let classes = "Nya klasser: 4B (skola 99900001) – stämmer det?";
    assert_eq!(notes(town.import(FILE, true).await.1), [classes]);
    assert_eq!(notes(town.import(FILE, false).await.1), [classes]);
    let moved = FILE.replace("Öqvist;4B", "Öqvist;5A");
    let told = "Rad 2: finns redan, men med annan klass (4B, filen säger 5A): inte ändrad.";
    assert_eq!(notes(town.import(&moved, true).await.1), [told]);
    assert_eq!(notes(town.import(&moved, false).await.1), [told]);
}

#[tokio::test]
async fn one_bad_row_and_nothing_is_done() {
    let town = Town::open().await;
    let (created, report) = town.import(&format!("{FILE}99900009;elev;Per;Ek;4B\n"), false).await;
    assert_eq!((created.len(), report.created, report.problems[0].row), (0, 0, 5));
    for empty in ["", "Skolenhetskod;Roll;Förnamn;Efternamn;Klass\n"] {
        assert_eq!(town.import(empty, false).await.1.problems.len(), 1, "{empty:?}");
    }
    let Answer::Accounts { accounts, .. } = town
        .ask(Request::AccountList { school: None, class: None, role: None, after: None, limit: 10 })
        .await
        .unwrap()
    else {
        panic!()
    };
    assert!(accounts.is_empty());
}

#[tokio::test]
async fn an_import_by_a_person_stays_in_the_own_school() {
    let town = Town::open().await;
    let rektor = town.add(Role::Rektor, Some("99900001"), ("Rut", "Al")).await;
    let import = |text: &str| Request::Import { file: FileBytes(text.as_bytes().to_vec()), dry_run: true };
    assert_eq!(town.ask_as(&rektor, import(FILE)).await.unwrap_err(), "forbidden");
    let own: String = FILE.lines().take(3).map(|line| format!("{line}\n")).collect();
    assert!(town.ask_as(&rektor, import(&own)).await.is_ok());
}

#[tokio::test]
async fn many_at_once_conflict_and_all_are_done() {
    let town = Arc::new(Town::open().await);
    let tries: Vec<_> = (0..6)
        .map(|_| {
            let town = town.clone();
            tokio::spawn(async move { town.add(Role::Pupil, Some("99900001"), ("Anna", "Ek")).await.address })
        })
        .collect();
    let mut addresses = std::collections::HashSet::new();
    for one in tries {
        addresses.insert(one.await.unwrap());
    }
    assert_eq!(addresses.len(), 6);
}

#[tokio::test]
async fn a_line_that_does_not_read_is_answered_without_what_it_said() {
    let town = Town::empty().await;
    let (sender, mut lines) = mpsc::channel(1);
    let line = br#"{"op":"account-passwd","account":"a","password":["hemlig"]}"#;
    town.admin.answer_line(CONSOLE, line, Lines::new(sender), NOW).await;
    let Some(Reply::Error(failure)) = lines.recv().await else { panic!() };
    assert!(failure.code == "request" && !failure.en.contains("hemlig"));
}

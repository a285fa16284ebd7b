//! Letters to and from functions of a school.

use directory::NewFunction;
use flow::{MailParams, Query};
use mailbox::{Grant, Mailboxes, provision, special};
use model::{AccountId, Rights, Role, SpecialUse, SystemFlag};

use crate::school::{NOW, School, addr, path, refused};

const OFFICE: &str = "expedition@skola.test";

struct Office {
    school: School,
    office: AccountId,
    siv: AccountId,
    bo: AccountId,
}

impl Office {
    async fn open() -> Self {
        let school = School::open().await;
        let siv = school.add(Role::Secretary, "Siv", "Ek").await;
        let bo = school.add(Role::Teacher, "Bo", "Al").await;
        let new = NewFunction {
            school: school.school,
            name: "Expeditionen".into(),
            address: addr(OFFICE),
            confidential: false,
            manager: None,
        };
        let mut plan = school.directory.plan_function(school.here, new, NOW).await.unwrap();
        plan.batch.extend(provision(school.here, plan.account, NOW));
        school.commit(plan.batch).await;
        let open = Self { office: plan.account, school, siv, bo };
        open.grant(open.siv, "lrswip").await;
        open.grant(open.bo, "lr").await;
        open
    }
    async fn grant(&self, holder: AccountId, rights: &str) {
        let rights: Rights = rights.parse().unwrap();
        let grant = Grant { owner: self.office, mailbox: None, holder, rights };
        self.school.commit(Mailboxes::grant(self.school.here, grant, NOW)).await;
    }
    async fn sent(&self) -> Vec<String> {
        self.school.read_mailbox(special(self.school.here, self.office, SpecialUse::Sent)).await
    }
}

fn from(author: &str) -> String {
    format!("From: {author}\r\nSubject: Hej\r\nMessage-ID: <1@skola.test>\r\n\r\nHej!\r\n")
}

#[tokio::test]
async fn a_function_receives_from_everywhere() {
    let open = Office::open().await;
    open.school.receive(&[OFFICE]).await.unwrap();
    open.school
        .send(open.school.login(open.bo).await, "bo.al@skola.test", &[OFFICE], &from("bo.al@skola.test"))
        .await
        .unwrap();
    assert_eq!(open.school.read(open.office).await.len(), 2);
}

#[tokio::test]
async fn only_members_with_the_right_send_as_the_function() {
    let open = Office::open().await;
    let school = &open.school;
    let foreign = school.add(Role::Teacher, "Eva", "Ny").await;
    let own = "siv.ek@skola.test";
    for (who, mail_from, author, code) in [
        (open.siv, OFFICE, OFFICE, ""),
        (open.siv, "EXPEDITION@Skola.test", "Expeditionen <Expedition@skola.test>", ""),
        (open.siv, own, OFFICE, ""),
        (open.siv, OFFICE, own, ""),
        (open.siv, own, "\"expedition@skola.test\" <siv.ek@skola.test>", ""),
        (open.bo, OFFICE, OFFICE, "550 5.7.1"),
        (open.bo, "bo.al@skola.test", OFFICE, "550 5.7.1"),
        (open.bo, OFFICE, "bo.al@skola.test", "550 5.7.1"),
        (open.bo, "bo.al@skola.test", "\"expedition@skola.test\" <bo.al@skola.test>", "550 5.7.1"),
        (foreign, OFFICE, OFFICE, "550 5.7.1"),
        (foreign, "eva.ny@skola.test", OFFICE, "550 5.7.1"),
    ] {
        let sent =
            school.send(school.login(who).await, mail_from, &["bo.al@skola.test"], &from(author)).await;
        let got = sent.map_or_else(|error| refused::<()>(Err(error)), |_| String::new());
        assert_eq!(got, code, "{who:?} {mail_from} {author}");
    }
    open.grant(open.siv, "lrswi").await;
    let mail =
        school.intake.mail(school.login(open.siv).await, path(OFFICE), MailParams::default(), NOW).await;
    let error = mail.map(|_| ()).unwrap_err();
    assert_eq!(refused::<()>(Err(error.clone())), "550 5.7.1");
    assert!(error.text.sv.contains(OFFICE) && error.text.en.contains(OFFICE));
}

#[tokio::test]
async fn what_is_sent_as_the_function_is_kept_in_its_sent_mail_once() {
    let open = Office::open().await;
    let school = &open.school;
    let letter = from(OFFICE);
    // To somebody, to the function itself, to many (routes), and only to another municipality.
    school.send(school.login(open.siv).await, OFFICE, &["bo.al@skola.test"], &letter).await.unwrap();
    school.send(school.login(open.siv).await, OFFICE, &[OFFICE], &letter).await.unwrap();
    let pupils = school.add_pupils(120).await;
    let many: Vec<String> = pupils.iter().map(|(_, address)| address.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    school.send(school.login(open.siv).await, OFFICE, &many, &letter).await.unwrap();
    school.add_elsewhere("Ute", "Annan").await;
    school.send(school.login(open.siv).await, OFFICE, &["ute.annan@other.test"], &letter).await.unwrap();
    let sent = open.sent().await;
    assert_eq!(sent.len(), 4);
    assert!(sent.iter().all(|text| text.ends_with(&letter)));
    let row = special(school.here, open.office, SpecialUse::Sent);
    assert!(school.flags(row).await.iter().all(|flags| flags.has(SystemFlag::Seen)));
    // As oneself: nothing is filed, in nobody's sent mail.
    school
        .send(
            school.login(open.siv).await,
            "siv.ek@skola.test",
            &["bo.al@skola.test"],
            &from("siv.ek@skola.test"),
        )
        .await
        .unwrap();
    assert_eq!(open.sent().await.len(), 4);
    let own = special(school.here, open.siv, SpecialUse::Sent);
    assert!(school.read_mailbox(own).await.is_empty());
    // Who it was stands in the log.
    let entry = &school.trace(Query::Address(addr("bo.al@skola.test"))).await[1];
    assert_eq!(entry.source, flow::Source::Submission { account: open.siv });
}

#[tokio::test]
async fn a_full_function_sends_nothing_that_it_could_not_keep() {
    let open = Office::open().await;
    open.school.set_quota(open.office, 40).await;
    let sent = open
        .school
        .send(open.school.login(open.siv).await, OFFICE, &["bo.al@skola.test"], &from(OFFICE))
        .await;
    assert_eq!(refused(sent), "552 5.2.2");
    assert!(open.sent().await.is_empty() && open.school.read(open.bo).await.is_empty());
    // Room for the letter alone, and none left: whoever sends hears who can make some.
    open.school.set_quota(open.office, 1000).await;
    while open.school.receive(&[OFFICE]).await.is_ok() {}
    let error = open
        .school
        .send(open.school.login(open.siv).await, OFFICE, &["bo.al@skola.test"], &from(OFFICE))
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(refused::<()>(Err(error.clone())), "452 4.2.2");
    assert!(error.text.sv.contains("”allt”") && error.text.en.contains("empty the trash"), "{error}");
}

#[tokio::test]
async fn a_member_who_may_only_read_is_told_so_and_nobody_else_is() {
    let open = Office::open().await;
    let foreign = open.school.add(Role::Teacher, "Eva", "Ny").await;
    for (who, own, told) in [(open.bo, "bo.al@skola.test", true), (foreign, "eva.ny@skola.test", false)] {
        for mail_from in [OFFICE, own] {
            let login = open.school.login(who).await;
            let sent = open.school.send(login, mail_from, &["siv.ek@skola.test"], &from(OFFICE)).await;
            let error = sent.map(|_| ()).unwrap_err();
            assert_eq!(error.text.en.contains("for reading only"), told, "{error}");
            assert_eq!(error.text.sv.contains("bara att läsa"), told, "{error}");
            assert_eq!(refused::<()>(Err(error)), "550 5.7.1");
        }
    }
}

//! Who decides about a function, who sees it, and whose rights nobody takes.

use admin_api::{Account, Answer, Function, MemberRights, Request};
use model::Role;

use super::functions::{HERE, OFFICE, THERE, join, leave, one};
use super::{NOW, Town, account, reading};

struct School {
    town: Town,
    central: Account,
    rektor: Account,
    admin: Account,
    siv: Account,
    nurse: Account,
    teacher: Account,
    elsewhere: Account,
}

impl School {
    async fn open() -> Self {
        let town = Town::open().await;
        Self {
            central: town.add(Role::CentralAdmin, None, ("Cia", "Ek")).await,
            rektor: town.add(Role::Rektor, Some(HERE), ("Rut", "Al")).await,
            admin: town.add(Role::SchoolAdmin, Some(HERE), ("Adam", "It")).await,
            siv: town.add(Role::Secretary, Some(HERE), ("Siv", "Bo")).await,
            nurse: town.add(Role::Elevhalsa, Some(HERE), ("Nils", "Ny")).await,
            teacher: town.add(Role::Teacher, Some(HERE), ("Tor", "Lo")).await,
            elsewhere: town.add(Role::SchoolAdmin, Some(THERE), ("Eva", "It")).await,
            town,
        }
    }
    async fn made(&self, address: &str, name: &str) -> Function {
        one(self.town.ask(adding(address, name)).await.unwrap())
    }
    async fn check(&self, rows: &[(&Account, Request, &str)]) {
        for (actor, request, code) in rows {
            let result = self.town.ask_as(actor, request.clone()).await;
            assert_eq!(result.err().unwrap_or_default(), *code, "{} {request:?}", actor.role);
        }
    }
    async fn shown(&self, who: &Account, function: &str) -> Function {
        one(self.town.ask_as(who, Request::FunctionShow { function: function.into() }).await.unwrap())
    }
}

fn adding(address: &str, name: &str) -> Request {
    Request::FunctionAdd {
        school: HERE.into(),
        address: address.parse().unwrap(),
        name: name.into(),
        confidential: false,
        manager: None,
    }
}
fn set(function: &str, name: Option<&str>, confidential: bool) -> Request {
    Request::FunctionSet { function: function.into(), name: name.map(str::to_owned), confidential }
}
fn manager(function: &str, who: Option<&Account>) -> Request {
    Request::FunctionManager { function: function.into(), account: who.map(account) }
}
fn show(function: &str) -> Request {
    Request::FunctionShow { function: function.into() }
}
const READ: MemberRights = MemberRights::Read;
const FULL: MemberRights = MemberRights::Full;

#[tokio::test]
async fn pupil_health_is_confidential_by_any_of_its_words() {
    let school = School::open().await;
    for (address, name) in [
        ("elevhalsan@skola.test", "Elevhälsan"),
        ("eht.norr@skola.test", "Teamet"),
        ("box7@skola.test", "Skolkuratorn"),
    ] {
        assert!(school.made(address, name).await.confidential, "{address}");
        school.check(&[(&school.admin, join(address, &school.teacher, READ), "confidential")]).await;
    }
}

#[tokio::test]
async fn a_function_becomes_confidential_and_never_less() {
    let school = School::open().await;
    school.made(OFFICE, "Expeditionen").await;
    school
        .check(&[
            (&school.siv, set(OFFICE, Some("Kontoret"), false), ""),
            (&school.siv, set(OFFICE, None, true), "forbidden"),
            (&school.admin, set(OFFICE, None, true), "forbidden"),
            (&school.siv, join(OFFICE, &school.teacher, READ), ""),
            (&school.rektor, set(OFFICE, None, true), ""),
            (&school.siv, join(OFFICE, &school.nurse, READ), "confidential"),
            (&school.siv, set(OFFICE, Some("Expeditionen"), false), "confidential"),
            (&school.rektor, set(OFFICE, Some("Expeditionen"), false), ""),
            (&school.siv, join(OFFICE, &school.nurse, READ), "confidential"),
        ])
        .await;
    let box7 = "box7@skola.test";
    school.made(box7, "Boxen").await;
    school
        .check(&[
            (&school.siv, set(box7, Some("Skolkuratorn"), false), ""),
            (&school.rektor, set(box7, Some("Boxen"), false), ""),
            (&school.siv, join(box7, &school.teacher, READ), "confidential"),
            (&school.central, set("nobody@skola.test", None, true), "no-function"),
        ])
        .await;
    let shown = school.shown(&school.rektor, box7).await;
    assert!(shown.confidential && shown.name == "Boxen");
    let audit = school.town.audit().await;
    assert!(audit.iter().any(|entry| entry.op == "function-set" && entry.detail == "confidential"));
}

#[tokio::test]
async fn addresses_of_the_whole_domain_are_given_centrally() {
    let school = School::open().await;
    for local in
        ["postmaster", "hostmaster", "webmaster", "administrator", "admin", "abuse", "ssladmin", "noc"]
    {
        let address = format!("{local}@skola.test");
        let alias =
            Request::AliasAdd { account: account(&school.teacher), address: address.parse().unwrap() };
        school
            .check(&[
                (&school.siv, adding(&address, "Boxen"), "central-address"),
                (&school.rektor, adding(&address, "Boxen"), "central-address"),
                (&school.admin, alias, "central-address"),
                (&school.central, adding(&address, "Boxen"), ""),
            ])
            .await;
    }
    school.check(&[(&school.siv, adding("info@skola.test", "Boxen"), "")]).await;
    // Nor does anybody of the school get into one that is there.
    let post = "postmaster@skola.test";
    school
        .check(&[
            (&school.admin, join(post, &school.admin, READ), "central-address"),
            (&school.rektor, join(post, &school.rektor, READ), "central-address"),
            (&school.rektor, set(post, None, true), "central-address"),
            (&school.siv, manager(post, Some(&school.siv)), "central-address"),
            (&school.siv, Request::FunctionRemove { function: post.into() }, "central-address"),
            (&school.central, join(post, &school.admin, READ), ""),
        ])
        .await;
    assert!(school.town.ask(join(post, &school.admin, FULL)).await.is_ok(), "the console");
}

#[tokio::test]
async fn nobody_takes_rights_from_somebody_of_higher_rank() {
    let school = School::open().await;
    school.made(OFFICE, "Expeditionen").await;
    let remove = Request::FunctionRemove { function: OFFICE.into() };
    school
        .check(&[
            (&school.rektor, manager(OFFICE, Some(&school.rektor)), ""),
            (&school.rektor, join(OFFICE, &school.admin, FULL), ""),
            (&school.siv, leave(OFFICE, &school.rektor), "rank"),
            (&school.siv, join(OFFICE, &school.rektor, READ), "rank"),
            (&school.siv, join(OFFICE, &school.rektor, FULL), ""),
            (&school.siv, manager(OFFICE, Some(&school.siv)), "rank"),
            (&school.admin, manager(OFFICE, None), "rank"),
            (&school.siv, leave(OFFICE, &school.admin), "rank"),
            (&school.siv, remove, "rank"),
            (&school.admin, leave(OFFICE, &school.admin), ""),
            (&school.rektor, leave(OFFICE, &school.rektor), ""),
            (&school.rektor, join(OFFICE, &school.rektor, FULL), ""),
            (&school.central, leave(OFFICE, &school.rektor), ""),
            (&school.siv, join(OFFICE, &school.siv, FULL), ""),
        ])
        .await;
}

#[tokio::test]
async fn a_head_teachers_function_is_joined_by_the_head_teacher() {
    let school = School::open().await;
    let address = "rektor.asa@skola.test";
    school.made(address, "Rektorn").await;
    school
        .check(&[
            (&school.siv, join(address, &school.siv, READ), "head-teacher"),
            (&school.admin, join(address, &school.admin, READ), "head-teacher"),
            (&school.central, join(address, &school.central, READ), "head-teacher"),
            (&school.admin, manager(address, Some(&school.admin)), "head-teacher"),
            (&school.rektor, join(address, &school.rektor, FULL), ""),
            (&school.rektor, join(address, &school.siv, READ), ""),
            (&school.admin, leave(address, &school.siv), "head-teacher"),
            (&school.rektor, manager(address, Some(&school.siv)), ""),
            (&school.siv, join(address, &school.teacher, READ), ""),
        ])
        .await;
    let with = |who: &Account| Request::FunctionAdd {
        school: HERE.into(),
        address: "rektorn@skola.test".parse().unwrap(),
        name: "Rektorn".into(),
        confidential: false,
        manager: Some(account(who)),
    };
    school
        .check(&[(&school.siv, with(&school.siv), "head-teacher"), (&school.siv, with(&school.rektor), "")])
        .await;
}

#[tokio::test]
async fn who_leaves_is_no_manager_and_who_is_replaced_stays_a_member() {
    let school = School::open().await;
    let health = "kurator@skola.test";
    school.made(health, "Kuratorn").await;
    let rektor = &school.rektor;
    school.check(&[(rektor, manager(health, Some(&school.nurse)), "")]).await;
    let second = school.town.add(Role::Elevhalsa, Some(HERE), ("Nea", "Ny")).await;
    let replaced = one(school.town.ask_as(rektor, manager(health, Some(&second))).await.unwrap());
    assert_eq!(replaced.members.len(), 2);
    assert!(replaced.notes[0].sv.contains("fortfarande medlem (allt)"), "{:?}", replaced.notes);
    // Whoever leaves sees no more of it; the function has no manager then.
    let left = school.town.ask_as(&second, leave(health, &second)).await.unwrap();
    assert_eq!(left, Answer::Done);
    let shown = school.shown(rektor, health).await;
    assert_eq!((shown.manager, shown.members.len()), (None, 1));
    school.check(&[(&second, join(health, &school.teacher, READ), "no-function")]).await;
    // The console ends a membership, and begins none.
    assert!(school.town.ask(leave(health, &school.nurse)).await.is_ok());
    assert_eq!(school.town.ask(join(health, &school.nurse, READ)).await.unwrap_err().code, "confidential");
}

#[tokio::test]
async fn only_its_own_school_and_the_central_offices_see_a_function() {
    let school = School::open().await;
    let dpo = school.town.add(Role::Dpo, None, ("Dag", "Po")).await;
    let health = "kurator@skola.test";
    school.made(OFFICE, "Expeditionen").await;
    school.made(health, "Kuratorn").await;
    school.check(&[(&school.rektor, manager(health, Some(&school.nurse)), "")]).await;
    let quota = Request::QuotaShow { account: Some(OFFICE.into()), role: None };
    school
        .check(&[
            (&school.elsewhere, show(OFFICE), "no-function"),
            (&school.elsewhere, show(health), "no-function"),
            (&school.elsewhere, quota.clone(), "no-account"),
            (&school.elsewhere, Request::AccountShow { account: OFFICE.into() }, "no-account"),
            (&school.admin, Request::AccountShow { account: OFFICE.into() }, "function"),
            (&school.siv, quota, ""),
            (&school.teacher, show(OFFICE), "no-function"),
        ])
        .await;
    let list = Request::FunctionList { school: None };
    for (who, count) in [(&school.elsewhere, 0), (&school.siv, 2), (&school.central, 2), (&school.nurse, 1)] {
        let Answer::Functions(functions) = school.town.ask_as(who, list.clone()).await.unwrap() else {
            panic!()
        };
        assert_eq!(functions.len(), count, "{}", who.role);
    }
    let count = |members: &Function| members.members.len();
    for (who, members) in [
        (&school.rektor, 1),
        (&school.nurse, 1),
        (&dpo, 1),
        (&school.admin, 0),
        (&school.siv, 0),
        (&school.central, 0),
    ] {
        assert_eq!(count(&school.shown(who, health).await), members, "{}", who.role);
    }
}

#[tokio::test]
async fn a_school_reads_its_own_part_of_the_audit() {
    let school = School::open().await;
    let dpo = school.town.add(Role::Dpo, None, ("Dag", "Po")).await;
    school.made(OFFICE, "Expeditionen").await;
    let health = school.made("kurator@skola.test", "Kuratorn").await;
    school
        .check(&[
            (&school.rektor, join("kurator@skola.test", &school.nurse, READ), ""),
            (&school.siv, join(OFFICE, &school.teacher, READ), ""),
            (&school.siv, reading(9), "forbidden"),
            (&school.teacher, reading(9), "forbidden"),
        ])
        .await;
    let list = async |who: &Account, request: Request| match school.town.ask_as(who, request).await.unwrap() {
        Answer::Audit(rows) => rows,
        other => panic!("{other:?}"),
    };
    let about =
        |who: &Account| Request::AuditList { limit: 100, from: None, to: None, account: Some(account(who)) };
    // Its own people and functions, nobody else's.
    let rows = list(&school.admin, reading(100)).await;
    assert!(
        rows.iter().any(|row| row.op == "function-member-add" && row.detail.contains(&school.teacher.id))
    );
    assert!(rows.iter().all(|row| row.target != school.elsewhere.id));
    assert_eq!(list(&school.elsewhere, reading(100)).await.len(), 1);
    // Who is in the confidential function stands there for the head teacher and the data protection officer alone.
    let joined = async |who: &Account| {
        let rows = list(who, reading(100)).await;
        let row = rows.into_iter().find(|row| row.op == "function-member-add" && row.target == health.id);
        row.unwrap().detail
    };
    for (who, told) in
        [(&school.admin, false), (&school.central, false), (&school.rektor, true), (&dpo, true)]
    {
        assert_eq!(joined(who).await.contains(&school.nurse.id), told, "{}", who.role);
    }
    let nurse = list(&school.admin, about(&school.nurse)).await;
    assert_eq!(nurse.iter().map(|row| row.op.as_str()).collect::<Vec<_>>(), ["account-add"]);
    assert_eq!(list(&dpo, about(&school.nurse)).await.len(), 2);
    // By time: up to a moment, and from it on.
    let part = |from, to| Request::AuditList { limit: 100, from, to, account: None };
    assert!(list(&dpo, part(None, Some(NOW))).await.is_empty());
    let (all, later) = (list(&dpo, reading(100)).await.len(), model::UnixMillis(NOW.0 + 1));
    assert_eq!(list(&dpo, part(Some(NOW), Some(later))).await.len(), all);
    assert!(list(&dpo, part(Some(later), None)).await.is_empty());
}

#[tokio::test]
async fn the_head_teacher_names_any_manager_but_for_pupil_health() {
    let school = School::open().await;
    for address in [OFFICE, "kurator@skola.test"] {
        school.made(address, "Boxen").await;
    }
    school
        .check(&[
            (&school.rektor, set(OFFICE, None, true), ""),
            (&school.admin, manager(OFFICE, Some(&school.teacher)), "confidential"),
            (&school.rektor, manager(OFFICE, Some(&school.teacher)), ""),
            (&school.rektor, manager("kurator@skola.test", Some(&school.teacher)), "confidential"),
        ])
        .await;
}

//! Functions of a school, and who gets into them.

use admin_api::{Account, Answer, Function, MemberRights, Request};
use model::{Right, Role};

use super::{NOW, Town, account, adding};

fn function_add(school: &str, address: &str, manager: Option<&Account>) -> Request {
    Request::FunctionAdd {
        school: school.into(),
        address: address.parse().unwrap(),
        name: "Expeditionen".into(),
        confidential: false,
        manager: manager.map(account),
    }
}
pub(super) fn join(function: &str, who: &Account, rights: MemberRights) -> Request {
    Request::FunctionMemberAdd { function: function.into(), account: account(who), rights }
}
pub(super) fn leave(function: &str, who: &Account) -> Request {
    Request::FunctionMemberRemove { function: function.into(), account: account(who) }
}
pub(super) fn one(answer: Answer) -> Function {
    match answer {
        Answer::Function(function) => *function,
        other => panic!("{other:?}"),
    }
}

pub(super) const OFFICE: &str = "expedition@skola.test";
const HEALTH: &str = "elevhalsa@skola.test";
pub(super) const HERE: &str = "99900001";
pub(super) const THERE: &str = "99900002";

#[tokio::test]
async fn a_function_receives_has_mailboxes_and_logs_nobody_in() {
    let town = Town::open().await;
    let siv = town.add(Role::Secretary, Some(HERE), ("Siv", "Bo")).await;
    let made = one(town.ask(function_add(HERE, OFFICE, Some(&siv))).await.unwrap());
    assert_eq!((made.school.as_deref(), made.manager.as_ref()), (Some(HERE), Some(&siv.address)));
    assert_eq!(made.members[0].preset, Some(MemberRights::Full));
    let found = town.admin.directory.resolve(&OFFICE.parse().unwrap(), NOW).await.unwrap();
    assert!(matches!(found, directory::Resolution::Account(to) if to.account.to_string() == made.id));
    let (id, siv_id) = (made.id.parse().unwrap(), siv.id.parse().unwrap());
    assert_eq!(town.admin.mailboxes.list(town.tenant, id).await.unwrap().len(), 6);
    let rights = town.admin.mailboxes.rights(mailbox::inbox(town.tenant, id), siv_id).await.unwrap();
    assert!(rights.has(Right::Read) && rights.has(Right::Post) && !rights.has(Right::Administer));
    let listed = town.admin.mailboxes.list(town.tenant, siv_id).await.unwrap();
    let subscribed =
        |name: &str| listed.iter().any(|folder| folder.subscribed && folder.name.as_str() == name);
    assert!(subscribed("Delade/expedition@skola.test") && subscribed("Delade/expedition@skola.test/Sent"));
    // It is nobody: no act on accounts touches it, and it is not counted among people.
    for request in [
        Request::AccountPasswd {
            account: OFFICE.into(),
            password: Some(admin_api::Password::new("hemlig ost 9".into())),
        },
        Request::AccountUnlock { account: made.id.clone() },
        Request::AccountLock { account: OFFICE.into() },
        Request::AccountShow { account: OFFICE.into() },
        Request::AccountRemove { account: OFFICE.into() },
        Request::AliasAdd { account: OFFICE.into(), address: "ny@skola.test".parse().unwrap() },
    ] {
        let shown = format!("{request:?}");
        assert_eq!(town.ask(request).await.unwrap_err().code, "function", "{shown}");
    }
    assert!(!town.log_in(OFFICE, "").await && !town.log_in(OFFICE, "hemlig ost 9").await);
    let Answer::Accounts { accounts, .. } = town
        .ask(Request::AccountList { school: None, class: None, role: None, after: None, limit: 9 })
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(accounts.len(), 1);
    let quota =
        Request::QuotaSet { account: Some(OFFICE.into()), role: None, octets: Some(7), messages: None };
    town.ask(quota).await.unwrap();
    let Answer::Functions(list) =
        town.ask(Request::FunctionList { school: Some(HERE.into()) }).await.unwrap()
    else {
        panic!()
    };
    assert_eq!(list[0].quota.octets, 7);
}

#[tokio::test]
async fn only_those_who_manage_a_school_manage_its_functions() {
    let town = Town::open().await;
    let central = town.add(Role::CentralAdmin, None, ("Cia", "Ek")).await;
    let siv = town.add(Role::Secretary, Some(HERE), ("Siv", "Bo")).await;
    let admin = town.add(Role::SchoolAdmin, Some(HERE), ("Adam", "It")).await;
    let elsewhere = town.add(Role::SchoolAdmin, Some(THERE), ("Eva", "It")).await;
    let teacher = town.add(Role::Teacher, Some(HERE), ("Tor", "Lo")).await;
    let foreign = town.add(Role::Teacher, Some(THERE), ("Una", "Lo")).await;
    let pupil = town.add(Role::Pupil, Some(HERE), ("Åsa", "Öqvist")).await;
    let read = MemberRights::Read;
    for (actor, request, code) in [
        (&teacher, function_add(HERE, OFFICE, None), "forbidden"),
        (&elsewhere, function_add(HERE, OFFICE, None), "forbidden"),
        (&siv, function_add(HERE, OFFICE, None), ""),
        (&siv, function_add(HERE, OFFICE, None), "address-taken"),
        (&siv, function_add(HERE, "noreply@skola.test", None), "address-reserved"),
        (&siv, function_add(HERE, "expedition@elsewhere.test", None), "foreign-domain"),
        (&siv, function_add(HERE, &account(&teacher), None), "address-taken"),
        (&elsewhere, join(OFFICE, &foreign, read), "no-function"),
        (&teacher, join(OFFICE, &teacher, read), "no-function"),
        (&admin, join(OFFICE, &teacher, read), ""),
        (&admin, join(OFFICE, &foreign, read), "other-school"),
        (&admin, join(OFFICE, &pupil, read), "request"),
        (&central, join(OFFICE, &foreign, read), ""),
        (&elsewhere, leave(OFFICE, &teacher), "no-function"),
        (&teacher, Request::FunctionShow { function: OFFICE.into() }, "forbidden"),
        (&siv, leave(OFFICE, &teacher), ""),
        (&siv, leave(OFFICE, &teacher), "no-member"),
        (&elsewhere, Request::FunctionRemove { function: OFFICE.into() }, "no-function"),
        (&siv, join("nobody@skola.test", &teacher, read), "no-function"),
        (&siv, join(&account(&teacher), &teacher, read), "no-function"),
        (&siv, Request::FunctionRemove { function: OFFICE.into() }, ""),
        // The name is free for the next one, not for a person.
        (&siv, function_add(HERE, OFFICE, None), ""),
    ] {
        let shown = format!("{} {request:?}", actor.role);
        let result = town.ask_as(actor, request).await;
        assert_eq!(result.err().unwrap_or_default(), code, "{shown}");
    }
    let mut person = adding(Role::Teacher, Some(HERE), ("Ex", "Pedition"));
    if let Request::AccountAdd { address, .. } = &mut person {
        *address = Some("rektor@skola.test".parse().unwrap());
    }
    assert_eq!(town.ask(person).await.unwrap_err().code, "address-reserved");
}

#[tokio::test]
async fn nobody_administers_themselves_into_a_confidential_function() {
    let town = Town::open().await;
    let central = town.add(Role::CentralAdmin, None, ("Cia", "Ek")).await;
    let admin = town.add(Role::SchoolAdmin, Some(HERE), ("Adam", "It")).await;
    let rektor = town.add(Role::Rektor, Some(HERE), ("Rut", "Al")).await;
    let other = town.add(Role::Rektor, Some(THERE), ("Ulf", "Al")).await;
    let nurse = town.add(Role::Elevhalsa, Some(HERE), ("Nils", "Ny")).await;
    let second = town.add(Role::Elevhalsa, Some(THERE), ("Nea", "Ny")).await;
    let teacher = town.add(Role::Teacher, Some(HERE), ("Tor", "Lo")).await;
    let (read, full) = (MemberRights::Read, MemberRights::Full);
    let manager = |who: Option<&Account>| Request::FunctionManager {
        function: HEALTH.into(),
        account: who.map(account),
    };
    assert_eq!(
        town.ask_as(&central, function_add(HERE, HEALTH, Some(&central))).await.unwrap_err(),
        "confidential"
    );
    assert_eq!(
        town.ask_as(&admin, function_add(HERE, HEALTH, Some(&teacher))).await.unwrap_err(),
        "confidential"
    );
    let made = one(town.ask_as(&admin, function_add(HERE, HEALTH, Some(&nurse))).await.unwrap());
    assert!(made.confidential, "pupil health is confidential whether or not that was said");
    for (actor, request, code) in [
        (&central, join(HEALTH, &central, read), "confidential"),
        (&central, join(HEALTH, &teacher, read), "confidential"),
        (&central, manager(Some(&second)), "confidential"),
        (&admin, join(HEALTH, &admin, read), "confidential"),
        (&other, join(HEALTH, &teacher, read), "no-function"),
        (&rektor, join(HEALTH, &rektor, read), "confidential"),
        (&rektor, join(HEALTH, &admin, read), "confidential"),
        (&rektor, manager(Some(&teacher)), "confidential"),
        (&rektor, join(HEALTH, &second, full), ""),
        (&nurse, join(HEALTH, &rektor, read), ""),
        (&nurse, join(HEALTH, &nurse, full), "confidential"),
        (&nurse, join(HEALTH, &admin, read), "confidential"),
        (&second, join(HEALTH, &teacher, read), "confidential"),
        (&nurse, Request::FunctionShow { function: HEALTH.into() }, ""),
        // Who may not choose members may not take them away either.
        (&central, leave(HEALTH, &second), "confidential"),
        (&admin, leave(HEALTH, &second), "confidential"),
        (&admin, Request::FunctionRemove { function: HEALTH.into() }, "confidential"),
        (&rektor, leave(HEALTH, &second), ""),
        (&rektor, manager(Some(&second)), ""),
        (&nurse, join(HEALTH, &teacher, read), "confidential"),
        (&second, join(HEALTH, &teacher, read), ""),
    ] {
        let shown = format!("{} {request:?}", actor.role);
        let result = town.ask_as(actor, request).await;
        assert_eq!(result.err().unwrap_or_default(), code, "{shown}");
    }
    assert_eq!(town.ask(join(HEALTH, &teacher, full)).await.unwrap_err().code, "confidential", "the console");
    let audit = town.audit().await;
    let count = |op: &str| audit.iter().filter(|entry| entry.op == op && entry.target == made.id).count();
    assert_eq!((count("function-add"), count("function-manager")), (1, 1));
    assert_eq!((count("function-member-add"), count("function-member-remove")), (3, 1));
    assert!(audit.iter().any(|entry| entry.detail == format!("{} read", rektor.id)));
}

#[tokio::test]
async fn a_function_with_letters_is_not_removed_by_one_person() {
    let town = Town::open().await;
    let siv = town.add(Role::Secretary, Some(HERE), ("Siv", "Bo")).await;
    let made = one(town.ask_as(&siv, function_add(HERE, OFFICE, None)).await.unwrap());
    let mailboxes = &town.admin.mailboxes;
    let spool = store::Spool::from_bytes("Subject: x\r\n\r\n");
    let letter = mailboxes.letters().prepare(town.tenant, spool).await.unwrap();
    let new = mailbox::NewLetter {
        letter,
        flags: model::FlagSet::new(),
        internal_date: None,
        zone: model::Zone::UTC,
    };
    let inbox = mailbox::inbox(town.tenant, made.id.parse().unwrap());
    mailboxes.append(inbox, vec![new], mailbox::QuotaLimit::NONE, NOW).await.unwrap();
    let remove = Request::FunctionRemove { function: OFFICE.into() };
    assert_eq!(town.ask_as(&siv, remove.clone()).await.unwrap_err(), "two-persons");
    assert_eq!(town.ask(remove).await.unwrap(), Answer::Done);
    assert!(town.admin.mailboxes.list(town.tenant, made.id.parse().unwrap()).await.unwrap().is_empty());
    assert!(town.admin.directory.functions(town.tenant).await.unwrap().is_empty());
}

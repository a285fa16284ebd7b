//! Writing: what holds between municipalities, schools, classes, accounts and addresses.

use model::Role;
use store::CommitError;

use super::*;
use crate::testing::{NOW, School, address};
use crate::{
    AccountState, DirectoryError, Group, NameTable, PersonName, Quota, Resolution, SchoolYear, Thing,
};

#[tokio::test]
async fn an_account_has_an_opaque_login_an_address_and_its_groups() {
    let school = School::open().await;
    let new =
        NewAccount { class: Some("4B".into()), ..school.new_account(Role::Pupil, "Åsa-Märta", "Öqvist") };
    let mut draft = Draft::default();
    let plan = school.directory.plan_account(school.tenant, new, &mut draft, NOW).await.unwrap();
    assert_eq!(plan.entry.address.to_string(), "asa-marta.oqvist@skola.test");
    assert!(plan.entry.login.len() == 9 && !plan.entry.login.contains("asa"));
    school.commit(plan.batch).await;
    let class = plan.entry.class.unwrap();
    for group in [Group::School(school.school), Group::Class(class.class), Group::Role(Role::Pupil)] {
        assert_eq!(school.directory.count(school.tenant, group).await.unwrap(), 1);
    }
    let classes =
        school.directory.classes(school.tenant, school.school, Some(SchoolYear(2026))).await.unwrap();
    assert_eq!(classes.len(), 1);
    for word in ["ASA-MARTA.oqvist@skola.test", &plan.entry.login.to_uppercase(), &plan.account.to_string()] {
        assert_eq!(
            school.directory.find_account(school.tenant, word).await.unwrap().0,
            plan.account,
            "{word}"
        );
    }
}

#[tokio::test]
async fn one_draft_gives_each_its_address_and_one_class() {
    let school = School::open().await;
    let (mut draft, mut batch) = (Draft::default(), store::Batch::new(NOW));
    let mut addresses = Vec::new();
    for label in ["4B", "4b", "4B"] {
        let new = NewAccount { class: Some(label.into()), ..school.new_account(Role::Pupil, "Anna", "Ek") };
        let plan = school.directory.plan_account(school.tenant, new, &mut draft, NOW).await.unwrap();
        addresses.push(plan.entry.address.to_string());
        batch.extend(plan.batch);
    }
    school.commit(batch).await;
    assert_eq!(addresses[0], "anna.ek@skola.test");
    for next in &addresses[1..] {
        let suffix = next.strip_prefix("anna.ek.").and_then(|rest| rest.strip_suffix("@skola.test")).unwrap();
        assert!(suffix.len() >= 2 && !suffix.contains(['a', 'e', 'i', 'o', 'u', 'y']), "{next}");
    }
    assert_eq!(school.directory.classes(school.tenant, school.school, None).await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_acts_for_one_address_conflict_and_the_second_is_planned_anew() {
    let school = School::open().await;
    let new = || school.new_account(Role::Staff, "Bo", "Ek");
    let first =
        school.directory.plan_account(school.tenant, new(), &mut Draft::default(), NOW).await.unwrap();
    let second =
        school.directory.plan_account(school.tenant, new(), &mut Draft::default(), NOW).await.unwrap();
    assert_eq!(first.entry.address, second.entry.address);
    school.commit(first.batch).await;
    let conflict = school.directory.store().commit(second.batch).await;
    assert!(matches!(conflict, Err(CommitError::Conflict(_))));
}

#[tokio::test]
async fn chosen_addresses_have_rules() {
    let school = School::open().await;
    school.add(Role::Staff, "Bo", "Ek").await;
    for (text, code) in [
        ("bo.ek@skola.test", "address-taken"),
        ("BO.EK@skola.test", "address-taken"),
        ("rektor@skola.test", "address-reserved"),
        ("Postmaster@skola.test", "address-reserved"),
        ("vikarie3@skola.test", "address-reserved"),
        ("åsa@skola.test", "address-characters"),
        ("a@other.test", "foreign-domain"),
        ("a@nowhere.test", "foreign-domain"),
    ] {
        let new = NewAccount { address: Some(address(text)), ..school.new_account(Role::Staff, "Eva", "Al") };
        let error =
            school.directory.plan_account(school.tenant, new, &mut Draft::default(), NOW).await.unwrap_err();
        assert_eq!(error.code(), code, "{text}");
    }
    let new = school.new_account(Role::Staff, "Анна", "Ek");
    let error =
        school.directory.plan_account(school.tenant, new, &mut Draft::default(), NOW).await.unwrap_err();
    assert_eq!(error.code(), "no-automatic-address");
    let new = NewAccount { school: None, ..school.new_account(Role::Pupil, "Eva", "Al") };
    let error =
        school.directory.plan_account(school.tenant, new, &mut Draft::default(), NOW).await.unwrap_err();
    assert_eq!(error.code(), "school-missing");
}

#[tokio::test]
async fn what_is_removed_is_never_given_again() {
    let school = School::open().await;
    let gone = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let batch =
        school.directory.add_alias(school.tenant, gone, &address("asa@skola.test"), NOW).await.unwrap();
    school.commit(batch).await;
    let batch = school.directory.remove(school.tenant, gone, NOW).await.unwrap();
    school.commit(batch).await;
    for text in ["asa.oqvist@skola.test", "asa@skola.test"] {
        assert_eq!(school.directory.resolve(&address(text), NOW).await.unwrap(), Resolution::Unknown);
        let new =
            NewAccount { address: Some(address(text)), ..school.new_account(Role::Pupil, "Åsa", "Öqvist") };
        let error =
            school.directory.plan_account(school.tenant, new, &mut Draft::default(), NOW).await.unwrap_err();
        assert!(matches!(error, DirectoryError::AddressUsedBefore(_)));
        assert!(!error.text().to_string().contains("Öqvist"));
    }
    let twin = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let twin = school.directory.account(school.tenant, twin).await.unwrap().unwrap();
    assert_ne!(twin.address, address("asa.oqvist@skola.test"));
    let left = school.directory.account(school.tenant, gone).await.unwrap().unwrap();
    assert_eq!((left.state, left.first.as_str(), left.password), (AccountState::Removed, "", None));
    assert_eq!(school.directory.accounts_of(school.tenant, Group::Removed, None, 10).await.unwrap().len(), 1);
    assert_eq!(school.directory.accounts(school.tenant, None, 10).await.unwrap().len(), 1);
    let batch = school.directory.forget(school.tenant, gone, NOW).await.unwrap();
    school.commit(batch).await;
    assert_eq!(school.directory.count(school.tenant, Group::Removed).await.unwrap(), 0);
    assert!(school.directory.account(school.tenant, gone).await.unwrap().is_none());
}

#[tokio::test]
async fn a_function_passes_from_one_to_the_next_and_no_pupil_holds_it() {
    let school = School::open().await;
    let (eva, bo) = (school.add(Role::Staff, "Eva", "Ek").await, school.add(Role::Staff, "Bo", "Al").await);
    let pupil = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let abuse = address("abuse@skola.test");
    for holder in [eva, bo] {
        let batch = school.directory.add_alias(school.tenant, holder, &abuse, NOW).await.unwrap();
        school.commit(batch).await;
        let batch = school.directory.remove_alias(school.tenant, holder, &abuse, NOW).await.unwrap();
        school.commit(batch).await;
    }
    let error = school.directory.add_alias(school.tenant, pupil, &abuse, NOW).await.unwrap_err();
    assert_eq!(error.code(), "address-reserved");
}

#[tokio::test]
async fn a_removed_functions_address_stays_its_schools() {
    let town = School::open().await;
    let (directory, tenant) = (&town.directory, town.tenant);
    let code = "99900002".parse().unwrap();
    let (elsewhere, batch) = directory.add_school(tenant, code, "Öskolan", NOW).await.unwrap();
    town.commit(batch).await;
    let new = |school, text: &str| crate::NewFunction {
        school,
        name: "Boxen".into(),
        address: address(text),
        confidential: false,
        manager: None,
    };
    let eva = town.add(Role::Staff, "Eva", "Ek").await;
    for text in ["expedition@skola.test", "vaktmastare@skola.test"] {
        for _ in 0..2 {
            let plan = directory.plan_function(tenant, new(town.school, text), NOW).await.unwrap();
            town.commit(plan.batch).await;
            town.commit(directory.remove(tenant, plan.account, NOW).await.unwrap()).await;
            town.commit(directory.forget(tenant, plan.account, NOW).await.unwrap()).await;
        }
        let other = directory.plan_function(tenant, new(elsewhere, text), NOW).await.unwrap_err();
        assert_eq!(other.code(), "address-used-before", "{text}");
        assert!(directory.add_alias(tenant, eva, &address(text), NOW).await.is_err(), "{text}");
    }
    // A person's address never becomes a function's, the person's own school or not.
    town.commit(directory.add_alias(tenant, eva, &address("eva@skola.test"), NOW).await.unwrap()).await;
    town.commit(directory.remove_alias(tenant, eva, &address("eva@skola.test"), NOW).await.unwrap()).await;
    let taken = directory.plan_function(tenant, new(town.school, "eva@skola.test"), NOW).await.unwrap_err();
    assert_eq!(taken.code(), "address-used-before");
}

#[tokio::test]
async fn a_new_name_keeps_the_old_address_for_a_while() {
    let school = School::open().await;
    let account = school.add(Role::Staff, "Eva", "Ek").await;
    let until = model::UnixMillis(NOW.0 + 1000);
    let name = PersonName::parse("Eva", "Lind").unwrap();
    let batch = school.directory.rename(school.tenant, account, name, None, Some(until), NOW).await.unwrap();
    school.commit(batch).await;
    let entry = school.directory.account(school.tenant, account).await.unwrap().unwrap();
    assert_eq!(entry.address.to_string(), "eva.lind@skola.test");
    let old = address("eva.ek@skola.test");
    assert!(entry.owns_live(&entry.address) && !entry.owns_live(&old));
    assert!(matches!(school.directory.resolve(&old, NOW).await.unwrap(), Resolution::Account(_)));
    let later = model::UnixMillis(until.0 + 1);
    assert_eq!(school.directory.resolve(&old, later).await.unwrap(), Resolution::Unknown);
    let name = PersonName::parse("Eva", "Ek").unwrap();
    let back = school.directory.rename(school.tenant, account, name, Some(old), None, NOW).await;
    assert_eq!(back.unwrap_err().code(), "address-taken");
}

#[tokio::test]
async fn one_municipality_does_not_see_the_other() {
    let school = School::open().await;
    let account = school.add(Role::Staff, "Eva", "Ek").await;
    let entry = school.directory.account(school.tenant, account).await.unwrap().unwrap();
    assert!(school.directory.account(school.other, account).await.unwrap().is_none());
    for word in [entry.login.as_str(), "eva.ek@skola.test", &account.to_string()] {
        let error = school.directory.find_account(school.other, word).await.unwrap_err();
        assert!(matches!(error, DirectoryError::NotFound(Thing::Account)), "{word}");
    }
    assert_eq!(school.directory.lock(school.other, account, NOW).await.unwrap_err().code(), "no-account");
    assert_eq!(school.directory.remove(school.other, account, NOW).await.unwrap_err().code(), "no-account");
    assert!(school.directory.accounts(school.other, None, 10).await.unwrap().is_empty());
    assert!(school.directory.schools(school.other).await.unwrap().is_empty());
    let new = NewAccount { class: Some("4B".into()), ..school.new_account(Role::Pupil, "Eva", "Al") };
    let error =
        school.directory.plan_account(school.other, new, &mut Draft::default(), NOW).await.unwrap_err();
    assert_eq!(error.code(), "no-school");
    let domains = school.directory.domains(school.other).await.unwrap();
    assert_eq!(domains.iter().map(|(domain, _)| domain.as_str()).collect::<Vec<_>>(), ["other.test"]);
}

#[tokio::test]
async fn domains_codes_and_quotas() {
    let school = School::open().await;
    let domain = "other.test".parse().unwrap();
    let taken = school.directory.add_domain(school.tenant, &domain, NameTable::Sv, NOW).await;
    assert!(matches!(taken.unwrap_err(), DirectoryError::Exists(Thing::Domain)));
    let code = "99900001".parse().unwrap();
    let taken = school.directory.add_school(school.tenant, code, "Öskolan", NOW).await;
    assert!(matches!(taken.unwrap_err(), DirectoryError::Exists(Thing::School)));
    let account = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    let quota = async || school.directory.quota(school.tenant, account).await.unwrap();
    let (role, own) = (Quota { octets_max: 7, messages_max: 7 }, Quota { octets_max: 9, messages_max: 9 });
    school.commit(school.directory.set_role_quota(school.tenant, Role::Pupil, Some(role), NOW)).await;
    assert_eq!(quota().await, role);
    school.commit(school.directory.set_quota(school.tenant, account, Some(own), NOW).await.unwrap()).await;
    assert_eq!(quota().await, own);
    school.commit(school.directory.set_quota(school.tenant, account, None, NOW).await.unwrap()).await;
    school.commit(school.directory.set_role_quota(school.tenant, Role::Pupil, None, NOW)).await;
    assert_eq!(quota().await, Quota::default_of(Role::Pupil));
}

#[tokio::test]
async fn addresses_are_bounded() {
    let school = School::open().await;
    let account = school.add(Role::Staff, "Eva", "Ek").await;
    for number in 0.. {
        let alias = address(&format!("{}{number}@skola.test", "x".repeat(60)));
        match school.directory.add_alias(school.tenant, account, &alias, NOW).await {
            Ok(batch) => school.commit(batch).await,
            Err(error) => {
                assert!(matches!(error, DirectoryError::TooManyAddresses) && number > 10, "{error}");
                break;
            }
        }
    }
}

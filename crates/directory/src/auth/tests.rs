//! Log-in as a whole.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::*;
use crate::testing::{NOW, School, address, cheap, secret};

const PASSWORD: &str = "grön måne 7";

async fn school_with_asa() -> (School, AccountId) {
    let school = School::open().await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.set_password(asa, PASSWORD).await;
    (school, asa)
}

async fn try_in(school: &School, login: &str, password: &str, now: UnixMillis) -> Result<Login, AuthError> {
    let peer = "192.0.2.7".parse().unwrap();
    school.directory.authenticate(login, &secret(password), peer, now).await
}

fn later(seconds: u64) -> UnixMillis {
    NOW.after(Duration::from_secs(seconds))
}

#[tokio::test]
async fn by_login_and_by_every_live_address_in_any_case() {
    let (school, asa) = school_with_asa().await;
    let entry = school.directory.account(school.tenant, asa).await.unwrap().unwrap();
    let alias = address("asa@skola.test");
    school.commit(school.directory.add_alias(school.tenant, asa, &alias, NOW).await.unwrap()).await;
    for login in [&*entry.login, &entry.login.to_uppercase(), " Asa.Oqvist@SKOLA.test ", "ASA@skola.test"] {
        let login = try_in(&school, login, PASSWORD, NOW).await.unwrap();
        assert_eq!((login.account, login.display_name.as_str()), (asa, "Åsa Öqvist"));
    }
    let decomposed = "gro\u{308}n ma\u{30a}ne\u{a0}7";
    assert!(try_in(&school, &entry.login, decomposed, NOW).await.is_ok());
    for (login, password) in [
        (&*entry.login, "gron mane 7"),
        (&entry.login, ""),
        ("asa.oqvist@other.test", PASSWORD),
        ("nobody@skola.test", PASSWORD),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        (&"x".repeat(5000), PASSWORD),
        (&entry.login, &"x".repeat(5000)),
    ] {
        assert!(matches!(try_in(&school, login, password, NOW).await, Err(AuthError::Wrong)));
    }
}

#[tokio::test]
async fn an_account_without_password_lets_nobody_in() {
    let school = School::open().await;
    school.add(Role::Pupil, "Bo", "Ek").await;
    assert!(matches!(try_in(&school, "bo.ek@skola.test", "", NOW).await, Err(AuthError::Wrong)));
}

#[tokio::test]
async fn a_new_password_ends_the_old_one_and_its_sessions_within_a_second() {
    let (school, asa) = school_with_asa().await;
    let login = try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await.unwrap();
    let mut watch = school.directory.watch_login(&login);
    assert!(timeout(Duration::from_millis(50), watch.ended()).await.is_err());
    school.set_password(asa, "ett annat lösenord").await;
    assert_eq!(timeout(Duration::from_secs(1), watch.ended()).await.unwrap(), Ended::Changed);
    // The cache held the old one: the raised version makes it match nothing.
    assert!(matches!(try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await, Err(AuthError::Wrong)));
    assert!(try_in(&school, "asa.oqvist@skola.test", "ett annat lösenord", NOW).await.is_ok());
    assert_eq!(school.directory.watch_login(&login).ended().await, Ended::Changed);
}

#[tokio::test]
async fn lock_and_removal_end_sessions() {
    let (school, asa) = school_with_asa().await;
    let login = try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await.unwrap();
    let mut watch = school.directory.watch_login(&login);
    school.commit(school.directory.lock(school.tenant, asa, NOW).await.unwrap()).await;
    assert_eq!(timeout(Duration::from_secs(1), watch.ended()).await.unwrap(), Ended::Locked);
    assert!(matches!(try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await, Err(AuthError::Locked)));
    assert!(matches!(try_in(&school, "asa.oqvist@skola.test", "wrong", NOW).await, Err(AuthError::Wrong)));
    assert!(!school.directory.may_send_as(&login, &login.address).await.unwrap());
    school.commit(school.directory.unlock(school.tenant, asa, NOW).await.unwrap()).await;
    let login = try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await.unwrap();
    assert!(school.directory.may_send_as(&login, &login.address).await.unwrap());
    let mut watch = school.directory.watch_login(&login);
    school.commit(school.directory.remove(school.tenant, asa, NOW).await.unwrap()).await;
    assert_eq!(timeout(Duration::from_secs(1), watch.ended()).await.unwrap(), Ended::Removed);
    assert!(matches!(try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await, Err(AuthError::Wrong)));
}

#[tokio::test]
async fn the_author_is_one_of_the_own_live_addresses() {
    let (school, _) = school_with_asa().await;
    let login = try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await.unwrap();
    school.add(Role::Staff, "Bo", "Ek").await;
    for (text, may) in [
        ("Asa.Oqvist@skola.test", true),
        ("bo.ek@skola.test", false),
        ("asa.oqvist@other.test", false),
        ("asa.oqvist@nowhere.test", false),
        ("postmaster@skola.test", false),
    ] {
        assert_eq!(school.directory.may_send_as(&login, &address(text)).await.unwrap(), may, "{text}");
    }
}

#[tokio::test]
async fn wrong_passwords_wait_and_the_known_right_one_does_not() {
    let (school, _) = school_with_asa().await;
    let name = "asa.oqvist@skola.test";
    assert!(try_in(&school, name, PASSWORD, NOW).await.is_ok());
    for typo in 0..5 {
        assert!(matches!(try_in(&school, name, &format!("typo {typo}"), NOW).await, Err(AuthError::Wrong)));
    }
    tokio::time::pause();
    let start = Instant::now();
    assert!(matches!(try_in(&school, name, "typo 6", NOW).await, Err(AuthError::Wrong)));
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
    let start = Instant::now();
    assert!(try_in(&school, name, PASSWORD, NOW).await.is_ok());
    assert!(start.elapsed() < Duration::from_millis(500));
    // From elsewhere nobody waits for what happened here.
    let elsewhere = "198.51.100.1".parse().unwrap();
    let start = Instant::now();
    let result = school.directory.authenticate(name, &secret("typo 7"), elsewhere, NOW).await;
    assert!(matches!(result, Err(AuthError::Wrong)) && start.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn three_typos_and_then_the_right_one_cost_nothing() {
    let (school, _) = school_with_asa().await;
    tokio::time::pause();
    let start = Instant::now();
    for round in 0..4 {
        for typo in 0..3 {
            let password = format!("typo {round} {typo}");
            assert!(try_in(&school, "asa.oqvist@skola.test", &password, later(round)).await.is_err());
        }
        // Not from the cache, which would forgive nothing.
        let now = later(round * 1000);
        assert!(try_in(&school, "asa.oqvist@skola.test", PASSWORD, now).await.is_ok());
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_equal_log_ins_together_all_get_in_through_a_small_queue() {
    let school = School::with(AuthConfig { queue_max: 1, ..cheap() }).await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.set_password(asa, PASSWORD).await;
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let directory = school.directory.clone();
            let peer = "192.0.2.7".parse().unwrap();
            tokio::spawn(async move {
                directory.authenticate("asa.oqvist@skola.test", &secret(PASSWORD), peer, NOW).await
            })
        })
        .collect();
    for one in tries {
        assert!(one.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn changed_parameters_renew_the_hash_at_log_in_without_ending_sessions() {
    let (school, asa) = school_with_asa().await;
    let stronger = AuthConfig { argon2_passes: 2, ..cheap() };
    let directory = Directory::new(school.directory.store().clone(), stronger);
    let peer = "192.0.2.7".parse().unwrap();
    let login = directory.authenticate("asa.oqvist@skola.test", &secret(PASSWORD), peer, NOW).await.unwrap();
    let renewed = async || {
        let entry = directory.account(school.tenant, asa).await.unwrap().unwrap();
        (entry.password.unwrap().0.contains("t=2"), entry.version)
    };
    for _ in 0..100 {
        if renewed().await.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(renewed().await, (true, login.version));
    assert!(try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await.is_ok());
}

#[tokio::test]
async fn a_stranger_costs_a_run_of_argon2() {
    let config = AuthConfig { verifiers: 1, ..AuthConfig::default() };
    let school = School::with(config).await;
    let start = std::time::Instant::now();
    assert!(matches!(try_in(&school, "nobody@skola.test", PASSWORD, NOW).await, Err(AuthError::Wrong)));
    assert!(start.elapsed() > Duration::from_millis(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_says_later_and_never_wrong_password() {
    let config = AuthConfig { verifiers: 1, queue_max: 1, ..AuthConfig::default() };
    let school = School::with(config).await;
    let asa = school.add(Role::Pupil, "Åsa", "Öqvist").await;
    school.set_password(asa, PASSWORD).await;
    let tries: Vec<_> = (0..20)
        .map(|number| {
            let directory = school.directory.clone();
            let peer = "192.0.2.7".parse().unwrap();
            let login = format!("nobody{number}");
            tokio::spawn(async move { directory.authenticate(&login, &secret(PASSWORD), peer, NOW).await })
        })
        .collect();
    let mut later = 0;
    for one in tries {
        match one.await.unwrap() {
            Err(AuthError::Unavailable) => later += 1,
            Err(AuthError::Wrong) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(later > 0);
    assert!(try_in(&school, "asa.oqvist@skola.test", PASSWORD, NOW).await.is_ok());
}

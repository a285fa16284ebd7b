//! Watches: a change wakes, many changes are one hint, other keys wake nobody.

use std::future::Future;
use std::time::Duration;

use model::{AccountId, FlagPatch, FlagSet, SystemFlag, TenantId, UidSet};

use super::Subject;
use super::kit::{batch, commit, create, file, mailbox, message, run, uid};
use crate::{Expect, Key, Keyspace, Op, Store, Watch, WatchKey};

/// Whatever changes a mailbox wakes who watches it, once for any number of changes; what changes nothing, what fails,
/// and what changes something else does not.
pub fn watching<S: Subject>() {
    let subject = S::begin();
    let store = subject.store();
    run(wakes(&store));
    run(folders_accounts_and_spaces(&store));
}

/// Long enough that a wrong hint would have come.
const QUIET: Duration = Duration::from_millis(30);
/// Longer than any engine may need.
const PATIENCE: Duration = Duration::from_secs(10);

async fn woken(watch: &mut Watch, what: &str) {
    within(PATIENCE, watch.changed()).await.unwrap_or_else(|| panic!("nobody was woken: {what}"));
}

async fn asleep(watch: &mut Watch, what: &str) {
    assert!(within(QUIET, watch.changed()).await.is_none(), "woken for nothing: {what}");
}

async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, work).await.ok()
}

async fn wakes(store: &Store) {
    let (here, there) = (mailbox(1, 1, 1), mailbox(1, 1, 2));
    let (mut watch, mut second, mut other) =
        (watch(store, here), watch(store, here), store.watch(WatchKey::Mailbox(mailbox(1, 1, 3))));
    create(store, here).await;
    woken(&mut watch, "create").await;
    create(store, there).await;
    let (_, body) = file(store, here, b"x").await;
    woken(&mut watch, "append").await;
    woken(&mut second, "two watches of one mailbox").await;
    asleep(&mut second, "two changes are one hint").await;

    let seen: FlagSet = [SystemFlag::Seen].into_iter().collect();
    let update = || Op::Update {
        mailbox: here,
        uid: uid(1),
        patch: FlagPatch::Add(seen.clone()),
        unchanged_since: None,
    };
    commit(store, [update()]).await.expect("done");
    woken(&mut watch, "flags").await;
    commit(store, [update()]).await.expect("done");
    asleep(&mut watch, "flags as they were").await;
    commit(store, [Op::Copy { from: here, uid: uid(1), to: there }]).await.expect("done");
    asleep(&mut watch, "a copy changes only where it goes").await;
    for _ in 0..5 {
        commit(store, [Op::Append(here, message(body, 1))]).await.expect("done");
    }
    woken(&mut watch, "five appends").await;
    asleep(&mut watch, "five appends are one hint").await;

    let mut to = store.watch(WatchKey::Mailbox(there));
    commit(store, [Op::Move { from: here, uid: uid(2), to: there }]).await.expect("done");
    woken(&mut watch, "a move, where it was").await;
    woken(&mut to, "a move, where it goes").await;
    commit(store, [Op::Expunge { mailbox: here, uids: UidSet::range(uid(1), uid(3)) }]).await.expect("done");
    woken(&mut watch, "expunge").await;
    commit(store, [Op::Expunge { mailbox: here, uids: UidSet::range(uid(1), uid(3)) }]).await.expect("done");
    asleep(&mut watch, "nothing left to expunge").await;

    let mut failing = batch([Op::Append(here, message(body, 1))]);
    failing.require.push((Key::new(Keyspace::Audit, TenantId::new(1)), Expect::Present));
    store.commit(failing).await.expect_err("refused");
    asleep(&mut watch, "a failed batch").await;
    asleep(&mut other, "another mailbox").await;
    // A hint that came before is not lost when somebody only then begins to wait.
    commit(store, [Op::Append(here, message(body, 1))]).await.expect("done");
    tokio::time::sleep(QUIET).await;
    woken(&mut watch, "a hint from before").await;
}

async fn folders_accounts_and_spaces(store: &Store) {
    let (tenant, account) = (TenantId::new(1), AccountId::new(8));
    let mut folders = store.watch(WatchKey::Folders(tenant, account));
    let mut person = store.watch(WatchKey::Account(tenant, account));
    let mut routes = store.watch(WatchKey::Space(Keyspace::Route, tenant));
    let mut elsewhere = store.watch(WatchKey::Space(Keyspace::Route, TenantId::new(2)));
    let row = |space| Key::new(space, tenant).with_u64(8);
    commit(store, [Op::Put(row(Keyspace::Mailbox).with_u64(1), vec![1])]).await.expect("done");
    woken(&mut folders, "a mailbox row").await;
    commit(store, [Op::Put(row(Keyspace::Folders), vec![1])]).await.expect("done");
    woken(&mut folders, "the account's folders row").await;
    commit(store, [Op::Put(row(Keyspace::Account), vec![1])]).await.expect("done");
    woken(&mut person, "an account").await;
    commit(store, [Op::Put(row(Keyspace::Route), vec![1]), Op::Delete(row(Keyspace::Route))])
        .await
        .expect("done");
    woken(&mut routes, "a route").await;
    asleep(&mut elsewhere, "another municipality").await;
    asleep(&mut folders, "an account and a route").await;
}

fn watch(store: &Store, mailbox: model::MailboxRef) -> Watch {
    store.watch(WatchKey::Mailbox(mailbox))
}

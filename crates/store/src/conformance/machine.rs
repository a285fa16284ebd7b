//! Random batches, one after the other, held against the model: every outcome, and after each story every row.

use std::collections::BTreeMap;

use ::model::{AccountId, FlagPatch, FlagSet, MailboxRef, ModSeq, Uid, UidSet, UidValidity, UnixMillis};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::model::{Change, Mailbox, Message, Refused, Said, Step, World};
use super::{Subject, TENANT, caller_key, mailbox, message, runtime, stage};
use crate::{
    Batch, BodyId, BodyKey, ChangeKey, CommitError, CounterKey, FlagsKey, Key, Keyspace, MailboxStateKey,
    MessageKey, Op, Outcome, StagedBody, Store, TypedKey, UsageKey,
};

/// A step whose body is still a number.
#[derive(Clone, Debug)]
enum Plan {
    Append(MailboxRef, u8),
    /// Without the body in the batch.
    AppendKept(MailboxRef, u8),
    Refer(u8, i64),
    Step(Step),
}

/// One batch, perhaps with an expectation of a caller's row.
#[derive(Clone, Debug)]
struct BatchPlan {
    require: Option<(Key, Option<Vec<u8>>)>,
    plans: Vec<Plan>,
    reopen_before: bool,
}

pub(super) fn random_batches_agree_with_the_model<S: Subject>(cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let story = prop::collection::vec(batch_plan(), 1..40);
    TestRunner::new(config)
        .run(&story, |story| {
            tell::<S>(story);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}

fn boxes() -> impl Strategy<Value = MailboxRef> {
    (1u64..4).prop_map(mailbox)
}

fn patch() -> impl Strategy<Value = FlagPatch> {
    let flags = (0u8..32, any::<bool>()).prop_map(|(bits, keyword)| {
        let mut flags = FlagSet::from_system_bits(bits);
        if keyword {
            flags.insert_keyword("$Forwarded".parse().expect("a keyword")).expect("one");
        }
        flags
    });
    (flags, 0..3).prop_map(|(flags, how)| match how {
        0 => FlagPatch::Replace(flags),
        1 => FlagPatch::Add(flags),
        _ => FlagPatch::Remove(flags),
    })
}

fn key() -> impl Strategy<Value = Key> {
    (0u8..4).prop_map(|name| caller_key(&[name]))
}

fn plan() -> impl Strategy<Value = Plan> {
    let uid = || 1u32..14;
    let value = prop::collection::vec(any::<u8>(), 0..3);
    let counter = |by| Step::Add(CounterKey { tenant: TENANT, name: "n".into() }, by);
    prop_oneof![
        2 => boxes().prop_map(Step::Create).prop_map(Plan::Step),
        1 => boxes().prop_map(Step::Drop).prop_map(Plan::Step),
        6 => (boxes(), 0u8..6).prop_map(|(mailbox, body)| Plan::Append(mailbox, body)),
        1 => (boxes(), 0u8..6).prop_map(|(mailbox, body)| Plan::AppendKept(mailbox, body)),
        1 => (0u8..6, -1i64..3).prop_map(|(body, by)| Plan::Refer(body, by)),
        4 => (boxes(), uid(), patch()).prop_map(|(m, u, p)| Plan::Step(Step::Flag(m, u, p))),
        1 => (boxes(), uid(), patch(), 0u64..20).prop_map(|(m, u, p, s)| Plan::Step(Step::FlagSince(m, u, p, s))),
        2 => (boxes(), uid(), uid()).prop_map(|(m, a, b)| Plan::Step(Step::Expunge(m, a, b))),
        2 => (boxes(), uid(), boxes()).prop_map(|(a, u, b)| Plan::Step(Step::Copy(a, u, b))),
        2 => (boxes(), uid(), boxes()).prop_map(|(a, u, b)| Plan::Step(Step::Move(a, u, b))),
        1 => (key(), value).prop_map(|(k, v)| Plan::Step(Step::Put(k, v))),
        1 => key().prop_map(|k| Plan::Step(Step::Delete(k))),
        1 => (-3i64..4).prop_map(counter).prop_map(Plan::Step),
    ]
}

fn batch_plan() -> impl Strategy<Value = BatchPlan> {
    let require =
        prop::option::weighted(0.2, (key(), prop::option::of(prop::collection::vec(any::<u8>(), 0..2))));
    (require, prop::collection::vec(plan(), 1..5), prop::bool::weighted(0.05))
        .prop_map(|(require, plans, reopen_before)| BatchPlan { require, plans, reopen_before })
}

/// Tells one story to the engine and to the model.
fn tell<S: Subject>(story: Vec<BatchPlan>) {
    let runtime = runtime();
    let (mut subject, mut world) = (S::begin(), World::default());
    for plan in story {
        if plan.reopen_before {
            subject.reopen();
        }
        let store = subject.store();
        runtime.block_on(one_batch(&store, &mut world, &plan));
    }
    runtime.block_on(same_rows(&subject.store(), &world));
    subject.reopen();
    runtime.block_on(same_rows(&subject.store(), &world));
}

async fn one_batch(store: &Store, world: &mut World, plan: &BatchPlan) {
    let (batch, steps) = written(store, plan).await;
    let mut attempt = world.attempt();
    let mut expected = Ok(Vec::new());
    if let Some((key, value)) = &plan.require
        && world.rows.get(key) != value.as_ref()
    {
        expected = Err(Refused::Conflict);
    }
    for body in &batch.bodies {
        attempt.world.bodies.entry(body.id).or_default();
    }
    for step in &steps {
        let Ok(said) = &mut expected else { break };
        match attempt.step(step) {
            Ok(one) => said.push(one),
            Err(refused) => expected = Err(refused),
        }
    }
    let found = store.commit(batch).await;
    match (expected, found) {
        (Ok(said), Ok(committed)) => {
            let found: Vec<_> = committed.outcomes.into_iter().map(in_words).collect();
            assert_eq!(said, found);
            *world = attempt.world;
        }
        (Err(Refused::Conflict), Err(CommitError::Conflict(_)))
        | (Err(Refused::NoMailbox), Err(CommitError::NoMailbox(_)))
        | (Err(Refused::NoBody), Err(CommitError::NoBody(_))) => {}
        (expected, found) => panic!("the model says {expected:?}, the engine {found:?}"),
    }
}

fn in_words(outcome: Outcome) -> Said {
    let set = |uids: UidSet| uids.iter().map(Uid::get).collect();
    match outcome {
        Outcome::Done => Said::Done,
        Outcome::Filed { uid, mod_seq } => Said::Filed(uid.get(), mod_seq.0),
        Outcome::Updated { flags, mod_seq } => Said::Updated(flags, mod_seq.0),
        Outcome::Modified => Said::Modified,
        Outcome::Missing => Said::Missing,
        Outcome::Expunged { uids, .. } => Said::Expunged(set(uids)),
    }
}

fn content(number: u8) -> Vec<u8> {
    vec![number; usize::from(number) * 300 + 1]
}

async fn written(store: &Store, plan: &BatchPlan) -> (Batch, Vec<Step>) {
    let (mut batch, mut steps) = (Batch::new(UnixMillis(1)), Vec::new());
    if let Some((key, value)) = &plan.require {
        let expect = value.clone().map_or(crate::Expect::Absent, crate::Expect::Is);
        batch.require.push((key.clone(), expect));
    }
    for plan in &plan.plans {
        let step = match plan {
            Plan::Append(mailbox, number) => {
                let body = stage(store, &content(*number)).await;
                let step = Step::Append(*mailbox, body.id, body.size);
                batch.bodies.push(body);
                step
            }
            Plan::AppendKept(mailbox, number) => {
                let StagedBody { id, size, .. } = stage(store, &content(*number)).await;
                Step::Append(*mailbox, id, size)
            }
            Plan::Refer(number, by) => Step::Refer(stage(store, &content(*number)).await.id, *by),
            Plan::Step(step) => step.clone(),
        };
        batch.ops.push(op(&step));
        steps.push(step);
    }
    (batch, steps)
}

fn op(step: &Step) -> Op {
    let uid = |uid: u32| Uid::new(uid).expect("not zero");
    match step.clone() {
        Step::Create(mailbox) => Op::CreateMailbox(mailbox, UidValidity::MIN),
        Step::Drop(mailbox) => Op::DropMailbox(mailbox),
        Step::Append(mailbox, body, size) => Op::Append(mailbox, message(body, size)),
        Step::Flag(mailbox, number, patch) => {
            Op::Update { mailbox, uid: uid(number), patch, unchanged_since: None }
        }
        Step::FlagSince(mailbox, number, patch, since) => {
            Op::Update { mailbox, uid: uid(number), patch, unchanged_since: Some(ModSeq(since)) }
        }
        Step::Expunge(mailbox, low, high) => {
            Op::Expunge { mailbox, uids: UidSet::range(uid(low), uid(high)) }
        }
        Step::Copy(from, number, to) => Op::Copy { from, uid: uid(number), to },
        Step::Move(from, number, to) => Op::Move { from, uid: uid(number), to },
        Step::Put(key, value) => Op::Put(key, value),
        Step::Delete(key) => Op::Delete(key),
        Step::Add(counter, by) => Op::Add(counter, by),
        Step::Refer(body, by) => Op::Refer(BodyKey { tenant: TENANT, body }, by),
    }
}

async fn list<K: TypedKey>(store: &Store) -> Vec<(K, K::Value)> {
    store.list(&Key::new(K::SPACE, TENANT)).await.expect("reads")
}

/// Holds every row of the store against the model.
async fn same_rows(store: &Store, world: &World) {
    let found = World {
        mailboxes: mailboxes(store).await,
        changes: changes(store).await,
        rows: caller_rows(store).await,
        counters: list::<CounterKey>(store).await.into_iter().map(|(key, value)| (key.name, value)).collect(),
        bodies: world.bodies.clone(),
    };
    assert_eq!(&found, world);
    bodies_are_counted(store, world).await;
    usage_is_counted(store, world).await;
}

async fn mailboxes(store: &Store) -> BTreeMap<MailboxRef, Mailbox> {
    let mut found = BTreeMap::new();
    let flags: BTreeMap<_, _> = list::<FlagsKey>(store).await.into_iter().collect();
    let messages = list::<MessageKey>(store).await;
    assert_eq!(flags.len(), messages.len());
    for (key, state) in list::<MailboxStateKey>(store).await {
        let own = messages.iter().filter(|(message, _)| message.mailbox == key.0).map(|(message, entry)| {
            let row = &flags[&FlagsKey { mailbox: message.mailbox, uid: message.uid }];
            assert_eq!((row.size, row.internal_date), (entry.size, entry.internal_date));
            let (flags, mod_seq) = (row.flags.clone(), row.mod_seq.0);
            (message.uid.get(), Message { body: entry.body, size: entry.size, flags, mod_seq })
        });
        let (uid_next, highest) = (state.uid_next.get(), state.highest_mod_seq.0);
        let mailbox = Mailbox { uid_next, highest, messages: own.collect() };
        let counted = (mailbox.messages.len(), mailbox.unseen(), mailbox.deleted(), mailbox.bytes());
        assert_eq!((state.exists as usize, state.unseen, state.deleted, state.bytes), counted);
        found.insert(key.0, mailbox);
    }
    let of_mailboxes: usize = found.values().map(|mailbox| mailbox.messages.len()).sum();
    assert_eq!(of_mailboxes, messages.len(), "no message without its mailbox");
    found
}

async fn changes(store: &Store) -> BTreeMap<(MailboxRef, u64), Change> {
    let set = |uids: &UidSet| uids.iter().map(Uid::get).collect();
    let rows = list::<ChangeKey>(store).await.into_iter();
    let change = |row: &crate::Change| Change { flags: set(&row.flags), expunged: set(&row.expunged) };
    rows.map(|(key, row)| ((key.mailbox, key.mod_seq.0), change(&row))).collect()
}

async fn caller_rows(store: &Store) -> BTreeMap<Key, Vec<u8>> {
    let range = crate::KeyRange::prefix(&Key::new(Keyspace::Address, TENANT));
    let rows = store.scan(&range, 1000).await.expect("scans");
    rows.into_iter().map(|row| (row.key, row.value.to_vec())).collect()
}

async fn bodies_are_counted(store: &Store, world: &World) {
    let rows = list::<BodyKey>(store).await.into_iter();
    let counted: BTreeMap<BodyId, u64> = rows.map(|(key, entry)| (key.body, entry.references)).collect();
    assert_eq!(counted, world.bodies);
    let messages = world.mailboxes.values().flat_map(|mailbox| mailbox.messages.values());
    for message in messages {
        let content = store.read_body(TENANT, message.body, 0..u64::MAX).await.expect("reads");
        assert_eq!(content.len() as u64, message.size);
    }
}

async fn usage_is_counted(store: &Store, world: &World) {
    for account in [1, 2].map(AccountId::new) {
        let own =
            || world.mailboxes.iter().filter(|(key, _)| key.account == account).map(|(_, mailbox)| mailbox);
        let usage =
            store.load(&UsageKey { tenant: TENANT, account }).await.expect("reads").unwrap_or_default();
        assert_eq!(usage.bytes, own().map(Mailbox::bytes).sum::<u64>());
        assert_eq!(usage.messages, own().map(|mailbox| mailbox.messages.len() as u64).sum::<u64>());
    }
}

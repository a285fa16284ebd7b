//! Random batches, one after the other, held against the model: every outcome, every row, every body.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::mem::{Discriminant, discriminant};

use ::model::{
    AccountId, MailboxId, MailboxRef, ModSeq, QueueId, TenantId, Uid, UidSet, UidValidity, UnixMillis,
};
use bytes::Bytes;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tokio::runtime::Runtime;

use super::Subject;
use super::compare::{same_bodies, same_rows};
use super::kit::{noise, runtime};
use super::model::{Attempt, Refused, World};
use super::plan::{BatchPlan, Plan, Require, SLOTS, Slot, story};
use crate::{
    Batch, BodyKey, CounterKey, Expect, Key, Keyspace, Lane, MailboxState, MailboxStateKey, NewMessage, Op,
    Outcome, Record, Spool, StagedBody, Store, TypedKey,
};

/// So many random stories of some dozens of operations, each in two municipalities of its own, all in one store.
///
/// The same stories each time, or others with `PROPTEST_RNG_SEED`.
pub fn stories<S: Subject>(cases: u32) {
    let mut config = Config { cases, failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7162);
    }
    let (runtime, shelf) = (runtime(), RefCell::new(Shelf { subject: S::begin(), told: Vec::new() }));
    let tell = |story: Vec<BatchPlan>| {
        shelf.borrow_mut().tell(&runtime, &story);
        Ok(())
    };
    TestRunner::new(config).run(&story(), tell).unwrap_or_else(|error| panic!("{error}"));
    let shelf = shelf.into_inner();
    assert!(cases < 100 || shelf.varied(), "the stories leave out an answer");
    shelf.read_again(&runtime);
}

/// The store with all stories told so far.
struct Shelf<S> {
    subject: S,
    told: Vec<Story>,
}

impl<S: Subject> Shelf<S> {
    fn tell(&mut self, runtime: &Runtime, plans: &[BatchPlan]) {
        let number = u32::try_from(self.told.len()).expect("few stories");
        self.told.push(Story::new(number));
        let story = self.told.last_mut().expect("just begun");
        runtime.block_on(story.open(&self.subject.store()));
        for plan in plans {
            if plan.reopen_before {
                self.subject.reopen();
                runtime.block_on(same_rows(&self.subject.store(), &story.world, story.tenants(), 1000));
            }
            runtime.block_on(story.go_on(&self.subject.store(), plan));
        }
        runtime.block_on(story.check(&self.subject.store(), 1 + plans.len() % 5));
    }

    /// Has every answer come in some story?
    fn varied(&self) -> bool {
        let outcomes: HashSet<_> = self.told.iter().flat_map(|story| &story.outcomes).collect();
        let refusals: HashSet<_> = self.told.iter().flat_map(|story| &story.refusals).collect();
        (outcomes.len(), refusals.len()) == (6, 4)
    }

    /// No story has touched another, and all are there after a reopen.
    fn read_again(mut self, runtime: &Runtime) {
        for again in [false, true] {
            if again {
                self.subject.reopen();
            }
            for story in &self.told {
                runtime.block_on(story.check(&self.subject.store(), 1000));
            }
        }
    }
}

/// One story: what the model holds, and how the plan's words are meant.
#[derive(Default)]
struct Story {
    number: u32,
    world: World,
    /// The mailbox that is or was last at each slot.
    places: BTreeMap<Slot, MailboxRef>,
    mailboxes: u64,
    batches: u64,
    outcomes: HashSet<Discriminant<Outcome>>,
    refusals: HashSet<Discriminant<Refused>>,
}

impl Story {
    fn new(number: u32) -> Self {
        let mut story = Self { number, ..Self::default() };
        for slot in 0..SLOTS {
            story.new_place(slot);
        }
        story
    }

    fn tenants(&self) -> [TenantId; 2] {
        [0, 1].map(|which| TenantId::new(1000 + 2 * self.number + which))
    }

    fn tenant_of(&self, slot: Slot) -> TenantId {
        self.tenants()[usize::from(slot == SLOTS - 1)]
    }

    fn new_place(&mut self, slot: Slot) {
        self.mailboxes += 1;
        let account = AccountId::new(if slot == 2 { 2 } else { 1 });
        let place =
            MailboxRef { tenant: self.tenant_of(slot), account, mailbox: MailboxId::new(self.mailboxes) };
        self.places.insert(slot, place);
    }

    /// Every slot has a mailbox from the start, so that stories have something to tell.
    async fn open(&mut self, store: &Store) {
        let plans = (0..SLOTS).map(Plan::Create).collect();
        let first = BatchPlan { require: Vec::new(), plans, bulk: false, reopen_before: false };
        self.go_on(store, &first).await;
    }

    async fn go_on(&mut self, store: &Store, plan: &BatchPlan) {
        self.batches += 1;
        let mut batch = Batch::new(UnixMillis(1_000 * self.batches));
        batch.lane = if plan.bulk { Lane::Bulk } else { Lane::Interactive };
        batch.require = plan.require.iter().map(|require| self.expectation(require)).collect();
        let mut attempt = Attempt::new(&self.world, batch.at);
        let letters = self.stage(store, plan, &mut batch, &mut attempt).await;
        let mut expected = attempt.require(&batch).map(|()| Vec::new());
        for (plan, letter) in plan.plans.iter().zip(letters) {
            let Some(op) = self.op(plan, letter.as_ref(), &attempt.world, batch.at) else { continue };
            if let Ok(outcomes) = &mut expected {
                match attempt.step(&op) {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(refused) => expected = Err(refused),
                }
            }
            batch.ops.push(op);
        }
        let found = store.commit(batch.clone()).await;
        match (expected, found) {
            (Ok(expected), Ok(committed)) => {
                assert_eq!(expected, committed.outcomes, "outcomes of {batch:#?}");
                self.outcomes.extend(expected.iter().map(discriminant));
                self.world = attempt.world;
            }
            (Err(expected), Err(error)) if Refused::from_engine(&error).as_ref() == Some(&expected) => {
                self.refusals.insert(discriminant(&expected));
                same_rows(store, &self.world, self.tenants(), 1000).await;
            }
            (expected, found) => panic!("the model says {expected:?}, the engine {found:?}, of {batch:#?}"),
        }
    }

    /// Stages the letter of each plan that has one; those that come with the batch are put into it.
    async fn stage(
        &self,
        store: &Store,
        plan: &BatchPlan,
        batch: &mut Batch,
        attempt: &mut Attempt,
    ) -> Vec<Option<StagedBody>> {
        let mut letters = Vec::new();
        for plan in &plan.plans {
            let (of, letter, comes) = match plan {
                Plan::Append { to, letter, with_body, .. } => (*to, *letter, *with_body),
                Plan::Bring { of, letter } => (*of, *letter, true),
                Plan::Refer { of, letter, .. } => (*of, *letter, false),
                _ => {
                    letters.push(None);
                    continue;
                }
            };
            let (content, derived) = letter_of(letter);
            let tenant = self.tenant_of(of);
            let staged =
                store.stage(tenant, Spool::from_bytes(content), derived.into()).await.expect("staged");
            if comes {
                attempt.bring(tenant, staged.id, staged.size);
                batch.bodies.push(staged.clone());
            }
            letters.push(Some(staged));
        }
        letters
    }

    fn expectation(&self, require: &Require) -> (Key, Expect) {
        let (key, holds) = match require {
            Require::Absent(name) => return (self.row(*name), Expect::Absent),
            Require::Present(name) => return (self.row(*name), Expect::Present),
            Require::Row(name, holds) => (self.row(*name), *holds),
            Require::State(slot, holds) => (MailboxStateKey(self.places[slot]).to_key(), *holds),
        };
        let other = MailboxState::new(UidValidity::MAX).encode();
        match self.world.value(&key) {
            Some(value) if holds => (key, Expect::Is(value)),
            None if holds => (key, Expect::Absent),
            _ => (key, Expect::Is(other)),
        }
    }

    /// A caller's row; the names are spread over both municipalities and over two keyspaces.
    fn row(&self, name: u8) -> Key {
        let space = if name == 0 { Keyspace::Audit } else { Keyspace::Address };
        Key::new(space, self.tenants()[usize::from(name == 2)]).with_bytes(&[name])
    }

    /// `None` for a plan that comes to no operation.
    fn op(&mut self, plan: &Plan, letter: Option<&StagedBody>, world: &World, at: UnixMillis) -> Option<Op> {
        if let Plan::Create(slot) = plan
            && !world.mailboxes.contains_key(&self.places[slot])
        {
            self.new_place(*slot);
        }
        let here = |slot: &Slot| self.places[slot];
        let body = |of: &Slot| BodyKey { tenant: self.tenant_of(*of), body: letter.expect("staged").id };
        Some(match plan {
            Plan::Create(slot) => Op::CreateMailbox(here(slot), UidValidity::new(self.number + 1)?),
            Plan::Drop(slot) => Op::DropMailbox(here(slot)),
            Plan::Append { to, flags, .. } => {
                let new = new_message(letter.expect("staged"), flags.clone(), at);
                Op::Append(here(to), new)
            }
            Plan::Bring { .. } => return None,
            Plan::Update { of, pick, patch, since } => {
                let mailbox = here(of);
                let highest = world.mailboxes.get(&mailbox).map_or(0, |found| found.highest.0);
                let unchanged_since = since.map(|back| ModSeq(highest.saturating_sub(back.into())));
                let uid = picked(world, mailbox, *pick);
                Op::Update { mailbox, uid, patch: patch.clone(), unchanged_since }
            }
            Plan::Expunge { of, low, high } => {
                let mailbox = here(of);
                let (low, high) = (picked(world, mailbox, *low), picked(world, mailbox, *high));
                Op::Expunge { mailbox, uids: UidSet::range(low, high) }
            }
            Plan::Copy { from, pick, to, moved } => {
                let (from, to) = (here(from), here(to));
                if from.tenant != to.tenant {
                    return None;
                }
                let uid = picked(world, from, *pick);
                if *moved { Op::Move { from, uid, to } } else { Op::Copy { from, uid, to } }
            }
            Plan::Touch(of) => Op::Touch(here(of)),
            Plan::Forget { of, pick } => {
                let mailbox = here(of);
                let known = world.changes.keys().filter(|(of, _)| *of == mailbox).map(|(_, at)| *at);
                Op::Forget {
                    mailbox,
                    mod_seqs: known.take((*pick % 4).into()).chain([ModSeq(999)]).collect(),
                }
            }
            Plan::Refer { of, up, .. } => {
                let key = body(of);
                let given = world.bodies.get(&(key.tenant, key.body)).is_some_and(|body| body.others > 0);
                Op::Refer(key, if *up || !given { 1 } else { -1 })
            }
            Plan::Put(name, value) => Op::Put(self.row(*name), value.clone()),
            Plan::Delete(name) => Op::Delete(self.row(*name)),
            Plan::Add(name, by) => {
                let tenant = self.tenants()[usize::from(*name == 2)];
                Op::Add(CounterKey { tenant, name: format!("count {name}") }, *by)
            }
        })
    }

    async fn check(&self, store: &Store, page: usize) {
        same_rows(store, &self.world, self.tenants(), page).await;
        same_bodies(store, &self.world).await;
    }
}

/// Mostly a message that is there, now and then one that is gone or not yet come.
fn picked(world: &World, mailbox: MailboxRef, pick: u8) -> Uid {
    let Some(found) = world.mailboxes.get(&mailbox) else { return Uid::MIN };
    let (there, pick) = (found.messages.len(), usize::from(pick));
    if there > 0 && !pick.is_multiple_of(8) {
        return *found.messages.keys().nth(pick % there).expect("less than their number");
    }
    let number = u32::try_from(pick).expect("an octet") % (found.uid_next.get() + 1);
    Uid::new(number + 1).expect("not zero")
}

fn new_message(letter: &StagedBody, flags: ::model::FlagSet, at: UnixMillis) -> NewMessage {
    NewMessage {
        body: letter.id,
        size: letter.size,
        internal_date: UnixMillis(at.0 / 3),
        zone: ::model::Zone::minutes_east(i16::try_from(at.0 % 120).expect("small")),
        flags,
        queue_id: QueueId::new(at.0 + 5),
        // At the bound and one octet over it for some letters.
        envelope: Bytes::from(vec![b'e'; usize::try_from(letter.size % 3).expect("small") + 1_023]),
        lineage: Bytes::from(vec![b'l'; usize::try_from(at.0 % 4).expect("small") * 8]),
    }
}

/// Content and derived data of a letter, always the same; kept in the journal or not, in one block or several.
pub(super) fn letter_of(letter: u8) -> (Vec<u8>, Vec<u8>) {
    let len = [0, 1, 301, 3_000, 5_001, 20_000, 140_000][usize::from(letter)];
    (noise(letter.into(), len), vec![letter; usize::from(letter) * 40])
}

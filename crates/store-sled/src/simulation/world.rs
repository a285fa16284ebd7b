//! An engine without threads over a [`FaultyDisk`], beside a model of what it must hold.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use model::{
    AccountId, FlagPatch, FlagSet, MailboxId, MailboxRef, QueueId, SystemFlag, TenantId, Uid, UidSet,
    UidValidity, UnixMillis,
};
use store::{
    Batch, BodyEntry, BodyId, BodyKey, CommitError, Committed, CounterKey, Key, Keyspace, Layer, NewMessage,
    Op, Placer, Record, Spool, StagedBody, TypedKey, resolve,
};
use tokio::sync::oneshot;

use crate::applied::{Applied, IndexOpen, Tree};
use crate::body_log::Place;
use crate::committer::Committer;
use crate::core::Core;
use crate::options::Options;
use crate::queue::{Request, Work};
use crate::recover::{OpenError, OpenReport, Parts, open};
use crate::stage::stage;
use crate::testing::{FaultyDisk, Random};

pub(super) const DIR: &str = "/store";
const TENANT: TenantId = TenantId::new(1);

/// Rows as the model keeps them: without the engine's own words.
pub(super) type Rows = BTreeMap<Key, Bytes>;

pub(super) fn options() -> Options {
    Options {
        journal_segment_octets: 8 << 10,
        journal_segment_octets_min: 8 << 10,
        body_segment_octets: 8 << 10,
        body_reserve_octets: 1 << 10,
        group_octets_max: 3 << 10,
        inline_octets_max: 400,
        inline_batch_octets_max: 1 << 10,
        apply_rows: 6,
        free_octets_min: 0,
        free_octets_least: 0,
        ..Options::default()
    }
}

/// An engine that is open.
pub(super) struct Life {
    pub(super) core: Arc<Core>,
    pub(super) committer: Committer,
    pub(super) tree: Arc<Tree>,
    pub(super) report: OpenReport,
}

/// Opens with `tree` as what was left of the index.
pub(super) fn live(disk: &FaultyDisk, tree: Tree, options: Options) -> Result<Life, OpenError> {
    let mut tree = Arc::new(tree);
    let mut index = |anew: bool| -> std::io::Result<(Arc<dyn Applied>, IndexOpen)> {
        if anew {
            tree = Arc::new(Tree::default());
        }
        Ok((tree.clone(), if anew { IndexOpen::Anew } else { IndexOpen::Plain }))
    };
    let files = Arc::new(disk.clone());
    let parts = Parts { files, dir: Path::new(DIR), options, index: &mut index, lock: None, rebuild: false };
    let (core, committer, report) = open(parts)?;
    Ok(Life { core, committer, tree, report })
}

impl Life {
    /// Commits all as the committer finds them in its queue.
    pub(super) fn commit(&mut self, work: Vec<Work>) -> Vec<Result<Committed, CommitError>> {
        let (requests, answers): (Vec<_>, Vec<_>) = work
            .into_iter()
            .map(|work| {
                let (reply, answer) = oneshot::channel();
                (Request { work, reply, permits: Vec::new() }, answer)
            })
            .unzip();
        self.committer.commit(requests);
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
    }
    pub(super) fn stage(&self, content: &[u8]) -> StagedBody {
        let content = Spool::from_bytes(content.to_vec());
        stage(&self.core, TENANT, &content, &Bytes::from_static(b"derived")).unwrap()
    }
    /// All rows, as the model has them, and every body held against its content.
    pub(super) fn rows(&self, contents: &HashMap<BodyId, Vec<u8>>) -> Rows {
        let mut rows = self.tree.rows();
        for (key, value) in &mut rows {
            if let Some(body) = body_key(key) {
                let entry = BodyEntry::decode(value).unwrap();
                let place = Place::decode(&entry.place).unwrap();
                let secret = self.core.tenant_key(body.tenant);
                let content = self.core.bodies.read(place, body.body, &secret, 0..u64::MAX).unwrap();
                assert_eq!(content, contents[&body.body]);
                assert_eq!(self.core.bodies.derived(place, body.body).unwrap(), "derived");
                *value = without_place(entry);
            }
        }
        rows
    }
    /// A few bodies with their places, for the sweeper's work.
    pub(super) fn bodies(&self) -> Vec<(BodyKey, Place)> {
        let rows = self.tree.rows();
        let places = rows.iter().filter_map(|(key, value)| {
            Some((body_key(key)?, Place::decode(&BodyEntry::decode(value).ok()?.place)?))
        });
        places.collect()
    }
}

fn body_key(key: &Key) -> Option<BodyKey> {
    if key.space() == Some(Keyspace::Body) { BodyKey::from_key(key) } else { None }
}

fn without_place(mut entry: BodyEntry) -> Bytes {
    entry.place.clear();
    entry.encode().into()
}

struct Nowhere;

impl Placer for Nowhere {
    fn place(&mut self, _: &StagedBody) -> Result<Vec<u8>, CommitError> {
        Ok(Vec::new())
    }
}

/// What a batch does to the model.
pub(super) fn expect(rows: &mut Rows, work: &Work) -> Result<Committed, CommitError> {
    match work {
        Work::Batch(batch) => {
            let resolved = resolve(batch, rows, &Layer::default(), &mut Nowhere)?;
            for (key, value) in resolved.writes {
                match value {
                    Some(value) => rows.insert(key, value),
                    None => rows.remove(&key),
                };
            }
            Ok(Committed { outcomes: resolved.outcomes })
        }
        Work::Sweep { bodies, before } => {
            for body in bodies {
                let entry = rows.get(&body.to_key()).map(|value| BodyEntry::decode(value).unwrap());
                if entry.is_some_and(|entry| entry.references == 0 && entry.unreferenced_since < *before) {
                    rows.remove(&body.to_key());
                }
            }
            Ok(Committed { outcomes: Vec::new() })
        }
        Work::Relocate { .. } => Ok(Committed { outcomes: Vec::new() }),
    }
}

pub(super) fn mailbox(number: u64) -> MailboxRef {
    MailboxRef { tenant: TENANT, account: AccountId::new(1), mailbox: MailboxId::new(number) }
}

/// Makes up batches.
pub(super) struct Author<'a> {
    pub(super) random: &'a mut Random,
    pub(super) contents: &'a mut HashMap<BodyId, Vec<u8>>,
    pub(super) now: u64,
}

impl Author<'_> {
    fn mailbox(&mut self) -> MailboxRef {
        mailbox(1 + self.random.below(2))
    }
    fn uid(&mut self) -> Uid {
        Uid::new(1 + u32::try_from(self.random.below(12)).unwrap()).unwrap()
    }
    /// Letters of which some ride in the journal and some do not; some are equal.
    fn content(&mut self) -> Vec<u8> {
        let len = [5, 40, 200, 700, 1500][usize::try_from(self.random.below(5)).unwrap()];
        let seed = self.random.below(40);
        let mut octets = vec![0; len];
        blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut octets);
        octets
    }
    pub(super) fn batch(&mut self, life: &Life) -> Work {
        let mut batch = Batch::new(UnixMillis(self.now));
        for _ in 0..=self.random.below(2) {
            let op = self.op(life, &mut batch);
            batch.ops.push(op);
        }
        Work::Batch(batch)
    }
    fn op(&mut self, life: &Life, batch: &mut Batch) -> Op {
        let (mailbox, uid) = (self.mailbox(), self.uid());
        match self.random.below(12) {
            0 => Op::CreateMailbox(mailbox, UidValidity::MIN),
            1..=5 => {
                let content = self.content();
                let body = life.stage(&content);
                self.contents.insert(body.id, content);
                let message = message(&body);
                batch.bodies.push(body);
                Op::Append(mailbox, message)
            }
            6 | 7 => {
                let mut seen = FlagSet::new();
                seen.set(SystemFlag::Seen);
                let patch =
                    if self.random.once_in(2) { FlagPatch::Add(seen) } else { FlagPatch::Remove(seen) };
                Op::Update { mailbox, uid, patch, unchanged_since: None }
            }
            8 | 9 => Op::Expunge { mailbox, uids: UidSet::range(uid, self.uid()) },
            10 => Op::Move { from: mailbox, uid, to: self.mailbox() },
            _ => {
                let counter = CounterKey { tenant: TENANT, name: "letters".into() };
                Op::Add(counter, 1)
            }
        }
    }
}

pub(super) fn message(body: &StagedBody) -> NewMessage {
    NewMessage {
        body: body.id,
        size: body.size,
        internal_date: UnixMillis(3),
        zone: model::Zone::UTC,
        flags: FlagSet::new(),
        queue_id: QueueId::new(0),
        envelope: Bytes::new(),
        lineage: Bytes::new(),
    }
}

/// A batch that files one letter, and one that makes the mailbox.
pub(super) fn append(life: &Life, number: u64, content: &[u8]) -> Work {
    let body = life.stage(content);
    let mut batch = Batch::new(UnixMillis(1));
    batch.ops.push(Op::Append(mailbox(number), message(&body)));
    batch.bodies.push(body);
    Work::Batch(batch)
}

pub(super) fn create(number: u64) -> Work {
    let mut batch = Batch::new(UnixMillis(1));
    batch.ops.push(Op::CreateMailbox(mailbox(number), UidValidity::MIN));
    Work::Batch(batch)
}

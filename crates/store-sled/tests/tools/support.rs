//! A filled store, and hands that reach behind its back.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use model::{
    AccountId, FlagPatch, FlagSet, MailboxId, MailboxRef, QueueId, SystemFlag, TenantId, Uid, UidSet,
    UidValidity, UnixMillis,
};
use store::{
    Batch, BodyId, BodyKey, Entry, Key, KeyRange, Keyspace, NewMessage, Op, Record, RecordError, Spool,
    Store, TypedKey,
};
use store_sled::{
    CheckReport, FileRecovered, Handle, OpenError, Options, RebuildHooks, RebuildReport, SledEngine,
};

pub(crate) const TENANT: TenantId = TenantId::new(1);
pub(crate) const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

pub(crate) fn mailbox(account: u64, mailbox: u64) -> MailboxRef {
    MailboxRef { tenant: TENANT, account: AccountId::new(account), mailbox: MailboxId::new(mailbox) }
}

pub(crate) fn options() -> Options {
    Options { cache_octets: 8 << 20, journal_segment_octets: 4 << 20, ..Options::default() }
}

/// A store in a folder of its own.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) runtime: tokio::runtime::Runtime,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { folder, runtime }
    }
    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    pub(crate) fn open(&self) -> (Store, Handle) {
        open(&self.dir())
    }
    /// Three accounts with letters, flags, an expunge, and a route; closed.
    pub(crate) fn filled() -> Self {
        let place = Self::new();
        let (store, handle) = place.open();
        place.runtime.block_on(fill(&store));
        drop(store);
        handle.close().unwrap();
        place
    }
    pub(crate) fn check(&self) -> CheckReport {
        store_sled::check(&self.dir(), options(), &routes, &mut |_, _| {}).unwrap()
    }
    /// Fills the store with `change` and closes it.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&Store, &Handle, &tokio::runtime::Runtime) -> T) -> T {
        let (store, handle) = self.open();
        let done = change(&store, &handle, &self.runtime);
        drop(store);
        handle.close().unwrap();
        done
    }
    pub(crate) fn rebuild(&self, from: Option<&Path>) -> Result<RebuildReport, OpenError> {
        let mut file =
            |store: &Store, letters: &[store_sled::Recovered]| file_all(&self.runtime, store, letters);
        rebuild(&self.dir(), from, &mut file)
    }
}

pub(crate) fn open(dir: &Path) -> (Store, Handle) {
    SledEngine::open(dir, options()).unwrap()
}

pub(crate) fn rebuild(
    dir: &Path,
    from: Option<&Path>,
    file: &mut FileRecovered<'_>,
) -> Result<RebuildReport, OpenError> {
    let hooks = RebuildHooks { inspect: &routes, raise: &|_, _, _| None, file };
    store_sled::rebuild(dir, options(), from, NOW, hooks, &mut |_, _| {})
}

/// A folder for recovered letters, made by hand: mailbox 99 of each account.
fn file_all(
    runtime: &tokio::runtime::Runtime,
    store: &Store,
    letters: &[store_sled::Recovered],
) -> Result<(), String> {
    for letter in letters {
        let into = MailboxRef { mailbox: MailboxId::new(99), ..letter.mailbox };
        let mut batch = Batch::new(NOW);
        batch.ops.push(Op::CreateMailbox(into, UidValidity::MIN));
        // It may be there already.
        let _ = runtime.block_on(store.commit(batch));
        let one = std::slice::from_ref(letter);
        let filed = store_sled::file_recovered(store, one, into, NOW);
        runtime.block_on(filed).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What stands for a route here: the name of a body.
pub(crate) fn routes(key: &Key, value: &[u8]) -> Result<Vec<BodyKey>, RecordError> {
    if key.space() != Some(Keyspace::Route) {
        return Ok(Vec::new());
    }
    let name = value.try_into().map_err(|_| RecordError::Damaged("no name"))?;
    Ok(vec![BodyKey { tenant: TENANT, body: BodyId(name) }])
}

pub(crate) fn letter(number: u64) -> Bytes {
    let len = if number.is_multiple_of(7) { 300_000 } else { 200 + number as usize * 37 };
    let mut text = format!("Subject: letter {number}\r\n\r\n").into_bytes();
    let mut noise = vec![0; len];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut noise);
    text.extend(noise);
    text.into()
}

pub(crate) async fn append(store: &Store, to: &[MailboxRef], number: u64) -> BodyId {
    let content = letter(number);
    let size = content.len() as u64;
    let derived = Bytes::from(format!("derived {number}"));
    let staged = store.stage(TENANT, Spool::from_bytes(content), derived).await.unwrap();
    let body = staged.id;
    let mut batch = Batch::new(NOW);
    batch.bodies.push(staged);
    for mailbox in to {
        let (internal_date, queue_id) = (UnixMillis(number), QueueId::new(number));
        let envelope = Bytes::from_static(b"(envelope)");
        let (zone, flags, lineage) = (model::Zone::UTC, FlagSet::new(), Bytes::new());
        let message = NewMessage { body, size, internal_date, zone, flags, queue_id, envelope, lineage };
        batch.ops.push(Op::Append(*mailbox, message));
    }
    store.commit(batch).await.unwrap();
    body
}

async fn fill(store: &Store) {
    let mut batch = Batch::new(NOW);
    for account in 1..=3 {
        for number in 1..=2 {
            batch.ops.push(Op::CreateMailbox(mailbox(account, number), UidValidity::new(7).unwrap()));
        }
    }
    batch.ops.push(Op::Put(Key::new(Keyspace::Account, TENANT).with_u64(1), b"an account".to_vec()));
    store.commit(batch).await.unwrap();
    for number in 0..30 {
        let to = [mailbox(1 + number % 3, 1), mailbox(1 + (number + 1) % 3, 2)];
        append(store, &to[..1 + (number % 2) as usize], number).await;
    }
    let body = append(store, &[mailbox(1, 1)], 100).await;
    let mut batch = Batch::new(NOW);
    batch.ops.push(Op::Refer(BodyKey { tenant: TENANT, body }, 1));
    batch.ops.push(Op::Put(Key::new(Keyspace::Route, TENANT).with_u64(5), body.0.to_vec()));
    let uid = |number| Uid::new(number).unwrap();
    let patch = FlagPatch::Add([SystemFlag::Seen].into_iter().collect());
    batch.ops.push(Op::Update { mailbox: mailbox(1, 1), uid: uid(2), patch, unchanged_since: None });
    batch.ops.push(Op::Expunge { mailbox: mailbox(2, 1), uids: UidSet::range(uid(1), uid(2)) });
    batch.ops.push(Op::Move { from: mailbox(1, 1), uid: uid(1), to: mailbox(1, 2) });
    store.commit(batch).await.unwrap();
}

/// All rows.
pub(crate) async fn rows(store: &Store) -> Vec<Entry> {
    let (mut range, mut all) = (KeyRange { low: Vec::new(), high: None }, Vec::new());
    loop {
        let page = store.scan(&range, 1000).await.unwrap();
        let Some(last) = page.last().map(|row| row.key.clone()) else { return all };
        all.extend(page);
        range = range.after(&last);
    }
}

/// Writes into sled itself, with the checksum that the engine puts behind a value.
pub(crate) fn plant(dir: &Path, key: &Key, value: Option<&[u8]>) {
    plant_sealed(
        dir,
        key,
        value.map(|value| {
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(key.as_bytes());
            hasher.update(value);
            [value, &hasher.finalize().to_le_bytes()[..]].concat()
        }),
    );
}

pub(crate) fn plant_sealed(dir: &Path, key: &Key, value: Option<Vec<u8>>) {
    let db = sled::open(dir.join("index")).unwrap();
    match value {
        Some(value) => db.insert(key.as_bytes(), value).unwrap(),
        None => db.remove(key.as_bytes()).unwrap(),
    };
    db.flush().unwrap();
}

pub(crate) fn plant_row<K: TypedKey>(dir: &Path, key: &K, value: &K::Value) {
    plant(dir, &key.to_key(), Some(&value.encode()));
}

/// The row at a key, read behind the back of the engine.
pub(crate) fn peek<K: TypedKey>(dir: &Path, key: &K) -> K::Value {
    let db = sled::open(dir.join("index")).unwrap();
    let sealed = db.get(key.to_key().as_bytes()).unwrap().unwrap();
    K::Value::decode(&sealed[..sealed.len() - 4]).unwrap()
}

/// Changes one octet of a file.
pub(crate) fn flip(path: &Path, at: usize) {
    let mut octets = std::fs::read(path).unwrap();
    octets[at] ^= 0x10;
    std::fs::write(path, octets).unwrap();
}

/// Does a finding that is an error say so, in both languages?
pub(crate) fn names(report: &CheckReport, at: &str, what: &str) -> bool {
    report.findings.iter().any(|finding| {
        finding.severity == store_sled::Severity::Error
            && finding.at.contains(at)
            && finding.text.en.contains(what)
            && !finding.text.sv.is_empty()
    })
}

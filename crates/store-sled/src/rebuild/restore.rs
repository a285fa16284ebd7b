//! A store from an export: made beside its place and moved there when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use model::UnixMillis;
use store::{BodyEntry, BodyKey, Key, Record, StoreError, TypedKey};

use super::validity::raise_all;
use super::{Raise, RebuildHooks, RebuildReport, mend};
use crate::applied::{Applied, SledTree};
use crate::base;
use crate::body_log::BodyLog;
use crate::check::{Progress, verify_record};
use crate::committer::apply;
use crate::export::{Loaded, load};
use crate::files::{Disk, Files};
use crate::handle::Handle;
use crate::journal::{Journal, Segments};
use crate::marks::MarkFile;
use crate::options::Options;
use crate::recover::{OpenError, write_secret};

const ROWS: usize = 1000;

pub(super) fn restore(
    dir: &Path,
    options: Options,
    export: &Path,
    now: UnixMillis,
    hooks: RebuildHooks<'_>,
    progress: &mut Progress<'_>,
) -> Result<RebuildReport, OpenError> {
    must_be_empty(dir)?;
    let half = beside(dir);
    remove_half(&half)?;
    let done = fill(&half, &options, export, now, hooks.raise, progress).and_then(|()| {
        let opened = Handle::recover(Arc::new(Disk), &half, options, false)?;
        mend(opened, now, hooks, progress)
    });
    let moved = done.and_then(|report| {
        move_into_place(&half, dir).map_err(OpenError::io("moving the restored store to its place"))?;
        Ok(report)
    });
    if moved.is_err() {
        remove_half(&half)?;
    }
    moved
}

/// The name under which the store comes to be.
fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push(".restoring");
    PathBuf::from(name)
}

/// What a start that found nothing may have made is no store.
fn must_be_empty(dir: &Path) -> Result<(), OpenError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(OpenError::io("looking into the store's folder"))?,
    };
    for entry in entries {
        let entry = entry.map_err(OpenError::io("looking into the store's folder"))?;
        if entry.file_name() != "lock" && entry.file_name() != "spool" {
            return Err(OpenError::NotEmpty(dir.to_path_buf()));
        }
    }
    Ok(())
}

fn remove_half(half: &Path) -> Result<(), OpenError> {
    match fs::remove_dir_all(half) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(OpenError::io("removing half a restore")),
    }
}

/// One rename makes it the store; a folder that is there is replaced only while it is empty.
fn move_into_place(half: &Path, dir: &Path) -> io::Result<()> {
    base::remove_if_there(&Disk, &dir.join("lock"))?;
    match fs::remove_dir(dir.join("spool")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    Disk.sync_dir(half)?;
    fs::rename(half, dir)?;
    let folder = dir.parent().filter(|folder| !folder.as_os_str().is_empty());
    Disk.sync_dir(folder.unwrap_or(Path::new(".")))
}

/// Everything of the export, as a store that was closed in an orderly way.
fn fill(
    half: &Path,
    options: &Options,
    export: &Path,
    now: UnixMillis,
    raise: &Raise<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), OpenError> {
    let files: Arc<dyn Files> = Arc::new(Disk);
    files.create_dir(half).map_err(OpenError::io("making the store's folder"))?;
    let index = SledTree::anew(&half.join("index"), options.cache_octets)
        .map_err(OpenError::io("making a new index"))?;
    let log = BodyLog::open(files.clone(), half.join("bodies"), options)
        .map_err(OpenError::io("making the body log"))?;
    let mut bodies = Placing { log: &log, index: &index, rows: Vec::new() };
    let loaded = load(export, &index, progress, |record, secret| bodies.take(&record, secret))?;
    bodies.flush()?;
    if let Some(secret) = loaded.secret {
        write_secret(&*files, half, &secret).map_err(OpenError::io("writing the store's secret"))?;
    }
    raise_all(&index, 0, now, raise)?;
    log.sync().map_err(OpenError::io("syncing the body log"))?;
    finish(files, half, options, &index, &loaded)
}

/// The index says how far it is, a journal begins behind it, and the marks say so.
fn finish(
    files: Arc<dyn Files>,
    half: &Path,
    options: &Options,
    index: &SledTree,
    loaded: &Loaded,
) -> Result<(), OpenError> {
    // Never zero: an index that is lost must not be taken for one that is whole and empty.
    let lsn = loaded.end.end.max(loaded.head.start).max(1);
    index.flush()?;
    apply(index, &mut std::iter::empty(), lsn)?;
    index.flush()?;
    let space = files.space(half).map_err(OpenError::io("asking for free room"))?;
    let (segments, _) =
        Segments::open(files.clone(), half.join("journal"), options.segment_octets(space.total))
            .map_err(OpenError::io("making the journal"))?;
    Journal::start(segments, lsn + 1).map_err(OpenError::io("beginning the journal"))?;
    let (marks, _) = MarkFile::open(&*files, half).map_err(OpenError::io("opening the marks"))?;
    marks.set(|marks| marks.applied = lsn).map_err(OpenError::io("writing the marks"))
}

/// Bodies on their way into the log; their rows learn where they lie.
struct Placing<'a> {
    log: &'a BodyLog,
    index: &'a SledTree,
    rows: Vec<(Key, Option<Bytes>)>,
}

impl Placing<'_> {
    fn take(&mut self, record: &Bytes, secret: &[u8; 32]) -> Result<(), OpenError> {
        let head = verify_record(record, secret)
            .map_err(|what| StoreError::Damaged { at: "a body of the export".into(), what: what.into() })?;
        let key = BodyKey { tenant: head.tenant, body: head.id }.to_key();
        // One that came while the export was written, and that no row of its moment names.
        let Some(value) = self.index.get(&key)? else { return Ok(()) };
        let mut entry =
            BodyEntry::decode(&value).map_err(|source| StoreError::Record { key: key.clone(), source })?;
        let log = || OpenError::io("writing the body log");
        let place = self.log.allocate(record.len() as u64).map_err(log())?;
        self.log.write(place, record).map_err(log())?;
        entry.place = place.encode().to_vec();
        self.rows.push((key, Some(entry.encode().into())));
        if self.rows.len() < ROWS { Ok(()) } else { self.flush() }
    }
    fn flush(&mut self) -> Result<(), OpenError> {
        Ok(apply(self.index, &mut self.rows.drain(..), 0)?)
    }
}

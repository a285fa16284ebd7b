//! Opening the engine on the real disk, and what only its owner may do.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use model::UnixMillis;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use store::{Health, Store, StoreError};

use crate::applied::{Applied, IndexOpen, SledTree};
use crate::base;
use crate::check::Progress;
use crate::committer::Committer;
use crate::core::{Core, io_error};
use crate::engine::Engine;
use crate::export::{self, ExportReport};
use crate::files::{Disk, Files};
use crate::keeper::{self, Stop, checkpoint};
use crate::options::Options;
use crate::recover::{self, OpenError, OpenReport, Parts};
use crate::sweep::{self, Swept};

/// The durable engine on one machine.
pub struct SledEngine;

impl SledEngine {
    /// Opens the store in `dir`, or begins one. Replays what must be replayed before it returns, so it may take seconds:
    /// not on an async thread.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(dir: &Path, options: Options) -> Result<(Store, Handle), OpenError> {
        let files: Arc<dyn Files> = Arc::new(Disk);
        Handle::start(files, dir, options, false)
    }
}

/// Numbers for a status page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Can it take changes?
    pub health: Health,
    /// The last record of the journal.
    pub durable_lsn: u64,
    /// The last record on the disk in the index itself.
    pub checkpoint_lsn: u64,
    /// Where the base begins.
    pub base_lsn: u64,
    /// Octets of the journal's files.
    pub journal_octets: u64,
    /// Octets of the body log's files.
    pub body_octets: u64,
    /// Groups since the start.
    pub groups: u64,
    /// Batches since the start.
    pub batches: u64,
    /// Free octets on the disk.
    pub free_octets: u64,
}

/// Belongs to whoever opened the engine; dropped, it closes it.
pub struct Handle {
    core: Arc<Core>,
    stop: Arc<Stop>,
    committer: Option<JoinHandle<()>>,
    keepers: Vec<JoinHandle<()>>,
    report: OpenReport,
}

impl Handle {
    pub(crate) fn start(
        files: Arc<dyn Files>,
        dir: &Path,
        options: Options,
        rebuild: bool,
    ) -> Result<(Store, Self), OpenError> {
        let (core, committer, report) = Self::recover(files, dir, options, rebuild)?;
        tracing::info!(?report, "store opened");
        let handle = Self::run(core.clone(), committer, report)?;
        Ok((handle.store(), handle))
    }

    /// Everything of a start but its threads: then nobody else has the store, and nobody serves from it.
    pub(crate) fn recover(
        files: Arc<dyn Files>,
        dir: &Path,
        options: Options,
        rebuild: bool,
    ) -> Result<(Arc<Core>, Committer, OpenReport), OpenError> {
        let lock = lock(&*files, dir)?;
        let index_dir = dir.join("index");
        let spool = options.spool.clone().unwrap_or_else(|| dir.join("spool"));
        files.create_dir(&spool).map_err(OpenError::io("making the spool folder"))?;
        let cache = options.cache_octets;
        let mut index = |anew: bool| -> std::io::Result<(Arc<dyn Applied>, IndexOpen)> {
            if anew {
                return Ok((Arc::new(SledTree::anew(&index_dir, cache)?), IndexOpen::Anew));
            }
            let (tree, how) = SledTree::open(&index_dir, cache)?;
            Ok((Arc::new(tree), how))
        };
        let parts = Parts { files, dir, options, index: &mut index, lock: Some(lock), rebuild };
        recover::open(parts)
    }

    pub(crate) fn store(&self) -> Store {
        let engine = Arc::new(Engine(self.core.clone()));
        Store::new(engine.clone(), engine)
    }

    pub(crate) fn run(core: Arc<Core>, committer: Committer, report: OpenReport) -> Result<Self, OpenError> {
        let stop = Arc::new(Stop::default());
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let builder = std::thread::Builder::new().name(name.into());
            builder.spawn(work).map_err(OpenError::io("starting a thread"))
        };
        let (one, two) = ((core.clone(), stop.clone()), (core.clone(), stop.clone()));
        let keepers = vec![
            spawn("store-keeper", Box::new(move || keeper::run(&one.0, &one.1)))?,
            spawn("store-upkeep", Box::new(move || keeper::run_upkeep(&two.0, &two.1)))?,
        ];
        let committer = Some(spawn("store-committer", Box::new(move || committer.run()))?);
        Ok(Self { core, stop, committer, keepers, report })
    }

    /// What opening has found and done.
    pub fn open_report(&self) -> &OpenReport {
        &self.report
    }

    /// Numbers for a status page.
    ///
    /// # Errors
    /// [`StoreError`] if the disk cannot be asked.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let core = &self.core;
        let io = |error: std::io::Error| io_error("asking the disk", &error);
        let (marks, space) = (core.marks.get(), core.files.space(&core.dir).map_err(io)?);
        Ok(Stats {
            health: core.health.get(),
            durable_lsn: core.segments.durable_lsn(),
            checkpoint_lsn: marks.applied,
            base_lsn: marks.base,
            journal_octets: core.segments.disk_octets(),
            body_octets: core.bodies.segments().map_err(io)?.iter().map(|(_, len)| len).sum(),
            groups: core.groups.load(Ordering::Relaxed),
            batches: core.batches.load(Ordering::Relaxed),
            free_octets: space.free,
        })
    }

    /// Makes the index durable now and lets go of journal segments.
    ///
    /// # Errors
    /// [`StoreError`] if the disk refuses; the engine is read-only then.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        checkpoint(&self.core).map_err(|error| io_error("checkpoint", &error))
    }

    /// Writes a base now: nightly, so that the journal stays short. Takes seconds to minutes; not on an async thread.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be written; the old one stays.
    pub fn write_base(&self) -> Result<u64, StoreError> {
        base::write(&self.core).map_err(|error| io_error("writing the base", &error))
    }

    /// Writes everything that is committed when it begins, and at most what comes meanwhile, into one file for its owner
    /// only, which is there whole or not at all. Writers go on; bases and the sweeper wait. Takes seconds to hours; not
    /// on an async thread.
    ///
    /// # Errors
    /// [`StoreError`] if something does not read or cannot be written; then there is no file.
    pub fn export(&self, to: &Path, progress: &mut Progress<'_>) -> Result<ExportReport, StoreError> {
        export::write(&self.core, to, progress)
    }

    /// Removes what nobody refers to any more, as the engine itself does each hour. Not on an async thread.
    ///
    /// # Errors
    /// [`StoreError`] if it stops half-way, which does no harm.
    pub fn sweep(&self, now: UnixMillis) -> Result<Swept, StoreError> {
        sweep::sweep(&self.core, now, &self.stop).map_err(|error| io_error("sweeping", &error))
    }

    /// For a logger that sees sled's line “from periodic flush thread”: the engine turns read-only. Without it the same
    /// failure shows at the next checkpoint, whose sync is on descriptors that were open when it happened.
    pub fn report_flush_error(&self, line: &str) {
        self.core.health.turn_read_only("index", &line);
    }

    /// Finishes what waits, makes the index durable and stops.
    ///
    /// # Errors
    /// [`StoreError`] if the index could not be made durable; the journal has everything all the same.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.shut()
    }

    fn shut(&mut self) -> Result<(), StoreError> {
        let Some(committer) = self.committer.take() else { return Ok(()) };
        self.core.queue.close();
        self.stop.tell();
        let threads = std::iter::once(committer).chain(self.keepers.drain(..));
        let failed = threads.map(JoinHandle::join).filter(Result::is_err).count();
        if failed > 0 {
            return Err(StoreError::Io {
                what: "stopping".into(),
                error: "a thread of the store panicked".into(),
            });
        }
        if self.core.health.is_read_only() {
            return Ok(());
        }
        checkpoint(&self.core).map_err(|error| io_error("last checkpoint", &error))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Err(error) = self.shut() {
            tracing::error!(%error, "closing the store");
        }
    }
}

/// One process at a time.
fn lock(files: &dyn Files, dir: &Path) -> Result<std::fs::File, OpenError> {
    files.create_dir(dir).map_err(OpenError::io("making the store's folder"))?;
    let path: PathBuf = dir.join("lock");
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(OpenError::io("opening the lock file"))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(OpenError::Locked(dir.to_path_buf())),
        Err(error) => Err(OpenError::Io { what: "locking the store", source: error.into() }),
    }
}

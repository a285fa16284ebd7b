//! Opening: from what a stop, a kill or a power cut has left to an engine that has everything it acknowledged.
//!
//! Index as it is, or anew from the base; then the journal above the mark; then the tail of the journal is cut and made
//! durable once more. Nothing is answered before that.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use parking_lot::Mutex;
use store::{Key, StoreError, Watchers};

use crate::applied::{Applied, IndexOpen};
use crate::base;
use crate::body_log::BodyLog;
use crate::committer::{Committer, apply};
use crate::core::Core;
use crate::files::Files;
use crate::health::HealthState;
use crate::journal::{Journal, JournalError, Segment, Segments, Tail, replay};
use crate::keeper::{checkpoint, look_at_room};
use crate::marks::{MarkFile, Marks};
use crate::options::Options;
use crate::queue::Queue;

/// The store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by another process: stop the server first, or speak to it over its socket", .0.display())]
    Locked(PathBuf),
    /// The operating system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// Acknowledged records are missing; only a rebuild goes on without them.
    #[error("{0}; restore the folder, or run `skolpost store rebuild` to go on with what is left")]
    Journal(String),
    /// The index cannot be built again.
    #[error(
        "the index does not read and its base neither ({0}); run `skolpost store rebuild` with an export"
    )]
    Base(String),
    /// There is nothing to look at.
    #[error("there is no store in {}", .0.display())]
    NoStore(PathBuf),
    /// A restore would mix two stores.
    #[error("{} is not empty: an export is restored into an empty folder; move this one aside first", .0.display())]
    NotEmpty(PathBuf),
    /// An export that is cut, changed, or none at all. Nothing was done with it.
    #[error("the export {} is of no use: {why}; take an older one, or copy it again", .file.display())]
    Export {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The index refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpenError {
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

/// What opening has found and done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// How sled's folder opened.
    pub index: IndexOpen,
    /// The index was built again from the base.
    pub from_base: bool,
    /// Journal records applied.
    pub replayed: u64,
    /// A torn group was cut from the journal's end: writes that were never acknowledged.
    pub torn_tail: bool,
    /// Records that the index has and the journal lost; only after damage.
    pub journal_short: bool,
    /// What a rebuild had to go on without.
    pub lost: Vec<String>,
}

/// Gives the index; anew when told so.
pub(crate) type OpenIndex<'a> = dyn FnMut(bool) -> io::Result<(Arc<dyn Applied>, IndexOpen)> + 'a;

/// What an engine is made of.
pub(crate) struct Parts<'a> {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) dir: &'a Path,
    pub(crate) options: Options,
    pub(crate) index: &'a mut OpenIndex<'a>,
    /// Kept as long as anybody can reach the files.
    pub(crate) lock: Option<std::fs::File>,
    /// Build the index anew, and go on without what is lost.
    pub(crate) rebuild: bool,
}

/// Opens an engine up to the point where its threads may start.
pub(crate) fn open(parts: Parts<'_>) -> Result<(Arc<Core>, Committer, OpenReport), OpenError> {
    let Parts { files, dir, options, index, lock, rebuild } = parts;
    files.create_dir(dir).map_err(OpenError::io("making the store's folder"))?;
    // What is seen here must stay: a kill leaves names that no sync has covered.
    files.create_dir(&dir.join("base")).map_err(OpenError::io("making the base folder"))?;
    for folder in [dir.to_path_buf(), dir.join("base")] {
        files.sync_dir(&folder).map_err(OpenError::io("syncing the store's folder"))?;
    }
    let secret = secret(&*files, dir).map_err(OpenError::io("reading the store's secret"))?;
    let (marks, found_marks) = MarkFile::open(&*files, dir).map_err(OpenError::io("opening the marks"))?;
    let space = files.space(dir).map_err(OpenError::io("asking for free room"))?;
    let (segments, found) =
        Segments::open(files.clone(), dir.join("journal"), options.segment_octets(space.total))
            .map_err(OpenError::io("opening the journal"))?;
    let bodies = BodyLog::open(files.clone(), dir.join("bodies"), &options)
        .map_err(OpenError::io("opening the body log"))?;
    let mut filler =
        Filler { files: &*files, dir, marks: marks.get(), bodies: &bodies, found: &found, rebuild };
    let filled = filler.fill(index)?;
    bodies.sync().map_err(OpenError::io("syncing the body log"))?;
    let journal = continue_journal(&segments, &found, filled.tail, filled.lsn, &options)
        .map_err(OpenError::io("cutting the journal"))?;
    let core = Arc::new(Core {
        queue: Queue::new(&options),
        options,
        files,
        dir: dir.to_path_buf(),
        secret,
        applied: filled.applied,
        bodies,
        segments,
        marks,
        health: HealthState::default(),
        watchers: Watchers::default(),
        applied_lsn: AtomicU64::new(filled.lsn),
        pins: Mutex::default(),
        checkpointing: Mutex::default(),
        upkeep: Mutex::default(),
        checkpoint_octets: AtomicU64::new(0),
        base_octets: AtomicU64::new(0),
        groups: AtomicU64::new(0),
        batches: AtomicU64::new(0),
        _lock: lock,
    });
    settle(&core, &filled.report, found_marks.is_none())
        .map_err(OpenError::io("settling after the start"))?;
    let committer = Committer::new(core.clone(), journal);
    Ok((core, committer, filled.report))
}

/// A rebuilt index is made durable at once, and a base is written where there is none to trust.
fn settle(core: &Arc<Core>, report: &OpenReport, first: bool) -> io::Result<()> {
    look_at_room(core);
    if report.from_base || first {
        checkpoint(core)?;
    }
    let has_base = base::list(&*core.files, &core.base_dir())?.contains(&core.marks.get().base);
    if first || !has_base || report.journal_short || !report.lost.is_empty() {
        base::write(core)?;
    }
    core.recycle()
}

/// The secret, made before anything else: a store with marks must have one.
fn secret(files: &dyn Files, dir: &Path) -> io::Result<[u8; 32]> {
    let path = dir.join("secret");
    let mut secret = [0; 32];
    match files.open(&path) {
        Ok(file) => {
            file.read_at(&mut secret, 0)?;
            return Ok(secret);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && files.open(&dir.join("marks")).is_err() => {}
        Err(error) => return Err(error),
    }
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    write_secret(files, dir, &secret)?;
    Ok(secret)
}

/// Writes the secret beside the old one and puts it in its place.
pub(crate) fn write_secret(files: &dyn Files, dir: &Path, secret: &[u8; 32]) -> io::Result<()> {
    let half = dir.join("secret.half");
    base::remove_if_there(files, &half)?;
    let file = files.create(&half)?;
    file.write_at(secret, 0)?;
    file.sync_data()?;
    files.rename(&half, &dir.join("secret"))?;
    files.sync_dir(dir)
}

/// Brings the index up to the end of the journal.
struct Filler<'a> {
    files: &'a dyn Files,
    dir: &'a Path,
    marks: Marks,
    bodies: &'a BodyLog,
    found: &'a [Segment],
    rebuild: bool,
}

struct Filled {
    applied: Arc<dyn Applied>,
    tail: Option<Tail>,
    /// The last record that is applied.
    lsn: u64,
    report: OpenReport,
}

impl Filler<'_> {
    fn fill(&mut self, index: &mut OpenIndex<'_>) -> Result<Filled, OpenError> {
        let (applied, how) = index(false).map_err(OpenError::io("opening the index"))?;
        // A sled that lies about what it has, or panics on reading it, is as good as none.
        let reached = catch_unwind(AssertUnwindSafe(|| applied.lsn())).ok().and_then(Result::ok);
        let whole = reached.is_some_and(|lsn| lsn >= self.marks.applied) && !self.rebuild;
        if whole {
            match self.follow(&applied, self.marks.applied, how, false) {
                Err(OpenError::Store(error)) => tracing::warn!(%error, "the index does not take the journal"),
                done => return done,
            }
        }
        drop(applied);
        let (applied, anew) = index(true).map_err(OpenError::io("making a new index"))?;
        let how = if how == IndexOpen::Plain { anew } else { how };
        let (start, mut lost) = self.load_base(&applied)?;
        let mut filled = self.follow(&applied, start, how, true)?;
        lost.append(&mut filled.report.lost);
        filled.report.lost = lost;
        Ok(filled)
    }

    fn load_base(&self, applied: &Arc<dyn Applied>) -> Result<(u64, Vec<String>), OpenError> {
        let dir = self.dir.join("base");
        let mut lost = Vec::new();
        let starts = base::list(self.files, &dir).map_err(|error| OpenError::Base(error.to_string()))?;
        // The mark's own first; without marks, or in a rebuild, whichever reads.
        let own = starts.iter().copied().filter(|start| *start == self.marks.base);
        let others = starts.iter().rev().copied().filter(|start| *start != self.marks.base);
        for start in own.chain(others) {
            match base::load(self.files, &dir, start, &**applied) {
                Ok(_) => return Ok((start, lost)),
                Err(error) if self.rebuild => lost.push(format!("base {start}: {error}")),
                Err(error) => return Err(OpenError::Base(error.to_string())),
            }
        }
        // Everything since the beginning is in the journal as long as there is no base.
        if self.marks.base > 0 && !self.rebuild {
            return Err(OpenError::Base("there is none".into()));
        }
        Ok((0, lost))
    }

    /// Applies the journal above `from`. Anew, the index does not say how far it is before it is whole.
    fn follow(
        &self,
        applied: &Arc<dyn Applied>,
        from: u64,
        how: IndexOpen,
        anew: bool,
    ) -> Result<Filled, OpenError> {
        let mut pending = Pending { applied: &**applied, rows: Vec::new(), lsn: 0, anew, failed: None };
        let (mut replayed, mut lost, mut start) = (0, Vec::new(), from);
        let tail = loop {
            let done = replay(self.found, start, u64::MAX, |entry| {
                // What the mark covers was synced with it.
                if entry.lsn > self.marks.applied {
                    for (place, octets) in &entry.bodies {
                        self.bodies.rewrite(*place, octets)?;
                    }
                }
                replayed += 1;
                pending.push(entry.writes, entry.lsn)
            });
            match done {
                Err(JournalError::Gap { wanted, found }) if self.rebuild => {
                    lost.push(format!("journal records {wanted} to {}", found - 1));
                    start = found - 1;
                }
                done => break done,
            }
        };
        if let Some(error) = pending.failed.take() {
            return Err(OpenError::Store(error));
        }
        let tail = tail.map_err(|error| OpenError::Journal(error.to_string()))?;
        let journal_end = tail.as_ref().map_or(0, |tail| tail.next_lsn - 1);
        let reached = self.marks.applied.max(from).max(journal_end);
        if tail.is_none() && reached > 0 && !self.rebuild {
            return Err(OpenError::Journal("the journal is gone".into()));
        }
        let journal_short = journal_end < reached;
        if journal_short && anew && !self.rebuild {
            let short = JournalError::Short { wanted: reached, end: journal_end };
            return Err(OpenError::Journal(short.to_string()));
        }
        pending.finish(reached)?;
        let torn_tail = tail.as_ref().is_some_and(|tail| tail.torn);
        let report = OpenReport { index: how, from_base: anew, replayed, torn_tail, journal_short, lost };
        Ok(Filled { applied: applied.clone(), tail, lsn: reached, report })
    }
}

/// Rows on their way into the index, a few hundred at a time.
struct Pending<'a> {
    applied: &'a dyn Applied,
    rows: Vec<(Key, Option<Bytes>)>,
    lsn: u64,
    anew: bool,
    failed: Option<StoreError>,
}

impl Pending<'_> {
    const ROWS: usize = 4000;

    fn push(&mut self, rows: Vec<(Key, Option<Bytes>)>, lsn: u64) -> Result<(), JournalError> {
        self.rows.extend(rows);
        self.lsn = lsn;
        if self.rows.len() < Self::ROWS {
            return Ok(());
        }
        self.flush().map_err(|error| {
            let told = JournalError::Io(io::Error::other(error.to_string()));
            self.failed = Some(error);
            told
        })
    }
    fn flush(&mut self) -> Result<(), StoreError> {
        let lsn = if self.anew { 0 } else { self.lsn };
        if self.rows.is_empty() { Ok(()) } else { apply(self.applied, &mut self.rows.drain(..), lsn) }
    }
    fn finish(mut self, reached: u64) -> Result<(), StoreError> {
        self.flush()?;
        if self.anew {
            // On the disk first: only then may the index say that it is whole.
            self.applied.flush()?;
            apply(self.applied, &mut std::iter::empty(), reached)?;
        }
        Ok(())
    }
}

/// The writing end behind what was found, or behind a hole.
fn continue_journal(
    segments: &Arc<Segments>,
    found: &[Segment],
    tail: Option<Tail>,
    lsn: u64,
    options: &Options,
) -> io::Result<Journal> {
    segments.adopt(found, lsn + 1);
    match tail {
        Some(tail) if tail.next_lsn == lsn + 1 => {
            // The longest group there can be: one batch beyond the bound.
            let group = options.group_octets_max as u64 + options.inline_batch_octets_max + (2 << 20);
            Journal::resume(segments.clone(), tail, group)
        }
        tail => {
            if let Some(tail) = tail {
                segments.seal(tail.segment);
            }
            Journal::start(segments.clone(), lsn + 1)
        }
    }
}

//! sled, used as what it is good at: an ordered index that can always be rebuilt.
//!
//! One tree for all keyspaces, so that one `apply_batch` is one step for readers. No transactions; never `flush_async`,
//! which hangs; the background flusher stays on, since sled cleans its file there.

use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parking_lot::Mutex;
use store::{Entry, Key, KeyRange, StoreError};

use super::{Applied, EachRow, LSN_KEY, low_of, seal, u64_of, unseal};

/// How sled's folder was brought to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexOpen {
    /// As it was.
    Plain,
    /// After its snapshots were moved aside.
    WithoutSnapshots,
    /// Not at all: the folder was moved aside and a new one begun.
    Anew,
}

/// sled's tree.
pub(crate) struct SledTree {
    db: sled::Db,
    /// Opened at the start and kept: a write error shows at the next sync of a descriptor that was open then.
    synced: Mutex<Vec<fs::File>>,
    dir: PathBuf,
}

impl SledTree {
    /// Opens `dir`, through what a killed process or a power cut may have left of it.
    pub(crate) fn open(dir: &Path, cache_octets: u64) -> io::Result<(Self, IndexOpen)> {
        remove_half_snapshots(dir)?;
        if let Ok(tree) = Self::try_open(dir, cache_octets) {
            return Ok((tree, IndexOpen::Plain));
        }
        if move_snapshots(dir)? {
            tracing::warn!("the index did not open; trying without its snapshots");
            if let Ok(tree) = Self::try_open(dir, cache_octets) {
                return Ok((tree, IndexOpen::WithoutSnapshots));
            }
        }
        tracing::warn!("the index does not open; moving it aside and building it again");
        move_aside(dir)?;
        Ok((Self::try_open(dir, cache_octets)?, IndexOpen::Anew))
    }

    /// An empty one; what is there is moved aside.
    pub(crate) fn anew(dir: &Path, cache_octets: u64) -> io::Result<Self> {
        if dir.exists() {
            move_aside(dir)?;
        }
        Self::try_open(dir, cache_octets)
    }

    fn try_open(dir: &Path, cache_octets: u64) -> io::Result<Self> {
        let config = sled::Config::new()
            .path(dir)
            .cache_capacity(cache_octets)
            .mode(sled::Mode::HighThroughput)
            .use_compression(false)
            .flush_every_ms(Some(500));
        // sled panics on some damaged files instead of saying so.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let db = config.open()?;
            // Reading the first and the last page shows a root that does not read.
            db.first()?;
            db.last()?;
            Ok::<_, sled::Error>(db)
        }));
        let db = match opened {
            Ok(opened) => opened.map_err(io::Error::other)?,
            Err(_) => return Err(io::Error::other("sled panicked on its files")),
        };
        let synced = Mutex::new(descriptors(dir)?);
        Ok(Self { db, synced, dir: dir.to_path_buf() })
    }
}

impl Applied for SledTree {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        let found = self.db.get(key.as_bytes()).map_err(|error| failed("reading the index", &error))?;
        found.map(|sealed| unseal(key.as_bytes(), &sealed)).transpose()
    }

    fn scan(&self, range: &KeyRange, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let rows = self.scan_each(range, limit)?;
        rows.into_iter().map(|(key, value)| Ok(Entry { key, value: value? })).collect()
    }

    fn scan_each(&self, range: &KeyRange, limit: usize) -> Result<Vec<EachRow>, StoreError> {
        let low = low_of(range);
        let rows = match &range.high {
            Some(high) if high.as_slice() <= low => return Ok(Vec::new()),
            Some(high) => self.db.range(low..high.as_slice()),
            None => self.db.range(low..),
        };
        rows.take(limit)
            .map(|row| {
                let (key, sealed) = row.map_err(|error| failed("scanning the index", &error))?;
                let value = unseal(&key, &sealed);
                Ok((Key::from_bytes(key.to_vec()), value))
            })
            .collect()
    }

    fn apply(
        &self,
        rows: &mut dyn Iterator<Item = (Key, Option<Bytes>)>,
        lsn: u64,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (key, value) in rows {
            match value {
                Some(value) => batch.insert(key.as_bytes(), seal(key.as_bytes(), &value)),
                None => batch.remove(key.as_bytes()),
            }
        }
        batch.insert(LSN_KEY, seal(LSN_KEY, &lsn.to_le_bytes()));
        self.db.apply_batch(batch).map_err(|error| failed("writing the index", &error))
    }

    fn lsn(&self) -> Result<u64, StoreError> {
        let found = self.db.get(LSN_KEY).map_err(|error| failed("reading the index", &error))?;
        found.map_or(Ok(0), |sealed| unseal(LSN_KEY, &sealed).map(|value| u64_of(&value)))
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.db.flush().map_err(|error| failed("flushing the index", &error))?;
        // `flush` uses `sync_file_range`, which promises nothing after a power cut.
        let io =
            |error: io::Error| StoreError::Io { what: "syncing the index".into(), error: error.to_string() };
        for file in self.synced.lock().iter() {
            file.sync_all().map_err(io)?;
        }
        for blob in blobs(&self.dir).map_err(io)? {
            blob.sync_all().map_err(io)?;
        }
        Ok(())
    }
}

fn failed(what: &str, error: &sled::Error) -> StoreError {
    StoreError::Io { what: what.into(), error: error.to_string() }
}

fn descriptors(dir: &Path) -> io::Result<Vec<fs::File>> {
    let mut files = Vec::new();
    for path in [dir.join("db"), dir.join("conf"), dir.join("blobs"), dir.to_path_buf()] {
        match fs::File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => files.push(opened?),
        }
    }
    Ok(files)
}

fn blobs(dir: &Path) -> io::Result<Vec<fs::File>> {
    let folder = dir.join("blobs");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    fs::read_dir(folder)?.map(|entry| fs::File::open(entry?.path())).collect()
}

fn snapshots(dir: &Path) -> io::Result<Vec<PathBuf>> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("snap.")) {
            found.push(path);
        }
    }
    Ok(found)
}

/// sled takes a half-written snapshot for a whole one and refuses to open.
fn remove_half_snapshots(dir: &Path) -> io::Result<()> {
    for path in snapshots(dir)? {
        if path.to_string_lossy().ends_with(".generating") {
            tracing::info!("removing a half-written snapshot of the index");
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn move_snapshots(dir: &Path) -> io::Result<bool> {
    let found = snapshots(dir)?;
    for path in &found {
        let name = path.file_name().expect("it was listed").to_string_lossy().replace("snap.", "aside.");
        fs::rename(path, dir.join(name))?;
    }
    Ok(!found.is_empty())
}

/// Moves a folder aside, and removes what was moved aside before: the last is kept for whoever looks into it.
fn move_aside(dir: &Path) -> io::Result<()> {
    let aside = dir.with_extension("damaged");
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    match fs::rename(dir, &aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}

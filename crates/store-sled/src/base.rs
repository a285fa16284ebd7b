//! The base: all rows at some moment, from which the index is built again with the journal behind it.
//!
//! It is read under load, so its rows are not of one moment: valid only together with the journal from its start, which
//! is kept until there is a newer base.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use store::{Key, KeyRange};

use crate::applied::Applied;
use crate::archive::{self, Frame, Head, Writer};
use crate::committer::apply;
use crate::core::Core;
use crate::files::Files;
use crate::keeper::checkpoint;

const PAGE: usize = 1000;

/// Writes a base, verifies it and moves the mark; returns its rows.
pub(crate) fn write(core: &Arc<Core>) -> io::Result<u64> {
    let _alone = core.upkeep.lock();
    // The index reaches at least as far as the base, or an empty index without a mark could be taken for a whole one.
    checkpoint(core)?;
    let start = core.marks.get().applied;
    let octets = core.segments.octets();
    let dir = core.base_dir();
    core.files.create_dir(&dir)?;
    let half = dir.join("half");
    remove_if_there(&*core.files, &half)?;
    let file = core.files.create(&half)?;
    let mut writer = Writer::begin(file.clone(), Head { start, whole: false })?;
    each_row(&*core.applied, |key, value| writer.row(key, value))?;
    let end = writer.finish(core.applied_lsn())?;
    archive::verify(&file)?;
    core.files.rename(&half, &dir.join(name(start)))?;
    core.files.sync_dir(&dir)?;
    let marked = core.marks.set(|marks| marks.base = start);
    marked.inspect_err(|error| core.health.turn_read_only("marks", error))?;
    core.base_octets.store(octets, Ordering::Relaxed);
    for other in core.files.list(&dir)? {
        if other != name(start) {
            core.files.remove(&dir.join(other))?;
        }
    }
    core.recycle()?;
    Ok(end.rows)
}

/// Hands over all rows, ascending, a page at a time.
pub(crate) fn each_row(
    applied: &dyn Applied,
    mut each: impl FnMut(&Key, &Bytes) -> io::Result<()>,
) -> io::Result<()> {
    let mut range = KeyRange { low: Vec::new(), high: None };
    loop {
        let rows = applied.scan(&range, PAGE).map_err(io::Error::other)?;
        rows.iter().try_for_each(|row| each(&row.key, &row.value))?;
        match rows.last() {
            Some(last) if rows.len() == PAGE => range = range.after(&last.key),
            _ => return Ok(()),
        }
    }
}

/// Fills an empty index from the base with this start; the LSN stays zero until the journal has followed.
pub(crate) fn load(
    files: &dyn Files,
    dir: &std::path::Path,
    start: u64,
    applied: &dyn Applied,
) -> io::Result<u64> {
    let file = archive::open(files, &dir.join(name(start)))?;
    let mut page = Vec::new();
    let flush = |page: &mut Vec<(Key, Option<Bytes>)>| {
        apply(applied, &mut page.drain(..), 0).map_err(io::Error::other)
    };
    let (_, end) = archive::read(&file, |_, frame| {
        if let Frame::Row(key, value) = frame {
            page.push((key, Some(value)));
        }
        if page.len() >= PAGE { flush(&mut page) } else { Ok(()) }
    })?;
    flush(&mut page)?;
    Ok(end.rows)
}

/// Starts of the bases that lie in `dir`, ascending.
pub(crate) fn list(files: &dyn Files, dir: &std::path::Path) -> io::Result<Vec<u64>> {
    let start = |name: String| name.strip_suffix(".base").and_then(|start| start.parse().ok());
    Ok(files.list(dir)?.into_iter().filter_map(start).collect())
}

fn name(start: u64) -> String {
    format!("{start:020}.base")
}

pub(crate) fn remove_if_there(files: &dyn Files, path: &std::path::Path) -> io::Result<()> {
    match files.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

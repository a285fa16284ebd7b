//! Exports: everything in one file, of one moment, written while the store serves.
//!
//! Rows are read under load, then come the journal records of that time, which make them one moment; then the bodies, in
//! the order in which they lie. The sweeper waits meanwhile, so no body goes that the export still needs. Where a body
//! lies is left out of its row: that is different wherever the export is restored. An export holds all letters and what
//! body names are derived from, so it is its owner's alone.

mod load;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use store::{BodyEntry, BodyKey, Key, Keyspace, Record, StoreError, TypedKey};

pub(crate) use load::{Loaded, load};

use crate::archive::{Head, Writer};
use crate::base::{each_row, remove_if_there};
use crate::body_log::Place;
use crate::check::{Meter, Progress, verify_record};
use crate::core::{Core, io_error};
use crate::journal::{Segment, replay};

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// Where it lies.
    pub file: PathBuf,
    /// Rows, those that changed while it was written counted again.
    pub rows: u64,
    /// Bodies.
    pub bodies: u64,
    /// The journal record up to which it reaches.
    pub lsn: u64,
    /// Its octets.
    pub octets: u64,
    /// Bodies that do not read and are left out; `store check` names who refers to them.
    pub damaged: Vec<String>,
}

pub(crate) fn write(
    core: &Arc<Core>,
    to: &Path,
    progress: &mut Progress<'_>,
) -> Result<ExportReport, StoreError> {
    // Neither the sweeper nor a base meanwhile.
    let _alone = core.upkeep.lock();
    let mut name = to.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let written = remove_if_there(&*core.files, &partial)
        .and_then(|()| write_file(core, &partial, progress))
        .and_then(|report| {
            core.files.rename(&partial, to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            core.files.sync_dir(folder.unwrap_or(Path::new(".")))?;
            Ok(ExportReport { file: to.to_path_buf(), ..report })
        });
    written.map_err(|error| {
        // The room is needed, above all if there was none.
        if let Err(error) = remove_if_there(&*core.files, &partial) {
            tracing::warn!(%error, "half an export stays");
        }
        io_error("writing the export", &error)
    })
}

fn write_file(core: &Arc<Core>, path: &Path, progress: &mut Progress<'_>) -> io::Result<ExportReport> {
    // First everything is kept, then what is needed: no record goes in between.
    let all = core.pin(0);
    let start = core.applied_lsn();
    let _needed = core.pin(start);
    drop(all);
    let index = core.files.open(&core.dir.join("index").join("db")).and_then(|file| file.len()).unwrap_or(0);
    let log: u64 = core.bodies.segments()?.iter().map(|(_, len)| len).sum();
    let mut meter = Meter::new(index + log, progress);
    let file = core.files.create(path)?;
    let mut writer = Writer::begin(file.clone(), Head { start, whole: true })?;
    writer.secret(&core.secret)?;
    let mut rows = 0;
    each_row(&*core.applied, |key, value| {
        rows += 1;
        meter.add((key.as_bytes().len() + value.len()) as u64);
        match without_place(key, value) {
            Some(value) => writer.row(key, &value),
            None => writer.row(key, value),
        }
    })?;
    let end = core.applied_lsn();
    rows += journal(core, start, end, &mut writer)?;
    meter.reach(index);
    let (bodies, damaged) = bodies(core, &mut writer, &mut meter)?;
    writer.finish(end)?;
    meter.reach(u64::MAX);
    Ok(ExportReport { file: PathBuf::new(), rows, bodies, lsn: end, octets: file.len()?, damaged })
}

/// What was written while the rows were read.
fn journal(core: &Core, start: u64, end: u64, writer: &mut Writer) -> io::Result<u64> {
    let mut segments: Vec<Segment> = core.segments.in_use();
    segments.retain(|segment| segment.first_lsn <= end);
    let (mut rows, mut reached) = (0, start);
    replay(&segments, start, end, |mut entry| {
        for (key, value) in &mut entry.writes {
            if let Some(shorter) = value.as_ref().and_then(|value| without_place(key, value)) {
                *value = Some(shorter);
            }
        }
        (rows, reached) = (rows + entry.writes.len() as u64, entry.lsn);
        writer.writes(&entry.writes).map_err(Into::into)
    })
    .map_err(|error| io::Error::other(error.to_string()))?;
    if reached < end {
        return Err(io::Error::other(format!("the journal ends at {reached} instead of {end}")));
    }
    Ok(rows)
}

/// A body's row without where it lies here; `None` of every other row.
fn without_place(key: &Key, value: &[u8]) -> Option<Bytes> {
    if key.space() != Some(Keyspace::Body) {
        return None;
    }
    let entry = BodyEntry::decode(value).ok()?;
    Some(BodyEntry { place: Vec::new(), ..entry }.encode().into())
}

/// All bodies that have a row now: those of the export's moment, since none goes, and some newer ones.
fn bodies(core: &Core, writer: &mut Writer, meter: &mut Meter<'_>) -> io::Result<(u64, Vec<String>)> {
    let mut places: Vec<(Place, BodyKey)> = Vec::new();
    each_row_of_bodies(core, |key, place| places.push((place, key)))?;
    places.sort_unstable_by_key(|(place, _)| *place);
    let (mut count, mut damaged) = (0, Vec::new());
    for (place, key) in places {
        let record = core.bodies.octets(place).map_err(|error| error.to_string());
        let whole = record.and_then(|record| match verify_record(&record, &core.secret) {
            Ok(head) if head.id == key.body => Ok(record),
            Ok(_) => Err("another body lies there".to_owned()),
            Err(what) => Err(what.to_owned()),
        });
        match whole {
            Ok(record) => {
                writer.body(&record)?;
                count += 1;
            }
            // The others are worth having all the same.
            Err(why) => damaged.push(format!("body {}: {why}", key.body)),
        }
        meter.add(place.len);
    }
    Ok((count, damaged))
}

fn each_row_of_bodies(core: &Core, mut each: impl FnMut(BodyKey, Place)) -> io::Result<()> {
    let mut range = store::KeyRange::prefix(&Key::from_bytes(vec![Keyspace::Body as u8]));
    loop {
        let rows = core.applied.scan(&range, 1000).map_err(io::Error::other)?;
        let Some(last) = rows.last().map(|row| row.key.clone()) else { return Ok(()) };
        for row in rows {
            let entry = BodyEntry::decode(&row.value).ok();
            let place = entry.and_then(|entry| Place::decode(&entry.place));
            if let (Some(key), Some(place)) = (BodyKey::from_key(&row.key), place) {
                each(key, place);
            }
        }
        range = range.after(&last);
    }
}

//! The sweeper: removes bodies that nobody has referred to for a day, and gives back segments that are mostly dead.
//!
//! A body goes only through the committer, which looks once more. What lives in a segment that is over half dead is
//! copied to the end of the log, synced, named anew by the committer; then the segment goes.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use model::UnixMillis;
use store::{BodyEntry, BodyKey, Key, KeyRange, Keyspace, Record, TypedKey};

use crate::body_log::Place;
use crate::core::Core;
use crate::keeper::Stop;
use crate::queue::Work;

/// Bodies in one step of the committer.
const STEP: usize = 100;
/// Octets copied in one step, or one body.
const STEP_OCTETS: u64 = 1 << 20;

/// What a sweep has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Bodies removed.
    pub bodies: u64,
    /// Segments given back.
    pub segments: u64,
}

/// Sweeps once; `now` by the caller's clock.
pub(crate) fn sweep(core: &Arc<Core>, now: UnixMillis, stop: &Stop) -> io::Result<Swept> {
    let _alone = core.upkeep.lock();
    let age = Duration::from_secs(core.options.orphan_hours * 3600);
    let before = UnixMillis(now.0.saturating_sub(u64::try_from(age.as_millis()).unwrap_or(u64::MAX)));
    let mut swept = Swept { bodies: remove_orphans(core, before, stop)?, segments: 0 };
    for number in mostly_dead(core)? {
        if stop.wait(Duration::ZERO) {
            break;
        }
        swept.segments += u64::from(give_back(core, number)?);
    }
    Ok(swept)
}

fn each_body(core: &Core, mut each: impl FnMut(BodyKey, BodyEntry)) -> io::Result<()> {
    let low = vec![Keyspace::Body as u8];
    let mut range = KeyRange { high: Some(vec![Keyspace::Body as u8 + 1]), low };
    loop {
        let rows = core.applied.scan(&range, 1000).map_err(io::Error::other)?;
        let Some(last) = rows.last().map(|row| row.key.clone()) else { return Ok(()) };
        for row in rows {
            if let (Some(key), Ok(entry)) = (BodyKey::from_key(&row.key), BodyEntry::decode(&row.value)) {
                each(key, entry);
            }
        }
        range = range.after(&Key::from_bytes(last.as_bytes().to_vec()));
    }
}

fn remove_orphans(core: &Arc<Core>, before: UnixMillis, stop: &Stop) -> io::Result<u64> {
    let mut orphans = Vec::new();
    each_body(core, |key, entry| {
        if entry.references == 0 && entry.unreferenced_since < before {
            orphans.push(key);
        }
    })?;
    let mut removed = 0;
    for bodies in orphans.chunks(STEP) {
        if stop.wait(Duration::ZERO) {
            break;
        }
        let work = Work::Sweep { bodies: bodies.to_vec(), before };
        core.queue.submit_blocking(work).map_err(io::Error::other)?;
        removed += bodies.len() as u64;
    }
    Ok(removed)
}

/// Segments of which less than half is named by a row; never the one that is written.
fn mostly_dead(core: &Core) -> io::Result<Vec<u32>> {
    let current = core.bodies.current();
    // Before the rows: a body that comes while they are read lies in a later segment or in the current one.
    let segments = core.bodies.segments()?;
    let mut live: BTreeMap<u32, u64> = BTreeMap::new();
    each_body(core, |_, entry| {
        if let Some(place) = Place::decode(&entry.place) {
            *live.entry(place.segment).or_default() += place.len;
        }
    })?;
    let dead =
        |(number, len): &(u32, u64)| *number < current && live.get(number).is_none_or(|live| live * 2 < *len);
    Ok(segments.into_iter().filter(dead).map(|(number, _)| number).collect())
}

fn give_back(core: &Arc<Core>, number: u32) -> io::Result<bool> {
    let mut live = Vec::new();
    each_body(core, |key, entry| match Place::decode(&entry.place) {
        Some(place) if place.segment == number => live.push((key, place)),
        _ => {}
    })?;
    while !live.is_empty() {
        let mut octets = 0;
        let count = live.iter().take_while(|(_, place)| {
            let room = octets < STEP_OCTETS;
            octets += place.len;
            room
        });
        let rest = live.split_off(count.count().min(STEP));
        let work = Work::Relocate { bodies: std::mem::replace(&mut live, rest) };
        core.queue.submit_blocking(work).map_err(io::Error::other)?;
    }
    let mut left = false;
    each_body(core, |_, entry| {
        left |= Place::decode(&entry.place).is_some_and(|place| place.segment == number)
    })?;
    if !left {
        core.bodies.remove(number)?;
    }
    Ok(!left)
}

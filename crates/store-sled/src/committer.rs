//! The committer: one thread that owns all writes.
//!
//! Takes what is queued as one group; resolves each batch against the index under the earlier batches of the group;
//! syncs large bodies, then the journal; writes the bodies that rode in it, applies the rows, wakes and answers: never
//! in another order. A failed sync is never tried again: the group is `Unknown`, nothing of it is applied, and the
//! engine takes no more changes.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use store::{
    Batch, BodyEntry, BodyKey, CommitError, Committed, Key, Layer, Op, Placer, Reader, Record, Resolved,
    StagedBody, StoreError, TypedKey, resolve,
};

use crate::applied::Applied;
use crate::body_log::Place;
use crate::core::{Core, io_error};
use crate::files::is_full;
use crate::journal::{AppendError, Group, Journal};
use crate::queue::{Request, Work};
use crate::stage::Staged;

pub(crate) struct Committer {
    core: Arc<Core>,
    journal: Journal,
    group: Group,
    /// Taken from the queue, and no room in the last group.
    waiting: VecDeque<Request>,
}

/// A request that holds.
struct Prepared {
    resolved: Resolved,
    inline: Vec<(Place, Bytes)>,
    /// Segments that got a large body, which must be synced before the journal.
    large: BTreeSet<u32>,
}

impl Committer {
    pub(crate) fn new(core: Arc<Core>, journal: Journal) -> Self {
        Self { core, journal, group: Group::default(), waiting: VecDeque::new() }
    }

    /// Works until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(requests) = self.core.queue.take() {
            self.commit(requests);
        }
    }

    /// Commits all of `requests`, in as few groups as they fit into.
    pub(crate) fn commit(&mut self, requests: Vec<Request>) {
        self.waiting.extend(requests);
        while !self.waiting.is_empty() {
            self.commit_group();
        }
    }

    fn commit_group(&mut self) {
        let end = self.core.bodies.end();
        let mut failed = Vec::new();
        let mut held = Vec::new();
        let mut overlay = Layer::default();
        self.group.clear();
        while let Some(request) = self.waiting.pop_front() {
            match self.prepare(&request, &overlay) {
                Ok(Some(prepared)) => {
                    overlay.absorb(&prepared.resolved);
                    held.push((request, prepared));
                }
                Ok(None) => {
                    self.waiting.push_front(request);
                    break;
                }
                Err(error) => failed.push((request, error)),
            }
            if self.group.len() >= self.core.options.group_octets_max {
                break;
            }
        }
        match self.make_durable(&held) {
            Ok(()) => self.finish(held),
            Err(error) => {
                self.core.bodies.rewind(end);
                failed.extend(held.into_iter().map(|(request, _)| (request, error.clone())));
            }
        }
        // Last, so that who reads again after a conflict reads what it conflicted with.
        failed.into_iter().for_each(|(request, error)| answer(request, Err(error)));
    }

    /// Resolves a request and puts its record into the group; `None` if the group has no room for it any more.
    fn prepare(&mut self, request: &Request, overlay: &Layer) -> Result<Option<Prepared>, CommitError> {
        if self.core.health.is_read_only() {
            return Err(CommitError::ReadOnly);
        }
        let end = self.core.bodies.end();
        let prepared = self.resolve(&request.work, overlay).inspect_err(|_| self.core.bodies.rewind(end))?;
        if prepared.resolved.writes.is_empty() {
            return Ok(Some(prepared));
        }
        let (records, len) = (self.group.records(), self.group.len());
        let inline = prepared.inline.iter().map(|(place, octets)| (*place, &octets[..]));
        self.group.push(&prepared.resolved.writes, inline);
        if self.group.len() as u64 <= self.core.segments.group_octets_max() {
            return Ok(Some(prepared));
        }
        self.group.truncate(records, len);
        self.core.bodies.rewind(end);
        if records == 0 { Err(CommitError::TooLarge("for a journal segment")) } else { Ok(None) }
    }

    fn resolve(&self, work: &Work, overlay: &Layer) -> Result<Prepared, CommitError> {
        let batch = match work {
            Work::Batch(batch) => batch,
            Work::Sweep { bodies, before } => return self.sweep(bodies, *before, overlay),
            Work::Relocate { bodies } => return self.relocate(bodies, overlay),
        };
        let full = self.core.health.is_full();
        if full && !makes_room(batch) {
            return Err(CommitError::Full);
        }
        let options = &self.core.options;
        let mut places = Places {
            core: &self.core,
            inline_left: options.inline_batch_octets_max,
            inline: Vec::new(),
            large: BTreeSet::new(),
        };
        let rows = Rows(&*self.core.applied);
        // A batch that breaks a promise of its caller must not take the only writer with it.
        let resolved = catch_unwind(AssertUnwindSafe(|| resolve(batch, &rows, overlay, &mut places)));
        let resolved = resolved.unwrap_or_else(|_| Err(mistake()))?;
        Ok(Prepared { resolved, inline: places.inline, large: places.large })
    }

    fn make_durable(&mut self, held: &[(Request, Prepared)]) -> Result<(), CommitError> {
        if self.group.is_empty() {
            return Ok(());
        }
        let unknown = |what: &str, error: &std::io::Error| {
            self.core.health.turn_read_only(what, error);
            CommitError::Unknown(error.to_string())
        };
        let large: BTreeSet<u32> = held.iter().flat_map(|(_, prepared)| &prepared.large).copied().collect();
        for segment in large {
            self.core.bodies.sync_segment(segment).map_err(|error| unknown("body log", &error))?;
        }
        match self.journal.append(&mut self.group) {
            Ok(_) => {
                self.core.segments.count(self.group.len() as u64);
                Ok(())
            }
            Err(AppendError::Full) => {
                self.core.health.set_full(true);
                Err(CommitError::Full)
            }
            Err(AppendError::Unknown(error)) => Err(unknown("journal", &error)),
        }
    }

    /// The group is durable: makes it visible, then says so.
    fn finish(&mut self, held: Vec<(Request, Prepared)>) {
        let visible = self.make_visible(&held);
        if let Err(error) = visible {
            self.core.health.turn_read_only("index", &error);
            // It is in the journal and will be there after the next start; nobody has seen it yet.
            for (request, _) in held {
                answer(request, Err(CommitError::Unknown(error.to_string())));
            }
            return;
        }
        self.core.groups.fetch_add(1, Ordering::Relaxed);
        self.core.batches.fetch_add(held.len() as u64, Ordering::Relaxed);
        self.core
            .watchers
            .wake(held.iter().flat_map(|(_, prepared)| prepared.resolved.touched.iter().copied()));
        for (request, prepared) in held {
            answer(request, Ok(Committed { outcomes: prepared.resolved.outcomes }));
        }
    }

    fn make_visible(&self, held: &[(Request, Prepared)]) -> Result<(), StoreError> {
        if self.group.is_empty() {
            return Ok(());
        }
        for (place, octets) in held.iter().flat_map(|(_, prepared)| &prepared.inline) {
            self.core.bodies.write(*place, octets).map_err(|error| io_error("body log", &error))?;
        }
        let lsn = self.journal.next_lsn() - 1;
        let mut rest = held;
        while !rest.is_empty() {
            // A step holds whole batches, so that no reader sees half of one, and not too many rows, since it locks
            // readers out.
            let mut rows = 0;
            let count = rest.iter().take_while(|(_, prepared)| {
                let before = rows;
                rows += prepared.resolved.writes.len();
                before < self.core.options.apply_rows.max(1)
            });
            let (step, behind) = rest.split_at(count.count());
            let mut writes = step.iter().flat_map(|(_, prepared)| prepared.resolved.writes.iter().cloned());
            apply(&*self.core.applied, &mut writes, lsn)?;
            rest = behind;
        }
        self.core.applied_lsn.store(lsn, Ordering::Release);
        Ok(())
    }

    fn sweep(
        &self,
        bodies: &[BodyKey],
        before: model::UnixMillis,
        overlay: &Layer,
    ) -> Result<Prepared, CommitError> {
        let mut writes = Vec::new();
        for body in bodies {
            let entry = self.body(*body, overlay)?;
            if entry.is_some_and(|entry| entry.references == 0 && entry.unreferenced_since < before) {
                writes.push((body.to_key(), None));
            }
        }
        Ok(of_writes(writes))
    }

    fn relocate(&self, bodies: &[(BodyKey, Place)], overlay: &Layer) -> Result<Prepared, CommitError> {
        let mut prepared = of_writes(Vec::new());
        for (body, from) in bodies {
            let Some(mut entry) = self.body(*body, overlay)? else { continue };
            if entry.place != from.encode() {
                continue;
            }
            let octets = self.core.bodies.octets(*from)?;
            let log = |error: std::io::Error| CommitError::Store(io_error("body log", &error));
            let to = self.core.bodies.allocate(from.len).map_err(log)?;
            self.core.bodies.write(to, &octets).map_err(log)?;
            prepared.large.insert(to.segment);
            entry.place = to.encode().to_vec();
            prepared.resolved.writes.push((body.to_key(), Some(entry.encode().into())));
        }
        Ok(prepared)
    }

    fn body(&self, body: BodyKey, overlay: &Layer) -> Result<Option<BodyEntry>, CommitError> {
        let key = body.to_key();
        let value = match overlay.get(&key) {
            Some(value) => value.clone(),
            None => self.core.applied.get(&key)?,
        };
        let entry = value.map(|value| BodyEntry::decode(&value)).transpose();
        entry.map_err(|source| CommitError::Store(StoreError::Record { key, source }))
    }
}

fn of_writes(writes: Vec<(Key, Option<Bytes>)>) -> Prepared {
    let resolved = Resolved { writes, outcomes: Vec::new(), touched: Vec::new(), placed: Vec::new() };
    Prepared { resolved, inline: Vec::new(), large: BTreeSet::new() }
}

fn answer(request: Request, result: Result<Committed, CommitError>) {
    let Request { reply, permits, .. } = request;
    drop(permits);
    // Who waited may have gone; what is committed is committed.
    let _ = reply.send(result);
}

fn mistake() -> CommitError {
    tracing::error!("a batch breaks a promise of its caller; it is refused");
    CommitError::Store(StoreError::Damaged {
        at: "a batch".into(),
        what: "it breaks a promise of its caller".into(),
    })
}

/// Applies rows; sled panics on some damaged files.
pub(crate) fn apply(
    applied: &dyn Applied,
    rows: &mut dyn Iterator<Item = (Key, Option<Bytes>)>,
    lsn: u64,
) -> Result<(), StoreError> {
    let applied = catch_unwind(AssertUnwindSafe(|| applied.apply(rows, lsn)));
    applied.unwrap_or_else(|_| {
        Err(StoreError::Damaged { at: "index".into(), what: "sled panicked on its files".into() })
    })
}

/// Still done when the disk is nearly full: it needs no room but what the journal has already.
fn makes_room(batch: &Batch) -> bool {
    batch.bodies.is_empty() && !batch.ops.iter().any(|op| matches!(op, Op::Append(..) | Op::Copy { .. }))
}

struct Rows<'a>(&'a dyn Applied);

impl Reader for Rows<'_> {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, StoreError> {
        self.0.get(key)
    }
}

/// Gives bodies their places: small ones ride in the journal record, large ones are written now.
struct Places<'a> {
    core: &'a Core,
    inline_left: u64,
    inline: Vec<(Place, Bytes)>,
    large: BTreeSet<u32>,
}

impl Placer for Places<'_> {
    fn place(&mut self, body: &StagedBody) -> Result<Vec<u8>, CommitError> {
        let staged = body.payload.downcast_ref::<Staged>().ok_or_else(mistake)?;
        let len = staged.record.len();
        self.put(len, staged).map_err(|error| {
            if is_full(&error) {
                self.core.health.set_full(true);
                return CommitError::Full;
            }
            CommitError::Store(io_error("body log", &error))
        })
    }
}

impl Places<'_> {
    fn put(&mut self, len: u64, staged: &Staged) -> std::io::Result<Vec<u8>> {
        let place = self.core.bodies.allocate(len)?;
        if len <= self.core.options.inline_octets_max && len <= self.inline_left {
            self.inline_left -= len;
            self.inline.push((place, staged.record.to_bytes()?));
        } else {
            self.core.bodies.write_spool(place, &staged.record)?;
            self.large.insert(place.segment);
        }
        Ok(place.encode().to_vec())
    }
}

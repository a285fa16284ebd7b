//! Bodies: how often each is referred to, and whether each reads back as what its name says.
//!
//! References are counted in memory, one small entry for each body; contents are read in the order in which they lie.

use std::collections::HashMap;

use bytes::Bytes;
use store::{BodyEntry, BodyId, BodyKey, Keyspace, MessageEntry, MessageKey, Record, StoreError, TypedKey};

use super::audit::{Audit, is_foreign};
use super::cursor::{Cursor, Peek};
use super::dead::{Dead, each_dead};
use super::findings::message_place;
use crate::body_log::record::{Damage, Head};
use crate::body_log::{BodyLog, Place};
use crate::core::tenant_key;

/// Half a name is enough to tell bodies apart, and half the memory.
pub(crate) type Short = [u8; 16];

pub(crate) fn short(body: &BodyId) -> Short {
    body.0[..16].try_into().expect("a name has 32 octets")
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    references: u32,
    /// What those who refer to it say; none of a route.
    size: Option<u32>,
}

/// How often rows refer to each body.
#[derive(Debug, Default)]
pub(crate) struct References(HashMap<Short, Counted>);

impl References {
    pub(crate) fn count(&mut self, body: &BodyKey, size: Option<u64>) {
        let counted = self.0.entry(short(&body.body)).or_default();
        counted.references += 1;
        counted.size = counted.size.or(size.map(low));
    }
}

/// Letters are far below 4 GiB; the low half tells a wrong size all the same.
const fn low(size: u64) -> u32 {
    (size & 0xffff_ffff) as u32
}

/// Where contents are.
pub(crate) enum Kept<'a> {
    /// In the body log; with the secret that names are derived from.
    Log(&'a BodyLog, &'a [u8; 32]),
    /// In an export, already read and held against their names.
    Export(&'a HashMap<Short, u64>),
}

/// A body that a row names.
struct Named {
    place: Place,
    key: BodyKey,
    size: u64,
}

pub(crate) fn walk(audit: &mut Audit<'_>, kept: &Kept<'_>) -> Result<(), StoreError> {
    compare(audit, kept)?;
    let mut missing = std::mem::take(&mut audit.references).0;
    audit.flush()?;
    if let Kept::Log(log, secret) = kept {
        if audit.mends() && !missing.is_empty() {
            find_again(audit, log, &mut missing)?;
        }
        let named = named(audit)?;
        contents(audit, log, secret, &named)?;
        orphans(audit, log, &named)?;
    }
    if missing.is_empty() { Ok(()) } else { name_missing(audit, &missing) }
}

/// Rows of bodies against what was counted; what is left then is referred to and has no row.
fn compare(audit: &mut Audit<'_>, kept: &Kept<'_>) -> Result<(), StoreError> {
    let mut rows = Peek::<BodyKey>::new(audit.rows, &mut audit.seen)?;
    while let Some(row) = rows.take(&mut audit.seen)? {
        let counted = audit.references.0.remove(&short(&row.key.body)).unwrap_or_default();
        let at = format!("body {}", row.key.body);
        let mut entry = match row.value {
            Ok(entry) => entry,
            Err(why) => {
                audit.seen.odd_row(at, &why);
                if counted.references > 0 {
                    audit.references.0.insert(short(&row.key.body), counted);
                }
                continue;
            }
        };
        if counted.size.is_some_and(|size| size != low(entry.size)) {
            let en = "its size is not that of the messages that refer to it";
            audit.seen.found.error(&at, "storleken är inte den som breven anger", en);
        }
        match kept {
            Kept::Log(..) if Place::decode(&entry.place).is_none() => {
                let en = "its row names no place";
                audit.seen.found.error(&at, "raden namnger ingen plats", en);
            }
            Kept::Export(sizes) => in_export(audit, &at, &entry, sizes.get(&short(&row.key.body)).copied()),
            Kept::Log(..) => {}
        }
        if entry.references != u64::from(counted.references) {
            let (stored, right) = (entry.references, counted.references);
            let sv = format!("referensräknaren är {stored}; {right} rader hänvisar hit");
            let en = format!("the reference count is {stored}; {right} rows refer to it");
            audit.seen.found.error(&at, sv, en);
            let lowers = u64::from(right) < stored;
            if let Some(mender) = audit.mender.as_ref().filter(|_| !(lowers && audit.refers_unknown)) {
                (entry.references, entry.unreferenced_since) = (right.into(), mender.now);
                audit.put(&row.key, &entry)?;
            }
        }
    }
    Ok(())
}

fn in_export(audit: &mut Audit<'_>, at: &str, entry: &BodyEntry, size: Option<u64>) {
    if size.is_some_and(|size| size == entry.size) {
        audit.seen.bodies += 1;
        return;
    }
    let en = "the export does not hold the body, or in another size";
    if entry.references > 0 {
        audit.seen.found.error(at, "exporten innehåller inte brevet, eller i en annan storlek", en);
    } else {
        audit.seen.found.note(at, "exporten innehåller inte brevet; ingen hänvisar till det", en);
    }
}

/// All rows with a place, in the order in which the contents lie.
fn named(audit: &mut Audit<'_>) -> Result<Vec<Named>, StoreError> {
    let mut rows = Cursor::space(audit.rows, Keyspace::Body);
    let mut named = Vec::new();
    while let Some((key, value)) = rows.next(&mut audit.seen)? {
        audit.seen.rows -= 1;
        let entry = value.ok().and_then(|value| BodyEntry::decode(&value).ok());
        if let (Some(key), Some(entry)) = (BodyKey::from_key(&key), entry)
            && let Some(place) = Place::decode(&entry.place)
        {
            named.push(Named { place, key, size: entry.size });
        }
    }
    named.sort_unstable_by_key(|body| body.place);
    Ok(named)
}

fn contents(
    audit: &mut Audit<'_>,
    log: &BodyLog,
    secret: &[u8; 32],
    named: &[Named],
) -> Result<(), StoreError> {
    for Named { place, key, size } in named {
        let names = tenant_key(secret, key.tenant);
        let content = log.read(*place, key.body, &names, 0..u64::MAX);
        let read = content.and_then(|content| log.derived(*place, key.body).map(|_| content.len() as u64));
        audit.seen.bodies += 1;
        audit.seen.meter.add(place.len);
        let at = format!("body {}", key.body);
        match read {
            Ok(len) if len == *size => {}
            Ok(len) => {
                let sv = format!("brevet är {len} byte; raden säger {size}");
                let en = format!("the content is {len} octets; its row says {size}");
                audit.seen.found.error(at, sv, en);
            }
            Err(error) => {
                let sv = format!("brevet går inte att läsa ({error})");
                audit.seen.found.error(at, sv, format!("the content does not read ({error})"));
            }
        }
    }
    Ok(())
}

/// What lies in the log and has no row: the leavings of letters that were removed or never committed.
fn orphans(audit: &mut Audit<'_>, log: &BodyLog, named: &[Named]) -> Result<(), StoreError> {
    let places: Vec<Place> = named.iter().map(|body| body.place).collect();
    let mut found: Vec<(u32, u64, u64)> = Vec::new();
    each_dead(log, &places, |Dead { place, head }| {
        let key = BodyKey { tenant: head.tenant, body: head.id }.to_key();
        if matches!(audit.rows.get(&key), Ok(Some(_))) {
            return Ok(());
        }
        match found.last_mut() {
            Some((segment, count, octets)) if *segment == place.segment => {
                (*count, *octets) = (*count + 1, *octets + place.len);
            }
            _ => found.push((place.segment, 1, place.len)),
        }
        Ok(())
    })?;
    for (segment, count, octets) in found {
        let sv = format!("{count} brev ({octets} byte) som ingen rad hänvisar till; städaren tar dem");
        let en =
            format!("{count} bodies ({octets} octets) that no row names; the sweeper gives the room back");
        audit.seen.found.note(format!("body segment {segment}"), sv, en);
    }
    Ok(())
}

/// Bodies whose row is gone and that still lie in the log get a row again.
fn find_again(
    audit: &mut Audit<'_>,
    log: &BodyLog,
    missing: &mut HashMap<Short, Counted>,
) -> Result<(), StoreError> {
    let mut found = Vec::new();
    each_dead(log, &[], |Dead { place, head }| {
        if let Some(counted) = missing.get(&short(&head.id)) {
            let key = BodyKey { tenant: head.tenant, body: head.id };
            let references = counted.references.into();
            let place = place.encode().to_vec();
            let unreferenced_since = model::UnixMillis(0);
            found.push((key, BodyEntry { size: head.raw_len, references, unreferenced_since, place }));
        }
        Ok(())
    })?;
    for (key, entry) in found {
        let en = "its row was gone; the body was found in the body log and has a row again";
        let sv = "raden var borta; brevet hittades i brevloggen och har en rad igen";
        audit.seen.found.error(format!("body {}", key.body), sv, en);
        audit.put(&key, &entry)?;
        missing.remove(&short(&key.body));
    }
    audit.flush()
}

/// Who refers to bodies that are not there.
fn name_missing(audit: &mut Audit<'_>, missing: &HashMap<Short, Counted>) -> Result<(), StoreError> {
    let tell = |audit: &mut Audit<'_>, at: String, body: &BodyId| {
        if missing.contains_key(&short(body)) {
            let sv = format!("brevets innehåll {body} finns inte");
            audit.seen.found.error(at, sv, format!("its content {body} is not kept"));
        }
    };
    let mut messages = Cursor::space(audit.rows, Keyspace::Message);
    while let Some((key, value)) = messages.next(&mut audit.seen)? {
        audit.seen.rows -= 1;
        let entry = value.ok().and_then(|value| MessageEntry::decode(&value).ok());
        if let (Some(key), Some(entry)) = (MessageKey::from_key(&key), entry) {
            tell(audit, message_place(key.mailbox, key.uid), &entry.body);
        }
    }
    for space in Keyspace::ALL.into_iter().filter(|space| is_foreign(*space)) {
        let mut rows = Cursor::space(audit.rows, space);
        while let Some((key, value)) = rows.next(&mut audit.seen)? {
            audit.seen.rows -= 1;
            let bodies = value.ok().and_then(|value| (audit.inspect)(&key, &value).ok()).unwrap_or_default();
            bodies.iter().for_each(|body| tell(audit, format!("row {key:?}"), &body.body));
        }
    }
    Ok(())
}

/// Holds a record against its checksums and its name.
pub(crate) fn verify_record(record: &Bytes, secret: &[u8; 32]) -> Result<Head, Damage> {
    let head = Head::decode(record)?;
    let slice = |span: std::ops::Range<u64>| {
        let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
        record.get(at(span.start)..at(span.end)).ok_or("it is cut")
    };
    let (span, which) = head.content_span(&(0..u64::MAX));
    head.unpack(slice(span)?, which, 0..u64::MAX, &tenant_key(secret, head.tenant))?;
    let derived = head.derived_span();
    if derived.end != record.len() as u64 {
        return Err("it is longer or shorter than it says");
    }
    head.unpack_derived(slice(derived)?)?;
    Ok(head)
}

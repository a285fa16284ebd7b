//! `store rebuild`: the index anew from base and journal, or a whole store from an export.
//!
//! Both end with the walk of `store check`, which here corrects what it finds: counters, references, rows that lost their
//! other half. A message is never dropped because its row is odd: as long as its body can be told it is filed anew, and
//! only then the odd row goes. Running it again does no harm.

mod restore;
mod validity;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use model::{UidValidity, UnixMillis};
use store::{BodyEntry, BodyKey, FlagsKey, Key, MessageKey, Record, Store, StoreError, TypedKey};

use crate::base;
use crate::check::{
    self, Finding, Findings, Inspect, Kept, Mender, Progress, message_place, must_be_a_store,
};
use crate::committer::{Committer, apply};
use crate::core::Core;
use crate::files::Disk;
use crate::handle::Handle;
use crate::options::Options;
use crate::recover::{OpenError, OpenReport};
use crate::recovered::Recovered;

/// A row of another crate as it must be after messages were lost, if it keeps UIDVALIDITY: raised above what it was, and at least
/// to the given one. `None` for all other rows.
pub type Raise<'a> = dyn Fn(&Key, &[u8], UidValidity) -> Option<Vec<u8>> + 'a;

/// Files recovered letters: gives each account a folder for them and calls [`crate::file_recovered`]. The store works
/// and nobody else uses it; no clone of it may be kept.
pub type FileRecovered<'a> = dyn FnMut(&Store, &[Recovered]) -> Result<(), String> + 'a;

/// What a rebuild needs from the crates above.
pub struct RebuildHooks<'a> {
    /// See [`Inspect`].
    pub inspect: &'a Inspect<'a>,
    /// See [`Raise`]; after a restore, and when the journal has lost records.
    pub raise: &'a Raise<'a>,
    /// See [`FileRecovered`]; only if there is something to file.
    pub file: &'a mut FileRecovered<'a>,
}

/// What a rebuild has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// How the store opened.
    pub open: OpenReport,
    /// Rows now.
    pub rows: u64,
    /// Bodies now.
    pub bodies: u64,
    /// What was found and put right, or could not be.
    pub findings: Vec<Finding>,
    /// Findings beyond [`crate::CheckReport::FINDINGS_MAX`].
    pub more: u64,
    /// Letters that went to their owner's folder for recovered letters.
    pub recovered: Vec<Recovered>,
}

/// Builds the index of the store in `dir` anew from its newest base and its journal; or, with `from`, a whole store from
/// an export, in a folder that is empty or not there. After a restore, and if the journal has lost records, every mailbox
/// has a new UIDVALIDITY: a program that saw messages which are lost must not take others for them.
///
/// # Errors
/// [`OpenError`]; a restore that fails leaves no store behind.
pub fn rebuild(
    dir: &Path,
    options: Options,
    from: Option<&Path>,
    now: UnixMillis,
    hooks: RebuildHooks<'_>,
    progress: &mut Progress<'_>,
) -> Result<RebuildReport, OpenError> {
    if let Some(export) = from {
        return restore::restore(dir, options, export, now, hooks, progress);
    }
    must_be_a_store(dir)?;
    let opened = Handle::recover(Arc::new(Disk), dir, options, true)?;
    mend(opened, now, hooks, progress)
}

/// Corrects an open store and makes the result its base.
fn mend(
    opened: (Arc<Core>, Committer, OpenReport),
    now: UnixMillis,
    hooks: RebuildHooks<'_>,
    progress: &mut Progress<'_>,
) -> Result<RebuildReport, OpenError> {
    let (core, committer, open) = opened;
    let RebuildHooks { inspect, raise, file } = hooks;
    if open.journal_short || !open.lost.is_empty() {
        validity::raise_all(&*core.applied, core.applied_lsn(), now, raise)?;
    }
    let mender = Mender::new(now, core.applied_lsn());
    let (mut audit, index_octets) = check::audit(&core, inspect, Some(mender), progress)?;
    check::note_open(&mut audit.seen.found, &open);
    audit.run(&Kept::Log(&core.bodies, &core.secret), index_octets)?;
    let check::Audit { seen, mut recovered, .. } = audit;
    let (rows, bodies, mut found) = (seen.rows, seen.bodies, seen.found);
    write_base(&core)?;
    if !recovered.is_empty() {
        let handle = Handle::run(core.clone(), committer, open.clone())?;
        let filed = file(&handle.store(), &recovered);
        handle.close()?;
        settle(&core, &mut found, &mut recovered, filed)?;
    }
    let Findings { list: findings, more, .. } = found;
    Ok(RebuildReport { open, rows, bodies, findings, more, recovered })
}

/// What is filed anew goes from where it was; what could not be filed stays there.
fn settle(
    core: &Arc<Core>,
    found: &mut Findings,
    recovered: &mut Vec<Recovered>,
    filed: Result<(), String>,
) -> Result<(), OpenError> {
    if let Err(why) = filed {
        let sv = format!("{} brev kunde inte läggas i mappen för räddade brev ({why})", recovered.len());
        let en = format!("{} letters could not be filed as recovered ({why})", recovered.len());
        found.error("recovered", sv, en);
        recovered.clear();
        return Ok(());
    }
    for letter in recovered.iter() {
        let en = "filed anew in the account's folder for recovered letters";
        let at = message_place(letter.mailbox, letter.uid);
        found.note(at, "lades på nytt i kontots mapp för räddade brev", en);
    }
    for letter in recovered.iter() {
        let (mailbox, uid) = (letter.mailbox, letter.uid);
        let body = BodyKey { tenant: mailbox.tenant, body: letter.body }.to_key();
        // In one step with the row that referred to it.
        let writes = [
            (MessageKey { mailbox, uid }.to_key(), None),
            (FlagsKey { mailbox, uid }.to_key(), None),
            (body.clone(), one_less(core, &body)?),
        ];
        apply(&*core.applied, &mut writes.into_iter(), core.applied_lsn())?;
    }
    write_base(core)
}

fn one_less(core: &Core, body: &Key) -> Result<Option<Bytes>, StoreError> {
    let Some(value) = core.applied.get(body)? else { return Ok(None) };
    let mut entry =
        BodyEntry::decode(&value).map_err(|source| StoreError::Record { key: body.clone(), source })?;
    entry.references = entry.references.saturating_sub(1);
    Ok(Some(entry.encode().into()))
}

/// Corrections are not in the journal: from here on they are in the base.
fn write_base(core: &Arc<Core>) -> Result<(), OpenError> {
    core.applied.flush()?;
    base::write(core).map(|_| ()).map_err(OpenError::io("writing the base"))
}

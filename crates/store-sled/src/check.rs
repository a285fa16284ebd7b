//! `store check`: everything counted once more, with the server stopped or on an export.
//!
//! It recovers first, as a start would; what remains wrong after that is a finding. It changes nothing but what a start
//! changes. Rows are read in the order of their keys, so memory is bounded by the number of bodies, not of messages.

mod audit;
mod bodies;
mod cursor;
mod dead;
mod findings;
mod mailboxes;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use model::Text;
use store::{BodyKey, Key, RecordError};

pub(crate) use audit::{Audit, Mender, Seen};
pub(crate) use bodies::{Kept, verify_record};
pub(crate) use findings::{Findings, Meter, message_place};

use crate::applied::{IndexOpen, SledTree};
use crate::core::Core;
use crate::export;
use crate::files::Disk;
use crate::handle::Handle;
use crate::options::Options;
use crate::recover::{OpenError, OpenReport};
use bodies::short;

/// For a row of another crate: the bodies that it refers to (see [`store::Op::Refer`]), or why it does not read. Gets
/// every row whose keyspace is not of `store`.
pub type Inspect<'a> = dyn Fn(&Key, &[u8]) -> Result<Vec<BodyKey>, RecordError> + 'a;

/// Told how much is done, in octets: `(done, total)`.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong; somebody may want to know.
    Note,
    /// Something is not as it must be.
    Error,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// Where: a row, a mailbox, a body.
    pub at: String,
    /// What, and what it means.
    pub text: Text,
}

/// What a check has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// What recovering did; none of an export.
    pub open: Option<OpenReport>,
    /// Rows read.
    pub rows: u64,
    /// Bodies read.
    pub bodies: u64,
    /// What was found, in the order of the keys; at most [`CheckReport::FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// Findings beyond that.
    pub more: u64,
    /// Findings that are errors, all counted.
    pub errors: u64,
}

impl CheckReport {
    /// Findings that are named; the others are only counted.
    pub const FINDINGS_MAX: usize = 1000;

    /// Nothing is wrong.
    pub const fn is_clean(&self) -> bool {
        self.errors == 0
    }
}

/// Looks through the store in `dir`, which nobody else may have open.
///
/// # Errors
/// [`OpenError`] if it does not open; what is wrong inside is in the report.
pub fn check(
    dir: &Path,
    options: Options,
    inspect: &Inspect<'_>,
    progress: &mut Progress<'_>,
) -> Result<CheckReport, OpenError> {
    must_be_a_store(dir)?;
    let (core, committer, open) = Handle::recover(Arc::new(Disk), dir, options, false)?;
    drop(committer);
    let mut audit = audit(&core, inspect, None, progress)?;
    note_open(&mut audit.0.seen.found, &open);
    audit.0.run(&Kept::Log(&core.bodies, &core.secret), audit.1)?;
    Ok(report(audit.0, Some(open)))
}

/// Looks through an export: its checksum, every body, and all rows as a restore would have them. Unpacks its rows into
/// the folder for temporary files.
///
/// # Errors
/// [`OpenError::Export`] if it is cut or altered; what is wrong inside is in the report.
pub fn check_export(
    file: &Path,
    inspect: &Inspect<'_>,
    progress: &mut Progress<'_>,
) -> Result<CheckReport, OpenError> {
    let folder = tempfile::tempdir().map_err(OpenError::io("making a folder for the export's rows"))?;
    let index = folder.path().join("index");
    let tree = SledTree::anew(&index, EXPORT_CACHE_OCTETS)
        .map_err(OpenError::io("making an index for the export's rows"))?;
    let mut sizes = HashMap::new();
    let mut damaged = Findings::default();
    let loaded = export::load(file, &tree, progress, |record, secret| {
        match verify_record(&record, secret) {
            Ok(head) => _ = sizes.insert(short(&head.id), head.raw_len),
            Err(what) => {
                let sv = format!("ett brev går inte att läsa ({what})");
                damaged.error("export", sv, format!("a body does not read ({what})"));
            }
        }
        Ok(())
    })?;
    let mut audit = Audit::new(&tree, inspect, Meter::new(loaded.octets, progress), None);
    audit.seen.found = damaged;
    audit.run(&Kept::Export(&sizes), loaded.octets)?;
    Ok(report(audit, None))
}

/// A cache for one walk; the rows of an export are read once.
const EXPORT_CACHE_OCTETS: u64 = 64 << 20;

/// A store that does not exist must not come to be by looking for it.
pub(crate) fn must_be_a_store(dir: &Path) -> Result<(), OpenError> {
    let there = ["marks", "journal", "base"].iter().any(|name| dir.join(name).exists());
    if there { Ok(()) } else { Err(OpenError::NoStore(dir.to_path_buf())) }
}

/// An audit of an open store, and how many of its octets are the index.
pub(crate) fn audit<'a>(
    core: &'a Core,
    inspect: &'a Inspect<'a>,
    mender: Option<Mender>,
    progress: &'a mut Progress<'a>,
) -> Result<(Audit<'a>, u64), OpenError> {
    let segments = core.bodies.segments().map_err(OpenError::io("asking the body log"))?;
    let index = std::fs::metadata(core.dir.join("index").join("db")).map_or(0, |file| file.len());
    let total = index + segments.iter().map(|(_, len)| len).sum::<u64>();
    Ok((Audit::new(&*core.applied, inspect, Meter::new(total, progress), mender), index))
}

/// What a start itself had to say.
pub(crate) fn note_open(found: &mut Findings, open: &OpenReport) {
    if open.from_base || open.index != IndexOpen::Plain {
        let en = "the index did not open as it was and was built again";
        found.note("index", "indexet gick inte att öppna som det var och byggdes om", en);
    }
    if open.journal_short {
        let en = "the journal ends before the index does: acknowledged records are lost from it";
        found.error("journal", "journalen slutar före indexet: bekräftade poster saknas i den", en);
    }
    for lost in &open.lost {
        found.error("journal", format!("saknas: {lost}"), format!("lost: {lost}"));
    }
}

fn report(audit: Audit<'_>, open: Option<OpenReport>) -> CheckReport {
    let mut seen = audit.seen;
    seen.meter.reach(u64::MAX);
    let Findings { list: findings, more, errors } = seen.found;
    CheckReport { open, rows: seen.rows, bodies: seen.bodies, findings, more, errors }
}

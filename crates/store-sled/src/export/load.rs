//! Reading an export: nothing of it is used before its checksum holds.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use store::{Key, StoreError};

use crate::applied::Applied;
use crate::archive::{self, End, Frame, Head};
use crate::check::{Meter, Progress};
use crate::committer::apply;
use crate::files::File;
use crate::recover::OpenError;

const ROWS: usize = 4000;

/// What an export was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loaded {
    pub(crate) head: Head,
    pub(crate) end: End,
    /// What body names are derived from.
    pub(crate) secret: Option<[u8; 32]>,
    /// Of its rows.
    pub(crate) octets: u64,
}

/// Puts the rows of an export into an empty index and hands over its bodies, once all rows are there, with the secret
/// that their names are derived from.
pub(crate) fn load(
    path: &Path,
    rows: &dyn Applied,
    progress: &mut Progress<'_>,
    mut each_body: impl FnMut(Bytes, &[u8; 32]) -> Result<(), OpenError>,
) -> Result<Loaded, OpenError> {
    let useless = |why: String| OpenError::Export { file: path.to_path_buf(), why };
    // For reading only: backups lie where nobody may write.
    let file = std::fs::File::open(path).map_err(|error| useless(error.to_string()))?;
    let file: Arc<dyn File> = Arc::new(file);
    let len = file.len().map_err(|error| useless(error.to_string()))?;
    let mut loading = Loading { rows, pending: Vec::new(), octets: 0, secret: None, failed: None };
    let mut meter = Meter::new(len, progress);
    let read = archive::read(&file, |head, frame| {
        if !head.whole {
            return Err(io::Error::other("it is a base of the index and holds no letters"));
        }
        loading.take(frame, &mut meter, &mut each_body)
    });
    let done = read.and_then(|ends| {
        loading.flush().map_err(|error| loading.fail(error.into()))?;
        Ok(ends)
    });
    meter.reach(u64::MAX);
    match done {
        Ok((head, _)) if !head.whole => Err(useless("it is a base of the index and holds no letters".into())),
        Ok((head, end)) => Ok(Loaded { head, end, secret: loading.secret, octets: loading.octets }),
        Err(error) => Err(loading.failed.take().unwrap_or_else(|| useless(error.to_string()))),
    }
}

struct Loading<'a> {
    rows: &'a dyn Applied,
    pending: Vec<(Key, Option<Bytes>)>,
    octets: u64,
    secret: Option<[u8; 32]>,
    /// Something failed here, and not in the export.
    failed: Option<OpenError>,
}

impl Loading<'_> {
    fn take(
        &mut self,
        frame: Frame,
        meter: &mut Meter<'_>,
        each_body: &mut impl FnMut(Bytes, &[u8; 32]) -> Result<(), OpenError>,
    ) -> io::Result<()> {
        match frame {
            Frame::Secret(secret) => self.secret = Some(secret),
            Frame::Row(key, value) => self.push(key, Some(value), meter)?,
            Frame::Writes(writes) => {
                writes.into_iter().try_for_each(|(key, value)| self.push(key, value, meter))?;
            }
            Frame::Body(record) => {
                self.flush().map_err(|error| self.fail(error.into()))?;
                meter.add(record.len() as u64);
                let secret = self.secret.ok_or_else(|| io::Error::other("it has no secret"))?;
                each_body(record, &secret).map_err(|error| self.fail(error))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, key: Key, value: Option<Bytes>, meter: &mut Meter<'_>) -> io::Result<()> {
        let octets = (key.as_bytes().len() + value.as_ref().map_or(0, Bytes::len)) as u64;
        self.octets += octets;
        meter.add(octets);
        self.pending.push((key, value));
        if self.pending.len() < ROWS {
            return Ok(());
        }
        self.flush().map_err(|error| self.fail(error.into()))
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        apply(self.rows, &mut self.pending.drain(..), 0)
    }

    fn fail(&mut self, error: OpenError) -> io::Error {
        let told = io::Error::other(error.to_string());
        self.failed = Some(error);
        told
    }
}

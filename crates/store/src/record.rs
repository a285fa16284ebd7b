//! Values: a format version, then the fields.
//!
//! Rows that are read by the hundred thousand have a layout written by hand; all others are postcard behind a version
//! byte. Engines add their own checksum around a value; nobody above the seam sees it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value was not what its key promises.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by a version that this one does not know.
    #[error("format version {found} is not known here (newest known: {known}); a newer skolpost wrote it")]
    Version {
        /// The version that stands there.
        found: u8,
        /// The newest that this program reads.
        known: u8,
    },
    /// Shorter, longer or otherwise not that record.
    #[error("damaged record: {0}")]
    Damaged(&'static str),
}

/// A value with its bytes.
pub trait Record: Sized {
    /// As it is kept.
    fn encode(&self) -> Vec<u8>;
    /// Back from what was kept.
    ///
    /// # Errors
    /// See [`RecordError`].
    fn decode(bytes: &[u8]) -> Result<Self, RecordError>;
}

/// A version byte and postcard: for rows that are few or seldom read.
pub fn encode_versioned<T: Serialize>(version: u8, value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![version])
        .expect("a Vec takes every byte and our types have no custom errors")
}

/// Reads what [`encode_versioned`] wrote, in this one version.
///
/// # Errors
/// See [`RecordError`].
pub fn decode_versioned<T: DeserializeOwned>(version: u8, bytes: &[u8]) -> Result<T, RecordError> {
    let (found, fields) = bytes.split_first().ok_or(RecordError::Damaged("empty"))?;
    if *found != version {
        return Err(RecordError::Version { found: *found, known: version });
    }
    match postcard::take_from_bytes(fields) {
        Ok((value, [])) => Ok(value),
        Ok(_) => Err(RecordError::Damaged("longer than its fields")),
        Err(_) => Err(RecordError::Damaged("its fields do not read")),
    }
}

//! What only the program knows: its engine, its sessions, its age.

use std::path::Path;

use admin_api::{CheckReport, ExportReport, Failure};
use async_trait::async_trait;
use model::UnixMillis;

use crate::Lines;

/// Given by the program that names an engine.
#[async_trait]
pub trait Operations: Send + Sync {
    /// Of the program.
    fn version(&self) -> String;
    /// Since when it serves.
    fn started(&self) -> UnixMillis;
    /// Numbers worth seeing: sessions, waiting routes, octets on disk.
    async fn numbers(&self) -> Vec<(String, u64)>;
    /// The IMAP capabilities of somebody who has logged in, as they are written.
    fn capabilities(&self) -> Vec<&'static str>;
    /// Counts everything again while the service runs.
    ///
    /// # Errors
    /// Why it could not be done; what it finds is no error.
    async fn check(&self, lines: &Lines) -> Result<CheckReport, Failure>;
    /// Writes a backup.
    ///
    /// # Errors
    /// Why it could not be done.
    async fn export(&self, to: &Path, lines: &Lines) -> Result<ExportReport, Failure>;
}

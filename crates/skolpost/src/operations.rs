//! What the administration asks of the program itself: numbers, and the backup.

use std::path::Path;
use std::sync::Arc;

use admin::{Lines, Operations};
use admin_api::{CheckReport, ExportReport, Failure};
use listen::Admission;
use mailbox::Mailboxes;
use model::{Text, UnixMillis};
use parking_lot::Mutex;
use store_sled::Handle;

/// The engine of this process; `None` when it is closed.
pub(crate) type Engine = Arc<Mutex<Option<Arc<Handle>>>>;

/// The running program.
pub(crate) struct Machine {
    pub(crate) started: UnixMillis,
    pub(crate) engine: Engine,
    pub(crate) admission: Admission,
    pub(crate) mailboxes: Mailboxes,
}

#[async_trait::async_trait]
impl Operations for Machine {
    fn version(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn started(&self) -> UnixMillis {
        self.started
    }

    async fn numbers(&self) -> Vec<(String, u64)> {
        let mut numbers = vec![
            ("connections".to_owned(), u64::from(self.admission.total())),
            ("open_mailboxes".to_owned(), self.mailboxes.tables_in_memory() as u64),
        ];
        if let Some(engine) = self.engine.lock().clone()
            && let Ok(stats) = engine.stats()
        {
            numbers.extend(
                [
                    ("commits", stats.batches),
                    ("syncs", stats.groups),
                    ("journal_octets", stats.journal_octets),
                    ("body_octets", stats.body_octets),
                    ("free_octets", stats.free_octets),
                ]
                .map(|(name, number)| (name.to_owned(), number)),
            );
        }
        numbers
    }

    fn capabilities(&self) -> Vec<&'static str> {
        imap_wire::capabilities().collect()
    }

    async fn check(&self, _: &Lines) -> Result<CheckReport, Failure> {
        Err(Failure::new(
            "running",
            Text::new(
                "Kontrollen räknar om allt och kräver att tjänsten är stoppad. Stoppa den, eller kontrollera en export: \
                 skolpost store export FIL, skolpost store check --export FIL.",
                "The check counts everything again and needs the service stopped. Stop it, or check an export: skolpost \
                 store export FILE, skolpost store check --export FILE.",
            ),
        ))
    }

    async fn export(&self, to: &Path, lines: &Lines) -> Result<ExportReport, Failure> {
        let Some(engine) = self.engine.lock().clone() else {
            return Err(Failure::new("closed", Text::new("Tjänsten stannar.", "The service is stopping.")));
        };
        if to.exists() {
            let to = to.display();
            return Err(Failure::new(
                "exists",
                Text::new(
                    format!("{to} finns redan och skrivs inte över. Välj ett annat namn."),
                    format!("{to} exists already and is not written over. Choose another name."),
                ),
            ));
        }
        let (path, lines) = (to.to_owned(), lines.clone());
        let step = Text::new("Skriver kopian", "Writing the copy");
        let export =
            move || engine.export(&path, &mut |done, total| lines.progress(step.clone(), done, Some(total)));
        let written = tokio::task::spawn_blocking(export).await;
        let failed = |error: &dyn std::fmt::Display| {
            let to = to.display();
            Failure::new(
                "export",
                Text::new(
                    format!(
                        "Kopian {to} gick inte att skriva; den som finns är inte hel. Se efter att mappen finns, att tjänstens användare får skriva i den och att disken har plats. Orsak: {error}"
                    ),
                    format!(
                        "The copy {to} could not be written; what is there is not whole. See that the folder is there, that the service's user may write in it and that the disk has room. Cause: {error}"
                    ),
                ),
            )
        };
        match written {
            Ok(Ok(report)) => Ok(ExportReport {
                path: to.to_string_lossy().into_owned(),
                octets: report.octets,
                rows: report.rows,
                bodies: report.bodies,
            }),
            Ok(Err(error)) => Err(failed(&error)),
            Err(error) => Err(failed(&error)),
        }
    }
}

//! Can the engine take changes?

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use model::Text;
use store::Health;

/// Set by the committer and the keeper, read by everybody.
#[derive(Debug, Default)]
pub(crate) struct HealthState {
    read_only: OnceLock<Text>,
    full: AtomicBool,
}

impl HealthState {
    pub(crate) fn get(&self) -> Health {
        match self.read_only.get() {
            Some(why) => Health::ReadOnly(why.clone()),
            None if self.full.load(Ordering::Acquire) => Health::Full,
            None => Health::Writable,
        }
    }
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.get().is_some()
    }
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }
    pub(crate) fn set_full(&self, full: bool) {
        if self.full.swap(full, Ordering::AcqRel) != full {
            tracing::warn!(full, "room on the disk");
        }
    }
    /// For good, until somebody has looked at it and started again; the first reason stays.
    pub(crate) fn turn_read_only(&self, what: &str, error: &dyn std::fmt::Display) {
        tracing::error!(what, %error, "the store turns read-only");
        let why = Text::new(
            format!(
                "Lagret tar inte emot ändringar: ett skrivfel på disken ({what}: {error}). Kontrollera disken och starta \
                 sedan om tjänsten; allt som bekräftats finns kvar."
            ),
            format!(
                "The store takes no changes: the disk refused a write ({what}: {error}). Check the disk, then start the \
                 service again; everything that was acknowledged is kept."
            ),
        );
        // Only the first reason counts.
        let _ = self.read_only.set(why);
    }
}

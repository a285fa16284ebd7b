//! What went wrong, in words for the person at the keyboard.

use std::io::ErrorKind;
use std::path::Path;

use model::{Language, Text};

/// A command could not be done. Exit status 1; [`Failure::usage`] exits with 2.
#[derive(Debug)]
pub(crate) struct Failure {
    text: Text,
    code: String,
    usage: bool,
}

impl Failure {
    /// A failure with its two sentences, which say what to do.
    pub(crate) fn new(text: Text) -> Self {
        Self { text, code: "failed".into(), usage: false }
    }
    /// The same with the machine-readable code that the service gave.
    pub(crate) fn with_code(text: Text, code: impl Into<String>) -> Self {
        Self { text, code: code.into(), usage: false }
    }
    /// The command line was wrong.
    pub(crate) fn usage(text: Text) -> Self {
        Self { text, code: "usage".into(), usage: true }
    }
    /// A file could not be read or written.
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        let known = match error.kind() {
            ErrorKind::NotFound => Some(Text::new(
                format!("{path} finns inte. Kontrollera namnet; en ny tjänst görs med skolpost init."),
                format!("{path} does not exist. Check the name; a new service is made with skolpost init."),
            )),
            ErrorKind::AlreadyExists => Some(Text::new(
                format!("{path} finns redan och skrivs inte över. Välj ett annat namn."),
                format!("{path} exists already and is not written over. Choose another name."),
            )),
            ErrorKind::PermissionDenied => Some(Text::new(
                format!(
                    "{path} får inte läsas eller skrivas av den här användaren. Kör som tjänstens användare, eller rätta ägaren."
                ),
                format!(
                    "{path} may not be read or written by this user. Run as the service's user, or correct the owner."
                ),
            )),
            _ => None,
        };
        if let Some(text) = known {
            return Self::new(text);
        }
        Self::new(Text::new(
            format!("{path} går inte att läsa eller skriva: {error}"),
            format!("{path} cannot be read or written: {error}"),
        ))
    }
    /// Something that should not happen; the cause is for whoever mends it.
    pub(crate) fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::new(Text::new(
            format!("Internt fel ({what}): {error}"),
            format!("Internal error ({what}): {error}"),
        ))
    }
    /// The sentence in one language.
    pub(crate) fn say(&self, language: Language) -> &str {
        self.text.get(language)
    }
    /// For `--json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::json!({ "error": { "code": self.code, "sv": self.text.sv, "en": self.text.en } })
    }
    /// The exit status: 1 refused or failed, 2 usage.
    pub(crate) const fn exit_status(&self) -> u8 {
        if self.usage { 2 } else { 1 }
    }
}
